// Package world describes the world in which a run takes place: which meters there are, on
// which PCs the tool runs, which files there are, what people do one after the other, how the
// tool is started, what the person answers, and which faults strike. Cases, trials, atlases and
// judged programs are views of a [World]: each sets a part of it and leaves the rest at the
// defaults. Flags of programs are keys of its tables.
//
// The zero World is that of the article FA212301: one ION 7350 with unit id 105 that somebody
// has set up, one PC, and an upgrade by release 2.2 of the tool to the next revision.
//
// Every field is declared once, with its notation, its default and its help, in one of the
// tables: [MeterFields], [StationFields], [PCFields], [FirmwareFields], [TemplateFields], [tool.Fields],
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
// A world says what is there, not what comes of it, and it plays nothing: package rig does
// that. How much of a run is recorded, and how fast time passes, is not part of the world. The
// line has no fields: each end has its own rate.
package world

import (
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/talker"
)

// World is everything that decides a run. It must not be changed once it is played.
type World struct {
	Meters    []Meter    // without any, the article's
	Stations  []Station  // other stations on the lines, which talk unasked
	PCs       []PC       // without any, one with an empty disk
	Firmware  []Firmware // files that the person may choose; without any, the next revision
	Templates []Template // likewise; without any, the factory's
	Attempts  []Attempt  // in order; without any, one upgrade
}

// Meter is a meter on a line.
type Meter struct {
	Name         string // of the section; empty for the default one
	Line         string // name of the line; those of one name are on one
	Phone        string // telephone number by which the tool reaches it; empty: over the cable
	Model        meter.Model
	SerialNumber string
	UnitID       uint16
	Baud         int // rate of its port
	Password     string
	Revision     string // that runs at first
	ImageBytes   int    // size of what runs at first
	Clock        time.Time
	SetUp        SetUp   // what a person has set up
	Set          []Write // instead of what SetUp says
	TemplateName string  // likewise
	// ComesOn and GoesOff are when somebody switches on or off a meter that no attempt is about, from
	// the beginning of the first attempt; 0 for never. See bench.Neighbour.
	ComesOn, GoesOff time.Duration
	Speed
}

// SetUp is what a person has set up in a meter.
type SetUp uint8

// What a person may have set up.
const (
	Custom    SetUp = iota // no setting is at its default
	Untouched              // nothing: the factory template's settings
	Lowest                 // every number at its lower bound, every text empty
	Highest                // every number at its upper bound, every text as long as may be
)

// Speed is how long a meter and its chip take for what they do. A time that is not set is that
// of PROTOCOL.md, section 9, which also says how long each may get.
type Speed struct {
	RTSDelay      time.Duration // from a frame of the host to the meter's answer: the register of that name
	EraseTime     time.Duration // of a sector
	ProgramTime   time.Duration // of a KiB
	VerifyTime    time.Duration // of a KiB
	LoaderTime    time.Duration // from the answer to enter until the loader answers
	BootTime      time.Duration
	FirstBootTime time.Duration // of a new image, in addition
}

// Station is on the line and talks whenever it likes, from the beginning on.
type Station struct {
	Name   string // of the section, as with Meter
	Line   string // as with Meter
	Role   talker.Role
	UnitID uint16        // of the meter that it asks or speaks for
	Units  int           // how many meters have their turns, with unit ids from there on
	Begins time.Duration // when it talks for the first time
	Every  time.Duration
}

// PC is a computer on which the tool runs. Its disk is empty at first, unless it says otherwise;
// later attempts find what earlier ones left.
type PC struct {
	Name    string // of the section, as with Meter
	Log     OldLog
	Journal OldJournal
	DCD     bool // its port shows whether the modem has a carrier
}

// OldLog is the Upgrade.log that lies on a PC from before.
type OldLog uint8

// The old logs.
const (
	NoOldLog   OldLog = iota
	EarlierRun        // of an upgrade that somebody made long ago
)

// OldJournal is a journal that lies on a PC from before.
type OldJournal uint8

// The old journals.
const (
	NoOldJournal   OldJournal = iota
	OfAnotherMeter            // whose upgrade never ended
	SameSerial                // of a meter with the first one's serial number, and another unit id
	Stale                     // of the first meter, which somebody has set up anew since then
	Unreadable                // of the first meter, and damaged
)

// Firmware is a .UPG file that the person may choose.
type Firmware struct {
	Name     string // of the section, as with Meter
	Model    meter.Model
	Revision string
	Dated    time.Time
	Blocks   int // of 7424 bytes; used where Bytes is 0
	Bytes    int
	Build    int // images of different builds have different bytes, whatever their revision
	Damage   Damage
	// Own is a file given by the caller instead of a made one, or OwnErr says why that file
	// cannot be used. A text can hold neither.
	Own    *upg.File
	OwnErr error
}

// Template is a .DCF file that the person may choose.
type Template struct {
	Name   string // of the section, as with Meter
	Saved  bool   // holds what the meter was set up to; if not, it is the factory's
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
	Damaged          // one of its bytes is wrong
	Truncated        // its end is missing
	Empty            // it has no bytes
	Missing          // it is not there
	Foreign          // it is a file of another kind
)

