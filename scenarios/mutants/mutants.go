// Package mutants proves that the bench would notice a bad upgrader and a bad meter. It plants
// one bug after another into either, and runs a suite of small probes against each mutant until
// a probe catches it. The healthy pair must pass all probes.
//
// It is for people who change a scenario, the rules of package verdict or one of the two sides:
// a bug that is not caught shows what the scenarios cannot see. Package planted lists the bugs,
// and each bug is declared beside the code that it changes. To test your own upgrader, use
// package judge or package scenarios instead.
package mutants

import "ionbench/scenarios/internal/planted"

// Side is the end of the line that has a mutant's bug.
type Side string

// The sides.
const (
	Upgrader Side = "upgrader"
	Meter    Side = "meter"
	Neither  Side = "" // the side of the healthy pair
)

// Mutant is an upgrader and a meter. One of them has a bug.
type Mutant struct {
	Name string
	Side Side
	Text string // what the bug is, in a sentence

	planted string // the bug's name; empty for none
}

// Healthy is the pair without bugs.
func Healthy() Mutant {
	return Mutant{Name: "healthy", Text: "neither has a bug"}
}

// All returns all mutants, the upgraders first.
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

// in is the name of the bug that is planted into a side; empty for none.
func (m Mutant) in(side Side) string {
	if m.Side != side {
		return ""
	}
	return m.planted
}
