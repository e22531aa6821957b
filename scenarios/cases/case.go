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

// Case is one scenario as its file describes it. Parse makes one, Append writes one; one
// that was made by hand should pass through both before it is kept.
type Case struct {
	// Title says what happens, in a line.
	Title string
	// Rows are the rows of the list of scenarios that the case is about, such as "K3".
	Rows []string
	// Article is the sentences of FA212301 that it reproduces.
	Article []string

	// World is where it takes place, and what people do in it: at least one attempt.
	world.World
	// Expect is what must come of each of its attempts.
	Expect []Expect

	// Files is where the files are that the case names: its folder. nil for none.
	Files fs.FS

	attempts, expects fields.Places // in the file that it was read from; none otherwise
}

// Add appends an attempt and what must come of it.
func (c *Case) Add(a world.Attempt, e Expect) {
	c.Attempts = append(c.Attempts, a)
	c.Expect = append(c.Expect, e)
}

// Verdict is how an attempt ends, in a word.
type Verdict string

// The verdicts.
const (
	Success Verdict = "success"
	Failure Verdict = "failure"
	Aborted Verdict = "aborted"
	Killed  Verdict = "killed"
	// Refused is a failure for a reason that was found before anything was erased: the
	// file, the product, the unit, the serial number, the password, the disk.
	Refused Verdict = "refused"
	// Unfinished is a tool that was still at work at the limit. No case can expect it.
	Unfinished Verdict = "unfinished"
)

// Expect is what must come of an attempt. What is not set is not looked at.
type Expect struct {
	Outcome  Verdict
	Reasons  []string // words of the tool's error
	Meter    string   // state
	Revision string   // that a power cycle would run, or "none"
	Image    string   // "intact" or "other"
	Flash    string   // "untouched" or "changed"
	LCD      string
	Events   []string // of the meter's event log, since the attempt began, in order
	Template string   // the name in the meter

	Kept     *ion.Groups // exactly these are as they were at the start of the case
	Defaults *ion.Groups // at least these are as the factory template has them
	Reads    *ion.Groups // at least these were read as they were at the start of the case

	Prompts      *[]client.Prompt
	Resends      *Span
	NoResponses  *Span
	RecoveryMode *bool
	Journals     *Span
	Time         *TimeSpan

	Log      string // name of a file that what was logged equals
	LogHas   []string
	LogLacks []string
}

// Span is a count, or a range of counts with both ends.
type Span struct{ Min, Max int }

// TimeSpan is a time in whole seconds, or a range of times with both ends.
type TimeSpan struct{ Min, Max time.Duration }

// Plan is the faults of all attempts as a text that fault.Parse takes, each under a
// comment that names its attempt when there are several.
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
