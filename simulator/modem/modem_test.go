package modem

import (
	"strings"
	"testing"
	"time"
)

// desk is a host with a modem, and the time.
type desk struct {
	*Modem
	t    *testing.T
	now  time.Duration
	line string // what has come to the meter
}

func newDesk(t *testing.T, change func(*Config)) *desk {
	t.Helper()
	c := Config{Number: DefaultNumber, Rings: DefaultRings, Rate: 9600, Timing: DefaultTiming()}
	if change != nil {
		change(&c)
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{Modem: m, t: t}
}

// says lets the host say something, and returns what it hears in the time that follows.
func (d *desk) says(text string, wait time.Duration) string {
	d.FromHost(d.now, []byte(text))
	return d.passes(wait)
}

// passes lets time pass, and returns what the host hears.
func (d *desk) passes(wait time.Duration) string {
	end := d.now + wait
	for {
		at, ok := d.Next()
		if !ok || at > end {
			break
		}
		d.now = max(d.now, at)
		d.Advance(d.now)
	}
	d.now = end
	d.line = string(d.ToLine([]byte(d.line)))
	return string(d.ToHost(nil))
}

func (d *desk) want(text string, wait time.Duration, heard string) {
	d.t.Helper()
	if got := d.says(text, wait); got != heard {
		d.t.Errorf("%q is answered %q, not %q", text, got, heard)
	}
}

// connected is a desk whose call is connected.
func connected(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, nil)
	d.want("ATE0\r", 0, "ATE0\r\r\nOK\r\n")
	d.want("ATDT5550105\r", time.Minute, "\r\nCONNECT 9600\r\n")
	return d
}

func TestWhatProgramsSendIsTakenAsAHayesModemTakesIt(t *testing.T) {
	for _, c := range []struct{ says, heard string }{
		{"ATZ\r", "ATZ\r\r\nOK\r\n"},
		{"atz\r", "atz\r\r\nOK\r\n"},
		{"ATE0Q0V1X4&C1&D2\r", "ATE0Q0V1X4&C1&D2\r\r\nOK\r\n"},
		{"ATE0\rATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0\r", "ATE0\r\r\nOK\r\n\r\nOK\r\n"},
		{"ATE0V0\rATI\r", "ATE0V0\r0\rionbench virtual modem 9600\r\n0\r"},
		{"ATQ1\rAT\r", "ATQ1\rAT\r"},
		{"ATS7=60S7?\r", "ATS7=60S7?\r\r\n060\r\n\r\nOK\r\n"},
		{"ATS7=60&W\rATS7=1\rATZS7?\r", "ATS7=60&W\r\r\nOK\r\nATS7=1\r\r\nOK\r\nATZS7?\r\r\n060\r\n\r\nOK\r\n"},
		{"ATS7\rAT=9\rAT?\r", "ATS7\r\r\nOK\r\nAT=9\r\r\nOK\r\nAT?\r\r\n009\r\n\r\nOK\r\n"},
		{"ATS13=65\rA/", "ATS13=65\r\r\nOK\r\nA/\r\nOK\r\n"},
		{"ATJ9\r", "ATJ9\r\r\nERROR\r\n"},
		{"ATE7\r", "ATE7\r\r\nERROR\r\n"},
		{"ATS7=256\r", "ATS7=256\r\r\nERROR\r\n"},
		{"ATS100?\r", "ATS100?\r\r\nERROR\r\n"},
		{"AT&\r", "AT&\r\r\nERROR\r\n"},
		{"ATD\r", "ATD\r\r\nERROR\r\n"},
		{"ATDTHOME\r", "ATDTHOME\r\r\nERROR\r\n"},
		{"AT&F1L3M1\\N3%C0\r", "AT&F1L3M1\\N3%C0\r\r\nOK\r\n"},
		{"ATO\r", "ATO\r\r\nNO CARRIER\r\n"},
		{"ATX\bE1\r", "ATX\bE1\r\r\nOK\r\n"},
		{"AxAT\r", "AxAT\r\r\nOK\r\n"},
		{"AT" + strings.Repeat("M", 256) + "\r", "AT" + strings.Repeat("M", 256) + "\r\r\nERROR\r\n"},
		{"no command\r", "no command\r"},
	} {
		d := newDesk(t, nil)
		d.want(c.says, 0, c.heard)
	}
}

