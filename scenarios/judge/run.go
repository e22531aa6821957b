package judge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	Attempts []*Execution
	Broken   []verdict.Violation // of all attempts
	Notes    []string
	Took     time.Duration
	Folder   string // of its artifacts; empty if they were not kept
	Repeat   string // command that plays it again
}

// Passed reports whether the scenario was played and nothing was broken.
func (r *Result) Passed() bool { return r.Skipped == "" && len(r.Broken) == 0 }

// Report is the result of a suite.
type Report struct {
	Suite   string
	Target  Target
	Options Options
	Results []*Result // in the order of the suite
	Took    time.Duration
	// Interrupted: some scenarios were not played to their end.
	Interrupted bool
}

// Counts returns how many scenarios passed, failed and were skipped.
func (r *Report) Counts() (passed, failed, skipped int) {
	for _, s := range r.Results {
		switch {
		case s.Skipped != "":
			skipped++
		case s.Passed():
			passed++
		default:
			failed++
		}
	}
	return passed, failed, skipped
}

// Run plays a suite with a program and judges it. When ctx ends, the report has the scenarios
// that have ended by then. The error wraps ErrNotRun if the program could not be run, and
// errors.ErrUnsupported on a system without PTYs.
func Run(ctx context.Context, s *Suite, t Target, o Options) (*Report, error) {
	o = o.Filled()
	if err := t.Check(); err != nil {
		return nil, err
	}
	folder, tidy, err := workFolder(o.Artifacts)
	if err != nil {
		return nil, err
	}
	defer tidy()
	r := &Report{Suite: s.Name, Target: t, Options: o, Results: make([]*Result, len(s.Scenarios))}
	began := time.Now()
	err = r.playAll(ctx, s, folder)
	r.Took = time.Since(began)
	r.dropUnplayed()
	return r, err
}

// workFolder returns the folder for the scenarios' folders. tidy removes it if it is temporary.
func workFolder(artifacts string) (folder string, tidy func(), err error) {
	if artifacts == "" {
		folder, err = os.MkdirTemp("", "ionbench-judge-")
		return folder, func() { os.RemoveAll(folder) }, err
	}
	folder, err = filepath.Abs(artifacts)
	if err == nil {
		err = os.MkdirAll(folder, folderMode)
	}
	return folder, func() {}, err
}

const folderMode = 0o755

// freshFolder makes a folder. It removes an existing folder only if an earlier run of the
// scenario made it: the folder may hold a person's files.
func freshFolder(path string) error {
	if _, err := os.Stat(filepath.Join(path, verdictFile)); err == nil {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	err := os.Mkdir(path, folderMode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there, and is no folder of an earlier run: name another folder for the artifacts", path)
	}
	return err
}

// playAll plays the scenarios, Options.Parallel at once. The first error ends it.
func (r *Report) playAll(ctx context.Context, s *Suite, folder string) error {
	var telling sync.Mutex
	err := parallel.Each(ctx, r.Options.Parallel, len(s.Scenarios), func(ctx context.Context, i int) error {
		result, err := r.playOne(ctx, &s.Scenarios[i], folder)
		switch {
		case ctx.Err() != nil:
			return nil // it was not played to its end
		case err != nil:
			return fmt.Errorf("scenario %s: %w", s.Scenarios[i].Name, err)
		}
		telling.Lock()
		defer telling.Unlock()
		r.Results[i] = result
		if r.Options.Ended != nil {
			r.Options.Ended(result)
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// dropUnplayed removes the scenarios that were not played to their end.
func (r *Report) dropUnplayed() {
	played := r.Results[:0]
	for _, result := range r.Results {
		if result != nil {
			played = append(played, result)
		}
	}
	r.Interrupted = len(played) < len(r.Results)
	r.Results = played
}

func (r *Report) playOne(ctx context.Context, s *Scenario, folder string) (*Result, error) {
	result := &Result{Scenario: *s, Repeat: r.repeat(s.Name)}
	if result.Skipped = s.cannot(&r.Target); result.Skipped != "" {
		return result, nil
	}
	began := time.Now()
	p := &player{target: &r.Target, options: &r.Options, scenario: s, folder: filepath.Join(folder, s.Name)}
	var err error
	if p.stand, err = newStand(s, &r.Options); err != nil {
		return nil, err
	}
	if err := freshFolder(p.folder); err != nil {
		return nil, err
	}
	result.Broken, err = p.play(ctx)
	if err != nil {
		return nil, err
	}
	result.Attempts, result.Took = p.attempts, time.Since(began)
	result.collect()
	if r.Options.Artifacts != "" {
		result.Folder = p.folder
		err = leaveArtifacts(p, result)
	}
	return result, err
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
