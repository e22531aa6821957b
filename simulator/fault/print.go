package fault

import "strings"

// String returns the plan in the grammar, on one line. Parse reads it back.
func (p Plan) String() string {
	faults := make([]string, len(p))
	for i, f := range p {
		faults[i] = f.String()
	}
	return strings.Join(faults, "; ")
}

// String returns the fault in the grammar, in its one canonical form: defaults are left out,
// except for `at start`.
func (f Fault) String() string {
	words := []string{f.Kind.String()}
	if f.Side != Both {
		words = append(words, f.Side.String())
	}
	words = append(words, f.Trigger.String())
	if !f.Duration.Forever() {
		words = append(words, "for "+f.Duration.String())
	}
	for i := range parameters {
		text := parameters[i].format(f.Parameters)
		if text != "" && !parameters[i].flag {
			words = append(words, parameters[i].name)
		}
		if text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, " ")
}

// String returns the trigger in the grammar, with `at` and `every`.
func (t Trigger) String() string {
	u := t.counted()
	switch {
	case t.Unit == AtState:
		return "at state " + t.State.String()
	case u.none || u.name == "":
		return "at " + t.Unit.String()
	}
	if t.First == t.Every && t.Last == 0 {
		return "every " + t.interval(u) + t.refinement()
	}
	moment := u.moment(t.First)
	if t.Last != 0 {
		moment += ".." + u.format(t.Last)
	}
	moment += t.refinement()
	if t.Every != 0 {
		moment += " every " + t.interval(u)
	}
	return "at " + moment
}

// Number is the first moment in the grammar, without the unit's name; "" for a unit without numbers.
func (t Trigger) Number() string {
	u := t.counted()
	if u.format == nil || t.First == 0 {
		return ""
	}
	return u.format(t.First)
}

// interval is what follows `every`.
func (t Trigger) interval(u unit) string {
	switch {
	case u.bare:
		return u.format(t.Every)
	case t.Every == 1:
		return "1 " + u.name
	}
	return u.format(t.Every) + " " + u.plural
}

// refinement is the direction and the phase.
func (t Trigger) refinement() string {
	var s string
	if t.Side != Both {
		s = " " + t.Side.String()
	}
	if t.Phase != Before {
		s += " " + t.Phase.String()
	}
	return s
}
