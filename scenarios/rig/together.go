package rig

import (
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
)

// Together runs attempts of which each but the first begins so long after the one before it as its
// Meanwhile says, whether that has ended or not (see world.World.Together). Each is judged when it
// ends; the outcomes are in the order of the attempts. What is done before the first is done
// before all. A single attempt is run as Try does.
//
// A tool on a line that another is on, too, is a further host there (bench.Station.Admit).
func (r *Rig) Together(attempts []world.Attempt) ([]*Outcome, error) {
	if len(attempts) == 1 {
		o, err := r.Try(&attempts[0])
		return []*Outcome{o}, err
	}
	if err := r.doBefore(&attempts[0]); err != nil {
		return nil, err
	}
	r.TurnTo(&attempts[0])
	g := group{first: r, with: r.gather(attempts), parties: make([]*party, len(attempts))}
	at := r.Now()
	for i := range attempts {
		at += attempts[i].Meanwhile
		g.parties[i] = &party{attempt: &attempts[i], at: at}
	}
	err := g.run()
	g.partAgain()
	var outcomes []*Outcome
	for _, p := range g.parties {
		outcomes = append(outcomes, p.outcome)
	}
	return outcomes, err
}

// group is attempts at work at the same time.
type group struct {
	first   *Rig
	with    *company
	parties []*party
}

// party is one of them. Its rig looks at its own tool and meter: each line has one bench, which
// is that of the first party on it.
type party struct {
	attempt *world.Attempt
	at      time.Duration // when it begins
	rig     *Rig          // nil: not begun
	host    *party        // the first on its line; nil: it is that itself
	outcome *Outcome      // nil: not ended
}

// working reports whether the attempt has begun and not ended.
func (p *party) working() bool { return p.rig != nil && p.outcome == nil }

// limit is when the attempt must have ended.
func (p *party) limit() time.Duration { return p.rig.before.At + p.rig.attempt.limit }

func (p *party) tool() *tool { return p.rig.bench.Host().(*tool) }

// run does whatever is next on any of the lines until all attempts have ended.
func (g *group) run() error {
	for {
		at, do := g.next()
		if do == nil {
			return nil
		}
		if err := do(at); err != nil {
			return err
		}
		for _, p := range g.parties {
			if p.working() && p.tool().Done() {
				p.end(true)
			}
		}
	}
}

// next is what happens next, and when; nil if all attempts have ended. Attempts begin before
// anything else happens at that time, and end by their limits after everything.
func (g *group) next() (at time.Duration, do func(at time.Duration) error) {
	earlier := func(t time.Duration, what func(time.Duration) error) {
		if do == nil || t < at {
			at, do = t, what
		}
	}
	working := false
	for _, p := range g.parties {
		if p.rig == nil {
			earlier(p.at, func(at time.Duration) error { return g.begin(p, at) })
		}
		working = working || p.outcome == nil
	}
	if !working {
		return 0, nil
	}
	for _, p := range g.parties {
		if p.rig == nil || p.host != nil {
			continue
		}
		if t, ok := p.rig.bench.Next(); ok {
			earlier(t, func(time.Duration) error { p.rig.bench.Step(); return nil })
		}
	}
	for _, p := range g.parties {
		if p.working() {
			earlier(p.limit(), func(at time.Duration) error { p.reach(at); p.end(false); return nil })
		}
	}
	return at, do
}

// begin begins an attempt.
func (g *group) begin(p *party, now time.Duration) error {
	line := g.first.lineOf(p.attempt)
	for _, other := range g.parties {
		if other.rig != nil && other.host == nil && g.first.lineOf(other.attempt) == line {
			p.host = other
		}
	}
	var err error
	switch {
	case p.host != nil:
		p.reach(now)
		p.rig, err = p.host.rig.beside(p.attempt, g.with)
	case line == g.first.lineOf(g.parties[0].attempt):
		p.rig = g.first
		p.rig.with = g.with
		err = p.rig.begin(p.attempt)
	default:
		p.rig = g.first.across(line, p.attempt, now)
		p.rig.with, p.rig.begun, p.rig.pcs = g.with, g.begun(), slices.Clone(g.with.pcs)
		p.rig.truth = g.with.owners[p.rig.asks].truth
		err = p.rig.begin(p.attempt)
	}
	if err != nil {
		return fmt.Errorf("at %v: %w", now, err)
	}
	return nil
}

