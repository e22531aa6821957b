package main

import (
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
)

// "Plug the cable back in": the adapter at its end counts, too.
func TestAPortThatVanishesAndComesBackLetsTheUpgradeGoOn(t *testing.T) {
	for name, to := range map[string]func(b *bed) []string{
		"PTY": func(b *bed) []string { return []string{"--port", b.link} },
		"TCP": func(b *bed) []string { return []string{"--tcp", b.addr} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			b := newBed(t, "port-vanishes at block 3 for 250ms; port-vanishes at state verifying for 250ms")
			args := append([]string{"upgrade", b.upg(6), "--unit-id", "105", "--baud", "9600", "--timeout", "300ms", "--journal", b.path("journal"), "--log", b.path("Upgrade.log")}, to(b)...)
			r := ionup(t, args...).wantCode(cli.Done)
			r.wantSays("ionup: warning: connection lost: ", "; trying again\n", "ionup: connected again\n")
			if !strings.Contains(r.stdout, "No response... resending (1 of 3)\n") || !strings.Contains(r.stdout, "Firmware verified\n") {
				t.Errorf("stdout:\n%s", r.stdout)
			}
			b.wantSettings(custom())
		})
	}
}
