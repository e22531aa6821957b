package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
)

// Repeat says how to do again what was done by hand.
type Repeat struct {
	Plan string   // with "then" between the faults of an upgrade and those of the recovery after it; empty for none
	Not  []string // what was done and is not in the plan, or comes otherwise by it: each with the reason
}

// then stands between the plans of attempts that follow each other, as a trial has them.
const then = " then "

// OfTrial reports that the plan is for several attempts, which only a trial has.
func (r *Repeat) OfTrial() bool { return strings.Contains(r.Plan, then) }

// repeat says what does the session again. A trial is an upgrade and its recoveries up to one that
// succeeds: the first one that something was done to is repeated.
func (s *session) repeat(now glimpse) (r Repeat) {
	var plans []fault.Plan
	first := 0 // the run with which the trial begins
	for i := range s.acts {
		a := &s.acts[i]
		f, in, why := s.place(a, now)
		if in > 0 && s.spared(in, f.Kind) {
			in, why = 0, "it befell the first meter of the line while the tool was at another, and a trial has one"
		}
		if first == 0 {
			first = in
		}
		switch {
		case in == 0:
		case s.differ(first, in):
			why = "it befell a tool at another meter of the line than the first did, and a trial upgrades one"
		case slices.ContainsFunc(s.runs[min(first-1, len(s.runs)):min(in-1, len(s.runs))], func(r run) bool { return r.done }):
			why = "it befell a tool after an upgrade that succeeded, with which a trial ends"
		default:
			n := s.attempts(first, in)
			for len(plans) <= n {
				plans = append(plans, nil)
			}
			plans[n] = append(plans[n], f)
		}
		if why != "" {
			r.Not = append(r.Not, f.String()+": "+why)
		}
	}
	texts := make([]string, len(plans))
	for i, p := range plans {
		texts[i] = p.String()
	}
	r.Plan = strings.Join(texts, then)
	if r.Plan != "" && len(s.takeovers) > 0 {
		r.Not = append(r.Not, takeoverWords(s.takeovers))
	}
	return r
}

// takeoverWords says what a plan has not of clients that took the port from each other.
func takeoverWords(at []uint32) string {
	where := "before the first block"
	if at[0] > 0 {
		where = fmt.Sprintf("in block %d", at[0])
	}
	first := "once, " + where
	if len(at) > 1 {
		first = fmt.Sprintf("%d times, first %s", len(at), where)
	}
	return "a new client took the port over " + first + ": of a plan there is one tool after another"
}

// spared reports that a kind of fault did nothing to the meter at which a tool was: it strikes the first one of the line.
func (s *session) spared(run int, k fault.Kind) bool {
	return !bench.OfLine(k) && run <= len(s.runs) && s.runs[run-1].other > 0
}

// differ reports that two runs have cleared different meters of the line.
func (s *session) differ(one, another int) bool {
	if one > len(s.runs) || another > len(s.runs) {
		return false // it has not come
	}
	a, b := &s.runs[one-1], &s.runs[another-1]
	return a.cleared() && b.cleared() && a.other != b.other
}

// cleared reports whether a tool has cleared a meter.
func (r *run) cleared() bool { return r.Entered[fault.Erasing] > 0 || r.other > 0 }

// attempts is how many attempts on the meter there were from one run up to the one before another. Tools
// that only looked at it are none.
func (s *session) attempts(first, run int) (n int) {
	for i := first; i < run; i++ {
		if s.runs[i-1].cleared() {
			n++
		}
	}
	return n
}

