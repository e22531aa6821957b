package world

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/talker"
)

// newVersion is the firmware version that the person chooses.
const newVersion = "V283"

// Every table is made once, because worlds are filled and checked for every trial. Callers get
// a copy.

// MeterFields are the fields of a meter.
func MeterFields() []fields.Field[Meter] { return slices.Clone(meterFields()) }

var meterFields = sync.OnceValue(func() []fields.Field[Meter] {
	return []fields.Field[Meter]{
		fields.Of("line", "the line that it is on, by a name: all of one name are on one line", func(m *Meter) *string { return &m.Line }, names()).Else("that of all that name none"),
		fields.Of("phone", "the telephone number by which the tool reaches it: a modem dials, and the one in the meter answers", func(m *Meter) *string { return &m.Phone }, phoneNumbers()).Else("none: the tool is at its line"),
		fields.Of("model", "which one it is", func(m *Meter) *meter.Model { return &m.Model }, models()).Or(meter.ArticleModel.String()),
		fields.Of("serial-number", "1 to 16 characters", func(m *Meter) *string { return &m.SerialNumber }, tool.SerialNumbers()).Or(meter.ArticleSerialNumber),
		fields.Of("unit-id", fmt.Sprintf("%d to %d", ion.MinUnitID, ion.MaxUnitID), func(m *Meter) *uint16 { return &m.UnitID }, tool.UnitIDs()).Or(strconv.Itoa(meter.ArticleUnitID)),
		fields.Of("baud", "bit rate of its port", func(m *Meter) *int { return &m.Baud }, tool.BaudRates()).Or(strconv.Itoa(ion.DefaultBaudRate)),
		fields.Of("password", "up to 8 digits, or up to 6 characters", func(m *Meter) *string { return &m.Password }, tool.Passwords()).Or(meter.FactoryPassword),
		fields.Of("revision", "that runs at first", func(m *Meter) *string { return &m.Revision }, Revisions(meter.ArticleModel.String()+meter.OldVersion)).Else("the model's " + meter.OldVersion),
		fields.Of("image-bytes", "of what runs at first", func(m *Meter) *int { return &m.ImageBytes }, imageSizes()).Or("49152"),
		fields.Of("clock", "what its clock and the PC's show at the beginning", func(m *Meter) *time.Time { return &m.Clock }, clocks()).
			Or(fields.FormatCalendar(ArticleStart())),
		fields.Of("settings", "what a person has set up: no setting at its default (custom), nothing (factory), all at their lower bounds and without texts (lowest), or at their upper ones and with texts of full length (highest)",
			func(m *Meter) *SetUp { return &m.SetUp }, setUps()),
		fields.Several("set", "a setting that is another one, such as pt-ct pt-primary 480", func(m *Meter) *[]Write { return &m.Set }, Writes()),
		fields.Of("template-name", "the name of its settings, up to 80 characters", func(m *Meter) *string { return &m.TemplateName }, templateNames()).Else("what goes with the settings"),
		fields.Of("comes-on", "when somebody switches it on, from the beginning of the first attempt; only of a meter that no attempt is about", func(m *Meter) *time.Duration { return &m.ComesOn }, fields.Time("20s", "1h")).Else("it is on"),
		fields.Of("goes-off", "when somebody switches it off, likewise; with a later comes-on it is off in between", func(m *Meter) *time.Duration { return &m.GoesOff }, fields.Time("20s", "1h")).Else("never"),
		fields.Of("rts-delay", "from a frame of the host to the meter's answer", func(m *Meter) *time.Duration { return &m.RTSDelay }, fields.TimeBetween(time.Nanosecond, slowestRTS, "1ms", "10ms", "300ms")).
			Or(meter.DefaultTiming().RTSDelay.String()),
		fields.Of("erase-time", "of a sector of the flash", func(m *Meter) *time.Duration { return &m.EraseTime }, speeds("1ms", "8s")).Or("1s"),
		fields.Of("program-time", "of a KiB of the flash", func(m *Meter) *time.Duration { return &m.ProgramTime }, speeds("1ms", "307.2ms")).Or("7.168ms"),
		fields.Of("verify-time", "of a KiB of the image", func(m *Meter) *time.Duration { return &m.VerifyTime }, speeds("100ns", "2.048ms")).Or("1.024ms"),
		fields.Of("loader-time", "from the answer to enter until the loader answers", func(m *Meter) *time.Duration { return &m.LoaderTime }, speeds("1ms", "40s")).Or("1s"),
		fields.Of("boot-time", "after a restart or a power-on", func(m *Meter) *time.Duration { return &m.BootTime }, speeds("1ms", "15s")).Or("3s"),
		fields.Of("first-boot-time", "of a new image, in addition", func(m *Meter) *time.Duration { return &m.FirstBootTime }, speeds("1ms", "35s")).Or("5s"),
	}
})

