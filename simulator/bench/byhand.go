package bench

import (
	"errors"
	"fmt"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
)

// maxPlan bounds the plan of a station to which faults are added while it runs.
const maxPlan = 1000

// Errors of faults that are struck or ended by hand.
var (
	// ErrPlanFull: the plan holds as many faults as it can.
	ErrPlanFull = errors.New("the plan is full")
	// ErrNoFault: no fault of the plan has this number.
	ErrNoFault = errors.New("no such fault")
	// ErrCannotStrike: the fault cannot strike at this moment.
	ErrCannotStrike = errors.New("it cannot strike now")
)

// Planned is a fault of the plan and how far it has come.
type Planned struct {
	Number  int // from 1, in the order in which the faults came into the plan
	Fault   fault.Fault
	AtWork  bool   // a lasting fault has struck and is not over
	Off     bool   // it holds the meter off while it is at work
	Waiting bool   // it has still to strike, or for something to act on
	Strikes int    // how often it has struck
	Reason  string // why it could not strike, or will not any more; empty if that is not known
}

// Planned lists the faults of the plan. Their numbers stay the same until the plan is replaced
// (SetPlan, Heal).
func (s *Station) Planned() []Planned {
	list := make([]Planned, 0, len(s.plan))
	for i := range s.plan {
		k := &s.plan[i]
		list = append(list, Planned{
			Number: i + 1, Fault: k.fault, AtWork: k.active, Off: k.effect.off, Waiting: k.waiting() && !k.passed(), Strikes: k.count, Reason: k.missed,
		})
		if k.passed() {
			list[i].Reason = s.whyNot(i)
		}
	}
	return list
}

// Since is where the run began of the tool that is at a station which serves one after another: a plan
// that does again what was done by hand counts from there. The zero Since is where the station's own began.
type Since struct {
	At      time.Duration          // after the station's run began
	Counts  Counts                 // of the station's run by then
	Entered [fault.Booting + 1]int // how often the meter has entered each state since
	// Restarts: the tool's last request is one upon which the meter restarts, as that to enter download state.
	Restarts bool
}

// AddByHand adds a fault to the plan of a station that runs. A fault without a trigger, or with
// `at start`, strikes at once, and gets the trigger that names this moment in a plan: the state, block,
// flash operation, frame, answer or time to which the tool's run has come. Any other waits for its moment. It returns
// the fault's number in the plan and the fault as the plan has it now. The errors wrap
// ErrPlanFull and ErrCannotStrike, or are those of CheckPlan.
func (s *Station) AddByHand(now time.Duration, f fault.Fault, run Since) (number int, planned fault.Fault, err error) {
	s.Advance(now)
	if len(s.plan) >= maxPlan {
		return 0, f, fmt.Errorf("%w: it has %d faults", ErrPlanFull, maxPlan)
	}
	if err := s.CheckPlan(fault.Plan{f}); err != nil {
		return 0, f, err
	}
	if f.Trigger.Unit != fault.AtStart {
		if err := s.AddPlan(fault.Plan{f}); err != nil {
			return 0, f, err
		}
		if k := &s.plan[len(s.plan)-1]; s.downloadToCome(f.Trigger.Unit) {
			k.countFrom(s.origin, 0)
		}
		return len(s.plan), f, nil
	}
	f.Trigger = s.thisMoment(f, &run)
	k := strike{fault: f, effect: s.effectOf(f.Kind), moment: moment{origin: s.origin}}
	if why := s.chipIdle(&k); why != "" {
		return 0, f, fmt.Errorf("%w: %s", ErrCannotStrike, why)
	}
	s.plan = append(s.plan, k)
	number = len(s.plan)
	s.strike(now, number-1)
	s.armTraps()
	s.armFlash()
	return number, f, nil
}

// downloadToCome reports that what a trigger counts begins anew with the next download: the blocks of the last one,
// whose image the meter runs, are no moments that have passed.
func (s *Station) downloadToCome(u fault.Unit) bool {
	return (u == fault.AtBlock || u == fault.AtPercent) && s.far == nil && s.addressed().State() == meter.Application
}

// chipIdle says why a fault that acts on the chip's next operation cannot act now; empty if it
// can.
func (s *Station) chipIdle(k *strike) string {
	if !k.atOperation() {
		return ""
	}
	if _, ok := s.meter.NextFlashOp(); !ok {
		return "the chip has nothing to do; say `at flash-op N`, or an address"
	}
	return s.chipCannot(k)
}

