package fault

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The binary form of a plan is short, because people copy ids that contain it, and it never
// changes. It is a sequence of bits, in each byte the highest first, filled with zeros to a
// whole byte. A number is written in groups of four bits, the lowest first: one bit that says
// whether another group follows, and three bits of the number.
//
//	plan      = number of faults, fault...
//	fault     = number: code of the kind
//	            1 bit: a direction follows, 2 bits
//	            trigger
//	            2 bits: 0 forever, 1 a time, 2 a number of no-responses
//	            for each parameter that is not at its default, by code: 1 bit 1, number: code, value
//	            1 bit 0
//	trigger   = 4 bits: unit; then for units with a number: moment, 1 bit: a window ends so
//	            much later, 1 bit: every; frames and bytes: 2 bits of direction; flash
//	            operations: 2 bits of phase; states: 4 bits
//	moment    = a time, a share of percent, or a number less one
//	time      = 2 bits: seconds, milliseconds, microseconds, nanoseconds; number
//	percent   = 1 bit: in thousandths; number
//	value     = 3 bits: how its text is written; number, time or bytes
//
// Units, directions, phases and states are written as their numbers.

// ErrBadBinary is what every error of ParseBinary wraps.
var ErrBadBinary = errors.New("not a plan in binary form")

func badBinary(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadBinary, fmt.Sprintf(format, args...))
}

// AppendBinary appends the plan's binary form. The error is about a fault that Validate
// refuses.
func (p Plan) AppendBinary(dst []byte) ([]byte, error) {
	w := bitWriter{bytes: dst}
	w.number(uint64(len(p)))
	for _, f := range p {
		if err := f.Validate(); err != nil {
			return dst, err
		}
		w.fault(f)
	}
	return w.bytes, nil
}

// ParseBinary reads one plan at the beginning of b and says how many bytes it has. It
// accepts only what AppendBinary writes. Errors wrap ErrBadBinary.
func ParseBinary(b []byte) (Plan, int, error) {
	r := bitReader{bytes: b}
	var plan Plan
	for n := r.number(); n > 0 && r.err == nil; n-- {
		if len(plan) == maxPlanFaults {
			return nil, 0, badBinary("more than %d faults", maxPlanFaults)
		}
		f := r.fault()
		if r.err != nil {
			break
		}
		if err := f.Validate(); err != nil {
			return nil, 0, fmt.Errorf("%w: %w", ErrBadBinary, err)
		}
		plan = append(plan, f)
	}
	if r.err != nil {
		return nil, 0, r.err
	}
	used := (r.at + 7) / 8
	again, err := plan.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, b[:used]) {
		return nil, 0, badBinary("%q is not written like this", plan)
	}
	return plan, used, nil
}

// kindOfCode finds the kind of a code; false if there is none.
func kindOfCode(code uint64) (Kind, bool) {
	for i := range rows {
		if rows[i].code == code {
			return rows[i].kind, true
		}
	}
	return 0, false
}

// byCode returns the parameters in the order of their codes, which never changes, although the
// table's own order may.
func byCode() []*parameter {
	list := make([]*parameter, len(parameters))
	for i := range parameters {
		list[i] = &parameters[i]
	}
	slices.SortFunc(list, func(a, b *parameter) int { return int(a.code) - int(b.code) })
	return list
}

// Durations in the binary form.
const (
	lastsForever = iota
	lastsTime
	lastsNoResponses
)

// bitWriter appends bits.
type bitWriter struct {
	bytes []byte
	free  int // bits of the last byte
}

func (w *bitWriter) bits(v uint64, n int) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.bytes, w.free = append(w.bytes, 0), 8
		}
		w.free--
		w.bytes[len(w.bytes)-1] |= byte(v>>n&1) << w.free
	}
}

func (w *bitWriter) flag(b bool) {
	if b {
		w.bits(1, 1)
		return
	}
	w.bits(0, 1)
}

func (w *bitWriter) number(n uint64) {
	for n > 7 {
		w.bits(8|n&7, 4)
		n >>= 3
	}
	w.bits(n, 4)
}

