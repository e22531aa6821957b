package judge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Phase is the part of an upgrade in which the faults of a scenario strike.
type Phase string

// The phases, in the order of an upgrade.
const (
	Whole    Phase = "whole"    // no fault strikes
	Before   Phase = "before"   // what the program is given is wrong
	Identify Phase = "identify" // the program asks the meter what it is
	Enter    Phase = "enter"    // the meter starts its loader
	Erase    Phase = "erase"
	Download Phase = "download"
	Verify   Phase = "verify"
	Restart  Phase = "restart" // the meter starts the new firmware
)

// Expectation is the result that the first attempt must have.
type Expectation string

// The expectations.
const (
	// Recovers: the upgrade may fail, and then a recovery must succeed.
	Recovers Expectation = "succeeds, or fails and can be recovered"
	Succeeds Expectation = "succeeds"
	Refuses  Expectation = "fails before anything is erased"
)

// Scenario is one test of the program: an upgrade and, if it fails, its recoveries.
type Scenario struct {
	Name  string
	Phase Phase
	Row   string // of the list of the article's statements, such as K2; empty for none
	Title string // what happens, in a sentence
	// World is the world of the first attempt. Its file and tool say what the program is given,
	// right or wrong. In a recovery the program is given what is right.
	World  world.World
	Plans  trial.Plans
	Expect Expectation
	// OnePass: the flash must not be cleared more than once.
	OnePass bool
	// Waits is about how many missing answers the program waits for.
	Waits int
	// Extra is how long the program may wait for other things.
	Extra time.Duration
}

// restartPatience is how long the upgrader of the article waits for a meter that restarts.
const restartPatience = time.Minute

// plan is the plan of attempt i, counted from 0.
func (s *Scenario) plan(i int) fault.Plan {
	if i < len(s.Plans) {
		return s.Plans[i]
	}
	return nil
}

// imageBlocks is how many blocks an image has. The last one is not full.
const imageBlocks = 12

// worldOf is a world with an image of that many blocks. The last block is not full.
func worldOf(blocks int) world.World {
	return trial.World((blocks-1)*ion.BlockBytes + 500)
}

// attempt is the first attempt.
func (s *Scenario) attempt() *world.Attempt { return &s.World.Attempts[0] }

// ID is the id of the trial with the same meter, image and plans. `ionbench replay` plays it
// with the upgrader of this project in virtual time. It is empty if no id can describe it.
func (s *Scenario) ID() string {
	id, err := trial.ID(s.World, s.Plans)
	if err != nil {
		return ""
	}
	return id
}

// perAttempt is the time of an attempt without missing answers: a second or two after each of
// two restarts, and the transfer.
const perAttempt = 4 * time.Second

// expected is about how long the scenario takes with a program that waits for an answer as long
// as response says.
func (s *Scenario) expected(response time.Duration) time.Duration {
	d := perAttempt + time.Duration(s.Waits)*response
	if s.Expect == Recovers {
		d += perAttempt
	}
	more := ion.Blocks(s.World.FirmwareOf(s.attempt()).ImageBytes()) - imageBlocks
	return d + s.Extra + time.Duration(more)*20*time.Millisecond
}

// needs is the placeholder that the scenario sets to a wrong value; empty for none. Without it
// in the command the program would not notice.
func (s *Scenario) needs() string {
	a := s.attempt()
	switch f := s.World.Firmware[0]; {
	case a.Password != "":
		return passwordOf
	case a.UnitID != 0:
		return unitOf
	case a.SerialNumber != "":
		return serialOf
	case f.Model != 0 || f.Damage != world.Whole:
		return imageOf
	}
	return ""
}

// input says in a word what the program is given wrong; empty for nothing.
func (s *Scenario) input() string {
	if s.needs() == "" {
		return ""
	}
	return s.Name
}

// cannot is why the scenario cannot be played with a target; empty if it can.
func (s *Scenario) cannot(t *Target) string {
	if need := s.needs(); need != "" && !t.Upgrade.uses(need) {
		return fmt.Sprintf("the command has no {%s}", need)
	}
	for _, f := range slices.Concat(s.Plans...) {
		switch part := f.Kind.Part(); {
		case part == fault.OfDisk || part == fault.OfClock:
			return fmt.Sprintf("%v cannot be done to a program from outside", f.Kind)
		case part == fault.OfFile && !t.Upgrade.uses(imageOf):
			return fmt.Sprintf("the command has no {%s}", imageOf)
		case f.Kind.Place() == fault.PlaceIP && t.Transport != rig.TCP:
			return fmt.Sprintf("%v needs TCP", f.Kind)
		}
	}
	return ""
}

