package meter

import (
	"fmt"
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/ion"
)

// stage is a state of the meter in which the download service is asked.
type stage struct {
	name  string
	reach func(*tester, []byte)
}

func stages() []stage {
	return []stage{
		{"application", func(*tester, []byte) {}},
		{"download", (*tester).intoDownload},
		{"erasing", func(x *tester, image []byte) {
			x.intoDownload(image)
			x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true})
		}},
		{"receiving", func(x *tester, image []byte) {
			x.intoDownload(image)
			x.clear()
		}},
		{"after block 1", func(x *tester, image []byte) {
			x.intoDownload(image)
			x.clear()
			x.must(x.block(image, 1))
		}},
		{"all blocks there", func(x *tester, image []byte) {
			x.intoDownload(image)
			x.clear()
			x.blocks(image)
		}},
	}
}

// The page of package ion, as a table: what each operation is answered in each state.
func TestEveryOperationInEveryStateGetsTheDocumentedStatus(t *testing.T) {
	image := newImage()
	const (
		ok, busy, sequence, uncleared = ion.StatusOK, ion.StatusBusy, ion.StatusBadSequence, ion.StatusNotCleared
		badRange, verifyFailed        = ion.StatusOutOfRange, ion.StatusVerifyFailed
		product, refused              = ion.StatusWrongProduct, ion.StatusRefused
	)
	withCRC := func(r ion.DownloadRequest, crc uint32) ion.DownloadRequest { r.CRC = crc; return r }
	at := func(r ion.DownloadRequest, address uint32) ion.DownloadRequest { r.Address = address; return r }
	of := func(r ion.DownloadRequest, product uint16) ion.DownloadRequest { r.Product = product; return r }
	long := func(r ion.DownloadRequest, length uint32) ion.DownloadRequest { r.Length = length; return r }
	// In the order of stages: application, download, erasing, receiving, after block 1, all there.
	for _, c := range []struct {
		name    string
		request func(x *tester) ion.DownloadRequest
		want    [6]ion.Status
	}{
		{"identify", func(*tester) ion.DownloadRequest { return ion.DownloadRequest{Op: ion.OpIdentify} }, [6]ion.Status{}},
		{"enter", func(*tester) ion.DownloadRequest { return enter(len(image)) }, [6]ion.Status{}},
		{"enter for another product", func(*tester) ion.DownloadRequest { return of(enter(10), 7330) }, [6]ion.Status{product, product, product, product, product, product}},
		{"enter with no image", func(*tester) ion.DownloadRequest { return enter(0) }, [6]ion.Status{badRange, badRange, badRange, badRange, badRange, badRange}},
		{"enter with too much", func(x *tester) ion.DownloadRequest { return enter(int(x.m.cfg.capacity()) + 1) }, [6]ion.Status{badRange, badRange, badRange, badRange, badRange, badRange}},
		{"clear", func(*tester) ion.DownloadRequest { return ion.DownloadRequest{Op: ion.OpClear, Begin: true} }, [6]ion.Status{refused, busy, busy, busy, busy, busy}},
		{"ask how far the clear is", func(*tester) ion.DownloadRequest { return ion.DownloadRequest{Op: ion.OpClear} }, [6]ion.Status{refused, uncleared, busy, ok, ok, ok}},
		{"block 1", func(x *tester) ion.DownloadRequest { return x.block(image, 1) }, [6]ion.Status{refused, uncleared, busy, ok, ok, sequence}},
		{"block 2", func(x *tester) ion.DownloadRequest { return x.block(image, 2) }, [6]ion.Status{refused, uncleared, busy, sequence, ok, sequence}},
		{"block 3", func(x *tester) ion.DownloadRequest { return x.block(image, 3) }, [6]ion.Status{refused, uncleared, busy, sequence, sequence, ok}},
		{"block 1 elsewhere", func(x *tester) ion.DownloadRequest { return at(x.block(image, 1), x.m.cfg.imageBase()+8) }, [6]ion.Status{refused, uncleared, busy, ok, sequence, sequence}},
		{"damaged block 1", func(x *tester) ion.DownloadRequest { return withCRC(x.block(image, 1), 1) }, [6]ion.Status{refused, uncleared, busy, verifyFailed, verifyFailed, verifyFailed}},
		{"block in the loader", func(x *tester) ion.DownloadRequest { return at(x.block(image, 1), 0) }, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"block on the record", func(x *tester) ion.DownloadRequest { return at(x.block(image, 1), x.m.cfg.recordBase()) }, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"block over the end", func(x *tester) ion.DownloadRequest {
			return at(x.block(image, 1), uint32(x.m.cfg.Geometry.Bytes())-100)
		}, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"block at the end of all addresses", func(x *tester) ion.DownloadRequest { return at(x.block(image, 1), 0xFFFFFFFF) }, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"verify", func(*tester) ion.DownloadRequest { return verify(image, "7350V283") }, [6]ion.Status{refused, uncleared, busy, verifyFailed, verifyFailed, ok}},
		{"verify with a wrong CRC", func(*tester) ion.DownloadRequest { return withCRC(verify(image, "7350V283"), 1) }, [6]ion.Status{refused, uncleared, busy, verifyFailed, verifyFailed, verifyFailed}},
		{"verify for another product", func(*tester) ion.DownloadRequest { return of(verify(image, "7350V283"), 7300) }, [6]ion.Status{refused, uncleared, busy, product, product, product}},
		{"verify of too much", func(*tester) ion.DownloadRequest { return long(verify(image, "7350V283"), 0xFFFFFFFF) }, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"verify of nothing", func(*tester) ion.DownloadRequest { return long(verify(image, "7350V283"), 0) }, [6]ion.Status{refused, uncleared, busy, badRange, badRange, badRange}},
		{"restart", func(*tester) ion.DownloadRequest { return ion.DownloadRequest{Op: ion.OpRestart} }, [6]ion.Status{refused, ok, busy, ok, ok, ok}},
	} {
		for i, s := range stages() {
			t.Run(c.name+" in "+s.name, func(t *testing.T) {
				x := running(t, testConfig())
				s.reach(x, image)
				x.id++
				request := c.request(x)
				reply := x.askAgain(request, patience)
				if reply == nil || reply.Status != c.want[i] {
					t.Fatalf("%+v, status %v expected", reply, c.want[i])
				}
				if request.Op == ion.OpEnter && reply.Status == ion.StatusOK && reply.Already != (i > 0) {
					t.Errorf("already %v", reply.Already)
				}
				if request.Op == ion.OpBlock && reply.Sequence != request.Sequence {
					t.Errorf("the reply names block %d", reply.Sequence)
				}
			})
		}
	}
}

