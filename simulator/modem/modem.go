// Package modem is the way over the telephone network: a Hayes modem at the host, the exchange,
// and the modem inside the meter, which answers after some rings (an option of the 7330 and the
// 7350). It stands between a host, which talks to it, and the line to the meter.
//
// A [Modem] is a plain value without a clock, as every machine here: bytes of both ends and the
// time go in, bytes for both ends come out. It knows no ION. Package bench joins it to a meter.
//
// # What a host can say
//
// Commands are those of the Hayes Smartmodem 2400 and what programs of that time send besides:
//
//	AT…   A D H O Z, E Q V X, I, S (registers), &F &W &V, &C &D, +FCLASS=0
//	      and, without an effect, B L M N P T Y, W, &B &G &H &I &J &K &L &M &N &P &Q &R &S &T &U &X &Y, \A … \Z, %A … %Z
//	A/    the last line of commands again
//	+++   back to commands, with a silence of S12 before and after it
//
// Spaces count nothing, and AT may be written in small letters. A line ends with the character of
// S3 (CR). Of the registers these do what they say: S2 to S8, S10 to S12. The others keep their value.
//
// Assumption: where modems of that time differed this one does as most: X4 &C1 &D2 from the
// factory; a character ends a call that is not connected, but not in the first 125 ms (V.250, 5.6.1),
// and a line feed behind a command's CR is a part of it; a call that rings and is not answered is NO ANSWER
// where busy tones are heard (X3, X4), and NO CARRIER otherwise.
package modem

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/simulator/machine"
)

// Config is a way over the telephone network.
type Config struct {
	// Number is the meter's, in digits. Anything else in it, such as spaces, counts nothing.
	Number string
	// Rings is after how many rings the meter's modem answers: its S0.
	Rings int
	// Rate is that of a call, in bit/s: what CONNECT tells.
	Rate int
	// Timing is how long everything takes.
	Timing Timing
}

// Timing is how long things take that no register of the host's modem says.
type Timing struct {
	Ring  time.Duration // from one ring to the next
	Train time.Duration // from the meter's modem going off the hook until both have agreed
	// Latency is that of a call, one way.
	Latency time.Duration
	// Every so many bytes of one end the modems stop for Pause, as those do that correct errors in
	// blocks (MNP). 0 bytes: never.
	PauseBytes int
	Pause      time.Duration
	// Pace is how many times faster all of this and the waiting of S6 to S11 is; 0: it takes no time.
	// The silence around +++ (S12) always takes its own.
	Pace int
}

// DefaultTiming is that of a call at 9600 bit/s.
//
// Assumption: a ring every 6 s as in North America, 15 s of training (10 to 25 s were usual),
// 150 ms of latency (100 to 200 ms are published), and a pause of 20 ms every 256 bytes.
func DefaultTiming() Timing {
	return Timing{
		Ring: 6 * time.Second, Train: 15 * time.Second, Latency: 150 * time.Millisecond,
		PauseBytes: 256, Pause: 20 * time.Millisecond, Pace: 1,
	}
}

// DefaultNumber is the meter's number where nobody says another.
const DefaultNumber = "5550105"

// DefaultRings is how often it rings where nobody says otherwise.
const DefaultRings = 2

// scaled is a time at the pace.
func (t *Timing) scaled(d time.Duration) time.Duration {
	if t.Pace == 0 {
		return 0
	}
	return d / time.Duration(t.Pace)
}

// Trouble is what can be wrong with the telephone network.
type Trouble uint8

// The troubles. The last one is Fax.
const (
	Busy       Trouble = iota // the meter's line is busy
	NoDialTone                // the host's line is dead
	NoAnswer                  // nobody lifts off
	Fax                       // the number is another's, and a fax answers
	troubles
)

// Kind is what an event tells.
type Kind uint8

// The kinds of event.
const (
	Dialled    Kind = iota // Text is the number
	Answered               // the called station went off the hook
	Connected              // Text is the rate
	Ended                  // Text is the result
	Retraining             // nothing passes
	Retrained
)

// String is the kind as a trace has it.
func (k Kind) String() string {
	return [...]string{"dialled", "answered", "connected", "ended", "retraining", "retrained"}[k]
}

// Event is something that happened to a call.
type Event struct {
	At   time.Duration
	Kind Kind
	Text string
}

// state is what the host's modem does.
type state uint8

const (
	idle    state = iota // on the hook; it takes commands
	calling              // from the number to the carrier
	online               // what comes is for the other end
	escaped              // online, and it takes commands
)

// Modem is a way over the telephone network. Make it with New.
type Modem struct {
	config Config
	number string // of the meter, digits alone
	state  state
	call   call
	typed  typed
	active profile
	stored profile
	escape escape

	troubled  [troubles]int // how many faults there are of each
	retrain   int           // how many faults make the modems train again
	unpowered bool          // the meter's modem has no power

	toHost, toLine way
	said           []byte // for the host, from the modem itself and from the call
	sent           []byte // for the line
	dead           []byte // from the host for the line, where no call carries it any more
	events         []Event
}

