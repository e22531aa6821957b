package rig

import (
	"time"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/simulator/bench"
	"ionbench/simulator/machine"
)

// telephone is the tool's modem, as package port has one in real time: it dials when the tool opens
// its connection, and a lost carrier is the end of that connection.
type telephone struct {
	call  phone.Call
	ear   phone.Ear
	shows bool // the PC's port shows DCD
	aim   purpose
	tries int // at the window that asks for the connection
	// without: there is no call over which the tool could send, which it wants since then.
	without bool
	since   time.Duration
	answer  client.Answer
}

// purpose is what a call is for.
type purpose uint8

const (
	noCall    purpose = iota // there is none under way
	toBegin                  // the tool's task
	toGoOn                   // with a connection that broke
	forWindow                // Select Connection Type
)

// patientTries is how often a person at the window tries a number.
const patientTries = 3

// newTelephone is the modem by which a number is dialled, at a port that shows DCD or not; nil for a meter without one.
func newTelephone(number string, shows bool) *telephone {
	if number == "" {
		return nil
	}
	c, err := phone.New(number)
	if err != nil {
		panic("rig: " + err.Error()) // the world was checked
	}
	return &telephone{call: *c, shows: shows}
}

// dial begins a call.
func (t *tool) dial(now time.Duration, p purpose) {
	t.phone.aim = p
	t.phone.ear = phone.Ear{}
	if err := t.pc.opens(); err != nil {
		t.settle(now, err)
		return
	}
	if p == toGoOn && t.careless.redialsWrong {
		number := t.around.said.Phone
		t.phone.call = newTelephone(number[:len(number)-1], false).call
	}
	t.phone.call.Start(now)
}

// stuck reports that a tool which dials without end does nothing else meanwhile.
func (t *tool) stuck() bool {
	return t.careless.dialsForEver && t.phone != nil && t.phone.aim == toGoOn
}

// hearModem takes what the modem says, and returns what of it is the meter's. lost: the carrier is.
func (t *tool) hearModem(now time.Duration, p []byte) (meters []byte, lost bool) {
	c := &t.phone.call
	if !c.Connected() {
		c.Receive(now, p)
		t.settleCall(now)
		p = c.TakeRest()
		if !c.Connected() {
			return nil, false
		}
	}
	return p, t.phone.ear.Hear(p) && !t.careless.carrierUnheard
}

// watchCarrier follows DCD where the port shows it: its fall is a lost carrier, though the modem's word for it was
// not heard.
func (t *tool) watchCarrier(s *bench.Station) {
	if t.phone == nil || !t.phone.shows || t.still() || !t.phone.call.Connected() {
		return
	}
	if up, _ := s.Signals(); t.phone.ear.Carrier(up) && !t.careless.carrierUnheard {
		t.loseCall(s.Now())
		t.listen(s.Now())
	}
}

// settleCall does what a call was for, when it has come to something.
func (t *tool) settleCall(now time.Duration) {
	c := &t.phone.call
	if c.Done() && t.phone.aim != noCall {
		t.settle(now, c.Err())
	}
}

// settle does what a call was for: it is connected, or has failed.
func (t *tool) settle(now time.Duration, err error) {
	purpose := t.phone.aim
	t.phone.aim = noCall
	switch {
	case purpose == toGoOn && err != nil && t.careless.dialsForEver:
		t.dial(now, toGoOn)
	case purpose == toGoOn:
		if err == nil {
			t.vain += t.phone.missed(now, t.around.patience) // and the latest is sent now
			t.phone.without = false
		}
		t.session.Reconnected(now, err)
	case purpose == forWindow:
		t.atWindow(now, err)
	case err != nil:
		t.session.NotConnected(err)
		t.hear(now, client.Event{Kind: client.EventFinished, Err: err})
	default:
		t.session.Start(now, t.of.Task)
	}
}

// atWindow goes on at the window that asks for the connection. A person tries a few times.
func (t *tool) atWindow(now time.Duration, err error) {
	switch {
	case err == nil:
		t.session.Answer(now, t.phone.answer)
	case t.phone.tries < patientTries:
		t.dialAtWindow(now, t.phone.answer)
	default:
		t.session.Answer(now, client.Answer{Choice: client.Exit})
	}
}

// dialAtWindow opens the connection that the person has chosen, unless it is open.
func (t *tool) dialAtWindow(now time.Duration, a client.Answer) {
	t.phone.answer = a
	t.phone.tries++
	t.dial(now, forWindow)
}

// wantsCall notes that the tool wants to send something, and that there is no call.
func (t *telephone) wantsCall(now time.Duration) {
	if !t.without {
		t.without, t.since = true, now
	}
}

// missed is how often the tool has tried in vain to send its message since then: once in each time
// that it waits for an answer, whatever it tells of that.
func (t *telephone) missed(now, response time.Duration) int { return int((now - t.since) / response) }

// telephones reports whether an answer to a window wants a call first.
func (t *tool) telephones(p client.Prompt, a client.Answer) bool {
	return t.phone != nil && p == client.ConnectionType && a.Choice == client.OK && !t.phone.call.Connected()
}

// losePort ends the connection, or the call that should become one, because the port to the modem has
// gone or was reset.
func (t *tool) losePort(now time.Duration) {
	t.phone.call.Lose()
	if t.phone.aim != noCall {
		t.settle(now, t.pc.whyBroken())
		return
	}
	t.session.Broken(now, t.pc.whyBroken())
}

// loseCall ends the connection because the carrier is lost.
func (t *tool) loseCall(now time.Duration) {
	t.phone.call.Lose()
	t.session.Broken(now, phone.ErrLost)
}

// hangUp closes the tool's port: its modem is on the hook afterwards.
func hangUp(s *bench.Station, now time.Duration) {
	s.SetDTR(now, false)
	s.SetDTR(now, true)
}

func (t *telephone) declare(w *machine.State, spent *telephone) {
	t.call.Declare(w, &spent.call)
	t.ear.Declare(w)
	w.Bool(t.shows)
	w.Uint(uint64(t.aim))
	w.Int(t.tries)
	w.Deadline(t.since, t.without)
}

// declarePhone gives a copy a telephone of its own, in the memory of the spent one.
func (t *tool) declarePhone(w *machine.State, spent *telephone) {
	if t.phone == nil {
		return
	}
	if w.Copies() {
		if spent == nil {
			spent = new(telephone)
		}
		old := *spent
		*spent = *t.phone
		spent.declare(w, &old)
		t.phone = spent
		return
	}
	t.phone.declare(w, t.phone)
}
