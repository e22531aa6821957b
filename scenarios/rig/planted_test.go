package rig

import (
	"bytes"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// careless gives the tool both bugs in how a program writes its files.
func (r *Rig) careless() {
	r.bench.Host().(*tool).careless = careless{journalInPlace: true, logHeldBack: true}
}

// upgradeWith plays an upgrade by a tool with a bug until the plan kills the tool.
func upgradeWith(t *testing.T, bug, plan string) (*Rig, *world.Attempt) {
	t.Helper()
	r, err := New(&world.World{Firmware: []world.Firmware{{Blocks: 3}}}, Options{Planted: planted.Pair{Tool: bug}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := fault.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	return r, &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: p}
}

func TestAJournalThatIsWrittenInPlaceIsHalfThereUntilTheToolEnds(t *testing.T) {
	r, a := upgradeWith(t, planted.JournalNotAtomic, "kill at block 2")
	if _, err := r.Try(a); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Disk().load("", r.identity()); r.Disk().Journals() != 1 || err == nil {
		t.Errorf("after a kill there are %d journals, and reading gives %v", r.Disk().Journals(), err)
	}
	r, a = upgradeWith(t, planted.JournalNotAtomic, "abort at block 2")
	if _, err := r.Try(a); err != nil {
		t.Fatal(err)
	}
	if j, err := r.Disk().load("", r.identity()); j == nil || err != nil {
		t.Errorf("after an abort reading gives %v, %v", j, err)
	}
}

func TestALogThatIsHeldBackIsThereOnceTheToolEnds(t *testing.T) {
	healthy, a := upgradeWith(t, "", "abort at block 2")
	want, err := healthy.Try(a)
	if err != nil {
		t.Fatal(err)
	}
	for plan, log := range map[string][]byte{"abort at block 2": want.Log, "kill at block 2": nil} {
		r, a := upgradeWith(t, planted.LogLostOnKill, plan)
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(o.Log, log) {
			t.Errorf("after %s the log is\n%s\nand should be\n%s", plan, o.Log, log)
		}
	}
}

func TestAClonedCarelessToolHasTheSameFuture(t *testing.T) {
	r, a := upgradeWith(t, "", "abort at block 3")
	if err := r.Begin(a); err != nil {
		t.Fatal(err)
	}
	r.careless()
	for r.Bench().Station().Counts().BlocksSent < 2 && r.Bench().Step() {
	}
	fork := r.Clone()
	if fork.Bench().Fingerprint() != r.Bench().Fingerprint() {
		t.Error("the clone has another state")
	}
	tidied := r.Clone()
	tidied.Bench().Host().(*tool).flush()
	if tidied.Bench().Fingerprint() == r.Bench().Fingerprint() {
		t.Error("a journal that is half there is the same state as a whole one")
	}
	one, other := fork.Finish(), r.Finish()
	if !bytes.Equal(one.Log, other.Log) || !bytes.Equal(fork.Disk().journals[0].file, r.Disk().journals[0].file) {
		t.Errorf("the logs are\n%s\nand\n%s\nthe journals\n%s\nand\n%s", one.Log, other.Log, fork.Disk().journals[0].file, r.Disk().journals[0].file)
	}
}

// Who leaves a meter in its loader is judged by what it did and heard then: what was lost before excuses
// nobody who is heard afterwards, nor does one question without an answer.
func TestWhoLeavesAMeterInItsLoaderIsNotExcusedByWhatWasLostBefore(t *testing.T) {
	for _, plan := range []string{
		"abort at state download",
		"frame-lost at frame 2 to-meter; abort at state download",
		"cable-pull at start for 3 no-responses; abort at state download",
		"ip-reset at frame 3; abort at state download",
		"port-vanishes at start for 25s; abort at state download",
		"abort at state download; frame-lost at state download from-meter",
	} {
		r, a := upgradeWith(t, "left-in-loader", plan)
		o, err := r.Try(a)
		if err != nil {
			t.Fatal(err)
		}
		if !breaks(o, verdict.I8) || len(o.Unstruck) > 0 {
			t.Errorf("%s: %v is left as %v: %q, unstruck %v", plan, o.Claim, o.Meter.State, o.Violations, o.Unstruck)
		}
	}
}
