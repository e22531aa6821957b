package line

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// arrival is a byte that came out of a line.
type arrival struct {
	at   time.Duration
	from Direction
	b    byte
}

// collect runs the line until then and notes each delivery.
func collect(l *Line, then time.Duration) []arrival {
	var got []arrival
	for {
		at, ok := l.Next()
		if !ok || at > then {
			return got
		}
		got = append(got, take(l, at, false)...)
	}
}

// take is what has arrived by now.
func take(l *Line, now time.Duration, flush bool) []arrival {
	var got []arrival
	for d, p, ok := l.Deliver(now, flush); ok; d, p, ok = l.Deliver(now, flush) {
		for _, b := range p {
			got = append(got, arrival{now, d, b})
		}
	}
	return got
}

func content(got []arrival, d Direction) []byte {
	var p []byte
	for _, a := range got {
		if a.from == d {
			p = append(p, a.b)
		}
	}
	return p
}

func counting(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i)
	}
	return p
}

func both(t *testing.T, test func(t *testing.T, d Direction)) {
	t.Helper()
	for _, d := range []Direction{ToMeter, FromMeter} {
		t.Run(d.String(), func(t *testing.T) { test(t, d) })
	}
}

const forever = time.Duration(math.MaxInt64)

func TestBytesTakeTenBitTimes(t *testing.T) {
	for _, baud := range []int{1200, 2400, 4800, 9600, 19200, 115200} {
		both(t, func(t *testing.T, d Direction) {
			const start = 1234567 * time.Microsecond
			for _, n := range []int{1, 7, 252, 10_000} {
				l := New(baud)
				l.Send(start, d, counting(n))
				want := start + time.Duration(int64(n)*10*int64(time.Second)/int64(baud))
				if at, ok := l.Next(); !ok || at != want {
					t.Fatalf("%d bytes at %d baud are there at %v, %v expected", n, baud, at, want)
				}
				if got := take(&l, want-1, false); len(got) > 0 {
					t.Errorf("a burst of %d bytes comes in pieces: %d bytes early", n, len(got))
				}
				if got := content(take(&l, want, false), d); !bytes.Equal(got, counting(n)) {
					t.Errorf("%d bytes: % x arrive", n, got)
				}
				if _, ok := l.Next(); ok {
					t.Error("something is left")
				}
			}
		})
	}
}

func TestEachByteIsThereWhenItsStopBitIs(t *testing.T) {
	both(t, func(t *testing.T, d Direction) {
		const n, baud = 50, 9600
		for k := 1; k <= n; k++ {
			l := New(baud)
			l.Send(0, d, counting(n))
			end := time.Duration(int64(k) * 10 * int64(time.Second) / baud)
			if got := len(take(&l, end-1, true)); got != k-1 {
				t.Fatalf("just before byte %d is over %d are there", k, got)
			}
			if got := len(take(&l, end, true)); got != 1 {
				t.Fatalf("when byte %d is over %d more are there", k, got)
			}
		}
	})
}

func TestBurstsOfOneSenderFollowEachOther(t *testing.T) {
	l := New(9600)
	l.Send(0, ToMeter, counting(96))
	l.Send(50*time.Millisecond, ToMeter, counting(96))
	if at, _ := l.Next(); at != 200*time.Millisecond {
		t.Errorf("both are there at %v", at)
	}
	if got := content(collect(&l, forever), ToMeter); !bytes.Equal(got, append(counting(96), counting(96)...)) {
		t.Errorf("% x", got)
	}
	l.Send(time.Second, ToMeter, counting(96))
	if at, _ := l.Next(); at != 1100*time.Millisecond {
		t.Errorf("after a pause the next are there at %v", at)
	}
}

func TestLineWithoutPacingIsInstantaneous(t *testing.T) {
	for name, l := range map[string]Line{"zero value": {}, "no baud rate": New(0), "no pace": paced(9600, 0)} {
		l.Send(time.Second, ToMeter, counting(500))
		l.Send(time.Second, FromMeter, counting(300))
		if at, ok := l.Next(); !ok || at != time.Second {
			t.Errorf("%s: next at %v", name, at)
		}
		got := take(&l, time.Second, false)
		if !bytes.Equal(content(got, ToMeter), counting(500)) || !bytes.Equal(content(got, FromMeter), counting(300)) {
			t.Errorf("%s: %d bytes arrive, or other ones", name, len(got))
		}
	}
}

