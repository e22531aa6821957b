package rig_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/fixtures/foreign"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// instantUpgrade is a rig for real time and an upgrade of one block with a plan.
func instantUpgrade(t *testing.T, plan string) (*rig.Rig, *world.Attempt) {
	t.Helper()
	r, err := rig.New(&world.World{Meters: []world.Meter{{Baud: 115200}}, Firmware: []world.Firmware{{Blocks: 1}}}, rig.Options{Instant: true})
	if err != nil {
		t.Fatal(err)
	}
	p, err := fault.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	return r, &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: p}
}

func TestAttemptsOverDifferentTransportsFollowEachOtherOnOneClock(t *testing.T) {
	r, aborted := instantUpgrade(t, "abort at block 1")
	whole := new(world.Attempt)
	*whole = *aborted
	whole.Plan = nil
	for _, step := range []struct {
		over    rig.Transport
		attempt *world.Attempt
		claim   error
	}{
		{rig.TCP, aborted, client.ErrAborted}, {rig.Bench, whole, nil},
		{rig.TCP, aborted, client.ErrAborted}, {rig.TCP, whole, nil},
	} {
		before := r.Now()
		o, err := r.TryOver(t.Context(), step.over, step.attempt)
		if err != nil {
			t.Fatal(err)
		}
		if !errors.Is(o.Claim, step.claim) || len(o.Violations) > 0 || len(o.Unstruck) > 0 {
			t.Errorf("over %v: claim %v, want %v; broken %q; unstruck %q", step.over, o.Claim, step.claim, o.Violations, o.Unstruck)
		}
		if took := r.Now() - before; took != o.Cost.Time || took <= 0 && step.over == rig.TCP {
			t.Errorf("over %v: the clock went on by %v, the cost is %v", step.over, took, o.Cost.Time)
		}
	}
}

// resets counts the resets of a trace: how many struck, and how many could not be carried out.
func resets(trace []story.Event) (struck, not int) {
	for _, e := range trace {
		switch {
		case e.Source != story.Fault:
		case e.What.Kind() == "strikes":
			struck++
		case e.What.Kind() == "not-reset":
			not++
		}
	}
	return struck, not
}

func TestToolThatIsResetConnectsAgainInRealTime(t *testing.T) {
	for _, over := range []rig.Transport{rig.Bench, rig.TCP} {
		r, a := instantUpgrade(t, "ip-reset at frame 3 to-meter; ip-reset at block 1")
		o, err := r.TryOver(t.Context(), over, a)
		if err != nil {
			t.Fatal(err)
		}
		if struck, not := resets(o.Trace); struck != 2 || not != 0 || o.Claim != nil || len(o.Violations) > 0 {
			t.Errorf("over %v: %d resets, %d not carried out, %v, broken %q", over, struck, not, o.Claim, o.Violations)
		}
		if n := strings.Count(string(o.Log), "No response"); n != 2 || o.Cost.Resends != 2 {
			t.Errorf("over %v: the log has %d missing answers, the line saw %d resends", over, n, o.Cost.Resends)
		}
	}
}

func TestResetThatAPTYCannotHaveStandsInTheTrace(t *testing.T) {
	r, a := instantUpgrade(t, "ip-reset at block 1")
	o, err := r.TryOver(t.Context(), rig.PTY, a)
	if errors.Is(err, errors.ErrUnsupported) {
		foreign.Lacking(t, "what a PTY cannot have", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if struck, not := resets(o.Trace); struck != 1 || not != 1 || o.Claim != nil || len(o.Violations) > 0 {
		t.Errorf("%d resets, %d not carried out, %v, broken %q", struck, not, o.Claim, o.Violations)
	}
}

func TestAttemptInRealTimeEndsWithTheContext(t *testing.T) {
	r, a := instantUpgrade(t, "meter-silent at start")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if o, err := r.TryOver(ctx, rig.TCP, a); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("TryOver = %+v, %v, want the context's error", o, err)
	}
}

func TestAttemptInRealTimeThatDoesNotEndIsToldOf(t *testing.T) {
	r, a := instantUpgrade(t, "meter-silent at start")
	a.Limit = 50 * time.Millisecond
	o, err := r.TryOver(t.Context(), rig.TCP, a)
	if err != nil {
		t.Fatal(err)
	}
	if o.Ended || len(o.Violations) != 1 || o.Violations[0].Rule != verdict.I5 {
		t.Errorf("ended %v, broken %q, want I5", o.Ended, o.Violations)
	}
}

func TestTheRigGoesOnInVirtualTimeAfterAnAttemptInRealTime(t *testing.T) {
	r, a := instantUpgrade(t, "kill at block 1")
	o, err := r.TryOver(t.Context(), rig.TCP, a)
	if err != nil || !o.Killed {
		t.Fatalf("killed %v, %v", o.Killed, err)
	}
	recovered, err := r.Recover(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(recovered.Violations) > 0 || !recovered.Meter.Image {
		t.Errorf("broken %q, image intact: %v", recovered.Violations, recovered.Meter.Image)
	}
}

func TestPromisedLeavesOutTimesAndTheLine(t *testing.T) {
	const second = time.Second
	trace := []story.Event{
		{At: second, Source: story.Line, What: story.HostBaudSet{Baud: 9600}},
		{At: second, Source: story.Host, What: rig.LineLogged{Line: upgradelog.Line{Kind: upgradelog.UpgradeStarted, Time: world.ArticleStart()}}},
		{At: second, Source: story.Host, What: rig.LineLogged{Line: upgradelog.Line{Kind: upgradelog.FirmwareDated, Time: world.ArticleDated()}}},
		{At: second, Source: story.Meter, What: story.SectorErased{Sector: 2, Left: 61}},
		{At: second, Source: story.Fault, What: story.FaultStruck{Fault: fault.Fault{Kind: fault.Kill, Trigger: fault.Block(1)}}},
		{At: second, Source: story.Host, What: rig.LineLogged{Line: upgradelog.Line{Kind: upgradelog.UpgradeFailed, Time: world.ArticleStart().Add(70 * time.Minute)}}},
	}
	got := strings.Join(rig.Promised(trace), "\n")
	want := strings.Join([]string{
		"host log Upgrade started at ...",
		"host log Firmware dated Wed Aug 22 13:24:58 2007",
		"meter sector-erased 2 (61)",
		"fault strikes kill at block 1",
		"host log Upgrade failed at ...",
	}, "\n")
	if got != want {
		t.Errorf("promised\n%s\nwant\n%s", got, want)
	}
	if got := rig.PromisedOf(trace, story.Fault); len(got) != 1 || got[0] != "fault strikes kill at block 1" {
		t.Errorf("of the faults: %q", got)
	}
}
