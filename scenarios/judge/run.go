package judge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

// Options say how a suite is run. A zero field stands for its default.
type Options struct {
	Pace     int           // factor by which meter and line are faster than real ones; 0: they take no time
	Baud     int           // of the line; 0: 9600
	Seed     uint64        // decides what a power loss leaves in the flash; 0: 1
	Response time.Duration // how long the program waits for an answer, as far as known; 0: 10 s
	Limit    time.Duration // of an attempt; 0: derived from Response
	Parallel int           // scenarios at once; 0: DefaultParallel
	// Artifacts is the folder for the artifacts. Each scenario has a folder in it. Empty: no
	// artifacts are kept.
	Artifacts string
	// Repeat is the command that repeats one scenario, without the name of the scenario.
	Repeat string
	// Ended, if not nil, is called after every scenario, never twice at the same time.
	Ended func(r *Result)
	// Alone: nothing else in this process starts processes. Then orphans that hide from which
	// program they come are ended too.
	Alone bool
	// FailOnSkipped: a scenario that was not played counts as one that failed.
	FailOnSkipped bool
}

// Defaults of Options.
const (
	DefaultResponse = 10 * time.Second // documented for the public ION client
	DefaultParallel = 8                // a program waits most of the time
)

// Filled returns the options with their defaults.
func (o Options) Filled() Options {
	if o.Baud == 0 {
		o.Baud = ion.DefaultBaudRate
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Response == 0 {
		o.Response = DefaultResponse
	}
	if o.Limit == 0 {
		o.Limit = limit(o.Response)
	}
	if o.Parallel == 0 {
		o.Parallel = DefaultParallel
	}
	return o
}

// Result is the result of a scenario.
type Result struct {
	Scenario Scenario
	Skipped  string // why it was not played; empty if it was
	Trouble  string // why there is no verdict; empty if there is one
	Attempts []*Execution
	Broken   []verdict.Violation // of all attempts
	Notes    []string
	Took     time.Duration
	Folder   string // of its artifacts; empty if they were not kept
	Repeat   string // command that plays it again
}

// Passed reports whether the scenario was played to its end and nothing was broken.
func (r *Result) Passed() bool { return r.Verdict() == "pass" }

// Report is the result of a suite.
type Report struct {
	Suite   string
	Target  Target
	Options Options
	Results []*Result // of every scenario, in the order of the suite
	Took    time.Duration
	// Interrupted: some scenarios were not played to their end.
	Interrupted bool
	Strays      int // processes that hid from which program they came, and were killed at the end
}

// Counts returns how many scenarios passed, failed and were skipped. The others have no verdict.
func (r *Report) Counts() (passed, failed, skipped int) {
	return r.count("pass"), r.count("no"), r.count("skipped")
}

// Undecided returns how many scenarios have no verdict.
func (r *Report) Undecided() int { return r.count("none") }

// Open says in a sentence why the report has no verdict.
func (r *Report) Open() string {
	_, _, skipped := r.Counts()
	switch all := len(r.Results); {
	case r.Interrupted:
		return fmt.Sprintf("interrupted: %d of %d scenarios were played", all-r.Undecided()-skipped, all)
	case r.Undecided() > 0:
		return fmt.Sprintf("%d of %d scenarios were not played to their end", r.Undecided(), all)
	}
	return fmt.Sprintf("not one of the %d scenarios was played, so nothing is known about the program", len(r.Results))
}

func (r *Report) count(verdict string) (n int) {
	for _, s := range r.Results {
		if s.Verdict() == verdict {
			n++
		}
	}
	return n
}

// Run plays a suite with a program and judges it. Whatever happens, the report has a result for
// every scenario; those that ctx has ended, or that something around them has, have no verdict.
// The error wraps ErrNotRun if the program could not be run at all, and errors.ErrUnsupported on
// a system without PTYs.
func Run(ctx context.Context, s *Suite, t Target, o Options) (*Report, error) {
	o = o.Filled()
	if err := t.Check(); err != nil {
		return nil, err
	}
	kept, err := artifactsFolder(&o, s)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		defer kept.Close()
	}
	adopt()
	strays := newStrays()
	r := &Report{Suite: s.Name, Target: t, Options: o, Results: make([]*Result, len(s.Scenarios))}
	began := time.Now()
	err = r.playAll(ctx, s, kept)
	if o.Alone {
		r.Strays = strays.end()
	}
	r.Took = time.Since(began)
	return r, err
}

