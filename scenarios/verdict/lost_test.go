package verdict_test

import (
	"testing"
	"time"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

func TestAnEnergyReadingMayGrowByWhatTheCircuitUsesAndBeRounded(t *testing.T) {
	for _, c := range []struct {
		was, is float32
		passed  time.Duration
		lost    bool
	}{
		{100, 100, 0, false},
		{100, 113, time.Hour, false},
		{100, 115, time.Hour, true},
		{100, 99.9, time.Hour, true},
		{-ion.MaxEnergy, -ion.MaxEnergy + 64, 4 * time.Hour, false}, // 56 kWh are more than half of the 64 to the next number
		{-ion.MaxEnergy, -ion.MaxEnergy + 192, 4 * time.Hour, true},
		{ion.MaxEnergy, ion.MaxEnergy, time.Hour, false},
		{ion.MaxEnergy, ion.MaxEnergy - 128, time.Hour, true},
	} {
		var before, after ion.Settings
		for i, s := range ion.SettingTable() {
			before.Values[i], after.Values[i] = s.Lowest(), s.Lowest()
		}
		before.Values[ion.FirstEnergy], after.Values[ion.FirstEnergy] = ion.FloatValue(c.was), ion.FloatValue(c.is)
		if got := verdict.Lost(&before, &after, c.passed).Has(ion.Energy); got != c.lost {
			t.Errorf("%v after %v, %v before: lost is %t", c.is, c.passed, c.was, got)
		}
	}
}
