package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

const replayHelp = `
Repeat one trial, bit for bit, and tell what happened: what struck when, how each attempt
ended, what came of it all, what it cost against an upgrade in peace, and which of the
project's invariants it broke.
` + trialHelp + `
Over a PTY or TCP the same trial runs in real time against a meter that is served, with a
meter and a line that take no time and a tool that waits half a second for an answer. It
is compared, times aside, with the bench in the same conditions; where it differs it is
played once more, with a tool that waits five seconds, for a busy computer gives answers
late. Plans that name blocks, percentages, states, flash operations or no-responses give
the same events; where a plan names times, bytes, frames or replies, differences are no
surprise.

The id of a history (h3.…, from "ionbench storm --histories") repeats that one, and prints it as
a case file for "ionbench run".
`

type replayFlags struct {
	trialFlags
	print     string
	transport string
	capture   string
	story     string
	json      bool
}

func replayCommand() *cli.Command {
	f := &replayFlags{trialFlags: newTrialFlags(), transport: "bench"}
	return &cli.Command{
		Name: "replay", Brief: "repeat one trial and tell what happened", Help: replayHelp,
		Args: trialArg(), Surplus: quoteThePlan,
		Flags: cli.Plain(append([]cli.Flag{
			cli.OneOf(&f.print, "print", printed(), "print this alone, instead of the account"),
			cli.OneOf(&f.transport, "transport", []string{"bench", "pty", "tcp"}, "what carries the bytes"),
			captureFlag(&f.capture, "write what goes over the line when it is played once more"),
			storyFlag(&f.story),
			cli.Switch(&f.json, "json", "print one JSON object, instead of the account").Writes("ionbench-replay 1"),
		}, f.flags()...)...),
		Examples: `
  ionbench replay 'cable-pull at block 3 then kill at block 5'
  ionbench replay t1.V56U9tiLAgA --print log
  ionbench replay 'power-loss at flash-op 70 torn' --journal --image-size 7424
  ionbench replay 'abort at 60%' --transport tcp
  ionbench replay 'kill at block 2' --image new.upg --json
  ionbench replay 'noise at block 2 for 1s rate 1e-3' --capture noise.pcapng
  ionbench replay 'reply-lost at block 2' --capture - | tshark -r - -Y ion.again
  ionbench replay 'cable-pull at block 3 for 2 no-responses' --story run.html
`,
		Done: "every fault struck and no invariant was broken", Failed: "a fault never struck, an invariant was broken, or the outcome over the transport is another than on the bench",
		Run: f.run,
	}
}

func transports() map[string]rig.Transport {
	return map[string]rig.Transport{"bench": rig.Bench, "pty": rig.PTY, "tcp": rig.TCP}
}

func (f *replayFlags) run(ctx context.Context, c *cli.Call) error {
	if f.print != "" && f.json {
		return errPrintAndJSON()
	}
	if storm.IsHistoryID(c.Args[0]) {
		return f.replayHistory(c, c.Args[0])
	}
	subject, err := f.subject(c)
	if err != nil {
		return err
	}
	if err := capturing.Check(f.capture, f.json); err != nil {
		return err
	}
	if err := serving.CheckStory(f.story); err != nil {
		return err
	}
	c.Begin()
	r, err := f.replay(ctx, subject)
	if err != nil {
		return err
	}
	if f.story != "" {
		if err := storyOfTrial(ctx, f.story, subject, r.over, r.repeat); err != nil {
			return err
		}
	}
	err = captureTo(c, f.capture, func(to io.Writer) error {
		if to == nil {
			return nil
		}
		return captureTrial(ctx, to, subject, r.over)
	})
	if err != nil {
		return err
	}
	f.write(c, r)
	if r.result.Class == trial.Violated || r.elsewhere() || len(r.result.Unstruck) > 0 {
		return cli.ErrNo
	}
	return nil
}

// replayed is a trial that was repeated.
type replayed struct {
	shrink.Subject
	over        rig.Transport
	result      *trial.Result
	calm        *trial.Result // the same trial without faults
	bench       *trial.Result // the same trial on the bench; nil if it was already run there
	differences []string
	repeat      string
}

