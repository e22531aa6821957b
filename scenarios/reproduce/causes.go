package reproduce

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
)

// cause is what may have happened. Its row says which kind of fault plays it.
type cause uint8

// The causes, in the order in which they are likely.
const (
	unknown cause = iota
	cableOut
	powerGone
	aborted
	killed
	dipped
	brownOut
	watchdog
	hung
	inBreak
	wrongBaud
	flapping
	halfOpen
	stalled
	gatewayDown
	portGone
	connectionReset
	answerLost
	frameGone
	byteGone
	byteWrong
	noisy
	refusedByLink
	answerLate
	answerOfAnother
	answersSwapped
	answerTwice
	byteMore
	byteTwice
	frameTwice
	echoed
	babbled
	anotherMaster
	slowLine
	inSlices
	busy
	otherwise
	programFails
	eraseFails
	stuckBit
	marginalCell
	lyingChip
	slow
	clockSet
	diskFull
	asleep
	carrierLost
	noDialTone
	lineBusy
	unanswered
	wrongNumber
	retraining
	causeCount
)

// causeRow says what a cause is in the field, to help where a log cannot tell it from others.
type causeRow struct {
	kind   string  // of the fault, as plans name it
	weight int     // how far-fetched it is; an everyday thing has 1
	family family  // causes with the same marks in a log
	says   string  // what happened, in plain words
	tell   string  // other signs of it than the log
	over   string  // the signs of it once it is over; empty: the same
	lasts  lasting // how to say that it lasts
}

// family is causes that leave the same marks in a log.
type family uint8

const (
	alone     family = iota
	dead             // no answer comes any more
	anew             // the meter restarts
	spoilt           // one answer is missing, or makes no sense
	untold           // the log ends
	pausing          // time passes, and no line is missing
	unreached        // the number cannot be called again
)

// lasting says how long a cause lasts.
type lasting uint8

const (
	once lasting = iota
	stays
)