// StationFields are the fields of a station that talks unasked.
func StationFields() []fields.Field[Station] { return slices.Clone(stationFields()) }

var stationFields = sync.OnceValue(func() []fields.Field[Station] {
	return []fields.Field[Station]{
		fields.Of("line", "the line that it is on, as with a meter", func(s *Station) *string { return &s.Line }, names()).Else("that of all that name none"),
		fields.Of("kind", "what it is: a second-master asks a meter who it is and for registers, a babbler says valid frames of a meter that are no answer to anything", func(s *Station) *talker.Role { return &s.Role },
			fields.Words("kind of station", fields.Say("babbler", talker.Babbler), fields.Say("second-master", talker.SecondMaster))).Or("babbler"),
		fields.Of("unit-id", "of the meter that it asks or speaks for", func(s *Station) *uint16 { return &s.UnitID }, tool.UnitIDs()).Else("the first meter's"),
		fields.Of("units", "so many meters have their turns, with unit ids from unit-id on", func(s *Station) *int { return &s.Units }, fields.Integer(1, ion.MaxStations, 1, 2, ion.MaxStations)).Or("1"),
		fields.Of("begins", "when it talks for the first time, from the beginning of the first attempt", func(s *Station) *time.Duration { return &s.Begins }, fields.Time("2m", "1h")).Or("0s"),
		fields.Of("every", "time from one frame to the next, at least 10ms", func(s *Station) *time.Duration { return &s.Every }, intervals()).Or("1s"),
	}
})

// PCFields are the fields of a PC: what lies on its disk from before, and what its port shows.
func PCFields() []fields.Field[PC] { return slices.Clone(pcFields()) }

var pcFields = sync.OnceValue(func() []fields.Field[PC] {
	return []fields.Field[PC]{
		fields.Of("log", "the Upgrade.log that lies there: none, or one with an earlier run", func(pc *PC) *OldLog { return &pc.Log },
			fields.Words("value of log", fields.Say("none", NoOldLog), fields.Say("earlier", EarlierRun))),
		fields.Of("journal", "the journal that lies there: none, one of another meter (other-meter), even of the same serial number (same-serial), or one of the meter that is long outdated (stale) or damaged", func(pc *PC) *OldJournal { return &pc.Journal },
			fields.Words("value of journal", fields.Say("none", NoOldJournal), fields.Say("other-meter", OfAnotherMeter), fields.Say("same-serial", SameSerial), fields.Say("stale", Stale), fields.Say("damaged", Unreadable))),
		fields.Of("dcd", "the port shows whether its modem has a carrier (DCD), as a serial port does and RFC 2217; a PTY and TCP do not", func(pc *PC) *bool { return &pc.DCD }, fields.YesNo("dcd")),
	}
})

// FirmwareFields are the fields of a .UPG file.
func FirmwareFields() []fields.Field[Firmware] { return slices.Clone(firmwareFields()) }

