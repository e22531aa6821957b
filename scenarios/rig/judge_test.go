package rig

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// attempted is a rig after an upgrade of 20 blocks with the cable out at block 10, and its
// outcome, which breaks nothing.
func attempted(t *testing.T) (*Rig, *Outcome) {
	t.Helper()
	r, err := New(&world.World{Firmware: []world.Firmware{{Blocks: 20}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fault.Parse("cable-pull at block 10 for 2 no-responses")
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Violations) > 0 {
		t.Fatalf("the attempt breaks %q", o.Violations)
	}
	return r, o
}

func breaks(o *Outcome, r verdict.Rule) bool {
	return slices.ContainsFunc(o.Violations, func(v verdict.Violation) bool { return v.Rule == r })
}

func wantBroken(t *testing.T, o *Outcome, r verdict.Rule) {
	t.Helper()
	if !breaks(o, r) {
		t.Errorf("%q does not tell of %v", o.Violations, r)
	}
}

// Every scenario relies on the judge: it must see an outcome that is wrong.
func TestTheJudgeSeesWhatIsBroken(t *testing.T) {
	tests := []struct {
		name      string
		invariant verdict.Rule
		spoil     func(*Outcome)
	}{
		{"a run without an end", verdict.I5, func(o *Outcome) { o.Ended = false }},
		{"success without the image", verdict.I2, func(o *Outcome) { o.Meter.Image = false }},
		{"success with another revision", verdict.I2, func(o *Outcome) { o.Meter.Revision = "7350V282" }},
		{"success in download state", verdict.I2, func(o *Outcome) { o.Meter.State = meter.Download }},
		{"failure that is none", verdict.I3, func(o *Outcome) {
			o.Claim = client.ErrNoResponse
			o.Prompts = []client.Prompt{client.ChooseFirmware, client.UpgradeFailed}
		}},
		{"a refusal after the flash was touched", verdict.I8, func(o *Outcome) {
			o.Claim, o.Counts.Transmitted = errors.Join(client.ErrPassword), 0
		}},
		{"blocks that the tool did not count", verdict.I6, func(o *Outcome) { o.Counts.Transmitted-- }},
		{"settings lost without a flash operation", verdict.I7, func(o *Outcome) {
			o.Meter.FlashOps, o.Meter.Lost = 0, ion.AllGroups
			o.Prompts = []client.Prompt{client.ChooseFirmware, client.UpgradeCompleted}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, o := attempted(t)
			test.spoil(o)
			o.judge()
			wantBroken(t, o, test.invariant)
		})
	}
}

func TestTheJudgeSeesALogThatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, from, to string }{
		{"a percentage left out", "30% completed\n", ""},
		{"a percentage twice", "30% completed", "20% completed"},
		{"an efficiency that is too good", "Comm efficiency = 83.3%", "Comm efficiency = 90.0%"},
		{"a resend too many", "No response... resending (2 of 11)\n", "No response... resending (2 of 11)\nNo response... resending (3 of 12)\n"},
		{"a missing answer that is counted twice", "(2 of 11)", "(3 of 11)"},
		{"counts that go back", "(2 of 11)", "(2 of 9)"},
		{"counts beyond what was sent", "(2 of 11)", "(2 of 99)"},
		{"a line of another file", "Firmware verified", "Good morning"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, o := attempted(t)
			spoilt := bytes.Replace(o.Log, []byte(test.from), []byte(test.to), 1)
			if bytes.Equal(spoilt, o.Log) {
				t.Fatalf("%q is not in\n%s", test.from, o.Log)
			}
			o.Log = spoilt
			o.judge()
			wantBroken(t, o, verdict.I6)
		})
	}
}

func TestTheJudgeSeesALogThatIsAheadOfTheMeter(t *testing.T) {
	for _, test := range []struct {
		name   string
		remove func(story.Event) bool
	}{
		{"a percentage before the blocks are there", func(e story.Event) bool { return e.What == (story.BlockProgrammed{Block: 12}) }},
		{"cleared before the erase is over", func(e story.Event) bool { return e.What == (story.StateEntered{State: meter.Receiving}) }},
		{"verified by nobody", func(e story.Event) bool { return e.What.Kind() == "verified" }},
		{"restarted without an application", func(e story.Event) bool { return e.What == (story.StateEntered{State: meter.Application}) }},
		{"a line on the disk that nobody told", func(e story.Event) bool { return e.What.Kind() == "log" && e.What.Details() == "Firmware verified" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, o := attempted(t)
			o.Trace = slices.DeleteFunc(slices.Clone(o.Trace), test.remove)
			o.judge()
			wantBroken(t, o, verdict.I6)
		})
	}
}

