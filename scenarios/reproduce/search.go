package reproduce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// maxImageBytes is the largest image that fits a meter.
const maxImageBytes = trial.MaxImageBytes

// DefaultTrials is the most trials of a search.
const DefaultTrials = 360

// Options of a search.
type Options struct {
	Trials int // at most; 0: DefaultTrials

	waits time.Duration // of the tool for an answer; 0: as the vendor's does
}

// Result is what a search has found.
type Result struct {
	Run     *LoggedRun
	Sizes   Sizes
	Remarks []Remark // on the file, and on what was assumed
	// Candidates are what may have happened, the likeliest first. Those that match come before
	// all others. If none matches, the first is the nearest.
	Candidates []*Candidate
	Trials     int
	// Untried is how many explanations were thought of and not tried, since the trials were used up;
	// 0 where a match was found.
	Untried int
	// Lost is how many lines the log lacks that the tool always writes. Untimed: it lacks when the run began or
	// ended, or which rate it had, so that times were not compared.
	Lost    int
	Untimed bool
	// Problem says why nothing could be tried; then there are no candidates.
	Problem error
	// Known is what the log's own lines say of how it ended, where no candidate matches.
	Known *Known

	scene  *scene
	played *mended
}

// matches reports whether a candidate gives every line that can be read.
func (r *Result) matches() bool { return len(r.Candidates) > 0 && r.Candidates[0].Match }

// Reproduced reports whether a candidate matches, and no line of the run was left out because it
// cannot be read, so that nobody knows what it says, or is taken otherwise than it stands.
func (r *Result) Reproduced() bool {
	return r.matches() && r.Run.Unread == 0 && r.Against() == ""
}

// Against says which line is not taken as it stands, and why: its number contradicts those of all others, its
// value cannot be read, or no meter has such a rate. Empty for none.
func (r *Result) Against() string {
	if r.played == nil || r.played.against == nil {
		return ""
	}
	return r.played.against.String()
}

// Candidate is a plan of faults and what came of it.
type Candidate struct {
	Plan       fault.Plan
	ImageBytes int
	// Match: the candidate's log is the same in every line and every stamp.
	Match   bool
	Matched int    // how many lines are the same, from the first on
	Differs string // the first line that differs, and how
	Meaning string // what happened, in plain words
	Tell    string // how to tell it from the others that match
	Log     []byte // of the candidate
	Display string // of the meter afterwards
	State   string // of the meter afterwards
	// Left is how the meter is a minute later, and what to do now; known of a match.
	Left Left

	of     *played
	called *scene // of a meter that is called; nil for the scene of all others
}

// sceneOf is the scene in which a candidate was played.
func (r *Result) sceneOf(c *Candidate) *scene {
	if c.called != nil {
		return c.called
	}
	return r.scene
}

// Search looks for plans whose run on the bench gives the log of r. If ctx ends, it returns
// what it has found so far.
func Search(ctx context.Context, r *LoggedRun, o Options) *Result {
	if o.Trials == 0 {
		o.Trials = DefaultTrials
	}
	state := upgradelog.EnteredDownloadState
	result, unsure := searchAs(ctx, r, o, state)
	if o.Trials -= result.Trials; unsure && o.Trials > 0 {
		other, _ := searchAs(ctx, r, o, upgradelog.AlreadyInDownloadState)
		o.Trials -= other.Trials
		if !result.Reproduced() && other.Reproduced() || other.Reproduced() && costOf(other.Candidates[0].Plan) < costOf(result.Candidates[0].Plan) {
			result, state = other, upgradelog.AlreadyInDownloadState
		}
	}
	result.byTelephone(ctx, state, min(o.Trials, trialsByTelephone))
	result = result.byTimeout(ctx, r, state)
	if !result.matches() && !r.Mixed {
		result.Known = knownOf(r)
	}
	return result
}

// trialsByTelephone is the most trials with a meter that is called.
const trialsByTelephone = 60