// ErrConfig says that there can be no such modem.
var ErrConfig = errors.New("modem")

const (
	maxDigits = 32
	maxRings  = 20
	maxRate   = 115_200
)

// New makes a modem on the hook.
func New(c Config) (*Modem, error) {
	m := &Modem{config: c, number: digits(c.Number), active: factory(), stored: factory()}
	switch t := &c.Timing; {
	case m.number == "" || len(m.number) > maxDigits:
		return nil, fmt.Errorf("%w: %q is no telephone number; it wants 1 to %d digits", ErrConfig, c.Number, maxDigits)
	case c.Rings < 1 || c.Rings > maxRings:
		return nil, fmt.Errorf("%w: a modem that answers after %d rings; 1 to %d can be", ErrConfig, c.Rings, maxRings)
	case c.Rate < 1 || c.Rate > maxRate:
		return nil, fmt.Errorf("%w: a call of %d bit/s; 1 to %d can be", ErrConfig, c.Rate, maxRate)
	case t.Ring < 0 || t.Train < 0 || t.Latency < 0 || t.Pause < 0 || t.PauseBytes < 0 || t.Pace < 0:
		return nil, fmt.Errorf("%w: a time below zero", ErrConfig)
	}
	return m, nil
}

// digits are the characters of a number that are dialled.
func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '*' || r == '#' {
			return r
		}
		return -1
	}, number)
}

// FromHost takes what the host sends.
func (m *Modem) FromHost(now time.Duration, p []byte) {
	m.Advance(now)
	for i, b := range p {
		if m.state == online {
			m.passOn(now, p[i:])
			return
		}
		if m.state != escaped { // a host that has not heard of the end takes it for a call
			m.bury(p[i : i+1])
		}
		m.hear(now, b)
	}
}

// hear takes a character for the modem itself.
func (m *Modem) hear(now time.Duration, b byte) {
	feed := m.typed.ended && b == m.active.register(lineFeed)
	m.typed.ended = false
	switch {
	case feed:
	case m.state == calling:
		m.interrupt(now)
	default:
		m.take(now, b)
	}
}

// passOn sends what the host says to the other end.
func (m *Modem) passOn(now time.Duration, p []byte) {
	if m.typed.ended && p[0] == m.active.register(lineFeed) {
		p = p[1:]
	}
	m.typed.ended = false
	m.watchEscape(now, p)
	if m.call.phase != talking {
		m.bury(p)
		return
	}
	m.bury(p[m.toLine.add(now, p, &m.config.Timing):])
	m.flow(now)
}

// bury keeps what the host has sent into a call that does not carry it any more, as much as can be
// under way.
func (m *Modem) bury(p []byte) { m.dead = append(m.dead, p[:min(len(p), maxUnderWay-len(m.dead))]...) }

// Died appends what the host has sent and what never got to the line, its commands among it.
func (m *Modem) Died(dst []byte) []byte {
	dst = append(dst, m.dead...)
	m.dead = m.dead[:0]
	return dst
}

// FromLine takes what the meter says.
func (m *Modem) FromLine(now time.Duration, p []byte) {
	m.Advance(now)
	if m.call.phase == talking {
		m.toHost.add(now, p, &m.config.Timing)
		m.flow(now)
	}
}

// flow hands on what has come through by now.
func (m *Modem) flow(now time.Duration) {
	if m.retrain > 0 {
		return
	}
	m.sent = m.toLine.take(m.sent, now)
	if m.state == online { // a modem that takes commands keeps what comes meanwhile
		m.said = m.toHost.take(m.said, now)
	}
}

// ToHost appends what the host hears now.
func (m *Modem) ToHost(dst []byte) []byte {
	dst = append(dst, m.said...)
	m.said = m.said[:0]
	return dst
}

// ToLine appends what goes on the line to the meter now.
func (m *Modem) ToLine(dst []byte) []byte {
	dst = append(dst, m.sent...)
	m.sent = m.sent[:0]
	return dst
}

// Events are what has happened since the last call, oldest first.
func (m *Modem) Events() []Event {
	e := m.events
	m.events = nil
	return e
}

func (m *Modem) tell(now time.Duration, k Kind, text string) {
	m.events = append(m.events, Event{now, k, text})
}

// Next is when something is due.
func (m *Modem) Next() (at time.Duration, ok bool) {
	if m.call.waits() {
		at, ok = m.call.at, true
	}
	if m.escape.armed && (!ok || m.escape.at < at) {
		at, ok = m.escape.at, true
	}
	if m.retrain > 0 {
		return at, ok
	}
	if t, due := m.toLine.next(); due && (!ok || t < at) {
		at, ok = t, true
	}
	if t, due := m.toHost.next(); due && m.state == online && (!ok || t < at) {
		at, ok = t, true
	}
	return at, ok
}

