package meter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/tree"
)

// ask is one command that carries no argument or one.
func (x *tester) askOne(h ion.Handle, method ion.Method, args ...ion.Value) ion.Value {
	x.tb.Helper()
	v := x.run(ion.Command{Handle: h, Method: method, Args: args})
	if len(v) != 1 {
		x.tb.Fatalf("%04X, method %02X: %v", h, method, v)
	}
	return v[0]
}

func (x *tester) position() int {
	x.tb.Helper()
	return int(x.askOne(tree.HandleRecorderLog, ion.MethodLogPosition).Uint)
}

// profile reads the Revenue Log from a position to its end, in as many pieces as it takes.
func (x *tester) profile(from int) (records []ion.Value) {
	x.tb.Helper()
	for end := x.position(); from < end; {
		v := x.askOne(tree.HandleRecorderLog, ion.MethodReadValue, ion.RangeValue(uint32(from), uint32(end-1)))
		if len(v.Items) == 0 {
			x.tb.Fatalf("nothing from %d to %d", from, end)
		}
		records = append(records, v.Items...)
		from = int(v.Items[len(v.Items)-1].Items[0].Uint) + 1
	}
	return records
}

func stamps(records []ion.Value) (list []string) {
	for _, r := range records {
		list = append(list, fmt.Sprintf("%d %s", r.Items[0].Uint, time.Unix(r.Items[1].Seconds(), 0).UTC().Format("15:04")))
	}
	return list
}

func TestTheRevenueLogHasOneRecordAQuarterAndNoneWhileTheMeterIsOff(t *testing.T) {
	x := running(t, testConfig()) // switched on at 15:00:00
	x.wait(time.Hour)
	if got, want := stamps(x.profile(0)), []string{"0 15:15", "1 15:30", "2 15:45", "3 16:00"}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	x.m.PowerOff(x.now)
	x.wait(40 * time.Minute)
	x.m.PowerOn(x.now)
	x.wait(20 * time.Minute)
	if got, want := stamps(x.profile(3)), []string{"3 16:00", "4 16:45", "5 17:00"}; !slices.Equal(got, want) {
		t.Errorf("after 40 minutes without power: %v, want %v", got, want)
	}
}

func TestARecordKeepsTheReadingsThatItWasMadeWith(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(0x58B0, ion.FloatValue(500)))
	x.wait(30 * time.Minute)
	before := x.profile(0)
	x.run(write(0x58B0, ion.FloatValue(9000)))
	x.wait(30 * time.Minute)
	after := x.profile(0)
	if len(before) != 2 || len(after) != 4 || fmt.Sprint(after[:2]) != fmt.Sprint(before) {
		t.Fatalf("before %v, after %v", before, after)
	}
	if was, is := before[1].Items[2].Float, after[2].Items[2].Float; was < 500 || was > 510 || is < 9000 || is > 9010 {
		t.Errorf("readings %v and %v", was, is)
	}
}

func TestALostUpgradeKeepsTheRevenueLogAndANewImageClearsIt(t *testing.T) {
	x := running(t, testConfig())
	x.wait(2 * time.Hour)
	x.intoDownload(newImage())
	x.wait(time.Hour)
	x.powerCycle()
	if n := x.position(); n != 8 {
		t.Errorf("after a stay in download state of an hour the log has %d records", n)
	}
	x.download(newImage(), "7350V283")
	x.wait(time.Minute)
	if n := x.position(); n > 1 {
		t.Errorf("after the first boot of a new image the log has %d records", n)
	}
	if at := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds(); at < x.m.Clock(x.now).Add(-time.Minute).Unix() {
		t.Errorf("a maximum is of %d, before the reset", at)
	}
}

