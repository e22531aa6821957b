package world_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// whole has every field once, several meters, PCs and files, and a history.
const whole = `[meter]
model = 7330
serial-number = PC-1
unit-id = 7
baud = 4800
password = 12
revision = 7330V100
image-bytes = 4096
clock = 2010-01-02 03:04:05
settings = factory
set = pt-ct pt-primary 480
set = nameplate owner
template-name = Plant B
erase-time = 8s
program-time = 307.2ms
verify-time = 2.048ms
loader-time = 20s
boot-time = 15s
first-boot-time = 35s

[meter feeder 7]
line = east
unit-id = 8

[station]
every = 3s

[station SCADA]
line = east
kind = second-master
unit-id = 8
begins = 2m
every = 700ms

[pc office]
log = earlier
journal = other-meter

[pc van]

[firmware]
blocks = 3

[firmware other]
model = 7300
revision = 7300V200
dated = 2009-01-02 03:04:05
bytes = 12345
build = 2
damage = truncated

[template other]
holds = saved
model = 7300
damage = foreign

[attempt]
title = first
before = heal
before = power-cycle 10s
before = wait 1h2m
before = until 2010-01-02 05:00:00
before = new-log
before = copy-journals office
meter = feeder 7
pc = van
folder = root
log = {serial}.log
task = connect
release = 2.1
single = yes
journal = yes
listen = yes
password = abc
unit-id = 9
baud = 1200
serial-number = PC-2
device-name = Feeder 7
timeout = 30s
turnaround = 200ms
disk-full = yes
limit = 1h30m0.5s
plan = abort at 60%
plan = noise from-meter at block 10 for 5s rate 1e-4 seed 7
firmware = other
template = other
recover = no
restore = no
restore-older = yes
paste = pt-ct, itc
connections = 2
assistant = send-template, upgrade, exit
at-silence = upgrade

[attempt]
meanwhile = 30s
task = write-settings
write = pt-ct pt-primary 480
write = nameplate owner Plant B
write-back = clock
`

func mustParse(t testing.TB, text string) *world.World {
	t.Helper()
	w, err := world.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return w
}

func TestAWorldReadsAsItWasWritten(t *testing.T) {
	w := mustParse(t, whole)
	if got := w.String(); got != whole {
		t.Errorf("it reads\n%s\nand should read\n%s", got, whole)
	}
	if again := mustParse(t, w.String()); !reflect.DeepEqual(again, w) {
		t.Errorf("read again it is\n%+v\nand was\n%+v", again, w)
	}
	if err := w.Check(); err != nil {
		t.Error(err)
	}
	if nothing := mustParse(t, ""); !reflect.DeepEqual(nothing, new(world.World)) || nothing.String() != "" {
		t.Errorf("no text is the world %q", nothing)
	}
	for _, f := range world.AttemptFields() {
		if !strings.Contains(whole, "\n"+f.Name+" = ") {
			t.Errorf("%s is in no attempt above: add it", f.Name)
		}
	}
}

func TestTheZeroWorldIsTheArticles(t *testing.T) {
	w := world.World{}.Filled()
	const want = `[meter]
model = 7350
serial-number = PC-0209A001-11
unit-id = 105
baud = 9600
password = 0
revision = 7350V282
image-bytes = 49152
clock = 2008-03-06 15:57:48
rts-delay = 10ms
erase-time = 1s
program-time = 7.168ms
verify-time = 1.024ms
loader-time = 1s
boot-time = 3s
first-boot-time = 5s

[pc]

[firmware]
model = 7350
revision = 7350V283
dated = 2007-08-22 13:24:58
blocks = 8

[template]
model = 7350

[attempt]
log = Upgrade.log
task = upgrade
release = 2.2
password = 0
unit-id = 105
baud = 9600
timeout = 10s
turnaround = 2.6ms
`
	if got := w.String(); got != want {
		t.Errorf("it is\n%s\nand should be\n%s", got, want)
	}
	if again := w.Filled(); !reflect.DeepEqual(again, w) {
		t.Errorf("filled again it is\n%s", again.String())
	}
	if err := w.Check(); err != nil {
		t.Error(err)
	}
	if err := new(world.World).Check(); err != nil {
		t.Error(err)
	}
}

