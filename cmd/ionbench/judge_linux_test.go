package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/judge"
)

// runsWith reports whether a process runs that has this word on its command line.
func runsWith(word string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("\x00"+word+"\x00")) {
			return true
		}
	}
	return false
}

// The program starts one process that hides in a session of its own without an environment and
// another that does not end when it is asked to.
func TestASignalEndsTheJudgeWithAReportAndLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	program := built(t, "ionbench")
	for i, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			word := fmt.Sprint(100_000_000 + 10*os.Getpid() + i) // seconds of sleep that nobody else asks for
			script := fmt.Sprintf("trap '' TERM HUP INT; env -i setsid sleep %s & sleep %s", word, word)
			report := filepath.Join(t.TempDir(), "j.json")
			c := exec.Command(program, "judge", "--shell", "--upgrader", script, "--only", "undisturbed,killed", "--parallel", "1", "--json", report)
			var out, diagnostics bytes.Buffer
			c.Stdout, c.Stderr = &out, &diagnostics
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			for began := time.Now(); !runsWith(word); time.Sleep(10 * time.Millisecond) {
				if time.Since(began) > 2*time.Minute {
					t.Fatal("the program does not start")
				}
			}
			_ = c.Process.Signal(s)
			var ended *exec.ExitError
			if err := c.Wait(); !errors.As(err, &ended) || ended.ExitCode() != int(cli.Environment) {
				t.Errorf("%v\n%s%s", err, out.String(), diagnostics.String())
			}
			if runsWith(word) {
				t.Error("a process of the program still runs")
			}
			if !strings.Contains(out.String(), " undecided=2 partial=only,interrupted suite=") || !strings.Contains(diagnostics.String(), "no verdict: interrupted: 0 of 2") {
				t.Errorf("%s%s", out.String(), diagnostics.String())
			}
			if b := read(t, report); !bytes.Contains(b, []byte(`"interrupted": true`)) {
				t.Errorf("%s", b)
			}
		})
	}
}

// The first failure is told at once.
func TestWhatAJudgeHasToldIsInTheReportAlsoWhenItIsKilled(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "j.json")
	c := exec.Command(built(t, "ionbench"), "judge", "--shell", "--upgrader", "exit 4", "--parallel", "1", "--json", report)
	told, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(told); lines.Scan() && lines.Text() != "The first failure:"; {
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	r, err := readReport(report, judge.ReadJSON)
	if err != nil {
		t.Fatal(err)
	}
	if _, failed, _ := r.Counts(); failed < 1 || r.Undecided() < 1 || !r.Interrupted {
		t.Errorf("%d failed and %d undecided, interrupted %v", failed, r.Undecided(), r.Interrupted)
	}
}

// Whoever reads the file takes it for the report of the run that was killed.
func TestAJudgeThatIsKilledLeavesNoEarlierReportAsItsOwn(t *testing.T) {
	t.Parallel()
	report, begun := filepath.Join(t.TempDir(), "j.json"), filepath.Join(t.TempDir(), "begun")
	if err := os.WriteFile(report, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(built(t, "ionbench"), "judge", "--shell", "--transport", "tcp", "--upgrader", ": > "+begun+"; sleep 600", "--only", "undisturbed", "--json", report)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(begun); err == nil {
			break
		}
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	r, err := readReport(report, judge.ReadJSON)
	if err != nil {
		t.Fatal(err)
	}
	if r.Undecided() != 1 || !r.Interrupted {
		t.Errorf("%d undecided, interrupted %v", r.Undecided(), r.Interrupted)
	}
}

// In a shell, and without a terminal: nobody would see that it is stopped.
func TestAProgramThatStopsTheJudgeDoesNotStopIt(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"signals": "kill -STOP $PPID; kill -TSTP $PPID; exit 4",
		// PTRACE_ATTACH, which may be forbidden.
		"debugger": `JUDGE=$PPID python3 -c 'import ctypes, os, time; ctypes.CDLL(None).ptrace(16, int(os.environ["JUDGE"]), 0, 0) or time.sleep(1000)'; exit 4`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := exec.Command(built(t, "ionbench"), "judge", "--shell", "--transport", "tcp", "--upgrader", script, "--only", "undisturbed,killed", "--parallel", "1", "--timeout", "1h")
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			hangs := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
			defer hangs.Stop()
			var ended *exec.ExitError
			if err := c.Wait(); !errors.As(err, &ended) || ended.ExitCode() != int(cli.Failed) || !strings.Contains(out.String(), "\nscenarios=2 passed=0 failed=2 ") {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

// A process may lower the limits of another one of its user. What an administrator has may be raised again, and then
// the report is whole. Without memory the judge ends as one that is killed: with a status that is no verdict.
func TestAProgramThatLowersTheLimitsOfTheJudgeLeavesAWholeReportOrNoVerdict(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"FSIZE", "NOFILE", "NPROC"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := fmt.Sprintf(`JUDGE=$PPID python3 -c 'import os, resource; resource.prlimit(int(os.environ["JUDGE"]), resource.RLIMIT_%s, (0, 0))'; exit 4`, name)
			told := filepath.Join(t.TempDir(), "out")
			out, err := os.Create(told)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			c := exec.Command(built(t, "ionbench"), "judge", "--shell", "--transport", "tcp", "--upgrader", script, "--only", "undisturbed,killed", "--parallel", "1")
			c.Stdout = out
			var ended *exec.ExitError
			if err := c.Run(); !errors.As(err, &ended) {
				t.Fatal(err)
			}
			whole := strings.Contains(string(read(t, told)), "\nscenarios=2 passed=0 failed=2 ")
			if status := cli.Status(ended.ExitCode()); status != cli.Environment && !(status == cli.Failed && whole) {
				t.Errorf("exit %d, whole %v", status, whole)
			}
		})
	}
}

// Each process of the chain ends as soon as it has started the next one, and leaves a file.
func TestAChainOfForksDoesNotOutliveTheJudge(t *testing.T) {
	t.Parallel()
	alive, chain := filepath.Join(t.TempDir(), "alive"), filepath.Join(t.TempDir(), "chain")
	// A function that starts itself would come to the end of its shell's patience, and so of the chain.
	if err := os.WriteFile(chain, fmt.Appendf(nil, ": > %s\n/bin/sh \"$0\" &\n", alive), 0o600); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("env -i setsid /bin/sh %s < /dev/null > /dev/null 2>&1 & until [ -e %s ]; do :; done; exit 4", chain, alive)
	out, err := exec.Command(built(t, "ionbench"), "judge", "--shell", "--transport", "tcp", "--upgrader", script, "--only", "undisturbed").CombinedOutput()
	if !bytes.Contains(out, []byte("hid from which program they came, and were killed at the end")) {
		t.Errorf("%v\n%s", err, out)
	}
	if err := os.Remove(alive); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if _, err := os.Stat(alive); err == nil {
		t.Error("a process of the program still runs")
	}
}
