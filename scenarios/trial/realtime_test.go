package trial_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"ionbench/fixtures/foreign"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/story"
)

func TestATrialOfProtocolPointsIsTheSameOverAllTransports(t *testing.T) {
	plans := mustPlans(t, "reply-lost at block 2; kill at block 3 then abort at state programming")
	for _, over := range []rig.Transport{rig.PTY, rig.TCP} {
		r, want, err := trial.TryBeside(t.Context(), over, trial.World(30_000, trial.ThroughWindows), plans)
		if errors.Is(err, errors.ErrUnsupported) {
			foreign.Lacking(t, "trials over all transports", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if disturbed(r) {
			t.Skipf("over %v: another process opened the PTY of this test and talked at its own baud rate", over)
		}
		if r.Class != trial.SettingsLost || len(r.Attempts) != 3 || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
			t.Errorf("over %v: %v in %d attempts; broken %q, unstruck %q", over, r.Class, len(r.Attempts), r.Violations, r.Unstruck)
		}
		if got, want := rig.Promised(r.Trace), rig.Promised(want.Trace); !slices.Equal(got, want) {
			t.Errorf("over %v the events are\n%q\nand on the bench\n%q", over, got, want)
		}
	}
}

// disturbed reports whether another process changed the rate of the PTY, which our own tool never
// does. A process can get there by mistake: a PTY may have the name of an earlier simulator's.
func disturbed(r *trial.Result) bool {
	return slices.ContainsFunc(r.Trace, func(e story.Event) bool { return e.Source == story.Line && e.What.Kind() == "host-baud" })
}

func TestATrialInRealTimeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trial.TryOver(ctx, rig.TCP, trial.World(0), nil, rig.Events); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := trial.TryOver(t.Context(), rig.TCP, trial.World(-1), nil, rig.Events); err == nil {
		t.Error("an image of -1 bytes is tried")
	}
}
