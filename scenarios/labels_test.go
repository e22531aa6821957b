package scenarios_test

import . "github.com/onsi/ginkgo/v2"

// Labels, for --label-filter. A spec has kb if it proves a sentence of the article, its
// row of the list of sentences as row:K5, and a label for each kind of fault.
const (
	kb       = "kb"
	realtime = "realtime"
	sweep    = "sweep"   // one spec that tries every place
	foreign  = "foreign" // an upgrader of somebody else's

	faultCable  = "fault:cable-pull"
	faultPower  = "fault:power-loss"
	faultAbort  = "fault:abort"
	faultKill   = "fault:kill"
	faultSilent = "fault:meter-silent"
)

// row labels the specs of one row.
func row(id string, more ...string) Labels {
	return Label(append([]string{kb, "row:" + id}, more...)...)
}
