package reproduce

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
)

// cause is what a kind of fault is in the field, for a log that cannot tell it from others.
type cause struct {
	kind   fault.Kind
	weight int     // how far-fetched it is; an everyday thing has 1
	family family  // kinds with the same marks in a log
	says   string  // what happened, in plain words
	tell   string  // what else tells of it than the log
	over   string  // the same once it is over; empty: no other
	lasts  lasting // how to say that it lasts
}

// family is kinds of fault that leave the same marks.
type family uint8

const (
	alone  family = iota
	dead          // no answer comes any more
	anew          // the meter starts anew
	spoilt        // one answer does not come, or makes no sense
	untold        // the log ends
)

// lasting is how a cause is said to last.
type lasting uint8

const (
	once lasting = iota
	stays
)

// causes is in the order in which they are likely.
func causes() []cause {
	return []cause{
		{fault.CablePull, 1, dead, "the line went dead (the cable)", "the meter's display shows Upgrading… and its LED L2 is still; its event log has no loss of power", "ask who touched the cable; the meter's event log has no power-down at that time", stays},
		{fault.PowerLoss, 2, dead, "the meter lost its power", "the meter's display is dark while it lasts; afterwards its event log has a power-up", "the meter's event log has a power-down and a power-up at that time", stays},
		{fault.Abort, 1, alone, "the person pressed Abort", "ask the person", "", once},
		{fault.Kill, 1, untold, "the tool or its PC came to a sudden end", "the PC's own event log has a crash or a restart", "", once},
		{fault.MeterReset, 3, anew, "a dip of the supply restarted the meter", "the meter's event log has a power-up at that time", "", once},
		{fault.BrownOut, 4, anew, "the supply dipped and held the meter in reset", "lights flickered; the meter's event log has no power-up", "", stays},
		{fault.WatchdogReset, 6, anew, "the meter's firmware hung and its watchdog restarted it", "the meter's event log has no power-up", "", once},
		{fault.MeterSilent, 5, dead, "the meter hung and answered nothing", "the display shows Upgrading…, the cable is good, and a power cycle brings the meter back", "the meter's event log has no power-down, and nobody touched the cable", stays},
		{fault.LineBreak, 7, dead, "the line was held in break", "another station on the RS-485 line, or a short between its wires; L2 is still", "another station on the RS-485 line, or a short between its wires", stays},
		{fault.WrongBaud, 8, dead, "the converter was set to another baud rate", "the converter's settings; L2 is still", "ask who set the converter", stays},
		{fault.IPHalfOpen, 6, dead, "the network forgot the connection", "only where a gateway or serial server stands between: its log, or a connection anew that works at once", "only where a gateway or serial server stands between: its log", stays},
		{fault.IPReset, 2, alone, "the TCP connection was reset", "only where a gateway or serial server stands between: its log", "", once},
		{fault.ReplyLost, 2, spoilt, "one answer of the meter was lost on its way", "nothing: single answers are lost on any line", "", once},
		{fault.ReplyLate, 3, alone, "one answer of the meter came late", "a modem, a radio or a gateway that is busy", "", once},
		{fault.ReplyStranger, 8, spoilt, "an answer carried the id of another message", "a gateway that serves several clients", "", once},
		{fault.ReplyBusy, 2, alone, "the meter said that it was busy", "nothing: the log has no line for it", "", once},
		{fault.ReplyStatus, 6, alone, "the meter's answer said otherwise than it should have", "a trace of the line", "", once},
		{fault.ProgramFails, 5, alone, "the meter's flash chip could not be programmed", "a further upgrade fails at the same block if the chip is worn", "", once},
		{fault.EraseFails, 5, alone, "a sector of the meter's flash chip could not be erased", "a further upgrade fails in the same way if the chip is worn", "", once},
		{fault.StuckBit, 6, alone, "a cell of the meter's flash chip is worn out", "a further upgrade fails in the same way", "", once},
		{fault.ReadChanges, 7, alone, "a cell of the meter's flash chip read now so, now otherwise", "further upgrades fail now and then", "", stays},
		{fault.FlashLie, 7, alone, "the meter's flash chip claimed what it had not done", "a further upgrade goes well", "", once},
		{fault.MeterSlow, 4, alone, "the meter was slow to answer", "other requests are answered as slowly", "", stays},
		{fault.ClockJump, 9, alone, "the clock of the PC was set", "the PC's own event log, or a change of summer time", "", once},
		{fault.DiskFull, 5, untold, "the PC's disk was full, and the log is cut though the tool went on", "the free space of the disk", "", stays},
		{fault.Suspend, 6, untold, "the PC went to sleep", "it sleeps, or its own event log says so", "", stays},
	}
}

func causeOf(k fault.Kind) cause {
	list := causes()
	if i := slices.IndexFunc(list, func(c cause) bool { return c.kind == k }); i >= 0 {
		return list[i]
	}
	return cause{kind: k, weight: 10, says: k.Describe().Field}
}

// tellOf is what else than the log tells of a fault.
func tellOf(f fault.Fault) string {
	c := causeOf(f.Kind)
	if c.over != "" && !f.Duration.Forever() {
		return c.over
	}
	return c.tell
}

// costOf is how far-fetched a plan is: one cause is likelier than two.
func costOf(p fault.Plan) int {
	const each = 10
	cost := 0
	for _, f := range p {
		cost += each + causeOf(f.Kind).weight
	}
	return cost
}

// variants are the same plan with another cause of the same marks, the likeliest first.
func variants(h hypothesis) []hypothesis {
	var list []hypothesis
	for i, f := range h.plan {
		for _, c := range causes() {
			if other, ok := recast(f, c); ok {
				v := h
				v.plan = slices.Clone(h.plan)
				v.plan[i] = other
				list = append(list, v)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b hypothesis) int { return costOf(a.plan) - costOf(b.plan) })
	return list
}

// recast is the fault with another cause, if that can leave the same marks.
func recast(f fault.Fault, c cause) (fault.Fault, bool) {
	is := causeOf(f.Kind)
	other := fault.Fault{Kind: c.kind, Trigger: f.Trigger, Duration: f.Duration}
	single := f.Duration.NoResponses == 1
	switch {
	case f.Kind == c.kind:
		return f, false
	case is.family == dead && f.Duration.Time == 0 && c.family == dead:
		if c.kind == fault.WrongBaud {
			other.Parameters.Baud = 300 // which no meter has
		}
	case is.family == dead && single && c.family == spoilt, is.family == spoilt && c.family == spoilt:
		other.Duration = fault.Duration{}
	case f.Kind == fault.PowerLoss && f.Duration.Time != 0 && c.family == anew, is.family == anew && c.family == anew:
		if !c.kind.Lasts() {
			other.Duration = fault.Duration{}
		} else if f.Duration.Forever() {
			other.Duration.Time = time.Second
		}
	case is.family == untold && c.family == untold:
		if c.kind == fault.Suspend {
			other.Duration.Time = asleep
		}
	default:
		return f, false
	}
	return other, other.Validate() == nil
}

// asleep is longer than any trial lasts.
const asleep = 1000 * time.Hour
