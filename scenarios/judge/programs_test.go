//go:build unix

package judge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/foreign"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
)

func TestEachBadProgramIsJudgedNoForItsReason(t *testing.T) {
	t.Parallel()
	const soon = time.Second
	for _, test := range []struct {
		program, scenario string
		limit             time.Duration
		reason            string
		notes             []string
	}{
		{"sleeps", "undisturbed", soon, "I5: the tool was still at work after ", []string{"it never asked the meter anything; the meter runs 7350V282"}},
		{"succeeds-at-once", "undisturbed", testLimit,
			`I2: success is claimed; the meter has 7350V282, which is not the image`, []string{"it never asked the meter anything; the meter runs 7350V282"}},
		{"success-before-verify", "undisturbed", testLimit,
			`I2: success is claimed; the meter has no image that runs`, []string{"it sent 12 blocks, and never had the image verified; the meter is in state receiving and has no image that runs"}},
		{"retry-without-bound", "cable-out", 6 * time.Second, "I5: the tool was still at work after ", nil},
		{"fails-at-once", "undisturbed", testLimit, "expected: the upgrade should succeed (nothing is in the way), and it ended with exit 4",
			[]string{"it said: error: no idea how"}},
		{"succeeds-at-once", "wrong-password", testLimit,
			"I2: success is claimed; the meter has 7350V282, which is not the image; I2: success is claimed, and the password was wrong", nil},
		{"ignores-signals", "undisturbed", soon, "I5: the tool was still at work after ", []string{"it went on after SIGTERM and was killed"}},
		{"upgrades-and-denies-it", "undisturbed", testLimit, "I3: failure is claimed (exit 4); the meter runs the image and has its settings", nil},
		{"upgrades-and-denies-it-again-and-again", "undisturbed", testLimit, "I3: failure is claimed (exit 4); the meter runs the image and has its settings", nil},
		{"crashes", "undisturbed", testLimit, "crash: it was ended by a signal that nobody sent: killed", nil},
		{"floods", "undisturbed", testLimit, "expected: ", []string{"it wrote 3000008 bytes to standard output, of which 1048576 are kept", "it said: the end"}},
		{"forks", "undisturbed", testLimit, "expected: ", []string{"it left processes behind, which were killed"}},
		{"forks-away", "undisturbed", testLimit, "expected: ", []string{leftBehind()}},
	} {
		t.Run(test.program+" "+test.scenario, func(t *testing.T) {
			t.Parallel()
			timely(t, func(t *trying) {
				s := judged(t, test.program, test.limit, test.scenario).Results[0]
				if told := strings.Join(verdict.Texts(s.Broken), "; "); !strings.HasPrefix(told, test.reason) {
					t.Errorf("%q, want %q", told, test.reason)
				}
				if pid := strings.TrimSpace(string(s.Attempts[0].Exit.Stdout.Kept())); strings.HasPrefix(test.program, "forks") && leftBehind() == s.Notes[0] && alive(pid) {
					t.Errorf("its child %s still runs", pid)
				}
				for _, note := range test.notes {
					if !slices.Contains(s.Notes, note) {
						t.Errorf("notes %q lack %q", s.Notes, note)
					}
				}
			})
		})
	}
}

// leftBehind is what is noted of a child in a session of its own that holds an output.
func leftBehind() string {
	if runtime.GOOS != "linux" {
		return "a process that left its group still has its output open; it was not ended"
	}
	return "it left processes behind, which were killed"
}

// alive reports whether a process runs; a zombie does not.
func alive(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// This upgrader was written in another language, only from the page about the protocol.
func TestTheUpgraderInPythonPasses(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		response := t.within(pythonResponse)
		const path = "../../fixtures/upgraders/upgrade.py"
		python := strings.Join(foreign.Plain(t, "the upgrader in Python"), " ")
		names := []string{"undisturbed", "cable-out-twice", "answer-lost", "answer-late", "chip-lies", "cable-out", "killed", "power-lost", "wrong-product", "damaged-file", "wrong-password", "wrong-unit"}
		suite, err := mustSuite(t, "smoke").Only(names)
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Transport: rig.TCP, KeepsSettings: true}
		target.Upgrade, err = ParseCommand(python+" "+path+" --tcp {tcp} --unit-id {unit-id} --password {password} --image {image} --timeout "+fmt.Sprint(response.Seconds())+" --log {log} --keep-settings {dir}/settings", false)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), suite, target, Options{Response: response, late: &lateness{}})
		if err != nil {
			t.Fatal(err)
		}
		if passed, _, _ := r.Counts(); passed != len(names) {
			t.Errorf("%d of %d passed:\n%s", passed, len(names), explain(r))
		}
	})
}