// causes are those that can show in a log.
var causes = [causeCount]causeRow{
	cableOut:        {"cable-pull", 1, dead, "the line went dead (the cable)", "the meter's display shows Upgrading… and its LED L2 is still; its event log has no loss of power", "ask who touched the cable; the meter's event log has no power-down at that time", stays},
	powerGone:       {"power-loss", 2, dead, "the meter lost its power", "the meter's display is dark while it lasts; afterwards its event log has a power-up", "the meter's event log has a power-down and a power-up at that time", stays},
	aborted:         {"abort", 1, alone, "the person pressed Abort", "ask the person", "", once},
	killed:          {"kill", 1, untold, "the tool or its PC came to a sudden end", "the PC's own event log has a crash or a restart", "", once},
	dipped:          {"meter-reset", 3, anew, "a dip of the supply restarted the meter", "the meter's event log has a power-up at that time", "", once},
	brownOut:        {"brown-out", 4, anew, "the supply dipped and held the meter in reset", "lights flickered; the meter's event log has no power-up", "", stays},
	watchdog:        {"watchdog-reset", 6, anew, "the meter's firmware hung and its watchdog restarted it", "the meter's event log has no power-up", "", once},
	hung:            {"meter-silent", 5, dead, "the meter hung and answered nothing", "the display shows Upgrading…, the cable is good, and a power cycle brings the meter back", "the meter's event log has no power-down, and nobody touched the cable", stays},
	inBreak:         {"line-break", 7, dead, "the line was held in break", "another station on the RS-485 line, or a short between its wires; L2 is still", "another station on the RS-485 line, or a short between its wires", stays},
	wrongBaud:       {"wrong-baud", 8, dead, "the converter was set to another baud rate", "the converter's settings; L2 is still", "ask who set the converter", stays},
	flapping:        {"cable-flap", 6, dead, "the line came and went (a loose plug)", "the plug and its screws; L2 stands still now and then", "the plug and its screws", stays},
	stalled:         {"ip-stall", 7, dead, "the network stood still", "only where a gateway or serial server stands between: its log", "", stays},
	gatewayDown:     {"ip-down", 7, dead, "the gateway was down", "only where a gateway or serial server stands between: its log", "", stays},
	portGone:        {"port-vanishes", 7, dead, "the PC's serial port was gone (a USB adapter, or a gateway that restarted)", "the PC's own event log has the adapter going and coming; L2 is still", "the PC's own event log has the adapter going and coming", stays},
	halfOpen:        {"ip-half-open", 6, dead, "the network forgot the connection", "only where a gateway or serial server stands between: its log, or a connection anew that works at once", "only where a gateway or serial server stands between: its log", stays},
	connectionReset: {"ip-reset", 2, spoilt, "the TCP connection was reset", "only where a gateway or serial server stands between: its log", "", once},
	answerLost:      {"reply-lost", 2, spoilt, "one answer of the meter was lost on its way", "nothing: single answers are lost on any line", "", once},
	frameGone:       {"frame-lost", 4, spoilt, "one frame was lost on its way", "a radio or a converter; single frames are lost on any line", "", once},
	byteGone:        {"byte-drop", 4, spoilt, "a byte was lost on its way", "a PC or a converter that is overrun", "", once},
	byteWrong:       {"byte-flip", 4, spoilt, "a byte was changed on its way", "a spike: something was switched near the cable", "", once},
	noisy:           {"noise", 5, spoilt, "noise damaged what was sent", "a drive or a contactor near the cable; it comes again", "", stays},
	refusedByLink:   {"reply-nak", 8, spoilt, "the meter's link layer refused a request", "a trace of the line", "", once},
	answerLate:      {"reply-late", 3, pausing, "one answer of the meter came late", "a modem, a radio or a gateway that is busy", "", once},
	answerOfAnother: {"reply-stranger", 9, spoilt, "an answer carried the id of another message", "a gateway that serves several clients", "", once},
	answersSwapped:  {"reply-swap", 9, spoilt, "one answer came behind the next one", "a gateway with several paths: its log", "", once},
	answerTwice:     {"reply-dup", 9, pausing, "one answer came twice", "a gateway that sends again: its log", "", once},
	byteMore:        {"byte-insert", 6, spoilt, "bytes that nobody sent came in between", "a transceiver that switches late, or a line without its bias resistors", "", once},
	byteTwice:       {"byte-dup", 7, spoilt, "bytes came twice", "a converter with a bad buffer: another converter", "", once},
	frameTwice:      {"frame-dup", 8, spoilt, "a frame came twice", "a repeater on the way", "", once},
	echoed:          {"echo", 8, dead, "the PC heard itself (an echo)", "a two-wire adapter whose echo is not switched off", "", stays},
	babbled:         {"babble", 7, dead, "another station talked unasked", "take the other stations off the line", "", stays},
	anotherMaster:   {"second-master", 7, dead, "another master asked meters meanwhile", "a second program or gateway that polls this line: stop it", "", stays},
	slowLine:        {"slow-line", 5, pausing, "the line was slow, with a pause before each byte", "a modem or a serial server on the way", "", stays},
	inSlices:        {"sliced", 5, pausing, "bytes came in slices", "a serial server on the way, and its packing settings", "", stays},
	busy:            {"reply-busy", 2, alone, "the meter said that it was busy", "nothing: the log has no line for it", "", once},
	otherwise:       {"reply-status", 9, alone, "the meter's answer said otherwise than it should have", "a trace of the line", "", once},
	programFails:    {"program-fails", 5, alone, "the meter's flash chip could not be programmed", "a further upgrade fails at the same block if the chip is worn", "", once},
	eraseFails:      {"erase-fails", 5, alone, "a sector of the meter's flash chip could not be erased", "a further upgrade fails in the same way if the chip is worn", "", once},
	stuckBit:        {"stuck-bit", 6, alone, "a cell of the meter's flash chip is worn out", "a further upgrade fails in the same way", "", once},
	marginalCell:    {"read-changes", 7, alone, "a cell of the meter's flash chip read now so, now otherwise", "further upgrades fail now and then", "", stays},
	lyingChip:       {"flash-lie", 6, alone, "the meter's flash chip claimed what it had not done", "a further upgrade goes well", "", once},
	slow:            {"meter-slow", 4, pausing, "the meter was slow to answer", "other requests are answered as slowly", "", stays},
	clockSet:        {"clock-jump", 9, alone, "the clock of the PC was set", "the PC's own event log, or a change of summer time", "", once},
	diskFull:        {"disk-full", 5, untold, "the PC's disk was full, and the log is cut though the tool went on", "the free space of the disk", "", stays},
	asleep:          {"suspend", 6, untold, "the PC went to sleep", "it sleeps, or its own event log says so", "", stays},
	carrierLost:     {"carrier-lost", 1, alone, "by phone: the carrier was lost", "the light CD of the modem was off, and the meter's display and its LED L2 show nothing wrong", "", once},
	noDialTone:      {"no-dial-tone", 2, unreached, "by phone: there was no dial tone to call again", "the telephone cable of the PC's modem", "", stays},
	lineBusy:        {"line-busy", 2, unreached, "by phone: the number was busy when it was called again", "another telephone, a fax or a person on the meter's line", "", stays},
	unanswered:      {"no-answer", 2, unreached, "by phone: nobody answered when the number was called again", "call it by hand: does it ring, and does a modem answer?", "", stays},
	wrongNumber:     {"wrong-number", 5, unreached, "by phone: somebody else answered at the number", "call it by hand, and listen", "", stays},
	retraining:      {"retrain", 3, alone, "by phone: the modems were busy training again", "a disturbed telephone line; it comes again", "", stays},
}