// elsewhere says whether the outcome differs from the one on the bench.
func (r *replayed) elsewhere() bool { return r.bench != nil && r.bench.Class != r.result.Class }

func (f *replayFlags) replay(ctx context.Context, s shrink.Subject) (*replayed, error) {
	r := &replayed{Subject: s, over: transports()[f.transport], repeat: f.replayCommand(s)}
	var err error
	if r.over == rig.Bench {
		if r.calm, err = trial.TryCaught(s.World, nil, rig.NoTrace); err != nil {
			return nil, err
		}
		r.result, err = trial.TryCaught(s.World, s.Plans, rig.Events)
		return r, err
	}
	r.repeat += " --transport " + f.transport
	if r.calm, err = trial.TryOver(ctx, rig.Bench, s.World, nil, rig.Events); err != nil {
		return nil, err
	}
	if r.result, r.bench, err = trial.TryBeside(ctx, r.over, s.World, s.Plans); err != nil {
		return nil, err
	}
	r.differences = differences(r.bench, r.result)
	return r, nil
}

// differences says for each attempt where its events first differ from those on the bench.
func differences(want, got *trial.Result) []string {
	var list []string
	for i := range max(len(want.Attempts), len(got.Attempts)) {
		if i >= len(want.Attempts) || i >= len(got.Attempts) {
			return append(list, fmt.Sprintf("the bench needs %d attempts, and these are %d", len(want.Attempts), len(got.Attempts)))
		}
		a, b := rig.Promised(want.Attempts[i].Trace), rig.Promised(got.Attempts[i].Trace)
		for n := range max(len(a), len(b)) {
			if on, over := eventAt(a, n), eventAt(b, n); on != over {
				list = append(list, fmt.Sprintf("%s, event %d of %d: on the bench %s, here %s", attemptTitle(i), n+1, len(a), on, over))
				break
			}
		}
	}
	return list
}

func eventAt(events []string, n int) string {
	if n >= len(events) {
		return "none"
	}
	return fmt.Sprintf("%q", events[n])
}

func attemptTitle(i int) string {
	if i == 0 {
		return "the upgrade"
	}
	return fmt.Sprintf("recovery %d", i)
}

func (f *replayFlags) write(c *cli.Call, r *replayed) {
	switch {
	case f.json:
		c.Encode(r.object())
	case f.print == "":
		c.Print(r.account())
	default:
		printOne(c, f.print, r.Plans.String()+"\n", r.result.Log, r.result.Trace)
	}
}

// account says what happened, for people.
func (r *replayed) account() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s%s\n", name, fmt.Sprintf(format, args...))
	}
	line("plan", "%s", orNothing(r.Plans.String()))
	if hash := configOf(r.World).Hash; hash != "" {
		line("trial", "%s (hash %s)", described(r.World), hash)
	} else {
		line("trial", "%s", described(r.World))
	}
	line("repeat", "%s", r.repeat)
	for i, o := range r.result.Attempts {
		fmt.Fprintf(&b, "\n%s: %s\n", attemptTitle(i), outcomeText(o))
		writeFaultEvents(&b, o.Trace)
		fmt.Fprintf(&b, "  %s, %d bytes to the meter, %d requests sent again, %d windows\n",
			virtual(o.Cost.Time), o.Cost.BytesToMeter, o.Cost.Resends, o.Cost.Acts)
		fmt.Fprintf(&b, "  the meter: %v, revision %s, display %q, lost: %v\n", o.Meter.State, orNothing(o.Meter.Revision), o.Meter.LCD, o.Meter.Lost)
	}
	b.WriteByte('\n')
	line("class", "%v", r.result.Class)
	line("cost", "%s, lost for good: %v; in peace %s", costText(r.result.Cost), r.result.Cost.Lost, costText(r.calm.Cost))
	for _, what := range r.result.Unstruck {
		line("unstruck", "%s", what)
	}
	if r.bench != nil {
		r.compare(line)
	}
	for _, v := range r.result.Violations {
		line("broken", "%v", v)
	}
	if len(r.result.Violations) == 0 {
		line("broken", "none of the invariants")
	}
	return b.String()
}

