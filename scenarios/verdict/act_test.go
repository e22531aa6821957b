package verdict_test

import (
	"errors"
	"slices"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

var (
	upgrade  = []client.Prompt{client.ChooseFirmware, client.UpgradeCompleted}
	template = []client.Prompt{client.SendTemplate, client.ChooseTemplate, client.PasteOptions, client.TemplateApplied}
	broken   = []client.Prompt{client.ChooseFirmware, client.UpgradeFailed}
)

// act is one that went well.
func act(windows ...client.Prompt) verdict.Act {
	return verdict.Act{Windows: windows, Before: verdict.Before{State: meter.Application}, Meter: upgraded().Meter, Truth: new(verdict.Truth)}
}

// session is the evidence of an attempt of several acts.
func session(acts ...verdict.Act) *verdict.Evidence {
	e := upgraded()
	e.Tool = verdict.Tool{Ended: true}
	for i := range acts {
		e.Tool.Windows = append(e.Tool.Windows, acts[i].Windows...)
	}
	e.Acts = acts
	return e
}

func TestEachActIsJudgedAndNamed(t *testing.T) {
	one := ion.SettingSet(0).With(0)
	for _, c := range []struct {
		name string
		e    func() *verdict.Evidence
		want []string
	}{
		{"all well", func() *verdict.Evidence { return session(act(upgrade...), act(template...), act(upgrade...)) }, nil},
		{"the only act has no number", func() *verdict.Evidence {
			a := act(upgrade...)
			a.Truth.Destroyed = one
			return session(a)
		}, []string{"I7: neither in the meter nor in a journal any more: pt-ct pt-primary"}},
		{"a success that was none, and a good end", func() *verdict.Evidence {
			a := act(upgrade...)
			m := *a.Meter
			m.Image, m.Revision, m.Running = false, "7350V282", "7350V282"
			a.Meter = &m
			return session(a, act(upgrade...))
		}, []string{"in act 1: I2: success is claimed; the meter has 7350V282, which is not the image"}},
		{"a success that was none, and the tool is killed later", func() *verdict.Evidence {
			a := act(upgrade...)
			a.Truth.Broken = one.With(ion.TemplateName)
			e := session(a, act(client.ChooseFirmware))
			e.Tool.Killed = true
			return e
		}, []string{"in act 1: I2: success is claimed; pt-ct pt-primary, the template's name: promised and lost"}},
		{"a failure that was none", func() *verdict.Evidence {
			a := act(broken...)
			a.Err = errors.New("no")
			return session(a, act(upgrade...))
		}, []string{"in act 1: I3: failure is claimed (no); the meter runs the image and has its settings"}},
		{"a failure with a reading that was reset and has counted past the old one", func() *verdict.Evidence {
			a := act(broken...)
			a.Err = errors.New("no")
			a.Truth.Missing = ion.SettingsOf(ion.Of(ion.Energy))
			return session(a, act(upgrade...))
		}, nil},
		{"a refusal after an upgrade that went well", func() *verdict.Evidence {
			a := act(broken...)
			a.Err = errors.New("no space left")
			m := *a.Meter
			m.FlashOps = 0
			a.Meter = &m
			return session(act(upgrade...), a)
		}, nil},
		{"a template that is not there", func() *verdict.Evidence {
			a := act(template...)
			a.Truth.Unwritten = ion.SettingsOf(ion.Of(ion.Clock))
			return session(act(upgrade...), a)
		}, []string{"in act 2: I2: the tool says that it has written them, and the meter has something else: clock"}},
		{"older over newer", func() *verdict.Evidence {
			a := act(upgrade...)
			a.Truth.Replaced = one
			return session(act(template...), a)
		}, []string{"in act 2: I7: written back as they once were, over what somebody wrote later: pt-ct pt-primary"}},
		{"another meter's journal", func() *verdict.Evidence {
			e := session(act(upgrade...), act(template...))
			e.Harmed = "the journal of another meter is gone"
			return e
		}, []string{"I9: the journal of another meter is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := verdict.Texts(verdict.Judge(c.e())); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
