package world

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ionbench/scenarios/fields"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// problem is something in a world that makes no sense.
type problem struct {
	section string // the word of its kind
	index   int    // among those of its kind
	field   string // empty for the section as a whole
	text    string
}

// Check says what in the world makes no sense: a field that no text could hold, a name that
// nothing has, a revision of another model. The error wraps ErrBad and joins one error for each
// problem, with its place and what to do. Whether the meter accepts what is sent to it is for
// the run to find out.
func (w *World) Check() error {
	var list []error
	for _, p := range append(w.badFields(), w.contradictions()...) {
		list = append(list, fmt.Errorf("%w: %s: %s", ErrBad, w.place(p.section, p.index), p.text))
	}
	return errors.Join(list...)
}

// CheckIn adds what several sections of a text together make wrong. Places are those of the
// text that w was read from.
func (w *World) CheckIn(places fields.Places, problems *fields.Problems) {
	for _, p := range w.contradictions() {
		line := 0
		if of := places.Of(p.section); p.index < len(of) {
			line = of[p.index].LineOf(p.field)
		}
		problems.Add(line, p.text)
	}
}

// place names a section for people.
func (w *World) place(section string, index int) string {
	var of named
	switch section {
	case "meter":
		of = w.Meters[index]
	case "station":
		of = w.Stations[index]
	case "pc":
		of = w.PCs[index]
	case "firmware":
		of = w.Firmware[index]
	case "template":
		of = w.Templates[index]
	default:
		return fmt.Sprintf("attempt %d", index+1)
	}
	return strings.TrimRight("["+section+" "+of.name(), " ") + "]"
}

// badFields finds fields that no text could hold.
func (w *World) badFields() []problem {
	var list []problem
	list = append(list, bad("meter", w.Meters, meterFields())...)
	list = append(list, bad("station", w.Stations, stationFields())...)
	list = append(list, bad("pc", w.PCs, pcFields())...)
	list = append(list, bad("firmware", w.Firmware, firmwareFields())...)
	list = append(list, bad("template", w.Templates, templateFields())...)
	return append(list, bad("attempt", w.Attempts, attemptFields())...)
}

func bad[V any](section string, list []V, table []fields.Field[V]) []problem {
	var problems []problem
	for i := range list {
		for _, p := range fields.Check(table, &list[i]) {
			problems = append(problems, problem{section, i, p.Field, p.Text})
		}
	}
	return problems
}

// contradictions finds fields that contradict each other.
func (w *World) contradictions() []problem {
	var list []problem
	list = append(list, badNames("meter", w.Meters)...)
	list = append(list, badNames("station", w.Stations)...)
	list = append(list, w.badLine()...)
	list = append(list, w.badPhones()...)
	list = append(list, badNames("pc", w.PCs)...)
	list = append(list, badNames("firmware", w.Firmware)...)
	list = append(list, badNames("template", w.Templates)...)
	for i, m := range w.Meters {
		list = append(list, badRevision("meter", i, w.place("meter", i), m.Filled().Model, m.Revision)...)
	}
	for i, f := range w.Firmware {
		list = append(list, badRevision("firmware", i, w.place("firmware", i), f.filled(w.MeterOf(&Attempt{}).Model).Model, f.Revision)...)
	}
	for i := range w.Attempts {
		list = append(list, w.badChoices(i)...)
		list = append(list, w.badMeanwhile(i)...)
	}
	return list
}

// badLine finds stations that cannot be on one line.
func (w *World) badLine() []problem {
	var problems []problem
	on := make(map[string]int)
	crowded := func(section string, index int, line string) {
		if on[line]++; on[line] == ion.MaxStations+1 {
			problems = append(problems, problem{section, index, "", fmt.Sprintf("more than %d meters and other stations are on a line; delete some, or put them on another line", ion.MaxStations)})
		}
	}
	if len(w.Meters) == 0 {
		on[""] = 1
	}
	for i := range w.Meters {
		crowded("meter", i, w.Meters[i].Line)
	}
	for i := range w.Stations {
		crowded("station", i, w.Stations[i].Line)
		if on[w.Stations[i].Line] == 1 {
			problems = append(problems, problem{"station", i, "line", "no meter is on this line; name that of a meter"})
		}
	}
	for i := range w.Meters {
		problems = append(problems, w.badSwitch(i)...)
		if i > 0 && w.Meters[i].Name == "" {
			problems = append(problems, problem{"meter", i, "", "this meter has no name, so no [attempt] can choose it; put it first, or give it a name as in [meter feeder 7]"})
		}
	}
	return problems
}

// badSwitch finds a meter that is switched on or off although a tool is to talk to it, or although
// it is the first on its line, which stands for the tool's.
func (w *World) badSwitch(i int) []problem {
	m := &w.Meters[i]
	field := "comes-on"
	switch {
	case m.ComesOn == 0 && m.GoesOff == 0:
		return nil
	case m.ComesOn == 0:
		field = "goes-off"
	}
	wrong := func(text string) []problem { return []problem{{"meter", i, field, text}} }
	if m.ComesOn == m.GoesOff {
		return wrong("it is switched on and off at one moment; let one of them be later")
	}
	if slices.IndexFunc(w.Meters, func(other Meter) bool { return other.Line == m.Line }) == i {
		return wrong("the first meter on a line is there all the time; put another one before it")
	}
	for k := range w.Attempts {
		if w.PlaceOf(&w.Attempts[k]) == i {
			return wrong("an [attempt] is about this meter; take the power of that one away by plan = power-loss")
		}
	}
	return nil
}

