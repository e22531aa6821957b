package serve

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. It is no measure of anything.
const patience = 2 * time.Minute

// bell is a device that echoes, tells what is done to it, and may ask for wake-ups.
type bell struct {
	did   chan string
	out   []byte
	every time.Duration // of the wake-ups; 0: none
	next  time.Duration
	stop  bool
	// silent keeps it from echoing.
	silent bool
}

func newBell() *bell { return &bell{did: make(chan string, 4096)} }

func (b *bell) Receive(_ time.Duration, p []byte) {
	b.did <- "receive " + string(p)
	if !b.silent {
		b.out = append(b.out, p...)
	}
}
func (b *bell) Advance(now time.Duration) {
	b.next = now + b.every
	b.did <- "advance"
}
func (b *bell) Next() (time.Duration, bool) { return b.next, b.every > 0 }
func (b *bell) Transmit(dst []byte) []byte {
	dst = append(dst, b.out...)
	b.out = b.out[:0]
	return dst
}
func (b *bell) HostBaud(_ time.Duration, baud int) { b.did <- "baud " + strconv.Itoa(baud) }
func (b *bell) HostGone(time.Duration)             { b.did <- "gone" }

// wantNext waits for the next thing that was done to the device.
func (b *bell) wantNext(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-b.did:
		if got != want {
			t.Fatalf("the device saw %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("the device did not see %q", want)
	}
}

// served is a server under test with its device.
type served struct {
	*Server
	events chan Event
	cancel context.CancelFunc
	ended  chan error
}

// start serves the device until the test ends.
func start(t *testing.T, device Device, config Config) *served {
	t.Helper()
	return startOn(t, device, config, func(*Server) {})
}

// startOn is start on ports that are changed before anybody is served.
func startOn(t *testing.T, device Device, config Config, change func(*Server)) *served {
	t.Helper()
	events := make(chan Event, 4096)
	config.Event = func(e Event) { events <- e }
	s, err := Listen(config)
	if err != nil {
		t.Fatal(err)
	}
	change(s)
	ctx, cancel := context.WithCancel(t.Context())
	v := &served{Server: s, events: events, cancel: cancel, ended: make(chan error, 1)}
	go func() {
		v.ended <- s.Run(ctx, device)
		close(v.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-v.ended
	})
	return v
}

func (v *served) wantEvent(t *testing.T, kind EventKind) Event {
	t.Helper()
	select {
	case e := <-v.events:
		if e.Kind != kind {
			t.Fatalf("event %q, want %v", e, kind)
		}
		return e
	case <-time.After(patience):
		t.Fatalf("no event %v", kind)
	}
	return Event{}
}

func (v *served) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", v.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

func wantEcho(t *testing.T, conn io.ReadWriter, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != text {
		t.Fatalf("echo %q (%v), want %q", got, err, text)
	}
}

// testBaud is the rate of PTYs of which only the bytes matter.
const testBaud = 9600

func loopback() Config { return Config{TCP: ":0"} }

func TestServerListensOnLoopbackUnlessToldOtherwise(t *testing.T) {
	s, err := Listen(loopback())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if addr := s.Addr().(*net.TCPAddr); !addr.IP.IsLoopback() {
		t.Errorf("listening on %v, want the loopback interface", addr)
	}
	if s.PTY() != "" {
		t.Errorf("PTY = %q without a PTY", s.PTY())
	}
}

func TestListenRefusesAConfigThatCannotBeMeant(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name   string
		config Config
		says   string
	}{
		{"nothing", Config{}, "neither a PTY nor a TCP address"},
		{"link alone", Config{TCP: ":0", Link: "meter"}, "without a PTY"},
		{"a PTY without a rate", Config{PTY: true}, "no rate"},
		{"address without port", Config{TCP: "127.0.0.1"}, "want host:port"},
		{"address of somebody else", Config{TCP: "192.0.2.1:0"}, "192.0.2.1"},
		{"port of somebody else", Config{TCP: taken.Addr().String()}, "name another"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Listen(test.config)
			if err == nil {
				s.Close()
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q does not say %q", err, test.says)
			}
		})
	}
}

