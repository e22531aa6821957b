package judge

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/duty"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Execution is one run of the program and its result.
type Execution struct {
	Recovery bool
	Command  string // as it was run
	Plan     fault.Plan
	Harms    []Harm
	Witness  *verdict.Witness // what another protocol says; nil: nobody asked
	Missed   string           // why a harm could not strike; empty if all did
	Exit     Exit
	Killed   bool // the plan killed the program, so it claims nothing
	Aborted  bool // the plan sent SIGINT, or what the scenario sends in its place
	Asked    bool // the program sent something to the meter
	Meter    verdict.Condition
	Cost     verdict.Cost
	// Questions are its messages to the meter, resends not counted; -1: not known.
	Questions int
	// Busied is how often a block was sent again because the answer was busy, if that was all that had one be sent
	// again; otherwise 0.
	Busied int
	// Unanswered is how often a block was sent again that had no answer, over the same connection.
	Unanswered int
	Programs   int        // of these, those that read or write registers
	Lost       ion.Groups // that somebody wants in the meter, and that are not there
	Log        []byte     // what the program wrote to {log}; nil if nothing
	Earlier    string     // what is wrong with what earlier attempts wrote there
	LogTold    string     // logJudged, or why the log was not judged
	Unstruck   []story.Unstruck
	Trace      []story.Event
	Broken     []verdict.Violation
	Conduct    []breach
	started    time.Time // when its program was
	signals    []signalSent
	Trusted    bool      // it took a verify for good that was not
	Unsure     bool      // it wrote settings over a new connection, and did not ask who is there
	Swapped    bool      // its connection led to another meter in the end
	Kept       bool      // files of its own were left in {dir}
	Warned     []duty.ID // of which advice was not taken
	Notes      []string  // other things that a person should know
}

// Name is upgrade or recovery.
func (a *Execution) Name() string {
	if a.Recovery {
		return "recovery"
	}
	return "upgrade"
}

// faults are all that the attempt meets.
func (a *Execution) faults() fault.Plan {
	all := slices.Clone(a.Plan)
	for _, h := range a.Harms {
		if h.Forge == nil {
			all = append(all, h.Fault)
		}
	}
	return all
}

// success reports whether the program claims success.
func (a *Execution) success() bool { return a.Exit.Success() && !a.Killed }

// player plays one scenario.
type player struct {
	*stand
	target   *Target
	options  *Options
	scenario *Scenario
	folder   string        // of its artifacts
	limit    time.Duration // of an attempt
	place    *place
	attempts []*Execution
	said     []story.Event     // what the program did
	step     *Step             // that is played
	tries    int               // attempts in this step so far
	copied   map[string][]byte // what the program had kept when somebody copied it
	unsure   ion.Groups        // of which somebody has set a part meanwhile
	unnamed  bool              // the name of the template is the factory's, which is another with every revision
	logged   []byte            // what the attempts so far have left in the log
	logFile  string            // in {dir}; empty for logName
}

// imageName is the firmware file in {dir}.
const imageName = "image.upg"

// try runs the program once.
func (p *player) try(ctx context.Context) (*Execution, error) {
	a := &Execution{Recovery: p.tries > 0 || p.step.Recovery, Plan: p.step.plan(p.tries)}
	if err := p.station.SetPlan(a.Plan); err != nil {
		return nil, err
	}
	if p.options.Loader == ByXMODEM {
		p.enterLoader()
	}
	before := evidence.Look(p.station, p.now)
	said, err := p.askWitness(ctx)
	if err != nil {
		return nil, err
	}
	command := p.target.forAttempt(a.Recovery)
	start := func(at address) (*process, error) { return p.start(a, command, at) }
	befall := func(program *process, o bench.Order) { p.befall(a, program, o) }
	if p.tries == 0 {
		a.Harms = p.step.Harms
	}
	g := newGateway(a.Harms, p.told().UnitID, p.options.Response)
	offset := p.clockOffset()
	if p.stand.beside, err = p.company(ctx); err != nil {
		return nil, err
	}
	from, began := p.now, time.Now()
	a.Exit, a.Asked, err = p.serve(ctx, p.options, p.limit, p.target.Transport, g, start, befall)
	p.land(a)
	if err == nil {
		err = a.Exit.notRun(command.shell)
	}
	if err != nil {
		return nil, err
	}
	e := before.Foreign(p.station, p.now, p.file, a.faults(), p.options.Response)
	if a.Witness, err = p.hear(ctx, said); err != nil {
		return nil, err
	}
	e.Witness = a.Witness
	a.Meter, a.Cost, a.Trace, a.Unstruck = *e.Meter, e.Cost, e.Story, e.Unstruck
	a.Questions, a.Conduct, a.Trusted = g.asked(), g.breaches, g.trusted
	a.Unsure, a.Swapped, a.Programs, a.Unanswered = g.unsure, g.swapped, g.programs(), g.silences
	if g.lacked == 0 {
		a.Busied = g.busied
	}
	if why := p.clock(offset); why != "" {
		a.Conduct = append(a.Conduct, breach{duty.Clock, why})
	}
	p.attempts = append(p.attempts, a)
	if err := p.lookAtFiles(a); err != nil {
		return nil, err
	}
	a.noteUnstruck(g.unstruck())
	if p.step.Perhaps && len(e.Unstruck) > 0 {
		a.note("%v", e.Unstruck[0])
		e.Unstruck = nil
	}
	p.judge(a, e)
	p.tell(a, from, began)
	p.tries++
	if p.stand.beside != nil {
		return a, p.stand.beside.conclude(a)
	}
	return a, nil
}

