package client

import (
	"fmt"
	"time"

	"ionbench/client/journal"
	"ionbench/simulator/ion"
)

// step is one line of a procedure. It has exactly one of ask, keep, request, listens and act; the fields
// below each say what follows.
type step struct {
	is   Step                 // NoStep: not announced
	when func(*Upgrader) bool // nil: always

	ask      Prompt // a question for the person
	answered func(*Upgrader, time.Duration, Answer) next

	keep func(*Upgrader, time.Duration) Event // a journal to save or to look for, or a meter to lock
	kept func(*Upgrader, time.Duration, *journal.Journal, error) next

	request func(*Upgrader)                                  // builds the message
	reply   func(*Upgrader, time.Duration, *ion.Packet) next // judges the answer
	silent  func(*Upgrader) next                             // after the last resend; nil: the task fails
	retry   retry
	before  func(*Upgrader) time.Duration // a pause before the request; nil: none

	listens bool // for another meter that answers the last request

	act func(*Upgrader, time.Duration) next // neither asks nor sends anything
}

// procedure names a list of steps, so that a copy of an upgrader needs no pointer into a list.
type procedure uint8

const (
	connectProcedure procedure = iota
	identifyProcedure
	upgradeProcedure
	upgradedProcedure
	failedProcedure
	assistantProcedure
	templateProcedure
	readProcedure
	writeProcedure
	finishProcedure
	givingBackProcedure
	procedureCount
)

// healthyProcedures are the lists of every upgrader without planted bugs. They are never
// written to.
var healthyProcedures = *procedures()

// procedures returns all lists of steps.
func procedures() *[procedureCount][]step {
	return &[procedureCount][]step{
		connectProcedure:   connectSteps(),
		identifyProcedure:  identifySteps(),
		upgradeProcedure:   upgradeSteps(),
		upgradedProcedure:  upgradedSteps(),
		failedProcedure:    failedSteps(),
		assistantProcedure: assistantSteps(),
		templateProcedure:  templateSteps(),
		readProcedure:      readSteps(),
		writeProcedure:     writeSteps(),
		finishProcedure:    finishSteps(),

		givingBackProcedure: givingBackSteps(),
	}
}

func (t Task) procedure() procedure {
	switch t {
	case TaskConnect:
		return connectProcedure
	case TaskIdentify:
		return identifyProcedure
	case TaskUpgrade, TaskRecover:
		return upgradeProcedure
	case TaskSendTemplate:
		return templateProcedure
	case TaskReadSettings:
		return readProcedure
	default:
		return writeProcedure
	}
}

// next says what follows a step.
type next struct {
	kind  nextKind
	to    procedure     // for another
	step  Step          // for jump
	err   error         // for broken
	after time.Duration // for again
}

type nextKind uint8

const (
	goOn    nextKind = iota // the next step
	again                   // the same step, after a pause
	jump                    // that step of this procedure
	back                    // the request before
	another                 // the first step of another procedure
	broken                  // the task failed
	ignored                 // it was no answer: go on waiting
)

func toNext() next                      { return next{kind: goOn} }
func onceMore(after time.Duration) next { return next{kind: again, after: after} }
func toStep(s Step) next                { return next{kind: jump, step: s} }
func toProcedure(p procedure) next      { return next{kind: another, to: p} }
func failed(err error) next             { return next{kind: broken, err: err} }

func failedWith(sentinel error, format string, args ...any) next {
	return failed(fmt.Errorf("%w: %s", sentinel, fmt.Sprintf(format, args...)))
}

// retry says what a step does about a missing answer.
type retry uint8

const (
	perStep   retry = iota // Timing.Resends times, each with a line in the log
	perBlock               // the same, with the counts of the article
	polling                // for a restarting meter: short waits, no line in the log
	probing                // to see whether anybody is there: fewer tries, no line in the log
	once                   // a question that may go without an answer
	returning              // to give a meter back: as probing, but as long as a restart takes, and as often as the article's while the connection is broken
)

// Tries that are not those of the article.
const (
	// probes is how often a meter is asked that may not be there: the public ION client sends
	// five times in all.
	probes = 5
	// polls bounds how long a restart may take: with two polls of a second each, a minute.
	polls = 30
)

func (u *Upgrader) step() *step { return &u.lists[u.procedure][u.at] }

// switchTo goes to the first step of p that applies.
func (u *Upgrader) switchTo(now time.Duration, p procedure) {
	u.procedure, u.at = p, 0
	u.enter(now)
}

// maxSteps bounds how many steps follow each other without waiting. More is a defect.
const maxSteps = 1000