// Suite is a list of scenarios.
type Suite struct {
	Name      string
	Scenarios []Scenario
}

// SuiteNames are the names for NewSuite.
func SuiteNames() []string { return []string{"smoke", "full"} }

// NewSuite makes the suite of that name for a program that waits for an answer as long as
// response says.
func NewSuite(name string, response time.Duration) (*Suite, error) {
	switch name {
	case "smoke":
		return &Suite{name, fill(smoke(), response)}, nil
	case "full":
		return &Suite{name, append(fill(slices.Concat(smoke(), more()), response), catalogue(response)...)}, nil
	}
	return nil, fmt.Errorf("there is no suite %q: use %s", name, strings.Join(SuiteNames(), " or "))
}

// Only returns the suite with only the scenarios of these names.
func (s *Suite) Only(names []string) (*Suite, error) {
	only := &Suite{Name: s.Name}
	var known []string
	for _, c := range s.Scenarios {
		known = append(known, c.Name)
		if slices.Contains(names, c.Name) {
			only.Scenarios = append(only.Scenarios, c)
		}
	}
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		if best, ok := fault.Nearest(name, known); ok {
			return nil, fmt.Errorf("the suite %s has no scenario %q; did you mean %s?", s.Name, name, best)
		}
		return nil, fmt.Errorf("the suite %s has no scenario %q", s.Name, name)
	}
	return only, nil
}

// Expected is about how long the suite takes with a program that waits for an answer as long as
// response says, if that many scenarios run in parallel.
func (s *Suite) Expected(t *Target, response time.Duration, parallel int) time.Duration {
	var sum, longest time.Duration
	for _, c := range s.Scenarios {
		if c.cannot(t) == "" {
			took := c.expected(response)
			sum, longest = sum+took, max(longest, took)
		}
	}
	return max(longest, sum/time.Duration(max(1, parallel))).Round(time.Second)
}

// play is a scenario in this source. LATE in its plan stands for the time of late.
type play struct {
	Scenario
	plan string
}

// late is longer than the program waits before it asks again, and shorter than it then waits
// for two more missing answers.
func late(response time.Duration) time.Duration { return 5 * response / 2 }

func fill(plays []play, response time.Duration) []Scenario {
	var all []Scenario
	for _, p := range plays {
		plans, err := trial.ParsePlans(strings.ReplaceAll(p.plan, "LATE", late(response).String()))
		if err != nil {
			panic(fmt.Sprintf("judge: scenario %s: %v", p.Name, err)) // the plan is in this source
		}
		p.Scenario.Plans = plans
		if len(p.World.Attempts) == 0 {
			p.World = worldOf(imageBlocks)
		}
		if p.Expect == "" {
			p.Expect = Recovers
		}
		all = append(all, p.Scenario)
	}
	return all
}

// tries is how often the article's tool sends a request before it gives up.
func tries() int { return client.DefaultTiming().Resends + 1 }

func smoke() []play {
	return append(smokeOfDownload(), append(smokeOfFailures(), smokeOfInputs()...)...)
}

func smokeOfDownload() []play {
	return []play{
		{Scenario{Name: "undisturbed", Phase: Whole, Row: "K1", Title: "nothing is in the way", Expect: Succeeds, OnePass: true}, ""},
		{Scenario{Name: "cable-out-twice", Phase: Download, Row: "K2", Title: "the cable is out until two answers are missing", Expect: Succeeds, OnePass: true, Waits: 2},
			"cable-pull at block 6 for 2 no-responses"},
		{Scenario{Name: "answer-lost", Phase: Download, Row: "K2", Title: "the answer to a block is lost", Expect: Succeeds, OnePass: true, Waits: 1},
			"reply-lost at block 2"},
		{Scenario{Name: "answers-lost", Phase: Download, Row: "K2", Title: "the answers to two blocks in a row are lost", Expect: Succeeds, OnePass: true, Waits: 2},
			"reply-lost at block 2..3"},
		{Scenario{Name: "answer-late", Phase: Download, Row: "K2", Title: "the answer to a block comes when that to the next one is waited for", Expect: Succeeds, OnePass: true, Waits: 3},
			"reply-late at block 4 by LATE; cable-pull to-meter at block 5 for 2 no-responses"},
		{Scenario{Name: "answer-twice", Phase: Download, Row: "K2", Title: "the answer to a block comes twice", Expect: Succeeds, OnePass: true},
			"reply-dup at block 4"},
		{Scenario{Name: "chip-lies", Phase: Verify, Title: "the flash chip does not hold what was written: the image is bad"},
			"flash-lie at flash-op 150"},
	}
}

