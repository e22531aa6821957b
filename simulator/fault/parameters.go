package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parameter is one row of the table of parameters. Its format returns "" for the default.
type parameter struct {
	name    string
	code    uint64 // in binary plans; as with kinds, a new one takes the next number
	syntax  string
	example string
	field   string
	flag    bool // the name is enough: no value follows
	input   Input
	parse   func(*Parameters, string) error
	format  func(Parameters) string
}

// told is what the parameter means, with bounds and default.
func (p *parameter) told() string {
	said := p.field
	if p.input.Least != "" && p.input.Most != "" {
		said += ", " + p.input.Least + " to " + p.input.Most
	}
	if p.input.Default != "" {
		said += " (" + p.input.Default + " unless given)"
	}
	return said
}

// The places of parameters in the table that are checked by name.
const (
	byParameter    = 1
	bytesParameter = 6
)

// parameters are in the order in which they are printed.
var parameters = [...]parameter{
	{
		name: "rate", code: 1, syntax: "rate R", example: "rate 1e-4",
		field: "the probability that a byte is damaged, above 0 and at most 1",
		input: Input{Sort: Probability, Most: "1"},
		parse: func(p *Parameters, s string) (err error) {
			p.Rate, err = parseRate(s)
			return err
		},
		format: func(p Parameters) string {
			if p.Rate == 0 {
				return ""
			}
			return formatRate(p.Rate)
		},
	},
	byParameter: {
		name: "by", code: 2, syntax: "by TIME", example: "by 11s",
		field: strings.Join(delayFields[1:], "; ") + "; " + delayFields[0],
		input: Input{Sort: Time, Most: FormatTime(maxTime)},
		parse: func(p *Parameters, s string) (err error) {
			if p.By, err = parseTime(s); err == nil && p.By == 0 {
				err = fmt.Errorf("%s is no delay", s)
			}
			return err
		},
		format: func(p Parameters) string {
			if p.By == 0 {
				return ""
			}
			return FormatTime(p.By)
		},
	},
	{
		name: "back", code: 9, syntax: "back", example: "back", flag: true,
		field: "the clock jumps back and not forwards",
		input: Input{Sort: Flag},
		parse: func(p *Parameters, _ string) error {
			p.Back = true
			return nil
		},
		format: func(p Parameters) string {
			if !p.Back {
				return ""
			}
			return "back"
		},
	},
	{
		name: "address", code: 10, syntax: "address N", example: "address 0x030000",
		field: "a byte of the flash chip, such as 0x030000 or 196608; the image begins there",
		input: Input{Sort: FlashAddress},
		parse: func(p *Parameters, s string) (err error) {
			p.Address, err = parseAddress(s)
			return err
		},
		format: func(p Parameters) string {
			if p.Address == 0 {
				return ""
			}
			return formatAddress(p.Address)
		},
	},
	{
		name: "mask", code: 3, syntax: "mask BITS", example: "mask 0x01",
		field: "the bits that are inverted, or stuck",
		input: masks.input(Bits, "", "0x01"),
		parse: func(p *Parameters, s string) error {
			n, err := masks.parse(s, 0)
			p.Mask = byte(n)
			return err
		},
		format: func(p Parameters) string {
			if p.Mask == 0 {
				return ""
			}
			return fmt.Sprintf("0x%02x", p.Mask)
		},
	},
	{
		name: "length", code: 4, syntax: "length N", example: "length 3",
		field: "how many bytes in a row, or in a slice",
		input: lengths.input(Whole, "bytes", "1"),
		parse: func(p *Parameters, s string) error {
			n, err := lengths.parse(s, 10)
			p.Length = int(n)
			return err
		},
		format: func(p Parameters) string {
			if p.Length == 0 {
				return ""
			}
			return strconv.Itoa(p.Length)
		},
	},
	bytesParameter: {
		name: "bytes", code: 5, syntax: "bytes N", example: "bytes 100",
		field: "how many bytes of a torn program are complete",
		input: tornCounts.input(Whole, "bytes", "half of them"),
		parse: func(p *Parameters, s string) error {
			n, err := tornCounts.parse(s, 10)
			p.Bytes, p.HasBytes = int(n), err == nil
			return err
		},
		format: func(p Parameters) string {
			if !p.HasBytes {
				return ""
			}
			return strconv.Itoa(p.Bytes)
		},
	},
	{
		name: "seed", code: 6, syntax: "seed N", example: "seed 7",
		field: "what the random part of the fault is drawn from",
		input: Input{Sort: Whole, Least: "0", Default: "0"},
		parse: func(p *Parameters, s string) (err error) {
			if p.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
				err = fmt.Errorf("%q is not a seed: a whole number from 0 on", s)
			}
			return err
		},
		format: func(p Parameters) string {
			if p.Seed == 0 {
				return ""
			}
			return strconv.FormatUint(p.Seed, 10)
		},
	},
	{
		name: "baud", code: 7, syntax: "baud N", example: "baud 19200",
		field: "the rate that the converter was set to",
		input: rates.input(Whole, "bits a second", ""),
		parse: func(p *Parameters, s string) error {
			n, err := rates.parse(s, 10)
			p.Baud = int(n)
			return err
		},
		format: func(p Parameters) string {
			if p.Baud == 0 {
				return ""
			}
			return strconv.Itoa(p.Baud)
		},
	},
	{
		name: "status", code: 8, syntax: "status WORD", example: "status program-failed",
		field: "what the answer says: " + strings.Join(statusNames[1:], ", "),
		input: Input{Sort: Word, Words: statusNames[1:]},
		parse: func(p *Parameters, s string) error {
			n := slices.Index(statusNames[1:], s)
			if n < 0 {
				return fmt.Errorf("there is no status %q: %s", s, suggest(s, statusNames[1:]))
			}
			p.Status = Status(n + 1)
			return nil
		},
		format: func(p Parameters) string {
			if p.Status == 0 {
				return ""
			}
			return p.Status.String()
		},
	},
	{
		name: "unit", code: 11, syntax: "unit N", example: "unit 77",
		field: "the unit id of the meter that a station speaks for or asks",
		input: unitIDs.input(Whole, "", "the meter's own"),
		parse: func(p *Parameters, s string) error {
			n, err := unitIDs.parse(s, 10)
			p.Unit = uint16(n)
			return err
		},
		format: func(p Parameters) string {
			if p.Unit == 0 {
				return ""
			}
			return strconv.Itoa(int(p.Unit))
		},
	},
}

