package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk/fragile"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// tour is a meter, and a PC whose disk fails, in virtual time. On it runs the whole of ionup but
// its connection and its terminal.
type tour struct {
	station *bench.Station
	disk    *fragile.Disk
	now     time.Duration
	image   *upg.File
}

// journey is one run of ionup on the PC.
type journey struct {
	session *session
	told    []string // lines of the log, as shown
	cut     int      // how many were told when the log failed; 0: it did not
	err     error    // of the command; nil also if the PC stopped
	stopped bool     // the PC stopped in it
	from    meter.State
}

func startTour(t *testing.T) *tour {
	t.Helper()
	cfg := rig.StationConfig(new(world.World), rig.Options{Instant: true})
	cfg.Meter.Geometry = meter.ScaleGeometry(cfg.Meter.Geometry, 0)
	station, err := bench.NewStation(cfg)
	must(t, err)
	station.RunSince(-time.Hour)
	station.Begin(0)
	return &tour{station: station, disk: fragile.New("/pc", "/tmp"), image: firmware.UPG(7350, "7350V283", world.ArticleDated(), 283, ion.BlockBytes+100)}
}

// fork returns the same situation with a disk of its own, which has what is on this one.
func (t *tour) fork() *tour {
	c := *t
	c.station = t.station.Clone()
	folders := []string{"/pc", "/tmp"}
	tree := t.disk.Tree()
	for name := range tree {
		folders = append(folders, path.Dir(name))
	}
	c.disk = fragile.New(folders...)
	for name, b := range tree {
		if err := c.disk.Put(name, b); err != nil {
			panic(err)
		}
	}
	return &c
}

// traveller is a session as the host of a bench.
type traveller struct {
	s    *session
	disk *fragile.Disk
}

func (h *traveller) off() bool { return h.disk.Stopped() }

func (h *traveller) Receive(now time.Duration, p []byte) {
	if !h.off() {
		h.s.tool.Receive(now, p)
		h.s.step(now)
	}
}

func (h *traveller) Advance(now time.Duration) {
	if !h.off() {
		h.s.tool.Advance(now)
		h.s.step(now)
	}
}

func (h *traveller) Next() (time.Duration, bool) {
	if h.off() {
		return 0, false
	}
	return h.s.tool.Next()
}

func (h *traveller) Transmit(dst []byte) []byte {
	if h.off() {
		return dst
	}
	return h.s.tool.Transmit(dst)
}

func (h *traveller) Done() bool                                              { return h.off() || h.s.tool.Done() }
func (h *traveller) Order(time.Duration, bench.Order)                        {}
func (h *traveller) Drain(dst []story.Event, _ *bench.Station) []story.Event { return dst }
func (h *traveller) CloneHost(bench.Host) bench.Host                         { panic("a session is not copied") }
func (h *traveller) AppendState([]byte, time.Duration) []byte                { panic("a session has no fingerprint") }

// listening is a report that notes the lines of the log.
type listening struct {
	report
	to *journey
}

func (l listening) log(text string) {
	if !l.to.session.log.disk.System.(*fragile.Disk).Stopped() {
		l.to.told = append(l.to.told, text)
	}
}

func (l listening) warning(text string) {
	if strings.HasPrefix(text, "log: ") && l.to.cut == 0 {
		l.to.cut = len(l.to.told)
	}
	l.report.warning(text)
}

