package ion

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// pieces is the frames of a message of n bytes, as a PC sends them.
func pieces(t *testing.T, n int) (frames []Frame, message []byte) {
	t.Helper()
	message = make([]byte, n)
	for i := range message {
		message[i] = byte(i >> 3)
	}
	var d Decoder
	return decodeAll(&d, sendAll(t, message, HostAddress, 105, false)), message
}

func TestMessagesOfEveryNumberOfFramesComeTogether(t *testing.T) {
	for _, n := range []int{0, 1, 237, 238, 239, 476, 477, 7378, 7379, MaxMessage} {
		t.Run(fmt.Sprintf("%d bytes", n), func(t *testing.T) {
			frames, want := pieces(t, n)
			if count := max(1, (n+237)/238); len(frames) != count {
				t.Fatalf("%d frames instead of %d", len(frames), count)
			}
			var a Assembler
			for i, f := range frames {
				message, state := a.Add(f)
				if i < len(frames)-1 {
					if state != Partial || message != nil || !f.WantsAck() {
						t.Fatalf("frame %d: %v, wants ack %v", i, state, f.WantsAck())
					}
				} else if state != Complete || !bytes.Equal(message, want) || f.WantsAck() {
					t.Fatalf("last frame: %v, wants ack %v", state, f.WantsAck())
				}
			}
		})
	}
}

func TestBeginPanicsWhenTheMessageNeedsMoreThan32Frames(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("7617 bytes were accepted")
		}
	}()
	o := Outgoing{Message: make([]byte, MaxMessage+1)}
	o.Begin(HostAddress, 105, false)
}

func TestAssemblerKeepsToTheOrderOfTheFrames(t *testing.T) {
	frames, want := pieces(t, 4*MaxFrameData)
	other := func(change func(*Frame)) Frame {
		f := frames[1]
		change(&f)
		return f
	}
	ack := Ack(frames[1])
	type step struct {
		name  string
		frame Frame
		want  AssemblyState
	}
	var a Assembler
	for _, s := range []step{
		{"a later frame before the first", frames[1], Ignored},
		{"the first", frames[0], Partial},
		{"the first again", frames[0], Partial},
		{"one left out", frames[2], Ignored},
		{"from another sender", other(func(f *Frame) { f.Source++ }), Ignored},
		{"to another unit", other(func(f *Frame) { f.Destination++ }), Ignored},
		{"from the other side", other(func(f *Frame) { f.Control |= FromMeter }), Ignored},
		{"an acknowledgement", ack, Ignored},
		{"the second", frames[1], Partial},
		{"the second again", frames[1], Repeated},
		{"its number with other data", other(func(f *Frame) { f.Data = f.Data[1:] }), Ignored},
		{"the second again with a strange counter", other(func(f *Frame) { f.Transaction |= 0x20 }), Ignored},
		{"the third", frames[2], Partial},
		{"the second once more", frames[1], Ignored},
		{"the first: all over again", frames[0], Partial},
		{"the third after a restart", frames[2], Ignored},
		{"the second after a restart", frames[1], Partial},
		{"the third at its place", frames[2], Partial},
	} {
		if message, state := a.Add(s.frame); state != s.want || message != nil {
			t.Fatalf("%s: %v instead of %v", s.name, state, s.want)
		}
	}
	message, state := a.Add(frames[3])
	if state != Complete || !bytes.Equal(message, want) {
		t.Fatalf("the last: %v, message right %v", state, bytes.Equal(message, want))
	}
	if _, state := a.Add(frames[3]); state != Repeated {
		t.Fatalf("the last again: %v", state)
	}
}

func TestAssemblerIgnoresWhatNoMessageCanHold(t *testing.T) {
	t.Run("counter that ran over", func(t *testing.T) {
		var a Assembler
		if _, state := a.Add(Frame{Transaction: 0x60, Data: make([]byte, 238)}); state != Ignored {
			t.Errorf("%v", state)
		}
	})
	t.Run("more bytes than 32 frames of 238", func(t *testing.T) {
		var a Assembler
		f := Frame{Transaction: 0x5F, Data: make([]byte, maxWireData)}
		ignored := 0
		for left := 31; left >= 0; left-- {
			_, state := a.Add(f)
			if state == Complete {
				t.Fatal("32 frames of 248 bytes came together")
			}
			if state == Ignored {
				ignored++
			}
			f.Transaction = byte(left - 1)
		}
		if ignored == 0 {
			t.Error("no frame was ignored")
		}
	})
}