func TestEveryRequestButIdentifyNeedsThePassword(t *testing.T) {
	image := newImage()
	wrong := ion.NumericCredential(0, 1)
	requests := []ion.DownloadRequest{
		enter(len(image)), {Op: ion.OpClear, Begin: true}, {Op: ion.OpClear}, verify(image, "7350V283"), {Op: ion.OpRestart},
	}
	for _, s := range stages() {
		for _, bare := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, bare %v", s.name, bare), func(t *testing.T) {
				x := running(t, testConfig())
				s.reach(x, image)
				before, ops := x.m.State(), x.m.Chip().Ops()
				x.login, x.bare = wrong, bare
				for _, r := range append(requests, x.block(image, 1)) {
					x.id++
					if reply := x.askAgain(r, patience); reply == nil || reply.Status != ion.StatusRefused {
						t.Errorf("%v: %+v", r.Op, reply)
					}
				}
				x.id++
				if reply := x.askAgain(ion.DownloadRequest{Op: ion.OpIdentify}, patience); reply == nil || reply.Status != ion.StatusOK {
					t.Errorf("identify: %+v", reply)
				}
				if x.m.State() != before || before != Erasing && x.m.Chip().Ops() != ops {
					t.Errorf("the meter is %v after %d operations", x.m.State(), x.m.Chip().Ops()-ops)
				}
			})
		}
	}
}

func TestIdentifyTellsTheStateAndTheMeter(t *testing.T) {
	image := newImage()
	states := []ion.LoaderState{ion.StateApplication, ion.StateDownload, ion.StateErasing, ion.StateReceiving, ion.StateReceiving, ion.StateReceiving}
	next := []uint32{0, 0, 0, 1, 2, 4}
	for i, s := range stages() {
		x := running(t, testConfig())
		s.reach(x, image)
		x.id++
		r := x.askAgain(ion.DownloadRequest{Op: ion.OpIdentify}, patience)
		revision := "7350V282"
		if i > 0 {
			revision = ""
		}
		if r.State != states[i] || r.NextSequence != next[i] || ion.FixedText(r.Revision[:]) != revision {
			t.Errorf("%s: state %v, next block %d, revision %q", s.name, r.State, r.NextSequence, r.Revision)
		}
		if r.Product != 7350 || ion.FixedText(r.Serial[:]) != "PC-0209A001-11" || r.Base != 2*8<<10 || r.Capacity != 6*8<<10 || r.BlockBytes != ion.BlockBytes {
			t.Errorf("%s: %+v", s.name, r)
		}
	}
}

