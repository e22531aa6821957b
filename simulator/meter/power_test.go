package meter

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// powerCycle takes the power away for a while and waits until the meter has settled.
func (x *tester) powerCycle() {
	x.m.PowerOff(x.now)
	x.wait(time.Second)
	x.m.PowerOn(x.now)
	x.wait(time.Minute)
}

func TestMeterBootsInItsTimeAndHearsNothingBefore(t *testing.T) {
	m := newMeter(t, testConfig())
	x := &tester{tb: t, m: m}
	identify := vectorsByName(t)["revision_req"].Hex
	x.send(identify)
	if got := x.wait(time.Minute); len(got) > 0 || m.State() != Off || m.Panel() != (Panel{}) {
		t.Fatalf("without power: %x, %v, %+v", got, m.State(), m.Panel())
	}
	m.PowerOn(x.now)
	x.send(identify)
	if got := x.wait(3*time.Second - 1); len(got) > 0 || m.State() != Booting {
		t.Fatalf("booting: %x, %v", got, m.State())
	}
	if x.wait(1); m.State() != Application {
		t.Fatalf("after its time: %v", m.State())
	}
	if got := x.wait(time.Minute); len(got) > 0 {
		t.Errorf("it answers %x, which came before it could hear", got)
	}
	m.PowerOn(x.now)
	if m.State() != Application {
		t.Error("a second power-on restarts it")
	}
}

func TestWhatBootsIsDecidedByTheFlashAlone(t *testing.T) {
	for name, harm := range map[string]func(*Meter) error{
		"record erased":          func(m *Meter) error { return m.chip.Erase(m.cfg.recordSector()) },
		"image erased":           func(m *Meter) error { return m.chip.Erase(m.cfg.recordSector() + 1) },
		"one bit of the image":   func(m *Meter) error { return m.chip.Program(m.cfg.imageBase()+77, []byte{0}) },
		"one bit of the record":  func(m *Meter) error { return m.chip.Program(m.cfg.recordBase()+12, []byte{0}) },
		"magic of the record":    func(m *Meter) error { return m.chip.Program(m.cfg.recordBase(), []byte{0}) },
		"nothing of the image":   func(m *Meter) error { return nil },
		"something behind image": func(m *Meter) error { return m.chip.Program(m.cfg.imageBase()+10_000, []byte{0}) },
	} {
		t.Run(name, func(t *testing.T) {
			x := running(t, testConfig())
			if err := harm(x.m); err != nil {
				t.Fatal(err)
			}
			if x.m.State() != Application {
				t.Error("the flash is looked at while the application runs")
			}
			x.powerCycle()
			want := Download
			if name == "nothing of the image" || name == "something behind image" {
				want = Application
			}
			if x.m.State() != want {
				t.Errorf("it comes up as %v", x.m.State())
			}
			if _, ok := x.m.Revision(); ok != (want == Application) {
				t.Errorf("Revision says %v", ok)
			}
		})
	}
}

func TestRecordOfAnotherProductOrLengthIsNone(t *testing.T) {
	for name, change := range map[string]func(*imageRecord){
		"product":      func(r *imageRecord) { r.product = 7330 },
		"no length":    func(r *imageRecord) { r.length = 0 },
		"too long":     func(r *imageRecord) { r.length = 7 * 8 << 10 },
		"other length": func(r *imageRecord) { r.length-- },
	} {
		t.Run(name, func(t *testing.T) {
			x := running(t, testConfig())
			r, ok := x.m.findImage(x.m.chip)
			if !ok {
				t.Fatal("no image at first")
			}
			change(&r)
			if err := errors.Join(x.m.chip.Erase(x.m.cfg.recordSector()), x.m.chip.Program(x.m.cfg.recordBase(), appendRecord(nil, r))); err != nil {
				t.Fatal(err)
			}
			if x.powerCycle(); x.m.State() != Download {
				t.Errorf("it comes up as %v", x.m.State())
			}
		})
	}
}

