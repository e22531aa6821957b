package client

import "slices"

// Defect is a bug that is planted into an upgrader on purpose, so that a suite can prove
// that it would notice it. No program has one: package scenarios/mutants alone makes
// defective upgraders, through the rig.
type Defect struct {
	Name string // in kebab-case
	Text string // what such an upgrader does, in a sentence

	// JournalInPlace and LogHeldBack are bugs of the program around the upgrader; whoever
	// plays that program carries them out. The journal is written over its place, and its
	// end reaches the disk when the process ends; the lines of the log are kept in memory
	// until then.
	JournalInPlace bool
	LogHeldBack    bool

	plant func(*Upgrader) // edits steps and rules; nil: none
}

// NewDefective is New with a bug planted. It is for tests of tests.
func NewDefective(cfg Config, d Defect) (*Upgrader, error) {
	u, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if d.plant != nil {
		u.lists = procedures()
		d.plant(u)
	}
	return u, nil
}

// Defects are all bugs that can be planted, in the order of an upgrade.
func Defects() []Defect {
	return slices.Concat(defectsOfChecks(), defectsOfSettings(), defectsOfDownload(), defectsOfEnding(), defectsOfWindows(), defectsOfLog())
}

// editStep changes a step of a procedure.
func (u *Upgrader) editStep(p procedure, s Step, edit func(*step)) {
	edit(&u.lists[p][placeOf(u.lists[p], s)])
}

// dropStep leaves a step out.
func (u *Upgrader) dropStep(p procedure, s Step) {
	at := placeOf(u.lists[p], s)
	u.lists[p] = slices.Delete(u.lists[p], at, at+1)
}

// moveSteps puts steps, in their order, in front of another one.
func (u *Upgrader) moveSteps(p procedure, before Step, moved ...Step) {
	for _, m := range moved {
		s := u.lists[p][placeOf(u.lists[p], m)]
		u.dropStep(p, m)
		u.lists[p] = slices.Insert(u.lists[p], placeOf(u.lists[p], before), s)
	}
}
