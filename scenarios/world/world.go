// Package world says in what world a run takes place: which meters there are, on which PCs the
// tool runs, which files lie there, what people do one after the other, how the tool is
// started, what the person answers, and which faults befall an attempt. Cases, trials, atlases
// and what is judged are views of a [World]: they say a part of it and leave the rest as it is
// unless given. Flags of programs are keys of its tables.
//
// The zero World is that of the article FA212301: one ION 7350 with unit id 105 that somebody
// has set up, one PC, and an upgrade by release 2.2 of the tool to the next revision.
//
// Every field is declared once, with its notation, what it is unless given, and its help, in
// the tables: [MeterFields], [PCFields], [FirmwareFields], [TemplateFields], [ToolFields],
// [PersonFields] and [AttemptFields]. A field that is not set holds the zero value of its type.
//
// A world is also a text, which Parse reads and Append writes:
//
//	[meter]
//	unit-id = 7
//
//	[firmware]
//	blocks = 100
//
//	[attempt]
//	task = upgrade
//	plan = cable-pull at block 41 for 2 no-responses
//
// A world says what is there, not what comes of it, and plays nothing: package rig does. How
// much of a run is recorded, and how fast time passes, are matters of the run and not of its
// world. The line has nothing to say of itself: each talker has its rate.
package world

import (
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// World is all that decides a run. Not to be changed once it is played.
type World struct {
	Meters    []Meter    // on one line, the one of an attempt first; without any, the article's
	PCs       []PC       // without any, one on which nothing lies
	Firmware  []Firmware // files that the person may choose; without any, the next revision
	Templates []Template // likewise; without any, the factory's
	Attempts  []Attempt  // the history, in order; without any, one upgrade
}

// Meter is a meter on the line.
type Meter struct {
	Name         string // of the section; empty for the one that is meant unless told otherwise
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
	Baud         int // of its port
	Password     string
	Revision     string // that runs at first
	ImageBytes   int    // of what runs at first
	Clock        time.Time
	Factory      bool // nobody has set it up: its settings are the factory template's
}

// PC is a computer on which the tool runs. Nothing lies on its disk at first: what attempts
// leave there, the later ones find.
type PC struct {
	Name string // of the section, as with Meter
}

// Firmware is a .UPG file that the person may choose.
type Firmware struct {
	Name     string // of the section, as with Meter
	Model    meter.Model
	Revision string
	Dated    time.Time
	Blocks   int // of 7424 bytes; used where Bytes is 0
	Bytes    int
	Damage   Damage
	// Own is a file of somebody's own in the place of one that is made, or OwnErr why that
	// cannot be used. A text cannot hold either.
	Own    *upg.File
	OwnErr error
}

// Template is a .DCF file that the person may choose.
type Template struct {
	Name   string // of the section, as with Meter
	Saved  bool   // a copy of what the meter was set up to; otherwise the factory's
	Model  meter.Model
	Damage Damage
	Own    *dcf.File // as with Firmware
	OwnErr error
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

// Attempt is one process of the tool, from its start to its end.
type Attempt struct {
	Title  string
	Before []Action
	Meter  string // name of the one that is meant; empty for the first
	PC     string // name of the one that the tool runs on; empty for the first
	Tool
	DiskFull bool
	Limit    time.Duration // by when the tool must have ended
	Plan     fault.Plan    // counts from the beginning of the attempt
	Person
}

// Tool is how the tool is started.
type Tool struct {
	Task         client.Task
	Release      client.Release
	Single       bool // Single ION device configuration mode
	Journal      bool
	Password     string // empty: the meter's
	UnitID       uint16 // 0: the meter's
	Baud         int    // 0: the meter's
	SerialNumber string // wanted; empty for any
	DeviceName   string // of the site, as the log has it; empty: as the tool calls the model
}

// Person is what somebody in front of the tool does: the same answers every time.
type Person struct {
	Firmware    string     // name of the section that is chosen
	Template    string     // likewise
	NoRecovery  bool       // answers No to "recover your firmware upgrade"
	NoRestore   bool       // answers No to a journal that was found
	Unticked    ion.Groups // boxes of Template Paste Options that are not ticked
	Connections int        // times that OK is pressed at Select Connection Type before Exit
	Assistant   []client.Choice
	AtSilence   client.Choice // at a device that does not answer; OK tries again
	Writes      []Write
	WriteBack   ion.Groups // written with what the meter had at the start of the world
}

// Paste is the boxes of Template Paste Options that are ticked.
func (p *Person) Paste() ion.Groups { return ion.AllGroups &^ p.Unticked }

// Write is a setting that is written by hand.
type Write struct {
	Setting int // place in ion.SettingTable
	Value   ion.Value
}

// Action is what is done before an attempt.
type Action struct {
	Kind  ActionKind
	For   time.Duration // PowerCycle: how long the power is off; Wait
	Until time.Time     // Until
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

// named is what attempts choose by its name.
type named interface{ name() string }

func (m Meter) name() string    { return m.Name }
func (pc PC) name() string      { return pc.Name }
func (f Firmware) name() string { return f.Name }
func (t Template) name() string { return t.Name }

// find looks for a name; without one there is something all the same.
func find[V named](list []V, name string) (v V, ok bool) {
	for _, v := range list {
		if v.name() == name {
			return v, true
		}
	}
	return v, name == ""
}

// first is what is meant where nothing is named: the first there is, whatever its name.
func first[V named](list []V, name string) (v V, ok bool) {
	if name == "" && len(list) > 0 {
		return list[0], true
	}
	return find(list, name)
}

// MeterOf is the meter of an attempt, with all that it is unless given.
func (w *World) MeterOf(a *Attempt) Meter {
	m, _ := first(w.Meters, a.Meter)
	return m.Filled()
}

// FirmwareOf is the firmware that the person chooses in an attempt, with all that it is unless
// given.
func (w *World) FirmwareOf(a *Attempt) Firmware {
	f, _ := find(w.Firmware, a.Firmware)
	return f.filled(w.MeterOf(a).Model)
}

// TemplateOf is the template that the person chooses in an attempt, likewise.
func (w *World) TemplateOf(a *Attempt) Template {
	t, _ := find(w.Templates, a.Template)
	return t.filled(w.MeterOf(a).Model)
}

// Recovery is the article's way back after an attempt: ION Setup 2.2 is started anew in Single
// ION device configuration mode, Yes, the same file, Exit, Exit. Where the meter turns out to
// run an application, the upgrade is started from Setup Assistant instead. The journal is used
// if the attempt used one, and all that can be restored is. All faults have ended before.
func Recovery(of *Attempt) Attempt {
	return Attempt{
		Before: []Action{{Kind: Heal}},
		Meter:  of.Meter,
		PC:     of.PC,
		Tool:   Tool{Task: client.TaskConnect, Release: client.Release22(), Single: true, Journal: of.Journal},
		Limit:  of.Limit,
		Person: Person{Firmware: of.Firmware, Connections: 1, Assistant: []client.Choice{client.Upgrade}},
	}
}
