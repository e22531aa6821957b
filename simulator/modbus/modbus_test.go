package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// fake is a device with a few registers.
type fake struct {
	silent    bool
	registers map[ion.Handle]ion.Value
	written   []string
}

func (f *fake) Answers() bool { return !f.silent }

func (f *fake) Register(_ time.Duration, h ion.Handle) (ion.Value, bool) {
	v, ok := f.registers[h]
	return v, ok
}

func (f *fake) Accepts(_ time.Duration, _ ion.Handle, v float64) bool { return v != 666 }

func (f *fake) Write(_ time.Duration, h ion.Handle, v float64) {
	f.written = append(f.written, fmt.Sprintf("%04x=%v", h, v))
}

func (f *fake) Pulse(_ time.Duration, n int) {
	f.written = append(f.written, fmt.Sprintf("pulse %d", n))
}

func newFake() *fake {
	return &fake{registers: map[ion.Handle]ion.Value{
		ion.HandleRevision:       ion.TextValue("7350V283"),
		ion.HandlePTSecondary:    ion.FloatValue(120),
		ion.HandleVa:             ion.FloatValue(119.54),
		ion.HandleVb:             ion.FloatValue(9000),
		ion.HandleVc:             ion.FloatValue(-3),
		ion.HandleKWa:            ion.FloatValue(-4.26),
		ion.HandleKWb:            ion.FloatValue(7000.5),
		ion.HandleIntegrated:     ion.FloatValue(1234567),
		ion.HandleIntegrated + 1: ion.FloatValue(-1234567),
		ion.HandleVoltsMode:      ion.UnsignedValue(2, 1),
		ion.HandlePTPrimary:      ion.FloatValue(14400),
	}}
}

// ask is a frame of a master, given in hex without its checksum.
func ask(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return appendSum(b)
}

const silence = 4 * time.Millisecond

func newPort(d Device) *Port {
	return &Port{RTU: NewRTU(RTUConfig{Unit: 105, Silence: silence, Delay: 10 * time.Millisecond}), Device: d}
}

// say gives a port bytes and returns in hex, without checksums, what it answers until nothing is due.
func say(t *testing.T, p *Port, b []byte) string {
	t.Helper()
	p.Receive(0, b)
	for at, ok := p.Next(); ok; at, ok = p.Next() {
		p.Advance(at)
	}
	out := p.Transmit(nil)
	if len(out) == 0 {
		return ""
	}
	if !sumIsRight(out) {
		t.Errorf("% x has a wrong checksum", out)
	}
	return fmt.Sprintf("% x", out[:len(out)-2])
}

func TestASlaveAnswersAsTheFamilyIsDocumented(t *testing.T) {
	for _, test := range []struct{ name, ask, want string }{
		{"the revision", "69 03 076c 000c", "69 03 18 37 33 35 30 56 32 38 33" + strings.Repeat(" 00", 16)},
		{"volts are times ten, and stop at the ends of their range", "69 03 000a 0003", "69 03 06 04 ab ff fa 00 00"},
		{"kilowatts are signed, high word first", "69 03 001a 0004", "69 03 08 ff ff ff d5 00 01 11 75"},
		{"energy is high times 10,000 plus low, both with its sign", "69 03 0058 0004", "69 03 08 00 7b 11 d7 ff 85 ee 29"},
		{"a half of a value", "69 03 0059 0001", "69 03 02 11 d7"},
		{"unmapped registers", "69 03 0019 0001", "69 03 02 ff ff"},
		{"unmapped registers beside others", "69 03 0770 0009", "69 03 12" + strings.Repeat(" 00", 16) + " ff ff"},
		{"what this meter has no value for", "69 03 000d 0001", "69 03 02 ff ff"},
		{"an external pulse", "69 03 07d0 0001", "69 03 02 00 00"},
		{"no register at all", "69 03 000a 0000", "69 83 03"},
		{"more than a packet holds", "69 03 000a 007e", "69 83 03"},
		{"the last register of a Modicon 984", "69 03 270e 0001", "69 03 02 ff ff"},
		{"a register behind it", "69 03 270f 0001", "69 83 02"},
		{"another function", "69 04 000a 0001", "69 84 01"},
		{"one that is longer", "69 17 000a 0001 0000 0001 02 0000", "69 97 01"},
		{"another unit", "68 03 000a 0001", ""},
		{"a read by all", "00 03 000a 0001", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := say(t, newPort(newFake()), ask(t, test.ask)); got != test.want {
				t.Errorf("%s gives %q, want %q", test.ask, got, test.want)
			}
		})
	}
}

