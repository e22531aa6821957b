package meter

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/tree"
)

// Whatever the tree says can be written can be, with the password, to each of its bounds and to
// nothing beyond them; it is an event, and survives a loss of power and not a factory initialise.
func TestEveryRegisterOfTheSetupTakesWhatTheTreeSaysAndKeepsIt(t *testing.T) {
	for _, model := range Models() {
		cfg := testConfig()
		cfg.Model, cfg.Firmware.Revision = model, model.String()+"V282"
		x := running(t, cfg)
		var written []tree.Register
		for _, r := range x.m.tree().Registers {
			_, setting := ion.SettingIndex(r.Handle)
			if !r.Writable || setting || r.Type == tree.Text || r.Module == 0 {
				continue
			}
			written = append(written, r)
			low, high := r.Low, r.High
			if r.Type == tree.Enumerated {
				low, high = 0, float64(len(r.Choices)-1)
			}
			x.bare = true
			if got := x.askOne(r.Handle, ion.MethodWriteRegister, ion.FloatValue(float32(high))).String(); got != "exception 9 (0): Invalid Password" {
				t.Errorf("%v %s without a password: %s", model, r.Name, got)
			}
			x.bare = false
			for _, bad := range []ion.Value{ion.FloatValue(float32(low - 1)), ion.FloatValue(float32(high + 1)), ion.FloatValue(float32(high - 0.5)), ion.TextValue("1")} {
				if got := x.askOne(r.Handle, ion.MethodWriteRegister, bad).String(); got != "exception 7 (0): Invalid Value" {
					t.Errorf("%v %s takes %v: %s", model, r.Name, bad, got)
				}
			}
			for _, n := range []float64{high, low} {
				if got := x.askOne(r.Handle, ion.MethodWriteValue, ion.UnsignedValue(uint64(n), 4)); !got.Equal(ion.BoolValue(true)) {
					t.Errorf("%v %s does not take %v: %v", model, r.Name, n, got)
				}
				if is, _ := x.read(r.Handle).Number(); is != n {
					t.Errorf("%v %s is %v after %v was written", model, r.Name, is, n)
				}
			}
			if last := x.m.EventLog(); len(last) > 0 && last[len(last)-1].Register != r.Handle && r.Handle != ion.HandleEventLogDepth {
				t.Errorf("%v %s: the last event is %+v", model, r.Name, last[len(last)-1])
			}
		}
		if len(written) < 3 {
			t.Errorf("%v has %d registers of the setup beside its settings", model, len(written))
		}
		x.powerCycle()
		for _, r := range written {
			if is, _ := x.read(r.Handle).Number(); is != r.Low {
				t.Errorf("%v %s is %v after a loss of power", model, r.Name, is)
			}
		}
		x.m.initializeSettings(x.now)
		for _, r := range written {
			if is := x.read(r.Handle); r.Handle != ion.HandleEventCutoff && !is.Equal(r.Reading.Value) {
				t.Errorf("%v %s is %v after a factory initialise", model, r.Name, is)
			}
		}
	}
}

func TestAnotherPeriodOfTheRevenueLogBeginsAtOnceAndOldRecordsKeepTheirs(t *testing.T) {
	x := running(t, testConfig()) // switched on at 15:00:00
	x.wait(30*time.Minute + time.Second)
	x.run(write(ion.HandlePeriod, ion.FloatValue(300)))
	x.wait(10 * time.Minute)
	x.m.PowerOff(x.now)
	x.m.PowerOn(x.now)
	x.wait(5 * time.Minute)
	if got, want := stamps(x.profile(0)), []string{"0 15:15", "1 15:30", "2 15:35", "3 15:40", "4 15:45"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	kept := x.m.AppendMemory(nil, x.now)
	y := newMeter(t, testConfig())
	if err := y.RestoreMemory(kept); err != nil || y.recordPosition(0) != 4 { // no record of the present is a part of it
		t.Errorf("restored: %d records, %v", y.recordPosition(0), err)
	}
}

func TestARevenueLogThatStopsWhenFullKeepsItsOldestRecords(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(ion.HandleRecordMode, ion.UnsignedValue(tree.RecordStopWhenFull, 1)))
	depth := int(x.askOne(tree.HandleRecorderLog, ion.MethodArrayDepth).Uint)
	x.wait(20 * 24 * time.Hour)
	x.powerCycle()
	x.wait(20 * 24 * time.Hour)
	if n := x.position(); n != depth || x.read(tree.HandleRecordsLeft).Float != 0 || x.askOne(tree.HandleRecorderLog, ion.MethodRollover).Uint != 0 {
		t.Errorf("%d records, the memory has room for %d", n, depth)
	}
	if first := x.profile(0)[0].Items[0].Uint; first != 0 {
		t.Errorf("the oldest record is %d", first)
	}
	x.run(write(ion.HandleRecordMode, ion.UnsignedValue(tree.RecordCircular, 1)))
	x.wait(time.Hour)
	if n := x.position(); n != depth+4 {
		t.Errorf("%d records an hour after it may roll over again, the memory has room for %d", n, depth)
	}
}

