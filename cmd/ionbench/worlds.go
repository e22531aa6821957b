package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/worlds"
)

const worldsHelp = `
List the worlds in which upgrades are tried: a covering array over all that a world can be,
from unit ids, passwords and baud rates to the speed of chips and what lies in the tool's
folder. Every two values of two parameters are together in a world, and with --strength 3
every three of three, except those that contradict each other. The first world is the usual
one; of the others, what is not usual is told.

With a name, such as pairs-17, print that world as a file. A name stands for its world
wherever --world takes a file, until a parameter gets another value. What it meant before
that is called old1-pairs-17, and what it meant at first old-pairs-17; the id of a trial names
the world that it was made in.
`

func worldsCommand() *cli.Command {
	f := &worldsFlags{strength: 2}
	return &cli.Command{
		Name: "worlds", Brief: "list the worlds in which upgrades are tried", Help: worldsHelp,
		Args:  []cli.Arg{{Name: "NAME", Optional: true, What: "world", Values: cli.Values{Words: worldNames}}},
		Flags: cli.Plain(cli.OneOf(&f.strength, "strength", []int{2, 3}, "how many values go together"), cli.Switch(&f.parameters, "parameters", "list the parameters and their values instead"), cli.Switch(&f.json, "json", "print one JSON object a world").Writes("ionbench-worlds 1")),
		Examples: `
  ionbench worlds
  ionbench worlds --parameters                 what they differ in
  ionbench worlds pairs-17 > my.world          one of them, to change by hand
  ionbench replay 'kill at block 1' --world pairs-17
  ionbench sweep --worlds pairs                every kind of fault in each of them
`,
		Run: f.run,
	}
}

// worldsFlag is the flag that names an array.
func worldsFlag(p *string, help string) cli.Flag {
	return cli.Text(p, "worlds", "ARRAY", help).With(cli.Words(arrayNames()...))
}

func arrayNames() []string {
	return words(worlds.Arrays(), func(a *worlds.Array) string { return a.Word })
}

func arrayOf(name string) (*worlds.Array, error) {
	for _, a := range worlds.Arrays() {
		if a.Word == name {
			return a, nil
		}
	}
	return nil, cli.Unknown("array of worlds", name, arrayNames()).Hint("use " + fields.OrList(arrayNames()))
}

type worldsFlags struct {
	strength   int
	parameters bool
	json       bool
}

func worldNames() []string {
	return words(worlds.Pairs().Rows(), func(r worlds.Row) string { return r.Name })
}

// worldObject is a world in JSON.
type worldObject struct {
	Name   string            `json:"name"`
	Values map[string]string `json:"values"`
	World  string            `json:"world"`
}

// parameterObject is a parameter in JSON.
type parameterObject struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

func (f *worldsFlags) run(_ context.Context, c *cli.Call) error {
	switch {
	case len(c.Args) > 0:
		return f.one(c, c.Args[0])
	case f.parameters:
		f.listParameters(c)
		return nil
	}
	rows := [][]string{{"WORLD", "WHAT IS NOT USUAL"}}
	for _, a := range worlds.Arrays() {
		if a.Strength != f.strength {
			continue
		}
		for i := range a.Rows() {
			r := &a.Rows()[i]
			if f.json {
				c.Encode(objectOf(r))
			}
			rows = append(rows, []string{r.Name, unusual(r)})
		}
	}
	if !f.json {
		c.Print(cli.Table(rows))
	}
	return nil
}

func (f *worldsFlags) one(c *cli.Call, name string) error {
	if n, err := strconv.Atoi(name); err == nil {
		name = fmt.Sprintf("%s-%d", worlds.Arrays()[f.strength-2].Word, n)
	}
	r, is, err := worlds.Named(name)
	switch {
	case err != nil:
		return cli.Usage("%w", err).Hint("ionbench worlds lists them")
	case !is:
		return cli.Usage("there is no world %.40q", name).Hint("ionbench worlds lists them")
	case f.json:
		c.Encode(objectOf(r))
	default:
		w := r.World()
		c.Printf("# %s: %s\n\n%s", r.Name, unusual(r), strings.TrimLeft(w.String(), "\n"))
	}
	return nil
}

func (f *worldsFlags) listParameters(c *cli.Call) {
	rows := [][]string{{"PARAMETER", "VALUES, THE USUAL ONE FIRST"}}
	for _, p := range worlds.Parameters() {
		names := words(p.Values, func(v worlds.Value) string { return v.Name })
		if f.json {
			c.Encode(parameterObject{p.Name, names})
		}
		rows = append(rows, []string{p.Name, strings.Join(names, ", ")})
	}
	if !f.json {
		c.Print(cli.Table(rows))
	}
}

func objectOf(r *worlds.Row) worldObject {
	w := r.World()
	o := worldObject{Name: r.Name, Values: map[string]string{}, World: w.String()}
	for p, parameter := range worlds.Parameters() {
		o.Values[parameter.Name] = parameter.Values[r.Values[p]].Name
	}
	return o
}

// unusual lists the values of a world that are not the usual ones.
func unusual(r *worlds.Row) string {
	var list []string
	for p, parameter := range worlds.Parameters() {
		if v := r.Values[p]; v > 0 {
			list = append(list, parameter.Name+"="+parameter.Values[v].Name)
		}
	}
	if list == nil {
		return "nothing"
	}
	return strings.Join(list, " ")
}
