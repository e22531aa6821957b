package bench_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// mark is a lasting fault that harms nothing, to see when it begins and ends.
const mark = " rate 1e-9"

func byBlock(m moment) int     { return m.block }
func byFrame(m moment) int     { return m.toMeter + m.toHost }
func byToMeter(m moment) int   { return m.toMeter }
func byFromMeter(m moment) int { return m.toHost }
func byErase(m moment) int     { return m.ops }
func byResend(m moment) int    { return m.resends }
func bySecond(m moment) int    { return int(m.into / time.Second) }

// Each trigger, window and repetition, by what was there before the strike: `at block 3`
// comes when two blocks have begun, and so on.
func TestFaultsStrikeAndEndExactlyWhenTheirTriggersSay(t *testing.T) {
	const noResponses = "reply-lost at block 1..4; "
	for _, c := range []struct {
		plan          string
		by            func(moment) int
		strikes, ends []int
	}{
		{"noise at start" + mark, byFrame, []int{0}, nil},
		{"noise" + mark, byFrame, []int{0}, nil},

		{"noise at block 3" + mark, byBlock, []int{2}, nil},
		{"noise at block 1" + mark, byBlock, []int{0}, nil},
		{"noise at block 5" + mark, byBlock, []int{4}, nil},
		{"noise at block 2..3" + mark, byBlock, []int{1}, []int{3}},
		{"reply-dup at block 2..4", byBlock, []int{1, 2, 3}, nil},
		{"reply-dup every 2 blocks", byBlock, []int{1, 3}, nil},
		{"reply-dup at block 1 every 2 blocks", byBlock, []int{0, 2, 4}, nil},
		{"reply-dup at block 1..3 every 2 blocks", byBlock, []int{0, 2}, nil},
		{"noise every 2 blocks for 100ms" + mark, byBlock, []int{1, 3}, []int{2, 4}},

		{"noise at frame 40" + mark, byFrame, []int{39}, nil},
		{"noise at frame 40 to-meter" + mark, byToMeter, []int{39}, nil},
		{"noise at frame 40 from-meter" + mark, byFromMeter, []int{39}, nil},
		{"noise at frame 40..45" + mark, byFrame, []int{39}, []int{45}},
		{"noise at frame 40..45 from-meter" + mark, byFromMeter, []int{39}, []int{45}},
		{"frame-dup at frame 50..52 to-meter", byToMeter, []int{49, 50, 51}, nil},
		{"noise at frame 1 every 100 frames for 1ms" + mark, byFrame, []int{0, 100, 200, 300}, []int{1, 101, 201, 301}},

		{"noise at flash-op 3" + mark, byErase, []int{2}, nil},
		{"noise at flash-op 3 after" + mark, byErase, []int{3}, nil},
		{"noise at flash-op 3..5" + mark, byErase, []int{2}, []int{5}},
		{"noise every 3 flash-ops for 10us" + mark, byErase, nil, nil},
		{"noise at flash-op 4 after" + mark + "; slow-line at flash-op 4 by 1us", byErase, []int{3, 4}, nil},
		{"slow-line at flash-op 4 by 1us; noise at flash-op 4 after" + mark, byErase, []int{3, 4}, nil},

		{"noise at 60%" + mark, byBlock, []int{3}, nil},
		{"noise at 59%" + mark, byBlock, []int{3}, nil},
		{"noise at 61%" + mark, byBlock, []int{4}, nil},
		{"noise at 20%..60%" + mark, byBlock, []int{1}, []int{4}},
		{"reply-dup every 20%", byBlock, []int{1, 2, 3, 4}, nil},
		{"reply-dup at 20%..60% every 20%", byBlock, []int{1, 2, 3}, nil},

		{"noise at 7s" + mark, bySecond, []int{7}, nil},
		{"noise at 7s..9s" + mark, bySecond, []int{7}, []int{9}},
		{"noise at 7s for 4s" + mark, bySecond, []int{7}, []int{11}},
		{"noise at 5s..15s every 5s for 1s" + mark, bySecond, []int{5, 10, 15}, []int{6, 11, 16}},

		{noResponses + "noise at no-response 2" + mark, byResend, []int{1}, nil},
		{noResponses + "noise at no-response 1..2" + mark, byResend, []int{0}, []int{2}},
		{noResponses + "noise at no-response 2..4 every 2 no-responses for 1s" + mark, byResend, []int{1, 3}, []int{2, 4}},
	} {
		for name, try := range attempts() {
			t.Run(name+" "+c.plan, func(t *testing.T) { wantMoments(t, try(t, 5, c.plan), c.by, c.strikes, c.ends) })
		}
	}
}

