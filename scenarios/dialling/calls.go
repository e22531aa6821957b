package dialling

import (
	"context"
	"fmt"
	"time"

	"ionbench/client/phone"
	"ionbench/scenarios/parallel"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/modem"
)

// harm is what befalls a call at a point.
type harm struct {
	name string
	// byte harms a byte between computer and modem; nil: now is called instead.
	byte func(b byte) []byte
	now  func(t *talk)
	// later ends what now has begun, for seconds after it; nil: nothing.
	later func(t *talk)
	lasts time.Duration
	own   bool // the computer's own doing
}

// bytewise are what can befall each byte on the cable between computer and modem, either way.
var bytewise = []harm{
	{name: "lost", byte: func(byte) []byte { return nil }},
	{name: "flipped", byte: func(b byte) []byte { return []byte{b ^ 0x08} }},
	{name: "doubled", byte: func(b byte) []byte { return []byte{b, b} }},
	{name: "behind a NUL", byte: func(b byte) []byte { return []byte{0, b} }},
}

// timely are what can befall a call at each moment.
var timely = []harm{
	{name: "carrier lost", now: func(t *talk) { t.modem.Lose(t.now) }},
	{name: "carrier lost without a word", now: func(t *talk) { t.deaf = true; t.modem.Lose(t.now) }, later: func(t *talk) { t.deaf = false }, lasts: 4 * time.Second},
	{name: "DTR falls", now: func(t *talk) { t.modem.SetDTR(t.now, false) }, later: func(t *talk) { t.modem.SetDTR(t.now, true) }, lasts: time.Second, own: true},
	{name: "the program ends and is started again", now: func(t *talk) { t.again() }},
	{name: "the meter has no power for 30 s", now: func(t *talk) { t.modem.MeterPower(t.now, false) }, later: func(t *talk) { t.modem.MeterPower(t.now, true) }, lasts: 30 * time.Second},
	{name: "training for 8 s", now: func(t *talk) { t.modem.SetRetraining(t.now, true) }, later: func(t *talk) { t.modem.SetRetraining(t.now, false) }, lasts: 8 * time.Second},
	troubled("busy", modem.Busy), troubled("no dial tone", modem.NoDialTone), troubled("no answer", modem.NoAnswer), troubled("a fax", modem.Fax),
	{name: "the modem is switched off for 2 s", now: (*talk).switchOff, later: (*talk).switchOn, lasts: 2 * time.Second},
}

func troubled(name string, trouble modem.Trouble) harm {
	return harm{
		name: name + " for 40 s", now: func(t *talk) { t.modem.SetTrouble(trouble, true) },
		later: func(t *talk) { t.modem.SetTrouble(trouble, false) }, lasts: 40 * time.Second,
	}
}

// point is a harm and its place: a byte of a direction, or a moment.
type point struct {
	harm   *harm
	toHost bool
	byte   int           // counted from 1
	at     time.Duration // of harms of a moment
}

func (p point) String() string {
	if p.harm.byte == nil {
		return fmt.Sprintf("%s at %v", p.harm.name, p.at)
	}
	return fmt.Sprintf("byte %d %s %s", p.byte, map[bool]string{true: "to the computer", false: "to the modem"}[p.toHost], p.harm.name)
}

// The times of a talk.
const (
	// callTime is longer than any call may take to come to something: two tries for a modem, the way
	// out of a call that is left over, and the longest wait for a result.
	callTime = 3 * time.Minute
	talkTime = 5 * time.Second // between the connection and hanging up
	hangTime = 20 * time.Second
)

// talk is a computer and its modem: it dials, talks, and hangs up.
type talk struct {
	now    time.Duration
	call   *phone.Call
	ear    phone.Ear
	modem  *modem.Modem
	off    bool // the modem has no power
	point  point
	struck bool
	over   time.Duration // when the harm ends
	inCall bool          // the modem's
	said   bool          // it has said that there is a call
	starts int           // of the program
	count  [2]int        // bytes to the modem, and to the computer
	deaf   bool          // to what the modem says: DCD alone tells
	bad    []string
	seen   []time.Duration // at which something happened
	first  struct {        // of the call that is struck: what of count and seen is its
		count [2]int
		seen  int
	}
}

func newTalk(p point) *talk {
	m, err := modem.New(modem.Config{Number: modem.DefaultNumber, Rings: modem.DefaultRings, Rate: 9600, Timing: modem.DefaultTiming()})
	if err != nil {
		panic(err) // a default
	}
	c, err := phone.New(modem.DefaultNumber)
	if err != nil {
		panic(err)
	}
	return &talk{call: c, modem: m, point: p}
}

func (t *talk) broken(rule verdict.Rule, format string, args ...any) {
	t.bad = append(t.bad, fmt.Sprintf("%v: %v: %s", rule, t.point, fmt.Sprintf(format, args...)))
}

// again is a program that is started after another was killed: it knows nothing of the call.
func (t *talk) again() {
	c, err := phone.New(modem.DefaultNumber)
	if err != nil {
		panic(err)
	}
	t.call, t.said = c, false
	t.starts++
	t.call.Start(t.now)
}

// switchOff takes the modem's power away: its call is over, and it forgets how it was set.
func (t *talk) switchOff() {
	t.modem = newTalk(point{}).modem
	t.off, t.inCall = true, false
}

func (t *talk) switchOn() { t.off = false }

