package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/client/upgradelog"
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

// prompts takes all events and gives the prompts among them.
func prompts(u *Upgrader) (asked []Prompt, logged []upgradelog.Kind) {
	for e, ok := u.NextEvent(); ok; e, ok = u.NextEvent() {
		switch e.Kind {
		case EventPrompt:
			asked = append(asked, e.Prompt)
		case EventLog:
			logged = append(logged, e.Line.Kind)
		}
	}
	return asked, logged
}

func TestUpgraderWhoseConnectionEndsGoesTheWayOfASilentMeter(t *testing.T) {
	u := newConnecting(t)
	u.Answer(0, Answer{Choice: OK})
	cause := errors.New("the adapter was unplugged")
	for u.phase != asking {
		at, ok := u.Next()
		if !ok {
			t.Fatal("it waits for nothing")
		}
		u.Advance(at)
	}
	prompts(u)
	u.Answer(time.Hour, Answer{Choice: Upgrade}) // at DeviceSilent
	f, err := upg.New(7350, "7350V283", time.Unix(1, 0), []byte{1})
	if err != nil {
		t.Fatal(err)
	}
	u.Answer(time.Hour, Answer{Firmware: f})
	prompts(u)

	u.Lost(time.Hour, cause)
	if !errors.Is(u.Err(), ErrNoResponse) || !errors.Is(u.Err(), cause) {
		t.Errorf("Err = %v, want ErrNoResponse because of the adapter", u.Err())
	}
	asked, logged := prompts(u)
	if want := []Prompt{UpgradeFailed}; !slices.Equal(asked, want) {
		t.Errorf("prompts %v, want %v", asked, want)
	}
	if want := []upgradelog.Kind{upgradelog.UpgradeFailed}; !slices.Equal(logged, want) {
		t.Errorf("log %v, want %v", logged, want)
	}

	u.Lost(time.Hour, cause) // told again while the window stands
	u.Answer(time.Hour, Answer{Choice: Exit})
	u.Answer(time.Hour, Answer{Choice: OK})
	asked, _ = prompts(u)
	if want := []Prompt{CommunicationLost, ConnectionType}; !slices.Equal(asked, want) {
		t.Errorf("prompts %v, want %v", asked, want)
	}
}

func TestUpgraderThatIsDoneDoesNotMindALostConnection(t *testing.T) {
	u := newConnecting(t)
	u.Answer(0, Answer{Choice: Exit})
	u.Lost(0, errors.New("closed"))
	if !u.Done() || u.Err() != nil {
		t.Errorf("Done = %t, Err = %v; want true and nil", u.Done(), u.Err())
	}
}
