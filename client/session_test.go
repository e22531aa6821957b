package client_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/locks"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// sessionDesk is a desk whose tool is a session with a journal.
func sessionDesk(t testing.TB) *desk {
	t.Helper()
	cfg := deskConfig()
	cfg.Journal = true
	return newDesk(t, cfg).inSession()
}

func (d *desk) inSession() *desk {
	d.s = client.NewSession(d.u, d.groups)
	return d
}

// wantEnd checks how the session has ended.
func (d *desk) wantEnd(err error, status client.Status, advice client.Advice) {
	d.t.Helper()
	end := d.s.End()
	if !d.s.Done() || !errors.Is(end.Err, err) || end.Status != status || end.Advice != advice {
		d.t.Errorf("done %v: %v, status %d, advice %d; want %v, %d, %d", d.s.Done(), end.Err, end.Status, end.Advice, err, status, advice)
	}
	if at, ok := d.s.Next(); ok || len(d.s.Transmit(nil)) > 0 {
		d.t.Errorf("it goes on at %v", at)
	}
}

// wantIncompleteLog wants a success whose log is not complete.
func (d *desk) wantIncompleteLog(advice client.Advice) {
	d.t.Helper()
	d.wantEnd(nil, client.StatusDone, advice)
	if end := d.s.End(); !errors.Is(end.Log, errTest) || len(d.warnings) != 1 || !strings.Contains(d.warnings[0].Error(), "went on without it") {
		d.t.Errorf("%+v, warnings %v", end, d.warnings)
	}
}

// failing makes a log of which so many lines can be written.
func failing(lines int) func(int) error {
	return func(written int) error {
		if written >= lines {
			return errTest
		}
		return nil
	}
}

func TestASessionUpgradesAndTellsItsEnd(t *testing.T) {
	d := sessionDesk(t)
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
	d.wantEnd(nil, client.StatusDone, client.NoAdvice)
	if d.s.End().Kept || d.disk != nil || d.written != len(d.log) {
		t.Errorf("%+v, a journal of %d bytes, %d of %d lines written", d.s.End(), len(d.disk), d.written, len(d.log))
	}
}

// A log that fails, at every line of an upgrade: before anything is changed it ends the upgrade,
// and the meter is as it was; afterwards it costs the log and not the upgrade.
func TestALogThatFailsEndsAnUpgradeThatHasChangedNothingAndNoOther(t *testing.T) {
	calm := sessionDesk(t)
	if err := calm.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	noReturn := slices.IndexFunc(calm.log, func(l upgradelog.Line) bool { return l.Kind == upgradelog.EnteredDownloadState })
	identified := slices.IndexFunc(calm.log, func(l upgradelog.Line) bool { return l.Kind == upgradelog.DeviceSerialNumber })
	for n := range calm.log {
		t.Run(calm.log[n].Kind.String(), func(t *testing.T) {
			d := sessionDesk(t)
			d.logErr = failing(n)
			ops := d.m.Chip().Ops()
			err := d.do(client.TaskUpgrade)
			if d.written != n {
				t.Errorf("%d lines were written, a log that has failed goes on", d.written)
			}
			if slices.ContainsFunc(d.log, func(l upgradelog.Line) bool { return l.Kind == upgradelog.AbortedByUser }) {
				t.Errorf("it says that the user has aborted: %v", d.log)
			}
			if n >= noReturn {
				d.upgraded()
				d.wantEnd(nil, client.StatusDone, client.NoAdvice)
				if len(d.log) != len(calm.log) || len(d.warnings) != 1 || !errors.Is(d.warnings[0], errTest) || !errors.Is(d.s.End().Log, errTest) {
					t.Errorf("%d of %d lines told, warnings %v, %+v", len(d.log), len(calm.log), d.warnings, d.s.End())
				}
				return
			}
			var failed *client.LogError
			if !errors.As(err, &failed) || !errors.Is(err, errTest) || failed.WentOn {
				t.Fatalf("%v, the point of no return is line %d", err, noReturn)
			}
			if d.m.Chip().Ops() != ops || !strings.Contains(err.Error(), "nothing was changed") || len(d.warnings) > 0 {
				t.Errorf("%v, %d flash operations, warnings %v", err, d.m.Chip().Ops()-ops, d.warnings)
			}
			status := client.StatusFailed
			if n < identified {
				status = client.StatusEnvironment // nothing was sent
			}
			d.wantEnd(errTest, status, client.AdviceOtherLog)
		})
	}
}