func TestAWriteStoresAllOfItOrNothing(t *testing.T) {
	for _, test := range []struct{ name, ask, want, written string }{
		{"a setting of one register", "69 10 0fa0 0001 02 0003", "69 10 0f a0 00 01", "7800=3"},
		{"settings of two", "69 10 1770 0004 08 00003840 ffffffff", "69 10 17 70 00 04", "7000=14400 7001=-1"},
		{"pulses, of which zero does nothing", "69 10 07d0 0007 0e 0001 0000 0001 ffff 0000 0000 0001", "69 10 07 d0 00 07", "pulse 1 pulse 3 pulse 4 pulse 7"},
		{"registers that this model has not", "69 10 1ae8 0002 04 0000 012c", "69 10 1a e8 00 02", ""},
		{"unmapped registers", "69 10 0200 0002 04 0001 0002", "69 10 02 00 00 02", ""},
		{"half a setting", "69 10 1770 0001 02 0001", "69 90 03", ""},
		{"the other half", "69 10 1771 0001 02 0001", "69 90 03", ""},
		{"what can only be read", "69 10 076c 0001 02 4142", "69 90 03", ""},
		{"a value that is refused, behind one that is not", "69 10 1770 0004 08 00003840 0000029a", "69 90 03", ""},
		{"no register", "69 10 07d0 0000 00", "69 90 03", ""},
		{"too few bytes", "69 10 07d0 0002 02 0001", "69 90 03", ""},
		{"behind the last register", "69 10 270e 0002 04 0001 0001", "69 90 02", ""},
		{"to all", "00 10 07d0 0001 02 0001", "", "pulse 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newFake()
			if got := say(t, newPort(d), ask(t, test.ask)); got != test.want {
				t.Errorf("%s gives %q, want %q", test.ask, got, test.want)
			}
			if got := strings.Join(d.written, " "); got != test.written {
				t.Errorf("written is %q, want %q", got, test.written)
			}
		})
	}
}

func TestFramesAreToldApartByTheirContentAndBySilence(t *testing.T) {
	request, reply := ask(t, "69 03 000a 0001"), "69 03 02 04 ab"
	noise := []byte{0x69, 0x03, 0x42}
	for _, test := range []struct {
		name string
		line [][]byte // with more than a silence between them
		want string
	}{
		{"whole", [][]byte{request}, reply},
		{"behind the answer of another slave", [][]byte{append(ask(t, "02 03 02 0102"), request...)}, reply},
		{"behind a request to another slave", [][]byte{append(ask(t, "02 10 07d0 0001 02 0001"), request...)}, reply},
		{"behind its own answer, which another slave of its unit id gave", [][]byte{append(ask(t, "69 03 02 0102"), request...)}, reply},
		{"behind noise without silence", [][]byte{append(bytes.Clone(noise), request...)}, ""},
		{"behind noise and silence", [][]byte{noise, request}, reply},
		{"in two halves with silence between", [][]byte{request[:4], request[4:]}, ""},
		{"with a wrong checksum", [][]byte{append(bytes.Clone(request[:7]), request[7]^1)}, ""},
		{"behind more than a packet without silence", [][]byte{append(bytes.Repeat([]byte{0x55}, 300), request...)}, ""},
		{"behind more than a packet and silence", [][]byte{bytes.Repeat([]byte{0x55}, 300), request}, reply},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPort(newFake())
			for i, b := range test.line {
				p.Receive(time.Duration(i)*2*silence, b)
			}
			for at, ok := p.Next(); ok; at, ok = p.Next() {
				p.Advance(at)
			}
			got := p.Transmit(nil)
			if len(got) > 2 {
				got = got[:len(got)-2]
			}
			if fmt.Sprintf("% x", got) != test.want {
				t.Errorf("it says % x, want %s", got, test.want)
			}
		})
	}
}

func TestAnAnswerComesAfterItsDelayAndNotIfTheMasterHasBegunAnew(t *testing.T) {
	p := newPort(newFake())
	p.Receive(time.Second, ask(t, "69 03 000a 0001"))
	if at, ok := p.Next(); !ok || at != time.Second+10*time.Millisecond {
		t.Errorf("it wakes at %v", at)
	}
	p.Receive(time.Second+9*time.Millisecond, ask(t, "69 03 000b 0001"))
	p.Advance(time.Second + 10*time.Millisecond)
	if out := p.Transmit(nil); len(out) != 0 {
		t.Errorf("it answers % x to what is no longer waited for", out)
	}
	p.Advance(time.Second + 19*time.Millisecond)
	if out := p.Transmit(nil); len(out) != 7 || out[3] != 0xff {
		t.Errorf("it answers % x", out)
	}
}

func TestADeviceThatDoesNotAnswerSaysNothing(t *testing.T) {
	d := newFake()
	p, tcp := newPort(d), NewTCP(105)
	p.Receive(0, ask(t, "69 03 000a 0001"))
	d.silent = true
	p.Advance(time.Second)
	if got := p.Transmit(nil); len(got) > 0 {
		t.Errorf("it fell silent, and still says % x", got)
	}
	if got := say(t, p, ask(t, "69 03 000a 0001")); got != "" {
		t.Errorf("it is silent, and says %s", got)
	}
	tcp.Receive(0, d, Revision(1, 105).AppendTCP(nil))
	if got := tcp.Transmit(nil); len(got) > 0 || tcp.Broken() {
		t.Errorf("over TCP it says % x", got)
	}
	d.silent = false
	if got := say(t, p, ask(t, "69 03 000a 0001")); got == "" {
		t.Error("it does not answer any more")
	}
}

