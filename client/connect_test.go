package client_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// walk answers the prompts with the choices given, in turn, and then exits. It returns the
// windows that were seen.
func (d *desk) walk(task client.Task, choices ...client.Choice) []client.Prompt {
	d.t.Helper()
	d.u.Start(d.now, task)
	for !d.finished {
		for e, ok := d.u.NextEvent(); ok; e, ok = d.u.NextEvent() {
			switch e.Kind {
			case client.EventPrompt:
				d.prompts = append(d.prompts, e.Prompt)
				a := client.Answer{Choice: client.Exit}
				if n := len(d.prompts); n <= len(choices) {
					a = d.answer(e.Prompt)
					a.Choice = choices[n-1]
				}
				d.u.Answer(d.now, a)
			case client.EventFinished:
				d.finished, d.claim = true, e.Err
			case client.EventLoadJournal:
				d.load()
			case client.EventLog:
				d.log = append(d.log, e.Line)
			}
		}
		if !d.finished && !d.quiet() {
			d.t.Fatalf("nothing goes on behind %v", d.prompts)
		}
	}
	return d.prompts
}

// quiet is a step in which nobody but walk listens to the tool.
func (d *desk) quiet() bool {
	if p := d.u.Transmit(nil); len(p) > 0 {
		d.m.Receive(d.now, p)
		return true
	}
	if p := d.m.Transmit(nil); len(p) > 0 {
		d.u.Receive(d.now, p)
		return true
	}
	at, ok := d.next()
	if ok {
		d.now = max(d.now, at)
		d.m.Advance(d.now)
		d.u.Advance(d.now)
	}
	return ok
}

func TestConnectionLeadsThroughTheArticlesWindows(t *testing.T) {
	const (
		ok, cancel, exit, upgrade = client.OK, client.Cancel, client.Exit, client.Upgrade
	)
	for name, c := range map[string]struct {
		config   func(*client.Config)
		desk     func(*desk)
		choices  []client.Choice
		want     []client.Prompt
		upgraded bool
	}{
		"a look and out": {choices: []client.Choice{ok, exit},
			want: []client.Prompt{client.ConnectionType, client.SetupAssistant}},
		"out at once": {choices: []client.Choice{exit}, want: []client.Prompt{client.ConnectionType}},
		"upgrade from the assistant": {choices: []client.Choice{ok, upgrade, ok, ok, exit},
			want:     []client.Prompt{client.ConnectionType, client.SetupAssistant, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted, client.ConnectionType},
			upgraded: true},
		"recovery": {desk: intoDownload, choices: []client.Choice{ok, ok, ok, exit},
			want:     []client.Prompt{client.ConnectionType, client.RecoverUpgrade, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType},
			upgraded: true},
		"no recovery wanted": {desk: intoDownload, choices: []client.Choice{ok, cancel, exit},
			want: []client.Prompt{client.ConnectionType, client.RecoverUpgrade, client.ConnectionType}},
		"release 2.1 detects nothing": {config: func(c *client.Config) { c.Release = client.Release21() }, desk: intoDownload, choices: []client.Choice{ok, upgrade, ok, exit},
			want:     []client.Prompt{client.ConnectionType, client.DeviceSilent, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType},
			upgraded: true},
		"2.2 detects nothing in another mode": {config: func(c *client.Config) { c.SingleDevice = false }, desk: intoDownload, choices: []client.Choice{ok, exit},
			want: []client.Prompt{client.ConnectionType, client.DeviceSilent}},
		"nobody there, tried again": {desk: func(d *desk) { d.m.PowerOff(0) }, choices: []client.Choice{ok, cancel, ok, exit},
			want: []client.Prompt{client.ConnectionType, client.DeviceSilent, client.ConnectionType, client.DeviceSilent}},
		"no file chosen": {choices: []client.Choice{ok, upgrade, cancel, exit},
			want: []client.Prompt{client.ConnectionType, client.SetupAssistant, client.ChooseFirmware, client.ConnectionType}},
		"no template sent after all": {choices: []client.Choice{ok, ok, cancel, exit},
			want: []client.Prompt{client.ConnectionType, client.SetupAssistant, client.SendTemplate, client.ConnectionType}},
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
			if got := d.walk(client.TaskConnect, c.choices...); !slices.Equal(got, c.want) {
				t.Errorf("windows\n got %v\nwant %v", got, c.want)
			}
			if holds := d.m.HoldsImage(d.file.Image); holds != c.upgraded {
				t.Errorf("upgraded: %v", holds)
			}
		})
	}
}

