package main

import (
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/meter"
)

func TestAMeterIsCalledAndUpgraded(t *testing.T) {
	t.Parallel()
	b := newBedByTelephone(t, "")
	ionup(t, append(b.tool("upgrade", b.upg(3)), "--phone", "555 0105")...).wantCode(cli.Done)
	if b.revision() != "7350V283" {
		t.Errorf("the meter runs %s", b.revision())
	}
}

func TestANumberThatLeadsToNoMeterSaysWhatToDo(t *testing.T) {
	t.Parallel()
	b := newBedByTelephone(t, "")
	for number, says := range map[string]string{
		"5550106":     "calling 5550106: nobody answers; has the meter power",
		"/dev/ttyUS0": "no telephone number",
		"12":          "it has 2 digits; 3 to 32 can be",
	} {
		want := cli.Environment
		if number != "5550106" {
			want = cli.Misused
		}
		ionup(t, append(b.line("identify"), "--phone", number)...).wantCode(want).wantSays(says)
	}
}

func TestTheWindowOfTheConnectionTakesATelephoneNumber(t *testing.T) {
	t.Parallel()
	b := newBedByTelephone(t, "")
	r := invocation{stdin: answers("5550105", b.addr, "exit")}.run(t, "connect", "--unit-id", "105", "--no-journal").wantCode(cli.Done)
	r.wantSays("The modem that dials: its serial port, its IP address as HOST:PORT, or exit: ", "Setup Assistant: PC-0209A001-11")
	again := invocation{stdin: answers("5550105", "exit", "exit")}.run(t, b.line("connect", "--no-journal")...).wantCode(cli.Done)
	again.wantSays("Setup Assistant: PC-0209A001-11")
	if b.state() != meter.Application {
		t.Errorf("the meter is %v", b.state())
	}
}

// byModem are the ways to the modem: at an address, and at a serial port of another machine.
func byModem(t *testing.T, test func(t *testing.T, to func(*bed) []string)) {
	for name, to := range map[string]func(*bed) []string{
		"TCP":      func(b *bed) []string { return []string{"--tcp", b.addr} },
		"RFC 2217": func(b *bed) []string { return []string{"--port", "rfc2217://" + b.remote} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, func(b *bed) []string {
				return append(to(b), "--unit-id", "105", "--phone", "5550105", "--journal", b.path("journal"), "--log", b.path("Upgrade.log"))
			})
		})
	}
}

func TestALostCallIsDialledAgainAndTheUpgradeGoesOn(t *testing.T) {
	t.Parallel()
	byModem(t, func(t *testing.T, to func(*bed) []string) {
		b := newBedByTelephone(t, "carrier-lost at block 6")
		r := ionup(t, append([]string{"upgrade", b.upg(8)}, to(b)...)...).wantCode(cli.Done)
		r.wantSays("calling 5550105: the carrier is lost")
		if b.revision() != "7350V283" {
			t.Errorf("the meter runs %s", b.revision())
		}
	})
}

func TestACallThatIsLostForGoodIsRecoveredWithTheSettingsFromTheJournal(t *testing.T) {
	t.Parallel()
	byModem(t, func(t *testing.T, to func(*bed) []string) {
		b := newBedByTelephone(t, "carrier-lost at block 6; line-busy at block 6 for 1h")
		before := b.settings()
		ionup(t, append([]string{"upgrade", b.upg(8), "--timeout", "300ms"}, to(b)...)...).wantCode(cli.Failed).wantSays("the number is busy")
		b.heal()
		ionup(t, append([]string{"recover", b.upg(8), "--yes", "--wait", "20s"}, to(b)...)...).wantCode(cli.Done)
		if b.revision() != "7350V283" {
			t.Errorf("the meter runs %s", b.revision())
		}
		b.wantSettings(&before)
	})
}
