// Package atlas breaks an upgrade at every point of a space and records what came of each:
// every byte on the wire, every flash operation, every state, every answer, each with every
// fault that makes sense there, and each followed by its recovery.
//
// A fault strikes on a fork of the running bench, so what came before is never run again. Forks
// with equal fingerprints have the same future and share it: they are a class.
//
// # The file
//
// [Atlas.Write] writes an atlas as one JSON object with one mark, outcome or row per line.
// [Read] accepts only that, apart from white space. The same sweep gives the same bytes for any
// number of workers, and so do its shards once they are merged. The types of this package, from
// [Atlas] on, explain each key.
//
// A row is one fault at every place of a space. Its runs divide the points into stretches that
// went the same way: [[311, 0], [40, 7], [2, -1]] are 311 points with outcome 0, 40 with
// outcome 7 and 2 without one. The first point of the row is at the place "first". The plan of
// a point is "plan" with the place instead of #. If there are "names", they replace the
// numbers. Outcomes are counted from 0, in the order in which the runs use them. Their costs
// are what a point takes in addition to the calm run.
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
