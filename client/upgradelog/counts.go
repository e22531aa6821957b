package upgradelog

// Percent is how much of a download is done, in whole percent, rounded down: answered blocks of
// all blocks of the image.
func Percent(answered, blocks int) int { return 100 * answered / blocks }

// Reported is the number in the last Completed line once so many blocks are answered: "status
// updates every 10% during the firmware upgrade process" (FA212301).
func Reported(answered, blocks int) int { return Percent(answered, blocks) / 10 * 10 }

// AnsweredAt is the least number of answered blocks for which so many percent are reported.
func AnsweredAt(percent, blocks int) int { return (blocks*percent + 99) / 100 }

// EfficiencyOf is the number of an Efficiency line, in tenths of a percent, rounded: answered
// blocks of all transmitted ones, resends included. With none transmitted it is 100 %.
func EfficiencyOf(answered, transmitted int) int {
	if transmitted == 0 {
		return 1000
	}
	return (2000*answered + transmitted) / (2 * transmitted)
}
