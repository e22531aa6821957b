package judge

import (
	"fmt"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/meter"
	"ionbench/simulator/modbus"
)

// Witness is a protocol by which the meter is asked what it runs, besides the one that is judged.
type Witness uint8

// The witnesses.
const (
	NoWitness Witness = iota
	ByModbus
)

// String is the witness's word in flags.
func (w Witness) String() string {
	if w == ByModbus {
		return "modbus"
	}
	return "none"
}

// ask asks a meter over a Modbus TCP connection of its own which revision it runs; empty for no
// answer, as of a meter in download state. The bytes go from one end to the other in no time, because
// between the attempts the meter's time stands still.
func (s *stand) ask() (revision string, err error) {
	request := modbus.Revision(1, 255)
	slave := modbus.NewTCP(s.meter().Config().UnitID)
	slave.Receive(s.now, s.meter(), request.AppendTCP(nil))
	answer := slave.Transmit(nil)
	if len(answer) == 0 {
		return "", nil
	}
	words, err := request.ParseTCP(answer)
	if err != nil {
		return "", fmt.Errorf("%w: the witness cannot be understood: %w", errNoVerdict, err)
	}
	return modbus.TextOf(words), nil
}

// hear asks the witness after an attempt, if there is one. What it says must be what the judge sees: if
// not, the judge is wrong.
func (p *player) hear(before string) (*verdict.Witness, error) {
	if p.options.Witness == NoWitness {
		return nil, nil
	}
	after, err := p.ask()
	if err != nil {
		return nil, err
	}
	running := ""
	if m := p.meter(); m.State() == meter.Application && !m.Hung() {
		running, _ = m.Revision()
	}
	if after != running {
		return nil, fmt.Errorf("%w: over Modbus the meter says %q, and it runs %q", errNoVerdict, after, running)
	}
	return &verdict.Witness{Before: before, After: after}, nil
}