func smokeOfFailures() []play {
	return []play{
		{Scenario{Name: "cable-out", Phase: Download, Row: "K3", Title: "the cable is out for good", Waits: tries()}, "cable-pull at block 8"},
		{Scenario{Name: "silent", Phase: Download, Row: "K20", Title: "the meter freezes", Waits: tries()}, "meter-silent at block 6"},
		{Scenario{Name: "aborted", Phase: Download, Row: "K5", Title: "somebody presses Ctrl-C (SIGINT)"}, "abort at block 6"},
		{Scenario{Name: "killed-erasing", Phase: Erase, Row: "K17", Title: "the program is killed as the flash is cleared"}, "kill at flash-op 1 after"},
		{Scenario{Name: "killed", Phase: Download, Row: "K17", Title: "the program is killed in the middle of the download"}, "kill at block 6"},
		{Scenario{Name: "killed-restarting", Phase: Restart, Row: "K17", Title: "the program is killed as the new firmware starts"}, "kill at state application"},
		{Scenario{Name: "power-dip", Phase: Download, Row: "K7", Title: "the meter's power is away until one answer is missing", Waits: 2}, "power-loss at block 6 for 1 no-responses"},
		{Scenario{Name: "power-lost-erasing", Phase: Erase, Row: "K7", Title: "the meter's power is lost while its flash is erased", Waits: tries()}, "power-loss at flash-op 20 torn"},
		{Scenario{Name: "power-lost", Phase: Download, Row: "K7", Title: "the meter's power is lost while a block is written", Waits: tries()}, "power-loss at flash-op 200 torn"},
		{Scenario{Name: "power-lost-verifying", Phase: Verify, Row: "K7", Title: "the meter's power is lost while it checks the image", Waits: tries()}, "power-loss at state verifying"},
	}
}

func smokeOfInputs() []play {
	return []play{
		refused("wrong-product", "the file is for a 7330", 0, func(w *world.World) { w.Firmware[0].Model = meter.ION7330 }),
		spoilt("damaged-file", "a bit of the file is wrong", world.Damaged),
		refused("wrong-password", "the password is wrong", 0, func(w *world.World) { w.Attempts[0].Password = "4711" }),
		refused("wrong-unit", "another unit is asked for: nobody answers", tries(), func(w *world.World) { w.Attempts[0].UnitID = 104 }),
		refused("wrong-serial", "the meter has another serial number", 0, func(w *world.World) { w.Attempts[0].SerialNumber = "PC-0000A000-00" }),
	}
}

// refused is a scenario in which the program is given something wrong.
func refused(name, title string, waits int, spoil func(*world.World)) play {
	w := worldOf(imageBlocks)
	spoil(&w)
	return play{Scenario{Name: name, Phase: Before, Row: "K18", Title: title, World: w, Expect: Refuses, Waits: waits}, ""}
}

// spoilt is refused with a file that cannot be used.
func spoilt(name, title string, damage world.Damage) play {
	return refused(name, title, 0, func(w *world.World) { w.Firmware[0].Damage = damage })
}

// more are the rows of the article that smoke leaves out and that can be tested from outside.
func more() []play {
	return []play{
		spoilt("truncated-file", "the file ends in the middle", world.Truncated),
		spoilt("empty-file", "the file is empty", world.Empty),
		spoilt("no-file", "there is no file", world.Missing),
		spoilt("other-file", "the file is of another kind", world.Foreign),
		{Scenario{Name: "long-image", Phase: Whole, Row: "K1", Title: "the image has more than 255 blocks", Expect: Succeeds, OnePass: true, World: worldOf(257)}, ""},
		{Scenario{Name: "power-lost-restarting", Phase: Restart, Row: "K7", Title: "in a recovery the meter does not come back from its restart", Extra: restartPatience},
			"abort at block 6 then power-loss at state booting"},
		{Scenario{Name: "power-cycled", Phase: Download, Row: "K6", Title: "after an abort the meter is switched off and on, although it should not be", Waits: 3},
			"abort at block 6 then power-loss at start for 1 no-responses"},
		{Scenario{Name: "third-time-lucky", Phase: Download, Row: "K19", Title: "the recovery fails too, and the next one succeeds", Waits: 2 * tries()},
			"cable-pull at block 6 then power-loss at block 4"},
	}
}