func TestTheJudgeSeesAJournalThatIsNotThere(t *testing.T) {
	for _, test := range []struct {
		name string
		disk []kept
	}{
		{"no journal", nil},
		{"half a journal", []kept{keep("", "PC-0209A001-11", []byte("ionup journal 1\n"))}},
		{"another meter's journal", []kept{keep("", "PC-0000A000-00", nil)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, o := attempted(t)
			r.Disk().journals = test.disk
			r.attempt.Journal = true
			o.Killed = true
			o.Log = bytes.Split(o.Log, []byte("Upgrade completed"))[0]
			o.evidence = r.evidence()
			o.acts[0].claim.Truth = &verdict.Truth{Kept: ion.AllSettings}
			o.judge()
			wantBroken(t, o, verdict.I7)
		})
	}
}

func TestTheJudgeSeesAMeterThatWasNotToBeTouched(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*attempt)
	}{
		{"a file that cannot be used", func(a *attempt) { a.files.FirmwareErr = client.ErrBadFile }},
		{"a file for another product", func(a *attempt) {
			f := *a.files.Firmware
			f.Product = 7330
			a.files.Firmware = &f
		}},
		{"another unit", func(a *attempt) { a.UnitID = 104 }},
		{"another serial number", func(a *attempt) { a.SerialNumber = "PC-0000A000-00" }},
		{"another password", func(a *attempt) { a.Password = "1" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, o := attempted(t)
			test.change(r.attempt)
			o.evidence = r.evidence()
			o.judge()
			wantBroken(t, o, verdict.I8)
		})
	}
	r, o := attempted(t)
	r.attempt.UnitID, r.attempt.SerialNumber, r.attempt.Password = 105, "PC-0209A001-11", "00"
	o.evidence = r.evidence()
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("what was asked for breaks %q", o.Violations)
	}
}

// Lines that the disk had no room for cannot be compared, but the others must still be right.
func TestTheJudgeTakesALogThatWasCutShortAsFarAsItGoes(t *testing.T) {
	_, o := attempted(t)
	cut := bytes.Index(o.Log, []byte("30% completed"))
	if cut < 0 {
		t.Fatalf("no 30%% in\n%s", o.Log)
	}
	o.Log = o.Log[:cut]
	o.Unsaid = 30
	o.evidence.Tool.LogFailed = true
	o.Counts.Transmitted++ // one more than in the log
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("a log that was cut short breaks %q", o.Violations)
	}
	o.Log = append(bytes.Clone(o.Log), "No response... resending (1 of 9)\nNo response... resending (2 of 8)\n"...)
	o.judge()
	wantBroken(t, o, verdict.I6)
}

func TestTheJudgeKnowsAChipThatWentBadFromALie(t *testing.T) {
	_, o := attempted(t)
	o.Meter.Image, o.Meter.Revision, o.Meter.BadChip, o.Meter.Initialized = false, "", true, false
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("an application whose chip wears out breaks %q", o.Violations)
	}
	o.Meter.Running = "7350V282"
	o.judge()
	wantBroken(t, o, verdict.I2)
}

func TestTheJudgeDoesNotHurryAPCThatSleeps(t *testing.T) {
	_, o := attempted(t)
	o.Ended, o.Asleep = false, true
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("a PC that sleeps breaks %q", o.Violations)
	}
}

func TestTheJudgeSeesPromisedSettingsThatAreLost(t *testing.T) {
	_, o := attempted(t)
	o.acts[0].claim.Truth = &verdict.Truth{Broken: ion.SettingsOf(ion.Of(ion.Nameplate))}
	o.judge()
	wantBroken(t, o, verdict.I2)
}

func TestTheJudgeSeesARecoveryThatIsNone(t *testing.T) {
	_, o := attempted(t)
	o.evidence.Recovery = &verdict.Recovery{Answers: true}
	o.judge()
	if len(o.Violations) > 0 {
		t.Fatalf("a good end breaks %q", o.Violations)
	}

	silent := *o
	silent.evidence.Recovery = new(verdict.Recovery)
	silent.judge()
	wantBroken(t, &silent, verdict.I1)

	lost := *o
	lost.evidence.Recovery = &verdict.Recovery{Answers: true, Lost: ion.AllGroups}
	lost.judge()
	wantBroken(t, &lost, verdict.I7)

	failed := *o
	failed.Claim = client.ErrNoResponse
	failed.judge()
	wantBroken(t, &failed, verdict.I4)
	failed.evidence.Recovery = &verdict.Recovery{Answers: true, Struck: true}
	failed.judge()
	if len(failed.Violations) > 0 {
		t.Errorf("a recovery with faults of its own may fail, and breaks %q", failed.Violations)
	}
}

