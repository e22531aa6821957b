package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

const faultsHelp = `
List the faults that a plan can name, by where they happen: on the line, in the answers, in
the meter, in its flash chip, at the PC, on the network between them. With the NAME of one,
explain it: what it stands for in the field, what triggers it, its parameters, an example,
and what comes of the example on the bench.

Examples:
  ionbench faults
  ionbench faults cable-pull
  ionbench faults --json | jq -r '.name + "\t" + .example'
  ionbench faults --grammar          the whole language of plans on one page

Exit status: 0 done, 2 wrong usage or no such fault.
`

func faultsCommand() command {
	return command{
		name: "faults", args: "[NAME...]", brief: "list the faults that a plan can name, or explain some", help: faultsHelp,
		setup: func(flags *pflag.FlagSet) action {
			f := new(faultsFlags)
			flags.BoolVar(&f.json, "json", false, "print one JSON object a fault")
			flags.BoolVar(&f.grammar, "grammar", false, "print the language of plans instead")
			return f.run
		},
	}
}

type faultsFlags struct{ json, grammar bool }

func (f *faultsFlags) run(_ context.Context, s streams, args []string) error {
	if f.grammar {
		if f.json || len(args) > 0 {
			return wrongUsage("`ionbench faults --help` has examples.", "--grammar stands alone")
		}
		_, err := io.WriteString(s.out, fault.Describe())
		return err
	}
	chosen, err := kindsNamed(args)
	if err != nil {
		return err
	}
	switch {
	case f.json:
		return writeKinds(s.out, chosen)
	case len(args) == 0:
		return listKinds(s.out, chosen)
	}
	for i, d := range chosen {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := explainKind(s.out, d); err != nil {
			return err
		}
	}
	return nil
}

// kindsNamed are the kinds of those names; all, if there are none.
func kindsNamed(names []string) ([]fault.Description, error) {
	all := fault.Kinds()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, d := range all {
		known = append(known, d.Kind.String())
	}
	var chosen []fault.Description
	for _, name := range names {
		n := len(chosen)
		for _, d := range all {
			if d.Kind.String() == name {
				chosen = append(chosen, d)
			}
		}
		if len(chosen) > n {
			continue
		}
		const next = "`ionbench faults` lists them."
		if best, ok := fault.Nearest(name, known); ok {
			return nil, wrongUsage(next, "there is no fault %q; did you mean %s?", name, best)
		}
		return nil, wrongUsage(next, "there is no fault %q", name)
	}
	return chosen, nil
}

// listKinds lists kinds, those of one place under each other.
func listKinds(w io.Writer, all []fault.Description) error {
	var places []fault.Place
	byPlace := make(map[fault.Place][][]string)
	for _, d := range all {
		if byPlace[d.Place] == nil {
			places = append(places, d.Place)
		}
		byPlace[d.Place] = append(byPlace[d.Place], []string{"  " + d.Kind.String(), d.Field})
	}
	var rows [][]string
	for _, p := range places {
		rows = append(rows, []string{p.String() + ":"})
		rows = append(rows, byPlace[p]...)
	}
	if err := writeColumns(w, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d faults in %d places; `ionbench faults NAME` explains one\n", len(all), len(places))
	return err
}

func explainKind(w io.Writer, d fault.Description) error {
	rows := [][]string{
		{"fault", d.Kind.String()},
		{"place", d.Place.String()},
		{"stands for", d.Field},
		{"written", d.Syntax},
	}
	for i, t := range d.Triggers {
		rows = append(rows, []string{first(i, "triggers"), t})
	}
	for i, p := range d.Takes {
		rows = append(rows, []string{first(i, "parameters"), p.Syntax + ": " + p.Field})
	}
	rows = append(rows, []string{"example", d.Example}, []string{"comes to", outcomeOf(d.Example)})
	rows = append(rows, []string{"repeat", fmt.Sprintf("ionbench replay '%s' --image-size %d", d.Example, rig.ArticleImageBytes)})
	return writeColumns(w, rows)
}

func first(i int, word string) string {
	if i == 0 {
		return word
	}
	return ""
}

// outcomeOf tries an example on the article's image.
func outcomeOf(example string) string {
	plans, err := trial.ParsePlans(example)
	if err != nil {
		return err.Error()
	}
	r, err := trial.Try(trial.Config{ImageBytes: rig.ArticleImageBytes}, plans, trial.NoTrace)
	if err != nil {
		return err.Error()
	}
	attempts := "at the first attempt"
	if n := len(r.Attempts) - 1; n > 0 {
		attempts = fmt.Sprintf("after %d recovery", n)
	}
	text := fmt.Sprintf("%v: success %s", r.Class, attempts)
	if r.Class == trial.Violated {
		text = "violated: " + strings.Join(r.Broken, "; ")
	}
	return text + " (an upgrade of 460 blocks, as the article's)"
}

// kindObject is a kind as a program reads it.
type kindObject struct {
	Name       string            `json:"name"`
	Place      string            `json:"place"`
	Field      string            `json:"stands_for"`
	Syntax     string            `json:"written"`
	Triggers   []string          `json:"triggers"`
	Parameters map[string]string `json:"parameters"`
	Example    string            `json:"example"`
}

func writeKinds(w io.Writer, all []fault.Description) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, d := range all {
		o := kindObject{
			Name: d.Kind.String(), Place: d.Place.String(), Field: d.Field, Syntax: d.Syntax,
			Triggers: d.Triggers, Parameters: map[string]string{}, Example: d.Example,
		}
		for _, t := range d.Takes {
			o.Parameters[t.Syntax] = t.Field
		}
		if err := out.Encode(o); err != nil {
			return err
		}
	}
	return nil
}
