package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shell"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk"
	"ionbench/simulator/ion"
)

// leftFlags say what is done with the meter as a candidate left it.
type leftFlags struct {
	serving.Options
	serve    string    // pty or tcp; empty: it is not served
	stdout   io.Writer // for --capture -; nil: where the results go
	firmware string    // file to write
}

func newLeftFlags() leftFlags {
	return leftFlags{Options: serving.Options{Pace: 1, Language: "ionbench faults"}}
}

// flags returns the flags of a group of its own. --json is the command's own.
func (f *leftFlags) flags() cli.Flags {
	served := f.Flags()
	list := []cli.Flag{
		cli.OneOf(&f.serve, "serve", []string{"pty", "tcp"}, "serve the meter as it was left, on a new PTY or a TCP port; with pty, --tcp adds a TCP port"),
	}
	list = append(list, served.Reach[1:]...) // --serve says whether there is a PTY
	list = append(list, served.Pace...)
	list = append(list, served.Faults...)
	served.Kept[0].Help = "a new file for the meter's flash and memory: ionsim --state FILE goes on from there. With --serve it is kept there before it confirms anything, else it is written as it was left"
	list = append(list, served.Kept...)
	list = append(list, cli.Text(&f.firmware, "save-firmware", "FILE.upg", "write a firmware file to recover with: of the log's revision and date, with a made-up image of the candidate's size").With(cli.Files("*.upg")))
	return cli.Flags{Title: "The meter as the failure left it", List: list}
}

// wanted reports whether the flags ask for the meter.
func (f *leftFlags) wanted() bool { return f.serve != "" || f.State != "" || f.firmware != "" }

// check says which flags contradict each other, and which files are in the way.
func (f *leftFlags) check(c *cli.Call) error {
	switch f.serve {
	case "":
		for _, flag := range f.flags().List {
			if c.Given(flag.Name) && flag.Name != "state" && flag.Name != "save-firmware" {
				return cli.Usage("--%s is about a meter that is served", flag.Name).Hint("add --serve pty or --serve tcp")
			}
		}
		return checkOutputs(files.Nothing, f.State, f.firmware)
	case "pty":
		f.PTY = true
	case "tcp":
		if f.Link != "" {
			return cli.Usage("--link %s: there is no PTY that it could point to", f.Link).Hint("use --serve pty, with --tcp beside it")
		}
		if f.TCP == "" {
			f.TCP = "127.0.0.1:0"
		}
	}
	if err := f.Check(c); err != nil {
		return err
	}
	if f.Capture == capturing.Stdout {
		var err error
		if f.stdout, err = c.Divert("--capture"); err != nil {
			return err
		}
	}
	return checkOutputs(files.Nothing, f.State, f.firmware)
}

// act does what the flags ask for with the meter as the candidate left it.
func (f *leftFlags) act(ctx context.Context, c *cli.Call, r *reproduce.Result, candidate *reproduce.Candidate) error {
	if f.firmware != "" {
		if err := f.saveFirmware(r, candidate); err != nil {
			return err
		}
	}
	if f.serve == "" && f.State == "" {
		return nil
	}
	left, err := r.Left(candidate)
	if err != nil {
		return err
	}
	m, err := f.meter(left, r.Run)
	if err != nil {
		return err
	}
	left.Lend(func(s *bench.Station, now time.Duration) time.Duration {
		m.Station, m.From = s, now
		if f.serve == "" {
			err = f.keep(c, m)
			return now
		}
		err = f.serveMeter(ctx, c, m)
		return now
	})
	return err
}

func (f *leftFlags) saveFirmware(r *reproduce.Result, candidate *reproduce.Candidate) error {
	file, err := r.Firmware(candidate)
	if err != nil {
		return err
	}
	b, err := upg.Append(nil, file)
	if err != nil {
		return err
	}
	return files.WriteBytes(f.firmware, files.Nothing, files.Public, b)
}

// meter is the meter that was left, without its station.
func (f *leftFlags) meter(left *rig.Rig, run *reproduce.LoggedRun) (*serving.Meter, error) {
	said := &left.World().Meters[0]
	m := &serving.Meter{
		Identity: serving.Identity{Model: said.Model, SerialNumber: said.SerialNumber, UnitID: said.UnitID},
		Device:   "ion" + said.Model.String(), Baud: said.Baud, Epoch: time.Now(),
	}
	for _, e := range run.Entries {
		if e.Kind == upgradelog.DeviceName && e.Text != "" {
			m.Device = e.Text
		}
	}
	m.About = func(reach string) []string { return f.about(m, reach) }
	if f.State == "" {
		return m, nil
	}
	k, err := serving.OpenKeeper(disk.Real{}, f.State)
	if err != nil {
		return nil, serving.StateError(err)
	}
	m.Keeper = k
	return m, nil
}

// about is what people are told of the meter, and what they can do.
func (f *leftFlags) about(m *serving.Meter, reach string) []string {
	panel := m.Station.Meter().Panel()
	shows := fmt.Sprintf("its display shows %q", panel.LCD)
	if panel.LCD == "" {
		shows = "its display is dark"
	}
	says := []string{fmt.Sprintf("it is as it was left, a minute later: %v, %s", m.Station.Meter().State(), shows)}
	file := "FILE.upg"
	if f.firmware != "" {
		file = shell.Quote(f.firmware)
	}
	try := fmt.Sprintf("ionup recover %s %s --unit-id %d", file, reach, m.Identity.UnitID)
	if m.Baud != usualBaud {
		try += fmt.Sprintf(" --baud %d", m.Baud)
	}
	says = append(says, "to recover it by hand: "+try)
	if f.firmware == "" {
		says = append(says, "--save-firmware FILE.upg writes a firmware file that fits")
	}
	return says
}

// usualBaud is the rate at which ionup and ionsim talk unless told otherwise.
const usualBaud = ion.DefaultBaudRate

// keep writes the state file of a meter that is not served.
func (f *leftFlags) keep(c *cli.Call, m *serving.Meter) error {
	err := m.Keeper.Create(m.Station.Meter(), m.From)
	if err = errors.Join(err, m.Keeper.Close()); err != nil {
		return cli.Environmental(err)
	}
	next := "ionsim --state " + shell.Quote(f.State)
	if m.Baud != usualBaud {
		next += fmt.Sprintf(" --baud %d", m.Baud)
	}
	c.Hint(next + " goes on with the meter as it was left, switched off and on")
	return nil
}

// serveMeter serves the meter until ctx ends. A recovery that was tried and did not succeed is a no.
func (f *leftFlags) serveMeter(ctx context.Context, c *cli.Call, m *serving.Meter) error {
	m.Station.SetPace(m.From, f.Pace)
	stdout := c.Out
	if f.stdout != nil {
		stdout = f.stdout
	}
	ended, err := serving.Run(ctx, c, stdout, &f.Options, m)
	switch {
	case err != nil:
		return fmt.Errorf("--serve %s: %w", f.serve, err)
	case ended.Counts.BlocksSent > 0 && ended.Runs == "":
		return cli.ErrNo
	}
	return nil
}
