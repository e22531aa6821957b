package trial

import (
	"context"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
)

// In real time the meter and the line take no time, so that a trial lasts as long as what
// does not come is waited for.
const (
	realTimeBaud  = 115200                 // the tool waits for its frame to be out by it
	realTimeWait  = 500 * time.Millisecond // for an answer; 10 s elsewhere
	realTimeLimit = 10 * time.Minute       // of an attempt
)

// TryOver runs a trial to its end over a transport, with a meter and a line that take no
// time and a tool that waits for half a second: over a PTY or TCP in real time, and over
// rig.Bench the same in virtual time, to compare with. Attempts are judged as in Try.
// rig.Promised tells what of their traces is the same over all transports; a plan that
// names times, bytes or frames promises nothing.
//
// The error is that of the world, of ctx or of the transport; it wraps
// errors.ErrUnsupported where there are no PTYs.
func TryOver(ctx context.Context, over rig.Transport, w world.World, plans Plans) (*Result, error) {
	if err := Check(w); err != nil {
		return nil, err
	}
	w = w.Filled()
	w.Meters[0].Baud, w.Attempts[0].Baud, w.Attempts[0].Limit = realTimeBaud, realTimeBaud, realTimeLimit
	r, err := prepare(w, plans, rig.Options{Instant: true, Response: realTimeWait})
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
