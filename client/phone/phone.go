// Package phone dials a meter's telephone number with a Hayes modem, hears when the carrier is
// lost, and hangs up. A [Call] is a machine as the upgrader is: package port drives one over a real
// modem, and the bench over a virtual one.
package phone

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/simulator/machine"
)

// Why a call led to no meter.
var (
	// ErrNoModem: nothing at the port takes commands.
	ErrNoModem = errors.New("no modem answers; is it switched on, and is it at this port and rate?")
	// ErrRefused: the modem does not take a command.
	ErrRefused = errors.New("the modem refuses what it is told; is the number right?")
	// ErrNoDialTone: the telephone line is dead.
	ErrNoDialTone = errors.New("no dial tone; is the modem's telephone cable in?")
	// ErrBusy: somebody else has the line.
	ErrBusy = errors.New("the number is busy; try again later")
	// ErrNoAnswer: it rings, and nobody lifts off.
	ErrNoAnswer = errors.New("nobody answers; has the meter power, and does its modem answer after some rings?")
	// ErrNoCarrier: who answers is no modem, or the two did not agree.
	ErrNoCarrier = errors.New("no carrier; is it the number of a modem?")
	// ErrLost: the carrier of a call is gone.
	ErrLost = errors.New("the carrier is lost")
	// ErrTimeout: the modem says nothing about the call.
	ErrTimeout = errors.New("the modem does not say what has become of the call")
)

const (
	// beforeCommand is the pause before a command: modems of the time want one.
	beforeCommand = 100 * time.Millisecond
	answerWait    = time.Second      // for the result of a command
	dialWait      = 75 * time.Second // for that of a call: modems wait for 50 s, and some for more
	guard         = 1100 * time.Millisecond
	asks          = 2 // times for a modem, before it may be in a call that is left over; and for the end of a call
)

// stage is what a call does.
type stage uint8

const (
	resting  stage = iota
	asking         // is there a modem?
	escaping       // it may be in a call
	dropping       // ends that call
	setting        // results in words
	tuning         // what not every modem can
	dialling
	connected
	over
)

// Call is one call. Make it with New, start it with Start or HangUp.
type Call struct {
	number  string
	stage   stage
	silent  bool // the pause before what is sent
	at      time.Duration
	asked   int
	hangsUp bool
	escaped bool
	err     error

	tx   []byte
	line []byte // that the modem is saying
	rest []byte // what came behind CONNECT
}

// New makes a call to a number.
func New(number string) (*Call, error) {
	if err := Check(number); err != nil {
		return nil, err
	}
	return &Call{number: strings.ToUpper(number)}, nil
}

const (
	leastDigits = 3
	mostDigits  = 32
)

// Check returns what is wrong with a number.
func Check(number string) error {
	digits := 0
	for _, r := range strings.ToUpper(strings.TrimPrefix(number, "+")) {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			digits++
		case !strings.ContainsRune(" -().,W", r):
			return fmt.Errorf("%q is no telephone number: %q is none of 0 to 9, * and #, a pause (, or W), or -.() between them", number, r)
		}
	}
	if digits < leastDigits || digits > mostDigits {
		return fmt.Errorf("%q is no telephone number: it has %d digits; %d to %d can be", number, digits, leastDigits, mostDigits)
	}
	return nil
}

// Start dials.
func (c *Call) Start(now time.Duration) {
	*c = Call{number: c.number, tx: c.tx[:0], line: c.line[:0], rest: c.rest[:0]}
	c.enter(now, asking)
}

// HangUp ends a call that is connected.
func (c *Call) HangUp(now time.Duration) {
	c.hangsUp, c.asked = true, 0
	c.enter(now, escaping)
}

// Lose ends a call that is connected: its carrier is lost.
func (c *Call) Lose() { c.finish(over, ErrLost) }

// Done reports that the call is connected, or hung up, or has led to nothing (Err).
func (c *Call) Done() bool { return c.stage == connected || c.stage == over || c.stage == resting }

// Connected reports that what is sent and received now is the meter's.
func (c *Call) Connected() bool { return c.stage == connected }

// Err says why there is no connection.
func (c *Call) Err() error { return c.err }

// TakeRest returns what came behind the word CONNECT: the meter's.
func (c *Call) TakeRest() []byte {
	p := c.rest
	c.rest = nil
	return p
}

// enter begins a stage with its silence.
func (c *Call) enter(now time.Duration, s stage) {
	c.stage, c.silent, c.at = s, true, now+beforeCommand
	if s == escaping {
		c.at = now + guard
	}
	c.line = c.line[:0]
}

// finish ends the call's part of the conversation.
func (c *Call) finish(s stage, err error) { c.stage, c.err = s, err }

// speak is what is sent in a stage, and how long an answer may take.
func (c *Call) speak() (text string, wait time.Duration) {
	switch c.stage {
	case asking: // whoever had it before may have left it without results, or with those of numbers
		return "ATQ0V1\r", answerWait
	case escaping:
		return "+++", guard + answerWait
	case dropping: // with a 0, so that OK is never the answer to what is left of it
		return "ATH0\r", answerWait
	case setting: // whoever was killed in a call may have left it with the modem listening to commands
		return "ATE0Q0V1H0\r", answerWait
	case tuning:
		return "ATX4&C1&D2\r", answerWait
	default:
		return "ATDT" + dialled(c.number) + "\r", dialWait
	}
}

// dialled is a number as a modem takes it: what is for people only is left out.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789*#,W", r) {
			return r
		}
		return -1
	}, number)
}

