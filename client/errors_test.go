package client_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func mustUPG(t testing.TB, revision string, bytes int) *upg.File {
	t.Helper()
	f, err := upg.New(7350, revision, time.Unix(1_190_000_000, 0), firmware.Image(5, bytes))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each way in which a task can fail: what the tool says names what went wrong, where, and
// what can be done; and what came of the meter.
func TestEachFailureIsItsOwnErrorAndSaysWhatToDo(t *testing.T) {
	type setup struct {
		task    client.Task
		config  func(*client.Config)
		desk    func(*desk)
		want    error
		facts   error // what errors.As finds in it; nil: not looked at
		says    []string
		touched bool // the flash was
	}
	for name, c := range map[string]setup{
		"nobody answers": {desk: func(d *desk) { d.m.PowerOff(0) },
			want: client.ErrNoResponse, facts: &client.NoAnswerError{UnitID: 105, Step: client.StepIdentifyMeter, Requests: 11}, says: []string{"identify the meter", "11 requests", "check the cable"}},
		"nobody answers to identify": {task: client.TaskIdentify, desk: func(d *desk) { d.m.PowerOff(0) },
			want: client.ErrNoResponse, facts: &client.NoAnswerError{UnitID: 105, Step: client.StepFindLoader, Requests: 5}, says: []string{"look for the loader", "5 requests", "check the cable"}},
		"another product": {desk: func(d *desk) { d.file = firmware.UPG(7330, "7330V283", time.Unix(1, 0), 1, 5000) },
			want: client.ErrWrongProduct, facts: &client.WrongProductError{Revision: "7330V283", File: 7330, Meter: 7350}, says: []string{"7330V283", "7330", "7350", "nothing was changed", "choose the file"}},
		"another product, says the meter": {desk: func(d *desk) { d.tap = status(ion.OpEnter, ion.StatusWrongProduct) },
			want: client.ErrWrongProduct, facts: &client.RefusalError{Op: ion.OpEnter, Status: ion.StatusWrongProduct, Product: 7350}, says: []string{"refused", "nothing was changed"}},
		"another serial number": {config: func(c *client.Config) { c.SerialNumber = "PC-0000A000-00" },
			want: client.ErrWrongSerial, facts: &client.WrongSerialError{Wanted: "PC-0000A000-00", Found: "PC-0209A001-11", UnitID: 105}, says: []string{"PC-0000A000-00", "PC-0209A001-11", "unit 105", "nothing was changed"}},
		"another serial number at identify": {task: client.TaskIdentify, config: func(c *client.Config) { c.SerialNumber = "PC-0000A000-00" },
			want: client.ErrWrongSerial, says: []string{"PC-0000A000-00", "PC-0209A001-11"}},
		"loader and application differ": {desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) { r.Serial = ion.PadText("PC-1") })
		}, want: client.ErrWrongSerial, facts: &client.WrongSerialError{Wanted: "PC-1", Found: "PC-0209A001-11"}, says: []string{"PC-1", "PC-0209A001-11", "nothing was changed"}},
		"a serial number that cannot be printed, says the loader": {config: func(c *client.Config) { c.Journal = true }, desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) { r.Serial = ion.PadText("PC-1\nunit-id = 7") })
		}, want: client.ErrUnexpected, says: []string{"serial number", `"PC-1\nunit-id = 7"`, "not printable ASCII", "check what is on the line"}},
		"a revision that cannot be printed, says the loader": {task: client.TaskReadSettings, desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) { r.Revision = ion.PadText("7350V28\x1b") })
		}, want: client.ErrUnexpected, says: []string{"revision", `"7350V28\x1b"`, "not printable ASCII"}},
		"a serial number that cannot be printed, says the application": {config: func(c *client.Config) { c.Journal = true },
			desk: func(d *desk) { d.tap = serialRegister("PC\x7f-Z\xfcrich") },
			want: client.ErrUnexpected, says: []string{"serial number", `"PC\x7f-Z\xfcrich"`, "not printable ASCII"}},
		"another unit": {desk: func(d *desk) { d.tap = stranger },
			want: client.ErrWrongUnit, facts: &client.WrongUnitError{Asked: 105, Answers: 42}, says: []string{"unit 105", "unit 42", "nothing was changed", "check the unit id"}},
		"wrong password": {config: func(c *client.Config) { c.Password = "123" },
			want: client.ErrPassword, says: []string{"nothing was changed", "give the meter's password"}},
		"wrong password in download state": {config: func(c *client.Config) { c.Password = "123" }, desk: intoDownload,
			want: client.ErrPassword, facts: &client.RefusalError{Op: ion.OpEnter, Status: ion.StatusRefused}, says: []string{"nothing was changed", "give the meter's password"}},
		"unusable file": {desk: func(d *desk) { d.fileErr = errTest },
			want: client.ErrBadFile, facts: errTest, says: []string{errTest.Error(), "nothing was changed"}},
		"image at another place": {desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) { r.Base += 4 })
		}, want: client.ErrBadFile, facts: &client.ImageError{Bytes: 15848, LoadAddress: 0x30000, Capacity: 10*8<<10 - 8<<10, Base: 0x30004}, says: []string{"15848 bytes", "30004", "nothing was changed"}},
		"image too long": {desk: func(d *desk) { d.file = mustUPG(d.t, "7350V283", 80_000) },
			want: client.ErrBadFile, says: []string{"80000 bytes", "nothing was changed"}},
		"blocks of another size": {desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) { r.BlockBytes = 1000 })
		}, want: client.ErrUnexpected, says: []string{"1000", "7424", "nothing was changed"}},
		"disk full": {config: func(c *client.Config) { c.Journal = true }, desk: func(d *desk) { d.diskErr = errTest },
			want: client.ErrNoPersistence, facts: errTest, says: []string{errTest.Error(), "nothing was changed", "make room"}},
		"journal damaged": {config: func(c *client.Config) { c.Journal = true }, desk: func(d *desk) { d.disk = []byte("nonsense") },
			want: client.ErrNoPersistence, says: []string{"PC-0209A001-11", "nothing was changed", "move it away"}},
		"erase fails": {desk: func(d *desk) { d.m.Chip().FailErase(26) }, touched: true,
			want: client.ErrFlash, facts: &client.RefusalError{Op: ion.OpClear, Status: ion.StatusEraseFailed, Sector: 26}, says: []string{"too often", "3 times", "sector 26"}},
		"program fails": {desk: func(d *desk) { d.m.Chip().FailProgram(0x30000 + 9000) }, touched: true,
			want: client.ErrFlash, facts: &client.RefusalError{Op: ion.OpBlock, Status: ion.StatusProgramFailed, Block: 2}, says: []string{"too often", "block 2"}},
		"image damaged": {desk: func(d *desk) { d.tap = status(ion.OpVerify, ion.StatusVerifyFailed) }, touched: true,
			want: client.ErrVerify, says: []string{"too often", "CRC-32"}},
		"another image runs": {desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) {
				if ion.FixedText(r.Revision[:]) == "7350V283" {
					r.Revision = ion.PadText("7350V199")
				}
			})
		}, touched: true, want: client.ErrNotRunning, facts: &client.NotRunningError{Revision: "7350V199"}, says: []string{"7350V199"}},
		"no image runs": {desk: func(d *desk) {
			d.tap = answering(ion.OpIdentify, func(_ *ion.Packet, r *ion.DownloadReply) {
				if ion.FixedText(r.Revision[:]) == "7350V283" {
					r.State = ion.StateDownload
				}
			})
		}, touched: true, want: client.ErrNotRunning, facts: &client.NotRunningError{Download: true}, says: []string{"too often", "download state"}},
		"too often": {desk: func(d *desk) { d.tap = status(ion.OpBlock, ion.StatusNotCleared) }, touched: true,
			want: client.ErrTooOften, facts: &client.TooOftenError{Passes: 3, Why: &client.RefusalError{Op: ion.OpBlock, Status: ion.StatusNotCleared, Block: 1}}, says: []string{"3 times", "block 1", "not cleared"}},
		"never takes the block": {desk: func(d *desk) { d.tap = status(ion.OpBlock, ion.StatusBusy) }, touched: true,
			want: client.ErrUnexpected, facts: &client.RefusalError{Op: ion.OpBlock, Status: ion.StatusBusy, Block: 1, Times: 120}, says: []string{"block 1", "busy", "times"}},
		"settings of a meter in download state": {task: client.TaskReadSettings, desk: intoDownload,
			want: client.ErrDownloadState, says: []string{"recover its firmware upgrade first"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := deskConfig()
			if c.config != nil {
				c.config(&cfg)
			}
			d := newDesk(t, cfg)
			if c.desk != nil {
				c.desk(d)
			}
			task := c.task
			if task == client.TaskConnect {
				task = client.TaskUpgrade
			}
			ops := d.m.Chip().Ops()
			err := d.do(task)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, %v expected", err, c.want)
			}
			if c.facts != nil && !carries(err, c.facts) {
				t.Errorf("%#v does not carry %#v", err, c.facts)
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if touched := d.m.Chip().Ops() != ops; touched != c.touched {
				t.Errorf("the flash was touched: %v", touched)
			}
			if failed := slices.Contains(d.prompts, client.UpgradeFailed); failed != (task == client.TaskUpgrade && !errors.Is(err, client.ErrBadFile) || strings.HasPrefix(name, "image")) {
				t.Errorf("prompts %v", d.prompts)
			}
			if !c.touched {
				return
			}
			// I4: what failed can be recovered, once the cause is gone.
			d.m.Chip().ClearFaults()
			again := d.another(deskConfig())
			if err := again.do(client.TaskRecover); err != nil {
				t.Fatalf("the recovery: %v", err)
			}
			again.runs()
		})
	}
}

