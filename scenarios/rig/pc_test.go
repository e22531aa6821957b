package rig_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// tried is an upgrade of five blocks with a journal, and its outcome.
type tried struct {
	*rig.Outcome
	t *testing.T
	r *rig.Rig
	a world.Attempt
}

func try(t *testing.T, plan string, change ...func(*world.Attempt)) tried {
	t.Helper()
	r, err := rig.New(&world.World{Meters: []world.Meter{{ImageBytes: 8 << 10}}, Firmware: []world.Firmware{{Blocks: 5}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := fault.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	a := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: p}
	for _, c := range change {
		c(&a)
	}
	o, err := r.Try(&a)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Violations) > 0 || len(o.Unstruck) > 0 {
		t.Errorf("%s: broken %q, unstruck %q", plan, o.Violations, o.Unstruck)
	}
	return tried{o, t, r, a}
}

func withoutJournal(a *world.Attempt) { a.Journal = false }

// recovery is the article's recovery of an attempt whose faults go on.
func recovery(of world.Attempt) *world.Attempt {
	a := world.Recovery(&of)
	a.Before = nil
	return &a
}

// wantRecovered plays the article's recovery, which must succeed.
func (x tried) wantRecovered() *rig.Outcome {
	x.t.Helper()
	o, err := x.r.Recover(&x.a)
	if err != nil {
		x.t.Fatal(err)
	}
	if !o.Upgraded() || len(o.Violations) > 0 {
		x.t.Errorf("the recovery after %v: %v, %q", x.a.Plan, o.Claim, o.Violations)
	}
	return o
}

// wantUntouched checks that the tool refused before it changed anything.
func (x tried) wantUntouched() {
	x.t.Helper()
	if x.Meter.FlashOps > 0 || x.Meter.State != meter.Application || x.Meter.Lost != 0 {
		x.t.Errorf("%v: %d flash operations, the meter is %v, lost %v", x.a.Plan, x.Meter.FlashOps, x.Meter.State, x.Meter.Lost)
	}
}

func (x tried) resends() int { return strings.Count(string(x.Log), "No response... resending") }

func TestPCThatSleepsMissesTheAnswerAndGoesOnWhenItWakes(t *testing.T) {
	calm := try(t, "")
	x := try(t, "suspend at block 3 for 20m")
	if x.Claim != nil || x.resends() != 1 || x.Counts.Transmitted != 6 {
		t.Errorf("%v, %d resends, %+v", x.Claim, x.resends(), x.Counts)
	}
	if more := x.Cost.Time - calm.Cost.Time; more < 20*time.Minute || more > 20*time.Minute+5*time.Second {
		t.Errorf("it takes %v longer", more)
	}
	for _, e := range x.Trace {
		if e.Source.String() == "host" && e.At > 90*time.Second && e.At < 20*time.Minute {
			t.Errorf("asleep, it does %v", e)
		}
	}
}

func TestCalendarGoesOnWhileThePCSleeps(t *testing.T) {
	started, ended := stamps(t, try(t, "suspend at block 3 for 20m").Log)
	if d := ended.Sub(started); d < 20*time.Minute || d > 23*time.Minute {
		t.Errorf("by its log the upgrade took %v", d)
	}
}

func TestAbortWaitsForAPCThatSleeps(t *testing.T) {
	x := try(t, "suspend at block 3 for 20m; abort at 2m")
	if !x.Aborted || !errors.Is(x.Claim, client.ErrAborted) || x.Cost.Time < 20*time.Minute {
		t.Errorf("aborted %v after %v: %v", x.Aborted, x.Cost.Time, x.Claim)
	}
	x.wantRecovered()
}

func TestPCThatSleepsNoticesWhenItWakesThatItsConnectionWasReset(t *testing.T) {
	x := try(t, "suspend at block 3 for 20m; ip-reset at 2m")
	if x.Claim != nil || x.Cost.Time < 20*time.Minute || len(x.Violations) > 0 {
		t.Errorf("%v after %v, %v", x.Claim, x.Cost.Time, x.Violations)
	}
}

func TestPCThatDiesInItsSleepIsDead(t *testing.T) {
	x := try(t, "suspend at block 3 for 20m; kill at 2m")
	if !x.Killed || x.Cost.Time > 3*time.Minute {
		t.Errorf("killed %v after %v", x.Killed, x.Cost.Time)
	}
	x.wantRecovered()
}

func TestMeterThatLosesItsPowerWhileThePCSleepsIsFoundOut(t *testing.T) {
	x := try(t, "suspend at block 3 for 20m; power-loss at 5m for 1m")
	if x.Claim != nil || x.Counts.Passes != 2 {
		t.Errorf("%v after %d passes", x.Claim, x.Counts.Passes)
	}
	x = try(t, "suspend at block 3 for 20m; cable-pull at 5m")
	if !errors.Is(x.Claim, client.ErrNoResponse) {
		t.Errorf("%v", x.Claim)
	}
	x.wantRecovered()
}

func TestSleepBeyondTheLimitOfAnAttemptBreaksNoInvariant(t *testing.T) {
	x := try(t, "suspend at block 3 for 100h")
	if x.Ended || !x.Asleep {
		t.Errorf("ended %v, asleep %v", x.Ended, x.Asleep)
	}
	x.wantRecovered()
}

// stamps returns the first and the last time stamp of a log.
func stamps(t *testing.T, log []byte) (first, last time.Time) {
	t.Helper()
	parsed, err := upgradelog.Parse(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range parsed.Entries {
		switch e.Kind {
		case upgradelog.UpgradeStarted:
			first = e.Time
		case upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed:
			last = e.Time
		}
	}
	return first, last
}

func TestClockThatIsSetMovesTheStampsAndNoTimeOut(t *testing.T) {
	calm := try(t, "")
	first, last := stamps(t, calm.Log)
	for plan, by := range map[string]time.Duration{
		"clock-jump at block 3 by 25h":       25 * time.Hour,
		"clock-jump at block 3 by 25h back":  -25 * time.Hour,
		"clock-jump every 2 blocks by 1h":    2 * time.Hour,
		"clock-jump at state erasing by 30m": 30 * time.Minute,
	} {
		x := try(t, plan)
		f, l := stamps(t, x.Log)
		if !f.Equal(first) || l.Sub(last) != by {
			t.Errorf("%s: the log is from %v to %v, without it from %v to %v", plan, f, l, first, last)
		}
		if x.Cost != calm.Cost || x.resends() != 0 || x.Claim != nil {
			t.Errorf("%s: %+v, %+v without it", plan, x.Cost, calm.Cost)
		}
	}
}

func TestClockThatWasSetStaysSetForTheNextProcess(t *testing.T) {
	x := try(t, "clock-jump at start by 1h; abort at block 3")
	first, _ := stamps(t, x.Log)
	if want := world.ArticleStart().Add(time.Hour); !first.Equal(want) {
		t.Errorf("set at the start: the log begins at %v, want %v", first, want)
	}
	again, _ := stamps(t, x.wantRecovered().Log)
	if d := again.Sub(first); d < 0 || d > 10*time.Minute {
		t.Errorf("the recovery begins %v after the upgrade", d)
	}
}

func TestDiskThatIsFullFromTheStartEndsTheUpgradeBeforeItChangesAnything(t *testing.T) {
	x := try(t, "disk-full")
	if !errors.Is(x.Claim, rig.ErrDiskFull) || !strings.Contains(x.Claim.Error(), "nothing was changed") || len(x.Log) > 0 || x.Unsaid == 0 {
		t.Errorf("%v, %d lines unsaid, log %q", x.Claim, x.Unsaid, x.Log)
	}
	x.wantUntouched()
	x.wantRecovered()
}

func TestJournalThatFindsNoRoomEndsTheUpgradeBeforeItChangesAnything(t *testing.T) {
	x := try(t, "disk-full at frame 3 to-meter")
	if !errors.Is(x.Claim, client.ErrNoPersistence) || x.r.Disk().Journals() != 0 {
		t.Errorf("%v, %d journals", x.Claim, x.r.Disk().Journals())
	}
	x.wantUntouched()
	x.wantRecovered()
}

func TestDiskThatGetsFullLaterCostsTheLogAndNotTheUpgrade(t *testing.T) {
	calm := try(t, "")
	for _, plan := range []string{"disk-full at block 3", "disk-full at state erasing", "disk-full at state verifying", "disk-full at block 3 for 25s; reply-lost at block 3"} {
		x := try(t, plan)
		if x.Claim != nil || !x.Meter.Image || x.Meter.Lost != 0 {
			t.Errorf("%s: %v, image %v, lost %v", plan, x.Claim, x.Meter.Image, x.Meter.Lost)
		}
		if x.Unsaid == 0 || !strings.HasPrefix(string(calm.Log), string(x.Log)) {
			t.Errorf("%s: %d lines unsaid, the log is\n%s", plan, x.Unsaid, x.Log)
		}
		if strings.Contains(string(x.Log), "Upgrade completed") {
			t.Errorf("%s: a log that failed goes on", plan)
		}
	}
}

func TestDiskThatIsFullWhileNothingIsWrittenCostsNothing(t *testing.T) {
	calm, x := try(t, ""), try(t, "disk-full at block 2 for 10ms")
	if x.Claim != nil || x.Unsaid != 0 || string(x.Log) != string(calm.Log) {
		t.Errorf("%v, %d lines unsaid\n%s", x.Claim, x.Unsaid, x.Log)
	}
}

// With joins a past and a future, so lines that found no room in the past must count.
func TestLinesThatFindNoRoomAreOfTheAttemptsPast(t *testing.T) {
	x := try(t, "")
	if err := x.r.Begin(&x.a); err != nil {
		t.Fatal(err)
	}
	calm := x.r.Past()
	full := calm
	full.Unsaid = 3
	if o := x.With(full, calm); o.Unsaid != 3 || calm.Unsaid != 0 {
		t.Errorf("%d lines are missing, %d of a calm past", o.Unsaid, calm.Unsaid)
	}
	y := try(t, "disk-full at block 3")
	if p := y.r.Past(); p.Unsaid == 0 || p.Unsaid != y.Unsaid {
		t.Errorf("%d lines are missing by its past, %d by its outcome", p.Unsaid, y.Unsaid)
	}
}

func TestUpgradeThatFailsOnAFullDiskSaysBoth(t *testing.T) {
	for plan, claim := range map[string]error{"disk-full at block 3; cable-pull at block 4": client.ErrNoResponse, "disk-full at block 3; abort at block 5": client.ErrAborted} {
		x := try(t, plan, withoutJournal)
		if !errors.Is(x.Claim, claim) || !errors.Is(x.Claim, rig.ErrDiskFull) {
			t.Errorf("%s: %v", plan, x.Claim)
		}
		x.wantRecovered()
	}
}

// The disk stays full after the tool has ended, so the next tool finds it full too. That tool
// finds a meter in download state and goes on: the meter matters more than the log.
func TestFullDiskOutlivesTheTool(t *testing.T) {
	x := try(t, "disk-full at block 3 for 30m; abort at block 4", withoutJournal)
	o, err := x.r.Try(recovery(x.a))
	if err != nil {
		t.Fatal(err)
	}
	if o.Claim != nil || len(o.Log) > 0 || o.Unsaid == 0 || !o.Meter.Image || len(o.Violations) > 0 {
		t.Errorf("at once: %v, %d lines unsaid, image %v, %q, log %q", o.Claim, o.Unsaid, o.Meter.Image, o.Violations, o.Log)
	}
	x.r.Wait(30 * time.Minute)
	if o, err = x.r.Try(recovery(x.a)); err != nil || !o.Upgraded() || o.Unsaid > 0 {
		t.Errorf("later: %v, %v", err, o.Claim)
	}
}

// windows makes an attempt go through the windows of the article. After a failure the person
// chooses the file again.
func windows(a *world.Attempt) {
	a.Task, a.Single = client.TaskConnect, true
	a.Connections = 2
	a.Assistant = []client.Choice{client.Upgrade, client.Upgrade}
}

func TestFileThatIsGoneOrChangedIsMetByWhoeverChoosesItNext(t *testing.T) {
	for kind, cause := range map[string]error{"file-gone": fs.ErrNotExist, "file-changed": upg.ErrDamaged} {
		// The tool read the file when the person chose it.
		x := try(t, kind+" at block 2")
		if x.Claim != nil || !x.Meter.Image {
			t.Errorf("%s: the upgrade that runs ends with %v", kind, x.Claim)
		}

		x = try(t, kind+" at start")
		if !errors.Is(x.Claim, client.ErrBadFile) || !errors.Is(x.Claim, cause) || len(x.Log) > 0 {
			t.Errorf("%s: chosen after it, %v\n%s", kind, x.Claim, x.Log)
		}
		x.wantUntouched()
		x.wantRecovered()

		x = try(t, kind+" at block 2; cable-pull at block 3 for 11 no-responses", windows)
		if n := choices(x.Prompts); n != 2 || x.Counts.Passes > 1 || !x.Meter.State.Loader() {
			t.Errorf("%s: the file is chosen %d times; %d passes, the meter is %v", kind, n, x.Counts.Passes, x.Meter.State)
		}
		x.wantRecovered()
	}
}

func choices(prompts []client.Prompt) (n int) {
	for _, p := range prompts {
		if p == client.ChooseFirmware {
			n++
		}
	}
	return n
}

func TestFileThatIsGoneStaysGoneUntilItIsBroughtBack(t *testing.T) {
	x := try(t, "file-gone at block 2; file-changed at block 3; abort at block 4")
	next := recovery(x.a)
	o, err := x.r.Try(next)
	if err != nil {
		t.Fatal(err)
	}
	if o.Meter.FlashOps > 0 || o.Upgraded() {
		t.Errorf("%v after %d flash operations", o.Claim, o.Meter.FlashOps)
	}
	x.wantRecovered()
}

func TestForksOfARigInWhichThePCIsStruckGoOneWay(t *testing.T) {
	r, err := rig.New(&world.World{Meters: []world.Meter{{ImageBytes: 8 << 10}}, Firmware: []world.Firmware{{Blocks: 5}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := fault.Parse("suspend at block 2 for 30s; clock-jump at block 3 by 1h; disk-full at block 3 for 2s; file-gone at block 4; abort at block 5")
	if err != nil {
		t.Fatal(err)
	}
	a := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: p}
	ending := func(r *rig.Rig) string {
		first := r.Finish()
		second, err := r.Try(recovery(a))
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(first.Claim, first.Unsaid, second.Claim, second.Prompts, string(r.Disk().Log))
	}
	if err := r.Begin(&a); err != nil {
		t.Fatal(err)
	}
	want := ending(r.Clone())
	for n := 0; r.Step(); n++ {
		if n%40 != 0 {
			continue
		}
		if got := ending(r.Clone()); got != want {
			t.Fatalf("step %d: a fork ends with\n%s\nthe original with\n%s", n, got, want)
		}
	}
}