// Receive takes what the modem says.
func (c *Call) Receive(now time.Duration, p []byte) {
	for i, b := range p {
		switch {
		case c.Done():
			c.rest = append(c.rest, p[i:]...)
			return
		case c.silent: // of a command before
		case b == '\n' || b == '\r' && c.stage != dialling:
			line := strings.TrimSpace(string(c.line))
			c.line = c.line[:0]
			c.hear(now, line)
		case len(c.line) < maxLine:
			c.line = append(c.line, b)
		}
	}
}

// maxLine bounds what is kept of a line. No result is as long.
const maxLine = 80

// ends are the results that end a call.
var ends = []struct {
	result string
	err    error
}{
	{"NO CARRIER", ErrNoCarrier}, {"BUSY", ErrBusy}, {"NO ANSWER", ErrNoAnswer},
	{"NO DIALTONE", ErrNoDialTone}, {"NO DIAL TONE", ErrNoDialTone}, {"ERROR", ErrRefused},
}

// hear takes a line of the modem. Lines that are no results, such as an echo, count nothing.
func (c *Call) hear(now time.Duration, line string) {
	switch {
	case c.stage == dialling:
		c.hearCall(line)
	case line == "OK":
		c.goOn(now)
	case line != "ERROR":
	case c.stage == tuning:
		c.enter(now, dialling)
	case c.stage == asking, c.hangsUp: // about what it was told before, cut short, and this behind it
		c.miss(now)
	default:
		c.finish(over, ErrRefused)
	}
}

// hearCall takes a line about the call.
func (c *Call) hearCall(line string) {
	if strings.HasPrefix(line, "CONNECT") {
		c.finish(connected, nil)
		return
	}
	for _, e := range ends {
		if line == e.result {
			c.finish(over, e.err)
		}
	}
}

// goOn is what follows when a command is done.
func (c *Call) goOn(now time.Duration) {
	switch {
	case c.stage == dropping && c.hangsUp:
		c.finish(over, c.err)
	case c.stage == escaping:
		c.enter(now, dropping)
	case c.stage == dropping, c.stage == asking:
		c.enter(now, setting)
	default:
		c.enter(now, c.stage+1)
	}
}

// Advance sends what is due, or gives an answer up.
func (c *Call) Advance(now time.Duration) {
	switch {
	case c.Done() || now < c.at:
	case c.silent:
		text, wait := c.speak()
		c.tx = append(c.tx, text...)
		c.silent, c.at = false, now+wait
	default:
		c.miss(now)
	}
}

// miss goes on without an answer. A modem that is in a call takes no commands, and one that has left
// it does not answer to +++.
func (c *Call) miss(now time.Duration) {
	switch c.stage {
	case asking:
		if c.asked++; c.asked == asks && !c.escaped {
			c.escaped, c.asked = true, 0
			c.enter(now, escaping)
			return
		}
		if c.asked == asks {
			c.finish(over, ErrNoModem)
			return
		}
		c.enter(now, asking)
	case escaping, dropping:
		c.missEnd(now)
	case tuning:
		c.enter(now, dialling)
	case dialling: // it may be in a call all the same, and have said so in a word that was damaged
		c.err = ErrTimeout
		c.HangUp(now)
	default:
		c.finish(over, ErrNoModem)
	}
}

// missEnd goes on where a call that is to end may not have ended.
func (c *Call) missEnd(now time.Duration) {
	switch {
	case !c.hangsUp:
		c.enter(now, asking)
	case c.stage == escaping: // it may take commands already
		c.enter(now, dropping)
	default:
		if c.asked++; c.asked == asks {
			c.finish(over, c.err)
			return
		}
		c.enter(now, escaping)
	}
}

// Next is when something is due.
func (c *Call) Next() (at time.Duration, ok bool) { return c.at, !c.Done() }

// Transmit appends what is to be sent to the modem.
func (c *Call) Transmit(dst []byte) []byte {
	dst = append(dst, c.tx...)
	c.tx = c.tx[:0]
	return dst
}

// Declare declares what decides the call's future.
func (c *Call) Declare(w *machine.State, spent *Call) {
	w.Text(c.number)
	w.Uint(uint64(c.stage))
	w.Deadline(c.at, !c.Done())
	w.Bool(c.silent)
	w.Int(c.asked)
	w.Bool(c.hangsUp)
	w.Bool(c.escaped)
	w.Bool(c.err != nil)
	w.Bytes(&c.tx, spent.tx)
	w.Bytes(&c.line, spent.line)
	w.Bytes(&c.rest, spent.rest)
}

// Ear notices that the carrier of a call is lost: it hears the modem say so in what comes from the meter, and it
// is told how DCD is, where a port has that line.
//
// Assumption: no meter says just that, with the ends of line before and after it.
type Ear struct {
	heard int
	up    bool // DCD has been, in this call
}

const lost = "\r\nNO CARRIER\r\n"

// Hear reports whether the carrier is lost.
func (e *Ear) Hear(p []byte) bool {
	for _, b := range p {
		switch {
		case b == lost[e.heard]:
			e.heard++
		case b == lost[0]:
			e.heard = 1
		default:
			e.heard = 0
		}
		if e.heard == len(lost) {
			e.heard = 0
			return true
		}
	}
	return false
}

// Carrier takes how DCD is while the call is connected, and reports whether the carrier is lost: it was there,
// and is not any more. A cable without that line never shows it.
func (e *Ear) Carrier(up bool) (lost bool) {
	lost, e.up = e.up && !up, up
	return lost
}

// Declare declares what it has heard and seen.
func (e *Ear) Declare(w *machine.State) {
	w.Int(e.heard)
	w.Bool(e.up)
}
