package verdict

import (
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/story"
)

// The retry rule of the article: "No response... resending (10 of 448)", and then "No response...
// aborting (11 of 449)". Other programs may have a rule of their own (PROTOCOL.md, section 13).

// resends is how often the article's tool sends a request again.
func resends() int { return client.DefaultTiming().Resends }

func gaveUpTooSoon(e *Evidence, f *findings) {
	for i, run := range e.Log.Runs {
		retried, restarts := 0, false
		for _, l := range run {
			restarts = mayRestart(l, restarts)
			switch {
			case l.Kind == upgradelog.Retrying:
				retried = l.Number
			case l.Kind == upgradelog.GivingUp && retried < resends() && !restarts && i == len(e.Log.Runs)-1 && !e.gaveUp():
				f.tell("line %d: given up after %d resends; the rule is %d", l.At, retried, resends())
			case l.Kind == upgradelog.Aborting && l.Number <= resends():
				f.tell("line %d: given up after %d missing answers to a block; the rule is %d", l.At, l.Number, resends()+1)
			}
		}
	}
}

// mayRestart reports whether behind a line the meter may be restarting. Then it is asked without a
// line for every missing answer, and longer.
func mayRestart(l upgradelog.Entry, before bool) bool {
	switch l.Kind {
	case upgradelog.EnteredDownloadState, upgradelog.AlreadyInDownloadState, upgradelog.Verified:
		return true
	case upgradelog.Proceeding, upgradelog.Completed: // blocks have lines of their own; what else is asked for there is a meter that was reset
		return true
	case upgradelog.FlashCleared, upgradelog.Restarted:
		return false
	}
	return before
}

func askedTooOften(e *Evidence, f *findings) {
	for _, l := range e.Log.Entries {
		if (l.Kind == upgradelog.Resending || l.Kind == upgradelog.Retrying) && l.Number > resends() {
			f.tell("line %d: resend %d of a request; the rule is %d", l.At, l.Number, resends())
			return
		}
	}
}

// waitedTooShort: an answer is missing at once if the connection breaks, which the log does not
// show. Each of the others was waited for.
func waitedTooShort(e *Evidence, f *findings) {
	if e.Tool.Response == 0 {
		return
	}
	var first time.Duration
	broken := 0
	for _, event := range e.Story {
		if struck, ok := event.What.(story.FaultStruck); ok && struck.Fault.Kind.OfConnection() {
			broken++
		}
		told, ok := event.What.(LineTold)
		if !ok {
			continue
		}
		l := told.LogLine()
		switch least := time.Duration(l.Number-2-broken) * e.Tool.Response; {
		case (l.Kind == upgradelog.Resending || l.Kind == upgradelog.Retrying) && l.Number == 1:
			first, broken = event.At, 0
		case l.Kind == upgradelog.Aborting && event.At-first < least:
			f.tell("%d answers were waited for no longer than %v; the rule is %v for each", l.Number-1, event.At-first, e.Tool.Response)
		}
	}
}
