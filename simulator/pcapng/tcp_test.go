package pcapng_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/pcapng"
)

func overTCP() []pcapng.Line {
	return []pcapng.Line{{Name: "RS-485", Baud: 9600, TCP: true, Meter: "meter-105"}}
}

func connected(w *pcapng.Writer, at time.Duration) { w.Connect(at, 0) }

func left(why string) step {
	return func(w *pcapng.Writer, at time.Duration) { w.Disconnect(at, 0, why) }
}

// segment is a TCP segment in an IPv4 packet.
type segment struct {
	from, to uint16 // ports
	seq, ack uint32
	flags    byte
	data     []byte
	comments []string
}

// segments reads the packets of interface 1 strictly.
func segments(t *testing.T, b []byte) (list []segment) {
	t.Helper()
	for _, k := range read(t, b) {
		if k.kind != 6 || k.from != 1 {
			continue
		}
		p := k.raw
		if p[0] != 0x45 || int(binary.BigEndian.Uint16(p[2:])) != len(p) || ones(p[:20]) != 0xFFFF {
			t.Fatalf("no IPv4 packet: % x", p)
		}
		pseudo := append(append([]byte{}, p[12:20]...), 0, 6, byte((len(p)-20)>>8), byte(len(p)-20))
		if ones(append(pseudo, p[20:]...)) != 0xFFFF {
			t.Errorf("the checksum of % x is wrong", p)
		}
		s := p[20:]
		list = append(list, segment{
			binary.BigEndian.Uint16(s), binary.BigEndian.Uint16(s[2:]), binary.BigEndian.Uint32(s[4:]), binary.BigEndian.Uint32(s[8:]),
			s[13], s[20:], k.comments,
		})
	}
	return list
}

// ones is the sum of 16-bit words in one's complement.
func ones(p []byte) uint32 {
	if len(p)%2 != 0 {
		p = append(p, 0)
	}
	n := uint32(0)
	for i := 0; i < len(p); i += 2 {
		n += uint32(p[i])<<8 | uint32(p[i+1])
	}
	return n>>16 + n&0xFFFF
}

// flagsOf says which segments there are, a letter each: S, s with ACK, A, P, F, R.
func flagsOf(list []segment) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(map[byte]string{0x02: "S", 0x12: "s", 0x10: "A", 0x18: "P", 0x11: "F", 0x14: "R"}[s.flags])
	}
	return b.String()
}

func TestAConnectionBeginsWithSYNAndEveryByteIsNumbered(t *testing.T) {
	list := segments(t, write(t, overTCP(), connected, sent(pcapng.ToMeter, frameOf(1)), sent(pcapng.FromMeter, frameOf(1)), sent(pcapng.ToMeter, frameOf(2)), left("")))
	if got := flagsOf(list); got != "SsAPPPFFA" {
		t.Fatalf("segments %s", got)
	}
	next := map[uint16]uint32{}
	for i, s := range list {
		if seq, begun := next[s.from]; begun && s.seq != seq {
			t.Errorf("segment %d is at %d, not at %d", i, s.seq, seq)
		}
		if s.flags != 0x02 && s.ack != next[s.to] {
			t.Errorf("segment %d acknowledges %d, and the other end stands at %d", i, s.ack, next[s.to])
		}
		next[s.from] = s.seq + uint32(len(s.data))
		if s.flags&3 != 0 {
			next[s.from]++
		}
		if s.from != 7700 && s.to != 7700 {
			t.Errorf("segment %d is between %d and %d", i, s.from, s.to)
		}
	}
	if string(list[3].data) != frameOf(1) || string(list[5].data) != frameOf(2) {
		t.Errorf("the frames are % x and % x", list[3].data, list[5].data)
	}
}

func TestAConnectionThatBreaksIsResetAndTheNextHasAPortOfItsOwn(t *testing.T) {
	list := segments(t, write(t, overTCP(), connected, sent(pcapng.ToMeter, frameOf(1)), left("reset by peer"), sent(pcapng.ToMeter, frameOf(1))))
	if got := flagsOf(list); got != "SsAPRSsAP" {
		t.Fatalf("segments %s", got)
	}
	if list[0].from == list[5].from {
		t.Errorf("both come from port %d", list[0].from)
	}
	if c := list[4].comments; len(c) != 1 || c[0] != "the connection broke: reset by peer" {
		t.Errorf("why: %q", c)
	}
	if c := list[8].comments; len(c) != 1 || c[0] != "sent again: message 1 for the 2nd time" {
		t.Errorf("the request: %q", c)
	}
}

func TestBytesThatAreNoFrameArePackedAsTheyAre(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		text := strings.Repeat("x", 3000)
		b := write(t, []pcapng.Line{{TCP: tcp}}, func(w *pcapng.Writer, at time.Duration) { w.Loose(at, 0, pcapng.FromMeter, text) })
		got := ""
		if tcp {
			for _, s := range segments(t, b) {
				got += string(s.data)
			}
		} else {
			got = string(read(t, b)[2].data)
		}
		if got != text {
			t.Errorf("over TCP %v: %d bytes", tcp, len(got))
		}
	}
}
