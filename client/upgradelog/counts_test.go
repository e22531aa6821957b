package upgradelog_test

import (
	"testing"

	"ionbench/client/upgradelog"
)

func TestCountsMakeTheNumbersOfTheLog(t *testing.T) {
	for _, c := range []struct{ answered, transmitted, blocks, percent, reported, efficiency int }{
		{answered: 0, transmitted: 0, blocks: 460, percent: 0, reported: 0, efficiency: 1000},
		{answered: 0, transmitted: 11, blocks: 460, percent: 0, reported: 0, efficiency: 0},
		{answered: 46, transmitted: 46, blocks: 460, percent: 10, reported: 10, efficiency: 1000},
		{answered: 45, transmitted: 46, blocks: 460, percent: 9, reported: 0, efficiency: 978},
		{answered: 438, transmitted: 449, blocks: 460, percent: 95, reported: 90, efficiency: 976},
		{answered: 460, transmitted: 460, blocks: 460, percent: 100, reported: 100, efficiency: 1000},
		{answered: 1, transmitted: 2000, blocks: 1, percent: 100, reported: 100, efficiency: 1},
		{answered: 1, transmitted: 2001, blocks: 3, percent: 33, reported: 30, efficiency: 0},
	} {
		percent, reported := upgradelog.Percent(c.answered, c.blocks), upgradelog.Reported(c.answered, c.blocks)
		if percent != c.percent || reported != c.reported {
			t.Errorf("%+v: %d%%, reported %d%%", c, percent, reported)
		}
		if got := upgradelog.EfficiencyOf(c.answered, c.transmitted); got != c.efficiency {
			t.Errorf("%+v: an efficiency of %d tenths", c, got)
		}
	}
}

func TestAPercentageIsReportedWithTheFirstBlockThatReachesIt(t *testing.T) {
	for blocks := 1; blocks <= 600; blocks++ {
		for percent := 10; percent <= 100; percent += 10 {
			n := upgradelog.AnsweredAt(percent, blocks)
			if upgradelog.Reported(n, blocks) < percent || n > 0 && upgradelog.Reported(n-1, blocks) >= percent {
				t.Fatalf("%d%% of %d blocks are said to be reported at block %d", percent, blocks, n)
			}
		}
	}
}
