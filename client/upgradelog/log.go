package upgradelog

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of what Parse takes.
const (
	// MaxBytes is the size of the largest log: years of upgrades.
	MaxBytes = 8 << 20
	// MaxLines is the number of lines that a log may have, blank ones included.
	MaxLines = 100_000
	// MaxLineBytes is the length of the longest line that can be read, without its end:
	// more than the longest that Append writes.
	MaxLineBytes = 4096
	// MaxUnreadable is how many unreadable lines are kept; all are counted.
	MaxUnreadable = 1000
)

// ErrTooLarge: the log has more than MaxBytes or MaxLines.
var ErrTooLarge = errors.New("the log is too large")

// Entry is a line and its place.
type Entry struct {
	// At counts the lines of the file from 1.
	At int
	Line
}

// Unreadable is a line that no log has.
type Unreadable struct {
	// At counts the lines of the file from 1.
	At int
	// Text is the line as found, at most MaxLineBytes of it: quote it when you print it.
	Text string
}

// String names the line and quotes its beginning.
func (u Unreadable) String() string {
	return fmt.Sprintf("line %d: cannot read %.120q; it is no line of an Upgrade.log", u.At, u.Text)
}

// Log is the content of a log file.
type Log struct {
	// Entries are the lines that could be read, in order. Blank lines are left out.
	Entries []Entry
	// Unreadable are the first MaxUnreadable lines that could not be read.
	Unreadable []Unreadable
	// UnreadableCount counts all of them.
	UnreadableCount int
}

// Parse reads a log. Lines end with LF or CR LF; the last may lack its end. A line that it
// cannot read does not stop it, because a crash of the PC may have cut it short. The only error
// is ErrTooLarge.
func Parse(b []byte) (*Log, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, at most %d can be read; cut it into parts", ErrTooLarge, len(b), MaxBytes)
	}
	log := &Log{}
	at := 0
	for s := range strings.Lines(strings.TrimPrefix(string(b), "\uFEFF")) {
		at++
		if at > MaxLines {
			return nil, fmt.Errorf("%w: it has more than %d lines; cut it into parts", ErrTooLarge, MaxLines)
		}
		log.add(at, strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r"))
	}
	return log, nil
}

// isLog reports whether a file that begins like this is a log, or has nothing in it, so that
// lines may be added to it. The first line decides, if it is no Note, which other files have too: a
// stamp of another locale does not matter, and a crash of the PC may have cut the line short.
func isLog(head string) bool {
	note := words[Note].before
	empty := true
	for s := range strings.Lines(head) {
		s = strings.Trim(s, " \t\r\n")
		if s != "" && !strings.HasPrefix(s, note) {
			return beginsALog(s)
		}
		empty = empty && s == ""
	}
	return empty
}

func beginsALog(s string) bool {
	if strings.HasPrefix(words[UpgradeStarted].before, s) {
		return true // cut short
	}
	if _, ok := parseLine(s); ok {
		return true
	}
	for _, w := range words {
		if w.before != "" && strings.HasPrefix(s, w.before) {
			return true
		}
	}
	return false
}

// Runs splits the log at its UpgradeStarted lines. Only the first run may lack that line,
// because the log was cut.
func (l *Log) Runs() [][]Entry {
	var runs [][]Entry
	begin := 0
	for i, e := range l.Entries {
		if e.Kind == UpgradeStarted && i > begin {
			runs = append(runs, l.Entries[begin:i:i])
			begin = i
		}
	}
	if begin < len(l.Entries) {
		runs = append(runs, l.Entries[begin:])
	}
	return runs
}

// add reads one line.
func (l *Log) add(at int, s string) {
	if strings.Trim(s, " \t") == "" {
		return
	}
	if line, ok := parseLine(s); ok {
		l.Entries = append(l.Entries, Entry{at, line})
		return
	}
	l.UnreadableCount++
	if len(l.Unreadable) < MaxUnreadable {
		l.Unreadable = append(l.Unreadable, Unreadable{at, s[:min(len(s), MaxLineBytes)]})
	}
}
