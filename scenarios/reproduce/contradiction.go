package reproduce

import (
	"fmt"
	"slices"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// contradiction is a line that is not taken as it stands although it says something: its number
// contradicts those of all others, as one does that was typed over, its value cannot be read, or no meter has it.
type contradiction struct {
	line int    // of the file
	says string // the line
	why  string // goes behind the line
}

// String says what of it is not taken.
func (c *contradiction) String() string { return fmt.Sprintf("line %d: %q %s", c.line, c.says, c.why) }

// toOthers is why a number is not taken.
const toOthers = "contradicts the other counts, which fit each other without it; its number is not compared"

// unplayable returns a line of the head whose value cannot be read, so that nobody knows what it says, or that
// tells of a rate which no meter has, or a stamp that contradicts itself: on these all times depend. nil if there
// is none.
func unplayable(r *LoggedRun) *contradiction {
	if r.misdated != 0 {
		return &contradiction{r.misdatedAt, r.misdated.String(), "has a day of the week that is not that of its date; times are not compared"}
	}
	for _, e := range r.Entries {
		line, odd := r.odd[e.Kind]
		switch {
		case odd:
			return &contradiction{e.At, line, "cannot be read, and is not compared"}
		case e.Kind == upgradelog.DeviceBaudRate && ion.CheckBaudRate(e.Number) != nil:
			return &contradiction{e.At, e.String(), "says no rate that a meter has, and all times depend on it: they are not compared"}
		}
	}
	return nil
}

// timeless reports whether a log does not say how long its run took, or at which rate.
func (r *LoggedRun) timeless() bool {
	rate, known := r.find(upgradelog.DeviceBaudRate)
	_, odd := r.odd[upgradelog.DeviceBaudRate]
	return r.misdated != 0 || odd || known && ion.CheckBaudRate(rate.Number) != nil
}

// mostSuspects bounds how many lines are tried.
const mostSuspects = 40

// freed returns a run's lines without the one number that contradicts the others; nil if there is none, or
// if there are several.
func freed(r *LoggedRun, m *mended) ([]upgradelog.Entry, *contradiction) {
	against := sizesOf(m.LoggedRun).Against
	if against == 0 {
		return nil, nil
	}
	last := slices.IndexFunc(r.Entries, func(e upgradelog.Entry) bool { return e.At >= against })
	if last < 0 {
		last = len(r.Entries) - 1
	}
	for i := last; i >= max(0, last-mostSuspects); i-- {
		for _, l := range otherwiseRead(r.Entries, i) {
			entries := slices.Clone(r.Entries)
			entries[i].Line = l
			with := &mended{state: m.state, LoggedRun: &LoggedRun{}}
			if with.lines(entries) != nil || with.lost > m.lost {
				continue
			}
			switch s := sizesOf(with.LoggedRun); {
			case s.Hidden >= 0:
				return entries, &contradiction{r.Entries[i].At, r.Entries[i].String(), toOthers}
			case s.Against == 0:
				return nil, nil // it takes too long
			}
		}
	}
	return nil, nil
}

// otherwiseRead returns what a line may have said before its number was changed: as the lines before it or
// behind it have it. Of an efficiency that is not known.
func otherwiseRead(entries []upgradelog.Entry, i int) []upgradelog.Line {
	l := entries[i].Line
	var list []upgradelog.Line
	add := func(number, total int) {
		o := l
		o.Number, o.Total = number, total
		if o != l && number > 0 && total >= 0 {
			list = append(list, o)
		}
	}
	switch l.Kind {
	case upgradelog.Efficiency:
		l.Number = unread
		return []upgradelog.Line{l}
	case upgradelog.Completed:
		percent := 0
		for _, e := range slices.Backward(entries[:i]) {
			if e.Kind == upgradelog.Proceeding || e.Kind == upgradelog.Completed {
				percent = e.Number
				break
			}
		}
		add(percent+10, 0)
	case upgradelog.Resending, upgradelog.Aborting:
		if i > 0 && entries[i-1].Kind == upgradelog.Resending {
			add(entries[i-1].Number+1, entries[i-1].Total+1)
		}
		if i+1 < len(entries) && (entries[i+1].Kind == upgradelog.Resending || entries[i+1].Kind == upgradelog.Aborting) {
			add(entries[i+1].Number-1, entries[i+1].Total-1)
		}
	}
	return list
}
