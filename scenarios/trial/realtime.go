package trial

import (
	"context"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
)

// In real time the meter and the line take no time, so a trial lasts only as long as the tool
// waits for answers that never come.
const (
	realTimeBaud  = 115200                 // the fastest: the tool reckons how long its frames take
	realTimeWait  = 500 * time.Millisecond // for an answer; 10 s in virtual time
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
	if err := Check(w); err != nil {
		return nil, err
	}
	w = w.Filled()
	w.Meters[0].Baud, w.Attempts[0].Baud, w.Attempts[0].Limit = realTimeBaud, realTimeBaud, realTimeLimit
	r, err := prepare(w, plans, rig.Options{Trace: trace, Instant: true, Response: realTimeWait})
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