func TestACommandComesByteByByteAsWell(t *testing.T) {
	d := newDesk(t, nil)
	heard := ""
	for _, b := range []byte("ATE0V1\r") {
		heard += d.says(string(b), 10*time.Millisecond)
	}
	if heard != "ATE0V1\r\r\nOK\r\n" {
		t.Errorf("%q", heard)
	}
}

func TestACallRingsTrainsAndCarriesBytes(t *testing.T) {
	d := newDesk(t, nil)
	d.says("ATE0\r", 0)
	// 2 s to the dial tone, 7 digits of 190 ms, two rings of 6 s, 15 s of training
	took := 2*time.Second + 7*190*time.Millisecond + 12*time.Second + 15*time.Second
	d.want("ATDT5550105\r\n", took-time.Millisecond, "")
	d.want("", time.Millisecond, "\r\nCONNECT 9600\r\n")
	if !d.Carrier() {
		t.Error("no carrier")
	}
	d.says("hello", 149*time.Millisecond)
	if d.line != "" {
		t.Errorf("too early: %q", d.line)
	}
	if d.passes(time.Millisecond); d.line != "hello" {
		t.Errorf("to the meter: %q", d.line)
	}
	d.FromLine(d.now, []byte("good day"))
	if got := d.passes(150 * time.Millisecond); got != "good day" {
		t.Errorf("from the meter: %q", got)
	}
	kinds := ""
	for _, e := range d.Events() {
		kinds += e.Kind.String() + " " + e.Text + "; "
	}
	if kinds != "dialled 5550105; answered ; connected 9600; " {
		t.Errorf("it tells: %s", kinds)
	}
}

func TestModemsThatCorrectErrorsPauseBetweenTheirBlocks(t *testing.T) {
	d := connected(t)
	d.says(strings.Repeat("x", 600), 150*time.Millisecond)
	for _, want := range []int{256, 512, 600} {
		if len(d.line) != want {
			t.Errorf("%d bytes are there, not %d", len(d.line), want)
		}
		d.passes(20 * time.Millisecond)
	}
}

func TestEveryEndOfACallThatIsNotConnectedHasItsResult(t *testing.T) {
	for _, c := range []struct {
		name    string
		set     string
		number  string
		trouble int // -1: none
		heard   string
		within  time.Duration
	}{
		{"another number", "", "5550106", -1, "NO ANSWER", 55 * time.Second},
		{"another number, basic results", "X1", "5550106", -1, "NO CARRIER", 55 * time.Second},
		{"busy", "", "5550105", int(Busy), "BUSY", 5 * time.Second},
		{"busy, not heard", "X2", "5550105", int(Busy), "NO CARRIER", 55 * time.Second},
		{"no dial tone", "", "5550105", int(NoDialTone), "NO DIALTONE", 3 * time.Second},
		{"no dial tone, not heard", "X3", "5550105", int(NoDialTone), "NO CARRIER", 55 * time.Second},
		{"nobody lifts off", "", "5550105", int(NoAnswer), "NO ANSWER", 55 * time.Second},
		{"a fax", "", "5550105", int(Fax), "NO CARRIER", 55 * time.Second},
		{"too many rings", "S7=10", "5550105", -1, "NO ANSWER", 15 * time.Second},
		{"too long a training", "S7=20", "5550105", -1, "NO CARRIER", 25 * time.Second},
	} {
		d := newDesk(t, nil)
		if c.trouble >= 0 {
			d.SetTrouble(Trouble(c.trouble), true)
		}
		d.says("ATE0"+c.set+"\r", 0)
		if got := d.says("ATDT "+c.number+"\r", c.within); got != "\r\n"+c.heard+"\r\n" {
			t.Errorf("%s: %q", c.name, got)
		}
		if c.trouble >= 0 {
			d.SetTrouble(Trouble(c.trouble), false)
			d.want("ATX4S7=50DT5550105\r", time.Minute, "\r\nCONNECT 9600\r\n")
		}
	}
}

func TestResultsAreNumbersForThoseWhoWantThem(t *testing.T) {
	d := newDesk(t, nil)
	d.want("ATE0V0\r", 0, "ATE0V0\r0\r")
	d.want("ATDT5550105\r", time.Minute, "12\r")
}

