package trial

import (
	"context"
	"slices"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
)

// In real time the meter and the line take no time, so a trial lasts only as long as the tool
// waits for answers that never come.
const (
	realTimeBaud  = 115200                 // the fastest: the tool reckons how long its frames take
	realTimeWait  = 500 * time.Millisecond // for an answer; 10 s in virtual time
	lateTimeWait  = 10 * realTimeWait      // on a computer that was late
	realTimeLimit = 10 * time.Minute       // of an attempt
)

// TryOver runs a trial to its end over a transport, with a meter and a line that take no time
// and a tool that waits for half a second. A PTY and TCP take real time; rig.Bench plays the
// same in virtual time, for comparison. Attempts are judged as in Try. rig.Promised is the part
// of their traces that is the same over all transports, unless a plan names times, bytes or
// frames.
//
// The error is about the world, ctx or the transport. It wraps errors.ErrUnsupported on a system
// without PTYs.
func TryOver(ctx context.Context, over rig.Transport, w world.World, plans Plans, trace rig.Trace) (*Result, error) {
	return tryOver(ctx, over, w, plans, trace, realTimeWait)
}

// TryBeside is TryOver for a transport and for the bench. On a computer that is late for a moment a tool in
// real time asks once more than on the bench: where the events are not the same, both are tried once more with
// a tool that waits ten times as long, and that counts.
func TryBeside(ctx context.Context, over rig.Transport, w world.World, plans Plans) (there, bench *Result, err error) {
	for _, wait := range []time.Duration{realTimeWait, lateTimeWait} {
		if bench, err = tryOver(ctx, rig.Bench, w, plans, rig.Events, wait); err != nil {
			return nil, nil, err
		}
		if there, err = tryOver(ctx, over, w, plans, rig.Events, wait); err != nil {
			return nil, nil, err
		}
		if sameEvents(there, bench) {
			break
		}
	}
	return there, bench, nil
}

// sameEvents compares what is the same over all transports.
func sameEvents(a, b *Result) bool {
	return slices.EqualFunc(a.Attempts, b.Attempts, func(a, b *rig.Outcome) bool {
		return slices.Equal(rig.Promised(a.Trace), rig.Promised(b.Trace))
	})
}

func tryOver(ctx context.Context, over rig.Transport, w world.World, plans Plans, trace rig.Trace, wait time.Duration) (*Result, error) {
	if err := Check(w); err != nil {
		return nil, err
	}
	w = w.Filled()
	w.Meters[0].Baud, w.Attempts[0].Baud, w.Attempts[0].Limit = realTimeBaud, realTimeBaud, realTimeLimit
	r, err := prepare(w, plans, rig.Options{Trace: trace, Instant: true, Response: wait})
	if err != nil {
		return nil, err
	}
	o, err := r.rig.TryOver(ctx, over, r.upgrade())
	for err == nil && !r.isLast(o) {
		o, err = r.rig.RecoverOver(ctx, over, &r.first, r.plan(len(r.done)))
	}
	if err != nil {
		return nil, err
	}
	return r.result(), nil
}
