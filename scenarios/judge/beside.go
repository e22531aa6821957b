package judge

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// company is what else goes on in {dir} while the program is at work for the first time.
type company uint8

const (
	byItself       company = iota
	withSecondRun          // the program is started once more, for the same meter
	withThirdRun           // and once more where that one was refused
	withOtherMeter         // it upgrades another meter, at a line of its own
)

// Two runs meet at blocks, so that they are at work at the same time however fast a program is: the
// first waits for its answer until the second has ended, or is at its own block, and the second
// until the first has ended. No answer is held for longer than a program bears.
const (
	firstMeetsAt, secondMeetsAt = 3, 6
	mostHeldFirst               = 2 // times the response
	mostHeldSecond              = 5
)

// What the second run is given in {dir} in place of what the first has: a program that keeps it out by
// one of them does not keep it from the meter.
const (
	besideLog   = "second.log"
	besideImage = "second.upg"
)

// ofJudge reports whether the judge, and not the program, has chosen the name of a file in {dir}.
func ofJudge(name string) bool {
	return slices.Contains([]string{imageName, logName, besideLog, besideImage}, name)
}

// beside is one of two runs: where it meets the other.
type beside struct {
	block    int
	reached  func(at address)       // it is there
	free     func() bool            // the answer goes out
	most     time.Duration          // that it is held
	await    func()                 // the end of the other, where this one has ended
	ended    func(*meter.Meter)     // the other has ended, if it did so while this meter was served
	conclude func(*Execution) error // judges the other
}

// meeting is a gateway that holds an answer back until the other run is where it should be.
type meeting struct {
	guarded
	*beside
	at     address
	seen   ion.Decoder
	lastID uint16
	blocks int
	now    time.Duration
	until  time.Duration
	held   []byte
	told   bool
}

func (m *meeting) Receive(now time.Duration, p []byte) {
	m.now = now
	for rest := p; len(rest) > 0; {
		rest = rest[m.seen.Feed(rest):]
		for f, ok := m.seen.Next(); ok; f, ok = m.seen.Next() {
			m.count(&f)
		}
	}
	m.guarded.Receive(now, p)
}

func (m *meeting) count(f *ion.Frame) {
	id, first := f.MessageID()
	if !first || requestOf(f.Data) != blocks || m.blocks > 0 && id == m.lastID {
		return
	}
	m.lastID = id
	if m.blocks++; m.blocks == m.block {
		m.until = m.now + m.most
		m.reached(m.at)
	}
}

// HostGone loses what was held for a connection that has ended.
func (m *meeting) HostGone(now time.Duration) {
	m.held = m.held[:0]
	m.guarded.HostGone(now)
}

// holds reports whether nothing goes to the program now.
func (m *meeting) holds() bool { return m.blocks >= m.block && m.now < m.until && !m.free() }

func (m *meeting) Transmit(dst []byte) []byte {
	if m.holds() {
		m.held = m.guarded.Transmit(m.held)
		return dst
	}
	dst = append(dst, m.held...)
	m.held = m.held[:0]
	return m.guarded.Transmit(dst)
}

func (m *meeting) Advance(now time.Duration) {
	m.now = now
	m.guarded.Advance(now)
	if m.ended != nil && !m.told && m.blocks >= m.block && m.free() {
		m.told = true
		m.guarded.use(func(s *bench.Station) { m.ended(s.Meter()) })
	}
}

// Next looks often at the other run, which is no machine.
func (m *meeting) Next() (at time.Duration, wake bool) {
	const often = 5 * time.Millisecond
	at, wake = m.guarded.Next()
	if m.blocks < m.block || !m.holds() && len(m.held) == 0 && (m.told || m.ended == nil) {
		return at, wake
	}
	if soon := m.now + often; !wake || soon < at {
		at, wake = soon, true
	}
	return at, wake
}

