package fault

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what Parse takes.
const (
	maxPlanBytes  = 1 << 20
	maxPlanFaults = 10_000
)

// ParseError says where a plan is wrong, and how it would be right.
type ParseError struct {
	Line   int // from 1
	Column int // from 1, in characters
	Reason string
	// Clause is the part of the fault that is wrong or missing: "kind", "direction", "at", "every", "for",
	// or the name of a parameter; "" for what is no part of a fault.
	Clause string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("fault plan, line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Parse reads a plan: one fault per line, or several separated by semicolons. A # begins a
// comment that ends with the line. The error is a *[ParseError]. A plan without faults is nil.
func Parse(s string) (Plan, error) {
	if len(s) > maxPlanBytes {
		return nil, &ParseError{Line: 1, Column: 1, Reason: fmt.Sprintf("the plan has %d bytes: at most %d", len(s), maxPlanBytes)}
	}
	var plan Plan
	number := 0
	for line := range strings.SplitSeq(s, "\n") {
		number++
		line, _, _ = strings.Cut(line, "#")
		for _, words := range split(line, number) {
			if len(plan) == maxPlanFaults {
				return nil, words[0].fail("more than %d faults", maxPlanFaults)
			}
			f, err := parseFault(words)
			if err != nil {
				return nil, err
			}
			plan = append(plan, f)
		}
	}
	return plan, nil
}

// word is one word of a plan and its place.
type word struct {
	text         string
	line, column int
}

func (w word) fail(format string, args ...any) error {
	return &ParseError{Line: w.line, Column: w.column, Reason: fmt.Sprintf(format, args...)}
}

// split returns the words of each fault on a line.
func split(line string, number int) [][]word {
	var faults [][]word
	column := 1
	for part := range strings.SplitSeq(line, ";") {
		var words []word
		for part != "" {
			gap := len(part) - len(strings.TrimLeft(part, " \t\r"))
			end := strings.IndexAny(part[gap:], " \t\r")
			if end < 0 {
				end = len(part) - gap
			}
			if end > 0 {
				words = append(words, word{part[gap : gap+end], number, column + gap})
			}
			column += gap + utf8.RuneCountInString(part[gap:gap+end])
			part = part[gap+end:]
		}
		column++ // the semicolon
		if words != nil {
			faults = append(faults, words)
		}
	}
	return faults
}

// parser reads one fault.
type parser struct {
	words []word
	next  int
	fault Fault
	seen  [clauses]word // where each clause begins
}

func parseFault(words []word) (Fault, error) {
	p := &parser{words: words}
	if err := p.kind(); err != nil {
		return Fault{}, err
	}
	for p.next < len(p.words) {
		if err := p.clause(); err != nil {
			return Fault{}, err
		}
	}
	if err := p.settle(); err != nil {
		return Fault{}, in(inSide, err)
	}
	if wrong := p.fault.check(); wrong != nil {
		return Fault{}, in(wrong.of, p.at(wrong.in).fail("%s", wrong.reason))
	}
	return p.fault, nil
}

// in says of which clause an error is.
func in(c clause, err error) error {
	if wrong, ok := err.(*ParseError); ok {
		wrong.Clause = c.String()
	}
	return err
}

// at is where a clause stands; for one that was not given, where the kind stands.
func (p *parser) at(c clause) word {
	if w := p.seen[c]; w.line != 0 {
		return w
	}
	if c == inAt && p.seen[inEvery].line != 0 {
		return p.seen[inEvery]
	}
	return p.seen[inKind]
}

// peek returns the next word; "" at the end.
func (p *parser) peek() string {
	if p.next < len(p.words) {
		return p.words[p.next].text
	}
	return ""
}

// take returns the next word. At the end it returns an error that says what is missing after
// the word after.
func (p *parser) take(after word, missing string) (word, error) {
	if p.next == len(p.words) {
		return word{}, after.fail("`%s` is cut short: %s", after.text, missing)
	}
	w := p.words[p.next]
	p.next++
	return w, nil
}

func (p *parser) kind() error {
	w := p.words[0]
	p.next, p.seen[inKind] = 1, w
	names := make([]string, len(rows))
	for i, r := range rows {
		if r.name == w.text {
			p.fault.Kind = r.kind
			return nil
		}
		names[i] = r.name
	}
	return in(inKind, w.fail("there is no fault %q: %s", w.text, suggest(w.text, names)))
}

// clause reads one clause after the kind. Clauses come in any order.
func (p *parser) clause() error {
	w := p.words[p.next]
	p.next++
	clause, read := p.reader(w.text)
	if read == nil {
		return w.fail("%q means nothing here: %s", w.text, suggest(w.text, p.expected()))
	}
	if p.seen[clause].line != 0 {
		return in(clause, w.fail("`%s` is said twice", w.text))
	}
	p.seen[clause] = w
	return in(clause, read(w))
}

// reader returns the function that reads the clause that begins with this word.
func (p *parser) reader(text string) (clause, func(word) error) {
	switch text {
	case "at":
		return inAt, p.trigger
	case "every":
		return inEvery, p.every
	case "for":
		return inFor, p.duration
	}
	if side := slices.Index(sideNames[:], text); side >= 0 {
		return inSide, func(word) error {
			p.fault.Side = Side(side)
			return nil
		}
	}
	for i := range parameters {
		if parameters[i].name == text {
			return inParameter + clause(i), func(w word) error { return p.parameter(w, &parameters[i]) }
		}
	}
	return 0, nil
}

// expected lists the words with which a clause of this kind of fault can begin.
func (p *parser) expected() []string {
	r := p.fault.Kind.row()
	words := []string{"at", "every"}
	if r.lasting {
		words = append(words, "for")
	}
	words = append(words, r.takes...)
	if r.sided {
		words = append(words, "to-meter", "from-meter")
	}
	return words
}

func (p *parser) trigger(at word) error {
	w, err := p.take(at, "say when, such as `at block 200`, `at 95%` or `at 12m30s`")
	if err != nil {
		return err
	}
	unit, err := p.unit(w)
	if err != nil {
		return err
	}
	t := &p.fault.Trigger
	if p.seen[inEvery].line != 0 && t.Unit != unit {
		return w.fail("`at` must count the same as `every`, which says %s", t.interval(t.counted()))
	}
	t.Unit = unit
	switch unit {
	case AtStart:
		return nil
	case AtState:
		return p.state(w)
	}
	if !units[unit].bare {
		if w, err = p.take(w, "say which, such as `"+units[unit].name+" 3`"); err != nil {
			return err
		}
	}
	if err := p.window(w); err != nil {
		return err
	}
	return p.refine()
}

// refine reads the direction and the phase of a trigger.
func (p *parser) refine() error {
	t := &p.fault.Trigger
	if side := slices.Index(sideNames[:], p.peek()); side >= 0 && t.counted().sided != sideNever && t.Side == Both {
		t.Side = Side(side)
		p.next++
	}
	if phase := slices.Index(phaseNames[:], p.peek()); phase >= 0 {
		if t.Unit != AtFlashOp {
			return p.words[p.next].fail("only a flash-op has the phase `%s`", p.peek())
		}
		if t.Phase != Before {
			return p.words[p.next].fail("the trigger says `%v` already: give one phase", t.Phase)
		}
		t.Phase = Phase(phase)
		p.next++
	}
	return nil
}

// unit finds out from its first word what a trigger counts.
func (p *parser) unit(w word) (Unit, error) {
	if strings.ContainsRune("0123456789.", rune(w.text[0])) {
		switch {
		case strings.Contains(w.text, "%"):
			return AtPercent, nil
		case isDigits(w.text):
			return 0, w.fail("%s of what? say `block %s`, `%s%%` or `%ss`", w.text, w.text, w.text, w.text)
		}
		if strings.Trim(w.text, "0123456789") == "." {
			return 0, w.fail("%s of what? say `%s%%` or `%ss`", w.text, w.text, w.text)
		}
		return AtTime, nil
	}
	var names []string
	for u := range units {
		if units[u].bare {
			continue
		}
		if units[u].name == w.text {
			return Unit(u), nil
		}
		names = append(names, units[u].name)
	}
	return 0, w.fail("there is no trigger %q: %s", w.text, suggest(w.text, append(names, "a percentage", "a time")))
}

func (p *parser) state(after word) error {
	w, err := p.take(after, "say which: "+orList(stateNames[1:]))
	if err != nil {
		return err
	}
	state := slices.Index(stateNames[1:], w.text)
	if state < 0 {
		return w.fail("there is no state %q: %s", w.text, suggest(w.text, stateNames[1:]))
	}
	p.fault.Trigger.State = State(state + 1)
	return nil
}

// window reads N or N..N.
func (p *parser) window(w word) error {
	t := &p.fault.Trigger
	number := units[t.Unit].number
	first, last, isWindow := strings.Cut(w.text, "..")
	var err error
	if t.First, err = number(first); err != nil {
		return w.fail("%v", err)
	}
	if !isWindow {
		return nil
	}
	w.column += utf8.RuneCountInString(first) + len("..")
	if t.Last, err = number(last); err != nil {
		return w.fail("%v", err)
	}
	if t.Last <= t.First {
		return w.fail("the window ends at %s, which is not after %s", last, first)
	}
	return nil
}

func (p *parser) every(every word) error {
	w, err := p.take(every, "say how often, such as `every 10 blocks`, `every 30s` or `every 10%`")
	if err != nil {
		return err
	}
	unit, err := p.everyUnit(every, w)
	if err != nil {
		return err
	}
	t := &p.fault.Trigger
	if p.seen[inAt].line != 0 && t.Unit != unit {
		return w.fail("`every` must count the same as `at`, which says %s", t.Unit)
	}
	t.Unit = unit
	if t.Every, err = units[unit].number(w.text); err != nil {
		return w.fail("%v", err)
	}
	if !units[unit].bare {
		p.next++
	}
	return p.refine()
}

// everyUnit finds out what `every` counts. The number stands before the unit.
func (p *parser) everyUnit(every, number word) (Unit, error) {
	switch {
	case strings.HasSuffix(number.text, "%"):
		return AtPercent, nil
	case !isDigits(number.text):
		if _, err := parseTimeNumber(number.text); err != nil {
			return 0, number.fail("%q is not how often: say `every 10 blocks`, `every 30s` or `every 10%%`", number.text)
		}
		return AtTime, nil
	}
	var names []string
	for u := range units {
		if units[u].plural == "" {
			continue
		}
		if next := p.peek(); next == units[u].plural || next == units[u].name {
			return Unit(u), nil
		}
		names = append(names, units[u].plural)
	}
	if p.next == len(p.words) {
		return 0, number.fail("every %s of what? say one of %s", number.text, orList(names))
	}
	w := p.words[p.next]
	return 0, w.fail("there is no %q to count: %s", w.text, suggest(w.text, names))
}

func (p *parser) duration(w word) error {
	r := p.fault.Kind.row()
	var rest []string
	for _, w := range p.words[p.next:] {
		rest = append(rest, w.text)
	}
	if !r.lasting {
		said := strings.Join(append([]string{"for"}, rest...), " ")
		if len(rest) > 0 {
			if _, used, err := parseDuration(rest); err == nil {
				said = strings.Join(append([]string{"for"}, rest[:used]...), " ")
			}
		}
		return w.fail("%s", r.atOnce(said))
	}
	if len(rest) == 0 {
		return w.fail("`for` is cut short: say how long, such as `for 5s`, `for 2 no-responses` or `for forever`")
	}
	d, used, err := parseDuration(rest)
	if err != nil {
		return p.words[p.next].fail("%v", err)
	}
	p.fault.Duration = d
	p.next += used
	return nil
}

func (p *parser) parameter(name word, row *parameter) error {
	if row.flag {
		return row.parse(&p.fault.Parameters, name.text)
	}
	value, err := p.take(name, "say `"+row.syntax+"`, such as `"+row.example+"`")
	if err != nil {
		return err
	}
	if err := row.parse(&p.fault.Parameters, value.text); err != nil {
		return value.fail("%v", err)
	}
	return nil
}

// settle brings what can be said in several ways into one form.
func (p *parser) settle() error {
	t := &p.fault.Trigger
	if t.Every != 0 && t.First == 0 && p.seen[inAt].line == 0 {
		t.First = t.Every // every 10 blocks: at 10, 20, 30 ...
	}
	if side := p.fault.Side; side != Both && p.fault.Kind.row().picks && t.counted().sided != sideNever {
		if t.Side != Both && t.Side != side {
			return p.seen[inSide].fail("the trigger says %v already: give one direction", t.Side)
		}
		t.Side, p.fault.Side = side, Both
	}
	return nil
}
