package bench

import (
	"testing"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// wire is a device that has a revision.
type wire struct{ silent bool }

func (w *wire) Answers() bool { return !w.silent }
func (w *wire) Register(_ time.Duration, h ion.Handle) (ion.Value, bool) {
	return ion.TextValue("7350V283"), h == ion.HandleRevision
}
func (w *wire) Accepts(time.Duration, ion.Handle, float64) bool { return false }
func (w *wire) Write(time.Duration, ion.Handle, float64)        {}
func (w *wire) Pulse(time.Duration, int)                        {}

// revisionOfUnit5 asks unit 5 for the first two registers of its revision.
var revisionOfUnit5 = []byte{5, 3, 0x07, 0x6c, 0, 2}

func withSum(p []byte) []byte {
	sum := ion.CRC16(p)
	return append(append([]byte(nil), p...), byte(sum), byte(sum>>8))
}

func modbusPort(pace int) *ModbusPort {
	return NewModbusPort(ModbusConfig{Device: new(wire), Unit: 5, Baud: 1200, Pace: pace, Delay: 10 * time.Millisecond, Silence: 30 * time.Millisecond})
}

func TestAModbusPortAnswersAtTheTimesOfItsLine(t *testing.T) {
	for _, c := range []struct {
		pace        int
		first, last time.Duration // byte of the answer
	}{
		{1, 85 * time.Millisecond, 151667 * time.Microsecond}, // 8 bytes, 10 ms, then one and nine bytes
		{Unpaced, 10 * time.Millisecond, 10 * time.Millisecond},
	} {
		p := modbusPort(c.pace)
		p.Receive(0, withSum(revisionOfUnit5))
		var heard []byte
		var first, last time.Duration
		for at, ok := p.Next(); ok; at, ok = p.Next() {
			p.Advance(at)
			n := len(heard)
			if heard = p.Transmit(heard); len(heard) > n {
				if n == 0 {
					first = at
				}
				last = at
			}
		}
		if string(heard) != string(withSum([]byte{5, 3, 4, '7', '3', '5', '0'})) {
			t.Errorf("the answer is % x", heard)
		}
		if first.Round(time.Microsecond) != c.first || last.Round(time.Microsecond) != c.last {
			t.Errorf("it came from %v to %v, want %v to %v", first, last, c.first, c.last)
		}
	}
}

func TestAModbusPortDoesNotUnderstandAnotherRate(t *testing.T) {
	p := modbusPort(Unpaced)
	ask := func() int {
		p.Receive(0, withSum(revisionOfUnit5))
		p.Advance(time.Second)
		return len(p.Transmit(nil))
	}
	p.HostBaud(0, 9600)
	if n := ask(); n != 0 {
		t.Errorf("%d bytes of answer to garbage", n)
	}
	p.HostBaud(2*time.Second, 0)
	if n := ask(); n != 9 {
		t.Errorf("%d bytes of answer", n)
	}
	p.Receive(3*time.Second, withSum(revisionOfUnit5))
	p.HostGone(3 * time.Second)
	p.Advance(4 * time.Second)
	if out := p.Transmit(nil); len(out) > 0 {
		t.Errorf("% x for a host that is gone", out)
	}
}

func TestAModbusPortForgetsNothingOfItsState(t *testing.T) {
	machinetest.EveryField(t, machinetest.Subject[ModbusPort]{
		Bases: map[string]func() *ModbusPort{"busy": func() *ModbusPort {
			p := modbusPort(1)
			p.Receive(0, withSum(revisionOfUnit5))
			p.Advance(100 * time.Millisecond)
			return p
		}},
		Copy: func(from, to *ModbusPort) {
			old := *to
			*to = *from
			w := machine.Copying()
			to.Declare(&w, &old)
		},
		Declare: func(m *ModbusPort, w *machine.State) { m.Declare(w, m) },
		Changes: map[string]func(p *ModbusPort){"the slave": func(p *ModbusPort) {
			p.slave.Receive(100*time.Millisecond, p.device, []byte{1})
		}},
		Closed: map[string]string{
			"device": "it has a state of its own",
			"line":   "package line's own test",
			"slave":  "package modbus's own test",
		},
	})
}
