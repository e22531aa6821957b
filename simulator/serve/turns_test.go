package serve

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ionbench/simulator/machine"
)

// handClock stands still until it is set. Its timers never fire.
type handClock struct {
	now   atomic.Int64
	asked chan time.Duration // every answer of Now, as far as there is room
}

func (c *handClock) Now() time.Duration {
	now := time.Duration(c.now.Load())
	select {
	case c.asked <- now:
	default:
	}
	return now
}

func (c *handClock) Timer() machine.Timer { return noTimer{} }

// set sets the clock and forgets who has asked before.
func (c *handClock) set(now time.Duration) {
	for len(c.asked) > 0 {
		<-c.asked
	}
	c.now.Store(int64(now))
}

type noTimer struct{}

func (noTimer) C() <-chan time.Time { return nil }
func (noTimer) Reset(time.Duration) {}
func (noTimer) Stop()               {}

// dueOnce is a bell that wants one wake-up.
type dueOnce struct {
	*bell
	at   time.Duration
	done bool
}

func (d *dueOnce) Next() (time.Duration, bool) { return d.at, !d.done }
func (d *dueOnce) Advance(time.Duration) {
	d.done = true
	d.did <- "advance"
}

func TestServerHandsOverBytesThatCameInTimeThoughItWasBusy(t *testing.T) {
	for _, test := range []struct {
		name  string
		comes time.Duration
		want  []string
	}{
		{"before the wake-up", 5 * time.Second, []string{"receive ok", "advance"}},
		{"after the wake-up", 15 * time.Second, []string{"advance", "receive ok"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := &handClock{asked: make(chan time.Duration, 100)}
			device := &dueOnce{bell: newBell(), at: 10 * time.Second}
			commands := make(chan func(time.Duration))
			config := loopback()
			config.Clock, config.Commands = clock, commands
			v := start(t, device, config)
			conn := v.dial(t)
			v.wantEvent(t, Connected)

			release := holdOwner(t, commands)
			clock.set(test.comes)
			if _, err := io.WriteString(conn, "ok"); err != nil {
				t.Fatal(err)
			}
			<-clock.asked // by the reader: everybody else is held
			clock.set(20 * time.Second)
			release()
			for _, want := range test.want {
				device.wantNext(t, want)
			}
		})
	}
}

func TestServerFetchesWhatCameWhileItsReaderWasAway(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing can be read past a connection here")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer far.Close()
	near, err := l.Accept()
	must(t, err)
	defer near.Close()
	_, err = io.WriteString(far, "ok, then more")
	must(t, err)

	device := &dueOnce{bell: newBell(), at: 10 * time.Second}
	r := newRun(Config{Clock: &handClock{}}, device, new(ports))
	r.client = newClient(near, nil)
	// The reader came back with two bytes, and all the others are with the system.
	_, err = io.ReadFull(near, r.client.buffer[:2])
	must(t, err)
	r.clock.(*handClock).set(5 * time.Second)
	r.enqueue(r.client, 2, nil)
	r.now = 20 * time.Second
	if r.work() {
		t.Error("there is more to do")
	}
	for _, want := range []string{"receive ok", "receive , then more", "advance"} {
		device.wantNext(t, want)
	}
}

func TestServerTakesNothingMoreFromAHostThatItReset(t *testing.T) {
	device := newBell()
	r := newRun(Config{}, device, new(ports))
	r.receive(&host{gone: true}, arrival{data: []byte("late"), err: io.EOF})
	if len(device.did) > 0 {
		t.Errorf("the device saw %q", <-device.did)
	}
}

func TestServerTakesArrivalsByTheirTimes(t *testing.T) {
	device := newBell()
	device.silent = true
	r := newRun(Config{}, device, new(ports))
	for _, a := range []arrival{{at: 3, data: []byte("3")}, {at: 1, data: []byte("1")}, {at: 3, data: []byte("3 too")}, {at: 2, data: []byte("2")}} {
		r.push(&host{}, a)
	}
	r.work()
	for _, want := range []string{"receive 1", "receive 2", "receive 3", "receive 3 too"} {
		device.wantNext(t, want)
	}
}

// holdOwner keeps the device's owner at a command, until it is released or the test ends.
func holdOwner(t *testing.T, commands chan<- func(time.Duration)) (release func()) {
	held, free := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(free) })
	t.Cleanup(release)
	commands <- func(time.Duration) {
		close(held)
		<-free
	}
	<-held
	return release
}

// backlog is a device that wants many wake-ups, one in every nanosecond.
type backlog struct {
	busy
	served, wanted int
}

func (l *backlog) Advance(time.Duration) { l.served++ }
func (l *backlog) Next() (time.Duration, bool) {
	return time.Duration(l.served + 1), l.served < l.wanted
}