// row returns the cause's row.
func (c cause) row() causeRow { return causes[c] }

// kind is the kind of fault that plays the cause.
func (c cause) kind() fault.Kind {
	k, _ := fault.ParseKind(c.row().kind)
	return k
}

// causeOf returns the cause that a kind of fault plays; unknown if it leaves no mark.
func causeOf(k fault.Kind) cause {
	name := k.String()
	for c := unknown + 1; c < causeCount; c++ {
		if causes[c].kind == name {
			return c
		}
	}
	return unknown
}

// about returns the row of a fault's cause.
func about(f fault.Fault) causeRow {
	c := causeOf(f.Kind)
	if c == unknown {
		return causeRow{kind: f.Kind.String(), weight: 10, says: f.Kind.Describe().Field}
	}
	return c.row()
}

// tellOf returns the other signs of a fault than the log.
func tellOf(f fault.Fault) string {
	c := about(f)
	if c.over != "" && !f.Duration.Forever() {
		return c.over
	}
	return c.tell
}

// costOf says how far-fetched a plan is: one cause is likelier than two.
func costOf(p fault.Plan) int {
	const each = 10
	cost := 0
	for _, f := range p {
		cost += each + about(f).weight
	}
	return cost
}

// variants returns the same plan with other causes that leave the same marks, the likeliest
// first.
func variants(h hypothesis) []hypothesis {
	var list []hypothesis
	for i, f := range h.plan {
		for c := unknown + 1; c < causeCount; c++ {
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

// recast returns the fault with another cause, if that can leave the same marks.
func recast(f fault.Fault, c cause) (fault.Fault, bool) {
	was := causeOf(f.Kind)
	from, to := about(f).family, c.row().family
	other := fault.Fault{Kind: c.kind(), Trigger: f.Trigger, Duration: f.Duration, Parameters: c.example().Parameters}
	single := f.Duration.NoResponses == 1
	switch {
	case was == c:
		return f, false
	case from == dead && f.Duration.Time == 0 && c == portGone:
		other.Duration = fault.Duration{Time: goneFor(f.Duration)}
	case from == dead && f.Duration.Time == 0 && (to == dead || c == brownOut || c == noisy || c == slowLine || c == inSlices || c == slow):
		c.deafen(&other)
	case (from == dead && single || from == spoilt) && c == asleep:
		other.Duration = fault.Duration{Time: 15 * time.Second}
	case from == dead && single && to == spoilt, from == spoilt && to == spoilt:
		other.Duration = fault.Duration{}
		if other.Kind.Lasts() {
			other.Duration.Time = time.Second
		}
	case from == spoilt && to == dead:
		if c.deafen(&other); other.Kind.Lasts() {
			other.Duration = fault.Duration{NoResponses: 1}
		}
	case was == powerGone && f.Duration.Time != 0 && to == anew, from == anew && to == anew:
		if !other.Kind.Lasts() {
			other.Duration = fault.Duration{}
		} else if f.Duration.Forever() {
			other.Duration.Time = time.Second
		}
	case from == unreached && to == unreached:
	case from == untold && to == untold:
		if c == asleep {
			other.Duration.Time = longSleep
		}
	default:
		return f, false
	}
	return other, other.Validate() == nil
}

// goneFor is how long a port is gone that keeps as many answers away. That it is gone is noticed at once, and so is
// the next try to open it; each further one waits for its answer.
func goneFor(d fault.Duration) time.Duration {
	const atOnce, wait = 2, 10 * time.Second
	if d.Forever() {
		return longSleep
	}
	return wait/2 + wait*time.Duration(max(d.NoResponses, atOnce)-atOnce)
}

// atOnce reports whether the tool notices the cause without waiting for its answer.
func (c cause) atOnce() bool { return c == gatewayDown || c == portGone }

// pause is the cause as it takes a few seconds and keeps no answer away; false if it cannot.
func (c cause) pause(reply, request fault.Trigger) (fault.Fault, bool) {
	const short, long = 4 * time.Second, 30 * time.Second
	f := fault.Fault{Kind: c.kind(), Trigger: request, Parameters: c.example().Parameters}
	switch c {
	case answerLate:
		f.Trigger, f.Parameters.By = reply, short
	case answerTwice:
		f.Trigger = reply
	case asleep, stalled:
		f.Duration.Time = short
	case slow:
		f.Duration.Time, f.Parameters.By = long, 50*time.Millisecond
	case slowLine:
		f.Duration.Time, f.Parameters.By = long, time.Millisecond
	case inSlices:
		f.Duration.Time = long
	case babbled, anotherMaster:
		f.Duration.Time = short
	case byteGone, byteWrong, byteMore, byteTwice, frameGone, frameTwice: // the frame is sent again
	default:
		return f, false
	}
	return f, f.Validate() == nil
}

// deafen sets what the cause needs to keep every answer away.
func (c cause) deafen(f *fault.Fault) {
	switch c {
	case wrongBaud:
		f.Parameters.Baud = 300 // a rate that no meter has
	case noisy:
		f.Parameters.Rate = deafening
	case babbled, anotherMaster:
		f.Parameters.By, f.Parameters.Unit = 25*time.Millisecond, 0
	case slow:
		f.Parameters.By = 12 * time.Second
	case slowLine:
		f.Parameters.By = 50 * time.Millisecond
	case inSlices:
		f.Parameters.By = 200 * time.Millisecond
	}
}

// example is the example of the cause's kind, for parameters that a log does not tell.
func (c cause) example() fault.Fault {
	plan, err := fault.Parse(c.kind().Describe().Example)
	if err != nil || len(plan) == 0 {
		return fault.Fault{}
	}
	return plan[0]
}

// deafening is noise in which no frame survives: the part of the bytes that it damages.
const deafening = 0.1

// longSleep is longer than any trial lasts.
const longSleep = 1000 * time.Hour