func TestDownloadStateShowsOnThePanelAndL2TogglesWithTheTraffic(t *testing.T) {
	x := running(t, testConfig())
	if lcd := x.m.Panel().LCD; lcd != "ION7350" {
		t.Errorf("LCD %q", lcd)
	}
	x.intoDownload(newImage())
	if lcd := x.m.Panel().LCD; lcd != "Upgrading…" {
		t.Errorf("LCD %q", lcd)
	}
	before := x.m.Panel()
	x.must(ion.DownloadRequest{Op: ion.OpIdentify})
	if after := x.m.Panel(); after.Edges != before.Edges+2 {
		t.Errorf("one frame in and one out: L2 changed %d times", after.Edges-before.Edges)
	}
	f := vectorsByName(t)["unit_1_req"].Hex
	edges := x.m.Panel().Edges
	x.send(f)
	x.wait(time.Second)
	if got := x.m.Panel().Edges; got != edges {
		t.Error("L2 toggles at another unit's traffic")
	}
}

// What the power takes away: a reply that was due, half a request, the loader's knowledge.
func TestPowerLossForgetsAllThatIsVolatile(t *testing.T) {
	named := vectorsByName(t)
	image := newImage()
	t.Run("a reply that is due", func(t *testing.T) {
		x := running(t, testConfig())
		x.send(named["revision_req"].Hex)
		x.m.PowerOff(x.now)
		x.m.PowerOn(x.now)
		if got := x.wait(time.Minute); len(got) > 0 {
			t.Errorf("it sends %x", got)
		}
	})
	t.Run("half a frame", func(t *testing.T) {
		x := running(t, testConfig())
		x.send(named["revision_req"].Hex[:20])
		x.powerCycle()
		x.send(named["revision_req"].Hex[20:])
		if got := x.wait(time.Minute); len(got) > 0 {
			t.Errorf("it sends %x", got)
		}
	})
	t.Run("that the flash was cleared", func(t *testing.T) {
		x := running(t, testConfig())
		x.intoDownload(image)
		x.clear()
		x.must(x.block(image, 1))
		x.powerCycle()
		if r := x.ask(x.block(image, 2)); r.Status != ion.StatusNotCleared {
			t.Errorf("%+v", r)
		}
		if r := x.ask(verify(image, "7350V283")); r.Status != ion.StatusNotCleared {
			t.Errorf("%+v", r)
		}
	})
	t.Run("that the loader was asked for", func(t *testing.T) {
		x := running(t, testConfig())
		x.must(enter(len(image)))
		x.wait(100 * time.Millisecond)
		if x.powerCycle(); x.m.State() != Application {
			t.Errorf("it comes up as %v", x.m.State())
		}
	})
}

// moments are the instants at which a power loss is tried between from and to: all of the
// coarse ones, and closely around each flash operation.
func moments(from, to time.Duration, n int) []time.Duration {
	var list []time.Duration
	for i := range n {
		list = append(list, from+(to-from)*time.Duration(i)/time.Duration(n-1))
	}
	return list
}