func TestServerServesClientsOneAfterAnother(t *testing.T) {
	device := newBell()
	v := start(t, device, loopback())
	for range 50 {
		conn := v.dial(t)
		wantEcho(t, conn, "hello")
		conn.Close()
		device.wantNext(t, "receive hello")
		device.wantNext(t, "gone")
		v.wantEvent(t, Connected)
		if e := v.wantEvent(t, Disconnected); e.Reason != "closed by the client" {
			t.Errorf("reason %q", e.Reason)
		}
	}
}

// commanded is a server that takes commands, and its first client.
func commanded(t *testing.T, device *bell, commands <-chan func(time.Duration)) (*served, net.Conn) {
	t.Helper()
	config := loopback()
	config.Commands = commands
	v := start(t, device, config)
	first := v.dial(t)
	v.wantEvent(t, Connected)
	return v, first
}

// heldUp keeps a server from reading anybody until release is called.
func heldUp(commands chan<- func(time.Duration)) (release func()) {
	free := make(chan struct{})
	commands <- func(time.Duration) { <-free }
	return sync.OnceFunc(func() { close(free) })
}

func TestServerRefusesNobodyWhoComesRightAfterAnother(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a client is leaving while its bytes are unread")
	}
	device := newBell()
	device.silent = true
	commands := make(chan func(time.Duration))
	v, first := commanded(t, device, commands)
	// While the loop is held up, the first client sends, leaves, and the second comes.
	release := heldUp(commands)
	defer release()
	const sent = 12 * readBufferBytes
	_, err := first.Write(make([]byte, sent))
	must(t, err)
	must(t, first.Close())
	second := v.dial(t)
	_, err = second.Write([]byte("second"))
	must(t, err)
	release()
	v.wantEvent(t, Disconnected)
	if e := v.wantEvent(t, Connected); e.Host != second.LocalAddr().String() {
		t.Errorf("event %q, want the second client's", e)
	}
	for bytes, gone := 0, false; ; {
		did := <-device.did
		switch {
		case did == "receive second" && gone && bytes == sent:
			return
		case did == "gone":
			gone = true
		case gone:
			t.Fatalf("after the first client had gone, with %d of its bytes, came %q", bytes, did)
		default:
			bytes += len(did) - len("receive ")
		}
	}
}

func TestAClientThatSendsMuchIsReadInLargePieces(t *testing.T) {
	device := newBell()
	device.silent = true
	commands := make(chan func(time.Duration))
	_, client := commanded(t, device, commands)
	release := heldUp(commands)
	defer release()
	const sent = 12 * readBufferBytes
	_, err := client.Write(make([]byte, sent))
	must(t, err)
	release()
	largest := 0
	for n := 0; n < sent; {
		piece := len(<-device.did) - len("receive ")
		n, largest = n+piece, max(largest, piece)
	}
	if largest <= readBufferBytes {
		t.Errorf("%d bytes came in pieces of up to %d", sent, largest)
	}
}

func TestClientsWhoComeAndGoWhileNobodyIsReadKeepNobodyOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells that a client is leaving while its bytes are unread")
	}
	device := newBell()
	commands := make(chan func(time.Duration))
	v, first := commanded(t, device, commands)
	release := heldUp(commands)
	defer release()
	must(t, first.Close())
	for range 5 { // each gives up at once, as a search for a meter does
		must(t, v.dial(t).Close())
	}
	last := v.dial(t)
	release()
	wantEcho(t, last, "last")
}