// attempts are ways to come to an attempt. In each of them all counts begin with it.
func attempts() map[string]func(testing.TB, int, string) run {
	return map[string]func(testing.TB, int, string) run{"first": try, "second": trySecond}
}

func wantMoments(t *testing.T, r run, by func(moment) int, wantStrikes, wantEnds []int) {
	t.Helper()
	if r.Claim != nil {
		t.Fatalf("the upgrade fails: %v", r.Claim)
	}
	var strikes, ends []int
	for _, f := range r.faults() {
		switch {
		case strings.HasPrefix(f.fault, "reply-lost"):
		case f.kind == "strikes":
			strikes = append(strikes, by(f.moment))
		case f.kind == "ends":
			ends = append(ends, by(f.moment))
		}
	}
	if wantStrikes == nil {
		wantStrikes, wantEnds = everyThirdOperation(r, strikes, ends)
	}
	if !slices.Equal(strikes, wantStrikes) || !slices.Equal(ends, wantEnds) {
		t.Errorf("strikes %v and ends %v, expected %v and %v", strikes, ends, wantStrikes, wantEnds)
	}
	if len(r.Unstruck) > 0 {
		t.Errorf("unstruck: %v", r.Unstruck)
	}
}

// everyThirdOperation: an upgrade has far more operations than can be listed by hand; the
// ones that erase are 3, 6 and 9, and each repetition both begins and ends.
func everyThirdOperation(r run, strikes, ends []int) (wantStrikes, wantEnds []int) {
	third := int(r.Meter.FlashOps) / 3
	if len(strikes) != third || len(ends) != third || !slices.Equal(strikes[:3], []int{2, 5, 8}) || !slices.Equal(ends[:3], []int{2, 5, 8}) {
		return []int{third}, []int{third}
	}
	return strikes, ends
}

func TestFaultAtABlockStrikesInFrontOfItsFirstFrame(t *testing.T) {
	r := try(t, 4, "noise at block 3"+mark+"; reply-lost at block 2")
	for _, f := range r.faults() {
		if !strings.HasPrefix(f.fault, "noise") {
			continue
		}
		next, _ := r.find(f.index, "frame-to-meter", "")
		if q, ok := requestOf(wire(next)); !ok || q.block != 3 || next.At != f.at {
			t.Errorf("what follows is %+v at %v", q, next.At)
		}
	}
	if n := len(r.faults()); n != 2 {
		t.Errorf("%d strikes", n)
	}
}

func TestFaultAtAByteStrikesWhenThatByteBeginsToLeave(t *testing.T) {
	for name, try := range attempts() {
		for _, side := range []string{"to-meter", "from-meter"} {
			for _, n := range []int{1, 2, 39, 500, 1000} {
				r := try(t, 3, fmt.Sprintf("noise at byte %d %s%s", n, side, mark))
				f := r.faults()
				if len(f) != 1 {
					t.Fatalf("%s: byte %d %s: %d strikes", name, n, side, len(f))
				}
				if want := r.byteBegins(n, "frame-"+side); f[0].at != want {
					t.Errorf("%s: byte %d %s: strikes at %v, the byte begins at %v", name, n, side, f[0].at, want)
				}
			}
		}
	}
}

// byteBegins is when the n-th byte of the attempt in one direction begins to leave, if the
// frames of that direction follow each other with a pause.
func (r run) byteBegins(n int, kind string) time.Duration {
	before := n - 1
	for _, e := range r.Trace {
		if e.What.Kind() != kind {
			continue
		}
		if before < len(frameOf(e)) {
			return e.At + time.Duration(before)*10*time.Second/9600
		}
		before -= len(frameOf(e))
	}
	return -1
}

