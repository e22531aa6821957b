package rig

import "ionbench/client"

// DisagreeingLog tells in what a log disagrees with what the line and the meter saw (I6).
// It is for a tool of which nothing but its log is known: the counts are then those of the
// line, and of the blocks that the meter has taken.
func DisagreeingLog(log []byte, counts client.Counts, cost Cost) []string {
	o := Outcome{Log: log, Counts: counts, Cost: cost}
	o.judgeLog()
	return o.Broken
}
