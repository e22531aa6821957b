package cases

import (
	"io/fs"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// Case is one scenario as its file describes it. Parse makes one, Append writes one. Pass a
// case that was made by hand through both before you keep it.
type Case struct {
	// Title says what happens, in a line.
	Title string
	// Rows are the rows in the list of scenarios that the case belongs to, such as "K3".
	Rows []string
	// Article are the sentences of FA212301 that it reproduces.
	Article []string

	// World is where it takes place and what people do there. It has at least one attempt.
	world.World
	// Expect is what must come of each attempt.
	Expect []Expect

	// Files is the case's folder, with the files that it names; nil if it has none.
	Files fs.FS

	attempts, expects fields.Places // in the file that the case was read from; empty for others
}

// Add appends an attempt and its expectation.
func (c *Case) Add(a world.Attempt, e Expect) {
	c.Attempts = append(c.Attempts, a)
	c.Expect = append(c.Expect, e)
}

// Verdict says in a word how an attempt ended.
type Verdict string

// The verdicts.
const (
	Success Verdict = "success"
	Failure Verdict = "failure"
	Aborted Verdict = "aborted"
	Killed  Verdict = "killed"
	// Refused is a failure for a reason that was found before anything was erased: the file,
	// the product, the unit, the serial number, the password, the disk.
	Refused Verdict = "refused"
	// Unfinished is a tool that was still at work at the limit. Only on a PC that sleeps is that
	// right.
	Unfinished Verdict = "unfinished"
)

// Expect is what must come of an attempt. A field that is not set is not checked.
type Expect struct {
	Outcome  Verdict
	Reasons  []string // words in the tool's error
	Meter    string   // state
	Revision string   // that a power cycle would run, or "none"
	Image    string   // "intact" or "other"
	Flash    string   // "untouched" or "changed"
	LCD      string
	Events   []string // entries in the meter's event log since the attempt began, in order
	Template string   // the template's name in the meter

	Settings []world.Write // that the meter has then
	Kept     *ion.Groups   // exactly these groups are as they were at the start of the case
	Defaults *ion.Groups   // at least these groups are as in the factory template
	Reads    *ion.Groups   // at least these groups were read as they were at the start of the case

	Prompts      *[]client.Prompt
	Resends      *Span
	NoResponses  *Span
	RecoveryMode *bool
	Journals     *Span
	Time         *TimeSpan

	Log      string // name of a file that equals what was logged
	LogHas   []string
	LogLacks []string
}

// Span is a count, or a range of counts that includes both ends.
type Span struct{ Min, Max int }

// TimeSpan is a time in whole seconds, or a range of times that includes both ends.
type TimeSpan struct{ Min, Max time.Duration }

// Plan returns the faults of all attempts as a text that fault.Parse takes. If there are
// several attempts, a comment names each.
func (c *Case) Plan() string {
	var b strings.Builder
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if len(c.Attempts) > 1 {
			b.WriteString("# " + c.heading(i) + "\n")
		}
		for _, f := range a.Plan {
			b.WriteString(f.String() + "\n")
		}
	}
	return b.String()
}

// heading names an attempt for people.
func (c *Case) heading(i int) string {
	name := "attempt " + strconv.Itoa(i+1)
	if t := c.Attempts[i].Title; t != "" {
		name += ": " + t
	}
	return name
}
