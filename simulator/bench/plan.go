package bench

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// strike is one fault of the plan and how far it has come.
type strike struct {
	fault  fault.Fault
	effect *effect
	moment
	spell
	aim
	plug
	voice talker.Talker // of a station that the fault has brought
}

// moment is when a fault strikes.
type moment struct {
	origin origin // next counts from here
	next   uint64 // the coming moment in the trigger's unit; 0 when there is none
	count  int    // how often it has struck
	named  bool   // the trace says already that it cannot strike
	missed string // why it could not strike when its moment came
}

// spell is how long a fault is at work.
type spell struct {
	active      bool
	until       time.Duration // when it ends, if timed
	timed       bool
	noResponses uint64 // resends until it ends; 0 when they do not end it
}

// aim is what a fault that has struck has still to act on.
type aim struct {
	armed   int    // frames or answers to act on
	trap    uint64 // position of the next byte that it waits for
	trapped bool
	bytes   int    // bytes in a row still to harm
	harms   uint64 // the flash operation that it acts on, counted over the chip's life; 0 for none
}

// SetPlan replaces the plan. Faults of the old plan that are at work go on until they end or
// Heal ends them. They do not strike again.
//
// Set the plan of a run before Begin, which starts its counts, and let no time pass between the
// two. A plan that is set in the middle of a run counts from the beginning of that run. Moments
// that have passed by then are missed; a fault that repeats still has the moments to come. If
// Begin was never called, the run began when the station was made.
func (s *Station) SetPlan(p fault.Plan) error {
	if err := s.CheckPlan(p); err != nil {
		return err
	}
	s.dropPlan()
	return s.AddPlan(p)
}

// AddPlan adds faults to the plan, as SetPlan does: moments that have passed are missed. The
// faults that are there already go on.
func (s *Station) AddPlan(p fault.Plan) error {
	if err := s.CheckPlan(p); err != nil {
		return err
	}
	for _, f := range p {
		k := strike{fault: f, effect: s.effectOf(f.Kind), moment: moment{origin: s.origin}}
		k.countFrom(s.origin, s.count(s.now, &k))
		s.plan = append(s.plan, k)
	}
	s.armTraps()
	s.armFlash()
	return nil
}

// PlanAnew keeps the first faults of the plan, and puts others in the place of those behind them, as
// AddPlan adds faults. It is an error if one of those has had its moment.
func (s *Station) PlanAnew(keep int, p fault.Plan) error {
	if err := s.CheckPlan(p); err != nil {
		return err
	}
	for i := range s.plan[keep:] {
		if k := &s.plan[keep+i]; k.count > 0 || k.missed != "" {
			return fmt.Errorf("%w: %v", errStruck, k.fault)
		}
	}
	s.plan = s.plan[:keep]
	return s.AddPlan(p)
}

// errStruck: a fault cannot be taken out of a plan any more.
var errStruck = errors.New("the fault has had its moment")

// CheckPlan says why p cannot be played on this station; nil if it can.
func (s *Station) CheckPlan(p fault.Plan) error {
	for _, f := range p {
		if err := f.Validate(); err != nil {
			return err
		}
		if s.effectOf(f.Kind) == nil {
			return fmt.Errorf("fault %v: nobody has said what it does", f.Kind)
		}
		if err := s.checkFar(f); err != nil {
			return err
		}
		if err := s.checkAddress(f); err != nil {
			return err
		}
	}
	return nil
}

// dropPlan forgets the plan, except for the faults that are at work.
func (s *Station) dropPlan() {
	s.plan = slices.DeleteFunc(s.plan, func(k strike) bool { return !k.active })
	for i := range s.plan {
		s.plan[i].strikeNoMore()
	}
}

// endFaultsOfMeter ends the faults of the plan that are at work on the meter itself, and forgets
// those that have still to strike.
func (s *Station) endFaultsOfMeter(now time.Duration) {
	s.dropPlan()
	for i := range s.plan {
		switch s.plan[i].fault.Kind.Place() {
		case fault.PlaceMeter, fault.PlaceChip, fault.PlaceReply:
			s.finish(now, i)
		}
	}
	s.dropPlan()
	s.armTraps()
	s.armFlash()
}

// strikeNoMore leaves a fault that is at work with nothing to do but to end.
func (k *strike) strikeNoMore() {
	k.next = 0
	if !k.fault.Windowed() {
		k.trapped = false
	}
}

