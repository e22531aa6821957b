package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ionbench/client/locks"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

// overPort returns args that lead to the meter over its PTY.
func (b *bed) overPort(path string, args ...string) []string {
	return append(args, "--port", path, "--unit-id", "105", "--journal", b.path("journal"), "--log", b.path("Upgrade.log"))
}

func TestASecondIonupOnAPortIsToldAtOnceByWhomItIsUsed(t *testing.T) {
	t.Parallel()
	b, held := newBed(t, ""), t.TempDir()
	link := b.path("ttyUSB0")
	must(t, os.Symlink(b.pty, link))
	k := &keeper{disk: files.Local(), folder: held, warn: func(text string) { t.Error(text) }}
	somebody := locks.Process{By: "ionup upgrade (process 7 of ann)"}
	must(t, somebody.Port(k, device(b.pty)))
	for _, args := range [][]string{
		{"identify", "--port", link, "--unit-id", "105"},
		b.overPort(b.pty, "upgrade", b.upg(2)),
	} {
		r := invocation{locks: held}.run(t, args...).wantCode(cli.Environment)
		r.wantSays(" is in use by ionup upgrade (process 7 of ann)\n", "ionup: hint: wait until the other one has ended, or let ionup wait for it: --wait 1m\n")
		if strings.Contains(r.stderr, "cable") {
			t.Errorf("it sends somebody to look at cables:\n%s", r.stderr)
		}
	}
	release := onceWaiting(func() { somebody.End(k) })
	invocation{locks: held, heard: release}.run(t, "identify", "--port", link, "--unit-id", "105", "--wait", "20s", "--json").wantCode(cli.Done)
	if left, _ := os.ReadDir(held); len(left) > 0 {
		t.Errorf("locks are left: %v", left)
	}
}

// Two that keep their locks in different folders, or in different containers.
func TestAPortIsLockedItself(t *testing.T) {
	t.Parallel()
	b := newBed(t, silentAtBlock9)
	told := false
	i := invocation{heard: func(text string) {
		if strings.Contains(text, "40% completed") {
			told = true
			r := ionup(t, "identify", "--port", b.pty, "--unit-id", "105").wantCode(cli.Environment)
			r.wantSays("ionup: error: the port is busy: serial port " + b.pty + " is in use by ")
			b.heal()
		}
	}}
	i.run(t, append(b.overPort(b.pty, "upgrade", b.upg(20)), "--timeout", "5s")...).wantCode(cli.Done)
	if !told {
		t.Error("nobody tried")
	}
}

func TestAProgramThatHasThePortOpenIsToldByItsName(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	slave, err := os.OpenFile(b.pty, os.O_RDWR, 0)
	must(t, err)
	c := exec.Command("sleep", "60")
	c.Stdin = slave
	must(t, c.Start())
	must(t, slave.Close())
	ionup(t, "identify", "--port", b.pty, "--unit-id", "105").wantCode(cli.Environment).
		wantSays("ionup: error: the port is busy: serial port "+b.pty+" is in use by sleep (process ", "end the program that has it open")
	must(t, c.Process.Kill())
	_ = c.Wait()
	ionup(t, "identify", "--port", b.pty, "--unit-id", "105").wantCode(cli.Done)
}

func TestALinkThatAKilledIonsimLeftIsNotOpened(t *testing.T) {
	t.Parallel()
	b := newBed(t, "") // its PTY stands for the terminal that got the number
	link := b.path("left")
	must(t, os.Symlink(b.pty, link))
	ionup(t, "identify", "--port", link, "--unit-id", "105").wantCode(cli.Done) // somebody made it by hand
	must(t, os.WriteFile(link+".lock", []byte(b.pty+"\n"), 0o600))
	ionup(t, "identify", "--port", link, "--unit-id", "105").wantCode(cli.Environment).
		wantSays("was left behind by an ionsim that was killed", "start it again with --link "+link)
}
