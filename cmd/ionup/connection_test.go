package main

import (
	"os"
	"strings"
	"testing"
)

// "A connection that breaks is a missing answer: open it again" (PROTOCOL.md, section 13).
func TestAConnectionThatIsResetIsOpenedAgainAndTheUpgradeGoesOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, "ip-reset at block 3; ip-reset at state verifying")
	r := ionup(t, b.tool("upgrade", b.upg(6))...).wantCode(0)
	r.wantSays("ionup: warning: connection lost: the line is lost: ", "; trying again\nionup: connected again\n")
	if !strings.Contains(r.stdout, "No response... resending (1 of 3)\n") || !strings.Contains(r.stdout, "Comm efficiency = 85.7%\n") ||
		!strings.Contains(r.stdout, "No response... retrying (1 of 10)\nFirmware verified\n") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	b.wantSettings(custom())
}

func TestAConnectionThatIsResetIsToldToPrograms(t *testing.T) {
	t.Parallel()
	b := newBed(t, "ip-reset at block 3")
	r := ionup(t, append(b.tool("upgrade", b.upg(6)), "--json")...).wantCode(0).wantStderr("")
	_, after, lost := strings.Cut(r.stdout, `"connected":false,"error":"the line is lost: `)
	if _, _, back := strings.Cut(after, `"connected":true}`); !lost || !back {
		t.Errorf("stdout:\n%s", r.stdout)
	}
}

func TestAPortThatIsGoneIsAskedAsOftenAsASilentMeter(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	r := invocation{heard: func(text string) {
		if strings.HasPrefix(text, "No response... resending (1 of") {
			b.stop()
		}
	}}.run(t, append(b.tool("upgrade", b.upg(20)), "--timeout", "100ms", "--baud", "19200")...).wantCode(1)
	// What listened there is also in the hands of whoever is being started by another test meanwhile, so
	// it may be connected once more and lost again.
	if n := strings.Count(r.stderr, "connection lost"); n == 0 || n > 3 {
		t.Errorf("it is told %d times that the connection is lost:\n%s", n, r.stderr)
	}
	r.wantSays("11 requests were not answered", "; the connection broke: ", "go on with: ionup recover ")
	if n := strings.Count(r.stdout, "No response... resending"); n != 10 || !strings.Contains(r.stdout, "No response... aborting (11 of 19)\nUpgrade failed at ") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
}

func TestInterruptWhileTheConnectionIsOpenedAgainLeavesTheTool(t *testing.T) {
	t.Parallel()
	b := newBed(t, "ip-reset at block 3")
	interrupts := make(chan os.Signal, 1)
	r := invocation{interrupts: interrupts, heard: func(text string) {
		if strings.Contains(text, `"connected":false`) {
			b.stop()
			interrupts <- os.Interrupt
		}
	}}.run(t, append(b.tool("upgrade", b.upg(20)), "--json")...).wantCode(1)
	if !strings.Contains(r.stdout, `"error":"aborted by the user`) {
		t.Errorf("stdout:\n%s", r.stdout)
	}
}