func TestTheNumberMayLeadOutOfAPrivateExchange(t *testing.T) {
	for _, number := range []string{"5550105", "555-0105", "(555) 0105", "9,5550105", "0W555.0105", "P5550105"} {
		d := newDesk(t, nil)
		d.says("ATE0\r", 0)
		d.want("ATD"+number+"\r", time.Minute, "\r\nCONNECT 9600\r\n")
	}
}

func TestACharacterEndsACallThatIsNotConnected(t *testing.T) {
	d := newDesk(t, nil)
	d.says("ATE0\r", 0)
	d.want("ATDT5550105\r", 100*time.Millisecond, "")
	d.want("x", 5*time.Second, "") // too early to count
	d.want("x", time.Second, "\r\nNO CARRIER\r\n")
	d.want("AT\r", 0, "\r\nOK\r\n")
}

func TestOnlyPlusSignsBetweenTwoSilencesLeadBackToCommands(t *testing.T) {
	d := connected(t)
	d.passes(time.Second)
	d.want("+++", 999*time.Millisecond, "")
	d.want("", time.Millisecond, "\r\nOK\r\n")
	if d.line != "+++" {
		t.Errorf("to the meter: %q", d.line)
	}
	d.want("ATO\r", 0, "\r\nCONNECT 9600\r\n")
	for _, tries := range [][]string{
		{"x", "+++"},                // no silence before
		{"", "+++", "x"},            // none behind
		{"", "++++"},                // four
		{"", "++"},                  // two
		{"", "+", "", "++"},         // a silence within
		{"", "+++x"},                // and more
		{"", "+", "+", "x+"},        // others between
		{"", "x+++"},                // others before
		{"", "+++", "AT\r", "", ""}, // no silence behind
	} {
		d.passes(2 * time.Second)
		for _, text := range tries {
			wait := 100 * time.Millisecond
			if text == "" {
				wait = 1100 * time.Millisecond
			}
			d.want(text, wait, "")
		}
		d.want("x", 2*time.Second, "")
	}
	for range 3 { // slowly, but without a silence
		d.want("+", 400*time.Millisecond, "")
	}
	d.want("", 600*time.Millisecond, "\r\nOK\r\n")
	d.want("ATS2=128O\r", 0, "\r\nCONNECT 9600\r\n")
	d.passes(2 * time.Second)
	d.want("+++", 2*time.Second, "")
}

func TestWhatComesWhileTheModemTakesCommandsIsHeardAfterwards(t *testing.T) {
	d := connected(t)
	d.passes(time.Second)
	d.want("+++", time.Second, "\r\nOK\r\n")
	d.FromLine(d.now, []byte("late"))
	d.want("AT\r", time.Second, "\r\nOK\r\n")
	d.want("ATO\r", 0, "\r\nCONNECT 9600\r\nlate")
}

func TestHangingUpEndsTheCall(t *testing.T) {
	d := connected(t)
	d.passes(time.Second)
	d.says("+++", time.Second)
	d.want("ATH0\r", 0, "\r\nOK\r\n")
	if d.Carrier() {
		t.Error("the carrier is still there")
	}
	d.want("ATO\r", 0, "\r\nNO CARRIER\r\n")
}

func TestALostCarrierIsNoticedAfterItsTime(t *testing.T) {
	d := connected(t)
	d.says("under way", 0)
	d.Lose(d.now)
	d.want("more", 1399*time.Millisecond, "")
	if !d.Carrier() {
		t.Error("noticed at once")
	}
	d.want("", time.Millisecond, "\r\nNO CARRIER\r\n")
	if d.line != "" || d.Carrier() {
		t.Errorf("to the meter: %q", d.line)
	}
	d.want("ATDT5550105\r", time.Minute, "\r\nCONNECT 9600\r\n")
}

func TestAMeterWithoutPowerLosesTheCallAndAnswersNone(t *testing.T) {
	d := connected(t)
	d.MeterPower(d.now, false)
	d.want("", 2*time.Second, "\r\nNO CARRIER\r\n")
	d.want("ATDT5550105\r", time.Minute, "\r\nNO ANSWER\r\n")
	d.MeterPower(d.now, true)
	d.want("ATDT5550105\r", 10*time.Second, "")
	d.MeterPower(d.now, false) // while it rings
	d.want("", time.Minute, "\r\nNO ANSWER\r\n")
}