func TestServerRefusesASecondClient(t *testing.T) {
	v := start(t, newBell(), loopback())
	first := v.dial(t)
	wantEcho(t, first, "first")
	second := v.dial(t)
	if n, err := second.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the second client read %d bytes (%v), want to be closed at once", n, err)
	}
	v.wantEvent(t, Connected)
	e := v.wantEvent(t, Refused)
	if e.Host != second.LocalAddr().String() || e.Holder.Host != first.LocalAddr().String() || e.Holder.Age <= 0 || !strings.Contains(e.Reason, e.Holder.Host) {
		t.Errorf("event %q does not say who was refused for whom", e)
	}
	wantEcho(t, first, "still served")
}

func TestARefusedClientIsToldHowLongTheOtherHasBeenSilent(t *testing.T) {
	for _, test := range []struct {
		holder Holder
		want   string
	}{
		{Holder{Host: "h:1", Age: 200 * time.Second, Silent: 179600 * time.Millisecond}, "the port takes one connection at a time and h:1 has it, for 3m20s, silent for 3m0s"},
		{Holder{Host: "h:1", Age: 90 * time.Second, Silent: 400 * time.Millisecond}, "the port takes one connection at a time and h:1 has it, for 1m30s"},
	} {
		if got := test.holder.reason(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestANewClientTakesThePortOverIfItMay(t *testing.T) {
	config := loopback()
	config.Takeover = true
	device := newBell()
	v := start(t, device, config)
	first := v.dial(t)
	wantEcho(t, first, "first")
	second := v.dial(t)
	wantEcho(t, second, "second")
	if n, err := first.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the first client read %d bytes (%v), want to be closed", n, err)
	}
	device.wantNext(t, "receive first")
	device.wantNext(t, "gone")
	v.wantEvent(t, Connected)
	if e := v.wantEvent(t, Disconnected); e.Host != first.LocalAddr().String() || e.Reason != "taken over by "+second.LocalAddr().String() {
		t.Errorf("event %q does not say who went for whom", e)
	}
	v.wantEvent(t, Connected)
	wantEcho(t, v.dial(t), "third")
}

func TestServerTellsTheDeviceOfAClientThatVanishes(t *testing.T) {
	device := newBell()
	v := start(t, device, loopback())
	conn := v.dial(t).(*net.TCPConn)
	wantEcho(t, conn, "half a fra")
	must(t, conn.SetLinger(0)) // a reset instead of an orderly end
	conn.Close()
	device.wantNext(t, "receive half a fra")
	device.wantNext(t, "gone")
	v.wantEvent(t, Connected)
	if e := v.wantEvent(t, Disconnected); e.Reason == "closed by the client" {
		t.Errorf("reason %q of a reset", e.Reason)
	}
	wantEcho(t, v.dial(t), "next")
}

// resetting is a bell that wants its host reset when that says so.
type resetting struct {
	*bell
	wanted bool
}

func (r *resetting) Receive(now time.Duration, p []byte) {
	r.bell.Receive(now, p)
	r.wanted = strings.HasSuffix(string(p), "reset!")
}

// take is the Reset of a config.
func (r *resetting) take() bool {
	wanted := r.wanted
	r.wanted = false
	return wanted
}

func TestServerResetsTheConnectionAndServesTheNext(t *testing.T) {
	device := &resetting{bell: newBell()}
	config := loopback()
	config.Reset = device.take
	v := start(t, device, config)
	for range 3 {
		conn := v.dial(t)
		wantEcho(t, conn, "half a fra")
		if _, err := io.WriteString(conn, "reset!"); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 10)); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client reads %d bytes (%v), want a reset", n, err)
		}
		device.wantNext(t, "receive half a fra")
		device.wantNext(t, "receive reset!")
		device.wantNext(t, "gone")
		v.wantEvent(t, Connected)
		if e := v.wantEvent(t, Disconnected); e.Host != conn.LocalAddr().String() || e.Reason != "reset from here" {
			t.Errorf("event %q", e)
		}
	}
	wantEcho(t, v.dial(t), "next")
}

