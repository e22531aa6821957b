package rig_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// A person aborts between the enter and the clear, and something is in the way of the restart that
// brings the meter back. Whatever it is and however long it lasts, no verdict but that of the meter is
// made of it; and what lasts no longer than the tool asks leaves the meter in its application.
func TestAMeterIsGivenBackThroughAnOutageThatIsShorterThanTheToolAsks(t *testing.T) {
	const silent, broken, called = 38 * time.Second, 88 * time.Second, 57 * time.Second
	direct, byPhone := enteringRig(t, world.Meter{}), enteringRig(t, world.Meter{Phone: "250 652-7100"})
	for _, outage := range []struct {
		r        *rig.Rig
		survived time.Duration
		what     string // when, and how long
	}{
		{direct, silent, "cable-pull %[1]s for %[2]v"},
		{direct, silent, "line-break %[1]s for %[2]v"},
		{direct, silent, "babble %[1]s for %[2]v by 100ms"},
		{direct, silent, "ip-half-open %[1]s for %[2]v"},
		{direct, broken, "port-vanishes %[1]s for %[2]v"},
		{direct, broken, "ip-down %[1]s for %[2]v"},
		{byPhone, called, "port-vanishes %[1]s for %[2]v"},
		{byPhone, called, "carrier-lost %[1]s; line-busy %[1]s for %[2]v"},
		{byPhone, called, "carrier-lost %[1]s; no-dial-tone %[1]s for %[2]v"},
		{byPhone, called, "carrier-lost %[1]s; no-answer %[1]s for %[2]v"},
		{byPhone, called, "carrier-lost %[1]s; wrong-number %[1]s for %[2]v"},
	} {
		for _, aborted := range []string{"at state booting", "at frame 9", "at frame 12"} {
			for _, at := range []string{aborted, "at state download"} {
				for _, lasts := range around(silent, broken, called) {
					plan := "abort " + aborted + "; " + fmt.Sprintf(outage.what, at, lasts)
					o := aborts(t, outage.r, plan)
					if len(o.Violations) > 0 {
						t.Errorf("%s: %v", plan, o.Violations)
					}
					if o.Claim != nil && o.Meter.State != meter.Application && o.Aborted && lasts <= outage.survived {
						t.Errorf("%s, called %t: the meter is left in %v after %v", plan, outage.r == byPhone, o.Meter.State, o.Cost.Time)
					}
				}
			}
		}
	}
}

// around are durations at, shortly before and shortly behind the limits, and in the response time that
// follows the last try of each.
func around(limits ...time.Duration) []time.Duration {
	list := []time.Duration{9 * time.Second}
	for _, l := range limits {
		for _, more := range []time.Duration{0, 3000, 9500, 14000} {
			list = append(list, l+more*time.Millisecond)
		}
	}
	return list
}

func enteringRig(t *testing.T, m world.Meter) *rig.Rig {
	w := &world.World{Meters: []world.Meter{m}, Firmware: []world.Firmware{{Blocks: 1}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}}}}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(w, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func aborts(t *testing.T, r *rig.Rig, plan string) *rig.Outcome {
	faults, err := fault.Parse(plan)
	if err != nil {
		t.Fatalf("%s: %v", plan, err)
	}
	r = r.Clone()
	a := r.World().Attempts[0]
	a.Plan = faults
	o, err := r.Try(&a)
	if err != nil {
		t.Fatalf("%s: %v", plan, err)
	}
	return o
}
