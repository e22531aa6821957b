package verdict

import (
	"fmt"
	"slices"

	"ionbench/simulator/meter"
)

// String names the meter for people.
func (o *Other) String() string { return fmt.Sprintf("unit %d (%s)", o.UnitID, o.SerialNumber) }

// atRest reports whether the meter was doing nothing by itself before the attempt. A meter that
// was still busy with an earlier one goes on with that. One without power does nothing when it is
// switched on, unless it has a first boot before it.
func (o *Other) atRest() bool {
	return o.Before == meter.Off && o.Settled || o.Before == meter.Application || o.Before == meter.Download || o.Before == meter.Receiving
}

// Twinned reports whether another meter of the same unit id had power during the attempt. It takes every
// request, and what both say at one time nobody can read. A tool that hears them need not come to a
// good end; it may change neither, and may not say what is not so.
func (e *Evidence) Twinned() bool {
	return e.hasTwin(func(o *Other) bool { return o.Before != meter.Off || o.State != meter.Off || o.Switched })
}

// hasTwin reports whether another meter of the same unit id is so.
func (e *Evidence) hasTwin(so func(*Other) bool) bool {
	return slices.ContainsFunc(e.Others, func(o Other) bool { return o.UnitID == e.Meter.UnitID && so(&o) })
}

func intruded(e *Evidence, f *findings) {
	if e.Intruded {
		f.tell("another process of the computer was at work on the meter, and it was changed all the same")
	}
}

func othersFlashed(e *Evidence, f *findings) {
	for i := range e.Others {
		if o := &e.Others[i]; o.atRest() && o.Flashed {
			f.tell("the flash of %v was touched, and nobody had asked for that", o)
		}
	}
}

// othersStopped: a twin that is given back together with the meter may be a moment behind it.
func othersStopped(e *Evidence, f *findings) {
	for i := range e.Others {
		o := &e.Others[i]
		givenBack := o.UnitID == e.Meter.UnitID && o.State == meter.Booting && !o.Flashed
		if o.Before == meter.Application && o.State != meter.Application && !o.Switched && !givenBack {
			f.tell("%v ran its application before, and is %v", o, o.State)
		}
	}
}

func othersLost(e *Evidence, f *findings) {
	for i := range e.Others {
		if o := &e.Others[i]; o.atRest() && o.Lost != 0 {
			f.tell("%v of %v are not as they were", o.Lost, o)
		}
	}
}
