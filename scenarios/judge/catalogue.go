package judge

import (
	"fmt"
	"time"

	"ionbench/scenarios/trial"
	"ionbench/simulator/fault"
)

// moments are the triggers of the catalogue in each phase. A fault takes the first one that its
// kind allows.
var moments = []struct {
	phase    Phase
	triggers []fault.Trigger
}{
	{Identify, []fault.Trigger{{Unit: fault.AtReply, First: 1}}},
	{Enter, []fault.Trigger{{Unit: fault.AtState, State: fault.Booting}}},
	{Erase, []fault.Trigger{{Unit: fault.AtState, State: fault.Erasing}, fault.FlashOp(20, fault.Before)}},
	{Download, []fault.Trigger{fault.Block(6), fault.FlashOp(150, fault.Before)}},
	{Verify, []fault.Trigger{{Unit: fault.AtState, State: fault.Verifying}}},
	{Restart, []fault.Trigger{{Unit: fault.AtState, State: fault.Application}}},
}

// catalogue is one scenario for each kind of fault and each phase in which it can strike.
func catalogue(response time.Duration) []Scenario {
	var all []Scenario
	for _, d := range fault.Kinds() {
		for _, m := range moments {
			if d.Kind.ChipOp() == fault.Program && m.phase == Erase {
				continue // nothing is programmed there
			}
			if f, ok := representative(d, m.triggers, response); ok {
				all = append(all, Scenario{
					Name:   fmt.Sprintf("%v-%s", d.Kind, m.phase),
					Phase:  m.phase,
					Title:  d.Field,
					World:  worldOf(imageBlocks),
					Plans:  trial.Plans{{f}},
					Expect: Recovers,
					Waits:  tries() / 2, // a mean: some kinds cost no wait, some all
				})
			}
		}
	}
	return all
}

// representative is the example of a kind, moved to the first trigger that the kind allows and
// shortened for real time.
func representative(d fault.Description, triggers []fault.Trigger, response time.Duration) (fault.Fault, bool) {
	plan, err := fault.Parse(d.Example)
	if err != nil || len(plan) != 1 {
		panic(fmt.Sprintf("judge: the example of %v: %v", d.Kind, err)) // package fault tests them
	}
	f := plan[0]
	shorten(&f, response)
	for _, t := range triggers {
		f.Trigger = t
		if f.Parameters.Address != 0 {
			f.Parameters.Address = imageAddress
		}
		if f.Validate() == nil {
			return f, true
		}
	}
	return fault.Fault{}, false
}

// imageAddress is a byte of the image in the flash.
const imageAddress = 0x030100

// shorten makes a fault just long enough for a program to notice it, because durations pass in
// wall time.
func shorten(f *fault.Fault, response time.Duration) {
	if f.Kind.Lasts() {
		f.Duration = fault.Duration{NoResponses: 2}
		if f.Validate() != nil || !f.Kind.Blocks() {
			f.Duration = fault.Duration{Time: 2 * response}
		}
	}
	switch f.Kind.Delay() {
	case fault.LateReply:
		f.Parameters.By = late(response)
	case fault.HangTime:
		f.Parameters.By = response
	case fault.LateFrames:
		f.Parameters.By = response / 10
	case fault.BytePause:
		f.Parameters.By = 100 * time.Microsecond
	case fault.SlicePause:
		f.Parameters.By = time.Millisecond
	case fault.PlugTurn:
		f.Parameters.By = max(time.Millisecond, response/3)
	case fault.TalkEvery:
		f.Parameters.By = max(10*time.Millisecond, response/3)
	}
}
