package serve

import (
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// away is the ports of a server that a test takes away and gives back.
type away struct {
	gone     bool // only between two turns
	commands chan func(time.Duration)
}

func newAway() *away { return &away{commands: make(chan func(time.Duration))} }

func (a *away) set(gone bool) { a.commands <- func(time.Duration) { a.gone = gone } }

func (a *away) onTCP() Config {
	return Config{TCP: ":0", Commands: a.commands, Gone: func() bool { return a.gone }}
}

func TestATCPPortThatVanishesDropsItsClientAndComesBackAtTheSameAddress(t *testing.T) {
	device, a := newBell(), newAway()
	v := start(t, device, a.onTCP())
	where := v.Addr().String()
	for range 3 {
		client := v.dial(t)
		v.wantEvent(t, Connected)
		wantEcho(t, client, "hello")
		device.wantNext(t, "receive hello")
		a.set(true)
		if e := v.wantEvent(t, Vanished); e.Host != where {
			t.Errorf("event %q, want %s", e, where)
		}
		v.wantEvent(t, Disconnected)
		device.wantNext(t, "gone")
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client reads %v, want a reset", err)
		}
		a.commands <- func(time.Duration) {} // it is taken when the port is gone and its place kept
		refused(t, where)
		if l, err := net.Listen("tcp", where); err == nil && runtime.GOOS == "linux" {
			l.Close()
			t.Error("somebody else can have the port meanwhile")
		}
		a.set(false)
		if e := v.wantEvent(t, CameBack); e.Host != where || v.Addr().String() != where {
			t.Errorf("event %q at %v, want %s", e, v.Addr(), where)
		}
	}
	wantEcho(t, v.dial(t), "and so on")
}

// refused wants that nobody listens at an address soon.
func refused(t *testing.T, where string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		conn, err := net.Dial("tcp", where)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			conn.Close()
		}
		if time.Now().After(deadline) {
			t.Fatalf("somebody listens at %s: %v", where, err)
		}
	}
}

func TestPortsThatAreGoneFromTheBeginningComeLater(t *testing.T) {
	a := newAway()
	a.gone = true
	v := start(t, newBell(), a.onTCP())
	v.wantEvent(t, Vanished)
	refused(t, v.Addr().String())
	a.set(false)
	v.wantEvent(t, CameBack)
	wantEcho(t, v.dial(t), "here")
}

func TestAServerEndsWhileItsPortsAreGone(t *testing.T) {
	a := newAway()
	v := start(t, newBell(), a.onTCP())
	a.set(true)
	v.wantEvent(t, Vanished)
	v.cancel()
	<-v.ended
	refused(t, v.Addr().String())
}

func TestAPortThatSomebodyElseTookMeanwhileEndsTheServer(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Skip("nobody else can have it here")
	}
	a := newAway()
	v := start(t, newBell(), a.onTCP())
	where := v.Addr().String()
	a.set(true)
	v.wantEvent(t, Vanished)
	v.occupy(t, where)
	a.set(false)
	if err := <-v.ended; !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Run = %v, want EADDRINUSE", err)
	}
}

// occupy takes an address once it is free.
func (v *served) occupy(t *testing.T, where string) {
	t.Helper()
	refused(t, where)
	l, err := net.Listen("tcp", where)
	must(t, err)
	t.Cleanup(func() { l.Close() })
}