func paced(baud, pace int) Line {
	l := New(baud)
	l.SetPace(pace)
	return l
}

func TestPaceMakesBytesFasterFromTheOneOnTheWireOn(t *testing.T) {
	l := New(9600)
	l.Send(0, ToMeter, counting(192)) // 200 ms
	take(&l, 100*time.Millisecond, true)
	l.SetPace(10)
	if at, _ := l.Next(); at != 110*time.Millisecond {
		t.Errorf("the rest is there at %v", at)
	}
}

// The cable is out from one moment to another: lost is every byte that was on the wire
// meanwhile, even in part, and no other.
func TestCableThatIsPulledLosesExactlyTheBytesOnTheWire(t *testing.T) {
	const n, baud = 100, 1000 // 10 ms a byte
	both(t, func(t *testing.T, d Direction) {
		for _, c := range []struct {
			from, to    time.Duration
			first, last int // lost, both included
		}{
			{0, 30 * time.Millisecond, 0, 2},
			{30 * time.Millisecond, 50 * time.Millisecond, 3, 4},
			{35 * time.Millisecond, 50 * time.Millisecond, 3, 4},
			{35 * time.Millisecond, 36 * time.Millisecond, 3, 3},
			{39999 * time.Microsecond, 40001 * time.Microsecond, 3, 4},
			{995 * time.Millisecond, 5 * time.Second, 99, 99},
			{10 * time.Millisecond, 10 * time.Second, 1, 99},
		} {
			l := New(baud)
			l.Send(0, d, counting(n))
			got := take(&l, c.from, true)
			l.Cut(c.from, d, true)
			if l.Connected(d) || !l.Connected(1-d) {
				t.Error("the wrong direction is out")
			}
			got = append(got, take(&l, c.to, true)...)
			l.Cut(c.to, d, false)
			got = append(got, collect(&l, forever)...)
			var want []byte
			for i := range counting(n) {
				if i < c.first || i > c.last {
					want = append(want, byte(i))
				}
			}
			if !bytes.Equal(content(got, d), want) {
				t.Errorf("out from %v to %v: arrived are\n%v, lost should be %d to %d", c.from, c.to, content(got, d), c.first, c.last)
			}
			if l.Left(d) != n || l.Sent(d) != n {
				t.Errorf("out from %v to %v: %d of %d bytes left the wire", c.from, c.to, l.Left(d), l.Sent(d))
			}
		}
	})
}

func TestPulledCableCarriesTheOtherDirection(t *testing.T) {
	l := New(9600)
	l.Cut(0, ToMeter, true)
	l.Send(0, ToMeter, counting(10))
	l.Send(time.Second, FromMeter, counting(10))
	got := collect(&l, forever)
	if len(content(got, ToMeter)) != 0 || !bytes.Equal(content(got, FromMeter), counting(10)) {
		t.Errorf("%v", got)
	}
}

func TestBothTalkingAtOnceGarblesBoth(t *testing.T) {
	host, meter := bytes.Repeat([]byte{0x55}, 20), bytes.Repeat([]byte{0x33}, 20)
	for _, c := range []struct {
		begins time.Duration // of the meter, in bytes of 1 ms
		clean  int           // bytes of the host before
	}{{0, 0}, {10 * time.Millisecond, 10}, {19 * time.Millisecond, 19}, {20 * time.Millisecond, 20}, {25 * time.Millisecond, 20}} {
		for _, first := range []Direction{ToMeter, FromMeter} {
			l := New(10_000)
			l.Send(0, first, host)
			got := collect(&l, c.begins)
			l.Send(c.begins, 1-first, meter)
			got = append(got, collect(&l, forever)...)
			overlap := len(host) - c.clean
			a, b := content(got, first), content(got, 1-first)
			for i := range a {
				if garbled := a[i] != 0x55; garbled != (i >= c.clean) {
					t.Errorf("%v after %v: byte %d of the first is %02x", 1-first, c.begins, i, a[i])
				}
			}
			for i := range b {
				if garbled := b[i] != 0x33; garbled != (i < overlap) {
					t.Errorf("%v after %v: byte %d of the second is %02x", 1-first, c.begins, i, b[i])
				}
			}
			if len(a) != 20 || len(b) != 20 {
				t.Errorf("%d and %d bytes", len(a), len(b))
			}
		}
	}
}

