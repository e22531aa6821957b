package verdict_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// wholeLog is the log of a short upgrade of this project's tool, in which two answers were missing.
const wholeLog = `Upgrade started at Thursday, March 06, 2008 3:57:48 PM
Device Serial Number = PC-A
Device Unit ID = 7
Flash memory cleared
Proceeding with firmware download
No response... resending (1 of 1)
No response... resending (2 of 2)
10% completed
Comm efficiency = 33.3%
20% completed
Comm efficiency = 33.3%
30% completed
Comm efficiency = 33.3%
40% completed
Comm efficiency = 33.3%
50% completed
Comm efficiency = 33.3%
60% completed
Comm efficiency = 33.3%
70% completed
Comm efficiency = 33.3%
80% completed
Comm efficiency = 33.3%
90% completed
Comm efficiency = 33.3%
100% completed
Comm efficiency = 33.3%
Upgrade completed at Thursday, March 06, 2008 4:02:28 PM
`

// ours is the evidence of an upgrade by this project's tool.
func ours(log string) *verdict.Evidence {
	e := upgraded()
	e.Meter.SerialNumber, e.Meter.UnitID = "PC-A", 7
	e.Tool = verdict.Tool{
		Ended: true, Zero: true, Response: 10 * time.Second, Windows: []client.Prompt{client.ChooseFirmware, client.UpgradeCompleted},
		Counts: client.Counts{Blocks: 1, Answered: 1, Confirmed: 1, Transmitted: 3, Resent: 2, Passes: 1},
	}
	e.Cost.Blocks, e.Cost.Resends = 3, 2
	e.Log = verdict.ReadLog([]byte(log), 0)
	return e
}

// failing is ours after a failure that left the meter without an image.
func failing(lines ...string) *verdict.Evidence {
	e := ours(strings.Join(append(lines, "Upgrade failed at Thursday, March 06, 2008 4:02:28 PM\n"), "\n"))
	e.Tool.Zero, e.Tool.Err, e.Tool.Counts = false, client.ErrNoResponse, client.Counts{Transmitted: 3}
	e.Tool.Windows = []client.Prompt{client.ChooseFirmware, client.UpgradeFailed}
	e.Meter.Image = false
	e.Cost.Resends = 99
	return e
}

func cut(e *verdict.Evidence, old, with string) {
	e.Log = verdict.ReadLog([]byte(strings.Replace(wholeLog, old, with, 1)), e.Log.Unsaid)
}

