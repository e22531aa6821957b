//go:build linux || darwin

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ionbench/cmd/internal/cli"
)

// A terminal that goes is told of twice.
func TestEveryEndingLeavesALogThatIsEndedAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, ending := range [][]syscall.Signal{{syscall.SIGINT}, {syscall.SIGTERM}, {syscall.SIGHUP}, {syscall.SIGHUP, syscall.SIGHUP}} {
		t.Run(strings.Trim(ending[0].String(), " "), func(t *testing.T) {
			t.Parallel() // it waits, most of the time
			b := newBed(t, silentAtBlock9)
			locks := t.TempDir()
			r := endedBy(t, b, locks, ending...)
			r.wantCode(cli.Failed).wantSays("ionup: error: aborted by the user", "do not power-cycle it", "ionup recover ")
			log, err := os.ReadFile(b.path("Upgrade.log"))
			must(t, err)
			if !strings.Contains(string(log), "abort") {
				t.Errorf("the log ends without its end:\n%s", log)
			}
			if left, _ := filepath.Glob(filepath.Join(locks, "*")); len(left) > 0 {
				t.Errorf("locks are left: %v", left)
			}
		})
	}
}

func TestASecondInterruptEndsOnTheSpot(t *testing.T) {
	t.Parallel()
	b := newBed(t, silentAtBlock9)
	endedBy(t, b, t.TempDir(), syscall.SIGINT, syscall.SIGINT).wantCode(cli.Failed).wantSays("ionup recover ")
}

// endedBy runs an upgrade up to a block that is not answered, and sends the signals then.
func endedBy(t *testing.T, b *bed, locks string, signals ...syscall.Signal) result {
	t.Helper()
	command := process(t, math.MaxInt32, locks, b.tool("upgrade", b.upg(20))...)
	var diagnostics bytes.Buffer
	command.Stderr = &diagnostics
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "40%") {
	}
	for _, s := range signals {
		must(t, command.Process.Signal(s))
	}
	_, err = io.Copy(io.Discard, out)
	must(t, err)
	_ = command.Wait() // the exit status is what it is about
	return result{t: t, code: cli.Status(command.ProcessState.ExitCode()), stderr: diagnostics.String()}
}

func TestAnUpgradeGoesOnWhenNobodyReadsItsOutput(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	command := process(t, math.MaxInt32, t.TempDir(), b.tool("upgrade", b.upg(20))...)
	out, w, err := os.Pipe()
	must(t, err)
	must(t, out.Close())
	command.Stdout, command.Stderr = w, w
	must(t, command.Start())
	must(t, w.Close())
	if err := command.Wait(); err != nil || b.revision() != "7350V283" {
		t.Errorf("%v; the meter runs %s", err, b.revision())
	}
}

// Also another program of the computer may tidy up.
func TestALogThatIsMovedMeanwhileIsMissed(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(path string) error{
		"removed":  os.Remove,
		"moved":    func(path string) error { return os.Rename(path, path+".1") },
		"replaced": func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, "")
			tidied := false
			r := invocation{heard: func(text string) {
				if strings.Contains(text, "Flash memory cleared") && !tidied {
					tidied = true
					must(t, away(b.path("Upgrade.log")))
				}
			}}.run(t, b.tool("upgrade", b.upg(2), "--yes")...).wantCode(cli.Done)
			if !tidied {
				t.Fatal("nothing was tidied up")
			}
			r.wantSays("warning: the upgrade has succeeded, and its log is not complete: " + b.path("Upgrade.log") + " was moved or removed while it was written; all of this run is where it went")
		})
	}
}
