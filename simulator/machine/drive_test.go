package machine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ionbench/simulator/machine"
)

// call is one thing that Drive did to a script.
type call struct {
	at   time.Duration
	what string
}

// script is a machine that notes what is done to it. It echoes what it receives.
type script struct {
	calls []call
	wakes []time.Duration // the wake-ups it asks for, in order
	out   []byte
	// always keeps asking for a time that has long come.
	always bool
}

func (s *script) Receive(now time.Duration, p []byte) {
	s.calls = append(s.calls, call{now, "receive " + string(p)})
	s.out = append(s.out, p...)
}

func (s *script) Advance(now time.Duration) {
	if s.always {
		return
	}
	s.calls = append(s.calls, call{now, "advance"})
	s.wakes = s.wakes[1:]
}

func (s *script) Next() (time.Duration, bool) {
	if s.always {
		return 0, true
	}
	if len(s.wakes) == 0 {
		return 0, false
	}
	return s.wakes[0], true
}

func (s *script) Transmit(dst []byte) []byte {
	dst = append(dst, s.out...)
	s.out = s.out[:0]
	return dst
}

func (s *script) wantCalls(t *testing.T, want ...call) {
	t.Helper()
	if !slices.Equal(s.calls, want) {
		t.Errorf("the machine saw %v, want %v", s.calls, want)
	}
}

func TestDriveWakesTheMachineAtTheTimesItAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		m := &script{wakes: []time.Duration{0, 3 * time.Second, 70 * time.Minute}}
		step := func(time.Duration) bool { return len(m.wakes) == 0 }
		if err := machine.Drive(t.Context(), m, near, machine.Options{Step: step}); err != nil {
			t.Fatal(err)
		}
		m.wantCalls(t, call{0, "advance"}, call{3 * time.Second, "advance"}, call{70 * time.Minute, "advance"})
	})
}

func TestDriveTakesAReplyThatCameInTimeThoughTheLoopWasBusy(t *testing.T) {
	for _, test := range []struct {
		name      string
		arrivesAt time.Duration
		want      []call
	}{
		{"before the wake-up", 5 * time.Second,
			[]call{{20 * time.Second, "receive ok"}, {20 * time.Second, "advance"}}},
		{"after the wake-up", 15 * time.Second,
			[]call{{20 * time.Second, "advance"}, {20 * time.Second, "receive ok"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				m := &script{wakes: []time.Duration{10 * time.Second}}
				commands := make(chan func(time.Duration), 1)
				busy := time.NewTimer(20 * time.Second)
				commands <- func(time.Duration) { <-busy.C }
				ended := make(chan error, 1)
				go func() {
					ended <- machine.Drive(t.Context(), m, near, machine.Options{
						Commands: commands,
						Step:     func(time.Duration) bool { return len(m.calls) == 2 },
					})
				}()
				<-time.NewTimer(test.arrivesAt).C
				if _, err := far.Write([]byte("ok")); err != nil {
					t.Fatal(err)
				}
				echo := make([]byte, 2)
				if _, err := io.ReadFull(far, echo); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				m.wantCalls(t, test.want...)
			})
		})
	}
}

