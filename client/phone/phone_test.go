package phone

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// played is a call whose modem answers by a table, and the lines that it was sent.
func played(t *testing.T, hangUp bool, answers map[string]string) (*Call, string) {
	t.Helper()
	c, err := New("555-0105")
	if err != nil {
		t.Fatal(err)
	}
	var now time.Duration
	if hangUp {
		c.HangUp(now)
	} else {
		c.Start(now)
	}
	var sent []string
	for steps := 0; !c.Done(); steps++ {
		if steps > 100 {
			t.Fatal("no end")
		}
		now, _ = c.Next()
		c.Advance(now)
		if line := strings.TrimSpace(string(c.Transmit(nil))); line != "" {
			sent = append(sent, line)
			c.Receive(now, []byte(answers[line]))
		}
	}
	return c, strings.Join(sent, " ")
}

func good() map[string]string {
	return map[string]string{
		"ATQ0V1": "ATQ0V1\r\r\nOK\r\n", "ATE0Q0V1H0": "ATE0Q0V1H0\r\r\nOK\r\n", "ATX4&C1&D2": "\r\nOK\r\n", "ATDT5550105": "\r\nCONNECT 9600\r\nhello",
		"+++": "\r\nOK\r\n", "ATH0": "\r\nOK\r\n",
	}
}

func TestACallSetsTheModemDialsAndLeavesWhatFollowsToTheMeter(t *testing.T) {
	c, sent := played(t, false, good())
	if sent != "ATQ0V1 ATE0Q0V1H0 ATX4&C1&D2 ATDT5550105" || !c.Connected() || c.Err() != nil || string(c.TakeRest()) != "hello" {
		t.Errorf("sent %s: connected %v, %v", sent, c.Connected(), c.Err())
	}
}

func TestEveryResultOfAModemHasItsError(t *testing.T) {
	for _, r := range []struct {
		command, answer string
		want            error
	}{
		{"ATDT5550105", "\r\nBUSY\r\n", ErrBusy},
		{"ATDT5550105", "\r\nNO CARRIER\r\n", ErrNoCarrier},
		{"ATDT5550105", "\r\nNO ANSWER\r\n", ErrNoAnswer},
		{"ATDT5550105", "\r\nNO DIALTONE\r\n", ErrNoDialTone},
		{"ATDT5550105", "\r\nNO DIAL TONE\r\n", ErrNoDialTone},
		{"ATDT5550105", "\r\nERROR\r\n", ErrRefused},
		{"ATDT5550105", "\r\nRINGING\r\n", ErrTimeout},
		{"ATDT5550105", strings.Repeat("x", 10_000), ErrTimeout},
		{"ATE0Q0V1H0", "\r\nERROR\r\n", ErrRefused},
		{"ATE0Q0V1H0", "", ErrNoModem},
	} {
		answers := good()
		answers[r.command] = r.answer
		if c, _ := played(t, false, answers); !errors.Is(c.Err(), r.want) || c.Connected() {
			t.Errorf("%s is answered %.20q: %v", r.command, r.answer, c.Err())
		}
	}
}

func TestAModemThatCannotHearBusyTonesDialsAllTheSame(t *testing.T) {
	for _, answer := range []string{"\r\nERROR\r\n", ""} {
		answers := good()
		answers["ATX4&C1&D2"] = answer
		if c, _ := played(t, false, answers); !c.Connected() {
			t.Errorf("%q: %v", answer, c.Err())
		}
	}
}

func TestAModemThatIsStillInACallIsCalledBack(t *testing.T) {
	answers := good()
	answers["ATQ0V1"] = ""
	c, sent := played(t, false, answers)
	if sent != "ATQ0V1 ATQ0V1 +++ ATH0 ATE0Q0V1H0 ATX4&C1&D2 ATDT5550105" || !c.Connected() {
		t.Errorf("sent %s: %v", sent, c.Err())
	}
}

func TestNothingThatTakesCommandsIsNoModem(t *testing.T) {
	c, sent := played(t, false, nil)
	if sent != "ATQ0V1 ATQ0V1 +++ ATQ0V1 ATQ0V1" || !errors.Is(c.Err(), ErrNoModem) {
		t.Errorf("sent %s: %v", sent, c.Err())
	}
}

// The word CONNECT may have been damaged: then the telephone would stay off the hook.
func TestACallOfWhichNothingIsHeardIsHungUp(t *testing.T) {
	answers := good()
	answers["ATDT5550105"] = "\r\nC?NNECT 9600\r\n"
	if c, sent := played(t, false, answers); !strings.HasSuffix(sent, " ATDT5550105 +++ ATH0") || !errors.Is(c.Err(), ErrTimeout) {
		t.Errorf("sent %s: %v", sent, c.Err())
	}
}

