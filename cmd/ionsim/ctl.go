package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/simulator/control"
)

// Formats of what the commands print as JSON: what the server has answered, with the format's name.
const (
	stateFormat  = "ionsim-ctl-state 1"
	faultFormat  = "ionsim-ctl-fault 1"
	faultsFormat = "ionsim-ctl-faults 1"
	powerFormat  = "ionsim-ctl-power 1"
	metersFormat = "ionsim-ctl-meters 1"
	linesFormat  = "ionsim-ctl-lines 1"
)

// ctlCommands control a meter that is served with --http. stdout is where people look.
func ctlCommands(stdout io.Writer) []*cli.Command {
	return []*cli.Command{
		ctlState(), ctlWatch(stdout), ctlCable(), ctlPower(), ctlReset(), ctlFault(), ctlEnd(), ctlFaults(), ctlHeal(), ctlPress(), ctlMeters(), ctlLines(),
	}
}

// remote says which served meter a command controls.
type remote struct {
	to, link string
	meter    string // id of one of several
	line     string // id of a line whose faults are meant
	json     bool
}

// ofLines are the commands that can be about a line.
var ofLines = []string{"ctl cable", "ctl fault", "ctl end", "ctl faults", "ctl heal"}

// flags returns the flags of a command whose answer has a format.
func (r *remote) flags(format string, more ...cli.Flag) []cli.Flags {
	list := []cli.Flag{
		cli.Text(&r.to, "to", "HOST:PORT", "the meter's HTTP address, as ionsim --http told it").Unless("the only meter that you serve"),
		cli.Text(&r.link, "link", "PATH", "the meter whose PTY has this link").With(cli.Files("*")),
		cli.Text(&r.meter, "meter", "ID", "which of several meters, as ionsim ctl meters lists them"),
	}
	list = append(list, more...)
	return cli.Plain(append(list, cli.Switch(&r.json, "json", "print the answer as JSON").Writes(format))...)
}

// lineFlag is the flag of the commands that can be about a line.
func (r *remote) lineFlag() cli.Flag {
	return cli.Text(&r.line, "line", "ID", "a line instead of a meter, as ionsim ctl lines lists them: its faults are those of the bytes on it")
}

// client finds the meter. A token of the environment wins over the one that ionsim has kept.
func (r *remote) client() (*control.Client, error) {
	token := os.Getenv("IONSIM_TOKEN")
	if token != "" && r.to != "" {
		return control.NewClient(r.to, token).Of(r.meter), nil
	}
	folder, err := serving.KeyFolder()
	if err != nil {
		return nil, cli.Environmental(err).Hint("set IONSIM_TOKEN and say --to HOST:PORT")
	}
	key, err := serving.FindKey(folder, serving.Wanted{Address: r.to, Link: r.link}, serving.Alive)
	if errors.Is(err, serving.ErrExposed) {
		return nil, cli.Environmental(err).Hint("others may know its token: remove the file and start ionsim again, which keeps a new one; or set IONSIM_TOKEN and say --to HOST:PORT")
	}
	if err != nil {
		return nil, cli.Environmental(err).Hint("start one with ionsim --http PORT, or say which with --to HOST:PORT; for one of another user set IONSIM_TOKEN too")
	}
	return control.NewClient(key.HTTP, cmp.Or(token, key.Token)).Of(r.meter), nil
}

// answered gives an error of a request its exit status and its next step.
func answered(err error) error {
	if err == nil {
		return nil
	}
	var refused *control.RefusedError
	if !errors.As(err, &refused) {
		return cli.Environmental(err).Hint("is the meter still served?")
	}
	switch refused.Status {
	case http.StatusUnprocessableEntity:
		if strings.HasPrefix(refused.Hint, "POST /v1/meters/") {
			return cli.Usage("%w", err).Hint("say --meter instead of --line")
		}
		return cli.Usage("%w", err).Hint("ionsim --help-faults shows the whole language of faults")
	case http.StatusNotFound:
		if strings.Contains(refused.Hint, "GET /v1/lines lists") {
			return cli.Usage("%w", err).Hint("ionsim ctl lines lists them; --line ID says which one is meant")
		}
		if line, ok := strings.CutPrefix(refused.Hint, "GET /v1/lines/"); ok {
			line, _, _ = strings.Cut(line, " ")
			return cli.Usage("%w", err).Hint("say --line " + line + ", or --meter " + line + " for its first meter")
		}
		if strings.Contains(refused.Hint, "/v1/meters") {
			return cli.Usage("%w", err).Hint("ionsim ctl meters lists them; --meter ID says which one is meant")
		}
		return cli.Usage("%w", err).Hint("ionsim ctl faults lists them")
	case http.StatusUnauthorized:
		return cli.Environmental(err).Hint("set IONSIM_TOKEN to the token that ionsim told")
	}
	return cli.Environmental(err).Hint(refused.Hint)
}

// request asks a meter for something.
type request[A any] func(ctx context.Context, k *control.Client, args []string) (A, error)

