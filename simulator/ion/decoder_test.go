package ion

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"ionbench/simulator/machine/machinetest"
)

func request(data []byte) Frame {
	return Frame{Source: HostAddress, Destination: 105, Transaction: firstFrame, Data: data}
}

func TestCRCOfDocumentedBytes(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		want  uint16
	}{
		{[]byte("123456789"), 0x4B37},
		{[]byte{0xE0, 0x07, 0x20, 0x4E, 0x69, 0x00, 0x41, 0x00}, 0x217A},
		{[]byte{0xE0, 0x07, 0x69, 0x00, 0x20, 0x4E, 0x41, 0x00}, 0x3D6A},
		{nil, 0xFFFF},
		{[]byte{0}, 0x40BF},
	} {
		if got := CRC16(c.bytes); got != c.want {
			t.Errorf("% X: %04X instead of %04X", c.bytes, got, c.want)
		}
	}
}

// slowCRC is the definition, bit by bit.
func slowCRC(p []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, x := range p {
		crc ^= uint16(x)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0xA001
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

func TestCRCAgreesWithItsDefinitionAtEveryLength(t *testing.T) {
	p := make([]byte, 300)
	for i := range p {
		p[i] = byte(i*i*7 + i>>3)
	}
	for n := range p {
		if got, want := CRC16(p[:n]), slowCRC(p[:n]); got != want {
			t.Fatalf("%d bytes: %04X instead of %04X", n, got, want)
		}
	}
}

func TestParseFrameSaysWhatIsWrong(t *testing.T) {
	sound := encode(request([]byte("abc")))
	spoil := func(at int, b byte) []byte {
		p := slices.Clone(sound)
		p[at] = b
		return p
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  error
	}{
		"nothing":         {nil, ErrIncomplete},
		"preamble alone":  {sound[:2], ErrSync},
		"half a sync":     {sound[:3], ErrIncomplete},
		"one byte short":  {sound[:len(sound)-1], ErrIncomplete},
		"other sync":      {spoil(3, 0xAD), ErrSync},
		"length below 7":  {spoil(5, 6), ErrLength},
		"length too long": {spoil(5, 200), ErrIncomplete},
		"data changed":    {spoil(12, 'x'), ErrCRC},
	} {
		t.Run(name, func(t *testing.T) {
			if _, n, err := ParseFrame(c.bytes); !errors.Is(err, c.want) || n != 0 {
				t.Errorf("%d bytes taken, error %v instead of %v", n, err, c.want)
			}
		})
	}
	for name, b := range map[string][]byte{"with preamble": sound, "at 14 AC": sound[2:]} {
		if f, n, err := ParseFrame(append(slices.Clone(b), 0x14)); err != nil || n != len(b) || string(f.Data) != "abc" {
			t.Errorf("%s: %q, %d of %d bytes: %v", name, f.Data, n, len(b), err)
		}
	}
}

func TestAppendFramePanicsWhenTheLengthByteCannotCountTheData(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("249 data bytes were accepted")
		}
	}()
	encode(request(make([]byte, maxWireData+1)))
}

// A firmware image may contain the bytes of ION frames.
func TestFrameInsideADataBlockIsNeverTakenWhileTheOuterOneIsGood(t *testing.T) {
	inner := encode(request([]byte("inner")))
	outer := encode(request(slices.Concat([]byte("xx"), inner, []byte("yy"), inner, []byte("z"))))
	ends := map[int]bool{}
	for from := 0; ; {
		i := bytes.Index(outer[from:], inner)
		if i < 0 {
			break
		}
		from += i + len(inner)
		ends[from] = true
	}
	if len(ends) != 2 {
		t.Fatalf("%d inner frames", len(ends))
	}
	for cut := 1; cut < len(outer); cut++ {
		if ends[cut] {
			continue // a pause at the end of an inner frame cannot be told from the end of a sending
		}
		var d Decoder
		found := decodeAll(&d, outer[:cut])
		d.Gap()
		found = append(found, drain(&d)...)
		found = append(found, decodeAll(&d, outer[cut:])...)
		if len(found) != 1 || !bytes.Equal(encode(found[0]), outer) {
			t.Fatalf("pause after %d bytes: %d frames instead of the outer one", cut, len(found))
		}
	}
}

func TestGapKeepsASlowFrame(t *testing.T) {
	frame := encode(request([]byte("slow bytes are legal")))
	var d Decoder
	for i, b := range frame {
		if found := decodeAll(&d, []byte{b}); len(found) != i/(len(frame)-1) {
			t.Fatalf("%d frames after %d of %d bytes", len(found), i+1, len(frame))
		}
		d.Gap()
		if found := drain(&d); len(found) != 0 {
			t.Fatalf("gap after %d bytes delivered %d frames", i+1, len(found))
		}
	}
	if d.Pending() {
		t.Error("something is still held")
	}
}

