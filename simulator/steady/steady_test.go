package steady

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

const patience = 2 * time.Minute

// owner runs what a port wants to be run, one after the other, until the test ends.
type owner struct {
	turn   sync.Mutex
	events chan Event
	heard  chan string
}

func start(t *testing.T, c Config) (*Port, *owner) {
	t.Helper()
	o := &owner{events: make(chan Event, 100), heard: make(chan string, 100)}
	c.Do, c.Retry = o.do, time.Millisecond
	c.Event = func(e Event) { o.events <- e }
	c.Receive = func(_ time.Duration, p []byte) { o.heard <- string(p) }
	p := Start(c)
	t.Cleanup(p.Close)
	return p, o
}

func (o *owner) do(ctx context.Context, run func(now time.Duration)) bool {
	o.run(run)
	return true
}

// run runs something as the owner.
func (o *owner) run(f func(now time.Duration)) {
	o.turn.Lock()
	defer o.turn.Unlock()
	f(0)
}

func (o *owner) want(t *testing.T, k Kind) Event {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-o.events:
			if e.Kind == k {
				return e
			}
		case <-deadline:
			t.Fatalf("no event %q", k)
		}
	}
}

func TestAPortThatIsOpenAlreadyIsUsedFirstAndOpenedAgainWhenItIsGone(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	next, other := net.Pipe()
	opened := 0
	p, o := start(t, Config{First: near, Open: func(context.Context) (io.ReadWriteCloser, error) {
		if opened++; opened < 3 {
			return nil, errors.New("it is not there yet")
		}
		return next, nil
	}})
	o.want(t, Opened)
	o.run(func(now time.Duration) { p.Write(now, []byte("one")) })
	wantRead(t, far, "one")
	far.Close()
	o.want(t, Lost)
	if e := o.want(t, Absent); e.Reason != "it is not there yet" {
		t.Errorf("%+v", e)
	}
	o.want(t, Opened)
	go other.Write([]byte("two"))
	if got := <-o.heard; got != "two" {
		t.Errorf("%q", got)
	}
	for len(o.events) > 0 {
		if e := <-o.events; e.Kind == Absent {
			t.Error("that it is not there is told twice")
		}
	}
}

func wantRead(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}

func TestAPortThatTakesLittleIsFullUntilItHasTakenSome(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	p, o := start(t, Config{First: near})
	o.want(t, Opened)
	fill := func(n int) {
		o.run(func(now time.Duration) { p.Write(now, make([]byte, n)) })
	}
	fill(aheadBytes)
	if p.Full() != nil {
		t.Error("it is full with as much as may wait")
	}
	fill(1)
	full := p.Full()
	if full == nil {
		t.Fatal("it is not full with more than may wait")
	}
	_, err := io.CopyN(io.Discard, far, pieceBytes)
	if err != nil {
		t.Fatal(err)
	}
	<-full
	fill(2 * pieceBytes)
	full = p.Full()
	far.Close()
	<-full
	o.want(t, Lost)
	if p.Full() != nil {
		t.Error("a port that is gone is full")
	}
}

func TestAPortThatBringsMuchIsReadInLargePieces(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	_, o := start(t, Config{First: near})
	sent := make([]byte, 4*mostBytes)
	for i := range sent {
		sent[i] = byte(i >> 8)
	}
	go far.Write(sent)
	var got []byte
	largest := 0
	for len(got) < len(sent) {
		piece := <-o.heard
		largest = max(largest, len(piece))
		got = append(got, piece...)
	}
	if !bytes.Equal(got, sent) || largest != mostBytes {
		t.Errorf("%d bytes in pieces of up to %d, want pieces of %d, and all as they were", len(got), largest, mostBytes)
	}
}

func TestWhatAPortIsToldComesBehindTheBytesBefore(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	p, o := start(t, Config{First: near})
	o.want(t, Opened)
	told := make(chan struct{})
	o.run(func(now time.Duration) {
		p.Write(now, []byte("before"))
		p.Tell(func(io.ReadWriteCloser) error { close(told); return errors.New("it has no such line") })
		p.Write(now, []byte("behind"))
	})
	select {
	case <-told:
		t.Error("it is told while bytes before it are still on their way")
	case <-time.After(5 * time.Millisecond):
	}
	wantRead(t, far, "before")
	<-told
	wantRead(t, far, "behind")
	if e := o.want(t, Unset); e.Reason != "it has no such line" {
		t.Errorf("%+v", e)
	}
}

func TestBytesForAPortThatIsNotThereAreLostAndToldOnce(t *testing.T) {
	t.Parallel()
	p, o := start(t, Config{Open: func(ctx context.Context) (io.ReadWriteCloser, error) {
		<-ctx.Done() // it takes for ever, and ends with the port
		return nil, ctx.Err()
	}})
	o.run(func(now time.Duration) {
		p.Write(now, []byte("one"))
		p.Write(now, []byte("two"))
		p.Tell(func(io.ReadWriteCloser) error { t.Error("there is nobody to tell"); return nil })
	})
	if e := o.want(t, LostBytes); e.Bytes != 3 || len(o.events) > 0 {
		t.Errorf("%+v, and %d events more", e, len(o.events))
	}
}

// A socket takes some of what is written at once, and then no more.
func TestWhatAPortDoesNotTakeAtOnceComesBehindWhatItTook(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, o := start(t, Config{Open: func(ctx context.Context) (io.ReadWriteCloser, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}})
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	o.want(t, Opened)
	const piece, most = 10_000, 1 << 14
	pieces := 0
	for full := false; !full && pieces < most; pieces++ { // until something waits
		o.run(func(now time.Duration) {
			p.Write(now, bytes.Repeat([]byte{byte(pieces)}, piece))
			full = p.wire.Load().pending > 0
		})
	}
	if pieces == most {
		t.Skip("this system's sockets take everything")
	}
	o.run(func(now time.Duration) { p.Write(now, []byte("end")) })
	got := make([]byte, pieces*piece+3)
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	for i := range pieces {
		if n := bytes.Count(got[i*piece:(i+1)*piece], []byte{byte(i)}); n != piece {
			t.Fatalf("piece %d of %d: %d bytes of it", i, pieces, n)
		}
	}
	if string(got[pieces*piece:]) != "end" || len(o.events) > 0 {
		t.Errorf("it ends with %q; %d events", got[pieces*piece:], len(o.events))
	}
}
