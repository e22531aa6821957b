package verdict

import (
	"fmt"
	"strings"
)

// Judge returns what an attempt violated, in a fixed order.
func Judge(e *Evidence) []Violation {
	var f findings
	acts := e.acts()
	for i := range sentences {
		s := &sentences[i]
		f.rule, f.act = s.rule, 0
		if e.Mistook && s.rule != Crashed && s.rule != I5 {
			continue
		}
		if !s.act {
			s.on(e, &f)
			continue
		}
		for i := range acts {
			if len(acts) > 1 {
				f.act = i + 1
			}
			s.on(&acts[i], &f)
		}
	}
	return f.list
}

// sentence is one demand of a rule.
type sentence struct {
	rule   Rule
	says   string
	about  func(*Evidence) bool
	broken func(*Evidence, *findings)
	act    bool // it is about each act, and not about the attempt as a whole
}

func (s *sentence) on(e *Evidence, f *findings) {
	if s.about(e) {
		s.broken(e, f)
	}
}

// findings are the violations found so far, and the rule that is being checked.
type findings struct {
	rule Rule
	act  int
	list []Violation
}

// tell adds a violation with its reason, in one line.
func (f *findings) tell(format string, args ...any) {
	v := violation(f.rule, 0, format, args...)
	v.Act = f.act
	f.list = append(f.list, v)
}

func violation(r Rule, attempt int, format string, args ...any) Violation {
	reason := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ") // the text of joined errors has several lines
	return Violation{Rule: r, Attempt: attempt, Reason: reason}
}

// sentences are everything that is judged, in the order in which it is reported.
var sentences = [...]sentence{
	{Crashed, "nothing ends the tool that nobody meant to", every, crashed, ofAttempt},
	{I5, "the tool comes to its end", every, atWork, ofAttempt},

	{I9, "the flash of another meter on the line is not touched", every, othersFlashed, ofAttempt},
	{I9, "another meter on the line runs on", every, othersStopped, ofAttempt},
	{I9, "no setting of another meter on the line is changed", every, othersLost, ofAttempt},

	{I2, "success is claimed only of a meter that holds exactly the image", ended, withoutImage, ofAct},
	{I2, "success is claimed only of a meter that runs the image", ended, notRunning, ofAct},
	{I2, "success is claimed only of a meter that says so by another protocol, too", ended, contradicted, ofAttempt},
	{I2, "the exit status is that of a success only after one", ended, falseStatus, ofAttempt},
	{I3, "failure is claimed only if it is one", ended, falseAlarm, ofAct},
	{I3, "no request is given up before it was sent again as often as the article says", ownLog, gaveUpTooSoon, ofAttempt},
	{I3, "no request is given up before its answers were waited for", ownLog, waitedTooShort, ofAttempt},
	{I5, "no request is sent again more often than the article says", ownLog, askedTooOften, ofAttempt},
	{I2, "success is claimed only if every promised setting is there", ended, brokenPromise, ofAct},

	{I2, "success is claimed only if the name of the template is there, where settings are promised", aside, templateLost, ofAttempt},
	{I2, "success is claimed only of a meter whose record is that of the file", aside, otherRecord, ofAttempt},

	{I6, "the log can be read", logs, unreadable, ofAttempt},
	{I6, "the log's last word is that of the exit status", logs, otherWord, ofAttempt},
	{I6, "what earlier runs wrote into the log stays", aside, logGone, ofAttempt},
	{I6, "what the log says of the file and the meter is so", aside, otherFacts, ofAttempt},
	{I6, "the password is not told", aside, toldSecret, ofAttempt},
	{I6, "the tool counts the blocks that the line saw", logs, otherCount, ofAttempt},
	{I6, "the log counts every block and every missing answer", logs, wrongCounts, ofAttempt},
	{I6, "percentages and efficiency follow from the blocks", logs, wrongProgress, ofAttempt},
	{I6, "the log has no resend that the line did not see", logs, resendsToldTooOften, ofAttempt},
	{I6, "the log is never ahead of the meter", logs, aheadOfMeter, ofAttempt},
	{I6, "every line that the tool told is on the disk", logs, linesMissing, ofAttempt},
	{I6, "the log tells of nothing more often than the meter did it", logs, toldTooOften, ofAttempt},
	{I6, "a log that is kept is kept until the tool is killed", logs, gap, ofAttempt},
	{I6, "what earlier upgrades wrote stays in the log", ownLog, cutLog, ofAttempt},
	{I6, "the log ends as the tool says that the upgrade ended", ownLog, otherEnd, ofAttempt},
	{I6, "nothing comes after the end of an upgrade", ownLog, twoEnds, ofAttempt},
	{I6, "the log names the meter", ownLog, otherDevice, ofAttempt},
	{I6, "every request that was sent again is in the log", ownLog, resendsUntold, ofAttempt},
	{I6, "the last efficiency is that of the whole download", ownLog, otherEfficiency, ofAttempt},
	{I6, "a tool whose log lacks lines says so", ownLog, hiddenLogFailure, ofAttempt},

	{Conduct, "frames and requests are sent as the protocol has them, the clock is not set wrong, and an abort is one", aside, misconduct, ofAttempt},

	{I7, "from the first erase until the settings are back there is a journal", ended, noJournal, ofAct},
	{I8, "the flash is not touched where it must not be", tried, flashTouched, ofAct},
	{I8, "the meter is not told to enter download state where its flash must not be touched", tried, loaderForNothing, ofAct},
	{I8, "a meter whose flash was not touched is left in its application", aside, leftInLoader, ofAttempt},
	{I8, "an upgrade that is ended before anything is erased gives the meter back to its application", ended, notGivenBack, ofAttempt},
	{I8, "a tool that refuses has not touched the flash", ended, refusedTooLate, ofAct},
	{I2, "success is claimed only of an upgrade that may be", ended, whatMayNotBe, ofAct},
	{I7, "no setting is lost where the flash was not touched", ended, lostWithoutFlash, ofAct},
	{I7, "what is written back is what somebody wrote last", knowsTruth, replaced, ofAct},
	{I7, "what is written back is what the person wants back", knowsTruth, unwanted, ofAct},
	{I6, "the log names no settings as restored that are not", knowsTruth, falselyRestored, ofAct},
	{I7, "a journal is the last copy of nothing when it goes", knowsTruth, destroyed, ofAct},
	{I2, "what the tool says it has written is in the meter", knowsTruth, unwritten, ofAct},
	{I9, "another meter's journal stays as it is", every, harmed, ofAttempt},
	{I9, "a meter that another process of the computer has is left alone", every, intruded, ofAttempt},
	{I9, "nobody else writes into a log while an upgrade does", every, mixed, ofAttempt},

	{I1, "with power and line back the meter answers", recovers, nobodyAnswers, ofAttempt},
	{I4, "a recovery that nothing disturbs ends in success", recovers, notRecovered, ofAttempt},
	{I7, "after a recovery the settings are as they should be", recovers, lostByRecovery, ofAttempt},

	{Expected, "an upgrade that should succeed does", expects, failed, ofAttempt},
	{Expected, "an upgrade that need not succeed, and does not, leaves the flash alone", expects, touched, ofAttempt},
	{Expected, "the flash is cleared once where once is enough", expects, severalPasses, ofAttempt},
	{Unstruck, "every fault of the plan strikes", every, unstruck, ofAttempt},
}

