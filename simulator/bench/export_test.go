package bench

import "ionbench/simulator/machine"

// Declare lets the test of what is declared walk over a station.
func (s *Station) Declare(w *machine.State, spent *Station) { s.declare(w, spent) }

// Used gives a station memory to work in, as one has that was stepped.
func (s *Station) Used() { s.scratch = make([]byte, 0, 8) }
