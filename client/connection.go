package client

import "time"

// connection is the state of a session's connection.
//
// "A connection that breaks is a missing answer: open it again" (PROTOCOL.md, section 13). It is
// opened when something is to be sent, so at a window it stays away. The answer that was awaited
// counts as missing at once, and its request is sent again by the ordinary rule. If the
// connection breaks again before the meter was heard, or cannot be opened, the answer is missing
// only when the response time is over: a port that closes every connection is asked as often,
// and nearly for as long, as a silent meter.
type connection uint8

const (
	online   connection = iota
	offline             // it is opened when something is to be sent
	dialling            // EventReconnect waits for Reconnected
	keptOut             // somebody else has the port: nothing is due until Reconnected or StaysOut
	shutOut             // that one has it for good
)

// KeptOut says that the port took the connection and closed it before anything was heard, as one does that
// serves somebody else. The request waits, and counts as not sent, until Reconnected or StaysOut. It returns
// false if no request was under way: then the connection is Broken.
func (s *Session) KeptOut(now time.Duration, cause error) bool {
	if s.end != nil || s.connection != online || s.upgrader.phase != exchanging {
		return false
	}
	s.connection = keptOut
	s.upgrader.breakOff(now, cause)
	s.upgrader.rules.again(s.upgrader)
	s.upgrader.sendFrame(now)
	return true
}

// StaysOut says that somebody else still has the port. A person at the connection's window is told so
// there; any other task ends.
func (s *Session) StaysOut(now time.Duration, cause error) {
	switch {
	case s.connection != keptOut || s.end != nil:
	case s.upgrader.task == TaskConnect:
		s.connection = offline
		s.upgrader.tx, s.upgrader.err = s.upgrader.tx[:0], cause
		s.upgrader.follow(now, toStep(StepSayNobodyAnswers))
	default:
		s.connection = shutOut
		s.upgrader.fail(now, cause)
	}
}

// Broken says that the connection has ended and may be opened again.
func (s *Session) Broken(now time.Duration, cause error) {
	if s.end == nil && s.connection == online {
		s.connection = offline
		s.upgrader.breakOff(now, cause)
	}
}

// Reconnected answers EventReconnect: nil, or why the connection could not be opened.
func (s *Session) Reconnected(now time.Duration, err error) {
	switch {
	case s.end != nil || s.connection != dialling && s.connection != keptOut:
	case err != nil:
		s.connection = offline
		s.upgrader.sentInVain(err)
	default:
		s.connection = online
		s.upgrader.sendNow(now)
	}
}

// connected notes the connection that the person chose.
func (s *Session) connected() {
	s.connection = online
	s.upgrader.broke, s.upgrader.unmet = nil, false
}

// asks reports whether p is the open prompt.
func (u *Upgrader) asks(p Prompt) bool { return u.phase == asking && u.step().ask == p }

func (s *Session) wantsConnection() bool {
	return s.connection == offline && len(s.upgrader.tx) > 0 && s.end == nil
}

func (s *Session) askForConnection() (e Event, ok bool) {
	if !s.wantsConnection() {
		return Event{}, false
	}
	s.connection = dialling
	return Event{Kind: EventReconnect, Err: s.upgrader.broke}, true
}

// breakOff forgets what was half sent and half heard: bytes of the next connection are not its
// continuation.
func (u *Upgrader) breakOff(now time.Duration, cause error) {
	x := &u.exchange
	waits, heard := x.sending || len(x.ack) > 0, u.broke == nil && !x.known
	u.tx = u.tx[:0]
	u.broke, u.unmet = cause, true
	x.ack = x.ack[:0]
	x.sending = false
	x.decoder.Reset()
	x.hearNothing()
	switch {
	case u.phase != exchanging:
	case heard:
		x.wake = now
	case waits:
		x.wake = x.due
	}
}

// sentInVain drops what could not be sent. Its answer is missing when the response time is over.
func (u *Upgrader) sentInVain(cause error) {
	u.tx = u.tx[:0]
	u.broke = cause
}

// sendNow gives what is to be sent over a new connection the whole response time. What nobody
// waits for any more is not sent, and what is for a certain meter waits until it has said who it is.
func (u *Upgrader) sendNow(now time.Duration) {
	x := &u.exchange
	switch {
	case u.phase != exchanging:
		u.tx = u.tx[:0]
		return
	case u.identifiesFirst(u.step().is) != NoStep:
		u.tx = u.tx[:0]
		u.identify(now, x.missing+1)
		return
	case u.rules.meetsFirst(u):
		u.tx = u.tx[:0]
		u.askWho(now)
		return
	}
	x.due = now + u.wireTime(len(u.tx)) + u.rules.response(u)
	x.wake = x.due
}

// supersede drops the first unsent bytes of what is to be sent if newer ones follow.
func (u *Upgrader) supersede(unsent int) {
	if len(u.tx) > unsent {
		u.tx = append(u.tx[:0], u.tx[unsent:]...)
	}
}
