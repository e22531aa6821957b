package judge

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

// Execution is one run of the program and its result.
type Execution struct {
	Recovery bool
	Command  string // as it was run
	Plan     fault.Plan
	Exit     Exit
	Killed   bool // the plan killed the program, so it claims nothing
	Aborted  bool // the plan sent SIGINT
	Asked    bool // the program sent something to the meter
	Meter    verdict.Condition
	Cost     verdict.Cost
	Log      []byte // what the program wrote to {log}; nil if nothing
	LogTold  string // logJudged, or why the log was not judged
	Unstruck []story.Unstruck
	Trace    []story.Event
	Broken   []verdict.Violation
	Notes    []string // other things that a person should know
}

// Name is upgrade or recovery.
func (a *Execution) Name() string {
	if a.Recovery {
		return "recovery"
	}
	return "upgrade"
}

// success reports whether the program claims success.
func (a *Execution) success() bool { return a.Exit.Success() && !a.Killed }

// player plays one scenario.
type player struct {
	*stand
	target   *Target
	options  *Options
	scenario *Scenario
	place    *place
	attempts []*Execution
}

// imageName is the firmware file in {dir}.
const imageName = "image.upg"

// try runs the program once.
func (p *player) try(ctx context.Context) (*Execution, error) {
	n := len(p.attempts)
	a := &Execution{Recovery: n > 0, Plan: p.scenario.plan(n)}
	if err := p.station.SetPlan(a.Plan); err != nil {
		return nil, err
	}
	before := evidence.Look(p.station, p.now)
	logName := fileName(n, "log")
	command := p.target.forAttempt(a.Recovery)
	start := func(at address) (*process, error) {
		argv := command.argv(p.values(at, filepath.Join(p.place.path, logName)))
		a.Command = shell.Join(argv...)
		return start(argv, append(os.Environ(), "XDG_STATE_HOME="+p.place.path))
	}
	befall := func(program *process, o bench.Order) { p.befall(a, program, o) }
	var err error
	a.Exit, a.Asked, err = p.serve(ctx, p.options, p.target.Transport, start, befall)
	if err == nil {
		err = a.Exit.notRun(command.shell)
	}
	if err != nil {
		return nil, err
	}
	e := before.Foreign(p.station, p.now, p.file, a.Plan, p.options.Response)
	a.Meter, a.Cost, a.Trace, a.Unstruck = *e.Meter, e.Cost, e.Story, e.Unstruck
	p.attempts = append(p.attempts, a)
	if err := p.lookAtFiles(a, logName); err != nil {
		return nil, err
	}
	p.judge(a, e)
	return a, nil
}

// lookAtFiles reads the log and notes what the program did to its folder.
func (p *player) lookAtFiles(a *Execution, logName string) error {
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
	if a.Log, err = p.place.read(logName, upgradelog.MaxBytes+1); err != nil {
		a.note("its log cannot be read: %v", err)
	}
	return nil
}

func fileName(attempt int, ending string) string {
	name := "upgrade"
	if attempt > 0 {
		name = fmt.Sprintf("recovery-%d", attempt)
	}
	return name + "." + ending
}

// values are the values of the placeholders: what the world tells the tool, right or wrong, and
// in a recovery what is right.
func (p *player) values(at address, logFile string) map[string]string {
	m := &p.world.Meters[0]
	told := world.FilledTool(world.Tool{}, m)
	if len(p.attempts) == 0 {
		told = p.world.Attempts[0].Tool
	}
	return map[string]string{
		portOf: at.port, tcpOf: at.tcp, imageOf: filepath.Join(p.place.path, imageName), logOf: logFile, dirOf: p.place.path,
		unitOf: strconv.Itoa(int(told.UnitID)), baudOf: strconv.Itoa(p.options.Baud),
		passwordOf: told.Password, serialOf: cmp.Or(told.SerialNumber, m.SerialNumber),
	}
}

// befall carries out a fault of the program's computer.
func (p *player) befall(a *Execution, program *process, o bench.Order) {
	switch o.Command {
	case bench.KillTool:
		a.Killed = true
		program.signal(syscall.SIGKILL)
	case bench.PressAbort:
		a.Aborted = true
		program.signal(syscall.SIGINT)
	case bench.Sleep:
		program.signal(stopSignal)
	case bench.Wake:
		program.signal(continueSignal)
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
	b, why, err := f.Content(p.world.Meters[0].Model)
	if err != nil || why != nil {
		return err
	}
	return write(imageName, b)
}

// play plays the scenario to its end. broken are the rules that were broken between attempts.
func (p *player) play(ctx context.Context) (broken []verdict.Violation, err error) {
	if err := p.writeImage(p.world.FirmwareOf(&p.world.Attempts[0]), p.place.put); err != nil {
		return nil, err
	}
	for {
		a, err := p.try(ctx)
		if err != nil {
			return broken, err
		}
		if p.isLast(a) {
			return broken, nil
		}
		p.heal()
		if !p.answers() {
			return []verdict.Violation{verdict.Silent(len(p.attempts))}, nil
		}
		if err := p.writeImage(p.right, p.place.put); err != nil {
			return broken, err
		}
	}
}

// isLast reports whether a is the last attempt: the upgrade has succeeded, the scenario is about
// a refusal, or another attempt has no point.
func (p *player) isLast(a *Execution) bool {
	peaceful := len(p.attempts) > max(1, len(p.scenario.Plans))
	return a.success() || a.Exit.TimedOut || a.Exit.Interrupted || p.scenario.Expect == Refuses || peaceful
}

// limit is the time limit of an attempt, if the program waits for an answer as long as response
// says: it may wait for a meter that restarts, and for all answers of two requests.
func limit(response time.Duration) time.Duration {
	return restartPatience + 30*time.Second + time.Duration(2*tries())*response
}
