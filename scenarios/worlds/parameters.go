package worlds

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/talker"
)

// Parameter is what worlds differ in.
type Parameter struct {
	Name   string
	Values []Value // the first is the usual one
}

// Value is a value of a parameter.
type Value struct {
	Name   string
	change func(*world.World)
	since  int // the generation of the arrays that has it first
}

// generation is that of the present arrays. It is one more with each value that is added.
const generation = 2

// since marks the values from the first on as those of a later generation.
func since(g, first int, values []Value) []Value {
	for i := first; i < len(values); i++ {
		values[i].since = g
	}
	return values
}

// The sizes of images around which something changes.
const (
	block      = ion.BlockBytes
	wholeFlash = 61 * 64 << 10 // all but the loader's sectors and that of the record
)

// Parameters are all parameters. Changes are made in their order.
func Parameters() []Parameter { return slices.Clone(parameters()) }

var parameters = sync.OnceValue(func() []Parameter {
	return []Parameter{
		{"model", onMeter(func(m *world.Meter, v meter.Model) { m.Model = v }, of("7350", meter.ION7350), of("7330", meter.ION7330), of("7300", meter.ION7300))},
		{"unit-id", onMeter(func(m *world.Meter, v uint16) { m.UnitID = v }, numbers[uint16](105, ion.MinUnitID, 255, 256, ion.MaxUnitID)...)},
		{"password", onMeter(func(m *world.Meter, v string) { m.Password = v }, texts("0", "99999999", "a", "Ab-9z~")...)},
		{"serial-number", onMeter(func(m *world.Meter, v string) { m.SerialNumber = v }, texts(meter.ArticleSerialNumber, "1", "ABCDEFGHIJKLMNOP")...)},
		{"baud", onMeter(func(m *world.Meter, v int) { m.Baud = v }, numbers(9600, 1200, 2400, 4800, 19200)...)},
		{"image", onFirmware(func(f *world.Firmware, v int) { f.Bytes = v },
			of("64KiB", 64<<10), of("1-byte", 1), of("block-1", block-1), of("block", block), of("block+1", block+1), of("3-blocks", 3*block),
			of("odd", 5*block+101), of("257-blocks", 257*block), of("513-blocks", 512*block+1), of("whole-flash", wholeFlash))},
		{"revision", onWorld(setRevision, texts("next", "same", "older")...)},
		{"dated", onFirmware(func(f *world.Firmware, v time.Time) { f.Dated = v },
			of("2007", world.ArticleDated()), of("1970", time.Unix(1, 0).UTC()), of("2105", time.Date(2105, time.December, 31, 23, 59, 59, 0, time.UTC)))},
		{"old-image", onMeter(func(m *world.Meter, v int) { m.ImageBytes = v }, of("16KiB", 16<<10), of("1-byte", 1), of("whole-flash", wholeFlash))},
		{"settings", onMeter(func(m *world.Meter, v world.SetUp) { m.SetUp = v },
			of("custom", world.Custom), of("factory", world.Untouched), of("lowest", world.Lowest), of("highest", world.Highest))},
		{"template-name", onMeter(func(m *world.Meter, v string) { m.TemplateName = v }, of("usual", ""), of("1-letter", "x"), of("80-letters", strings.Repeat("Plant A ", 9)+"Feeder 7"))},
		{"chip", onMeter(setChip, texts("typical", "slow", "quick")...)},
		{"boot", onMeter(setBoot, texts("typical", "slow", "quick")...)},
		{"clock", onMeter(func(m *world.Meter, v time.Time) { m.Clock = v },
			of("2008", world.ArticleStart()), of("1970", time.Unix(0, 0).UTC()), of("2105", time.Date(2105, time.December, 31, 23, 59, 59, 0, time.UTC)))},
		{"timeout", onTool(func(t *world.Tool, v time.Duration) { t.Timeout = v }, of("10s", 10*time.Second), of("1s", time.Second), of("1h", time.Hour))},
		{"turnaround", onTool(func(t *world.Tool, v time.Duration) { t.Turnaround = v }, of("2.6ms", client.ArticleTurnaround), of("1ns", time.Nanosecond), of("200ms", 200*time.Millisecond))},
		{"release", onTool(func(t *world.Tool, v client.Release) { t.Release = v }, of("2.2", client.Release22()), of("2.1", client.Release21()))},
		{"way", onAttempt(setWay, texts("upgrade", "windows", "recover")...)},
		{"journal", onTool(func(t *world.Tool, v bool) { t.Journal = v }, of("no", false), of("yes", true))},
		{"folder", onPC(setFolder, texts("empty", "log", "other-meter", "same-serial", "stale", "damaged")...)},
		{"paste", onAttempt(func(a *world.Attempt, v ion.Groups) { a.Unticked = ion.AllGroups &^ v },
			of("all", ion.AllGroups), of("some", ion.Of(ion.Clock, ion.ITC)), of("none", ion.Groups(0)))},
		{"asked-serial", onWorld(askSerialNumber, texts("any", "the-meter's")...)},
		{"rts-delay", onMeter(func(m *world.Meter, v time.Duration) { m.RTSDelay = v }, of("typical", meter.DefaultTiming().RTSDelay), of("1ns", time.Nanosecond), of("400ms", 400*time.Millisecond))},
		{"listen", onTool(func(t *world.Tool, v bool) { t.Listens = v }, of("no", false), of("yes", true))},
		{"line", since(1, 3, onWorld(setLine, texts("alone", "neighbour", "second-master", comesOn, goesOff, offAndOn)...))},
		{"telephone", since(2, 2, onWorld(setTelephone, texts("no", "called", calledWithDCD)...))},
	}
})