// byTelephone looks once more, as if the meter had been called. No log tells that it was, but for the
// time that everything takes.
func (r *Result) byTelephone(ctx context.Context, state upgradelog.Kind, trials int) {
	if trials <= 0 || r.Problem != nil || !slices.ContainsFunc(r.played.Entries, func(e upgradelog.Entry) bool {
		return e.Kind == upgradelog.Resending || e.Kind == upgradelog.Retrying
	}) {
		return
	}
	m, err := mend(r.Run, state)
	if err != nil {
		return
	}
	w, err := sceneOf(m.LoggedRun, true, 0)
	if err != nil {
		return // a meter without a modem
	}
	s := newSearch(ctx, w, m, trials)
	s.explain()
	called := &Result{Run: r.Run}
	s.result(called)
	r.Trials += trials - s.left
	w.forget()
	r.beside(called, w)
}

// trialsByTimeout is the most trials with another time-out.
const trialsByTimeout = 80

// otherTimeouts are those that people give a tool that takes one, the likelier first.
func otherTimeouts() []time.Duration {
	return []time.Duration{5 * time.Second, 2 * time.Second, 20 * time.Second, 3 * time.Second, 15 * time.Second, 30 * time.Second, time.Second}
}

// byTimeout looks once more for what gives a log, as if its tool had waited a longer or shorter time for each
// answer, where all its lines are explained and their times are not. A log does not tell that time.
func (r *Result) byTimeout(ctx context.Context, run *LoggedRun, state upgradelog.Kind) *Result {
	if r.matches() || r.Problem != nil || r.Untimed || len(r.Candidates) == 0 || r.Candidates[0].of.differs {
		return r
	}
	late, trials := r.Candidates[0].of.late, r.Trials
	if !slices.ContainsFunc(run.Entries, func(e upgradelog.Entry) bool {
		return e.Kind == upgradelog.Resending || e.Kind == upgradelog.Retrying
	}) {
		return r
	}
	for _, waits := range otherTimeouts() {
		if longer := waits > client.DefaultTiming().Response; longer != (late > 0) {
			continue
		}
		other, _ := searchAs(ctx, run, Options{Trials: trialsByTimeout, waits: waits}, state)
		trials += other.Trials
		if other.matches() && plainly(other.Candidates[0].Plan) {
			other.Trials = trials
			other.Remarks = append(other.Remarks, Remark{0, fmt.Sprintf("nothing was found that gives its times with a tool that waits %v for an answer, as the vendor's does: these plans are for one that waits %v, as ionup --timeout %v does", client.DefaultTiming().Response, waits, waits)})
			return other
		}
	}
	r.Trials = trials
	return r
}

// plainly reports whether one thing went wrong, and else time passed at most: with more, any time-out fits.
func plainly(p fault.Plan) bool {
	wrong := 0
	for _, f := range p {
		if about(f).family != pausing {
			wrong++
		}
	}
	return wrong <= 1
}

// byPhone is how much more far-fetched it is that a meter is called than that it is not.
const byPhone = 2

// likelihood orders candidates that match.
func (c *Candidate) likelihood() int {
	if c.called != nil {
		return costOf(c.Plan) + byPhone
	}
	return costOf(c.Plan)
}