// A power loss at any time of a download leaves a meter that can be upgraded: I1 without a
// line. The flash is torn in the middle of erases, programs, the record and the mark.
func TestPowerLossAtAnyTimeLeavesAMeterThatCanBeUpgraded(t *testing.T) {
	image := newImage()
	type phase struct {
		name  string
		begin func(*tester)
		lasts time.Duration
		tries int
	}
	receiving := func(x *tester) {
		x.intoDownload(image)
		x.clear()
	}
	loaded := func(x *tester) {
		receiving(x)
		x.blocks(image)
	}
	async := func(x *tester, r ion.DownloadRequest) {
		x.id++
		x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &r)))
	}
	for _, p := range []phase{
		{"enter", func(x *tester) { async(x, enter(len(image))) }, 1500 * time.Millisecond, 20},
		{"erase", func(x *tester) {
			x.intoDownload(image)
			async(x, ion.DownloadRequest{Op: ion.OpClear, Begin: true})
		}, 7500 * time.Millisecond, 60},
		{"program", func(x *tester) { receiving(x); async(x, x.block(image, 1)) }, 60 * time.Millisecond, 60},
		{"verify", func(x *tester) { loaded(x); async(x, verify(image, "7350V283")) }, 20 * time.Millisecond, 60},
		{"record", func(x *tester) {
			loaded(x)
			async(x, verify(image, "7350V283"))
			x.wait(time.Duration(len(image)) * time.Microsecond)
		}, 38 * 7 * time.Microsecond, 60},
		{"first boot", func(x *tester) {
			loaded(x)
			x.must(verify(image, "7350V283"))
			async(x, ion.DownloadRequest{Op: ion.OpRestart})
		}, 9 * time.Second, 40},
		{"mark", func(x *tester) {
			loaded(x)
			x.must(verify(image, "7350V283"))
			x.must(ion.DownloadRequest{Op: ion.OpRestart})
			x.wait(8 * time.Second)
		}, 4 * 7 * time.Microsecond, 30},
	} {
		t.Run(p.name, func(t *testing.T) {
			x := running(t, testConfig())
			p.begin(x)
			for _, after := range moments(0, p.lasts, p.tries) {
				y := &tester{tb: t, m: x.m.Clone(), now: x.now, id: x.id}
				y.wait(after)
				y.powerCycle()
				if s := y.m.State(); s != Application && s != Download {
					t.Fatalf("after %v: %v", after, s)
				}
				holds(t, y, after)
				y.upgradeAgain(image)
			}
		})
	}
}

// holds checks that what runs is one of the two images, whole, with the settings that go
// with it.
func holds(t *testing.T, x *tester, after time.Duration) {
	t.Helper()
	if x.m.State() != Application {
		return
	}
	revision, ok := x.m.Revision()
	factory := FactoryTemplate(ION7350, revision)
	settings := x.m.Settings(x.now)
	switch {
	case !ok:
		t.Fatalf("after %v: an application without an image", after)
	case revision == "7350V282" && !x.m.HoldsImage(x.m.cfg.Firmware.Image), revision == "7350V283" && !x.m.HoldsImage(newImage()):
		t.Fatalf("after %v: %s is not whole", after, revision)
	case revision == "7350V283" && (settings.Differs(&factory)&^ion.Of(ion.Energy) != 0 || settings.Template != factory.Template):
		t.Fatalf("after %v: %s runs without its factory initialise", after, revision)
	}
}

func (x *tester) upgradeAgain(image []byte) {
	x.tb.Helper()
	x.must(enter(len(image)))
	x.wait(2 * time.Second)
	x.clear()
	x.blocks(image)
	x.must(verify(image, "7350V283"))
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(time.Minute)
	if r, _ := x.m.Revision(); x.m.State() != Application || r != "7350V283" || !x.m.HoldsImage(image) {
		x.tb.Fatalf("the second try leaves %v with %q", x.m.State(), r)
	}
}

// The power fails at one flash operation: before it, inside it, after it.
func TestCutAtEveryFlashOperationEndsThereAndNowhereElse(t *testing.T) {
	image := newImage()
	complete := running(t, testConfig())
	complete.download(image, "7350V283")
	complete.wait(time.Minute)
	total := complete.m.Chip().Ops()
	if want := uint64(7 + (len(image)+255)/256 + 2); total != want {
		t.Fatalf("an upgrade takes %d operations, %d expected", total, want)
	}
	for op := uint64(1); op <= total; op++ {
		for _, phase := range []flash.Phase{flash.Before, flash.Torn, flash.After} {
			x := running(t, testConfig())
			x.m.CutFlash(op, phase, op, -1)
			if !x.downloadUntilOff(image) {
				t.Fatalf("operation %d %v: the power never failed", op, phase)
			}
			if got := x.m.Chip().Ops(); got != op {
				t.Fatalf("cut at operation %d %v, and %d were counted", op, phase, got)
			}
			if e := x.lastCut(); e.Operation != op || e.Phase != phase {
				t.Fatalf("cut at operation %d %v is told as %+v", op, phase, e)
			}
			x.m.PowerOn(x.now)
			x.wait(time.Minute)
			holds(t, x, time.Duration(op))
		}
	}
}

