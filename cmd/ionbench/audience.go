package main

import (
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/judge"
	"ionbench/simulator/bench"
	"ionbench/simulator/control"
)

// audience are the people who look at the meters of a judge. It is a judge.Watcher.
type audience struct {
	*serving.Gallery
	pace string
}

func openAudience(c *cli.Call, address string, pace int) (*audience, error) {
	g, err := serving.OpenGallery(c, address, "a program is judged by it")
	if err != nil {
		return nil, err
	}
	return &audience{g, bench.FormatPace(pace)}, nil
}

// Begin shows the meter of a scenario.
func (a *audience) Begin(s judge.Scene) judge.Seat {
	m := s.Meter
	return a.Admit(s.Name, s.Title, s.Station, s.Now, control.Identity{
		Model: m.Model.String(), Serial: m.SerialNumber, Unit: m.UnitID, Device: s.Name, Baud: m.Baud, Pace: a.pace,
	})
}

func (a *audience) close(c *cli.Call) {
	if err := a.Close(); err != nil {
		c.Note("warning: --http: %v", err)
	}
}