// company is what goes on beside an attempt; nil for none. Only the first of a scenario has some.
func (p *player) company(ctx context.Context) (*beside, error) {
	if len(p.attempts) > 0 {
		return nil, nil
	}
	switch p.scenario.Beside {
	case withSecondRun, withThirdRun:
		return p.secondRun(ctx), nil
	case withOtherMeter:
		return p.otherMeter(ctx)
	}
	return nil, nil
}

// secondRun is the program, started once more for the same meter.
type secondRun struct {
	*player
	begun   atomic.Bool
	done    chan struct{}
	exit    Exit
	failed  error
	command string
	left    string // what the meter was when it ended, where that is not the new revision
}

// secondRun is what a second run of the program does beside the first.
func (p *player) secondRun(ctx context.Context) *beside {
	r := &secondRun{player: p, done: make(chan struct{})}
	return &beside{
		block: firstMeetsAt, most: mostHeldFirst * p.options.Response,
		free:     func() bool { return isClosed(r.done) },
		reached:  func(at address) { r.begin(ctx, at) },
		await:    r.await,
		ended:    r.lookAtMeter,
		conclude: r.conclude,
	}
}

func (r *secondRun) begin(ctx context.Context, at address) {
	r.begun.Store(true)
	around := surroundings{}
	values := r.values(at, around)
	if !r.scenario.SameLog {
		values[logOf], values[imageOf] = filepath.Join(r.place.path, besideLog), filepath.Join(r.place.path, besideImage)
		r.failed = r.writeImage(r.right, func(_ string, content []byte) error { return r.place.put(besideImage, content) })
	}
	argv := r.target.Upgrade.argv(values)
	r.command = shell.Join(argv...)
	go func() {
		defer close(r.done)
		if r.failed != nil {
			return
		}
		run := func() {
			var next *process
			if next, r.failed = start(argv, around.environment(r.place.path), nil); r.failed == nil {
				r.exit = next.wait(ctx, limit{time: r.limit})
			}
		}
		if run(); r.failed == nil && !r.exit.Success() && r.scenario.Beside == withThirdRun {
			run()
		}
	}()
}

func (r *secondRun) await() {
	if r.begun.Load() {
		<-r.done
	}
}

func (r *secondRun) lookAtMeter(m *meter.Meter) {
	if revision, runs := m.Revision(); m.State() != meter.Application || !runs || revision != r.file.Revision {
		r.left = fmt.Sprintf("in state %v", m.State())
	}
}

// conclude judges the second run, and tells it with the first.
func (r *secondRun) conclude(first *Execution) error {
	if !r.begun.Load() {
		first.Missed = notSoFar
		return nil
	}
	if r.failed != nil {
		return r.failed
	}
	exit := &r.exit
	first.note("the second run, %s, ended with %s after %.1f s", r.command, exit.String(), exit.Took.Seconds())
	switch {
	case first.LogTold != logJudged:
	case r.scenario.SameLog && endsOtherwise(first.Log, first.success()):
		first.breaks(verdict.I6, "the second run wrote its end into the log of the first, which was still at work")
	case !r.scenario.SameLog && endsOf(first.Log) > 1:
		first.breaks(verdict.I6, "the second run wrote into the log of the first, which ends %d times", endsOf(first.Log))
	}
	switch {
	case exit.Interrupted:
	case exit.TimedOut:
		first.breaks(verdict.I5, "the second run was still at work after %v", r.limit)
	case exit.Signal != "":
		first.breaks(verdict.Crashed, "the second run was ended by a signal that nobody sent: %s", exit.Signal)
	case exit.Success() && r.left != "":
		first.breaks(verdict.I2, "the second run claims success; the meter was %s", r.left)
	case exit.Success() && !first.Meter.Image:
		first.breaks(verdict.I2, "the second run claims success, and the meter does not have the image")
	}
	return nil
}

