package meter

import (
	"bytes"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
	"ionbench/simulator/tree"
)

func TestSettingIsWrittenWithThePasswordOnly(t *testing.T) {
	owner := write(ion.HandleOwner, ion.TextValue("PLANT"))
	for name, c := range map[string]struct {
		bare    bool
		login   ion.Credential
		refused bool
	}{
		"with it":         {login: ion.NumericCredential(0, 77)},
		"as another user": {login: ion.NumericCredential(9, 77)},
		"with a wrong":    {login: ion.NumericCredential(0, 78), refused: true},
		"with none":       {bare: true, refused: true},
		"with 0":          {login: ion.NumericCredential(0, 0), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Password = "77"
			x := running(t, cfg)
			x.bare, x.login = c.bare, c.login
			v := x.run(owner)
			reason, bad := v[0].Reason()
			if bad != c.refused || bad && !strings.Contains(reason, ion.InvalidPassword) {
				t.Errorf("the answer is %v", v)
			}
			x.bare, x.login = false, ion.NumericCredential(0, 77)
			if got := x.read(ion.HandleOwner).Text; (got == "PLANT") == c.refused {
				t.Errorf("owner reads %q", got)
			}
		})
	}
}

func TestReadingNeedsNoPasswordButAWrongOneIsAnError(t *testing.T) {
	cfg := testConfig()
	cfg.Password = "77"
	x := running(t, cfg)
	x.bare = true
	if got := x.read(ion.HandleRevision); got.Text != "7350V282" {
		t.Errorf("without: %v", got)
	}
	x.bare, x.login = false, ion.NumericCredential(0, 78)
	if reason, _ := x.read(ion.HandleRevision).Reason(); !strings.Contains(reason, ion.InvalidPassword) {
		t.Errorf("with a wrong one: %q", reason)
	}
}

func TestEverySettingCanBeWrittenAndReadsBack(t *testing.T) {
	x := running(t, testConfig())
	for i, s := range ion.SettingTable() {
		text := "1"
		switch {
		case s.Type == ion.Words:
			text = "ABC"
		case s.Min > 1:
			text = "50"
		}
		v := mustParse(t, s, text)
		for _, method := range []ion.Method{ion.MethodWriteRegister, ion.MethodWriteValue} {
			if got := x.run(ion.Command{Handle: s.Handle, Method: method, Args: []ion.Value{v}}); len(got) != 1 || !got[0].Equal(ion.BoolValue(true)) {
				t.Errorf("%s: written: %v", s.Key, got)
			}
			now := x.m.Settings(x.now)
			for _, got := range []ion.Value{now.Values[i], x.read(s.Handle)} {
				if counted, _ := got.Number(); !got.Equal(v) && (s.Group != ion.Energy || math.Abs(counted-1) > 1e-3) {
					t.Errorf("%s: wrote %v, the meter has %v", s.Key, v, got)
				}
			}
		}
	}
}

