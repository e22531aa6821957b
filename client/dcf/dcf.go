// Package dcf reads and writes .DCF template files, the "ION Setup Device Configuration File
// (Template)" that article FA212301 has the person send to the meter after a recovery. It knows
// only the syntax. Which keys exist and what their values mean is checked where the meter's
// settings are known, with the line numbers that Get returns.
//
// Assumption: the layout is ours. The layout of the vendor's files is not public.
//
// A file is UTF-8 text of at most 1 MiB, 10,000 lines and 1,024 bytes in a line. Lines
// end with LF or CR LF; the last one may have no end; a byte order mark is allowed.
//
//	# comment                 the first character that is no blank is # or ;
//	[template]                a section: template, pt-ct, clock, nameplate, energy or itc
//	name = Factory 7350       a key and its value
//
// Blanks are spaces and tabs. Those around sections, keys and values mean nothing. A key is a
// lower-case letter followed by lower-case letters, digits and hyphens, 64 at most. A value
// goes to the end of its line, with # and ;, and may be empty. A section may occur once in a
// file and a key once in its section. The key name in section template is required and must not
// be empty. The five other sections are the article's groups of settings.
//
// Everything else in the text belongs to the person: comments, blank lines, order, spacing and
// line ends are kept, so that a file that was only read is written back unchanged.
package dcf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ionbench/client/ini"
)

// Bounds of a file, checked before memory is allocated.
const (
	// MaxBytes is the size of the largest file.
	MaxBytes = 1 << 20
	// MaxLines is the number of lines that a file may have.
	MaxLines = 10_000
	// MaxLineBytes is the length of the longest line, without its end.
	MaxLineBytes = 1024
	// MaxKeyBytes is the length of the longest key.
	MaxKeyBytes = 64

	// maxProblems is how many bad lines one error reports: enough to repair them together, and
	// few enough for a screen if the file is something else.
	maxProblems = 10
)

// Every error of this package wraps one of these.
var (
	// ErrEmpty: the file has no bytes at all.
	ErrEmpty = errors.New("the .DCF file is empty")
	// ErrTooLarge: more bytes or lines than a template can have.
	ErrTooLarge = errors.New("the .DCF file is too large")
	// ErrNotText: the file is not UTF-8 text.
	ErrNotText = errors.New("the .DCF file is not plain text")
	// ErrSyntax: a line that cannot be read; the error is or joins *LineError values.
	ErrSyntax = errors.New("the .DCF file has a bad line")
	// ErrNoName: section template lacks a name.
	ErrNoName = errors.New("the .DCF file does not name its template")
)

// LineError is a bad line. It wraps ErrSyntax, ErrNotText, ErrTooLarge or ErrNoName.
type LineError struct {
	// Line counts from 1.
	Line int
	// Problem says what is wrong with the line and what to do next.
	Problem string

	kind error
}

// Error gives the line number and the problem.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Problem) }

// Unwrap gives the sentinel.
func (e *LineError) Unwrap() error { return e.kind }

// AllowedSections are the sections that a file may have, in the order of the article.
func AllowedSections() []string {
	return []string{"template", "pt-ct", "clock", "nameplate", "energy", "itc"}
}

// File is a template file with everything that its author wrote. The zero File is empty
// and can be filled with Set.
type File struct {
	byteOrderMark bool
	lines         []line
}

// A line is the text of one line and what it means.
type line struct {
	text string // without its end
	end  string // "\n", "\r\n", or nothing on the last line

	kind    ini.Kind
	section string // section of the line; "" before the first header
	key     string
	valueAt int // offset of the value in text
}

// value returns what follows the =.
func (l line) value() string { return ini.Value(l.text, l.valueAt) }

// Parse reads a whole file. It reports up to ten bad lines together: errors.As finds the first
// *LineError, errors.Is finds the sentinels of all.
func Parse(b []byte) (*File, error) {
	if err := checkText(b); err != nil {
		return nil, err
	}
	p := parser{seen: make(map[string]int)}
	text := string(b)
	text, p.file.byteOrderMark = strings.CutPrefix(text, ini.ByteOrderMark)
	for rest := text; rest != ""; {
		var l line
		l.text, l.end, rest = cutLine(rest)
		p.line(l)
	}
	p.wantName()
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	return &p.file, nil
}

// Append appends the file to dst. Parse and then Append give the same bytes.
func Append(dst []byte, f *File) []byte {
	dst = slices.Grow(dst, f.bytes())
	if f.byteOrderMark {
		dst = append(dst, ini.ByteOrderMark...)
	}
	for _, l := range f.lines {
		dst = append(dst, l.text...)
		dst = append(dst, l.end...)
	}
	return dst
}

// Get returns a value and the number of its line, counted from 1. ok is true for an empty
// value, too.
func (f *File) Get(section, key string) (value string, line int, ok bool) {
	i := f.find(section, key)
	if i < 0 {
		return "", 0, false
	}
	return f.lines[i].value(), i + 1, true
}

