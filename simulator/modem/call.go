package modem

import (
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/machine"
)

// phase is how far a call is.
type phase uint8

const (
	none     phase = iota
	lifted         // listens for the dial tone
	toneless       // heard none
	dialling
	engaged  // the number is busy
	ringing  // until the called station answers
	training // the modems agree
	waiting  // nobody answers, or nobody who is a modem
	talking
	losing // the carrier is gone, and the host's modem has not noticed
	phases
)

// call is what the host's modem does with its telephone line.
type call struct {
	phase  phase
	at     time.Duration // when the phase ends, but for none and talking
	number string        // that is dialled, as it was given
	begun  time.Duration
	until  time.Duration // when the host's modem gives up (S7)
	vain   bool          // there is no carrier and no ringing: a fax, a dead line
}

// waits reports whether the phase ends by itself.
func (c *call) waits() bool { return c.phase != none && c.phase != talking }

// after goes on to a phase that takes so long, at most until the host's modem gives up.
func (c *call) after(now time.Duration, p phase, takes time.Duration) {
	c.phase, c.at = p, now+takes
}

// interruptible is how long characters do not end a call.
const interruptible = 125 * time.Millisecond

// dial begins a call.
func (m *Modem) dial(now time.Duration, number string) {
	m.state = calling
	m.call = call{number: number, begun: now}
	p := lifted
	if m.troubled[NoDialTone] > 0 {
		p = toneless
	}
	m.tell(now, Dialled, digits(number))
	m.call.after(now, p, m.wait(toneWait, time.Second))
}

// wait is what a register says, in its unit.
func (m *Modem) wait(r int, unit time.Duration) time.Duration {
	return m.config.Timing.scaled(time.Duration(m.active.register(r)) * unit)
}

// next goes on with the call when its phase is over.
func (m *Modem) next(now time.Duration) {
	c := &m.call
	switch c.phase {
	case toneless:
		if m.active.hearsTone() {
			m.end(now, noDialTone)
			return
		}
		c.vain = true // it has dialled blindly
		c.after(now, waiting, m.wait(answerWait, time.Second))
	case lifted:
		c.after(now, dialling, m.dialTime(c.number))
	case dialling:
		c.until = now + m.wait(answerWait, time.Second)
		m.reach(now)
	case engaged:
		m.end(now, busy)
	case ringing:
		m.lift(now)
	case training:
		m.connect(now)
	case waiting:
		m.end(now, m.unanswered())
	case losing:
		m.end(now, noCarrier)
	}
}

// dialTime is how long the number takes: each tone and the gap behind it S11, each pause S8.
func (m *Modem) dialTime(number string) time.Duration {
	pauses := strings.Count(number, ",")
	return time.Duration(len(digits(number)))*m.wait(toneTime, 2*time.Millisecond) + time.Duration(pauses)*m.wait(pauseTime, time.Second)
}

// reach is what the exchange does with a number that is complete.
func (m *Modem) reach(now time.Duration) {
	c := &m.call
	switch {
	case m.troubled[Busy] > 0 && m.active.hearsBusy():
		c.after(now, engaged, m.config.Timing.scaled(time.Second))
	case m.troubled[Busy] > 0:
		c.vain = true
		m.waitInVain()
	case m.troubled[Fax] > 0 && m.isMeters(c.number):
		c.vain = true
		m.ring(now, 1)
	case m.troubled[NoAnswer] > 0 || m.unpowered || !m.isMeters(c.number):
		m.waitInVain()
	default:
		m.ring(now, m.config.Rings)
	}
}

func (m *Modem) waitInVain() { m.call.phase, m.call.at = waiting, m.call.until }

// ring lets the telephone ring. Who would answer too late does not.
func (m *Modem) ring(now time.Duration, rings int) {
	takes := time.Duration(rings) * m.config.Timing.scaled(m.config.Timing.Ring)
	if now+takes > m.call.until {
		m.waitInVain()
		return
	}
	m.call.after(now, ringing, takes)
}

