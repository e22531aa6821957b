package cases_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	stored "ionbench/fixtures/cases"
	"ionbench/scenarios/cases"
)

// broken is an upgrade that breaks: all that can be expected of it has a value.
const broken = `[case]
title = t
[firmware]
blocks = 12
[attempt]
task = upgrade
plan = cable-pull at block 7
[expect]
outcome = failure
`

func TestWhatIsNotAsTheFileSaysIsToldWithItsLine(t *testing.T) {
	for _, c := range []struct{ expect, want string }{
		{"reason = no power", "line 10: the reason has no \"no power\": (no response from the meter: download: 11 requests were not answered; check the cable, the meter's power, the unit id and the baud rate)"},
		{"meter = application", "line 10: meter is receiving, and the file says application"},
		{"revision = 7350V283", "line 10: revision is none, and the file says 7350V283"},
		{"image = intact", "line 10: image is other, and the file says intact"},
		{"flash = untouched", "line 10: flash is changed, and the file says untouched"},
		{"lcd = ION 7350", "line 10: lcd is Upgrading…, and the file says ION 7350"},
		{"event = Firmware upgrade performed", "line 10: the event log has no \"Firmware upgrade performed\" since the attempt began: no entry at all"},
		{"template = x", "line 10: template is 7350_PLANT_A, and the file says x"},
		{"kept = none", "line 10: kept is all, and the file says none"},
		{"defaults = clock, itc", "line 10: clock, itc: not as the factory template has them"},
		{"read = all", "line 10: the tool read no settings"},
		{"prompts = choose-firmware", "line 10: prompts is choose-firmware, upgrade-failed, communication-lost, and the file says choose-firmware"},
		{"prompts = none", "line 10: prompts is choose-firmware, upgrade-failed, communication-lost, and the file says none"},
		{"resends = 9", "line 10: resends is 10, and the file says 9"},
		{"no-responses = 11..12", "line 10: no-responses is 10, and the file says 11..12"},
		{"recovery-mode = yes", "line 10: recovery-mode is no, and the file says yes"},
		{"journals = 1", "line 10: journals is 0, and the file says 1"},
		{"log-has = 60% completed", "line 10: no line of the log has \"60% completed\""},
		{"log-lacks = 50% completed", "line 10: line 20 of the log has \"50% completed\""},
		{"log = no.log", "line 10: open no.log: file does not exist; put the file next to the case"},
		{"log = pipe.log", "line 10: pipe.log is no regular file"},
		{"log = short.log", "line 10: the log is not that of short.log: line 2 is \"Software Version (Build): Version 2.2 (Build 716)\", and the file says \"\""},
		{"log = other.log", "line 10: the log is not that of other.log: line 1 is \"Upgrade started at Thursday, March 06, 2008 3:57:48 PM\", and the file says \"Upgrade started\""},
	} {
		t.Run(c.expect, func(t *testing.T) {
			f := parse(t, broken+c.expect+"\n")
			f.Files = stored.Beside(fstest.MapFS{
				"short.log": {Data: []byte("Upgrade started at Thursday, March 06, 2008 3:57:48 PM\n")},
				"other.log": {Data: []byte("Upgrade started\n")},
				"pipe.log":  {Mode: fs.ModeNamedPipe},
			})
			wantReasons(t, f, c.want)
		})
	}
}

func wantReasons(t *testing.T, c *cases.Case, want ...string) {
	t.Helper()
	r := play(t, c)
	if got := strings.Join(r.Reasons, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the reasons are\n%s\nand should be\n%s", got, strings.Join(want, "\n"))
	}
	if r.Passed() != (len(want) == 0) {
		t.Errorf("passed: %v", r.Passed())
	}
}

func TestAnotherOutcomeIsToldWithItsReason(t *testing.T) {
	wantReasons(t, parse(t, broken))
	wantReasons(t, parse(t, strings.Replace(broken, "outcome = failure", "outcome = success", 1)),
		"line 9: outcome is failure (no response from the meter: download: 11 requests were not answered; check the cable, the meter's power, the unit id and the baud rate), and the file says success")
	wantReasons(t, parse(t, strings.Replace(broken, "cable-pull at block 7", "cable-pull at block 7 for 1 no-responses", 1)),
		"line 9: outcome is success, and the file says failure")
}

func TestAPlanThatNeverStrikesFailsTheCase(t *testing.T) {
	wantReasons(t, parse(t, strings.Replace(broken, "block 7", "block 7\nplan = abort at block 13", 1)),
		"line 5: abort at block 13: never struck: the image has 12 blocks")
}

