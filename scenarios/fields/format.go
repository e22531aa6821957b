package fields

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ionbench/client/ini"
	"ionbench/simulator/fault"
)

// Bounds of a file, checked before memory is allocated.
const (
	MaxBytes     = 256 << 10 // of a file
	MaxLines     = 5000
	MaxLineBytes = 1024 // of a line, without its end

	// maxProblems is how many bad lines one error reports.
	maxProblems = 10
)

// Format is a text file of sections, in UTF-8. Each line is `key = value`, or a comment if its
// first character is # or ;. Blanks around keys and values mean nothing.
type Format struct {
	Name     string // what such a file is, such as "case"
	First    string // the section with which a file begins
	Empty    bool   // a file may have no sections
	Bad      error  // wrapped by all errors about a file
	Sections []Section
}

// Section is a kind of section.
type Section struct {
	Word    string // in its header
	What    string // what it is, for people
	Named   bool   // the header may give it a name: [word NAME]
	Several bool   // may occur several times; if Named, once for each name
	// Keys are all keys that it may have. They are used to explain the keys and to say where
	// one belongs; what is set through them is lost.
	Keys []Key
	// Open begins a section and returns the keys through which it is set. The error says why
	// there can be none here.
	Open func(name string) ([]Key, error)
}

// Place is where a section is in a file that was read.
type Place struct {
	Word, Name string
	Line       int              // of the header, from 1
	Keys       map[string][]int // lines of each key
}

// LineOf returns the line of a key, or that of the header if the section does not have the key;
// 0 if the section is in no file.
func (p *Place) LineOf(key string) int {
	if lines := p.Keys[key]; len(lines) > 0 {
		return lines[0]
	}
	return p.Line
}

// Places are the sections of a file, in order.
type Places []Place

// Of returns the places of one kind of section.
func (p Places) Of(word string) Places {
	return slices.DeleteFunc(slices.Clone(p), func(s Place) bool { return s.Word != word })
}

// LineError is a bad line of a file. It wraps the Bad of the format.
type LineError struct {
	Line    int // from 1; 0 for the file as a whole
	Problem string
	kind    error
}

// Error gives the line number, what is wrong and what would be right.
func (e *LineError) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
}

// Unwrap returns the Bad of the format.
func (e *LineError) Unwrap() error { return e.kind }

// Problems collects what is wrong with a file. Up to ten bad lines are reported together.
type Problems struct {
	bad  error
	list []error
}

// Add notes what is wrong with a line; 0 for the file as a whole.
func (p *Problems) Add(line int, problem string) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, &LineError{line, problem, p.bad})
	}
}

// Err joins a *LineError for each problem; it is nil if there are none.
func (p *Problems) Err() error { return errors.Join(p.list...) }

// Read reads a file, and sets each key as the Open of its section says. The problems say what
// is wrong with the lines; a caller can add what is wrong with the whole.
func (f *Format) Read(b []byte) (Places, *Problems) {
	r := &reader{format: f, problems: Problems{bad: f.Bad}, seen: make(map[string]int)}
	if problem := f.checkSize(b); problem != "" {
		r.problems.Add(0, problem)
		return nil, &r.problems
	}
	for raw := range strings.Lines(strings.TrimPrefix(string(b), ini.ByteOrderMark)) {
		r.number++
		r.line(strings.TrimRight(raw, "\r\n"))
	}
	r.end()
	return r.places, &r.problems
}

func (f *Format) checkSize(b []byte) string {
	head := string(b[:min(len(b), MaxBytes)])
	lines := strings.Count(head, "\n")
	switch {
	case !f.Empty && strings.Trim(head, ini.Blanks+"\r\n") == "":
		return fmt.Sprintf("the file is empty; a %s begins with a line [%s]", f.Name, f.First)
	case len(b) > MaxBytes:
		return fmt.Sprintf("the file has %d bytes, at most %d are allowed; choose a %s file", len(b), MaxBytes, f.Name)
	case lines > MaxLines:
		return fmt.Sprintf("the file has %d lines, at most %d are allowed; choose a %s file", lines, MaxLines, f.Name)
	}
	return ""
}

// reader reads one file, line by line.
type reader struct {
	format   *Format
	number   int // of the line
	inside   bool
	open     *Place // nil before the first section and in an unknown one
	keys     []Key  // of the open section
	seen     map[string]int
	places   Places
	problems Problems
}

func (r *reader) fail(format string, args ...any) {
	r.problems.Add(r.number, fmt.Sprintf(format, args...))
}

func (r *reader) line(s string) {
	if len(s) > MaxLineBytes {
		r.fail("%s", ini.TooLong(len(s), MaxLineBytes))
		return
	}
	if problem := ini.Bad(s); problem != "" {
		r.fail("%s", problem)
		return
	}
	switch ini.KindOf(s) {
	case ini.Header:
		r.end()
		r.inside = true
		r.begin(s)
	case ini.Pair:
		r.pair(s)
	}
}

// begin opens the section of a header.
func (r *reader) begin(line string) {
	inner, err := ini.ParseHeader(line)
	if err != nil {
		r.fail("%v", err)
		return
	}
	word, name, _ := strings.Cut(inner, " ")
	name = strings.Trim(name, ini.Blanks)
	sections := r.format.Sections
	i := slices.IndexFunc(sections, func(s Section) bool { return s.Word == word })
	switch {
	case i < 0:
		r.fail("%v", Unknown("section", word, r.format.words()))
		return
	case name != "" && !sections[i].Named:
		r.fail("[%s] has no name; only %s have one", word, r.format.named())
		return
	case !sections[i].Several && r.isTwice(header(word, name)):
		return
	}
	keys, err := sections[i].Open(name)
	if err != nil {
		r.fail("%v", err)
		return
	}
	r.places = append(r.places, Place{Word: word, Name: name, Line: r.number, Keys: make(map[string][]int)})
	r.open, r.keys = &r.places[len(r.places)-1], keys
}

