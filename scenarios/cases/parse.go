package cases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Bounds of a file, checked before memory is taken for it.
const (
	MaxBytes     = 256 << 10 // of a file
	MaxLines     = 5000
	MaxLineBytes = 1024 // of a line, without its end
	MaxAttempts  = 50

	// maxProblems is how many bad lines one error tells of.
	maxProblems = 10
)

const blanks = " \t"

// ErrBad is what every error of Parse wraps.
var ErrBad = errors.New("not a case")

// LineError tells of one line of a file. It wraps ErrBad.
type LineError struct {
	Line    int // from 1; 0 for the file as a whole
	Problem string
}

// Error gives the line number, what is wrong and what would be right.
func (e *LineError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
}

// Unwrap gives ErrBad.
func (e *LineError) Unwrap() error { return ErrBad }

// Parse reads a case. It is strict: what it does not know is an error, and so is what can
// have no effect. Up to ten bad lines are told of together; each is a *LineError.
func Parse(b []byte) (*Case, error) {
	if err := checkText(b); err != nil {
		return nil, err
	}
	p := &parser{file: new(Case), seen: make(map[string]int)}
	for raw := range strings.Lines(strings.TrimPrefix(string(b), "\uFEFF")) {
		p.number++
		p.line(strings.TrimRight(raw, "\r\n"))
	}
	p.endSection()
	if len(p.problems) == 0 {
		p.checkWhole()
	}
	if len(p.problems) > 0 {
		return nil, errors.Join(p.problems...)
	}
	return p.file, nil
}

func checkText(b []byte) error {
	lines := strings.Count(string(b[:min(len(b), MaxBytes)]), "\n")
	switch {
	case len(strings.Trim(string(b[:min(len(b), MaxBytes)]), blanks+"\r\n")) == 0:
		return &LineError{0, "the file is empty; a case begins with a line [case]"}
	case len(b) > MaxBytes:
		return &LineError{0, fmt.Sprintf("the file has %d bytes, at most %d are allowed; choose a case file", len(b), MaxBytes)}
	case lines > MaxLines:
		return &LineError{0, fmt.Sprintf("the file has %d lines, at most %d are allowed; choose a case file", lines, MaxLines)}
	}
	return nil
}

// parser reads one file, line by line.
type parser struct {
	file     *Case
	number   int
	section  *openSection   // nil before the first, and in one that is not known
	inside   bool           // some section was begun
	seen     map[string]int // section with its name to its line
	problems []error
}

// openSection is the section that is being read.
type openSection struct {
	name string
	line int
	keys map[string]int // to the line
	set  func(key, value string) error
	must []string // keys that it must have
}

func (p *parser) fail(line int, format string, args ...any) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, &LineError{line, fmt.Sprintf(format, args...)})
	}
}

func (p *parser) line(s string) {
	if problem := badText(s); problem != "" {
		p.fail(p.number, "%s", problem)
		return
	}
	switch body := strings.Trim(s, blanks); {
	case body == "" || body[0] == '#' || body[0] == ';':
	case body[0] == '[':
		p.endSection()
		p.inside = true
		p.begin(body)
	default:
		p.pair(s, body)
	}
}

func badText(s string) string {
	if len(s) > MaxLineBytes {
		return fmt.Sprintf("the line has %d bytes, at most %d are allowed; shorten it", len(s), MaxLineBytes)
	}
	if !utf8.ValidString(s) {
		return "bytes that are no UTF-8; save the file as UTF-8 and try again"
	}
	for _, r := range s {
		if r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return fmt.Sprintf("a control character %U; delete it", r)
		}
	}
	return ""
}

func sectionNames() []string {
	return []string{"case", "meter", "firmware", "template", "attempt", "expect"}
}

// begin opens the section of a header.
func (p *parser) begin(body string) {
	inner, ok := strings.CutSuffix(body[1:], "]")
	if !ok {
		p.fail(p.number, "%.80q has no closing ]; write it as [section] alone on its line", body)
		return
	}
	word, name, _ := strings.Cut(strings.Trim(inner, blanks), " ")
	name = strings.Trim(name, blanks)
	if !slices.Contains(sectionNames(), word) {
		p.fail(p.number, "%v", unknown("section", word, sectionNames()))
		return
	}
	if name != "" && word != "firmware" && word != "template" {
		p.fail(p.number, "[%s] has no name; only [firmware NAME] and [template NAME] have one", word)
		return
	}
	if p.isTwice(word, name) {
		return
	}
	p.section = &openSection{name: word, line: p.number, keys: make(map[string]int)}
	p.open(word, name)
}