// Sections are the sections that the file has, in its order.
func (f *File) Sections() []string {
	var names []string
	for _, l := range f.lines {
		if l.kind == ini.Header {
			names = append(names, l.section)
		}
	}
	return names
}

// Keys are the keys of a section in the order of the file.
func (f *File) Keys(section string) []string {
	var keys []string
	for _, l := range f.lines {
		if l.kind == ini.Pair && l.section == section {
			keys = append(keys, l.key)
		}
	}
	return keys
}

// Set sets the value of a key: where the file has it, else after the last key of its section,
// else in a new section at the end. All other lines stay as they are. If Parse would refuse the
// section, the key or the value, or the file would become too large, Set returns an error and
// changes nothing.
func (f *File) Set(section, key, value string) error {
	if err := checkSet(section, key, value); err != nil {
		return fmt.Errorf("set %s in section %s: %w", key, section, err)
	}
	edited := File{f.byteOrderMark, slices.Clone(f.lines)}
	if i := edited.find(section, key); i >= 0 {
		edited.replace(i, value)
	} else {
		edited.insert(section, key, value)
	}
	if err := edited.checkBounds(); err != nil {
		return fmt.Errorf("set %s in section %s: %w", key, section, err)
	}
	*f = edited
	return nil
}

// replace sets the value of the pair on line i.
func (f *File) replace(i int, value string) {
	l := &f.lines[i]
	if l.value() == value {
		return // not even trailing blanks change
	}
	wasEmpty := l.value() == ""
	l.text = l.text[:l.valueAt]
	if wasEmpty && strings.HasSuffix(l.text, "=") {
		l.text += " "
		l.valueAt++
	}
	l.text += value
}

// insert adds a pair that the file does not have.
func (f *File) insert(section, key, value string) {
	end := f.lineEnd()
	// A new line needs an end before it.
	if n := len(f.lines); n > 0 && f.lines[n-1].end == "" {
		f.lines[n-1].end = end
	}
	at := 1 + f.lastOf(section)
	if at == 0 {
		if n := len(f.lines); n > 0 && strings.Trim(f.lines[n-1].text, ini.Blanks) != "" {
			f.lines = append(f.lines, line{end: end, section: f.lines[n-1].section})
		}
		f.lines = append(f.lines, line{text: "[" + section + "]", end: end, kind: ini.Header, section: section})
		at = len(f.lines)
	}
	text := strings.TrimRight(key+" = "+value, ini.Blanks)
	f.lines = slices.Insert(f.lines, at, line{
		text: text, end: end, kind: ini.Pair, section: section, key: key, valueAt: len(text) - len(value),
	})
}

// find returns the index of the line with the key, or -1.
func (f *File) find(section, key string) int {
	return slices.IndexFunc(f.lines, func(l line) bool {
		return l.kind == ini.Pair && l.section == section && l.key == key
	})
}

// lastOf returns the index of the last key of a section, or of its header, or -1. Comments
// after it usually belong to the next section.
func (f *File) lastOf(section string) int {
	for i, l := range slices.Backward(f.lines) {
		if l.kind != ini.Nothing && l.section == section {
			return i
		}
	}
	return -1
}

// lineEnd is the line end that the file uses.
func (f *File) lineEnd() string {
	if len(f.lines) > 0 && f.lines[0].end != "" {
		return f.lines[0].end
	}
	return "\n"
}

// bytes is the size of the file.
func (f *File) bytes() int {
	n := 0
	if f.byteOrderMark {
		n += len(ini.ByteOrderMark)
	}
	for _, l := range f.lines {
		n += len(l.text) + len(l.end)
	}
	return n
}

// checkBounds returns an error if Parse would refuse the file for its size.
func (f *File) checkBounds() error {
	if len(f.lines) > MaxLines {
		return fmt.Errorf("%w: it would have %d lines, at most %d are allowed", ErrTooLarge, len(f.lines), MaxLines)
	}
	for i, l := range f.lines {
		if len(l.text) > MaxLineBytes {
			return tooLong(i+1, len(l.text))
		}
	}
	if n := f.bytes(); n > MaxBytes {
		return fmt.Errorf("%w: it would have %d bytes, at most %d are allowed", ErrTooLarge, n, MaxBytes)
	}
	return nil
}

// cutLine splits text after its first line.
func cutLine(text string) (body, end, rest string) {
	i := strings.IndexByte(text, '\n')
	if i < 0 {
		return text, "", ""
	}
	if i > 0 && text[i-1] == '\r' {
		return text[:i-1], "\r\n", text[i+1:]
	}
	return text[:i], "\n", text[i+1:]
}

// checkText refuses what is no template at all, before it is split into lines.
func checkText(b []byte) error {
	switch {
	case len(b) == 0:
		return fmt.Errorf("%w; copy it again or choose another template", ErrEmpty)
	case len(b) > MaxBytes:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed; choose a template file", ErrTooLarge, len(b), MaxBytes)
	case strings.HasPrefix(string(b[:min(2, len(b))]), "\xFF\xFE"), strings.HasPrefix(string(b[:min(2, len(b))]), "\xFE\xFF"):
		return fmt.Errorf("%w: it begins as UTF-16; save it as UTF-8 and try again", ErrNotText)
	}
	number := 1
	for _, c := range b {
		switch c {
		case 0:
			return &LineError{number, "a NUL byte: this is no text file; choose a template file", ErrNotText}
		case '\n':
			number++
		}
	}
	if n := number - 1; n > MaxLines || n == MaxLines && b[len(b)-1] != '\n' {
		return fmt.Errorf("%w: it has more than %d lines; choose a template file", ErrTooLarge, MaxLines)
	}
	return nil
}

