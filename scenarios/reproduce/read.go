package reproduce

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"ionbench/client"
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
	Unread      int // lines within it that could not be read, and that nothing explains
	// Mixed: lines of two runs stand among each other, so that neither can be explained.
	Mixed bool
	// odd are the lines of the head whose values cannot be read, as they stand.
	odd map[upgradelog.Kind]string
	// misdated is the last stamp of the tool whose day of the week is not that of its date, and the line that
	// it is in; 0 for none.
	misdated   upgradelog.Kind
	misdatedAt int
}

// maxRemarks is the most remarks on one run, since a binary file has too many lines that cannot
// be read.
const maxRemarks = 50

// Read reads a log as found in the field: several runs, any line ends, UTF-8, UTF-16 or the code
// page of a Western Windows, dates of other locales, packed, quoted in a mail or stamped by another
// logger. What it cannot read it leaves out, with a remark. The error is about a file that is too
// large, or of a kind that is no text.
func Read(b []byte) (*Log, error) {
	content, said := opened(b)
	if err := ofAnotherKind(content); err != nil {
		return nil, err
	}
	if len(content) > upgradelog.MaxBytes {
		return nil, fmt.Errorf("%w: it has more than %d bytes; cut it into parts", upgradelog.ErrTooLarge, upgradelog.MaxBytes)
	}
	text, guessed := textOf(content)
	if guessed != "" {
		said = append(said, readAs(guessed))
	}
	text, more := undressed(text)
	r := reader{log: new(Log)}
	for _, says := range append(said, more...) {
		r.remark(0, "%s", says)
	}
	lines, added := plainLines(text)
	for _, says := range added {
		r.remark(0, "%s", says)
	}
	if newestFirst(lines) {
		slices.Reverse(lines)
		r.remark(0, "its newest line stands first: it is read from its end, and lines are counted from there")
	}
	skipped := len(lines) - upgradelog.MaxLines
	if skipped > 0 {
		r.remark(0, "only the last %d lines are read", upgradelog.MaxLines)
	}
	for i, s := range lines {
		if i >= skipped {
			r.line(i+1, s)
		}
	}
	r.endRun()
	r.log.findMixed()
	return r.log, nil
}

// newestFirst reports whether the lines stand in the order in which some viewers show them: a run's end
// before its beginning, and its head backwards.
func newestFirst(lines []string) bool {
	var first, last upgradelog.Kind
	backwards, forwards, at := 0, 0, -1
	for _, s := range sample(lines) {
		l, _, _, ok := lineOf(s)
		if !ok {
			continue
		}
		if last = l.Kind; first == 0 {
			first = l.Kind
		}
		head := slices.Index(headKinds(), l.Kind)
		switch {
		case at >= 0 && head == at-1:
			backwards++
		case at >= 0 && head == at+1:
			forwards++
		}
		at = head
	}
	return backwards > forwards && first != upgradelog.UpgradeStarted && (last == upgradelog.UpgradeStarted || len(lines) > len(sample(lines)))
}

// reader puts lines into runs.
type reader struct {
	log *Log
	run *LoggedRun
	// unread are lines that could not be read since the last one that could: they are within the
	// run only if it goes on behind them.
	unread []upgradelog.Unreadable
	said   spelled
	comma  bool // a decimal comma was remarked
	paged  bool // the number of a page was
	vain   int  // how often lines were joined since, and made none
	// raw is the last line that could be read, and rawAt where it ended: it may go on.
	raw   string
	rawAt int
}

// remark is about the run; before the first one about the file.
func (r *reader) remark(line int, format string, args ...any) {
	remarks := &r.log.Remarks
	if r.run != nil {
		remarks = &r.run.Remarks
	}
	addRemark(remarks, line, fmt.Sprintf(format, args...))
}

func addRemark(remarks *[]Remark, line int, text string) {
	switch {
	case len(*remarks) < maxRemarks:
		*remarks = append(*remarks, Remark{line, text})
	case len(*remarks) == maxRemarks:
		*remarks = append(*remarks, Remark{0, "and more of the kind"})
	}
}