// named is a value with its name.
type named[V any] struct {
	name  string
	value V
}

func of[V any](name string, value V) named[V] { return named[V]{name, value} }

func numbers[V int | uint16](values ...V) []named[V] {
	var list []named[V]
	for _, v := range values {
		list = append(list, of(fmt.Sprint(v), v))
	}
	return list
}

func texts(values ...string) []named[string] {
	var list []named[string]
	for _, v := range values {
		list = append(list, of(v, v))
	}
	return list
}

func onWorld[V any](set func(*world.World, V), values ...named[V]) []Value {
	var list []Value
	for _, v := range values {
		list = append(list, Value{Name: v.name, change: func(w *world.World) { set(w, v.value) }})
	}
	return list
}

func onMeter[V any](set func(*world.Meter, V), values ...named[V]) []Value {
	return onWorld(func(w *world.World, v V) { set(&w.Meters[0], v) }, values...)
}

func onPC[V any](set func(*world.PC, V), values ...named[V]) []Value {
	return onWorld(func(w *world.World, v V) { set(&w.PCs[0], v) }, values...)
}

func onFirmware[V any](set func(*world.Firmware, V), values ...named[V]) []Value {
	return onWorld(func(w *world.World, v V) { set(&w.Firmware[0], v) }, values...)
}

func onAttempt[V any](set func(*world.Attempt, V), values ...named[V]) []Value {
	return onWorld(func(w *world.World, v V) { set(&w.Attempts[0], v) }, values...)
}

func onTool[V any](set func(*world.Tool, V), values ...named[V]) []Value {
	return onWorld(func(w *world.World, v V) { set(&w.Attempts[0].Tool, v) }, values...)
}

func setRevision(w *world.World, relation string) {
	version := map[string]string{"next": "V283", "same": meter.OldVersion, "older": "V001"}[relation]
	w.Firmware[0].Revision = w.Meters[0].Model.String() + version
}

// setChip: the slow one is as slow as PROTOCOL.md, section 9, allows.
func setChip(m *world.Meter, chip string) {
	switch chip {
	case "slow":
		m.EraseTime, m.ProgramTime, m.VerifyTime = 8*time.Second, 307200*time.Microsecond, 2048*time.Microsecond
	case "quick":
		m.EraseTime, m.ProgramTime, m.VerifyTime = time.Millisecond, 1024*time.Nanosecond, 1024*time.Nanosecond
	}
}

// setBoot is as setChip.
func setBoot(m *world.Meter, boot string) {
	switch boot {
	case "slow":
		m.LoaderTime, m.BootTime, m.FirstBootTime = 40*time.Second, 15*time.Second, 35*time.Second
	case "quick":
		m.LoaderTime, m.BootTime, m.FirstBootTime = time.Millisecond, time.Millisecond, time.Millisecond
	}
}