// Begin says that a host begins its run. Everything that the plan counts is counted from here,
// and no request of this host counts as a resend of the last host's. Faults that wait for the
// start strike now. Faults that still have to strike, for the first time or again, count from
// here; those at work go on.
func (s *Station) Begin(now time.Duration) {
	s.Advance(now)
	s.watch.forgetHost()
	s.origin = s.here(now)
	s.orderAgain(now)
	for i := range s.plan {
		if k := &s.plan[i]; k.next > 0 || k.count == 0 {
			k.named, k.missed, k.trapped = false, "", k.trapped && k.bytes > 0
			k.countFrom(s.origin, 0)
		}
	}
	s.armTraps()
	s.armFlash()
	for i := range s.plan {
		if s.plan[i].fault.Trigger.Unit == fault.AtStart && s.plan[i].count == 0 {
			s.strike(now, i)
		}
	}
}

// Waiting reports that a fault of the plan has still to strike, or has struck and waits for its
// frame, byte or flash operation.
func (s *Station) Waiting() bool {
	for i := range s.plan {
		if k := &s.plan[i]; k.waiting() || k.harms > s.meter.Chip().Ops() {
			return true
		}
	}
	return false
}

func (k *strike) waiting() bool {
	return k.count == 0 && k.missed == "" || k.next > 0 || k.armed > 0 || k.bytes > 0
}

// passed reports that a fault's moment had passed when it came into the plan.
func (k *strike) passed() bool {
	return k.count == 0 && k.missed == "" && k.fault.Trigger.First > 0 && k.next == 0 && k.armed == 0 && k.bytes == 0
}

// Struck is how many faults of the plan there are up to the last one that has had its moment.
func (s *Station) Struck() int {
	n := len(s.plan)
	for n > 0 && s.plan[n-1].count == 0 && s.plan[n-1].missed == "" {
		n--
	}
	return n
}

// Unstruck lists the faults of the plan that never struck.
func (s *Station) Unstruck() []story.Unstruck {
	var list []story.Unstruck
	for i := range s.plan {
		if s.plan[i].count == 0 {
			list = append(list, story.Unstruck{Fault: s.plan[i].fault, Reason: s.whyNot(i)})
		}
	}
	return list
}

func (s *Station) whyNot(i int) string {
	k := &s.plan[i]
	t, w, o := k.fault.Trigger, &s.watch, &k.origin
	if k.missed != "" {
		return k.missed
	}
	if k.passed() {
		return "its moment had passed when the plan was set"
	}
	switch t.Unit {
	case fault.AtBlock, fault.AtPercent:
		if w.blocks == 0 {
			return "no download was begun"
		}
		if t.Unit == fault.AtBlock && t.First > uint64(w.blocks) {
			return fmt.Sprintf("the image has %d blocks", w.blocks)
		}
		return fmt.Sprintf("the host came as far as block %d of %d", w.lastBlock, w.blocks)
	case fault.AtFlashOp:
		return fmt.Sprintf("the chip came as far as operation %d of the run", s.count(s.now, k))
	case fault.AtByte:
		return fmt.Sprintf("the line carried %d bytes to-meter and %d from-meter in the run",
			since(o.bytes[line.ToMeter], s.line.Sent(line.ToMeter)), since(o.bytes[line.FromMeter], s.line.Sent(line.FromMeter)))
	case fault.AtFrame:
		f := w.frames()
		return fmt.Sprintf("the line carried %d frames to-meter and %d from-meter in the run",
			f[line.ToMeter]-o.frames[line.ToMeter], f[line.FromMeter]-o.frames[line.FromMeter])
	case fault.AtNoResponse:
		return fmt.Sprintf("the host sent %d requests again", s.count(s.now, k))
	case fault.AtReply:
		return fmt.Sprintf("the meter gave %d answers in the run", s.count(s.now, k))
	case fault.AtState:
		return fmt.Sprintf("the meter was never %v", t.State)
	case fault.AtTime:
		return "the run ended before"
	}
	return "no host began"
}

// learnBlocks notes how long the image is, which the host has just told.
func (s *Station) learnBlocks(now time.Duration, length uint32) {
	s.watch.blocks = ion.Blocks(length)
	for i := range s.plan {
		k := &s.plan[i]
		if t := k.fault.Trigger; t.Unit == fault.AtBlock && k.count == 0 && t.First > uint64(s.watch.blocks) && !k.named {
			k.named = true
			s.note(now, story.Fault, story.FaultMissed{Fault: k.fault, Reason: fmt.Sprintf("the image has %d blocks", s.watch.blocks)})
		}
	}
}