func TestALogThatFailsHidesNoFailureOfTheUpgrade(t *testing.T) {
	d := sessionDesk(t)
	d.logErr = failing(9)
	d.start(client.TaskUpgrade)
	for len(d.blocks) == 0 {
		d.step(time.Hour)
	}
	d.m.PowerOff(d.now)
	d.run(d.now + time.Hour)
	d.wantEnd(client.ErrNoResponse, client.StatusFailed, client.AdviceRecover)
	d.wantEnd(errTest, client.StatusFailed, client.AdviceRecover)
	if end := d.s.End(); !end.Kept || strings.Contains(end.Err.Error(), "\n") {
		t.Errorf("%+v", end)
	}
}

// The log fails at the line that says why the upgrade failed: its window, which was to come next,
// is closed by then.
func TestALogThatFailsAtTheLastLinesEndsTheToolOnce(t *testing.T) {
	d := sessionDesk(t)
	d.diskErr = errTest
	d.logErr = failing(8)
	d.do(client.TaskUpgrade)
	d.wantEnd(client.ErrNoPersistence, client.StatusFailed, client.AdviceOtherLog)
	var failed *client.LogError
	if !errors.As(d.claim, &failed) || failed.WentOn || len(d.prompts) != 2 {
		t.Errorf("%v, prompts %v", d.claim, d.prompts)
	}
}

// A port that vanishes is a missing answer: it is tried as often as a silent meter is asked.
func TestAPortThatVanishesForGoodEndsTheUpgradeAndCanBeRecovered(t *testing.T) {
	d := sessionDesk(t)
	d.start(client.TaskUpgrade)
	for len(d.blocks) == 0 {
		d.step(time.Hour)
	}
	d.noPort = errTest
	d.s.Broken(d.now, errTest)
	for !d.s.Done() {
		d.step(time.Hour)
	}
	d.wantEnd(client.ErrNoResponse, client.StatusFailed, client.AdviceRecover)
	d.wantEnd(errTest, client.StatusFailed, client.AdviceRecover)
	// The answer that is under way when it vanishes still comes, and so does the next request.
	if d.reconnects < 10 || d.reconnects > 12 {
		t.Errorf("it was tried %d times, want as often as a request is sent again", d.reconnects)
	}
	d.s.Quit()
	d.wantEnd(client.ErrNoResponse, client.StatusFailed, client.AdviceRecover)
}

// A write that is sent again over a new connection may come to another meter, and may have been carried
// out: the meter at its other end is asked who it is, and what it has, before.
// wantCounted checks that a tool that gives up has counted each missing answer, over whatever connection.
func (d *desk) wantCounted(claim error) {
	d.t.Helper()
	ends := map[error]string{client.ErrNoResponse: "No response... giving up", client.ErrSettings: "Device refused: the meter did not take the settings: template name: sent 11 times without an answer"}
	if last, ok := ends[claim]; ok && !strings.Contains(d.logText(), "retrying (10 of 10)\n"+last) {
		d.t.Errorf("the log does not count to ten\n%s", d.logText())
	}
}

func TestSettingsAreWrittenOverANewConnectionOnlyToTheSameMeter(t *testing.T) {
	for _, test := range []struct {
		name    string
		breaks  int  // so many answers to the write are lost with the connection
		forgets bool // and so is what was written
		then    func(*answer) []late
		writes  int // that the tool begins
		claim   error
	}{
		{"the same meter", 1, true, asIs, 2, nil},
		{"the same meter, which has what was written", 1, false, asIs, 1, nil},
		{"another meter", 1, true, otherIdentity(7, 1), 1, client.ErrWrongSerial},
		{"it breaks each time", 1000, true, asIs, 11, client.ErrSettings}, // the meter says, over the next one, that it has nothing
	} {
		d := sessionDesk(t)
		writes := func() int {
			return len(slices.DeleteFunc(slices.Clone(d.steps), func(s client.Step) bool { return s != client.StepRestoreSettings }))
		}
		broken := 0
		d.tap = func(a *answer) []late {
			switch {
			case broken < test.breaks && writes() > broken:
				broken++
				if test.forgets {
					d.m.Initialize(d.now)
				}
				d.s.Broken(d.now, errTest)
				return nil
			case broken > 0:
				return test.then(a)
			}
			return asIs(a)
		}
		d.start(client.TaskUpgrade)
		d.run(d.now + 10*time.Minute)
		if !d.finished || !errors.Is(d.claim, test.claim) || writes() != test.writes {
			t.Errorf("%s: %v after %d writes, want %v after %d\n%s", test.name, d.claim, writes(), test.claim, test.writes, d.logText())
		}
		d.wantCounted(test.claim)
	}
}