func TestAToolThatIsAtWorkForTooLongIsUnfinished(t *testing.T) {
	r := play(t, parse(t, strings.Replace(broken, "task = upgrade", "task = upgrade\nlimit = 3m", 1)))
	if r.Verdicts() != "unfinished" {
		t.Errorf("it is %s", r.Verdicts())
	}
	if got := strings.Join(r.Reasons, "\n"); !strings.Contains(got, "outcome is unfinished") || !strings.Contains(got, "I5") {
		t.Errorf("the reasons are\n%s", got)
	}
}

func TestAFaultCountsFromTheBeginningOfItsAttempt(t *testing.T) {
	const first = "[case]\ntitle = t\n[attempt]\nlimit = 1m\ntask = identify\nplan = reply-lost at start\n[expect]\noutcome = success\nresends = 1\n\n"
	const second = "[attempt]\nbefore = until 2008-03-06 15:59:48\ntask = identify\n"
	for _, c := range []struct{ rest, want string }{
		{"plan = cable-pull at 1ms for 1 no-responses\n[expect]\noutcome = success\nresends = 1\n", ""},
		{"plan = frame-lost at frame 1 to-meter\n[expect]\noutcome = success\nresends = 1\n", ""},
		{"plan = byte-drop at byte 10 to-meter\n[expect]\noutcome = success\nresends = 1\n", ""},
		{"plan = cable-pull for 2 no-responses\nplan = reply-lost at no-response 2\n[expect]\noutcome = success\nresends = 3\n", ""},
		{"plan = cable-pull\nplan = abort at 10s\n[expect]\noutcome = aborted\ntime = 10s\n", ""},
		{"plan = frame-lost at frame 100 to-meter\n[expect]\noutcome = success\n",
			"line 11: frame-lost at frame 100 to-meter: never struck: the line carried 2 frames to-meter and 2 from-meter in the run"},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		wantReasons(t, parse(t, first+second+c.rest), want...)
	}
}

func TestAnAttemptBeginsAtItsCalendarTime(t *testing.T) {
	const file = "[case]\ntitle = t\n[attempt]\nbefore = ACTION\ntask = identify\n[expect]\noutcome = success\n"
	r := play(t, parse(t, strings.Replace(file, "ACTION", "until 2008-03-06 16:57:48", 1)))
	if !r.Passed() || r.Trace[len(r.Trace)-1].At < time.Hour || r.Time > time.Hour+time.Minute {
		t.Errorf("it ended at %v of the case: %v", r.Time, r.Reasons)
	}
	wantReasons(t, parse(t, strings.Replace(file, "ACTION", "until 2008-03-06 15:57:47", 1)),
		"line 4: 2008-03-06 15:57:47 has passed: it is 2008-03-06 15:57:48 by then; begin earlier ([meter] clock)")
}

func TestACaseThatCannotBePlayedSaysWhy(t *testing.T) {
	for _, c := range []struct{ old, line, want string }{
		{"[firmware]", "[meter]\nimage-bytes = 4194304\n[firmware]", "set up the meter: no such meter: firmware image of 4194304 bytes: the flash takes 1 to 3997696"},
		{"[firmware]", "[meter]\nserial-number = PC 1\n[firmware]", "set up the meter: no such meter: serial number \"PC 1\": use printable ASCII"},
	} {
		_, err := parse(t, strings.Replace(broken, c.old, c.line, 1)).Run()
		if err == nil || err.Error() != c.want {
			t.Errorf("the error is %v and should be %s", err, c.want)
		}
	}
}

func TestTheSameFileGivesTheSameTrace(t *testing.T) {
	one, two := play(t, load(t, "third-time-lucky")), play(t, load(t, "third-time-lucky"))
	if len(one.Trace) != len(two.Trace) || one.Time != two.Time {
		t.Fatalf("%d events in %v, and %d in %v", len(one.Trace), one.Time, len(two.Trace), two.Time)
	}
	for i := range one.Trace {
		if one.Trace[i].String() != two.Trace[i].String() {
			t.Fatalf("event %d is %v and %v", i, one.Trace[i], two.Trace[i])
		}
	}
}

func TestTheBaudRateIsRightAgainAfterAnAttemptWithAWrongOne(t *testing.T) {
	r := play(t, load(t, "nobody-answers"))
	if got, want := r.Verdicts(), "3 failure, success"; got != want {
		t.Errorf("the outcomes are %s, not %s", got, want)
	}
}

func TestThePlanOfSeveralAttemptsNamesThem(t *testing.T) {
	if got, want := load(t, "upgrade-failed").Plan(), "# attempt 1: an earlier try that leaves the meter in download state\nabort at block 1\n# attempt 2: the upgrade of the article\ncable-pull at block 439\n"; got != want {
		t.Errorf("the plan is\n%s", got)
	}
	if got, want := load(t, "cable-two-no-responses").Plan(), "cable-pull at block 41 for 2 no-responses\n"; got != want {
		t.Errorf("the plan is\n%s", got)
	}
}