// carries looks for an error with these facts in the tree of err.
func carries(err, facts error) bool {
	if reflect.DeepEqual(err, facts) {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return carries(e.Unwrap(), facts)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(err error) bool { return carries(err, facts) })
	}
	return false
}

// serialRegister makes a tap that changes what the application says of its serial number.
func serialRegister(text string) func(*answer) []late {
	return func(a *answer) []late {
		p, err := ion.ParsePacket(a.frame.Data)
		if err != nil || p.Type != ion.TypeProgram {
			return asIs(a)
		}
		r, err := ion.ParseResult(p.Body)
		if err != nil || len(r.Values) != 4 {
			return asIs(a)
		}
		r.Values[2] = ion.TextValue(text)
		p.Body = ion.AppendResult(nil, r)
		f := a.frame
		f.Data = ion.AppendPacket(nil, p)
		return []late{{0, ion.AppendFrame(nil, f)}}
	}
}

// stranger makes answers come from unit 42.
func stranger(a *answer) []late {
	f := a.frame
	f.Source = 42
	return []late{{0, ion.AppendFrame(nil, f)}}
}

// intoDownload breaks an upgrade off behind its clear.
func intoDownload(d *desk) {
	d.t.Helper()
	first := d.another(deskConfig())
	first.start(client.TaskUpgrade)
	for len(first.blocks) == 0 {
		if !first.step(first.now + time.Hour) {
			d.t.Fatal("no block was programmed")
		}
	}
	first.u.Abort(first.now)
	first.listen()
	first.m.Advance(first.now + time.Minute)
	d.now = first.now + time.Minute
	if !d.m.State().Loader() {
		d.t.Fatalf("the meter is %v", d.m.State())
	}
}

