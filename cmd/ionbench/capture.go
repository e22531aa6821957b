package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/capture"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/story"
)

// captureFlag is --capture of a command that plays on the bench.
func captureFlag(path *string, what string) cli.Flag {
	return capturing.Flag(path, what+" for Wireshark, with faults, resends, cable and power; - is standard output, and the results go to stderr")
}

// captureTo lets write write a capture: a whole file, or, for -, standard output, from which the
// results of the call are kept away. Without a path it does nothing but call write with nil.
func captureTo(c *cli.Call, path string, write func(io.Writer) error) error {
	switch path {
	case "":
		return write(nil)
	case capturing.Stdout:
		out, err := c.Divert("--capture")
		if err != nil {
			return err
		}
		return write(out)
	}
	return files.Write(path, files.File, files.Public, write)
}

// captured is something that was played, with all that there is in its trace.
type captured struct {
	world   *world.World // filled in
	comment string
	over    rig.Transport
	trace   []story.Event
}

// write writes a section of a capture.
func (p captured) write(to io.Writer) error {
	w, err := capture.New(to, pcapng.Config{
		Program: "ionbench " + cli.Release(), Comment: p.comment, Start: p.world.Meters[0].Clock, Lines: linesOf(p.world, p.over),
	})
	if err != nil {
		return err
	}
	w.All(p.trace, p.byteTime())
	return w.Err()
}

// linesOf are the lines of a world, in the order of their first meters, as traces number them.
func linesOf(w *world.World, over rig.Transport) (list []pcapng.Line) {
	var names []string
	for i := range w.Meters {
		m := &w.Meters[i]
		if slices.Contains(names, m.Line) {
			continue
		}
		names = append(names, m.Line)
		l := pcapng.Line{Name: "RS-485", Baud: m.Baud, TCP: over == rig.TCP, Meter: fmt.Sprintf("meter-%d", m.UnitID)}
		if m.Line != "" {
			l.Name += " " + m.Line
		}
		list = append(list, l)
	}
	return list
}

// byteTime is what a byte takes at least on a line.
func (p captured) byteTime() time.Duration {
	if p.over != rig.Bench {
		return 0
	}
	const bits = 10 // 8N1
	return bits * time.Second / time.Duration(p.world.Meters[0].Baud)
}

// captureTrial plays a trial once more, with every frame in its trace, and writes what went over the
// line.
func captureTrial(ctx context.Context, to io.Writer, s shrink.Subject, over rig.Transport) error {
	var r *trial.Result
	var err error
	if over == rig.Bench {
		r, err = trial.TryCaught(s.World, s.Plans, rig.WholeTrace)
	} else {
		r, err = trial.TryOver(ctx, over, s.World, s.Plans, rig.WholeTrace)
	}
	if err != nil {
		return err
	}
	w := s.World.Filled()
	return captured{&w, s.Plans.String(), over, r.Trace}.write(to)
}
