package judge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

// Options say how a suite is run. A zero field stands for its default.
type Options struct {
	Loader   Loader        // how the meter's loader speaks
	Pace     int           // factor by which meter and line are faster than real ones; 0: they take no time
	Baud     int           // of the line; 0: 9600
	Seed     uint64        // decides what a power loss leaves in the flash; 0: 1
	Response time.Duration // how long the program waits for an answer, as far as known; 0: 10 s
	Limit    time.Duration // of an attempt; 0: derived from Response and Pace
	Parallel int           // scenarios at once, and fewer while the computer is late; 0: DefaultParallel
	Rounds   int           // how often each scenario is played; 0: once
	// Artifacts is the folder for the artifacts. Each scenario has a folder in it. Empty: no
	// artifacts are kept.
	Artifacts string
	// Repeat is the command that repeats one scenario, without the name of the scenario.
	Repeat string
	// Ended, if not nil, is called after every scenario, never twice at the same time.
	Ended func(r *Result)
	// SoFar, if not nil, is given the report as it would be if the run was interrupted now: at first, every two
	// seconds, and with the first failure, never twice at the same time. Who is killed has said it then.
	SoFar func(r *Report)
	// Captured, if not nil, is given a section of a capture for Wireshark for every scenario that
	// did not pass, never twice at the same time.
	Captured func(section []byte)
	// Told, if not nil, is given the story of every scenario that was played, never twice at the
	// same time.
	Told func(*retell.Story)
	// Watch, if not nil, is shown the meters.
	Watch Watcher
	// JudgedBy names this ionbench, for whoever compares reports.
	JudgedBy string
	// FailOnSkipped: a scenario that was not played counts as one that failed, unless it is Idle.
	FailOnSkipped bool
	// Witness is asked which revision the meter runs, before and after each attempt.
	Witness Witness
	// late is how late the computer is said to be; nil: it is measured. Tests of what programs do
	// wrong are run beside others.
	late *lateness
}

// Defaults of Options.
const (
	DefaultResponse = 10 * time.Second // documented for the public ION client
	DefaultParallel = 48               // a program waits most of the time; see seats
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
	if o.Parallel == 0 {
		o.Parallel = DefaultParallel
	}
	if o.Rounds == 0 {
		o.Rounds = 1
	}
	return o
}

// limit is the time limit of an attempt that is told: with a meter that takes its time it is more.
func (o *Options) limit() time.Duration {
	if o.Limit > 0 {
		return o.Limit
	}
	return usualLimit(o.Response)
}

// Result is what came of playing a scenario once.
type Result struct {
	Scenario Scenario
	Round    int    // counted from 1
	Again    bool   // it was played again and does not count
	Skipped  string // why it was not played; empty if it was
	// Idle: it was skipped because it cannot be about this program or its connection. Nothing is
	// missing then.
	Idle     bool
	Trouble  string // why there is no verdict; empty if there is one
	Attempts []*Execution
	Broken   []verdict.Violation // of all attempts
	Notes    []string
	Began    time.Time // zero: not known
	Took     time.Duration
	Folder   string        // of its artifacts; empty if they were not kept
	Story    bool          // one of them is the page of its story
	Repeat   string        // command that plays it again
	late     time.Duration // how late the computer was at most
}

// name is the scenario's name, with its round if there are several.
func (r *Result) name() string {
	name := r.Scenario.Name
	if r.Round > 1 {
		name += fmt.Sprintf(" (round %d)", r.Round)
	}
	if r.Again {
		name += " (does not count)"
	}
	return name
}

// Passed reports whether the scenario was played to its end and nothing was broken.
func (r *Result) Passed() bool { return r.Verdict() == "pass" }

// Report is the result of a suite.
type Report struct {
	Suite   string
	Target  Target
	Options Options
	Part    Part
	Results []*Result // of every scenario and round, in the order of the suite
	Began   time.Time // zero: not known
	Took    time.Duration
	// Interrupted: some scenarios were not played to their end.
	Interrupted bool
	Strays      int  // processes that hid from which program they came, and were killed at the end
	Escaped     bool // of these some could not be ended
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
	switch all := r.Scenarios(); {
	case r.Interrupted:
		return fmt.Sprintf("interrupted: %d of %d scenarios were played", all-r.Undecided()-skipped, all)
	case r.Undecided() > 0:
		return fmt.Sprintf("%d of %d scenarios were not played to their end", r.Undecided(), all)
	}
	return fmt.Sprintf("not one of the %d scenarios was played, so nothing is known about the program", r.Scenarios())
}

// count counts the scenarios with a verdict, which is the worst of their rounds.
func (r *Report) count(verdict string) (n int) {
	for _, v := range r.verdicts() {
		if v == verdict {
			n++
		}
	}
	return n
}

// Scenarios is how many scenarios the report has, however often they were played.
func (r *Report) Scenarios() int { return len(r.verdicts()) }