// isTwice: attempts and what is expected of them may stand several times.
func (p *parser) isTwice(word, name string) bool {
	if word == "attempt" || word == "expect" {
		return false
	}
	id := strings.TrimRight(word+" "+name, " ")
	if first, ok := p.seen[id]; ok {
		p.fail(p.number, "[%s] already began on line %d; put its keys there", id, first)
		return true
	}
	p.seen[id] = p.number
	return false
}

func (p *parser) open(word, name string) {
	c, s := p.file, p.section
	switch word {
	case "case":
		s.must = []string{"title"}
		s.set = setter(p, caseKeys(), c)
	case "meter":
		s.set = setter(p, meterKeys(), &c.Meter)
	case "firmware":
		c.Firmware = append(c.Firmware, Firmware{Name: name})
		s.set = setter(p, firmwareKeys(), &c.Firmware[len(c.Firmware)-1])
	case "template":
		c.Templates = append(c.Templates, Template{Name: name})
		s.set = setter(p, templateKeys(), &c.Templates[len(c.Templates)-1])
	case "attempt":
		p.openAttempt()
	case "expect":
		p.openExpect()
	}
}

func (p *parser) openAttempt() {
	c, s := p.file, p.section
	if len(c.Attempts) == MaxAttempts {
		p.fail(p.number, "more than %d attempts; make another case of the rest", MaxAttempts)
		p.section = nil
		return
	}
	p.wantExpect()
	c.Attempts = append(c.Attempts, Attempt{Paste: ion.AllGroups, line: p.number})
	s.must = []string{"task"}
	s.set = setter(p, attemptKeys(), &c.Attempts[len(c.Attempts)-1])
}

func (p *parser) openExpect() {
	c, s := p.file, p.section
	n := len(c.Attempts)
	switch {
	case n == 0:
		p.fail(p.number, "[expect] stands before the first [attempt]; put it behind the attempt that it is about")
		p.section = nil
		return
	case c.Attempts[n-1].Expect.lines != nil:
		p.fail(p.number, "the attempt of line %d has an [expect] already; put its keys there", c.Attempts[n-1].line)
		p.section = nil
		return
	}
	e := &c.Attempts[n-1].Expect
	e.lines = s.keys
	s.must = []string{"outcome"}
	s.set = setter(p, expectKeys(), e)
}

// wantExpect: an attempt of which nothing is expected proves nothing.
func (p *parser) wantExpect() {
	if n := len(p.file.Attempts); n > 0 && p.file.Attempts[n-1].Expect.lines == nil {
		p.fail(p.file.Attempts[n-1].line, "this [attempt] has no [expect]; put one behind it with a line outcome = %s", orList(words(verdictWords())))
	}
}

// setter puts values into t by the table of its keys.
func setter[T any](p *parser, table []key[T], t *T) func(name, value string) error {
	return func(name, value string) error {
		i := slices.IndexFunc(table, func(k key[T]) bool { return k.name == name })
		if i < 0 {
			return unknownKey(p.section.name, name, namesOf(table))
		}
		if first, twice := p.section.keys[name]; twice && !table[i].repeat {
			return fmt.Errorf("key %s already stands on line %d; keep one of the two", name, first)
		}
		if value == "" {
			return fmt.Errorf("key %s has no value; write %s = %s", name, name, table[i].syntax)
		}
		return table[i].set(t, value)
	}
}

// unknownKey says where the key belongs, if anywhere.
func unknownKey(section, name string, known []string) error {
	for _, other := range []struct {
		section string
		keys    []string
	}{
		{"case", namesOf(caseKeys())}, {"meter", namesOf(meterKeys())}, {"firmware", namesOf(firmwareKeys())},
		{"template", namesOf(templateKeys())}, {"attempt", namesOf(attemptKeys())}, {"expect", namesOf(expectKeys())},
	} {
		if slices.Contains(other.keys, name) {
			return fmt.Errorf("%q is no key of [%s]; it belongs in [%s]", name, section, other.section)
		}
	}
	return unknown("key of ["+section+"]", name, known)
}

func namesOf[T any](table []key[T]) []string {
	names := make([]string, len(table))
	for i, k := range table {
		names[i] = k.name
	}
	return names
}

