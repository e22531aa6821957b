package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"ionbench/client"
	"ionbench/scenarios/duty"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
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
	// Either: it may refuse, but then all is as before.
	Either Expectation = "succeeds, or fails before anything is erased"
	// Fails: it must not claim success, and no recovery follows.
	Fails Expectation = "fails"
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
	// Heard: every answer reaches the program in time but for Missing of them, so that nothing else
	// is asked twice.
	Heard   bool
	Missing uint64
	// InLoader: somebody has put the meter into its loader before, with its application whole.
	InLoader bool
	// Duties are those that the scenario exercises, besides those that all do.
	Duties []duty.ID
	Harms  []Harm                   // of the first attempt
	Spoil  func(file []byte) []byte // what is wrong with the file; nil for what the world says
	Around surroundings             // of the first attempt
	Beside company                  // during the first attempt
	// SameLog has the second run given the log of the first, as the same command has it.
	SameLog bool
	Signal  syscall.Signal // that presses Abort; 0 for SIGINT
	Pace    pacing
	Alone   bool   // no recovery follows the first attempt
	Hasty   bool   // recoveries begin at once, and not a minute later
	Then    []Step // the steps after the first
	all     []Step
	// Waits is about how many missing answers the program waits for.
	Waits int
	// Extra is how long the program may wait for other things.
	Extra time.Duration
	// Longest is how long a program may take that does what no healthy one does for so long.
	Longest time.Duration
	// Talked: somebody says valid things without end, and each may be taken for a piece of an answer,
	// of which there are so many.
	Talked bool
}

// restartPatience is how long the upgrader of the article waits for a meter that restarts.
const restartPatience = time.Minute

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
	own := s.Beside != byItself || len(s.Harms) > 0 || len(s.Then) > 0 || s.Spoil != nil
	id, err := trial.ID(s.World, s.Plans)
	if own || err != nil || trial.CheckSaid(s.World) != nil {
		return ""
	}
	return id
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
	case f.Model != 0 || f.Damage != world.Whole || s.Spoil != nil:
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

// calledAlone reports whether the scenario is about a call, and so only for a program that dials.
func (s *Scenario) calledAlone() bool {
	return slices.Contains(s.Duties, duty.Redial)
}

// idle reports whether the scenario is not about such a program at all.
func (s *Scenario) idle(t *Target) bool {
	return s.needsTCP() && t.Transport != rig.TCP || s.calledAlone() != t.calls() && (s.calledAlone() || s.cannotCalled() != "")
}

// cannotCalled is why the scenario cannot be played with a meter that is called; empty if it can.
func (s *Scenario) cannotCalled() string {
	switch {
	case len(s.everyHarm()) > 0:
		return "what a program asks for is not looked at through a modem"
	case s.Beside != byItself:
		return "a meter that is called has one caller at a time"
	case len(s.World.Meters) > 1 || len(s.World.Stations) > 0:
		return "a meter that is called is alone on its line"
	case s.World.Filled().Meters[0].Model == meter.ION7300:
		return "a 7300 has no modem"
	}
	return ""
}

// cannot is why the scenario cannot be played with a target; empty if it can.
func (s *Scenario) cannot(t *Target) string {
	if need := s.needs(); need != "" && !t.Upgrade.uses(need) {
		return fmt.Sprintf("the command has no {%s}", need)
	}
	if why := s.cannotAround(t); why != "" {
		return why
	}
	if s.World.Meters[0].Baud != 0 && t.Transport == rig.PTY && !t.Upgrade.uses(baudOf) {
		return fmt.Sprintf("the command has no {%s}", baudOf) // a PTY has the rate that the program sets
	}
	if s.World.Meters[0].SerialNumber == noFileName && t.namesBySerial() {
		return "the command has {serial} within a word: where that is a file name, it is not the program that chose it"
	}
	if s.calledAlone() && !t.calls() {
		return "the command has no {phone}"
	}
	if why := s.cannotCalled(); why != "" && t.calls() {
		return why
	}
	for _, f := range s.faults() {
		switch part := f.Kind.Part(); {
		case !outside(f.Kind):
			return fmt.Sprintf("%v cannot be done to a program from outside", f.Kind)
		case part == fault.OfFile && !t.Upgrade.uses(imageOf):
			return fmt.Sprintf("the command has no {%s}", imageOf)
		case f.Kind.Place() == fault.PlaceIP && t.Transport != rig.TCP:
			return fmt.Sprintf("%v needs TCP", f.Kind)
		}
	}
	return ""
}

// needsTCP reports whether the scenario is about a connection over TCP.
func (s *Scenario) needsTCP() bool {
	return slices.ContainsFunc(s.faults(), func(f fault.Fault) bool { return f.Kind.Place() == fault.PlaceIP })
}