// run runs a task to its end, or until the PC stops.
func (t *tour) run(task client.Task) (*journey, error) {
	p := newProgram(strings.NewReader(""), io.Discard, io.Discard, nil)
	p.disk, p.locks, p.command = files.Disk{System: t.disk}, "/tmp", "upgrade"
	p.now = func() time.Time { return world.ArticleDated().AddDate(1, 0, 0).Add(t.now) }
	p.call = &cli.Call{Streams: cli.Streams{Out: io.Discard, Err: io.Discard, Columns: func() int { return 0 }}}
	f := p.newUpgradeFlags()
	f.UnitID, f.journal, f.log, f.yes = 105, "/pc/journal", "/pc/Upgrade.log", true
	s, err := newUpgradeSession(p, f, task, target{tcp: "bench"})
	if err != nil {
		return nil, err
	}
	j := &journey{session: s, from: t.station.Meter().State()}
	s.report = listening{s.report, j}
	s.person = &script{session: s, firmware: t.image, paste: f.paste}
	h := &traveller{s, t.disk}
	b := bench.New(t.now, t.station, h)
	s.tool.Start(t.now, task)
	s.step(t.now)
	b.Exchange()
	ended := b.Run(t.now + 2*time.Hour)
	t.now = b.Now()
	j.stopped = h.off()
	if !ended && !j.stopped {
		return j, errors.New("it does not end")
	}
	if !j.stopped {
		s.letGo()
		j.err = s.conclude(f.lineFlags, "new.upg")
		j.stopped = t.disk.Stopped()
	}
	t.station.HostGone(t.now)
	t.rest(10 * time.Minute)
	return j, nil
}

// rest lets time pass in which the PC is not used.
func (t *tour) rest(d time.Duration) {
	t.now += d
	for at, ok := t.station.Next(); ok && at <= t.now; at, ok = t.station.Next() {
		t.station.Advance(at)
	}
	t.station.Advance(t.now)
}

// upgraded reports whether the meter runs the image and has its settings.
func (t *tour) upgraded() error {
	m := t.station.Meter()
	if revision, ok := m.Revision(); !ok || revision != t.image.Revision {
		return fmt.Errorf("the meter runs %q, state %v", revision, m.State())
	}
	got, want := m.Settings(t.now), custom()
	if differ := got.Differs(want) &^ ion.Of(ion.Energy); differ != 0 || got.Template != want.Template {
		return fmt.Errorf("the settings %v of the meter are lost; its template is %q", differ, got.Template)
	}
	return nil
}

// judge says what is wrong after a run: the claim must be true, what is kept must be of use, and
// the log must have what was told.
func (t *tour) judge(j *journey, before []string) error {
	m := t.station.Meter()
	state := t.upgraded()
	if !j.stopped {
		switch {
		case j.err == nil && state != nil:
			return fmt.Errorf("success is claimed: %w", state)
		case j.err != nil && state == nil && j.session.tool.End().Status != client.StatusDone:
			return fmt.Errorf("failure is claimed of an upgrade that has succeeded: %w", j.err)
		case j.err != nil && strings.Contains(j.err.Error(), "abort"):
			return fmt.Errorf("nobody has aborted: %w", j.err)
		case j.err != nil && strings.Contains(j.err.Error(), "nothing was changed") && m.State() != j.from:
			return fmt.Errorf("the meter is in state %v: %w", m.State(), j.err)
		}
	}
	if state != nil && m.State() != meter.Application && !t.keeps() {
		return errors.New("the settings are neither in the meter nor in a journal")
	}
	return t.judgeLog(j, before)
}

// keeps reports whether the journal can be read.
func (t *tour) keeps() bool {
	_, err := journal.Parse(t.disk.Tree()["/pc/journal/"+serial+".journal"])
	return err == nil
}

// judgeLog wants the lines of this run behind those before it, each but the one under way when
// the log failed or the PC stopped.
func (t *tour) judgeLog(j *journey, before []string) error {
	sure := len(j.told)
	var failed *client.LogError
	switch {
	case j.cut > 0:
		sure = j.cut - 1
	case errors.As(j.err, &failed):
		sure = 0
	case j.stopped:
		sure = max(0, sure-1)
	}
	there := linesOf(t.disk.Tree()["/pc/Upgrade.log"])
	want := slices.Concat(before, j.told[:sure])
	at := 0
	for _, line := range there {
		if at < len(want) && line == want[at] {
			at++
		}
	}
	if at < len(want) {
		return fmt.Errorf("the log has lost %q and what follows; it has\n%s", want[at], strings.Join(there, "\n"))
	}
	return nil
}

func linesOf(b []byte) (lines []string) {
	for line := range bytes.Lines(b) {
		if text, whole := bytes.CutSuffix(line, []byte("\n")); whole {
			lines = append(lines, string(text))
		}
	}
	return lines
}

