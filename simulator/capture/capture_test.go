package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/capture"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

var start = time.Date(2008, time.March, 1, 12, 0, 0, 123_456_789, time.UTC)

// block is a block of a pcapng file, as far as the tests look at it.
type block struct {
	kind     uint32
	at       time.Time
	event    byte
	dcd, on  bool // the cable is in, the meter has power
	data     []byte
	comments []string
}

// read reads a file strictly: lengths, their repetition, padding.
func read(t *testing.T, b []byte) (list []block) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 12 {
			t.Fatalf("%d bytes are left over", len(b))
		}
		n := binary.LittleEndian.Uint32(b[4:])
		if n%4 != 0 || int(n) > len(b) || binary.LittleEndian.Uint32(b[n-4:]) != n {
			t.Fatalf("a block of %d bytes, %d are left", n, len(b))
		}
		list = append(list, readBlock(t, b[:n]))
		b = b[n:]
	}
	return list
}

func readBlock(t *testing.T, b []byte) block {
	k := block{kind: binary.LittleEndian.Uint32(b)}
	options := b[8 : len(b)-4]
	switch k.kind {
	case 0x0A0D0D0A:
		options = options[16:]
	case 1:
		options = options[8:]
	case 6:
		stamp := uint64(binary.LittleEndian.Uint32(b[12:]))<<32 | uint64(binary.LittleEndian.Uint32(b[16:]))
		k.at = time.Unix(0, int64(stamp)).UTC()
		size := binary.LittleEndian.Uint32(b[20:])
		packet := b[28 : 28+size]
		if got := time.Unix(int64(binary.BigEndian.Uint32(packet)), int64(binary.BigEndian.Uint32(packet[4:]))*1000); !got.Equal(k.at.Truncate(time.Microsecond)) {
			t.Errorf("the header says %v, the block %v", got, k.at)
		}
		k.event, k.dcd, k.on, k.data = packet[8], packet[9]&2 != 0, packet[9]&0x40 != 0, packet[12:]
		options = b[28+(size+3)/4*4 : len(b)-4]
	}
	for {
		code, n := binary.LittleEndian.Uint16(options), binary.LittleEndian.Uint16(options[2:])
		if code == 0 {
			if n != 0 || len(options) != 4 {
				t.Errorf("behind the last option are %d bytes", len(options)-4)
			}
			return k
		}
		if code == 1 {
			k.comments = append(k.comments, string(options[4:4+n]))
		}
		options = options[4+(int(n)+3)/4*4:]
	}
}

// frameOf is a request of the host in one frame.
func frameOf(id uint16) string {
	f := ion.Frame{Source: ion.HostAddress, Destination: 105, Transaction: 0x40, Data: []byte{0, 16, byte(id >> 8), byte(id), 1, 0x95, 0x64, 0, 1, 0x95, 1, 0, 105, 1, 0x44, 1}}
	return string(ion.AppendFrame(nil, f))
}

func sent(d line.Direction, bytes string) story.FrameSent {
	return story.FrameSent{Direction: d, Bytes: bytes}
}

