// Package upgradelog writes and reads Upgrade.log, the file in which ION Setup records a
// firmware upgrade, in the spelling of article FA212301. The upgrader writes it; QA reads
// it to find out what a field failure was.
//
// A log is lines of text, one fact per line. Runs follow one another in one file; each begins
// with "Upgrade started at". Lines that the article shows are written exactly so. All others
// are marked as assumptions at their Kind.
//
// The package knows only single lines. Whether counts, percentages and times fit together is
// for its callers to check.
package upgradelog

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind is what a line says. The comment of each kind gives the words of the line and the fields
// of Line that it uses.
type Kind uint8

// The kinds, in the order of an upgrade. The zero Kind is none.
const (
	// UpgradeStarted is "Upgrade started at Thursday, March 06, 2008 3:57:48 PM": Time.
	UpgradeStarted Kind = iota + 1
	// SoftwareVersion is "Software Version (Build): Version 2.1 (Build 676)": Text is
	// the release, Number the build.
	SoftwareVersion
	// FirmwareVersion is "Firmware Version = 7350V283": Text.
	FirmwareVersion
	// FirmwareDated is "Firmware dated Wed Aug 22 13:24:58 2007": Time.
	FirmwareDated
	// DeviceName is "Device Name = ion7350": Text.
	DeviceName
	// DeviceSerialNumber is "Device Serial Number = PC-0209A001-11": Text.
	DeviceSerialNumber
	// DeviceUnitID is "Device Unit ID = 105": Number.
	DeviceUnitID
	// DeviceBaudRate is "Device BaudRate = 9600": Number.
	DeviceBaudRate
	// AlreadyInDownloadState is "Device already in download state": an earlier upgrade
	// failed.
	AlreadyInDownloadState
	// EnteredDownloadState is "Device entered download state".
	//
	// Assumption: the article shows only a meter that was in that state before.
	EnteredDownloadState
	// FlashCleared is "Flash memory cleared".
	FlashCleared
	// Proceeding is "Proceeding with firmware download".
	Proceeding
	// Completed is "10% completed": Number, in percent.
	Completed
	// Efficiency is "Comm efficiency = 100.0%": Number, in tenths of a percent.
	Efficiency
	// Resending is "No response... resending (1 of 439)": Number counts missing answers
	// in a row, Total all blocks sent so far.
	Resending
	// Aborting is "No response... aborting (11 of 449)": as Resending.
	Aborting
	// Retrying is "No response... retrying (1 of 10)": Number of Total tries.
	//
	// Assumption: a missing answer outside the download, which the article does not show.
	Retrying
	// GivingUp is "No response... giving up".
	//
	// Assumption: the end of Retrying, which the article does not show.
	GivingUp
	// Refused is "Device refused: wrong product": Text.
	//
	// Assumption: the article shows no refusal.
	Refused
	// Verified is "Firmware verified".
	//
	// Assumption: the article's log ends before.
	Verified
	// Restarted is "Device restarted".
	//
	// Assumption: the article's log ends before.
	Restarted
	// SettingsRestored is "Settings restored: PT/CT, Clock": Text names the groups.
	//
	// Assumption: the article's log ends before.
	SettingsRestored
	// TemplateSent is "Template sent: Factory 7350": Text is the template's name.
	//
	// Assumption: the article's log ends before.
	TemplateSent
	// AbortedByUser is "Upgrade aborted by user".
	//
	// Assumption: the article mentions the Abort button, but not the line.
	AbortedByUser
	// UpgradeCompleted is "Upgrade completed at Thursday, March 06, 2008 5:11:02 PM":
	// Time.
	//
	// Assumption: worded after UpgradeFailed.
	UpgradeCompleted
	// UpgradeFailed is "Upgrade failed at Thursday, March 06, 2008 5:07:48 PM": Time.
	UpgradeFailed
	// Note is "Note: some words": Text, whatever else is worth a line.
	//
	// Assumption: the article shows no such line.
	Note
)

// form is the form of what varies in a line, between its first and its last words.
type form uint8

const (
	plain   form = iota // nothing
	stamp               // Thursday, March 06, 2008 3:57:48 PM
	asctime             // Wed Aug 22 13:24:58 2007
	text                // words
	number              // 105
	tenths              // 100.0
	count               // 1 of 439
	release             // 2.1 (Build 676
)

// Layouts of time.Format. The first has two digits for the day and no leading zero for the
// hour; asctime pads the day with a space.
const (
	stampLayout   = "Monday, January 02, 2006 3:04:05 PM"
	asctimeLayout = "Mon Jan _2 15:04:05 2006"
	buildMark     = " (Build "
)