// A clear erases whatever meter hears it, so it is sent again over a new connection only to the one that
// was found before, and only if that has not heard it.
func TestTheFlashIsClearedOverANewConnectionOnlyOfTheSameMeter(t *testing.T) {
	const stateAt, serialAt = 2, 7
	unheard := otherIdentity(stateAt, byte(ion.StateErasing^ion.StateDownload))
	for _, test := range []struct {
		name   string
		breaks int // so many answers to the clear are lost with the connection
		who    func(*answer) []late
		clears int // that the tool begins
		claim  error
	}{
		{"the same meter, which has not heard it", 1, unheard, 2, nil},
		{"the same meter, which clears", 1, asIs, 1, nil},
		{"another meter", 1, otherIdentity(serialAt, 1), 1, client.ErrWrongSerial},
		{"it breaks each time", 1000, unheard, 11, client.ErrNoResponse},
	} {
		d := sessionDesk(t)
		clears := func() int {
			return len(slices.DeleteFunc(slices.Clone(d.steps), func(s client.Step) bool { return s != client.StepClearFlash }))
		}
		broken := 0
		d.tap = func(a *answer) []late {
			switch {
			case broken < test.breaks && clears() > broken:
				broken++
				d.s.Broken(d.now, errTest)
				return nil
			case d.steps[len(d.steps)-1] == client.StepIdentifyBeforeClearingAgain:
				return test.who(a)
			}
			return asIs(a)
		}
		d.start(client.TaskUpgrade)
		d.run(d.now + 10*time.Minute)
		if !d.finished || !errors.Is(d.claim, test.claim) || clears() != test.clears || d.clears != 1 {
			t.Errorf("%s: %v after %d clears, of which %d erased, want %v after %d\n%s", test.name, d.claim, clears(), d.clears, test.claim, test.clears, d.logText())
		}
		d.wantCounted(test.claim)
	}
}

// A meter that is found in download state is worth more than a log from the start.
func TestALogThatFailsDoesNotKeepAMeterFromItsRecovery(t *testing.T) {
	d := sessionDesk(t)
	intoDownload(d)
	d.logErr = failing(5)
	d.do(client.TaskRecover)
	d.upgraded()
	d.wantIncompleteLog(client.AdviceSendTemplate)
}

// A recovery of settings alone changes the meter without flashing it.
func TestALogThatFailsOnceSettingsAreWrittenBackDoesNotSayThatNothingWasChanged(t *testing.T) {
	d := withJournal(sessionDesk(t))
	ops := d.m.Chip().Ops()
	d.logErr = failing(9)
	d.do(client.TaskRecover)
	d.wantIncompleteLog(client.NoAdvice)
	if d.m.Chip().Ops() != ops || d.disk != nil {
		t.Errorf("%d flash operations, journal %q", d.m.Chip().Ops()-ops, d.disk)
	}
}

// Ctrl-C in every step of an upgrade: the end says whether there is something to recover, and
// that nothing was changed only where that is so.
func TestCtrlCEndsTheToolAndSaysWhatItLeaves(t *testing.T) {
	seen := map[client.Advice]int{}
	for steps := 0; ; steps++ {
		d := sessionDesk(t)
		ops := d.m.Chip().Ops()
		d.start(client.TaskUpgrade)
		d.takeSteps(steps)
		if d.finished {
			break
		}
		whole := d.s.Counts().Passes == 0
		d.s.Interrupt(d.now)
		d.listen()
		advice := client.AdviceRecover
		if whole {
			advice = client.AdviceAgain
			d.run(d.now + time.Minute)
		}
		seen[advice]++
		d.wantEnd(client.ErrAborted, client.StatusFailed, advice)
		if kept := d.s.End().Kept; kept != (d.disk != nil) || advice == client.AdviceRecover && !kept {
			t.Errorf("after %v: kept %v, journal %q", d.steps[len(d.steps)-1], kept, d.disk)
		}
		if advice == client.AdviceAgain && d.m.Chip().Ops() != ops {
			t.Errorf("after %v the flash was touched", d.steps[len(d.steps)-1])
		}
	}
	if seen[client.AdviceAgain] < 3 || seen[client.AdviceRecover] < 10 {
		t.Errorf("not much was interrupted: %v", seen)
	}
}

// Ctrl-C while a meter is given back: nothing more is sent, and it may have to be recovered.
func TestASecondCtrlCDoesNotWaitForTheMeter(t *testing.T) {
	d := sessionDesk(t)
	d.start(client.TaskUpgrade)
	for !slices.Contains(d.steps, client.StepAwaitLoader) {
		d.step(time.Hour)
	}
	d.s.Interrupt(d.now)
	d.listen()
	if d.s.Done() {
		t.Fatal("it does not give the meter back")
	}
	d.s.Interrupt(d.now)
	d.listen()
	d.wantEnd(client.ErrAborted, client.StatusFailed, client.AdviceRecover)
}