func (w *bitWriter) fault(f Fault) {
	w.number(f.Kind.row().code)
	if w.flag(f.Side != Both); f.Side != Both {
		w.bits(uint64(f.Side), 2)
	}
	w.trigger(f.Trigger)
	switch d := f.Duration; {
	case d.Forever():
		w.bits(lastsForever, 2)
	case d.NoResponses != 0:
		w.bits(lastsNoResponses, 2)
		w.number(d.NoResponses)
	default:
		w.bits(lastsTime, 2)
		w.time(uint64(d.Time))
	}
	for _, p := range byCode() {
		if text := p.format(f.Parameters); text != "" {
			w.flag(true)
			w.number(p.code)
			w.value(text)
		}
	}
	w.flag(false)
}

func (w *bitWriter) trigger(t Trigger) {
	u := t.counted()
	w.bits(uint64(t.Unit), 4)
	if !u.none {
		w.moment(t.Unit, t.First)
		if w.flag(t.Last != 0); t.Last != 0 {
			w.moment(t.Unit, t.Last-t.First)
		}
		if w.flag(t.Every != 0); t.Every != 0 {
			w.moment(t.Unit, t.Every)
		}
	}
	if u.sided != sideNever {
		w.bits(uint64(t.Side), 2)
	}
	switch t.Unit {
	case AtFlashOp:
		w.bits(uint64(t.Phase), 2)
	case AtState:
		w.bits(uint64(t.State), 4)
	}
}

// moment writes one moment of a trigger; counts begin at 1.
func (w *bitWriter) moment(u Unit, n uint64) {
	switch u {
	case AtTime:
		w.time(n)
	case AtPercent:
		if w.flag(n%1000 != 0); n%1000 == 0 {
			n /= 1000
		}
		w.number(n)
	default:
		w.number(n - 1)
	}
}

// timeScales are the units of times in the binary form, the largest first.
var timeScales = [...]uint64{uint64(time.Second), uint64(time.Millisecond), uint64(time.Microsecond), 1}

func (w *bitWriter) time(ns uint64) {
	for i, scale := range timeScales {
		if ns%scale == 0 {
			w.bits(uint64(i), 2)
			w.number(ns / scale)
			return
		}
	}
}

// How the text of a parameter's value is written.
const (
	asNumber  = iota // 1170
	asHex            // 0x81
	asTime           // 11s
	asDecimal        // 1e-4, 0.5: the digits, and how many of them follow the point
	asText
	asAddress // 0x030100
)

// value writes a text so that exactly this text is read back.
func (w *bitWriter) value(text string) {
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && strconv.FormatUint(n, 10) == text {
		w.bits(asNumber, 3)
		w.number(n)
		return
	}
	if n, err := strconv.ParseUint(text, 0, 64); err == nil && hexText(n) == text {
		w.bits(asHex, 3)
		w.number(n)
		return
	}
	if n, err := parseAddress(text); err == nil && formatAddress(n) == text {
		w.bits(asAddress, 3)
		w.number(uint64(n))
		return
	}
	if d, err := parseTime(text); err == nil && FormatTime(d) == text {
		w.bits(asTime, 3)
		w.time(uint64(d))
		return
	}
	if digits, places, ok := decimalOf(text); ok && decimalText(digits, places) == text {
		w.bits(asDecimal, 3)
		w.number(digits)
		w.number(places)
		return
	}
	w.bits(asText, 3)
	w.number(uint64(len(text)))
	for i := range len(text) {
		w.bits(uint64(text[i]), 8)
	}
}

func hexText(n uint64) string { return fmt.Sprintf("0x%02x", n) }

// decimalOf splits a rate into its digits and the number of those that follow the point.
func decimalOf(text string) (digits, places uint64, ok bool) {
	r, err := parseRate(text)
	if err != nil {
		return 0, 0, false
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(r, 'e', -1, 64), "e")
	e, err := strconv.Atoi(exponent)
	if err != nil {
		return 0, 0, false
	}
	head, part, _ := strings.Cut(mantissa, ".")
	digits, err = strconv.ParseUint(head+part, 10, 64)
	return digits, uint64(len(part) - e), err == nil && len(part) >= e
}