func TestNothingPassesWhileTheModemsTrainAgain(t *testing.T) {
	d := connected(t)
	d.says("under way", 0)
	d.SetRetraining(d.now, true)
	d.passes(5 * time.Second)
	if d.line != "" {
		t.Errorf("to the meter: %q", d.line)
	}
	d.SetRetraining(d.now, false)
	if d.passes(0); d.line != "under way" {
		t.Errorf("to the meter: %q", d.line)
	}
}

func TestAHostThatIsNotReadyEndsTheCallAsItHasSaid(t *testing.T) {
	for rule, want := range map[string]string{
		"&D0": "x", "&D1": "\r\nOK\r\n", "&D2": "", "&D3": "",
	} {
		d := newDesk(t, nil)
		d.says("ATE0"+rule+"DT5550105\r", time.Minute)
		d.SetDTR(d.now, false)
		d.SetDTR(d.now, true)
		d.FromLine(d.now, []byte("x"))
		if got := d.passes(time.Second); got != want {
			t.Errorf("%s: %q", rule, got)
		}
		if on := rule < "&D2"; d.Carrier() != on {
			t.Errorf("%s: carrier %v", rule, !on)
		}
	}
}

func TestWithoutPaceACallTakesNoTimeAndTheSilenceStaysReal(t *testing.T) {
	d := newDesk(t, func(c *Config) { c.Timing.Pace = 0 })
	d.says("ATE0\r", 0)
	d.want("ATDT5550105\r\n", 0, "\r\nCONNECT 9600\r\n")
	if d.says("hello", 0); d.line != "hello" {
		t.Errorf("to the meter: %q", d.line)
	}
	d.passes(999 * time.Millisecond)
	d.want("+++", 2*time.Second, "") // too early
	d.passes(time.Second)
	d.want("+++", 999*time.Millisecond, "")
	d.want("", time.Millisecond, "\r\nOK\r\n")
	d.want("ATHDT5550106\r", 0, "\r\nNO ANSWER\r\n")
}

func TestWhatIsUnderWayIsBounded(t *testing.T) {
	d := connected(t)
	d.SetRetraining(d.now, true)
	for range 3 {
		d.says(strings.Repeat("x", 50_000), 0)
	}
	d.SetRetraining(d.now, false)
	if d.passes(time.Minute); len(d.line) != maxUnderWay {
		t.Errorf("%d bytes", len(d.line))
	}
}

func TestAModemThatCannotBeIsRefused(t *testing.T) {
	good := Config{Number: DefaultNumber, Rings: 1, Rate: 9600, Timing: DefaultTiming()}
	for name, spoil := range map[string]func(c *Config){
		"no number":   func(c *Config) { c.Number = "none" },
		"long number": func(c *Config) { c.Number = strings.Repeat("5", 33) },
		"no rings":    func(c *Config) { c.Rings = 0 },
		"many rings":  func(c *Config) { c.Rings = 21 },
		"no rate":     func(c *Config) { c.Rate = 0 },
		"past":        func(c *Config) { c.Timing.Train = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzAHostThatSaysAnythingNeverGetsMoreThanItsEchoAndAFewLines(f *testing.F) {
	for _, text := range []string{"ATZ\r", "ATDT5550105\r", "ATE0V0Q1S0=1S2?&V\rA/A/A/", "+++", "ATS3=255\rAT\xff", "AT&F&W&C0&D3+FCLASS?\r", "ATDT9,5550105@!\rxxx"} {
		f.Add([]byte(text), uint8(3))
	}
	f.Fuzz(func(t *testing.T, said []byte, piece uint8) {
		if len(said) > 4096 {
			return
		}
		d := newDesk(t, func(c *Config) { c.Timing.Pace = 0 })
		heard := 0
		for len(said) > 0 {
			n := min(len(said), int(piece)+1)
			heard += len(d.says(string(said[:n]), 600*time.Millisecond))
			said = said[n:]
			c := new(Modem)
			d.CopyTo(c)
		}
		if heard > 1<<20 {
			t.Errorf("%d bytes", heard)
		}
	})
}
