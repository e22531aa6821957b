package verdict

import (
	"slices"

	"ionbench/client"
	"ionbench/simulator/meter"
)

// claims is what the tool said of its last upgrade: in the windows of the article an upgrade is
// not the end.
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

// Upgraded reports that the tool ended with its upgrade a success, as it should have: the meter
// runs the image.
func (e *Evidence) Upgraded() bool {
	return e.Tool.succeeds() && e.Tool.Err == nil && e.Meter.Image && e.Meter.State == meter.Application
}

// holds: the flash holds exactly the image.
func (e *Evidence) holds() bool {
	return e.Revision != "" && e.Meter.Image && e.Meter.Revision == e.Revision
}

// runs: the application of the image runs.
func (e *Evidence) runs() bool { return e.Revision != "" && e.Meter.Running == e.Revision }

// boots is what a power cycle would run, in words.
func (c *Condition) boots() string {
	switch {
	case c.Revision == "":
		return "has no image that runs"
	case c.Image:
		return "has the image"
	}
	return "has " + c.Revision + ", which is not the image"
}

// proven: the image is in the flash, or was. A chip can go bad under an application that the
// loader has found good.
func (e *Evidence) proven() bool { return e.holds() || e.Meter.BadChip && e.runs() }

// gaveUp: the tool had asked as often as the article has it, and got no answer.
func (t *Tool) gaveUp() bool { return t.Unanswered > client.DefaultTiming().Resends }

// atWork is for a tool that has all its time behind it. One whose computer sleeps goes on once
// it wakes.
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

// notRunning: what has run the image may lose its power, or start anew, just as the tool ends.
func notRunning(e *Evidence, f *findings) {
	m := e.Meter
	if !e.Tool.succeeds() || !e.proven() {
		return
	}
	restarts := e.holds() && m.Initialized && m.State == meter.Booting
	switch {
	case m.State != meter.Application && m.State != meter.Off && !restarts:
		f.tell("success is claimed; the meter is %v", m.State)
	// A chip that lies keeps no mark of it, and a bad one may hold no image any more.
	case !m.Initialized && !e.runs():
		f.tell("success is claimed; the meter has not run the image")
	}
}

// falseAlarm: where nothing was flashed, the meter had this image before, and the failure is one.
func falseAlarm(e *Evidence, f *findings) {
	m := e.Meter
	if _, failure := e.Tool.claims(); !failure || e.Tool.Aborted || e.Tool.gaveUp() {
		return
	}
	if e.holds() && m.FlashOps > 0 && m.Connected && m.State == meter.Application && m.Lost == 0 {
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
	if !e.Recovery.Struck && !e.Upgraded() {
		f.tell("the recovery ends with %q; the meter is in state %v and %s", ending(e.Tool.Err), e.Meter.State, e.Meter.boots())
	}
}

func ending(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}
