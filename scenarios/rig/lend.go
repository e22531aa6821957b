package rig

import (
	"time"

	"ionbench/scenarios/truth"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
)

// Lend gives the meter and its line, at the bench's current time, to an upgrader from outside
// this project. use returns the time at which that upgrader is done.
func (r *Rig) Lend(use func(s *bench.Station, now time.Duration) time.Duration) {
	r.leave()
	r.author = truth.Author{Own: ion.AllSettings}
	s := r.bench.Station()
	r.bench = bench.New(max(r.Now(), use(s, r.Now())), s, new(nobody))
}

// Lost are the groups that are not as somebody wrote them last.
func (r *Rig) Lost() ion.Groups {
	has := r.Meter().Settings(r.Now())
	return r.truth.Differs(&has, r.Now()).Groups()
}
