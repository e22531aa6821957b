package control

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// eachLine is where a line is asked. Each line has one meter that the plan strikes, and the id of
// that meter; the line of a meter that is alone has it too.
const eachLine = "/v1/lines/{line}"

// lineRoutes are what lines can be asked. A fault belongs to a line or to a meter: of a line are those
// of its bytes and of the networks that lead to it.
func (s *Server) lineRoutes() []route {
	routes := []route{{"GET", "/v1/lines", s.getLines}}
	for _, q := range []question{
		{"GET", "", (*Served).getLine, false},
		{"GET", "/faults", (*Served).getLineFaults, false},
		{"POST", "/faults", (*Served).postLineFault, true},
		{"DELETE", "/faults", (*Served).deleteLineFaults, true},
		{"DELETE", "/faults/{id}", (*Served).deleteLineFault, true},
	} {
		routes = append(routes, route{q.method, eachLine + q.path, s.asked(q)})
	}
	return routes
}

// getLines lists the lines.
func (s *Server) getLines(w http.ResponseWriter, _ *http.Request) {
	list := Lines{Lines: []ListedLine{}}
	for _, m := range s.served() {
		list.Lines = append(list.Lines, ListedLine{ID: m.subject.ID, Meter: m.subject.ID, Stations: m.places(), Baud: m.identity.Baud, PTY: m.identity.PTY, TCP: m.identity.TCP})
	}
	reply(w, http.StatusOK, list)
}

// places is how many stations are on the line.
func (m *Served) places() int {
	return 1 + m.subject.Station.Neighbours() + len(m.subject.Station.Talkers())
}

func (m *Served) getLine(w http.ResponseWriter, r *http.Request) {
	var seen Line
	if !m.owned(r, func(now time.Duration) { seen = m.lookAtLine(now) }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, seen)
}

// lookAtLine describes the line as it is. The station's owner calls it.
func (m *Served) lookAtLine(now time.Duration) Line {
	s := m.subject.Station
	v := Line{
		ID: m.subject.ID, Meter: m.subject.ID, At: seconds(now - m.subject.From),
		Baud: m.identity.Baud, Pace: m.identity.Pace,
		PTY: m.identity.PTY, Link: m.identity.Link, TCP: m.identity.TCP,
		Reachable: s.Reachable(), Counts: countsOf(s.Counts()), Faults: m.lineFaults(), Stations: []OnLine{},
	}
	for place := range 1 + s.Neighbours() {
		own := s.Meter()
		if place > 0 {
			own = s.Neighbour(place - 1)
		}
		c := own.Config()
		on := OnLine{Place: place, Kind: aMeter, Name: m.identity.Device, Unit: c.UnitID, Model: c.Model.String(), Serial: c.SerialNumber, State: own.State().String(), Running: own.Running(), Struck: place == 0}
		if place < len(m.subject.Names) {
			on.Name = m.subject.Names[place]
		}
		if place == 0 && s.Far() {
			on.Model, on.Serial, on.State, on.Running, on.Unit = "", "", elsewhere, "", 0
		}
		v.Stations = append(v.Stations, on)
	}
	for i, t := range s.Talkers() {
		v.Stations = append(v.Stations, OnLine{Place: 1 + s.Neighbours() + i, Kind: t.Role.String(), Unit: t.Unit})
	}
	return v
}

// aMeter is the kind of a station that is a meter.
const aMeter = "meter"

func countsOf(c bench.Counts) Counts {
	return Counts{
		BytesToMeter: c.BytesToMeter, BytesToHost: c.BytesToHost, FramesToMeter: c.FramesToMeter, FramesToHost: c.FramesToHost,
		BlocksSent: c.BlocksSent, Resends: c.Resends, Replies: c.Replies,
	}
}

// ofLine reports that fault i of the plan, counted from 1, is the line's.
func (m *Served) ofLine(number int) bool {
	list := m.subject.Station.Planned()
	return number >= 1 && number <= len(list) && bench.OfLine(list[number-1].Fault.Kind)
}

// lineFaults are the faults of the plan that are the line's. The station's owner calls it.
func (m *Served) lineFaults() []Fault {
	return slices.DeleteFunc(m.faults(), func(f Fault) bool { return !m.ofLine(f.ID) })
}

func (m *Served) getLineFaults(w http.ResponseWriter, r *http.Request) {
	m.answerLineFaults(w, r, func(time.Duration) {})
}

// answerLineFaults lets the owner do something, and answers with the faults of the line.
func (m *Served) answerLineFaults(w http.ResponseWriter, r *http.Request, do func(now time.Duration)) {
	var f Faults
	if !m.owned(r, func(now time.Duration) { do(now); f = Faults{Faults: m.lineFaults(), Repeat: m.Repeat()} }) {
		refuseUnserved(w)
		return
	}
	reply(w, http.StatusOK, f)
}

func (m *Served) postLineFault(w http.ResponseWriter, r *http.Request) {
	m.postFaultIf(w, r, func(f fault.Fault) *Problem {
		if bench.OfLine(f.Kind) {
			return nil
		}
		return &Problem{Error: fmt.Sprintf("%v befalls a meter, and this is a line", f.Kind), Hint: "POST /v1/meters/" + m.subject.ID + "/faults strikes it at the line's meter"}
	})
}

// deleteLineFaults ends all faults of the line. Those of its meter go on.
func (m *Served) deleteLineFaults(w http.ResponseWriter, r *http.Request) {
	m.answerLineFaults(w, r, func(now time.Duration) {
		for _, p := range m.subject.Station.Planned() {
			if bench.OfLine(p.Fault.Kind) {
				_ = m.end(now, p.Number) // it is there
			}
		}
	})
}

func (m *Served) deleteLineFault(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("id"))
	mine := false
	var ended Fault
	if err == nil && !m.owned(r, func(now time.Duration) {
		if mine = m.ofLine(number); mine {
			_ = m.end(now, number) // it is there
			ended = m.faults()[number-1]
		}
	}) {
		refuseUnserved(w)
		return
	}
	if !mine {
		refuse(w, http.StatusNotFound, "the line has no such fault", "GET /v1/lines/"+m.subject.ID+"/faults lists them")
		return
	}
	reply(w, http.StatusOK, ended)
}
