package bench_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// storm has faults of every place in it, at work at the same time.
const storm = `noise at block 1 for 300ms rate 2e-4 seed 7; reply-late at block 1..3 by 12s; byte-drop at byte 12000 to-meter
slow-line at block 3 for 400ms by 200us; reply-dup every 2 blocks; frame-dup at frame 90 to-meter; byte-flip at byte 900 from-meter
power-loss at flash-op 60 torn for 5s; cable-pull at block 2 for 1 no-response; meter-silent at no-response 4 for 3s; meter-reset at state verifying
byte-insert at byte 15000 to-meter length 3 seed 2; noise from-meter at 40s..50s rate 1e-3 seed 9`

// squall has the kinds of the line, the answers and the network that hold something back or
// come by turns.
const squall = `cable-flap at block 2 for 3 no-responses by 2500ms; echo at block 1 for 20s; sliced at 3s for 15s by 700us length 90
wrong-baud at block 1 for 1 no-response baud 4800; line-break from-meter at block 3 for 1 no-response; ip-stall at block 2 for 2 no-responses
ip-half-open at state verifying for 1 no-response; reply-swap at block 1..2; reply-stranger at block 3; reply-nak at state erasing
reply-busy at block 2; reply-status at no-response 5 status verify-failed; reply-late at block 3 by 20s
ip-down at block 3 for 2 no-responses`

// trouble has faults of the meter, its chip and the PC in it.
const trouble = `meter-slow at block 1 for 20s by 700ms; watchdog-reset at block 2 by 2s; brown-out at flash-op 70 torn for 3s
suspend at block 3 for 15s; clock-jump every 20s by 1h back; disk-full at block 2 for 10s; file-gone at block 1
read-changes at block 1 for 30s address 0x030100 seed 3; stuck-bit at state verifying address 0x041000; flash-lie at flash-op 9`

const limit = 3 * time.Hour

// end is all that can be seen of a bench that ran to its end.
type end struct {
	trace []story.Event
	rest  string
}

func ending(b *bench.Bench) end {
	b.Run(limit)
	m := b.Station().Meter()
	return end{b.Station().Trace(), fmt.Sprintf("%v done %v, %+v, %v %+v %v\n%x\n%x", b.Now(), b.Host().Done(), b.Station().Counts(),
		m.State(), m.Panel(), m.EventLog(), b.Station().AppendState(nil, b.Now()), b.Host().AppendState(nil, b.Now()))}
}

// differs is the first difference between two ends; "" for none.
func (e end) differs(want end) string {
	for i := range min(len(e.trace), len(want.trace)) {
		if e.trace[i] != want.trace[i] {
			return fmt.Sprintf("event %d\n got %.300v\nwant %.300v", i, e.trace[i], want.trace[i])
		}
	}
	if len(e.trace) != len(want.trace) {
		return fmt.Sprintf("%d events, not %d", len(e.trace), len(want.trace))
	}
	if e.rest != want.rest {
		return fmt.Sprintf("in the end\n got %.2000s\nwant %.2000s", e.rest, want.rest)
	}
	return ""
}

func (e end) has(kind string, text string) bool {
	return slices.ContainsFunc(e.trace, func(e story.Event) bool { return e.What.Kind() == kind && strings.Contains(e.What.Details(), text) })
}