func TestWhatThisProjectsToolPromisesIsJudged(t *testing.T) {
	const start = "Upgrade started at Thursday, March 06, 2008 3:57:48 PM"
	whole := func(change func(e *verdict.Evidence)) *verdict.Evidence {
		e := ours(wholeLog)
		change(e)
		return e
	}
	truth := func(change func(e *verdict.Evidence, on *verdict.Truth)) *verdict.Evidence {
		e := ours(wholeLog)
		e.Truth = new(verdict.Truth)
		change(e, e.Truth)
		return e
	}
	for name, c := range map[string]struct {
		e      *verdict.Evidence
		broken []verdict.Rule
	}{
		"an upgrade": {ours(wholeLog), nil},

		"given up after ten resends":           {failing(start, "No response... retrying (10 of 10)", "No response... giving up"), nil},
		"given up after nine":                  {failing(start, "No response... retrying (9 of 10)", "No response... giving up"), []verdict.Rule{verdict.I3}},
		"an eleventh resend":                   {failing(start, "No response... retrying (11 of 11)", "No response... giving up"), []verdict.Rule{verdict.I5}},
		"a block given up at the first answer": {failing(start, "No response... aborting (1 of 2)"), []verdict.Rule{verdict.I3}},
		"a restarting meter that is given up":  {failing(start, "Device entered download state", "No response... giving up"), nil},
		"a meter that was reset in the download": {failing(start, "Device Serial Number = PC-A", "Device Unit ID = 7", "Device entered download state", "No response... retrying (5 of 10)", "Flash memory cleared", "Proceeding with firmware download",
			"No response... resending (1 of 1)", "10% completed", "Comm efficiency = 50.0%", "No response... giving up"), nil},
		"a failure with the exit status of a success": {func() *verdict.Evidence {
			e := failing(start)
			e.Tool.Zero = true
			return e
		}(), []verdict.Rule{verdict.I2}},

		"a log without an end":     {whole(func(e *verdict.Evidence) { cut(e, "Upgrade completed at Thursday, March 06, 2008 4:02:28 PM\n", "") }), []verdict.Rule{verdict.I6}},
		"a log with the other end": {whole(func(e *verdict.Evidence) { cut(e, "Upgrade completed", "Upgrade failed") }), []verdict.Rule{verdict.I6}},
		"a log that ends and goes on": {whole(func(e *verdict.Evidence) {
			cut(e, "100% completed", "Upgrade completed at Thursday, March 06, 2008 4:02:28 PM\n100% completed")
		}), []verdict.Rule{verdict.I6}},
		"a log of another meter":       {whole(func(e *verdict.Evidence) { cut(e, "PC-A", "PC-B") }), []verdict.Rule{verdict.I6}},
		"a log of another unit":        {whole(func(e *verdict.Evidence) { cut(e, "ID = 7", "ID = 8") }), []verdict.Rule{verdict.I6}},
		"a log of no meter":            {whole(func(e *verdict.Evidence) { cut(e, "Device Unit ID = 7\n", "") }), []verdict.Rule{verdict.I6}},
		"a resend that is not told":    {whole(func(e *verdict.Evidence) { e.Tool.Counts.Resent++ }), []verdict.Rule{verdict.I6}},
		"a log that has lost its past": {whole(func(e *verdict.Evidence) { e.Log.Cut = true }), []verdict.Rule{verdict.I6}},
		"lines that are missing":       {whole(func(e *verdict.Evidence) { e.Log.Unsaid = 1; e.Tool.LogFailed = true }), nil},
		"lines whose lack is not told": {whole(func(e *verdict.Evidence) { e.Log.Unsaid = 1 }), []verdict.Rule{verdict.I6}},
		"settings that nobody wanted":  {truth(func(_ *verdict.Evidence, on *verdict.Truth) { on.Unwanted = 1 }), []verdict.Rule{verdict.I7}},
		"settings that are said to be back": {truth(func(e *verdict.Evidence, on *verdict.Truth) {
			cut(e, "Upgrade completed", "Settings restored: PT/CT, Clock\nUpgrade completed")
			on.Missing = ion.SettingsOf(ion.Of(ion.Clock))
		}), []verdict.Rule{verdict.I6}},
	} {
		var broken []verdict.Rule
		for _, v := range verdict.Judge(c.e) {
			broken = append(broken, v.Rule)
		}
		if !slices.Equal(broken, c.broken) {
			t.Errorf("%s breaks %v, want %v: %q", name, broken, c.broken, verdict.Judge(c.e))
		}
	}
}

// said is a line that the tool told.
type said struct{ upgradelog.Line }

func (said) Kind() string               { return "log" }
func (s said) Details() string          { return s.Line.String() }
func (s said) LogLine() upgradelog.Line { return s.Line }

func TestAnAnswerIsWaitedForAsLongAsTheToolWasTold(t *testing.T) {
	for took, want := range map[time.Duration]bool{90 * time.Second: false, 89 * time.Second: true} {
		e := failing("Upgrade started at Thursday, March 06, 2008 3:57:48 PM", "No response... aborting (11 of 449)")
		e.Tool.Counts.Transmitted, e.Log.Unsaid, e.Tool.LogFailed = 449, 10, true
		e.Story = []story.Event{
			{At: time.Minute, What: said{upgradelog.Line{Kind: upgradelog.Resending, Number: 1, Total: 439}}},
			{At: time.Minute + took, What: said{upgradelog.Line{Kind: upgradelog.Aborting, Number: 11, Total: 449}}},
		}
		tooShort := slices.ContainsFunc(verdict.Judge(e), func(v verdict.Violation) bool { return v.Rule == verdict.I3 })
		if tooShort != want {
			t.Errorf("after %v: %q", took, verdict.Judge(e))
		}
	}
}