// An enter whose answer went with the connection may have been heard all the same.
func TestAMeterThatWasToldToEnterOverAConnectionThatBrokeIsGivenBack(t *testing.T) {
	for steps := range 12 {
		d := sessionDesk(t)
		d.tap = func(a *answer) []late {
			if a.op() == ion.OpEnter && d.reconnects == 0 {
				d.s.Broken(d.now, errTest)
				return nil
			}
			return asIs(a)
		}
		d.start(client.TaskUpgrade)
		for d.reconnects == 0 {
			d.step(time.Hour)
		}
		for range steps {
			if d.clears == 0 && !slices.Contains(d.steps, client.StepClearFlash) {
				d.step(time.Hour)
			}
		}
		if slices.Contains(d.steps, client.StepClearFlash) {
			return
		}
		d.s.Interrupt(d.now)
		d.run(d.now + 5*time.Minute)
		d.m.Advance(d.now + time.Minute)
		if d.m.State() != meter.Application {
			t.Errorf("aborted after %v: the meter is %v\n%s", d.steps[len(d.steps)-1], d.m.State(), d.logText())
		}
	}
}

// A meter that is silent, and one that another has begun to clear, are not waited for without end.
func TestAMeterThatCannotBeGivenBackIsToBeRecovered(t *testing.T) {
	for name, befall := range map[string]func(d *desk){
		"it has no power": func(d *desk) { d.m.PowerOff(d.now) },
		"the port is gone": func(d *desk) {
			d.noPort = errTest
			d.s.Broken(d.now, errTest)
		},
		"another serial number":   func(d *desk) { d.tap = otherIdentity(7, 1) },
		"somebody else clears it": func(d *desk) { d.tap = otherIdentity(2, byte(ion.StateDownload^ion.StateErasing)) },
	} {
		d := sessionDesk(t)
		d.start(client.TaskUpgrade)
		for !slices.Contains(d.steps, client.StepAwaitLoader) {
			d.step(time.Hour)
		}
		d.s.Interrupt(d.now)
		befall(d)
		d.run(d.now + 5*time.Minute)
		d.wantEnd(client.ErrAborted, client.StatusFailed, client.AdviceRecover)
		if slices.Contains(d.steps, client.StepSayGivenBack) || !strings.Contains(d.logText(), "aborted") {
			t.Errorf("%s: %v\n%s", name, d.steps, d.logText())
		}
	}
}

// otherIdentity changes bits of a byte of every answer to identify (PROTOCOL.md, section 6).
func otherIdentity(at int, bits byte) func(a *answer) []late {
	return func(a *answer) []late {
		if a.op() == ion.OpIdentify {
			const body, crc = 27, 2
			p := bytes.Clone(a.bytes)
			p[body+at] ^= bits
			binary.LittleEndian.PutUint16(p[len(p)-crc:], ion.CRC16(p[4:len(p)-crc]))
			a.bytes = p
		}
		return asIs(a)
	}
}

// What has succeeded is not made a failure by the way in which its window is closed.
func TestCtrlCAtTheLastWindowMakesNoFailureOfAnUpgrade(t *testing.T) {
	d := sessionDesk(t)
	d.hold = client.UpgradeCompleted
	d.start(client.TaskUpgrade)
	d.run(time.Hour)
	d.s.Interrupt(d.now)
	d.listen()
	d.wantEnd(nil, client.StatusDone, client.NoAdvice)
	d.upgraded()
}

// Ctrl-C leaves the windows too; the Abort button does not.
func TestCtrlCLeavesTheWindowsAndTheAbortButtonDoesNot(t *testing.T) {
	windows := func() *desk {
		d := sessionDesk(t)
		d.choices[client.SetupAssistant] = client.Upgrade
		d.start(client.TaskConnect)
		for len(d.blocks) == 0 {
			d.step(time.Hour)
		}
		d.hold = client.ConnectionType
		return d
	}
	pressed := windows()
	pressed.s.Abort(pressed.now)
	pressed.listen()
	if pressed.s.Done() || pressed.prompts[len(pressed.prompts)-1] != client.ConnectionType {
		t.Errorf("after Abort: done %v, prompts %v", pressed.s.Done(), pressed.prompts)
	}
	left := windows()
	left.s.Interrupt(left.now)
	left.listen()
	left.wantEnd(client.ErrAborted, client.StatusFailed, client.AdviceRecover)
	if last := left.prompts[len(left.prompts)-1]; last != client.ConnectionType {
		t.Errorf("the windows left end with %v", last)
	}
}

