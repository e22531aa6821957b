package atlas_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

func swept(t testing.TB, s atlas.Sweep) *atlas.Atlas {
	t.Helper()
	a, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// point is one point of an atlas: its plan and what came of it.
type point struct {
	space   string
	plan    string
	outcome *atlas.PointOutcome
}

// points are those of a row.
func points(a *atlas.Atlas, r *atlas.Row) []point {
	var all []point
	place := r.First
	for _, run := range r.Runs {
		for range run[0] {
			all = append(all, point{r.Space, r.PlanAt(place), &a.Outcomes[run[1]]})
			place++
		}
	}
	return all
}

// sample draws n points of each row, all if there are no more.
func sample(a *atlas.Atlas, n int) []point {
	var drawn []point
	stream := fault.NewStream(1, "sample")
	for i := range a.Rows {
		all := points(a, &a.Rows[i])
		if len(all) <= n {
			drawn = append(drawn, all...)
			continue
		}
		for range n {
			drawn = append(drawn, all[stream.Uint64()%uint64(len(all))])
		}
	}
	return drawn
}

// wantSameInFull runs a point from the start to the end, without a fork or a class.
func wantSameInFull(t *testing.T, w world.World, a *atlas.Atlas, p point) {
	t.Helper()
	plans, err := trial.ParsePlans(p.plan)
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.Try(w, plans, rig.NoTrace)
	if err != nil {
		t.Fatal(err)
	}
	// A program cannot fail where the operation is an erase, nor the other way round.
	if len(r.Unstruck) > 0 && p.space != "chip" {
		t.Errorf("%s: %q", p.plan, r.Unstruck)
	}
	var lost []string
	for _, g := range r.Cost.Lost.List() {
		lost = append(lost, g.Key())
	}
	got := atlas.PointOutcome{
		Future:       p.outcome.Future,
		Class:        r.Class.String(),
		Milliseconds: (r.Cost.Time.Microseconds()+500)/1000 - a.Calm.Milliseconds,
		Bytes:        int64(r.Cost.Bytes) - a.Calm.Bytes,
		Acts:         r.Cost.Acts - a.Calm.Acts,
		Lost:         lost,
		Violations:   r.Violations,
	}
	want := *p.outcome
	if slack := got.Milliseconds - want.Milliseconds; slack >= -1 && slack <= 1 {
		got.Milliseconds = want.Milliseconds // both are rounded
	}
	if got.Class != want.Class || got.Milliseconds != want.Milliseconds || got.Bytes != want.Bytes || got.Acts != want.Acts ||
		!slices.Equal(got.Lost, want.Lost) || !slices.Equal(got.Violations, want.Violations) {
		t.Errorf("%s: the atlas says %+v, a full run %+v", p.plan, want, got)
	}
}

// allSpaces are those that a world has.
func allSpaces(w world.World) []string {
	var names []string
	for _, s := range atlas.Spaces() {
		if atlas.CheckSpace(s[0], w) == nil {
			names = append(names, s[0])
		}
	}
	return names
}

// full makes the tests of sweeps play more worlds, and more points of each.
var full = flag.Bool("full", false, "play all worlds and more points of each, which takes a minute")

func TestAFullRunComesToWhatTheAtlasSays(t *testing.T) {
	list, each := map[string]world.World{
		"without a journal":                 trial.World(300),
		"with a journal, and another model": trial.World(300, trial.WithJournal, trial.Of(7330)),
		"with release 2.1":                  trial.World(300, trial.By(client.Release21()), trial.ThroughWindows),
		"by telephone":                      trial.World(300, called),
	}, 2
	if *full {
		each = 12
		list["with two blocks"] = trial.World(ion.BlockBytes + 300)
		list["with a journal"] = trial.World(300, trial.WithJournal)
		list["through the windows"] = trial.World(300, trial.ThroughWindows)
		list["with another model"] = trial.World(300, trial.Of(7330))
	}
	for name, w := range list {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spaces := allSpaces(w)
			if testing.Short() {
				w.Firmware[0].Bytes, spaces = 100, []string{"flash", "reply", "state"}
			}
			if !*full && name != "without a journal" { // most points are those of the wire
				spaces = slices.DeleteFunc(spaces, func(s string) bool { return s == "wire" })
			}
			if name == "by telephone" {
				if testing.Short() {
					t.Skip("calls are long, and struck in the specs as well")
				}
				spaces = []string{"phone", "outage", "ip"}
			}
			a := swept(t, atlas.Sweep{World: w, Spaces: spaces})
			if s := a.Summary(); s.Skipped > 0 || s.Violations > 0 || a.Partial {
				t.Errorf("%v, partial %v", s, a.Partial)
			}
			for _, p := range sample(a, each) {
				wantSameInFull(t, w, a, p)
			}
		})
	}
}