// A burst that waits behind another of its own sender collides when it is its turn.
func TestBurstInTheQueueCollidesWhenItIsOnTheWire(t *testing.T) {
	l := New(10_000)
	l.Send(0, FromMeter, bytes.Repeat([]byte{0x33}, 10)) // until 10 ms
	l.Send(0, ToMeter, bytes.Repeat([]byte{0x55}, 20))   // until 20 ms: the first ten collide
	l.Send(time.Millisecond, ToMeter, bytes.Repeat([]byte{0x55}, 10))
	got := collect(&l, forever)
	for i, b := range content(got, ToMeter) {
		if garbled := b != 0x55; garbled != (i < 10) {
			t.Errorf("byte %d is %02x", i, b)
		}
	}
}

func TestNobodyCollidesOverAPulledCable(t *testing.T) {
	l := New(9600)
	l.Cut(0, FromMeter, true)
	l.Send(0, ToMeter, counting(20))
	l.Send(0, FromMeter, counting(20))
	if got := content(collect(&l, forever), ToMeter); !bytes.Equal(got, counting(20)) {
		t.Errorf("% x", got)
	}
}

func TestTrapStopsInFrontOfItsByte(t *testing.T) {
	both(t, func(t *testing.T, d Direction) {
		l := New(1000) // 10 ms a byte
		l.Send(0, d, counting(10))
		l.SetTrap(d, 4)
		if at, _ := l.Next(); at != 40*time.Millisecond {
			t.Fatalf("next at %v", at)
		}
		got := take(&l, 40*time.Millisecond, false)
		if !bytes.Equal(content(got, d), counting(4)) || !l.AtTrap(40*time.Millisecond, d) || l.AtTrap(40*time.Millisecond, 1-d) {
			t.Fatalf("% x arrived, at the trap: %v", content(got, d), l.AtTrap(40*time.Millisecond, d))
		}
		if b, ok := l.Head(d); !ok || b != 4 || l.Left(d) != 4 {
			t.Errorf("the next byte is %d, %d left", b, l.Left(d))
		}
		if got := take(&l, time.Minute, true); len(got) > 0 {
			t.Errorf("%v come through the trap", got)
		}
		l.ClearTrap(d)
		if got := content(collect(&l, forever), d); !bytes.Equal(got, counting(10)[4:]) {
			t.Errorf("% x behind the trap", got)
		}
	})
}

func TestTrapOnAByteThatIsNotSentYetWaitsForIt(t *testing.T) {
	l := New(1000)
	l.SetTrap(ToMeter, 12)
	l.Send(0, ToMeter, counting(10))
	if got := len(collect(&l, forever)); got != 10 {
		t.Fatalf("%d bytes", got)
	}
	l.Send(time.Second, ToMeter, counting(10))
	if at, _ := l.Next(); at != 1020*time.Millisecond {
		t.Errorf("next at %v", at)
	}
}

func TestSingleBytesAreDroppedFlippedInsertedAndDoubled(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(*Line, Direction)
		want []byte
		sent uint64
		over time.Duration // the last byte is there, 10 ms a byte
	}{
		"drop":   {(*Line).DropNext, []byte{0, 1, 3, 4}, 5, 50 * time.Millisecond},
		"flip":   {func(l *Line, d Direction) { l.FlipNext(d, 0x81) }, []byte{0, 1, 2 ^ 0x81, 3, 4}, 5, 50 * time.Millisecond},
		"insert": {func(l *Line, d Direction) { l.InsertNext(d, 99) }, []byte{0, 1, 99, 2, 3, 4}, 6, 60 * time.Millisecond},
		"double": {func(l *Line, d Direction) { b, _ := l.Head(d); l.InsertNext(d, b) }, []byte{0, 1, 2, 2, 3, 4}, 6, 60 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, d Direction) {
				l := New(1000)
				l.Send(0, d, counting(5))
				l.SetTrap(d, 2)
				got := take(&l, 20*time.Millisecond, false)
				c.harm(&l, d)
				l.ClearTrap(d)
				rest := collect(&l, forever)
				if p := content(append(got, rest...), d); !bytes.Equal(p, c.want) {
					t.Errorf("% x, % x expected", p, c.want)
				}
				if l.Sent(d) != c.sent || l.Left(d) != c.sent {
					t.Errorf("%d sent, %d left, %d expected", l.Sent(d), l.Left(d), c.sent)
				}
				if at := rest[len(rest)-1].at; at != c.over {
					t.Errorf("the last byte is there at %v, %v expected", at, c.over)
				}
			})
		})
	}
}