// A person who goes away: the window that stands is left as its own Exit does. What would have
// been sent only after an answer is not sent; an upgrade that is through gets its settings.
func TestAPersonWhoGoesAwayHasNothingSentThatWasAskedAbout(t *testing.T) {
	for _, c := range []struct {
		at      client.Prompt
		task    client.Task
		desk    func(*desk) *desk
		err     error
		status  client.Status
		advice  client.Advice
		changed bool
	}{
		{at: client.ConnectionType, task: client.TaskConnect},
		{at: client.SetupAssistant, task: client.TaskConnect},
		{at: client.ChooseFirmware, task: client.TaskUpgrade, err: client.ErrAborted, status: client.StatusFailed, advice: client.AdviceAnswer},
		{at: client.RestoreSettings, task: client.TaskUpgrade, desk: withJournal, err: client.ErrAborted, status: client.StatusFailed, advice: client.AdviceAnswer},
		{at: client.SendTemplate, task: client.TaskSendTemplate, desk: withTemplate, err: client.ErrAborted, status: client.StatusFailed, advice: client.AdviceAnswer},
		{at: client.ChooseTemplate, task: client.TaskSendTemplate, desk: withTemplate, err: client.ErrAborted, status: client.StatusFailed, advice: client.AdviceAnswer},
		{at: client.PasteOptions, task: client.TaskSendTemplate, desk: withTemplate, err: client.ErrAborted, status: client.StatusFailed, advice: client.AdviceAnswer},
		{at: client.PasteOptions, task: client.TaskUpgrade, changed: true},
		{at: client.UpgradeCompleted, task: client.TaskUpgrade, changed: true},
	} {
		t.Run(fmt.Sprint(c.at, c.task), func(t *testing.T) {
			d := sessionDesk(t)
			if c.desk != nil {
				d = c.desk(d)
			}
			before := d.m.Settings(d.now)
			ran, _ := d.m.Revision()
			d.hold = c.at
			d.start(c.task)
			d.run(d.now + time.Hour)
			if len(d.prompts) == 0 || d.prompts[len(d.prompts)-1] != c.at {
				t.Fatalf("prompts %v", d.prompts)
			}
			d.s.InputEnded(d.now)
			d.listen()
			d.run(d.now + time.Hour)
			d.wantEnd(c.err, c.status, c.advice)
			after := d.m.Settings(d.now)
			if lost := before.Differs(&after) &^ ion.Of(ion.Energy); lost != 0 || after.Template != before.Template {
				t.Errorf("lost: %v, template %q", lost, after.Template)
			}
			if revision, _ := d.m.Revision(); (revision != ran) != c.changed || d.m.State() != meter.Application {
				t.Errorf("the meter is %v with %s", d.m.State(), revision)
			}
		})
	}
}

func TestInputThatEndsWhileNothingIsAskedEndsNothing(t *testing.T) {
	d := sessionDesk(t)
	d.s.InputEnded(0)
	d.start(client.TaskUpgrade)
	d.s.InputEnded(d.now)
	d.run(time.Hour)
	d.wantEnd(nil, client.StatusDone, client.NoAdvice)
}

// withJournal returns a desk whose meter runs the image and lacks its settings, which are in a
// journal: the upgrade before was ended where they are written back.
func withJournal(first *desk) *desk {
	first.t.Helper()
	first.hold = client.PasteOptions
	first.start(client.TaskUpgrade)
	first.run(time.Hour)
	first.s.Quit()
	first.wantEnd(client.ErrEndedAtOnce, client.StatusFailed, client.AdviceRecover)
	cfg := deskConfig()
	cfg.Journal = true
	return first.another(cfg).inSession()
}