func (x *tester) lastCut() (last Event) {
	for e, ok := x.m.NextEvent(); ok; e, ok = x.m.NextEvent() {
		if e.Kind == EventFlashCut {
			last = e
		}
	}
	return last
}

// downloadUntilOff says whether the meter went off on the way.
func (x *tester) downloadUntilOff(image []byte) bool {
	requests := []ion.DownloadRequest{enter(len(image)), {Op: ion.OpClear, Begin: true}}
	for n := 1; (n-1)*ion.BlockBytes < len(image); n++ {
		requests = append(requests, x.block(image, n))
	}
	requests = append(requests, verify(image, "7350V283"), ion.DownloadRequest{Op: ion.OpRestart})
	for _, r := range requests {
		if x.m.State() == Off {
			return true
		}
		x.ask(r)
		if r.Op == ion.OpEnter || r.Op == ion.OpClear || r.Op == ion.OpRestart {
			x.wait(20 * time.Second)
		}
	}
	return x.m.State() == Off
}

func TestFactoryInitializeIsRepeatedUntilItsMarkIsWritten(t *testing.T) {
	image := newImage()
	x := running(t, testConfig())
	x.download(image, "7350V283")
	x.wait(4 * time.Second) // booted, and initialising since a second
	for n := range 3 {
		if x.m.State() != Booting {
			t.Fatalf("try %d: the meter is %v", n, x.m.State())
		}
		x.m.PowerOff(x.now)
		x.m.PowerOn(x.now)
		x.wait(7 * time.Second)
	}
	x.wait(2 * time.Second)
	if x.m.State() != Application {
		t.Fatalf("the meter is %v", x.m.State())
	}
	count := func() (n int) {
		for _, e := range x.m.EventLog() {
			if e.Text == EventFactoryInitialize {
				n++
			}
		}
		return n
	}
	if n := count(); n != 1 {
		t.Errorf("%d times in the event log", n)
	}
	x.powerCycle()
	if n := count(); n != 1 {
		t.Errorf("%d times in the event log after one more power cycle", n)
	}
}

func TestTornMarkMeansThatTheInitializeIsRepeated(t *testing.T) {
	x := running(t, testConfig())
	x.download(newImage(), "7350V283")
	x.m.CutFlash(x.m.Chip().Ops()+1, flash.Torn, 3, 2)
	x.wait(20 * time.Second)
	if x.m.State() != Off {
		t.Fatalf("the meter is %v", x.m.State())
	}
	x.m.PowerOn(x.now)
	if x.wait(5 * time.Second); x.m.State() != Booting {
		t.Errorf("the meter is %v: it does not initialise", x.m.State())
	}
	if x.wait(5 * time.Second); x.m.State() != Application {
		t.Errorf("the meter is %v", x.m.State())
	}
}

// The settings are the factory's before the mark says so: a mark that two power losses
// have written together must not stand for an initialise that never was.
func TestSettingsAreInitializedBeforeTheMarkIsBegun(t *testing.T) {
	x := running(t, testConfig())
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")))
	x.download(newImage(), "7350V283")
	x.wait(8 * time.Second)
	owner := func() string {
		s := x.m.Settings(x.now)
		i, _ := ion.SettingIndex(ion.HandleOwner)
		return s.Values[i].Text
	}
	if x.m.State() != Booting || owner() != "PLANT" {
		t.Fatalf("%v, owner %q", x.m.State(), owner())
	}
	x.now += 14 * time.Microsecond // half of the mark
	x.m.PowerOff(x.now)
	if owner() != "" {
		t.Errorf("owner %q beside half a mark", owner())
	}
}

