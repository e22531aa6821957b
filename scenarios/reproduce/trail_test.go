package reproduce

import (
	"io/fs"
	"reflect"
	"testing"

	"ionbench/client/upgradelog"
	"ionbench/fixtures/logs"
)

// A trial that goes on from where another one was comes to what it comes to from its beginning.
func TestATrialThatGoesOnFromAnotherOneIsAsFromItsBeginning(t *testing.T) {
	t.Parallel()
	wentOn := 0
	for _, name := range []string{"field-noise.log", "field-never-erased.log", "field-answer-lost.log"} {
		b, err := fs.ReadFile(logs.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		log, err := Read(b)
		if err != nil {
			t.Fatal(err)
		}
		s := searched(t, log.Runs[0])
		for _, trail := range s.scene.trails.list {
			alone := *s.scene
			alone.trails = trails{}
			whole, _, err := alone.play(trail.of.hypothesis, s.run)
			if err != nil {
				t.Fatal(err)
			}
			if trail.from > 0 {
				wentOn++
			}
			got := trail.of
			if !reflect.DeepEqual(got.lines, whole.lines) || !reflect.DeepEqual(got.at, whole.at) || !reflect.DeepEqual(got.marks, whole.marks) ||
				got.matched != whole.matched || got.differs != whole.differs || got.late != whole.late || got.left != whole.left {
				t.Errorf("%s, %v: %d lines are right and it is %d s late; from its beginning %d and %d", name, got.plan, got.matched, got.late, whole.matched, whole.late)
			}
		}
	}
	if wentOn < 20 {
		t.Errorf("%d trials went on from others", wentOn)
	}
}

// searched is a search that is over, with its trails.
func searched(t *testing.T, r *LoggedRun) *search {
	t.Helper()
	m, err := mend(r, upgradelog.EnteredDownloadState)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sceneOf(m.LoggedRun, false)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(t.Context(), w, m, DefaultTrials)
	s.explain()
	return s
}
