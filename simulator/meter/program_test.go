package meter

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/ion"
)

// program sends the data of a program and gives the status and the values of the result.
func (x *tester) program(data string) (status byte, values string) {
	x.tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(data, " ", ""))
	if err != nil {
		x.tb.Fatal(err)
	}
	x.id++
	body := append([]byte{0, 0x0F, 0, 0, 1, 0, byte(len(b) >> 8), byte(len(b))}, b...)
	p := x.talk(x.packet(ion.TypeProgram, body), patience)
	if p == nil {
		return 0xFF, "silence"
	}
	r, err := ion.ParseResult(p.Body)
	if err != nil {
		x.tb.Fatal(err)
	}
	return r.Status, fmt.Sprint(r.Values)
}

// The bytes of a label that read like a write of V nominal, as they were found on a line, and the same
// behind methods that take nothing.
func TestAnArgumentIsNeverCarriedOutAsACommand(t *testing.T) {
	x := running(t, testConfig())
	frame, err := hex.DecodeString("000014ac0037204e69004000" + "00300001059564000195010069" + "0000000000000000" + "0100" + "000f000001000011" +
		"f65800ff0080fa991571eb166400000007" + "43af")
	if err != nil {
		t.Fatal(err)
	}
	x.send(frame)
	x.wait(time.Second)
	for _, method := range []ion.Method{ion.MethodClass, ion.MethodLabel, ion.MethodRegisterValue, ion.MethodReadValue, ion.MethodSecurityLevel, ion.MethodBounds, ion.MethodOutputHandles} {
		for _, array := range []byte{0xFA, 0xFD, 0xFE} {
			x.run(ion.Command{Handle: ion.HandleVa, Method: method}, ion.Command{Handle: ion.Handle(array)<<8 | 0x99, Method: ion.MethodRegisterValue}, write(ion.HandleVNominal, ion.UnsignedValue(7, 4)))
		}
	}
	if got := x.read(ion.HandleVNominal).Float; got != 120 {
		t.Errorf("an argument set V nominal to %v", got)
	}
}

func TestACommandThatCannotBeReadHasAnExceptionInItsPlace(t *testing.T) {
	for data, want := range map[string]string{
		"F6 1303 15 1303 99 1304 15":      `1 ["7350V282" exception 6 (0): Invalid Method]`,
		"F6 1303 15 1303 FF 9999 1304 15": `1 ["7350V282" exception 6 (0): Invalid Method]`,
		"F6 1303 15 1345 16 90":           `1 ["7350V282" exception 11 (0): Invalid Command]`,
		"F6 1303 15 1345":                 `1 ["7350V282" exception 11 (0): Invalid Command]`,
		"F6 1303 15 1345 16":              `1 ["7350V282" exception 11 (0): Invalid Command]`,
		"F6 1000 95 74 61 01 F3 1303 15":  `1 [exception 11 (0): Invalid Command]`,
		"F6 1303 15 1000 95 1304 15":      `0 ["7350V282" exception 7 (0): Invalid Range "PC-0209A001-11"]`,
		"F6 1000 95 34 71EB 1696 1304 15": `0 [exception 7 (0): Invalid Range "PC-0209A001-11"]`,
	} {
		status, values := running(t, testConfig()).program(data)
		if got := fmt.Sprintf("%d %s", status, values); got != want {
			t.Errorf("%s\n got %s\nwant %s", data, got, want)
		}
	}
}

// The public client begins 15 records before the end, and cannot send a number below zero.
func TestAStartOfTheEventLogBelowZeroIsItsBeginning(t *testing.T) {
	x := running(t, testConfig())
	for _, from := range []uint32{0, 0xFFFFFFF2, 0x80000000} {
		v := x.run(ion.Command{Handle: ion.HandleEventLog, Method: ion.MethodReadValue, Args: []ion.Value{ion.RangeValue(from, 1)}})
		if v[0].Kind != ion.KindStructureArray || len(v[0].Items) == 0 {
			t.Errorf("from %X: %v", from, v)
		}
	}
}

