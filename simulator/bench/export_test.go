package bench

import "ionbench/simulator/machine"

// Declare lets the test of what is declared walk over a station.
func (s *Station) Declare(w *machine.State, spent *Station) { s.declare(w, spent) }

// Used gives a station memory to work in, as one has that was stepped.
func (s *Station) Used() { s.scratch = make([]byte, 0, 8) }

// Guest is a further host on the line.
func (s *Station) Guest(i int) Host { return s.others.guests[i].host }

// GuestAsked has a further host wait for an answer.
func (s *Station) GuestAsked(i int) {
	a := &s.others.guests[i].asking
	a.lastID, a.asked, a.sent = a.lastID+1, true, a.sent+1
}

// OwnChanges change each what faults have made of the side of a further host.
func (s *Station) OwnChanges(i int) map[string]func() {
	g := &s.others.guests[i]
	k := &g.plan[len(g.plan)-1]
	return map[string]func(){
		"command":   func() { g.due[0].Command++ },
		"by":        func() { g.due[0].By++ },
		"ordered":   func() { g.ordered++ },
		"fault":     func() { k.fault.Side = 1 },
		"spell":     func() { k.active = !k.active },
		"counted":   func() { k.origin.noResponses-- },
		"moment":    func() { k.next++ },
		"armed":     func() { k.armed++ },
		"to meter":  func() { g.pulled[0]++ },
		"to host":   func() { g.pulled[1]++ },
		"port":      func() { g.portless++ },
		"lost byte": func() { g.lose++ },
	}
}