func TestDriveSendsWhatWasToBeSentBeforeItReturns(t *testing.T) {
	near, far := net.Pipe()
	m := &script{out: []byte("goodbye")}
	ended := make(chan error, 1)
	go func() {
		ended <- machine.Drive(t.Context(), m, near, machine.Options{Step: func(time.Duration) bool { return true }})
	}()
	got, err := io.ReadAll(far)
	if err != nil || string(got) != "goodbye" {
		t.Errorf("the line carried %q (%v), want goodbye and the end", got, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Drive = %v, want nil", err)
	}
}

func TestDriveDrainsEventsBeforeItWrites(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	m := &script{out: []byte("confirmed")}
	var order []string
	conn := &hooked{Conn: near, beforeWrite: func() { order = append(order, "write") }}
	step := func(time.Duration) bool {
		order = append(order, "step")
		return true
	}
	go func() { _, _ = io.Copy(io.Discard, far) }()
	if err := machine.Drive(t.Context(), m, conn, machine.Options{Step: step}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"step", "write"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

// hooked is a connection whose writes are seen.
type hooked struct {
	net.Conn
	beforeWrite func()
}

func (h *hooked) Write(p []byte) (int, error) {
	h.beforeWrite()
	return h.Conn.Write(p)
}

func TestDriveReturnsOnCancelThoughTheLineBlocks(t *testing.T) {
	for _, test := range []struct {
		name string
		m    *script
	}{
		{"reading", &script{}},
		{"writing", &script{out: []byte("nobody reads this")}},
		{"always due", &script{always: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			ctx, cancel := context.WithCancel(t.Context())
			started := make(chan struct{})
			begun := false
			step := func(time.Duration) bool {
				if !begun {
					begun = true
					close(started)
				}
				return false
			}
			ended := make(chan error, 1)
			go func() { ended <- machine.Drive(ctx, test.m, near, machine.Options{Step: step}) }()
			<-started
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) || errors.Is(err, machine.ErrLineLost) {
				t.Errorf("Drive = %v, want the context's error alone", err)
			}
			if _, err := far.Write([]byte{0}); err == nil {
				t.Error("the connection is still open after Drive")
			}
		})
	}
}

func TestDriveTellsWhenTheLineIsLost(t *testing.T) {
	near, far := net.Pipe()
	m := &script{}
	ended := make(chan error, 1)
	go func() { ended <- machine.Drive(t.Context(), m, near, machine.Options{}) }()
	echo := make([]byte, 4)
	if _, err := far.Write([]byte("last")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(far, echo); err != nil {
		t.Fatal(err)
	}
	far.Close()
	if err := <-ended; !errors.Is(err, machine.ErrLineLost) || !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "the other end closed it") {
		t.Errorf("Drive = %v, want ErrLineLost because of EOF, in words", err)
	}
}

// recording is a connection whose reads are given and whose writes are kept.
type recording struct {
	reads    []func(p []byte) (int, error)
	written  bytes.Buffer
	atMost   int // bytes taken by one Write; 0: all
	writeErr error
	closed   chan struct{}
}

func (r *recording) Read(p []byte) (int, error) {
	if len(r.reads) == 0 {
		<-r.closed
		return 0, io.ErrClosedPipe
	}
	read := r.reads[0]
	r.reads = r.reads[1:]
	return read(p)
}

func (r *recording) Write(p []byte) (int, error) {
	if r.writeErr != nil {
		return 0, r.writeErr
	}
	if r.atMost > 0 && len(p) > r.atMost {
		p = p[:r.atMost]
	}
	return r.written.Write(p)
}

func (r *recording) Close() error {
	close(r.closed)
	return nil
}

func reads(s string, err error) func(p []byte) (int, error) {
	return func(p []byte) (int, error) { return copy(p, s), err }
}

func TestDriveIsNotDisturbedByReadTimeouts(t *testing.T) {
	m := &script{}
	conn := &recording{closed: make(chan struct{}), reads: []func(p []byte) (int, error){
		reads("", os.ErrDeadlineExceeded), reads("", nil), reads("a", nil),
		reads("b", os.ErrDeadlineExceeded), reads("c", io.EOF),
	}}
	err := machine.Drive(t.Context(), m, conn, machine.Options{})
	if !errors.Is(err, io.EOF) {
		t.Errorf("Drive = %v, want the EOF after c", err)
	}
	if got := conn.written.String(); got != "abc" {
		t.Errorf("echoed %q, want abc", got)
	}
}

func TestDriveGoesOnAfterAShortWrite(t *testing.T) {
	conn := &recording{closed: make(chan struct{}), atMost: 3}
	m := &script{out: []byte("twelve bytes")}
	if err := machine.Drive(t.Context(), m, conn, machine.Options{Step: func(time.Duration) bool { return true }}); err != nil {
		t.Fatal(err)
	}
	if got := conn.written.String(); got != "twelve bytes" {
		t.Errorf("written %q", got)
	}
}

func TestDriveTellsOfAWriteThatFailed(t *testing.T) {
	broken := errors.New("input/output error")
	conn := &recording{closed: make(chan struct{}), writeErr: broken}
	err := machine.Drive(t.Context(), &script{out: []byte("x")}, conn, machine.Options{})
	if !errors.Is(err, machine.ErrLineLost) || !errors.Is(err, broken) {
		t.Errorf("Drive = %v, want ErrLineLost because of %v", err, broken)
	}
}

func TestDriveIsDoneThoughTheLastBytesHaveNowhereToGo(t *testing.T) {
	conn := &recording{closed: make(chan struct{}), writeErr: io.ErrClosedPipe}
	m := &script{out: []byte("last ack")}
	if err := machine.Drive(t.Context(), m, conn, machine.Options{Step: func(time.Duration) bool { return true }}); err != nil {
		t.Errorf("Drive = %v, want nil: the machine had ended", err)
	}
}

func TestDriveRunsCommandsAsTurns(t *testing.T) {
	for _, test := range []struct {
		name string
		m    *script
	}{{"idle machine", &script{}}, {"machine that is always due", &script{always: true}}} {
		t.Run(test.name, func(t *testing.T) {
			conn := &recording{closed: make(chan struct{})}
			commands := make(chan func(time.Duration), 1)
			stop := false
			commands <- func(time.Duration) {
				test.m.out = append(test.m.out, "abort"...)
				stop = true
			}
			close(commands)
			step := func(time.Duration) bool { return stop }
			if err := machine.Drive(t.Context(), test.m, conn, machine.Options{Step: step, Commands: commands}); err != nil {
				t.Fatal(err)
			}
			if got := conn.written.String(); got != "abort" {
				t.Errorf("written %q, want what the command left to send", got)
			}
		})
	}
}

func TestDriveReceivesThoughTheMachineIsAlwaysDue(t *testing.T) {
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- machine.Drive(t.Context(), &script{always: true}, near, machine.Options{}) }()
	for range 10 {
		if _, err := far.Write([]byte("ok")); err != nil {
			t.Fatal(err)
		}
		if err := far.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(far, make([]byte, 2)); err != nil {
			t.Fatalf("no echo: %v", err)
		}
	}
	far.Close()
	<-ended
}

func TestDriveLeavesClosedCommandsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		commands := make(chan func(time.Duration))
		close(commands)
		m := &script{wakes: []time.Duration{time.Second}}
		step := func(time.Duration) bool { return len(m.wakes) == 0 }
		if err := machine.Drive(t.Context(), m, near, machine.Options{Step: step, Commands: commands}); err != nil {
			t.Fatal(err)
		}
		m.wantCalls(t, call{time.Second, "advance"})
	})
}