// isMeters reports whether a number is the meter's, also behind what leads out of a private exchange,
// which ends with a pause.
func (m *Modem) isMeters(number string) bool {
	own := number[strings.LastIndexAny(number, ",W")+1:]
	return digits(number) == m.number || digits(own) == m.number
}

// lift is the called station going off the hook.
func (m *Modem) lift(now time.Duration) {
	c := &m.call
	takes := m.config.Timing.scaled(m.config.Timing.Train)
	switch {
	case m.unpowered:
		m.waitInVain()
	case c.vain || now+takes > c.until:
		c.vain = true
		m.tell(now, Answered, "")
		m.waitInVain()
	default:
		m.tell(now, Answered, "")
		c.after(now, training, takes)
	}
}

func (m *Modem) connect(now time.Duration) {
	m.call.phase = talking
	m.state = online
	m.escape = escape{heard: now}
	m.tell(now, Connected, strconv.Itoa(m.config.Rate))
	m.answer(m.connected())
}

// unanswered is the result of a call that led to no carrier.
func (m *Modem) unanswered() result {
	if m.call.vain || !m.active.hearsBusy() {
		return noCarrier
	}
	return noAnswer
}

// end ends the call with a result.
func (m *Modem) end(now time.Duration, r result) {
	m.drop(now, r.text)
	m.answer(r)
}

// drop puts the telephone down.
func (m *Modem) drop(now time.Duration, why string) {
	m.state, m.call, m.escape = idle, call{}, escape{}
	m.hush()
	m.tell(now, Ended, why)
}

// hangUp ends a call, if there is one.
func (m *Modem) hangUp(now time.Duration, why string) {
	if m.state != idle {
		m.drop(now, why)
	}
}

// interrupt takes a character while a call is not connected: it ends the call.
func (m *Modem) interrupt(now time.Duration) {
	if now-m.call.begun >= interruptible {
		m.end(now, noCarrier)
	}
}

// escape watches for the way back to commands: a silence, three characters, a silence.
type escape struct {
	heard time.Duration // when the host said something last
	count int           // characters of the sequence
	armed bool          // they are complete: the silence ends at at
	at    time.Duration
}

const escapeLength = 3

// watchEscape looks at what the host sends. The characters themselves are sent, too.
func (m *Modem) watchEscape(now time.Duration, p []byte) {
	if len(p) == 0 {
		return
	}
	e, guard := &m.escape, m.guard()
	silent := now-e.heard >= guard
	e.heard, e.armed = now, false
	for _, b := range p {
		if guard == 0 {
			silent = e.count == 0
		}
		m.watchMark(b, silent)
		silent = false
	}
	if e.count == escapeLength {
		e.armed, e.at = true, now+guard
	}
}

// watchMark counts a character of the sequence, which begins after a silence.
func (m *Modem) watchMark(b byte, silent bool) {
	e, mark := &m.escape, m.active.register(escapeMark)
	if silent {
		e.count = 0
	}
	if b != mark || mark > 127 || e.count == 0 && !silent || e.count == escapeLength {
		e.count = 0
		return
	}
	e.count++
}

// guard is the silence around the sequence. It always takes its own time.
func (m *Modem) guard() time.Duration {
	return time.Duration(m.active.register(guardTime)) * time.Second / 50
}

func (c *call) declare(w *machine.State) {
	w.Uint(uint64(c.phase))
	w.Deadline(c.at, c.waits())
	if w.Has(c.phase != none && c.phase != talking && c.phase != losing) {
		w.Text(c.number)
		w.Int(int(min(w.Now()-c.begun, interruptible)))
		w.Deadline(c.until, c.phase > dialling)
		w.Bool(c.vain)
	}
}

// declare: how long ago the host was heard matters up to the silence.
func (e *escape) declare(w *machine.State, m *Modem) {
	if !w.Has(m.state == online) {
		return
	}
	w.Int(int(min(w.Now()-e.heard, m.guard())))
	w.Int(e.count)
	w.Deadline(e.at, e.armed)
}