func TestTheRevenueLogRollsOverAtTheDepthOfTheMemory(t *testing.T) {
	cfg := testConfig()
	x := running(t, cfg)
	depth := int(x.askOne(tree.HandleRecorderLog, ion.MethodArrayDepth).Uint)
	if days := float64(depth) / 96; days < 30 || days > 31 {
		t.Fatalf("a log of %d records, %v days", depth, days)
	}
	x.wait(20 * 24 * time.Hour)
	x.powerCycle()
	if left := x.read(tree.HandleRecordsLeft).Float; int(left) != depth-x.position() {
		t.Errorf("%d records, %v are left", x.position(), left)
	}
	for range 40 {
		x.wait(24*time.Hour + 7*time.Minute)
		x.powerCycle()
	}
	end := x.position()
	records := x.profile(0)
	if len(records) != depth || int(records[0].Items[0].Uint) != end-depth || end < 60*96 {
		t.Errorf("%d records of %d, the first %v, the next is %d", len(records), depth, records[0].Items[0], end)
	}
	for i := 1; i < len(records); i++ {
		if records[i].Items[0].Uint != records[i-1].Items[0].Uint+1 || records[i].Items[2].Float < records[i-1].Items[2].Float {
			t.Fatalf("%v follows %v", records[i], records[i-1])
		}
	}
	if left := x.read(tree.HandleRecordsLeft).Float; left != 0 {
		t.Errorf("of a full log %v records are left", left)
	}
}

func TestTheRevenueLogAndTheExtremesComeBackFromTheSavedMemory(t *testing.T) {
	cfg := testConfig()
	cfg.Past = 10 * 24 * time.Hour
	x := running(t, cfg)
	x.wait(5 * time.Hour)
	x.powerCycle()
	x.run(ion.Command{Handle: 0x0801, Method: ion.MethodWriteLabel, Args: []ion.Value{ion.TextValue("Second")}}, write(ion.HandleEventCutoff, ion.UnsignedValue(9, 1)))
	saved := x.m.AppendMemory(nil, x.now)
	z := newMeter(t, cfg)
	if err := z.RestoreMemory(saved); err != nil {
		t.Fatal(err)
	}
	if again := z.AppendMemory(nil, x.now); string(again) != string(saved) {
		t.Error("saved again it is another")
	}
	y := &tester{tb: t, m: z, now: x.now}
	z.PowerOn(y.now)
	y.wait(3 * time.Second)
	x.powerCycle()
	if a, b := fmt.Sprint(x.profile(900)), fmt.Sprint(y.profile(900)); a != b {
		t.Errorf("the log was %s\nand is %s", a, b)
	}
	for _, h := range []ion.Handle{0x58E2, 0x58C3} {
		if a, b := x.read(h), y.read(h); !a.Equal(b) {
			t.Errorf("%04X was %v and is %v", h, a, b)
		}
	}
	if label, cutoff := y.askOne(0x0801, ion.MethodLabel), y.read(ion.HandleEventCutoff); label.Text != "Second" || cutoff.Uint != 9 {
		t.Errorf("label %v, cutoff %v", label, cutoff)
	}
}

