package judge

import (
	"context"
	"testing"
	"time"

	"ionbench/simulator/ion"
)

func TestBeyondTheFreeSeatsAScenarioBeginsOnlyWhileTheComputerIsInTime(t *testing.T) {
	var s seats
	never := func() bool { return false }
	var leave func()
	for i := range freeSeats {
		var err error
		if leave, err = s.take(t.Context(), never); err != nil {
			t.Fatalf("seat %d: %v", i, err)
		}
	}
	asked := 0
	if _, err := s.take(t.Context(), func() bool { asked++; return asked == 3 }); err != nil || asked != 3 {
		t.Errorf("a late computer was asked %d times, %v", asked, err)
	}
	leave()
	leave() // of two that have ended; one more than the free seats are taken still
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.take(ctx, never); err != nil {
		t.Errorf("a free seat: %v", err)
	}
	cancel()
	if _, err := s.take(ctx, never); err == nil {
		t.Error("it sat down when the run had ended, on a computer that is late")
	}
	if n := s.taken.Load(); n != freeSeats {
		t.Errorf("%d seats are taken", n)
	}
}

func TestScenariosThatTakeLongBeginFirstAndTheOthersInTheOrderOfTheSuite(t *testing.T) {
	suite := mustSuite(t, "full")
	e := newEstimate(&Options{Response: testResponse})
	order, last, lengthy := suite.longestFirst(e), -1, 0
	for i, at := range order {
		took := e.scenario(&suite.Scenarios[at])
		if took >= lengthyFrom {
			if lengthy++; lengthy != i+1 || i > 0 && took > e.scenario(&suite.Scenarios[order[i-1]]) {
				t.Errorf("%s takes %v, and begins as number %d", suite.Scenarios[at].Name, took, i+1)
			}
			continue
		}
		if at < last {
			t.Errorf("%s begins behind one that stands behind it", suite.Scenarios[at].Name)
		}
		last = at
	}
	if lengthy == 0 || lengthy == len(order) || len(order) != len(suite.Scenarios) {
		t.Errorf("%d of %d take long", lengthy, len(order))
	}
}

func TestALagKeepsWhatIsSentInItsOrderForItsTimeAndLosesItWithTheConnection(t *testing.T) {
	l := lag{by: 3 * time.Second}
	if out := l.pass([]byte("has gone.first"), len("has gone."), time.Second); string(out) != "has gone." {
		t.Errorf("%q comes at once", out)
	}
	l.pass([]byte("second"), 0, 2*time.Second)
	if due, some := l.next(); due != 4*time.Second || !some {
		t.Errorf("the first is due at %v", due)
	}
	if out := l.pass(nil, 0, 4*time.Second); string(out) != "first" {
		t.Errorf("%q comes after three seconds", out)
	}
	if out := l.pass(nil, 0, 9*time.Second); string(out) != "second" {
		t.Errorf("%q comes later", out)
	}
	l.pass([]byte("lost"), 0, 9*time.Second)
	l.lose()
	if _, some := l.next(); some || len(l.pass(nil, 0, time.Hour)) > 0 {
		t.Error("something comes over a connection that has ended")
	}
}

// A last frame may have more behind its packet, and one of several that is full may not.
func TestAPaddedAnswerIsAFrameWithTheSamePacket(t *testing.T) {
	whole := ion.Frame{Control: ion.FromMeter, Source: 105, Destination: ion.HostAddress, Transaction: firstOfMany, Data: []byte("a packet")}
	var d ion.Decoder
	d.Feed(padded(ion.AppendFrame(nil, whole)))
	if f, ok := d.Next(); !ok || string(f.Data) != "a packet\x14\xAC" {
		t.Errorf("%q, %v", f.Data, ok)
	}
	whole.Transaction |= 1
	first := ion.AppendFrame(nil, whole)
	if string(padded(first)) != string(ion.AppendFrame(nil, whole)) {
		t.Error("a frame that is not the last is padded")
	}
}