// begun is how many attempts have begun so far.
func (g *group) begun() int {
	n := 0
	for _, p := range g.parties {
		if p.rig != nil {
			n = max(n, p.rig.begun)
		}
	}
	return n
}

// reach lets time pass on the line of an attempt until then; what is due before is done.
func (p *party) reach(then time.Duration) {
	of := p
	if p.host != nil {
		of = p.host
	}
	of.rig.bench.AdvanceTo(then)
}

// end ends an attempt, and judges it.
func (p *party) end(ended bool) {
	if p.host != nil {
		p.rig.bench = bench.New(p.host.rig.bench.Now(), p.rig.bench.Station(), p.rig.bench.Host())
	}
	p.outcome = p.rig.finish(ended, Bench)
	p.rig.calm() // what has not struck by now was to strike in this attempt
}

// lineOf is the place of the line of an attempt's meter.
func (r *Rig) lineOf(a *world.Attempt) int {
	if r.others == nil {
		return 0
	}
	return r.others.lineOf(r.world.PlaceOf(a))
}

// across is a rig on another line, with as much time passed there.
func (r *Rig) across(line int, a *world.Attempt, now time.Duration) *Rig {
	c := *r
	c.others, c.asked = r.others.clone(), nil
	c.others.lines[c.others.at].station = nil // the tool on that line has it
	s := c.others.lines[line].station
	c.others.lines[line].station, c.others.at = nil, line
	catchUp(s, now)
	c.bench = bench.New(now, s, new(nobody))
	c.seatFront(c.others, r.world.PlaceOf(a))
	return &c
}

// beside begins an attempt as a further host on the line of r.
func (r *Rig) beside(a *world.Attempt, with *company) (*Rig, error) {
	c := *r
	c.asked, c.with, c.pcs, c.truth = nil, with, slices.Clone(with.pcs), with.owners[r.asks].truth
	p, err := c.prepared(a)
	if err != nil {
		return nil, err
	}
	c.at = c.computerOf(a.PC)
	u, err := c.upgrader(p)
	if err != nil {
		return nil, err
	}
	t, s := new(tool), r.bench.Station()
	if c.seat, err = s.Admit(r.Now(), t); err != nil {
		return nil, err
	}
	c.furnish(t, u, p)
	c.bench = bench.New(r.Now(), s, t)
	r.begun++
	if err := s.SetPlanOf(r.Now(), c.seat, p.Plan); err != nil {
		return nil, err
	}
	t.begin(r.Now())
	s.Serve(r.Now(), c.seat)
	return &c, nil
}

// partAgain leaves the first rig as if it had done all by itself.
func (g *group) partAgain() {
	r, end := g.first, g.first.Now()
	for _, p := range g.parties {
		if p.rig != nil && p.host == nil {
			end = max(end, p.rig.Now())
		}
	}
	others := r.others.clone()
	for _, p := range g.parties {
		if p.rig == nil || p.host != nil {
			continue
		}
		p.reach(end)
		p.rig.bench.Station().Dismiss()
		if p.rig != r {
			on := &p.rig.others.lines[p.rig.others.at]
			others.lines[p.rig.others.at] = branch{on.name, p.rig.bench.Station(), on.front, on.seats}
		}
	}
	for meter, o := range g.with.owners {
		if meter == r.asks {
			r.truth, r.author = o.truth, o.author
		} else {
			others.owners[meter] = o
		}
	}
	r.others, r.pcs, r.begun, r.with, r.seat = others, g.with.pcs, g.begun(), nil, 0
	r.leave()
}