func TestWindowOfBytesEndsBehindItsLastByte(t *testing.T) {
	for name, try := range attempts() {
		r := try(t, 3, "noise at byte 500..600 from-meter"+mark)
		f := r.faults()
		if len(f) != 2 || f[0].kind != "strikes" || f[1].kind != "ends" {
			t.Fatalf("%s: %+v", name, f)
		}
		if want := r.byteBegins(601, "frame-from-meter"); f[1].at != want || f[0].at >= want {
			t.Errorf("%s: from %v to %v, the byte behind begins at %v", name, f[0].at, f[1].at, want)
		}
	}
}

func TestFaultAtAStateStrikesWhenTheMeterEntersItForTheFirstTime(t *testing.T) {
	for _, state := range []string{"download", "erasing", "receiving", "programming", "verifying", "booting", "application"} {
		r := try(t, 3, "noise at state "+state+mark)
		f := r.faults()
		if len(f) != 1 || f[0].state != state {
			t.Errorf("%s: %+v", state, f)
			continue
		}
		if e, _ := r.find(0, "state", state); e.At != f[0].at {
			t.Errorf("%s: strikes at %v, entered at %v", state, f[0].at, e.At)
		}
	}
}

func TestFaultLastsSoManyNoResponses(t *testing.T) {
	for n := 1; n <= 4; n++ {
		r := try(t, 3, fmt.Sprintf("cable-pull at block 2 for %d no-responses", n))
		f := r.faults()
		if len(f) != 2 || f[1].kind != "ends" || f[1].resends != n-1 {
			t.Fatalf("%d: %+v", n, f)
		}
		if lines := strings.Count(string(r.Log), "No response"); lines != n || r.Claim != nil || r.Counts.Transmitted != 3+n {
			t.Errorf("%d: %d lines, %d blocks sent, %v", n, lines, r.Counts.Transmitted, r.Claim)
		}
	}
}

func TestFaultWithoutDurationLastsForever(t *testing.T) {
	for _, plan := range []string{"cable-pull at block 2", "cable-pull at block 2 for forever", "meter-silent at block 2", "power-loss at block 2"} {
		r := try(t, 3, plan)
		if f := r.faults(); len(f) != 1 || !errors.Is(r.Claim, client.ErrNoResponse) || r.Meter.Connected {
			t.Errorf("%s: %+v, %v, connected %v", plan, f, r.Claim, r.Meter.Connected)
		}
		if n := strings.Count(string(r.Log), "No response... resending"); n != 10 {
			t.Errorf("%s: %d resends", plan, n)
		}
		r.r.Heal()
		if r.r.Bench().Station().Reachable() != true {
			t.Errorf("%s: nobody can be reached after Heal", plan)
		}
	}
}

// heard are the frames of the meter between two faults' events.
func (r run) between(from, to time.Duration, kind string) (n int) {
	for _, e := range r.Trace {
		if e.What.Kind() == kind && e.At >= from && e.At < to {
			n++
		}
	}
	return n
}

func TestCablePullCutsTheDirectionsThatItSays(t *testing.T) {
	for _, c := range []struct {
		plan              string
		hears, programmed bool
	}{
		{"cable-pull at block 2 for 15s", false, false},
		{"cable-pull to-meter at block 2 for 15s", false, false},
		{"cable-pull from-meter at block 2 for 15s", false, false},
		{"cable-pull from-meter at frame 107 from-meter for 15s", false, true},
	} {
		r := try(t, 3, c.plan)
		f := r.faults()
		if len(f) != 2 || f[1].at-f[0].at != 15*time.Second || r.Claim != nil {
			t.Fatalf("%s: %+v, %v", c.plan, f, r.Claim)
		}
		acks := r.between(f[0].at, f[1].at, "frame-from-meter")
		if wants := strings.Contains(c.plan, " from-meter at"); (acks > 0) != wants {
			t.Errorf("%s: the meter sent %d frames meanwhile", c.plan, acks)
		}
		if n := r.resends(); n == 0 {
			t.Errorf("%s: nothing was sent again", c.plan)
		}
	}
}