func withTemplate(d *desk) *desk {
	d.t.Helper()
	f, err := dcf.Parse([]byte("[template]\nname = OTHER\n\n[nameplate]\nowner = OTHER\n"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.template = f
	return d
}

// A window that the person closes before the tool is no failure of the tool.
func TestAWindowThatThePersonClosedIsNoFailure(t *testing.T) {
	d := sessionDesk(t)
	d.choices[client.SetupAssistant] = client.Upgrade
	d.hold = client.ChooseFirmware
	d.start(client.TaskConnect)
	d.run(time.Hour)
	for _, c := range []client.Choice{client.Cancel, client.Exit} { // of the file, and of the connection
		d.hold = client.ConnectionType
		d.s.Answer(d.now, client.Answer{Choice: c})
		d.listen()
	}
	d.wantEnd(client.ErrAborted, client.StatusDone, client.NoAdvice)
}

func TestASessionThatDoesNotBeginSaysWhy(t *testing.T) {
	d := sessionDesk(t)
	d.s.NotConnected(errTest)
	d.wantEnd(errTest, client.StatusEnvironment, client.NoAdvice)
	d.s.Start(0, client.TaskUpgrade)
	if d.listen(); len(d.prompts) > 0 || d.s.End().Err != errTest {
		t.Error("it begins all the same")
	}

	d = sessionDesk(t)
	d.s.Interrupt(0)
	d.wantEnd(client.ErrAborted, client.StatusFailed, client.NoAdvice)
}

func TestWhatFollowsFromARefusalIsAdvised(t *testing.T) {
	for name, c := range map[string]struct {
		task   client.Task
		config func(*client.Config)
		desk   func(*desk)
		err    error
		advice client.Advice
	}{
		"password":              {task: client.TaskUpgrade, config: func(c *client.Config) { c.Password = "123" }, err: client.ErrPassword, advice: client.AdvicePassword},
		"serial number":         {task: client.TaskUpgrade, config: func(c *client.Config) { c.SerialNumber = "PC-0" }, err: client.ErrWrongSerial, advice: client.AdviceCheckMeter},
		"unit":                  {task: client.TaskUpgrade, desk: func(d *desk) { d.tap = stranger }, err: client.ErrWrongUnit, advice: client.AdviceCheckMeter},
		"product":               {task: client.TaskUpgrade, desk: func(d *desk) { d.file.Product = 7330 }, err: client.ErrWrongProduct, advice: client.AdviceOtherFile},
		"journal":               {task: client.TaskUpgrade, desk: func(d *desk) { d.diskErr = errTest }, err: errTest, advice: client.AdviceOtherFolder},
		"in use":                {task: client.TaskUpgrade, config: locking, desk: func(d *desk) { d.lockErr = errTest }, err: client.ErrMeterInUse, advice: client.AdviceWait},
		"in use by a person":    {task: client.TaskWriteSettings, config: locking, desk: func(d *desk) { d.lockErr = errTest }, err: client.ErrMeterInUse, advice: client.AdviceWait},
		"in use, in its loader": {task: client.TaskUpgrade, config: locking, desk: func(d *desk) { intoDownload(d); d.lockErr = errTest }, err: client.ErrMeterInUse, advice: client.AdviceWait},
		"its recovery in use":   {task: client.TaskRecover, config: locking, desk: func(d *desk) { intoDownload(d); d.lockErr = errTest }, err: client.ErrMeterInUse, advice: client.AdviceWait},
		"log in use, in its loader": {task: client.TaskRecover, desk: func(d *desk) {
			intoDownload(d)
			d.logErr = func(written int) error {
				if written < 8 {
					return nil
				}
				return errInUse
			}
		}, err: errInUse, advice: client.AdviceOtherLog},
		"download state": {task: client.TaskReadSettings, desk: intoDownload, err: client.ErrDownloadState, advice: client.AdviceRecoverFirst},
		"nobody":         {task: client.TaskUpgrade, desk: func(d *desk) { d.m.PowerOff(0) }, err: client.ErrNoResponse, advice: client.NoAdvice},
		"file":           {task: client.TaskUpgrade, desk: func(d *desk) { d.fileErr = errTest }, err: client.ErrBadFile, advice: client.NoAdvice},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := deskConfig()
			cfg.Journal = true
			if c.config != nil {
				c.config(&cfg)
			}
			d := newDesk(t, cfg).inSession()
			if c.desk != nil {
				c.desk(d)
			}
			d.do(c.task)
			d.wantEnd(c.err, client.StatusFailed, c.advice)
		})
	}
}

var errInUse error = &locks.InUseError{By: "somebody else"}

func locking(c *client.Config) { c.Lock = true }

// A meter is locked once it is known and before anything in it is changed, whoever changes it.
func TestAMeterIsLockedBeforeItIsChanged(t *testing.T) {
	for _, task := range []client.Task{client.TaskUpgrade, client.TaskRecover, client.TaskSendTemplate, client.TaskWriteSettings} {
		cfg := deskConfig()
		locking(&cfg)
		d := newDesk(t, cfg).inSession()
		d.lockErr = errTest
		before := d.m.AppendMemory(nil, 0)
		d.do(task)
		d.wantEnd(client.ErrMeterInUse, client.StatusFailed, client.AdviceWait)
		if len(d.locks) != 1 || d.locks[0].SerialNumber != "PC-0209A001-11" || d.locks[0].Product != 7350 || d.locks[0].UnitID != 105 {
			t.Errorf("task %d locked %+v", task, d.locks)
		}
		if after := d.m.AppendMemory(nil, 0); !bytes.Equal(after, before) || d.m.State() != meter.Application {
			t.Errorf("task %d has changed the meter", task)
		}
	}
}