func TestAWorldIsTrimmedToWhatIsNotSoAnyway(t *testing.T) {
	for _, text := range []string{"", "[attempt]\ntask = upgrade\n", "[meter]\nmodel = 7300\nunit-id = 7\n\n[firmware]\nblocks = 3\n\n[attempt]\ntask = identify\nbaud = 1200\n", whole} {
		w := mustParse(t, text)
		filled, want := w.Filled(), *w
		if len(want.Attempts) == 0 {
			want.Attempts = filled.Attempts[:1:1]
			want.Attempts[0] = world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}
		}
		filled = w.Filled()
		if got := filled.Trimmed(); got.String() != want.String() || !reflect.DeepEqual(got.Filled(), filled) {
			t.Errorf("it is\n%s\nand should be\n%s", &got, &want)
		}
	}
}

func TestTwoWorldsDifferInWhatTheySay(t *testing.T) {
	base := mustParse(t, whole)
	for text, want := range map[string]string{
		strings.Replace(whole, "unit-id = 7", "unit-id = 17", 1):      "[meter] unit-id",
		strings.Replace(whole, "[pc van]", "[pc bus]", 1):             "[pc] name",
		strings.Replace(whole, "blocks = 3", "bytes = 3", 1):          "[firmware] blocks, [firmware] bytes",
		strings.Replace(whole, "holds = saved", "holds = factory", 1): "[template] holds",
		strings.Replace(whole, "single = yes\n", "", 1):               "attempt 1 single",
		strings.Replace(whole, "write-back = clock\n", "", 1):         "attempt 2 write-back",
		whole + "\n[attempt]\ntask = identify\n":                      "2 attempts and 3",
		strings.Replace(whole, "[pc van]", "", 1):                     "2 [pc] and 1",
		whole: "",
	} {
		text := strings.Replace(text, "pc = van", "pc = office", 1)
		other, _ := world.Parse([]byte(text))
		if other == nil {
			t.Fatalf("not a world:\n%s", text)
		}
		mine := *base
		mine.Attempts = slices.Clone(mine.Attempts)
		mine.Attempts[0].PC = "office"
		if got := strings.Join(world.Difference(&mine, other), ", "); got != want {
			t.Errorf("they differ in %q and not %q", got, want)
		}
	}
}

func TestWhatIsNotGivenDependsOnWhatIs(t *testing.T) {
	given := mustParse(t, "[meter]\nmodel = 7300\nunit-id = 7\nbaud = 1200\npassword = 12\n[firmware]\nbytes = 100\n[attempt]\ntask = identify\n[attempt]\ntask = identify\nunit-id = 9\n")
	before := given.String()
	w := given.Filled()
	if got := w.String(); !strings.Contains(got, "revision = 7300V282") || !strings.Contains(got, "revision = 7300V283") || strings.Contains(got, "blocks") {
		t.Errorf("it is\n%s", got)
	}
	for i, unit := range []uint16{7, 9} {
		if a := w.Attempts[i]; a.UnitID != unit || a.Baud != 1200 || a.Password != "12" {
			t.Errorf("attempt %d asks unit %d at %d baud with password %s", i+1, a.UnitID, a.Baud, a.Password)
		}
	}
	if given.String() != before {
		t.Errorf("the world that was filled is another:\n%s", given)
	}
}

func TestAnAttemptIsAboutTheMeterThatItNames(t *testing.T) {
	w := mustParse(t, "[meter a]\nunit-id = 1\n[meter b]\nunit-id = 2\nmodel = 7300\n[attempt]\ntask = identify\n[attempt]\nmeter = b\ntask = identify\n")
	for i, want := range []uint16{1, 2} {
		if got := w.MeterOf(&w.Attempts[i]).UnitID; got != want {
			t.Errorf("attempt %d is about unit %d", i+1, got)
		}
	}
	if f := w.FirmwareOf(&w.Attempts[1]); f.Revision != "7300V283" {
		t.Errorf("the firmware for a 7300 is %s", f.Revision)
	}
	if got := w.Filled().Attempts[1].UnitID; got != 2 {
		t.Errorf("the tool asks unit %d", got)
	}
}

func TestParseTellsTheLineAndWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a key before all sections", "unit-id = 4\n", `line 1: key "unit-id" stands before the first section; put a line such as [meter] above it`},
		{"case", "[case]\n", `line 1: "case" is no section; use meter, station, pc, firmware, template or attempt`},
		{"meter twice", "[meter]\n[meter]\n", "line 2: [meter] already began on line 1; put its keys there"},
		{"named twice", "[pc a]\n[pc a]\n", "line 2: [pc a] already began on line 1; put its keys there"},
		{"a named attempt", "[attempt first]\n", "line 1: [attempt] has no name; only [meter NAME], [station NAME], [pc NAME], [firmware NAME] and [template NAME] have one"},
		{"no task", "[attempt]\n", "line 1: [attempt] has no task; add a line task = ..."},
		{"meter that is not there", "[meter a]\n[attempt]\ntask = identify\nmeter = b\n", `line 2: this [attempt] is to talk to the meter "b"; add a section [meter b]`},
		{"PC that is not there", "[attempt]\ntask = identify\npc = b\n", `line 1: this [attempt] runs on the PC "b"; add a section [pc b]`},
		{"PC to copy from that is not there", "[attempt]\ntask = identify\nbefore = copy-journals b\n", `line 1: this [attempt] copies the journals of the PC "b"; add a section [pc b]`},
		{"firmware that is not there", "[attempt]\ntask = upgrade\nfirmware = b\n", `line 1: this [attempt] chooses the firmware "b"; add a section [firmware b]`},
		{"template that is not there", "[attempt]\ntask = send-template\ntemplate = b\n", `line 1: this [attempt] chooses the template "b"; add a section [template b]`},
		{"revision of another model", "[firmware a]\nmodel = 7300\nrevision = 7350V283\n", "line 1: [firmware a] is of a 7300, which runs revisions such as 7300V283, not 7350V283"},
		{"a first attempt that is no second", "[attempt]\ntask = identify\nmeanwhile = 3s\n", "line 3: the first [attempt] has none above it; delete the line"},
		{"something before an overlap", "[attempt]\ntask = identify\n[attempt]\ntask = identify\nmeanwhile = 3s\nbefore = heal\n", "line 6: nothing is done before an [attempt] that begins while another is at work; do it before the first of them"},
		{"two meters of a line at once", "[meter a]\n[meter b]\nunit-id = 3\n[attempt]\ntask = identify\n[attempt]\ntask = identify\nmeanwhile = 3s\nmeter = b\n", "line 9: two tools at once talk to two meters of one line; put one of the meters on a line of its own (line = 2)"},
		{"two rates of a line at once", "[attempt]\ntask = identify\n[attempt]\ntask = identify\nmeanwhile = 3s\nbaud = 1200\n", "line 6: two tools at once talk at two rates on one line; give both the same"},
		{"faults of a second one on a line", "[attempt]\ntask = identify\n[attempt]\ntask = identify\nmeanwhile = 3s\nplan = power-loss\n", "line 6: power-loss strikes what all hosts on the line share; put it into the first [attempt] of several at once"},
		{"a station alone", "[station]\nline = 2\n", "line 2: no meter is on this line; name that of a meter"},
		{"key of another task", "[attempt]\ntask = identify\npaste = all\n", "line 3: paste means nothing with task = identify; delete it, or use task = send-template, connect, upgrade or recover"},
		{"key of a PC", "[pc]\nunit-id = 4\n", `line 2: "unit-id" is no key of [pc]; it belongs in [meter]`},
		{"too many attempts", strings.Repeat("[attempt]\ntask = identify\n", world.MaxAttempts+1), "line 101: more than 50 attempts; make another file of the rest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := world.Parse([]byte(c.text))
			if err == nil || err.Error() != c.want {
				t.Errorf("the error is\n%v\nand should be\n%s", err, c.want)
			}
			var line *fields.LineError
			if !errors.Is(err, world.ErrBad) || !errors.As(err, &line) {
				t.Errorf("it is no LineError that wraps ErrBad: %#v", err)
			}
		})
	}
}

