package verdict

import (
	"slices"

	"ionbench/client"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// claims returns what the tool said about its last upgrade. In the windows of the article, the
// tool goes on after an upgrade.
func (t *Tool) claims() (success, failure bool) {
	switch {
	case t.Killed:
		return false, false
	case t.Foreign:
		return t.Err == nil, t.Err != nil
	}
	for _, w := range t.Windows {
		switch w {
		case client.UpgradeCompleted:
			success, failure = true, false
		case client.UpgradeFailed:
			success, failure = false, true
		}
	}
	return success, failure
}

func (t *Tool) succeeds() bool {
	success, _ := t.claims()
	return success
}

func (t *Tool) asked(w client.Prompt) bool { return slices.Contains(t.Windows, w) }

// Upgraded reports whether the tool ended with a successful upgrade, as it should have: the
// meter runs the image.
func (e *Evidence) Upgraded() bool {
	return e.Tool.succeeds() && e.Tool.Err == nil && e.Meter.Image && e.Meter.State == meter.Application
}

// holds reports whether the flash holds exactly the image.
func (e *Evidence) holds() bool {
	return e.Revision != "" && e.Meter.Image && e.Meter.Revision == e.Revision
}

// runs reports whether the application of the image runs.
func (e *Evidence) runs() bool { return e.Revision != "" && e.Meter.Running == e.Revision }

// boots says in words what a power cycle would run.
func (c *Condition) boots() string {
	switch {
	case c.Revision == "":
		return "has no image that runs"
	case c.Image:
		return "has the image"
	}
	return "has " + c.Revision + ", which is not the image"
}

// proven reports whether the image is in the flash, or was there. A chip can go bad under an
// application that the loader has checked.
func (e *Evidence) proven() bool { return e.holds() || e.Meter.BadChip && e.runs() }

// died is how many messages the tool has sent, or tried to, that the line never saw.
func (e *Evidence) died() int { return e.Died + int(e.Cost.Died) }

// gaveUp reports whether the tool asked as often as the article's does and got no answer.
func (e *Evidence) gaveUp() bool { return e.Tool.Unanswered+e.died() > client.DefaultTiming().Resends }

// atWork finds a tool that is still at work when its time is over. If its computer sleeps, it
// will go on when the computer wakes.
func atWork(e *Evidence, f *findings) {
	if !e.Tool.Ended && !e.Tool.Asleep {
		f.tell("the tool was still at work after %v", e.Cost.Time)
	}
}

func whatMayNotBe(e *Evidence, f *findings) {
	if e.Tool.succeeds() && e.Forbidden != "" {
		f.tell("success is claimed, and %s", e.Forbidden)
	}
}

func withoutImage(e *Evidence, f *findings) {
	if e.Tool.succeeds() && !e.proven() {
		f.tell("success is claimed; the meter %s", e.Meter.boots())
	}
}

// notRunning allows for a meter that has run the image and loses its power, or restarts, just
// as the tool ends.
func notRunning(e *Evidence, f *findings) {
	m := e.Meter
	if !e.Tool.succeeds() || !e.proven() {
		return
	}
	restarts := e.holds() && m.Initialized && m.State == meter.Booting
	switch {
	case m.State != meter.Application && m.State != meter.Off && !restarts:
		f.tell("success is claimed; the meter is %v", m.State)
	// A chip that lies does not keep the mark, and a bad one may no longer hold an image.
	case !m.Initialized && !e.runs():
		f.tell("success is claimed; the meter has not run the image")
	}
}

// contradicted: one that restarts or has no power just then says nothing, and is no witness.
func contradicted(e *Evidence, f *findings) {
	w := e.Witness
	if w == nil || !e.Tool.succeeds() || e.Revision == "" || e.Meter.State != meter.Application || w.After == e.Revision {
		return
	}
	said := "nothing"
	if w.After != "" {
		said = w.After
	}
	f.tell("success is claimed; asked over Modbus what it runs, the meter says %s", said)
}

// falseAlarm: if nothing was flashed, the meter had this image before, and the failure is a
// real one.
func falseAlarm(e *Evidence, f *findings) {
	m := e.Meter
	if _, failure := e.Tool.claims(); !failure || e.Tool.Aborted || e.gaveUp() {
		return
	}
	if e.Aside != nil && e.Aside.Template != "" {
		return
	}
	if e.Truth != nil && e.Truth.Missing.Groups().Has(ion.Energy) {
		return // what was counted since a reset looks like what was there before, and is less
	}
	if e.holds() && m.FlashOps > 0 && !e.forAnother() && m.Connected && m.State == meter.Application && m.Lost == 0 {
		f.tell("failure is claimed (%v); the meter runs the image and has its settings", e.Tool.Err)
	}
}

func nobodyAnswers(e *Evidence, f *findings) {
	if !e.Recovery.Answers {
		f.tell(silence)
	}
}

const silence = "power and line are back, and nobody answers, or an application without an image"

func notRecovered(e *Evidence, f *findings) {
	if !e.Recovery.Struck && !e.Upgraded() && !e.Twinned() {
		f.tell("the recovery ends with %q; the meter is in state %v and %s", ending(e.Tool.Err), e.Meter.State, e.Meter.boots())
	}
}

func ending(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}