func TestAFullRunOfAPairComesToWhatTheAtlasSays(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays some thousand trials")
	}
	w := trial.World(100)
	a := swept(t, atlas.Sweep{World: w, Pairs: true, Faults: []string{
		"frame-lost at frame # to-meter", "power-loss at flash-op # torn seed #", "byte-dup at byte # from-meter",
	}})
	if s := a.Summary(); s.Skipped > 0 || s.Violations > 0 || a.Partial {
		t.Errorf("%v, partial %v", s, a.Partial)
	}
	both, recoveries := 0, 0
	for i := range a.Rows {
		both += strings.Count(a.Rows[i].Plan, ";")
		recoveries += strings.Count(a.Rows[i].Plan, " "+trial.Then+" ")
	}
	if both == 0 || recoveries == 0 {
		t.Errorf("%d rows with two faults in an attempt, %d with one in the recovery", both, recoveries)
	}
	drawn := sample(a, 2)
	for i := 0; i < len(drawn); i += max(1, len(drawn)/400) {
		wantSameInFull(t, w, a, drawn[i])
	}
}

func TestEveryPlaceOfTheCalmRunIsStruck(t *testing.T) {
	w := trial.World(300)
	run, err := trial.Start(w, nil, rig.NoTrace)
	if err != nil {
		t.Fatal(err)
	}
	calm := run.Finish()
	sweep := atlas.Sweep{World: w, Workers: 3}
	if testing.Short() { // the race detector sees the workers at few points as well
		sweep.Spaces = []string{"flash"}
	}
	a := swept(t, sweep)
	cost, carried := calm.Attempts[0].Cost, run.Bench().Station().InRun()
	for i := range a.Rows {
		r := &a.Rows[i]
		want := map[string]int{"to-meter": int(cost.BytesToMeter), "from-meter": int(cost.BytesToHost), "flash-op": int(calm.Attempts[0].Meter.FlashOps),
			"reply": int(carried.Replies), "block": 1}[r.Unit]
		if r.Points() != want || r.First != 1 {
			t.Errorf("%s: %d points from %d on, the run has %d", r.Plan, r.Points(), r.First, want)
		}
	}
}

// A tool that tries once less than the article's differs from it nowhere else.
func TestADefaultSweepHasOutagesOfJustAsLongAsTheToolTries(t *testing.T) {
	a := swept(t, atlas.Sweep{World: trial.World(2*ion.BlockBytes + 1), Spaces: []string{"outage"}})
	if !slices.Contains(atlas.DefaultSpaces(), "outage") {
		t.Error("they are no part of a default sweep")
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if r.Unit == "block" && r.Points() != 3 {
			t.Errorf("%s: %d points for three blocks", r.Plan, r.Points())
		}
		survived := 0
		for _, run := range r.Runs {
			if class := a.Outcomes[max(run[1], 0)].Class; class == trial.Unharmed.String() || class == trial.Resent.String() {
				survived += run[0]
			}
		}
		switch longer := strings.HasSuffix(r.Plan, "for 11 no-responses") || strings.HasSuffix(r.Plan, "for 115s"); {
		case !longer && survived != r.Points():
			t.Errorf("%s: %d of %d survived", r.Plan, survived, r.Points())
		case longer && survived > r.Points()/4: // what asks less than the download does, is asked less often
			t.Errorf("%s: %d of %d survived", r.Plan, survived, r.Points())
		}
	}
}

func TestTheAtlasIsTheSameHoweverManyWorkersDrawIt(t *testing.T) {
	s := atlas.Sweep{World: trial.World(100), Pairs: !testing.Short(), Workers: 1, Faults: []string{
		"frame-lost at frame # from-meter", "power-loss at flash-op #", "abort at state #",
	}}
	one := swept(t, s)
	s.Workers = 4
	four := swept(t, s)
	if !slices.EqualFunc(one.Rows, four.Rows, func(a, b atlas.Row) bool { return a.Plan == b.Plan && slices.Equal(a.Runs, b.Runs) }) {
		t.Error("the rows differ")
	}
	if !slices.EqualFunc(one.Outcomes, four.Outcomes, func(a, b atlas.PointOutcome) bool {
		return a.Future == b.Future && a.Class == b.Class && a.Milliseconds == b.Milliseconds && a.Bytes == b.Bytes
	}) {
		t.Error("the outcomes differ")
	}
}
