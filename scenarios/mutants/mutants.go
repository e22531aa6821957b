// Package mutants proves that the bench would notice a bad upgrader and a bad meter: it
// plants one bug after another into either, and runs a suite of small probes against each
// until one catches it. The healthy pair must pass them all.
//
// It is for whoever changes a scenario, the judge of package rig or one of the two sides: a
// bug that escapes is a hole in what the scenarios can see. The bugs themselves stand with
// the code that they harm (client.Defects, meter.Defects); nothing but this package asks
// for one.
package mutants

import (
	"ionbench/client"
	"ionbench/simulator/meter"
)

// Side is the end of the line that a mutant's bug is in.
type Side string

// The sides.
const (
	Upgrader Side = "upgrader"
	Meter    Side = "meter"
	Neither  Side = "" // of the healthy pair
)

// Mutant is an upgrader and a meter of which one has a bug.
type Mutant struct {
	Name string
	Side Side
	Text string // what the bug is, in a sentence

	tool  *client.Defect
	meter *meter.Defect
}

// Healthy is the pair without a bug.
func Healthy() Mutant {
	return Mutant{Name: "healthy", Text: "neither has a bug"}
}

// All are all mutants, the upgraders first.
func All() []Mutant {
	var all []Mutant
	for _, d := range client.Defects() {
		all = append(all, Mutant{Name: d.Name, Side: Upgrader, Text: d.Text, tool: &d})
	}
	for _, d := range meter.Defects() {
		all = append(all, Mutant{Name: d.Name, Side: Meter, Text: d.Text, meter: &d})
	}
	return all
}
