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
	serial  string
	flag    string // --log
}

// journey is one run of ionup on the PC.
type journey struct {
	session *session
	bench   *bench.Bench
	told    []string // lines of the log, as shown
	cut     int      // how many were told when the log failed; 0: it did not
	err     error    // of the command; nil also if the PC stopped
	stopped bool     // the PC stopped in it
	ended   bool
	// conclude ends the command.
	conclude func() error
	from     meter.State
}

func startTour(t *testing.T, serial, flag string) *tour {
	t.Helper()
	cfg := rig.StationConfig(new(world.World), rig.Options{Instant: true})
	cfg.Meter.Geometry = meter.ScaleGeometry(cfg.Meter.Geometry, 0)
	cfg.Meter.SerialNumber = serial
	station, err := bench.NewStation(cfg)
	must(t, err)
	station.RunSince(-time.Hour)
	station.Begin(0)
	return &tour{station: station, disk: fragile.New("/pc", "/tmp"), image: firmware.UPG(7350, "7350V283", world.ArticleDated(), 283, ion.BlockBytes+100), serial: serial, flag: flag}
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

func (h *traveller) Deaf() bool                                              { return h.off() }
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
	j, err := t.begin(task)
	if err != nil {
		return nil, err
	}
	j.bench.Run(t.now + patience)
	return j, t.end(j)
}

const patience = 2 * time.Hour

// begin starts ionup.
func (t *tour) begin(task client.Task) (*journey, error) {
	p := newProgram(strings.NewReader(""), io.Discard, io.Discard, nil)
	p.disk, p.locks, p.command = files.Disk{System: t.disk}, "/tmp", "upgrade"
	p.now = func() time.Time { return world.ArticleDated().AddDate(1, 0, 0).Add(t.now) }
	p.call = &cli.Call{Streams: cli.Streams{Out: io.Discard, Err: io.Discard, Columns: func() int { return 0 }}}
	f := p.newUpgradeFlags()
	f.UnitID, f.journal, f.log, f.yes = 105, "/pc/journal", t.flag, true
	s, err := newUpgradeSession(p, f, task, target{tcp: "bench"})
	if err != nil {
		return nil, err
	}
	j := &journey{session: s, from: t.station.Meter().State()}
	s.report = listening{s.report, j}
	s.person = &script{session: s, firmware: t.image, paste: f.paste}
	h := &traveller{s, t.disk}
	j.bench = bench.New(t.now, t.station, h)
	s.tool.Start(t.now, task)
	s.step(t.now)
	j.conclude = func() error { return s.conclude(f.lineFlags, "new.upg") }
	return j, nil
}

// end ends a run of ionup that is over.
func (t *tour) end(j *journey) error {
	t.now = j.bench.Now()
	if !j.bench.Host().Done() {
		return errors.New("it does not end")
	}
	if j.stopped = t.disk.Stopped(); !j.stopped {
		j.session.letGo()
		j.err = j.conclude()
		j.stopped = t.disk.Stopped()
	}
	t.station.HostGone(t.now)
	t.rest(10 * time.Minute)
	return nil
}

