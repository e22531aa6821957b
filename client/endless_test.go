package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/simulator/ion"
)

// A peer that says valid things for ever, none of which is an answer, is given up within the
// time that the retry rule gives: for each request its answer's time, and that of an answer of
// as many frames as a message can have.
func TestValidFramesThatAreNoAnswerKeepNobodyAtWorkForEver(t *testing.T) {
	cfg := deskConfig()
	cfg.Timing.Response = 500 * time.Millisecond
	fromMeter := func(source uint16, transaction byte, data []byte) []byte {
		return ion.AppendFrame(nil, ion.Frame{Source: source, Destination: ion.HostAddress, Control: ion.FromMeter | ion.AckBit, Transaction: transaction, Data: data})
	}
	other := ion.AppendPacketHeader(nil, ion.Packet{MessageID: 999, Source: ion.MeterAddress(105), Destination: ion.ClientAddress(), Service: 1, Type: ion.TypeDownload}, 0)
	const first = 0x40
	for name, endless := range map[string]struct {
		every time.Duration
		frame func(n int) []byte
	}{
		"the first of two frames again and again": {100 * time.Millisecond, func(int) []byte { return fromMeter(105, first|1, []byte{1, 2, 3}) }},
		"a first frame, and then its second for ever": {100 * time.Millisecond, func(n int) []byte {
			if n == 0 {
				return fromMeter(105, first|2, []byte{1, 2, 3})
			}
			return fromMeter(105, 1, []byte{4, 5, 6})
		}},
		"messages of 32 frames, one after another": {90 * time.Millisecond, func(n int) []byte {
			left := byte(31 - n%32)
			if left == 31 {
				left |= first
			}
			return fromMeter(105, left, []byte{byte(n)})
		}},
		"whole messages that answer something else":   {100 * time.Millisecond, func(int) []byte { return fromMeter(105, first, other) }},
		"frames of another unit":                      {300 * time.Millisecond, func(int) []byte { return fromMeter(77, first|1, []byte{1, 2, 3}) }},
		"frames faster than they can be acknowledged": {time.Millisecond, func(int) []byte { return fromMeter(105, first|1, []byte{1, 2, 3}) }},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := client.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			u.Start(0, client.TaskIdentify)
			limit := time.Duration(1+cfg.Timing.Resends) * (1 + ion.MaxFrames) * cfg.Timing.Response
			var now, said time.Duration
			for n := 0; now < limit; {
				at, waits := u.Next()
				if !waits {
					break
				}
				if said <= at {
					now = said
					u.Receive(now, endless.frame(n))
					n++
					said += endless.every
				} else {
					now = at
					u.Advance(now)
				}
			}
			for e, ok := u.NextEvent(); ok; e, ok = u.NextEvent() {
				if e.Kind == client.EventFinished {
					if !errors.Is(e.Err, client.ErrNoResponse) {
						t.Errorf("it ends with %v", e.Err)
					}
					return
				}
			}
			t.Errorf("after %v it is still at work", now)
		})
	}
}

// What another unit says to somebody else does not disturb an answer of several frames.
func TestFramesOfAnotherUnitBetweenThoseOfAnAnswerDisturbNothing(t *testing.T) {
	d := newDesk(t, deskConfig())
	stray := ion.AppendFrame(nil, ion.Frame{Source: 77, Destination: ion.HostAddress, Control: ion.FromMeter | ion.AckBit, Transaction: 0x41, Data: []byte{1, 2, 3}})
	d.tap = func(a *answer) []late { return []late{{0, stray}, {0, a.bytes}, {time.Millisecond, stray}} }
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatalf("%v\n%s", err, d.logText())
	}
	d.upgraded()
}

// Another master with the same address asks the meter too, and its message ids are now and then
// those of this tool: the answers are for it.
func TestAnAnswerToAnotherMastersProgramIsNoAnswer(t *testing.T) {
	for _, values := range []int{0, 3, 5} {
		d := newDesk(t, deskConfig())
		d.tap = func(a *answer) []late {
			id, first := a.frame.MessageID()
			if !first {
				return []late{{0, a.bytes}}
			}
			foreign := ion.AppendPacket(nil, ion.Packet{MessageID: id, Source: ion.MeterAddress(105), Destination: ion.ClientAddress(), Service: 1, Type: ion.TypeProgram,
				Body: ion.AppendResult(nil, ion.Result{Frequency: 1, Values: texts(values)})})
			frame := ion.AppendFrame(nil, ion.Frame{Source: 105, Destination: ion.HostAddress, Control: ion.FromMeter, Transaction: 0x40, Data: foreign})
			return []late{{0, frame}, {time.Millisecond, a.bytes}}
		}
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Fatalf("%d values: %v\n%s", values, err, d.logText())
		}
		d.upgraded()
	}
}

func texts(n int) []ion.Value {
	list := make([]ion.Value, n)
	for i := range list {
		list[i] = ion.TextValue("other")
	}
	return list
}

func TestAToolThatGetsNoAnswerSaysThatSomebodyElseTalks(t *testing.T) {
	d := newDesk(t, deskConfig())
	stray := ion.AppendFrame(nil, ion.Frame{Source: 77, Destination: ion.HostAddress, Control: ion.FromMeter | ion.AckBit, Transaction: 0x41, Data: []byte{1, 2, 3}})
	d.tap = func(a *answer) []late { return []late{{0, stray}} }
	err := d.do(client.TaskUpgrade)
	var silent *client.NoAnswerError
	if !errors.As(err, &silent) || !silent.Crowded || !strings.Contains(err.Error(), "somebody else talks on the line") {
		t.Errorf("it says: %v", err)
	}
}