func TestAfterATimeSyncRecordsHaveTheStampsOfTheNewClock(t *testing.T) {
	x := running(t, testConfig())
	x.wait(29 * time.Minute) // it is 15:30
	x.setClock(time.Date(2008, 3, 6, 12, 10, 0, 0, time.UTC))
	x.wait(21 * time.Minute)
	if got, want := stamps(x.profile(0)), []string{"0 15:15", "1 15:30", "2 12:15", "3 12:30"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// setClock sends a time sync.
func (x *tester) setClock(to time.Time) {
	x.tb.Helper()
	p := x.packet(ion.TypeTimeSync, binary.BigEndian.AppendUint32(nil, uint32(to.Unix())))
	p.Request, p.TimeSet = false, true
	x.sendAll(p)
}

func TestAnExtremeKeepsItsTimeWhenTheClockIsSet(t *testing.T) {
	x := running(t, testConfig())
	x.wait(30*time.Hour + 400*time.Millisecond)
	before := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds()
	for _, ahead := range []time.Duration{-time.Hour, 24 * time.Hour} {
		x.setClock(x.m.Clock(x.now).Add(ahead))
		x.wait(time.Second)
		if at := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds(); at != before {
			t.Errorf("the clock was set %v ahead, and a maximum of %d is of %d", ahead, before, at)
		}
	}
	x.m.Pulse(x.now, 1)
	x.wait(time.Second)
	if at := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds(); at != x.m.Clock(x.now).Unix() && at != x.m.Clock(x.now).Unix()-1 {
		t.Errorf("a maximum of this second is of %d, and the clock shows %d", at, x.m.Clock(x.now).Unix())
	}
}

// A head-end may set the clock every few minutes.
func TestWhatWasMeasuredBeforeTheClockIsSetCountsHoweverShort(t *testing.T) {
	x := running(t, testConfig())
	most := x.read(0x58E2).Float
	for range 30 {
		x.wait(97 * time.Second)
		most = max(most, x.read(0x58E2).Float)
		x.setClock(x.m.Clock(x.now).Add(time.Second))
		x.wait(time.Second)
		if now := x.read(0x58E2).Float; now < most {
			t.Fatalf("the maximum was %v, and after a time sync it is %v", most, now)
		}
	}
}

func TestAnExtremeHasNoTimeBeforeItHasAValue(t *testing.T) {
	x := running(t, testConfig())
	x.powerCycle()
	x.m.Pulse(x.now, 1)
	value, ok := x.m.Register(x.now, 0x58E0)
	if again, _ := x.m.Register(x.now, 0x58E0); !ok || !value.Equal(again) {
		t.Errorf("at one instant it is %v and %v", value, again)
	}
}

// A process that is killed cannot tell of it.
func TestWhatIsSavedOfARunningMeterIsWhatALossOfPowerLeaves(t *testing.T) {
	for name, get := range map[string]func(x *tester){
		"an application": func(x *tester) { x.wait(5 * time.Hour) },
		"a loader":       func(x *tester) { x.wait(time.Hour); x.intoDownload(newImage()) },
		"no power":       func(x *tester) { x.wait(time.Hour); x.m.PowerOff(x.now) },
	} {
		t.Run(name, func(t *testing.T) {
			x := running(t, testConfig())
			get(x)
			saved := x.m.AppendLeft(nil, x.now)
			if again := x.m.AppendLeft(nil, x.now); !bytes.Equal(again, saved) {
				t.Error("saving has changed the meter")
			}
			x.m.PowerOff(x.now)
			if want := x.m.AppendMemory(nil, x.now); !bytes.Equal(saved, want) {
				t.Errorf("%x is saved, and a loss of power leaves %x", saved, want)
			}
		})
	}
}

func TestAHistoryOfTooManyBreaksLosesItsOldestRecordsAndCanBeSaved(t *testing.T) {
	var h history
	for i := range int64(2 * maxStretches) {
		h.keep(stretch{from: i * 1800, to: i*1800 + 1000, period: 900, room: endless})
	}
	for i := range int64(maxStretches / 2) { // these have no records, and so leave those of the others alone
		from := int64(2*maxStretches)*1800 + 11 + i*10
		h.keep(stretch{from: from, to: from + 5, period: 900, room: endless})
	}
	if len(h.stretches) != maxStretches || h.recorded != 2*maxStretches+2 || h.position() != 4*maxStretches {
		t.Errorf("%d stretches, %d records before them, the next is %d", len(h.stretches), h.recorded, h.position())
	}
	m := newMeter(t, testConfig())
	m.memory.history = h
	for range 2 * tree.EventLogDepth {
		m.logSetup(0, ion.HandleOwner)
	}
	text := strings.Repeat("x", 80)
	for _, r := range m.tree().Registers {
		m.memory.setLabel(r.Handle, text)
	}
	for _, module := range m.tree().Modules {
		m.memory.setLabel(module.Handle, text)
	}
	for _, g := range m.tree().Managers {
		m.memory.setLabel(g.Handle, text)
	}
	const fileHas = 128<<10 - 1000 // statefile.MaxNonVolatile, and some for which meter it is, its settings and setup
	if n := len(m.AppendMemory(nil, 0)); n > fileHas {
		t.Errorf("with everything at its most it is %d bytes", n)
	}
}

func TestAResetOfTheExtremesForgetsWhatWasBefore(t *testing.T) {
	x := running(t, testConfig())
	x.wait(30 * time.Hour)
	before := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds()
	x.m.Pulse(x.now, 1)
	reset := x.m.Clock(x.now).Unix()
	x.wait(time.Minute)
	if at := x.askOne(0x58E0, ion.MethodRegisterTime).Seconds(); before >= reset || at < reset {
		t.Errorf("the maximum was of %d, and is of %d after a reset at %d", before, at, reset)
	}
}

// Whoever asks often gets the same as who asks once.
func TestExtremesDoNotDependOnWhoHasAskedBefore(t *testing.T) {
	often, once := running(t, testConfig()), running(t, testConfig())
	for i := range 50 {
		often.wait(time.Duration(i) * 97 * time.Second)
		once.wait(time.Duration(i) * 97 * time.Second)
		often.read(0x58E2)
		if i == 20 {
			often.powerCycle()
			once.powerCycle()
		}
	}
	for h := ion.Handle(0x58C0); h <= 0x58FF; h++ {
		a, _ := often.m.Register(often.now, h)
		b, _ := once.m.Register(often.now, h)
		if !a.Equal(b) {
			t.Errorf("%04X is %v and %v", h, a, b)
		}
	}
}

func TestAPulseToTheIntegratorsIsOneResetInTheEventLog(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(ion.HandleIntegrated, ion.FloatValue(77)))
	before := len(x.m.EventLog())
	x.m.Pulse(x.now, 7)
	if now := x.m.EventLog(); len(now) != before+1 || now[before].Text != EventReset {
		t.Errorf("the log was %d entries, and goes on with %v", before, now[before:])
	}
	if got := x.read(ion.HandleIntegrated).Float; got >= 77 {
		t.Errorf("the reading is %v", got)
	}
}

func TestEventsAreLoggedAboveTheCutoffOnly(t *testing.T) {
	x := running(t, testConfig())
	logged := func() (texts []string) {
		for _, e := range x.m.EventLog() {
			texts = append(texts, fmt.Sprintf("%s %04X", e.Text, e.Register))
		}
		return texts
	}
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")), write(ion.HandleEventCutoff, ion.UnsignedValue(PriorityInformation, 1)), write(ion.HandleTag1, ion.TextValue("A")))
	x.powerCycle()
	x.run(write(ion.HandleEventCutoff, ion.UnsignedValue(PriorityWarning, 1)))
	x.powerCycle()
	want := []string{EventPowerUp + " 0000", EventSetupChange + " 1345", EventSetupChange + " 7305", EventPowerDown + " 0000", EventPowerUp + " 0000"}
	if got := logged(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, v := range []ion.Value{ion.UnsignedValue(256, 2), ion.FloatValue(-1), ion.FloatValue(1.5), ion.TextValue("5")} {
		if reason, _ := x.run(write(ion.HandleEventCutoff, v))[0].Reason(); reason != "Invalid Value" {
			t.Errorf("a cutoff of %v: %q", v, reason)
		}
	}
}

func TestTheEventLogSpeaksTheWordsThatItIsConfiguredFor(t *testing.T) {
	for words, want := range map[Dialect]string{DriverWords: "Power Up", TwinWords: EventPowerUp} {
		cfg := testConfig()
		cfg.EventWords = words
		v := running(t, cfg).askOne(ion.HandleEventLog, ion.MethodReadValue, ion.RangeValue(0, 0))
		if got := v.Items[0].Items[2].Items[5].Text; got != want {
			t.Errorf("dialect %d: %q", words, got)
		}
	}
}

func TestMethodsOfTheTreeAnswerInTheirShapes(t *testing.T) {
	for _, c := range []struct {
		handle ion.Handle
		method ion.Method
		args   []ion.Value
		want   string
	}{
		{0x0002, ion.MethodClass, nil, "2"},
		{0x000B, ion.MethodManagedClass, nil, "537"},
		{0x000B, ion.MethodCollectiveState, nil, "1"},
		{0x000B, ion.MethodManagerSetupCounter, nil, "0"},
		{0x0800, ion.MethodClass, nil, "537"},
		{0x0800, ion.MethodName, nil, `"DR #1"`},
		{0x0800, ion.MethodLabel, nil, `"Revenue Log"`},
		{0x0800, ion.MethodModuleState, nil, "1"},
		{0x0800, ion.MethodModuleSetupCounter, nil, "0"},
		{0x0800, ion.MethodSetupHandles, nil, fmt.Sprint([]int{0x7918})},
		{0x0801, ion.MethodInputHandles, nil, "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"},
		{0x0600, ion.MethodInputClasses, nil, "[100]"},
		{0x0600, ion.MethodSecurityLevel, nil, "1"},
		{0x1303, ion.MethodAllSecurityLevels, nil, "[0, 0]"},
		{0x1303, ion.MethodName, nil, `"FAC #1 Revision"`},
		{0x7918, ion.MethodEnumerations, nil, `structure {"Circular", "Stop-when-full"}`},
		{0x7000, ion.MethodBounds, nil, "range {1, 999999}"},
		{0x1000, ion.MethodArrayDepth, nil, "500"},
		{0x1000, ion.MethodRollover, nil, "true"},
		{0x1000, ion.MethodAlarms, nil, "structure array {}"},
		{0x5800, ion.MethodArrayDepth, nil, "exception 6 (0): Invalid Method"},
		{0x0800, ion.MethodManagedClass, nil, "exception 6 (0): Invalid Method"},
		{0xBEEF, ion.MethodName, nil, "exception 5 (0): Invalid Handle"},
		{0x0F81, ion.MethodReadValue, []ion.Value{ion.RangeValue(0, 9)}, "structure array {}"},
		{0x0800, ion.MethodWriteInputHandles, []ion.Value{ion.HandlesValue(0x5800)}, "exception 8 (0): Read Only"},
		{0x000B, ion.MethodDestroyModule, []ion.Value{ion.UnsignedValue(0x0800, 2)}, "exception 8 (0): Read Only"},
		{0x0800, ion.MethodWriteLabel, []ion.Value{ion.FloatValue(1)}, "exception 7 (0): Invalid Value"},
		{0x0800, ion.MethodWriteLabel, []ion.Value{ion.TextValue("Bills")}, "true"},
		{0x58B0, ion.MethodWriteLabel, []ion.Value{ion.TextValue("Import")}, "true"},
		{0xBEEF, ion.MethodWriteLabel, []ion.Value{ion.TextValue("x")}, "exception 5 (0): Invalid Handle"},
	} {
		if got := running(t, testConfig()).askOne(c.handle, c.method, c.args...).String(); got != c.want {
			t.Errorf("%04X, method %02X: %s, want %s", c.handle, uint32(c.method), got, c.want)
		}
	}
}

func TestALabelNeedsThePasswordAndStaysUntilAFactoryInitialise(t *testing.T) {
	x := running(t, testConfig())
	x.bare = true
	if reason, _ := x.askOne(0x0800, ion.MethodWriteLabel, ion.TextValue("Bills")).Reason(); reason != ion.InvalidPassword {
		t.Errorf("without a password: %q", reason)
	}
	x.bare = false
	x.askOne(0x0800, ion.MethodWriteLabel, ion.TextValue("Bills"))
	x.powerCycle()
	if got := x.askOne(0x0800, ion.MethodLabel).Text; got != "Bills" {
		t.Errorf("after a power cycle the label is %q", got)
	}
	x.m.Initialize(x.now)
	if got := x.askOne(0x0800, ion.MethodLabel).Text; got != "Revenue Log" {
		t.Errorf("after a factory initialise the label is %q", got)
	}
}

func TestPowerFactorsLeadOrLagAndNeverBoth(t *testing.T) {
	x := running(t, testConfig())
	for range 24 {
		_, leads := x.read(0x581C).Reason()
		_, lags := x.read(0x5820).Reason()
		if leads == lags {
			t.Fatalf("lead %v, lag %v, kVAR %v", x.read(0x581C), x.read(0x5820), x.read(0x5813))
		}
		x.wait(time.Hour)
	}
}

// A past that is asked for has the readings that the settings say at its end.
func TestAPastEndsWithTheReadingsOfTheSettings(t *testing.T) {
	cfg := testConfig()
	s := FactoryTemplate(ION7350, "7350V282")
	for i := range ion.EnergyCount {
		s.Values[ion.FirstEnergy+i] = ion.FloatValue(50_000)
	}
	cfg.Settings, cfg.Past = &s, 10*24*time.Hour
	x := running(t, cfg)
	records := x.profile(0)
	if last := float64(records[len(records)-1].Items[2].Float); math.Abs(last-50_000) > 5 {
		t.Errorf("the last record has %v", last)
	}
	if first := float64(records[0].Items[2].Float); first > 50_000-500 {
		t.Errorf("the first record has %v", first)
	}
	for _, e := range x.m.EventLog() {
		if e.Text == EventReset {
			t.Error("readings were reset for no reason")
		}
	}
}