// hurt passes bytes from one end to the other, and harms the one that is meant.
func (t *talk) hurt(toHost bool, p []byte) (passed []byte) {
	i := 0
	if toHost {
		i = 1
	}
	for _, b := range p {
		t.count[i]++
		if h := t.point.harm; h != nil && h.byte != nil && t.point.toHost == toHost && t.point.byte == t.count[i] {
			t.struck = true
			passed = append(passed, h.byte(b)...)
			continue
		}
		passed = append(passed, b)
	}
	return passed
}

// exchange lets both ends say what they have to say.
func (t *talk) exchange() {
	for {
		out := t.hurt(false, t.call.Transmit(nil))
		if !t.off {
			t.modem.FromHost(t.now, out)
		}
		said := t.hurt(true, t.modem.ToHost(nil))
		if t.off {
			said = nil
		}
		t.modem.ToLine(nil)
		t.modem.Died(nil)
		t.watch()
		if len(out) == 0 && len(said) == 0 {
			t.listen()
			return
		}
		was := t.call.Connected()
		if t.deaf && t.call.Connected() {
			said = nil
		}
		t.call.Receive(t.now, said)
		if !was && t.call.Connected() && !t.said {
			t.broken(verdict.I2, "the call is said to be connected, and never was")
		}
		t.listen()
	}
}

// listen ends a call whose carrier is lost, by what the modem says or by its DCD.
func (t *talk) listen() {
	rest := t.call.TakeRest()
	if !t.call.Connected() {
		t.ear = phone.Ear{}
		return
	}
	if said, fallen := t.ear.Hear(rest), t.ear.Carrier(!t.off && t.modem.Carrier()); said || fallen {
		t.call.Lose()
	}
}

// watch follows the modem's call.
func (t *talk) watch() {
	for _, e := range t.modem.Events() {
		t.inCall = e.Kind == modem.Connected || t.inCall && e.Kind != modem.Ended
		t.said = t.said || t.inCall
	}
}

// until goes on until a moment, or until the call has come to something.
func (t *talk) until(limit time.Duration, done func() bool) bool {
	for t.now < limit {
		if done() {
			return true
		}
		next := limit
		if at, ok := t.call.Next(); ok {
			next = min(next, at)
		}
		if at, ok := t.modem.Next(); ok && !t.off {
			next = min(next, at)
		}
		h := t.point.harm
		if h != nil && h.byte == nil && !t.struck {
			next = min(next, max(t.now, t.point.at))
		}
		if t.over > 0 {
			next = min(next, max(t.now, t.over))
		}
		t.now = next
		t.seen = append(t.seen, next)
		t.strike()
		t.modem.Advance(t.now)
		t.call.Advance(t.now)
		t.exchange()
	}
	return done()
}

// strike begins and ends the harm of a moment.
func (t *talk) strike() {
	h := t.point.harm
	if h == nil || h.byte != nil {
		return
	}
	if !t.struck && t.now >= t.point.at {
		t.struck = true
		h.now(t)
		if h.later != nil {
			t.over = t.now + h.lasts
		}
	}
	if t.over > 0 && t.now >= t.over {
		t.over = 0
		h.later(t)
	}
}

// play makes a call, hangs up, and makes another that nothing befalls.
func (t *talk) play() {
	t.call.Start(0)
	t.through()
	t.first.count, t.first.seen = t.count, len(t.seen)
	if t.struck = true; t.over > 0 {
		t.until(t.over, func() bool { return false })
	}
	if t.again(); !t.until(t.now+callTime, t.call.Done) || !t.call.Connected() {
		t.broken(verdict.I4, "a second call leads to %v", t.call.Err())
	}
}

// through makes a call, talks and hangs up. A program that is started again begins anew.
func (t *talk) through() {
	start := t.starts
	anew := func() bool { return t.starts != start }
	t.until(t.now+callTime, func() bool { return anew() || t.call.Done() })
	if !anew() && t.call.Connected() {
		t.until(t.now+talkTime, func() bool { return anew() || t.call.Done() && !t.call.Connected() })
	}
	if !anew() && t.call.Connected() && !t.inCall && t.over == 0 && !t.point.harm.own {
		t.broken(verdict.I5, "it talks on into a call that is over")
	}
	if !anew() && t.call.Connected() {
		t.call.HangUp(t.now)
		t.until(t.now+hangTime, func() bool { return anew() || t.call.Done() })
	}
	switch {
	case anew():
		t.through()
	case !t.call.Done():
		t.broken(verdict.I5, "it never comes to an end")
	case t.inCall:
		t.broken(verdict.I3, "it is over, and the modem is in a call")
	}
}

// OfCalls strikes a call everywhere, at every every-th point.
func OfCalls(ctx context.Context, every, workers int) (Result, error) {
	calm := newTalk(point{})
	calm.play()
	if len(calm.bad) > 0 {
		return Result{}, fmt.Errorf("without a fault: %v", calm.bad)
	}
	var points []point
	n := 0
	note := func(p point) {
		if n++; n%every == 0 {
			points = append(points, p)
		}
	}
	for i := range bytewise {
		for way, count := range calm.first.count {
			for b := range count {
				note(point{harm: &bytewise[i], toHost: way == 1, byte: b + 1})
			}
		}
	}
	for i := range timely {
		for j, at := range calm.seen[1:calm.first.seen] {
			for part := range parts {
				note(point{harm: &timely[i], at: calm.seen[j] + (at-calm.seen[j])*time.Duration(part)/parts})
			}
		}
	}
	results := make([]Result, len(points))
	err := parallel.Each(ctx, workers, len(points), func(_ context.Context, i int) error {
		t := newTalk(points[i])
		t.play()
		results[i] = Result{Points: 1, Broken: t.bad}
		return nil
	})
	var all Result
	for i := range results {
		all.add(&results[i])
	}
	return all, err
}