func TestARecoveryWithoutSettingsSaysToSendATemplate(t *testing.T) {
	d := newDesk(t, deskConfig()).inSession()
	intoDownload(d)
	d.do(client.TaskRecover)
	d.wantEnd(nil, client.StatusDone, client.AdviceSendTemplate)
}

func TestAJournalThatCannotBeRemovedIsAWarning(t *testing.T) {
	d := sessionDesk(t)
	d.hold = client.PasteOptions
	d.start(client.TaskUpgrade)
	d.run(time.Hour)
	d.diskErr = errTest
	d.s.Answer(d.now, client.Answer{Groups: ion.AllGroups})
	d.run(d.now + time.Hour)
	d.wantEnd(nil, client.StatusDone, client.NoAdvice)
	if len(d.warnings) != 1 || !errors.Is(d.warnings[0], errTest) || !d.s.End().Kept {
		t.Errorf("warnings %v, %+v", d.warnings, d.s.End())
	}
}

func TestNothingIsHandedOutUntilALineIsLogged(t *testing.T) {
	d := sessionDesk(t)
	d.s.Start(0, client.TaskUpgrade)
	var e client.Event
	for ok := true; ok; {
		if e, ok = d.s.NextEvent(0); ok && e.Kind == client.EventPrompt {
			d.s.Answer(0, client.Answer{Firmware: d.file})
		}
		if e.Kind == client.EventLog {
			break
		}
	}
	if _, ok := d.s.NextEvent(0); ok || !d.s.Quiet() {
		t.Fatal("something is told before the line is written")
	}
	d.s.Logged(0, nil)
	if e, ok := d.s.NextEvent(0); !ok || e.Kind != client.EventLog {
		t.Errorf("%v %v", e.Kind, ok)
	}
}

func (d *desk) forkSession(t testing.TB) *desk {
	c := d.fork(t)
	c.s = d.s.Clone()
	return c
}

func (d *desk) sessionEnding() string {
	d.run(3 * time.Hour)
	return fmt.Sprintf("%v %+v %v %v %d %x", d.now, d.s.End(), d.prompts, d.warnings, d.written, d.s.AppendState(nil, d.now))
}

func TestCloneOfASessionHasTheSameFutureAtAnyMoment(t *testing.T) {
	for _, lines := range []int{4, 9, 1000} {
		begin := func() *desk {
			d := sessionDesk(t)
			d.logErr = failing(lines)
			return d.start(client.TaskUpgrade)
		}
		want := begin().sessionEnding()
		d := begin()
		for n := 0; !d.finished && d.step(3*time.Hour); n++ {
			if n%7 != 0 {
				continue
			}
			before := d.s.AppendState(nil, d.now)
			c := d.forkSession(t)
			if !bytes.Equal(c.s.AppendState(nil, c.now), before) {
				t.Fatalf("event %d: the clone has another state", n)
			}
			if got := c.sessionEnding(); got != want {
				t.Fatalf("event %d: the clone goes another way\n%s\n%s", n, got, want)
			}
			if !bytes.Equal(d.s.AppendState(nil, d.now), before) {
				t.Fatalf("event %d: what the clone did shows in the original", n)
			}
		}
	}
}

func TestARecoveryThatFindsAllInPlaceAdvisesNothing(t *testing.T) {
	first := sessionDesk(t)
	first.do(client.TaskUpgrade)
	first.wantEnd(nil, client.StatusDone, client.NoAdvice)
	cfg := deskConfig()
	cfg.Journal = true
	again := first.another(cfg).inSession()
	again.do(client.TaskRecover)
	again.runs()
	again.wantEnd(nil, client.StatusDone, client.NoAdvice)
	if again.clears > 0 {
		t.Errorf("it cleared the flash %d times", again.clears)
	}
}

// What the meter has counted itself since a reset is carried over a new image. Where none is sent it stays,
// and counts on.
func TestARecoveryThatSendsNothingLeavesWhatTheMeterCountsAlone(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		first := newDesk(t, deskConfig()).inSession()
		first.groups = 0
		first.do(client.TaskUpgrade)
		cfg := deskConfig()
		cfg.Journal = keeps
		again := first.another(cfg).inSession()
		again.now += 5 * time.Hour
		again.groups = ion.AllGroups
		again.do(client.TaskRecover)
		again.runs()
		if slices.Contains(again.steps, client.StepRestoreSettings) || strings.Contains(again.logText(), "Settings restored") {
			t.Errorf("journal %v: it wrote something:\n%s", keeps, again.logText())
		}
		if again.journals > 0 || again.disk != nil {
			t.Errorf("journal %v: one is left", keeps)
		}
	}
}

