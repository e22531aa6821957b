package main

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/foreign"
)

// "Plug the cable back in": the adapter at its end counts, too.
func TestAPortThatVanishesAndComesBackLetsTheUpgradeGoOn(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func(b *bed) []string{
		"PTY":      func(b *bed) []string { return []string{"--port", b.link} },
		"TCP":      func(b *bed) []string { return []string{"--tcp", b.addr} },
		"RFC 2217": func(b *bed) []string { return []string{"--port", "rfc2217://" + b.remote} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			b := newBed(t, "port-vanishes at block 3 for 250ms; port-vanishes at state verifying for 250ms")
			args := append([]string{"upgrade", b.upg(6), "--unit-id", "105", "--baud", "9600", "--timeout", "1s", "--journal", b.path("journal"), "--log", b.path("Upgrade.log")}, to(b)...)
			r := ionup(t, args...).wantCode(cli.Done)
			r.wantSays("ionup: warning: connection lost: ", "; trying again\n", "ionup: connected again\n")
			if !strings.Contains(r.stdout, "No response... resending (1 of 3)\n") || !strings.Contains(r.stdout, "Firmware verified\n") {
				t.Errorf("stdout:\n%s", r.stdout)
			}
			b.wantSettings(custom())
		})
	}
}

// The port is that of the modem: once it is back, the meter is called again.
func TestAModemWhosePortVanishesAndComesBackDialsAgain(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]func(b *bed) []string{
		"PTY": func(b *bed) []string { return []string{"--port", b.link} },
		"TCP": func(b *bed) []string { return []string{"--tcp", b.addr} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBedByTelephone(t, "port-vanishes at block 3 for 250ms")
			args := append([]string{"upgrade", b.upg(6), "--phone", "5550105", "--unit-id", "105", "--baud", "9600", "--timeout", "1s", "--journal", b.path("journal"), "--log", b.path("Upgrade.log")}, to(b)...)
			r := ionup(t, args...).wantCode(cli.Done)
			r.wantSays("ionup: warning: connection lost: ", "; trying again\n", "ionup: connected again\n")
			if b.revision() != "7350V283" {
				t.Errorf("the meter runs %s", b.revision())
			}
		})
	}
}

// A USB adapter that is pulled out of the PC in the middle of a download: its device is gone, and comes
// back under the same name.
func TestAnAdapterThatIsPulledOutInTheMiddleLetsTheUpgradeGoOn(t *testing.T) {
	socat := foreign.Program(t, "an adapter that is pulled out", "socat")
	t.Parallel()
	b := newBed(t, silentAtBlock9)
	adapter := b.path("ttyUSB0")
	var plugged *exec.Cmd
	plug := func() {
		plugged = exec.Command(socat, "PTY,raw,echo=0,link="+adapter, "TCP:"+b.addr)
		if err := plugged.Start(); err != nil {
			t.Error(err)
			return
		}
		for range 500 {
			if _, err := os.Stat(adapter); err == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("socat makes no PTY")
	}
	pull := func() {
		_ = plugged.Process.Kill()
		_ = plugged.Wait() // it was killed
		os.Remove(adapter)
	}
	plug()
	defer func() { pull() }()
	var once sync.Once
	var back sync.WaitGroup
	i := invocation{heard: func(text string) {
		if strings.Contains(text, "40% completed") { // of 20 blocks; the meter is silent now
			once.Do(func() {
				pull()
				back.Go(func() {
					time.Sleep(250 * time.Millisecond)
					plug()
					b.heal()
				})
			})
		}
	}}
	r := i.run(t, append(b.overPort(adapter, "upgrade", b.upg(20)), "--timeout", "1s")...).wantCode(cli.Done)
	back.Wait()
	r.wantSays("ionup: warning: connection lost: ", "was it unplugged", "ionup: connected again\n")
	b.wantSettings(custom())
}