func TestServerTellsOfAResetWithNobodyConnected(t *testing.T) {
	device := &resetting{bell: newBell()}
	commands := make(chan func(time.Duration))
	config := loopback()
	config.Commands, config.Reset = commands, device.take
	v := start(t, device, config)
	commands <- func(time.Duration) { device.wanted = true }
	if e := v.wantEvent(t, NotReset); e.Host != "" || !strings.Contains(e.Reason, "nobody") {
		t.Errorf("event %q", e)
	}
	wantEcho(t, v.dial(t), "served")
}

func TestServerWakesTheDeviceWithoutAClient(t *testing.T) {
	device := newBell()
	device.every = time.Millisecond
	start(t, device, loopback())
	for range 5 {
		device.wantNext(t, "advance")
	}
}

func TestServerEndsAndAdmitsThoughTheDeviceIsAlwaysDue(t *testing.T) {
	for _, test := range []struct {
		name   string
		device Device
	}{{"without end at one time", &busy{}}, {"again at once", &late{}}} {
		t.Run(test.name, func(t *testing.T) {
			v := start(t, test.device, loopback())
			conn := v.dial(t)
			for range 20 {
				wantEcho(t, conn, "x")
			}
			v.cancel()
			if err := <-v.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

// busy echoes and always asks for a time that has long come.
type busy struct{ out []byte }

func (b *busy) Receive(_ time.Duration, p []byte) { b.out = append(b.out, p...) }
func (b *busy) Advance(time.Duration)             {}
func (b *busy) Next() (time.Duration, bool)       { return 0, true }
func (b *busy) Transmit(dst []byte) []byte {
	dst = append(dst, b.out...)
	b.out = b.out[:0]
	return dst
}
func (b *busy) HostBaud(time.Duration, int) {}
func (b *busy) HostGone(time.Duration)      {}

// late is a busy device that asks for the instant after the one that it has just been
// given: whatever it does takes too long.
type late struct {
	busy
	next time.Duration
}

func (l *late) Advance(now time.Duration)   { l.next = now + 1 }
func (l *late) Next() (time.Duration, bool) { return l.next, true }

func TestServerKeepsTheMemoryBeforeItConfirms(t *testing.T) {
	device := newBell()
	config := loopback()
	kept := make(chan struct{})
	release := sync.OnceFunc(func() { close(kept) })
	defer release()
	held := make(chan struct{})
	turns := 0
	config.Persist = func() error {
		if turns++; turns == 2 { // the first is the start's
			close(held)
			<-kept
		}
		return nil
	}
	v := start(t, device, config)
	conn := v.dial(t)
	if _, err := io.WriteString(conn, "block"); err != nil {
		t.Fatal(err)
	}
	<-held
	device.wantNext(t, "receive block")
	must(t, conn.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	if n, err := conn.Read(make([]byte, 16)); err == nil {
		t.Fatalf("%d bytes came before the memory was kept", n)
	}
	release()
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	got := make([]byte, 5)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "block" {
		t.Errorf("%q (%v) after the memory was kept", got, err)
	}
}

func TestServerKeepsTheMemoryOfADeviceThatNobodyTalksTo(t *testing.T) {
	config := loopback()
	config.PersistEvery = time.Millisecond
	kept := make(chan time.Duration, 100)
	now := time.Duration(-1)
	config.Step = func(at time.Duration) bool { now = at; return false }
	config.Persist = func() error {
		select {
		case kept <- now:
		default:
		}
		return nil
	}
	start(t, newBell(), config)
	last := <-kept
	for range 4 {
		select {
		case at := <-kept:
			if at < last+config.PersistEvery {
				t.Errorf("kept at %v, and again at %v", last, at)
			}
			last = at
		case <-time.After(patience):
			t.Fatalf("nothing was kept after %v", last)
		}
	}
}

func TestServerConfirmsNothingThatWasNotKept(t *testing.T) {
	full := errors.New("no space left on device")
	config := loopback()
	turns := 0
	config.Persist = func() error {
		if turns++; turns == 2 {
			return full
		}
		return nil
	}
	v := start(t, newBell(), config)
	conn := v.dial(t)
	if _, err := io.WriteString(conn, "block"); err != nil {
		t.Fatal(err)
	}
	if n, _ := conn.Read(make([]byte, 16)); n != 0 {
		t.Error("the device's bytes were sent")
	}
	if err := <-v.ended; !errors.Is(err, full) {
		t.Errorf("Run = %v, want the error of Persist", err)
	}
}

func TestServerRunsCommandsAndEndsWhenDone(t *testing.T) {
	device := newBell()
	commands := make(chan func(time.Duration), 1)
	config := loopback()
	config.Commands = commands
	config.Step = func(time.Duration) bool { return device.stop }
	v := start(t, device, config)
	listener := v.ports.plain.listener
	conn := v.dial(t)
	wantEcho(t, conn, "x")
	commands <- func(time.Duration) {
		device.out = append(device.out, "bye"...)
		device.stop = true
	}
	close(commands)
	if got, err := io.ReadAll(conn); err != nil || string(got) != "bye" {
		t.Errorf("the client got %q (%v), want bye and the end", got, err)
	}
	if err := <-v.ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	// To dial would not tell: the address may be another program's by now.
	if _, err := listener.Listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the port is still open after Run: %v", err)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := Listen(loopback())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ctx, newBell()); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
	if _, err := Listen(Config{}); err == nil {
		t.Error("a server of nothing listens")
	}
}

func TestServerRunsOnce(t *testing.T) {
	device := newBell()
	v := start(t, device, loopback())
	v.cancel()
	<-v.ended
	if err := v.Run(t.Context(), device); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("the second Run = %v", err)
	}
}

func TestServerCountsWhatAClientDoesNotTake(t *testing.T) {
	device := newBell()
	device.silent = true
	commands := make(chan func(time.Duration))
	config := loopback()
	config.Commands = commands
	v := start(t, device, config)
	conn := v.dial(t)
	v.wantEvent(t, Connected)
	// More than the kernel holds for a connection.
	flood := make([]byte, 64<<20)
	commands <- func(time.Duration) { device.out = append(device.out, flood...) }
	e := v.wantEvent(t, LostBytes)
	must(t, conn.SetDeadline(time.Now().Add(patience)))
	if _, err := io.CopyN(io.Discard, conn, int64(len(flood)-e.Bytes)); err != nil {
		t.Fatalf("%d bytes are said to be lost of %d, but the rest does not come: %v", e.Bytes, len(flood), err)
	}
	commands <- func(time.Duration) { device.out = append(device.out, "again"...) }
	got := make([]byte, 5)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "again" {
		t.Errorf("after the flood came %q (%v)", got, err)
	}
}

func TestEventsReadAsSentences(t *testing.T) {
	for _, test := range []struct {
		event Event
		want  string
	}{
		{Event{Kind: Connected, Host: "127.0.0.1:1"}, "127.0.0.1:1: connected"},
		{Event{Kind: Refused, Host: "h", Reason: "busy"}, "h: refused: busy"},
		{Event{Kind: Disconnected, Host: "h", Reason: "closed by the client"}, "h: disconnected: closed by the client"},
		{Event{Kind: LostBytes, Host: "/dev/pts/7", Bytes: 12}, "/dev/pts/7: 12 bytes lost: nobody takes them"},
		{Event{Kind: NotReset, Host: "/dev/pts/7", Reason: "a PTY"}, "/dev/pts/7: not reset: a PTY"},
		{Event{Kind: NotReset, Reason: "nobody is connected"}, "not reset: nobody is connected"},
		{Event{Kind: BaudChanged, Host: "/dev/pts/7", Baud: 19200}, "/dev/pts/7: host set to 19200 baud"},
	} {
		if got := test.event.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