// words are the spelling of every kind, both for writing and for reading.
var words = [...]struct {
	before string
	form   form
	after  string
}{
	UpgradeStarted:         {"Upgrade started at ", stamp, ""},
	SoftwareVersion:        {"Software Version (Build): Version ", release, ")"},
	FirmwareVersion:        {"Firmware Version = ", text, ""},
	FirmwareDated:          {"Firmware dated ", asctime, ""},
	DeviceName:             {"Device Name = ", text, ""},
	DeviceSerialNumber:     {"Device Serial Number = ", text, ""},
	DeviceUnitID:           {"Device Unit ID = ", number, ""},
	DeviceBaudRate:         {"Device BaudRate = ", number, ""},
	AlreadyInDownloadState: {"Device already in download state", plain, ""},
	EnteredDownloadState:   {"Device entered download state", plain, ""},
	FlashCleared:           {"Flash memory cleared", plain, ""},
	Proceeding:             {"Proceeding with firmware download", plain, ""},
	Completed:              {"", number, "% completed"},
	Efficiency:             {"Comm efficiency = ", tenths, "%"},
	Resending:              {"No response... resending (", count, ")"},
	Aborting:               {"No response... aborting (", count, ")"},
	Retrying:               {"No response... retrying (", count, ")"},
	GivingUp:               {"No response... giving up", plain, ""},
	Refused:                {"Device refused: ", text, ""},
	Verified:               {"Firmware verified", plain, ""},
	Restarted:              {"Device restarted", plain, ""},
	SettingsRestored:       {"Settings restored: ", text, ""},
	TemplateSent:           {"Template sent: ", text, ""},
	AbortedByUser:          {"Upgrade aborted by user", plain, ""},
	UpgradeCompleted:       {"Upgrade completed at ", stamp, ""},
	UpgradeFailed:          {"Upgrade failed at ", stamp, ""},
	Note:                   {"Note: ", text, ""},
}

// String returns the words of the kind, with "..." for what varies.
func (k Kind) String() string {
	if k == 0 || int(k) >= len(words) {
		return "no kind of line (" + strconv.Itoa(int(k)) + ")"
	}
	w := words[k]
	if w.form == plain {
		return w.before
	}
	return w.before + "..." + w.after
}

// Line is one line of a log. The kind says which fields are used.
type Line struct {
	Kind Kind
	// Time is written as its own location has it. The log has no time zone: Parse returns the
	// PC's clock as if it were UTC.
	Time time.Time
	// Text is written with escapes for what is not printable, so that no text can forge a line:
	// \x0A is a line feed. It is cut after MaxTextBytes.
	Text string
	// Number and Total are not negative.
	Number, Total int
}

// MaxTextBytes is the length of the longest text of a line. The rest is replaced by "...",
// because what a meter says about itself must not fill a disk.
const MaxTextBytes = 1000

// Append appends the line as the log has it, with its line feed. It allocates only what dst
// lacks.
func Append(dst []byte, l Line) []byte { return append(l.append(dst), '\n') }

// String gives the line without its line feed.
func (l Line) String() string { return string(l.append(nil)) }

func (l Line) append(dst []byte) []byte {
	if l.Kind == 0 || int(l.Kind) >= len(words) {
		// A mistake of ours must not stop an upgrade half-way, and must not go unnoticed.
		dst = append(dst, "Note: unknown kind of line "...)
		return strconv.AppendUint(dst, uint64(l.Kind), 10)
	}
	w := words[l.Kind]
	dst = append(dst, w.before...)
	switch w.form {
	case plain:
	case stamp:
		dst = l.Time.AppendFormat(dst, stampLayout)
	case asctime:
		dst = l.Time.AppendFormat(dst, asctimeLayout)
	case text:
		dst = appendText(dst, l.Text)
	case number:
		dst = strconv.AppendInt(dst, int64(l.Number), 10)
	case tenths:
		dst = strconv.AppendInt(dst, int64(l.Number/10), 10)
		dst = append(dst, '.')
		dst = strconv.AppendInt(dst, int64(l.Number%10), 10)
	case count:
		dst = strconv.AppendInt(dst, int64(l.Number), 10)
		dst = append(dst, " of "...)
		dst = strconv.AppendInt(dst, int64(l.Total), 10)
	case release:
		dst = appendText(dst, l.Text)
		dst = append(dst, buildMark...)
		dst = strconv.AppendInt(dst, int64(l.Number), 10)
	}
	return append(dst, w.after...)
}