// A child process may still hold the connection of the attempt before.
func TestAPortThatIsLeftOpenDoesNotStopTheRecovery(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		s := judged(t, "leaves-the-port-open", testLimit, "cable-out").Results[0]
		if len(s.Attempts) != 2 || s.Attempts[0].Exit.Code != 4 || !s.Attempts[1].success() || len(s.Attempts[1].Broken) > 0 {
			t.Error(VerdictText(s))
		}
	})
}

func TestAProgramOnAPTYIsJudged(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		suite, err := NewSuite("smoke", t.response())
		if err == nil {
			suite, err = suite.Only([]string{"undisturbed", "killed"})
		}
		if err != nil {
			t.Fatal(err)
		}
		var target Target
		target.Transport = rig.PTY
		target.Upgrade, err = ParseCommand(shell.Quote(os.Args[0])+" play '' recover {image} {port} {unit-id} {password} {serial} {log} {dir}", false)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), suite, target, Options{Baud: testBaud, Response: t.response(), Limit: t.within(4 * testLimit), late: &lateness{}})
		if errors.Is(err, errors.ErrUnsupported) {
			foreign.Lacking(t, "a judge over a PTY", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if passed, _, _ := r.Counts(); passed != 2 {
			t.Error(explain(r))
		}
	})
}

func TestAJudgeThatIsInterruptedEndsTheProgramAndSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	suite, err := NewSuite("smoke", testResponse)
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Upgrade: programCommand(t, "sleeps", "upgrade"), Transport: rig.TCP}
	time.AfterFunc(300*time.Millisecond, cancel)
	r, err := Run(ctx, suite, target, Options{Limit: time.Hour, Response: testResponse})
	if err != nil || !r.Interrupted || len(r.Results) != len(suite.Scenarios) || r.Verdict() != "none" || r.Undecided() != len(r.Results) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAProgramThatIsNotThereIsNotRun(t *testing.T) {
	t.Parallel()
	suite, err := NewSuite("smoke", testResponse)
	if err != nil {
		t.Fatal(err)
	}
	noProgram := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(noProgram, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text  string
		shell bool
	}{{"./no-such-program {tcp}", false}, {"no-such-program-anywhere", false}, {noProgram, false}, {"/", false}, {"no-such-program-anywhere {tcp}", true}} {
		c, err := ParseCommand(test.text, test.shell)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), suite, Target{Upgrade: c, Transport: rig.TCP}, Options{Limit: time.Minute}); !errors.Is(err, ErrNotRun) {
			t.Errorf("%q: %v", test.text, err)
		}
	}
}

func TestAShellRunsWhatItIsGiven(t *testing.T) {
	c, err := ParseCommand("test -s {image} && test {password} = 0 && exit 5", true)
	if err != nil {
		t.Fatal(err)
	}
	suite, err := NewSuite("smoke", testResponse)
	if err == nil {
		suite, err = suite.Only([]string{"undisturbed"})
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), suite, Target{Upgrade: c, Transport: rig.TCP}, Options{Limit: testLimit})
	if err != nil || r.Results[0].Attempts[0].Exit.Code != 5 {
		t.Fatalf("%v\n%s", err, explain(r))
	}
}

func TestArtifactsOfAScenarioAreWholeAndReplaceOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		folder := t.TempDir()
		suite, err := NewSuite("smoke", t.response())
		if err == nil {
			suite, err = suite.Only([]string{"killed"})
		}
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Upgrade: programCommand(t, "", "upgrade"), Recover: programCommand(t, "", "recover"), Transport: rig.TCP}
		o := Options{Baud: testBaud, Response: t.response(), Limit: t.within(testLimit), Artifacts: folder, Repeat: "ionbench judge --upgrader x", late: &lateness{}}
		for range 2 { // the second time over the first
			if _, err := Run(t.Context(), suite, target, o); err != nil {
				t.Fatal(err)
			}
		}
		for name, has := range map[string]string{
			"plan.txt": "kill at block 6", "trace.txt": "fault strikes kill at block 6", "meter-events.txt": "Firmware upgrade performed",
			"verdict.txt": "killed: the program is killed", "repeat.txt": "ionbench judge --upgrader x --only killed",
			"upgrade.log": "Flash memory cleared", "recovery-1.log": "Upgrade completed at", "upgrade.stdout.txt": "", "upgrade.stderr.txt": "",
			"recovery-1.stdout.txt": "", "recovery-1.stderr.txt": "", "upgrade.command.txt": " play '' upgrade ", "image.upg": "UPG",
		} {
			b, err := os.ReadFile(filepath.Join(folder, "killed", name))
			if err != nil || !strings.Contains(string(b), has) {
				t.Errorf("%s: %v, and it lacks %q: %.300s", name, err, has, b)
			}
		}
		if err := os.Remove(filepath.Join(folder, "killed", markerName)); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), suite, target, o); err == nil || !strings.Contains(err.Error(), "no folder of an earlier run") {
			t.Errorf("a folder of somebody else's: %v", err)
		}
	})
}