func (r *reader) isTwice(header string) bool {
	first, ok := r.seen[header]
	if ok {
		r.fail("[%s] already began on line %d; put its keys there", header, first)
		return true
	}
	r.seen[header] = r.number
	return false
}

// CheckName says why a section cannot have the name.
func CheckName(name string) error {
	if problem := unwritable("[template]", name); problem != "" {
		return fmt.Errorf("the name %.80q: %s", name, problem)
	}
	return nil
}

// header is what stands between the brackets.
func header(word, name string) string { return strings.TrimRight(word+" "+name, " ") }

func (f *Format) words() []string {
	words := make([]string, len(f.Sections))
	for i := range f.Sections {
		words[i] = f.Sections[i].Word
	}
	return words
}

// named lists the headers that can have a name.
func (f *Format) named() string {
	var list []string
	for i := range f.Sections {
		if f.Sections[i].Named {
			list = append(list, "["+f.Sections[i].Word+" NAME]")
		}
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

func (r *reader) pair(line string) {
	name, valueAt, err := ini.ParsePair(line)
	switch {
	case err != nil:
		r.fail("%v", err)
	case !r.inside:
		r.fail("key %.80q stands before the first section; put a line such as [%s] above it", name, r.format.First)
	case r.open != nil:
		if err := r.set(name, ini.Value(line, valueAt)); err != nil {
			r.fail("%s", withColumn(err, line[:valueAt]))
		}
		r.open.Keys[name] = append(r.open.Keys[name], r.number)
	}
}

func (r *reader) set(name, value string) error {
	i := slices.IndexFunc(r.keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return r.format.unknownKey(r.open.Word, name, Names(r.keys))
	}
	k := &r.keys[i]
	if lines := r.open.Keys[name]; len(lines) > 0 && !k.Several {
		return fmt.Errorf("key %s already stands on line %d; keep one of the two", name, lines[0])
	}
	if value == "" {
		return fmt.Errorf("key %s has no value; write %s = %s", name, name, k.Syntax)
	}
	return k.Set(value)
}

// unknownKey says where the key belongs, if anywhere.
func (f *Format) unknownKey(section, name string, known []string) error {
	for i := range f.Sections {
		if other := &f.Sections[i]; slices.Contains(Names(other.Keys), name) {
			return fmt.Errorf("%q is no key of [%s]; it belongs in [%s]", name, section, other.Word)
		}
	}
	return Unknown("key of ["+section+"]", name, known)
}

// withColumn adds the column in the file to an error about a fault; before is the line up to
// it.
func withColumn(err error, before string) string {
	var bad *fault.ParseError
	if !errors.As(err, &bad) {
		return err.Error()
	}
	return fmt.Sprintf("column %d: %s", utf8.RuneCountInString(before)+bad.Column, bad.Reason)
}

// end checks that a section is complete, and that everything in it has a meaning.
func (r *reader) end() {
	s := r.open
	if s == nil {
		return
	}
	r.open = nil
	given := func(k *Key) bool { return len(s.Keys[k.Name]) > 0 }
	whole := true
	for i := range r.keys {
		if k := &r.keys[i]; k.Must && !given(k) {
			whole = false
			r.problems.Add(s.Line, fmt.Sprintf("[%s] has no %s; add a line %s = ...", s.Word, k.Name, k.Name))
		}
	}
	if !whole {
		return
	}
	for _, p := range misplaced(r.keys, given) {
		r.problems.Add(s.LineOf(p.Field), p.Text)
	}
}

// Append appends a section. Fields that are not set are left out.
func Append(dst []byte, word, name string, keys []Key) []byte {
	if len(dst) > 0 {
		dst = append(dst, '\n')
	}
	dst = fmt.Appendf(dst, "[%s]\n", header(word, name))
	for i := range keys {
		for _, text := range keys[i].Get() {
			dst = appendPair(dst, keys[i].Name, text)
		}
	}
	return dst
}

// appendPair leaves out the blanks if there is no room for them.
func appendPair(dst []byte, name, text string) []byte {
	between := " = "
	if len(name)+len(between)+len(text) > MaxLineBytes {
		between = "="
	}
	return append(append(append(append(dst, name...), between...), text...), '\n')
}

// Describe lists all sections and keys, for a person who writes a file.
func (f *Format) Describe() string {
	var b strings.Builder
	for i := range f.Sections {
		f.Sections[i].describe(&b)
	}
	return b.String()
}

func (s *Section) describe(b *strings.Builder) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	head := "[" + s.Word + "]"
	if s.Named {
		head += " or [" + s.Word + " NAME]"
	}
	fmt.Fprintf(b, "%s  %s\n", head, s.What)
	for i := range s.Keys {
		k := &s.Keys[i]
		line := "  " + k.Name + " = " + k.Syntax
		if k.Several {
			line += "   (any number of lines)"
		}
		b.WriteString(line + "\n")
		for _, line := range wrap(k.Explain(), 90) {
			b.WriteString("      " + line + "\n")
		}
	}
}

// wrap breaks a text into lines of at most so many characters, where its words allow.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