// verdicts are those of the scenarios, by name.
func (r *Report) verdicts() map[string]string {
	worst := map[string]string{}
	for _, s := range r.Results {
		if name := s.Scenario.Name; !s.Again {
			worst[name] = worse(worst[name], s.Verdict())
		}
	}
	return worst
}

// worse is the worse of two verdicts.
func worse(a, b string) string {
	order := []string{"", "pass", "skipped", "none", "no"}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
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
	defer guard(ctx)()
	strays, own := newStrays(), ownLimits()
	r := &Report{Suite: s.Name, Target: t, Options: o, Part: s.whole(), Began: time.Now()}
	out := &outing{kept: kept, late: o.late, estimate: newEstimate(&o), told: o.Ended, soFar: o.SoFar, saved: r.Began}
	ctxLate, enough := context.WithCancel(context.Background())
	var measuring sync.WaitGroup
	measuring.Go(func() { own.keep(ctxLate) })
	if out.late == nil {
		out.late = &lateness{}
		measuring.Go(func() { out.late.measure(ctxLate) })
	}
	err = r.playAll(ctx, s, out)
	r.playAgain(ctx, out)
	enough()
	measuring.Wait()
	if ctx.Value(alone{}) != nil {
		var all bool
		r.Strays, all = strays.end()
		r.Escaped = !all
	}
	if lowered := own.restore(); len(lowered) > 0 && err == nil {
		err = fmt.Errorf("%w: a program has lowered limits of this judge (%s), which only an administrator raises: nobody knows what else went wrong by that", errNoVerdict, strings.Join(lowered, ", "))
	}
	r.Took = time.Since(r.Began)
	return r, err
}

// outing is what the scenarios of one run share.
type outing struct {
	kept     *os.Root // folder for the artifacts; nil: none are kept
	late     *lateness
	seats    seats
	mu       sync.Mutex // guards all below
	estimate *estimate
	told     func(*Result)
	soFar    func(*Report)
	saved    time.Time // when soFar was called last
	failed   bool      // and a failure was among what it was given
}

// begins hands over a report of which nothing has ended: that of an earlier run is not this one's.
func (o *outing) begins(r *Report) {
	if o.soFar != nil {
		o.soFar(r)
	}
}

// ended hands over what has ended, and before it is told the report that has it.
func (o *outing) ended(r *Result, soFar func() *Report) {
	const often = 2 * time.Second
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.failed && r.Verdict() == "no"
	if o.soFar != nil && (first || time.Since(o.saved) >= often) {
		o.soFar(soFar())
		o.saved, o.failed = time.Now(), o.failed || first
	}
	if o.told != nil {
		o.told(r)
	}
}

// captured hands a section of a capture over, if there is one.
func (o *outing) captured(section []byte, to func([]byte)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if section != nil && to != nil {
		to(section)
	}
}