func TestOverTCPRequestsAreAnsweredInTheirOrderHoweverTheyCome(t *testing.T) {
	requests := append(Revision(7, 105).AppendTCP(nil), Read{Transaction: 8, Unit: 255, Register: 40011, Count: 1}.AppendTCP(nil)...)
	requests = append(requests, Read{Transaction: 9, Unit: 3, Register: 40011, Count: 1}.AppendTCP(nil)...) // another's
	requests = append(requests, Read{Transaction: 10, Unit: 0, Register: 40011, Count: 126}.AppendTCP(nil)...)
	for step := 1; step <= len(requests); step++ {
		tcp, d := NewTCP(105), newFake()
		for rest := requests; len(rest) > 0; rest = rest[min(step, len(rest)):] {
			tcp.Receive(0, d, rest[:min(step, len(rest))])
		}
		out := tcp.Transmit(nil)
		n := tcpAnswerBytes(out)
		words, err := Revision(7, 105).ParseTCP(out[:n])
		if err != nil || TextOf(words) != "7350V283" {
			t.Fatalf("in pieces of %d: %q, %v", step, words, err)
		}
		out = out[n:]
		n = tcpAnswerBytes(out)
		if words, err = (Read{Transaction: 8, Unit: 255, Register: 40011, Count: 1}).ParseTCP(out[:n]); err != nil || fmt.Sprintf("%x", words) != "04ab" {
			t.Fatalf("in pieces of %d: %x, %v", step, words, err)
		}
		var refused Exception
		if _, err = (Read{Transaction: 10, Unit: 0, Register: 40011, Count: 126}).ParseTCP(out[n:]); !errors.As(err, &refused) || refused != IllegalValue {
			t.Fatalf("in pieces of %d: %v", step, err)
		}
	}
}

func TestAConnectionWithAnotherProtocolIsBroken(t *testing.T) {
	for name, text := range map[string]string{
		"another protocol": "0001 0001 0006 69 03 000a 0001",
		"no request":       "0001 0000 0001 69 03 000a 0001",
		"too long":         "0001 0000 00ff 69 03 000a 0001",
		"ION":              "0000 14ac 0022 204e 6900",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		tcp := NewTCP(105)
		tcp.Receive(0, newFake(), b)
		if !tcp.Broken() || len(tcp.Transmit(nil)) > 0 {
			t.Errorf("%s: broken is %v", name, tcp.Broken())
		}
	}
}

func TestTheMapIsInOrderAndNothingIsTwice(t *testing.T) {
	end := firstRegister - 1
	for _, b := range Map() {
		if b.First <= end {
			t.Errorf("the block at %d begins before %d", b.First, end+1)
		}
		if b.Scale == 0 || b.Source == "" || len(b.Handles) == 0 {
			t.Errorf("the block at %d says %+v", b.First, b)
		}
		end = b.last()
	}
	if end >= firstRegister+registers {
		t.Errorf("it ends at %d", end)
	}
}

func TestSilenceIsThreeAndAHalfCharacters(t *testing.T) {
	for baud, want := range map[int]time.Duration{1200: 29166 * time.Microsecond, 9600: 3645 * time.Microsecond, 19200: 1822 * time.Microsecond, 38400: 1750 * time.Microsecond, 0: 1750 * time.Microsecond} {
		if got := Silence(baud).Truncate(time.Microsecond); got != want {
			t.Errorf("at %d baud it is %v, want %v", baud, got, want)
		}
	}
}

func TestASlaveForgetsNothingOfItsState(t *testing.T) {
	machinetest.EveryField(t, machinetest.Subject[RTU]{
		Bases: map[string]func() *RTU{
			"idle": func() *RTU { p := newPort(newFake()); return &p.RTU },
			"busy": func() *RTU {
				p := newPort(newFake())
				p.Receive(0, ask(t, "69 03 000a 0001"))
				p.Advance(10 * time.Millisecond)
				p.Receive(11*time.Millisecond, append(ask(t, "69 03 000a 0001"), 0x69))
				return &p.RTU
			},
			"lost": func() *RTU {
				p := newPort(newFake())
				p.Receive(0, make([]byte, 300))
				return &p.RTU
			},
		},
		Copy:    func(from, to *RTU) { from.CopyTo(to) },
		Declare: func(m *RTU, w *machine.State) { m.Declare(w, m) },
		Partly: map[string]machinetest.Part{
			"gapAt":   {While: "something has begun to come", Shows: 4},
			"replyAt": {While: "there is an answer", Shows: 2},
		},
	})
	machinetest.EveryField(t, machinetest.Subject[TCP]{
		Bases: map[string]func() *TCP{"busy": func() *TCP {
			tcp := NewTCP(105)
			tcp.Receive(0, newFake(), append(Revision(1, 105).AppendTCP(nil), 1, 2, 3))
			return &tcp
		}},
		Copy:    func(from, to *TCP) { from.CopyTo(to) },
		Declare: func(m *TCP, w *machine.State) { m.Declare(w, m) },
	})
}