// artifactsFolder makes the folder for the artifacts and opens it; nil if none are kept.
func artifactsFolder(o *Options, s *Suite) (*os.Root, error) {
	if o.Artifacts == "" {
		return nil, nil
	}
	folder, err := filepath.Abs(o.Artifacts)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range s.Scenarios {
		names = append(names, c.Name)
	}
	if err := checkArtifacts(folder, names); err != nil {
		return nil, err
	}
	return os.OpenRoot(folder)
}

// playAll plays the scenarios, Options.Parallel at once. It returns an error if the first thing
// that went wrong shows that the program cannot be played with at all.
func (r *Report) playAll(ctx context.Context, s *Suite, kept *os.Root) error {
	var telling sync.Mutex
	var first error
	_ = parallel.Each(ctx, r.Options.Parallel, len(s.Scenarios), func(ctx context.Context, i int) error {
		result, err := r.playOne(ctx, &s.Scenarios[i], kept)
		telling.Lock()
		defer telling.Unlock()
		if first == nil {
			first = err
		}
		r.Results[i] = result
		if r.Options.Ended != nil {
			r.Options.Ended(result)
		}
		return nil
	})
	for i := range r.Results {
		if r.Results[i] == nil { // ctx ended first
			r.Results[i] = &Result{Scenario: s.Scenarios[i], Trouble: interrupted, Repeat: r.repeat(s.Scenarios[i].Name)}
		}
		r.Interrupted = r.Interrupted || r.Results[i].Trouble == interrupted
	}
	played := slices.ContainsFunc(r.Results, func(s *Result) bool { return len(s.Attempts) > 0 })
	if !played && (errors.Is(first, ErrNotRun) || errors.Is(first, errors.ErrUnsupported)) {
		return first
	}
	return nil
}

// interrupted is the Trouble of a scenario that was not played to its end because ctx ended.
const interrupted = "it was interrupted"

// playOne plays a scenario. There is always a result; an error is also its Trouble.
func (r *Report) playOne(ctx context.Context, s *Scenario, kept *os.Root) (result *Result, err error) {
	result = &Result{Scenario: *s, Repeat: r.repeat(s.Name)}
	err = contained(func() error {
		result.Skipped = s.cannot(&r.Target)
		return nil
	})
	if err != nil {
		result.trouble(err.Error())
	}
	if result.Skipped != "" || err != nil {
		return result, err
	}
	began := time.Now()
	p := &player{target: &r.Target, options: &r.Options, scenario: s}
	var own *artifacts
	err = contained(func() (err error) {
		if kept != nil {
			if own, err = openArtifacts(kept, s.Name); err != nil {
				return err
			}
		}
		result.Broken, err = p.playIn(ctx)
		return err
	})
	result.Attempts, result.Took = p.attempts, time.Since(began)
	result.collect()
	switch {
	case err != nil:
		result.trouble(err.Error())
	case ctx.Err() != nil:
		result.trouble(interrupted)
	}
	if own != nil {
		result.Folder = own.path
		if err := contained(func() error { return own.leave(p, result) }); err != nil {
			result.note("its artifacts are not complete: %v", err)
		}
		own.close()
	}
	if err := p.place.remove(); err != nil {
		result.note("{dir} could not be removed: %v", err)
	}
	return result, err
}

// playIn makes the meter and the folder of a scenario and plays it.
func (p *player) playIn(ctx context.Context) (broken []verdict.Violation, err error) {
	if p.stand, err = newStand(p.scenario, p.options); err != nil {
		return nil, err
	}
	if p.place, err = newPlace(p.scenario.Name); err != nil {
		return nil, err
	}
	return p.play(ctx)
}

// trouble notes why a scenario was not played to its end. What was broken by then stays broken.
func (r *Result) trouble(why string) {
	if len(r.Broken) == 0 {
		r.Trouble = Visible(why)
	} else {
		r.note("it was not played to its end: %s", why)
	}
}

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, Visible(fmt.Sprintf(format, args...)))
}

func (r *Report) repeat(name string) string {
	if r.Options.Repeat == "" {
		return ""
	}
	return r.Options.Repeat + " --only " + shell.Quote(name)
}

// collect gathers what the attempts broke, and their notes.
func (r *Result) collect() {
	var broken []verdict.Violation
	for i, a := range r.Attempts {
		broken = append(broken, verdict.InAttempt(i, a.Broken)...)
		for _, what := range a.Notes {
			r.Notes = append(r.Notes, verdict.AttemptPrefix(i)+what)
		}
	}
	r.Broken = append(broken, r.Broken...)
}