// While blocks are under way a stranger's answer proves nothing: it is thrown away.
func TestStrangersAnswerDuringTheDownloadIsThrownAway(t *testing.T) {
	d := newDesk(t, deskConfig())
	n := 0
	d.tap = func(a *answer) []late {
		if a.op() == ion.OpBlock {
			if n++; n == 2 {
				return stranger(a)
			}
		}
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.upgraded()
	if c := d.counts; c.Transmitted != 4 {
		t.Errorf("%+v", c)
	}
}

func TestConfigurationsThatAreNoneAreRefused(t *testing.T) {
	for name, change := range map[string]func(*client.Config){
		"unit 0":        func(c *client.Config) { c.UnitID = 0 },
		"unit 10000":    func(c *client.Config) { c.UnitID = 10000 },
		"negative baud": func(c *client.Config) { c.Baud = -1 },
		"no password":   func(c *client.Config) { c.Password = "" },
		"long password": func(c *client.Config) { c.Password = "1234567890" },
	} {
		cfg := deskConfig()
		change(&cfg)
		if _, err := client.New(cfg); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Abort in every step of an upgrade: the task ends at once as aborted, or once a meter whose flash
// was not cleared is back in its application; and the next try succeeds.
func TestAbortAtAnyMomentLeavesAMeterThatCanBeUpgraded(t *testing.T) {
	const every = 7
	aborted := map[client.Step]bool{}
	for steps := 0; ; steps += every {
		d := newDesk(t, deskConfig())
		d.start(client.TaskUpgrade)
		d.takeSteps(steps)
		if d.finished {
			break
		}
		whole := d.u.Counts().Passes == 0
		d.u.Abort(d.now)
		d.listen()
		if whole {
			d.run(d.now + time.Minute)
		}
		if !d.finished || !errors.Is(d.claim, client.ErrAborted) {
			t.Fatalf("after %d events, in %q: finished %v, %v", steps, d.steps[len(d.steps)-1], d.finished, d.claim)
		}
		if at, ok := d.u.Next(); ok || len(d.u.Transmit(nil)) > 0 {
			t.Fatalf("after %d events: the tool goes on at %v", steps, at)
		}
		last := client.NoStep
		for _, s := range d.steps {
			if s != client.StepSayFailed && s != client.StepSayCommunicationLost {
				last = s
			}
		}
		aborted[last] = true
		if !strings.Contains(d.logText(), "aborted") || !strings.Contains(d.logText(), "Upgrade failed") {
			t.Errorf("in %q the log says\n%s", last, d.logText())
		}
		d.m.Advance(d.now + time.Minute)
		d.now += time.Minute
		if state := d.m.State(); whole && state != meter.Application {
			t.Errorf("aborted in %q, the meter is in state %v", last, state)
		}
		again := d.another(deskConfig())
		if err := again.do(client.TaskUpgrade); err != nil {
			t.Fatalf("aborted in %q, the next try: %v", last, err)
		}
		again.upgraded()
	}
	for _, step := range []client.Step{client.StepSayGivenBack, client.StepAwaitFlash, client.StepDownload, client.StepIdentifyAgain, client.StepRestoreSettings} {
		if !aborted[step] {
			t.Errorf("nothing was aborted in %q: %v", step, aborted)
		}
	}
}

func TestAbortAtAPromptOrWhileAJournalIsKept(t *testing.T) {
	for _, p := range []client.Prompt{client.ChooseFirmware, client.PasteOptions, client.RestoreSettings} {
		cfg := deskConfig()
		cfg.Journal = true
		d := newDesk(t, cfg)
		if p == client.RestoreSettings {
			saved := newDesk(t, cfg)
			saved.hold = client.PasteOptions
			saved.start(client.TaskUpgrade)
			saved.run(time.Hour)
			d = saved.another(cfg)
		}
		d.hold = p
		d.start(client.TaskUpgrade)
		d.run(d.now + time.Hour)
		if len(d.prompts) == 0 || d.prompts[len(d.prompts)-1] != p {
			t.Fatalf("%v: prompts %v", p, d.prompts)
		}
		d.u.Abort(d.now)
		d.listen()
		if !d.finished || !errors.Is(d.claim, client.ErrAborted) {
			t.Errorf("%v: finished %v, %v", p, d.finished, d.claim)
		}
	}
}

// The upgrade is done when its window says so: closing the window in another way does not
// make a failure of it, and does not hide why an upgrade failed.
func TestAbortAtTheLastWindowClosesIt(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.hold = client.UpgradeCompleted
	d.start(client.TaskUpgrade)
	d.run(time.Hour)
	d.u.Abort(d.now)
	d.listen()
	if !d.finished || d.claim != nil {
		t.Errorf("finished %v, %v", d.finished, d.claim)
	}
	d.upgraded()

	f := newDesk(t, deskConfig())
	f.m.PowerOff(0)
	f.hold = client.UpgradeFailed
	f.start(client.TaskUpgrade)
	f.run(time.Hour)
	f.u.Abort(f.now)
	f.listen()
	if !f.finished || !errors.Is(f.claim, client.ErrNoResponse) {
		t.Errorf("finished %v, %v", f.finished, f.claim)
	}
}

func TestAbortBeforeAndAfterATaskDoesNothing(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.u.Abort(0)
	if d.listen(); len(d.prompts)+len(d.log) > 0 {
		t.Error("a tool without a task does something")
	}
	if err := d.do(client.TaskIdentify); err != nil {
		t.Fatal(err)
	}
	said := len(d.prompts) + len(d.log)
	d.u.Abort(d.now)
	if d.listen(); d.claim != nil || len(d.prompts)+len(d.log) > said {
		t.Errorf("a task that is over ends with %v, and %d windows and lines more", d.claim, len(d.prompts)+len(d.log)-said)
	}
	if got := d.devices[len(d.devices)-1]; got.SerialNumber != "PC-0209A001-11" || got.Revision != "7350V282" || got.Product != 7350 || got.Download {
		t.Errorf("%+v", got)
	}
}

func TestSettingsAreReadAndWritten(t *testing.T) {
	d := newDesk(t, deskConfig())
	i, _ := ion.SettingNamed(ion.Nameplate, "owner")
	if err := d.u.SetWrites(map[int]ion.Value{i: ion.TextValue("PLANT")}); err != nil {
		t.Fatal(err)
	}
	if err := d.do(client.TaskWriteSettings); err != nil {
		t.Fatal(err)
	}
	again := d.another(deskConfig())
	if err := again.do(client.TaskReadSettings); err != nil {
		t.Fatal(err)
	}
	if got := again.settings.Values[i]; got.Text != "PLANT" {
		t.Errorf("owner reads %v", got)
	}
	if err := d.u.SetWrites(map[int]ion.Value{i: ion.FloatValue(1)}); !errors.Is(err, ion.ErrSetting) {
		t.Errorf("a number for a text: %v", err)
	}
}

// What the meter refuses, or takes and does not keep, is told with its name.
func TestSettingsThatDoNotStayAreReported(t *testing.T) {
	for name, value := range map[string]ion.Value{"refused": ion.ExceptionValue(8, 0, "Read Only"), "not kept": ion.BoolValue(true)} {
		d := newDesk(t, deskConfig())
		i, _ := ion.SettingNamed(ion.Nameplate, "owner")
		if err := d.u.SetWrites(map[int]ion.Value{i: ion.TextValue("PLANT")}); err != nil {
			t.Fatal(err)
		}
		d.tap = func(a *answer) []late {
			p, err := ion.ParsePacket(a.frame.Data)
			if err != nil || p.Type != ion.TypeProgram {
				return asIs(a)
			}
			r, err := ion.ParseResult(p.Body)
			const readBack = 9 // the value, and the meter's marks
			if err != nil || len(r.Values) != 1 && len(r.Values) != readBack {
				return asIs(a)
			}
			if r.Values[0].Kind == ion.KindBool {
				r.Values[0] = value
			} else {
				r.Values[0] = ion.TextValue("OTHER")
			}
			p.Body = ion.AppendResult(nil, r)
			f := a.frame
			f.Data = ion.AppendPacket(nil, p)
			return []late{{0, ion.AppendFrame(nil, f)}}
		}
		if err := d.do(client.TaskWriteSettings); !errors.Is(err, client.ErrSettings) || !strings.Contains(err.Error(), "owner") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer from the right unit, in which another one is named, is not for this tool.
func TestAnAnswerThatNamesAnotherUnitIsThrownAway(t *testing.T) {
	d := newDesk(t, deskConfig())
	n := 0
	d.tap = func(a *answer) []late {
		if a.op() != ion.OpVerify {
			return asIs(a)
		}
		if n++; n > 1 {
			return asIs(a)
		}
		p, err := ion.ParsePacket(a.frame.Data)
		if err != nil {
			t.Fatal(err)
		}
		p.Source = ion.MeterAddress(42)
		f := a.frame
		f.Data = ion.AppendPacket(nil, p)
		return []late{{0, ion.AppendFrame(nil, f)}}
	}
	if err := d.do(client.TaskUpgrade); err != nil || n != 2 {
		t.Errorf("%v, %d verifies", err, n)
	}
}

// A loader that says ok, and has another CRC-32 than the image's, does not hold the image.
func TestAVerifyWithAnotherCRCBeginsAnew(t *testing.T) {
	d := newDesk(t, deskConfig())
	n, clears := 0, 0
	d.tap = func(a *answer) []late {
		switch a.op() {
		case ion.OpEnter:
			clears++
		case ion.OpVerify:
			if n++; n == 1 {
				return answering(ion.OpVerify, func(_ *ion.Packet, r *ion.DownloadReply) { r.CRC ^= 1 })(a)
			}
		}
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); err != nil || n != 2 || clears != 2 {
		t.Errorf("%v, %d verifies, %d enters", err, n, clears)
	}
}
