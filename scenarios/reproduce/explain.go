package reproduce

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// String returns the sizes in words.
func (s *Sizes) String() string {
	switch {
	case s.Headless:
		return "its size is not known: the beginning of its download is not there"
	case s.Hidden < 0 && s.Against == 0:
		return "no size gives these counts and percentages"
	case s.Hidden < 0:
		return fmt.Sprintf("no size gives all these counts and percentages: line %d contradicts those before it", s.Against)
	case !s.Known():
		return fmt.Sprintf("%d to %d blocks: its counts tell no more", s.Min, s.Max)
	case s.Min == s.Max:
		return fmt.Sprintf("%d blocks", s.Min)
	}
	return fmt.Sprintf("%d to %d blocks", s.Min, s.Max)
}

// of returns " of 439 to 486", if the log tells the size.
func (s *Sizes) of() string {
	if !s.Known() {
		return ""
	}
	return " of " + strings.TrimSuffix(s.String(), " blocks")
}

// meaning is what happened, in plain words.
func (s *search) meaning(p *played) string {
	switch {
	case len(p.plan) == 0 && !p.exact():
		return "No fault that was tried comes nearer than a run without one."
	case len(p.plan) == 0:
		return s.nothing() + s.hidden(p)
	}
	var parts []string
	for _, f := range p.plan {
		words := about(f).says + s.place(p, f) + lastsFor(f)
		parts = append(parts, strings.ToUpper(words[:1])+words[1:]+".")
	}
	if scattered(p.plan) {
		parts = append(parts, "Answers that are lost here and there are what noise on the line makes of them.")
	}
	return strings.Join(parts, " ")
}

// nothing says that nothing went wrong, as far as the lines tell that are there.
func (s *search) nothing() string {
	if s.run.lost > 0 {
		return "Nothing went wrong that left one of the lines that are there; what is missing may tell of something."
	}
	return "Nothing went wrong that left a line."
}

// hidden says what a log that does not tell the image's size may hide.
func (s *search) hidden(p *played) string {
	fewer := ion.Blocks(p.bytes) - s.sizes.Min
	if s.run.untimed || s.sizes.Min == s.sizes.Max || fewer <= 0 || s.block == 0 {
		return ""
	}
	return fmt.Sprintf(" It does not tell the size of the image: one of %d %s, and pauses of %v in all, would give the same lines.",
		s.sizes.Min, pick(s.sizes.Min == 1, "block", "blocks"), (time.Duration(fewer) * s.block).Round(time.Second))
}

// scattered reports whether the line fails again and again and always comes back.
func scattered(p fault.Plan) bool {
	const several = 3
	n := 0
	for _, f := range p {
		if f.Duration.NoResponses > 0 || causeOf(f.Kind) == answerLost {
			n++
		}
	}
	return n >= several
}

// place is where in the upgrade a fault struck.
func (s *search) place(p *played, f fault.Fault) string {
	t := f.Trigger
	m, known := p.markAt(t)
	if known && m.block > 0 && (!counted(f) || !p.toldOf()) {
		return p.about(m)
	}
	switch t.Unit {
	case fault.AtBlock:
		if t.First == 1 {
			return " before block 1" + onward(t)
		}
		return fmt.Sprintf(" after block %d%s", t.First-1, s.sizes.of()) + onward(t)
	case fault.AtState:
		return " while the meter was " + t.State.String()
	case fault.AtFlashOp:
		return fmt.Sprintf(" at operation %d of the flash", t.First)
	case fault.AtTime, fault.AtReply:
		if known && m.block > 0 {
			return fmt.Sprintf(" at block %d%s", m.block, s.sizes.of()) + again(m)
		} else if known {
			return fmt.Sprintf(" at the step %q", m.step)
		}
		return " " + fault.FormatTime(time.Duration(t.First)) + " after the beginning"
	}
	if f.Parameters.Address != 0 {
		return fmt.Sprintf(" at address 0x%06x", f.Parameters.Address)
	}
	return ""
}

// onward says that a fault strikes again and again.
func onward(t fault.Trigger) string {
	if t.Every == 0 {
		return ""
	}
	return fmt.Sprintf(", and again every %d blocks,", t.Every)
}

// counted reports whether the log's counts or stamps tell the fault's block.
func counted(f fault.Fault) bool {
	c := causeOf(f.Kind)
	family := about(f).family
	return family == dead || family == anew || family == spoilt || family == unreached || c == carrierLost || c == retraining || c == answerLate || c == aborted || c == connectionReset
}

// toldOf reports whether a line says that something went wrong: without one no count tells where.
func (p *played) toldOf() bool {
	return slices.ContainsFunc(p.lines, func(l upgradelog.Line) bool {
		switch l.Kind {
		case upgradelog.Resending, upgradelog.Aborting, upgradelog.Retrying, upgradelog.GivingUp, upgradelog.Refused, upgradelog.AbortedByUser:
			return true
		}
		return false
	})
}

// about is a place in the download that the log tells only by its percentages.
func (p *played) about(m mark) string {
	percent := 0
	for _, l := range p.lines[:m.lines] {
		switch l.Kind {
		case upgradelog.Proceeding:
			percent = 0
		case upgradelog.Completed:
			percent = l.Number
		}
	}
	return fmt.Sprintf(" between %d%% and %d%%, such as at block %d of %d", percent, min(percent+10, 100), m.block, ion.Blocks(p.bytes)) + again(m)
}

func again(m mark) string {
	if m.pass <= 1 {
		return ""
	}
	return fmt.Sprintf(", in download %d", m.pass)
}

// markAt is the request that was being sent at a trigger.
func (p *played) markAt(t fault.Trigger) (found mark, ok bool) {
	switch t.Unit {
	case fault.AtBlock:
		i := slices.IndexFunc(p.marks, func(m mark) bool { return m.block == int(t.First) })
		if i < 0 {
			i = len(p.marks) - 1 // a tool that is killed never sends the next one
			if i < 0 {
				return mark{}, false
			}
		}
		return p.marks[i], true
	case fault.AtTime, fault.AtReply, fault.AtFlashOp:
	default:
		return mark{}, false
	}
	for _, m := range p.marks {
		after := m.at > time.Duration(t.First)
		switch t.Unit {
		case fault.AtReply:
			after = m.replies >= t.First
		case fault.AtFlashOp:
			after = m.ops >= t.First
		}
		// A fault at a time in milliseconds strikes just before its request.
		if after && (t.Unit != fault.AtTime || m.at-time.Duration(t.First) > time.Millisecond) {
			break
		}
		found, ok = m, true
	}
	return found, ok
}

func lastsFor(f fault.Fault) string {
	switch d := f.Duration; {
	case about(f).lasts != stays:
		return ""
	case d.NoResponses == 1:
		return " until one answer was missing, and came back"
	case d.NoResponses > 1:
		return fmt.Sprintf(" until %d answers were missing, and came back", d.NoResponses)
	case d.Time != 0 && d.Time < longSleep:
		return " for " + fault.FormatTime(d.Time)
	}
	return " and stayed so"
}

// tellApart says how to find out which of several candidates with the same log it was, or whether it was the
// only one that was found.
func tellApart(list []*Candidate) {
	for _, c := range list {
		var ways []string
		for _, f := range c.Plan {
			if tell := tellOf(f); tell != "" && !slices.Contains(ways, tell) {
				ways = append(ways, tell)
			}
		}
		c.Tell = strings.Join(ways, "; ")
	}
}
