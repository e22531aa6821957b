package atlas_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
	"ionbench/simulator/modem"
)

func surveyed(t *testing.T, s atlas.Survey) *atlas.Surveyed {
	t.Helper()
	found, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// called has a meter at the other end of a telephone line.
func called(w *world.World) { w.Meters[0].Phone = modem.DefaultNumber }

func TestASurveyStrikesEveryKindOfFaultInEveryPhase(t *testing.T) {
	if testing.Short() {
		t.Skip("a specs' tour strikes every kind as well")
	}
	s := surveyed(t, atlas.Survey{World: trial.World(3*7424, trial.WithJournal, called)})
	if len(s.Broken) > 0 || s.Skipped > 0 || s.Points < 1000 || s.Phases < 12 {
		t.Errorf("%+v", s)
	}
	for _, k := range fault.Kinds() {
		if s.Kinds[k.Kind] == 0 {
			t.Errorf("%v is not struck", k.Kind)
		}
		if s.InRecovery[k.Kind] == 0 || s.InRecovery[k.Kind] == s.Kinds[k.Kind] {
			t.Errorf("%v is struck %d times, and %d of these in a recovery", k.Kind, s.Kinds[k.Kind], s.InRecovery[k.Kind])
		}
	}
}

func TestAMeterThatIsNotCalledHasNoFaultsOfTheTelephone(t *testing.T) {
	s := surveyed(t, atlas.Survey{World: trial.World(100)})
	for kind := range s.Kinds {
		if kind.ByPhone() {
			t.Errorf("%v strikes", kind)
		}
	}
	err := atlas.Sweep{World: trial.World(100), Spaces: []string{"phone"}}.Check()
	if err == nil || !strings.Contains(err.Error(), "telephone=called") {
		t.Error(err)
	}
}

func TestThePartsOfASurveyAreTheWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("a survey twice, and others have several workers")
	}
	w := trial.World(300)
	whole := surveyed(t, atlas.Survey{World: w})
	sum := &atlas.Surveyed{Kinds: map[fault.Kind]int{}, InRecovery: map[fault.Kind]int{}, Phases: whole.Phases}
	const parts = 5
	for part := range parts {
		s := surveyed(t, atlas.Survey{World: w, Part: part, Parts: parts, Workers: 1 + part})
		if s.Points == 0 || s.Points > whole.Points/2 {
			t.Errorf("part %d has %d of %d points", part, s.Points, whole.Points)
		}
		sum.Points += s.Points
		for c, n := range s.Classes {
			sum.Classes[c] += n
		}
		for k, n := range s.Kinds {
			sum.Kinds[k] += n
		}
		for k, n := range s.InRecovery {
			sum.InRecovery[k] += n
		}
	}
	if !reflect.DeepEqual(sum, whole) {
		t.Errorf("the parts are %+v, and the whole is %+v", sum, whole)
	}
}

func TestATourTellsOfItsWorldsInOrder(t *testing.T) {
	rows := worlds.Pairs().Rows()[3:7]
	var told []string
	all, err := atlas.Tour{Worlds: rows, Workers: 3, Parts: 50, Surveyed: func(r *worlds.Row, s *atlas.Surveyed) {
		told = append(told, r.Name)
		if s.Points == 0 || s.Points > 100 {
			t.Errorf("%s has %d points", r.Name, s.Points)
		}
	}}.Run(t.Context())
	if err != nil || len(all) != len(rows) || strings.Join(told, " ") != "pairs-4 pairs-5 pairs-6 pairs-7" {
		t.Errorf("%d worlds, told of %q: %v", len(all), told, err)
	}
}

func TestATourThatIsInterruptedSaysWhatWasDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	all, err := atlas.Tour{Worlds: worlds.Pairs().Rows()[:4], Parts: 50, Surveyed: func(*worlds.Row, *atlas.Surveyed) { cancel() }}.Run(ctx)
	if err != nil || all[0] == nil || all[3] != nil {
		t.Errorf("%v: %v", all, err)
	}
}
