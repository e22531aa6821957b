package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// portsFormat is the name and version of what ionup ports prints with --json.
const portsFormat = "ionup-ports 1"

// portsFlags say whether to look behind the ports, and for which meter.
type portsFlags struct {
	tool.Tool
	probe, json bool
}

func (p *program) portsCommand() *cli.Command {
	f := &portsFlags{Tool: tool.Tool{Release: client.Release22(), UnitID: defaultUnitID, Baud: ion.DefaultBaudRate, Timeout: time.Second}}
	return &cli.Command{
		Name: "ports", Brief: "list the serial ports of this computer, and on demand what is behind them",
		Help: `
Lists the serial ports of this computer: their names, what the adapters say they are,
and who uses them. None is opened. The lasting name of an adapter (/dev/serial/by-id/…)
stays when it is plugged in elsewhere, or after another one.

With --probe each port that nobody uses is opened and asked whether an ION meter answers
there. What else is behind a port hears that question too: say it only where that does no
harm.
`,
		Flags: cli.Plain(append([]cli.Flag{
			cli.Switch(&f.probe, "probe", "open each port and ask for a meter"),
		}, append(cli.View(tool.Fields(), &f.Tool, "unit-id", "baud", "timeout"),
			cli.Switch(&f.json, "json", "print one JSON object").Writes(portsFormat))...)...),
		Examples: `
  ionup ports
  ionup ports --probe --unit-id 105
`,
		Run: func(ctx context.Context, c *cli.Call) error { return listPorts(ctx, c, p, f, port.List) },
	}
}

// listedPort is a port as --json has it.
type listedPort struct {
	Port    string       `json:"port"`
	Lasting string       `json:"lasting"`
	Product string       `json:"product"`
	Driver  string       `json:"driver"`
	Users   []string     `json:"users"`
	Probed  bool         `json:"probed"`
	Meter   *listedMeter `json:"meter,omitempty"`
	Error   string       `json:"error"`
}

// listedMeter is a meter that has answered.
type listedMeter struct {
	Product  uint16 `json:"product"`
	Serial   string `json:"serial_number"`
	UnitID   uint16 `json:"unit_id"`
	Revision string `json:"revision"`
	Download bool   `json:"download_state"`
}

// listedPorts is what --json prints.
type listedPorts struct {
	Ports []listedPort `json:"ports"`
}

// listPorts lists what list finds.
func listPorts(ctx context.Context, c *cli.Call, p *program, f *portsFlags, list func() ([]port.Found, error)) error {
	found, err := list()
	if err != nil {
		return cli.Environmental(fmt.Errorf("the system does not tell its serial ports: %w", err))
	}
	all := listedPorts{Ports: []listedPort{}}
	for _, at := range found {
		l := listedPort{Port: at.Name, Lasting: at.Lasting, Product: at.Product, Driver: at.Driver, Users: append([]string{}, at.Users...)}
		if f.probe && len(at.Users) == 0 && ctx.Err() == nil {
			p.probe(ctx, f, &l)
		}
		all.Ports = append(all.Ports, l)
	}
	if f.json {
		c.Encode(all)
		return ctx.Err()
	}
	c.Print(portsText(all.Ports))
	if len(all.Ports) == 0 {
		c.Hint("plug an adapter in, or name a port of another machine: --port rfc2217://HOST:PORT")
	}
	return ctx.Err()
}

// probe asks whether a meter is behind a port.
func (p *program) probe(ctx context.Context, f *portsFlags, l *listedPort) {
	l.Probed = true
	device, err := p.ask(ctx, f, l.Port)
	if err != nil {
		l.Error = err.Error()
		return
	}
	l.Meter = &listedMeter{Product: device.Product, Serial: device.SerialNumber, UnitID: device.UnitID, Revision: device.Revision, Download: device.Download}
}

// ask identifies the meter behind a port. It asks twice and no more.
func (p *program) ask(ctx context.Context, f *portsFlags, name string) (device client.Device, err error) {
	timing := p.timing
	timing.Response, timing.Resends = f.Timeout, 1
	u, err := client.New(client.Config{
		Release: f.Release, UnitID: f.UnitID, Baud: f.Baud, Password: factoryPassword, Start: p.now(), Timing: timing, FirstMessageID: randomMessageID(),
	})
	if err != nil {
		return device, err
	}
	conn, err := port.OpenContext(ctx, port.Config{Port: name, Baud: f.Baud})
	if err != nil {
		return device, err
	}
	clock := machine.WallClock()
	failed := errors.New("no meter answers")
	listen := func(now time.Duration) bool {
		for e, ok := u.NextEvent(); ok; e, ok = u.NextEvent() {
			switch e.Kind {
			case client.EventDevice:
				device, failed = e.Device, nil
			case client.EventPrompt:
				u.Answer(now, client.Answer{Choice: client.Exit})
			}
		}
		return u.Done() || failed == nil
	}
	u.Start(clock.Now(), client.TaskIdentify)
	listen(clock.Now())
	if err := machine.Drive(ctx, u, conn, machine.Options{Clock: clock, Step: listen}); err != nil {
		return device, err
	}
	return device, failed
}

func portsText(list []listedPort) string {
	if len(list) == 0 {
		return "no serial port\n"
	}
	var rows [][]string
	for _, l := range list {
		rows = append(rows, []string{l.Port, l.words()})
		if l.Lasting != "" {
			rows = append(rows, []string{"", "also " + l.Lasting})
		}
	}
	return cli.Table(rows)
}

// words says what is known of a port.
func (l *listedPort) words() string {
	var parts []string
	if what := strings.TrimSpace(l.Product + " " + l.driver()); what != "" {
		parts = append(parts, what)
	}
	if len(l.Users) > 0 {
		parts = append(parts, "in use by "+strings.Join(l.Users, " and "))
	}
	switch m := l.Meter; {
	case m != nil && m.Download:
		parts = append(parts, fmt.Sprintf("ION %d %s in download state", m.Product, printable(m.Serial)))
	case m != nil:
		parts = append(parts, fmt.Sprintf("ION %d %s, unit %d, firmware %s", m.Product, printable(m.Serial), m.UnitID, printable(m.Revision)))
	case l.Probed:
		parts = append(parts, l.Error)
	}
	return strings.Join(parts, "; ")
}

func (l *listedPort) driver() string {
	if l.Driver == "" {
		return ""
	}
	return "(" + l.Driver + ")"
}