func TestGapGivesUpEveryFrameThatGoodOnesStandBehind(t *testing.T) {
	liar := []byte{0, 0, 0x14, 0xAC, 0x00, 0xFF, 1, 2, 3}
	one, two := encode(request([]byte("one"))), encode(request([]byte("two")))
	var d Decoder
	if found := decodeAll(&d, liar, one, liar, two); len(found) != 0 || !d.Pending() {
		t.Fatalf("%d frames before the gap, pending %v", len(found), d.Pending())
	}
	clone := d
	d.Gap()
	found := drain(&d)
	if len(found) != 2 || string(found[0].Data) != "one" || string(found[1].Data) != "two" || d.Pending() {
		t.Fatalf("found %v, pending %v", found, d.Pending())
	}
	if found := drain(&clone); len(found) != 0 || !clone.Pending() {
		t.Errorf("the clone was changed: %v", found)
	}
}

func TestGapGivesUpNothingThatComesAfterIt(t *testing.T) {
	one, slow := encode(request([]byte("one"))), encode(request(make([]byte, 200)))
	var d Decoder
	d.Feed(make([]byte, 900)) // the held bytes then have to move to make room
	d.Feed([]byte{0x14, 0xAC, 0x00, 0xFF})
	d.Feed(one)
	drain(&d)
	d.Gap()
	rest := slow[d.Feed(slow[:150]):]
	if found := drain(&d); len(found) != 1 || string(found[0].Data) != "one" {
		t.Fatalf("found %v", found)
	}
	if found := decodeAll(&d, rest); len(found) != 1 || !bytes.Equal(encode(found[0]), slow) {
		t.Errorf("the slow frame behind the gap: found %v", found)
	}
}

func TestFrameThatBeginsInsideAFalseStartIsFound(t *testing.T) {
	bare := encode(request([]byte("bare")))[preambleBytes:] // a missing preamble is forgiven
	for _, start := range [][]byte{{0x14}, {0x14, 0xAC}, {0x14, 0xAC, 0x00}, {0x14, 0xAC, 0x00, 0x06}, {0x14, 0xAC, 0x00, 0x07}} {
		var d Decoder
		found := decodeAll(&d, start, bare)
		d.Gap() // a sync in front of a sync makes its length a lie
		found = append(found, drain(&d)...)
		if len(found) != 1 || !bytes.Equal(encode(found[0])[preambleBytes:], bare) {
			t.Errorf("behind % X: found %v", start, found)
		}
	}
}

func TestLyingLengthIsOvercomeWithoutAGapWhenTheSenderRepeats(t *testing.T) {
	frame := encode(request([]byte("again")))
	var d Decoder
	decodeAll(&d, []byte{0x14, 0xAC, 0x00, 0xFF})
	for range 20 {
		if found := decodeAll(&d, frame); len(found) > 0 {
			return
		}
	}
	t.Error("twenty good frames were not enough")
}

func TestFeedTakesWhatFitsAndAlwaysGetsOn(t *testing.T) {
	var d Decoder
	flood := bytes.Repeat([]byte{0x14, 0xAC, 0xFF}, 2000)
	if n := d.Feed(flood); n != decoderBytes {
		t.Fatalf("took %d bytes", n)
	}
	if n := d.Feed(flood); n != 0 {
		t.Fatalf("took %d bytes more while full", n)
	}
	drain(&d)
	for range 100 {
		if n := d.Feed(flood[:700]); n != 700 {
			t.Fatalf("took only %d bytes after Next had returned false", n)
		}
		drain(&d)
	}
}

func TestDecoderStateHoldsOnlyWhatIsHeld(t *testing.T) {
	frame := encode(request([]byte("state")))
	var fresh, used, held Decoder
	decodeAll(&used, []byte("garbage"), frame, frame)
	if !bytes.Equal(machinetest.StateOf(fresh.Declare), machinetest.StateOf(used.Declare)) {
		t.Error("a decoder that holds nothing differs from a new one")
	}
	decodeAll(&held, frame[:7])
	decodeAll(&used, frame[:5], frame[5:7])
	if !bytes.Equal(machinetest.StateOf(held.Declare), machinetest.StateOf(used.Declare)) {
		t.Error("the way of the bytes into the decoder shows")
	}
	if bytes.Equal(machinetest.StateOf(fresh.Declare), machinetest.StateOf(held.Declare)) {
		t.Error("what is held does not show")
	}
	held.Reset()
	if !bytes.Equal(machinetest.StateOf(fresh.Declare), machinetest.StateOf(held.Declare)) || held.Pending() {
		t.Error("reset leaves something")
	}
}

