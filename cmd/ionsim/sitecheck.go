package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/modbus"
)

// check reports what is wrong with several sections together, and gives a line to the meters that name
// none if it has no section.
func (s *site) check(places fields.Places, problems *fields.Problems) {
	s.fill(places, problems)
	if problems.Err() != nil {
		return
	}
	at := places.Of("line")
	total := 0
	for i := range s.lines {
		l := &s.lines[i]
		if i < len(at) {
			l.place = at[i]
		}
		meters := s.on(l.Name)
		total += meters * l.Copies
		l.check(meters, problems)
		l.PTY = l.PTY || l.Link != "" || l.TCP == ""
	}
	for i := range s.meters {
		s.checkMeter(&s.meters[i], problems)
	}
	if len(s.meters) == 0 {
		problems.Add(0, "there is no [meter]; add one")
	}
	if total > mostMeters {
		problems.Add(0, fmt.Sprintf("%d meters, and at most %d can be served", total, mostMeters))
	} else {
		s.checkNames(at, problems)
	}
	for i, station := range places.Of("station") {
		if s.lineOf(s.stations[i].Line) == nil {
			problems.Add(station.LineOf("line"), s.noLine(s.stations[i].Line))
		}
	}
}

// fill puts in what the file leaves out, a line for meters that name none among it.
func (s *site) fill(places fields.Places, problems *fields.Problems) {
	for i := range s.lines {
		fields.Fill(lineTable(), &s.lines[i])
	}
	for i := range s.meters {
		m := &s.meters[i]
		m.number = m.SerialNumber == ""
		m.place = places.Of("meter")[i]
		fields.Fill(siteMeterTable(), m) // its clock, too, which make sets if the file does not
		switch {
		case s.lineOf(m.Line) != nil:
		case m.Line == "":
			s.lines = append(s.lines, siteLine{Copies: 1})
		default:
			problems.Add(m.place.LineOf("line"), s.noLine(m.Line))
		}
	}
}

// check reports what is wrong with a line on which so many meters are. One without a section is
// named by no line of the file.
func (l *siteLine) check(meters int, problems *fields.Problems) {
	for _, file := range []struct{ key, name string }{{"link", l.Link}, {"trace", l.Trace}, {"capture", l.Capture}} {
		checkMarks(l.place, file.key, file.name, problems, copyMark)
	}
	wrong := ""
	switch {
	case meters == 0:
		wrong = fmt.Sprintf("no [meter] says line = %s; a line has at least one", l.Name)
	case l.Copies > 1 && l.Link != "" && !strings.Contains(l.Link, copyMark):
		wrong = fmt.Sprintf("link: %d lines cannot have one link; put %s into it", l.Copies, copyMark)
	case l.Copies > 1 && !marked(l.Trace, copyMark):
		wrong = fmt.Sprintf("trace: %d lines cannot write one file; put %s into it", l.Copies, copyMark)
	case l.Copies > 1 && !marked(l.Capture, copyMark):
		wrong = fmt.Sprintf("capture: %d lines cannot write one file; put %s into it", l.Copies, copyMark)
	case l.Capture == "-":
		wrong = "capture: - is standard output, where the lines are told; name a file"
	case l.Takeover && l.TCP == "":
		wrong = "takeover without tcp; add a line tcp = :PORT, or delete takeover"
	}
	if wrong != "" {
		problems.Add(l.place.Line, wrong)
	}
}

// noLine says that a name is of no line, and which one may be meant.
func (s *site) noLine(name string) string {
	var known []string
	for i := range s.lines {
		if s.lines[i].Name != "" {
			known = append(known, s.lines[i].Name)
		}
	}
	best, near := fault.Nearest(name, known)
	switch {
	case name == "":
		return "all meters are on lines with names, and this is on none; add a line line = " + fields.OrList(known)
	case near:
		return fmt.Sprintf("there is no [line %s]; did you mean %s?", name, best)
	}
	return fmt.Sprintf("there is no [line %s]; add that section, or name another line", name)
}

