package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ionbench/client/port"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/serve"
	"ionbench/simulator/steady"
)

// patience is how long a test waits for what must come.
const patience = 2 * time.Minute

// between is a proxy on a TCP port.
type between struct {
	*serve.Server
	far    *Far
	events chan steady.Event
}

// device is the station, as package serve wants it.
type device struct{ *bench.Station }

// startBetween serves a proxy to an address until the test ends.
func startBetween(t testing.TB, to string, plan fault.Plan) *between {
	t.Helper()
	return startBetweenAt(t, serve.Config{TCP: ":0"}, to, plan)
}

// startBetweenAt is startBetween for a tool at other ports than TCP, too.
func startBetweenAt(t testing.TB, config serve.Config, to string, plan fault.Plan) *between {
	t.Helper()
	station, err := bench.NewFar(bench.Config{Baud: 9600, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	b := &between{events: make(chan steady.Event, 1<<10)}
	broken := false
	config.Takeover, config.Keeps, config.Unasked = true, true, true
	config.Full = func() <-chan struct{} { return b.far.Full() }
	config.Step = func(now time.Duration) bool { b.far.Flush(now); return false }
	config.Reset = func() bool {
		was := broken
		broken = false
		return was
	}
	b.Server, err = serve.Listen(config)
	if err != nil {
		t.Fatal(err)
	}
	b.far = Start(Config{
		Do: b.Do, Station: station, Retry: time.Millisecond, Full: b.HostFull,
		Open: func(ctx context.Context) (io.ReadWriteCloser, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", to)
		},
		Event: func(e steady.Event) {
			broken = broken || e.Kind == steady.Lost
			b.events <- e
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, device{station}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		b.far.Close()
	})
	return b
}

func (b *between) want(t testing.TB, k steady.Kind) steady.Event {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-b.events:
			if e.Kind == k {
				return e
			}
		case <-deadline:
			t.Fatalf("no event %q", k)
		}
	}
}

func (b *between) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func accept(t testing.TB, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Whatever end is killed, and whenever: what comes out at an end is the beginning of what went in at
// the other, and the next connection is as good as the first.
func TestNothingIsChangedOrLostInTheMiddleThoughEitherEndIsKilledAtAnyTime(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	l := listen(t)
	b := startBetween(t, l.Addr().String(), nil)
	meter := accept(t, l)
	b.want(t, steady.Opened)
	whole := 0
	for round := range 120 {
		tool := b.dial(t)
		if _, err := tool.Write([]byte("!")); err != nil || string(pull(meter, 1)) != "!" {
			t.Fatalf("round %d: %v", round, err) // the meter speaks when it is asked
		}
		sent := [2][]byte{randomBytes(random, 6000), randomBytes(random, 6000)}
		ends := [2]net.Conn{tool, meter}
		victim, after := random.IntN(3), random.IntN(6000) // 2: nobody is killed
		var got [2][]byte
		var both sync.WaitGroup
		for i := range ends {
			both.Go(func() {
				if push(ends[i], sent[i], i == victim, after) {
					// The other end hears what is on its way, and no more.
					ends[1-i].SetReadDeadline(time.Now().Add(5 * time.Millisecond))
				}
			})
			both.Go(func() { got[i] = pull(ends[i], len(sent[1-i])) })
		}
		both.Wait()
		for i := range got {
			if !bytes.HasPrefix(sent[1-i], got[i]) {
				t.Fatalf("round %d, %d killed after %d: end %d got %d bytes that were not sent", round, victim, after, i, len(got[i]))
			}
			if victim == 2 && len(got[i]) != len(sent[1-i]) {
				t.Fatalf("round %d: end %d got %d of %d bytes", round, i, len(got[i]), len(sent[1-i]))
			}
		}
		if victim == 2 {
			whole++
		}
		tool.Close()
		if victim == 1 {
			b.want(t, steady.Lost)
			meter = accept(t, l)
			b.want(t, steady.Opened)
		} else {
			meter = b.renew(t, l, meter)
		}
	}
	if whole < 20 {
		t.Errorf("only %d rounds were left alone", whole)
	}
}

// renew takes a new connection to the meter, so that the rest of a round is no part of the next.
func (b *between) renew(t testing.TB, l net.Listener, meter net.Conn) net.Conn {
	t.Helper()
	meter.Close()
	b.want(t, steady.Lost)
	next := accept(t, l)
	b.want(t, steady.Opened)
	return next
}

// randomBytes have the beginnings of frames among them, and beginnings that are none.
func randomBytes(random *rand.Rand, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = [...]byte{0, 0, 0x14, 0xAC, 60, 255, byte(random.Uint32())}[random.IntN(7)]
	}
	return p
}

// push writes p in pieces. If it is to kill the connection, it does after so many bytes.
func push(conn net.Conn, p []byte, kill bool, after int) (killed bool) {
	for sent := 0; sent < len(p); {
		n := min(len(p)-sent, 1+sent%700)
		if kill && sent+n > after {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
			return true
		}
		if _, err := conn.Write(p[sent : sent+n]); err != nil {
			return false
		}
		sent += n
	}
	return false
}

func pull(conn net.Conn, want int) []byte {
	got := make([]byte, want)
	n, _ := io.ReadFull(conn, got)
	if n < want {
		conn.Close() // the other direction ends, too
	}
	return got[:n]
}

func TestAMeterThatIsNotThereIsToldOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	l := listen(t)
	where := l.Addr().String()
	l.Close()
	b := startBetween(t, where, nil)
	if e := b.want(t, steady.Absent); !strings.Contains(e.Reason, "refused") {
		t.Errorf("%+v", e)
	}
	tool := b.dial(t)
	if _, err := tool.Write([]byte("nobody hears it")); err != nil {
		t.Fatal(err)
	}
	if e := b.want(t, steady.LostBytes); e.Bytes != len("nobody hears it") {
		t.Errorf("%+v", e)
	}
	l, err := net.Listen("tcp", where)
	if err != nil {
		t.Skip("somebody else has taken the port meanwhile")
	}
	defer l.Close()
	meter := accept(t, l)
	b.want(t, steady.Opened)
	if _, err := tool.Write([]byte("now it is heard")); err != nil {
		t.Fatal(err)
	}
	if got := pull(meter, len("now it is heard")); string(got) != "now it is heard" {
		t.Errorf("%q", got)
	}
	for len(b.events) > 0 {
		if e := <-b.events; e.Kind == steady.Absent {
			t.Error("it is told again")
		}
	}
}

