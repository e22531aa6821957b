package judge

import (
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/duty"
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

// outside reports whether a kind can be played with a program that is not ours: its disk and its
// clock are its computer's.
func outside(k fault.Kind) bool { return k.Part() != fault.OfDisk && k.Part() != fault.OfClock }

// catalogue is one scenario for each kind of fault that can befall any program, and each phase in
// which it can strike.
func catalogue(response time.Duration) []Scenario {
	var all []Scenario
	for _, d := range fault.Common() {
		if !outside(d.Kind) {
			continue
		}
		for _, m := range moments {
			if d.Kind.ChipOp() == fault.Program && m.phase == Erase {
				continue // nothing is programmed there
			}
			if f, ok := representative(d, m.phase, m.triggers, response); ok {
				all = append(all, Scenario{
					Name:   fmt.Sprintf("%v-%s", d.Kind, m.phase),
					Phase:  m.phase,
					Title:  d.Field,
					World:  dressed(len(all)),
					Plans:  trial.Plans{{f}},
					Expect: expectationOf(f.Kind, m.phase),
					Duties: dutiesOf(d.Kind),
					Waits:  tries() / 2, // a mean: some kinds cost no wait, some all
				})
			}
		}
	}
	return all
}

// representative is the example of a kind, moved to the first trigger that the kind allows and
// shortened for real time.
func representative(d fault.Description, phase Phase, triggers []fault.Trigger, response time.Duration) (fault.Fault, bool) {
	plan, err := fault.Parse(d.Example)
	if err != nil || len(plan) != 1 {
		panic(fmt.Sprintf("judge: the example of %v: %v", d.Kind, err)) // package fault tests them
	}
	f := plan[0]
	shorten(&f, phase, response)
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
//
// Only in the download does everybody send a request again with its own id, so that missing
// answers can be counted: elsewhere a program may ask anew.
func shorten(f *fault.Fault, phase Phase, response time.Duration) {
	if f.Kind.Lasts() {
		f.Duration = fault.Duration{NoResponses: 2}
		if f.Validate() != nil || !f.Kind.Blocks() || phase != Download || f.Kind.Place() == fault.PlaceIP {
			f.Duration = fault.Duration{Time: 2 * response}
		}
		if f.Kind.Breaks() { // whoever tries it again no faster than answers are waited for finds it at the second try
			f.Duration = fault.Duration{Time: response}
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

// expectationOf is what must come of one fault of a kind. A healthy program succeeds wherever the
// fault passes and PROTOCOL.md says how to go on.
func expectationOf(k fault.Kind, phase Phase) Expectation {
	answersIdentify := phase == Identify || phase == Enter || phase == Restart
	switch {
	case slices.Contains([]string{"abort", "kill"}, k.String()), k.Part() == fault.OfFile:
		return Recovers
	case k.String() == "ip-down" && answersIdentify: // nobody need try again what could not be opened at first
		return Recovers
	case k.Breaks() && phase != Download: // how fast a port is tried again is not said by how often
		return Recovers
	case k.Place() == fault.PlaceChip && k.String() != "flash-lie": // the cells may be bad for good
		return Recovers
	case k.Forges() && answersIdentify: // nothing says what an identify means whose status is not ok
		return Recovers
	}
	return Succeeds
}

// kindsAbout are the kinds that are about other duties than their place is.
var kindsAbout = []struct {
	kinds []string
	about []duty.ID
}{
	{[]string{"kill"}, []duty.ID{duty.Next, duty.Kept}},
	{[]string{"abort"}, []duty.ID{duty.AbortButton, duty.AsItWas, duty.Next}},
	{[]string{"reply-late", "reply-dup", "reply-swap"}, []duty.ID{duty.LateAnswer}},
	{[]string{"reply-stranger", "reply-nak"}, []duty.ID{duty.Matching}},
	{[]string{"reply-busy"}, []duty.ID{duty.Busy}},
	{[]string{"babble", "second-master"}, []duty.ID{duty.Alone, duty.NoNewTime}},
	{[]string{"port-vanishes"}, []duty.ID{duty.Reconnect}},
	{[]string{"frame-dup", "frame-lost"}, []duty.ID{duty.Ack, duty.Same}},
}

// dutiesOf are the duties that a fault of a kind is about.
func dutiesOf(k fault.Kind) []duty.ID {
	for _, row := range kindsAbout {
		if slices.Contains(row.kinds, k.String()) {
			return row.about
		}
	}
	switch k.Place() {
	case fault.PlaceIP:
		return []duty.ID{duty.Reconnect}
	case fault.PlaceChip:
		return []duty.ID{duty.Again}
	case fault.PlaceMeter:
		return []duty.ID{duty.Again, duty.Identify, duty.Patience}
	case fault.PlaceLine:
		return []duty.ID{duty.Stream, duty.Same}
	}
	return []duty.ID{duty.Same}
}
