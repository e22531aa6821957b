package fault

import (
	"fmt"
	"strings"
	"time"
)

// clause is a part of a fault that can be wrong, so that the parser can point at it.
type clause uint8

const (
	inKind clause = iota
	inSide
	inAt
	inEvery
	inFor
	inParameter // and so on, in the order of the table of parameters
	clauses     = inParameter + clause(len(parameters))
)

var clauseNames = [...]string{inKind: "kind", inSide: "direction", inAt: "at", inEvery: "every", inFor: "for"}

// String is the clause as [ParseError] names it.
func (c clause) String() string {
	if c >= inParameter {
		return parameters[c-inParameter].name
	}
	return clauseNames[c]
}

// problem is why a fault makes no sense.
type problem struct {
	in     clause // where the text is to be changed
	of     clause // what is wrong: another one where that is missing
	reason string
}

func wrong(in clause, format string, args ...any) *problem {
	return &problem{in: in, of: in, reason: fmt.Sprintf(format, args...)}
}

// missing is a problem with a clause that is not there.
func missing(c clause, format string, args ...any) *problem {
	p := wrong(inKind, format, args...)
	p.of = c
	return p
}

// Validate tells why f makes no sense, or that it prints to something that does not parse
// back; nil if neither. What Parse returns is always valid.
func (f Fault) Validate() error {
	if p := f.check(); p != nil {
		return fmt.Errorf("fault %v: %s", f.Kind, p.reason)
	}
	return nil
}

func (f Fault) check() *problem {
	r := f.Kind.row()
	if r.kind == 0 {
		return wrong(inKind, "there is no such kind of fault")
	}
	for _, check := range []func(*row) *problem{
		f.checkTrigger, f.checkNumbers, f.checkSide, f.checkRepeats, f.checkDuration, f.checkWindow, f.checkParameters,
	} {
		if p := check(r); p != nil {
			return p
		}
	}
	return nil
}

func (f Fault) checkTrigger(r *row) *problem {
	t := f.Trigger
	u := t.counted()
	switch {
	case u.name == "":
		return wrong(inAt, "there is no such trigger")
	case !r.allows(t.Unit):
		return wrong(inAt, "%s cannot strike at a %s: say %s", r.name, u.name, triggersOf(r))
	case t.Phase > After || t.Phase != Before && t.Unit != AtFlashOp:
		return wrong(inAt, "a %s has no phase %v", u.name, t.Phase)
	case t.Phase != Before && r.whole:
		return wrong(inAt, "%s befalls a flash operation as a whole: leave `%v` out", r.name, t.Phase)
	case t.Phase == Torn && !r.tears:
		return wrong(inAt, "%s cannot strike inside a flash operation: say `before` or `after`, or use %s", r.name, kindsThat(func(r *row) bool { return r.tears }))
	case t.Unit == AtState && (t.State < Application || t.State > Booting):
		return wrong(inAt, "there is no such state")
	case t.Unit != AtState && t.State != 0:
		return wrong(inAt, "a %s has no state", u.name)
	}
	return nil
}

// checkNumbers accepts nothing that has another, shorter way of being said.
func (f Fault) checkNumbers(*row) *problem {
	t := f.Trigger
	u := t.counted()
	if u.none {
		if t.First != 0 || t.Last != 0 {
			return wrong(inAt, "%s takes no number", u.name)
		}
		if t.Every != 0 {
			return wrong(inEvery, "%s comes once, so it cannot come `every` so often", u.name)
		}
		return nil
	}
	switch {
	case t.First == 0 || t.First > u.limit || t.Last > u.limit:
		return wrong(inAt, "a %s is from %s to %s", u.name, u.format(1), u.format(u.limit))
	case t.Every > u.limit:
		return wrong(inEvery, "at most every %s", u.format(u.limit))
	case t.Last != 0 && t.Last <= t.First:
		return wrong(inAt, "the window ends at %s, which is not after %s", u.format(t.Last), u.format(t.First))
	}
	return nil
}

func (f Fault) checkSide(r *row) *problem {
	t := f.Trigger
	u := t.counted()
	switch {
	case f.Side > FromMeter:
		return wrong(inSide, "there is no such direction")
	case f.Side != Both && !r.sided:
		return wrong(inSide, "%s has no direction: leave `%v` out", r.name, f.Side)
	case t.Side > FromMeter || t.Side != Both && u.sided == sideNever:
		return wrong(inAt, "a %s has no direction", u.name)
	case t.Side == Both && u.sided == sideMust:
		return wrong(inAt, "`%s %s` needs a direction, to-meter or from-meter", u.name, u.format(t.First))
	case f.Side != Both && r.picks && u.sided != sideNever:
		return wrong(inSide, "%s takes its direction from the %s that it strikes: give it once", r.name, u.name)
	}
	return nil
}

