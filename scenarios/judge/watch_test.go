//go:build unix

package judge

import (
	"sync"
	"testing"
	"time"

	"ionbench/scenarios/rig"
	"ionbench/simulator/story"
)

// onlooker counts what it sees of a scenario.
type onlooker struct {
	mu                  sync.Mutex
	begun, left         []string
	steps, asked, lines int
}

type seat struct {
	at       *onlooker
	scene    Scene
	commands chan func(time.Duration)
}

func (o *onlooker) Begin(s Scene) Seat {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun = append(o.begun, s.Name)
	at := &seat{o, s, make(chan func(time.Duration), 1)}
	at.commands <- func(time.Duration) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.asked++
	}
	return at
}

func (s *seat) Commands() <-chan func(time.Duration) { return s.commands }

func (s *seat) Step(time.Duration) {
	s.at.mu.Lock()
	defer s.at.mu.Unlock()
	s.at.steps++
}

func (s *seat) Leave() {
	s.at.mu.Lock()
	defer s.at.mu.Unlock()
	s.at.left = append(s.at.left, s.scene.Name)
	for _, e := range s.scene.Station.Trace() {
		if _, frame := e.What.(story.FrameSent); frame {
			s.at.lines++
		}
	}
}

func TestWhoeverWatchesSeesEachScenarioFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		suite, err := NewSuite("smoke", t.response())
		if err == nil {
			suite, err = suite.Only([]string{"undisturbed"})
		}
		if err != nil {
			t.Fatal(err)
		}
		var o onlooker
		target := Target{Upgrade: programCommand(t, "", "upgrade"), Recover: programCommand(t, "", "recover"), Transport: rig.TCP}
		if _, err := Run(t.Context(), suite, target, Options{Baud: testBaud, Response: t.response(), Limit: t.within(4 * testLimit), Rounds: 2, Watch: &o, late: &lateness{}}); err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, name := range o.begun {
			names[name] = true
		}
		if len(o.begun) != 2 || !names["undisturbed"] || !names["undisturbed.2"] || len(o.left) != 2 {
			t.Errorf("begun %q, left %q", o.begun, o.left)
		}
		if o.asked != 2 || o.steps < 100 || o.lines < 100 {
			t.Errorf("%d commands, %d steps, %d frames", o.asked, o.steps, o.lines)
		}
	})
}
