package verdict_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// upgraded is the evidence of a program that has upgraded a meter.
func upgraded() *verdict.Evidence {
	const revision = "7350V283"
	return &verdict.Evidence{
		Upgrade:  true,
		Tool:     verdict.Tool{Foreign: true, Ended: true},
		Revision: revision,
		Before:   verdict.Before{State: meter.Application},
		Meter: &verdict.Condition{
			State: meter.Application, Revision: revision, Running: revision, Image: true, Initialized: true, FlashOps: 1000, Connected: true,
		},
	}
}

// beside adds a meter to the line to which nothing happens.
func beside(e *verdict.Evidence) *verdict.Other {
	e.Others = []verdict.Other{{UnitID: 7, SerialNumber: "PC-B", Before: meter.Application, State: meter.Application}}
	return &e.Others[0]
}

// resent gives a program that sent block 5 of 9 again the log of it: so many resends, of which
// the line saw fewer.
func resent(e *verdict.Evidence, told, seen int) {
	log := "Upgrade started at Thursday, March 06, 2008 3:57:48 PM\nProceeding with firmware download\n"
	for i := range told {
		log += fmt.Sprintf("No response... resending (%d of %d)\n", i+1, 5+i)
	}
	e.Log = verdict.ReadLog([]byte(log), 0)
	e.Cost.Resends, e.Cost.Blocks = uint64(seen), uint64(4+seen)
	e.Tool.Counts = client.Counts{Blocks: 9, Transmitted: 4 + seen, Confirmed: 4, Passes: 1}
	if e.Tool.Foreign {
		e.Tool.Err, e.Tool.Aborted = errors.New("exit 1"), true
	}
}

