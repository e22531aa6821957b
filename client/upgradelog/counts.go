package upgradelog

// Percent is how much of a download is done, in whole percent, cut off: answered blocks of all
// that the image has.
func Percent(answered, blocks int) int { return 100 * answered / blocks }

// Reported is the number of the last line Completed that a download has when so many of its
// blocks are answered: "status updates every 10% during the firmware upgrade process" (FA212301).
func Reported(answered, blocks int) int { return Percent(answered, blocks) / 10 * 10 }

// AnsweredAt is how many blocks are answered, at least, when so many percent are reported.
func AnsweredAt(percent, blocks int) int { return (blocks*percent + 99) / 100 }

// EfficiencyOf is the number of a line Efficiency, in tenths of a percent, rounded: of all
// blocks that were transmitted, resends too, so many were answered. Nothing is 100 %.
func EfficiencyOf(answered, transmitted int) int {
	if transmitted == 0 {
		return 1000
	}
	return (2000*answered + transmitted) / (2 * transmitted)
}
