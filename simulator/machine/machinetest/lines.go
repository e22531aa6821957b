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

// record is a state with the lines that it is made of.
type record struct {
	state string
	lines []machine.Line
}

// trim leaves out the calls that led to whoever made the record, to be called by him.
func (r record) trim() {
	var calls [maxCalls]uintptr
	n := runtime.Callers(3, calls[:])
	for i := range r.lines {
		l := &r.lines[i]
		l.Calls = l.Calls[:len(l.Calls)-n]
	}
}

// maxCalls is how deep tests call.
const maxCalls = 32

// took is what a line gave to the state.
func (r record) took(i int) string {
	end := len(r.state)
	if i+1 < len(r.lines) {
		end = r.lines[i+1].Start
	}
	return r.state[r.lines[i].Start:end]
}

// key names the line, with the calls that led to it.
func key(l machine.Line) string { return fmt.Sprint(l.Calls) }

// witness are lines without each of which two states would be equal, by key.
type witness map[string]machine.Line

// alone finds the lines without each of which r and another state would be equal: one that
// stands where they first differ, or else the innermost call that led to it.
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

// without is the state that there would be without a call and all that it led to.
func (r record) without(calls []uintptr) string {
	var left strings.Builder
	for i, l := range r.lines {
		if n := len(l.Calls) - len(calls); n < 0 || !slices.Equal(l.Calls[n:], calls) {
			left.WriteString(r.took(i))
		}
	}
	return left.String()
}

// lines are the places of a declaration in one package, and whether each was found needed.
type lines struct {
	folder string
	others map[string]string // functions whose lines are looked at elsewhere
	needed map[string]bool
	open   int                 // how many were not found needed yet
	places map[string][]string // by key
}

// newLines is for the lines of the package whose test called EveryField.
func newLines(elsewhere map[string]string) *lines {
	_, test, _, _ := runtime.Caller(2)
	return &lines{folder: filepath.Dir(test), others: elsewhere, needed: map[string]bool{}, places: map[string][]string{}}
}

// see takes the lines of a state.
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

// of are the places of the calls that led to a line, as far as they are in the package.
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
