package judge

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"ionbench/scenarios/verdict"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/modbus"
	"ionbench/simulator/serve"
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

// answersWithin is how long the witness waits for bytes of a port of this computer.
const answersWithin = 10 * time.Second

// still is the clock of a meter between two attempts.
type still time.Duration

func (c still) Now() time.Duration { return time.Duration(c) }

// Timer is for waits, of which there are none while the time stands still.
func (c still) Timer() machine.Timer { return machine.WallClock().Timer() }

// ask asks the meter which revision it runs, as any Modbus client does: at a TCP port of its own.
// Empty for no answer, as of a meter in download state. The meter's time stands still meanwhile.
func (s *stand) ask(ctx context.Context) (revision string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: the witness: %w", errNoVerdict, err)
		}
	}()
	port, err := serve.ListenSockets(serve.SocketsConfig{
		TCP: "127.0.0.1:0", Port: "modbus-tcp", Most: 1, Turns: new(sync.Mutex), Clock: still(s.now),
		New: func() serve.Session {
			return &modbus.Session{TCP: modbus.NewTCP(s.meter().Config().UnitID), Device: s.meter()}
		},
		Persist: func(time.Duration) error { return nil },
	})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = port.Run(ctx) // it ends because it is not wanted any more
	}()
	defer func() { cancel(); <-ended }()
	return askRevision(port.Addr().String())
}

// askRevision asks a Modbus TCP port for the revision of whatever is behind it. It says that it will
// ask no more, so that one that does not answer hangs up at once.
func askRevision(address string) (string, error) {
	conn, err := net.DialTimeout("tcp", address, answersWithin)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(answersWithin)); err != nil {
		return "", err
	}
	request := modbus.Revision(1, 255)
	if _, err := conn.Write(request.AppendTCP(nil)); err != nil {
		return "", err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	const most = 300 // bytes of an answer
	answer, err := io.ReadAll(io.LimitReader(conn, most))
	if err != nil || len(answer) == 0 {
		return "", err
	}
	words, err := request.ParseTCP(answer)
	if err != nil {
		return "", err
	}
	return modbus.TextOf(words), nil
}

// askWitness asks the witness before an attempt, if there is one.
func (p *player) askWitness(ctx context.Context) (string, error) {
	if p.options.Witness == NoWitness {
		return "", nil
	}
	return p.ask(ctx)
}

// hear asks the witness after an attempt, if there is one. What it says must be what the judge sees: if
// not, the judge is wrong.
func (p *player) hear(ctx context.Context, before string) (*verdict.Witness, error) {
	if p.options.Witness == NoWitness {
		return nil, nil
	}
	after, err := p.ask(ctx)
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
