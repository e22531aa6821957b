//go:build linux || darwin

package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/hurry"
	"ionbench/simulator/disk"
	"ionbench/simulator/meter"
)

// roomVariable tells a process of the test to act as ionup, and how many bytes it may write to
// a file. The limit acts like a full disk.
const roomVariable = "IONUP_TEST_ROOM_BYTES"

func TestMain(m *testing.M) {
	if room, err := strconv.ParseUint(os.Getenv(roomVariable), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
			panic(err)
		}
		main()
	}
	hurry.AtOnce()
	hurry.LessGarbage()
	os.Exit(m.Run())
}

// process is ionup as a process that can write so many bytes to a file.
func process(t *testing.T, bytesOfAFile int, locks string, args ...string) *exec.Cmd {
	command := exec.CommandContext(t.Context(), os.Args[0], args...)
	command.Env = append(os.Environ(), roomVariable+"="+strconv.Itoa(bytesOfAFile), "IONUP_LOCKS="+locks)
	return command
}

// withRoom runs ionup as a process that can write so many bytes to a file.
func withRoom(t *testing.T, bytesOfAFile int, args ...string) result {
	t.Helper()
	command := process(t, bytesOfAFile, t.TempDir(), args...)
	var out, diagnostics bytes.Buffer
	command.Stdout, command.Stderr = &out, &diagnostics
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{t: t, code: cli.Status(command.ProcessState.ExitCode()), stdout: out.String(), stderr: diagnostics.String()}
}

func TestADiskThatIsFullFromTheStartIsTheEnvironmentAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := withRoom(t, 0, append(b.line("upgrade", b.upg(2)), "--no-journal", "--log", b.path("Upgrade.log"))...)
	r.wantCode(cli.Environment).wantSays("ionup: error: log: "+b.path("Upgrade.log")+": ", "; nothing was changed\n", "ionup: hint: name another log with --log FILE")
	if b.revision() != "7350V282" || b.state() != meter.Application {
		t.Errorf("the meter runs %q, state %v", b.revision(), b.state())
	}
	if strings.Contains(r.stdout, "abort") {
		t.Errorf("nobody has aborted it:\n%s", r.stdout)
	}
}

func TestADiskThatGetsFullCostsTheLogAndNotTheUpgrade(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := withRoom(t, 400, append(b.line("upgrade", b.upg(20)), "--no-journal", "--log", b.path("Upgrade.log"))...)
	r.wantCode(cli.Done).wantSays("ionup: warning: log: ", "the upgrade went on without it\n",
		"ionup: warning: the upgrade has succeeded, and its log is not complete: "+b.path("Upgrade.log")+": ")
	if strings.Contains(r.stderr, "hint") || strings.Contains(r.stderr, "error") {
		t.Errorf("stderr:\n%s", r.stderr)
	}
	log, err := os.ReadFile(b.path("Upgrade.log"))
	must(t, err)
	whole := log[:bytes.LastIndexByte(log, '\n')]
	r.wantSays(`; all that came after "` + string(whole[bytes.LastIndexByte(whole, '\n')+1:]) + `" is missing in it` + "\n")
	if !strings.Contains(r.stdout, "Upgrade completed at") || b.revision() != "7350V283" {
		t.Errorf("the meter runs %q; stdout:\n%s", b.revision(), r.stdout)
	}
	b.wantSettings(custom())
}

// A log that failed earlier must not hide why the upgrade failed.
func TestADiskThatGetsFullHidesNoFailure(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	r := withRoom(t, 400, append(b.line("upgrade", b.upg(20)), "--no-journal", "--log", b.path("Upgrade.log"), "--timeout", "20ms")...)
	r.wantCode(cli.Failed).wantSays("ionup: error: "+client.ErrNoResponse.Error()+": download: 11 requests were not answered", "; log: ", "go on with: ionup recover ")
}

// Locks go with their process. What it has left behind in files does not matter.
func TestAProcessThatIsKilledHoldsNothing(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	held, journals := t.TempDir(), b.path("journal")
	must(t, os.Mkdir(journals, 0o700))
	left := filepath.Join(journals, ".PC-9.journal.ABCDEFGH.new")
	must(t, os.WriteFile(left, []byte("settings"), 0o600))
	victim := process(t, 1<<30, held, append(b.tool("upgrade", b.upg(20)), "--timeout", "200ms")...)
	out, err := victim.StdoutPipe()
	must(t, err)
	must(t, victim.Start())
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "No response"); {
	}
	invocation{locks: held}.run(t, append(b.tool("recover", b.upg(20)), "--yes")...).wantCode(cli.Environment).
		wantSays("Upgrade.log is in use by ionup upgrade (process " + strconv.Itoa(victim.Process.Pid) + " of ")
	must(t, victim.Process.Kill())
	_ = victim.Wait()
	b.heal()
	invocation{locks: held}.run(t, append(b.tool("recover", b.upg(20)), "--yes")...).wantCode(cli.Done)
	b.wantSettings(custom())
	wantNoFile(t, left)
	if names, err := (disk.Real{}).List(held); err != nil || len(names) > 0 {
		t.Errorf("there is left %q (%v)", names, err)
	}
}
