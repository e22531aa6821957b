package control

import (
	"slices"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/story"
)

// session is what was struck by hand, in order, and the runs of the tools that it befell. The owner of the
// station uses it.
type session struct {
	acts []act
	runs []run     // of the tools, one after another
	seen [2]uint64 // frames so far, by direction
	last ion.Head  // of the last request
	sent uint64    // requests so far that were sent again
	block
	takeovers []uint32 // of the port by a new client: the blocks that had begun then
}

// maxTakeovers bounds those that are told; two tools that both connect again take the port from each other without end.
const maxTakeovers = 10_000

// block is the last one that a tool has begun to send.
type block struct {
	number uint32
	sent   uint64 // requests that had been sent again by then
}

// run is what one tool did, from its first request on.
type run struct {
	bench.Since
	booted uint64 // frames when the application ran for the last time, in both directions
	done   bool   // the meter runs the image that this tool had verified
	other  uint8  // the place on the line of the meter that this tool has cleared; 0 for that which faults strike, and for none
	tested bool   // that one has verified an image
}

// frames is how many both ends had sent when the run began.
func (r *run) frames() uint64 { return r.Counts.FramesToMeter + r.Counts.FramesToHost }

// maxRuns bounds how many tools are told apart. What befalls further ones is said to befall the last.
const maxRuns = 10_000

// act is a fault that was added by hand.
type act struct {
	number     int         // in the station's plan
	fault      fault.Fault // as the station has planned it
	named      bool        // its trigger is the station's name of the moment
	off        bool        // it holds the meter off
	passed     bool        // its moment had passed
	struck     bool
	over       bool
	ended      bool    // by hand, too
	booting    bool    // the meter it held off has not booted yet
	begun, end glimpse // when it struck, and when it was over
}

// glimpse is how far a session had come at a moment.
type glimpse struct {
	at      time.Duration
	run     int    // how many tools had come
	frames  uint64 // that both ends had begun to send
	resends uint64
	block   block
	idle    bool // nothing was on the line
}

func (s *session) glimpse(station *bench.Station, now time.Duration) glimpse {
	_, busy := station.Line().Next()
	return glimpse{now, len(s.runs), s.frames(), s.sent, s.block, !busy}
}

func (s *session) frames() uint64 { return s.seen[line.ToMeter] + s.seen[line.FromMeter] }

// follow takes an event of the trace: tools come, the meter enters states, faults strike and end.
func (s *session) follow(station *bench.Station, e story.Event) {
	switch w := e.What.(type) {
	case story.FrameSent:
		if e.Station == 0 {
			s.frame(station, e.At, w)
		}
	case story.StateEntered:
		if e.Station == 0 {
			s.entered(w.State.String())
		} else {
			s.elsewhere(e.Station, w.State.String())
		}
	case story.FaultStruck:
		if a := s.find(func(a *act) bool { return !a.struck && a.fault == w.Fault }); a != nil {
			a.struck, a.begun = true, s.glimpse(station, e.At)
		}
	case story.FaultEnded:
		if a := s.find(func(a *act) bool { return a.struck && !a.over && a.fault == w.Fault }); a != nil {
			a.over, a.booting, a.end = true, a.off, s.glimpse(station, e.At)
		}
	}
}

// takenOver counts that a new client has taken the port, while a tool was at work.
func (s *session) takenOver() {
	if len(s.runs) > 0 && len(s.takeovers) < maxTakeovers {
		s.takeovers = append(s.takeovers, s.block.number)
	}
}

// frame counts a frame, and sees by a request that another tool has come: its message ids do not go on
// where the last one's ended. A connection tells nothing: a PTY has none, and one that broke is made again.
func (s *session) frame(station *bench.Station, at time.Duration, w story.FrameSent) {
	before := s.seen
	s.seen[w.Direction]++
	h, first := ion.Wire(w.Bytes).Head()
	if w.Direction != line.ToMeter || !first {
		return
	}
	last := s.last
	s.last = h
	if h.Op == ion.OpBlock && h.Sequence != s.block.number {
		s.block = block{h.Sequence, s.sent}
	}
	switch again := h.MessageID == last.MessageID || h.Op == ion.OpBlock && h.Op == last.Op && h.Sequence == last.Sequence; {
	case len(s.runs) == 0:
	case again:
		s.sent++
		return
	case h.MessageID == max(1, last.MessageID+1), len(s.runs) == maxRuns:
		return
	}
	c := station.InRun()
	c.FramesToMeter, c.FramesToHost, c.Resends = before[line.ToMeter], before[line.FromMeter], s.sent
	s.runs = append(s.runs, run{Since: bench.Since{At: at, Counts: c}})
}

// entered counts a state of the meter for the tool that is there.
func (s *session) entered(state string) {
	now, ok := fault.ParseState(state)
	if !ok { // off
		return
	}
	if now != fault.Booting {
		s.back()
	}
	if len(s.runs) == 0 {
		return
	}
	r := &s.runs[len(s.runs)-1]
	r.Entered[now]++
	if now == fault.Application {
		r.booted = s.frames()
		r.done = r.done || r.Entered[fault.Verifying] > 0
	}
}

// elsewhere takes a state of another meter of the line, for the tool that is there.
func (s *session) elsewhere(place uint8, state string) {
	now, ok := fault.ParseState(state)
	if !ok || len(s.runs) == 0 {
		return
	}
	r := &s.runs[len(s.runs)-1]
	switch {
	case now == fault.Erasing:
		r.other, r.tested = place, false
	case r.other != place:
	case now == fault.Verifying:
		r.tested = true
	case now == fault.Application:
		r.done = r.done || r.tested
	}
}

// back counts what a tool asked of a meter that was off until it has booted: so long nothing is answered.
func (s *session) back() {
	for i := range s.acts {
		if a := &s.acts[i]; a.booting {
			a.booting, a.end.resends = false, s.sent
		}
	}
}

func (s *session) find(is func(*act) bool) *act {
	for i := range s.acts {
		if is(&s.acts[i]) {
			return &s.acts[i]
		}
	}
	return nil
}

// ahead is the session with what has happened at the station and was not told yet. Its acts are nobody's.
func (s *session) ahead(station *bench.Station) *session {
	c := &session{runs: slices.Clone(s.runs), seen: s.seen, last: s.last, sent: s.sent, block: s.block, takeovers: s.takeovers}
	for _, e := range station.Trace() {
		c.follow(station, e)
	}
	return c
}

// since is where the run of the last tool began; the zero Since if none has come.
func (s *session) since() bench.Since {
	if len(s.runs) == 0 {
		return bench.Since{}
	}
	since := s.runs[len(s.runs)-1].Since
	since.Restarts = s.last.Op == ion.OpEnter || s.last.Op == ion.OpRestart
	return since
}

// add notes a fault that was added by hand.
func (s *session) add(a act) {
	a.over = a.struck && !a.fault.Kind.Lasts() && a.fault.Kind.Place() == fault.PlaceMeter // it waits for nothing
	a.end = a.begun
	s.acts = append(s.acts, a)
}

func (s *session) has(number int) bool {
	return s.find(func(a *act) bool { return a.number == number }) != nil
}

// endAt notes that a fault at work is ended by hand.
func (s *session) endAt(g glimpse, number int) {
	if a := s.find(func(a *act) bool { return a.number == number && !a.over }); a != nil {
		a.over, a.ended, a.booting, a.end = true, true, a.off, g
	}
}

// drop forgets a fault that was taken back before it struck.
func (s *session) drop(number int) {
	s.acts = slices.DeleteFunc(s.acts, func(a act) bool { return a.number == number })
}