func TestPowerLossInTheMiddleOfAnEraseTearsItsSector(t *testing.T) {
	x := running(t, testConfig())
	x.intoDownload(newImage())
	sector := x.m.cfg.recordSector() + 1
	before := make([]byte, x.m.cfg.Geometry.SectorBytes)
	x.m.Chip().Read(x.m.cfg.imageBase(), before)
	x.must(ion.DownloadRequest{Op: ion.OpIdentify})
	x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
	x.wait(1500*time.Millisecond - x.m.cfg.Timing.RTSDelay) // the second sector is half done
	x.m.PowerOff(x.now)
	if got := x.m.Chip().Ops(); got != 2 {
		t.Fatalf("%d operations", got)
	}
	after := make([]byte, len(before))
	x.m.Chip().Read(uint32(sector*len(before)), after)
	if bytes.Equal(before, after) || bytes.Count(after, []byte{0xFF}) == len(after) {
		t.Error("the sector is not torn")
	}
	for i := range after {
		if before[i]&^after[i] != 0 {
			t.Fatalf("byte %d: erasing turned %02x into %02x", i, before[i], after[i])
		}
	}
}

func TestPowerLossBetweenOperationsTearsNothing(t *testing.T) {
	x := running(t, testConfig())
	x.intoDownload(newImage())
	x.id++
	x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpClear, Begin: true})))
	x.wait(2 * time.Second) // exactly two sectors
	x.m.PowerOff(x.now)
	if got := x.m.Chip().Ops(); got != 2 {
		t.Errorf("%d operations", got)
	}
}

func TestWatchedFlashOperationIsToldWhenItBeginsOrIsOver(t *testing.T) {
	for _, before := range []bool{true, false} {
		x := running(t, testConfig())
		x.intoDownload(newImage())
		x.m.WatchFlash(3, before)
		x.lastCut() // empties the events
		began := x.now
		x.id++
		x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpClear, Begin: true})))
		x.wait(20 * time.Second)
		var told []time.Duration
		for e, ok := x.m.NextEvent(); ok; e, ok = x.m.NextEvent() {
			if e.Kind == EventFlashOp {
				told = append(told, e.At-began)
			}
		}
		want := 3 * time.Second
		if before {
			want = 2 * time.Second
		}
		if !slices.Equal(told, []time.Duration{want}) {
			t.Errorf("before %v: told at %v, %v expected", before, told, want)
		}
	}
}

// Without chip times many operations are due at once. Whoever watched one can ask for
// the next before it is carried out.
func TestEveryFlashOperationOfOneInstantCanBeWatched(t *testing.T) {
	for _, before := range []bool{true, false} {
		cfg := testConfig()
		cfg.Timing, cfg.Geometry = cfg.Timing.Scale(0), ScaleGeometry(cfg.Geometry, 0)
		x := running(t, cfg)
		x.intoDownload(newImage())
		x.lastCut() // empties the events
		x.m.WatchFlash(1, before)
		x.id++
		x.sendAll(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpClear, Begin: true})))
		var told []uint64
		for at, due := x.m.Next(); due && at <= x.now; at, due = x.m.Next() {
			for e, ok := x.m.NextEvent(); ok; e, ok = x.m.NextEvent() {
				if e.Kind != EventFlashOp {
					continue
				}
				done := e.Operation
				if before {
					done--
				}
				if x.m.Chip().Ops() != done {
					t.Errorf("before %v: told of operation %d after %d", before, e.Operation, x.m.Chip().Ops())
				}
				told = append(told, e.Operation)
				x.m.WatchFlash(e.Operation+1, before)
			}
			x.m.Advance(x.now)
		}
		if !slices.Equal(told, []uint64{1, 2, 3, 4, 5, 6, 7}) || x.m.State() != Receiving {
			t.Errorf("before %v: told of %v, and the meter is %v", before, told, x.m.State())
		}
	}
}