// line takes the next line of the file.
func (r *reader) line(at int, s string) {
	if pieces := takenApart(s); pieces != nil {
		for _, piece := range pieces {
			r.piece(at, piece)
		}
		return
	}
	if len(s) > upgradelog.MaxLineBytes {
		s = s[:upgradelog.MaxLineBytes]
	}
	text, _ := unquoted(tidied(s))
	if text = tidied(text); text == "" {
		return
	}
	if pageNumber.MatchString(text) {
		if !r.paged {
			r.remark(at, "the numbers of pages, as a print has them, are left out: %.120q", text)
		}
		r.paged = true
		return
	}
	if l, how, remark, ok := lineOf(s); ok {
		r.entry(upgradelog.Entry{At: at, Line: l}, how, remark)
		r.raw, r.rawAt = tidied(s), at
		return
	}
	if r.joins(at, s) {
		return
	}
	r.unread = append(r.unread, upgradelog.Unreadable{At: at, Text: s})
}

// pageNumber is a line that is none of a log, and lost none: no line of a log is a number alone.
var pageNumber = regexp.MustCompile(`(?i)^(?:[-–—]+ ?\d{1,4} ?[-–—]+|(?:page|seite|pagina|página) \d{1,4}(?: ?(?:of|von|sur|de|di|/) ?\d{1,4})?)$`)

// piece takes a part of a line that is one of its own.
func (r *reader) piece(at int, s string) {
	l, how, remark, ok := lineOf(s)
	if !ok {
		r.unread = append(r.unread, upgradelog.Unreadable{At: at, Text: s[:min(upgradelog.MaxLineBytes, len(s))]})
		return
	}
	r.entry(upgradelog.Entry{At: at, Line: l}, how|glued, remark)
	r.raw, r.rawAt = tidied(s), at
}

// joins reports whether the line is the rest of those before, which a mail program has wrapped.
func (r *reader) joins(at int, s string) bool {
	rest, _ := unquoted(tidied(s))
	rest = tidied(rest)
	return r.joinsUnread(at, rest) || r.goesOn(at, rest)
}

// joinsUnread: the line and a few before, none of which is one of a log, are one together.
func (r *reader) joinsUnread(at int, rest string) bool {
	const most, few, tries = 6, 3000, 60_000 // a large file of something else has no end of lines
	if r.vain > tries {
		return false
	}
	text := rest
	for i := len(r.unread) - 1; i >= 0 && at-r.unread[i].At <= most && r.unread[i].At == at-(len(r.unread)-i); i-- {
		begins := r.unread[i].At
		if r.vain > few && !torn(r.unread[i].Text) {
			break
		}
		for _, blank := range joints {
			r.vain++
			whole := tidied(r.unread[i].Text) + blank + text
			if l, how, remark, ok := lineOf(whole); ok {
				r.unread = r.unread[:i]
				r.entry(upgradelog.Entry{At: begins, Line: l}, how|wrapped, remark)
				r.raw, r.rawAt = whole, at
				return true
			}
		}
		before, _ := unquoted(tidied(r.unread[i].Text))
		text = tidied(before) + " " + text
	}
	return false
}

// goesOn: the line before is one of a log, and goes on in this one and in those between them. That is so if
// it is known what such a line says, or if other lines of the run are wrapped; what it says is compared
// anyway.
func (r *reader) goesOn(at int, rest string) bool {
	const most = 3 // lines between
	n := len(r.unread)
	if r.run == nil || len(r.run.Entries) == 0 || n > most || r.rawAt != at-1-n {
		return false
	}
	if _, before, begins := upgradelog.Respell(rest); begins && (before == "" || r.said&stamped != 0) {
		return false // a line of its own, of which the rest is still to come
	}
	for _, unknown := range []bool{false, true} {
		for joined := range 1 << (n + 1) { // a bit for each end of a line: what was there
			whole := r.raw
			for i, u := range r.unread {
				text, _ := unquoted(tidied(u.Text))
				whole += joints[joined>>i&1] + tidied(text)
			}
			if r.goesOnIn(at, whole+joints[joined>>n&1]+rest, rest, unknown) {
				r.unread = nil
				return true
			}
		}
	}
	return false
}

