package reproduce

import (
	"bytes"
	"io/fs"
	"maps"
	"reflect"
	"testing"

	"ionbench/client/upgradelog"
	"ionbench/fixtures/logs"
)

// A trial that goes on from where another one was comes to what it comes to from its beginning; and so
// does one that comes to where another one was, and has the rest from that one.
func TestATrialThatGoesOnFromAnotherOneIsAsFromItsBeginning(t *testing.T) {
	t.Parallel()
	wentOn, joined := 0, 0
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
			alone.trails, alone.crossings = trails{}, map[crossing]crossed{}
			whole, _, err := alone.play(trail.of.hypothesis, s.run)
			if err != nil {
				t.Fatal(err)
			}
			if trail.from > 0 {
				wentOn++
			}
			asWhole(t, name, trail.of, whole)
			alone.trails, alone.crossings = trails{}, maps.Clone(s.scene.crossings)
			maps.DeleteFunc(alone.crossings, func(_ crossing, c crossed) bool { return c.of == trail.of }) // its own
			again, sent, err := alone.play(trail.of.hypothesis, s.run)
			if err != nil {
				t.Fatal(err)
			}
			if sent < len(whole.marks) {
				joined++
			}
			asWhole(t, name, again, whole)
		}
	}
	if wentOn < 20 || joined < 8 {
		t.Errorf("%d trials went on from others, %d came to where others were", wentOn, joined)
	}
}

// asWhole fails if a trial is not as one that was played from beginning to end.
func asWhole(t *testing.T, name string, got, whole *played) {
	t.Helper()
	if !reflect.DeepEqual(got.lines, whole.lines) || !reflect.DeepEqual(got.at, whole.at) || !reflect.DeepEqual(got.marks, whole.marks) ||
		got.matched != whole.matched || got.differs != whole.differs || got.late != whole.late || got.left != whole.left {
		t.Errorf("%s, %v: %d lines are right and it is %d s late; from its beginning %d and %d", name, got.plan, got.matched, got.late, whole.matched, whole.late)
	}
	if a, b := got.outcome, whole.outcome; (a == nil) != (b == nil) || a != nil &&
		(!bytes.Equal(a.Log, b.Log) || !reflect.DeepEqual(a.Meter, b.Meter) || a.Cost != b.Cost || !reflect.DeepEqual(a.Violations, b.Violations) || len(a.Unstruck) != len(b.Unstruck)) {
		t.Errorf("%s, %v: another outcome: %+v, %v; from its beginning %+v, %v", name, got.plan, a.Meter, a.Cost, b.Meter, b.Cost)
	}
}

// searched is a search that is over, with its trails.
func searched(t *testing.T, r *LoggedRun) *search {
	t.Helper()
	m, err := mend(r, upgradelog.EnteredDownloadState)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sceneOf(m.LoggedRun, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(t.Context(), w, m, DefaultTrials)
	s.explain()
	return s
}
