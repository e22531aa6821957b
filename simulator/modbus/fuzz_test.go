package modbus

import (
	"bytes"
	"testing"
	"time"
)

// Whatever comes, a slave does not panic, holds no more than a packet, and says only whole frames
// with a right checksum.
func FuzzRTU(f *testing.F) {
	for _, text := range []string{"\x69\x03\x07\x6c\x00\x0c", "\x00\x10\x07\xd0\x00\x01\x02\x00\x01", "\x69\x10\x17\x70\x00\x02\x04\x00\x00\x38\x40", "\x69\x2b\x0e\x01\x00", "\x69\x03"} {
		f.Add([]byte(text), uint8(3), true)
		f.Add([]byte(text), uint8(1), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, step uint8, sum bool) {
		if sum {
			b = appendSum(bytes.Clone(b)) // the input must not be changed
		}
		p, now := newPort(newFake()), time.Duration(0)
		for n := max(1, int(step)); len(b) > 0; {
			k := min(n, len(b))
			p.Receive(now, b[:k])
			b = b[k:]
			if len(p.RTU.held) > maxPacket {
				t.Fatalf("it holds %d bytes", len(p.RTU.held))
			}
			now += time.Millisecond
		}
		for at, ok := p.Next(); ok; at, ok = p.Next() {
			p.Advance(at)
		}
		if out := p.Transmit(nil); len(out) > 0 && (CutFrame(out) != len(out) || out[0] != 105) {
			t.Errorf("it says % x", out)
		}
	})
}

// Whatever comes and in whatever pieces, a slave over TCP says the same, in whole answers.
func FuzzTCP(f *testing.F) {
	f.Add(Revision(1, 105).AppendTCP(nil), uint8(2))
	f.Add(append(Revision(1, 0).AppendTCP(nil), Read{Transaction: 9, Unit: 255, Register: 46001, Count: 2}.AppendTCP(nil)...), uint8(5))
	f.Add([]byte("\x00\x01\x00\x00\x00\x09\x69\x10\x07\xd0\x00\x01\x02\x00\x01"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, step uint8) {
		whole, parts, d := NewTCP(105), NewTCP(105), newFake()
		whole.Receive(0, d, b)
		for n := max(1, int(step)); len(b) > 0; {
			k := min(n, len(b))
			parts.Receive(0, d, b[:k])
			b = b[k:]
		}
		said := whole.Transmit(nil)
		if !bytes.Equal(said, parts.Transmit(nil)) || whole.Broken() != parts.Broken() || len(whole.held) > maxPacket+headBytes {
			t.Errorf("at once it says % x, and otherwise in pieces of %d", said, step)
		}
		for len(said) > 0 {
			n := tcpAnswerBytes(said)
			if n < headBytes+2 || n > len(said) {
				t.Fatalf("it says % x", said)
			}
			said = said[n:]
		}
	})
}