func TestCheckTellsWhereAndWhatToDo(t *testing.T) {
	blank, err := ion.SettingTable()[10].Check(ion.TextValue(" x "))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		w    world.World
		want string
	}{
		{"unit id", world.World{Meters: []world.Meter{{UnitID: 10000}}}, `not a world: [meter]: unit-id: "10000" is no number from 1 to 9999`},
		{"baud", world.World{Meters: []world.Meter{{Name: "a", Baud: 115200}}}, `not a world: [meter a]: baud: no text says 115200; use 300, 600, 1200, 2400, 4800, 9600 or 19200`},
		{"clock", world.World{Meters: []world.Meter{{Clock: time.Date(2008, 1, 1, 0, 0, 0, 5, time.UTC)}}}, `not a world: [meter]: clock: no text says exactly 2008-01-01 00:00:00.000000005 +0000 UTC`},
		{"two of a name", world.World{PCs: []world.PC{{}, {}}}, `not a world: [pc]: there are two of the name ""; give each its own`},
		{"name", world.World{PCs: []world.PC{{Name: "a "}}}, `not a world: [pc a]: the name "a ": "a " begins or ends with a blank, which a file cannot keep`},
		{"release", world.World{Attempts: []world.Attempt{{Tool: world.Tool{Release: client.Release{Version: "3"}}}}}, `not a world: attempt 1: release: no text says Version 3 (Build 0); use 2.1 or 2.2`},
		{"fault", world.World{Attempts: []world.Attempt{{Plan: fault.Plan{{Kind: fault.Abort, Trigger: fault.Block(0)}}}}}, `not a world: attempt 1: plan: fault plan, line 1, column 13: 0 never comes: counts begin at 1`},
		{"text", world.World{Attempts: []world.Attempt{{Title: "a\nb"}}}, `not a world: attempt 1: title: a control character U+000A; delete it`},
		{"blanks", world.World{Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskWriteSettings}, Person: world.Person{Writes: []world.Write{{Setting: 10, Value: blank}}}}}},
			`not a world: attempt 1: write: no text says exactly [nameplate owner  x]`},
		{"task", world.World{Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskIdentify}, Person: world.Person{NoRestore: true}}}},
			`not a world: attempt 1: restore means nothing with task = identify; delete it, or use task = connect, upgrade or recover`},
		{"length", world.World{Attempts: []world.Attempt{{Title: strings.Repeat("x", fields.MaxLineBytes)}}}, `not a world: attempt 1: title: a text of 1024 bytes, which is longer than a line may be; shorten it`},
		{"meter", world.World{Attempts: []world.Attempt{{Meter: "b"}}}, `not a world: attempt 1: this [attempt] is to talk to the meter "b"; add a section [meter b]`},
		{"meter without a name", world.World{Meters: []world.Meter{{Name: "a"}, {}}}, `not a world: [meter]: this meter has no name, so no [attempt] can choose it; put it first, or give it a name as in [meter feeder 7]`},
		{"meters", world.World{Meters: []world.Meter{{}}, Stations: manyStations(31)}, `not a world: [station 31]: more than 31 meters and other stations are on a line; delete some, or put them on another line`},
		{"the unit of another meter", world.World{Meters: []world.Meter{{}, {Name: "b", UnitID: 7}}, Attempts: []world.Attempt{{Tool: world.Tool{UnitID: 7}}}},
			`not a world: attempt 1: unit 7 is another meter on the line; choose it with meter = b`},
		{"revision", world.World{Meters: []world.Meter{{Revision: "7330V283"}}}, `not a world: [meter]: [meter] is of a 7350, which runs revisions such as 7350V283, not 7330V283`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.w.Check()
			if err == nil || err.Error() != c.want || !errors.Is(err, world.ErrBad) {
				t.Errorf("the error is\n%v\nand should be\n%s", err, c.want)
			}
		})
	}
}

func manyStations(n int) []world.Station {
	list := make([]world.Station, n)
	for i := range list {
		list[i].Name = fmt.Sprint(i + 1)
	}
	return list
}