// Text returns the value of one parameter in the grammar; "" for the default, and for an
// unknown parameter.
func (p Parameters) Text(name string) string {
	for i := range parameters {
		if parameters[i].name == name {
			return parameters[i].format(p)
		}
	}
	return ""
}

// With returns p with one parameter set to a value of the grammar; "" sets it to its default.
func (p Parameters) With(name, text string) (Parameters, error) {
	var other Parameters
	known := false
	for i := range parameters {
		row := &parameters[i]
		value := row.format(p)
		if row.name == name {
			known, value = true, text
		}
		if value == "" {
			continue
		}
		if err := row.parse(&other, value); err != nil {
			return p, fmt.Errorf("%s: %w", row.name, err)
		}
	}
	if !known {
		return p, fmt.Errorf("there is no parameter %q", name)
	}
	return other, nil
}

// String returns the duration in the grammar.
func (d Duration) String() string {
	switch {
	case d.Forever():
		return "forever"
	case d.NoResponses == 1:
		return "1 no-response"
	case d.NoResponses != 0:
		return formatCount(d.NoResponses) + " no-responses"
	}
	return FormatTime(d.Time)
}

// parseDuration reads the words after `for` and returns how many it used.
func parseDuration(words []string) (d Duration, used int, err error) {
	if words[0] == "forever" {
		return Duration{}, 1, nil
	}
	if !isDigits(words[0]) {
		d.Time, err = parseTime(words[0])
		if err == nil && d.Time == 0 {
			err = fmt.Errorf("%s is no duration", words[0])
		}
		return d, 1, err
	}
	n, err := parseCount(words[0])
	if err != nil {
		return Duration{}, 1, err
	}
	if len(words) < 2 || words[1] != "no-response" && words[1] != "no-responses" {
		return Duration{}, 1, fmt.Errorf("%s of what? say `for %ss` or `for %s no-responses`", words[0], words[0], words[0])
	}
	return Duration{NoResponses: n}, 2, nil
}
