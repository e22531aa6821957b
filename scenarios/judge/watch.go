package judge

import (
	"time"

	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
)

// Watcher is shown the meters of the scenarios while programs are at them. Begin may be called by
// several at the same time.
type Watcher interface{ Begin(s Scene) Seat }

// Scene is a scenario that begins.
type Scene struct {
	Name, Title string // of the scenario, with its round
	Station     *bench.Station
	Now         time.Duration // of the station
	Meter       *world.Meter
}

// Seat watches a scenario. The goroutine that owns its station calls its methods.
type Seat interface {
	// Commands are run between two turns of the station. They look, and change nothing.
	Commands() <-chan func(now time.Duration)
	// Step is called after each turn. The station's trace tells what has happened.
	Step(now time.Duration)
	// Leave says that the scenario is over.
	Leave()
}

// unwatched is the seat where nobody watches.
type unwatched struct{}

func (unwatched) Commands() <-chan func(time.Duration) { return nil }
func (unwatched) Step(time.Duration)                   {}
func (unwatched) Leave()                               {}

// watch shows the scenario to whoever watches.
func (p *player) watch(name string) Seat {
	if p.options.Watch == nil {
		return unwatched{}
	}
	return p.options.Watch.Begin(Scene{name, p.scenario.Title, p.station, p.now, &p.world.Meters[0]})
}