// start starts the program of an attempt.
func (p *player) start(a *Execution, c *Command, at address) (*process, error) {
	around := p.around()
	argv := c.argv(p.values(at, around))
	a.Command, a.started = shell.Join(argv...), time.Now()
	if p.options.Loader == ByXMODEM {
		return startAtLine(at.port, around.wrapped(argv), around.environment(p.place.path))
	}
	return start(around.wrapped(argv), around.environment(p.place.path), nil)
}

// noteUnstruck tells of harms that wait for a request which never came.
func (a *Execution) noteUnstruck(harms []Harm) {
	for _, h := range harms {
		why := fmt.Sprintf("the program never came to %s %d, so nothing befell it there", requestNames[h.At], h.Nth)
		if h.later {
			why = fmt.Sprintf("no answer to a %s had a second frame, so nothing befell it", requestNames[h.At])
		}
		if h.Nth == 1 {
			a.Missed = why
		} else { // it may say all in one message
			a.note("%s", why)
		}
	}
}

// missed is why a harm could not strike, with the end of a program that failed: the person may have a flag wrong.
func (a *Execution) missed() string {
	if a.Missed == "" || a.Killed || a.Exit.Success() {
		return a.Missed
	}
	why := a.Missed + "; it ended with " + a.Exit.String()
	if said := a.Exit.said(); said != "" {
		why += ", and said: " + visible(said)
	}
	return why
}

// land waits for a meter that an aborted program has left on its way to its loader, or back.
func (p *player) land(a *Execution) {
	if state := p.meter().State(); a.Aborted && state != meter.Application && !state.Loader() {
		p.now += restartPatience
		p.station.Advance(p.now)
	}
}

// lookAtFiles reads the log and notes what the program did to its folder.
func (p *player) lookAtFiles(a *Execution) error {
	did, err := p.place.mend()
	if did != "" {
		a.note("%s", did)
	}
	if err != nil {
		return fmt.Errorf("%w: the folder of the scenario cannot be used any more: %w", errNoVerdict, err)
	}
	if kind := p.place.odd(imageName); kind != "" {
		a.note("it replaced {image} by %s", kind)
	}
	// One byte more shows that it is too large.
	whole, err := p.place.read(p.logName(), int64(len(p.logged))+upgradelog.MaxBytes+1)
	if err != nil {
		a.note("its log cannot be read: %v", err)
	}
	if a.Log = whole; whole != nil {
		var kept bool
		if a.Log, kept = bytes.CutPrefix(whole, p.logged); !kept && len(p.logged) > 0 {
			a.Earlier = fmt.Sprintf("the %d bytes that earlier runs had written into {log} are not in it any more", len(p.logged))
		}
		p.logged = whole
	}
	return nil
}

// logName is the log in {dir}. All attempts write into it, one after the other.
const logName = "upgrade.log"

func (p *player) logName() string { return cmp.Or(p.logFile, logName) }

func fileName(attempt int, ending string) string {
	name := "upgrade"
	if attempt > 0 {
		name = fmt.Sprintf("recovery-%d", attempt)
	}
	return name + "." + ending
}

// told is what the program is told, right or wrong.
func (p *player) told() world.Tool {
	if len(p.attempts) == 0 {
		return p.world.Attempts[0].Tool
	}
	said := world.Tool{}
	if p.tries == 0 {
		said.Password = p.step.Password
	}
	return world.FilledTool(said, &p.world.Meters[p.step.Meter])
}