// thisMoment is the trigger that names the present moment for a fault: the first of these that
// its kind can have. What has been answered is over: of that the next block or frame is named.
func (s *Station) thisMoment(f fault.Fault, since *Since) fault.Trigger {
	run := s.InRun()
	answered := s.SentLast() == 0 && !s.onTheWay()
	var over uint64 // 1 of what has been answered
	if answered {
		over = 1
	}
	moments := s.stateNow(since, answered)
	if n := run.Block; n > 0 && (s.takesBlocks() || s.amidBlocks(since)) {
		moments = append(moments, fault.Block(int(min(n+over, max(n, run.ImageBlocks)))))
	}
	if n, ok := s.operation(since); ok {
		moments = append(moments, fault.FlashOp(n, fault.Before))
	}
	if n := run.FramesToMeter - since.Counts.FramesToMeter; n > 0 {
		moments = append(moments, fault.Trigger{Unit: fault.AtFrame, First: n + over, Side: fault.ToMeter})
	}
	if n := run.Replies - since.Counts.Replies; n > 0 {
		if s.line.Sent(line.FromMeter) == s.line.Left(line.FromMeter) {
			n++ // it is the next answer that the fault will meet
		}
		moments = append(moments, fault.Trigger{Unit: fault.AtReply, First: n})
	}
	moments = append(moments, fault.Trigger{Unit: fault.AtTime, First: uint64(max(time.Millisecond, s.now-s.origin.at-since.At).Round(time.Millisecond))})
	for _, t := range moments {
		f.Trigger = t
		if f.Validate() == nil {
			return t
		}
	}
	return fault.Trigger{}
}

// onTheWay reports that something is on the line.
func (s *Station) onTheWay() bool {
	_, ok := s.line.Next()
	return ok
}

// stateNow names the state that the meter is in, where the tool does nothing meanwhile by which the moment
// could be said, or more of it the slower the line is. A state is said by its beginning; booting that the tool
// has asked for by its end, if the answer has come, or if it is not the first time.
func (s *Station) stateNow(since *Since, answered bool) []fault.Trigger {
	if s.far != nil || s.addressed() != s.meter {
		return nil
	}
	entered := since.Entered
	now, _ := fault.ParseState(s.meter.State().String())
	if now == fault.Booting && since.Restarts && (answered || entered[now] > 1) {
		now = fault.Download
		if entered[fault.Erasing] > 0 {
			now = fault.Application
		}
		entered[now]++
	}
	switch {
	case now == 0 || entered[now] != 1, now == fault.Programming, now == fault.Erasing:
		return nil
	case now == fault.Application && entered[fault.Erasing] == 0:
		return nil // up to there the frames are as many at every pace
	case now == fault.Receiving && s.watch.lastBlock > 0:
		return nil
	}
	return []fault.Trigger{{Unit: fault.AtState, State: now}}
}

// NextMoment is the trigger that names the first moment behind this instant for a fault: the time,
// a nanosecond on, or, where its kind has none, the next frame, answer, byte or flash operation. A
// plan with it gives from the beginning of the run what comes from here on. ok is false if no trigger
// of the kind says so.
func (s *Station) NextMoment(now time.Duration, f fault.Fault) (t fault.Trigger, ok bool) {
	for _, t := range []fault.Trigger{
		{Unit: fault.AtTime}, {Unit: fault.AtFrame, Side: fault.ToMeter}, {Unit: fault.AtReply},
		{Unit: fault.AtByte, Side: fault.ToMeter}, {Unit: fault.AtByte, Side: fault.FromMeter}, {Unit: fault.AtFlashOp},
	} {
		f.Trigger = t
		t.First = s.count(now, &strike{fault: f, moment: moment{origin: s.origin}}) + 1
		f.Trigger = t
		if f.Validate() == nil {
			return t, true
		}
	}
	return fault.Trigger{}, false
}

// operation is the flash operation that the run is at while the meter clears its flash: which one that is
// is the same at every pace, and the frames meanwhile are not, since the host asks by its clock.
func (s *Station) operation(since *Since) (number uint64, ok bool) {
	if s.far != nil || s.addressed() != s.meter || s.meter.State() != meter.Erasing {
		return 0, false
	}
	_, ok = s.meter.NextFlashOp()
	return s.InRun().FlashOps - since.Counts.FlashOps + 1, ok
}

// takesBlocks reports that a download is under way.
func (s *Station) takesBlocks() bool {
	if s.far != nil {
		return s.watch.blocks > 0
	}
	switch s.addressed().State() {
	case meter.Receiving, meter.Programming, meter.Verifying:
		return true
	}
	return false
}

// amidBlocks reports that a meter which a fault has stopped was taking blocks of this tool's run.
func (s *Station) amidBlocks(since *Since) bool {
	if s.far != nil || since.Restarts || s.watch.blocksSent == since.Counts.BlocksSent {
		return false
	}
	switch s.addressed().State() {
	case meter.Off, meter.Booting, meter.Download:
		return true
	}
	return false
}

// EndByHand ends a fault of the plan: one at work is over, and it strikes no more. The error
// wraps ErrNoFault.
func (s *Station) EndByHand(now time.Duration, number int) error {
	if number < 1 || number > len(s.plan) {
		return fmt.Errorf("%w: the plan has no number %d", ErrNoFault, number)
	}
	s.Advance(now)
	i := number - 1
	k := &s.plan[i]
	if k.count == 0 && k.missed == "" {
		k.missed = "it was ended by hand before its moment"
	}
	k.next, k.armed, k.bytes, k.trapped = 0, 0, 0, false
	if k.active {
		s.finish(now, i)
	}
	s.armTraps()
	s.armFlash()
	return nil
}

// MendByHand replaces a chip that faults have harmed by a good one with the same contents; the
// meter is switched off for that. It has power afterwards, unless a fault holds it off. Faults at
// work go on: end them before.
func (s *Station) MendByHand(now time.Duration) {
	s.Advance(now)
	s.healChip(now)
	powerBack(s, now, nil)
	s.armFlash()
}