func TestPowerLossTakesThePowerAwayAndGivesItBack(t *testing.T) {
	r := try(t, 3, "power-loss at block 2 for 30s")
	f := r.faults()
	off, i := r.find(0, "state", "off")
	on, _ := r.find(i, "state", "booting")
	if len(f) != 2 || off.At != f[0].at || on.At != f[1].at || on.At-off.At != 30*time.Second {
		t.Fatalf("%+v, off at %v, on at %v", f, off.At, on.At)
	}
	if r.Claim != nil || r.Meter.State != meter.Application {
		t.Errorf("%v, %v", r.Claim, r.Meter.State)
	}
}

func TestAMeterThatIsStruckAsItBeginsToSendDoesNotSend(t *testing.T) {
	for _, kind := range []string{"power-loss at frame 20 from-meter for 30s", "meter-reset at frame 20 from-meter", "meter-silent at frame 20 from-meter for 30s",
		"brown-out at frame 20 from-meter for 30s", "watchdog-reset at frame 20 from-meter by 3s"} {
		r := try(t, 2, kind)
		struck, i := r.find(0, "strikes", "")
		next, _ := r.find(i, "frame-from-meter", "")
		if next.At <= struck.At {
			t.Errorf("%s: struck at %v, and a frame is sent at %v", kind, struck.At, next.At)
		}
		if r.Claim != nil || len(r.Violations) > 0 {
			t.Errorf("%s: %v, %v", kind, r.Claim, r.Violations)
		}
	}
}

// The meter that boots because its power is back is in the state that another fault has
// waited for.
func TestHealWakesNoFault(t *testing.T) {
	r := smallRig(t)
	a := upgrade(t, r, 2, "meter-silent at state booting\npower-loss at start")
	if _, err := r.Try(a); err != nil {
		t.Fatal(err)
	}
	o, err := r.Recover(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Violations) > 0 {
		t.Errorf("after all faults were ended: %v", o.Violations)
	}
}

func TestPowerLossAtAFlashOperationStrikesInItsPhase(t *testing.T) {
	for _, phase := range []string{"before", "torn", "after"} {
		for _, op := range []uint64{1, 5, 10, 11, 40} {
			r := try(t, 2, fmt.Sprintf("power-loss at flash-op %d %s for 30s", op, phase))
			cut, i := r.find(0, "flash-cut", "")
			if i < 0 || cut.What.Details() != fmt.Sprintf("%d %s", op, phase) {
				t.Fatalf("%d %s: %v", op, phase, cut)
			}
			f := r.faults()
			if len(f) != 2 || f[0].at != cut.At || f[1].at-f[0].at != 30*time.Second || r.Claim != nil {
				t.Errorf("%d %s: %+v, %v", op, phase, f, r.Claim)
			}
		}
	}
}

func TestPowerLossRepeatsAtFlashOperations(t *testing.T) {
	r := try(t, 2, "power-loss at flash-op 5..70 every 30 flash-ops torn for 2s")
	var ops []uint64
	for _, e := range r.Trace {
		if cut, ok := e.What.(story.FlashCut); ok {
			ops = append(ops, cut.Operation)
		}
	}
	if !slices.Equal(ops, []uint64{5, 35, 65}) {
		t.Errorf("cut at %v", ops)
	}
}

// One operation can be named by one power loss only: the next in the plan has missed it,
// is reported, and is not in the way of those behind it.
func TestSecondPowerLossAtOneFlashOperationIsReported(t *testing.T) {
	r := try(t, 2, "power-loss at flash-op 5 for 1s; power-loss at flash-op 5 torn for 2s; power-loss at flash-op 50 for 3s")
	if n := r.count("flash-cut", ""); n != 2 {
		t.Errorf("%d cuts", n)
	}
	if len(r.Unstruck) != 1 || !strings.Contains(r.Unstruck[0].String(), "torn") {
		t.Errorf("unstruck: %v", r.Unstruck)
	}
}

func TestMeterResetRestartsAtOnce(t *testing.T) {
	for _, plan := range []string{"meter-reset at block 2", "meter-reset at flash-op 30 torn", "meter-reset at state verifying", "meter-reset at 5s"} {
		r := try(t, 3, plan)
		off, i := r.find(0, "state", "off")
		on, _ := r.find(i, "state", "booting")
		if f := r.faults(); len(f) != 1 || f[0].at != off.At || on.At != off.At {
			t.Errorf("%s: %+v, off at %v, on at %v", plan, f, off.At, on.At)
		}
		if r.Claim != nil {
			t.Errorf("%s: %v", plan, r.Claim)
		}
	}
}