// asking makes c a command that asks once and prints the answer.
func asking[A any](c *cli.Command, format string, ask request[A], text func(A) string) *cli.Command {
	r := new(remote)
	c.Flags = r.flags(format)
	if slices.Contains(ofLines, c.Name) {
		c.Flags = r.flags(format, r.lineFlag())
	}
	c.Done, c.Unable = "the meter has done it", "no such meter is served, or it refuses"
	c.Run = func(ctx context.Context, call *cli.Call) error {
		if r.line != "" && r.meter != "" {
			return cli.Usage("--line and --meter: a fault belongs to a line or to a meter").Hint("leave one of them out")
		}
		k, err := r.client()
		if err != nil {
			return err
		}
		k = k.OnLine(r.line)
		answer, err := ask(ctx, k, call.Args)
		var usage *cli.Error
		if errors.As(err, &usage) {
			return err
		}
		if err != nil {
			return answered(err)
		}
		if r.json {
			call.Encode(answer)
			return nil
		}
		call.Print(text(answer))
		return nil
	}
	return c
}

func ctlState() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl state", Brief: "say how a served meter is",
		Help: `
Say how a meter is that is served with --http: its state, display, download, line and faults.
`,
		Examples: `
  ionsim ctl state                     the only meter that you serve
  ionsim ctl state --link ./ttyION     one of several
`,
	}, stateFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Meter, error) { return k.Meter(ctx) }, meterText)
}

func ctlCable() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl cable", Brief: "pull the cable, or plug it in", Args: []cli.Arg{cli.Choice("out|in", "position", "out", "in")},
		Help: `
Pull the cable of a served meter, both ways, or plug it in: that ends every fault that holds
it out.
`,
		Examples: `
  ionsim ctl cable out
  ionsim ctl cable in
  ionsim ctl cable out --line north     of a line of a site
`,
	}, faultsFormat, moveCable, faultsText)
}

func ctlPower() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl power", Brief: "switch the meter off or on", Args: []cli.Arg{cli.Choice("off|on", "position", "off", "on")},
		Help: `
Take a served meter's power away, or give it back. Off is a power loss: what the flash chip does
at that moment is torn.
`,
		Examples: `
  ionsim ctl power off
  ionsim ctl power on
`,
	}, powerFormat, func(ctx context.Context, k *control.Client, args []string) (control.Power, error) {
		return k.Power(ctx, args[0] == "on")
	}, powerText)
}

func ctlReset() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl reset", Brief: "take the meter's power away for a moment",
		Help: `
Switch a served meter off and on at once.
`,
		Examples: `
  ionsim ctl reset
`,
	}, powerFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Power, error) { return k.Reset(ctx) }, powerText)
}

func ctlFault() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl fault", Brief: "strike a fault", Surplus: "a fault with spaces wants quotes",
		Args: []cli.Arg{{Name: "FAULT", What: "fault", Values: cli.Values{Words: serving.KindsOfMeters}}},
		Help: `
Strike a fault at a served meter. Without a trigger it strikes at once; with one it waits for its
moment. ionsim --help-faults shows the whole language.
`,
		Examples: `
  ionsim ctl fault 'noise for 5s rate 1e-3'       now
  ionsim ctl fault 'cable-pull at block 40'       when the host comes to block 40
`,
	}, faultFormat, func(ctx context.Context, k *control.Client, args []string) (control.Fault, error) {
		return k.Strike(ctx, args[0])
	}, faultText)
}

func ctlEnd() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl end", Brief: "end a fault, or take it back", Args: []cli.Arg{{Name: "NUMBER", What: "number of a fault"}},
		Help: `
End a fault of a served meter, or take it back if it has still to strike.
`,
		Examples: `
  ionsim ctl faults       shows their numbers
  ionsim ctl end 2
`,
	}, faultFormat, func(ctx context.Context, k *control.Client, args []string) (control.Fault, error) {
		number, err := strconv.Atoi(args[0])
		if err != nil {
			return control.Fault{}, cli.Usage("%q is no number of a fault", args[0]).Hint("ionsim ctl faults lists them")
		}
		return k.End(ctx, number)
	}, faultText)
}

func ctlFaults() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl faults", Brief: "list the faults, and the plan of what was done by hand",
		Help: `
List the faults of a served meter, and the plan that does again what was done by hand.
`,
		Examples: `
  ionsim ctl faults
`,
	}, faultsFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Faults, error) { return k.Faults(ctx) }, faultsText)
}

func ctlHeal() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl heal", Brief: "end all faults",
		Help: `
End all faults of a served meter. If one has harmed its flash chip, the chip is replaced by a
good one with the same contents, for which the meter is switched off and on.
`,
		Examples: `
  ionsim ctl heal
`,
	}, faultsFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Faults, error) { return k.Heal(ctx) }, faultsText)
}