func TestOnlyByteOfABurstCanBeDropped(t *testing.T) {
	l := New(1000)
	l.Send(0, ToMeter, []byte{1})
	l.DropNext(ToMeter)
	if _, ok := l.Next(); ok {
		t.Error("something is in flight")
	}
	if _, ok := l.Head(ToMeter); ok {
		t.Error("there is a next byte")
	}
	l.Send(time.Second, ToMeter, []byte{2})
	if got := collect(&l, forever); len(got) != 1 || got[0] != (arrival{1010 * time.Millisecond, ToMeter, 2}) {
		t.Errorf("%v", got)
	}
}

func noisy(rate float64, seed uint64, bytes int) []arrival {
	l := New(0)
	l.SetNoise(ToMeter, rate, fault.NewStream(seed, "test"))
	var got []arrival
	for sent := 0; sent < bytes; sent += 250 {
		l.Send(0, ToMeter, make([]byte, 250))
		got = append(got, take(&l, 0, false)...)
	}
	return got
}

func TestNoiseHitsAsManyBytesAsItsRateSays(t *testing.T) {
	const n = 400_000
	for _, rate := range []float64{1e-3, 1e-2, 0.3, 1} {
		hit, bits := 0, [8]int{}
		for _, a := range noisy(rate, 5, n) {
			if a.b != 0 {
				hit++
			}
			for i := range bits {
				bits[i] += int(a.b >> i & 1)
			}
		}
		sigma := math.Sqrt(n * rate * (1 - rate))
		if math.Abs(float64(hit)-n*rate) > 4*sigma {
			t.Errorf("rate %v: %d of %d bytes are hit", rate, hit, n)
		}
		for i, count := range bits {
			if share := float64(count) / float64(hit); rate >= 1e-2 && math.Abs(share-0.125) > 0.02 {
				t.Errorf("rate %v: bit %d takes %.3f of the hits", rate, i, share)
			}
		}
	}
}

func TestNoiseDependsOnItsSeedAndOnNothingElse(t *testing.T) {
	a := fmt.Sprint(noisy(1e-2, 7, 20_000))
	if b := fmt.Sprint(noisy(1e-2, 7, 20_000)); a != b {
		t.Error("the same seed gives two noises")
	}
	if b := fmt.Sprint(noisy(1e-2, 8, 20_000)); a == b {
		t.Error("two seeds give one noise")
	}
	// However the bytes are delivered.
	l := New(9600)
	l.SetNoise(ToMeter, 1e-2, fault.NewStream(7, "test"))
	l.Send(0, ToMeter, make([]byte, 20_000))
	var p []byte
	for now := time.Duration(0); len(p) < 20_000; now += 7 * time.Millisecond {
		p = append(p, content(take(&l, now, true), ToMeter)...)
	}
	if want := content(noisy(1e-2, 7, 20_000), ToMeter); !bytes.Equal(p, want) {
		t.Error("bytes that come one by one meet another noise")
	}
}

func TestNoiseEndsAndLeavesTheOtherDirectionAlone(t *testing.T) {
	l := New(0)
	l.SetNoise(ToMeter, 1, fault.NewStream(1, ""))
	l.Send(0, ToMeter, make([]byte, 100))
	l.Send(0, FromMeter, make([]byte, 100))
	got := collect(&l, 0)
	if bytes.Contains(content(got, ToMeter), []byte{0}) || !bytes.Equal(content(got, FromMeter), make([]byte, 100)) {
		t.Errorf("%v", got)
	}
	l.SetNoise(ToMeter, 0, fault.Stream{})
	l.Send(0, ToMeter, make([]byte, 100))
	if p := content(collect(&l, 0), ToMeter); !bytes.Equal(p, make([]byte, 100)) {
		t.Errorf("% x", p)
	}
}

func TestDifferentBaudRatesGarbleAndEqualOnesDoNot(t *testing.T) {
	frame := []byte{0x00, 0x00, 0x14, 0xAC, 0x00, 0x22, 0x20, 0x4E, 0x69, 0x00, 0x40, 0xFF, 0x55, 0xAA}
	rates := []int{1200, 2400, 4800, 9600, 19200}
	for _, host := range rates {
		for _, meter := range rates {
			both(t, func(t *testing.T, d Direction) {
				l := New(meter)
				l.SetBaud(ToMeter, host)
				l.Send(0, d, frame)
				talker := []int{host, meter}[d]
				if at, _ := l.Next(); at != time.Duration(int64(len(frame))*10*int64(time.Second)/int64(talker)) {
					t.Errorf("host %d, meter %d: there at %v", host, meter, at)
				}
				got := content(collect(&l, forever), d)
				if same := bytes.Equal(got, frame); same != (host == meter) {
					t.Errorf("host %d, meter %d: % x arrives", host, meter, got)
				}
			})
		}
	}
}

