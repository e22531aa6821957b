package control

import (
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// session is what was struck by hand, in order. The owner of the station uses it.
type session struct {
	acts []act
}

// act is a fault that was added by hand.
type act struct {
	number  int           // in the station's plan
	fault   fault.Fault   // as the station has planned it
	at      time.Duration // when it was added
	resends uint64        // of the run by then
	ended   bool          // by hand, too
}

func (s *session) add(station *bench.Station, now time.Duration, number int, f fault.Fault) {
	s.acts = append(s.acts, act{number: number, fault: f, at: now, resends: station.InRun().Resends})
}

func (s *session) has(number int) bool {
	for i := range s.acts {
		if s.acts[i].number == number {
			return true
		}
	}
	return false
}

// end notes that a fault at work is ended by hand. How long it has lasted is said in requests
// that the host sent again, which is the same at every pace, if there were any.
func (s *session) end(station *bench.Station, now time.Duration, number int) {
	for i := range s.acts {
		a := &s.acts[i]
		if a.number != number || a.ended {
			continue
		}
		a.ended = true
		f := a.fault
		if n := station.InRun().Resends - a.resends; n > 0 {
			f.Duration = fault.Duration{NoResponses: n + 1}
			if f.Validate() == nil {
				a.fault = f
				return
			}
		}
		f.Duration = fault.Duration{Time: max(time.Millisecond, (now - a.at).Round(time.Millisecond))}
		if f.Validate() == nil {
			a.fault = f
		}
	}
}

// drop forgets a fault that was taken back before it struck.
func (s *session) drop(number int) {
	for i := range s.acts {
		if s.acts[i].number == number {
			s.acts = append(s.acts[:i], s.acts[i+1:]...)
			return
		}
	}
}

func (s *session) plan() fault.Plan {
	var p fault.Plan
	for i := range s.acts {
		p = append(p, s.acts[i].fault)
	}
	return p
}
