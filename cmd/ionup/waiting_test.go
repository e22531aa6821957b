package main

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/port"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/fixtures/foreign"
)

// onceWaiting returns what calls f when ionup tells, with --json, that it waits.
func onceWaiting(f func()) func(text string) {
	told := false
	return func(text string) {
		if !told && strings.Contains(text, `"event":"waiting"`) {
			told = true
			f()
		}
	}
}

func TestAPortThatIsToComeIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	link := b.path("ttyUSB0")
	for name, test := range map[string]struct {
		to   []string
		says string
		come func()
	}{
		"device": {[]string{"--port", link}, "there is no serial port " + link, func() { must(t, os.Symlink(b.pty, link)) }},
		"TCP":    relayed(t, b.addr),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "device" && b.pty == "" {
				foreign.Lacking(t, "waiting for a device", errors.ErrUnsupported)
			}
			args := append([]string{"identify", "--unit-id", "105", "--wait", "20s", "--json"}, test.to...)
			r := invocation{heard: onceWaiting(test.come)}.run(t, args...).wantCode(cli.Done)
			if !strings.Contains(r.stdout, `"text":"`+test.says) || !strings.Contains(r.stdout, `"seconds":0}`) {
				t.Errorf("it does not say what it waits for:\n%s", r.stdout)
			}
		})
	}
}

// relayed is an address at which nobody listens until come is called. Then it leads to another one.
func relayed(t *testing.T, to string) (test struct {
	to   []string
	says string
	come func()
}) {
	address := foreign.Address(t)
	test.to, test.says = []string{"--tcp", address}, "nothing listens at "+address
	test.come = func() {
		l, err := net.Listen("tcp", address)
		must(t, err)
		t.Cleanup(func() { l.Close() })
		go func() {
			near, err := l.Accept()
			if err != nil {
				return
			}
			carry(near, to)
		}()
	}
	return test
}

// carry leads a connection to another address, until one end closes.
func carry(near net.Conn, to string) {
	defer near.Close()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	go func() { _, _ = io.Copy(far, near); far.Close() }()
	_, _ = io.Copy(near, far)
}

func TestAPortThatDoesNotComeIsAnErrorOfTheEnvironment(t *testing.T) {
	t.Parallel()
	ionup(t, "identify", "--port", "no-such-port", "--wait", "150ms").wantCode(cli.Environment).wantStderr(
		"ionup: there is no serial port no-such-port; check the name, or plug the adapter in: no such file or directory; waiting for it, up to 150ms\n" +
			"ionup: error: there is no serial port no-such-port; check the name, or plug the adapter in: no such file or directory; it was waited for, for 150ms\n")
	r := ionup(t, "identify", "--port", t.TempDir(), "--wait", "1h").wantCode(cli.Environment)
	if strings.Contains(r.stderr, "wait") {
		t.Errorf("it waits for a folder to become a port:\n%s", r.stderr)
	}
}

func TestInterruptEndsTheWait(t *testing.T) {
	t.Parallel()
	interrupts := make(chan os.Signal, 1)
	i := invocation{interrupts: interrupts, heard: onceWaiting(func() { interrupts <- os.Interrupt })}
	if r := i.run(t, "identify", "--port", "no-such-port", "--wait", "1h", "--json"); !strings.Contains(r.stdout, `"error":"aborted by the user`) {
		t.Errorf("exit %d\n%s", r.code, r.stdout)
	}
}

func TestAMeterInUseIsWaitedFor(t *testing.T) {
	t.Parallel()
	b, held := newBed(t, ""), t.TempDir()
	k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
	somebody := locks.Process{By: "somebody else"}
	must(t, somebody.Meter(k, journal.Meter{SerialNumber: serial, Model: 7350, UnitID: 105}))
	release := onceWaiting(func() { somebody.End(k) })
	r := invocation{locks: held, heard: release}.run(t, b.tool("upgrade", b.upg(2), "--wait", "20s", "--json")...).wantCode(cli.Done)
	if !strings.Contains(r.stdout, `"text":"somebody else is at work on it"`) {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	b.wantSettings(custom())
}

func TestALogInUseIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Upgrade.log", "{serial}.log"} {
		b, held := newBed(t, ""), t.TempDir()
		k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
		somebody := locks.Process{By: "somebody else"}
		path := b.path(strings.ReplaceAll(name, "{serial}", serial))
		must(t, somebody.Log(k, files.Canonical(path)))
		release := onceWaiting(func() { somebody.End(k) })
		args := append(b.line("upgrade", b.upg(2)), "--no-journal", "--log", b.path(name), "--wait", "20s", "--json")
		r := invocation{locks: held, heard: release}.run(t, args...).wantCode(cli.Done)
		if !strings.Contains(r.stdout, `"text":"`+path+` is in use by somebody else"`) {
			t.Errorf("stdout:\n%s", r.stdout)
		}
		log, err := os.ReadFile(path)
		must(t, err)
		if read, err := upgradelog.Parse(log); err != nil || read.UnreadableCount > 0 || len(read.Runs()) != 1 ||
			read.Entries[0].Kind != upgradelog.UpgradeStarted || !strings.Contains(string(log), "completed at") {
			t.Errorf("the log is\n%s", log)
		}
	}
}

func TestALogThatStaysInUseIsAnError(t *testing.T) {
	t.Parallel()
	b, held := newBed(t, ""), t.TempDir()
	k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
	somebody := locks.Process{By: "somebody else"}
	must(t, somebody.Log(k, files.Canonical(b.path("Upgrade.log"))))
	defer somebody.End(k)                                                                                               // who is not mentioned again is collected, and its lock with it
	r := invocation{locks: held}.run(t, append(b.tool("upgrade", b.upg(2)), "--wait", "150ms")...).wantCode(cli.Failed) // it has asked the meter who it is meanwhile
	r.wantSays("ionup: error: log: ", "in use by somebody else; it was waited for, for 150ms; nothing was changed\n", "ionup: hint: wait until the other one has ended")
	wantNoFile(t, b.path("Upgrade.log"))
}

// The file of a device that has just come is root's for a moment. One that was there stays root's.
func TestOnlyADeviceThatHasJustComeIsWaitedForToBeAllowed(t *testing.T) {
	t.Parallel()
	a := attempt{limit: time.Hour}
	if a.passes(fs.ErrPermission) {
		t.Error("it waits for a device to be allowed")
	}
	if a.failed = port.ErrAbsent; !a.passes(fs.ErrPermission) {
		t.Error("it does not wait for a device that has just come")
	}
}