const (
	ofAttempt = false
	ofAct     = true
)

func every(*Evidence) bool        { return true }
func tried(e *Evidence) bool      { return e.Upgrade }
func ended(e *Evidence) bool      { return e.Upgrade && e.Tool.Ended }
func logs(e *Evidence) bool       { return ended(e) && e.Log != nil }
func ownLog(e *Evidence) bool     { return logs(e) && !e.Tool.Foreign && e.Log.Err == nil }
func knowsTruth(e *Evidence) bool { return e.Truth != nil }
func aside(e *Evidence) bool      { return ended(e) && e.Aside != nil }
func recovers(e *Evidence) bool   { return e.Recovery != nil }
func expects(e *Evidence) bool    { return ended(e) && e.Expected != nil }

// CannotBegin is a violation of I4: a recovery could not even begin.
func CannotBegin(attempt int, err error) Violation {
	return violation(I4, attempt, "the recovery cannot begin: %v", err)
}

// NotRecovered is a violation of I4: a recovery that nothing disturbed ended with an error, or
// with another image in the meter.
func NotRecovered(claim error) Violation {
	return violation(I4, 0, "a recovery that nothing disturbs ends with %q, and the meter does not run the image", ending(claim))
}

// Silent is a violation of I1: the meter did not answer when the attempt was to begin.
func Silent(attempt int) Violation { return violation(I1, attempt, silence) }

// Panicked is a violation of I5: the model itself panicked.
func Panicked(with any) Violation { return violation(I5, 0, "the model panics: %v", with) }

func harmed(e *Evidence, f *findings) {
	if e.Harmed != "" {
		f.tell("%s", e.Harmed)
	}
}