func setWay(a *world.Attempt, way string) {
	switch way {
	case "windows":
		a.Task, a.Single = client.TaskConnect, true
		a.Connections, a.Assistant = 1, []client.Choice{client.Upgrade}
	case "recover":
		a.Task = client.TaskRecover
	}
}

func setFolder(pc *world.PC, holds string) {
	switch holds {
	case "log":
		pc.Log = world.EarlierRun
	case "other-meter":
		pc.Log, pc.Journal = world.EarlierRun, world.OfAnotherMeter
	case "same-serial":
		pc.Log, pc.Journal = world.EarlierRun, world.SameSerial
	case "stale":
		pc.Journal = world.Stale
	case "damaged":
		pc.Journal = world.Unreadable
	}
}

// calledWithDCD: the port to the modem shows whether it has a carrier.
const calledWithDCD = "called-with-dcd"

func setTelephone(w *world.World, way string) {
	if way != "no" {
		w.Meters[0].Phone, w.PCs[0].DCD = "250 652-7100", way == calledWithDCD
	}
}

func askSerialNumber(w *world.World, asked string) {
	if asked != "any" {
		w.Attempts[0].SerialNumber = w.Meters[0].SerialNumber
	}
}

// A neighbour may be switched while the tool is at work.
const (
	comesOn  = "comes-on"
	goesOff  = "goes-off"
	offAndOn = "off-and-on"
)

// setLine puts a neighbour on the line, whose unit id has the same low byte, and a second master
// that asks it now and then, or somebody who switches it. In an upgrade of a small image with usual
// times it comes on in the erase, is off from before the clear until the write-back, or goes off for ever
// in the download.
func setLine(w *world.World, others string) {
	if others == "alone" {
		return
	}
	m := &w.Meters[0]
	unit := m.UnitID ^ 0x100
	if ion.CheckUnitID(int(unit)) != nil {
		unit = m.UnitID + 0x100
	}
	w.Meters = append(w.Meters, world.Meter{Name: "neighbour", UnitID: unit, SerialNumber: "PC-0102A007-13", Baud: m.Baud})
	switch neighbour := &w.Meters[1]; others {
	case comesOn:
		neighbour.ComesOn = 12 * time.Second
	case goesOff:
		neighbour.GoesOff = 70 * time.Second
	case offAndOn:
		neighbour.GoesOff, neighbour.ComesOn = 1500*time.Millisecond, 80*time.Second
	case "second-master":
		w.Stations = []world.Station{{Name: "SCADA", Role: talker.SecondMaster, UnitID: unit, Every: 10 * time.Minute}}
	}
}

// contradiction is about values that no world has together.
type contradiction struct {
	parameters []string
	forbids    func(values []string) bool
	why        string
}

func contradictions() []contradiction {
	return []contradiction{
		{[]string{"folder", "journal"}, func(v []string) bool { return v[0] == "damaged" && v[1] == "yes" },
			"a tool that finds a damaged journal of the meter refuses, so that nothing is upgraded"},
		{[]string{"timeout", "baud"}, func(v []string) bool { return v[0] == "1s" && slices.Contains([]string{"1200", "2400"}, v[1]) },
			"a frame of an answer takes more than a second"},
		{[]string{"timeout", "chip"}, func(v []string) bool { return v[0] == "1s" && v[1] == "slow" },
			"a slow chip programs a block in more than a second"},
		{[]string{"timeout", "image", "chip"}, func(v []string) bool {
			return v[0] == "1s" && slices.Contains([]string{"257-blocks", "513-blocks", "whole-flash"}, v[1]) && v[2] != "quick"
		}, "a large image is verified in more than a second"},
		{[]string{"timeout", "telephone", "rts-delay"}, func(v []string) bool { return v[0] == "1s" && v[1] != "no" && v[2] == "400ms" },
			"a frame of an answer takes more than a second through a call, with a meter that is slow to begin"},
		{[]string{"telephone", "model"}, func(v []string) bool { return v[0] != "no" && v[1] == "7300" },
			"a 7300 has no modem"},
		{[]string{"telephone", "line"}, func(v []string) bool { return v[0] != "no" && v[1] != "alone" },
			"the line behind a meter's modem is its own"},
	}
}