func TestAShorterEventLogLosesItsOldestEntries(t *testing.T) {
	x := running(t, testConfig())
	for range 5 {
		x.powerCycle()
	}
	end := int(x.askOne(ion.HandleEventLog, ion.MethodLogPosition).Uint)
	x.run(write(ion.HandleEventLogDepth, ion.UnsignedValue(3, 4)))
	x.powerCycle()
	log := x.m.EventLog()
	if len(log) != 3 || log[2].Text != EventPowerUp || int(x.askOne(ion.HandleEventLog, ion.MethodLogPosition).Uint) != end+3 {
		t.Errorf("%d entries were there, then %+v", end, log)
	}
}

func TestEventsAboveTheAlarmPriorityAreAlarms(t *testing.T) {
	x := running(t, testConfig())
	x.powerCycle()
	if got := x.askOne(ion.HandleEventLog, ion.MethodAlarms); len(got.Items) > 0 {
		t.Errorf("by default: %v", got)
	}
	x.run(write(ion.HandleAlarmPriority, ion.UnsignedValue(PriorityInformation, 1)))
	warnings := 0
	for _, e := range x.m.EventLog() {
		if _, k := kindOfEvent(e.Text); k.priority > PriorityInformation {
			warnings++
		}
	}
	want := fmt.Sprintf("structure array {structure {4867, %d, 30}}", warnings)
	if got := x.askOne(ion.HandleEventLog, ion.MethodAlarms); got.String() != want || warnings < 2 {
		t.Errorf("%v, want %s", got, want)
	}
	x.run(write(ion.HandleAlarmPriority, ion.UnsignedValue(PriorityReset, 1)), write(ion.HandleOwner, ion.TextValue("A")), write(ion.HandlePeriod, ion.FloatValue(600)), write(ion.HandleOwner, ion.TextValue("B")))
	got := x.askOne(ion.HandleEventLog, ion.MethodAlarms).Items
	for i, h := range []ion.Handle{ion.HandlePeriod, ion.HandleOwner} {
		n := uint64(i + 1)
		if a := got[len(got)-2+i].Items; len(a) != 3 || a[0].Uint != uint64(h) || a[1].Uint != n || a[2].Uint != PrioritySetupChange {
			t.Errorf("of %04X: %v", uint16(h), a)
		}
	}
}

func TestASetupCounterCountsChangesAndNoWritesOfTheSame(t *testing.T) {
	x := running(t, testConfig())
	for range 2 {
		x.run(write(ion.HandlePeriod, ion.FloatValue(600)))
	}
	if n := x.askOne(0x0980, ion.MethodModuleSetupCounter).Uint; n != 1 {
		t.Errorf("the timer counts %d changes", n)
	}
	if n := x.askOne(ion.HandleFeatureManager, ion.MethodManagerSetupCounter).Uint; n != 1 {
		t.Errorf("the meter counts %d changes", n)
	}
}

// It is the 6th of March: 5,670,000 seconds of the year are over.
func TestSummerIsBetweenItsStartAndItsEndAlsoOverTheEndOfTheYear(t *testing.T) {
	for _, test := range []struct {
		start, end uint64
		offset     int64
		want       bool
	}{
		{5_000_000, 20_000_000, 3600, true},
		{6_000_000, 20_000_000, 3600, false},
		{24_000_000, 8_000_000, 3600, true}, // in the south
		{24_000_000, 5_000_000, 3600, false},
		{5_000_000, 4_000_000, 3600, true},
		{5_000_000, 5_000_000, 3600, false},
		{5_000_000, 20_000_000, 0, false},
	} {
		x := running(t, testConfig())
		x.run(write(ion.HandleDSTStart, ion.UnsignedValue(test.start, 4)), write(ion.HandleDSTEnd, ion.UnsignedValue(test.end, 4)), write(ion.HandleDSTOffset, ion.SignedValue(test.offset, 4)))
		if got := x.read(tree.HandleDST); !got.Equal(ion.BoolValue(test.want)) {
			t.Errorf("%+v: summer is %v", test, got)
		}
	}
}

// The public client knows it as an enumeration, and a number beside it.
func TestTheNominalFrequencyIsAnEnumerationWithANumberBesideIt(t *testing.T) {
	x := running(t, testConfig())
	if got := x.askOne(ion.HandleNominalFrequency, ion.MethodEnumerations).String(); got != `structure {"50", "60"}` {
		t.Errorf("its words are %s", got)
	}
	for _, hz := range []uint64{50, 60} {
		x.run(write(ion.HandleNominalFrequency, ion.UnsignedValue(hz, 1)))
		if n := x.read(0x426F); !n.Equal(ion.FloatValue(float32(hz))) {
			t.Errorf("the number of %d Hz is %v", hz, n)
		}
	}
	if got := x.askOne(0x426F, ion.MethodWriteRegister, ion.FloatValue(50)).String(); got != "exception 8 (0): Read Only" {
		t.Errorf("written: %s", got)
	}
}
