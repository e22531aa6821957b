package pcapng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/pcapng"
)

var start = time.Date(2008, time.March, 1, 12, 0, 0, 123_456_789, time.UTC)

// block is a block of a pcapng file, as far as the tests look at it.
type block struct {
	kind     uint32
	from     uint32 // the interface
	at       time.Time
	raw      []byte // the packet
	event    byte
	dcd, on  bool // the cable is in, the meter has power
	data     []byte
	comments []string
	names    []string
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
	case 4:
		for binary.LittleEndian.Uint16(options) != 0 {
			k.names = append(k.names, string(options[8:4+binary.LittleEndian.Uint16(options[2:])-1]))
			options = options[4+(binary.LittleEndian.Uint16(options[2:])+3)/4*4:]
		}
		options = options[4:]
	case 6:
		stamp := uint64(binary.LittleEndian.Uint32(b[12:]))<<32 | uint64(binary.LittleEndian.Uint32(b[16:]))
		k.at = time.Unix(0, int64(stamp)).UTC()
		size := binary.LittleEndian.Uint32(b[20:])
		packet := b[28 : 28+size]
		k.from, k.raw = binary.LittleEndian.Uint32(b[8:]), packet
		options = b[28+(size+3)/4*4 : len(b)-4]
		if packet[0] == 0x45 {
			break // IPv4
		}
		if got := time.Unix(int64(binary.BigEndian.Uint32(packet)), int64(binary.BigEndian.Uint32(packet[4:]))*1000); !got.Equal(k.at.Truncate(time.Microsecond)) {
			t.Errorf("the header says %v, the block %v", got, k.at)
		}
		k.event, k.dcd, k.on, k.data = packet[8], packet[9]&2 != 0, packet[9]&0x40 != 0, packet[12:]
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

func rs485() []pcapng.Line { return []pcapng.Line{{Name: "RS-485", Baud: 9600}} }

// write writes a file of a line: each step a second after another.
func write(t *testing.T, lines []pcapng.Line, steps ...func(w *pcapng.Writer, at time.Duration)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := pcapng.New(&b, pcapng.Config{Program: "test", Comment: "cable-pull at block 3", Start: start, Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range steps {
		step(w, time.Duration(i)*time.Second)
	}
	w.End(time.Minute)
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	return b.Bytes()
}

type step = func(w *pcapng.Writer, at time.Duration)

func sent(d pcapng.Direction, frame string) step {
	return func(w *pcapng.Writer, at time.Duration) { w.Frame(at, 0, d, frame) }
}

func cable(in bool) step { return func(w *pcapng.Writer, at time.Duration) { w.Cable(at, 0, in) } }
func power(on bool) step { return func(w *pcapng.Writer, at time.Duration) { w.Power(at, 0, on) } }
func told(text string) step {
	return func(w *pcapng.Writer, _ time.Duration) { w.Comment(0, text) }
}

func TestACableThatIsPulledIsOneStatusChangeWithDCDLowAndItsEndOneWithDCDHigh(t *testing.T) {
	list := read(t, write(t, rs485(),
		sent(pcapng.ToMeter, frameOf(1)), cable(true), cable(false), cable(false), sent(pcapng.ToMeter, frameOf(2)),
		told("fault strikes: noise"), sent(pcapng.FromMeter, frameOf(2)), cable(true), cable(true), sent(pcapng.ToMeter, frameOf(3)),
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
	if f := frames[2]; f.event != 2 || len(f.comments) != 1 || f.comments[0] != "fault strikes: noise" {
		t.Errorf("the frame behind the noise: %+v", f)
	}
}

func TestFramesAreAtTheirTimesToTheNanosecond(t *testing.T) {
	list := read(t, write(t, rs485(), sent(pcapng.ToMeter, frameOf(1)), sent(pcapng.FromMeter, frameOf(1))))
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
	again := sent(pcapng.ToMeter, frameOf(7))
	list := read(t, write(t, rs485(), again, again, sent(pcapng.FromMeter, frameOf(7)), again, sent(pcapng.ToMeter, frameOf(8))))[2:]
	var told []string
	for _, b := range list {
		told = append(told, strings.Join(b.comments, ";"))
	}
	if want := []string{"", "sent again: message 7 for the 2nd time", "", "sent again: message 7 for the 3rd time", ""}; !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}

func TestThePowerIsALineOfItsOwn(t *testing.T) {
	list := read(t, write(t, rs485(), power(true), power(false), power(false), power(true)))[2:]
	if len(list) != 2 || list[0].on || !list[1].on || !list[0].dcd {
		t.Errorf("%+v", list)
	}
}

func TestWhatIsLeftToTellIsToldAtTheEnd(t *testing.T) {
	list := read(t, write(t, rs485(), told("the image has 3 blocks")))[2:]
	if len(list) != 1 || list[0].event != 6 || list[0].comments[0] != "the image has 3 blocks" {
		t.Errorf("%+v", list)
	}
}

func TestEachLineHasInterfacesOfItsOwnAndTheEndsOfTCPHaveNames(t *testing.T) {
	lines := []pcapng.Line{{Name: "RS-485 1"}, {Name: "RS-485 2", TCP: true, Meter: "meter-106"}, {Name: "RS-485 3"}}
	list := read(t, write(t, lines,
		func(w *pcapng.Writer, at time.Duration) { w.Frame(at, 2, pcapng.ToMeter, frameOf(1)) },
		func(w *pcapng.Writer, at time.Duration) { w.Comment(0, "of the first"); w.Cable(at, 1, false) },
		func(w *pcapng.Writer, at time.Duration) { w.Frame(at, 0, pcapng.ToMeter, frameOf(1)) },
	))
	var kinds, from []uint32
	for _, b := range list {
		kinds = append(kinds, b.kind)
		if b.kind == 6 {
			from = append(from, b.from)
		}
	}
	if want := []uint32{0x0A0D0D0A, 1, 1, 1, 1, 4, 6, 6, 6}; !slices.Equal(kinds, want) {
		t.Fatalf("blocks %x", kinds)
	}
	if want := []uint32{3, 1, 0}; !slices.Equal(from, want) {
		t.Errorf("packets of the interfaces %d", from)
	}
	if names := list[5].names; !slices.Equal(names, []string{"PC", "meter-106"}) {
		t.Errorf("names %q", names)
	}
	if len(list[6].comments)+len(list[7].comments) > 0 || len(list[8].comments) != 1 {
		t.Error("what is told of one line is told at another")
	}
}

func TestWhatASlowReaderHasNotTakenIsSaid(t *testing.T) {
	list := read(t, pcapng.Lost(7, start))
	if len(list) != 1 || list[0].event != 5 || !list[0].at.Equal(start) || list[0].comments[0] != "7 packets are missing here: nobody read them" {
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
	w, err := pcapng.New(disk, pcapng.Config{Start: start, Lines: rs485()})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.Frame(0, 0, pcapng.ToMeter, frameOf(1))
		disk.writes = max(disk.writes, 0)
	}
	disk.writes = 9
	before := disk.bytes
	w.Frame(0, 0, pcapng.ToMeter, frameOf(1))
	if !errors.Is(w.Err(), errFull) || disk.bytes != before {
		t.Errorf("%v, and %d bytes more", w.Err(), disk.bytes-before)
	}
	if _, err := pcapng.New(&full{}, pcapng.Config{Lines: rs485()}); !errors.Is(err, errFull) {
		t.Errorf("a head that cannot be written: %v", err)
	}
}