// cannotAround is why the surroundings or the harms of the scenario cannot be had with a target.
func (s *Scenario) cannotAround(t *Target) string {
	for _, st := range s.steps() {
		switch why := st.Around.need(); {
		case why != "":
			return why
		case (st.Around.NoFolder || st.Around.NoRoom) && !t.Upgrade.uses(dirOf):
			return "the command has no {dir}"
		case (st.Around.LogFull || st.Around.NoLog) && !t.Upgrade.uses(logOf):
			return "the command has no {log}"
		}
	}
	for _, h := range s.everyHarm() {
		if slices.Contains([]request{reads, looks, writes, compares}, h.At) && !t.KeepsSettings {
			return "the program does not promise to keep settings (--keeps-settings)"
		}
	}
	for i := range s.Then {
		if st := &s.Then[i]; st.Password != "" && !t.forAttempt(true).uses(passwordOf) {
			return "the command has no {password}"
		} else if st.Meter > 0 && !t.Upgrade.uses(unitOf) {
			return "the command has no {unit-id}"
		} else if len(st.Writes) > 0 && !t.KeepsSettings {
			return "the program does not promise to keep settings (--keeps-settings)"
		}
	}
	return ""
}

// faults are all faults that the scenario plays.
func (s *Scenario) faults() []fault.Fault {
	var all []fault.Fault
	for _, st := range s.steps() {
		all = append(all, slices.Concat(st.Plans...)...)
	}
	for _, h := range s.everyHarm() {
		if h.Forge == nil {
			all = append(all, h.Fault)
		}
	}
	return all
}

// pacing is how time passes for the meter of a scenario, unless --pace says it. By the zero value
// nothing takes time.
type pacing uint8

const (
	// scaled: everything takes its share of the time that the program waits for an answer, which
	// is 10 s for a meter at its own pace.
	scaled pacing = iota + 1
	// wall: the meter takes the times of its world, and the line none.
	wall
)

// paced gives a station its pace.
func (s *Scenario) paced(c bench.Config, o *Options) bench.Config {
	switch {
	case o.Pace != 0:
		return c.AtPace(o.Pace)
	case s.Pace == scaled:
		return c.AtPace(max(1, int(DefaultResponse/o.Response)))
	case s.Pace == wall:
		c.Pace = bench.Unpaced
		return c
	}
	return c.AtPace(bench.Unpaced)
}

// About are the numbers of the duties that the scenario is about.
func (s *Scenario) About() string { return dutyNames(s.Duties) }

// Plot is what befalls the program, in the grammar of plans, and the harms.
func (s *Scenario) Plot() string { return cmp.Or(s.Plans.String(), harmsText(s.everyHarm())) }

// Suite is a list of scenarios.
type Suite struct {
	Name      string
	Scenarios []Scenario
	Part      Part
}

// SuiteNames are the names for NewSuite.
func SuiteNames() []string { return []string{"smoke", "full"} }

// NewSuite makes the suite of that name for a program that waits for an answer as long as
// response says.
func NewSuite(name string, response time.Duration) (*Suite, error) {
	switch name {
	case "smoke":
		full, err := NewSuite("full", response)
		if err != nil {
			return nil, err
		}
		first := len(smoke())
		rest := slices.DeleteFunc(full.Scenarios[first:], func(s Scenario) bool { return !slices.Contains(smokeToo(), s.Name) })
		return &Suite{Name: name, Scenarios: full.Scenarios[:first+len(rest)]}, nil
	case "full":
		return &Suite{Name: name, Scenarios: slices.Concat(fill(slices.Concat(smoke(), more()), response), harmful(response), recovering(response), catalogue(response))}, nil
	}
	return nil, fmt.Errorf("there is no suite %q: use %s", name, strings.Join(SuiteNames(), " or "))
}

// Only returns the suite with only the scenarios of these names.
func (s *Suite) Only(names []string) (*Suite, error) {
	only := &Suite{Name: s.Name, Part: s.whole()}
	only.Part.Only = true
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
	only.Part.Chosen = only.names()
	return only, nil
}

// play is a scenario in this source. LATE in its plan stands for the time of late.
type play struct {
	Scenario
	plan string
}

// beginningHeld is how long a program does well to keep the beginning of a frame for its rest (PROTOCOL.md, section 2):
// the whole frames behind it are found after that silence.
const beginningHeld = 500 * time.Millisecond

// bearable is how many requests may be sent again where all answers come but those Missing. A program that
// waits no longer than it keeps a beginning finds the next answer only with the one behind.
func (s *Scenario) bearable(response time.Duration) uint64 {
	if response <= beginningHeld {
		return 2 * s.Missing
	}
	return s.Missing
}

// late is longer than the program waits before it asks again, and shorter than it then waits
// for two more missing answers.
func late(response time.Duration) time.Duration { return 5 * response / 2 }

// often is how often those talk who talk without end.
func often(response time.Duration) time.Duration { return max(10*time.Millisecond, response/3) }

func fill(plays []play, response time.Duration) []Scenario {
	var all []Scenario
	for i, p := range plays {
		plans, err := trial.ParsePlans(inTime(p.plan, response))
		if err != nil {
			panic(fmt.Sprintf("judge: scenario %s: %v", p.Name, err)) // the plan is in this source
		}
		p.Scenario.Plans = plans
		if len(p.World.Attempts) == 0 {
			p.World = dressed(i)
		}
		if p.Expect == "" {
			p.Expect = Recovers
		}
		all = append(all, p.Scenario)
	}
	return all
}

// dressed is the world of scenario i of a list: that of the next guise.
func dressed(i int) world.World {
	w := worldOf(imageBlocks)
	guises[i%len(guises)](&w)
	return w
}

// tries is how often the article's tool sends a request before it gives up.
func tries() int { return client.DefaultTiming().Resends + 1 }