func TestTheEvidenceOfAProgramIsJudgedByTheOneRule(t *testing.T) {
	errExit := errors.New("exit 4")
	untouched := func(e *verdict.Evidence) {
		e.Meter.FlashOps, e.Meter.Image, e.Meter.Running, e.Meter.Revision = 0, false, "7350V282", "7350V282"
	}
	abortedInLoader := func(e *verdict.Evidence) {
		untouched(e)
		e.Tool = verdict.Tool{Ended: true, Err: client.ErrAborted, Aborted: true, Ordered: true, Windows: []client.Prompt{client.UpgradeFailed}}
		e.Meter.State = meter.Download
	}
	for _, test := range []struct {
		name   string
		change func(e *verdict.Evidence)
		broken []verdict.Rule
	}{
		{"an upgrade", func(*verdict.Evidence) {}, nil},
		{"a failure that is none", func(e *verdict.Evidence) { e.Tool.Err = errExit }, []verdict.Rule{verdict.I3}},
		{"a success that the witness confirms", func(e *verdict.Evidence) { e.Witness = &verdict.Witness{Before: "7350V282", After: "7350V283"} }, nil},
		{"a success that the witness denies", func(e *verdict.Evidence) { e.Witness = &verdict.Witness{Before: "7350V282", After: "7350V282"} }, []verdict.Rule{verdict.I2}},
		{"a success to which the witness says nothing", func(e *verdict.Evidence) { e.Witness = new(verdict.Witness) }, []verdict.Rule{verdict.I2}},
		{"another meter whose flash was touched", func(e *verdict.Evidence) { beside(e).Flashed = true }, []verdict.Rule{verdict.I9}},
		{"another meter that was sent into its loader", func(e *verdict.Evidence) { beside(e).State = meter.Download }, []verdict.Rule{verdict.I9}},
		{"another meter that lost settings", func(e *verdict.Evidence) { beside(e).Lost = ion.Of(ion.Clock) }, []verdict.Rule{verdict.I9}},
		{"another meter that was left alone", func(e *verdict.Evidence) { beside(e) }, nil},
		{"another meter that was still erasing", func(e *verdict.Evidence) {
			o := beside(e)
			o.Before, o.State, o.Flashed = meter.Erasing, meter.Receiving, true
		}, nil},
		{"one that was sent often, and answered at last", func(e *verdict.Evidence) { e.Tool.Err, e.Cost.Insisted = errExit, 30 }, []verdict.Rule{verdict.I3}},
		{"one whose last request had no answer", func(e *verdict.Evidence) { e.Tool.Err, e.Tool.Unanswered = errExit, 11 }, nil},
		{"one that was aborted", func(e *verdict.Evidence) { e.Tool.Err, e.Tool.Aborted = errExit, true }, nil},
		{"one that was killed", func(e *verdict.Evidence) { e.Tool.Err, e.Tool.Killed = errExit, true }, nil},
		{"one that a recovery claims, of which settings were lost before", func(e *verdict.Evidence) {
			e.Tool.Err, e.Lost = errExit, ion.Of(ion.Energy)
		}, []verdict.Rule{verdict.I3}},
		{"one whose settings were lost", func(e *verdict.Evidence) { e.Tool.Err, e.Meter.Lost = errExit, ion.AllGroups }, nil},
		{"a success that is none", untouched, []verdict.Rule{verdict.I2}},
		{"a success of what never ran, though nothing was written", func(e *verdict.Evidence) {
			e.Meter.FlashOps, e.Meter.Initialized, e.Meter.Running, e.Meter.State = 0, false, "", meter.Off
		}, []verdict.Rule{verdict.I2}},
		{"a success that must not be", func(e *verdict.Evidence) { untouched(e); e.Forbidden = "the password is wrong" }, []verdict.Rule{verdict.I2, verdict.I2}},
		{"a meter that was erased for a wrong file, by a program without end", func(e *verdict.Evidence) {
			untouched(e)
			e.Forbidden, e.Meter.FlashOps, e.Tool.Ended = "the file is for a 7330", 20, false
		}, []verdict.Rule{verdict.I5, verdict.I8}},
		{"a loader that was started for a wrong file", func(e *verdict.Evidence) {
			untouched(e)
			e.Forbidden, e.Tool.Err, e.Meter.State = "the file is for a 7330", errExit, meter.Download
		}, []verdict.Rule{verdict.I8}},
		{"a meter that is left in its loader by who aborts", abortedInLoader, []verdict.Rule{verdict.I8}},
		{"a meter whose loader misreads the image it was to start again", func(e *verdict.Evidence) { abortedInLoader(e); e.Meter.BadChip = true }, nil},
		{"a refusal behind the clear", refusedBehindTheClear, []verdict.Rule{verdict.I8}},
		{"one of a loader that another tool had brought back into an application", func(e *verdict.Evidence) {
			refusedBehindTheClear(e)
			e.Contested, e.Tool.Orders, e.Before.State = true, 1, meter.Download
		}, nil},
		{"one because of a twin that came on", func(e *verdict.Evidence) { refusedBehindTheClear(e); twin(e).Switched = true }, nil},
		{"one because of a twin that was there before", func(e *verdict.Evidence) { refusedBehindTheClear(e); twinRuns(e) }, []verdict.Rule{verdict.I8}},
		{"one where a neighbour of another unit came on", func(e *verdict.Evidence) {
			refusedBehindTheClear(e)
			o := twin(e)
			o.UnitID, o.Switched = o.UnitID+1, true
		}, []verdict.Rule{verdict.I8}},
		{"a recovery that fails", recoveryFails, []verdict.Rule{verdict.I4}},
		{"one that a twin is in the way of", func(e *verdict.Evidence) { recoveryFails(e); twinRuns(e) }, nil},
		{"one beside a twin without power", func(e *verdict.Evidence) { recoveryFails(e); twin(e) }, []verdict.Rule{verdict.I4}},
		{"a twin that restarts into its application", func(e *verdict.Evidence) { twinRuns(e).State = meter.Booting }, nil},
		{"a twin that was left in its loader", func(e *verdict.Evidence) { twinRuns(e).State = meter.Download }, []verdict.Rule{verdict.I9}},
		{"a neighbour that restarts", func(e *verdict.Evidence) {
			o := twinRuns(e)
			o.UnitID, o.State = o.UnitID+1, meter.Booting
		}, []verdict.Rule{verdict.I9}},
		{"a twin that was taken for the meter", func(e *verdict.Evidence) { mistaken(e); e.Mistook = true }, nil},
		{"a twin that was flashed beside the meter", mistaken, []verdict.Rule{verdict.I9, verdict.I2}},
		{"a tool at work without end on a twin", func(e *verdict.Evidence) { mistaken(e); e.Mistook, e.Tool.Ended = true, false }, []verdict.Rule{verdict.I5}},
		{"a meter that is left in its loader by who aborts twice", func(e *verdict.Evidence) { abortedInLoader(e); e.Tool.Hurried = true }, nil},
		{"one whose image is no longer good", func(e *verdict.Evidence) { abortedInLoader(e); e.Meter.Revision = "" }, nil},
		{"one that was asked five times in vain", func(e *verdict.Evidence) { abortedInLoader(e); e.Tool.Asked = 5 }, nil},
		{"one that was asked four times in vain", func(e *verdict.Evidence) { abortedInLoader(e); e.Tool.Asked = 4 }, []verdict.Rule{verdict.I8}},
		{"one that answered, when requests had been lost", func(e *verdict.Evidence) { abortedInLoader(e); e.Cost.Resends, e.Cost.Died, e.Died = 9, 9, 9 }, []verdict.Rule{verdict.I8}},
		{"settings that are lost and were not promised", func(e *verdict.Evidence) { e.Lost, e.Meter.Lost = ion.AllGroups, ion.AllGroups }, nil},
		{"settings that were promised", func(e *verdict.Evidence) { e.Lost, e.Tool.Keeps = ion.AllGroups, true }, []verdict.Rule{verdict.I2}},
		{"settings that are lost for nothing", func(e *verdict.Evidence) {
			untouched(e)
			e.Tool.Err, e.Lost, e.Meter.Lost = errExit, ion.AllGroups, ion.AllGroups
		}, []verdict.Rule{verdict.I7}},
		{"settings that were put right", func(e *verdict.Evidence) { untouched(e); e.Tool.Err, e.Meter.Lost = errExit, ion.AllGroups }, nil},
		{"a crash", func(e *verdict.Evidence) { untouched(e); e.Tool.Err, e.Tool.Crash = errExit, "a segmentation fault" }, []verdict.Rule{verdict.Crashed}},
		{"an upgrade that should have succeeded", func(e *verdict.Evidence) {
			untouched(e)
			e.Tool.Err, e.Expected = errExit, &verdict.Expectation{Success: true}
		}, []verdict.Rule{verdict.Expected}},
		{"a flash that was cleared twice", func(e *verdict.Evidence) {
			e.Tool.Counts.Passes, e.Expected = 2, &verdict.Expectation{OnePass: true}
		}, []verdict.Rule{verdict.Expected}},
		{"a fault that never struck", func(e *verdict.Evidence) { e.Unstruck = make([]story.Unstruck, 1) }, []verdict.Rule{verdict.Unstruck}},
		{"one that never struck where something else is wrong", func(e *verdict.Evidence) {
			e.Tool.Err, e.Unstruck = errExit, []story.Unstruck{{Fault: fault.Fault{}, Reason: "why"}}
		}, []verdict.Rule{verdict.I3}},
		{"a recovery that fails", func(e *verdict.Evidence) {
			untouched(e)
			e.Tool.Err, e.Meter.FlashOps, e.Recovery = errExit, 5, &verdict.Recovery{Answers: true}
		}, []verdict.Rule{verdict.I4}},
		{"a recovery that is struck itself", func(e *verdict.Evidence) {
			untouched(e)
			e.Tool.Err, e.Meter.FlashOps, e.Recovery = errExit, 5, &verdict.Recovery{Answers: true, Struck: true}
		}, nil},
		{"a recovery that loses settings", func(e *verdict.Evidence) { e.Recovery = &verdict.Recovery{Answers: true, Lost: ion.AllGroups} }, []verdict.Rule{verdict.I7}},
		{"a failure whose last request died once with its connection", func(e *verdict.Evidence) {
			e.Tool.Err, e.Tool.Unanswered, e.Died = errExit, 10, 1
		}, nil},
		{"a log with a resend that died with its connection", func(e *verdict.Evidence) { resent(e, 2, 1); e.Died = 1 }, nil},
		{"a log with a resend that the line never saw", func(e *verdict.Evidence) { resent(e, 2, 1) }, []verdict.Rule{verdict.I6, verdict.I6}},
		{"a log with a resend more than connections died", func(e *verdict.Evidence) { resent(e, 3, 1); e.Died = 1 }, []verdict.Rule{verdict.I6}},
		{"a log with a gap", func(e *verdict.Evidence) { e.Log = &verdict.Log{Gap: true} }, []verdict.Rule{verdict.I6}},
		{"a log that tells of a meter that did nothing", func(e *verdict.Evidence) {
			e.Log = verdict.ReadLog([]byte("2007-08-22 09:46:22:414> Flash memory cleared\n"), 0)
			e.Story = []story.Event{{What: story.StateEntered{State: meter.Download}}}
		}, []verdict.Rule{verdict.I6}},
	} {
		e := upgraded()
		test.change(e)
		var broken []verdict.Rule
		for _, v := range verdict.Judge(e) {
			broken = append(broken, v.Rule)
		}
		if !slices.Equal(broken, test.broken) {
			t.Errorf("%s breaks %v, want %v: %q", test.name, broken, test.broken, verdict.Judge(e))
		}
	}
}