// A slow 00 is one long low: a receiver of twice the rate sees a start bit, eight low data
// bits and then no stop bit, again and again.
func TestGarbageIsWhatAUARTWouldRead(t *testing.T) {
	if got := resample(nil, []byte{0xFF}, 4800, 9600); !bytes.Equal(got, []byte{0xFE}) {
		t.Errorf("a slow FF is read as % x", got)
	}
	if got := resample(nil, []byte{0x55, 0x0F}, 9600, 9600); !bytes.Equal(got, []byte{0x55, 0x0F}) {
		t.Errorf("at its own rate 55 0F is read as % x", got)
	}
	if got := resample(nil, []byte{0xFF, 0xFF}, 9600, 1200); len(got) > 2 {
		t.Errorf("two fast bytes are read as % x", got)
	}
	if got := resample(nil, nil, 9600, 1200); len(got) != 0 {
		t.Errorf("nothing is read as % x", got)
	}
}

func TestPauseComesBeforeEveryByteFromTheOneOnTheWireOn(t *testing.T) {
	both(t, func(t *testing.T, d Direction) {
		l := New(1000)
		l.SetPause(d, 5*time.Millisecond)
		l.Send(0, d, counting(4))
		if at, _ := l.Next(); at != 60*time.Millisecond {
			t.Errorf("four bytes are there at %v", at)
		}
		if n := len(take(&l, 30*time.Millisecond, true)); n != 2 {
			t.Fatalf("%d bytes after 30 ms", n)
		}
		l.SetPause(d, 0)
		if at, _ := l.Next(); at != 50*time.Millisecond {
			t.Errorf("the other two are there at %v", at)
		}
		slow := Line{}
		slow.SetPause(d, time.Second)
		slow.Send(0, d, counting(3))
		if at, _ := slow.Next(); at != 3*time.Second {
			t.Errorf("without a rate they are there at %v", at)
		}
	})
}

func TestSlicesComeOneByOneWithAPauseBetween(t *testing.T) {
	const ms = time.Millisecond
	both(t, func(t *testing.T, d Direction) {
		for _, c := range []struct {
			bytes, sent int
			want        []time.Duration // of each byte, at 10 ms a byte and with pauses of 45 ms
		}{
			{3, 7, []time.Duration{30 * ms, 30 * ms, 30 * ms, 105 * ms, 105 * ms, 105 * ms, 160 * ms}},
			{1, 3, []time.Duration{10 * ms, 65 * ms, 120 * ms}},
			{3, 3, []time.Duration{30 * ms, 30 * ms, 30 * ms}},
			{0, 3, []time.Duration{30 * ms, 30 * ms, 30 * ms}},
		} {
			l := New(1000)
			l.SetSlices(d, c.bytes, 45*ms)
			for _, start := range []time.Duration{0, time.Second} { // each burst begins a slice
				l.Send(start, d, counting(c.sent))
				got := collect(&l, forever)
				if !bytes.Equal(content(got, d), counting(c.sent)) {
					t.Fatalf("slices of %d: % x", c.bytes, content(got, d))
				}
				for i, a := range got {
					if a.at != start+c.want[i] {
						t.Errorf("slices of %d: byte %d is there at %v, not %v", c.bytes, i, a.at, start+c.want[i])
					}
				}
			}
		}
	})
}

func TestSlicesBeginWithTheByteOnTheWireAndEndWithIt(t *testing.T) {
	const ms = time.Millisecond
	l := New(1000)
	l.Send(0, ToMeter, counting(9))
	take(&l, 35*ms, true) // three are there, the fourth is on the wire
	l.SetSlices(ToMeter, 2, 100*ms)
	got := collect(&l, 160*ms)
	if at, _ := l.Next(); len(got) != 2 || got[1].at != 50*ms || at != 170*ms {
		t.Fatalf("%v, the next at %v", got, at)
	}
	if got := take(&l, 159*ms, true); len(got) > 0 {
		t.Errorf("%v comes within the pause", got)
	}
	l.SetSlices(ToMeter, 2, 0)
	if at, _ := l.Next(); at != 190*ms {
		t.Errorf("the last four are there at %v", at)
	}
	if got := collect(&l, forever); len(got) != 4 || l.Left(ToMeter) != 9 {
		t.Errorf("%v, %d left", got, l.Left(ToMeter))
	}
}