// joints are what was between two halves of a line: a blank, or nothing, for a terminal cuts words, too.
var joints = [...]string{" ", ""}

// goesOnIn takes the last line as it stands in whole, if that is more than was known of it; unknown: also if
// nobody knows such words.
func (r *reader) goesOnIn(at int, whole, rest string, unknown bool) bool {
	last := &r.run.Entries[len(r.run.Entries)-1]
	l, how, _, ok := lineOf(whole)
	if !ok || l.Kind != last.Kind {
		return false
	}
	switch l.Kind {
	case upgradelog.SettingsRestored:
		names := groupsNamed(l.Text).List()
		ok = len(names) > len(groupsNamed(last.Text).List()) && len(names) > strings.Count(l.Text, ",")
	case upgradelog.Refused:
		_, known := client.ParseRefusal(l.Text)
		ok = known || unknown && r.said&wrapped != 0
	case upgradelog.TemplateSent:
		ok = r.said&wrapped != 0
	case upgradelog.FirmwareVersion, upgradelog.DeviceName, upgradelog.DeviceSerialNumber:
		ok = last.Text == "" && !strings.Contains(rest, "=")
	case upgradelog.UpgradeStarted, upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed:
		ok = halfOfDay.MatchString(rest)
		r.forgetDate(last.At)
	default:
		ok = false
	}
	if !ok {
		return false
	}
	last.Line = l
	r.raw, r.rawAt, r.run.Last = whole, at, at
	r.tell(*last, how|wrapped, "")
	return true
}

var halfOfDay = regexp.MustCompile(`(?i)^[ap]\.?m\.?$`)

// forgetDate takes back what was remarked on a date of which only a part was there.
func (r *reader) forgetDate(line int) {
	r.run.Remarks = slices.DeleteFunc(r.run.Remarks, func(m Remark) bool { return m.Line == line && strings.HasPrefix(m.Text, strangeDate) })
}

func (r *reader) entry(e upgradelog.Entry, how spelled, remark string) {
	if e.Kind == upgradelog.UpgradeStarted || r.run == nil {
		r.begin(e)
	}
	if len(r.unread) == 0 && r.again(e) {
		r.remark(e.At, "the line before stands there twice")
		r.run.Last = e.At
		return
	}
	r.vain = 0
	r.leaveOut(true)
	if how&halved != 0 && isEnd(e.Kind) { // torn, if it is known of the beginning
		r.endSoonest(&e)
	}
	r.tell(e, how, remark)
	if how&misdated != 0 && e.Kind != upgradelog.FirmwareDated { // which no time depends on
		r.run.misdated, r.run.misdatedAt = e.Kind, e.At
	}
	if e.Kind == upgradelog.Note {
		r.remark(e.At, "a note, which no plan has to explain: %.120q", e.Text)
		return
	}
	r.run.Entries, r.run.Last = append(r.run.Entries, e), e.At
}

// endSoonest gives the end of a run, of whose times nobody knows whether they are AM or PM, the half of the day
// in which it comes soonest after the beginning.
func (r *reader) endSoonest(e *upgradelog.Entry) {
	const half = 12 * time.Hour
	begun, ok := r.run.Begun()
	took := e.Time.Sub(begun)
	if !ok || took >= 0 && took < half {
		return
	}
	if took = took % half; took < 0 {
		took += half
	}
	e.Time = begun.Add(took)
	r.remark(e.At, "with AM and PM it is the soonest end after the beginning, %s later: so the run's length is taken", took)
}

// again reports whether a line is the same as the one before, and one that no tool writes twice. Two
// equal efficiencies are left by a percentage that was lost.
func (r *reader) again(e upgradelog.Entry) bool {
	if r.run == nil || len(r.run.Entries) == 0 {
		return false
	}
	switch e.Kind {
	case upgradelog.Retrying, upgradelog.Efficiency, upgradelog.FlashCleared, upgradelog.AlreadyInDownloadState, upgradelog.Note, upgradelog.UpgradeStarted:
		return false
	}
	return r.run.Entries[len(r.run.Entries)-1].Line == e.Line
}

