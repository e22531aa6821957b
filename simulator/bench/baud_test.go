package bench

import (
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

const baudTestUnit = 105

// runningStation is a station whose meter's application runs at time 0.
func runningStation(t *testing.T, baud, pace int) *Station {
	t.Helper()
	s, err := NewStation(Config{
		Meter: meter.Config{
			Model:        meter.ION7350,
			SerialNumber: "PC-0209A001-11",
			UnitID:       baudTestUnit,
			Password:     "0",
			Epoch:        time.Date(2008, time.March, 6, 15, 57, 48, 0, time.UTC),
			Firmware:     meter.Firmware{Revision: "7350V283", Image: firmware.Image(1, 4096)},
			Timing:       meter.DefaultTiming(),
			Geometry:     flash.Am29F032B(),
		},
		Baud:  baud,
		Pace:  pace,
		Trace: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.RunSince(-time.Minute)
	return s
}

// identifyFrame is what a host asks first.
func identifyFrame() []byte {
	request := ion.DownloadRequest{Op: ion.OpIdentify}
	var o ion.Outgoing
	o.Message = ion.AppendPacketHeader(nil, ion.Packet{
		MessageID: 1, Request: true,
		Source: ion.Address{Prefix: 0x9564, Unit: 1}, Destination: ion.MeterAddress(baudTestUnit),
		Type: ion.TypeDownload,
	}, ion.DownloadRequestBytes(&request))
	o.Message = ion.AppendDownloadRequest(o.Message, &request)
	o.Begin(ion.HostAddress, baudTestUnit, false)
	return o.AppendFrame(nil)
}

// ask sends the frame and gives what has arrived ten seconds later, and when the last of
// it did.
func ask(s *Station, now time.Duration) (answer []byte, took time.Duration) {
	end := now + 10*time.Second
	s.Receive(now, identifyFrame())
	at := now
	for at <= end {
		s.Advance(at)
		if p := s.Transmit(nil); len(p) > 0 {
			answer, took = append(answer, p...), at-now
		}
		next, ok := s.Next()
		if !ok {
			break
		}
		at = next
	}
	s.Advance(end)
	return answer, took
}

func isAnswer(answer []byte) bool {
	_, n, err := ion.ParseFrame(answer)
	return err == nil && n == len(answer)
}

func TestHostOfAnotherRateGetsNoAnswerUntilItsRateFits(t *testing.T) {
	for _, test := range []struct {
		name string
		pace int
	}{{"at the line's pace", 0}, {"twenty times faster", 20}, {"unpaced", Unpaced}} {
		t.Run(test.name, func(t *testing.T) {
			s := runningStation(t, 9600, test.pace)
			now := time.Duration(0)
			for _, step := range []struct {
				baud    int
				answers bool
			}{{9600, true}, {19200, false}, {9600, true}, {1200, false}, {0, true}} {
				s.HostBaud(now, step.baud)
				answer, _ := ask(s, now)
				if isAnswer(answer) != step.answers {
					t.Errorf("at %d baud the answer is % x", step.baud, answer)
				}
				now += time.Minute
			}
		})
	}
}

// What the meter says is garbled too, not only what it hears.
func TestHostOfAnotherRateHearsGarbage(t *testing.T) {
	s := runningStation(t, 9600, 0)
	s.Receive(0, identifyFrame())
	const meanwhile = 60 * time.Millisecond // the request has arrived, the answer is on its way
	s.Advance(meanwhile)
	if n := s.Counts().FramesToHost; n != 1 {
		t.Fatalf("%d frames are on their way to the host, want the answer", n)
	}
	s.HostBaud(meanwhile, 4800)
	s.Advance(time.Second)
	answer := s.Transmit(nil)
	if len(answer) == 0 || isAnswer(answer) {
		t.Errorf("a host at 4800 baud hears % x of a meter at 9600", answer)
	}
}

func TestLineWithoutARateFitsEveryHost(t *testing.T) {
	s := runningStation(t, 0, 0)
	s.HostBaud(0, 1200)
	if answer, _ := ask(s, 0); !isAnswer(answer) {
		t.Errorf("the answer is % x", answer)
	}
}

// A TCP client has no rate. The bytes on the meter's line take their time all the same.
func TestHostWithoutARateIsPacedByTheLine(t *testing.T) {
	s := runningStation(t, 9600, 0)
	_, want := ask(s, 0)
	s.HostBaud(time.Minute, 19200)
	s.HostBaud(2*time.Minute, 0)
	if _, took := ask(s, 2*time.Minute); took != want {
		t.Errorf("the answer took %v, at 9600 baud it took %v", took, want)
	}
}

func TestPaceDividesTheTimesOfBytes(t *testing.T) {
	rts := meter.DefaultTiming().RTSDelay
	_, whole := ask(runningStation(t, 9600, 0), 0)
	_, tenth := ask(runningStation(t, 9600, 10), 0)
	_, none := ask(runningStation(t, 9600, Unpaced), 0)
	if none != rts {
		t.Errorf("unpaced, the answer took %v, want the meter's RTS delay of %v alone", none, rts)
	}
	if got, want := tenth-rts, (whole-rts)/10; got-want > time.Microsecond || want-got > time.Microsecond {
		t.Errorf("ten times faster, the bytes took %v, want %v", got, want)
	}
}

func TestHostBaudIsTracedWhenTheLineChanges(t *testing.T) {
	s := runningStation(t, 9600, 0)
	for _, baud := range []int{9600, 0, 19200, 19200, 0} {
		s.HostBaud(0, baud)
	}
	var got []string
	for _, e := range s.TakeTrace() {
		got = append(got, e.Untimed())
	}
	want := []string{"line host-baud 19200", "line host-baud 9600"}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("trace %q, want %q", got, want)
	}
}

func TestTakenTraceBeginsAnew(t *testing.T) {
	s := runningStation(t, 9600, 0)
	s.PowerOff(0)
	first := s.TakeTrace()
	if len(first) == 0 {
		t.Fatal("a power loss leaves no trace")
	}
	kept := first[0]
	s.PowerOn(time.Second)
	if again := s.TakeTrace(); len(again) == 0 || again[0].At != time.Second || first[0] != kept {
		t.Errorf("then %v, after %v", again, first)
	}
	if rest := s.TakeTrace(); len(rest) != 0 {
		t.Errorf("and then %v", rest)
	}
}