// enter begins the step at u.at, and those after it until one has to wait.
func (u *Upgrader) enter(now time.Duration) {
	for range maxSteps {
		s := u.step()
		if s.when != nil && !s.when(u) {
			u.at++
			continue
		}
		if s.is != NoStep {
			u.emit(Event{Kind: EventStep, Step: s.is})
		}
		if s.act == nil {
			u.begin(now, s)
			return
		}
		u.phase = idle
		if !u.move(now, s.act(u, now)) {
			return
		}
	}
	panic("upgrader: steps without end in " + u.step().is.String())
}

// begin starts a step that waits for something.
func (u *Upgrader) begin(now time.Duration, s *step) {
	switch {
	case s.ask != NoPrompt:
		u.phase = asking
		u.emit(Event{Kind: EventPrompt, Prompt: s.ask, Device: u.device, Journal: u.kept, Offered: u.offeredNow(s.ask), Err: u.err})
	case s.keep != nil:
		u.phase = keeping
		u.emit(s.keep(u, now))
	case s.listens:
		u.beginListening(now)
	default:
		var pause time.Duration
		if s.before != nil {
			pause = s.before(u)
		}
		u.askAfter(now, pause)
	}
}

// move goes to the step that follows. It returns whether the caller has to enter it.
func (u *Upgrader) move(now time.Duration, n next) bool {
	switch n.kind {
	case goOn:
		u.at++
	case jump:
		u.at = placeOf(u.lists[u.procedure], n.step)
	case back:
		for u.at--; u.step().request == nil; u.at-- {
		}
	case another:
		u.procedure, u.at = n.to, 0
	case again:
		u.askAfter(now, n.after)
		return false
	case broken:
		u.fail(now, n.err)
		return false
	}
	return u.phase != finished
}

// placeOf finds a step in a list.
func placeOf(list []step, s Step) int {
	for i := range list {
		if list[i].is == s {
			return i
		}
	}
	panic("upgrader: no step " + s.String() + " here")
}

// follow does what n says.
func (u *Upgrader) follow(now time.Duration, n next) {
	u.exchange.end()
	if u.move(now, n) {
		u.enter(now)
	}
}

// fail ends the task with an error.
func (u *Upgrader) fail(now time.Duration, err error) {
	u.exchange.end()
	u.beSure()
	if u.procedure == givingBackProcedure { // the upgrade has ended already, and why
		u.switchTo(now, failedProcedure)
		return
	}
	err = u.asItStands(err)
	u.err = err
	if u.procedure == templateProcedure {
		u.result = err
	}
	if u.procedure == upgradeProcedure {
		u.switchTo(now, failedProcedure)
		return
	}
	if u.procedure == connectProcedure || u.procedure == assistantProcedure || u.procedure == templateProcedure && u.task == TaskConnect {
		u.switchTo(now, connectProcedure)
		return
	}
	u.switchTo(now, finishProcedure)
}

// Answer answers the open prompt.
func (u *Upgrader) Answer(now time.Duration, a Answer) {
	if u.phase != asking {
		return
	}
	u.phase = idle
	u.follow(now, u.step().answered(u, now, a))
}

// Saved answers EventSaveJournal and EventRemoveJournal: nil, or why the journal is not on disk,
// or still there.
func (u *Upgrader) Saved(now time.Duration, err error) { u.Loaded(now, nil, err) }

// settles reports whether the journal is being settled, at the end of an upgrade.
func (u *Upgrader) settles() bool { return u.phase == keeping && u.step().is == StepSettleJournal }

// Loaded answers EventLoadJournal with the journal of the meter, nil if there is none, or why
// it cannot be read.
func (u *Upgrader) Loaded(now time.Duration, j *journal.Journal, err error) {
	if u.phase != keeping {
		return
	}
	u.phase = idle
	u.follow(now, u.step().kept(u, now, j, err))
}

// Locked answers EventLock: nil, or who has the meter.
func (u *Upgrader) Locked(now time.Duration, err error) { u.Loaded(now, nil, err) }

func (u *Upgrader) locks() bool { return u.cfg.Lock }

// lock asks for the meter before anything in it is changed. It is nobody else's until the
// process ends.
func (u *Upgrader) lock(time.Duration) Event { return Event{Kind: EventLock, Device: u.device} }

func locked(_ *Upgrader, _ time.Duration, _ *journal.Journal, err error) next {
	if err != nil {
		return stopped("", ErrMeterInUse, err)
	}
	return toNext()
}

// finishSteps is the end of every task.
func finishSteps() []step {
	return []step{{act: func(u *Upgrader, _ time.Duration) next {
		u.phase = finished
		if u.err == nil {
			u.err = u.result
		}
		u.emit(Event{Kind: EventFinished, Err: u.err, Device: u.device})
		return toNext()
	}}}
}