// BenchmarkAdded is what a proxy without a plan adds to a round trip over TCP: the median, against the
// direct way in the same run. At 115200 baud the far end takes the time of its bytes.
func BenchmarkAdded(b *testing.B) {
	for _, x := range []struct {
		name    string
		request int
		baud    int
	}{{"252to14", 252, 0}, {"252to14at115200", 252, 115200}, {"41to14", 41, 0}} {
		b.Run(x.name, func(b *testing.B) {
			l := listen(b)
			var echoes sync.WaitGroup
			echoes.Go(func() { // it ends with the listener
				for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
					echoes.Go(func() { answer(conn, x.request, x.baud) })
				}
			})
			direct, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			p := startBetween(b, l.Addr().String(), nil)
			p.want(b, steady.Opened)
			proxied := p.dial(b)
			proxied.SetDeadline(time.Time{})
			ways := []net.Conn{direct, proxied}
			if other := bySocat(b, l.Addr().String()); other != nil {
				ways = append(ways, other)
			}
			times := make([][]float64, len(ways))
			for b.Loop() {
				for i, conn := range ways {
					times[i] = append(times[i], roundTrip(b, conn, x.request))
				}
			}
			for _, conn := range ways {
				conn.Close()
			}
			a, c := median(times[0]), median(times[1])
			if len(ways) > 2 {
				b.ReportMetric((median(times[2])-a)/1e3, "socat-added-µs")
			}
			b.ReportMetric(0, "ns/op") // says nothing here
			b.ReportMetric(a/1e3, "direct-µs")
			b.ReportMetric((c-a)/1e3, "added-µs")
			b.ReportMetric(a/c, "x-of-direct")
		})
	}
}

// bySocat is a way through socat, which passes bytes on and does no more; nil without it.
func bySocat(b *testing.B, to string) net.Conn {
	program, err := exec.LookPath("socat")
	if err != nil {
		return nil
	}
	l := listen(b)
	where := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(where)
	cmd := exec.Command(program, "TCP-LISTEN:"+port+",bind=127.0.0.1,nodelay", "TCP:"+to+",nodelay")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for range 200 {
		if conn, err := net.Dial("tcp", where); err == nil {
			return conn
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("socat does not listen")
	return nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

const answerBytes = 14

func roundTrip(b *testing.B, conn net.Conn, request int) float64 {
	began := time.Now()
	if _, err := conn.Write(make([]byte, request)); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, answerBytes)); err != nil {
		b.Fatal(err)
	}
	return float64(time.Since(began))
}

// answer answers requests as the other end of a line of this rate does; 0 for none.
func answer(conn net.Conn, request, baud int) {
	defer conn.Close()
	p := make([]byte, request)
	for {
		if _, err := io.ReadFull(conn, p); err != nil {
			return
		}
		if baud > 0 {
			time.Sleep(time.Duration(request+answerBytes) * 10 * time.Second / time.Duration(baud))
		}
		if _, err := conn.Write(make([]byte, answerBytes)); err != nil {
			return
		}
	}
}

// A tool that sends much more than the meter's end takes is held back, as without the proxy. What the
// meter says comes through all the same.
func TestAMeterThatTakesNothingHoldsTheToolBackAndNotTheProxy(t *testing.T) {
	t.Parallel()
	for name, at := range toolsPorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at.holdsBack(t)
		})
	}
}