func TestSilentMeterNeitherHearsNorSpeaks(t *testing.T) {
	r := try(t, 3, "meter-silent at block 2 for 25s")
	f := r.faults()
	if len(f) != 2 || f[1].at-f[0].at != 25*time.Second {
		t.Fatalf("%+v", f)
	}
	if n := r.between(f[0].at, f[1].at, "frame-from-meter"); n != 0 {
		t.Errorf("it sent %d frames", n)
	}
	if n := r.between(f[0].at, f[1].at, "block-programmed"); n != 0 {
		t.Errorf("it programmed %d blocks", n)
	}
	if n := strings.Count(string(r.Log), "No response"); n != 3 || r.Claim != nil {
		t.Errorf("%d lines, %v", n, r.Claim)
	}
}

func TestAbortAndKillEndTheHost(t *testing.T) {
	for _, c := range []struct {
		plan            string
		blocks          int
		aborted, killed bool
	}{
		{"abort at block 3", 2, true, false}, {"abort at 60%", 3, true, false}, {"abort at flash-op 12", 0, true, false},
		{"kill at block 3", 2, false, true}, {"kill at no-response 1; reply-lost at block 2", 1, false, true}, {"abort at 4s", 0, true, false},
	} {
		r := try(t, 5, c.plan)
		if r.Aborted != c.aborted || r.Killed != c.killed || r.Counts.Confirmed != c.blocks {
			t.Errorf("%s: aborted %v, killed %v, %d blocks", c.plan, r.Aborted, r.Killed, r.Counts.Confirmed)
		}
		if failed := strings.Contains(string(r.Log), "Upgrade failed"); failed == c.killed {
			t.Errorf("%s: the log says\n%s", c.plan, r.Log)
		}
		if c.aborted != errors.Is(r.Claim, client.ErrAborted) {
			t.Errorf("%s: %v", c.plan, r.Claim)
		}
	}
}

func TestNoiseHarmsWhileItLastsAndNotAfter(t *testing.T) {
	r := try(t, 6, "noise at block 2 for 5s rate 0.02 seed 7")
	f := r.faults()
	if len(f) != 2 || f[1].at-f[0].at != 5*time.Second || r.Claim != nil {
		t.Fatalf("%+v, %v", f, r.Claim)
	}
	if !strings.Contains(string(r.Log), "No response") {
		t.Error("nothing was sent again")
	}
	quiet := try(t, 6, "noise at block 2 for 5s rate 1e-9 seed 7")
	if strings.Contains(string(quiet.Log), "No response") {
		t.Error("hardly any noise, and something was sent again")
	}
	again := try(t, 6, "noise at block 2 for 5s rate 0.02 seed 7")
	if again.Cost != r.Cost {
		t.Errorf("the same seed costs %+v and %+v", r.Cost, again.Cost)
	}
}

func TestSlowLinePausesBeforeEveryByte(t *testing.T) {
	plain, slow := try(t, 2, ""), try(t, 2, "slow-line to-meter by 1ms")
	if got, want := slow.Cost.Time-plain.Cost.Time, time.Duration(plain.Cost.BytesToMeter)*time.Millisecond; (got - want).Abs() > 2*time.Second {
		t.Errorf("it takes %v more, %v expected", got, want)
	}
	f := try(t, 2, "slow-line at block 1 for 500ms by 200us").faults()
	if len(f) != 2 || f[1].at-f[0].at != 500*time.Millisecond {
		t.Errorf("%+v", f)
	}
}

// resends are the requests that were sent again, but for those that a restarting meter
// cannot hear in any case.
func (r run) resends() int { return strings.Count(string(r.Log), "No response") }

// replies lists the frames of the meter that carry an answer, with their times.
func (r run) replies() (list []story.Event) {
	for _, e := range r.Trace {
		if e.What.Kind() == "frame-from-meter" && !strings.HasPrefix(wire(e), "00 00 14 ac e0") {
			list = append(list, e)
		}
	}
	return list
}

