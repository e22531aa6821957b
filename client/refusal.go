package client

import (
	"fmt"
	"strconv"
	"strings"

	"ionbench/simulator/ion"
)

// RefusalError is an answer of the download service that stops the tool. Its text is what the
// log shows after "Device refused:"; ParseRefusal reads it.
type RefusalError struct {
	Stand
	Op     ion.Op // the operation that was answered; 0 where a log does not say
	Status ion.Status
	Block  uint32 // OpBlock: its sequence number
	Wanted uint32 // StatusBadSequence: the block that the loader expects instead
	Sector uint32 // StatusEraseFailed: the sector that cannot be erased
	// Product is what the image is for: OpEnter with StatusWrongProduct.
	Product uint32
	// Times is how often in a row the answer came, if that ended the task; otherwise 0.
	Times uint32
	// CRC is what the meter holds, Sent what it was sent: OpVerify with StatusVerifyFailed.
	CRC, Sent uint32
}

// anyStatus stands for every status without a form of its own.
const anyStatus ion.Status = 0xFF

// refusalForms are the words of each refusal, both for printing and for parsing. A name in
// braces stands for the fact of that name. The first form that fits is used.
var refusalForms = []struct {
	op      ion.Op
	status  ion.Status
	words   string
	changed bool // only where something may have been changed before
}{
	{ion.OpEnter, ion.StatusRefused, "give the meter's password", true},
	{ion.OpEnter, ion.StatusRefused, nothingChanged + "; give the meter's password", false},
	{ion.OpEnter, ion.StatusWrongProduct, "the meter refused a {product} image", true},
	{ion.OpEnter, ion.StatusWrongProduct, "the meter refused a {product} image; " + nothingChanged, false},
	{ion.OpEnter, ion.StatusOK, "the meter does not enter download state", false},
	{ion.OpEnter, anyStatus, "enter download state: {status}, {times} times", false},
	{ion.OpEnter, anyStatus, "enter download state: {status}", false},
	{ion.OpClear, ion.StatusEraseFailed, "sector {sector} cannot be erased", false},
	{ion.OpClear, ion.StatusBusy, "the flash is not cleared after {times} questions", false},
	{ion.OpClear, anyStatus, "clear the flash: {status}", false},
	{ion.OpBlock, ion.StatusBadSequence, "the loader wants block {wanted} after block {block}", false},
	{ion.OpBlock, ion.StatusProgramFailed, "block {block} cannot be programmed", false},
	{ion.OpBlock, anyStatus, "block {block}: {status}, {times} times", false},
	{ion.OpBlock, anyStatus, "block {block}: {status}", false},
	{ion.OpVerify, ion.StatusVerifyFailed, "CRC-32 {crc}, sent {sent}", false},
	{ion.OpVerify, anyStatus, "verify: {status}, {times} times", false},
	{ion.OpVerify, anyStatus, "verify: {status}", false},
	{ion.OpRestart, anyStatus, "restart: {status}", false},
	{0, anyStatus, "{status}", false}, // of other tools: "Device refused: wrong product" (PROTOCOL.md, §12)
}

// Unwrap returns the error of this package that the refusal means.
func (e *RefusalError) Unwrap() error {
	switch {
	case e.Op == ion.OpVerify:
		return ErrVerify
	case e.Op == ion.OpEnter && e.Status == ion.StatusRefused:
		return ErrPassword
	case e.Op == ion.OpEnter && e.Status == ion.StatusWrongProduct:
		return ErrWrongProduct
	case e.Op == ion.OpClear && (e.Status == ion.StatusEraseFailed || e.Status == ion.StatusBusy),
		e.Op == ion.OpBlock && e.Status == ion.StatusProgramFailed:
		return ErrFlash
	}
	return ErrUnexpected
}

func (e *RefusalError) Error() string {
	for _, f := range refusalForms {
		if f.changed && !e.Changed || f.op != e.Op || f.status != e.Status && f.status != anyStatus || strings.Contains(f.words, "{times}") != (e.Times > 0) {
			continue
		}
		details := e.fill(f.words)
		if e.Op == 0 {
			return details
		}
		return e.Unwrap().Error() + ": " + details
	}
	return fmt.Sprintf("%v: %v: %v", e.Unwrap(), e.Op, e.Status)
}

// setChanged matters to few forms, so that what a log says of the others is the same error again.
func (e *RefusalError) setChanged(changed bool) {
	e.Changed = changed && strings.Contains(e.Error(), nothingChanged)
}

// fill puts the facts into the words of a form.
func (e *RefusalError) fill(words string) string {
	var text strings.Builder
	for {
		before, rest, found := strings.Cut(words, "{")
		text.WriteString(before)
		if !found {
			return text.String()
		}
		var name string
		name, words, _ = strings.Cut(rest, "}")
		switch name {
		case "status":
			text.WriteString(e.Status.String())
		case "crc", "sent":
			fmt.Fprintf(&text, "%08x", *e.number(name))
		default:
			fmt.Fprint(&text, *e.number(name))
		}
	}
}