// together runs ionup for two meters, in turns, until both have ended.
func together(tours [2]*tour) (journeys [2]*journey, err error) {
	for i, t := range tours {
		if journeys[i], err = t.begin(client.TaskUpgrade); err != nil {
			return journeys, err
		}
		journeys[i].bench.Exchange()
	}
	for ended := 0; ended < 2; {
		for i, j := range journeys {
			switch {
			case j.ended:
			case j.bench.Host().Done() || !j.bench.Step():
				j.ended = true
				ended++
				if err := tours[i].end(j); err != nil {
					return journeys, err
				}
			}
		}
	}
	return journeys, nil
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

func (t *tour) log() string { return strings.ReplaceAll(t.flag, upgradelog.SerialMark, t.serial) }

// keeps reports whether the journal can be read.
func (t *tour) keeps() bool {
	_, err := journal.Parse(t.disk.Tree()["/pc/journal/"+t.serial+".journal"])
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
	case j.stopped && t.log() != t.flag && sure <= numbered:
		sure = 0 // they wait for the serial number, and nothing was done to the meter
	case j.stopped:
		sure = max(0, sure-1)
	}
	there := linesOf(t.disk.Tree()[t.log()])
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

// numbered is the line of a log that tells the serial number, counted from 1.
const numbered = 6

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
	log, err := upgradelog.Parse(tree[t.log()])
	if err != nil || log.UnreadableCount > torn {
		return fmt.Errorf("the log: %v, %v", err, log.Unreadable)
	}
	delete(tree, t.log())
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
	before := linesOf(t.disk.Tree()[t.log()])
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

// stride is the distance between the operations that fail: the race detector's run tries some, and
// all others each.
func stride() int {
	if testing.Short() {
		return 7
	}
	return 1
}

// Whatever operation of the PC's disk fails, is torn or is the last before the PC stops, in an
// upgrade or in the recovery of one that was interrupted: claims are true, no setting is lost that
// a journal had, the log has what it was told, and the recovery that follows ends well.
func TestIonupSurvivesEveryFailureOfItsDisk(t *testing.T) {
	t.Parallel()
	base := startTour(t, serial, "/pc/Upgrade.log")
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
					for at := 1; at <= operations; at += stride() {
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

// Two meters are upgraded at the same time from one folder, with a log each, on a disk that fails:
// what befalls one is nothing to the other, unless the disk is full or the PC stops for both.
func TestTwoIonupInOneFolderDoNotHarmEachOtherHoweverTheirDiskFails(t *testing.T) {
	t.Parallel()
	const log = "/pc/{serial}.log"
	bases := [2]*tour{startTour(t, "PC-1", log), startTour(t, "PC-2", log)}
	fork := func(p fragile.Point) (pair [2]*tour) {
		for i := range pair {
			pair[i] = bases[i].fork()
		}
		pair[1].disk = pair[0].disk
		pair[0].disk.Strike(p)
		return pair
	}
	sound := fork(fragile.Point{})
	_, err := together(sound)
	must(t, err)
	operations := sound[0].disk.Operations()
	var failures atomic.Int64
	for _, m := range fragile.Manners() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			for at := 1; at <= operations; at += stride() {
				p := fragile.Point{At: at, Do: m}
				pair := fork(p)
				err := failingTogether(pair, m)
				if pair[0].disk.Struck() != "" {
					failures.Add(1)
				}
				if err != nil {
					t.Errorf("%v, %s: %v", p, pair[0].disk.Struck(), err)
				}
			}
		})
	}
	t.Cleanup(func() { t.Logf("%d failures at %d operations", failures.Load(), operations) })
}

func failingTogether(pair [2]*tour, m fragile.Manner) error {
	journeys, err := together(pair)
	if err != nil {
		return err
	}
	d := pair[0].disk
	if d.Stopped() {
		d.Start()
	}
	d.Relieve()
	if (m == fragile.Fails || m == fragile.Torn) && journeys[0].err != nil && journeys[1].err != nil {
		return fmt.Errorf("both fail: %w; %w", journeys[0].err, journeys[1].err)
	}
	for i, j := range journeys {
		if err := pair[i].judge(j, nil); err != nil {
			return fmt.Errorf("%s: %w", pair[i].serial, err)
		}
	}
	for _, x := range pair {
		again, err := x.run(client.TaskRecover)
		if err = errors.Join(err, again.err); err != nil {
			return fmt.Errorf("the recovery of %s: %w", x.serial, err)
		}
		if err := x.upgraded(); err != nil {
			return fmt.Errorf("after the recovery of %s: %w", x.serial, err)
		}
	}
	tree := d.Tree()
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		log, err := upgradelog.Parse(tree[name])
		if name != pair[0].log() && name != pair[1].log() && name != "/pc/unknown.log" || err != nil || log.UnreadableCount > 1 {
			return fmt.Errorf("there is %s: %q", name, tree[name])
		}
	}
	return nil
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
