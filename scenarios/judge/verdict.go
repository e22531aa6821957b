package judge

import (
	"fmt"
	"slices"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

func (a *Attempt) breaks(format string, args ...any) {
	a.Broken = append(a.Broken, fmt.Sprintf(format, args...))
}

func (a *Attempt) note(format string, args ...any) {
	a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
}

// judge says of an attempt what it broke.
func (p *player) judge(a *Attempt, before glance) {
	a.Passes = statesOf(a.Trace, meter.Erasing)
	a.noteEnd()
	if a.Exit.Interrupted {
		return
	}
	lost := p.lost()
	p.judgeRefusal(a)
	if a.Exit.TimedOut {
		a.breaks("I5: it was still running after %v, the time limit; %s", p.options.Limit, a.progress())
		return
	}
	p.judgeClaim(a)
	p.judgeSettings(a, lost)
	p.judgeLog(a)
	p.judgeExpectation(a)
	p.judgeRecovery(a)
	for _, u := range a.Unstruck {
		if len(a.Broken) == 0 {
			a.breaks("plan: %s", u)
		}
	}
}

// lost are the settings that are not as somebody had set them up.
func (p *player) lost() ion.Groups {
	now := p.meter().Settings(p.now)
	return verdict.Lost(&p.settings, &now, p.now)
}

// noteEnd tells how the program ended, if there is something out of the ordinary to say.
func (a *Attempt) noteEnd() {
	e := &a.Exit
	if e.Signal != "" && !a.Killed && !a.Aborted && !e.TimedOut && !e.Interrupted {
		a.breaks("crash: it was ended by a signal that nobody sent: %s", e.Signal)
	}
	if e.Stubborn {
		a.note("it went on after SIGTERM and was killed")
	}
	if e.Left {
		a.note("it left processes behind, which were killed")
	}
	if e.Held {
		a.note("a process that left its group still has its output open; it was not ended")
	}
	for _, o := range []struct {
		name string
		Output
	}{{"standard output", e.Stdout}, {"standard error", e.Stderr}} {
		if o.Bytes > maxKept {
			a.note("it wrote %d bytes to %s, of which %d are kept", o.Bytes, o.name, maxKept)
		}
	}
	if said := e.said(); !e.Success() && !a.Killed && said != "" {
		a.note("it said: %s", said)
	}
}

// progress is how far the program came, in words.
func (a *Attempt) progress() string {
	switch {
	case !a.Asked:
		return "it never asked the meter anything"
	case a.Cost.Insisted > tries:
		return fmt.Sprintf("it sent one request %d times and got no answer", a.Cost.Insisted)
	case a.Cost.Blocks > 0 && !a.verified():
		return fmt.Sprintf("it sent %d blocks, and never had the image verified", a.Cost.Blocks)
	case a.Cost.Blocks > 0:
		return fmt.Sprintf("it sent %d blocks", a.Cost.Blocks)
	}
	return "it sent no block"
}

// verified: the meter was told to check the image, and did.
func (a *Attempt) verified() bool {
	return slices.ContainsFunc(a.Trace, func(e story.Event) bool {
		_, checked := e.What.(story.ImageChecked)
		return checked
	})
}

// runs is what the meter runs, in words.
func (a *Attempt) runs() string {
	switch {
	case a.Meter.Running != "":
		return "runs " + a.Meter.Running
	case a.Meter.Image:
		return fmt.Sprintf("is in state %v with the whole image, which was never started", a.Meter.State)
	}
	return fmt.Sprintf("is in state %v and has no image that runs", a.Meter.State)
}

// forbidden is why the flash must not be touched; empty where it may.
func (p *player) forbidden() string {
	switch p.scenario.Input {
	case "":
		return ""
	case WrongProduct:
		return "the file is for a 7330"
	case WrongPassword:
		return "the password is wrong"
	case WrongUnit:
		return fmt.Sprintf("unit %d was asked for", wrongUnit)
	case WrongSerial:
		return wrongSerial + " was asked for"
	}
	return "there is no file that can be used"
}

// judgeRefusal is I8.
func (p *player) judgeRefusal(a *Attempt) {
	why := p.forbidden()
	switch {
	case why == "" || a.Recovery:
	case a.Meter.FlashOps > 0:
		a.breaks("I8: %d flash operations, and %s", a.Meter.FlashOps, why)
	case a.Meter.State != meter.Application:
		a.breaks("I8: the meter was told to enter download state, and %s", why)
	}
}

// judgeClaim is I2 and I3.
func (p *player) judgeClaim(a *Attempt) {
	m := &a.Meter
	upgraded := m.Image && m.Revision == p.file.Revision
	runs := m.Running == p.file.Revision
	switch {
	case a.success() && p.forbidden() != "" && !a.Recovery:
		a.breaks("I2: exit status 0 claims success, and %s; the meter %s", p.forbidden(), a.runs())
	case a.success() && !upgraded && !(m.BadChip && runs):
		a.breaks("I2: exit status 0 claims success, and the meter %s; %s", a.runs(), a.progress())
	case a.success() && !runs && (!m.Initialized || m.State != meter.Off && m.State != meter.Booting):
		a.breaks("I2: exit status 0 claims success, and the meter %s", a.runs())
	// Who asked as often as the article has it, and got no answer, cannot know.
	case a.failure() && upgraded && m.State == meter.Application && m.FlashOps > 0 && m.Connected && !a.Aborted && p.lost() == 0 && a.Cost.Insisted < tries:
		a.breaks("I3: %v claims a failure, and the meter runs the image and has its settings", a.Exit.String())
	}
}

// judgeSettings is I7, and of I2 what is about settings.
func (p *player) judgeSettings(a *Attempt, lost ion.Groups) {
	switch {
	case a.Meter.FlashOps == 0 && a.Meter.Lost&lost != 0: // what was put right again is no loss
		a.breaks("I7: the flash was not touched, and settings are lost: %v", a.Meter.Lost&lost)
	case !a.upgraded() || lost == 0:
	case !p.target.KeepsSettings:
		a.note("settings are lost: %v; the program does not promise to keep them (--keeps-settings)", lost)
	case a.Recovery:
		a.breaks("I7: the recovery claims success, and settings are lost: %v", lost)
	default:
		a.breaks("I2: exit status 0 claims success, and settings are lost: %v", lost)
	}
}

// judgeExpectation is about the first attempt.
func (p *player) judgeExpectation(a *Attempt) {
	switch {
	case a.Recovery:
	case p.scenario.Expect == Succeeds && a.failure():
		a.breaks("expected: the upgrade should succeed (%s), and it ended with %v", p.scenario.Title, a.Exit.String())
	case p.scenario.OnePass && a.Passes > 1:
		a.breaks("expected: the flash should be cleared once (%s), and it was %d times", p.scenario.Title, a.Passes)
	}
}

// judgeRecovery is I4: of recoveries, the first that runs in peace must succeed.
func (p *player) judgeRecovery(a *Attempt) {
	if a.Recovery && len(a.Plan) == 0 && !a.upgraded() && len(p.attempts) > len(p.scenario.Plans) {
		a.breaks("I4: the recovery ended with %v, and the meter %s", a.Exit.String(), a.runs())
	}
}
