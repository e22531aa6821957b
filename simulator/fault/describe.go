package fault

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Description is all there is to know about a kind, for listings.
type Description struct {
	Kind       Kind
	Place      Place
	Field      string   // what it stands for in the field, in a line
	Syntax     string   // how it is said
	Triggers   []string // what can trigger it
	Parameters []string // what refines it, such as `rate R`
	Example    string   // a fault that parses

	// The same for programs that draw or change faults: what is worth trying. Validate has the
	// last word.
	Units   []Unit   // that can trigger it
	Lasts   bool     // it has a duration
	Clocked bool     // that must be a time
	Lasting Duration // a duration that makes sense: that of the example
	Sided   bool     // it can act on one direction alone
	Picks   bool     // a trigger with a direction gives it its own
	Tears   bool     // it can strike inside a flash operation
	Whole   bool     // it strikes a flash operation as a whole, which then has no phase
	Repeats bool     // it can strike again: it takes `every`
	Takes   []Taking // the parameters it can have, in the order of their table
}

// Taking is a parameter that a kind can have.
type Taking struct {
	Name    string
	Syntax  string // such as `rate R`
	Field   string // what it means, in a line, with bounds and default
	Meaning string // the same without these
	Must    bool   // the kind needs it
	Located bool   // the kind needs it where its trigger is no flash operation
	Example string // a value, taken from the kind's example if that has one
	Input   Input  // what it can be
}

// Describe returns all there is to know about the kind; nothing for an unknown one.
func (k Kind) Describe() Description { return k.row().describe() }

// descriptions are those of all kinds, made once: storms draw from them for each run.
var descriptions = sync.OnceValue(func() []Description {
	all := make([]Description, len(rows))
	for i, r := range rows {
		all[i] = r.describe()
	}
	return all
})

// Kinds describes all kinds, in the order of their table. What a description points to is shared:
// it must not be changed.
func Kinds() []Description { return slices.Clone(descriptions()) }

// Common describes the kinds that can befall any meter and who talks to it, in the order of their
// table: all but those of the telephone network.
func Common() []Description {
	return slices.DeleteFunc(Kinds(), func(d Description) bool { return d.Kind.ByPhone() })
}

func (r *row) describe() Description {
	d := Description{Kind: r.kind, Place: r.place, Field: r.field, Example: r.example, Lasts: r.lasting, Clocked: r.clocked, Sided: r.sided, Picks: r.picks, Tears: r.tears, Whole: r.whole, Repeats: !r.ends, Takes: r.taking()}
	if plan, err := Parse(r.example); err == nil {
		d.Lasting = span(plan)
	}
	for u := range units {
		if r.allows(Unit(u)) {
			d.Triggers = append(d.Triggers, units[u].syntax)
			d.Units = append(d.Units, Unit(u))
		}
	}
	d.Syntax = r.name
	if r.sided {
		d.Syntax += " [to-meter|from-meter]"
	}
	d.Syntax += " [at TRIGGER]"
	if !r.ends {
		d.Syntax += " [every N UNIT]"
	}
	switch {
	case r.clocked:
		d.Syntax += " for TIME"
	case r.lasting:
		d.Syntax += " [for DURATION]"
	}
	for _, p := range parameters {
		if !r.has(p.name) {
			continue
		}
		d.Parameters = append(d.Parameters, p.syntax)
		if r.needs == p.name {
			d.Syntax += " " + p.syntax
		} else {
			d.Syntax += " [" + p.syntax + "]"
		}
	}
	return d
}

func (r *row) taking() []Taking {
	var list []Taking
	var said Parameters
	if plan, err := Parse(r.example); err == nil && len(plan) == 1 {
		said = plan[0].Parameters
	}
	for _, p := range parameters {
		if !r.has(p.name) {
			continue
		}
		t := Taking{Name: p.name, Syntax: p.syntax, Field: p.told(), Meaning: p.field, Must: r.needs == p.name, Located: r.located && p.name == "address", Example: p.format(said), Input: p.input}
		if p.name == "by" {
			t.Field, t.Meaning, t.Input.Least = delayFields[r.delay], delayFields[r.delay], r.leastDelay()
		}
		if t.Example == "" {
			t.Example = strings.TrimPrefix(p.example, p.name+" ")
		}
		list = append(list, t)
	}
	return list
}

// Describe returns the whole language on one page, for people: kinds, triggers, durations and
// parameters.
func Describe() string {
	var b strings.Builder
	b.WriteString("A plan is one fault a line, or several with ; between them; # begins a comment.\n\nKinds:\n")
	for _, r := range rows {
		d := r.describe()
		fmt.Fprintf(&b, "  %s\n      %s (%v)\n      e.g. %s\n", d.Syntax, d.Field, d.Place, d.Example)
		if len(r.never) > 0 {
			fmt.Fprintf(&b, "      triggers: %s\n", triggersOf(&r))
		}
	}
	b.WriteString("\nTriggers, counted from the beginning of the host's run (N may be a window, such as 10..20):\n")
	for _, u := range units {
		fmt.Fprintf(&b, "  %-34s %s\n", u.syntax, u.field)
	}
	b.WriteString("\nAgain:\n")
	fmt.Fprintf(&b, "  every N %s\n", strings.Join(plurals(), "|"))
	fmt.Fprintf(&b, "  %-34s %s\n", "every P%, every TIME", "at N, 2N, 3N and so on, or from the moment that `at` gives")
	b.WriteString("\nDurations:\n")
	fmt.Fprintf(&b, "  %-34s %s\n", "for TIME", "such as 5s, 1m30s or 200ms")
	fmt.Fprintf(&b, "  %-34s %s\n", "for N no-responses", "until the host has sent a request again for the N-th time")
	fmt.Fprintf(&b, "  %-34s %s\n", "for forever", "the default")
	b.WriteString("\nParameters:\n")
	for _, p := range parameters {
		fmt.Fprintf(&b, "  %-34s %s\n", p.syntax, p.told())
	}
	return b.String()
}

func plurals() []string {
	var words []string
	for _, u := range units {
		if u.plural != "" {
			words = append(words, u.plural)
		}
	}
	return words
}
