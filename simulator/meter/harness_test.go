package meter

import (
	"bytes"
	"hash/crc32"
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// smallChip has one sector for the loader, one for the record and six for the image.
func smallChip() flash.Geometry {
	return flash.Geometry{Sectors: 8, SectorBytes: 8 << 10, Protected: 1, EraseTime: time.Second, ByteProgramTime: 7 * time.Microsecond}
}

func testConfig() Config {
	return Config{
		Model: ION7350, SerialNumber: "PC-0209A001-11", UnitID: 105, Password: "0",
		Epoch:    time.Date(2008, time.March, 6, 15, 0, 0, 0, time.UTC),
		Firmware: Firmware{Revision: "7350V282", Dated: time.Date(2007, 1, 15, 9, 0, 0, 0, time.UTC), Image: firmware.Image(1, 10_000)},
		Timing:   DefaultTiming(), Geometry: smallChip(), Seed: 1,
	}
}

// newMeter makes a meter that is off.
func newMeter(t testing.TB, cfg Config) *Meter {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tester is somebody with a wire in the meter's port: no line, no faults, time by hand.
type tester struct {
	tb    testing.TB
	m     *Meter
	now   time.Duration
	id    uint16
	login ion.Credential
	bare  bool // sends no credential
}

// running is a tester at a meter that was switched on a minute ago.
func running(t testing.TB, cfg Config) *tester {
	t.Helper()
	x := &tester{tb: t, m: newMeter(t, cfg)}
	x.m.PowerOn(0)
	x.wait(time.Minute)
	return x
}

// wait lets time pass and gives what the meter sends meanwhile.
func (x *tester) wait(d time.Duration) []byte {
	x.tb.Helper()
	var sent []byte
	end := x.now + d
	for {
		at, ok := x.m.Next()
		if !ok || at > end {
			break
		}
		if at < x.now {
			x.tb.Fatalf("at %v the meter wants to be woken at %v", x.now, at)
		}
		x.now = at
		x.m.Advance(at)
		sent = x.m.Transmit(sent)
	}
	x.now = end
	x.m.Advance(end)
	return x.m.Transmit(sent)
}

// listen waits until the meter sends something, or patience is over.
func (x *tester) listen(patience time.Duration) []byte {
	x.tb.Helper()
	for end := x.now + patience; ; {
		at, ok := x.m.Next()
		if !ok || at > end {
			at = end
		}
		if got := x.wait(max(0, at-x.now)); len(got) > 0 || x.now >= end {
			return got
		}
	}
}

// send gives bytes to the meter; what it answers comes out of wait.
func (x *tester) send(p []byte) { x.m.Receive(x.now, p) }

// packet is a message of the tester as it goes on the wire, acknowledgements aside.
func (x *tester) packet(kind ion.MessageType, body []byte) ion.Packet {
	return ion.Packet{MessageID: x.id, Request: true, HasCredential: !x.bare, Credential: x.login,
		Source: ion.ClientAddress(), Destination: ion.MeterAddress(x.m.cfg.UnitID), Service: 1, Type: kind, Body: body}
}

// talk sends a message frame by frame, as the meter acknowledges them, and returns its
// answer: nil for silence.
func (x *tester) talk(p ion.Packet, patience time.Duration) *ion.Packet {
	x.tb.Helper()
	out := ion.Outgoing{Message: ion.AppendPacket(nil, p)}
	out.Begin(ion.HostAddress, x.m.cfg.UnitID, false)
	var in ion.Assembler
	x.send(out.AppendFrame(nil))
	for range 100 {
		got := x.listen(patience)
		if len(got) == 0 {
			return nil
		}
		f, n, err := ion.ParseFrame(got)
		if err != nil || n != len(got) {
			x.tb.Fatalf("the meter sent % x: %v", got, err)
		}
		if f.IsAck() {
			if !out.Acked(f) {
				x.tb.Fatalf("an acknowledgement of nothing: %+v", f)
			}
			x.send(out.AppendFrame(nil))
			continue
		}
		if message, state := in.Add(f); state == ion.Complete {
			reply, err := ion.ParsePacket(message)
			if err != nil {
				x.tb.Fatal(err)
			}
			reply.Body = bytes.Clone(reply.Body)
			return &reply
		}
		x.send(ion.AppendFrame(nil, ion.Ack(f)))
	}
	x.tb.Fatal("the meter talks without end")
	return nil
}

const patience = 20 * time.Second

// ask sends a request of the download service under a new message id.
func (x *tester) ask(r ion.DownloadRequest) *ion.DownloadReply {
	x.tb.Helper()
	x.id++
	return x.askAgain(r, patience)
}

// askAgain sends it under the id that is in use.
func (x *tester) askAgain(r ion.DownloadRequest, patience time.Duration) *ion.DownloadReply {
	x.tb.Helper()
	p := x.talk(x.packet(ion.TypeDownload, ion.AppendDownloadRequest(nil, &r)), patience)
	if p == nil {
		return nil
	}
	var reply ion.DownloadReply
	if err := ion.ParseDownloadReply(p.Body, &reply); err != nil {
		x.tb.Fatal(err)
	}
	if p.MessageID != x.id || reply.Op != r.Op || p.Request || p.HasCredential {
		x.tb.Fatalf("%+v is no reply to message %d, %v", p, x.id, r.Op)
	}
	return &reply
}

// must is ask with an answer of status ok.
func (x *tester) must(r ion.DownloadRequest) *ion.DownloadReply {
	x.tb.Helper()
	reply := x.ask(r)
	if reply == nil || reply.Status != ion.StatusOK {
		x.tb.Fatalf("%v: %+v", r.Op, reply)
	}
	return reply
}

// run carries out a program; nil is silence.
func (x *tester) run(commands ...ion.Command) []ion.Value {
	x.tb.Helper()
	x.id++
	p := x.talk(x.packet(ion.TypeProgram, ion.AppendProgram(nil, ion.Program{Frequency: 1, Commands: commands})), patience)
	if p == nil {
		return nil
	}
	r, err := ion.ParseResult(p.Body)
	if err != nil {
		x.tb.Fatal(err)
	}
	return r.Values
}

func (x *tester) read(h ion.Handle) ion.Value {
	x.tb.Helper()
	v := x.run(ion.Command{Handle: h, Method: ion.MethodRegisterValue})
	if len(v) != 1 {
		x.tb.Fatalf("register %#x reads %v", h, v)
	}
	return v[0]
}

func write(h ion.Handle, v ion.Value) ion.Command {
	return ion.Command{Handle: h, Method: ion.MethodWriteRegister, Args: []ion.Value{v}}
}

// The steps of a download.

func enter(length int) ion.DownloadRequest {
	return ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: uint32(length)}
}

func (x *tester) block(image []byte, sequence int) ion.DownloadRequest {
	from := (sequence - 1) * ion.BlockBytes
	data := image[from:min(from+ion.BlockBytes, len(image))]
	return ion.DownloadRequest{Op: ion.OpBlock, Sequence: uint32(sequence), Address: x.m.cfg.imageBase() + uint32(from),
		Data: data, CRC: crc32.ChecksumIEEE(data)}
}

func verify(image []byte, revision string) ion.DownloadRequest {
	return ion.DownloadRequest{Op: ion.OpVerify, Product: 7350, Length: uint32(len(image)), CRC: crc32.ChecksumIEEE(image),
		Dated: 1_200_000_000, Revision: ion.PadText(revision)}
}

func (x *tester) intoDownload(image []byte) {
	x.tb.Helper()
	x.must(enter(len(image)))
	x.wait(5 * time.Second)
	if x.m.State() != Download {
		x.tb.Fatalf("after enter the meter is %v", x.m.State())
	}
}

func (x *tester) clear() {
	x.tb.Helper()
	if r := x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true}); r.Status != ion.StatusBusy {
		x.tb.Fatalf("clear: %+v", r)
	}
	x.wait(20 * time.Second)
	if x.m.State() != Receiving {
		x.tb.Fatalf("after clear the meter is %v", x.m.State())
	}
}

func (x *tester) blocks(image []byte) {
	x.tb.Helper()
	for n := 1; (n-1)*ion.BlockBytes < len(image); n++ {
		if r := x.must(x.block(image, n)); r.Sequence != uint32(n) || r.Expected != uint32(n+1) {
			x.tb.Fatalf("block %d: %+v", n, r)
		}
	}
}

// download puts an image into the meter and restarts it.
func (x *tester) download(image []byte, revision string) {
	x.tb.Helper()
	x.intoDownload(image)
	x.clear()
	x.blocks(image)
	x.must(verify(image, revision))
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
}

func newImage() []byte { return firmware.Image(2, 2*ion.BlockBytes+1000) }