// AsRead returns the line as Parse would read it after it was written: whole seconds of the
// PC's clock as if it were UTC, and a text that is not too long.
func (l Line) AsRead() Line {
	if l.Kind == 0 || int(l.Kind) >= len(words) {
		return Line{Kind: Note, Text: l.String()[len(words[Note].before):]}
	}
	read := Line{Kind: l.Kind}
	switch words[l.Kind].form {
	case stamp, asctime:
		t := l.Time
		read.Time = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	case text:
		read.Text = textAsRead(l.Text)
	case number, tenths:
		read.Number = l.Number
	case count:
		read.Number, read.Total = l.Number, l.Total
	case release:
		read.Text, read.Number = textAsRead(l.Text), l.Number
	}
	return read
}

func textAsRead(s string) string {
	if len(s) <= MaxTextBytes {
		return s
	}
	return parseText(string(appendText(nil, s)))
}

// appendText appends s. Bytes that are not printable (control characters, other line ends,
// direction marks, bytes that are not UTF-8) become \x and two digits. So does a backslash
// before an x, so that reading is unambiguous.
func appendText(dst []byte, s string) []byte {
	const cut = "..."
	short := len(s) <= MaxTextBytes
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !short && i+n > MaxTextBytes-len(cut) {
			return append(dst, cut...)
		}
		if prints(r, n) && !strings.HasPrefix(s[i:], `\x`) {
			dst = append(dst, s[i:i+n]...)
		} else {
			dst = appendEscapes(dst, s[i:i+n])
		}
		i += n
	}
	return dst
}

func appendEscapes(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		dst = append(dst, '\\', 'x', upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

// prints reports whether a rune of n bytes may be in the log as it is. The only space that may
// is the common one.
func prints(r rune, n int) bool {
	return unicode.IsPrint(r) && (r != utf8.RuneError || n > 1)
}

// parseText removes the escapes. What Append would not have escaped is left as it is.
func parseText(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c, ok := escaped(s[i:]); ok {
			b.WriteByte(c)
			i += 3
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// escaped reads an escape at the beginning of s.
func escaped(s string) (c byte, ok bool) {
	if len(s) < 4 || s[0] != '\\' || s[1] != 'x' {
		return 0, false
	}
	high, low := strings.IndexByte(upperHex, s[2]), strings.IndexByte(upperHex, s[3])
	if high < 0 || low < 0 {
		return 0, false
	}
	c = byte(high<<4 | low)
	return c, c < ' ' || c > '~' || c == '\\'
}

// parseLine reads one line without its end.
func parseLine(s string) (l Line, ok bool) {
	if len(s) > MaxLineBytes {
		return Line{}, false
	}
	// First as it is: blanks at the end may belong to a text.
	for _, s := range []string{s, strings.Trim(s, " \t")} {
		for k := UpgradeStarted; int(k) < len(words); k++ {
			if l, ok := parseAs(k, s); ok {
				return l, true
			}
		}
	}
	return Line{}, false
}

// parseAs reads a line as one of kind k.
func parseAs(k Kind, s string) (l Line, ok bool) {
	w := words[k]
	if w.form == text && s == strings.TrimRight(w.before, " ") {
		return Line{Kind: k}, true // an editor removed the blank before an empty text
	}
	s, ok = strings.CutPrefix(s, w.before)
	if !ok {
		return Line{}, false
	}
	s, ok = strings.CutSuffix(s, w.after)
	if !ok {
		return Line{}, false
	}
	l.Kind = k
	switch w.form {
	case plain:
		ok = s == ""
	case stamp:
		l.Time, ok = parseTime(stampLayout, s)
	case asctime:
		l.Time, ok = parseTime(asctimeLayout, s)
	case text:
		l.Text = parseText(s)
	case number:
		l.Number, ok = parseNumber(s)
	case tenths:
		l.Number, ok = parseTenths(s)
	case count:
		i, n, _ := strings.Cut(s, " of ")
		if l.Number, ok = parseNumber(i); ok {
			l.Total, ok = parseNumber(n)
		}
	case release:
		at := strings.LastIndex(s, buildMark)
		if at < 0 {
			return Line{}, false
		}
		l.Text = parseText(s[:at])
		l.Number, ok = parseNumber(s[at+len(buildMark):])
	}
	return l, ok
}

// parseTime reads a time only if it would be written the same again. time.Parse does not check
// that: it accepts any day of the week.
func parseTime(layout, s string) (time.Time, bool) {
	t, err := time.Parse(layout, s)
	return t, err == nil && t.Format(layout) == s
}

// parseNumber reads a number as the writer writes it: digits, no sign, no leading zero.
func parseNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && strconv.Itoa(n) == s
}

// parseTenths reads a number with one decimal, in tenths.
func parseTenths(s string) (int, bool) {
	whole, tenth, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole + tenth)
	return n, err == nil && n >= 0 && strconv.Itoa(n/10)+"."+strconv.Itoa(n%10) == s
}
