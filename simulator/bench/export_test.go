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
