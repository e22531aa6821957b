//go:build unix

package judge

import (
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/rig"
)

// dials is the command of a program of this package with a telephone number.
func dials(t testing.TB, program, task string) Command {
	t.Helper()
	c := programCommand(t, program, task)
	c.words = append(slices.Clone(c.words), "{"+phoneOf+"}")
	return c
}

func TestAProgramIsToldTheNumberAndFindsAModemOnItsLine(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		suite, err := NewSuite("full", t.response())
		if err == nil {
			suite, err = suite.Only([]string{"called", "wrong-number", "carrier-lost", "carrier-lost-twice", "busy-in-between", "answer-lost", "damaged-clear-answer"})
		}
		if err != nil {
			t.Fatal(err)
		}
		target := Target{Upgrade: dials(t, "", "upgrade"), Recover: dials(t, "", "recover"), Transport: rig.TCP, KeepsSettings: true}
		r, err := Run(t.Context(), suite, target, Options{Baud: testBaud, Response: t.response(), Limit: t.within(4 * testLimit), late: &lateness{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Results {
			switch name := s.Scenario.Name; {
			case name == "damaged-clear-answer":
				if !strings.Contains(s.Skipped, "through a modem") || !s.Idle {
					t.Errorf("%s: skipped: %q, idle %v", name, s.Skipped, s.Idle)
				}
			case s.Skipped != "" || len(s.Broken) > 0:
				t.Errorf("%s", VerdictText(s))
			}
		}
		for _, d := range r.Duties() {
			if d.Duty.ID == duty.Redial && d.State != DutyKept {
				t.Errorf("%v is %v", d.Duty.ID, d.State)
			}
		}
	})
}

// The end of a connection lets DTR fall, which many a modem does not look at.
func TestAProgramThatDoesNotHangUpIsAdvisedTo(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		for _, test := range []struct {
			program string
			state   DutyState
		}{{"", DutyKept}, {planted.OffTheHook, DutyAdvised}} {
			r := judgedOver(t, true, "", test.program, 4*testLimit, "called")
			for _, d := range r.Duties() {
				if d.Duty.ID == duty.Redial && d.State != test.state {
					t.Errorf("%q: %v is %v, want %v: %s\n%s", test.program, d.Duty.ID, d.State, test.state, d.Why, explain(r))
				}
			}
		}
	})
}

// A command without {phone} is not asked to dial, and nothing is amiss.
func TestCallsAreNotAskedOfProgramsThatDoNotDial(t *testing.T) {
	r := judged(t, "", testLimit, "carrier-lost", "busy-at-first")
	for _, s := range r.Results {
		if s.Skipped != "the command has no {phone}" || !s.Idle {
			t.Errorf("%s: skipped: %q, idle %v", s.Scenario.Name, s.Skipped, s.Idle)
		}
	}
	if n := r.amiss(); n > 0 {
		t.Errorf("%d are amiss", n)
	}
}

func TestOneCommandThatDialsWantsTheOtherOneToDial(t *testing.T) {
	target := Target{Upgrade: dials(t, "", "upgrade"), Recover: programCommand(t, "", "recover"), Transport: rig.TCP}
	if err := target.Check(); err == nil || !strings.Contains(err.Error(), "{phone}") {
		t.Error(err)
	}
}
