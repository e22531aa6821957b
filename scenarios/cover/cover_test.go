package cover_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"ionbench/scenarios/cover"
)

// all are all rows of a space that are not forbidden.
func all(s cover.Space) [][]int {
	rows := [][]int{nil}
	for _, count := range s.Counts {
		var longer [][]int
		for _, row := range rows {
			for v := range count {
				longer = append(longer, append(slices.Clip(row), v))
			}
		}
		rows = longer
	}
	return slices.DeleteFunc(rows, func(row []int) bool { return s.Forbidden != nil && s.Forbidden(row) })
}

// combinations are those of a number of parameters that occur in rows.
func combinations(rows [][]int, strength int) map[string]bool {
	found := make(map[string]bool)
	for _, row := range rows {
		var walk func(from int, text string, left int)
		walk = func(from int, text string, left int) {
			if left == 0 {
				found[text] = true
				return
			}
			for p := from; p < len(row); p++ {
				walk(p+1, fmt.Sprintf("%s %d=%d", text, p, row[p]), left-1)
			}
		}
		walk(0, "", strength)
	}
	return found
}

func TestEveryCombinationThatCanBeOccursInARow(t *testing.T) {
	// The second parameter has a value that needs the fifth to be 0, which needs the last not to
	// be 1; some pairs cannot be, and some only seem to.
	chained := func(row []int) bool {
		return row[1] == 2 && row[4] > 0 || row[4] == 0 && row[5] == 1
	}
	for _, s := range []cover.Space{
		{Counts: []int{2, 2, 2}},
		{Counts: []int{3, 1, 4, 2, 5}},
		{Counts: []int{2, 2, 2, 2, 2, 2, 2}},
		{Counts: []int{2, 3, 2, 4, 3, 2}, Forbidden: chained},
		{Counts: []int{1, 1, 1}},
	} {
		for strength := 1; strength <= 3; strength++ {
			rows := cover.Array(s, strength)
			possible := all(s)
			if want, got := combinations(possible, strength), combinations(rows, strength); !reflect.DeepEqual(got, want) {
				t.Errorf("%v, strength %d: %d combinations occur, and %d can", s.Counts, strength, len(got), len(want))
			}
			for _, row := range rows {
				if !slices.ContainsFunc(possible, func(can []int) bool { return slices.Equal(can, row) }) {
					t.Errorf("%v, strength %d: row %v is forbidden", s.Counts, strength, row)
				}
			}
			if !slices.Equal(rows[0], make([]int, len(s.Counts))) {
				t.Errorf("the first row is %v", rows[0])
			}
			if again := cover.Array(s, strength); !reflect.DeepEqual(again, rows) {
				t.Errorf("%v, strength %d: made again, the array is another one", s.Counts, strength)
			}
		}
	}
}

func TestAnArrayIsMuchSmallerThanAllCombinations(t *testing.T) {
	s := cover.Space{Counts: slices.Repeat([]int{4}, 10)} // more than a million rows
	for strength, most := range map[int]int{2: 40, 3: 200} {
		if rows := cover.Array(s, strength); len(rows) > most {
			t.Errorf("strength %d has %d rows, more than %d", strength, len(rows), most)
		}
	}
}