func TestASessionOfWindowsEndsAsItsLastUpgradeDid(t *testing.T) {
	d := sessionDesk(t)
	d.choices[client.SetupAssistant] = client.Upgrade
	d.diskErr = errTest
	d.hold = client.SetupAssistant
	d.start(client.TaskConnect)
	d.run(time.Hour)
	for _, c := range []client.Choice{client.Upgrade, client.Exit} {
		d.s.Answer(d.now, client.Answer{Choice: c})
		d.listen()
		d.run(d.now + time.Hour)
	}
	if end := d.s.End(); !errors.Is(end.Err, client.ErrNoPersistence) || end.Status != client.StatusFailed {
		t.Errorf("%v, status %d; prompts %v", end.Err, end.Status, d.prompts)
	}
}

// Whatever goes over a new connection goes to the meter that was found. In each step in turn the
// connection breaks, with an answer or behind it, and leads to another meter.
func TestNothingIsAskedOfAnotherMeterThatANewConnectionLeadsTo(t *testing.T) {
	const serialAt = 7
	for _, with := range []string{"with an answer", "behind an answer"} {
		for breaks := 0; ; breaks++ {
			d := sessionDesk(t)
			answers, broken := 0, false
			var others []ion.Op // that the other meter hears, aside from the question who it is
			d.tap = func(a *answer) []late {
				if !slices.Contains(d.steps, client.StepSaveSettings) {
					return asIs(a) // until the meter is known
				}
				answers++
				switch {
				case broken && a.op() == ion.OpIdentify:
					return otherIdentity(serialAt, 1)(a)
				case broken:
					others = append(others, a.op())
					return asIs(a)
				case answers <= breaks:
					return asIs(a)
				}
				broken = true
				if with == "with an answer" {
					d.s.Broken(d.now, errTest)
					return nil
				}
				return asIs(a)
			}
			d.start(client.TaskUpgrade)
			for !d.finished && d.step(3*time.Hour) {
				if broken && with == "behind an answer" && d.reconnects == 0 {
					d.s.Broken(d.now, errTest)
				}
			}
			if !broken {
				if breaks < 12 {
					t.Errorf("%s: only %d places", with, breaks)
				}
				break
			}
			if len(others) > 0 || !errors.Is(d.claim, client.ErrWrongSerial) && d.claim != nil {
				t.Errorf("%s %d: %v after %v; the other meter heard %v", with, breaks, d.claim, d.steps, others)
			}
		}
	}
}

func TestAPortThatBreaksBehindEachAnswerToWhoIsThereIsNotAskedForEver(t *testing.T) {
	for _, from := range []client.Step{client.StepSaveSettings, client.StepEnterDownloadState, client.StepClearFlash, client.StepDownload, client.StepVerify, client.StepRestart, client.StepRestoreSettings} {
		d := sessionDesk(t)
		begun := func() bool { return slices.Contains(d.steps, from) }
		met := false
		d.tap = func(a *answer) []late {
			met = met || a.op() == ion.OpIdentify || d.reconnects == 0 && begun()
			return asIs(a)
		}
		d.start(client.TaskUpgrade)
		for !d.finished && d.now < 12*time.Hour && d.step(24*time.Hour) {
			if met && len(d.on) == 0 && begun() {
				met = false
				d.s.Broken(d.now, errTest)
			}
		}
		if from == client.StepDownload && !strings.Contains(d.logText(), "aborting (11 of ") {
			t.Errorf("the log does not count to eleven\n%s", d.logText())
		}
		if !d.finished || d.reconnects > 120 {
			t.Errorf("%v: finished %v (%v) after %d connections and %v\n%s", from, d.finished, d.claim, d.reconnects, d.now, d.logText())
		}
	}
}

func TestAnAnswerThatComesWhenItsConnectionIsGoneIsLostWithIt(t *testing.T) {
	d := sessionDesk(t)
	d.tap = func(a *answer) []late {
		if a.op() == ion.OpBlock && d.reconnects == 0 {
			d.s.Broken(d.now, errTest)
		}
		return asIs(a)
	}
	d.do(client.TaskUpgrade)
	d.upgraded()
	if d.reconnects != 1 || d.counts.Transmitted != d.counts.Blocks+1 {
		t.Errorf("%d connections, and %d of %d blocks sent", d.reconnects, d.counts.Transmitted, d.counts.Blocks)
	}
}