func decimalText(digits, places uint64) string {
	r, err := parseRate(fmt.Sprintf("%de-%d", digits, places))
	if err != nil {
		return ""
	}
	return formatRate(r)
}

// bitReader reads bits. After the first error it returns only zeros.
type bitReader struct {
	bytes []byte
	at    int // bit
	err   error
}

func (r *bitReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = badBinary(format, args...)
	}
}

func (r *bitReader) bits(n int) uint64 {
	if r.err != nil || r.at+n > 8*len(r.bytes) {
		r.fail("it ends in the middle of a fault")
		return 0
	}
	var v uint64
	for range n {
		v = v<<1 | uint64(r.bytes[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v
}

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

func (r *bitReader) number() uint64 {
	var n uint64
	for shift := 0; ; shift += 3 {
		group := r.bits(4)
		if shift > 63 || shift == 63 && group > 1 {
			r.fail("a number is too large")
		}
		n |= group & 7 << shift
		if group < 8 || r.err != nil {
			return n
		}
	}
}

func (r *bitReader) fault() Fault {
	var f Fault
	code := r.number()
	kind, ok := kindOfCode(code)
	if !ok {
		r.fail("no kind of fault has the number %d", code)
	}
	f.Kind = kind
	if r.flag() {
		f.Side = Side(r.bits(2))
	}
	f.Trigger = r.trigger()
	switch r.bits(2) {
	case lastsForever:
	case lastsTime:
		f.Duration.Time = time.Duration(r.time())
	case lastsNoResponses:
		f.Duration.NoResponses = min(r.number(), maxCount+1)
	default:
		r.fail("no duration is like this")
	}
	for r.flag() {
		r.parameter(&f.Parameters)
	}
	return f
}

func (r *bitReader) trigger() Trigger {
	t := Trigger{Unit: Unit(r.bits(4))}
	u := t.counted()
	if u.name == "" {
		r.fail("there is no trigger with the number %d", t.Unit)
		return Trigger{}
	}
	if !u.none {
		t.First = r.moment(t.Unit)
		if r.flag() {
			t.Last = t.First + r.moment(t.Unit)
		}
		if r.flag() {
			t.Every = r.moment(t.Unit)
		}
	}
	if u.sided != sideNever {
		t.Side = Side(r.bits(2))
	}
	switch t.Unit {
	case AtFlashOp:
		t.Phase = Phase(r.bits(2))
	case AtState:
		t.State = State(r.bits(4))
	}
	return t
}

func (r *bitReader) moment(u Unit) uint64 {
	switch u {
	case AtTime:
		return r.time()
	case AtPercent:
		if fine := r.flag(); fine {
			return r.number()
		}
		return min(r.number(), whole) * 1000
	}
	return min(r.number(), maxCount) + 1
}

// time returns more than any plan may say if the time does not fit.
func (r *bitReader) time() uint64 {
	scale := timeScales[r.bits(2)]
	return min(r.number(), 2*uint64(maxTime)/scale) * scale
}

func (r *bitReader) parameter(p *Parameters) {
	code := r.number()
	for i := range parameters {
		if row := &parameters[i]; row.code == code {
			if err := row.parse(p, r.value()); err != nil && r.err == nil {
				r.err = fmt.Errorf("%w: %s: %w", ErrBadBinary, row.name, err)
			}
			return
		}
	}
	r.fail("no parameter has the number %d", code)
}

func (r *bitReader) value() string {
	switch r.bits(3) {
	case asNumber:
		return strconv.FormatUint(r.number(), 10)
	case asHex:
		return hexText(r.number())
	case asTime:
		return FormatTime(time.Duration(r.time()))
	case asDecimal:
		digits, places := r.number(), r.number()
		return decimalText(digits, places)
	case asAddress:
		return formatAddress(uint32(min(r.number(), math.MaxUint32)))
	case asText:
		n := r.number()
		var text []byte
		for ; n > 0 && r.err == nil; n-- {
			text = append(text, byte(r.bits(8)))
		}
		return string(text)
	}
	r.fail("no value is written like this")
	return ""
}