// values are the values of the placeholders: what the world tells the tool, right or wrong, and
// after the first attempt what is right.
func (p *player) values(at address, around surroundings) map[string]string {
	m, told := &p.world.Meters[p.step.Meter], p.told()
	image := filepath.Join(p.place.path, imageName)
	dir, log := p.place.path, filepath.Join(p.place.path, p.logName())
	if around.NoFolder {
		dir = filepath.Join(image, "kept") // behind a file, where nobody can write
	}
	switch {
	case around.LogFull:
		log = "/dev/full"
	case around.NoLog:
		log = filepath.Join(image, "of", logName)
	}
	return map[string]string{
		portOf: at.port, tcpOf: at.tcp, imageOf: image, logOf: log, dirOf: dir,
		phoneOf: p.world.Meters[0].Phone, unitOf: strconv.Itoa(int(told.UnitID)), baudOf: strconv.Itoa(m.Baud),
		passwordOf: told.Password, serialOf: cmp.Or(told.SerialNumber, m.SerialNumber),
	}
}

// befall carries out a fault of the program's computer.
func (p *player) befall(a *Execution, program *process, o bench.Order) {
	signal := func(s syscall.Signal) {
		a.signalled(s)
		program.signal(s)
	}
	switch o.Command {
	case bench.KillTool:
		a.Killed = true
		signal(syscall.SIGKILL)
	case bench.PressAbort:
		a.Aborted = true
		signal(p.scenario.abortSignal())
	case bench.Sleep:
		signal(stopSignal)
	case bench.Wake:
		signal(continueSignal)
	case bench.RemoveFile:
		if err := p.place.dir.Remove(imageName); err != nil {
			a.note("%v", err)
		}
	case bench.DamageFile:
		if err := p.writeImage(p.damaged(), p.place.spoil); err != nil {
			a.note("{image} could not be damaged: %v", err)
		}
	}
}

// damaged is the right file with one wrong bit.
func (p *player) damaged() world.Firmware {
	f := p.right
	f.Damage = world.Damaged
	return f
}

// writeImage writes the firmware file, unless the world says that the file is missing.
func (p *player) writeImage(f world.Firmware, write func(name string, content []byte) error) error {
	b, why, err := f.Content(p.world.Meters[p.step.Meter].Model)
	if err != nil || why != nil {
		return err
	}
	if p.scenario.Spoil != nil && len(p.attempts) == 0 {
		b = p.scenario.Spoil(b)
	}
	return write(imageName, b)
}

// play plays the scenario to its end. broken are the rules that were broken between attempts.
func (p *player) play(ctx context.Context) (broken []verdict.Violation, err error) {
	steps := p.scenario.steps()
	for i := range steps {
		p.step, p.tries = &steps[i], 0
		goOn, broken, err := p.playStep(ctx, i == 0)
		if err != nil || len(broken) > 0 || !goOn {
			return broken, err
		}
	}
	return nil, nil
}

// playStep plays a step and its recoveries. goOn reports whether the next step has a point.
func (p *player) playStep(ctx context.Context, first bool) (goOn bool, broken []verdict.Violation, err error) {
	if first && p.scenario.InLoader {
		p.enterLoader()
	}
	if !first {
		p.heal(p.scenario.Hasty)
		if err := p.prepare(); err != nil {
			return false, nil, err
		}
	}
	if err := p.writeImage(p.chosen(first), p.place.put); err != nil {
		return false, nil, err
	}
	for {
		a, err := p.try(ctx)
		if err != nil || a.Exit.TimedOut || a.Exit.Interrupted {
			return false, nil, err
		}
		if p.isLast(a) {
			whole := !slices.ContainsFunc(p.attempts, func(a *Execution) bool { return len(a.Broken) > 0 })
			return whole, nil, nil
		}
		p.heal(p.scenario.Hasty)
		if !p.answers() {
			return false, []verdict.Violation{verdict.Silent(len(p.attempts))}, nil
		}
		if err := p.writeImage(p.right, p.place.put); err != nil {
			return false, nil, err
		}
	}
}

// isLast reports whether a is the last attempt of its step: the upgrade has succeeded, the step is
// about a refusal or has no recovery, or another attempt has no point.
func (p *player) isLast(a *Execution) bool {
	peaceful := p.tries > max(1, len(p.step.Plans))
	refused := p.step.Expect == Refuses || p.step.Expect == Either || p.step.Expect == Fails
	return a.success() || refused || p.step.Alone || peaceful
}