// writeFaultEvents writes what struck and when. It is a part of the trace.
func writeFaultEvents(b *strings.Builder, trace []story.Event) {
	const most = 12
	events := faultEvents(trace)
	for _, e := range events[:min(most, len(events))] {
		fmt.Fprintf(b, "  %s %s at %s\n", e.What.Kind(), e.What.Details(), virtual(e.At))
	}
	if left := len(events) - most; left > 0 {
		fmt.Fprintf(b, "  and %d more (--print trace)\n", left)
	}
}

// compare writes how the outcome differs from the one on the bench.
func (r *replayed) compare(line func(name, format string, args ...any)) {
	if r.elsewhere() {
		line("bench", "another outcome: %v", r.bench.Class)
	}
	if len(r.differences) == 0 {
		line("bench", "the same events over %v as on the bench, times aside", r.over)
	}
	for _, d := range r.differences {
		line("differs", "%s", d)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func outcomeText(o *rig.Outcome) string {
	text := string(cases.VerdictOf(o))
	if o.Claim != nil {
		text += ": " + o.Claim.Error()
	}
	return text
}

func faultEvents(trace []story.Event) []story.Event {
	return slices.DeleteFunc(slices.Clone(trace), func(e story.Event) bool { return e.Source != story.Fault })
}

func virtual(d time.Duration) string { return fault.FormatTime(d.Round(time.Millisecond)) }

func costText(c trial.Total) string {
	return fmt.Sprintf("%s, %d bytes to the meter, %d windows", virtual(c.Time), c.Bytes, c.Acts)
}

// replayObject is a trial in JSON.
type replayObject struct {
	ID          string              `json:"id"`
	Plan        string              `json:"plan"`
	Config      configObject        `json:"config"`
	Transport   string              `json:"transport"`
	Class       string              `json:"class"`
	Violations  []verdict.Violation `json:"broken"`
	Unstruck    []string            `json:"unstruck"`
	Cost        costObject          `json:"cost"`
	Calm        costObject          `json:"calm"`
	Attempts    []replayAttempt     `json:"attempts"`
	Bench       string              `json:"bench_class,omitempty"`
	Differences []string            `json:"differences,omitempty"`
	Repeat      string              `json:"repeat"`
}

type costObject struct {
	Seconds float64 `json:"seconds"`
	Bytes   uint64  `json:"bytes_to_meter"`
	Acts    int     `json:"acts"`
	Lost    string  `json:"lost"`
}

type replayAttempt struct {
	attemptObject
	Faults []faultObject `json:"faults"`
}

type faultObject struct {
	Seconds float64 `json:"at_seconds"`
	Event   string  `json:"event"`
	Fault   string  `json:"fault"`
}

func costOf(c trial.Total) costObject {
	return costObject{c.Time.Seconds(), c.Bytes, c.Acts, c.Lost.String()}
}

func (r *replayed) object() replayObject {
	o := replayObject{
		ID:          idOf(r.Subject),
		Plan:        r.Plans.String(),
		Config:      configOf(r.World),
		Transport:   strings.ToLower(r.over.String()),
		Class:       r.result.Class.String(),
		Violations:  append([]verdict.Violation{}, r.result.Violations...),
		Unstruck:    []string{},
		Cost:        costOf(r.result.Cost),
		Calm:        costOf(r.calm.Cost),
		Attempts:    []replayAttempt{},
		Differences: r.differences,
		Repeat:      r.repeat,
	}
	if r.bench != nil {
		o.Bench = r.bench.Class.String()
	}
	for _, u := range r.result.Unstruck {
		o.Unstruck = append(o.Unstruck, u.String())
	}
	for _, tried := range r.result.Attempts {
		a := replayAttempt{attemptOf(cases.Tried{Verdict: cases.VerdictOf(tried), Outcome: tried}), []faultObject{}}
		for _, e := range faultEvents(tried.Trace) {
			a.Faults = append(a.Faults, faultObject{e.At.Seconds(), e.What.Kind(), e.What.Details()})
		}
		o.Attempts = append(o.Attempts, a)
	}
	return o
}
