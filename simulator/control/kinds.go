package control

import (
	"net/http"
	"slices"
	"strings"

	"ionbench/simulator/fault"
)

func (m *Served) getKinds(w http.ResponseWriter, _ *http.Request) {
	told := Kinds{Kinds: []Kind{}}
	for _, d := range fault.Kinds() {
		if d.Place != fault.PlaceHost && m.subject.Station.Plays(d.Kind) == nil {
			told.Kinds = append(told.Kinds, kindOf(&d))
		}
	}
	for _, moment := range fault.Moments() {
		told.Moments = append(told.Moments, momentOf(&moment))
	}
	reply(w, http.StatusOK, told)
}

func kindOf(d *fault.Description) Kind {
	now, example := atOnce(d.Example)
	k := Kind{
		Name: d.Kind.String(), Place: d.Place.String(), What: d.Field, Lasts: d.Lasts, Syntax: d.Syntax, Example: d.Example, Now: now,
		AtOnce: now != d.Example, Moments: []string{}, Phases: phasesOf(d), Repeats: d.Repeats, Sided: d.Sided, Picks: d.Picks, Parameters: []Parameter{},
	}
	if !k.AtOnce {
		k.Moment, k.Number = example.Trigger.Unit.String(), example.Trigger.Number()
	}
	for _, u := range d.Units {
		k.Moments = append(k.Moments, u.String())
	}
	if d.Lasts {
		k.Duration = &Lasting{Must: d.Clocked, NoResponses: d.Lasting.NoResponses}
		if d.Lasting.Time > 0 {
			k.Duration.Time = fault.FormatTime(d.Lasting.Time)
		}
	}
	for _, t := range d.Takes {
		p := Parameter{Name: t.Name, What: t.Meaning, Must: t.Must, Example: t.Example, Input: inputOf(&t.Input)}
		if t.Located {
			p.Unless = fault.AtFlashOp.String()
		}
		k.Parameters = append(k.Parameters, p)
	}
	return k
}

// phasesOf are the phases of a flash operation in which a kind can strike.
func phasesOf(d *fault.Description) []string {
	phases := []string{}
	for _, p := range []fault.Phase{fault.Before, fault.Torn, fault.After} {
		if slices.Contains(d.Units, fault.AtFlashOp) && !d.Whole && (p != fault.Torn || d.Tears) {
			phases = append(phases, p.String())
		}
	}
	return phases
}

func inputOf(i *fault.Input) Input {
	return Input{Sort: i.Sort.String(), Least: i.Least, Most: i.Most, Unit: i.Unit, Default: i.Default, Words: i.Words}
}

func momentOf(f *fault.Moment) Moment {
	m := Moment{Name: f.Name, Plural: f.Plural, Bare: f.Bare, What: f.Field, Syntax: f.Syntax, States: f.States, Direction: "never"}
	switch {
	case f.MustSide:
		m.Direction = "must"
	case f.Sided:
		m.Direction = "may"
	}
	if f.Number.Sort != 0 {
		number := inputOf(&f.Number)
		m.Number = &number
	}
	return m
}

// atOnce takes the moment out of a fault. One that needs it is returned as it is.
func atOnce(example string) (now string, f fault.Fault) {
	plan, err := fault.Parse(example)
	if err != nil || len(plan) != 1 {
		return example, f
	}
	f = plan[0]
	f.Trigger = fault.Trigger{}
	if f.Validate() != nil {
		return example, plan[0]
	}
	return strings.Replace(f.String(), " at start", "", 1), f
}
