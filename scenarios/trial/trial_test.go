package trial_test

import (
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
)

func TestATrialIsAnUpgradeAndTheRecoveriesThatItTakes(t *testing.T) {
	for _, c := range []struct {
		plans    string
		class    trial.Class
		attempts int
		config   trial.Config
	}{
		{"", trial.Unharmed, 1, trial.Config{}},
		{"reply-lost at block 3", trial.Resent, 1, trial.Config{}},
		{"power-loss at block 3 for 2 no-responses", trial.ClearedAgain, 1, trial.Config{}},
		{"cable-pull at block 3", trial.SettingsLost, 2, trial.Config{}},
		{"cable-pull at block 3", trial.Recovered, 2, trial.Config{Journal: true}},
		{"cable-pull at block 3", trial.SettingsLost, 2, trial.Config{Windows: true}},
		{"kill at start", trial.Recovered, 2, trial.Config{}},
		{"cable-pull at block 3 then power-loss at flash-op 30 torn", trial.SettingsLost, 3, trial.Config{}},
		{"suspend at block 3 for 100h", trial.Recovered, 2, trial.Config{Journal: true}},
		{"stuck-bit at flash-op 90 mask 0xff then program-fails every 1 flash-op", trial.SettingsLost, 3, trial.Config{}},
		{"brown-out at flash-op 30 torn for 5s; disk-full at block 3 for 10ms", trial.ClearedAgain, 1, trial.Config{}},
		{"abort at block 2 then abort at block 2 then kill at block 3", trial.Recovered, 4, trial.Config{Journal: true}},
	} {
		t.Run(c.plans, func(t *testing.T) {
			plans, err := trial.ParsePlans(c.plans)
			if err != nil {
				t.Fatal(err)
			}
			r, err := trial.Try(c.config.World(), plans, rig.NoTrace)
			if err != nil {
				t.Fatal(err)
			}
			if r.Class != c.class || len(r.Attempts) != c.attempts || len(r.Violations) > 0 || len(r.Unstruck) > 0 {
				t.Errorf("%v in %d attempts, want %v in %d; broken %q, unstruck %q", r.Class, len(r.Attempts), c.class, c.attempts, r.Violations, r.Unstruck)
			}
			if got := plans.String(); got != c.plans {
				t.Errorf("the plan reads %q", got)
			}
		})
	}
}
