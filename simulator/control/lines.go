package control

import (
	"net/http"
	"time"

	"ionbench/simulator/bench"
)

// eachLine is where a line is asked. Each line has one meter that the plan strikes, and the id of
// that meter; the line of a meter that is alone has it too.
const eachLine = "/v1/lines/{line}"

// lineRoutes are what lines can be asked. A fault belongs to a line or to a meter: of a line are those
// of its bytes and of the networks that lead to it.
func (s *Server) lineRoutes() []route {
	routes := []route{{"GET", "/v1/lines", s.getLines}}
	for _, q := range append(ofLine.questions(), question{"GET", "", (*Served).getLine, false}) {
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

func (m *Served) getLine(w http.ResponseWriter, r *http.Request) { answered(m, w, r, m.lookAtLine) }

// lookAtLine describes the line as it is. The station's owner calls it.
func (m *Served) lookAtLine(now time.Duration) Line {
	s := m.subject.Station
	v := Line{
		ID: m.subject.ID, Meter: m.subject.ID, At: seconds(now - m.subject.From),
		Baud: m.identity.Baud, Pace: m.identity.Pace,
		PTY: m.identity.PTY, Link: m.identity.Link, TCP: m.identity.TCP,
		Reachable: s.Reachable(), Counts: m.carried(), Faults: m.faults(ofLine), Stations: []OnLine{},
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

// carried is what the line has carried since the meter was ready.
func (m *Served) carried() Counts { return countsOf(m.subject.Station.Carried().Since(m.begun)) }

func countsOf(c bench.Counts) Counts {
	return Counts{
		BytesToMeter: c.BytesToMeter, BytesToHost: c.BytesToHost, FramesToMeter: c.FramesToMeter, FramesToHost: c.FramesToHost,
		BlocksSent: c.BlocksSent, Resends: c.Resends, Replies: c.Replies,
	}
}