func TestReplyFaultsTakeTheNextAnswerAndNoAcknowledgement(t *testing.T) {
	plain := try(t, 3, "")
	t.Run("lost", func(t *testing.T) {
		r := try(t, 3, "reply-lost at block 2")
		if r.resends() != 1 || r.Counts.Transmitted != 4 || r.count("block-programmed", "") != 3 {
			t.Errorf("%+v, %+v, %d blocks programmed", r.Cost, r.Counts, r.count("block-programmed", ""))
		}
		if got, want := len(r.replies()), len(plain.replies()); got != want {
			t.Errorf("%d answers on the line, %d expected: one lost, one more to the resend", got, want)
		}
	})
	t.Run("twice", func(t *testing.T) {
		r := try(t, 3, "reply-dup at block 2")
		if got, want := len(r.replies()), len(plain.replies())+1; got != want || r.resends() != 0 {
			t.Errorf("%d answers, %d expected, %d resends", got, want, r.resends())
		}
	})
	t.Run("late", func(t *testing.T) {
		r := try(t, 3, "reply-late at block 2 by 3s")
		block, i := plain.find(0, "block-programmed", "")
		if i < 0 || r.resends() != 0 {
			t.Fatalf("%v, %d resends", block, r.resends())
		}
		a, b := plain.replies(), r.replies()
		for i := range a {
			delay := b[i].At - a[i].At
			if want := time.Duration(0); delay != want && (delay < 2900*time.Millisecond || delay > 3*time.Second) {
				t.Errorf("answer %d is %v later", i, delay)
			}
		}
		if got := r.Cost.Time - plain.Cost.Time; got < 2900*time.Millisecond || got > 3*time.Second {
			t.Errorf("the run takes %v longer", got)
		}
	})
}

func TestFrameFaultsTakeTheFrameThatTheTriggerNames(t *testing.T) {
	plain := try(t, 3, "")
	frames := func(r run, kind string) (list []string) {
		for _, e := range r.Trace {
			if e.What.Kind() == kind {
				list = append(list, wire(e))
			}
		}
		return list
	}
	t.Run("lost", func(t *testing.T) {
		r := try(t, 3, "frame-lost at frame 40 to-meter")
		a, b := frames(plain, "frame-to-meter"), frames(r, "frame-to-meter")
		if !slices.Equal(a[:40], b[:40]) || r.resends() != 1 || r.Claim != nil {
			t.Errorf("%d resends, %v", r.resends(), r.Claim)
		}
		// Nobody acknowledges it: the next frame of the host begins the message anew.
		if q, ok := requestOf(b[40]); !ok || q.block == 0 {
			t.Errorf("behind it comes %.60s", b[40])
		}
	})
	t.Run("twice", func(t *testing.T) {
		r := try(t, 3, "frame-dup at frame 40 to-meter")
		if r.Claim != nil || r.Cost.BytesToMeter-plain.Cost.BytesToMeter == 0 {
			t.Errorf("%v, %d bytes more", r.Claim, r.Cost.BytesToMeter-plain.Cost.BytesToMeter)
		}
	})
	t.Run("lost from the meter", func(t *testing.T) {
		r := try(t, 3, "frame-lost at frame 40 from-meter")
		if r.Claim != nil || r.resends() != 1 {
			t.Errorf("%v, %d resends", r.Claim, r.resends())
		}
	})
	t.Run("the next in its direction", func(t *testing.T) {
		r := try(t, 3, "frame-lost from-meter at block 2")
		f := r.faults()
		if len(f) != 1 || r.resends() != 1 || r.Claim != nil {
			t.Errorf("%+v, %d resends, %v", f, r.resends(), r.Claim)
		}
	})
}

