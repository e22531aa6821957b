package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/modem"
)

const faultsHelp = `
List the faults that a plan can name, by where they happen: on the line, in the answers, in
the meter, in its flash chip, at the PC, on the network between them, on the telephone. With the
NAME of one, explain it: what it stands for in the field, what triggers it, its parameters,
an example, and what comes of the example on the bench.
`

func faultsCommand() *cli.Command {
	f := new(faultsFlags)
	return &cli.Command{
		Name: "faults", Brief: "list the faults that a plan can name, or explain some", Help: faultsHelp,
		Args: []cli.Arg{{Name: "NAME", What: "fault", Optional: true, Many: true, Values: cli.Values{Words: kindNames}}},
		Flags: cli.Plain(
			cli.Switch(&f.json, "json", "print one JSON object a fault").Writes("ionbench-faults 1"),
			cli.Switch(&f.grammar, "grammar", "print the language of plans instead"),
		),
		Examples: `
  ionbench faults
  ionbench faults cable-pull
  ionbench faults --json | jq -r '.name + "\t" + .example'
  ionbench faults --grammar          the whole language of plans on one page
`,
		Run: f.run,
	}
}

func kindNames() []string {
	return words(fault.Kinds(), func(d fault.Description) string { return d.Kind.String() })
}

type faultsFlags struct{ json, grammar bool }

func (f *faultsFlags) run(_ context.Context, c *cli.Call) error {
	if f.grammar {
		if f.json || len(c.Args) > 0 {
			return cli.Usage("--grammar stands alone")
		}
		c.Print(fault.Describe())
		return nil
	}
	chosen, err := kindsNamed(c.Args)
	if err != nil {
		return err
	}
	if !f.json && len(c.Args) == 0 {
		c.Print(kindList(chosen))
		return nil
	}
	for i, d := range chosen {
		switch {
		case f.json:
			c.Encode(kindOf(d))
		default:
			r, err := played(d.Example)
			if err != nil {
				return err
			}
			if i > 0 {
				c.Print("\n")
			}
			c.Print(explainKind(d, r))
		}
	}
	return nil
}

// kindsNamed returns the kinds with these names; all kinds if there are no names.
func kindsNamed(names []string) ([]fault.Description, error) {
	all := fault.Kinds()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []fault.Description
	for _, name := range names {
		i := slices.IndexFunc(all, func(d fault.Description) bool { return d.Kind.String() == name })
		if i < 0 {
			return nil, cli.Unknown("fault", name, kindNames()).Hint("ionbench faults lists them")
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// kindList lists kinds, grouped by place.
func kindList(all []fault.Description) string {
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
	return cli.Table(rows) + fmt.Sprintf("\n%d faults in %d places; `ionbench faults NAME` explains one\n", len(all), len(places))
}

// explainKind tells all of a kind; r is what came of its example.
func explainKind(d fault.Description, r *trial.Result) string {
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
	rows = append(rows, []string{"example", d.Example}, []string{"comes to", outcomeOf(r)})
	rows = append(rows, []string{"repeat", shell.Join("ionbench", "replay", d.Example, "--image-size", strconv.Itoa(world.ArticleImageBytes))})
	return cli.Table(rows)
}

func first(i int, word string) string {
	if i == 0 {
		return word
	}
	return ""
}

// played plays an example with the article's image.
func played(example string) (*trial.Result, error) {
	plans, err := trial.ParsePlans(example)
	if err != nil {
		return nil, err
	}
	w := trial.World(world.ArticleImageBytes)
	if plans[0][0].Kind.ByPhone() {
		w.Meters[0].Phone = modem.DefaultNumber
	}
	return trial.Try(w, plans, rig.NoTrace)
}

// outcomeOf says how an example ends.
func outcomeOf(r *trial.Result) string {
	attempts := "at the first attempt"
	if n := len(r.Attempts) - 1; n > 0 {
		attempts = fmt.Sprintf("after %d recovery", n)
	}
	text := fmt.Sprintf("%v: success %s", r.Class, attempts)
	if r.Class == trial.Violated {
		text = "violated: " + strings.Join(verdict.Texts(r.Violations), "; ")
	}
	return text + " (an upgrade of 460 blocks, as the article's)"
}

// kindObject is a kind in JSON.
type kindObject struct {
	Name       string            `json:"name"`
	Place      string            `json:"place"`
	Field      string            `json:"stands_for"`
	Syntax     string            `json:"written"`
	Triggers   []string          `json:"triggers"`
	Parameters map[string]string `json:"parameters"`
	Example    string            `json:"example"`
}

func kindOf(d fault.Description) kindObject {
	o := kindObject{
		Name: d.Kind.String(), Place: d.Place.String(), Field: d.Field, Syntax: d.Syntax,
		Triggers: d.Triggers, Parameters: map[string]string{}, Example: d.Example,
	}
	for _, t := range d.Takes {
		o.Parameters[t.Syntax] = t.Field
	}
	return o
}
