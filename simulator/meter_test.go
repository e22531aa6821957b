package simulator_test

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ionbench/simulator"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/rfc2217"
)

func start(t *testing.T, c simulator.Config) *simulator.Meter {
	t.Helper()
	m, err := simulator.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func connect(t *testing.T, m *simulator.Meter) net.Conn {
	t.Helper()
	conn, err := m.Connect()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// identify asks for the meter's identity, as a blocking program does.
func identify(conn net.Conn, unit uint16) (*ion.DownloadReply, error) {
	request := &ion.DownloadRequest{Op: ion.OpIdentify}
	out := ion.Outgoing{Message: ion.AppendPacketHeader(nil, ion.Packet{
		MessageID: 1, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(unit),
		Credential: ion.NumericCredential(0, 0), Service: 1, Type: ion.TypeDownload,
	}, ion.DownloadRequestBytes(request))}
	out.Message = ion.AppendDownloadRequest(out.Message, request)
	out.Begin(ion.HostAddress, unit, false)
	if _, err := conn.Write(out.AppendFrame(nil)); err != nil {
		return nil, err
	}
	var decoder ion.Decoder
	b := make([]byte, 1) // byte by byte, as they come
	for {
		if _, err := io.ReadFull(conn, b); err != nil {
			return nil, err
		}
		decoder.Feed(b)
		if f, ok := decoder.Next(); ok {
			p, err := ion.ParsePacket(f.Data)
			if err != nil {
				return nil, err
			}
			var r ion.DownloadReply
			return &r, ion.ParseDownloadReply(p.Body, &r)
		}
	}
}

func TestTheZeroConfigIsTheMeterOfTheArticle(t *testing.T) {
	m := start(t, simulator.Config{Pace: bench.Unpaced})
	r, err := identify(connect(t, m), 105)
	if err != nil {
		t.Fatal(err)
	}
	if got := ion.FixedText(r.Serial[:]); got != "PC-0209A001-11" || r.Product != 7350 {
		t.Errorf("a %d with serial number %q answers", r.Product, got)
	}
	if v := m.Look(); v.State != meter.Application || v.Running != "7350V282" || v.Boots != v.Running || v.Display == "" {
		t.Errorf("it looks so: %+v", v)
	}
}

func TestInABubbleAnAnswerTakesItsTimeOnTheLineAndNoneOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{Baud: 1200})
		conn := connect(t, m)
		began := time.Now()
		if _, err := identify(conn, 105); err != nil {
			t.Fatal(err)
		}
		// 38 bytes of question, 10 ms, 82 bytes of answer, at 120 bytes a second.
		if took := time.Since(began); took < 900*time.Millisecond || took > 1100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestAFaultStrikesAndARecoveredCableLetsTheHostGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{Faults: "cable-pull for 70m"})
		conn := connect(t, m)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := identify(conn, 105); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("error %v, want a time-out", err)
		}
		if unstruck := m.Look().Unstruck; len(unstruck) > 0 {
			t.Errorf("unstruck: %v", unstruck)
		}
		time.Sleep(70 * time.Minute)
		if err := conn.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := identify(conn, 105); err != nil {
			t.Error(err)
		}
	})
}

func TestAResetEndsTheConnectionAndTheHostMayConnectAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{Faults: "ip-reset at 3s"})
		conn := connect(t, m)
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("error %v, want a reset", err)
		}
		if at := m.Look().Time; at != 3*time.Second {
			t.Errorf("it came at %v", at)
		}
		if _, err := conn.Write([]byte{0}); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("error %v, want a reset", err)
		}
		if _, err := identify(connect(t, m), 105); err != nil {
			t.Error(err)
		}
	})
}

func TestAResetInTheMiddleOfTimeStrikesAtItsTimeAlsoIfNobodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{Faults: "ip-reset at 3s"})
		connect(t, m)
		time.Sleep(time.Hour)
		for _, e := range m.Trace() {
			if strings.Contains(e.String(), "strikes") && e.At != 3*time.Second {
				t.Errorf("struck at %v", e.At)
			}
		}
		if len(m.Look().Unstruck) > 0 {
			t.Error("it never struck")
		}
	})
}

func TestWithoutPowerNobodyAnswersAndTheMeterBootsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{})
		m.PowerOff()
		if s := m.Look().State; s != meter.Off {
			t.Errorf("it is %v", s)
		}
		m.PowerOn()
		if s := m.Look().State; s != meter.Booting {
			t.Errorf("it is %v", s)
		}
		time.Sleep(time.Minute)
		if s := m.Look().State; s != meter.Application {
			t.Errorf("it is %v", s)
		}
	})
}

func TestAReadThatWaitsEndsWhenTheConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(*simulator.Meter, net.Conn) error{
			"by the host":    func(_ *simulator.Meter, c net.Conn) error { return c.Close() },
			"with the meter": func(m *simulator.Meter, _ net.Conn) error { return m.Close() },
		} {
			m := start(t, simulator.Config{})
			conn := connect(t, m)
			read := make(chan error)
			go func() {
				_, err := conn.Read(make([]byte, 1))
				read <- err
			}()
			synctest.Wait()
			if err := end(m, conn); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := <-read; !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: error %v, want net.ErrClosed", name, err)
			}
		}
	})
}

func TestADeadlineThatIsSetWhileAReadWaitsEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := connect(t, start(t, simulator.Config{}))
		read := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		if err := conn.SetDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a time-out", err)
		}
	})
}

func TestAWriteOfMoreThanTheLineHoldsWaitsForTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, simulator.Config{Baud: 19200})
		conn := connect(t, m)
		began := time.Now()
		garbage := make([]byte, 256<<10)
		for i := range garbage {
			garbage[i] = 0x55
		}
		if n, err := conn.Write(garbage); err != nil || n != len(garbage) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		// 192 KiB had to leave before the last 64 KiB could wait: 1,920 bytes a second.
		if took := time.Since(began); took < 100*time.Second || took > 105*time.Second {
			t.Errorf("it took %v", took)
		}
		if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Write(garbage); !errors.Is(err, os.ErrDeadlineExceeded) || n > 4000 {
			t.Errorf("%d bytes and error %v, want a time-out on a line that is full", n, err)
		}
	})
}

func TestTheLineHasOneEnd(t *testing.T) {
	m := start(t, simulator.Config{})
	conn := connect(t, m)
	if _, err := m.Connect(); err == nil {
		t.Error("two hosts are connected")
	}
	if _, err := m.Serve(simulator.Ports{TCP: ":0"}); err == nil {
		t.Error("it is served under a host that is connected")
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing again: %v", err)
	}
	connect(t, m)
}

func TestAMeterThatIsServedCanBeLookedAtAndStruck(t *testing.T) {
	m := start(t, simulator.Config{Pace: bench.Unpaced})
	where, err := m.Serve(simulator.Ports{TCP: ":0"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", where.TCP)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := identify(conn, 105); err != nil {
		t.Fatal(err)
	}
	if c := m.Look().Counts; c.FramesToMeter != 1 || c.FramesToHost != 1 {
		t.Errorf("counts %+v", c)
	}
	m.PowerOff()
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := identify(conn, 105); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v of a meter without power", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	conn, err = net.Dial("tcp", where.TCP)
	if err != nil {
		return
	}
	defer conn.Close()
	// The address may be another program's by now.
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := identify(conn, 105); err == nil {
		t.Error("the port is still open")
	}
}

func TestAMeterIsServedAsASerialPortOfAnotherMachine(t *testing.T) {
	m := start(t, simulator.Config{Pace: bench.Unpaced, Faults: "cable-pull at frame 2 to-meter for 1h"})
	where, err := m.Serve(simulator.Ports{RFC2217: ":0"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", where.RFC2217)
	if err != nil {
		t.Fatal(err)
	}
	port, err := rfc2217.NewClient(conn, rfc2217.ClientConfig{Baud: 9600, Timeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	if _, err := identify(port, 105); err != nil {
		t.Fatal(err)
	}
	lines := make(chan rfc2217.ModemState, 10)
	port.OnModem(func(s rfc2217.ModemState) { lines <- s })
	if is := <-lines; is != rfc2217.DCD|rfc2217.DSR|rfc2217.CTS {
		t.Errorf("the lines are %08b", is)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := identify(port, 105)
		answered <- err
	}()
	if is := <-lines; is != 0 {
		t.Errorf("the lines are %08b", is)
	}
	port.Close()
	if err := <-answered; err == nil {
		t.Error("a meter answers whose cable is out")
	}
}

func TestWhatCannotBeIsRefusedWithWhatToUseInstead(t *testing.T) {
	for name, test := range map[string]struct {
		config simulator.Config
		says   string
	}{
		"a model":           {simulator.Config{Model: 7400}, "use 7300, 7330 or 7350"},
		"a unit":            {simulator.Config{UnitID: 10000}, "use 1 to 9999"},
		"a plan":            {simulator.Config{Faults: "cable-pul"}, "cable-pull"},
		"a fault of the PC": {simulator.Config{Faults: "kill at block 3"}, "befalls the PC"},
		"a place":           {simulator.Config{Faults: "stuck-bit at start address 0x000001"}, "say one from"},
	} {
		if _, err := simulator.New(test.config); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, test.says)
		}
	}
}