func TestServerKeepsBytesThatManyWakeUpsComeBefore(t *testing.T) {
	clock := &handClock{asked: make(chan time.Duration, 100)}
	device := &backlog{wanted: 1000 * turnsAtOnce}
	commands := make(chan func(time.Duration))
	config := loopback()
	config.Clock, config.Commands = clock, commands
	v := start(t, device, config)
	conn := v.dial(t)
	v.wantEvent(t, Connected)

	release := holdOwner(t, commands)
	clock.set(time.Second)
	for i, text := range []string{"first", "again"} {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			<-clock.asked // by the reader, which has read the first
		}
	}
	release()
	got := make([]byte, 10)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "firstagain" {
		t.Errorf("echo %q (%v), want firstagain", got, err)
	}
	v.cancel()
	<-v.ended
	if device.served != device.wanted {
		t.Errorf("%d wake-ups, want %d", device.served, device.wanted)
	}
}

// alone is a device that notices when two goroutines use it, or the functions of Config,
// at once. The race detector notices too.
type alone struct {
	busy
	inside int
	uses   int
	every  time.Duration
	next   time.Duration
	t      *testing.T
}

func (a *alone) use() func() {
	if a.inside++; a.inside != 1 {
		a.t.Error("two goroutines use the device at once")
	}
	a.uses++
	return func() { a.inside-- }
}

func (a *alone) Receive(now time.Duration, p []byte) {
	defer a.use()()
	a.busy.Receive(now, p)
}
func (a *alone) Advance(now time.Duration) {
	defer a.use()()
	a.next = now + a.every
}
func (a *alone) Next() (time.Duration, bool) {
	defer a.use()()
	return a.next, true
}
func (a *alone) Transmit(dst []byte) []byte {
	defer a.use()()
	return a.busy.Transmit(dst)
}

func TestServerLetsOneGoroutineAtATimeHaveTheDevice(t *testing.T) {
	device := &alone{t: t, every: 50 * time.Microsecond}
	commands := make(chan func(time.Duration))
	config := loopback()
	config.Commands = commands
	config.Step = func(time.Duration) bool { defer device.use()(); return false }
	config.Persist = func() error { defer device.use()(); return nil }
	v := start(t, device, config)
	for range 20 {
		conn := v.dial(t)
		for range 20 {
			wantEcho(t, conn, "hello")
			commands <- func(time.Duration) { defer device.use()() }
		}
		conn.Close()
	}
	v.cancel()
	<-v.ended
	if device.uses < 3*20*20 {
		t.Errorf("the device was used %d times only", device.uses)
	}
}

// slow is a device that answers after some wake-ups, each so long after the one before it.
type slow struct {
	busy
	wakes int
	step  time.Duration

	held []byte
	left int
	next time.Duration
}

func (s *slow) Receive(now time.Duration, p []byte) {
	s.held, s.left, s.next = append(s.held, p...), s.wakes, now+s.step
}
func (s *slow) Next() (time.Duration, bool) { return s.next, s.left > 0 }
func (s *slow) Advance(now time.Duration) {
	s.next = now + s.step
	if s.left--; s.left == 0 {
		s.busy.Receive(now, s.held)
		s.held = s.held[:0]
	}
}

func TestServerServesTheWakeUpsThatBytesStarted(t *testing.T) {
	for _, test := range []struct {
		name   string
		device *slow
	}{
		{"all in the same instant", &slow{wakes: 1000}},
		{"each in the next instant", &slow{wakes: 1000, step: 1}},
		{"each in a while", &slow{wakes: 3, step: 2 * time.Millisecond}},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn := start(t, test.device, loopback()).dial(t)
			for range 5 {
				wantEcho(t, conn, "hello")
			}
		})
	}
}

func TestServedTurnsAllocateNothing(t *testing.T) {
	v := start(t, &quiet{}, loopback())
	wantNoAllocations(t, v.dial(t))
}

// wantNoAllocations counts those of all goroutines.
func wantNoAllocations(t *testing.T, conn io.ReadWriter) {
	t.Helper()
	frame := make([]byte, 252)
	turn := func() {
		if _, err := conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, frame); err != nil {
			t.Fatal(err)
		}
	}
	if got := testing.AllocsPerRun(200, turn); got != 0 {
		t.Errorf("%v allocations a turn, want none", got)
	}
}

// quiet is a device that echoes and wants no wake-ups.
type quiet struct{ busy }

func (*quiet) Next() (time.Duration, bool) { return 0, false }

// broken is a listener that fails.
type broken struct{ net.Listener }

func (broken) Accept() (net.Conn, error) { return nil, errors.New("no socket any more") }

func TestARunEndsAlthoughAllItsPortsFail(t *testing.T) {
	r := newRun(Config{}, newBell(), new(ports))
	for range 3 {
		r.accept(newPatient(broken{}))
	}
	ended := make(chan struct{})
	go func() {
		r.stop()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("it waits for a port whose failure nobody takes")
	}
}