// beside puts what matches by telephone among what else does, and replaces what only comes near.
func (r *Result) beside(called *Result, w *scene) {
	var list []*Candidate
	for _, c := range called.Candidates {
		if r.matches() && len(c.Plan) > len(r.Candidates[0].Plan)+1 {
			continue // far-fetched beside what gives the log without a call
		}
		if c.Match && slices.ContainsFunc(c.Plan, func(f fault.Fault) bool { return f.Kind.ByPhone() }) {
			c.called = w
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	r.Untried = 0
	r.Candidates = append(slices.DeleteFunc(r.Candidates, func(c *Candidate) bool { return !c.Match }), list...)
	slices.SortStableFunc(r.Candidates, func(a, b *Candidate) int { return a.likelihood() - b.likelihood() })
	tellApart(r.Candidates)
}

// searchAs is Search, with the meter's first state in this line where the log's is lost; unsure says
// that it is.
func searchAs(ctx context.Context, r *LoggedRun, o Options, state upgradelog.Kind) (result *Result, unsure bool) {
	result = &Result{Run: r, Sizes: sizesOf(r), Remarks: r.Remarks}
	m, err := mend(r, state)
	if err != nil {
		result.Problem = err
		return result, false
	}
	result.played = m
	result.Sizes, result.Lost, result.Untimed = sizesOf(m.LoggedRun), m.lost, m.untimed
	result.Remarks = append(slices.Clip(result.Remarks), m.remarks...)
	w, err := sceneOf(m.LoggedRun, false, o.waits)
	if err != nil {
		result.Problem = err
		return result, false
	}
	result.scene = w
	result.Remarks = append(result.Remarks, w.remarks...)
	s := newSearch(ctx, w, m, o.Trials)
	s.explain()
	s.result(result)
	result.Trials = o.Trials - s.left
	if len(s.matches) == 0 {
		result.Untried = len(s.queue) + len(s.jumps)
	}
	w.forget()
	return result, m.unsure
}

func newSearch(ctx context.Context, w *scene, m *mended, trials int) *search {
	return &search{ctx: ctx, scene: w, run: m, sizes: sizesOf(m.LoggedRun), left: trials, most: trials * requestsEach, seen: make(map[string]bool), recast: make(map[fault.Kind]bool)}
}

// search is a search at work.
type search struct {
	ctx   context.Context
	scene *scene
	run   *mended
	sizes Sizes
	block time.Duration // time that a block takes
	left  int           // trials that are left
	work  int           // requests that the trials have sent
	most  int           // requests that they may send

	queue   []queued
	jumps   []hypothesis // to be tried when nothing else is left
	seen    map[string]bool
	recast  map[fault.Kind]bool // whose other causes were tried for their times
	matches []*played
	nearest *played
	order   int
}

// queued is a hypothesis that waits to be tried.
type queued struct {
	hypothesis
	reached int // lines by which it is put in order
	before  int // lines that were right in the trial before
	cost    int
	order   int
}

// compare orders hypotheses: first those that explain more of the log, then the likelier ones.
func (a queued) compare(b queued) int {
	switch {
	case a.reached != b.reached:
		return b.reached - a.reached
	case a.cost != b.cost:
		return a.cost - b.cost
	}
	return a.order - b.order
}

func (s *search) explain() {
	reserve := s.left/3 + forClocks // for what else gives the log
	s.push(hypothesis{bytes: s.guessBytes()}, 0, 0)
	if s.scene.called && s.tooQuick() {
		return
	}
	for len(s.queue) > 0 && len(s.matches) == 0 && (s.nearest == nil || s.left > reserve && s.work < s.most*s.share()/6) && s.left > 0 && s.ctx.Err() == nil {
		s.pursue(s.pop())
	}
	s.lastly()
	if len(s.matches) > 0 {
		s.simpler()
		s.others()
		s.pauses()
	}
}

// share is how many sixths of the requests may be sent until there is a match: more where only the end's
// time is wrong.
func (s *search) share() int {
	const most, others = 5, 4
	if s.nearest != nil && !s.nearest.differs {
		return most
	}
	return others
}

// requestsEach is how many requests a trial may send on average: where those of large images have sent
// more, no other is begun.
const requestsEach = 60

// forClocks is how many trials are left for what lastly explains.
const forClocks = 12

// lastly tries what a PC that slept or a jump of its clock explains, if nothing else does: they
// explain any stamp, and are seldom what went wrong.
func (s *search) lastly() {
	slices.SortStableFunc(s.jumps, func(a, b hypothesis) int { return costOf(a.plan) - costOf(b.plan) })
	for len(s.jumps) > 0 && len(s.matches) == 0 && s.left > 0 {
		h := s.jumps[0]
		s.jumps = s.jumps[1:]
		if p := s.try(h); p != nil && !p.exact() && !p.differs {
			s.tune(p)
		}
	}
}

// pursue tries a hypothesis and queues those that follow from the result. Those that follow from one
// that explains no more than the one before it come last.
func (s *search) pursue(q queued) {
	p := s.try(q.hypothesis)
	if p == nil || p.exact() {
		return
	}
	p.first = false
	next, reached := s.tune, p.matched
	if p.differs {
		next = s.propose
		if len(p.plan) > 1 && p.matched <= q.before {
			reached = 0
		}
	}
	const nearly = 3 // lines that are not explained
	record := p == s.nearest && len(s.run.Entries)-p.matched <= nearly
	for _, h := range next(p) {
		h.first = h.first || record
		s.push(h, reached, p.matched)
	}
}

// simpler tries further hypotheses that are no more far-fetched than the match.
func (s *search) simpler() {
	const most, about = 24, 3
	for range most {
		s.queue = slices.DeleteFunc(s.queue, func(q queued) bool { return q.cost > s.cheapest()+about })
		if len(s.queue) == 0 {
			return
		}
		s.pursue(s.pop())
	}
}

// cheapest is the cost of the likeliest match.
func (s *search) cheapest() int { return costOf(s.likeliest().plan) }

func (s *search) likeliest() *played {
	return slices.MinFunc(s.matches, func(a, b *played) int { return costOf(a.plan) - costOf(b.plan) })
}

// others tries the same plan with other causes that leave the same marks.
func (s *search) others() {
	const most, simple = 90, 2
	found := s.likeliest().hypothesis
	if len(found.plan) > simple {
		return
	}
	for i, h := range variants(found) {
		if i == most {
			return
		}
		if k := key(h); !s.seen[k] {
			s.seen[k] = true
			h.settled = true
			s.resized(h)
		}
	}
}

// pauses tries what takes time and leaves no line, with a smaller image, if nothing need have gone
// wrong.
func (s *search) pauses() {
	found := s.likeliest()
	if len(found.plan) > 0 {
		return
	}
	m, ok := found.halfway()
	if !ok {
		return
	}
	for c := unknown + 1; c < causeCount; c++ {
		if f, ok := c.pause(found.atReply(m), found.trigger(m)); ok {
			h := found.hypothesis
			h.plan = fault.Plan{f}
			s.resized(h)
		}
	}
}

// resized tries a hypothesis, and again with other sizes of the image, or at another moment within the same
// request, until the end comes when it should.
func (s *search) resized(h hypothesis) {
	const most = 4
	for range most {
		p := s.try(h)
		if p == nil || p.exact() || p.differs {
			return
		}
		t := tuner{search: s, of: p, missing: time.Duration(p.late) * time.Second}
		if t.resize(); len(t.next) == 0 {
			t.strikeInside()
		}
		if len(t.next) == 0 {
			return
		}
		h = t.next[0]
		h.settled = true
	}
}

// guessBytes is the image size with which the search begins.
func (s *search) guessBytes() int {
	const few, twice = 20, 2
	p, _, err := s.scene.play(hypothesis{bytes: twice * ion.BlockBytes}, nil)
	if err != nil {
		return s.sizes.nearest(few) * ion.BlockBytes
	}
	s.block = p.blockTime()
	blocks := few
	refused, _ := refusedBlock(s.run.Entries)
	switch n, ok := s.blocksByTime(p); {
	case ok && refused > 0 && n >= s.sizes.Min && n <= s.sizes.Max:
		blocks = n // that was measured on the downloads before it
	case s.sizes.Known() && s.percent() < 100:
		blocks = (s.sizes.Min + s.sizes.Max) / 2
	case ok:
		blocks = n
	}
	return min(s.sizes.nearest(blocks)*ion.BlockBytes, maxImageBytes)
}

// tooQuick reports whether the run took less time than its blocks take by telephone.
func (s *search) tooQuick() bool {
	begun, _ := s.run.Begun()
	ended, ok := s.run.Ended()
	if !ok || s.run.untimed {
		return false
	}
	blocks := 0
	for _, e := range s.run.Entries {
		if e.Kind == upgradelog.Resending || e.Kind == upgradelog.Aborting {
			blocks = max(blocks, e.Total-e.Number)
		}
	}
	return time.Duration(blocks)*s.block > ended.Sub(begun)
}

// blocksByTime is how many blocks fit the time between the stamps, by a run without faults.
func (s *search) blocksByTime(p *played) (int, bool) {
	begun, _ := s.run.Begun()
	ended, ok := s.run.Ended()
	proceeding := slices.IndexFunc(p.lines, func(l upgradelog.Line) bool { return l.Kind == upgradelog.Proceeding })
	passes, images, blocks := s.downloads()
	if !ok || s.run.untimed || proceeding < 1 || s.block == 0 || images == 0 {
		return 0, false
	}
	clear := p.at[proceeding] - p.at[max(0, proceeding-2)]
	passed := ended.Sub(begun) - p.at[proceeding] - time.Duration(passes-1)*clear - time.Duration(blocks)*s.block
	restart := p.between(upgradelog.Verified, upgradelog.Restarted)
	for _, e := range s.run.Entries {
		switch e.Kind {
		case upgradelog.Resending, upgradelog.Aborting:
			passed -= s.scene.waits() + s.block
		case upgradelog.Retrying:
			passed -= s.scene.waits()
		case upgradelog.Verified:
			passed -= restart
		}
	}
	return max(1, int(float64(passed)/float64(s.block)/images)), true
}

// between is the time between two lines; 0 if there is one of them not.
func (p *played) between(a, b upgradelog.Kind) time.Duration {
	of := func(k upgradelog.Kind) int {
		return slices.IndexFunc(p.lines, func(l upgradelog.Line) bool { return l.Kind == k })
	}
	if from, to := of(a), of(b); from >= 0 && to >= 0 {
		return p.at[to] - p.at[from]
	}
	return 0
}

// downloads is how often the download began, and how many images were sent in all of them: a part of
// one where it ended before; and how many blocks beside these, where the log has their number.
func (s *search) downloads() (passes int, images float64, blocks int) {
	const behind = 5 // half the way to the next percentage
	percent, refused := 0, blockRefused(s.run.Entries)
	for i, e := range s.run.Entries {
		switch e.Kind {
		case upgradelog.Proceeding:
			passes, percent = passes+1, 0
		case upgradelog.Completed:
			percent = e.Number
		}
		last := i == len(s.run.Entries)-1
		if last && refused > 0 {
			return passes, images, refused - 1
		}
		if last || s.run.Entries[i+1].Kind == upgradelog.Proceeding {
			if percent > 0 {
				images += float64(min(100, percent+behind)) / 100
			}
			percent = 0
		}
	}
	return passes, images, 0
}

// blockRefused is the block that was refused last; 0: none.
func blockRefused(lines []upgradelog.Entry) int {
	for _, e := range lines {
		said, _ := client.ParseRefusal(e.Text)
		var refusal *client.RefusalError
		if e.Kind == upgradelog.Refused && errors.As(said, &refusal) {
			return int(refusal.Block)
		}
	}
	return 0
}

// percent is the last percentage in the log.
func (s *search) percent() int {
	percent := 0
	for _, e := range s.run.Entries {
		if e.Kind == upgradelog.Completed {
			percent = e.Number
		}
	}
	return percent
}

func key(h hypothesis) string {
	return fmt.Sprintf("%s|%d|%d", strings.ReplaceAll(h.plan.String(), "\n", ";"), h.bytes, h.lead)
}

// push queues a hypothesis, unless it was tried or queued before.
func (s *search) push(h hypothesis, reached, before int) {
	if k := key(h); !s.seen[k] {
		s.seen[k] = true
		s.order++
		if h.first {
			reached += len(s.run.Entries)
		}
		s.queue = append(s.queue, queued{h, reached, before, costOf(h.plan), s.order})
	}
}

func (s *search) pop() queued {
	best := 0
	for i := range s.queue {
		if s.queue[i].compare(s.queue[best]) < 0 {
			best = i
		}
	}
	q := s.queue[best]
	s.queue = slices.Delete(s.queue, best, best+1)
	return q
}

// try plays a hypothesis, if a trial is left. If its last line comes one second early, it is
// tried again with a later beginning within the second.
func (s *search) try(h hypothesis) *played {
	if s.left == 0 || s.work > s.most || s.ctx.Err() != nil {
		return nil
	}
	s.left--
	p, sent, err := s.scene.play(h, s.run)
	s.work += sent
	if err != nil {
		return nil // a plan that cannot be played
	}
	if p.late == 1 && !p.differs && h.lead == 0 {
		h.lead = lateInSecond
		if later := s.try(h); later != nil && later.exact() {
			return later
		}
	}
	if p.exact() && len(p.outcome.Unstruck) == 0 {
		s.matches = append(s.matches, p)
	}
	if s.nearest == nil || nearer(p, s.nearest) {
		s.nearest = p
	}
	return p
}

// nearer orders trials: more right lines, then a nearer end, then the likelier plan.
func nearer(a, b *played) bool {
	if a.matched != b.matched {
		return a.matched > b.matched
	}
	if x, y := max(a.late, -a.late), max(b.late, -b.late); x != y {
		return x < y
	}
	return costOf(a.plan) < costOf(b.plan)
}

// result puts what was found in order.
func (s *search) result(r *Result) {
	slices.SortStableFunc(s.matches, func(a, b *played) int { return costOf(a.plan) - costOf(b.plan) })
	s.matches = slices.CompactFunc(s.matches, func(a, b *played) bool { return key(a.hypothesis) == key(b.hypothesis) })
	s.matches = onceEachEnd(s.matches)
	const most = 40
	for _, p := range s.matches {
		if c := s.candidate(p); len(r.Candidates) < most && !told(r.Candidates, c) {
			r.Candidates = append(r.Candidates, c)
		}
	}
	if len(s.matches) > 0 {
		if n := s.matches[0].beyond; n > 0 {
			r.Lost += n
			addRemark(&r.Remarks, s.run.Last, fmt.Sprintf("the log is cut within lines that the tool writes at once: of them %d are missing behind this one", n))
		}
		tellApart(r.Candidates)
		return
	}
	if s.nearest != nil {
		r.Candidates = append(r.Candidates, s.candidate(s.nearest))
	}
}

// told reports whether candidates say the same already, or often enough that it was such a fault.
func told(list []*Candidate, c *Candidate) bool {
	const often = 3
	alike := 0
	for _, o := range list {
		if o.Meaning == c.Meaning {
			return true
		}
		if slices.EqualFunc(o.Plan, c.Plan, func(a, b fault.Fault) bool { return a.Kind == b.Kind }) {
			alike++
		}
	}
	return alike >= often
}

// onceEachEnd leaves out ends of the tool that leave the meter as another one does.
func onceEachEnd(list []*played) []*played {
	var seen [WaitsWhole + 1]bool
	return slices.DeleteFunc(list, func(p *played) bool {
		if len(p.plan) != 1 || causeOf(p.plan[0].Kind) != killed {
			return false
		}
		was := seen[p.left.Condition]
		seen[p.left.Condition] = true
		return was
	})
}

func (s *search) candidate(p *played) *Candidate {
	c := &Candidate{
		Plan: p.plan, ImageBytes: p.bytes, Match: p.exact(), Matched: p.matched,
		Meaning: s.meaning(p), Differs: s.difference(p), Left: p.left, of: p,
	}
	c.Left.worn = s.run.gaveUpTheChip()
	if p.late != 0 && !p.differs {
		c.Matched-- // the stamp of the last line is wrong
	}
	for _, l := range p.lines {
		c.Log = upgradelog.Append(c.Log, l)
	}
	if p.outcome != nil {
		c.Display, c.State = p.outcome.Meter.LCD, p.outcome.Meter.State.String()
	}
	return c
}

// difference names the first line that differs from the log, and how; empty if none does.
func (s *search) difference(p *played) string {
	want := s.run.Entries
	switch {
	case !p.differs && p.late == 0:
		return ""
	case !p.differs:
		return fmt.Sprintf("line %d: the end comes %d seconds %s", want[len(want)-1].At, max(p.late, -p.late), pick(p.late > 0, "too early", "too late"))
	case p.matched < len(want) && want[p.matched].At == 0:
		return fmt.Sprintf("%q, which must have stood before line %d, where the trial has %s", want[p.matched].String(), nextLine(want[p.matched:]), lineOrEnd(p))
	case p.right() >= len(p.lines):
		return fmt.Sprintf("line %d: %q, where the trial has ended", want[p.matched].At, want[p.matched].String())
	case p.matched >= len(want):
		return fmt.Sprintf("after line %d: the log has ended, where the trial has %q", want[len(want)-1].At, p.lines[p.right()].String())
	}
	return fmt.Sprintf("line %d: %q, where the trial has %q", want[p.matched].At, want[p.matched].String(), p.lines[p.matched].String())
}

// nextLine is the line of the file that the first of these has, or the next one that was not put in.
func nextLine(entries []upgradelog.Entry) int {
	for _, e := range entries {
		if e.At > 0 {
			return e.At
		}
	}
	return 0
}

// lineOrEnd is what a trial has where the log's lines differ.
func lineOrEnd(p *played) string {
	if p.matched >= len(p.lines) {
		return "ended"
	}
	return strconv.Quote(p.lines[p.matched].String())
}

func pick(yes bool, word, other string) string {
	if yes {
		return word
	}
	return other
}