// endsOf is how many ends of upgrades a log tells.
func endsOf(log []byte) (n int) {
	for _, e := range verdict.ReadLog(log, 0).Entries {
		if e.Kind == upgradelog.UpgradeCompleted || e.Kind == upgradelog.UpgradeFailed {
			n++
		}
	}
	return n
}

// endsOtherwise reports whether the first end that a log tells is not that of its first run. A second run
// that waits for the first may have begun its own before, and ends it behind.
func endsOtherwise(log []byte, success bool) bool {
	for _, e := range verdict.ReadLog(log, 0).Entries {
		if e.Kind == upgradelog.UpgradeCompleted || e.Kind == upgradelog.UpgradeFailed {
			return (e.Kind == upgradelog.UpgradeCompleted) != success
		}
	}
	return false
}

const notSoFar = "the program never came so far that a second run would meet it"

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// otherMeter upgrades another meter with the same folder.
func (p *player) otherMeter(ctx context.Context) (*beside, error) {
	other := *p.scenario
	other.Beside, other.Plans, other.Harms, other.Then, other.all = byItself, nil, nil, nil, nil
	other.Expect = Either // it may wait, or say that there can be only one
	other.World = otherWorld()
	other.World.Firmware = p.scenario.World.Firmware
	own := &p.scenario.World.Meters[0]
	other.World.Meters[0].Model, other.World.Meters[0].UnitID = own.Model, own.UnitID // at a line of its own, so with any unit
	other = other.fitted(p.target)
	q := &player{target: p.target, options: p.options, scenario: &other, limit: p.limit, place: p.place, logFile: besideLog}
	var err error
	if q.stand, err = newStand(&other, p.options, false); err != nil {
		return nil, err
	}
	q.step = &other.steps()[0]
	var begun, there, firstEnded atomic.Bool
	done := make(chan struct{})
	a := &Execution{}
	before := evidence.Look(q.station, q.now)
	var failed error
	q.stand.beside = &beside{
		block: secondMeetsAt, most: mostHeldSecond * p.options.Response,
		reached: func(address) { there.Store(true) }, free: firstEnded.Load, await: func() {},
	}
	run := func(at address) (*process, error) {
		argv := q.target.Upgrade.argv(q.values(at, surroundings{}))
		a.Command = shell.Join(argv...)
		return start(argv, (&surroundings{}).environment(q.place.path), nil)
	}
	return &beside{
		block: firstMeetsAt, most: mostHeldFirst * p.options.Response,
		free: func() bool { return there.Load() || isClosed(done) },
		reached: func(address) {
			begun.Store(true)
			go func() {
				defer close(done)
				a.Exit, a.Asked, failed = q.serve(ctx, q.options, q.limit, q.target.Transport, newGateway(nil, q.told().UnitID, q.options.Response), run, func(*process, bench.Order) {})
			}()
		},
		await: func() {
			firstEnded.Store(true)
			if begun.Load() {
				<-done
			}
		},
		conclude: func(first *Execution) error {
			switch {
			case !begun.Load():
				first.Missed = notSoFar
				return nil
			case failed != nil:
				return failed
			}
			return q.concludeBeside(first, a, before)
		},
	}, nil
}

// concludeBeside judges the upgrade of the other meter, and tells it with the first.
func (q *player) concludeBeside(first, a *Execution, before evidence.Before) error {
	e := before.Foreign(q.station, q.now, q.file, nil, q.options.Response)
	a.Meter, a.Cost, a.Trace = *e.Meter, e.Cost, e.Story
	q.attempts = append(q.attempts, a)
	if err := q.lookAtFiles(a); err != nil {
		return err
	}
	q.judge(a, e)
	first.note("the upgrade of the other meter, %s, ended with %s after %.1f s", a.Command, a.Exit.String(), a.Exit.Took.Seconds())
	for _, v := range a.Broken {
		v.Reason = "the other meter: " + v.Reason
		first.Broken = append(first.Broken, v)
	}
	for _, note := range a.Notes {
		first.note("the other meter: %s", note)
	}
	return nil
}
