package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modbus"
	"ionbench/simulator/tree"
)

// registersFormat is what ionsim registers --json prints, one object a line.
const registersFormat = "ionsim-registers 1"

const registersHelp = `
List the module tree of a model: its managers, their modules with what they are linked to,
and every register that ION methods read or write. The last column says where a line comes
from. Documented: the handle and its meaning are in the public record. Inferred: the block
is, and the place in it follows from the pattern. Ours: invented here; a real meter differs.

What is not listed is not there, and the meter answers Invalid Handle: waveforms, sag and
swell, harmonics, set-points, digital and analog inputs and outputs, calibration. The time-of-use
module is there and has no schedule: its setup is empty texts, and rate A holds at all times.
`

func registersCommand() *cli.Command {
	r := &registers{model: meter.ArticleModel}
	return &cli.Command{
		Name: "registers", Brief: "list the managers, modules and registers of a model", Help: registersHelp,
		Flags: cli.Plain(
			cli.OneOf(&r.model, "model", meter.Models(), "which meter"),
			cli.Switch(&r.modbus, "modbus", "list the Modbus registers instead, with what is behind each"),
			cli.Switch(&r.json, "json", "print one JSON object a manager, module and register").Writes(registersFormat),
		),
		Examples: `
  ionsim registers
  ionsim registers --model 7300 | grep Maximum
  ionsim registers --modbus
  ionsim registers --json | jq -r 'select(.source == "ours") | .handle + " " + .name'
`,
		Run: r.run,
	}
}

type registers struct {
	model meter.Model
	json  bool

	modbus bool
}

func (r *registers) run(_ context.Context, c *cli.Call) error {
	if r.modbus {
		if r.json {
			return cli.Usage("--modbus has no --json").Hint("leave one of them out")
		}
		c.Print(cli.Table(modbusRows(tree.Of(int(r.model)))))
		return nil
	}
	lines := linesOf(tree.Of(int(r.model)))
	if r.json {
		for _, l := range lines {
			c.Encode(l)
		}
		return nil
	}
	rows := [][]string{{"handle", "", "name", "label", "type", "unit", "access", "holds", "source"}}
	for _, l := range lines {
		access := ""
		if l.Kind == "register" {
			access = "read"
		}
		if l.Writable {
			access = "write"
		}
		rows = append(rows, []string{l.Handle, l.Kind, l.Name, l.Label, l.Type, l.Unit, access, l.Holds, l.Source})
	}
	c.Print(cli.Table(rows))
	return nil
}

// modbusRows are the registers of the Modbus map; what a model has no register for reads as FFFF.
func modbusRows(t *tree.Tree) [][]string {
	rows := [][]string{{"register", "format", "scale", "access", "handle", "name", "source"}}
	for _, b := range modbus.Map() {
		access := "read"
		if b.Written {
			access = "write"
		}
		for i, h := range b.Handles {
			name := "none in this model: reads FFFF"
			if at := slices.IndexFunc(t.Registers, func(r tree.Register) bool { return r.Handle == h }); at >= 0 {
				name = cmp.Or(t.Registers[at].Label, t.Registers[at].Name)
			}
			rows = append(rows, []string{
				strconv.Itoa(b.First + i*b.Format.Registers()), b.Format.String(), "×" + strconv.FormatFloat(b.Scale, 'f', -1, 64), access, hex(h), name, string(b.Source),
			})
		}
	}
	return rows
}

// line is a manager, a module or a register of a tree.
type line struct {
	Kind     string   `json:"kind"`
	Handle   string   `json:"handle"`
	Name     string   `json:"name"`
	Label    string   `json:"label,omitempty"`
	Of       string   `json:"of,omitempty"`
	Class    uint16   `json:"class,omitempty"`
	Inputs   []string `json:"inputs,omitempty"`
	Outputs  []string `json:"outputs,omitempty"`
	Setup    []string `json:"setup,omitempty"`
	Type     string   `json:"type,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	Writable bool     `json:"writable"`
	Holds    string   `json:"holds,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Low      *float64 `json:"low,omitempty"`
	High     *float64 `json:"high,omitempty"`
	Source   string   `json:"source"`
}

// linesOf is a tree as people walk over it: each manager, its modules, and the registers of each;
// at the end the registers of no module.
func linesOf(t *tree.Tree) (lines []line) {
	for _, g := range t.Managers {
		lines = append(lines, line{Kind: "manager", Handle: hex(g.Handle), Name: g.Name, Class: g.Class, Source: g.Source.String()})
		for _, h := range g.Modules {
			m, _ := t.Module(h)
			lines = append(lines, line{Kind: "module", Handle: hex(h), Name: m.Name, Label: m.Label, Of: hex(g.Handle), Class: m.Class,
				Inputs: hexes(m.Inputs), Outputs: hexes(m.Outputs), Setup: hexes(m.Setup), Source: m.Source.String()})
			lines = append(lines, registersIn(t, h)...)
		}
	}
	return append(lines, registersIn(t, 0)...)
}

func registersIn(t *tree.Tree, module ion.Handle) (lines []line) {
	for i := range t.Registers {
		r := &t.Registers[i]
		if r.Module != module {
			continue
		}
		l := line{Kind: "register", Handle: hex(r.Handle), Name: r.Name, Label: r.Label, Type: r.Type.String(), Unit: r.Unit,
			Writable: r.Writable, Holds: r.Reading.String(), Choices: r.Choices, Source: r.Source.String()}
		if module != 0 {
			l.Of = hex(module)
		}
		if r.Bounded {
			l.Low, l.High = &r.Low, &r.High
		}
		lines = append(lines, l)
	}
	return lines
}

func hex(h ion.Handle) string { return fmt.Sprintf("%04X", uint16(h)) }

func hexes(handles []ion.Handle) (list []string) {
	for _, h := range handles {
		list = append(list, hex(h))
	}
	return list
}
