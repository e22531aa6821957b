package storm

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/history"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
)

func TestStormsOfHistoriesBreakNoInvariantAlsoAsCaseFiles(t *testing.T) {
	runs := 200
	if testing.Short() {
		runs = 60
	}
	report, err := RunHistories(t.Context(), HistoryOptions{Seed: 3, Runs: runs, Workers: runtime.GOMAXPROCS(0), AsCases: true, Failed: func(f HistoryFailure) {
		t.Errorf("run %d breaks %v %q\n%s\nionbench replay %s", f.Run, f.Result.Findings, f.Reasons, history.CaseFile(f.Shrunk, f.ShrunkResult, "shrunk"), f.ID)
	}})
	if err != nil || report.Runs != runs || report.Attempts < 3*runs {
		t.Fatalf("%+v, %v", report, err)
	}
	for k, n := range report.Kinds {
		if n == 0 && !testing.Short() {
			t.Errorf("none of %d histories comes to %v", runs, history.Kind(k))
		}
	}
}

func TestHistoriesDrawEverythingThatPeopleDo(t *testing.T) {
	seen := map[string]bool{}
	for run := range uint64(600) {
		w := drawHistory(1, run)
		if err := w.Check(); err != nil {
			t.Fatal(err)
		}
		if again := drawHistory(1, run); again.String() != w.String() {
			t.Fatalf("run %d is another one the second time", run)
		}
		if last := &w.Attempts[len(w.Attempts)-1]; !history.Peaceful(last) {
			t.Fatalf("run %d ends with\n%s", run, &w)
		}
		seenOfMeters(&w, seen)
		seen[fmt.Sprint("PCs ", len(w.PCs))], seen[fmt.Sprint("attempts ", len(w.Attempts))] = true, true
		for i := range w.Attempts {
			a := &w.Attempts[i]
			seen[fmt.Sprint("task ", a.Task)], seen[fmt.Sprint("journal ", a.Journal)], seen["folder "+a.Folder], seen["firmware "+a.Firmware] = true, true, true, true
			seen[fmt.Sprint("restore ", !a.NoRestore)], seen[fmt.Sprint("older ", a.Older)], seen[fmt.Sprint("acts ", len(a.Assistant))] = true, true, true
			for _, before := range a.Before {
				word, _, _ := strings.Cut(before.String(), " ")
				seen[word] = true
			}
			for _, f := range a.Plan {
				seen[f.Kind.String()] = true
			}
		}
	}
	want := []string{"PCs 1", "PCs 2", "PCs 3", "attempts 2", "attempts 8", "journal true", "journal false", "folder ", "folder root", "firmware again", "firmware next",
		"restore true", "restore false", "older true", "older false", "acts 1", "acts 3", "heal", "power-cycle", "wait", "remove-journals", "damage-journals", "foreign-journal", "copy-journals", "spare-journals", "rename-journals",
		"kill", "power-loss", "cable-pull", "abort", "disk-full",
		"carrier-lost", "line-busy", "no-dial-tone", "no-answer", "wrong-number", "retrain",
		"meters 1", "meters 2", "on one line", "on two lines", "one serial number", "two serial numbers", "one model", "two models", "one unit id",
		"at once on one PC", "at once on two PCs", "at once on one line", "at once on two lines", "log {serial}.log", "comes on", "goes off", "on, off", "off, on", "a twin"}
	for _, task := range []client.Task{client.TaskUpgrade, client.TaskRecover, client.TaskConnect, client.TaskWriteSettings, client.TaskSendTemplate, client.TaskReadSettings} {
		want = append(want, fmt.Sprint("task ", task))
	}
	for _, w := range want {
		if !seen[w] {
			t.Errorf("no history has %q", w)
		}
	}
}

// seenOfMeters notes what a history has of two meters, and of two tools at once.
func seenOfMeters(w *world.World, seen map[string]bool) {
	seen[fmt.Sprint("meters ", len(w.Meters))] = true
	say := func(same bool, one, two string) {
		if same {
			seen[one] = true
		} else {
			seen[two] = true
		}
	}
	if len(w.Meters) > 1 {
		a, b := w.Meters[0].Filled(), w.Meters[1].Filled()
		say(a.Line == b.Line, "on one line", "on two lines")
		say(a.SerialNumber == b.SerialNumber, "one serial number", "two serial numbers")
		say(a.Model == b.Model, "one model", "two models")
		say(a.UnitID == b.UnitID, "one unit id", "two unit ids")
	}
	switch m := w.Meters[len(w.Meters)-1]; {
	case m.Name == "visitor" && m.UnitID == w.Meters[0].UnitID:
		seen["a twin"] = true
	case m.ComesOn > 0 && m.GoesOff > 0:
		say(m.ComesOn < m.GoesOff, "on, off", "off, on")
	case m.ComesOn > 0:
		seen["comes on"] = true
	case m.GoesOff > 0:
		seen["goes off"] = true
	}
	for i := range w.Attempts {
		a := &w.Attempts[i]
		seen["log "+a.Log] = true
		if a.Meanwhile > 0 {
			before := &w.Attempts[i-1]
			say(a.PC == before.PC, "at once on one PC", "at once on two PCs")
			say(w.MeterOf(a).Line == w.MeterOf(before).Line, "at once on one line", "at once on two lines")
		}
	}
}

