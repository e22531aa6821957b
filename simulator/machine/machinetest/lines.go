package machinetest

import (
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ionbench/simulator/machine"
)

// record is a state and the lines of the declaration that wrote it.
type record struct {
	state string
	lines []machine.Line
}

// trim removes the calls that led to the function that made the record. That function calls
// trim.
func (r record) trim() {
	var calls [maxCalls]uintptr
	n := runtime.Callers(3, calls[:])
	for i := range r.lines {
		l := &r.lines[i]
		l.Calls = l.Calls[:len(l.Calls)-n]
	}
}

// maxCalls is more than the depth of the calls in any test.
const maxCalls = 32

// took returns the bytes that a line wrote to the state.
func (r record) took(i int) string {
	end := len(r.state)
	if i+1 < len(r.lines) {
		end = r.lines[i+1].Start
	}
	return r.state[r.lines[i].Start:end]
}

// key identifies a line by itself and the calls that led to it.
func key(l machine.Line) string { return fmt.Sprint(l.Calls) }

// witness is a set of lines, by key. Without any one of them, two states would be equal.
type witness map[string]machine.Line

// alone finds the lines without any one of which r and another state would be equal: one at
// the place where they first differ, or else the innermost call that led there.
func (r record) alone(other record) witness {
	found := witness{}
	i := 0
	for i < len(r.lines) && i < len(other.lines) && slices.Equal(r.lines[i].Calls, other.lines[i].Calls) && r.took(i) == other.took(i) {
		i++
	}
	for _, side := range []record{r, other} {
		if i >= len(side.lines) {
			continue
		}
		for calls := side.lines[i].Calls; len(calls) > 0; calls = calls[1:] {
			if r.without(calls) == other.without(calls) {
				l := machine.Line{Calls: calls}
				found[key(l)] = l
				break
			}
		}
	}
	return found
}

// without returns the state as it would be without a call and everything that this call wrote.
func (r record) without(calls []uintptr) string {
	var left strings.Builder
	for i, l := range r.lines {
		if n := len(l.Calls) - len(calls); n < 0 || !slices.Equal(l.Calls[n:], calls) {
			left.WriteString(r.took(i))
		}
	}
	return left.String()
}

// lines is the places of a declaration in one package, and whether each was found to be
// needed.
type lines struct {
	folder string
	others map[string]string // functions whose lines another test checks
	needed map[string]bool
	open   int                 // how many are not yet found to be needed
	places map[string][]string // by key
}

// newLines collects the lines of the package whose test called EveryField.
func newLines(elsewhere map[string]string) *lines {
	_, test, _, _ := runtime.Caller(2)
	return &lines{folder: filepath.Dir(test), others: elsewhere, needed: map[string]bool{}, places: map[string][]string{}}
}

// see adds the lines of a state.
func (s *lines) see(r record) {
	for _, l := range r.lines {
		for _, place := range s.of(l) {
			if _, known := s.needed[place]; !known {
				s.needed[place] = false
				s.open++
			}
			if l.Needed {
				s.found(place)
			}
		}
	}
}

func (s *lines) need(w witness) {
	for _, l := range w {
		for _, place := range s.of(l) {
			s.found(place)
		}
	}
}

func (s *lines) found(place string) {
	if needed, known := s.needed[place]; known && !needed {
		s.needed[place] = true
		s.open--
	}
}

// of returns the places, inside of the package, of the calls that led to a line.
func (s *lines) of(l machine.Line) []string {
	k := key(l)
	if known, ok := s.places[k]; ok {
		return known
	}
	var places []string
	for frames, more := runtime.CallersFrames(l.Calls), true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if s.elsewhere(f.Function) {
			places = nil
			continue
		}
		if filepath.Dir(f.File) == s.folder {
			places = append(places, fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line))
		}
	}
	s.places[k] = places
	return places
}

func (s *lines) elsewhere(function string) bool {
	for name := range s.others {
		if strings.HasSuffix(function, name) {
			return true
		}
	}
	return false
}

func (s *lines) unneeded() (places []string) {
	for _, place := range slices.Sorted(maps.Keys(s.needed)) {
		if !s.needed[place] {
			places = append(places, place)
		}
	}
	return places
}
