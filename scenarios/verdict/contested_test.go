package verdict_test

import (
	"errors"
	"slices"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/verdict"
)

// acted is one act of a session that began after so many flash operations, and so many came while it lasted.
func acted(window client.Prompt, err error, earlier, during, orders uint64) verdict.Act {
	m := *upgraded().Meter
	m.FlashOps = during
	return verdict.Act{Windows: []client.Prompt{client.ChooseFirmware, window}, Err: err, Before: upgraded().Before, Meter: &m, Orders: orders, Earlier: earlier}
}

// sharing is the evidence of a tool that shared its meter with another, and did all its acts one
// after another.
func sharing(acts ...verdict.Act) *verdict.Evidence {
	e := upgraded()
	e.Contested, e.Acts, e.Meter.FlashOps = true, acts, 0
	e.Tool = verdict.Tool{Ended: true, Zero: true, Err: acts[len(acts)-1].Err}
	for _, a := range acts {
		e.Tool.Windows = append(e.Tool.Windows, a.Windows...)
		e.Tool.Orders += a.Orders
		e.Meter.FlashOps = a.Earlier + a.Meter.FlashOps
	}
	return e
}

func TestAnActAnswersForTheFlashOnlyIfItOrderedSomethingOrTheToolDidOutsideOfIt(t *testing.T) {
	failed := errors.New("no response")
	well := acted(client.UpgradeCompleted, nil, 40, 1000, 30)
	outside := sharing(acted(client.UpgradeFailed, client.ErrMeterInUse, 40, 0, 2))
	outside.Tool.Orders++
	between := sharing(acted(client.UpgradeFailed, client.ErrMeterInUse, 0, 29, 0), well)
	between.Tool.Orders++
	for _, c := range []struct {
		what   string
		e      *verdict.Evidence
		reason string // "" if there is none
	}{
		{"refused while the other worked, upgraded later", sharing(acted(client.UpgradeFailed, client.ErrMeterInUse, 0, 29, 0), well), ""},
		{"refused after an order of its own, upgraded later", sharing(acted(client.UpgradeFailed, client.ErrMeterInUse, 0, 29, 1), well), "29 flash operations before the tool said: " + client.ErrMeterInUse.Error()},
		{"refused after an order, the other had finished", sharing(acted(client.UpgradeFailed, client.ErrMeterInUse, 40, 0, 2)), ""},
		{"refused, and it had changed the meter before it asked", outside, "40 flash operations before the tool said: " + client.ErrMeterInUse.Error()},
		{"refused, upgraded later, and an order outside of both", between, "29 flash operations before the tool said: " + client.ErrMeterInUse.Error()},
		{"failed, the other had finished", sharing(acted(client.UpgradeFailed, failed, 40, 0, 2)), ""},
		{"failed with the image in the meter", sharing(acted(client.UpgradeFailed, failed, 40, 9, 2)), "failure is claimed (no response); the meter runs the image and has its settings"},
		{"failed with success's status, after its own change", sharing(acted(client.UpgradeFailed, failed, 40, 9, 2)), `the exit status is that of a success, and the tool says "no response"`},
		{"upgraded, then failed while the other worked", sharing(well, acted(client.UpgradeFailed, failed, 1040, 9, 0)), ""},
		{"upgraded, then failed with success's status", sharing(well, acted(client.UpgradeFailed, failed, 1040, 9, 1)), `the exit status is that of a success, and the tool says "no response"`},
	} {
		found := verdict.Judge(c.e)
		told := slices.ContainsFunc(found, func(v verdict.Violation) bool { return v.Reason == c.reason })
		ours := slices.ContainsFunc(found, func(v verdict.Violation) bool {
			return v.Rule == verdict.I2 || v.Rule == verdict.I3 || v.Rule == verdict.I8
		})
		if c.reason != "" && !told || c.reason == "" && ours {
			t.Errorf("%s: %v, want %q", c.what, found, c.reason)
		}
	}
}