func TestTrapStopsInFrontOfItsByteInASlice(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		trap uint64
		at   time.Duration // it is reached
	}{{0, 0}, {2, 20 * ms}, {3, 130 * ms}, {4, 140 * ms}, {6, 260 * ms}} {
		l := New(1000)
		l.SetSlices(FromMeter, 3, 100*ms)
		l.SetTrap(FromMeter, c.trap)
		l.Send(0, FromMeter, counting(7))
		for at, ok := l.Next(); ok && at < c.at; at, ok = l.Next() {
			take(&l, at, false)
		}
		take(&l, c.at, true)
		if !l.AtTrap(c.at, FromMeter) || l.Left(FromMeter) != c.trap {
			t.Errorf("byte %d: at the trap: %v, %d left at %v", c.trap, l.AtTrap(c.at, FromMeter), l.Left(FromMeter), c.at)
		}
		l.ClearTrap(FromMeter)
		if got := collect(&l, forever); len(got) != 7-int(c.trap) || got[len(got)-1].at != 270*ms {
			t.Errorf("behind byte %d come %v", c.trap, got)
		}
	}
}

func TestEchoIsThereWhenTheBytesHaveLeftWhateverBecomesOfThem(t *testing.T) {
	for name, harm := range map[string]func(*Line){
		"nothing":      func(*Line) {},
		"a cable out":  func(l *Line) { l.Cut(0, ToMeter, true) },
		"another rate": func(l *Line) { l.SetBaud(FromMeter, 4800) },
	} {
		l := New(1000)
		harm(&l)
		l.SetEcho(true)
		l.Send(0, ToMeter, counting(10))
		take(&l, 35*time.Millisecond, true)
		if got := l.TakeEcho(); !bytes.Equal(got, counting(3)) {
			t.Errorf("%s: % x after three bytes", name, got)
		}
		collect(&l, forever)
		if got := l.TakeEcho(); !bytes.Equal(got, counting(10)[3:]) {
			t.Errorf("%s: % x in the end", name, got)
		}
		if l.Sent(FromMeter) != 0 {
			t.Errorf("%s: the echo counts as %d bytes of the meter", name, l.Sent(FromMeter))
		}
	}
}

func TestEchoIsOfTheHostAloneAndEnds(t *testing.T) {
	l := New(1000)
	l.SetEcho(true)
	l.Send(0, FromMeter, counting(10))
	if got := collect(&l, forever); len(got) != 10 || len(l.TakeEcho()) != 0 {
		t.Errorf("%v arrive", got)
	}
	l.SetEcho(false)
	l.Send(time.Second, ToMeter, counting(10))
	collect(&l, forever)
	if got := l.TakeEcho(); len(got) != 0 {
		t.Errorf("an echo of % x behind its end", got)
	}
}

func TestDropForgetsWhatIsInFlight(t *testing.T) {
	l := New(1000)
	l.Send(0, ToMeter, counting(10))
	take(&l, 35*time.Millisecond, true)
	l.Drop(ToMeter)
	if _, ok := l.Next(); ok || l.Left(ToMeter) != 10 || l.Sent(ToMeter) != 10 {
		t.Errorf("left %d, sent %d", l.Left(ToMeter), l.Sent(ToMeter))
	}
	l.Send(time.Second, ToMeter, []byte{7})
	if got := collect(&l, forever); len(got) != 1 || got[0].b != 7 {
		t.Errorf("%v", got)
	}
}

// busyLine has something of everything.
func busyLine() Line {
	l := New(9600)
	l.Send(0, ToMeter, counting(100))
	l.Send(time.Millisecond, FromMeter, counting(60))
	l.SetNoise(ToMeter, 0.1, fault.NewStream(3, "a"))
	l.SetTrap(FromMeter, 50)
	l.SetPause(FromMeter, time.Millisecond)
	l.SetSlices(ToMeter, 5, 2*time.Millisecond)
	l.SetEcho(true)
	take(&l, 30*time.Millisecond, true)
	return l
}