func mustParse(t *testing.T, s ion.Setting, text string) ion.Value {
	t.Helper()
	v, err := s.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWritesThatAMeterRefusesChangeNothing(t *testing.T) {
	x := running(t, testConfig())
	before := x.m.Settings(x.now)
	for name, c := range map[string]struct {
		command ion.Command
		reason  string
	}{
		"text for a number":         {write(0x7000, ion.TextValue("120")), "Invalid Value"},
		"number for a text":         {write(ion.HandleOwner, ion.FloatValue(1)), "Invalid Value"},
		"outside its bounds":        {write(0x7000, ion.FloatValue(0)), "Invalid Value"},
		"not a number":              {write(0x7000, ion.FloatValue(float32(math.NaN()))), "Invalid Value"},
		"text that is too long":     {write(ion.HandleOwner, ion.TextValue(strings.Repeat("x", 81))), "Invalid Value"},
		"template that is too long": {write(ion.HandleTemplate, ion.TextValue(strings.Repeat("x", 81))), "Invalid Value"},
		"template that is a number": {write(ion.HandleTemplate, ion.FloatValue(1)), "Invalid Value"},
		"what can only be read":     {write(ion.HandleRevision, ion.TextValue("7350V999")), "Read Only"},
		"a measured value":          {write(ion.HandleVa, ion.FloatValue(1)), "Read Only"},
		"what does not exist":       {write(0xBEEF, ion.FloatValue(1)), "Invalid Handle"},
	} {
		t.Run(name, func(t *testing.T) {
			v := x.run(c.command)
			if reason, _ := v[0].Reason(); reason != c.reason {
				t.Errorf("%v, reason %q expected", v, c.reason)
			}
		})
	}
	after := x.m.Settings(x.now)
	if d := before.Differs(&after) &^ ion.Of(ion.Energy); d != 0 || after.Template != before.Template {
		t.Errorf("changed: %v, template %q", d, after.Template)
	}
}

func TestMethodsThatAMeterDoesNotHaveGetAnException(t *testing.T) {
	x := running(t, testConfig())
	for _, c := range []struct {
		command ion.Command
		reason  string
	}{
		{ion.Command{Handle: ion.HandleRevision, Method: ion.MethodAlarms}, "Invalid Method"},
		{ion.Command{Handle: 0xBEEF, Method: ion.MethodRegisterTime}, "Invalid Handle"},
		{ion.Command{Handle: ion.HandleRevision, Method: ion.MethodLogPosition}, "Invalid Method"},
		{ion.Command{Handle: ion.HandleRevision, Method: ion.MethodReadValue, Args: []ion.Value{ion.RangeValue(0, 1)}}, "Invalid Method"},
	} {
		v := x.run(c.command)
		if reason, _ := v[0].Reason(); reason != c.reason {
			t.Errorf("%+v: %v", c.command, v)
		}
	}
}

func TestEnergyAndClockGoOnInBenchTime(t *testing.T) {
	x := running(t, testConfig())
	kwh, clock, from := x.read(0x58B0).Float, x.read(ion.HandleUniversalTime).Uint, x.now
	x.wait(10*time.Hour - 4*x.m.cfg.Timing.RTSDelay/2)
	want := x.m.circuit.Between(x.m.calendar(from), x.m.calendar(x.now))[circuit.KWhImport]
	if got := x.read(0x58B0).Float - kwh; math.Abs(float64(got)-want) > 0.01 {
		t.Errorf("in ten hours the meter counted %v kWh, %v expected", got, want)
	}
	if got := x.read(ion.HandleUniversalTime).Uint - clock; got != 36000 {
		t.Errorf("in ten hours the clock went on by %d s", got)
	}
}

func TestEnergyStandsStillWithoutTheApplicationAndTheClockGoesOn(t *testing.T) {
	x := running(t, testConfig())
	energy := func() float32 {
		s := x.m.Settings(x.now)
		i, _ := ion.SettingNamed(ion.Energy, "kwh-import")
		return s.Values[i].Float
	}
	x.m.PowerOff(x.now)
	before := energy()
	x.wait(24 * time.Hour)
	if got := energy(); got != before {
		t.Errorf("without power it counted %v", got-before)
	}
	x.m.PowerOn(x.now)
	x.wait(3 * time.Second)
	if got := energy(); got != before {
		t.Errorf("while it boots it counted %v", got-before)
	}
	if got, want := x.read(ion.HandleUniversalTime).Uint, uint64(x.m.cfg.Epoch.Add(x.now).Unix()); got != want {
		t.Errorf("the clock reads %d, %d expected", got, want)
	}
	x.intoDownload(newImage())
	before = energy()
	x.wait(24 * time.Hour)
	if got := energy(); got != before {
		t.Errorf("in download state it counted %v", got-before)
	}
}

func TestEnergyGoesOnFromWhatWasWritten(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(0x58B0, ion.FloatValue(1000)))
	x.wait(time.Hour)
	power := x.read(ion.HandleKWTotal).Float
	if got := x.read(0x58B0).Float - 1000; math.Abs(float64(got-power)) > 1 {
		t.Errorf("in an hour of some %v kW it counted %v", power, got)
	}
	if got := x.read(0x58B1).Float; got > 1 {
		t.Errorf("another reading became %v", got)
	}
}

