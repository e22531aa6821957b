package main

import (
	"io"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/trial"
	"ionbench/simulator/capture"
)

// captureTrial plays a trial once more, with every frame in its trace, and writes what went over the
// line as a pcapng file.
func captureTrial(path string, s shrink.Subject) error {
	r, err := trial.TryCaught(s.World, s.Plans, rig.FrameTrace)
	if err != nil {
		return err
	}
	m := s.World.Meters[0].Filled()
	err = files.Write(path, files.File, files.Public, func(to io.Writer) error {
		w, err := capture.New(to, capture.Config{
			Program: "ionbench " + cli.Release(), Comment: s.Plans.String(), Line: "RS-485", Baud: m.Baud, Start: m.Clock,
		})
		if err != nil {
			return err
		}
		for _, e := range r.Trace {
			w.Add(e)
		}
		if n := len(r.Trace); n > 0 {
			w.End(r.Trace[n-1].At)
		}
		return w.Err()
	})
	if err != nil {
		return cli.Environmental(err)
	}
	return nil
}
