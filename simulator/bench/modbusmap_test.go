package bench_test

import (
	"testing"

	"ionbench/simulator/ion"
	"ionbench/simulator/modbus"
)

func TestEveryRegisterOfTheModbusMapHasAValueInA7350(t *testing.T) {
	r := smallRig(t)
	m := r.Bench().Station().Meter()
	for _, b := range modbus.Map() {
		for i, h := range b.Handles {
			v, ok := m.Register(r.Now(), h)
			if _, number := v.Number(); !ok || !number && b.Format != modbus.Text && v.Kind != ion.KindException { // which has no value yet
				t.Errorf("%d: handle %04X has the value %v (%v)", b.First+i*b.Format.Registers(), uint16(h), v, ok)
			}
			if n, _ := v.Number(); b.Written && !m.Accepts(r.Now(), h, n) {
				t.Errorf("%d: handle %04X does not take what it has, %v", b.First+i*b.Format.Registers(), uint16(h), n)
			}
		}
	}
}
