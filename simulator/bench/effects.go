package bench

import (
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/talker"
)

// effect is what the faults of one kind do. Most kinds have a beginning, and those that last
// have an end. Some do nothing when they strike, and act on the next frame, answer or bytes
// instead.
type effect struct {
	begin func(s *Station, now time.Duration, k *strike)
	end   func(s *Station, now time.Duration, k *strike)

	frame frameHarm // of the next frame in the fault's direction
	reply replyHarm // of the next answer
	bytes byteHarm  // of the next bytes in the fault's direction

	cut  flashTrap // it can strike inside a flash operation, which this sets
	off  bool      // it holds the meter off as long as it lasts
	slow bool      // it delays what the meter sends as long as it lasts
	plug bool      // it takes the cable out and in by turns
	rate bool      // it sets the host's converter to a rate of its own

	talks bool // it brings a station that talks as long as it lasts

	own ownHarm // of a further host alone; nil: it strikes what all hosts share
}

// effects returns the effect of every kind. A plan with a kind that has none is refused.
func effects() []effect {
	return []effect{
		fault.PowerLoss:     {begin: cutPower, end: powerBack, cut: (*meter.Meter).CutFlash, off: true},
		fault.MeterReset:    {begin: resetMeter, cut: (*meter.Meter).CutFlash},
		fault.BrownOut:      {begin: brownOut, end: powerBack, cut: (*meter.Meter).DipFlash, off: true},
		fault.MeterSilent:   {begin: silence, end: speak},
		fault.WatchdogReset: {begin: hang, end: bite},
		fault.MeterSlow:     {begin: lastUntilOver, end: lastUntilOver, slow: true},

		fault.CablePull: eachDirection(pull).ofOne(pullOwn),
		fault.LineBreak: eachDirection(holdInBreak),
		fault.CableFlap: {begin: plugOut, end: plugIn, plug: true},
		fault.Echo:      {begin: setEcho, end: setEcho},
		fault.WrongBaud: {begin: setConverter, end: setConverter, rate: true},
		fault.Noise:     eachDirection(setNoise),
		fault.SlowLine:  eachDirection(setPause),
		fault.Sliced:    eachDirection(setSlices),

		fault.PortVanishes: {begin: takePort, end: givePortBack, own: takeOwnPort},

		fault.CarrierLost: {begin: loseCarrier},
		fault.LineBusy:    trouble(modem.Busy),
		fault.NoDialTone:  trouble(modem.NoDialTone),
		fault.NoAnswer:    trouble(modem.NoAnswer),
		fault.WrongNumber: trouble(modem.Fax),
		fault.Retrain:     {begin: beginRetrain, end: endRetrain},

		fault.Babble:       {begin: beginTalk(talker.Babbler), end: endTalk, talks: true},
		fault.SecondMaster: {begin: beginTalk(talker.SecondMaster), end: endTalk, talks: true},

		fault.ByteDrop:   {begin: aimAtBytes, bytes: dropByte},
		fault.ByteFlip:   {begin: aimAtBytes, bytes: flipByte},
		fault.ByteInsert: {begin: aimAtBytes, bytes: insertBytes},
		fault.ByteDup:    {begin: aimAtBytes, bytes: repeatByte},
		fault.FrameLost:  {begin: aimAtNext, frame: frameLost, own: aimOwn},
		fault.FrameDup:   {begin: aimAtNext, frame: frameTwice},

		fault.ReplyLost:     {begin: aimAtNext, reply: loseReply},
		fault.ReplyLate:     {begin: aimAtNext, reply: delayReply},
		fault.ReplyDup:      {begin: aimAtNext, reply: repeatReply},
		fault.ReplySwap:     {begin: aimAtNext, reply: swapReply},
		fault.ReplyStranger: {begin: aimAtNext, reply: renameReply},
		fault.ReplyNak:      {begin: aimAtNext, reply: refuseRequest},
		fault.ReplyBusy:     {begin: aimAtNext, reply: replyWith(func(fault.Parameters) ion.Status { return ion.StatusBusy })},
		fault.ReplyStatus:   {begin: aimAtNext, reply: replyWith(statusOf)},

		fault.ProgramFails: {begin: failProgram},
		fault.EraseFails:   {begin: failErase},
		fault.FlashLie:     {begin: lie},
		fault.StuckBit:     {begin: stickBits},
		fault.ReadChanges:  {begin: makeMarginal, end: clearMarginal},

		fault.Abort:       order(PressAbort, none),
		fault.Kill:        order(KillTool, none),
		fault.Suspend:     order(Sleep, Wake),
		fault.ClockJump:   order(SetClock, none),
		fault.DiskFull:    order(FillDisk, FreeDisk),
		fault.FileGone:    order(RemoveFile, none),
		fault.FileChanged: order(DamageFile, none),
		fault.IPReset:     order(ResetConnection, none),
		fault.IPHalfOpen:  {begin: forgetConnection, end: rememberConnection, own: forgetOwn},
		fault.IPStall:     {begin: stall, end: goOn},
		fault.IPDown:      {begin: closeDown, end: openUp},
	}
}

// effectOf returns the effect of a kind; nil if it has none.
func (s *Station) effectOf(k fault.Kind) *effect {
	if int(k) >= len(s.effects) || s.effects[k].begin == nil {
		return nil
	}
	return &s.effects[k]
}

// lastUntilOver begins a fault that does nothing by itself: other code asks whether it is at
// work.
func lastUntilOver(*Station, time.Duration, *strike) {}

// aimAtNext makes the fault act on the next frame or answer that it can act on.
func aimAtNext(_ *Station, _ time.Duration, k *strike) { k.armed++ }

// eachDirection is the effect of a lasting fault of the line, in each direction that it acts
// on.
func eachDirection(change func(s *Station, now time.Duration, d line.Direction, k *strike, on bool)) effect {
	turn := func(on bool) func(*Station, time.Duration, *strike) {
		return func(s *Station, now time.Duration, k *strike) {
			s.deliver(now, true) // what has arrived by now is not affected
			for _, d := range directions(k.fault) {
				change(s, now, d, k, on)
			}
		}
	}
	return effect{begin: turn(true), end: turn(false)}
}

// order is the effect of a fault that the host's side has to carry out.
func order(begins, ends Command) effect {
	e := effect{begin: func(s *Station, _ time.Duration, k *strike) { s.queue(orderOf(begins, k)) }}
	if ends != none {
		e.end = func(s *Station, _ time.Duration, k *strike) { s.queue(orderOf(ends, k)) }
	}
	return e.ofOne(ownOrder(begins, ends))
}

// ofOne is an effect that a further host can have alone.
func (e effect) ofOne(own ownHarm) effect {
	e.own = own
	return e
}