func write(t *testing.T, events ...story.What) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.New(&b, capture.Config{Program: "test", Comment: "cable-pull at block 3", Line: "RS-485", Baud: 9600, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	for i, what := range events {
		w.Add(story.Event{At: time.Duration(i) * time.Second, What: what})
	}
	w.End(time.Minute)
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	return b.Bytes()
}

func parse(t *testing.T, text string) fault.Fault {
	t.Helper()
	p, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p[0]
}

func TestACablePullIsOneStatusChangeWithDCDLowAndItsEndOneWithDCDHigh(t *testing.T) {
	pull, noise := parse(t, "cable-pull at block 3"), parse(t, "noise at block 3 rate 1e-3")
	list := read(t, write(t,
		sent(line.ToMeter, frameOf(1)), story.FaultStruck{Fault: pull}, story.FaultStruck{Fault: pull}, sent(line.ToMeter, frameOf(2)),
		story.FaultStruck{Fault: noise}, sent(line.FromMeter, frameOf(2)), story.FaultEnded{Fault: pull}, story.FaultEnded{Fault: pull}, sent(line.ToMeter, frameOf(3)),
	))
	var low, high int
	for _, b := range list {
		if b.kind != 6 || b.event != 0 {
			continue
		}
		if b.dcd {
			high++
		} else {
			low++
		}
	}
	if low != 1 || high != 1 {
		t.Errorf("%d status changes with DCD low, %d with DCD high", low, high)
	}
	frames := slices.DeleteFunc(list, func(b block) bool { return b.kind != 6 || b.event == 0 })
	if len(frames) != 4 || !frames[0].dcd || frames[1].dcd || frames[2].dcd || !frames[3].dcd {
		t.Errorf("frames: %+v", frames)
	}
	if f := frames[2]; f.event != 2 || len(f.comments) != 1 || f.comments[0] != "fault strikes: "+noise.String() {
		t.Errorf("the frame behind the noise: %+v", f)
	}
}

func TestFramesAreAtTheirTimesToTheNanosecond(t *testing.T) {
	list := read(t, write(t, sent(line.ToMeter, frameOf(1)), sent(line.FromMeter, frameOf(1))))
	if len(list) != 4 || list[0].kind != 0x0A0D0D0A || list[1].kind != 1 || list[0].comments[0] != "cable-pull at block 3" {
		t.Fatalf("%+v", list)
	}
	for i, b := range list[2:] {
		if want := start.Add(time.Duration(i) * time.Second); !b.at.Equal(want) || string(b.data) != frameOf(1) || int(b.event) != 1+i {
			t.Errorf("frame %d: %+v, not at %v", i, b, want)
		}
	}
}

func TestARequestThatIsSentAgainSaysSo(t *testing.T) {
	again := sent(line.ToMeter, frameOf(7))
	list := read(t, write(t, again, again, sent(line.FromMeter, frameOf(7)), again, sent(line.ToMeter, frameOf(8))))[2:]
	var told []string
	for _, b := range list {
		told = append(told, strings.Join(b.comments, ";"))
	}
	if want := []string{"", "sent again: message 7 for the 2nd time", "", "sent again: message 7 for the 3rd time", ""}; !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}

func TestThePowerIsALineOfItsOwn(t *testing.T) {
	list := read(t, write(t, story.StateEntered{State: meter.Booting}, story.StateEntered{State: meter.Off}, story.StateEntered{State: meter.Off}, story.StateEntered{State: meter.Booting}))[2:]
	if len(list) != 2 || list[0].on || !list[1].on || !list[0].dcd {
		t.Errorf("%+v", list)
	}
}

func TestWhatIsLeftToTellIsToldAtTheEnd(t *testing.T) {
	list := read(t, write(t, story.FaultMissed{Fault: parse(t, "reply-lost at block 9"), Reason: "the image has 3 blocks"}))[2:]
	if len(list) != 1 || list[0].event != 6 || !strings.Contains(list[0].comments[0], "the image has 3 blocks") {
		t.Errorf("%+v", list)
	}
}

// full is a disk with room for so many writes.
type full struct{ writes, bytes int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.writes == 0 {
		return 0, errFull
	}
	f.writes--
	f.bytes += len(p)
	return len(p), nil
}

func TestAFullDiskIsToldAndNothingFollows(t *testing.T) {
	disk := &full{writes: 3}
	w, err := capture.New(disk, capture.Config{Start: start})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.Add(story.Event{What: sent(line.ToMeter, frameOf(1))})
		disk.writes = max(disk.writes, 0)
	}
	disk.writes = 9
	before := disk.bytes
	w.Add(story.Event{What: sent(line.ToMeter, frameOf(1))})
	if !errors.Is(w.Err(), errFull) || disk.bytes != before {
		t.Errorf("%v, and %d bytes more", w.Err(), disk.bytes-before)
	}
	if _, err := capture.New(&full{}, capture.Config{}); !errors.Is(err, errFull) {
		t.Errorf("a head that cannot be written: %v", err)
	}
}
