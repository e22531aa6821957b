// Package atlas breaks an upgrade at every point of a space and writes down what came of
// each: every byte on the wire, every flash operation, every state, every answer, each
// with every fault that makes sense there, and each followed by its recovery.
//
// A fault strikes on a fork of the running bench; what came before is never run again.
// Forks whose fingerprints are equal have the same future and share it: a class.
//
// # The file
//
// [Atlas.Write] writes an atlas as one JSON object with a mark, an outcome or a row on each
// line, and [Read] takes nothing else: white space may differ, and that is all. The same
// sweep gives the same bytes, however many workers it had, and so do its shards once
// they are merged. The types of this package, from [Atlas] on, say what each key is.
//
// A row is one fault at every place of a space. Its runs divide the points into stretches
// that went the same way: [[311, 0], [40, 7], [2, -1]] are 311 points with outcome 0, 40
// with outcome 7 and 2 without one. The first point of the row is at the place "first", and
// the plan of a point is "plan" with the place instead of #. Where there are "names", they
// stand there instead of the numbers. Outcomes are counted from 0, in the order in which the
// runs name them; their costs are what a point takes more than the calm run.
//
// How many points of each row ended in which class:
//
//	jq -r '.outcomes as $o | .rows[] | .plan as $p
//	  | [.runs[] | select(.[1] >= 0) | {n: .[0], c: $o[.[1]].class}] | group_by(.c)[]
//	  | [$p, .[0].c, (map(.n) | add)] | @tsv' sweep.json
//
// The slowest recovery, in milliseconds more than the calm run, and the first point of
// every row that lost settings:
//
//	jq '[.outcomes[].ms] | max' sweep.json
//	jq -r '.outcomes as $o | .rows[] | . as $r
//	  | reduce .runs[] as $n ({at: $r.first};
//	      if .hit == null and $n[1] >= 0 and $o[$n[1]].lost then .hit = .at else . end | .at += $n[0])
//	  | select(.hit) | [$r.plan, .hit] | @tsv' sweep.json
package atlas
