package fault

import (
	"fmt"
	"strconv"
	"time"
)

// Sort is what a value of the grammar is, for whoever asks a person for one.
type Sort uint8

// The sorts.
const (
	Whole        Sort = iota + 1 // a whole number
	Probability                  // above 0, such as 1e-4
	Time                         // such as 1m30s
	Percent                      // such as 47.5%
	FlashAddress                 // such as 0x030000
	Bits                         // of a byte, such as 0x81
	Word                         // one of several
	Flag                         // there or not
)

var sortNames = [...]string{"", "whole", "probability", "time", "percent", "address", "bits", "word", "flag"}

// String gives the sort in a word.
func (s Sort) String() string { return nameOf(sortNames[:], uint8(s), "sort") }

// Input says what a value of the grammar can be. Validate has the last word.
type Input struct {
	Sort        Sort
	Least, Most string   // bounds, included, as the grammar has them; "" for none
	Unit        string   // what it counts, such as "bytes"; "" for what says itself
	Default     string   // what holds where it is left out, in words; "" for nothing
	Words       []string // of Word
}

// bounds are those of a whole number, both included.
type bounds struct {
	noun        string // with its article
	least, most uint64
	hex         bool // it is written in hexadecimal
}

var (
	masks      = bounds{"a mask", 0x01, 0xff, true}
	lengths    = bounds{"a length", 1, 65_535, false}
	tornCounts = bounds{"a count", 0, 255, false}
	rates      = bounds{"a rate", 300, 115_200, false}
	unitIDs    = bounds{"a unit id", 1, 9999, false} // the highest is that of package ion
)

func (b bounds) format(n uint64) string {
	if b.hex {
		return fmt.Sprintf("0x%02x", n)
	}
	return strconv.FormatUint(n, 10)
}

// String is such as "1 to 255".
func (b bounds) String() string { return b.format(b.least) + " to " + b.format(b.most) }

// parse reads a number in a base; 0 takes 0x for hexadecimal.
func (b bounds) parse(s string, base int) (uint64, error) {
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil || n < b.least || n > b.most {
		return 0, fmt.Errorf("%q is not %s from %v", s, b.noun, b)
	}
	return n, nil
}

func (b bounds) input(sort Sort, unit, otherwise string) Input {
	return Input{Sort: sort, Least: b.format(b.least), Most: b.format(b.most), Unit: unit, Default: otherwise}
}

// Moment describes a unit of triggers, for those who ask a person for a trigger.
type Moment struct {
	Unit   Unit
	Name   string // in the grammar, before the number; of Bare only a name
	Plural string // behind `every N`; "" for a unit without one
	Bare   bool   // the number alone is written
	Syntax string
	Field  string // when it is, in a line
	Number Input  // the zero Input for none
	States []string
	Phases []string
	// Sided: it can have a direction, and MustSide: it needs one.
	Sided, MustSide bool
}

// Moments describes all units, in the order of their table.
func Moments() []Moment {
	list := make([]Moment, len(units))
	for i, u := range units {
		m := Moment{Unit: Unit(i), Name: u.name, Plural: u.plural, Bare: u.bare, Syntax: u.syntax, Field: u.field, Sided: u.sided != sideNever, MustSide: u.sided == sideMust}
		if !u.none {
			m.Number = Input{Sort: u.sort, Least: u.format(1), Most: u.format(u.limit)}
		}
		switch Unit(i) {
		case AtState:
			m.States = stateNames[1:]
		case AtFlashOp:
			m.Phases = phaseNames[:]
		}
		list[i] = m
	}
	return list
}

// leastDelay is the shortest `by` of a kind, as text; "" for any.
func (r *row) leastDelay() string {
	if r.leastBy == 0 {
		return ""
	}
	return FormatTime(r.leastBy)
}

// span is how long the example of a kind lasts.
func span(plan Plan) Duration {
	if len(plan) != 1 {
		return Duration{}
	}
	f := plan[0]
	if f.Windowed() && f.Trigger.Unit == AtTime {
		return Duration{Time: time.Duration(f.Trigger.Last - f.Trigger.First)}
	}
	return f.Duration
}