// A parser collects lines and, up to a limit, problems.
type parser struct {
	file     File
	section  string         // the current one; "" when unknown
	inside   bool           // some section header was read, even an unknown one
	seen     map[string]int // line number by section, or by section and key
	problems []error
}

// fail notes a problem of the present line.
func (p *parser) fail(kind error, format string, args ...any) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, &LineError{len(p.file.lines) + 1, fmt.Sprintf(format, args...), kind})
	}
}

// line reads one line and adds it to the file.
func (p *parser) line(l line) {
	if problem := ini.Bad(l.text); problem != "" {
		p.fail(ErrNotText, "%s", problem)
	} else if len(l.text) > MaxLineBytes {
		p.fail(ErrTooLarge, "%s", tooLong(0, len(l.text)).Problem)
	} else {
		switch l.kind = ini.KindOf(l.text); l.kind {
		case ini.Header:
			p.header(l.text)
		case ini.Pair:
			p.pair(&l)
		}
	}
	l.section = p.section
	p.file.lines = append(p.file.lines, l)
}

// header reads the start of a section.
func (p *parser) header(text string) {
	p.inside, p.section = true, ""
	name, err := ini.ParseHeader(text)
	if err == nil {
		err = checkSection(name)
	}
	if err != nil {
		p.fail(ErrSyntax, "%v", err)
		return
	}
	if first, ok := p.seen[name]; ok {
		p.fail(ErrSyntax, "section [%s] already began on line %d; put its keys there", name, first)
	} else {
		p.seen[name] = len(p.file.lines) + 1
	}
	p.section = name
}

// pair reads a key and its value.
func (p *parser) pair(l *line) {
	var err error
	if l.key, l.valueAt, err = ini.ParsePair(l.text); err == nil {
		err = checkKey(l.key)
	}
	if err != nil {
		p.fail(ErrSyntax, "%v", err)
		return
	}
	if !p.inside {
		p.fail(ErrSyntax, "key %q stands before the first section; put a line such as [template] above it", l.key)
		return
	}
	if p.section == "" {
		return // the section is the problem, and was reported
	}
	// A key has no space in it, so this cannot be the name of a section.
	id := p.section + " " + l.key
	if first, ok := p.seen[id]; ok {
		p.fail(ErrSyntax, "key %q already stands on line %d; keep one of the two", l.key, first)
		return
	}
	p.seen[id] = len(p.file.lines) + 1
}

// wantName requires a name of the template, unless it may be missing because of another
// problem.
func (p *parser) wantName() {
	if len(p.problems) > 0 {
		return
	}
	switch name, number, ok := p.file.Get("template", "name"); {
	case !ok:
		p.problems = append(p.problems,
			fmt.Errorf("%w; add a line [template] and a line name = ... below it", ErrNoName))
	case name == "":
		p.problems = append(p.problems,
			&LineError{number, "the name of the template is empty; write one behind the =", ErrNoName})
	}
}

// checkSet says what is wrong with a pair that is given to Set.
func checkSet(section, key, value string) error {
	if err := checkSection(section); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if err := checkKey(key); err != nil {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if problem := ini.Bad(value); problem != "" {
		return fmt.Errorf("%w: the value %.80q has %s", ErrNotText, value, problem)
	}
	if strings.Trim(value, ini.Blanks) != value {
		return fmt.Errorf("%w: the value %.80q begins or ends with a blank, which a file cannot keep", ErrSyntax, value)
	}
	if section == "template" && key == "name" && value == "" {
		return ErrNoName
	}
	return nil
}

// checkSection says whether a file may have the section.
func checkSection(name string) error {
	allowed := AllowedSections()
	if slices.Contains(allowed, name) {
		return nil
	}
	return fmt.Errorf("unknown section %.80q; write one of [%s]", name, strings.Join(allowed, "] ["))
}

// checkKey says whether a key is well-formed. Which keys exist is not known here.
func checkKey(key string) error {
	if key == "" {
		return errors.New("no key before the =; write key = value")
	}
	good := len(key) <= MaxKeyBytes && key[0] >= 'a' && key[0] <= 'z'
	for _, c := range []byte(key) {
		good = good && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !good {
		return fmt.Errorf("bad key %.80q; a key is a lower-case letter, then lower-case letters, digits and hyphens, %d at most", key, MaxKeyBytes)
	}
	return nil
}

// tooLong is the error for a line that is too long.
func tooLong(number, n int) *LineError {
	return &LineError{number, ini.TooLong(n, MaxLineBytes), ErrTooLarge}
}