func TestDownloadReplacesTheImageAndTheSettings(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	owner := x.m.Settings(x.now)
	x.run(write(ion.HandleOwner, ion.TextValue("PLANT")))
	x.download(image, "7350V283")
	x.wait(time.Minute)
	if r, ok := x.m.Revision(); x.m.State() != Application || !ok || r != "7350V283" || !x.m.HoldsImage(image) {
		t.Fatalf("%v with %q (%v)", x.m.State(), r, ok)
	}
	if got := x.read(ion.HandleRevision); got.Text != "7350V283" {
		t.Errorf("revision %v", got)
	}
	if got, want := x.read(ion.HandleTemplate).Text, FactoryTemplateName(ION7350, "7350V283"); got != want {
		t.Errorf("template %q, %q expected", got, want)
	}
	if got := x.read(ion.HandleOwner).Text; got != "" {
		t.Errorf("owner %q is no factory setting (before: %v)", got, owner.Values)
	}
	log := x.m.EventLog()
	if n := len(log); n < 2 || log[n-2].Text != EventFactoryInitialize || log[n-1].Text != EventFirmwareUpgrade {
		t.Errorf("event log %v", log)
	}
}

func TestBlockThatComesAgainIsProgrammedOnce(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	x.must(x.block(image, 1))
	ops := x.m.Chip().Ops()
	for range 3 {
		if r := x.must(x.block(image, 1)); r.Expected != 2 || x.m.Chip().Ops() != ops {
			t.Fatalf("%+v after %d further operations", r, x.m.Chip().Ops()-ops)
		}
	}
	x.must(x.block(image, 2))
	if r := x.ask(x.block(image, 1)); r.Status != ion.StatusBadSequence || r.Expected != 3 {
		t.Errorf("the block before the last: %+v", r)
	}
	x.must(x.block(image, 3))
	x.must(verify(image, "7350V283"))
}

func TestDamagedBlockMayBeSentAgain(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	bad := x.block(image, 1)
	bad.CRC++
	if r := x.ask(bad); r.Status != ion.StatusVerifyFailed || r.Expected != 1 {
		t.Fatalf("%+v", r)
	}
	x.blocks(image)
	x.must(verify(image, "7350V283"))
}

// The duplicate of a clear must never wipe out what came after it.
func TestClearUnderTheSameMessageIDBeginsNothingAnew(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	begin := ion.DownloadRequest{Op: ion.OpClear, Begin: true}
	id := x.id
	if r := x.askAgain(begin, patience); r.Status != ion.StatusOK {
		t.Fatalf("the same again when it is done: %+v", r)
	}
	x.must(x.block(image, 1))
	x.id = id
	if r := x.askAgain(begin, patience); r.Status != ion.StatusOK || x.m.State() != Receiving {
		t.Fatalf("the same again behind a block: %+v", r)
	}
	if r := x.must(ion.DownloadRequest{Op: ion.OpIdentify}); r.NextSequence != 2 {
		t.Errorf("it wants block %d", r.NextSequence)
	}
	x.id = id + 50
	if r := x.askAgain(begin, patience); r.Status != ion.StatusBusy {
		t.Errorf("a new clear: %+v", r)
	}
}

func TestClearWhileItRunsTellsHowFarItIs(t *testing.T) {
	x := running(t, testConfig())
	x.intoDownload(newImage())
	x.id++
	last := uint16(8)
	for range 7 { // one sector a second
		r := x.askAgain(ion.DownloadRequest{Op: ion.OpClear, Begin: true}, time.Second)
		x.wait(time.Second)
		x.id++
		if r.Status != ion.StatusBusy || r.SectorsLeft != last-1 {
			t.Fatalf("%+v after %d sectors to go", r, last)
		}
		last = r.SectorsLeft
	}
	if r := x.must(ion.DownloadRequest{Op: ion.OpClear}); r.SectorsLeft != 0 || x.m.Chip().Ops() != 7 {
		t.Errorf("%+v after %d operations", r, x.m.Chip().Ops())
	}
}

// A client that was started anew counts its messages from 1 again, so the id of its clear
// may be that of the clear of the client before.
func TestEnterMakesTheLoaderForgetTheClearBefore(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	id := x.id
	x.must(x.block(image, 1))
	x.id = id - 2
	x.must(enter(len(image)))
	x.id = id
	if r := x.askAgain(ion.DownloadRequest{Op: ion.OpClear, Begin: true}, patience); r.Status != ion.StatusBusy {
		t.Fatalf("the clear of the new client: %+v", r)
	}
	x.wait(20 * time.Second)
	x.blocks(image)
	x.must(verify(image, "7350V283"))
}