// framesOf are the frames of a read of the revision, cut into pieces of size bytes.
func framesOf(x *tester, size int) []ion.Frame {
	p := x.packet(ion.TypeProgram, ion.AppendProgram(nil, ion.Read(ion.HandleRevision)))
	message := ion.AppendPacket(nil, p)
	var frames []ion.Frame
	for at := 0; at < len(message); at += size {
		frames = append(frames, ion.Frame{Source: ion.HostAddress, Destination: x.m.cfg.UnitID, Data: message[at:min(at+size, len(message))]})
	}
	for i := range frames {
		frames[i].Transaction = byte(len(frames) - 1 - i)
	}
	frames[0].Transaction |= 0x40
	return frames
}

func TestOnlyAFrameThatAsksIsAcknowledged(t *testing.T) {
	x := running(t, testConfig())
	frames := framesOf(x, 20)
	x.send(ion.AppendFrame(nil, frames[0]))
	if got := x.wait(time.Second); len(got) > 0 {
		t.Errorf("a frame without the bit is answered with %x", got)
	}
	frames[0].Control |= ion.AckBit
	x.send(ion.AppendFrame(nil, frames[0]))
	if got := x.wait(time.Second); !bytes.Equal(got, ion.AppendFrame(nil, ion.Ack(frames[0]))) {
		t.Errorf("a frame with the bit is answered with %x", got)
	}
}

func TestTheLastFrameOnceMoreChangesNothing(t *testing.T) {
	x := running(t, testConfig())
	frames := framesOf(x, 30)
	if len(frames) != 2 {
		t.Fatalf("%d frames", len(frames))
	}
	x.send(ion.AppendFrame(nil, frames[0]))
	x.wait(time.Second)
	x.send(ion.AppendFrame(nil, frames[1]))
	x.send(ion.AppendFrame(nil, frames[1]))
	got := x.wait(time.Second)
	f, n, err := ion.ParseFrame(got)
	if err != nil || n != len(got) || f.IsAck() {
		t.Fatalf("the request with its last frame twice is answered with %x", got)
	}
	x.send(ion.AppendFrame(nil, frames[1]))
	if got := x.wait(time.Second); len(got) > 0 {
		t.Errorf("later that frame is answered with %x", got)
	}
}

func TestAPacketForAnotherUnitIsDiscarded(t *testing.T) {
	x := running(t, testConfig())
	p := x.packet(ion.TypeProgram, ion.AppendProgram(nil, ion.Read(ion.HandleRevision)))
	p.Destination = ion.MeterAddress(x.m.cfg.UnitID + 1)
	if got := x.talk(p, time.Second); got != nil {
		t.Errorf("it answers %+v", got)
	}
}

func TestARequestFromAnAddressThatNobodyHasIsNotAnswered(t *testing.T) {
	const reserved = 0
	for _, source := range []uint16{ion.Broadcast, reserved} {
		x := running(t, testConfig())
		f := framesOf(x, 200)[0]
		f.Source = source
		x.send(ion.AppendFrame(nil, f))
		if got := x.wait(time.Second); len(got) > 0 {
			t.Errorf("it answers %x to one from %04X", got, source)
		}
	}
}

func TestACredentialOfTwoBytesIsANumericPassword(t *testing.T) {
	cfg := testConfig()
	cfg.Password = "1234"
	x := running(t, cfg)
	for password, want := range map[uint32]string{1234: `["7350V282"]`, 1235: `[exception 9 (0): Invalid Password]`} {
		p := x.packet(ion.TypeProgram, ion.AppendProgram(nil, ion.Read(ion.HandleRevision)))
		p.ShortCredential, p.Credential = true, ion.NumericCredential(0, password)
		reply := x.talk(p, time.Second)
		if reply == nil {
			t.Fatal("silence")
		}
		if r, err := ion.ParseResult(reply.Body); err != nil || fmt.Sprint(r.Values) != want {
			t.Errorf("%d: %v, %v", password, r.Values, err)
		}
	}
}