func TestHangingUpIsTriedTwice(t *testing.T) {
	for answered, want := range map[string]string{"": "+++ ATH0 +++ ATH0", "\r\nERROR\r\n": "+++ ATH0 +++ ATH0", "\r\nOK\r\n": "+++ ATH0"} {
		answers := good()
		answers["ATH0"] = answered
		if c, sent := played(t, true, answers); sent != want || c.Err() != nil {
			t.Errorf("%q: sent %s, and wanted %s: %v", answered, sent, want, c.Err())
		}
	}
}

// What was typed before, and not ended, is in front of the first command.
func TestAModemThatRefusesTheFirstCommandIsAskedOnceMore(t *testing.T) {
	c, err := New("5550105")
	if err != nil {
		t.Fatal(err)
	}
	c.Start(0)
	for _, said := range []string{"\r\nERROR\r\n", "\r\nOK\r\n", "\r\nOK\r\n", "\r\nOK\r\n", "\r\nCONNECT\r\n"} {
		now, _ := c.Next()
		c.Advance(now)
		c.Receive(now, []byte(said))
	}
	if !c.Connected() {
		t.Error(c.Err())
	}
}

func TestHangingUpEndsWithOrWithoutAnAnswer(t *testing.T) {
	for _, answers := range []map[string]string{good(), nil} {
		c, _ := played(t, true, answers)
		if c.Err() != nil || c.Connected() {
			t.Errorf("%v", c.Err())
		}
	}
}

func TestWhatIsATelephoneNumber(t *testing.T) {
	for _, number := range []string{"5550105", "+1 (250) 652-7100", "9,555.0105", "0W555", "*70#123"} {
		if err := Check(number); err != nil {
			t.Error(err)
		}
	}
	for _, number := range []string{"", "12", "/dev/ttyUSB0", "COM3", "127.0.0.1:7801", "555;ATH", "5550105\r", strings.Repeat("5", 33)} {
		if Check(number) == nil {
			t.Errorf("%q is taken for one", number)
		}
	}
}

func TestALostCarrierIsHeardInWhateverPieces(t *testing.T) {
	text := "frame\r\r\nNO CARRIER\r\n"
	for cut := range len(text) {
		var e Ear
		if first := e.Hear([]byte(text[:cut])); first || !e.Hear([]byte(text[cut:])) {
			t.Errorf("cut at %d", cut)
		}
	}
	var e Ear
	if e.Hear([]byte("NO CARRIER\r\n\r\nNO CARRIE\r\n")) {
		t.Error("heard where it was not said")
	}
}

func TestACallForgetsNothingOfItsState(t *testing.T) {
	at := func(answers ...string) func() *Call {
		return func() *Call {
			c, err := New("5550105")
			if err != nil {
				t.Fatal(err)
			}
			c.Start(0)
			for _, a := range answers {
				now, _ := c.Next()
				c.Advance(now)
				c.Receive(now, []byte(a))
			}
			return c
		}
	}
	machinetest.EveryField(t, machinetest.Subject[Call]{
		Bases: map[string]func() *Call{
			"asking":  at("\r\nO"),
			"setting": at("\r\nOK\r\n", "\r\n"),
			"rest": func() *Call {
				c := at("\r\nOK\r\n", "\r\nOK\r\n", "\r\nOK\r\n")()
				now, _ := c.Next()
				c.Advance(now)
				c.Receive(now, []byte("\r\nCONNECT\r\nx"))
				return c
			},
		},
		Copy: func(from, to *Call) {
			old := *to
			*to = *from
			w := machine.Copying()
			to.Declare(&w, &old)
		},
		Declare: func(c *Call, w *machine.State) { c.Declare(w, c) },
		Closed:  map[string]string{"err": "one of the errors of the package"},
		Changes: map[string]func(c *Call){"the error": func(c *Call) { c.err = ErrBusy }},
		Partly:  map[string]machinetest.Part{"at": {While: "it waits", Shows: 4}},
	})
}

func FuzzAModemThatSaysAnythingEndsTheCall(f *testing.F) {
	f.Add([]byte("\r\nOK\r\n"))
	f.Add([]byte("AT\r\r\nOK\r\n\r\nCONNECT 9600\r\nhello"))
	f.Add([]byte("\r\nNO CARRIER\r\nNO DIAL TONE\r\nERROR\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		c, err := New("5550105")
		if err != nil {
			t.Fatal(err)
		}
		c.Start(0)
		var now time.Duration
		for steps := 0; !c.Done(); steps++ {
			if steps > 100 || now > 5*time.Minute {
				t.Fatalf("no end after %d steps and %v", steps, now)
			}
			now, _ = c.Next()
			c.Advance(now)
			c.Receive(now, said)
		}
	})
}
