// Package mutants proves that the bench would notice a bad upgrader and a bad meter: it
// plants one bug after another into either, and runs a suite of small probes against each
// until one catches it. The healthy pair must pass them all.
//
// It is for whoever changes a scenario, the judge of package rig or one of the two sides: a
// bug that escapes is a hole in what the scenarios can see. The bugs are listed in package
// planted and stand with the code that they harm; nothing but this package asks for one.
// A test of one's own upgrader needs none of it: see package judge, or package scenarios.
package mutants

import "ionbench/scenarios/internal/planted"

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

	planted string // the bug's name; empty for none
}

// Healthy is the pair without a bug.
func Healthy() Mutant {
	return Mutant{Name: "healthy", Text: "neither has a bug"}
}

// All are all mutants, the upgraders first.
func All() []Mutant {
	var all []Mutant
	for _, b := range planted.InUpgraders() {
		all = append(all, Mutant{Name: b.Name, Side: Upgrader, Text: b.Text, planted: b.Name})
	}
	for _, b := range planted.InMeters() {
		all = append(all, Mutant{Name: b.Name, Side: Meter, Text: b.Text, planted: b.Name})
	}
	return all
}

// in is the bug that is planted into a side; empty for none.
func (m Mutant) in(side Side) string {
	if m.Side != side {
		return ""
	}
	return m.planted
}