// whole wants a disk on which nothing is left but a log that can be read, with at most so many
// lines that were torn.
func (t *tour) whole(torn int) error {
	tree := t.disk.Tree()
	log, err := upgradelog.Parse(tree["/pc/Upgrade.log"])
	if err != nil || log.UnreadableCount > torn {
		return fmt.Errorf("the log: %v, %v", err, log.Unreadable)
	}
	delete(tree, "/pc/Upgrade.log")
	if text, there := tree[others]; there && string(text) != "of another meter" {
		return fmt.Errorf("%s is %q", others, text)
	}
	delete(tree, others)
	if len(tree) > 0 {
		return fmt.Errorf("there is left %q", slices.Sorted(maps.Keys(tree)))
	}
	return nil
}

// others is a file in the journal folder that is nobody's business.
const others = "/pc/journal/PC-9.journal"

// failing plays a task on a disk that fails at a point, then recovers on a disk that does not.
// cutLater: the PC loses its power after the first run, if it has not stopped in it.
func (t *tour) failing(task client.Task, p fragile.Point, cutLater bool) error {
	before := linesOf(t.disk.Tree()["/pc/Upgrade.log"])
	t.disk.Strike(p)
	first, err := t.run(task)
	if err != nil {
		return err
	}
	switch {
	case t.disk.Stopped():
		t.disk.Start()
	case cutLater:
		t.disk.Cut()
	default:
		t.disk.Relieve()
	}
	if err := t.judge(first, before); err != nil {
		return err
	}
	again, err := t.run(client.TaskRecover)
	if err != nil {
		return fmt.Errorf("the recovery: %w", err)
	}
	if again.err != nil {
		return fmt.Errorf("the recovery fails: %w", again.err)
	}
	if err := t.judge(again, nil); err != nil {
		return fmt.Errorf("after the recovery: %w", err)
	}
	if err := t.upgraded(); err != nil {
		return fmt.Errorf("after the recovery: %w", err)
	}
	return t.whole(2)
}

// Whatever operation of the PC's disk fails, is torn or is the last before the PC stops, in an
// upgrade or in the recovery of one that was interrupted: claims are true, no setting is lost that
// a journal had, the log has what it was told, and the recovery that follows ends well.
func TestIonupSurvivesEveryFailureOfItsDisk(t *testing.T) {
	base := startTour(t)
	interrupted := base.fork()
	interrupted.disk.Strike(fragile.Point{At: operationsOf(t, base.fork(), client.TaskUpgrade) * 2 / 3, Do: fragile.Stops})
	_, err := interrupted.run(client.TaskUpgrade)
	must(t, err)
	interrupted.disk.Start()
	must(t, interrupted.disk.Put(others, []byte("of another meter")))
	if s := interrupted.station.Meter().State(); !s.Loader() {
		t.Fatalf("the interrupted meter is in state %v", s)
	}
	var failures atomic.Int64
	for _, from := range []struct {
		name string
		tour *tour
		task client.Task
	}{{"upgrade", base, client.TaskUpgrade}, {"recovery", interrupted, client.TaskRecover}} {
		operations := operationsOf(t, from.tour.fork(), from.task)
		t.Logf("%s: %d operations", from.name, operations)
		for _, m := range fragile.Manners() {
			t.Run(from.name+" "+m.String(), func(t *testing.T) {
				t.Parallel()
				for _, cutLater := range []bool{false, true} {
					for at := 1; at <= operations; at++ {
						x, p := from.tour.fork(), fragile.Point{At: at, Do: m}
						err := x.failing(from.task, p, cutLater)
						if x.disk.Struck() != "" {
							failures.Add(1)
						}
						if err != nil {
							t.Errorf("%v (power cut later: %v), %s: %v", p, cutLater, x.disk.Struck(), err)
						}
					}
				}
			})
		}
	}
	t.Cleanup(func() { t.Logf("%d failures of the disk", failures.Load()) })
}

func operationsOf(t *testing.T, x *tour, task client.Task) int {
	t.Helper()
	x.disk.Strike(fragile.Point{})
	j, err := x.run(task)
	must(t, err)
	must(t, j.err)
	n := x.disk.Operations()
	must(t, x.judge(j, linesOf(nil)))
	must(t, x.upgraded())
	return n
}
