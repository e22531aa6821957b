package bench_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/line"
)

// faultEnds are the texts of the faults that ended.
func (r run) faultEnds() (list []string) {
	for _, f := range r.faults() {
		if f.kind == "ends" {
			list = append(list, f.fault)
		}
	}
	return list
}

func TestLoosePlugIsOutAndInByTurnsAndInAtTheEnd(t *testing.T) {
	for _, c := range []struct{ plan, in string }{ // in, every half second: i, or o for out
		{"cable-flap at 1s for 4s by 1s", "iiooiiooiiiiii"},
		{"cable-flap at 1s for 4500ms by 1s", "iiooiiooiioiii"},
		{"cable-flap at 1s for 300ms by 1s", "iiiiiiiiiiiiii"},
		{"cable-flap at 1s by 1500ms", "iioooiiioooiii"},
		{"cable-flap at 1s..3s by 500ms", "iioioiiiiiiiii"},
		{"cable-flap at 1s every 5s for 1s by 500ms", "iioiiiiiiiiioi"},
		{"cable-flap at 1s for 2s by 500ms; cable-pull at 1s for 1s", "iioooiiiiiiiii"},
	} {
		b := newBare(t, c.plan)
		var got strings.Builder
		for range len(c.in) {
			b.s.Advance(b.now + 400*time.Millisecond)
			got.WriteByte("oi"[btoi(b.s.Line().Connected(line.FromMeter))])
			if connected := b.s.Line().Connected(line.ToMeter); connected != b.s.Line().Connected(line.FromMeter) {
				t.Errorf("%s: to-meter connected %v at %v", c.plan, connected, b.now)
			}
			b.hear(500 * time.Millisecond)
		}
		if got.String() != c.in {
			t.Errorf("%s: %s, not %s", c.plan, got.String(), c.in)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Whoever finds the cable in cannot rely on it.
func TestMeterBehindALoosePlugCountsAsOutOfReach(t *testing.T) {
	b := newBare(t, "cable-flap at 1s for 10s by 2s")
	for _, want := range []bool{true, false, false, false, false, false, false, false, false, false, false, true} {
		b.s.Advance(b.now + 500*time.Millisecond)
		if got := b.s.Reachable(); got != want {
			t.Errorf("reachable %v half a second behind %v", got, b.now)
		}
		b.hear(time.Second)
	}
}

func TestLoosePlugOfOnePairLeavesTheOtherAlone(t *testing.T) {
	b := newBare(t, "cable-flap from-meter at 1s by 1h")
	b.hear(2 * time.Second)
	if l := b.s.Line(); l.Connected(line.FromMeter) || !l.Connected(line.ToMeter) {
		t.Error("the wrong direction is out")
	}
	b.s.Heal(b.now)
	if got := b.ask(1); len(got) != 82 {
		t.Errorf("after Heal the answer is % x", got)
	}
}

func TestUpgradeOutlivesALoosePlug(t *testing.T) {
	r := try(t, 4, "cable-flap at block 2 for 4 no-responses by 3s")
	if n := strings.Count(string(r.Log), "No response"); n < 4 || r.Claim != nil || len(r.faultEnds()) != 1 {
		t.Errorf("%d lines, %v, ends %v", n, r.Claim, r.faultEnds())
	}
}

func TestHostHearsItsEchoAndThenTheAnswer(t *testing.T) {
	want := slices.Concat(identify(1), newBare(t, "").ask(1))
	b := newBare(t, "echo for 90s")
	if got := b.ask(1); !bytes.Equal(got, want) {
		t.Errorf("it hears\n% x, not\n% x", got, want)
	}
	if got := b.s.Counts(); got.BytesToHost != 82 || got.FramesToHost != 1 {
		t.Errorf("the echo counts as the meter's: %+v", got)
	}
	b.hear(time.Minute)
	if got := b.ask(2); len(got) != 82 {
		t.Errorf("behind its end % x", got)
	}
}

func TestEchoIsHeardThoughTheCableIsOut(t *testing.T) {
	b := newBare(t, "echo; cable-pull at start")
	if got := b.ask(1); !bytes.Equal(got, identify(1)) {
		t.Errorf("% x", got)
	}
}

func TestTwoEchoesEndWithTheLast(t *testing.T) {
	b := newBare(t, "echo at start for 10s; echo at start for 30s")
	for i, c := range []struct {
		at    time.Duration
		bytes int
	}{{15 * time.Second, 82 + len(identify(1))}, {35 * time.Second, 82}} {
		b.hear(c.at - b.now)
		if got := b.askFor(uint16(i+1), time.Second); len(got) != c.bytes {
			t.Errorf("at %v it hears %d bytes, not %d", c.at, len(got), c.bytes)
		}
	}
}

// Frames are addressed: those of the host itself are none for it.
func TestUpgradeDoesNotMindItsEcho(t *testing.T) {
	plain, r := try(t, 3, ""), try(t, 3, "echo")
	if r.Claim != nil || r.Cost != plain.Cost || !bytes.Equal(r.Log, plain.Log) {
		t.Errorf("%v; it costs %+v, and %+v without", r.Claim, r.Cost, plain.Cost)
	}
}

func TestConverterOfAnotherRateMakesGarbageUntilItHasTheHostsOwnAgain(t *testing.T) {
	for _, c := range []struct {
		plan    string
		host    int // the rate that the host sets behind the first question
		answers string
	}{
		{"wrong-baud at 1s for 9s baud 19200", 9600, "..yy"},
		{"wrong-baud at 1s for 9s baud 19200", 19200, "...."},
		{"wrong-baud at 1s for 9s baud 9600", 19200, "yy.."}, // two wrongs make a right
		{"wrong-baud at 1s baud 4800", 0, "...."},
		{"wrong-baud at 1s for 9s baud 1200; wrong-baud at 6s for 10s baud 300", 9600, "...y"},
		{"wrong-baud at 1s for 20s baud 9600; wrong-baud at 6s for 3s baud 300", 9600, "y.yy"},
	} {
		b := newBare(t, c.plan)
		if got := b.askFor(1, 2*time.Second); len(got) != 82 {
			t.Fatalf("%s: before it % x", c.plan, got)
		}
		b.s.HostBaud(b.now, c.host)
		var answers strings.Builder
		for i := range len(c.answers) {
			got := b.askFor(uint16(i+2), time.Second)
			answers.WriteByte(".y"[btoi(len(got) == 82)])
			if (len(got) == 82) != b.s.Reachable() {
				t.Errorf("%s: reachable %v at %v", c.plan, b.s.Reachable(), b.now)
			}
			b.hear(4 * time.Second)
		}
		if answers.String() != c.answers {
			t.Errorf("%s, host at %d: %s, not %s", c.plan, c.host, answers.String(), c.answers)
		}
	}
}

func TestHostHearsGarbageFromAConverterOfAnotherRate(t *testing.T) {
	b := newBare(t, "wrong-baud at frame 1 from-meter baud 4800")
	got := b.ask(1)
	if len(got) == 0 || len(got) == 82 || bytes.Contains(got, []byte{0x14, 0xAC}) {
		t.Errorf("it hears % x", got)
	}
}

func TestUpgradeOutlivesAConverterOfAnotherRate(t *testing.T) {
	for n := 1; n <= 3; n++ {
		r := try(t, 3, fmt.Sprintf("wrong-baud at block 2 for %d no-responses baud 19200", n))
		if lines := strings.Count(string(r.Log), "No response"); lines != n || r.Claim != nil {
			t.Errorf("%d: %d lines, %v", n, lines, r.Claim)
		}
	}
}

func TestLineInBreakGivesAFramingErrorAtBothItsEndsAndNothingBetween(t *testing.T) {
	b := newBare(t, "line-break at 1s for 9s; cable-pull at 20s for 20s; line-break at 30s for 5s; line-break at 35s for 25s")
	for _, c := range []struct {
		until time.Duration
		ask   bool
		want  int // bytes
	}{
		{900 * time.Millisecond, true, 82},
		{2 * time.Second, false, 1},
		{9 * time.Second, true, 0},
		{11 * time.Second, false, 1},
		{19 * time.Second, true, 82},
		{21 * time.Second, false, 0},
		{29 * time.Second, true, 0},
		{39 * time.Second, true, 0}, // nobody hears a break behind a cable that is out
		{59 * time.Second, true, 0},
		{61 * time.Second, false, 1},
		{62 * time.Second, true, 82},
	} {
		if c.ask {
			b.s.Receive(b.now, identify(uint16(c.until/time.Second)))
		}
		got := b.hear(c.until - b.now)
		if len(got) != c.want || c.want == 1 && got[0] != 0 {
			t.Errorf("up to %v: % x", c.until, got)
		}
	}
}

func TestLineInBreakLosesWhatIsSentInItsDirection(t *testing.T) {
	for _, c := range []struct {
		plan     string
		hears    int // of the break
		answered uint64
	}{
		{"line-break to-meter at 1s", 0, 0},
		{"line-break from-meter at 1s", 1, 1},
	} {
		b := newBare(t, c.plan)
		if got := b.hear(2 * time.Second); len(got) != c.hears || b.s.Reachable() {
			t.Errorf("%s: % x, reachable %v", c.plan, got, b.s.Reachable())
		}
		if got := b.ask(1); len(got) != 0 {
			t.Errorf("%s: the answer is % x", c.plan, got)
		}
		if got := b.s.Counts(); got.BytesToMeter == 0 || got.FramesToHost != c.answered {
			t.Errorf("%s: %+v", c.plan, got)
		}
	}
}

func TestUpgradeOutlivesALineInBreak(t *testing.T) {
	for n := 1; n <= 4; n++ {
		r := try(t, 3, fmt.Sprintf("line-break at block 2 for %d no-responses", n))
		if lines := strings.Count(string(r.Log), "No response"); lines != n || r.Claim != nil {
			t.Errorf("%d: %d lines, %v", n, lines, r.Claim)
		}
	}
}

// arrivals are the pieces in which bytes come to the host, with the times between them.
func (b *bare) arrivals() (pieces [][]byte, gaps []time.Duration) {
	before := b.now
	for {
		at, ok := b.s.Next()
		if !ok {
			return pieces, gaps
		}
		b.now = at
		if p := b.hear(0); len(p) > 0 {
			pieces, gaps = append(pieces, p), append(gaps, at-before)
			before = at
		}
	}
}

func TestAnswerComesInSlicesAndWhole(t *testing.T) {
	want := newBare(t, "").ask(1)
	b := newBare(t, "sliced from-meter by 40ms length 32")
	b.s.Receive(0, identify(1))
	pieces, gaps := b.arrivals()
	if len(pieces) != 3 || len(pieces[0]) != 32 || len(pieces[1]) != 32 || !bytes.Equal(slices.Concat(pieces...), want) {
		t.Fatalf("% x", pieces)
	}
	if gap := 40*time.Millisecond + 32*10*time.Second/9600; (gaps[1] - gap).Abs() > time.Microsecond {
		t.Errorf("%v between the first two, not %v", gaps[1], gap)
	}
	b = newBare(t, "sliced from-meter by 1ms")
	b.s.Receive(0, identify(1))
	if pieces, _ := b.arrivals(); len(pieces) != len(want) {
		t.Errorf("without a length the answer comes in %d pieces", len(pieces))
	}
}

func TestSlicesCostTimeAndNothingElse(t *testing.T) {
	plain, r := try(t, 3, ""), try(t, 3, "sliced by 5ms length 64")
	if r.Claim != nil || r.resends() != 0 || r.Cost.BytesToMeter != plain.Cost.BytesToMeter || r.Cost.BytesToHost != plain.Cost.BytesToHost {
		t.Errorf("%v, %d resends; it costs %+v, and %+v without", r.Claim, r.resends(), r.Cost, plain.Cost)
	}
	var pauses time.Duration
	for _, e := range plain.Trace {
		if strings.HasPrefix(e.What.Kind(), "frame-") {
			pauses += 5 * time.Millisecond * time.Duration((len(frameOf(e))-1)/64)
		}
	}
	if took := r.Cost.Time - plain.Cost.Time; (took - pauses).Abs() > 100*time.Millisecond {
		t.Errorf("it takes %v more, not %v", took, pauses)
	}
}

func TestOfTwoSlicingsTheLastInThePlanRules(t *testing.T) {
	b := newBare(t, "sliced from-meter at start for 10s by 40ms length 32; sliced at start for 5s by 40ms length 50; sliced to-meter by 1ms")
	for i, want := range []int{50, 32, 82} {
		b.s.Receive(b.now, identify(uint16(i+1)))
		first := 0
		for len(b.s.Transmit(nil)) == 0 && first == 0 {
			at, ok := b.s.Next()
			if !ok {
				t.Fatal("no answer")
			}
			b.now = at
			first = len(b.hear(0))
		}
		if first != want {
			t.Errorf("question %d: the first slice has %d bytes, not %d", i+1, first, want)
		}
		b.hear(time.Duration(5*i+6)*time.Second - b.now)
	}
}