// strike makes fault i strike now.
func (s *Station) strike(now time.Duration, i int) {
	k := &s.plan[i]
	if why := s.chipCannot(k); why != "" {
		s.miss(now, k, why)
		return
	}
	k.count++
	k.goOn()
	if k.active {
		return
	}
	if s.traceOn {
		s.note(now, story.Fault, story.FaultStruck{Fault: k.fault})
	}
	if k.fault.Kind.Lasts() {
		k.lasts(now)
	}
	k.effect.begin(s, now, k)
}

// goOn waits for the moment after the one that has come.
func (k *strike) goOn() {
	if k.next > 0 {
		k.next, _ = k.fault.NextStrike(k.next + 1)
	}
}

// miss notes that the moment of a fault has come and that it could not strike.
func (s *Station) miss(now time.Duration, k *strike, why string) {
	k.missed = why
	k.goOn()
	s.note(now, story.Fault, story.FaultMissed{Fault: k.fault, Reason: why})
}

func (k *strike) lasts(now time.Duration) {
	k.active = true
	k.noResponses = k.fault.Duration.NoResponses
	k.timed = k.fault.Duration.Time > 0
	k.until = now + k.fault.Duration.Time
	if k.fault.Windowed() && k.fault.Trigger.Unit == fault.AtTime {
		k.timed, k.until = true, k.origin.at+time.Duration(k.fault.Trigger.Last)
	}
	if k.fault.Windowed() && k.fault.Trigger.Unit == fault.AtByte {
		k.setTrap(k.trapAt(k.fault.Trigger.Last + 1)) // when the byte after the last one is next
	}
}

// timer is when the clock makes the fault strike or end.
func (k *strike) timer() (time.Duration, bool) {
	switch {
	case k.turnsNext():
		return k.toggle, true
	case k.talksNext():
		return k.voice.Next(), true
	case k.active:
		return k.until, k.timed
	case k.fault.Trigger.Unit == fault.AtTime && k.next > 0:
		return k.origin.at + time.Duration(k.next), true
	}
	return 0, false
}

func (s *Station) runTimer(now time.Duration, i int) {
	at, due := s.plan[i].timer()
	if !due || at > now {
		return
	}
	switch k := &s.plan[i]; {
	case k.turnsNext():
		s.flap(now, k)
	case k.talksNext():
		s.speak(now, placeOfStruck(i), &k.voice)
	case k.active:
		s.finish(now, i)
	default:
		s.strike(now, i)
	}
}

// finish ends a lasting fault.
func (s *Station) finish(now time.Duration, i int) {
	k := &s.plan[i]
	k.active = false
	if s.traceOn {
		s.note(now, story.Fault, story.FaultEnded{Fault: k.fault})
	}
	k.effect.end(s, now, k)
}

// observe tells the faults that count in unit that the count has moved. For frames, only faults
// that count direction d are told.
func (s *Station) observe(now time.Duration, unit fault.Unit, d line.Direction) {
	for i := range s.plan {
		t := &s.plan[i].fault.Trigger
		if t.Unit == unit && (unit != fault.AtFrame || t.Side == fault.Both || t.Side == sideOf(d)) {
			s.observeOne(now, i)
		}
	}
}

func (s *Station) observeOne(now time.Duration, i int) {
	k := &s.plan[i]
	n := s.count(now, k)
	if k.active && k.fault.Windowed() && n > k.fault.Trigger.Last {
		s.finish(now, i)
		return
	}
	if k.next > 0 && n >= k.next {
		k.next = n
		s.strike(now, i)
	}
}

func sideOf(d line.Direction) fault.Side {
	if d == line.ToMeter {
		return fault.ToMeter
	}
	return fault.FromMeter
}

func (s *Station) strikeBlock(now time.Duration, n int) {
	s.observe(now, fault.AtBlock, line.ToMeter)
	for i := range s.plan {
		k := &s.plan[i]
		switch {
		case k.fault.Trigger.Unit != fault.AtPercent:
		case k.active && k.fault.Windowed() && k.fault.Trigger.Last < s.watch.answered():
			s.finish(now, i)
		case k.fault.StrikesBlock(n, int(s.watch.blocks)) && k.next > 0:
			s.strike(now, i)
		}
	}
}