func TestEnergyThatStandsAtItsBoundCanBeReadAndWrittenBack(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(0x58B0, ion.FloatValue(ion.MaxEnergy)))
	x.wait(1000 * time.Hour)
	s := x.m.Settings(x.now)
	for i, setting := range ion.SettingTable() {
		if _, err := setting.Check(s.Values[i]); err != nil {
			t.Error(err)
		}
	}
}

func TestVoltagesWanderAndStayTogether(t *testing.T) {
	x := running(t, testConfig())
	seen := map[float32]bool{}
	for range 20 {
		v := x.run(ion.Read(ion.HandleVa, ion.HandleVb, ion.HandleVc, ion.HandleVlnAverage).Commands...)
		seen[v[0].Float] = true
		if mean := (v[0].Float + v[1].Float + v[2].Float) / 3; math.Abs(float64(mean-v[3].Float)) > 1e-4 {
			t.Errorf("the mean of %v is not %v", v[:3], v[3])
		}
		x.wait(30 * time.Second)
	}
	if len(seen) < 5 {
		t.Errorf("only %d voltages in ten minutes", len(seen))
	}
}

// driverWords are those by which the public client tells events apart.
var driverWords = map[string]string{EventPowerUp: "Power Up", EventPowerDown: "Power Down"}

func TestEventLogIsReadOverION(t *testing.T) {
	x := running(t, testConfig())
	x.wait(time.Hour)
	x.powerCycle()
	log := x.m.EventLog()
	var texts []string
	for _, e := range log {
		texts = append(texts, e.Text)
	}
	if want := []string{EventPowerUp, EventPowerDown, EventPowerUp}; strings.Join(texts, ",") != strings.Join(want, ",") {
		t.Fatalf("the log has %v", texts)
	}
	position := x.run(ion.Command{Handle: ion.HandleEventLog, Method: ion.MethodLogPosition})
	if position[0].Uint != 3 {
		t.Fatalf("position %v", position)
	}
	read := func(from, to uint32) []ion.Value {
		v := x.run(ion.Command{Handle: ion.HandleEventLog, Method: ion.MethodReadValue, Args: []ion.Value{ion.RangeValue(from, to)}})
		if v[0].Kind != ion.KindStructureArray {
			t.Fatalf("%d..%d: %v", from, to, v)
		}
		return v[0].Items
	}
	for i, r := range read(1, 2) {
		e := log[1+i]
		if r.Items[0].Uint != uint64(1+i) || r.Items[1].Seconds() != e.At.Unix() || !strings.Contains(r.String(), driverWords[e.Text]) {
			t.Errorf("entry %d: %v, the meter has %v", i, r, e)
		}
	}
	if n := len(read(1, 1)); n != 1 {
		t.Errorf("one entry: %d", n)
	}
	if n := len(read(3, 900)); n != 0 {
		t.Errorf("behind the end: %d", n)
	}
}

func TestEventLogKeepsTheLatestEntriesAndCountsOn(t *testing.T) {
	m := newMeter(t, testConfig())
	for range tree.EventLogDepth {
		m.PowerOn(0)
		m.PowerOff(0)
	}
	if n := len(m.EventLog()); n != tree.EventLogDepth {
		t.Fatalf("%d entries", n)
	}
	x := &tester{tb: t, m: m}
	m.PowerOn(0)
	x.wait(time.Minute)
	if v := x.run(ion.Command{Handle: ion.HandleEventLog, Method: ion.MethodLogPosition}); v[0].Uint != 2*tree.EventLogDepth+1 {
		t.Fatalf("position %v", v)
	}
	v := x.run(ion.Command{Handle: ion.HandleEventLog, Method: ion.MethodReadValue, Args: []ion.Value{ion.RangeValue(0, 2000)}})
	if records := v[0].Items; len(records) != maxRecords || records[0].Items[0].Uint != tree.EventLogDepth+1 {
		t.Errorf("%d records, the first %v", len(records), records[0])
	}
}