func (p *parser) pair(raw, body string) {
	name, value, ok := strings.Cut(body, "=")
	name = strings.Trim(name, blanks)
	switch {
	case !ok:
		p.fail(p.number, "%.80q has no =; write key = value, or # before a comment", body)
	case !p.inside:
		p.fail(p.number, "key %.80q stands before the first section; put a line such as [case] above it", name)
	case p.section != nil:
		if err := p.section.set(name, strings.Trim(value, blanks)); err != nil {
			p.fail(p.number, "%s", where(err, raw))
		}
		if _, ok := p.section.keys[name]; !ok {
			p.section.keys[name] = p.number
		}
		p.lineOfAction(name)
	}
}

// lineOfAction notes where an action stands, for the case that it cannot be done.
func (p *parser) lineOfAction(name string) {
	if p.section.name != "attempt" || name != "before" {
		return
	}
	a := &p.file.Attempts[len(p.file.Attempts)-1]
	if n := len(a.Before); n > 0 && a.Before[n-1].line == 0 {
		a.Before[n-1].line = p.number
	}
}

// where tells of a bad fault by its column in the file.
func where(err error, raw string) string {
	var bad *fault.ParseError
	if !errors.As(err, &bad) {
		return err.Error()
	}
	before, after, _ := strings.Cut(raw, "=")
	start := utf8.RuneCountInString(before) + 1 + len(after) - len(strings.TrimLeft(after, blanks))
	return fmt.Sprintf("column %d: %s", start+bad.Column, bad.Reason)
}

// endSection checks that a section is complete.
func (p *parser) endSection() {
	s := p.section
	p.section = nil
	if s == nil {
		return
	}
	for _, name := range s.must {
		if _, ok := s.keys[name]; !ok {
			p.fail(s.line, "[%s] has no %s; add a line %s = ...", s.name, name, name)
		}
	}
	if s.name == "attempt" {
		p.checkTask(s)
	}
}

// checkTask refuses what the task never asks for.
func (p *parser) checkTask(s *openSection) {
	a := &p.file.Attempts[len(p.file.Attempts)-1]
	if _, ok := s.keys["task"]; !ok {
		return
	}
	task := wordFor(taskWords(), a.Task)
	for _, k := range attemptKeys() {
		if line, ok := s.keys[k.name]; ok && k.tasks != nil && !slices.Contains(k.tasks, a.Task) {
			var tasks []string
			for _, t := range k.tasks {
				tasks = append(tasks, wordFor(taskWords(), t))
			}
			p.fail(line, "%s means nothing with task = %s; delete it, or use task = %s", k.name, task, orList(tasks))
		}
	}
}

// checkWhole checks what several sections say together.
func (p *parser) checkWhole() {
	if _, ok := p.seen["case"]; !ok {
		p.fail(0, "there is no [case]; begin with a line [case] and a line title = ...")
	}
	p.wantExpect()
	if len(p.file.Attempts) == 0 {
		p.fail(0, "there is no [attempt]; add one, with a line task = %s", orList(words(taskWords())))
	}
	p.checkRevision("meter", p.file.meterModel(), p.file.Meter.Revision)
	for _, f := range p.file.Firmware {
		p.checkRevision(strings.TrimRight("firmware "+f.Name, " "), p.file.firmwareModel(f), f.Revision)
	}
	for i := range p.file.Attempts {
		p.checkAttempt(&p.file.Attempts[i])
	}
}

func (p *parser) checkRevision(section string, model meter.Model, revision string) {
	if revision != "" && !strings.HasPrefix(revision, model.String()) {
		p.fail(p.seen[section], "[%s] is of a %v, which runs revisions such as %vV283, not %s", section, model, model, revision)
	}
}

func (p *parser) checkAttempt(a *Attempt) {
	if _, ok := p.file.firmware(a.Firmware); !ok {
		p.fail(a.line, "this [attempt] chooses the firmware %q; add a section [firmware %s]", a.Firmware, a.Firmware)
	}
	if _, ok := p.file.template(a.Template); !ok {
		p.fail(a.line, "this [attempt] chooses the template %q; add a section [template %s]", a.Template, a.Template)
	}
	e := &a.Expect
	if e.Outcome == Success && len(e.Reasons) > 0 {
		p.fail(e.lines["reason"], "a success has no reason; delete the line, or expect another outcome")
	}
}