func TestEnterWhileTheFlashIsErasedBeginsNothingAnew(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.id++
	begin := ion.DownloadRequest{Op: ion.OpClear, Begin: true}
	x.askAgain(begin, patience)
	x.wait(3 * time.Second)
	x.id++
	if r := x.askAgain(enter(len(image)), patience); r.Status != ion.StatusOK || !r.Already {
		t.Fatalf("%+v", r)
	}
	x.id++
	x.askAgain(begin, patience)
	x.wait(20 * time.Second)
	if ops := x.m.Chip().Ops(); ops != 7 || x.m.State() != Receiving {
		t.Errorf("%d operations, %v", ops, x.m.State())
	}
}

func TestLoaderAnswersNoProgramAndTakesNoTimeSync(t *testing.T) {
	x := running(t, testConfig())
	x.intoDownload(newImage())
	if v := x.run(ion.Read(ion.HandleRevision).Commands...); v != nil {
		t.Errorf("it answers %v", v)
	}
	before := x.m.memory.offset
	x.send(vectorsByName(t)["timeset_nopw"].Hex)
	x.wait(time.Second)
	if x.m.memory.offset != before {
		t.Error("it took a time sync")
	}
}

// What comes while the chip works is answered when that is done, once, and the last of it
// only: its sender has given up on the rest.
func TestRequestThatComesWhileABlockIsProgrammedIsAnsweredBehindIt(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	x.id++
	p := x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, new(x.block(image, 1))))
	x.sendAll(p)
	if x.m.State() != Programming {
		t.Fatalf("the meter is %v", x.m.State())
	}
	x.sendAll(p) // the same once more, while it programs
	got := x.wait(time.Second)
	f, n, err := ion.ParseFrame(got)
	if err != nil || n != len(got) {
		t.Fatalf("it sends %x: %v", got, err)
	}
	if reply, err := ion.ParsePacket(f.Data); err != nil || reply.MessageID != x.id {
		t.Errorf("%+v: %v", reply, err)
	}
	if r := x.must(ion.DownloadRequest{Op: ion.OpIdentify}); r.NextSequence != 2 {
		t.Errorf("it wants block %d", r.NextSequence)
	}
	if n := len(got); n == 0 {
		t.Error("no answer")
	}
}

// sendAll sends all frames of a message, taking each acknowledgement, and does not wait for
// the answer.
func (x *tester) sendAll(p ion.Packet) {
	x.tb.Helper()
	out := ion.Outgoing{Message: ion.AppendPacket(nil, p)}
	out.Begin(ion.HostAddress, x.m.cfg.UnitID, false)
	for {
		x.send(out.AppendFrame(nil))
		if out.Last() {
			return
		}
		f, _, err := ion.ParseFrame(x.wait(x.m.cfg.Timing.RTSDelay))
		if err != nil || !out.Acked(f) {
			x.tb.Fatalf("%+v: %v", f, err)
		}
	}
}

func TestRestartWithoutAnImageStaysInDownloadState(t *testing.T) {
	x := running(t, testConfig())
	image := newImage()
	x.intoDownload(image)
	x.clear()
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(time.Minute)
	if x.m.State() != Download {
		t.Fatalf("the meter is %v", x.m.State())
	}
	if r := x.ask(x.block(image, 1)); r.Status != ion.StatusNotCleared {
		t.Errorf("a block: %+v", r)
	}
}

func TestRestartOfAnIntactMeterRunsItsApplicationAgain(t *testing.T) {
	x := running(t, testConfig())
	before := x.m.Settings(x.now)
	x.intoDownload(newImage())
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(time.Minute)
	after := x.m.Settings(x.now)
	if d := before.Differs(&after); x.m.State() != Application || d&^ion.Of(ion.Energy) != 0 {
		t.Errorf("%v, settings changed: %v", x.m.State(), d)
	}
}

