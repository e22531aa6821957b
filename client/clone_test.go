package client_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
)

// fork is an independent copy of a desk in the middle of its work.
func (d *desk) fork(t testing.TB) *desk {
	c := *d
	c.t = t
	c.u, c.m = d.u.Clone(), d.m.Clone()
	c.on, c.prompts, c.log = slices.Clone(d.on), slices.Clone(d.prompts), slices.Clone(d.log)
	c.steps, c.blocks = slices.Clone(d.steps), slices.Clone(d.blocks)
	return &c
}

func (d *desk) ending() string {
	d.run(3 * time.Hour)
	return fmt.Sprintf("%v %v %v %v %v %v\n%s%x", d.now, d.finished, d.claim, d.prompts, d.steps, d.answers, d.logText(), d.u.AppendState(nil, d.now))
}

func TestCloneOfAToolHasTheSameFutureAtAnyMoment(t *testing.T) {
	cfg := deskConfig()
	cfg.Journal = true
	begin := func() *desk {
		d := newDesk(t, cfg)
		d.tap = func(a *answer) []late { // every fourth answer is late and the one before it lost
			switch a.n % 4 {
			case 0:
				return []late{{12 * time.Second, a.bytes}}
			case 3:
				return nil
			}
			return asIs(a)
		}
		return d.start(client.TaskUpgrade)
	}
	want := begin().ending()
	d := begin()
	for n := 0; !d.finished && d.step(3*time.Hour); n++ {
		if n%5 != 0 {
			continue
		}
		before := d.u.AppendState(nil, d.now)
		c := d.fork(t)
		if !bytes.Equal(c.u.AppendState(nil, c.now), before) {
			t.Fatalf("event %d: the clone has another state", n)
		}
		if got := c.ending(); got != want {
			t.Fatalf("event %d: the clone goes another way\n%s\n%s", n, got, want)
		}
		if !bytes.Equal(d.u.AppendState(nil, d.now), before) {
			t.Fatalf("event %d: what the clone did shows in the original", n)
		}
	}
	if got := d.ending(); got != want {
		t.Errorf("the original goes another way\n%s\n%s", got, want)
	}
}

func TestStateOfAToolIsRelativeToNow(t *testing.T) {
	state := func(start time.Duration) []byte {
		d := newDesk(t, deskConfig())
		d.m.Advance(start)
		d.now = start
		d.start(client.TaskUpgrade)
		for len(d.blocks) == 0 {
			d.step(start + time.Hour)
		}
		return d.u.AppendState(nil, d.now)
	}
	// The settings that were read have energy readings in them, which go on: so both start
	// on a meter in download state.
	a, b := downloading(t, 0), downloading(t, time.Hour)
	if !bytes.Equal(a, b) {
		t.Error("the same moment of another hour is another state")
	}
	if bytes.Equal(state(0), a) {
		t.Error("another way there is the same state")
	}
}

// The calendar is in the stamps and in nothing that follows: setting it is no other state.
func TestClockThatIsSetShowsInTheStampsAlone(t *testing.T) {
	stampOf := func(by time.Duration) (stamp time.Time, took time.Duration, state []byte) {
		d := newDesk(t, deskConfig()).start(client.TaskUpgrade)
		d.u.ClockSet(by)
		state = d.u.AppendState(nil, d.now)
		d.run(3 * time.Hour)
		for _, l := range d.log {
			if l.Kind == upgradelog.UpgradeCompleted {
				stamp = l.Time
			}
		}
		return stamp, d.now, state
	}
	plain, took, state := stampOf(0)
	for _, by := range []time.Duration{time.Hour, -30 * time.Hour} {
		stamp, tookSet, stateSet := stampOf(by)
		if stamp.Sub(plain) != by || tookSet != took || !bytes.Equal(stateSet, state) {
			t.Errorf("set on by %v, the end is stamped %v later, after %v instead of %v", by, stamp.Sub(plain), tookSet, took)
		}
	}
}

// downloading is the state behind the first block of a second try that begins so late.
func downloading(t *testing.T, wait time.Duration) []byte {
	t.Helper()
	d := newDesk(t, deskConfig())
	intoDownload(d)
	d.now += wait
	d.m.Advance(d.now)
	again := d.another(deskConfig())
	again.start(client.TaskUpgrade)
	for len(again.blocks) == 0 {
		if !again.step(again.now + time.Hour) {
			t.Fatal("no block")
		}
	}
	return again.u.AppendState(nil, again.now)
}

func TestStatesOfAToolDifferFromEventToEvent(t *testing.T) {
	d := newDesk(t, deskConfig()).start(client.TaskUpgrade)
	seen := map[string]int{}
	same := 0
	for n := 0; d.step(time.Hour); n++ {
		s := string(d.u.AppendState(nil, d.now))
		if _, met := seen[s]; met {
			same++ // a poll is like the one before it
		}
		seen[s] = n
	}
	if len(seen) < 100 || same > len(seen)/10 {
		t.Errorf("%d states, %d met again", len(seen), same)
	}
}

func TestReleasesAreReadByTheirVersion(t *testing.T) {
	for _, r := range []client.Release{client.Release21(), client.Release22()} {
		if got, err := client.ParseRelease(r.Version); err != nil || got != r {
			t.Errorf("%v: %v, %v", r, got, err)
		}
	}
	if _, err := client.ParseRelease("3.0"); err == nil {
		t.Error("3.0 is a release")
	}
	if got := client.Release21().String(); got != "Version 2.1 (Build 676)" {
		t.Error(got)
	}
	if client.Release21().Detects || !client.Release22().Detects {
		t.Error("only 2.2 detects a failed upgrade")
	}
}

func TestKindsAndPromptsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for k := client.EventLog; k <= client.EventFinished; k++ {
		seen["event "+k.String()] = true
	}
	for p := client.NoPrompt; p <= client.RestoreSettings; p++ {
		seen["prompt "+p.String()] = true
	}
	if want := int(client.EventFinished) + 1 + int(client.RestoreSettings) + 1; len(seen) != want || seen["event "] || seen["prompt "] {
		t.Errorf("%d names for %d: %v", len(seen), want, seen)
	}
}
