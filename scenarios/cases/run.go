package cases

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
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

// Verdicts says how the attempts ended, in order: "failure, success", "8 refused, success".
func (r *Result) Verdicts() string {
	var list []string
	for i := 0; i < len(r.Attempts); {
		v, n := r.Attempts[i].Verdict, 1
		for i+n < len(r.Attempts) && r.Attempts[i+n].Verdict == v {
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
func (c *Case) Run() (*Result, error) {
	r, err := rig.New(&c.World, rig.Options{})
	if err != nil {
		return nil, err
	}
	n := &runner{file: c, rig: r, result: new(Result)}
	for i := range c.Attempts {
		if err := n.attempt(i); err != nil {
			return nil, fmt.Errorf("%s: %w", c.heading(i), err)
		}
	}
	n.result.Log = r.Disk().Log
	n.result.Trace = r.Bench().Station().Trace()
	n.result.Time = r.Now()
	return n.result, nil
}

func (n *runner) attempt(i int) error {
	a := n.file.Attempts[i]
	n.rig.TurnTo(&a)
	for k, action := range a.Before {
		if err := n.rig.Do(&a, action); err != nil {
			n.fail(n.file.lineOfAction(i, k), "%v", err)
		}
	}
	a.Before = nil
	events := len(n.rig.Meter().EventLog())
	o, err := n.rig.Try(&a)
	if err != nil {
		return err
	}
	t := Tried{VerdictOf(o), o}
	n.result.Attempts = append(n.result.Attempts, t)
	j := judge{runner: n, number: i, expect: &n.file.Expect[i], tried: t, events: o.Meter.EventLog[min(events, len(o.Meter.EventLog)):]}
	j.all()
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
	return o.Meter.FlashOps == 0 && (client.IsRefusal(o.Claim) || errors.Is(o.Claim, client.ErrSettings))
}