func TestChipThatFailsIsReported(t *testing.T) {
	image := newImage()
	begin := ion.DownloadRequest{Op: ion.OpClear, Begin: true}

	t.Run("at an erase", func(t *testing.T) {
		x := running(t, testConfig())
		x.intoDownload(image)
		x.m.Chip().FailErase(4)
		x.ask(begin)
		x.wait(10 * time.Second)
		for _, r := range []ion.DownloadRequest{begin, {Op: ion.OpClear}} {
			if got := x.askAgain(r, patience); got.Status != ion.StatusEraseFailed || got.Sector != 4 || x.m.State() != Download {
				t.Errorf("%+v in %v", got, x.m.State())
			}
		}
		if r := x.ask(x.block(image, 1)); r.Status != ion.StatusNotCleared {
			t.Errorf("a block after it: %+v", r)
		}
		x.m.Chip().ClearFaults()
		x.clear()
	})
	t.Run("at a block", func(t *testing.T) {
		x := running(t, testConfig())
		x.intoDownload(image)
		x.clear()
		x.m.Chip().FailProgram(x.m.cfg.imageBase() + 3000)
		if r := x.ask(x.block(image, 1)); r.Status != ion.StatusProgramFailed || r.Expected != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("at the record", func(t *testing.T) {
		x := running(t, testConfig())
		x.intoDownload(image)
		x.clear()
		x.blocks(image)
		x.m.Chip().FailProgram(x.m.cfg.recordBase() + 5)
		if r := x.ask(verify(image, "7350V283")); r.Status != ion.StatusProgramFailed {
			t.Errorf("%+v", r)
		}
	})
	t.Run("by a lie", func(t *testing.T) {
		x := running(t, testConfig())
		x.intoDownload(image)
		x.clear()
		x.m.Chip().LieAt(x.m.Chip().Ops() + 7)
		x.blocks(image)
		if r := x.ask(verify(image, "7350V283")); r.Status != ion.StatusVerifyFailed || r.CRC == 0 {
			t.Errorf("%+v", r)
		}
		x.must(ion.DownloadRequest{Op: ion.OpRestart})
		x.wait(time.Minute)
		if x.m.State() != Download {
			t.Errorf("the meter is %v", x.m.State())
		}
	})
}

func TestDownloadRequestsThatAreNoneAreNotAnswered(t *testing.T) {
	x := running(t, testConfig())
	for name, body := range map[string][]byte{
		"nothing": {}, "no operation": {0}, "operation 7": {7}, "identify with a tail": {1, 0}, "clear with flag 2": {3, 2}, "half an enter": {2, 1, 2},
	} {
		x.id++
		if p := x.talk(x.packet(ion.TypeDownload, body), time.Second); p != nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	p := x.packet(ion.TypeDownload, []byte{byte(ion.OpIdentify)})
	p.Request = false
	if got := x.talk(p, time.Second); got != nil {
		t.Errorf("a reply: %+v", got)
	}
	p = x.packet(0x45, []byte{1})
	if got := x.talk(p, time.Second); got != nil {
		t.Errorf("a type that does not exist: %+v", got)
	}
}

func TestModelsDifferAsDocumented(t *testing.T) {
	for _, c := range []struct {
		model Model
		want  Features
	}{
		{ION7300, Features{SamplesPerCycle: 32, Harmonics: 15}},
		{ION7330, Features{SamplesPerCycle: 32, Harmonics: 15, LogMemoryKB: 300}},
		{ION7350, Features{SamplesPerCycle: 64, Harmonics: 31, LogMemoryKB: 300, WaveformLog: true}},
	} {
		if got := c.model.features(); got != c.want {
			t.Errorf("%v: %+v", c.model, got)
		}
		if got, err := ParseModel(c.model.String()); err != nil || got != c.model {
			t.Errorf("%v comes back as %v: %v", c.model, got, err)
		}
		cfg := testConfig()
		cfg.Model = c.model
		cfg.Firmware.Revision = c.model.String() + "V282"
		cfg.Firmware.Image = firmware.Image(9, 100)
		x := running(t, cfg)
		if got := x.read(ion.HandleOptions).Text; got != c.want.String() {
			t.Errorf("the options register of a %v says %q", c.model, got)
		}
		if got := x.read(ion.HandleDeviceType).Text; got != c.model.String() {
			t.Errorf("device type %q", got)
		}
		if r := x.must(ion.DownloadRequest{Op: ion.OpIdentify}); r.Product != uint16(c.model) {
			t.Errorf("product %d", r.Product)
		}
		if lcd := x.m.Panel().LCD; lcd != "ION"+c.model.String() {
			t.Errorf("LCD %q", lcd)
		}
		for _, other := range []uint16{7300, 7330, 7350} {
			if r := x.ask(ion.DownloadRequest{Op: ion.OpEnter, Product: other, Length: 9}); (r.Status == ion.StatusOK) != (other == uint16(c.model)) {
				t.Errorf("a %v and an image for a %d: %v", c.model, other, r.Status)
			}
			x.wait(5 * time.Second)
		}
	}
	if _, err := ParseModel("7700"); err == nil {
		t.Error("7700 is a model")
	}
}