// strikeNoResponse is called when the host sends a request again. First come the faults that
// last a number of these: if one ends now, the resend itself meets a sound line.
func (s *Station) strikeNoResponse(now time.Duration) {
	for i := range s.plan {
		k := &s.plan[i]
		if !k.active || k.noResponses == 0 {
			continue
		}
		if k.noResponses--; k.noResponses == 0 {
			s.finish(now, i)
		}
	}
	s.observe(now, fault.AtNoResponse, line.ToMeter)
}

func (s *Station) strikeState(now time.Duration, state meter.State) {
	if s.others != nil {
		s.tellOwnState(now, state.String())
	}
	for i := range s.plan {
		k := &s.plan[i]
		if k.fault.Trigger.Unit == fault.AtState && k.count == 0 && k.fault.Trigger.State.String() == state.String() {
			s.strike(now, i)
		}
	}
}

// flashWait is the flash operation at which a fault waits to strike or to end, counted over the
// chip's life, and whether it waits for its beginning (before) or its end. op is 0 when there
// is none.
func (k *strike) flashWait() (op uint64, before bool) {
	t := &k.fault.Trigger
	switch {
	case t.Unit != fault.AtFlashOp:
		return 0, false
	case k.active && k.fault.Windowed():
		return k.origin.flashOps + t.Last, false
	case k.next == 0:
		return 0, false
	}
	return k.origin.flashOps + k.next, t.Phase == fault.Before
}

// skipFlashOps moves a fault that repeats past the operations that are over. A fault that
// strikes once is left as it is, to be reported as missed.
func (k *strike) skipFlashOps(done uint64) {
	op, _ := k.flashWait()
	if op == 0 || op > done || k.active && k.fault.Windowed() {
		return
	}
	if next, ok := k.fault.NextStrike(done - k.origin.flashOps + 1); ok {
		k.next = next
	}
}

// strikeFlashOp is called when the watched operation op begins (before) or is over.
func (s *Station) strikeFlashOp(now time.Duration, op uint64, before bool) {
	for i := range s.plan {
		k := &s.plan[i]
		switch at, early := k.flashWait(); {
		case at != op || early != before || k.effect.cut != nil:
		case k.active && k.fault.Windowed():
			s.finish(now, i)
		default:
			s.strike(now, i)
		}
	}
	s.armFlash()
}

// armFlash tells the meter for which of its flash operations a fault waits next.
func (s *Station) armFlash() {
	var cut, watched *strike
	done := s.meter.Chip().Ops()
	for i := range s.plan {
		k := &s.plan[i]
		k.skipFlashOps(done)
		switch op, _ := k.flashWait(); {
		case op <= done:
		case k.effect.cut != nil:
			cut = sooner(cut, k)
		default:
			watched = sooner(watched, k)
		}
	}
	if cut != nil {
		p := cut.fault.Parameters
		op, _ := cut.flashWait()
		cut.effect.cut(s.meter, op, flashPhase(cut.fault.Trigger.Phase), p.Seed, p.TornBytes())
	} else {
		s.meter.CutFlash(0, flash.Before, 0, 0)
	}
	if watched != nil {
		s.meter.WatchFlash(watched.flashWait())
	} else {
		s.meter.WatchFlash(0, false)
	}
}

// sooner returns the fault whose operation comes first. At one operation, a fault that waits
// for its beginning comes first. If neither is first it returns a, which may be nil.
func sooner(a, b *strike) *strike {
	if a == nil {
		return b
	}
	first, early := a.flashWait()
	second, earlier := b.flashWait()
	if second < first || second == first && earlier && !early {
		return b
	}
	return a
}

func flashPhase(p fault.Phase) flash.Phase {
	return [...]flash.Phase{fault.Before: flash.Before, fault.Torn: flash.Torn, fault.After: flash.After}[p]
}

// flashCut is called when the power has failed at the operation that a fault named.
func (s *Station) flashCut(now time.Duration) {
	s.line.DropMeter()
	s.passTraps(now)
	s.dropHeld()
	var cut *strike
	at := 0
	for i := range s.plan {
		k := &s.plan[i]
		if op, _ := k.flashWait(); k.effect.cut == nil || op != s.meter.Chip().Ops() {
			continue
		}
		if cut = sooner(cut, k); cut == k {
			at = i
		}
	}
	if cut != nil {
		s.strike(now, at)
	}
	s.armFlash()
}