// Attempt is one process of the tool, from its start to its end.
type Attempt struct {
	Title  string
	Before []Action
	// Meanwhile is how long after the attempt before it this one begins, whether that has ended
	// or not; 0: when it has ended.
	Meanwhile time.Duration
	Meter     string // name of the meter; empty for the first
	PC        string // name of the PC on which the tool runs; empty for the first
	Folder    string // of the PC in which the tool keeps its journals; empty for the usual one
	Log       string // file on the PC into which the tool writes its log
	Tool
	DiskFull bool
	Limit    time.Duration // when the tool must have ended; 0: see LimitOf
	// Plan is counted from the beginning of the attempt. That of a tool which comes to a line while
	// another is there strikes that tool alone (fault.Fault.CheckOwn).
	Plan fault.Plan
	Person
}

// Tool is how the tool is started. It stands in a package of its own for programs that know the
// tool and no meter.
type Tool = tool.Tool

// Person is somebody in front of the tool, who always gives the same answers.
type Person struct {
	Firmware    string     // name of the chosen section
	Template    string     // name of the chosen section
	NoRecovery  bool       // answers No to "recover your firmware upgrade"
	NoRestore   bool       // answers No to a journal that was found
	Older       bool       // answers Yes to what is older in the journal than what the meter had later
	Unticked    ion.Groups // boxes of Template Paste Options that are not ticked
	Connections int        // how often OK is pressed at Select Connection Type before Exit
	Assistant   []client.Choice
	AtSilence   client.Choice // when the device does not answer; OK tries again
	Writes      []Write
	WriteBack   ion.Groups // written with the values that the meter had at first
}

// Paste returns the boxes of Template Paste Options that are ticked.
func (p *Person) Paste() ion.Groups { return ion.AllGroups &^ p.Unticked }

// Write is a setting that is written by hand.
type Write struct {
	Setting int // index in ion.SettingTable
	Value   ion.Value
}

// Action is what is done before an attempt.
type Action struct {
	Kind  ActionKind
	For   time.Duration // PowerCycle: how long the power is off; Wait
	Until time.Time     // Until
	From  string        // CopyJournals: name of a PC; empty for the one on which the attempt runs
}

// ActionKind says what is done.
type ActionKind uint8

// The actions.
const (
	Heal       ActionKind = iota // all faults end, then a minute passes
	PowerCycle                   // the meter is off for a while, then on for a minute
	Wait                         // time passes
	Until                        // time passes until that calendar time
	NewLog                       // Upgrade.log is moved away, so that the tool begins a new one
	// These are done to the journals in the folder that the attempt uses.
	RemoveJournals // they are deleted
	DamageJournals // one bit of each is wrong
	ForeignJournal // one of another meter that has the same serial number is put there
	CopyJournals   // those of another folder or PC are copied there
	SpareJournals  // a person makes a copy of each, under another name
	RenameJournals // a person gives them other names
)

// named is something that attempts choose by name.
type named interface{ name() string }

func (m Meter) name() string    { return m.Name }
func (s Station) name() string  { return s.Name }
func (pc PC) name() string      { return pc.Name }
func (f Firmware) name() string { return f.Name }
func (t Template) name() string { return t.Name }

// find looks for a name. Without any elements, the default one is found.
func find[V named](list []V, name string) (v V, ok bool) {
	for _, v := range list {
		if v.name() == name {
			return v, true
		}
	}
	return v, name == ""
}

// first returns the default: the first element, whatever its name.
func first[V named](list []V, name string) (v V, ok bool) {
	if name == "" && len(list) > 0 {
		return list[0], true
	}
	return find(list, name)
}

// MeterOf returns the meter of an attempt, with its defaults.
func (w *World) MeterOf(a *Attempt) Meter {
	m, _ := first(w.Meters, a.Meter)
	return m.Filled()
}

// PlaceOf returns the place of an attempt's meter among the meters of a filled world.
func (w *World) PlaceOf(a *Attempt) int {
	if a.Meter == "" {
		return 0
	}
	return max(0, slices.IndexFunc(w.Meters, func(m Meter) bool { return m.Name == a.Meter }))
}

// Together returns the attempts that begin with number first, of which each further one may begin
// while those before it are at work. There is always one.
func (w *World) Together(first int) []Attempt {
	end := first + 1
	for end < len(w.Attempts) && w.Attempts[end].Meanwhile > 0 {
		end++
	}
	return w.Attempts[first:end]
}

// FirmwareOf returns the firmware that the person chooses in an attempt, with its defaults.
func (w *World) FirmwareOf(a *Attempt) Firmware {
	f, _ := find(w.Firmware, a.Firmware)
	return f.filled(w.MeterOf(a).Model)
}

// templateOf returns the template that the person chooses in an attempt, with its defaults.
func (w *World) templateOf(a *Attempt) Template {
	t, _ := find(w.Templates, a.Template)
	return t.filled(w.MeterOf(a).Model)
}

// Recovery is the article's way back after an attempt: ION Setup 2.2 is started again in Single
// ION device configuration mode, Yes, the same file, Exit, Exit. If the meter turns out to run
// an application, the upgrade is started from Setup Assistant instead. The journal is used if
// the attempt used one, and everything that can be restored is. All faults have ended before.
func Recovery(of *Attempt) Attempt {
	return Attempt{
		Before: []Action{{Kind: Heal}},
		Meter:  of.Meter,
		PC:     of.PC,
		Folder: of.Folder,
		Log:    of.Log,
		Tool:   Tool{Task: client.TaskConnect, Release: client.Release22(), Single: true, Journal: of.Journal, Listens: of.Listens, Timeout: of.Timeout, Turnaround: of.Turnaround},
		Limit:  of.Limit,
		Person: Person{Firmware: of.Firmware, Connections: 1, Assistant: []client.Choice{client.Upgrade}},
	}
}
