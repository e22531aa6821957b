package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Part says which part of a suite was chosen. The zero value is all of it.
type Part struct {
	Whole  []string // the names of all scenarios of the suite
	Only   bool     // some were named
	Chosen []string // of all shards together
	Shard  Shard
}

// Shard is one of several parts of a suite that together have every scenario once. The zero value
// is no shard.
type Shard struct{ I, Of int } // I is counted from 1

// ParseShard reads a shard such as 2/3.
func ParseShard(text string) (Shard, error) {
	i, of, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(i)
	all, err2 := strconv.Atoi(of)
	const most = 1000
	if err != nil || err2 != nil || n < 1 || all < n || all > most {
		return Shard{}, fmt.Errorf("%q is no shard: write I/N, such as 1/3 for the first of three", text)
	}
	return Shard{n, all}, nil
}

// String is the shard as ParseShard reads it; empty for none.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.Of)
}

// names are the names of the scenarios.
func (s *Suite) names() []string {
	var names []string
	for i := range s.Scenarios {
		names = append(names, s.Scenarios[i].Name)
	}
	return names
}

// whole is the part that a suite is.
func (s *Suite) whole() Part {
	p := s.Part
	if p.Whole == nil {
		p.Whole = s.names()
		p.Chosen = p.Whole
	}
	return p
}

// InShard returns the scenarios of one shard. All shards take about the same time with a program
// that waits for an answer as long as response says, and so all must be told the same.
func (s *Suite) InShard(shard Shard, response time.Duration) *Suite {
	if shard.Of == 0 {
		return s
	}
	e := newEstimate(&Options{Response: response})
	order := make([]int, len(s.Scenarios)) // the longest first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(e.scenario(&s.Scenarios[b]), e.scenario(&s.Scenarios[a]))
	})
	taken := make([]time.Duration, shard.Of)
	mine := map[int]bool{}
	for _, i := range order {
		least := slices.Index(taken, slices.Min(taken))
		taken[least] += e.scenario(&s.Scenarios[i])
		mine[i] = least == shard.I-1
	}
	part := &Suite{Name: s.Name, Part: s.whole()}
	part.Part.Shard = shard
	for i := range s.Scenarios {
		if mine[i] {
			part.Scenarios = append(part.Scenarios, s.Scenarios[i])
		}
	}
	return part
}

// Partial says in words of one piece each in what way the report is not one of every scenario of
// the suite; empty if it is.
func (r *Report) Partial() []string {
	var why []string
	if r.Part.Only {
		why = append(why, "only")
	}
	if s := r.Part.Shard; s.Of > 1 {
		why = append(why, "shard-"+s.String())
	}
	if r.amiss() > 0 {
		why = append(why, "skipped")
	}
	switch {
	case r.Interrupted:
		why = append(why, "interrupted")
	case r.Undecided() > 0:
		why = append(why, "undecided")
	}
	return why
}

// LastLine is the report in one line, for programs. What a complete report does not have stands
// at its end.
func (r *Report) LastLine() string {
	passed, failed, skipped := r.Counts()
	line := fmt.Sprintf("scenarios=%d passed=%d failed=%d skipped=%d seconds=%.1f", r.Scenarios(), passed, failed, skipped, r.Took.Seconds())
	if n := r.Undecided(); n > 0 {
		line += fmt.Sprintf(" undecided=%d", n)
	}
	if r.Options.Rounds > 1 {
		line += fmt.Sprintf(" rounds=%d", r.Options.Rounds)
	}
	if why := r.Partial(); len(why) > 0 {
		line += fmt.Sprintf(" partial=%s suite=%d", strings.Join(why, ","), len(r.Part.Whole))
	}
	return line
}
