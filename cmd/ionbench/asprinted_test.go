//go:build linux

// Tests at the same time begin in the order of their files. This file is the first, since the session waits longest.

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// told is one command of a console block in the README, and the lines shown below it.
type told struct {
	command string
	lines   []string
}

// consoleSession returns all commands of the README's console blocks, in order.
func consoleSession(readme string) []told {
	var session []told
	inside := false
	for _, line := range strings.Split(readme, "\n") {
		command, typed := strings.CutPrefix(line, "$ ")
		switch {
		case line == "```console":
			inside = true
		case line == "```":
			inside = false
		case inside && typed:
			session = append(session, told{command: command})
		case inside && line != "":
			last := &session[len(session)-1]
			last.lines = append(last.lines, line)
		}
	}
	return session
}

// strangers open three more PTYs, of which one gets the number that a killed ionsim has left, as any new
// terminal does.
const strangers = `for n in 1 2 3; do
	ionsim --unit-id 7 > stranger.$n 2> heard.$n & others="$others $!"
	until [ -s stranger.$n ]; do sleep 0.05; done
done
readlink ttyION > left
`

// Runs the session of the README in one shell. Every command must end as shown, and every line
// that is shown must be among those printed, in the same order. Other terminals are opened in its middle,
// while the meter has no power, and nothing comes to them.
func TestTheReadmesSessionWorksAsPrinted(t *testing.T) {
	if testing.Short() {
		t.Skip("its programs are processes of their own")
	}
	t.Parallel() // it waits, most of the time
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, programs := t.TempDir(), built(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // from when they are built: where nothing is compiled yet, that takes as long
	defer cancel()
	session := consoleSession(string(readme))
	if len(session) < 10 {
		t.Fatalf("the README types only %d commands", len(session))
	}
	var script strings.Builder
	meters := 0
	for i, step := range session {
		command := step.command
		if strings.HasPrefix(command, "ionsim --") {
			if meters++; meters == 2 {
				script.WriteString(strangers)
			}
		}
		if strings.HasPrefix(command, "go build ") {
			command = fmt.Sprintf("PATH=%q:$PATH", programs)
		}
		fmt.Fprintf(&script, "{ %s\n} > out.%d 2>&1; echo $? > status.%d\n", command, i, i)
		if strings.HasPrefix(command, "ionsim --") {
			script.WriteString("until [ -e ttyION ] && ionup identify --port ./ttyION --unit-id 105 --timeout 300ms > /dev/null 2>&1; do sleep 0.05; done\n")
		}
	}
	script.WriteString("kill $others; wait\n")
	shell := exec.CommandContext(ctx, "sh", "-c", script.String())
	shell.Dir = dir
	shell.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "IONSIM_KEYS="+filepath.Join(dir, "keys"), "IONUP_LOCKS="+dir)
	shell.WaitDelay = time.Second
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("the session did not end: %v\n%s%s", err, out, saidSoFar(t, dir, session))
	}
	for i, step := range session {
		checkTold(t, dir, i, step)
	}
	checkStrangers(t, dir)
}

// saidSoFar is what the commands of a session that hangs have printed, and the meter.
func saidSoFar(t *testing.T, dir string, session []told) string {
	t.Helper()
	var b strings.Builder
	for i, step := range session {
		if out, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("out.%d", i))); err == nil {
			fmt.Fprintf(&b, "$ %s\n%s", step.command, out)
		}
	}
	meter, _ := os.ReadFile(filepath.Join(dir, "sim.txt")) // there is none before the first meter
	fmt.Fprintf(&b, "the meter:\n%s", meter)
	return b.String()
}

func checkStrangers(t *testing.T, dir string) {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	got := false
	for n := 1; n <= 3; n++ {
		got = got || read(fmt.Sprintf("stranger.%d", n)) == read("left")
		if heard := read(fmt.Sprintf("heard.%d", n)); !strings.Contains(heard, "ended: 0 bytes came") {
			t.Errorf("terminal %d was written to:\n%s", n, heard)
		}
	}
	if !got {
		t.Logf("none of the terminals got the number of %s", read("left")) // another program was quicker
	}
}

func checkTold(t *testing.T, dir string, i int, step told) {
	t.Helper()
	output, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("out.%d", i)))
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("status.%d", i)))
	if err != nil {
		t.Fatal(err)
	}
	want := "0"
	rest := output
	for _, line := range step.lines {
		if exit, ok := strings.CutPrefix(line, "exit "); ok {
			want = exit
			continue
		}
		at := bytes.Index(rest, []byte(line))
		if at < 0 {
			t.Errorf("$ %s\ndoes not print %q where the README does, but\n%s", step.command, line, output)
			return
		}
		rest = rest[at+len(line):]
	}
	if got := strings.TrimSpace(string(status)); got != want {
		t.Errorf("$ %s\nexits with %s, not %s:\n%s", step.command, got, want, output)
	}
}