// twin adds another meter of the same unit id, which has no power.
func twin(e *verdict.Evidence) *verdict.Other {
	e.Others = []verdict.Other{{UnitID: e.Meter.UnitID, SerialNumber: "PC-0102A007-13", Before: meter.Off, State: meter.Off, Settled: true}}
	return &e.Others[0]
}

func twinRuns(e *verdict.Evidence) *verdict.Other {
	o := twin(e)
	o.Before, o.State = meter.Application, meter.Application
	return o
}

func refusedBehindTheClear(e *verdict.Evidence) {
	e.Tool.Err, e.Tool.Zero = client.ErrWrongSerial, false
	e.Meter.Image, e.Meter.Revision, e.Meter.Running, e.Meter.State = false, "", "", meter.Receiving
}

func recoveryFails(e *verdict.Evidence) {
	refusedBehindTheClear(e)
	e.Meter.FlashOps, e.Tool.Err = 0, client.ErrNoResponse
	e.Recovery = &verdict.Recovery{Answers: true}
}

// mistaken: an upgrade that succeeds, of a twin.
func mistaken(e *verdict.Evidence) {
	e.Meter.FlashOps, e.Meter.Image, e.Meter.Revision, e.Meter.Running = 0, false, "7350V282", "7350V282"
	twinRuns(e).Flashed = true
}
