package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
	"ionbench/simulator/meter"
)

// at returns args that lead to the meter, with the files of a folder that others use too.
func (b *bed) at(dir, log string, args ...string) []string {
	return append(b.line(args...), "--journal", filepath.Join(dir, "journal"), "--log", filepath.Join(dir, log))
}

// wantRuns wants a log that holds so many runs, each whole and with an end.
func wantRuns(t *testing.T, path string, want int, end upgradelog.Kind) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	log, err := upgradelog.Parse(b)
	must(t, err)
	runs := log.Runs()
	if log.UnreadableCount > 0 || len(runs) != want {
		t.Fatalf("%s has %d runs and %d lines that cannot be read, want %d runs:\n%s", path, len(runs), log.UnreadableCount, want, b)
	}
	for _, run := range runs {
		if run[0].Kind != upgradelog.UpgradeStarted || run[len(run)-1].Kind != end {
			t.Errorf("%s: a run is from %v to %v:\n%s", path, run[0], run[len(run)-1], b)
		}
	}
}

func TestTwoMetersAreUpgradedAtOnceInOneFolder(t *testing.T) {
	t.Parallel()
	dir, held := t.TempDir(), t.TempDir()
	var all sync.WaitGroup
	beds := []*bed{newBedOf(t, "PC-1", ""), newBedOf(t, "PC-2", "")}
	for _, b := range beds {
		all.Go(func() {
			invocation{locks: held}.run(t, b.at(dir, "{serial}.log", "upgrade", b.upg(5))...).wantCode(cli.Done)
		})
	}
	all.Wait()
	for i, log := range []string{"PC-1.log", "PC-2.log"} {
		wantRuns(t, filepath.Join(dir, log), 1, upgradelog.UpgradeCompleted)
		beds[i].wantSettings(custom())
	}
	for _, folder := range []string{filepath.Join(dir, "journal"), held} {
		if names, err := (disk.Real{}).List(folder); err != nil || len(names) > 0 {
			t.Errorf("there is left %q (%v)", names, err)
		}
	}
}

func (b *bed) requests() (n uint64) {
	b.onMeter(func(time.Duration) { n = b.station.Requests() })
	return n
}

// The second is refused before it has sent anything, by whatever path it reaches the log.
func TestALogHasOneWriter(t *testing.T) {
	t.Parallel()
	dir, held := t.TempDir(), t.TempDir()
	link := filepath.Join(t.TempDir(), "way")
	must(t, os.Symlink(dir, link))
	first, second := newBedOf(t, "PC-1", ""), newBedOf(t, "PC-2", "")
	tried := 0 // in the middle of the first one's upgrade
	invocation{locks: held, heard: func(text string) {
		if !strings.HasPrefix(text, "20% completed") {
			return
		}
		for _, by := range []string{dir, link} {
			tried++
			before := second.requests()
			r := invocation{locks: held}.run(t, second.at(by, "plant.log", "upgrade", second.upg(2))...).wantCode(cli.Environment)
			r.wantSays("ionup: error: log: "+by+"/plant.log is in use by ionup upgrade (process ", " on ", ", since 20", "; nothing was changed\n",
				"ionup: hint: wait until the other one has ended, or let each meter have a log of its own: --log '{serial}.log'\n")
			if n := second.requests() - before; n > 0 {
				t.Errorf("it has asked the meter %d times", n)
			}
		}
	}}.run(t, first.at(dir, "plant.log", "upgrade", first.upg(5))...).wantCode(cli.Done)
	if tried != 2 {
		t.Fatalf("the second was tried %d times", tried)
	}
	wantRuns(t, filepath.Join(dir, "plant.log"), 1, upgradelog.UpgradeCompleted)
	invocation{locks: held}.run(t, second.at(dir, "plant.log", "upgrade", second.upg(2))...).wantCode(cli.Done)
	wantRuns(t, filepath.Join(dir, "plant.log"), 2, upgradelog.UpgradeCompleted)
}

func TestAMeterIsChangedByOne(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	held := t.TempDir()
	k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
	somebody := locks.Process{By: "somebody else"}
	must(t, somebody.Meter(k, journal.Meter{SerialNumber: serial, Model: 7350, UnitID: 105}))
	template := b.path("t.dcf")
	ionup(t, append(b.line("template", "get"), template)...).wantCode(cli.Done)
	for _, args := range [][]string{
		b.at(b.dir, "{serial}.log", "upgrade", b.upg(2)),
		b.at(b.dir, "{serial}.log", "recover", b.upg(2)),
		b.line("template", "send", template),
		b.line("settings", "set", "pt-primary=120"),
	} {
		invocation{locks: held}.run(t, args...).wantCode(cli.Failed).
			wantSays("ionup: error: the meter is in use: somebody else is at work on it; nothing was changed\n", "ionup: hint: wait until the other one has ended\n")
	}
	b.wantSettings(custom())
	if b.state() != meter.Application || b.revision() != "7350V282" {
		t.Errorf("the meter runs %q, state %v", b.revision(), b.state())
	}
	wantRuns(t, b.path(serial+".log"), 2, upgradelog.UpgradeFailed)
	invocation{locks: held}.run(t, b.line("settings", "get")...).wantCode(cli.Done) // who only reads harms nobody
	somebody.End(k)
	invocation{locks: held}.run(t, b.tool("upgrade", b.upg(2))...).wantCode(cli.Done)
}

func TestTheLogOfAMeterThatNeverTellsItsSerialNumber(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	b.onMeter(func(now time.Duration) { b.station.PowerOff(now) })
	dir := t.TempDir()
	ionup(t, append(b.at(dir, "{serial}.log", "upgrade", b.upg(2)), "--timeout", "2ms")...).wantCode(cli.Failed)
	wantRuns(t, filepath.Join(dir, "unknown.log"), 1, upgradelog.UpgradeFailed)
}

// A lock that is left behind by a process that was killed, of whatever content, is free.
func TestALockIsNotItsFile(t *testing.T) {
	t.Parallel()
	held := t.TempDir()
	k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
	me, other := locks.Process{By: "me"}, locks.Process{By: "other"}
	meter := journal.Meter{SerialNumber: "../x", Model: 7350, UnitID: 1}
	path := filepath.Join(held, "ionup-meter-%2E.%2Fx-7350-1.lock")
	must(t, os.WriteFile(path, []byte("\x1b[2Jformer\nmore"), 0o644))
	must(t, me.Meter(k, meter))
	wantFile(t, path, []byte("me\n"))
	for content, says := range map[string]string{"": "another process is at work on it", "\x1b[2Jevil\nmore": "?[2Jevil is at work on it"} {
		must(t, os.WriteFile(path, []byte(content), 0o644))
		if err := other.Meter(k, meter); err == nil || err.Error() != says {
			t.Errorf("%q: %v, want %q", content, err, says)
		}
	}
	me.End(k)
	wantNoFile(t, path)
}

// A meter that waits for its recovery gets it, also where no lock can be made.
func TestWithoutRoomForALockIonupWarnsAndGoesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	must(t, os.WriteFile(b.path("file"), nil, 0o600))
	invocation{locks: b.path("file/locks")}.run(t, b.tool("upgrade", b.upg(2))...).wantCode(cli.Done).
		wantSays("ionup: warning: nothing keeps other runs of ionup away meanwhile: ")
}