func TestDriveOutlivesAFloodOfSmallReads(t *testing.T) {
	near, far := net.Pipe()
	m := &script{}
	ended := make(chan error, 1)
	go func() { ended <- machine.Drive(t.Context(), m, near, machine.Options{}) }()
	const count = 1000
	got := make([]byte, count)
	read := make(chan error, 1)
	go func() {
		_, err := io.ReadFull(far, got)
		read <- err
	}()
	want := make([]byte, count)
	for i := range want {
		want[i] = byte(i)
		if _, err := far.Write(want[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	far.Close()
	<-ended
	if !bytes.Equal(got, want) {
		t.Error("the echo differs from what was sent")
	}
}

// echo is a machine that costs nothing itself.
type echo struct{ out []byte }

func (e *echo) Receive(_ time.Duration, p []byte) { e.out = append(e.out, p...) }
func (e *echo) Advance(time.Duration)             {}
func (e *echo) Next() (time.Duration, bool)       { return 0, false }
func (e *echo) Transmit(dst []byte) (after []byte) {
	after, e.out = append(dst, e.out...), e.out[:0]
	return
}

// BenchmarkDriveEcho is what one turn costs: a frame in, a frame out.
func BenchmarkDriveEcho(b *testing.B) {
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- machine.Drive(b.Context(), &echo{}, near, machine.Options{}) }()
	frame := make([]byte, 252)
	b.ReportAllocs()
	b.SetBytes(int64(2 * len(frame)))
	for b.Loop() {
		if _, err := far.Write(frame); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(far, frame); err != nil {
			b.Fatal(err)
		}
	}
	far.Close()
	<-ended
}