// Unstruck faults are reported with the reason, in words that say what there was instead.
func TestFaultThatCannotStrikeIsReportedWithItsReason(t *testing.T) {
	for plan, reason := range map[string]string{
		"cable-pull at block 900":               "the image has 3 blocks",
		"cable-pull at block 3; abort at 33%":   "the host came as far as block 2 of 3",
		"power-loss at flash-op 100000":         "the chip came as far as operation ",
		"noise at flash-op 100000 rate 1":       "the chip came as far as operation ",
		"byte-drop at byte 10000000 to-meter":   "the line carried ",
		"byte-drop at byte 10000000 from-meter": "the line carried ",
		"frame-lost at frame 100000":            "the line carried ",
		"kill at no-response 500":               "requests again",
		"kill at 20h":                           "the run ended before",
		"kill at 99%; abort at block 2":         "the host came as far as block 2 of 3",
		"kill at state verifying; abort at 33%": "the meter was never verifying",
		"reply-lost at block 4..9":              "the image has 3 blocks",
		"noise at block 4..9 rate 1":            "the image has 3 blocks",
	} {
		r := try(t, 3, plan)
		found := false
		for _, u := range r.Unstruck {
			found = found || strings.Contains(u.Reason, reason)
		}
		if !found || len(r.Unstruck) != 1 {
			t.Errorf("%s: %q, %q expected", plan, r.Unstruck, reason)
		}
		if strings.Contains(plan, "block 900") && r.count("cannot-strike", "the image has 3 blocks") != 1 {
			t.Errorf("%s: the trace does not tell that it cannot strike", plan)
		}
	}
}

func TestFaultOfAnUpgradeThatNeverBeganIsReported(t *testing.T) {
	r := smallRig(t)
	a := upgrade(t, r, 3, "kill at 50%; reply-lost at block 1")
	if err := r.PutFirmware(world.Firmware{OwnErr: errors.New("no such file")}); err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Unstruck) != 2 {
		t.Errorf("%q", o.Unstruck)
	}
}

func TestPlanThatMakesNoSenseIsRefused(t *testing.T) {
	r := smallRig(t)
	if err := r.Bench().Station().SetPlan(fault.Plan{{}}); err == nil {
		t.Error("accepted")
	}
}

// bare is a station with nobody at its host's end but the test.
type bare struct {
	t   *testing.T
	s   *bench.Station
	now time.Duration
}

func newBare(t *testing.T, text string) *bare {
	t.Helper()
	s := smallRig(t).Bench().Station()
	if err := s.SetPlan(plan(t, text)); err != nil {
		t.Fatal(err)
	}
	s.Begin(0)
	return &bare{t: t, s: s}
}

// send sends identify.
func (b *bare) send(id uint16) { b.s.Receive(b.now, identify(id)) }

// ask sends identify and returns all that arrives within a minute.
func (b *bare) ask(id uint16) []byte {
	b.t.Helper()
	return b.askFor(id, time.Minute)
}

// askFor sends identify and returns all that arrives in that time.
func (b *bare) askFor(id uint16, wait time.Duration) []byte {
	b.t.Helper()
	b.send(id)
	return b.hear(wait)
}

// hear is all that arrives in that time.
func (b *bare) hear(wait time.Duration) []byte {
	b.t.Helper()
	b.now += wait
	b.s.Advance(b.now)
	return b.s.Transmit(nil)
}

// identify is a request that any meter answers.
func identify(id uint16) []byte {
	body := ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpIdentify})
	out := ion.Outgoing{Message: ion.AppendPacket(nil, ion.Packet{MessageID: id, Request: true, Source: ion.ClientAddress(),
		Destination: ion.MeterAddress(105), Service: 1, Type: ion.TypeDownload, Body: body})}
	out.Begin(ion.HostAddress, 105, false)
	return out.AppendFrame(nil)
}