// findFrames is the decoder's rule said in the simplest way, over a whole stream.
func findFrames(b []byte) (frames [][]byte, rest []byte) {
	for len(b) > 0 {
		switch {
		case b[0] != 0x14 || len(b) > 1 && b[1] != 0xAC || len(b) > 3 && b[3] < 7:
			b = b[1:]
		case len(b) < 4 || len(b) < int(b[3])+5:
			return frames, b
		default:
			n := int(b[3]) + 5
			if slowCRC(b[2:n-2]) != binary.LittleEndian.Uint16(b[n-2:]) {
				b = b[1:]
				continue
			}
			frames = append(frames, b[:n])
			b = b[n:]
		}
	}
	return frames, nil
}

func FuzzDecoder(f *testing.F) {
	all, _ := loadVectors(f)
	for i, v := range all {
		f.Add(v.Hex, uint8(1))
		f.Add(append(slices.Clone(v.Hex[:len(v.Hex)-i%7]), all[(i+1)%len(all)].Hex...), uint8(i))
	}
	f.Add(bytes.Repeat([]byte{0x14, 0xAC, 0x00, 0x07}, 300), uint8(200))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		want, rest := findFrames(stream)
		var d Decoder
		found := decodeAll(&d, slices.Collect(slices.Chunk(stream, int(size)+1))...)
		if len(found) != len(want) {
			t.Fatalf("%d frames instead of %d", len(found), len(want))
		}
		for i, f := range found {
			if got := encode(f); !bytes.Equal(got[2:], want[i]) {
				t.Fatalf("frame %d encodes to %X instead of %X", i, got[2:], want[i])
			}
		}
		if d.Pending() != (len(rest) > 0) || len(rest) >= maxFrameBytes {
			t.Fatalf("pending %v with %d bytes left", d.Pending(), len(rest))
		}
		next := encode(request([]byte("next")))
		found = decodeAll(&d, next)
		d.Gap()
		found = append(found, drain(&d)...)
		if len(found) > 0 && !d.Pending() {
			return
		}
		stream = append(slices.Clone(rest), next...)
		for i := range rest {
			if _, v := inspect(stream[i:]); v == good {
				return // by chance the CRC of a false frame is found inside the next one
			}
		}
		t.Fatal("the next frame is lost")
	})
}

func TestFrameCodecAllocatesNothing(t *testing.T) {
	message := make([]byte, MaxMessage)
	for i := range message {
		message[i] = byte(i)
	}
	o := Outgoing{Message: message}
	var sender, receiver Decoder
	var a Assembler
	line := make([]byte, 0, 300)
	complete := 0
	run := func() {
		o.Begin(HostAddress, 105, false)
		for {
			line = o.AppendFrame(line[:0])
			receiver.Feed(line)
			f, ok := receiver.Next()
			if !ok {
				t.Fatal("the frame was not found")
			}
			if _, state := a.Add(f); state == Complete {
				complete++
			}
			if o.Last() {
				return
			}
			line = AppendFrame(line[:0], Ack(f))
			sender.Feed(line)
			if ack, ok := sender.Next(); !ok || !o.Acked(ack) {
				t.Fatal("not acknowledged")
			}
		}
	}
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations for a message of 32 frames", n)
	}
	if complete != 21 {
		t.Errorf("%d of 21 messages complete", complete)
	}
}

func BenchmarkCRC16(b *testing.B) {
	for _, size := range []int{lengthBase + 1, lengthBase + 1 + MaxFrameData} { // of an ACK, of a full frame
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				CRC16(p)
			}
		})
	}
}

func BenchmarkFrameThereAndBack(b *testing.B) {
	f := request(make([]byte, MaxFrameData))
	line := AppendFrame(nil, f)
	var d Decoder
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		line = AppendFrame(line[:0], f)
		d.Feed(line)
		if _, ok := d.Next(); !ok {
			b.Fatal("the frame was not found")
		}
	}
}

// Who hears with others takes what who hears alone takes, whatever it holds.
func TestBytesThatManyHearAreTakenAsByOne(t *testing.T) {
	good := AppendFrame(nil, Frame{Source: 20000, Destination: 105, Transaction: 0x40, Data: []byte("data")})
	bad := append([]byte(nil), good...)
	bad[len(bad)-1]++
	for name, p := range map[string][]byte{"a frame": good, "a bad CRC": bad, "a piece": good[:9], "two frames": append(good[:len(good):len(good)], good...), "nothing": nil} {
		var h Heard
		h.Hear(good) // and then something else
		h.Hear(p)
		for _, held := range [][]byte{nil, good[:8]} {
			var d Decoder
			d.Feed(held)
			d.Next()
			alone, ok := d.Whole(p)
			together, too := d.WholeOf(&h)
			if ok != too || ok && !reflect.DeepEqual(alone, *together) || ok != (name == "a frame" && held == nil) {
				t.Errorf("%s with %d bytes held: %v %+v, %v %+v", name, len(held), ok, alone, too, together)
			}
		}
	}
}