func TestCloneOfALineHasTheSameFutureAndNothingInCommon(t *testing.T) {
	l := busyLine()
	state := stateOf(&l, 30*time.Millisecond)
	a, b := New(300), busyLine()
	copyOf(&l, &a)
	copyOf(&l, &b)
	if !bytes.Equal(stateOf(&a, 30*time.Millisecond), state) {
		t.Error("a clone has another state")
	}
	future := func(l *Line) string {
		l.FlipNext(ToMeter, 0x10)
		l.Send(40*time.Millisecond, ToMeter, counting(30))
		got := collect(l, time.Second/10)
		l.ClearTrap(FromMeter)
		got = append(got, collect(l, forever)...)
		return fmt.Sprint(got, l.TakeEcho())
	}
	fa := future(&a)
	if !bytes.Equal(stateOf(&l, 30*time.Millisecond), state) {
		t.Fatal("what a clone does shows in the original")
	}
	if fb, fl := future(&b), future(&l); fa != fb || fa != fl {
		t.Errorf("three ways to go:\n%s\n%s\n%s", fa, fb, fl)
	}
}

func TestStateIsRelativeToNowAndToTheBytesThatLeft(t *testing.T) {
	state := func(before int, now time.Duration) string {
		l := New(9600)
		l.Send(0, ToMeter, counting(before))
		collect(&l, now)
		l.Send(now, ToMeter, counting(20))
		l.SetTrap(ToMeter, l.Sent(ToMeter)-5)
		return string(stateOf(&l, now))
	}
	if state(10, time.Second) != state(500, time.Hour) {
		t.Error("the same line at another time has another state")
	}
}

func TestStateTellsApartWhatGoesAnotherWay(t *testing.T) {
	base := busyLine()
	now := 30 * time.Millisecond
	seen := map[string]string{string(stateOf(&base, now)): "the line itself"}
	for name, change := range map[string]func(*Line){
		"another byte":       func(l *Line) { l.FlipNext(ToMeter, 1) },
		"one byte less":      func(l *Line) { l.DropNext(FromMeter) },
		"one byte more":      func(l *Line) { l.InsertNext(ToMeter, 5) },
		"cable out":          func(l *Line) { l.Cut(now, ToMeter, true) },
		"other cable out":    func(l *Line) { l.Cut(now, FromMeter, true) },
		"another rate":       func(l *Line) { l.SetBaud(ToMeter, 4800) },
		"another pace":       func(l *Line) { l.SetPace(2) },
		"another pause":      func(l *Line) { l.SetPause(ToMeter, time.Second) },
		"no slices":          func(l *Line) { l.SetSlices(ToMeter, 0, 0) },
		"longer slices":      func(l *Line) { l.SetSlices(ToMeter, 6, 2*time.Millisecond) },
		"slices from now on": func(l *Line) { l.SetSlices(ToMeter, 5, 2*time.Millisecond) },
		"other slices":       func(l *Line) { l.SetSlices(FromMeter, 5, 2*time.Millisecond) },
		"no echo":            func(l *Line) { l.SetEcho(false) },
		"an echo taken":      func(l *Line) { l.TakeEcho() },
		"no trap":            func(l *Line) { l.ClearTrap(FromMeter) },
		"another trap":       func(l *Line) { l.SetTrap(FromMeter, 51) },
		"no noise":           func(l *Line) { l.SetNoise(ToMeter, 0, fault.Stream{}) },
		"another noise":      func(l *Line) { l.SetNoise(ToMeter, 0.1, fault.NewStream(4, "a")) },
		"noise of the other": func(l *Line) { l.SetNoise(FromMeter, 0.1, fault.NewStream(3, "a")) },
	} {
		var l Line
		copyOf(&base, &l)
		change(&l)
		s := string(stateOf(&l, now))
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s have one state", name, other)
		}
		seen[s] = name
	}
}

func TestDirectionsHaveTheNamesOfTheGrammar(t *testing.T) {
	if ToMeter.String() != fault.ToMeter.String() || FromMeter.String() != fault.FromMeter.String() {
		t.Errorf("%v, %v", ToMeter, FromMeter)
	}
}

func stateOf(l *Line, now time.Duration) []byte {
	w := machine.Fingerprinting(nil, now)
	l.Declare(&w, l)
	return w.Result()
}

func copyOf(from, to *Line) {
	old := *to
	*to = *from
	w := machine.Copying()
	to.Declare(&w, &old)
}

