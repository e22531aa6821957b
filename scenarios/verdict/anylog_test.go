package verdict

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// logOf is a log of lines in this order.
func logOf(kinds ...upgradelog.Kind) []byte {
	var b []byte
	for i, k := range kinds {
		b = upgradelog.Append(b, upgradelog.Line{Kind: k, Number: 10 * i, Total: i})
	}
	return b
}

// FuzzJudgeOfAnyLog: whatever a program writes as its log, and whatever the line has seen, there is
// a verdict.
func FuzzJudgeOfAnyLog(f *testing.F) {
	f.Add([]byte(nil), 0, 0, 0, true)
	f.Add(logOf(upgradelog.UpgradeStarted, upgradelog.Efficiency, upgradelog.Proceeding, upgradelog.Completed), 12, 0, 0, true)
	f.Add(logOf(upgradelog.UpgradeStarted, upgradelog.Proceeding, upgradelog.Efficiency, upgradelog.Efficiency), 0, 1, 0, true)
	f.Add(logOf(upgradelog.UpgradeStarted, upgradelog.Proceeding, upgradelog.Completed, upgradelog.Resending, upgradelog.Aborting), 12, 14, 12, false)
	f.Add([]byte("\xff\xfe\x00%%%"), 1, 1, 1, true)
	f.Fuzz(func(_ *testing.T, log []byte, blocks, sent, answered int, foreign bool) {
		events := []story.Event{
			{What: story.StateEntered{State: meter.Erasing}}, {What: story.StateEntered{State: meter.Receiving}},
			{What: story.BlockProgrammed{Block: uint32(answered)}}, {What: story.ImageChecked{Status: ion.StatusOK}},
		}
		for _, err := range []error{nil, errors.New("exit 1")} {
			for _, story := range [][]story.Event{nil, events} {
				Judge(&Evidence{
					Upgrade: true, Revision: "7350V283", Meter: &Condition{State: meter.Application}, Log: ReadLog(log, 0), Story: story,
					Tool: Tool{Foreign: foreign, Ended: true, Err: err, Counts: client.Counts{Blocks: blocks, Transmitted: sent, Confirmed: answered, Answered: answered, Passes: 1}},
					Cost: Cost{Blocks: uint64(sent)}, Expected: &Expectation{Success: true, OnePass: true},
				})
			}
		}
	})
}

// Nine of sixteen are 56.25 %, which some programs write as 56.2 and others as 56.3.
func TestAnEfficiencyMayBeRoundedEitherWay(t *testing.T) {
	for number, broken := range map[int]bool{561: true, 562: false, 563: false, 564: true} {
		var b []byte
		for _, l := range []upgradelog.Line{{Kind: upgradelog.UpgradeStarted}, {Kind: upgradelog.FlashCleared}, {Kind: upgradelog.Proceeding}} {
			b = upgradelog.Append(b, l)
		}
		for i := range 7 {
			b = upgradelog.Append(b, upgradelog.Line{Kind: upgradelog.Resending, Number: i + 1, Total: i + 1})
		}
		for percent := 10; percent <= 70; percent += 10 {
			b = upgradelog.Append(b, upgradelog.Line{Kind: upgradelog.Completed, Number: percent})
		}
		b = upgradelog.Append(b, upgradelog.Line{Kind: upgradelog.Efficiency, Number: number})
		log := ReadLog(b, 0)
		e := &Evidence{Log: log, Tool: Tool{Foreign: true, Err: errors.New("exit 1"), Counts: client.Counts{Blocks: 12, Transmitted: 19, Confirmed: 12, Answered: 12}}}
		var f findings
		foreignProgress(e, &f, log.Runs[0])
		told := len(f.list) > 0
		if told != broken {
			t.Errorf("%d tenths of a percent: %v", number, f.list)
		}
	}
}

