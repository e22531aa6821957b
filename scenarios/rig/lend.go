package rig

import (
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
)

// Lend leaves the meter and its line, at the time of the bench, to an upgrader that is not of
// this project. use returns the time at which it is done with them.
func (r *Rig) Lend(use func(s *bench.Station, now time.Duration) time.Duration) {
	r.leave()
	s := r.bench.Station()
	r.bench = bench.New(max(r.Now(), use(s, r.Now())), s, new(nobody))
}

// Lost are the settings that are not as somebody has set them up, last by hand or with a tool
// that did what it was asked for.
func (r *Rig) Lost() ion.Groups { return r.lostSince(r.set) }
