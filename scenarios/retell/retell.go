// Package retell plays a run once more, with everything in its trace, and makes a story of it that
// package record writes and the page of package page shows.
package retell

import (
	"cmp"
	"context"
	"io"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/history"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// Story is a run: what run it is, and its events.
type Story struct {
	Head   record.Head
	Events []story.Event
}

// Write writes the story as a file.
func (s *Story) Write(to io.Writer) error { return record.Write(to, s.Head, s.Events) }

// Trial plays a trial and tells its story. If the simulation panics, the story ends before it.
func Trial(w world.World, plans trial.Plans) (*Story, error) {
	r, err := trial.TryCaught(w, plans, rig.WholeTrace)
	if err != nil {
		return nil, err
	}
	return OfTrial(&w, r)
}

// OfTrial is the story of a trial that was played with everything in its trace.
func OfTrial(w *world.World, r *trial.Result) (*Story, error) {
	s, err := Of(w)
	if err != nil {
		return nil, err
	}
	s.trial(w, r.Plans, r)
	s.Head.Replays = replays(w)
	return s, nil
}

// replays reports whether the text of a world says all of it, so that it can be played again: a
// person's own files are in none.
func replays(w *world.World) bool {
	for i := range w.Firmware {
		if w.Firmware[i].Own != nil {
			return false
		}
	}
	for i := range w.Templates {
		if w.Templates[i].Own != nil {
			return false
		}
	}
	return true
}

// walks reports whether the attempts of a world follow one another.
func walks(w *world.World) bool {
	for i := range w.Attempts {
		if len(w.Together(i)) > 1 {
			return false
		}
	}
	return true
}

func (s *Story) trial(w *world.World, plans trial.Plans, r *trial.Result) {
	s.Events = r.Trace
	s.Head.Title, s.Head.Plan = titleOf(plans), plans.String()
	s.Head.Outcome = r.Class.String()
	for _, v := range r.Violations {
		s.Head.Broken = append(s.Head.Broken, v.String())
	}
	for _, u := range r.Unstruck {
		s.Head.Missed = append(s.Head.Missed, u.String())
	}
	if id, err := trial.ID(*w, plans); err == nil {
		s.Head.Trial = id
	}
}

// Over plays a trial over a transport and tells its story, in real time.
func Over(ctx context.Context, t rig.Transport, w world.World, plans trial.Plans) (*Story, error) {
	r, err := trial.TryOver(ctx, t, w, plans, rig.WholeTrace)
	if err != nil {
		return nil, err
	}
	s, err := Of(&w)
	if err == nil {
		s.trial(&w, plans, r)
		s.Head.Virtual, s.Head.Byte = false, 0
	}
	return s, err
}

// Case plays a case and tells its story.
func Case(c *cases.Case) (*Story, error) {
	r, err := c.Play(rig.WholeTrace)
	if err != nil {
		return nil, err
	}
	s, err := Of(&c.World)
	if err != nil {
		return nil, err
	}
	s.Events = r.Trace
	s.Head.Title, s.Head.Plan, s.Head.Outcome, s.Head.Broken = cmp.Or(c.Title, "A case"), trial.PlansOf(&c.World).String(), r.Verdicts(), r.Reasons
	s.Head.Replays = replays(&c.World) && walks(&c.World)
	return s, nil
}

// History plays a history and tells its story.
func History(w *world.World) (*Story, error) {
	r, err := history.Play(*w, rig.WholeTrace)
	if err != nil {
		return nil, err
	}
	return OfHistory(w, r)
}

// OfHistory is the story of a history that was played with everything in its trace.
func OfHistory(w *world.World, r *history.Result) (*Story, error) {
	s, err := Of(w)
	if err != nil {
		return nil, err
	}
	s.Events, s.Head.Title, s.Head.Plan, s.Head.Outcome = r.Trace, "A history", trial.PlansOf(w).String(), r.Verdicts()
	s.Head.Replays = replays(w) && walks(w)
	for _, f := range r.Findings {
		s.Head.Broken = append(s.Head.Broken, f.String())
	}
	return s, nil
}

func titleOf(plans trial.Plans) string {
	if text := plans.String(); text != "" {
		return text
	}
	return "An upgrade in peace"
}

// Of begins the story of a run in a world, in virtual time.
func Of(w *world.World) (*Story, error) {
	full := w.Filled()
	for i := range full.Firmware {
		if err := full.Firmware[i].Make(full.Meters[0].Model); err != nil {
			return nil, err
		}
	}
	config := rig.StationConfig(&full, rig.Options{Trace: rig.NoTrace})
	s, err := Station(&full, config)
	if err == nil {
		s.Head.Virtual, s.Head.World = true, w.String()
	}
	return s, err
}

// Station begins the story of a run with a station, in a world that is filled in.
func Station(w *world.World, config bench.Config) (*Story, error) {
	station, err := bench.NewStation(config)
	if err != nil {
		return nil, err
	}
	m := station.Meter()
	g := m.Chip().Geometry()
	s := &Story{Head: record.Head{
		Start: config.Meter.Epoch, Byte: byteSeconds(config),
		Flash: record.Flash{SectorBytes: g.SectorBytes, Protected: g.Protected, Base: int(m.ImageBase()), BlockBytes: ion.BlockBytes},
	}}
	for i := range g.Sectors {
		s.Head.Flash.Used = append(s.Head.Flash.Used, m.Chip().Cells().Used(i))
	}
	for i := range w.Meters {
		one := w.Meters[i].Filled()
		s.Head.Meters = append(s.Head.Meters, record.Meter{
			Model: one.Model.String(), Serial: one.SerialNumber, Unit: one.UnitID, Line: one.Line, Baud: one.Baud,
		})
	}
	station.RunSince(-rig.UpTime)
	s.Head.Meters[0].Began = record.BeganAs(m)
	return s, nil
}

// byteSeconds is how long a byte takes on the line of a station, in seconds.
func byteSeconds(c bench.Config) float64 {
	if c.Baud == 0 || c.Pace == bench.Unpaced {
		return 0
	}
	const bits = 10
	return bits / float64(c.Baud*max(1, c.Pace))
}