// checkNames reports two lines, or two meters of a line, that come to have one name by their copies.
func (s *site) checkNames(at fields.Places, problems *fields.Problems) {
	lines := newNames("line", problems)
	for i := range s.lines {
		l, line := &s.lines[i], 0
		if i < len(at) {
			line = at[i].Line
		}
		lines.add(l.Name, l.Copies, line, serving.Addressable)
		meters := newNames("meter", problems)
		for j := range s.meters {
			if m := &s.meters[j]; m.Line == l.Name {
				meters.add(m.Name, m.Copies, m.place.Line, func(name string) string { return name })
			}
		}
	}
}

// names finds a name that two of a kind have.
type names struct {
	kind     string
	first    map[string]int // where the section of a name begins
	problems *fields.Problems
}

func newNames(kind string, problems *fields.Problems) *names {
	return &names{kind, map[string]int{}, problems}
}

// add takes the names of the copies of a section that begins at a line. The key says which names are
// the same.
func (n *names) add(name string, copies, line int, key func(string) string) {
	for i := range copies {
		full := copyName(cmp.Or(name, n.kind), i, copies)
		if first, taken := n.first[key(full)]; taken {
			n.problems.Add(line, fmt.Sprintf("the name %s is already that of a copy or of the section at line %d; choose another", full, first))
			return
		}
		n.first[key(full)] = line
	}
}

// checkMarks reports a mark in the name of a file that stands for nothing there.
func checkMarks(at fields.Place, key, name string, problems *fields.Problems, marks ...string) {
	for _, m := range mark.FindAllString(name, -1) {
		if !slices.Contains(marks, m) {
			problems.Add(at.LineOf(key), fmt.Sprintf("%s: %s stands for nothing here; use %s", key, m, fields.OrList(marks)))
			return
		}
	}
}

// marked reports that a name is empty, or has one of the marks.
func marked(name string, marks ...string) bool {
	return name == "" || slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(name, m) })
}

// checkMeter reports what is wrong with the files, the second port and the plan of a meter.
func (s *site) checkMeter(m *siteMeter, problems *fields.Problems) {
	line := s.lineOf(m.Line)
	for _, name := range []struct{ key, value string }{{"state", m.State}, {"modbus-link", m.Link}} {
		checkMarks(m.place, name.key, name.value, problems, copyMark, meterMark, serialMark)
		switch {
		case m.Copies > 1 && !marked(name.value, meterMark, serialMark):
			problems.Add(m.place.LineOf(name.key), fmt.Sprintf("%s: %d meters cannot have one; put %s or %s into it", name.key, m.Copies, meterMark, serialMark))
		case line.Copies > 1 && !marked(name.value, copyMark, serialMark):
			problems.Add(m.place.LineOf(name.key), fmt.Sprintf("%s: meters of %d lines cannot have one; put %s or %s into it", name.key, line.Copies, copyMark, serialMark))
		}
	}
	m.RTU = m.RTU || m.Link != ""
	if last := int(m.UnitID) + m.Copies - 1; m.RTU && last > modbus.MaxUnit {
		problems.Add(m.place.LineOf("modbus-rtu"), fmt.Sprintf("modbus-rtu: unit id %d is none of Modbus, which has 1 to %d; choose another unit-id, or use modbus-tcp", last, modbus.MaxUnit))
	}
	if len(m.Plan) == 0 {
		return
	}
	at := m.place.LineOf("plan")
	for _, f := range m.Plan {
		if bench.OfLine(f.Kind) {
			problems.Add(at, fmt.Sprintf("plan: %v befalls the line; write it in the plan of its [line]", f.Kind))
		}
	}
	if m.Copies > 1 {
		problems.Add(at, fmt.Sprintf("plan: %d meters, and one meter of a line can have a plan; give it a section of its own", m.Copies))
	}
	for i := range s.meters {
		if other := &s.meters[i]; other.Line == m.Line && len(other.Plan) > 0 {
			if other != m {
				problems.Add(at, fmt.Sprintf("plan: another meter of this line has one, at line %d; put one of the two on a line of its own", other.place.LineOf("plan")))
			}
			break
		}
	}
}

func (s *site) lineOf(name string) *siteLine {
	for i := range s.lines {
		if s.lines[i].Name == name {
			return &s.lines[i]
		}
	}
	return nil
}

// on is how many meters are on a line.
func (s *site) on(line string) (n int) {
	for i := range s.meters {
		if s.meters[i].Line == line {
			n += s.meters[i].Copies
		}
	}
	return n
}