// begin begins a run. What could not be read before it is not of it.
func (r *reader) begin(e upgradelog.Entry) {
	r.endRun()
	r.run = &LoggedRun{First: e.At, Last: e.At}
	r.said, r.comma, r.paged = 0, false, false
	r.log.Runs = append(r.log.Runs, r.run)
}

// endRun: lines behind a run that has ended are not of it, nor is what stands behind the end of a paste, and
// neither is a torn last line.
func (r *reader) endRun() {
	within := r.run != nil
	if within {
		_, ended := r.run.Ended()
		within = !ended
	}
	var behind []upgradelog.Unreadable
	if within {
		behind = r.behindRun()
	}
	r.leaveOut(within)
	r.unread = behind
	r.leaveOut(false)
}

// behindRun takes what a crash has left from the lines that could not be read, and returns those that are
// somebody else's.
func (r *reader) behindRun() (behind []upgradelog.Unreadable) {
	if i := slices.IndexFunc(r.unread, r.closes); i >= 0 {
		r.unread, behind = r.unread[:i:i], r.unread[i:]
	}
	if n := len(r.unread) - 1; n >= 0 && strings.Trim(r.unread[n].Text, "\x00\x1A\r ") == "" {
		r.remark(r.unread[n].At, "zeros, as a crash of the PC leaves them at the end of a file")
		r.unread = r.unread[:n]
	}
	if len(r.unread) == 1 && torn(r.unread[0].Text) {
		r.remark(r.unread[0].At, "a torn line, as a crash of the PC leaves one: %.120q", r.unread[0].Text)
		r.unread = nil
	}
	return behind
}

// torn reports whether a line is the beginning of one, also behind what stands before all lines.
func torn(s string) bool {
	s = tidied(s)
	return upgradelog.Begins(s) || upgradelog.BeginsBehind(s)
}

// closes reports whether a line ends what somebody has pasted: a fence, what stands before the signature of a
// mail, what a shell writes when a file was shown, or a line without the marks that all others of the run have.
func (r *reader) closes(u upgradelog.Unreadable) bool {
	s, was := unquoted(tidied(u.Text))
	if !was && r.said&(quoted|wrapped) == quoted {
		return true
	}
	s = strings.ToLower(tidied(s))
	return closing.MatchString(s) || slices.Contains(farewells, strings.TrimRight(s, ",.! "))
}

// closing is a line that ends a paste, in small letters: a fence or a tag, the line before a signature or
// before the mail that is answered, a prompt with or without a command, and what is left of a session.
var closing = regexp.MustCompile(`^(?:` + strings.Join([]string{
	"```", `~~~`, `\{(?:noformat|code|quote)\}`, `\[/(?:code|quote|pre)\]`, `</body></html>`,
	`--`, `__`, `_{5,}`, `-{5}[a-z ]+-{5}`, `sent from my [a-z ]+\.?`,
	`[$#%](?: .*)?`, `[\w.-]+@[\w.-]+[: ]?[^ ]* ?[$#%](?: .*)?`, `(?:ps )?[a-z]:\\[^<>|]*>.*`, `\^[cd]`,
	`exit`, `logout`, `connection to [^ ]+ closed\.?`, `script done.*`,
}, "|") + `)$`)

// farewells stand before the name of who has written a mail, in some languages.
var farewells = []string{
	"regards", "kind regards", "best regards", "warm regards", "best", "thanks", "thank you", "many thanks", "thanks and regards", "cheers", "sincerely", "br", "kr", "yours", "yours sincerely",
	"mit freundlichen grüßen", "freundliche grüße", "viele grüße", "beste grüße", "mfg", "danke", "gruß",
	"cordialement", "bien cordialement", "merci", "saludos", "saludos cordiales", "un saludo", "gracias", "cordiali saluti", "saluti", "grazie",
	"met vriendelijke groet", "groeten", "atenciosamente", "obrigado", "med vennlig hilsen", "med vänliga hälsningar", "mvh",
}