// The buttons of the panel that are more than a fault.
const (
	pressCable = "cable"
	pressPower = "power"
	pressReset = "reset"
)

// buttonNames are what can be pressed.
func buttonNames() []string {
	names := []string{pressCable, pressPower}
	for _, b := range control.Buttons() {
		names = append(names, b.Name)
	}
	return append(names, pressReset)
}

func ctlPress() *cli.Command {
	var list [][2]string
	for _, b := range control.Buttons() {
		list = append(list, [2]string{b.Name, b.Fault})
	}
	return asking(&cli.Command{
		Name: "ctl press", Brief: "press a button of the panel", Args: []cli.Arg{cli.Choice("BUTTON", "button", buttonNames()...)},
		Help: `
Press a button of a served meter's front panel: cable pulls it or plugs it in, whichever it is
not; power switches off or on; reset takes the power away for a moment. Others strike a fault:
` + strings.TrimRight(cli.Entries(list), "\n") + `
`,
		Examples: `
  ionsim ctl press cable
  ionsim ctl press dip
`,
	}, faultsFormat, press, faultsText)
}

// press presses a button and returns what strikes then.
func press(ctx context.Context, k *control.Client, args []string) (now control.Faults, err error) {
	switch args[0] {
	case pressCable:
		if now, err = k.Faults(ctx); err != nil {
			return now, err
		}
		way := "out"
		if len(holdingOut(now)) > 0 {
			way = "in"
		}
		return moveCable(ctx, k, []string{way})
	case pressPower:
		m, err := k.Meter(ctx)
		if err != nil {
			return now, err
		}
		_, err = k.Power(ctx, m.State == "off")
		return faultsAfter(ctx, k, err)
	case pressReset:
		_, err = k.Reset(ctx)
		return faultsAfter(ctx, k, err)
	}
	for _, b := range control.Buttons() {
		if b.Name == args[0] {
			_, err = k.Strike(ctx, b.Fault)
		}
	}
	return faultsAfter(ctx, k, err)
}

// faultsAfter is what strikes after something was done.
func faultsAfter(ctx context.Context, k *control.Client, err error) (control.Faults, error) {
	if err != nil {
		return control.Faults{}, err
	}
	return k.Faults(ctx)
}

func ctlMeters() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl meters", Brief: "list the meters that are served together",
		Help: `
List the meters behind one address: of ionsim one, of "ionbench judge --http" those of the scenarios
that are played now. --meter ID of the other commands says which one is meant.
`,
		Examples: `
  ionsim ctl meters
  ionsim ctl watch --meter killed
`,
	}, metersFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Meters, error) { return k.Meters(ctx) }, metersText)
}

func ctlLines() *cli.Command {
	return asking(&cli.Command{
		Name: "ctl lines", Brief: "list the lines that are served together",
		Help: `
List the lines behind one address, and how many stations are on each. --line ID of fault, faults, end
and heal says that a line is meant, and not its meter.
`,
		Examples: `
  ionsim ctl lines
  ionsim ctl fault --line north 'noise for 5s rate 1e-3'
`,
	}, linesFormat, func(ctx context.Context, k *control.Client, _ []string) (control.Lines, error) { return k.Lines(ctx) }, linesText)
}

func linesText(l control.Lines) string {
	rows := [][]string{{"LINE", "STATIONS", "BAUD", "PTY", "TCP"}}
	for _, on := range l.Lines {
		rows = append(rows, []string{printable(on.ID), strconv.Itoa(on.Stations), strconv.Itoa(on.Baud), printable(on.PTY), printable(on.TCP)})
	}
	return cli.Table(rows)
}

func metersText(m control.Meters) string {
	rows := [][]string{{"METER", "MODEL", "SERIAL NUMBER", "UNIT", "WHAT GOES ON"}}
	for _, l := range m.Meters {
		rows = append(rows, []string{printable(l.ID), printable(l.Model), printable(l.Serial), strconv.Itoa(int(l.Unit)), printable(l.Title)})
	}
	return cli.Table(rows)
}

// cable is the fault that holds the cable out.
const cable = "cable-pull"

// moveCable pulls the cable, unless it is out, or ends all faults that hold it out.
func moveCable(ctx context.Context, k *control.Client, args []string) (control.Faults, error) {
	now, err := k.Faults(ctx)
	if err != nil {
		return now, err
	}
	pulled := holdingOut(now)
	if args[0] == "out" && len(pulled) == 0 {
		_, err = k.Strike(ctx, cable)
	}
	for _, f := range pulled {
		if args[0] == "in" && err == nil {
			_, err = k.End(ctx, f.ID)
		}
	}
	if err != nil {
		return now, err
	}
	return k.Faults(ctx)
}

// holdingOut are the faults that hold the cable out.
func holdingOut(now control.Faults) []control.Fault {
	return slices.DeleteFunc(slices.Clone(now.Faults), func(f control.Fault) bool {
		return f.State != control.AtWork || !strings.HasPrefix(f.Fault, cable)
	})
}
