package client

import (
	"errors"
	"testing"
	"time"

	"ionbench/client/upg"
)

func newConnecting(t *testing.T) *Upgrader {
	t.Helper()
	u, err := New(Config{Release: Release22(), SingleDevice: true, UnitID: 105, Baud: 9600, Password: "0", Start: time.Unix(0, 0).UTC(), Timing: DefaultTiming()})
	if err != nil {
		t.Fatal(err)
	}
	u.Start(0, TaskConnect)
	return u
}

func oneByte(t *testing.T) *upg.File {
	t.Helper()
	f, err := upg.New(7350, "7350V283", time.Unix(1, 0), []byte{1})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newAsking is a session that was just given its first request to send, at 0.
func newAsking(t *testing.T, task Task) *Session {
	t.Helper()
	u, err := New(Config{Release: Release22(), SingleDevice: true, UnitID: 105, Baud: 9600, Password: "0", Start: time.Unix(0, 0).UTC(), Timing: DefaultTiming()})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(u, u.paste)
	s.Start(0, task)
	wake(t, s)
	if len(s.Transmit(nil)) == 0 {
		t.Fatal("it sends nothing")
	}
	return s
}

// wake lets a session do what is due next.
func wake(t *testing.T, s *Session) (now time.Duration) {
	t.Helper()
	now, ok := s.Next()
	if !ok {
		t.Fatal("it waits for nothing")
	}
	s.Advance(now)
	return now
}

// reconnects takes all events and counts those that ask for a connection.
func reconnects(s *Session, now time.Duration) (n int) {
	for !s.Quiet() {
		switch e, _ := s.NextEvent(now); e.Kind {
		case EventReconnect:
			n++
		case EventLog:
			s.Logged(now, nil)
		}
	}
	return n
}

var errBroke = errors.New("the gateway broke off")

func TestABrokenConnectionIsAMissingAnswerAndTheRequestIsSentAgainOverTheNextOne(t *testing.T) {
	s := newAsking(t, TaskIdentify)
	s.Broken(time.Second, errBroke)
	if now := wake(t, s); now != time.Second {
		t.Errorf("the answer is missing at %v, want at once", now)
	}
	if sent := s.Transmit(nil); len(sent) > 0 || reconnects(s, time.Second) != 1 || reconnects(s, time.Second) != 0 {
		t.Errorf("without a connection it sends % x, or does not ask for one once", sent)
	}
	s.Reconnected(3*time.Second, nil)
	if sent := s.Transmit(nil); len(sent) == 0 {
		t.Error("the request is not sent again")
	}
	if at, _ := s.Next(); at < 13*time.Second || at > 14*time.Second {
		t.Errorf("the answer is missing at %v, want the whole response time after it was sent", at)
	}
}

// A port that takes a connection and closes it at once, and one that takes none.
func TestAToolThatIsNeverHeardOverAnyConnectionAsksAsOftenAsASilentMeter(t *testing.T) {
	for name, next := range map[string]func(s *Session, now time.Duration){
		"closed at once": func(s *Session, now time.Duration) {
			s.Reconnected(now, nil)
			s.Transmit(nil)
			s.Broken(now, errBroke)
		},
		"refused": func(s *Session, now time.Duration) { s.Reconnected(now, errBroke) },
	} {
		s := newAsking(t, TaskReadSettings)
		s.Broken(0, errBroke)
		opened, now := 0, time.Duration(0)
		for !s.Done() {
			now = wake(t, s)
			for range reconnects(s, now) {
				opened++
				next(s, now)
			}
		}
		if silent := 10 * time.Second * probes; opened != probes-1 || now < silent-10*time.Second || now > silent+time.Second {
			t.Errorf("%s: opened %d times within %v, want %d times within about %v", name, opened, now, probes-1, silent)
		}
		if err := s.End().Err; !errors.Is(err, ErrNoResponse) || !errors.Is(err, errBroke) {
			t.Errorf("%s: %v, want that nobody answers, and why", name, err)
		}
	}
}

// The connection takes longer to open than an answer takes: the retries go on, and what is sent
// in the end is one request.
func TestRetriesGoOnWhileTheConnectionIsBeingOpened(t *testing.T) {
	s := newAsking(t, TaskReadSettings)
	s.Broken(0, errBroke)
	first := wake(t, s)
	if reconnects(s, first) != 1 {
		t.Fatal("it asks for no connection")
	}
	last := wake(t, s)
	wake(t, s)
	if n := reconnects(s, last); n != 0 || s.Counts().Resent != 3 {
		t.Errorf("it asks for a connection %d times more, after %d resends", n, s.Counts().Resent)
	}
	s.Reconnected(last, nil)
	d := len(s.Transmit(nil))
	if want := len(s.Transmit(nil)); want != 0 || d == 0 || d > 100 {
		t.Errorf("%d bytes are sent, and %d more", d, want)
	}
}

func TestAtAWindowTheConnectionIsOpenedWhenItIsNeeded(t *testing.T) {
	s := NewSession(newConnecting(t), 0)
	s.Answer(0, Answer{Choice: OK})
	for !s.upgrader.asks(DeviceSilent) {
		wake(t, s)
		s.Transmit(nil)
	}
	s.Broken(time.Hour, errBroke)
	if reconnects(s, time.Hour) > 0 {
		t.Error("it asks for a connection at a window")
	}
	s.Answer(time.Hour, Answer{Choice: Upgrade})
	s.Answer(time.Hour, Answer{Firmware: oneByte(t)})
	s.Answer(time.Hour, Answer{})
	if now := wake(t, s); reconnects(s, now) != 1 {
		t.Error("it asks for no connection when it has something to send")
	}
}

// At Select Connection Type the person opens the connection.
func TestAConnectionThatThePersonChoseIsNotAskedFor(t *testing.T) {
	s := NewSession(newConnecting(t), 0)
	s.Broken(0, errBroke)
	s.Answer(0, Answer{Choice: OK})
	if now := wake(t, s); reconnects(s, now) > 0 || len(s.Transmit(nil)) == 0 {
		t.Error("it asks for another connection")
	}
}

func TestALateHalfAnswerIsNotJoinedWithBytesOfTheNextConnection(t *testing.T) {
	s := newAsking(t, TaskIdentify)
	s.Receive(0, []byte{0x00, 0x00, 0x14, 0xAC, 0x80, 0x40})
	if !s.upgrader.exchange.decoder.Pending() {
		t.Fatal("half a frame is not kept")
	}
	s.Broken(0, errBroke)
	if s.upgrader.exchange.decoder.Pending() {
		t.Error("half a frame outlives its connection")
	}
}

func TestASessionThatIsOverOrWasAbortedOpensNoConnection(t *testing.T) {
	s := newAsking(t, TaskIdentify)
	s.Broken(0, errBroke)
	s.Interrupt(0)
	for !s.Quiet() {
		if e, _ := s.NextEvent(0); e.Kind == EventReconnect {
			t.Error("it asks for a connection")
		}
	}
	s.Reconnected(0, nil)
	if !s.Done() || !errors.Is(s.End().Err, ErrAborted) || len(s.Transmit(nil)) > 0 {
		t.Errorf("done %v: %v", s.Done(), s.End().Err)
	}
}

// A port that serves somebody else is waited for, however long, and the request that it did not take does
// not count.
func TestWhileThePortIsSomebodyElsesNoTimeCounts(t *testing.T) {
	s := newAsking(t, TaskIdentify)
	if !s.KeptOut(time.Second, errBroke) || s.KeptOut(time.Second, errBroke) {
		t.Error("it is not kept out once")
	}
	if at, ok := s.Next(); ok {
		t.Errorf("it wants something at %v", at)
	}
	s.Advance(time.Hour)
	if sent := s.Transmit(nil); len(sent) > 0 || reconnects(s, time.Hour) > 0 || s.Done() {
		t.Errorf("it sends % x, or connects or ends by itself", sent)
	}
	s.Reconnected(time.Hour, nil)
	if sent := s.Transmit(nil); len(sent) == 0 || s.upgrader.exchange.missing != 0 {
		t.Errorf("it sends %d bytes, and %d answers are missing", len(sent), s.upgrader.exchange.missing)
	}
	if at, _ := s.Next(); at < time.Hour+10*time.Second {
		t.Errorf("the answer is missing at %v", at)
	}
}

func TestAPortThatStaysSomebodyElsesIsAnErrorOfTheEnvironment(t *testing.T) {
	for _, task := range []Task{TaskIdentify, TaskReadSettings} {
		s := newAsking(t, task)
		s.KeptOut(0, errBroke)
		s.StaysOut(time.Second, errBroke)
		reconnects(s, time.Second)
		if end := s.End(); !s.Done() || end.Status != StatusEnvironment || !errors.Is(end.Err, errBroke) {
			t.Errorf("%v ends with %+v", task, end)
		}
	}
}

// The person may name another port, or try again.
func TestAPersonIsToldAtTheWindowThatThePortStaysSomebodyElses(t *testing.T) {
	s := NewSession(newConnecting(t), 0)
	s.started = true
	s.Answer(0, Answer{Choice: OK})
	wake(t, s)
	if len(s.Transmit(nil)) == 0 || !s.KeptOut(0, errBroke) {
		t.Fatal("nothing is asked")
	}
	s.StaysOut(time.Second, errBroke)
	for _, want := range []Prompt{DeviceSilent, ConnectionType} {
		var last Event
		for !s.Quiet() {
			last, _ = s.NextEvent(time.Second)
		}
		if last.Kind != EventPrompt || last.Prompt != want || want == DeviceSilent && !errors.Is(last.Err, errBroke) {
			t.Fatalf("%+v, want the window %v", last, want)
		}
		s.Answer(time.Second, Answer{Choice: OK})
	}
	if wake(t, s); len(s.Transmit(nil)) == 0 {
		t.Error("the next connection is not used")
	}
}

func TestAbortingEndsASessionThatIsKeptOut(t *testing.T) {
	s := newAsking(t, TaskReadSettings)
	s.KeptOut(0, errBroke)
	s.Interrupt(time.Second)
	if reconnects(s, time.Second); !s.Done() || !errors.Is(s.End().Err, ErrAborted) {
		t.Errorf("it ends with %+v", s.End())
	}
}

func TestWhoAsksNothingIsNotKeptOut(t *testing.T) {
	if s := NewSession(newConnecting(t), 0); s.KeptOut(0, errBroke) {
		t.Error("a session at a window is kept out")
	}
}
