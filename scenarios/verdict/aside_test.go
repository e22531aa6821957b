package verdict_test

import (
	"errors"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
)

const began = "Upgrade started at Thursday, March 06, 2008 3:57:48 PM\nProceeding with firmware download\n"

// logged gives a program the log of an upgrade of so many blocks.
func logged(e *verdict.Evidence, blocks, sent, resends int, lines string) {
	e.Log = verdict.ReadLog([]byte(began+lines), 0)
	e.Cost.Blocks, e.Cost.Resends = uint64(sent), uint64(resends)
	e.Tool.Counts = client.Counts{Blocks: blocks, Transmitted: sent, Confirmed: blocks, Answered: blocks, Passes: 1}
}

func TestAnHonestLogIsAcceptedInEverySenseThatThePageAllows(t *testing.T) {
	for _, test := range []struct {
		name            string
		blocks, sent    int
		resends         int
		lines           string
		died            int
		breaksSomething bool
	}{
		{"one line for several tens", 1, 1, 0, "100% completed\nComm efficiency = 100.0%\n", 0, false},
		{"a line for each ten", 1, 1, 0, strings.Join([]string{"10%", "20%", "30%", "40%", "50%", "60%", "70%", "80%", "90%", "100%"}, " completed\nComm efficiency = 100.0%\n") + " completed\n", 0, false},
		{"efficiency before its percentage", 2, 2, 0, "Comm efficiency = 100.0%\n50% completed\nComm efficiency = 100.0%\n100% completed\n", 0, false},
		{"a busy answer that counts", 2, 3, 0, "50% completed\nComm efficiency = 100.0%\n100% completed\nComm efficiency = 100.0%\n", 0, false},
		{"a busy answer that does not", 2, 3, 0, "50% completed\nComm efficiency = 50.0%\n100% completed\nComm efficiency = 66.7%\n", 0, false},
		{"a try that died with its connection", 2, 2, 0, "No response... resending (1 of 1)\nNo response... resending (2 of 1)\n50% completed\nComm efficiency = 50.0%\n100% completed\n", 2, false},
		{"a ten too early", 10, 10, 0, "20% completed\n", 0, true},
		{"a percentage that was never reached", 10, 10, 0, "15% completed\n", 0, true},
		{"an efficiency that cannot be", 10, 10, 0, "10% completed\nComm efficiency = 50.0%\n", 0, true},
		{"an efficiency that hides a resend", 2, 3, 1, "No response... resending (1 of 1)\n50% completed\nComm efficiency = 100.0%\n", 0, true},
	} {
		e := upgraded()
		logged(e, test.blocks, test.sent, test.resends, test.lines)
		e.Died = test.died
		if got := verdict.Judge(e); (len(got) > 0) != test.breaksSomething {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestCountsMayBeginAgainWithTheDownload(t *testing.T) {
	e := upgraded()
	logged(e, 9, 12, 2, "No response... resending (1 of 5)\nProceeding with firmware download\nNo response... resending (1 of 2)\n")
	if got := verdict.Judge(e); len(got) > 0 {
		t.Error(got)
	}
}

func TestWhatIsSeenBesidesIsJudged(t *testing.T) {
	errExit := errors.New("exit 1")
	inLoader := func(e *verdict.Evidence) {
		e.Tool.Err, e.Meter.FlashOps, e.Meter.State, e.Meter.Image, e.Meter.Running = errExit, 0, meter.Download, false, ""
		e.Aside = &verdict.Aside{}
	}
	for _, test := range []struct {
		name   string
		change func(*verdict.Evidence)
		broken string
	}{
		{"nothing", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{} }, ""},
		{"a lost name", func(e *verdict.Evidence) { e.Aside, e.Tool.Keeps = &verdict.Aside{Template: "it is lost"}, true }, "I2: success is claimed; it is lost"},
		{"a lost name that nobody promised", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Template: "it is lost"} }, ""},
		{"a lost name, and failure", func(e *verdict.Evidence) { e.Aside, e.Tool.Err = &verdict.Aside{Template: "it is lost"}, errExit }, ""},
		{"another record", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Record: "dated 1974"} }, "I2: success is claimed; dated 1974"},
		{"a log that was begun anew", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Earlier: "gone"} }, "I6: gone"},
		{"a password in the log", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Secret: "there it is"} }, "I6: there it is"},
		{"a line about another meter", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Facts: "another unit"} }, "I6: another unit"},
		{"a frame that should not be", func(e *verdict.Evidence) { e.Aside = &verdict.Aside{Conduct: []string{"it acknowledged too much"}} }, "conduct: it acknowledged too much"},
		{"a good meter left in its loader", inLoader, "I8: nothing was erased, and the meter was left in its loader (exit 1)"},
		{"one whose loader may misread its image", func(e *verdict.Evidence) { inLoader(e); e.Meter.BadChip = true }, ""},
		{"one that was in its loader before", func(e *verdict.Evidence) { inLoader(e); e.Before.State = meter.Download }, ""},
		{"one that could not be reached", func(e *verdict.Evidence) { inLoader(e); e.Meter.Connected = false }, ""},
		{"one that did not answer", func(e *verdict.Evidence) { inLoader(e); e.Tool.Unanswered = 11 }, ""},
		{"one that somebody aborted", func(e *verdict.Evidence) { inLoader(e); e.Tool.Aborted = true }, ""},
		{"a last word that is not the exit status", func(e *verdict.Evidence) {
			e.Log = verdict.ReadLog([]byte(began+"Upgrade failed at Thursday, March 06, 2008 5:07:48 PM\n"), 0)
		}, `I6: the log ends with "Upgrade failed at Thursday, March 06, 2008 5:07:48 PM", and the program with success`},
		{"a failure that touched the flash", func(e *verdict.Evidence) {
			e.Tool.Err, e.Meter.Image, e.Meter.Running = errExit, false, ""
			e.Expected = &verdict.Expectation{Title: "no disk", Untouched: true}
		}, "expected: the upgrade should succeed or leave the flash alone (no disk), and it ended with exit 1 after 1000 flash operations"},
	} {
		e := upgraded()
		test.change(e)
		if got := strings.Join(verdict.Texts(verdict.Judge(e)), "; "); got != test.broken {
			t.Errorf("%s: %q, want %q", test.name, got, test.broken)
		}
	}
}