func TestByteFaultsHarmExactlyTheBytesTheyName(t *testing.T) {
	want := newBare(t, "").ask(1)
	if len(want) != 82 {
		t.Fatalf("% x", want)
	}
	for _, n := range []int{1, 2, 40, 81, 82} {
		for kind, harmed := range map[string][]byte{
			"byte-drop at byte %d from-meter":             slices.Concat(want[:n-1], want[n:]),
			"byte-flip at byte %d from-meter":             slices.Concat(want[:n-1], []byte{want[n-1] ^ 1}, want[n:]),
			"byte-flip at byte %d from-meter mask 0x81":   slices.Concat(want[:n-1], []byte{want[n-1] ^ 0x81}, want[n:]),
			"byte-dup at byte %d from-meter":              slices.Concat(want[:n], want[n-1:]),
			"byte-drop at byte %d from-meter length 1000": want[:n-1],
		} {
			text := fmt.Sprintf(kind, n)
			b := newBare(t, text)
			if got := b.ask(1); !slices.Equal(got, harmed) {
				t.Errorf("%s\n got % x\nwant % x", text, got, harmed)
			}
			if got := b.ask(2); !strings.Contains(kind, "1000") && len(got) != 82 {
				t.Errorf("%s: the next answer has %d bytes", text, len(got))
			}
		}
	}
	for n := 1; n <= 5; n++ {
		b := newBare(t, fmt.Sprintf("byte-insert at byte 40 from-meter length %d seed 3", n))
		got := b.ask(1)
		if len(got) != 82+n || !slices.Equal(got[:39], want[:39]) || !slices.Equal(got[39+n:], want[39:]) {
			t.Errorf("%d inserted: % x", n, got)
		}
		b = newBare(t, fmt.Sprintf("byte-drop at byte 40 from-meter length %d", n))
		if got := b.ask(1); !slices.Equal(got, slices.Concat(want[:39], want[39+n:])) {
			t.Errorf("%d dropped: % x", n, got)
		}
		b = newBare(t, fmt.Sprintf("byte-dup at byte 40 from-meter length %d", n))
		if got := b.ask(1); len(got) != 82+n {
			t.Errorf("%d doubled: % x", n, got)
		}
	}
}

func TestByteFaultToTheMeterCostsTheFrameThatItHits(t *testing.T) {
	for _, text := range []string{"byte-drop at byte 20 to-meter", "byte-flip at byte 20 to-meter", "byte-insert at byte 20 to-meter", "byte-dup at byte 20 to-meter", "byte-flip to-meter", "frame-lost to-meter"} {
		b := newBare(t, text)
		if got := b.ask(1); text != "byte-flip to-meter" && len(got) != 0 {
			t.Errorf("%s: answered % x", text, got)
		}
		if got := b.ask(2); len(got) != 82 {
			t.Errorf("%s: the next is answered % x", text, got)
		}
	}
}

func TestByteFaultsRepeat(t *testing.T) {
	b := newBare(t, "byte-flip at byte 10 every 82 bytes from-meter")
	want := newBare(t, "").ask(1)
	for id := uint16(1); id < 5; id++ {
		got := b.ask(id)
		if len(got) != 82 || got[9] == want[9] || got[10] != want[10] {
			t.Errorf("answer %d: % x", id, got)
		}
	}
}

func TestPlainGarbageReachesTheMeterAndIsIgnored(t *testing.T) {
	b := newBare(t, "")
	for _, p := range [][]byte{{0}, {0, 0, 0x14}, {0x14, 0xAC, 9, 9, 9}, make([]byte, 300)} {
		b.s.Receive(b.now, p)
		b.now += time.Second
		b.s.Advance(b.now)
		if got := b.ask(7); len(got) != 82 {
			t.Errorf("behind % x: % x", p, got)
		}
	}
}

func TestHostThatLeavesTakesItsBytesAlong(t *testing.T) {
	b := newBare(t, "")
	b.s.Receive(0, []byte{0, 0, 0x14, 0xAC, 0, 0x22})
	b.s.HostGone(0)
	if got := b.ask(1); len(got) != 82 {
		t.Errorf("the next host gets % x", got)
	}
	b.s.Receive(b.now, []byte{0, 0, 0x14, 0xAC})
	b.now += time.Second
	b.s.Advance(b.now)
	b.s.HostGone(b.now)
	if got := b.ask(2); len(got) != 82 {
		t.Errorf("the one after that gets % x", got)
	}
}

func TestOverlappingCablePullsEndWithTheLast(t *testing.T) {
	r := try(t, 3, "cable-pull at block 2 for 4s; cable-pull from-meter at block 2 for 9s; cable-pull to-meter at block 2 for 25s")
	if n := strings.Count(string(r.Log), "No response"); n != 3 || r.Claim != nil {
		t.Errorf("%d lines, %v", n, r.Claim)
	}
	if n := len(r.faults()); n != 6 {
		t.Errorf("%d events", n)
	}
}