func TestAFileIsAsItsSectionDescribesIt(t *testing.T) {
	for _, c := range []struct {
		damage world.Damage
		upg    error
		dcf    error
	}{
		{world.Whole, nil, nil},
		{world.Damaged, upg.ErrDamaged, dcf.ErrNotText},
		{world.Truncated, upg.ErrTruncated, dcf.ErrSyntax},
		{world.Empty, upg.ErrEmpty, dcf.ErrEmpty},
		{world.Missing, fs.ErrNotExist, fs.ErrNotExist},
		{world.Foreign, upg.ErrNotUPG, dcf.ErrSyntax},
	} {
		file, why, err := world.Firmware{Damage: c.damage, Bytes: 1000}.UPG(meter.ION7330)
		if err != nil || !errors.Is(why, c.upg) || (why == nil) != (file != nil) {
			t.Errorf("%v: %v, %v, %v", c.damage, file, why, err)
		}
		saved := world.CustomSettings(meter.ION7330, "7330V282")
		template, why, err := world.Template{Damage: c.damage, Saved: true}.DCF(meter.ION7330, "7330V283", saved)
		if err != nil || !errors.Is(why, c.dcf) || why == nil && template == nil {
			t.Errorf("%v: %v, %v, %v", c.damage, template, why, err)
		}
	}
	file, _, _ := world.Firmware{Blocks: 2}.UPG(meter.ION7330)
	if len(file.Image) != 2*ion.BlockBytes || file.Product != 7330 || file.Revision != "7330V283" || !file.Dated.Equal(world.ArticleDated()) {
		t.Errorf("the file is %d bytes of %s for a %d, dated %v", len(file.Image), file.Revision, file.Product, file.Dated)
	}
	own, _, _ := world.Firmware{Own: file, Blocks: 5}.UPG(meter.ION7350)
	if own != file || (world.Firmware{Own: file}).ImageBytes() != len(file.Image) {
		t.Error("a file of somebody's own is another")
	}
}

func TestAMeterIsSetUpOrAsTheFactoryMadeIt(t *testing.T) {
	custom, factory := world.Meter{}.Config(), world.Meter{SetUp: world.Untouched, Model: meter.ION7300}.Config()
	defaults := meter.FactoryTemplate(meter.ION7350, "7350V282")
	if lost := custom.Settings.Differs(&defaults); lost != ion.AllGroups {
		t.Errorf("of a meter that was set up only %v is not at its default", lost)
	}
	want := meter.FactoryTemplate(meter.ION7300, "7300V282")
	if !reflect.DeepEqual(*factory.Settings, want) {
		t.Errorf("the settings are %+v", factory.Settings)
	}
	if custom.UnitID != 105 || custom.Firmware.Revision != "7350V282" || len(custom.Firmware.Image) != 48<<10 || !custom.Epoch.Equal(world.ArticleStart()) {
		t.Errorf("the meter is %+v", custom)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	full := world.World{}.Filled()
	f.Add(full.Append(nil))
	f.Add([]byte("[meter a]\n[meter b]\n[pc x]\n[attempt]\ntask=identify\nmeter=b\npc=x\n"))
	f.Add([]byte("[attempt]\ntask=write-settings\nwrite=nameplate owner\nwrite-back=none"))
	f.Add([]byte("[attempt]\ntitle=" + strings.Repeat("x", fields.MaxLineBytes-len("title=")) + "\ntask=connect\n"))
	f.Add([]byte("\uFEFF[ firmware  a ]\r\nbytes=\t1\r\n# x\r\n; y\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := world.Parse(b)
		if err != nil {
			if !errors.Is(err, world.ErrBad) || err.Error() == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		if err := w.Check(); err != nil {
			t.Fatalf("what was read cannot be meant: %v", err)
		}
		text := w.Append(nil)
		again, err := world.Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(w, again) || !bytes.Equal(text, again.Append(nil)) {
			t.Fatalf("it is\n%s\nand read again\n%s", text, again)
		}
		filled := w.Filled()
		if twice := filled.Filled(); !reflect.DeepEqual(filled, twice) {
			t.Fatalf("filled it is\n%s\nand filled again\n%s", &filled, &twice)
		}
		trimmed := w.Trimmed()
		if again := trimmed.Filled(); !reflect.DeepEqual(filled, again) {
			t.Fatalf("filled it is\n%s\nand once it was trimmed\n%s", &filled, &again)
		}
	})
}