// leaveOut says which lines could not be read. Those within a run are counted, because nothing
// explains them.
func (r *reader) leaveOut(within bool) {
	const few = 3
	if n := len(r.unread); n > few && (!within || r.run == nil) { // as the head of a mail has
		r.remark(r.unread[0].At, "%d lines from here on are none of an Upgrade.log, and left out; the first is %.120q", n, r.unread[0].Text)
		r.unread = nil
	}
	for _, u := range r.unread {
		if within && r.takeOdd(u) {
			continue
		}
		if within && r.run != nil {
			r.run.Unread++
			r.run.Last = u.At
		}
		r.remark(u.At, "no line of an Upgrade.log, left out: %.120q", u.Text)
	}
	r.unread = nil
}

// tell says once for a run how its lines are spelled, and every date that was guessed.
func (r *reader) tell(e upgradelog.Entry, how spelled, remark string) {
	for _, s := range spellings {
		if how&s.how != 0 && r.said&s.how == 0 {
			r.remark(e.At, "%s", s.says)
		}
	}
	r.said |= how
	switch {
	case remark == "", e.Kind == upgradelog.Efficiency && r.comma:
	default:
		r.remark(e.At, "%s", remark)
		r.comma = r.comma || e.Kind == upgradelog.Efficiency
	}
}

// ofAnotherLocale reads a date, or an efficiency with a decimal comma.
func ofAnotherLocale(s string) (l upgradelog.Line, how spelled, remark string, ok bool) {
	for _, kind := range []upgradelog.Kind{upgradelog.UpgradeStarted, upgradelog.FirmwareDated, upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed} {
		date, found := strings.CutPrefix(s, strings.TrimSuffix(kind.String(), "..."))
		if !found {
			continue
		}
		stamp, ok := parseStamp(date)
		if !ok {
			return l, 0, "", false
		}
		if stamp.misdated {
			how = misdated
		}
		return upgradelog.Line{Kind: kind, Time: stamp.time}, how, dateRemark(date, stamp), true
	}
	if before, after, found := strings.Cut(s, ","); found && strings.HasPrefix(s, "Comm efficiency") {
		if l, ok = upgradelog.ParseLine(before + "." + after); ok {
			return l, 0, "a decimal comma, and so in the lines behind it", true
		}
	}
	return l, 0, "", false
}

// strangeDate begins what is remarked on a date.
const strangeDate = "the date"

func dateRemark(text string, r reading) string {
	const layout = "January 2, 2006, 15:04:05"
	remark := fmt.Sprintf(strangeDate+" %.60q is not as the article writes it; read as %s", text, r.time.Format(layout))
	if r.misdated {
		remark += ", whose day of the week is another one"
	}
	if !r.other.IsZero() {
		remark += fmt.Sprintf(". It could be %s as well, which changes nothing but the date", r.other.Format(layout))
	}
	return remark
}

// errMixed: two tools have written to one log.
var errMixed = errors.New("two tools have written this log at the same time, and their lines cannot be told apart; give each meter a log of its own")

// findMixed finds runs whose lines stand among each other: one begins before the other has ended,
// and behind the end of one lines go on.
func (l *Log) findMixed() {
	for i, r := range l.Runs {
		ends := 0
		for _, e := range r.Entries {
			if isEnd(e.Kind) {
				ends++
			}
		}
		if _, ended := r.Ended(); ends > 1 || ends == 1 && !ended {
			r.Mixed = true
			if i > 0 {
				if _, before := l.Runs[i-1].Ended(); !before {
					l.Runs[i-1].Mixed = true
				}
			}
		}
	}
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

// Like reports whether two runs say the same, but for when they were: the same lines, and the same
// time from the beginning to the end. What explains one explains the other.
func (r *LoggedRun) Like(o *LoggedRun) bool {
	if len(r.Entries) != len(o.Entries) || r.Unread != o.Unread || r.Mixed != o.Mixed {
		return false
	}
	mine, _ := r.Begun()
	theirs, _ := o.Begun()
	for i := range r.Entries {
		a, b := r.Entries[i].Line, o.Entries[i].Line
		if a.Kind == upgradelog.UpgradeStarted || isEnd(a.Kind) {
			a.Time, b.Time = time.Time{}.Add(a.Time.Sub(mine)), time.Time{}.Add(b.Time.Sub(theirs))
		}
		if a != b {
			return false
		}
	}
	return true
}