func TestAnswerThatFitsNoMessageIsAnException(t *testing.T) {
	cfg := testConfig()
	cfg.Registers = []RegisterValue{{0x6000, ion.TextValue(strings.Repeat("x", 250))}}
	x := running(t, cfg)
	commands := make([]ion.Command, 40)
	for i := range commands {
		commands[i] = ion.Command{Handle: 0x6000, Method: ion.MethodRegisterValue}
	}
	v := x.run(commands...)
	if reason, bad := v[0].Reason(); len(v) != 1 || !bad || reason != "Response Too Long" {
		t.Errorf("%v", v)
	}
	if v := x.run(commands[:25]...); len(v) != 25 || v[24].Text == "" {
		t.Errorf("25 values: %d came", len(v))
	}
}

func TestMemoryThatWasSavedIsRestored(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")), write(ion.HandleTemplate, ion.TextValue("MINE")))
	x.send(vectorsByName(t)["timeset_nopw"].Hex)
	x.wait(5 * time.Hour)
	x.powerCycle()
	saved := x.m.AppendMemory([]byte("head"), x.now)[4:]

	y := newMeter(t, testConfig())
	if err := y.RestoreMemory(saved); err != nil {
		t.Fatal(err)
	}
	if again := y.AppendMemory(nil, x.now); !bytes.Equal(again, saved) {
		t.Errorf("saved again it is\n%x\n%x", again, saved)
	}
	was, is := x.m.Settings(x.now), y.Settings(x.now)
	if d := was.Differs(&is); d != 0 || is.Template != "MINE" {
		t.Errorf("settings differ: %v, template %q", d, is.Template)
	}
	if got, want := y.Clock(x.now), x.m.Clock(x.now); !got.Equal(want) {
		t.Errorf("clock %v, was %v", got, want)
	}
	for i, e := range x.m.EventLog() {
		if got := y.EventLog()[i]; got.Text != e.Text || !got.At.Equal(e.At) {
			t.Errorf("event %d: %v, was %v", i, got, e)
		}
	}
}