func TestALineForgetsNothingOfItsState(t *testing.T) {
	now := 30 * time.Millisecond
	machinetest.EveryField(t, machinetest.Subject[Line]{
		Bases: map[string]func() *Line{
			"busy": func() *Line {
				l := busyLine()
				l.resample = make([]byte, 0, 8)
				return &l
			},
			"quiet": func() *Line {
				l := New(9600)
				return &l
			},
			"disturbed the other way": func() *Line {
				l := New(9600)
				l.SetNoise(FromMeter, 0.1, fault.NewStream(3, "a"))
				l.SetTrap(ToMeter, 50)
				return &l
			},
			"in the middle of a slice that takes no time": func() *Line {
				l := New(9600)
				l.SetPace(0)
				l.SetSlices(ToMeter, 5, 20*time.Millisecond)
				l.Send(0, ToMeter, counting(20))
				take(&l, now, false)
				l.channels[ToMeter].done += 2
				return &l
			},
		},
		Copy:    copyOf,
		Declare: func(l *Line, w *machine.State) { l.Declare(w, l) },
		Now:     func(*Line) time.Duration { return now },
		Partly: map[string]machinetest.Part{
			"channels[].base":  {While: "something is on the wire", Shows: 6},
			"channels[].who":   {While: "something is on the wire", Shows: 6},
			"channels[].done":  {While: "something is on the wire", Shows: 6},
			"channels[].pos":   {While: "something waits for a byte", Shows: 8},
			"channels[].trap":  {While: "it is set", Shows: 4},
			"channels[].noise": {While: "there is noise", Shows: 28},
			"channels[].buf":   {While: "what has left plays no part", Shows: 39},
		},
		Idle: map[string]string{
			"resample":        "scratch",
			"channels[].busy": "follows from what is on the wire",
			"channels[].due":  "follows from what is on the wire",
			"sent":            "asked for at once",
		},
		Rebuilt: map[string]string{
			"resample":        "scratch",
			"channels[].head": "the wire begins anew in the copy's buffer",
			"channels[].buf":  "what has left the wire is left behind",
		},
	})
}

func TestAStreamGivesTheHostEachByteWhenItHasArrived(t *testing.T) {
	l := New(1200)
	l.SetStream(true)
	l.Send(time.Second, FromMeter, []byte("abc"))
	const byteTime = time.Second / 120
	for i, want := range []string{"a", "b", "c"} {
		at, ok := l.Next()
		if due := time.Second + time.Duration(i+1)*byteTime; !ok || at.Round(time.Microsecond) != due.Round(time.Microsecond) {
			t.Errorf("byte %d is due at %v, want %v", i, at, due)
		}
		if d, p, ok := l.Deliver(at, false); !ok || d != FromMeter || string(p) != want {
			t.Errorf("at %v arrives %q", at, p)
		}
	}
	l.Send(2*time.Second, ToMeter, []byte("abc"))
	if at, _ := l.Next(); at.Round(time.Microsecond) != (2*time.Second + 3*byteTime).Round(time.Microsecond) {
		t.Errorf("the meter is given its bytes at %v", at)
	}
}

func TestAStreamIsInStepsOfHalfAMillisecondAtMost(t *testing.T) {
	l := New(9600)
	l.SetPace(100) // 48 bytes in half a millisecond
	l.SetStream(true)
	l.Send(0, FromMeter, make([]byte, 100))
	var pieces []int
	for at, ok := l.Next(); ok; at, ok = l.Next() {
		_, p, _ := l.Deliver(at, false)
		pieces = append(pieces, len(p))
	}
	if !slices.Equal(pieces, []int{48, 48, 4}) {
		t.Errorf("it comes in pieces of %v", pieces)
	}
}

// What a UART of another rate makes of a byte depends on the bytes behind it.
func TestAStreamThatDoesNotFitIsGarbledAsAWhole(t *testing.T) {
	whole, stream := New(9600), New(9600)
	stream.SetStream(true)
	var got [2][]byte
	for i, l := range []*Line{&whole, &stream} {
		l.Send(0, FromMeter, []byte("seven bytes"))
		l.SetBaud(ToMeter, 4800)
		for at, ok := l.Next(); ok; at, ok = l.Next() {
			_, p, _ := l.Deliver(at, false)
			got[i] = append(got[i], p...)
		}
	}
	if !bytes.Equal(got[0], got[1]) || bytes.Equal(got[0], []byte("seven bytes")) {
		t.Errorf("a burst reads % x, a stream % x", got[0], got[1])
	}
}