// "After another clear `Flash memory cleared` and `Proceeding with firmware download` come once more,
// and the percentages begin again." (PROTOCOL.md, section 12)
func TestPercentagesBeginAgainWithEveryClear(t *testing.T) {
	const cleared = 0 // stands for another clear
	for _, row := range []struct {
		percentages []int
		broken      bool
	}{
		{[]int{10, 20, cleared, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, false},
		{[]int{10, 20, cleared, 30, 40, 50, 60, 70, 80, 90, 100}, true},
		{[]int{10, 20, cleared, 10, 20, 40, 50, 60, 70, 80, 90, 100}, true},
		{[]int{10, 20, cleared, 10, 20, 30}, true},
		{[]int{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, cleared}, true},
	} {
		b := upgradelog.Append(nil, upgradelog.Line{Kind: upgradelog.UpgradeStarted})
		b = upgradelog.Append(b, upgradelog.Line{Kind: upgradelog.Proceeding})
		for _, percent := range row.percentages {
			l := upgradelog.Line{Kind: upgradelog.Completed, Number: percent}
			if percent == cleared {
				l = upgradelog.Line{Kind: upgradelog.Proceeding}
			}
			b = upgradelog.Append(b, l)
		}
		log := ReadLog(b, 0)
		e := &Evidence{Log: log, Tool: Tool{Foreign: true, Ended: true, Counts: client.Counts{Blocks: 20, Transmitted: 24, Confirmed: 24, Answered: 20}}}
		var f findings
		foreignProgress(e, &f, log.Runs[0])
		if told := len(f.list) > 0; told != row.broken {
			t.Errorf("%v: %v", row.percentages, f.list)
		}
	}
}

// A meter that is switched on in its loader is ready for blocks, as behind a clear.
func TestALogThatCallsAFlashClearedOfAMeterThatOnlyCameBackInItsLoaderIsWrong(t *testing.T) {
	state := func(s meter.State) story.Event { return story.Event{What: story.StateEntered{State: s}} }
	off, receiving, erasing := state(meter.Off), state(meter.Receiving), state(meter.Erasing)
	for name, test := range map[string]struct {
		before meter.State
		events []story.Event
		clears int
	}{
		"switched on":               {meter.Receiving, []story.Event{off, receiving}, 0},
		"cleared":                   {meter.Application, []story.Event{receiving, erasing, receiving}, 1},
		"cleared when it began":     {meter.Erasing, []story.Event{receiving}, 1},
		"switched off in the clear": {meter.Receiving, []story.Event{erasing, off, receiving}, 0},
		"of another meter":          {meter.Receiving, []story.Event{{Source: story.Line, What: erasing.What}, receiving}, 0},
	} {
		if n := Clears(test.events, test.before); n != test.clears {
			t.Errorf("%s: %d clears", name, n)
		}
		b := logOf(upgradelog.UpgradeStarted, upgradelog.FlashCleared)
		broken := Judge(&Evidence{
			Upgrade: true, Revision: "7350V283", Before: Before{State: test.before}, Meter: &Condition{State: meter.Receiving}, Log: ReadLog(b, 0), Story: test.events,
			Tool: Tool{Ended: true, Err: errors.New("exit 1")},
		})
		if told := strings.Contains(fmt.Sprint(broken), `says "Flash memory cleared" 1 times`); told != (test.clears == 0) {
			t.Errorf("%s: told %v: %v", name, told, broken)
		}
	}
}

// A restart whose meter came back in its loader, as its image was not valid, was carried out all the same.
func TestALogMayTellARestartThatLedBackIntoTheLoader(t *testing.T) {
	state := func(s meter.State) story.Event { return story.Event{What: story.StateEntered{State: s}} }
	off, booting, application := state(meter.Off), state(meter.Booting), state(meter.Application)
	download, receiving := state(meter.Download), state(meter.Receiving)
	for name, test := range map[string]struct {
		before   meter.State
		events   []story.Event
		restarts int
	}{
		"into the application":               {meter.Receiving, []story.Event{booting, application}, 1},
		"into the loader, then on":           {meter.Receiving, []story.Event{booting, download, receiving, booting, application}, 2},
		"an enter":                           {meter.Application, []story.Event{booting, download}, 0},
		"switched on in its loader":          {meter.Receiving, []story.Event{off, booting, download}, 0},
		"switched on with an image":          {meter.Receiving, []story.Event{off, booting, application}, 1},
		"restarted, of which another counts": {meter.Download, []story.Event{{Source: story.Line, What: booting.What}}, 0},
	} {
		if n := Restarts(test.events, test.before); n != test.restarts {
			t.Errorf("%s: %d restarts, want %d", name, n, test.restarts)
		}
		b := logOf(upgradelog.UpgradeStarted, upgradelog.Restarted)
		broken := Judge(&Evidence{
			Upgrade: true, Revision: "7350V283", Before: Before{State: test.before}, Meter: &Condition{State: meter.Receiving}, Log: ReadLog(b, 0), Story: test.events,
			Tool: Tool{Ended: true, Err: errors.New("exit 1")},
		})
		if told := strings.Contains(fmt.Sprint(broken), `says "Device restarted" 1 times`); told != (test.restarts == 0) {
			t.Errorf("%s: told %v: %v", name, told, broken)
		}
	}
}