func TestDamagedMemoryIsRefusedAndChangesNothing(t *testing.T) {
	x := running(t, testConfig())
	saved := x.m.AppendMemory(nil, x.now)
	y := newMeter(t, testConfig())
	before := y.AppendMemory(nil, 0)
	for n := range saved {
		if err := y.RestoreMemory(saved[:n]); !errors.Is(err, errMemory) {
			t.Fatalf("%d of %d bytes: %v", n, len(saved), err)
		}
	}
	for name, b := range map[string][]byte{
		"another version":   append([]byte{memoryVersion + 1}, saved[1:]...),
		"no version":        append([]byte{0}, saved[1:]...),
		"a tail":            append(bytes.Clone(saved), 0),
		"an unknown event":  changed(saved, len(saved)-setupBytes-moduleBytes-marksBytes-1, 99),
		"too many events":   changed(saved, len(saved)-setupBytes-moduleBytes-marksBytes-9*len(x.m.EventLog())-3, 0x40),
		"unknown settings":  changed(saved, len(saved)-setupBytes-moduleBytes-marksBytes, 0x40),
		"a strange cutoff":  changed(saved, len(saved)-setupBytes-moduleBytes, 1),
		"too many labels":   changed(saved, len(saved)-setupBytes-moduleBytes+5, 1),
		"no such time":      changed(saved, len(saved)-setupBytes-12, 0x40),
		"endless past":      changed(saved, len(saved)-setupBytes-3, 1),
		"endless setup":     changed(saved, len(saved)-3, 1),
		"a broken setting":  changed(saved, 50, 0xFF),
		"energy of no kind": changed(changed(saved, 1, 0x7F), 2, 0xF8),
	} {
		if err := y.RestoreMemory(b); !errors.Is(err, errMemory) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !bytes.Equal(y.AppendMemory(nil, 0), before) {
		t.Error("a refused memory left traces")
	}
}

// The end of the saved memory: the marks, then cutoff, labels and history, and then the setup beside
// the settings, of a meter that has none of these three.
const (
	marksBytes  = 4 + 4*ion.KindCount
	moduleBytes = 4 + 4 + 4 + 8 + 4
	setupBytes  = 4
)

func TestMemoryOfAnEarlierVersionIsRead(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")))
	saved := x.m.AppendMemory(nil, x.now)
	third := saved[:len(saved)-setupBytes]
	second := third[:len(third)-moduleBytes]
	for version, c := range map[byte]struct {
		saved []byte
		marks ion.Marks
	}{1: {second[:len(second)-marksBytes], ion.Marks{}}, 2: {second, x.m.Marks()}, 3: {third, x.m.Marks()}} {
		y := newMeter(t, testConfig())
		if err := y.RestoreMemory(append([]byte{version}, c.saved[1:]...)); err != nil {
			t.Fatal(err)
		}
		now, was := y.Settings(0), x.m.Settings(x.now)
		if now.Differs(&was) != 0 || y.Marks() != c.marks {
			t.Errorf("version %d: settings %v, marks %v", version, now, y.Marks())
		}
	}
}

func TestTheMeterMarksWhatAFactoryInitializeHasResetAndNobodyHasWrittenSince(t *testing.T) {
	owner, _ := ion.SettingIndex(ion.HandleOwner)
	const nameplate, name = int(ion.Nameplate), ion.KindCount - 1
	x := running(t, testConfig())
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")), write(ion.HandleTemplate, ion.TextValue("A")))
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")))
	var want ion.Marks
	want.Changes[nameplate], want.Changes[name] = 1, 1
	if got := x.m.Marks(); got != want {
		t.Errorf("written: %v, want %v", got, want)
	}
	x.m.initializeSettings(x.now)
	want.Reset = ion.AllSettings
	if got := x.m.Marks(); got != want {
		t.Errorf("reset: %v, want %v", got, want)
	}
	factory := x.read(ion.HandleOwner)
	x.run(write(ion.HandleOwner, factory))
	want.Reset &^= 1 << owner
	want.Changes[nameplate]++
	if got := x.m.Marks(); got != want {
		t.Errorf("written as it was reset: %v, want %v", got, want)
	}
	if got := x.read(ion.HandleReset); !got.Equal(ion.UnsignedValue(uint64(want.Reset), 4)) {
		t.Errorf("the meter tells %v", got)
	}
	for i, n := range want.Changes {
		if got := x.read(ion.HandleChanges + ion.Handle(i)); !got.Equal(ion.UnsignedValue(uint64(n), 4)) {
			t.Errorf("of kind %d the meter tells %v, want %d", i, got, n)
		}
	}
}

func TestAReadingThatWasOnlyCountedIsPutBackWithoutAMark(t *testing.T) {
	x := running(t, testConfig())
	x.m.initializeSettings(x.now)
	before := x.m.Marks()
	if v := x.run(write(ion.HandleCounted, ion.FloatValue(5)), write(ion.HandleCounted+1, ion.FloatValue(2*ion.MaxEnergy))); !v[0].Equal(ion.BoolValue(true)) || v[1].Kind == ion.KindBool {
		t.Errorf("written: %v", v)
	}
	for _, h := range []ion.Handle{ion.HandleCounted, ion.SettingTable()[ion.FirstEnergy].Handle} {
		if got, _ := x.read(h).Number(); math.Abs(got-5) > 0.1 {
			t.Errorf("%x reads %v", h, got)
		}
	}
	if x.m.Marks() != before {
		t.Errorf("marks %v, were %v", x.m.Marks(), before)
	}
}

func TestTheMeterTellsWhichImageRuns(t *testing.T) {
	cfg := testConfig()
	x := running(t, cfg)
	if got, want := x.read(ion.HandleImageCRC), crc32.ChecksumIEEE(cfg.Firmware.Image); !got.Equal(ion.UnsignedValue(uint64(want), 4)) {
		t.Errorf("it tells %v, want %08x", got, want)
	}
}

func changed(b []byte, at int, to byte) []byte {
	c := bytes.Clone(b)
	c[at] = to
	return c
}

func FuzzRestoreMemory(f *testing.F) {
	x := running(f, testConfig())
	f.Add(x.m.AppendMemory(nil, x.now))
	f.Add([]byte{memoryVersion})
	x.wait(time.Hour)
	f.Add(x.m.AppendMemory(nil, x.now))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newMeter(t, testConfig())
		if err := m.RestoreMemory(b); err != nil {
			if !errors.Is(err, errMemory) {
				t.Fatal(err)
			}
			return
		}
		saved := m.AppendMemory(nil, 0)
		if err := m.RestoreMemory(saved); err != nil {
			t.Fatalf("what was saved is refused: %v", err)
		}
		y := &tester{tb: t, m: m}
		m.PowerOn(0)
		y.wait(time.Minute)
		y.read(ion.HandleOwner)
		y.read(0x58B0)
	})
}