// place says in which run an act befell a tool, counted from 1, as which fault, and what of it is not the
// same; or why it befell none (0).
func (s *session) place(a *act, now glimpse) (f fault.Fault, run int, why string) {
	if !a.over {
		a.end = now
	}
	f = a.fault
	switch {
	case a.passed:
		return f, 0, "its moment had passed"
	case len(s.runs) == 0:
		f = s.lasting(f, a, a.begun)
		return f, 1, s.clocked(f, "no tool has come; it")
	case !a.struck:
		return f, max(1, a.begun.run), s.clocked(f, "it")
	case a.begun.run == a.end.run && a.begun.frames == a.end.frames && a.begun.idle && a.over && ofBytes(f.Kind):
		return f, 0, "nothing was on the line meanwhile"
	case a.begun.run > 0 && (s.framesUpTo(a.begun.run, now) > a.begun.frames || !a.begun.idle):
		from := a.begun
		switch again := s.amidResends(a); {
		case f.Trigger != fault.Block(int(from.block.number)):
		case again != nil:
			f = *again
		default:
			from.resends = from.block.sent // by its plan it strikes when the block begins
		}
		f = s.lasting(f, a, from)
		return f, a.begun.run, s.late(f, a)
	case a.begun.run == a.end.run:
		return f, 0, "no tool was there"
	}
	r := &s.runs[a.begun.run]
	f.Trigger = fault.Trigger{}
	return s.lasting(f, a, glimpse{at: r.At, run: a.begun.run + 1, resends: r.Counts.Resends}), a.begun.run + 1, ""
}

// amidResends is a fault that struck when its block had been sent again, named by that: nil if it was not, or
// if the fault cannot be. At the beginning of the block it would be there before what struck in it earlier.
func (s *session) amidResends(a *act) *fault.Fault {
	if a.begun.resends == a.begun.block.sent {
		return nil
	}
	f := a.fault
	f.Trigger = fault.Trigger{Unit: fault.AtNoResponse, First: a.begun.resends - s.runs[a.begun.run-1].Counts.Resends}
	if f.Validate() != nil {
		return nil
	}
	return &f
}

// ofBytes reports that a kind lasts and does nothing but to what is on the line meanwhile.
func ofBytes(k fault.Kind) bool {
	return k.Place() == fault.PlaceLine && k.Lasts() && k.Blocks() && !k.Breaks()
}

// framesUpTo is how many frames there had been when a run was over.
func (s *session) framesUpTo(run int, now glimpse) uint64 {
	if run < len(s.runs) {
		return s.runs[run].frames()
	}
	return now.frames
}

// lasting is a fault with the duration that it had, from a moment on. Where nothing goes on meanwhile that
// is said in requests that the host sent again, which are the same at every pace; if the tool had given up
// by its end, it never ended for that tool.
func (s *session) lasting(f fault.Fault, a *act, from glimpse) fault.Fault {
	if !f.Kind.Lasts() || !a.over || f.Duration.NoResponses > 0 && !a.ended {
		return f
	}
	resends := a.end.resends - from.resends
	gaveUp := from.run < len(s.runs) && s.runs[from.run].frames() <= a.end.frames
	as := f
	switch {
	case f.Kind.Blocks() && resends > 0 && gaveUp:
		as.Duration = fault.Duration{}
	case f.Kind.Blocks() && resends > 0 && a.off: // the request by which it ends meets a meter that boots
		as.Duration = fault.Duration{NoResponses: resends}
	case f.Kind.Blocks() && resends > 0:
		as.Duration = fault.Duration{NoResponses: resends + 1}
	case a.ended:
		as.Duration = fault.Duration{Time: max(time.Millisecond, (a.end.at - from.at).Round(time.Millisecond))}
	}
	if as.Validate() == nil {
		return as
	}
	return f
}

// late says how a fault comes otherwise by its trigger than it came by hand.
func (s *session) late(f fault.Fault, a *act) string {
	r := &s.runs[a.begun.run-1]
	switch t := f.Trigger; {
	case t.Unit == fault.AtState && t.State == fault.Application && a.named && r.booted < a.begun.frames:
		return "it struck later, while the settings were written back"
	case !a.named && a.begun.run > 1 && t.Unit != fault.AtBlock && t.Unit != fault.AtPercent && t.Unit != fault.AtStart:
		return "it was counted from the beginning of the session, and the tool was not the first one"
	}
	return s.clocked(f, "it")
}

// clocked says of a fault that comes or lasts by the clock that a tool may be elsewhere by then.
func (s *session) clocked(f fault.Fault, what string) string {
	switch p := f.Parameters; {
	case f.Trigger.Unit == fault.AtTime:
		return what + " comes by the clock, and a tool may be elsewhere by then"
	case !f.Kind.Blocks() && (f.Duration.Time > 0 || p.By > 0 || p.Rate > 0):
		return what + " goes by the clock: a tool that waits longer, or at another pace, meets it otherwise"
	}
	return ""
}
