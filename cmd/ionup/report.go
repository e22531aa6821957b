package main

import (
	"fmt"
	"io"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/terminal"
	"ionbench/simulator/ion"
)

// report writes what happens in a session: for a person or, with --json, for a program.
type report interface {
	log(text string)
	step(s client.Step)
	progress(now time.Duration, done, total int, c client.Counts)
	// erasing reports that left of total sectors are still to be cleared.
	erasing(left, total int)
	// waiting reports for how long nothing has happened, and what is waited for.
	waiting(what string, since time.Duration)
	// awaits reports that something is waited for, as long as --wait allows, and why.
	awaits(cause error, limit time.Duration)
	device(d client.Device)
	settings(s *ion.Settings)
	journal(action, path string, j *journal.Journal)
	// spare tells of a further file with settings of the meter, and whether some of them are used.
	spare(path string, used bool)
	question(q question)
	// answered reports an answer that was given without asking the person.
	answered(q question, answer string)
	warning(text string)
	// connection reports that the connection broke, or could not be opened again, and is tried
	// now; nil: it is there again.
	connection(cause error)
	// finished is the last call of a session.
	finished(err error)
}

// told is standard output. What cannot be written there is lost, and the work goes on.
type told struct {
	out io.Writer
	err error // of the first write that failed
}

func (t *told) Write(p []byte) (int, error) {
	n, err := t.out.Write(p)
	if err != nil && t.err == nil {
		t.err = err
	}
	return n, err
}

// textReport writes for a person: the lines of the log to standard output, everything else to
// standard error.
type textReport struct {
	out, err io.Writer
	bar      *terminal.Progress
	lines    *terminal.Progress // how far the erase is, where there is no terminal
	toldOf   string             // what the wait was for that a line there told of last
	told     time.Duration      // how long it was
	figures  string             // of the step that is at work: how far it is; empty: not known
}

// betweenWaits is how much longer a wait must have become for another line where there is no
// terminal.
const betweenWaits = 10 * time.Second

func newTextReport(out, err io.Writer, columns func() int) *textReport {
	none := func() int { return 0 }
	return &textReport{
		out: out, err: err, bar: &terminal.Progress{Out: err, Columns: columns},
		lines: &terminal.Progress{Out: err, Columns: none, Prefix: "ionup: ", Unit: "sectors of the flash cleared"},
	}
}

func (r *textReport) log(text string) {
	r.bar.Clear()
	fmt.Fprintln(r.out, text)
}

func (r *textReport) progress(_ time.Duration, done, total int, c client.Counts) {
	tenths := upgradelog.EfficiencyOf(c.Confirmed, c.Transmitted)
	r.bar.Unit = "blocks"
	r.figures = fmt.Sprintf("; %d/%d %s", done, total, r.bar.Unit)
	r.bar.Show(done, total, fmt.Sprintf("efficiency %d.%d%%", tenths/10, tenths%10))
}

func (r *textReport) erasing(left, total int) {
	r.bar.Unit = "sectors of the flash cleared"
	r.figures = fmt.Sprintf("; %d/%d %s", total-left, total, r.bar.Unit)
	r.bar.Show(total-left, total, "")
	if r.bar.Columns() == 0 {
		r.lines.Show(total-left, total, "")
	}
}

func (r *textReport) waiting(what string, since time.Duration) {
	text := fmt.Sprintf("%s: waiting for %d s", what, since/time.Second)
	r.bar.Say(text + r.figures)
	if r.bar.Columns() == 0 && (what != r.toldOf || since < r.told || since >= r.told+betweenWaits) {
		fmt.Fprintf(r.err, "ionup: %s\n", text)
		r.toldOf, r.told = what, since
	}
}

func (r *textReport) awaits(cause error, limit time.Duration) {
	r.bar.Clear()
	fmt.Fprintf(r.err, "ionup: %v; waiting for it, up to %v\n", cause, limit)
}

func (r *textReport) step(client.Step)       { r.figures = "" }
func (r *textReport) device(client.Device)   {}
func (r *textReport) settings(*ion.Settings) {}
func (r *textReport) finished(error)         { r.bar.Clear() }

func (r *textReport) journal(action, path string, j *journal.Journal) {
	r.bar.Clear()
	switch action {
	case journalSaved:
		fmt.Fprintf(r.err, "ionup: the settings are kept in %s\n", path)
	case journalKept:
		fmt.Fprintf(r.err, "ionup: %s still keeps %v, which were not written back\n", path, j.Held.Groups())
	case journalRemoved:
		fmt.Fprintf(r.err, "ionup: no setting is missing in the meter any more; %s is removed\n", path)
	}
}

func (r *textReport) spare(path string, used bool) {
	r.bar.Clear()
	if used {
		fmt.Fprintf(r.err, "ionup: settings of this meter are taken from %s; it stays as it is\n", path)
		return
	}
	fmt.Fprintf(r.err, "ionup: %s is of this meter, too, and holds nothing newer; it is not used, and stays as it is\n", path)
}

func (r *textReport) question(q question) {
	r.bar.Clear()
	fmt.Fprint(r.err, q.forPeople())
}

func (r *textReport) answered(_ question, answer string) { fmt.Fprintln(r.err, answer) }

func (r *textReport) warning(text string) {
	r.bar.Clear()
	fmt.Fprintf(r.err, "ionup: warning: %s\n", text)
}

func (r *textReport) connection(cause error) {
	r.bar.Clear()
	if cause == nil {
		fmt.Fprintln(r.err, "ionup: connected again")
		return
	}
	r.warning(fmt.Sprintf("connection lost: %v; trying again", cause))
}

// What can happen to a journal.
const (
	journalSaved   = "saved"
	journalFound   = "found"
	journalKept    = "kept" // at the end: not all of it is back in the meter
	journalRemoved = "removed"
	journalStays   = "stays" // a further one of the meter, which a person has put there
)

// deviceText describes a meter for people.
func deviceText(d client.Device) string {
	state, revision, template := "runs its application", d.Revision, d.Template
	if d.Download {
		state = "in download state: its firmware upgrade did not end"
	}
	if revision == "" {
		revision = "none that runs"
	}
	if template == "" {
		template = "not known"
	}
	return fmt.Sprintf("Model:         ION %d\nSerial number: %s\nUnit ID:       %d\nFirmware:      %s\nTemplate:      %s\nState:         %s\n",
		d.Product, printable(d.SerialNumber), d.UnitID, printable(revision), printable(template), state)
}

// printable quotes a text of the meter that has control characters, so that it cannot control
// the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%+q", s)
	if quoted == `"`+s+`"` {
		return s
	}
	return quoted
}
