package judge

import (
	"fmt"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/ion"
)

// perAttempt is the time of an attempt without missing answers, and with a meter that takes no
// time: a second or two after each of two restarts, and the transfer.
const perAttempt = 4 * time.Second

// estimate says how long scenarios take: what a program waits, and what meter and line take at a
// pace.
type estimate struct {
	response time.Duration
	pace     int                       // as in Options
	real     map[lengthy]time.Duration // of an upgrade at the real pace
}

// lengthy is what the time of an upgrade depends on.
type lengthy struct{ blocks, baud int }

func newEstimate(o *Options) *estimate {
	return &estimate{response: o.Response, pace: o.Pace, real: map[lengthy]time.Duration{}}
}

// device is about how long meter and line take for one upgrade in a scenario: as long as in
// virtual time, so many times faster.
func (e *estimate) device(s *Scenario) time.Duration {
	pace := e.pace
	if pace == 0 && s.Pace == scaled {
		pace = max(1, int(DefaultResponse/e.response))
	}
	if pace == 0 {
		return 0
	}
	of := lengthy{s.blocks(), s.World.Meters[0].Baud}
	if _, known := e.real[of]; !known {
		w := worldOf(of.blocks)
		w.Meters[0].Baud = of.baud
		r, err := trial.Try(w, nil, rig.NoTrace)
		if err != nil {
			return 0
		}
		e.real[of] = r.Cost.Time
	}
	return e.real[of] / time.Duration(pace)
}

func (s *Scenario) blocks() int {
	return ion.Blocks(s.World.FirmwareOf(s.attempt()).ImageBytes())
}

// attempt is about how long one run of the program takes.
func (e *estimate) attempt(s *Scenario) time.Duration {
	more := time.Duration(max(0, s.blocks()-imageBlocks)) * 20 * time.Millisecond
	return perAttempt + more + e.device(s)
}

// scenario is about how long a scenario takes.
func (e *estimate) scenario(s *Scenario) time.Duration {
	d := e.attempt(s) + time.Duration(s.Waits)*e.response + s.Extra
	if s.Expect == Recovers {
		d += e.attempt(s)
	}
	return d
}

// limit is the time limit of a run of the program, unless a person sets one: it may wait for a
// meter that restarts, of a device that takes its time.
func (e *estimate) limit(s *Scenario) time.Duration {
	talked := time.Duration(0)
	if s.Talked {
		talked = time.Duration(tries()*ion.MaxFrames) * often(e.response)
	}
	return usualLimit(e.response) + 2*e.device(s) + s.Extra + s.Longest + talked
}

// usualLimit is the time limit with a meter and a line that take no time. A program may wait for all
// answers of a few requests: verify, restart, and what it asks a meter that does not come back.
func usualLimit(response time.Duration) time.Duration {
	const requests = 5
	return restartPatience + 30*time.Second + time.Duration(requests*tries())*response
}

// tooLong is why a scenario cannot be judged within the time limit; empty if it can.
func (e *estimate) tooLong(s *Scenario, limit time.Duration) string {
	slow := s.Pace == wall || e.device(s) > 0
	if took := e.attempt(s) + s.Extra; slow && took > limit {
		return fmt.Sprintf("a run of the program takes about %v with a meter that takes its time, and has %v", took.Round(time.Second), limit)
	}
	if s.Longest > limit {
		return fmt.Sprintf("a run of the program may take %v, and has %v", s.Longest, limit)
	}
	return ""
}

// Expected is about how long a suite takes with a target.
func (s *Suite) Expected(t *Target, o Options) time.Duration {
	o = o.Filled()
	e := newEstimate(&o)
	var sum, longest time.Duration
	for i := range s.Scenarios {
		if c := &s.Scenarios[i]; c.cannot(t) == "" && (o.Limit == 0 || e.tooLong(c, o.Limit) == "") {
			took := e.scenario(c)
			sum, longest = sum+took, max(longest, took)
		}
	}
	sum *= time.Duration(o.Rounds)
	return max(longest, sum/time.Duration(max(1, o.Parallel))).Round(time.Second)
}