func TestTwoFuturesOfOneRigKeepLogsOfTheirOwn(t *testing.T) {
	r, _ := attempted(t)
	r.Disk().Log = slices.Grow(r.Disk().Log, 1<<16) // copies that share this memory would overwrite each other
	if err := r.PutFirmware(world.Firmware{Blocks: 1}); err != nil {
		t.Fatal(err)
	}
	logOf := func(r *Rig, plan string) []byte {
		p, err := fault.Parse(plan)
		if err != nil {
			t.Fatal(err)
		}
		o, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: p})
		if err != nil {
			t.Fatal(err)
		}
		return o.Log
	}
	one, other := r.Clone(), r.Clone()
	first := logOf(one, "abort at block 1")
	before := bytes.Clone(first)
	logOf(other, "")
	logOf(r, "cable-pull at block 1")
	if !bytes.Equal(first, before) {
		t.Errorf("the log of one future was\n%s\nand is\n%s\nafter another", before, first)
	}
}

// If the disk had no room for all lines, the log need not agree with the lines of the trace, and
// it does not show whether the journal was still needed.
func TestTheJudgeExpectsNothingOfWhatTheDiskHadNoRoomFor(t *testing.T) {
	r, o := attempted(t)
	r.attempt.Journal = true
	o.Killed = true
	o.Log = bytes.Split(o.Log, []byte("100% completed"))[0]
	o.evidence = r.evidence()
	o.acts[0].claim.Truth = &verdict.Truth{Kept: ion.AllSettings}
	o.judge()
	wantBroken(t, o, verdict.I6)
	wantBroken(t, o, verdict.I7)
	o.Unsaid = 5
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("a disk that was full breaks %q", o.Violations)
	}
}

func TestTheJudgeKnowsAMeterThatIsStruckAfterItsUpgrade(t *testing.T) {
	_, o := attempted(t)
	o.Meter.State = meter.Booting
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("a restart after the upgrade breaks %q", o.Violations)
	}
	o.Meter.Initialized = false
	o.judge()
	wantBroken(t, o, verdict.I2)
}

func TestTheJudgeKnowsTheMarkOfAFirstStartFromAnErase(t *testing.T) {
	_, o := attempted(t)
	o.Claim, o.Counts.Transmitted, o.Unsaid, o.Meter.FlashOps = client.ErrBadFile, 0, 1, 1
	o.judge()
	if breaks(o, verdict.I8) {
		t.Errorf("a meter that starts an image for the first time breaks %q", o.Violations)
	}
	o.Meter.Initialized = false
	o.judge()
	wantBroken(t, o, verdict.I8)
}

func TestTheJudgeKnowsASecondRefusalFromAFirst(t *testing.T) {
	_, o := attempted(t)
	o.Claim, o.Counts.Transmitted, o.Unsaid = client.ErrBadFile, 0, 1
	o.Prompts = []client.Prompt{client.ChooseFirmware, client.UpgradeFailed, client.RecoverUpgrade, client.ChooseFirmware}
	o.Meter.Image = false
	o.judge()
	if breaks(o, verdict.I8) {
		t.Errorf("a file that is gone when it is chosen again breaks %q", o.Violations)
	}
	o.Prompts = o.Prompts[:2]
	o.judge()
	wantBroken(t, o, verdict.I8)
}

// A request that the tool sent often earlier does not excuse a tool that gives up too soon.
func TestTheJudgeExcusesAFailureOnlyByTheRequestThatEndedIt(t *testing.T) {
	_, o := attempted(t)
	o.Claim = client.ErrNoResponse
	o.Prompts = []client.Prompt{client.ChooseFirmware, client.UpgradeFailed}
	o.Cost.Insisted, o.Unanswered = 30, 2
	o.judge()
	wantBroken(t, o, verdict.I3)
	o.Unanswered = 11
	o.Log, o.evidence.Tool.Zero = o.Log[:bytes.LastIndex(o.Log, []byte("Upgrade completed"))], false
	o.Log = append(bytes.Clone(o.Log), "Upgrade failed at Thursday, March 06, 2008 4:02:28 PM\n"...)
	o.Trace = nil // it tells of the other end
	o.judge()
	if len(o.Violations) > 0 {
		t.Errorf("eleven questions without an answer break %q", o.Violations)
	}
}
