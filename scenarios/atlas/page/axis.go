package page

import (
	"slices"
	"sort"
	"time"

	"ionbench/scenarios/atlas"
)

// passed returns how many places of a unit lie before a mark. It returns false for units whose
// places have no time in the calm run.
func passed(m *atlas.Mark, unit string) (uint64, bool) {
	switch unit {
	case "to-meter":
		return m.ToMeter, true
	case "from-meter":
		return m.FromMeter, true
	case "flash-op":
		return m.FlashOps, true
	}
	return 0, false
}

// timed reports whether the places of a unit can be drawn along the time of the calm run.
func timed(a *atlas.Atlas, unit string) bool {
	_, counted := passed(&atlas.Mark{}, unit)
	return counted && len(a.Marks) > 0 && a.Calm.Milliseconds > 0
}

// markOf is the index of the mark in whose exchange a place lies; -1 if there is none.
func markOf(a *atlas.Atlas, unit string, at uint64) int {
	if !timed(a, unit) {
		return -1
	}
	behind := sort.Search(len(a.Marks), func(i int) bool {
		n, _ := passed(&a.Marks[i], unit)
		return n >= at
	})
	return behind - 1
}

// beginning is when a place begins: at the end of the place before it or, if that place is in an
// earlier exchange, at the beginning of its own exchange.
func beginning(a *atlas.Atlas, unit string, at uint64) time.Duration {
	m := markOf(a, unit, at)
	if m < 0 {
		return 0
	}
	return max(a.At(unit, at-1), time.Duration(a.Marks[m].Milliseconds)*time.Millisecond)
}

// span is a part of the calm run.
type span struct {
	Name     string
	From, To int64 // milliseconds
}

// stepsOf returns the steps of the upgrade in order. Successive marks of the same step become one
// span.
func stepsOf(a *atlas.Atlas) []span {
	var steps []span
	for i := range a.Marks {
		m := &a.Marks[i]
		if last := len(steps) - 1; last >= 0 {
			steps[last].To = m.Milliseconds
			if steps[last].Name == m.Step.String() {
				continue
			}
		}
		steps = append(steps, span{Name: m.Step.String(), From: m.Milliseconds})
	}
	if last := len(steps) - 1; last >= 0 {
		steps[last].To = max(a.Calm.Milliseconds, steps[last].From)
	}
	return steps
}

// blockMark is the moment at which a block is first sent.
type blockMark struct {
	Number int
	At     int64 // milliseconds
}

func blocksOf(a *atlas.Atlas) []blockMark {
	var blocks []blockMark
	for i := range a.Marks {
		if m := &a.Marks[i]; m.Block > 0 {
			blocks = append(blocks, blockMark{m.Block, m.Milliseconds})
		}
	}
	return blocks
}

// scale divides places into columns: column i begins at starts[i] and ends where the next column
// begins. If several columns begin at the same place, all but the last are empty.
type scale struct {
	starts []uint64 // rising; the first is 0
}

func (s scale) column(at uint64) int {
	return sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > at }) - 1
}

// end is the first place after a column.
func (s scale) end(column int) uint64 {
	for _, start := range s.starts[column+1:] {
		if start > s.starts[column] {
			return start
		}
	}
	return ^uint64(0)
}

// columnAt is the column of a moment of the calm run.
func columnAt(at, whole time.Duration, columns int) int {
	return min(max(int(float64(at)/float64(whole)*float64(columns)), 0), columns-1)
}

// timeScale divides the places of a unit, from 0 to last, by their times in the calm run.
func timeScale(a *atlas.Atlas, unit string, columns int, last uint64) scale {
	whole := time.Duration(a.Calm.Milliseconds) * time.Millisecond
	starts := make([]uint64, columns)
	for c := 1; c < columns; c++ {
		from := starts[c-1]
		n := sort.Search(int(last-from)+1, func(i int) bool {
			return columnAt(a.At(unit, from+uint64(i)), whole, columns) >= c
		})
		starts[c] = from + uint64(n)
	}
	return scale{starts}
}

// evenScale divides the places from first to last into columns of the same size: as many as
// possible, but not more than most.
func evenScale(first, last, most uint64) scale {
	size := (last-first)/most + 1
	starts := []uint64{0}
	for at := first + size; at <= last; at += size {
		starts = append(starts, at)
	}
	return scale{starts}
}

// ticksOf returns round times from 0 to whole, about as many as most. Times are in milliseconds.
func ticksOf(whole int64, most int) []int64 {
	const second, minute, hour = 1000, 60 * 1000, 3600 * 1000
	steps := []int64{second, 2 * second, 5 * second, 10 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 20 * minute, hour}
	i := slices.IndexFunc(steps, func(step int64) bool { return whole/step <= int64(most) })
	step := whole/int64(most) + 1
	if i >= 0 {
		step = steps[i]
	}
	var ticks []int64
	for t := int64(0); t <= whole; t += step {
		ticks = append(ticks, t)
	}
	return ticks
}
