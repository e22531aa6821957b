package cases

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/locks"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/story"
)

// Result is what came of a case.
type Result struct {
	// Reasons say, one line each, what is not as the file expects; none if all is.
	Reasons  []string
	Attempts []Tried
	Log      []byte        // Upgrade.log as it is at the end
	Trace    []story.Event // of the whole case
	Time     time.Duration // that has passed in virtual time
}

// Tried is what came of an attempt.
type Tried struct {
	Verdict Verdict
	*rig.Outcome
}

// Passed reports whether everything came out as the file expects.
func (r *Result) Passed() bool { return len(r.Reasons) == 0 }

// Verdicts says how the attempts ended, in order (Words).
func (r *Result) Verdicts() string {
	var list []Verdict
	for i := range r.Attempts {
		list = append(list, r.Attempts[i].Verdict)
	}
	return Words(list)
}

// Words are verdicts as people say them: "failure, success", "8 refused, success".
func Words(verdicts []Verdict) string {
	var list []string
	for i := 0; i < len(verdicts); {
		v, n := verdicts[i], 1
		for i+n < len(verdicts) && verdicts[i+n] == v {
			n++
		}
		word := string(v)
		if n > 1 {
			word = strconv.Itoa(n) + " " + word
		}
		list = append(list, word)
		i += n
	}
	return strings.Join(list, ", ")
}

// runner is a case that is being played.
type runner struct {
	file   *Case
	rig    *rig.Rig
	result *Result
}

// Run plays the case on the bench, in virtual time. The result says what did not come out as
// the file expects. The error is about a case that cannot be played, such as an image that no
// meter has room for.
func (c *Case) Run() (*Result, error) { return c.Play(rig.Events) }

// Play is Run with another amount of trace.
func (c *Case) Play(trace rig.Trace) (*Result, error) {
	r, err := rig.New(&c.World, rig.Options{Trace: trace})
	if err != nil {
		return nil, err
	}
	n := &runner{file: c, rig: r, result: new(Result)}
	for i := 0; i < len(c.Attempts); {
		together := c.Together(i)
		if err := n.together(i, slices.Clone(together)); err != nil {
			return nil, fmt.Errorf("%s: %w", c.heading(i), err)
		}
		i += len(together)
	}
	n.result.Log = r.Disk().Log
	n.result.Trace = r.Trace()
	n.result.Time = r.Now()
	return n.result, nil
}

// together plays the attempts that begin with number i and overlap, mostly one.
func (n *runner) together(i int, attempts []world.Attempt) error {
	a := &attempts[0]
	n.rig.TurnTo(a)
	for k, action := range a.Before {
		if err := n.rig.Do(a, action); err != nil {
			n.fail(n.file.lineOfAction(i, k), "%v", err)
		}
	}
	a.Before = nil
	outcomes, err := n.rig.Together(attempts)
	if err != nil {
		return err
	}
	for k, o := range outcomes {
		t := Tried{VerdictOf(o), o}
		n.result.Attempts = append(n.result.Attempts, t)
		j := judge{runner: n, number: i + k, expect: &n.file.Expect[i+k], tried: t, events: o.Meter.EventLog[min(o.Events, len(o.Meter.EventLog)):]}
		j.all()
	}
	return nil
}

// lineOfAction is the line of action k before attempt i.
func (c *Case) lineOfAction(i, k int) int {
	if i < len(c.attempts) {
		return c.attempts[i].Keys["before"][k]
	}
	return 0
}

func (n *runner) fail(line int, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if line > 0 {
		reason = fmt.Sprintf("line %d: %s", line, reason)
	}
	n.result.Reasons = append(n.result.Reasons, reason)
}

// VerdictOf says in a word how an attempt ended.
func VerdictOf(o *rig.Outcome) Verdict {
	switch {
	case !o.Ended:
		return Unfinished
	case o.Killed:
		return Killed
	case o.Claim == nil:
		return Success
	case errors.Is(o.Claim, client.ErrAborted):
		return Aborted
	case refused(o):
		return Refused
	}
	return Failure
}

// refused reports a failure that was found before anything was erased.
func refused(o *rig.Outcome) bool {
	var used *locks.InUseError // the log
	return o.Untouched() && (client.IsRefusal(o.Claim) || errors.Is(o.Claim, client.ErrSettings) || errors.As(o.Claim, &used))
}
