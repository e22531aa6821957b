package rig

import (
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
)

// Lend gives the meter and its line, at the bench's current time, to an upgrader from outside
// this project. use returns the time at which that upgrader is done.
func (r *Rig) Lend(use func(s *bench.Station, now time.Duration) time.Duration) {
	r.leave()
	s := r.bench.Station()
	r.bench = bench.New(max(r.Now(), use(s, r.Now())), s, new(nobody))
}

// Lost are the settings that differ from what a person set up last, by hand or with a tool
// that did what it was asked for.
func (r *Rig) Lost() ion.Groups { return r.lostSince(r.set) }