func TestOutgoingMovesOnOnlyWithTheAckOfItsFrame(t *testing.T) {
	o := Outgoing{Message: make([]byte, 3*MaxFrameData)}
	current := func() Frame {
		f, _, err := ParseFrame(o.AppendFrame(nil))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if o.Acked(Frame{Control: ackControl}) || len(o.AppendFrame(nil)) != 0 {
		t.Fatal("a message that was not begun moves")
	}
	o.Begin(HostAddress, 105, false)
	first := Ack(current())
	nak, echo, stranger, data := first, first, first, first
	nak.Control = FromMeter | AckFrame
	echo.Source, echo.Destination = first.Destination, first.Source
	stranger.Source++
	data.Control = FromMeter
	for name, f := range map[string]Frame{"a NAK": nak, "its own echo": echo, "another unit's": stranger, "a data frame": data} {
		if o.Acked(f) {
			t.Errorf("%s was taken for the ACK", name)
		}
	}
	if !o.Acked(first) || current().Left() != 1 {
		t.Fatal("the ACK was not taken")
	}
	if o.Acked(first) {
		t.Fatal("the ACK of the first frame, late, was taken for the second's")
	}
	o.Restart()
	if f := current(); !f.First() || f.Left() != 2 || !o.Active() {
		t.Fatalf("restart goes to %+v", f)
	}
	if !o.Acked(first) || !o.Acked(Ack(current())) || !o.Last() {
		t.Fatal("the message does not come to its last frame")
	}
	if o.Acked(Ack(current())) {
		t.Error("the last frame awaits no ACK")
	}
	o.End()
	if o.Active() || len(o.AppendFrame(nil)) != 0 || cap(o.Message) == 0 {
		t.Error("end leaves the message, or drops its memory")
	}
}

func TestClonesOfTheLinkLayerGoTheirOwnWay(t *testing.T) {
	frames, want := pieces(t, 3*MaxFrameData)
	var a Assembler
	a.Add(frames[0])
	a.Add(frames[1])
	var b Assembler
	b.Add(frames[0]) // a copy leaves nothing of what was there
	copyOf(&a, &b)
	if !bytes.Equal(stateOf(&a), stateOf(&b)) {
		t.Fatal("a clone differs")
	}
	spoilt := frames[0]
	spoilt.Data = bytes.Repeat([]byte{0xEE}, MaxFrameData)
	a.Add(spoilt)
	if bytes.Equal(stateOf(&a), stateOf(&b)) {
		t.Error("different assemblies have the same state")
	}
	if message, state := b.Add(frames[2]); state != Complete || !bytes.Equal(message, want) {
		t.Errorf("the clone was changed: %v", state)
	}

	o := Outgoing{Message: slices.Clone(want)}
	o.Begin(HostAddress, 105, false)
	var p Outgoing
	copyOf(&o, &p)
	o.Acked(Ack(frames[0]))
	if bytes.Equal(stateOf(&o), stateOf(&p)) {
		t.Error("how far a message is does not show in its state")
	}
	o.Message[0]++
	if got := p.AppendFrame(nil); !bytes.Equal(got, encode(frames[0])) {
		t.Error("the clone was changed")
	}
}

func TestStateOfAWholeMessageIsOnlyItsLastFrame(t *testing.T) {
	var a, b Assembler
	for _, c := range []struct {
		a    *Assembler
		data string
	}{{&a, "one"}, {&b, "two"}} {
		c.a.Add(Frame{Control: AckBit, Transaction: 0x41, Data: []byte(c.data)})
		if _, state := c.a.Add(Frame{Transaction: 0, Data: []byte("end")}); state != Complete {
			t.Fatal(state)
		}
	}
	if !bytes.Equal(stateOf(&a), stateOf(&b)) {
		t.Error("a message that is over still shows")
	}
	var fresh Assembler
	a.Reset()
	if !bytes.Equal(stateOf(&a), stateOf(&fresh)) {
		t.Error("reset leaves something")
	}
}

// declarer is a type whose state is declared in one place.
type declarer[T any] interface {
	*T
	Declare(w *machine.State, spent *T)
}

func stateOf[T any, P declarer[T]](p P) []byte {
	return machinetest.StateOf(func(w *machine.State) { p.Declare(w, p) })
}

func copyOf[T any, P declarer[T]](from, to P) {
	old := *to
	*to = *from
	w := machine.Copying()
	to.Declare(&w, &old)
}

func TestTheLinkLayerForgetsNothingOfItsState(t *testing.T) {
	frames, message := pieces(t, 3*MaxFrameData)
	under := func() *Assembler {
		a := new(Assembler)
		a.Add(frames[0])
		a.Add(frames[1])
		return a
	}
	machinetest.EveryField(t, machinetest.Subject[Assembler]{
		Bases: map[string]func() *Assembler{"under way": under, "whole": func() *Assembler {
			a := under()
			a.Add(frames[2])
			return a
		}},
		Copy:    copyOf[Assembler],
		Declare: func(a *Assembler, w *machine.State) { a.Declare(w, a) },
		Partly: map[string]machinetest.Part{
			"buf":         {While: "it can come again, and no sum stands for it", Shows: 20},
			"tally.bytes": {While: "the message is not complete", Shows: 2},
			"tally.sum":   {While: "the message is not complete", Shows: 32},
		},
	})
	begun := func() *Outgoing {
		o := &Outgoing{Message: slices.Clone(message)}
		o.Begin(HostAddress, 105, false)
		return o
	}
	machinetest.EveryField(t, machinetest.Subject[Outgoing]{
		Bases: map[string]func() *Outgoing{"begun": begun, "ended": func() *Outgoing {
			o := begun()
			o.End()
			return o
		}},
		Copy:    copyOf[Outgoing],
		Declare: func(o *Outgoing, w *machine.State) { o.Declare(w, o) },
		Partly: map[string]machinetest.Part{
			"Message":     {While: "a message is under way, and no sum stands for it", Shows: 10},
			"tally":       {While: "a message is under way", Shows: 34},
			"current":     {While: "a message is under way", Shows: 2},
			"destination": {While: "a message is under way", Shows: 2},
			"fromMeter":   {While: "a message is under way", Shows: 1},
			"source":      {While: "a message is under way", Shows: 2},
		},
		Rebuilt: map[string]string{"Message": "nobody sends the message that was ended"},
	})
}