func (f Fault) checkRepeats(r *row) *problem {
	t := f.Trigger
	switch {
	case r.ends && t.Every != 0:
		return wrong(inEvery, "%s ends the run of the tool, so it can strike only once: leave `every` out", r.name)
	case r.ends && t.Last != 0:
		return wrong(inAt, "%s ends the run of the tool, so it can strike only once: give one moment, no window", r.name)
	}
	return nil
}

func (f Fault) checkDuration(r *row) *problem {
	d := f.Duration
	t := f.Trigger
	switch {
	case d.Time < 0 || d.Time > maxTime || d.NoResponses > maxCount || d.Time != 0 && d.NoResponses != 0:
		return wrong(inFor, "a duration is a time up to %s or a count of no-responses", FormatTime(maxTime))
	case !r.lasting && !d.Forever():
		return wrong(inFor, "%s", r.atOnce("for "+d.String()))
	case r.clocked && d.Time == 0 && !(f.Windowed() && t.Unit == AtTime):
		return wrong(inFor, "only the clock ends a %s: say `for TIME`", r.name)
	case r.lasting && t.Every != 0 && d.Forever():
		return wrong(inEvery, "%s that lasts forever cannot come again: say `for TIME` or `for N no-responses`", r.one())
	case t.Every != 0 && t.Unit == AtTime && d.Time >= time.Duration(t.Every):
		return wrong(inFor, "%s for %s that comes every %s never ends: leave some time between", r.one(), FormatTime(d.Time), FormatTime(time.Duration(t.Every)))
	}
	return nil
}

// one is the kind with its article.
func (r *row) one() string {
	if strings.ContainsRune("aeiou", rune(r.name[0])) {
		return "an " + r.name
	}
	return "a " + r.name
}

// atOnce says why a kind takes no duration, and what else to say.
func (r *row) atOnce(said string) string {
	s := fmt.Sprintf("%s happens at once and takes no duration: leave `%s` out", r.name, said)
	if r.instead != "" {
		s += ", or " + r.instead
	}
	return s
}

// checkWindow is about windows without `every`: a lasting fault lasts as long as the
// window, any other strikes at each moment of it.
func (f Fault) checkWindow(r *row) *problem {
	t := f.Trigger
	u := t.counted()
	if t.Last == 0 || t.Every != 0 {
		return nil
	}
	switch {
	case !r.lasting && u.bare:
		return wrong(inAt, "%s happens at once and a window of %s has endlessly many moments: say how often with `every`", r.name, u.name)
	case r.lasting && !f.Duration.Forever():
		return wrong(inFor, "the window %s..%s says already how long the %s lasts: give one of the two",
			u.format(t.First), u.format(t.Last), r.name)
	case r.blocks && t.Unit != AtTime && t.Unit != AtNoResponse:
		return wrong(inAt, "during %s nothing goes on, so %s never comes: say `for TIME` or `for N no-responses`",
			r.one(), u.moment(t.Last))
	}
	return nil
}

func (f Fault) checkParameters(r *row) *problem {
	for i := range parameters {
		p := &parameters[i]
		in := inParameter + clause(i)
		text := p.format(f.Parameters)
		switch {
		case text != "" && !r.has(p.name):
			return wrong(in, "%s has no %s: %s", r.name, p.name, parametersOf(r))
		case text == "" && r.needs == p.name:
			return missing(in, "%s needs `%s`, such as `%s`", r.name, p.syntax, p.example)
		case text == "" && r.located && p.name == "address" && f.Trigger.Unit != AtFlashOp:
			return missing(in, "%s needs `%s`, such as `%s`, or the trigger `flash-op N`", r.name, p.syntax, p.example)
		case text == "":
			continue
		}
		var again Parameters
		if err := p.parse(&again, text); err != nil {
			return wrong(in, "%s: %v", p.name, err)
		}
	}
	if f.Parameters.By < r.leastBy {
		return wrong(inParameter+byParameter, "%s by %s is too quick to be one: at least %s", r.name, FormatTime(f.Parameters.By), FormatTime(r.leastBy))
	}
	if f.Parameters.HasBytes && f.Trigger.Phase != Torn {
		return wrong(inParameter+bytesParameter, "bytes says where a program is torn: it needs the trigger `flash-op N torn`")
	}
	if !f.Parameters.HasBytes && f.Parameters.Bytes != 0 {
		return wrong(inParameter+bytesParameter, "bytes are given without HasBytes")
	}
	return nil
}

// triggersOf lists the triggers that a kind can have.
func triggersOf(r *row) string {
	var names []string
	for u := range units {
		if r.allows(Unit(u)) {
			names = append(names, units[u].name)
		}
	}
	return orList(names)
}

func parametersOf(r *row) string {
	if len(r.takes) == 0 {
		return "it has no parameters"
	}
	return "it has " + andList(r.takes)
}

func kindsThat(want func(*row) bool) string {
	var names []string
	for i := range rows {
		if want(&rows[i]) {
			names = append(names, rows[i].name)
		}
	}
	return orList(names)
}

func orList(words []string) string  { return list(words, " or ") }
func andList(words []string) string { return list(words, " and ") }

func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}