// number returns the field for a name in braces.
func (e *RefusalError) number(name string) *uint32 {
	switch name {
	case "block":
		return &e.Block
	case "wanted":
		return &e.Wanted
	case "sector":
		return &e.Sector
	case "product":
		return &e.Product
	case "times":
		return &e.Times
	case "crc":
		return &e.CRC
	default:
		return &e.Sent
	}
}

// ParseRefusal reads the words after "Device refused:" in a log of this tool or of another one
// that follows PROTOCOL.md. It returns a *RefusalError, a *NotRunningError, or a *TooOftenError that
// holds one of them. ok is false if the words are not about an answer of the download service, or of the
// meter after its restart. Capitals do not matter.
func ParseRefusal(text string) (refusal error, ok bool) {
	text = strings.ToLower(text)
	if rest, found := strings.CutPrefix(text, strings.ToLower(ErrTooOften.Error())+": "); found {
		passes, rest, _ := strings.Cut(rest, " times: ")
		n, err := strconv.Atoi(passes)
		why, ok := parseRefusal(rest)
		if again := (&TooOftenError{Passes: n, Why: why}); err == nil && ok && strings.ToLower(again.Error()) == text {
			return again, true
		}
		return nil, false
	}
	return parseRefusal(text)
}

// ParseWrongUnit reads the words of a WrongUnitError after "Device refused:" in a log, and returns the
// unit that answered.
func ParseWrongUnit(text string) (answers uint16, ok bool) {
	e := new(WrongUnitError)
	rest, found := strings.CutPrefix(strings.ToLower(text), ErrWrongUnit.Error()+": ")
	_, err := fmt.Sscanf(rest, "unit %d was asked and unit %d answers;", &e.Asked, &e.Answers)
	return e.Answers, found && err == nil && strings.EqualFold(e.Error(), text)
}

// parseNotRunning reads the words of a NotRunningError, in small letters.
func parseNotRunning(text string) (notRunning error, ok bool) {
	e := new(NotRunningError)
	rest, found := strings.CutPrefix(text, strings.ToLower(ErrNotRunning.Error())+": it ")
	another, sum, other := strings.Cut(strings.TrimPrefix(rest, "runs another image of "), ", with crc-32 ")
	switch {
	case rest == "is in download state after the restart":
		e.Download = true
	case other:
		n, err := strconv.ParseUint(sum, 16, 32)
		found = found && err == nil
		e.Revision, e.CRC = strings.ToUpper(another), uint32(n)
	default:
		e.Revision = strings.ToUpper(strings.TrimPrefix(rest, "runs "))
	}
	if !found || strings.ToLower(e.Error()) != text {
		return nil, false
	}
	return e, true
}

// parseRefusal reads the words of a RefusalError or a NotRunningError, in small letters.
func parseRefusal(text string) (refusal error, ok bool) {
	if e, ok := parseNotRunning(text); ok {
		return e, true
	}
	for _, f := range refusalForms {
		details := text
		if f.op != 0 {
			_, details, _ = strings.Cut(text, ": ")
		}
		e := &RefusalError{Stand: Stand{Changed: f.changed}, Op: f.op}
		if f.status != anyStatus {
			e.Status = f.status
		}
		// Printed again, it must give the same text.
		if e.scan(strings.ToLower(f.words), details) && strings.ToLower(e.Error()) == text {
			return e, true
		}
	}
	return nil, false
}

// scan reads the facts from text, as the words of a form tell.
func (e *RefusalError) scan(words, text string) bool {
	for {
		before, rest, found := strings.Cut(words, "{")
		var ok bool
		if text, ok = strings.CutPrefix(text, before); !ok || !found {
			return ok && text == ""
		}
		var name string
		name, words, _ = strings.Cut(rest, "}")
		end := len(text)
		if behind, _, _ := strings.Cut(words, "{"); behind != "" {
			end = max(0, strings.Index(text, behind))
		}
		if !e.take(name, text[:end]) {
			return false
		}
		text = text[end:]
	}
}

// take reads the fact for a name in braces.
func (e *RefusalError) take(name, text string) bool {
	switch name {
	case "status":
		for s := ion.StatusOK; s < anyStatus; s++ {
			if strings.ToLower(s.String()) == text {
				e.Status = s
				return true
			}
		}
		return false
	case "crc", "sent":
		n, err := strconv.ParseUint(text, 16, 32)
		*e.number(name) = uint32(n)
		return err == nil
	default:
		n, err := strconv.ParseUint(text, 10, 32)
		*e.number(name) = uint32(n)
		return err == nil
	}
}