func TestCloneHasTheSameFutureAndNothingInCommon(t *testing.T) {
	image := newImage()
	future := func(x *tester) string {
		y := &tester{tb: t, m: x.m, now: x.now, id: 500}
		var out []byte
		for _, r := range []ion.DownloadRequest{{Op: ion.OpIdentify}, {Op: ion.OpClear}, x.block(image, 2), verify(image, "7350V283")} {
			y.id++
			if reply := y.askAgain(r, patience); reply != nil {
				out = ion.AppendDownloadReply(out, reply)
			}
		}
		y.wait(time.Minute)
		return fmt.Sprintf("%x %x %v", out, y.m.AppendState(nil, y.now), y.m.EventLog())
	}
	for _, s := range stages() {
		t.Run(s.name, func(t *testing.T) {
			x := running(t, testConfig())
			s.reach(x, image)
			state := x.m.AppendState(nil, x.now)
			a, b := &tester{tb: t, m: x.m.Clone(), now: x.now}, &tester{tb: t, m: x.m.Clone(), now: x.now}
			fa := future(a)
			if !bytes.Equal(x.m.AppendState(nil, x.now), state) {
				t.Fatal("what a clone does shows in the original")
			}
			if fb := future(b); fa != fb {
				t.Errorf("two clones go different ways\n%s\n%s", fa, fb)
			}
			if fx := future(x); fa != fx {
				t.Errorf("the original goes another way\n%s\n%s", fa, fx)
			}
		})
	}
}

func TestConfigurationsThatAreNoMeterAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"model":             func(c *Config) { c.Model = 7700 },
		"no serial":         func(c *Config) { c.SerialNumber = "" },
		"long serial":       func(c *Config) { c.SerialNumber = "PC-0209A001-11-22" },
		"serial with space": func(c *Config) { c.SerialNumber = "PC 1" },
		"unit 0":            func(c *Config) { c.UnitID = 0 },
		"unit 10000":        func(c *Config) { c.UnitID = 10000 },
		"no password":       func(c *Config) { c.Password = "" },
		"long password":     func(c *Config) { c.Password = "1234567890" },
		"no sector left":    func(c *Config) { c.Geometry.Sectors = 2 },
		"no loader":         func(c *Config) { c.Geometry.Protected = 0 },
		"other revision":    func(c *Config) { c.Firmware.Revision = "7330V282" },
		"short revision":    func(c *Config) { c.Firmware.Revision = "7350V" },
		"no image":          func(c *Config) { c.Firmware.Image = nil },
		"image too long":    func(c *Config) { c.Firmware.Image = firmware.Image(1, 6*8<<10+1) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			change(&cfg)
			if _, err := New(cfg); !errors.Is(err, ErrConfig) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTimesScaleDownToNothing(t *testing.T) {
	cfg := testConfig()
	cfg.Timing, cfg.Geometry = cfg.Timing.Scale(0), ScaleGeometry(cfg.Geometry, 0)
	x := &tester{tb: t, m: newMeter(t, cfg)}
	x.m.PowerOn(0)
	image := newImage()
	x.wait(0)
	x.must(enter(len(image)))
	x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
	x.blocks(image)
	x.must(verify(image, "7350V283"))
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(0)
	if x.now != 0 || x.m.State() != Application || !x.m.HoldsImage(image) {
		t.Errorf("at %v: %v", x.now, x.m.State())
	}
	if got := DefaultTiming().Scale(10).Boot; got != 300*time.Millisecond {
		t.Errorf("a tenth of the boot time is %v", got)
	}
}
