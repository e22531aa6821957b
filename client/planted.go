package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bug edits the steps or the rules of one upgrader.
type bug = func(*Upgrader)

// bugs are the bugs that Config.Planted can name.
func bugs() map[string]bug {
	all := make(map[string]bug)
	for _, some := range []map[string]bug{bugsInChecks(), bugsInDownload(), bugsOnLine(), bugsInSettings(), bugsInLog(), bugsWithPerson()} {
		maps.Copy(all, some)
	}
	return all
}

// plant puts a bug into this upgrader. It gives the upgrader its own lists of steps first, so
// that no other upgrader gets the bug.
func (u *Upgrader) plant(name string) error {
	all := bugs()
	if all[name] == nil {
		return fmt.Errorf("no bug %q can be planted: there are %s", name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	u.lists = procedures()
	all[name](u)
	return nil
}

func (u *Upgrader) editStep(p procedure, s Step, edit func(*step)) {
	edit(&u.lists[p][placeOf(u.lists[p], s)])
}

func (u *Upgrader) dropStep(p procedure, s Step) {
	at := placeOf(u.lists[p], s)
	u.lists[p] = slices.Delete(u.lists[p], at, at+1)
}

// moveSteps moves steps, in the given order, to the place before another step.
func (u *Upgrader) moveSteps(p procedure, before Step, moved ...Step) {
	for _, m := range moved {
		s := u.lists[p][placeOf(u.lists[p], m)]
		u.dropStep(p, m)
		u.lists[p] = slices.Insert(u.lists[p], placeOf(u.lists[p], before), s)
	}
}
