package main

import (
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"ionbench/cmd/internal/cli"
)

func lastLine(log []byte) string {
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return lines[len(lines)-1]
}

// doorkeeper is a port before a bed's meter. It closes as many connections as it is told to, with a
// word or without, and lets the others through.
func doorkeeper(t *testing.T, to, word string, closes int) (address string, came *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	came, done := new(atomic.Int32), make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			if int(came.Add(1)) <= closes {
				_, _ = near.Write([]byte(word)) // who is gone hears nothing
				near.Close()
				continue
			}
			carry(near, to)
		}
	}()
	return l.Addr().String(), came
}

// A TCP port that serves one client closes the connection of a second one. That costs none of the
// forty seconds for which a silent meter is asked.
func TestABusyTCPPortIsToldAtOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	for name, test := range map[string]struct {
		args []string
		word string
		says string
	}{
		"closed":     {[]string{"identify"}, "", "closed the connection before it sent a byte"},
		"in words":   {[]string{"identify"}, "Port already in use\r\n", `after text: "Port already in use"`},
		"an upgrade": {[]string{"upgrade", b.upg(2), "--log", b.path("busy.log"), "--no-journal"}, "", "closed the connection before it sent a byte"},
		"a recovery": {[]string{"recover", b.upg(2), "--log", b.path("busy.log"), "--no-journal"}, "", "closed the connection before it sent a byte"},
		"as long as": {[]string{"identify", "--wait", "300ms"}, "", "; it was waited for, for 300ms"},
	} {
		address, _ := doorkeeper(t, b.addr, test.word, 1<<30)
		args := append(test.args, "--unit-id", "105", "--timeout", "1h", "--tcp", address)
		r := ionup(t, args...).wantCode(cli.Environment).
			wantSays("ionup: error: the port is busy: ", test.says, "hint: whoever has the port", "let ionup wait for it: --wait 1m")
		if strings.Contains(r.stderr, "cable") || strings.Contains(r.stderr, "connection lost") {
			t.Errorf("%s: it speaks of more than the port:\n%s", name, r.stderr)
		}
		if log, err := os.ReadFile(b.path("busy.log")); err == nil && !strings.HasPrefix(lastLine(log), "Upgrade failed at ") {
			t.Errorf("%s: the log ends\n%s", name, log)
		}
		_ = os.Remove(b.path("busy.log")) // not every task has one
	}
}

func TestABusySerialPortOfAnotherMachineIsToldAtOnce(t *testing.T) {
	t.Parallel()
	address, _ := doorkeeper(t, "", "", 1<<30)
	ionup(t, "identify", "--port", "rfc2217://"+address, "--wait", "150ms").wantCode(cli.Environment).
		wantSays("error: the port is busy: "+address+" closed", "; it was waited for, for 150ms", "let ionup wait for it: --wait 1m")
}

func TestABusyTCPPortIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	first, err := net.Dial("tcp", b.addr)
	must(t, err)
	defer first.Close()
	r := invocation{heard: onceWaiting(func() { first.Close() })}.
		run(t, append(b.tool("upgrade", b.upg(2)), "--wait", "1m", "--timeout", "1h", "--json")...).wantCode(cli.Done)
	if !strings.Contains(r.stdout, `"text":"the port is busy: `) || strings.Contains(r.stdout, `"connected":false`) || strings.Contains(r.stdout, "No response") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	b.wantSettings(custom())
}

func TestAGatewayThatBreaksOffAtFirstIsNotBusy(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	address, came := doorkeeper(t, b.addr, "", knocks-1)
	ionup(t, "identify", "--tcp", address, "--unit-id", "105", "--timeout", "1h").wantCode(cli.Done).wantStderr("")
	if n := came.Load(); n != knocks {
		t.Errorf("%d connections, want %d", n, knocks)
	}
}

func TestInterruptBeforeABusyTCPPortEndsTheTool(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	address, _ := doorkeeper(t, b.addr, "", 1<<30)
	interrupts := make(chan os.Signal, 1)
	i := invocation{interrupts: interrupts, heard: onceWaiting(func() { interrupts <- os.Interrupt })}
	r := i.run(t, "identify", "--tcp", address, "--unit-id", "105", "--timeout", "1h", "--wait", "1h", "--json")
	if r.code == cli.Done || !strings.Contains(r.stdout, `"error":"aborted by the user`) {
		t.Errorf("exit %d\n%s", r.code, r.stdout)
	}
}