var firmwareFields = sync.OnceValue(func() []fields.Field[Firmware] {
	return []fields.Field[Firmware]{
		fields.Of("model", "that it is for", func(f *Firmware) *meter.Model { return &f.Model }, models()).Else("the meter's"),
		fields.Of("revision", "", func(f *Firmware) *string { return &f.Revision }, Revisions(meter.ArticleModel.String()+newVersion)).Else("the model's " + newVersion),
		fields.Of("dated", "", func(f *Firmware) *time.Time { return &f.Dated }, clocks()).Or(fields.FormatCalendar(ArticleDated())),
		fields.Of("blocks", fmt.Sprintf("size of the image in blocks of %d bytes", ion.BlockBytes), func(f *Firmware) *int { return &f.Blocks },
			fields.Integer(1, maxBlocks, 1, 2, 8, 255, 256, 257, 460, 513)).Or("8"),
		fields.Of("bytes", "size of the image, such as 7424, 64k or 256KiB; instead of blocks", func(f *Firmware) *int { return &f.Bytes }, imageSizes()),
		fields.Of("build", "another number is another image, even of the same revision", func(f *Firmware) *int { return &f.Build }, fields.Integer(0, maxBuild, 0, 1, maxBuild)).Or("0"),
		fields.Of("damage", "what is wrong with the file", func(f *Firmware) *Damage { return &f.Damage }, damages()),
	}
})

// TemplateFields are the fields of a .DCF file.
func TemplateFields() []fields.Field[Template] { return slices.Clone(templateFields()) }

var templateFields = sync.OnceValue(func() []fields.Field[Template] {
	return []fields.Field[Template]{
		fields.Of("holds", "the factory's settings for the new revision, or a saved copy of the meter's", func(t *Template) *bool { return &t.Saved },
			fields.Words("value of holds", fields.Say("factory", false), fields.Say("saved", true))),
		fields.Of("model", "that it is for", func(t *Template) *meter.Model { return &t.Model }, models()).Else("the meter's"),
		fields.Of("damage", "what is wrong with the file", func(t *Template) *Damage { return &t.Damage }, damages()),
	}
})

// AttemptFields are the fields of an attempt: what is done first, those of the tool and of the
// person, and what goes wrong.
func AttemptFields() []fields.Field[Attempt] { return slices.Clone(attemptFields()) }

var attemptFields = sync.OnceValue(func() []fields.Field[Attempt] {
	list := []fields.Field[Attempt]{
		fields.Of("title", "what this attempt is", func(a *Attempt) *string { return &a.Title }, fields.Text("WORDS", "the upgrade")),
		fields.Several("before", "what is done first, in the order of the lines: heal (all faults end, a minute passes), power-cycle 10s (off for so long, then a minute passes), wait 2m, until 2008-03-06 15:57:48, new-log (Upgrade.log is put away); and in the folder of the journals: remove-journals, damage-journals, foreign-journal (one of another meter with this serial number is put there), copy-journals or copy-journals NAME (from the other folders of the PC, or from [pc NAME]), spare-journals (each gets a copy beside it, as a person makes one), rename-journals (each gets another name)",
			func(a *Attempt) *[]Action { return &a.Before }, actions()),
		fields.Of("meanwhile", "begins so long after the beginning of the attempt above, whether that is still at work or not", func(a *Attempt) *time.Duration { return &a.Meanwhile }, fields.TimeBetween(time.Millisecond, maxMeanwhile, "1ms", "30s", "24h")).Else("begins when the attempt above has ended"),
		fields.Of("meter", "the [meter NAME] that the tool is to talk to", func(a *Attempt) *string { return &a.Meter }, names()).Else("the first"),
		fields.Of("pc", "the [pc NAME] that the tool runs on", func(a *Attempt) *string { return &a.PC }, names()).Else("the first"),
		fields.Of("folder", "of the PC in which the tool keeps its journals: another name is another folder", func(a *Attempt) *string { return &a.Folder }, names()).Else("the usual one"),
		fields.Of("log", fmt.Sprintf("file on the PC into which the tool writes its log; %s in it stands for the serial number of the meter", upgradelog.SerialMark), func(a *Attempt) *string { return &a.Log }, logNames()).Or(UsualLog),
	}
	list = append(list, fields.Within(func(a *Attempt) *Tool { return &a.Tool }, toolFields())...)
	list = append(list,
		fields.Of("disk-full", "nothing can be saved on the PC", func(a *Attempt) *bool { return &a.DiskFull }, fields.YesNo("disk-full")),
		fields.Of("limit", "by which the tool must have ended", func(a *Attempt) *time.Duration { return &a.Limit }, fields.Time("30s", "1h30m0.5s")).Else("what the retry rule gives"),
		fields.Several("plan", "what goes wrong, in the grammar of fault plans; all that it counts, times included, is counted from the beginning of the attempt",
			func(a *Attempt) *[]fault.Fault { return (*[]fault.Fault)(&a.Plan) }, faults()),
	)
	return append(list, fields.Within(func(a *Attempt) *Person { return &a.Person }, personFields())...)
})