// badPhones finds meters that no tool could reach by telephone. The line behind a meter's modem is its own.
func (w *World) badPhones() []problem {
	var problems []problem
	on := make(map[string]int)
	for i := range w.Meters {
		on[w.Meters[i].Line]++
	}
	for i := range w.Stations {
		on[w.Stations[i].Line]++
	}
	for i := range w.Meters {
		m := w.Meters[i].Filled()
		switch {
		case m.Phone == "":
		case m.Model == meter.ION7300:
			problems = append(problems, problem{"meter", i, "phone", "an ION 7300 has no modem; delete the number, or make it a 7330 or 7350"})
		case on[m.Line] > 1:
			problems = append(problems, problem{"meter", i, "phone", "a meter that is called is alone on its line; give the others a line of their own"})
		}
	}
	for i := range w.Attempts {
		if w.Attempts[i].Meanwhile > 0 && w.MeterOf(&w.Attempts[i]).Phone != "" {
			problems = append(problems, problem{"attempt", i, "meanwhile", "a meter that is called has one caller at a time; delete the line"})
		}
	}
	return problems
}

// badNames finds names that two sections share, or that cannot be in a header.
func badNames[V named](section string, list []V) []problem {
	var problems []problem
	seen := make(map[string]bool)
	for i, v := range list {
		name := v.name()
		switch {
		case seen[name]:
			problems = append(problems, problem{section, i, "", fmt.Sprintf("there are two of the name %q; give each its own", name)})
		case fields.CheckName(name) != nil:
			problems = append(problems, problem{section, i, "", fields.CheckName(name).Error()})
		}
		seen[name] = true
	}
	return problems
}

func badRevision(section string, index int, place string, model meter.Model, revision string) []problem {
	if revision == "" || strings.HasPrefix(revision, model.String()) {
		return nil
	}
	return []problem{{section, index, "", fmt.Sprintf("%s is of a %v, which runs revisions such as %vV283, not %s", place, model, model, revision)}}
}

// badChoices finds names in an attempt that nothing has.
func (w *World) badChoices(i int) []problem {
	a := &w.Attempts[i]
	var problems []problem
	missing := func(verb, section, name string) {
		problems = append(problems, problem{"attempt", i, "", fmt.Sprintf("this [attempt] %s %q; add a section [%s %s]", verb, name, section, name)})
	}
	if _, ok := first(w.Meters, a.Meter); !ok {
		missing("is to talk to the meter", "meter", a.Meter)
	}
	if other := w.askedInstead(a); other != nil {
		problems = append(problems, problem{"attempt", i, "unit-id", fmt.Sprintf("unit %d is another meter on the line; choose it with meter = %s", a.UnitID, other.Name)})
	}
	if _, ok := first(w.PCs, a.PC); !ok {
		missing("runs on the PC", "pc", a.PC)
	}
	for _, before := range a.Before {
		if _, ok := first(w.PCs, before.From); !ok {
			missing("copies the journals of the PC", "pc", before.From)
		}
	}
	if _, ok := find(w.Firmware, a.Firmware); !ok {
		missing("chooses the firmware", "firmware", a.Firmware)
	}
	if _, ok := find(w.Templates, a.Template); !ok {
		missing("chooses the template", "template", a.Template)
	}
	return problems
}

// badMeanwhile finds what is wrong with an attempt that begins while another is at work.
func (w *World) badMeanwhile(i int) []problem {
	a := &w.Attempts[i]
	if a.Meanwhile == 0 {
		return nil
	}
	var problems []problem
	wrong := func(field, text string) { problems = append(problems, problem{"attempt", i, field, text}) }
	if i == 0 {
		wrong("meanwhile", "the first [attempt] has none above it; delete the line")
	}
	if len(a.Before) > 0 {
		wrong("before", "nothing is done before an [attempt] that begins while another is at work; do it before the first of them")
	}
	own, ownTool := w.MeterOf(a), w.toolOf(a)
	first, shares := i, false
	for first > 0 && w.Attempts[first].Meanwhile > 0 {
		first--
	}
	for k := first; k < i; k++ {
		with := &w.Attempts[k]
		switch other, otherTool := w.MeterOf(with), w.toolOf(with); {
		case own.Line != other.Line:
		case own.Name != other.Name:
			wrong("meter", "two tools at once talk to two meters of one line; put one of the meters on a line of its own (line = 2)")
		case ownTool.Baud != otherTool.Baud:
			wrong("baud", "two tools at once talk at two rates on one line; give both the same")
		default:
			shares = true
		}
	}
	for _, f := range a.Plan {
		if err := f.CheckOwn(); shares && err != nil {
			wrong("plan", fmt.Sprintf("%v; put it into the first [attempt] of several at once", err))
		}
	}
	return problems
}

// toolOf is the tool of an attempt, filled in.
func (w *World) toolOf(a *Attempt) Tool {
	m := w.MeterOf(a)
	return FilledTool(a.Tool, &m)
}

// askedInstead returns the meter that answers an attempt which asks for the unit of another meter
// than the one that it is about; nil if there is none.
func (w *World) askedInstead(a *Attempt) *Meter {
	if a.UnitID == 0 || len(w.Meters) < 2 || a.UnitID == w.MeterOf(a).UnitID {
		return nil
	}
	for i := range w.Meters {
		if w.Meters[i].Filled().UnitID == a.UnitID && w.Meters[i].Line == w.MeterOf(a).Line {
			return &w.Meters[i]
		}
	}
	return nil
}