// Whatever comes in on the line: the meter neither crashes nor talks without end, and answers the
// next good request. One that happens to complete a frame that was cut off, CRC and all, is lost in
// it: the one behind it is answered.
func FuzzReceive(f *testing.F) {
	named := vectorsByName(f)
	for _, name := range []string{"revision_req", "mfreq2_f1", "event_read_req", "timeset_nopw", "bad_mf33_first", "inferred_write_owner_req"} {
		f.Add(named[name].Hex)
	}
	identify := ion.DownloadRequest{Op: ion.OpIdentify}
	f.Add(cutOffBefore(f, firstFrame(running(f, testConfig()), identify)))
	f.Fuzz(func(t *testing.T, b []byte) {
		x := running(t, testConfig())
		x.send(b)
		x.wait(time.Minute)
		completes := completesAFrame(b, firstFrame(x, identify))
		if r := x.ask(identify); r == nil && !completes {
			t.Error("it does not answer the next request")
		}
		if r := x.ask(identify); r == nil {
			t.Error("it does not answer the second request")
		}
	})
}

// firstFrame is the frame in which ask sends a request next; x logs in with the password 0.
func firstFrame(x *tester, r ion.DownloadRequest) []byte {
	x.login = ion.NumericCredential(0, 0)
	p := x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &r))
	p.MessageID++
	out := ion.Outgoing{Message: ion.AppendPacket(nil, p)}
	out.Begin(ion.HostAddress, x.m.cfg.UnitID, false)
	return out.AppendFrame(nil)
}

// completesAFrame reports whether a frame that begins in b ends in what comes next.
func completesAFrame(b, next []byte) bool {
	both := slices.Concat(b, next)
	for i := range b {
		if _, n, err := ion.ParseFrame(both[i:]); err == nil && i+n > len(b) && i+n < len(both) {
			return true
		}
	}
	return false
}

// cutOffBefore is the beginning of a frame for nobody that 20 bytes of next complete: two of its
// bytes are tried until the CRC is theirs.
func cutOffBefore(tb testing.TB, next []byte) []byte {
	tb.Helper()
	for n := range 1 << 16 {
		b := []byte{0x14, 0xAC, 0x20, 22, byte(n), byte(n >> 8), 0xFE}
		if completesAFrame(b, next) {
			return b
		}
	}
	tb.Fatal("no two bytes give the CRC")
	return nil
}