var toolFields = sync.OnceValue(tool.Fields)

// PersonFields are the fields of what the person does: answers in the windows of the tool,
// settings written by hand.
func PersonFields() []fields.Field[Person] { return slices.Clone(personFields()) }

var personFields = sync.OnceValue(func() []fields.Field[Person] {
	connect := during(client.TaskConnect)
	upgrade := during(client.TaskConnect, client.TaskUpgrade, client.TaskRecover)
	paste := during(client.TaskSendTemplate, client.TaskConnect, client.TaskUpgrade, client.TaskRecover)
	send := during(client.TaskConnect, client.TaskSendTemplate)
	write := during(client.TaskWriteSettings)
	return []fields.Field[Person]{
		fields.Of("firmware", "the [firmware NAME] that the person chooses", func(p *Person) *string { return &p.Firmware }, names()).Else("[firmware]").When(upgrade),
		fields.Of("template", "the [template NAME] that the person chooses", func(p *Person) *string { return &p.Template }, names()).Else("[template]").When(send),
		fields.Of("recover", "the answer to the offer to recover the upgrade", func(p *Person) *bool { return &p.NoRecovery }, fields.NoYes("recover")).When(connect),
		fields.Of("restore", "the answer to the offer to restore the settings of a journal", func(p *Person) *bool { return &p.NoRestore }, fields.NoYes("restore")).When(upgrade),
		fields.Of("restore-older", "the answer to the offer to restore also what was changed in the meter after the journal was saved, and is lost",
			func(p *Person) *bool { return &p.Older }, fields.YesNo("restore-older")).When(upgrade),
		fields.Of("paste", "boxes ticked in Template Paste Options: all, none or some of pt-ct, clock, nameplate, energy, itc", func(p *Person) *ion.Groups { return &p.Unticked }, unticked()).
			Or("all").When(paste),
		fields.Of("connections", "times that the person presses OK at Select Connection Type, and then Exit", func(p *Person) *int { return &p.Connections },
			fields.Integer(0, maxConnections, 0, 1, 2, maxConnections)).Or("0").When(connect),
		fields.Of("assistant", "what the person does in Setup Assistant, one after another: send-template, upgrade, exit; then they exit",
			func(p *Person) *[]client.Choice { return &p.Assistant }, assistants()).When(connect),
		fields.Of("at-silence", "at a device that does not answer", func(p *Person) *client.Choice { return &p.AtSilence }, silences()).When(connect),
		fields.Several("write", "a setting that is written by hand, such as pt-ct pt-primary 480", func(p *Person) *[]Write { return &p.Writes }, Writes()).When(write),
		fields.Of("write-back", "groups that are written by hand as they were at the start", func(p *Person) *ion.Groups { return &p.WriteBack }, tool.Groups()).
			Or("none").When(write),
	}
})

// during says that a field matters only with these tasks.
func during(tasks ...client.Task) fields.Only {
	only := fields.Only{Field: "task"}
	for _, t := range tasks {
		only.Values = append(only.Values, tool.Tasks().Print(t))
	}
	return only
}
