package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/ion"
)

// listed is what ionup ports says of ports that are given.
func listed(t *testing.T, f *portsFlags, found ...port.Found) (out string) {
	t.Helper()
	var text, errs strings.Builder
	p := newProgram(nil, &text, &errs, nil)
	command := p.portsCommand()
	command.Run = func(ctx context.Context, c *cli.Call) error {
		return listPorts(ctx, c, p, f, func() ([]port.Found, error) { return found, nil })
	}
	table := &cli.Program{Name: "ionup", Commands: []*cli.Command{command}}
	if status := table.Run(t.Context(), cli.Streams{Out: &text, Err: &errs}, []string{"ports"}); status != cli.Done {
		t.Fatalf("exit %v: %s", status, errs.String())
	}
	return text.String()
}

func flagsOfPorts(probe bool) *portsFlags {
	return &portsFlags{Tool: tool.Tool{Release: client.Release22(), UnitID: 105, Baud: ion.DefaultBaudRate, Timeout: 200 * time.Millisecond}, probe: probe}
}

func TestPortsAreListedUntouchedAndProbedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	dead, err := os.Create(filepath.Join(t.TempDir(), "ttyDEAD"))
	must(t, err)
	must(t, dead.Close())
	found := []port.Found{
		{Name: b.pty, Lasting: "/dev/serial/by-id/usb-a", Product: "FTDI Cable", Driver: "ftdi_sio"},
		{Name: dead.Name()}, {Name: "/dev/ttyUSB7", Users: []string{"minicom (process 7)"}},
	}
	before := b.heardFrames()
	text := listed(t, flagsOfPorts(false), found...)
	for _, want := range []string{"  FTDI Cable (ftdi_sio)\n", "also /dev/serial/by-id/usb-a", "in use by minicom (process 7)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if b.heardFrames() != before {
		t.Error("the meter was asked")
	}
	text = listed(t, flagsOfPorts(true), found...)
	for _, want := range []string{"ION 7350 " + serial + ", unit 105", "is not a terminal", "in use by minicom (process 7)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("probed: %q is not in\n%s", want, text)
		}
	}
	f := flagsOfPorts(true)
	f.json, f.UnitID = true, 9
	var all listedPorts
	must(t, json.Unmarshal([]byte(listed(t, f, found...)), &all))
	if len(all.Ports) != 3 || all.Ports[0].Meter != nil || !strings.Contains(all.Ports[0].Error, "no response") && !strings.Contains(all.Ports[0].Error, "no meter") || all.Ports[2].Probed {
		t.Errorf("%+v", all.Ports)
	}
}

// heardFrames is how many frames the meter has heard.
func (b *bed) heardFrames() (n uint64) {
	b.onMeter(func(time.Duration) { n = b.station.Counts().FramesToMeter })
	return n
}
