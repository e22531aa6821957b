package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sideRule says whether a trigger takes a direction.
type sideRule uint8

const (
	sideNever sideRule = iota
	sideMay
	sideMust
)

// unit is one row of the table of triggers.
type unit struct {
	name   string // the word before the number; for times and percentages it is only a name
	plural string // after `every N`; empty if there is none
	bare   bool   // written without its name
	none   bool   // has no number
	sided  sideRule
	sort   Sort
	number func(string) (uint64, error)
	format func(uint64) string
	limit  uint64 // the largest number
	syntax string
	field  string
}

// units is indexed by Unit.
var units = [...]unit{
	AtStart: {name: "start", none: true,
		syntax: "start", field: "when the run begins (the default)"},
	AtBlock: {name: "block", plural: "blocks", sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "block N", field: "when the host starts to send the first frame of block N for the first time"},
	AtFrame: {name: "frame", plural: "frames", sided: sideMay, sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "frame N [to-meter|from-meter]", field: "at the N-th frame on the line, resends and acknowledgements counted"},
	AtByte: {name: "byte", plural: "bytes", sided: sideMust, sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "byte N to-meter|from-meter", field: "at the N-th byte in one direction"},
	AtFlashOp: {name: "flash-op", plural: "flash-ops", sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "flash-op N [before|torn|after]", field: "at the N-th operation of the flash chip: before it (the default), inside it, or after it"},
	AtPercent: {name: "percent", bare: true, sort: Percent, number: parsePercent, format: formatPercent, limit: whole - 1,
		syntax: "P%", field: "at the first block whose start means that P percent of the blocks are answered"},
	AtTime: {name: "time", bare: true, sort: Time, number: parseTimeNumber, format: formatTimeNumber, limit: uint64(maxTime),
		syntax: "TIME", field: "so long after the run began, such as 90s, 12m30s or 1h"},
	AtState: {name: "state", none: true,
		syntax: "state NAME", field: "when the meter first enters a state: " + strings.Join(stateNames[1:], ", ")},
	AtNoResponse: {name: "no-response", plural: "no-responses", sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "no-response N", field: "when the host sends a request again for the N-th time"},
	AtReply: {name: "reply", plural: "replies", sort: Whole, number: parseCount, format: formatCount, limit: maxCount,
		syntax: "reply N", field: "when the meter begins to send its N-th answer, acknowledgements and the further frames of a long one not counted"},
}

// counted returns the row of the trigger's unit; an empty one for an unknown unit.
func (t Trigger) counted() unit {
	if int(t.Unit) < len(units) {
		return units[t.Unit]
	}
	return unit{}
}

// moment returns one moment in the words of the grammar.
func (u unit) moment(n uint64) string {
	if u.bare {
		return u.format(n)
	}
	return u.name + " " + u.format(n)
}

// Limits of what a plan may say, so that nothing overflows.
const (
	maxCount = 1_000_000_000_000
	maxTime  = 10_000 * time.Hour
	whole    = 100_000 // thousandths of a percent
)

func parseCount(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && n > maxCount:
		return 0, fmt.Errorf("%s is too much: at most %d", s, uint64(maxCount))
	case err != nil:
		return 0, fmt.Errorf("%q is not a whole number", s)
	case n == 0:
		return 0, errors.New("0 never comes: counts begin at 1")
	}
	return n, nil
}

func formatCount(n uint64) string { return strconv.FormatUint(n, 10) }

func parsePercent(s string) (uint64, error) {
	digits, ok := strings.CutSuffix(s, "%")
	whole, part, point := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole, 10, 16)
	if !ok || err != nil || point && !isDigits(part) {
		return 0, fmt.Errorf("%q is not a percentage such as 95%% or 47.5%%", s)
	}
	if len(part) > 3 {
		return 0, fmt.Errorf("%s is too fine: three decimals at most", s)
	}
	thousandths, _ := strconv.Atoi(part + "000"[len(part):])
	n = n*1000 + uint64(thousandths)
	if n == 0 {
		return 0, errors.New("0% is before the first block: say `start` or `block 1`")
	}
	if n >= 100_000 {
		return 0, fmt.Errorf("%s never comes, since it needs a block that starts after so many are answered: say `state verifying`", s)
	}
	return n, nil
}

func formatPercent(n uint64) string {
	s := strconv.FormatUint(n/1000, 10)
	if part := n % 1000; part != 0 {
		s += strings.TrimRight(fmt.Sprintf(".%03d", part), "0")
	}
	return s + "%"
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func parseTimeNumber(s string) (uint64, error) {
	d, err := parseTime(s)
	if err == nil && d == 0 {
		return 0, errors.New("the run begins at 0s: say `start`")
	}
	return uint64(d), err
}

func formatTimeNumber(n uint64) string { return FormatTime(time.Duration(n)) }

// parseTime reads a time of zero or more.
func parseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a time such as 5s, 1m30s or 200ms", s)
	case d < 0:
		return 0, fmt.Errorf("%s is negative", s)
	case d > maxTime:
		return 0, fmt.Errorf("%s is too long: at most %s", s, FormatTime(maxTime))
	}
	return d, nil
}

// FormatTime prints a time as plans have it, without the zeros that Duration.String adds: 12m
// instead of 12m0s.
func FormatTime(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// parseAddress reads an address, hexadecimal with 0x and decimal without.
func parseAddress(s string) (uint32, error) {
	digits, base := s, 10
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not an address such as 0x030000", s)
	case n == 0:
		return 0, fmt.Errorf("%s is the loader's own place, which no fault harms", s)
	}
	return uint32(n), nil
}

func formatAddress(n uint32) string { return fmt.Sprintf("0x%06x", n) }

// parseRate accepts only what a float64 holds exactly enough to be printed again.
func parseRate(s string) (float64, error) {
	r, err := strconv.ParseFloat(s, 64)
	if err != nil || !(r > 0 && r <= 1) || strings.ContainsAny(s, "_xX") { // numbers are decimal everywhere
		return 0, fmt.Errorf("%q is not a rate: the probability that a byte is damaged, above 0 and at most 1, such as 1e-4", s)
	}
	return r, nil
}

func formatRate(r float64) string {
	if r >= 0.01 {
		return strconv.FormatFloat(r, 'f', -1, 64)
	}
	s := strconv.FormatFloat(r, 'e', -1, 64)
	return strings.Replace(s, "e-0", "e-", 1)
}