func begin(t testing.TB, blocks int, text string) *rig.Rig {
	t.Helper()
	r := smallRig(t)
	if err := r.Begin(upgrade(t, r, blocks, text)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestClonesFutureEqualsTheOriginalsFromAnyInstant(t *testing.T) {
	for name, text := range map[string]string{"without faults": "", "in a storm": storm, "in a squall": squall, "in trouble": trouble} {
		t.Run(name, func(t *testing.T) {
			const every = 7
			want := ending(begin(t, 3, text).Bench())
			if !want.has("prompt", "upgrade-completed") {
				t.Fatalf("the upgrade does not come to its end: %v", want.trace)
			}
			original := begin(t, 3, text).Bench()
			steps, clones := 0, 0
			var clone *bench.Bench
			for ; !original.Host().Done(); steps++ {
				if steps%every == 0 {
					clones++
					print := original.Fingerprint()
					if clones%2 == 1 {
						clone = original.Clone()
					} else {
						original.CopyTo(clone) // in the memory of the one before
					}
					if clone.Fingerprint() != print {
						t.Fatalf("step %d: the clone has another fingerprint", steps)
					}
					if d := ending(clone).differs(want); d != "" {
						t.Fatalf("step %d at %v: the clone goes another way: %s", steps, original.Now(), d)
					}
					if original.Fingerprint() != print {
						t.Fatalf("step %d: what the clone did shows in the original", steps)
					}
				}
				original.Step()
			}
			if d := ending(original).differs(want); d != "" {
				t.Errorf("the original goes another way after %d clones: %s", clones, d)
			}
			if clones < 60 {
				t.Errorf("only %d clones in %d steps", clones, steps)
			}
		})
	}
}

// A clone of a clone, stepped in turn with its original.
func TestClonesThatAreSteppedInTurnDoNotDisturbEachOther(t *testing.T) {
	want := ending(begin(t, 2, storm).Bench())
	herd := []*bench.Bench{begin(t, 2, storm).Bench()}
	for step := 0; ; step++ {
		if step%150 == 75 && len(herd) < 6 {
			herd = append(herd, herd[len(herd)-1].Clone())
		}
		running := false
		for _, b := range herd {
			if !b.Host().Done() {
				b.Step()
				running = true
			}
		}
		if !running {
			break
		}
	}
	if len(herd) < 4 {
		t.Fatalf("only %d benches", len(herd))
	}
	for i, b := range herd {
		if d := ending(b).differs(want); d != "" {
			t.Errorf("bench %d of %d goes another way: %s", i, len(herd), d)
		}
	}
}

// sighting is one instant of one run, with all that followed, times aside.
type sighting struct {
	plan   string
	at     time.Duration
	future uint64
	left   int // events that followed
}

// sightings runs a plan and notes every instant of it.
func sightings(t testing.TB, text string) map[machine.Fingerprint]sighting {
	t.Helper()
	b := begin(t, 3, text).Bench()
	type instant struct {
		print machine.Fingerprint
		at    time.Duration
		told  int
	}
	var instants []instant
	for !b.Host().Done() && b.Now() < limit {
		instants = append(instants, instant{b.Fingerprint(), b.Now(), len(b.Station().Trace())})
		if !b.Step() {
			break
		}
	}
	trace := b.Station().Trace()
	final := b.Fingerprint()
	// The future of an instant is the hash of the events behind it, last one first.
	suffix := make([]uint64, len(trace)+1)
	h := fnv.New64a()
	h.Write(final[:])
	suffix[len(trace)] = h.Sum64()
	for i := len(trace) - 1; i >= 0; i-- {
		h.Write([]byte(untimed(trace[i])))
		suffix[i] = h.Sum64()
	}
	seen := map[machine.Fingerprint]sighting{}
	for _, n := range instants {
		seen[n.print] = sighting{text, n.at, suffix[n.told], len(trace) - n.told}
	}
	return seen
}

// untimed is an event without its time, and without the time that a line of the log shows.
func untimed(e story.Event) string {
	s := e.Untimed()
	if i := strings.Index(s, " at "); e.What.Kind() == "log" && i > 0 {
		s = s[:i]
	}
	return s
}

func TestEqualFingerprintsHaveEqualFuturesTimesAside(t *testing.T) {
	var plans []string
	for n := 1; n <= 6; n++ {
		plans = append(plans,
			fmt.Sprintf("reply-late at block 2 by %dms", 4000*n),
			fmt.Sprintf("frame-lost at frame %d to-meter", 20+5*n),
			fmt.Sprintf("byte-flip at byte %d to-meter", 6000+777*n),
			fmt.Sprintf("byte-drop at byte %d to-meter", 6000+777*n),
			fmt.Sprintf("cable-pull at block 2 for %dms", 900*n),
			fmt.Sprintf("meter-silent at block 3 for %ds", 2*n),
			fmt.Sprintf("power-loss at block 2 for %ds", 3*n),
			fmt.Sprintf("slow-line at block %d for 100ms by 100us", 1+n%3),
			fmt.Sprintf("noise at block %d for 300ms rate 3e-3 seed %d", 1+n%3, n),
			fmt.Sprintf("reply-lost at block %d", 1+n%3),
			fmt.Sprintf("frame-lost at frame %d from-meter", 20+5*n),
			fmt.Sprintf("cable-flap at block 2 for %ds by 700ms", 2*n),
			fmt.Sprintf("echo at block %d for %ds", 1+n%3, 1+n),
			fmt.Sprintf("wrong-baud at block 2 for %ds baud %d", n, 1200*n),
			fmt.Sprintf("line-break at block 3 for %ds", n),
			fmt.Sprintf("sliced to-meter at block 2 for 200ms by 3ms length %d", 40*n),
			fmt.Sprintf("reply-swap at block %d", 1+n%3),
			fmt.Sprintf("reply-lost at reply %d", 8+3*n),
			fmt.Sprintf("reply-stranger at block %d; reply-nak at block %d", 1+n%3, 1+n%2),
			fmt.Sprintf("reply-busy at block %d", 1+n%3),
			fmt.Sprintf("ip-half-open at block 2 for %ds", 3*n),
			fmt.Sprintf("ip-stall at block 2 for %ds", 3*n),
			fmt.Sprintf("ip-reset at block %d", 1+n%3),
			fmt.Sprintf("brown-out at block 2 for %ds", 3*n),
			fmt.Sprintf("watchdog-reset at flash-op %d by %dms", 20*n, 900*n),
			fmt.Sprintf("meter-slow at block 2 for %ds by 700ms", n),
			fmt.Sprintf("suspend at block 2 for %ds", 4*n),
			fmt.Sprintf("clock-jump at block %d by 1h", 1+n%3),
			fmt.Sprintf("disk-full at block 3 for %dms", 300*n),
			fmt.Sprintf("program-fails at flash-op %d", 12+n),
			fmt.Sprintf("flash-lie at flash-op %d", 12+n),
			fmt.Sprintf("read-changes at block 2 for %ds address 0x030100", n),
			fmt.Sprintf("stuck-bit at block %d address 0x041000", 1+n%3),
		)
	}
	known := map[machine.Fingerprint]sighting{}
	collisions, distinct := 0, 0
	for _, p := range plans {
		for print, now := range sightings(t, p) {
			before, met := known[print]
			if !met {
				known[print] = now
				continue
			}
			collisions++
			if before.at != now.at {
				distinct++
			}
			if before.future != now.future {
				t.Fatalf("one fingerprint, two futures:\n%q at %v, %d events to come\n%q at %v, %d events to come",
					before.plan, before.at, before.left, now.plan, now.at, now.left)
			}
		}
	}
	if collisions < 500 || distinct < 200 {
		t.Errorf("only %d collisions, %d of them at different times", collisions, distinct)
	}
}

func TestFingerprintTellsApartWhatGoesAnotherWay(t *testing.T) {
	base := begin(t, 2, "reply-lost at block 2")
	for range 200 {
		base.Bench().Step()
	}
	same := base.Bench().Clone()
	if same.Fingerprint() != base.Bench().Fingerprint() {
		t.Fatal("a clone has another fingerprint")
	}
	seen := map[machine.Fingerprint]string{base.Bench().Fingerprint(): "the bench itself"}
	for name, change := range map[string]func(*bench.Bench){
		"a step later":             func(b *bench.Bench) { b.Step() },
		"power off":                func(b *bench.Bench) { b.Station().PowerOff(b.Now()) },
		"another baud":             func(b *bench.Bench) { b.Station().HostBaud(b.Now(), 1200) },
		"no plan":                  func(b *bench.Bench) { b.Station().Heal(b.Now()) },
		"another plan":             func(b *bench.Bench) { _ = b.Station().SetPlan(plan(t, "reply-lost at block 3")) },
		"a byte more":              func(b *bench.Bench) { b.Station().Receive(b.Now(), []byte{0}) },
		"a chip with a stuck bit":  func(b *bench.Bench) { b.Station().Meter().Chip().StickBit(0x041fff, 0, false) },
		"a firmware that hangs":    func(b *bench.Bench) { b.Station().Meter().Hang(b.Now()) },
		"the host asleep":          func(b *bench.Bench) { b.Host().Order(b.Now(), bench.Order{Command: bench.Sleep}) },
		"the host's disk full":     func(b *bench.Bench) { b.Host().Order(b.Now(), bench.Order{Command: bench.FillDisk}) },
		"the firmware file gone":   func(b *bench.Bench) { b.Host().Order(b.Now(), bench.Order{Command: bench.RemoveFile}) },
		"the firmware file broken": func(b *bench.Bench) { b.Host().Order(b.Now(), bench.Order{Command: bench.DamageFile}) },
		"the host killed":          func(b *bench.Bench) { b.Host().Order(b.Now(), bench.Order{Command: bench.KillTool}) },
	} {
		c := base.Bench().Clone()
		change(c)
		print := c.Fingerprint()
		if other, ok := seen[print]; ok {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[print] = name
	}
}

// strayFrame is one for a unit that is not there.
func strayFrame(transaction byte) []byte {
	return ion.AppendFrame(nil, ion.Frame{Source: ion.HostAddress, Destination: 7, Transaction: transaction})
}

// Each of these differs from the others in one thing that a fault keeps for later.
func TestFingerprintTellsApartWhatFaultsKeepForLater(t *testing.T) {
	seen := map[machine.Fingerprint]string{}
	for _, c := range []struct {
		name, plan string
		do         func(*bare)
	}{
		{"nothing", "", func(*bare) {}},
		{"an answer that waits for another", "reply-swap", func(b *bare) { b.askFor(1, time.Second) }},
		{"an answer that is as late", "reply-late by 1m", func(b *bare) { b.askFor(1, time.Second) }},
		{"an answer in the network", "ip-stall at frame 1 from-meter", func(b *bare) { b.askFor(1, time.Second) }},
		{"a request in the network", "ip-stall at frame 1 to-meter", func(b *bare) { b.askFor(1, time.Second) }},
		{"another request in the network", "ip-stall at frame 1 to-meter", func(b *bare) { b.askFor(2, time.Second) }},
		{"a byte in the network", "ip-stall", func(b *bare) { b.s.Receive(0, []byte{0x55}) }},
		{"another byte in the network", "ip-stall", func(b *bare) { b.s.Receive(0, []byte{0x66}) }},
		{"a cable that is out for long", "cable-flap at frame 1 to-meter by 20s", func(b *bare) { b.askFor(1, 5*time.Second) }},
		{"a cable that is out for longer", "cable-flap at frame 1 to-meter by 20s", func(b *bare) { b.hear(time.Second); b.askFor(1, 4*time.Second) }},
		{"a plug out behind a cable out", "cable-pull; cable-flap at frame 1 to-meter by 2s", func(b *bare) { b.hear(4 * time.Second); b.askFor(1, time.Second) }},
		{"a plug in behind a cable out", "cable-pull; cable-flap at frame 1 to-meter by 2s", func(b *bare) { b.hear(2 * time.Second); b.askFor(1, 3*time.Second) }},
		{"a frame that can be refused", "reply-nak", func(b *bare) { b.s.Receive(0, strayFrame(0x40)); b.hear(time.Second) }},
		{"another frame that can be refused", "reply-nak", func(b *bare) { b.s.Receive(0, strayFrame(0x00)); b.hear(time.Second) }},
		{"another rate of the host", "wrong-baud baud 4800", func(b *bare) { b.s.HostBaud(0, 1200) }},
		{"yet another rate of the host", "wrong-baud baud 4800", func(b *bare) { b.s.HostBaud(0, 2400) }},
	} {
		b := newBare(t, c.plan)
		c.do(b)
		print := machine.FingerprintOf(b.s.AppendState(nil, b.now))
		if other, ok := seen[print]; ok {
			t.Errorf("%s and %s have one fingerprint", c.name, other)
		}
		seen[print] = c.name
		clone := &bare{t, b.s.Clone(), b.now}
		if machine.FingerprintOf(clone.s.AppendState(nil, b.now)) != print {
			t.Errorf("%s: the clone has another fingerprint", c.name)
		}
		if a, z := clone.askFor(9, time.Second), b.askFor(9, time.Second); !slices.Equal(a, z) {
			t.Errorf("%s: the clone hears % x, the original % x", c.name, a, z)
		}
		clone.s.Heal(clone.now)
		b.s.Heal(b.now)
		if a, z := clone.ask(3), b.ask(3); !slices.Equal(a, z) {
			t.Errorf("%s: behind Heal the clone hears % x, the original % x", c.name, a, z)
		}
	}
}

func TestClonesOfAStalledNetworkKeepTheirOwn(t *testing.T) {
	b := newBare(t, "ip-stall for 10s; echo")
	b.s.Receive(0, []byte{1})
	clone := &bare{t, b.s.Clone(), 0}
	b.s.Receive(0, []byte{2})
	clone.s.Receive(0, []byte{3})
	if got, cloned := b.hear(time.Minute), clone.hear(time.Minute); !slices.Equal(got, []byte{1, 2}) || !slices.Equal(cloned, []byte{1, 3}) {
		t.Errorf("the original sent % x, the clone % x", got, cloned)
	}
}

func TestSameCallsGiveTheSameTrace(t *testing.T) {
	a, b := ending(begin(t, 2, storm).Bench()), ending(begin(t, 2, storm).Bench())
	if d := a.differs(b); d != "" {
		t.Error(d)
	}
	if !a.has("strikes", "") {
		t.Error("no fault struck")
	}
}