// Advance does what is due by now.
func (m *Modem) Advance(now time.Duration) {
	for range phases { // each leads to a later one
		if !m.call.waits() || m.call.at > now {
			break
		}
		m.next(m.call.at)
	}
	if m.escape.armed && m.escape.at <= now {
		m.escape = escape{}
		m.state = escaped
		m.answer(ok)
	}
	m.flow(now)
}

// NotReady is why a call has ended that nobody has hung up: its host has closed its port, or is gone.
const NotReady = "the host is not ready"

// SetDTR says whether the host is ready. What happens when it is not any more is the host's to say (&D).
func (m *Modem) SetDTR(now time.Duration, on bool) {
	m.Advance(now)
	if on {
		return
	}
	switch m.active.dtr {
	case 1:
		if m.state == online {
			m.escape, m.state = escape{}, escaped
			m.answer(ok)
		}
	case 2:
		m.hangUp(now, NotReady)
	case 3:
		m.hangUp(now, NotReady)
		m.active = m.stored
	}
	m.typed = typed{last: m.typed.last}
}

// Carrier is the signal DCD as the host sees it.
func (m *Modem) Carrier() bool {
	return !m.active.carrier || m.state == online || m.state == escaped
}

// Talks reports whether a call carries what the host says to the meter.
func (m *Modem) Talks() bool { return m.call.phase == talking }

// Lose ends the call: the carrier is gone. The host's modem notices after S10, the meter's is on the
// hook at once.
func (m *Modem) Lose(now time.Duration) {
	m.Advance(now)
	if m.call.phase == talking || m.call.phase == training {
		m.call.phase, m.call.at = losing, now+m.config.Timing.scaled(time.Duration(m.active.register(carrierLoss))*time.Second/10)
		m.hush()
	}
}

// hush loses what is under way.
func (m *Modem) hush() {
	m.bury(m.toLine.bytes)
	m.toHost.clear()
	m.toLine.clear()
}

// SetTrouble begins a trouble, or ends one. A call that is connected is not touched.
func (m *Modem) SetTrouble(t Trouble, on bool) {
	if on {
		m.troubled[t]++
	} else {
		m.troubled[t]--
	}
}

// SetRetraining makes the modems of a call train again: nothing passes until they have. What is
// under way meanwhile comes afterwards, for they correct errors.
func (m *Modem) SetRetraining(now time.Duration, on bool) {
	m.Advance(now)
	if on {
		if m.retrain++; m.retrain == 1 && m.call.phase == talking {
			m.tell(now, Retraining, "")
		}
		return
	}
	if m.retrain--; m.retrain == 0 && m.call.phase == talking {
		m.tell(now, Retrained, "")
	}
	m.flow(now)
}

// MeterPower says whether the meter's modem has power. Without it, a call is lost and none is answered.
func (m *Modem) MeterPower(now time.Duration, on bool) {
	if m.unpowered == !on {
		return
	}
	m.unpowered = !on
	if m.unpowered {
		m.Lose(now)
	}
}

// Number is the meter's, in digits.
func (m *Modem) Number() string { return m.number }

// Sound reports that nothing is wrong with the network, and that no modem trains again.
func (m *Modem) Sound() bool { return m.troubled == [troubles]int{} && m.retrain == 0 }

// Declare declares what decides the modem's future.
func (m *Modem) Declare(w *machine.State, spent *Modem) {
	w.Text(m.number)
	w.Int(m.config.Rings)
	w.Int(m.config.Rate)
	m.config.Timing.declare(w)
	w.Uint(uint64(m.state))
	m.call.declare(w)
	m.typed.declare(w, &spent.typed)
	m.active.declare(w)
	m.stored.declare(w)
	m.escape.declare(w, m)
	for _, n := range m.troubled {
		w.Int(n)
	}
	w.Int(m.retrain)
	w.Bool(m.unpowered)
	m.toHost.declare(w, &spent.toHost)
	m.toLine.declare(w, &spent.toLine)
	w.Bytes(&m.said, spent.said)
	w.Bytes(&m.sent, spent.sent)
	w.Bytes(&m.dead, spent.dead)
	machine.Clip(w, &m.events) // the trace decides nothing
}

func (t *Timing) declare(w *machine.State) {
	w.Int(int(t.Ring))
	w.Int(int(t.Train))
	w.Int(int(t.Latency))
	w.Int(t.PauseBytes)
	w.Int(int(t.Pause))
	w.Int(t.Pace)
}

// CopyTo makes c a copy of m. c's memory is reused.
func (m *Modem) CopyTo(c *Modem) {
	old := *c
	*c = *m
	w := machine.Copying()
	c.Declare(&w, &old)
}

// SetPace makes everything that many times faster from now on, as Timing.Pace does.
func (m *Modem) SetPace(pace int) { m.config.Timing.Pace = pace }
