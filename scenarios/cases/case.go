package cases

import (
	"io/fs"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
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

	Meter     Meter
	Firmware  []Firmware // files that the person may choose; without any, the next revision
	Templates []Template // likewise; without any, the factory's
	Attempts  []Attempt  // at least one, in order

	// Files is where the files are that the case names: its folder. nil for none.
	Files fs.FS
}

// Meter is the meter and its line. Zero values stand for the meter of the article.
type Meter struct {
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
	Baud         int
	Password     string
	Revision     string // that runs at first
	ImageBytes   int    // of what runs at first
	Clock        time.Time
	Factory      bool // nobody has set it up: its settings are the factory template's
}

// Firmware is a .UPG file that the person may choose. Zero values stand for the next
// revision for the meter.
type Firmware struct {
	Name     string // of the section; empty for the one that is chosen unless told otherwise
	Model    meter.Model
	Revision string
	Dated    time.Time
	Blocks   int // of 7424 bytes; used where Bytes is 0
	Bytes    int
	Damage   Damage
}

// Template is a .DCF file that the person may choose.
type Template struct {
	Name   string // of the section, as with Firmware
	Saved  bool   // a copy of what the meter was set up to; otherwise the factory's
	Model  meter.Model
	Damage Damage
}

// Damage is what is wrong with a file.
type Damage uint8

// The damages.
const (
	Whole     Damage = iota
	Damaged          // a byte of it is another
	Truncated        // its end is missing
	Empty            // it has no bytes
	Missing          // it is not there
	Foreign          // it is a file of another kind
)

// Action is what is done before an attempt.
type Action struct {
	Kind  ActionKind
	For   time.Duration // PowerCycle: how long the power is off; Wait
	Until time.Time     // Until
	line  int
}

// ActionKind says what is done.
type ActionKind uint8

// The actions.
const (
	Heal       ActionKind = iota // all faults end, and a minute passes
	PowerCycle                   // the meter is off for a while and then on for a minute
	Wait                         // time passes
	Until                        // time passes until that calendar time
	NewLog                       // Upgrade.log is put away, so that the tool begins another
)

// Attempt is one process of the tool, from its start to its end, and what comes of it.
type Attempt struct {
	Title  string
	Before []Action

	Task         client.Task
	Release      client.Release // none: 2.2 (Build 716)
	Single       bool
	Journal      bool
	Password     string // empty: the meter's
	UnitID       uint16 // 0: the meter's
	Baud         int    // 0: the meter's
	SerialNumber string // wanted; empty for any
	DeviceName   string // of the site, as the log has it; empty: as the tool calls the model
	DiskFull     bool
	Limit        time.Duration // 0: six hours

	Firmware    string // name of the section that is chosen
	Template    string // likewise
	NoRecovery  bool
	NoRestore   bool
	Paste       ion.Groups
	Connections int
	Assistant   []client.Choice
	AtSilence   client.Choice
	Writes      []Write
	WriteBack   ion.Groups // written with what the meter had at the start of the case

	Plan   fault.Plan
	Expect Expect
	line   int
}

// Write is a setting that is written by hand.
type Write struct {
	Setting int // place in ion.SettingTable
	Value   ion.Value
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

	Prompts      []client.Prompt
	PromptsSet   bool
	Resends      *Span
	NoResponses  *Span
	RecoveryMode *bool
	Journals     *Span
	Time         *TimeSpan

	Log      string // name of a file that what was logged equals
	LogHas   []string
	LogLacks []string

	lines map[string]int
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
	name := "attempt " + formatInt(i+1)
	if t := c.Attempts[i].Title; t != "" {
		name += ": " + t
	}
	return name
}

func (c *Case) meterModel() meter.Model {
	if c.Meter.Model == 0 {
		return meter.ION7350
	}
	return c.Meter.Model
}

func (c *Case) firmwareModel(f Firmware) meter.Model {
	if f.Model == 0 {
		return c.meterModel()
	}
	return f.Model
}

// firmware finds a section; without any, the unnamed one is there all the same.
func (c *Case) firmware(name string) (Firmware, bool) {
	for _, f := range c.Firmware {
		if f.Name == name {
			return f, true
		}
	}
	return Firmware{}, name == ""
}

func (c *Case) template(name string) (Template, bool) {
	for _, t := range c.Templates {
		if t.Name == name {
			return t, true
		}
	}
	return Template{}, name == ""
}
