package reproduce

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"ionbench/client/upgradelog"
)

// Log is the content of a file: its runs, in order.
type Log struct {
	Runs []*LoggedRun
	// Remarks are about lines that belong to no run.
	Remarks []Remark
}

// Remark says what in the file was not taken as it is, so that no guess goes unnoticed.
type Remark struct {
	Line int // from 1; 0 for the run as a whole
	Text string
}

// String returns the line's number and the remark.
func (r Remark) String() string {
	if r.Line == 0 {
		return r.Text
	}
	return fmt.Sprintf("line %d: %s", r.Line, r.Text)
}

// LoggedRun is one upgrade of the log.
type LoggedRun struct {
	First, Last int                // lines of the file, from 1
	Entries     []upgradelog.Entry // the lines to compare, in the article's spelling
	Remarks     []Remark
	Unread      int // lines that could not be read, and that no plan has to explain
}

// maxRemarks is the most remarks on one run, since a binary file has too many lines that cannot
// be read.
const maxRemarks = 50

// Read reads a log as found in the field: several runs, any line ends, UTF-8, UTF-16 or the
// code page of a Western Windows, dates of other locales. What it cannot read it leaves out,
// with a remark. The error is about a file that is too large.
func Read(b []byte) (*Log, error) {
	if len(b) > upgradelog.MaxBytes {
		_, err := upgradelog.Parse(b)
		return nil, err
	}
	text := decoded(b)
	parsed, err := upgradelog.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	r := reader{log: new(Log)}
	unreadable := parsed.Unreadable
	for _, e := range parsed.Entries {
		for len(unreadable) > 0 && unreadable[0].At < e.At {
			r.unreadable(unreadable[0])
			unreadable = unreadable[1:]
		}
		r.entry(e)
	}
	for _, u := range unreadable {
		r.unreadable(u)
	}
	if left := parsed.UnreadableCount - len(parsed.Unreadable); left > 0 {
		r.remark(0, "%d more lines cannot be read", left)
	}
	return r.log, nil
}

// decoded returns the file as UTF-8. Old tools write the code page of their Windows, in which
// the letters of Western languages are those of Latin 1. Editors write UTF-16.
func decoded(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return fromUTF16(b[2:], func(p []byte) uint16 { return uint16(p[0]) | uint16(p[1])<<8 })
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return fromUTF16(b[2:], func(p []byte) uint16 { return uint16(p[0])<<8 | uint16(p[1]) })
	case utf8.Valid(b):
		return string(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

func fromUTF16(b []byte, unit func([]byte) uint16) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, unit(b))
	}
	return string(utf16.Decode(units))
}

// reader puts lines into runs.
type reader struct {
	log   *Log
	run   *LoggedRun
	comma *LoggedRun // the run for which a decimal comma was remarked
}

func (r *reader) remark(line int, format string, args ...any) {
	remarks := &r.log.Remarks
	if r.run != nil {
		remarks = &r.run.Remarks
	}
	switch {
	case len(*remarks) < maxRemarks:
		*remarks = append(*remarks, Remark{line, fmt.Sprintf(format, args...)})
	case len(*remarks) == maxRemarks:
		*remarks = append(*remarks, Remark{0, "and more of the kind"})
	}
}

func (r *reader) entry(e upgradelog.Entry) {
	if e.Kind == upgradelog.UpgradeStarted {
		r.begin(e)
		return
	}
	if r.run == nil {
		r.run = &LoggedRun{First: e.At}
		r.log.Runs = append(r.log.Runs, r.run)
	}
	if e.Kind == upgradelog.Note {
		r.remark(e.At, "a note, which no plan has to explain: %.120q", e.Text)
		return
	}
	r.run.Entries, r.run.Last = append(r.run.Entries, e), e.At
}

func (r *reader) begin(e upgradelog.Entry) {
	r.run = &LoggedRun{First: e.At, Last: e.At, Entries: []upgradelog.Entry{e}}
	r.log.Runs = append(r.log.Runs, r.run)
}

// unreadable tries to read a line as tools in other locales write it.
func (r *reader) unreadable(u upgradelog.Unreadable) {
	if e, remark, ok := ofAnotherLocale(u); ok {
		r.entry(e)
		if e.Kind == upgradelog.Efficiency && r.comma == r.run {
			return
		}
		r.remark(u.At, "%s", remark)
		if e.Kind == upgradelog.Efficiency {
			r.comma = r.run
		}
		return
	}
	if r.run != nil {
		r.run.Unread++
		r.run.Last = u.At
	}
	r.remark(u.At, "no line of an Upgrade.log, left out: %.120q", u.Text)
}

// ofAnotherLocale reads a date, or an efficiency with a decimal comma.
func ofAnotherLocale(u upgradelog.Unreadable) (e upgradelog.Entry, remark string, ok bool) {
	s := strings.Trim(u.Text, " \t")
	for _, kind := range []upgradelog.Kind{upgradelog.UpgradeStarted, upgradelog.FirmwareDated, upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed} {
		date, found := strings.CutPrefix(s, strings.TrimSuffix(kind.String(), "..."))
		if !found {
			continue
		}
		stamp, ok := parseStamp(date)
		if !ok {
			return e, "", false
		}
		e = upgradelog.Entry{At: u.At, Line: upgradelog.Line{Kind: kind, Time: stamp.time}}
		return e, dateRemark(date, stamp), true
	}
	if before, after, found := strings.Cut(s, ","); found && strings.HasPrefix(s, "Comm efficiency") {
		log, err := upgradelog.Parse([]byte(before + "." + after))
		if err == nil && len(log.Entries) == 1 {
			return upgradelog.Entry{At: u.At, Line: log.Entries[0].Line}, "a decimal comma, and so in the lines behind it", true
		}
	}
	return e, "", false
}

func dateRemark(text string, r reading) string {
	const layout = "January 2, 2006, 15:04:05"
	remark := fmt.Sprintf("the date %.60q is not as the article writes it; read as %s", text, r.time.Format(layout))
	if !r.other.IsZero() {
		remark += fmt.Sprintf(". It could be %s as well, which changes nothing but the date", r.other.Format(layout))
	}
	return remark
}

// find returns the run's first line of a kind.
func (r *LoggedRun) find(k upgradelog.Kind) (upgradelog.Line, bool) {
	for _, e := range r.Entries {
		if e.Kind == k {
			return e.Line, true
		}
	}
	return upgradelog.Line{}, false
}

func (r *LoggedRun) has(k upgradelog.Kind) bool {
	_, ok := r.find(k)
	return ok
}

// Begun is when the run began, by its PC's clock.
func (r *LoggedRun) Begun() (time.Time, bool) {
	l, ok := r.find(upgradelog.UpgradeStarted)
	return l.Time, ok
}

// Ended is when the run ended; false if the log was cut before.
func (r *LoggedRun) Ended() (time.Time, bool) {
	if n := len(r.Entries); n > 0 {
		if l := r.Entries[n-1].Line; l.Kind == upgradelog.UpgradeCompleted || l.Kind == upgradelog.UpgradeFailed {
			return l.Time, true
		}
	}
	return time.Time{}, false
}

// Text returns the run as the article would print it.
func (r *LoggedRun) Text() []byte {
	var b []byte
	for _, e := range r.Entries {
		b = upgradelog.Append(b, e.Line)
	}
	return b
}