func (p toolsPort) holdsBack(t *testing.T) {
	tool, meter := p.between(t)
	const size = 16 << 20 // more than kernels hold
	draw := rand.NewChaCha8([32]byte{})
	sent := make([]byte, size)
	_, _ = draw.Read(sent) // it never fails
	var written atomic.Int64
	over := make(chan error, 1)
	go func() {
		for p := sent; len(p) > 0; {
			n, err := tool.Write(p[:min(len(p), 4096)])
			written.Add(int64(n))
			if p = p[n:]; err != nil {
				over <- err
				return
			}
		}
		over <- nil
	}()
	// The meter reads nothing until the tool has written all, or goes no further.
	for was, still := int64(-1), 0; still < 50 && was < size; time.Sleep(time.Millisecond) {
		if is := written.Load(); is != was {
			was, still = is, 0
		}
		still++
	}
	if _, err := meter.Write([]byte("still here")); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, len("still here"))
	if _, err := io.ReadFull(tool, heard); err != nil || string(heard) != "still here" {
		t.Errorf("%q, %v", heard, err)
	}
	if got := pull(meter, size); !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came, or others than were sent", len(got), size)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// A tool that reads nothing for a while, over whatever it is joined by, holds the meter's end back, as without
// the proxy: what the meter says meanwhile is not lost.
func TestAToolThatTakesNothingForAWhileHoldsTheMeterBack(t *testing.T) {
	t.Parallel()
	for name, at := range toolsPorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool, meter := at.between(t)
			if _, err := tool.Write([]byte("!")); err != nil || string(pull(meter, 1)) != "!" {
				t.Fatal(err) // the meter speaks when it is asked
			}
			sent := make([]byte, 16<<20)                  // more than kernels hold
			_, _ = rand.NewChaCha8([32]byte{}).Read(sent) // it never fails
			over := make(chan error, 1)
			go func() {
				_, err := meter.Write(sent)
				over <- err
			}()
			time.Sleep(time.Second) // far longer than a host is waited for
			got := make([]byte, len(sent))
			late := time.AfterFunc(patience, func() { tool.Close() })
			defer late.Stop()
			if n, err := io.ReadFull(tool, got); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%d bytes of %d came, or others than were sent (%v)", n, len(sent), err)
			}
			if err := <-over; err != nil {
				t.Error(err)
			}
		})
	}
}

// toolsPort is a way in which a tool is joined to the proxy.
type toolsPort struct {
	serve func(t *testing.T) serve.Config
	open  func(t *testing.T, b *between) io.ReadWriteCloser
}

func toolsPorts() map[string]toolsPort {
	opened := func(to func(*between) port.Config) func(*testing.T, *between) io.ReadWriteCloser {
		return func(t *testing.T, b *between) io.ReadWriteCloser {
			tool, err := port.Open(to(b))
			if err != nil {
				t.Fatal(err)
			}
			return tool
		}
	}
	ports := map[string]toolsPort{
		"TCP": {
			func(*testing.T) serve.Config { return serve.Config{TCP: ":0"} },
			opened(func(b *between) port.Config { return port.Config{TCP: b.Addr().String()} }),
		},
		"RFC 2217": {
			func(*testing.T) serve.Config { return serve.Config{RFC2217: ":0", Baud: 9600} },
			opened(func(b *between) port.Config { return port.Config{Port: "rfc2217://" + b.RFC2217().String()} }),
		},
	}
	var l net.Listener // the other end of the cable
	ports["port"] = toolsPort{
		func(t *testing.T) serve.Config {
			l = listen(t)
			return serve.Config{Port: "a cable", OpenPort: func(ctx context.Context) (io.ReadWriteCloser, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
			}}
		},
		func(t *testing.T, _ *between) io.ReadWriteCloser { return accept(t, l) },
	}
	if runtime.GOOS == "linux" {
		ports["PTY"] = toolsPort{
			func(*testing.T) serve.Config { return serve.Config{PTY: true, Baud: 9600} },
			opened(func(b *between) port.Config { return port.Config{Port: b.PTY()} }),
		}
	}
	return ports
}

// between is a proxy between a tool at such a port and a meter's end at TCP.
func (p toolsPort) between(t *testing.T) (tool io.ReadWriteCloser, meter net.Conn) {
	t.Helper()
	l := listen(t)
	b := startBetweenAt(t, p.serve(t), l.Addr().String(), nil)
	meter = accept(t, l)
	b.want(t, steady.Opened)
	tool = p.open(t, b)
	t.Cleanup(func() { tool.Close() })
	return tool, meter
}

// Who is behind the proxy may speak first, as a modem does that rings.
func TestAMeterThatSpeaksFirstIsHeard(t *testing.T) {
	t.Parallel()
	for name, at := range toolsPorts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool, meter := at.between(t)
			time.Sleep(50 * time.Millisecond) // a TCP client is let in meanwhile
			if _, err := meter.Write([]byte("RING")); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 4)
			late := time.AfterFunc(patience, func() { tool.Close() })
			defer late.Stop()
			if _, err := io.ReadFull(tool, got); err != nil || string(got) != "RING" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