func TestSilentMeterIsToldWithWhatCanBeDone(t *testing.T) {
	for says, change := range map[string]func(*client.Config){
		"start the upgrade again by hand":         func(c *client.Config) { c.Release = client.Release21() },
		"Single ION device configuration mode":    func(c *client.Config) { c.SingleDevice = false },
		"check the cable, the meter's power, the": func(*client.Config) {},
	} {
		cfg := deskConfig()
		change(&cfg)
		d := newDesk(t, cfg)
		d.m.PowerOff(0)
		d.hold = client.DeviceSilent
		d.start(client.TaskConnect)
		d.run(time.Hour)
		if err := d.shown; !errors.Is(err, client.ErrNoResponse) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}

func TestLostCommunicationIsSaidAfterTheFailure(t *testing.T) {
	d := newDesk(t, deskConfig())
	d.tap = func(a *answer) []late {
		if a.op() == ion.OpBlock {
			return nil
		}
		return asIs(a)
	}
	if err := d.do(client.TaskUpgrade); !errors.Is(err, client.ErrNoResponse) {
		t.Fatal(err)
	}
	if want := []client.Prompt{client.ChooseFirmware, client.UpgradeFailed, client.CommunicationLost}; !slices.Equal(d.prompts, want) {
		t.Errorf("windows %v", d.prompts)
	}
	if d.u.RecoveryMode() {
		t.Error("it is in Firmware Recovery Mode")
	}
	again := d.another(deskConfig())
	again.tap = nil
	if err := again.do(client.TaskUpgrade); err != nil || !again.u.RecoveryMode() {
		t.Errorf("%v, recovery mode %v", err, again.u.RecoveryMode())
	}
}

func parseTemplate(t *testing.T, text string) *dcf.File {
	t.Helper()
	f, err := dcf.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTemplateIsSentButForTheGroupsThatArePasted(t *testing.T) {
	factory := meter.FactoryTemplate(meter.ION7350, "7350V282")
	f, err := client.TemplateOf(&factory, 7350)
	if err != nil {
		t.Fatal(err)
	}
	for g, value := range map[string]string{"nameplate": "owner", "itc": "phase-ia"} {
		if err := f.Set(g, value, "55"); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.CheckTemplate(f, 7350); err != nil {
		t.Fatal(err)
	}
	for _, pasted := range []ion.Groups{0, ion.Of(ion.Nameplate), ion.Of(ion.ITC), ion.AllGroups} {
		d := newDesk(t, deskConfig())
		d.template, d.groups = f, pasted
		before := d.m.Settings(0)
		if err := d.do(client.TaskSendTemplate); err != nil {
			t.Fatal(err)
		}
		if want := client.TemplateApplied; d.prompts[len(d.prompts)-1] != want {
			t.Errorf("windows %v", d.prompts)
		}
		after := d.m.Settings(d.now)
		changed := before.Differs(&after) &^ ion.Of(ion.Energy)
		if want := ion.Of(ion.Nameplate, ion.ITC) &^ pasted; changed != want {
			t.Errorf("pasted %v: changed %v, %v expected", pasted, changed, want)
		}
	}
}

func TestTemplateThatDoesNotFitIsRefusedWithItsLine(t *testing.T) {
	for text, says := range map[string]string{
		"[template]\nname = X\nproduct = 7330\n":                                          "line 3: the template is for a 7330",
		"[template]\nname = X\n[clock]\nowner = 1\n":                                      "line 4: there is no setting owner in [clock]",
		"[template]\nname = X\n[pt-ct]\npt-primary = 0\n":                                 "line 4: pt-primary: value not accepted",
		"[pt-ct]\npt-primary = 480\n[template]\nname = " + strings.Repeat("X", 81) + "\n": "line 4: name: value not accepted: 81 bytes, at most 80",
	} {
		f := parseTemplate(t, text)
		if err := client.CheckTemplate(f, 7350); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
		d := newDesk(t, deskConfig())
		d.template = f
		before := d.m.Settings(0)
		err := d.do(client.TaskSendTemplate)
		if !errors.Is(err, client.ErrBadFile) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%q: %v", text, err)
		}
		after := d.m.Settings(0)
		if before.Template != after.Template || before.Differs(&after)&^ion.Of(ion.Energy) != 0 {
			t.Errorf("%q: something was written", text)
		}
	}
}

// afterAnUpgrade is a new process of the tool, with a journal or without, at an upgraded meter.
func afterAnUpgrade(t *testing.T, journal bool) *desk {
	t.Helper()
	d := newDesk(t, deskConfig())
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	cfg := deskConfig()
	cfg.Journal = journal
	return d.another(cfg)
}

func TestRecoveryOfAMeterThatRunsTheImageSendsNothing(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		again := afterAnUpgrade(t, keeps)
		if err := again.do(client.TaskRecover); err != nil || again.clears != 0 {
			t.Errorf("with a journal %v: %v, %d clears", keeps, err, again.clears)
		}
	}
}

func TestRecoverySendsAnotherImageOfTheSameRevision(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		again := afterAnUpgrade(t, keeps)
		other := *again.file
		other.Image = bytes.Clone(other.Image)
		other.Image[0] ^= 1
		again.file = &other
		if err := again.do(client.TaskRecover); err != nil || again.clears != 1 {
			t.Errorf("with a journal %v: %v, %d clears", keeps, err, again.clears)
		}
		again.upgraded()
	}
}
