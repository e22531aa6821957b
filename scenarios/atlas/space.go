package atlas

import (
	"fmt"
	"slices"
	"strings"

	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// place stands in a template for the number that makes a point of it.
const place = "#"

// template is a fault whose place is open, or several that strike at one place.
type template struct {
	text   string
	faults fault.Plan // at place 1
	unit   unit
	seeded bool // the seed is the place, too, so that no two tear alike
}

// unit is what the places of a row count in the swept run.
type unit uint8

// The units.
const (
	toMeterBytes unit = iota
	fromMeterBytes
	toMeterFrames
	fromMeterFrames
	frames // in both directions
	replies
	flashOps
	states
	blocks
	unitCount
)

// String is the unit's name in the file.
func (u unit) String() string {
	return [unitCount]string{"to-meter", "from-meter", "frame-to-meter", "frame-from-meter", "frame", "reply", "flash-op", "state", "block"}[u]
}

// spaces are the available spaces, each a list of templates.
var spaces = []struct {
	name, about string
	templates   []string
}{
	{"wire", "every byte both ways, flipped, dropped, repeated or with another before it", bothWays(
		"byte-flip at byte # SIDE", "byte-drop at byte # SIDE", "byte-insert at byte # SIDE seed #", "byte-dup at byte # SIDE")},
	{"flash", "every flash operation, with the power lost before it, inside it and after it", []string{
		"power-loss at flash-op #", "power-loss at flash-op # torn bytes 0 seed #", "power-loss at flash-op # torn seed #",
		"power-loss at flash-op # torn bytes 255 seed #", "power-loss at flash-op # after"}},
	{"outage", "every answer and block, and a cable that is out, or a meter that is silent, for just as long as the tool tries, and one answer longer; a port that vanishes, for less than that and for more; and every other answer lost from there on", []string{
		"cable-pull at reply # for 10 no-responses", "cable-pull at reply # for 11 no-responses", "port-vanishes at reply # for 45s", "port-vanishes at reply # for 115s",
		"meter-silent at block # for 10 no-responses", "meter-silent at block # for 11 no-responses", "reply-lost at reply # every 2 replies"}},
	{"frame", "every frame both ways: lost, repeated, or the first that a cable, a break or a loose plug takes", bothWays(
		"frame-lost at frame # SIDE", "frame-dup at frame # SIDE", "cable-pull at frame # SIDE", "cable-pull at frame # SIDE for 2 no-responses",
		"line-break at frame # SIDE for 1 no-response", "cable-flap at frame # SIDE for 20s by 300ms")},
	{"reply", "every answer of the meter, with every fault of answers", []string{
		"reply-lost at reply #", "reply-late at reply # by 11s", "reply-dup at reply #", "reply-swap at reply #", "reply-stranger at reply #",
		"reply-nak at reply #", "reply-busy at reply #", "reply-status at reply # status program-failed", "reply-status at reply # status not-cleared"}},
	{"state", "every state of the meter, with faults of the meter, the line and the PC", []string{
		"power-loss at state #", "power-loss at state # for 30s", "brown-out at state # for 2s", "meter-reset at state #", "watchdog-reset at state # by 2s",
		"meter-silent at state #", "meter-silent at state # for 45s", "meter-slow at state # for 1m by 700ms",
		"echo at state # for 1m", "wrong-baud at state # for 30s baud 19200", "sliced at state # for 1m by 20ms length 16", "noise at state # for 20s rate 1e-3",
		"port-vanishes at state # for 25s",
		"abort at state #", "kill at state #", "suspend at state # for 5m", "disk-full at state #", "clock-jump at state # by 1h", "file-gone at state #"}},
	{"meter", "every answer of the meter, which resets, hangs or falls silent as it gives it", []string{
		"meter-reset at reply #", "brown-out at reply # for 2s", "watchdog-reset at reply # by 2s", "meter-silent at reply # for 45s", "power-loss at reply # for 30s"}},
	{"chip", "every flash operation that fails, lies, or meets a bad cell; what cannot befall it leaves it unharmed", []string{
		"program-fails at flash-op #", "erase-fails at flash-op #", "flash-lie at flash-op #", "stuck-bit at flash-op #"}},
	{"host", "the PC at every frame: aborted, killed, asleep, its disk full, its clock set", []string{
		"abort at frame #", "kill at frame #", "suspend at frame # for 5m", "disk-full at frame #", "clock-jump at frame # by 1h"}},
	{"station", "every frame, from which on a babbler or a second master talks, often or seldom", []string{
		"babble at frame # for 3s by 100ms", "babble at frame # for 1m by 900ms unit 77", "second-master at frame # for 3s by 100ms",
		"second-master at frame # for 1m by 900ms", "second-master at frame # for 5m by 4s unit 77", "second-master at frame # by 11s"}},
	{"ip", "the network at every frame: reset, half open, stalled, down", []string{
		"ip-reset at frame #", "ip-half-open at frame # for 30s", "ip-half-open at frame #", "ip-stall at frame # for 30s",
		"ip-down at frame # for 30s", "ip-down at frame #"}},
	{phoneSpace, "the call at every frame, answer and flash operation of a meter that is called: cut off, once or again and again, with nobody to be reached for a while, or busy with itself", []string{
		"carrier-lost at frame # to-meter", "carrier-lost at frame # from-meter", "carrier-lost at flash-op #", "carrier-lost at reply # every 9 replies", "carrier-lost at reply # every 1 reply",
		"carrier-lost at reply #; line-busy at reply # for 40s", "carrier-lost at reply #; line-busy at reply # for 20m",
		"carrier-lost at reply #; no-dial-tone at reply # for 40s", "carrier-lost at reply #; no-answer at reply # for 1m",
		"carrier-lost at reply #; wrong-number at reply # for 1m",
		"retrain at frame # for 8s", "retrain at frame # for 45s", "retrain at reply # for 5m"}},
}

// phoneSpace is the space of a meter that is called. Other worlds do not have it.
const phoneSpace = "phone"

// byPhone reports whether the tool reaches the meter of a sweep by telephone.
func byPhone(w world.World) bool {
	w = w.Filled()
	return w.MeterOf(&w.Attempts[0]).Phone != ""
}

// pairsSpace is the space of the rows with two faults.
const pairsSpace = "pairs"

// bothWays repeats templates for each direction.
func bothWays(texts ...string) []string {
	var all []string
	for _, side := range []fault.Side{fault.ToMeter, fault.FromMeter} {
		for _, t := range texts {
			all = append(all, strings.ReplaceAll(t, "SIDE", side.String()))
		}
	}
	return all
}

// DefaultSpaces are the spaces of a sweep that names none.
func DefaultSpaces() []string { return []string{"wire", "flash", "outage"} }

// Spaces returns the available spaces: names and meanings.
func Spaces() [][2]string {
	var list [][2]string
	for _, s := range spaces {
		list = append(list, [2]string{s.name, s.about})
	}
	return list
}

// templatesOf returns the templates of a space.
func templatesOf(space string) ([]template, error) {
	for _, s := range spaces {
		if s.name != space {
			continue
		}
		all := make([]template, len(s.templates))
		for i, text := range s.templates {
			t, err := parseTemplate(text)
			if err != nil {
				return nil, err
			}
			all[i] = t
		}
		return all, nil
	}
	return nil, fmt.Errorf("there is no space %q", space)
}

// parseTemplate reads a fault of the grammar with # instead of the number of its trigger or the
// name of its state.
func parseTemplate(text string) (template, error) {
	t := template{text: text, seeded: strings.Contains(text, "seed "+place)}
	numbers := [...]string{"1", "2"}
	if strings.Contains(text, "state "+place) {
		numbers = [...]string{fault.State(1).String(), fault.State(2).String()}
	}
	plan, err := fault.Parse(strings.ReplaceAll(text, place, numbers[0]))
	switch {
	case !strings.Contains(text, place):
		return t, fmt.Errorf("%q has no %s for the place of the fault, as in %q", text, place, "byte-flip at byte # to-meter")
	case err != nil:
		return t, fmt.Errorf("%q: %w", text, err)
	}
	t.faults = plan
	t.unit, err = unitOf(plan[0].Trigger)
	if err != nil {
		return t, err
	}
	for _, f := range plan {
		if f.Trigger.Unit != plan[0].Trigger.Unit || f.Trigger.Side != plan[0].Trigger.Side {
			return t, fmt.Errorf("%q: faults of one template strike at one place; give the others with another --fault", text)
		}
	}
	if second, err := fault.Parse(strings.ReplaceAll(text, place, numbers[1])); err != nil || !slices.Equal(second, t.at(2)) {
		return t, fmt.Errorf("%q: %s must stand for the number of its trigger", text, place)
	}
	return t, nil
}

func unitOf(t fault.Trigger) (unit, error) {
	switch t.Unit {
	case fault.AtByte:
		return bySide(t.Side, toMeterBytes, fromMeterBytes, toMeterBytes), nil
	case fault.AtFrame:
		return bySide(t.Side, toMeterFrames, fromMeterFrames, frames), nil
	case fault.AtReply:
		return replies, nil
	case fault.AtFlashOp:
		return flashOps, nil
	case fault.AtState:
		return states, nil
	case fault.AtBlock:
		return blocks, nil
	}
	return 0, fmt.Errorf("%v cannot be swept: use block, byte, frame, reply, flash-op or state", t.Unit)
}

func bySide(s fault.Side, to, from, both unit) unit {
	switch s {
	case fault.ToMeter:
		return to
	case fault.FromMeter:
		return from
	}
	return both
}

// at returns the faults at a place.
func (t *template) at(n uint64) fault.Plan {
	p := slices.Clone(t.faults)
	for i := range p {
		f := &p[i]
		if t.unit == states {
			f.Trigger.State = fault.State(n)
			continue
		}
		f.Trigger.First = n
		if t.seeded {
			f.Parameters.Seed = n
		}
	}
	return p
}