// retold hands the story of a scenario over, if somebody wants it.
func (o *outing) retold(p *player, r *Result, to func(*retell.Story)) {
	if to == nil || p.stand == nil {
		return
	}
	told, err := p.retold(r)
	if err != nil {
		r.note("its story cannot be told: %v", err)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	to(told)
}

// limit is the time limit of an attempt, and why that is too short for the scenario; empty if it is
// not.
func (o *outing) limit(s *Scenario, given time.Duration) (limit time.Duration, tooLong string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if given == 0 {
		return o.estimate.limit(s), ""
	}
	return given, o.estimate.tooLong(s, given)
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
	for _, name := range s.names() {
		for round := range o.Rounds {
			names = append(names, folderOf(name, round+1), folderOf(name, round+1)+again)
		}
	}
	if err := checkArtifacts(folder, names); err != nil {
		return nil, err
	}
	return os.OpenRoot(folder)
}

// playAll plays the scenarios, Options.Parallel at once. It returns an error if the first thing
// that went wrong shows that the program cannot be played with at all.
func (r *Report) playAll(ctx context.Context, s *Suite, o *outing) error {
	rounds, n := r.Options.Rounds, len(s.Scenarios)
	r.Results = make([]*Result, n*rounds)
	order := s.longestFirst(o.estimate)
	var mu sync.Mutex
	var first error
	soFar := func() *Report {
		mu.Lock()
		defer mu.Unlock()
		c := r.soFar()
		c.fill(s)
		return c
	}
	o.begins(soFar())
	_ = parallel.Each(ctx, r.Options.Parallel, len(r.Results), func(ctx context.Context, i int) error {
		scenario, round := order[i%n], i/n // every scenario once, then every one again
		leave, err := o.seats.take(ctx, func() bool { return o.late.calm(r.Options.Response) })
		if err != nil {
			return err
		}
		defer leave()
		result, err := r.playOne(ctx, &s.Scenarios[scenario], round+1, o, "")
		mu.Lock()
		r.Results[scenario*rounds+round] = result
		if first == nil {
			first = err
		}
		mu.Unlock()
		if result.doubtful(r.Options.Response) == "" {
			o.ended(result, soFar)
		}
		return nil
	})
	r.fill(s)
	played := slices.ContainsFunc(r.Results, func(s *Result) bool { return len(s.Attempts) > 0 })
	if !played && (errors.Is(first, ErrNotRun) || errors.Is(first, errors.ErrUnsupported)) {
		return first
	}
	return nil
}

// fill gives every scenario that was not played a result that says so.
func (r *Report) fill(s *Suite) {
	for i := range r.Results {
		if r.Results[i] == nil {
			c := &s.Scenarios[i/r.Options.Rounds]
			r.Results[i] = &Result{Scenario: *c, Round: i%r.Options.Rounds + 1, Trouble: interrupted, Repeat: r.repeat(c.Name)}
		}
		r.Interrupted = r.Interrupted || r.Results[i].Trouble == interrupted
	}
}

// soFar is what a run that is under way has. A failure that is in doubt is none yet.
func (r *Report) soFar() *Report {
	c := *r
	c.Results, c.Took = slices.Clone(r.Results), time.Since(r.Began)
	for i, s := range c.Results {
		if s != nil && !s.Again && s.Trouble == "" && s.doubtful(r.Options.Response) != "" {
			doubtful := *s
			doubtful.Trouble = interrupted
			c.Results[i], c.Interrupted = &doubtful, true
		}
	}
	return &c
}

// folderOf is the folder of a scenario's artifacts.
func folderOf(name string, round int) string {
	if round > 1 {
		name += fmt.Sprintf(".%d", round)
	}
	return name
}

// again ends the folder of a scenario that was played again because of a doubt.
const again = ".again"

// interrupted is the Trouble of a scenario that was not played to its end because ctx ended.
const interrupted = "it was interrupted"

// playOne plays a scenario. There is always a result; an error is also its Trouble. The name of
// its folder ends with ending.
func (r *Report) playOne(ctx context.Context, s *Scenario, round int, o *outing, ending string) (result *Result, err error) {
	own := s.fitted(&r.Target) // it is filled in as it is played, and other rounds may be under way
	s = &own
	result = &Result{Scenario: own, Round: round, Repeat: r.repeat(s.Name)}
	p := &player{target: &r.Target, options: &r.Options, scenario: s, folder: folderOf(s.Name, round) + ending}
	err = contained(func() error {
		result.Idle = s.idle(&r.Target)
		if result.Skipped = s.cannot(&r.Target); result.Skipped == "" {
			p.limit, result.Skipped = o.limit(s, r.Options.Limit)
		}
		return nil
	})
	if result.Skipped != "" {
		return result, nil
	}
	began := time.Now()
	var files *artifacts
	if err == nil {
		err = contained(func() (err error) {
			if o.kept != nil {
				if files, err = openArtifacts(o.kept, p.folder); err != nil {
					return err
				}
			}
			result.Broken, err = p.playIn(ctx)
			return err
		})
	}
	result.Attempts, result.Began, result.Took = p.attempts, began, time.Since(began)
	result.late = o.late.worst(began, time.Now())
	result.collect()
	if len(result.Broken) == 0 && len(p.attempts) > 0 {
		for _, a := range p.attempts {
			result.Skipped = cmp.Or(result.Skipped, a.missed())
		}
		result.Idle = slices.ContainsFunc(s.everyHarm(), func(h Harm) bool { return h.optional() })
	}
	switch {
	case err != nil:
		result.trouble(err.Error())
	case ctx.Err() != nil:
		result.trouble(interrupted)
	}
	section := p.capture(result)
	o.captured(section, r.Options.Captured)
	o.retold(p, result, r.Options.Told)
	result.tidy(p, files, section)
	return result, err
}

// tidy leaves the artifacts of a scenario and removes its folder.
func (r *Result) tidy(p *player, own *artifacts, section []byte) {
	if own != nil {
		r.Folder = own.path
		if err := contained(func() error { return own.leave(p, r, section) }); err != nil {
			r.note("its artifacts are not complete: %v", err)
		}
		own.close()
	}
	if err := p.place.remove(); err != nil {
		r.note("{dir} could not be removed: %v", err)
	}
}

// playIn makes the meter and the folder of a scenario and plays it.
func (p *player) playIn(ctx context.Context) (broken []verdict.Violation, err error) {
	if p.stand, err = newStand(p.scenario, p.options, p.target.calls()); err != nil {
		return nil, err
	}
	if p.place, err = newPlace(p.scenario.Name); err != nil {
		return nil, err
	}
	link, remove, err := newLink(p.target.Transport)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoVerdict, err)
	}
	defer remove()
	p.stand.link = link
	if p.target.Transport == rig.TCP {
		at, release := holdPort()
		defer release()
		p.stand.tcp = at
	}
	p.seat = p.watch(p.folder)
	defer p.seat.Leave()
	return p.play(ctx)
}

// trouble notes why a scenario was not played to its end. What was broken by then stays broken.
func (r *Result) trouble(why string) {
	if len(r.Broken) == 0 {
		r.Trouble = visible(why)
	} else {
		r.note("it was not played to its end: %s", why)
	}
}

func (r *Result) note(format string, args ...any) {
	r.Notes = append(r.Notes, visible(fmt.Sprintf(format, args...)))
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