func TestTheIDOfAHistoryNamesItsRun(t *testing.T) {
	id := HistoryID(7, 42)
	if r, err := ParseHistoryID(id); err != nil || r != (HistoryRun{historyVersion, 7, 42}) || !IsHistoryID(id) || trial.IsID(id) {
		t.Errorf("%s is %+v, %v", id, r, err)
	}
	if r, err := ParseHistoryID(HistoryRun{1, 7, 42}.id()); err != nil || len(r.Draw().Meters) != 1 {
		t.Errorf("an id of version 1 is of %+v, %v", r, err)
	}
	other := fmt.Sprintf("h%d.7.42.%s", historyVersion+1, generator())
	for text, want := range map[string]error{
		id[:len(id)-1]:                trial.ErrNoID,
		"h1":                          trial.ErrNoID,
		other + "." + checksum(other): trial.ErrOtherRun,
	} {
		if _, err := ParseHistoryID(text); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A history is broken if some attempt but the last takes another PC's journals.
func TestAHistoryThatFailsIsShrunk(t *testing.T) {
	play := func(w world.World, _ rig.Trace) (*history.Result, error) {
		r := new(history.Result)
		for i := range w.Attempts {
			if slices.ContainsFunc(w.Attempts[i].Before, func(a world.Action) bool { return a.Kind == world.CopyJournals && a.From != "" }) {
				r.Findings = append(r.Findings, history.Finding{Attempt: i, Violation: verdict.Violation{Rule: verdict.I7, Reason: "x"}})
			}
		}
		return r, nil
	}
	var failed []HistoryFailure
	_, err := RunHistories(t.Context(), HistoryOptions{Seed: 1, Runs: 100, Play: play, Failed: func(f HistoryFailure) { failed = append(failed, f) }})
	if err != nil || len(failed) == 0 {
		t.Fatalf("%d failed, %v", len(failed), err)
	}
	for _, f := range failed {
		if n := len(f.Shrunk.Attempts); n != 1 || len(f.Shrunk.Attempts[0].Plan) > 0 || len(f.Shrunk.Attempts[0].Before) != 1 || len(f.Shrunk.PCs) != 1 || len(f.Shrunk.Meters) > 1 || !f.Done {
			t.Errorf("run %d was shrunk in %d tries to\n%s", f.Run, f.Tries, &f.Shrunk)
		}
		if _, err := cases.Parse(history.CaseFile(f.Shrunk, f.ShrunkResult, "shrunk")); err != nil {
			t.Error(err)
		}
	}
}

// What is played says that writing by hand failed, and the case file that it did not.
func TestAHistoryThatFailsOnlyAsACaseFileIsShrunk(t *testing.T) {
	play := func(w world.World, trace rig.Trace) (*history.Result, error) {
		r, err := history.Play(w, trace)
		if err != nil {
			return nil, err
		}
		for i := range r.Attempts {
			if w.Attempts[i].Task == client.TaskWriteSettings && r.Attempts[i].Claim == nil {
				r.Attempts[i].Claim = errors.New("not written")
			}
		}
		return r, nil
	}
	var failed []HistoryFailure
	_, err := RunHistories(t.Context(), HistoryOptions{Seed: 1, Runs: 6, AsCases: true, Play: play, Failed: func(f HistoryFailure) { failed = append(failed, f) }})
	if err != nil || len(failed) == 0 {
		t.Fatalf("%d failed, %v", len(failed), err)
	}
	for _, f := range failed {
		if len(f.Shrunk.Attempts) != 1 || f.Shrunk.Attempts[0].Task != client.TaskWriteSettings || len(f.Shrunk.Attempts[0].Plan) > 0 || len(f.Reasons) == 0 || !f.Done {
			t.Errorf("run %d was shrunk in %d tries to\n%s", f.Run, f.Tries, &f.Shrunk)
		}
	}
}

func TestAHistoryIsPlayedByItsNumber(t *testing.T) {
	var played world.World
	play := func(w world.World, _ rig.Trace) (*history.Result, error) {
		played = w
		return &history.Result{Findings: []history.Finding{{Violation: verdict.Violation{Rule: verdict.I7, Reason: "x"}}}}, nil
	}
	var failed HistoryFailure
	_, err := RunHistories(t.Context(), HistoryOptions{Seed: 1, First: 41, Runs: 1, Shrink: 1, Play: play, Failed: func(f HistoryFailure) { failed = f }})
	if want := drawHistory(1, 41); err != nil || failed.Run != 41 || failed.ID != HistoryID(1, 41) || failed.World.String() != want.String() || played.String() == "" {
		t.Errorf("run %d (%s), %v", failed.Run, failed.ID, err)
	}
}
