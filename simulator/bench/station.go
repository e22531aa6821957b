package bench

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// Config describes a station.
type Config struct {
	Meter meter.Config
	Baud  int // of the line; 0 for none: bytes then take no time, and a host of any rate fits
	Pace  int // how many times faster than Baud bytes travel; 0 is 1, Unpaced takes their time away
	Plan  fault.Plan
	// Modem is the way over the telephone network between the host and the line; nil: there is none.
	Modem *modem.Config
	// Neighbours and Talkers are the other stations on the line.
	Neighbours []Neighbour
	Talkers    []talker.Config
	Trace      bool // record the events; sweeps, which fork much, do without
	// TraceFrames records every frame on the line too.
	TraceFrames bool
	// TraceWire records with each frame what of it arrived, and each toggle of the meter's LED.
	TraceWire bool
}

// Station is the device's side: the meter that the host talks to, its line with all that is on
// it, and the faults that befall them. It is a machine.Machine whose other end is the host: what
// Receive takes goes on the line at once, and what Transmit gives has arrived at the host.
type Station struct {
	now     time.Duration // everything up to here is done
	meter   *meter.Meter
	others  *others      // nil: the meter is alone on the line
	far     *far         // nil: the meter is here
	modem   *modem.Modem // nil: the host is at the line itself
	line    line.Line
	effects []effect // by kind of fault; shared by all copies
	watch   watch
	origin  origin // where the host's run began
	plan    []strike
	delay   []delayed // frames of the meter that are held back
	slow    []delayed // frames that a slow meter has still to send, in order
	silent  int       // how many faults keep the meter silent
	pulled  [2]int    // how many faults hold the cable out, by direction
	cuts    uint64    // how often the power was cut or the firmware hung
	harmed  bool      // faults of a plan have harmed the chip

	hostBaud int       // the host's own rate; its converter may be set to another
	halfOpen int       // how many faults make the network forget the connection
	portless int       // how many faults have taken the host's port away
	down     int       // how many faults make the gateway reset every connection
	stalled  int       // how many faults make the network stand still
	kept     [2][]byte // what a stalled network holds, by direction

	arrived []byte // for the host
	scratch []byte
	orders  []Order // for the host's side to carry out

	trace       []story.Event
	traceOn     bool
	traceFrames bool
	traceOthers bool // what neighbours do, too
	traceWire   bool
	lamp        uint64 // toggles of L2 that the trace knows of
}

// NewStation makes a station whose meter is off.
func NewStation(cfg Config) (*Station, error) {
	m, err := meter.New(cfg.Meter)
	if err != nil {
		return nil, err
	}
	s := &Station{
		meter:       m,
		line:        line.New(cfg.Baud),
		effects:     effects(),
		hostBaud:    cfg.Baud,
		traceOn:     cfg.Trace || cfg.TraceFrames || cfg.TraceWire,
		traceFrames: cfg.TraceFrames || cfg.TraceWire,
		traceWire:   cfg.TraceWire,
	}
	s.line.SetPace(scaleOf(cfg.Pace))
	if s.others, err = newOthers(&cfg); err != nil {
		return nil, err
	}
	if cfg.Modem != nil {
		if s.modem, err = modem.New(*cfg.Modem); err != nil {
			return nil, err
		}
		s.modem.MeterPower(0, false)
	}
	if err := s.SetPlan(cfg.Plan); err != nil {
		return nil, err
	}
	return s, nil
}

// Meter is the station's meter, to look at. To change it, use the methods of the station.
func (s *Station) Meter() *meter.Meter { return s.meter }

// Line is the station's line, to look at.
func (s *Station) Line() *line.Line { return &s.line }

// PowerOn switches the meter on.
func (s *Station) PowerOn(now time.Duration) {
	s.Advance(now)
	s.meter.PowerOn(now)
	s.afterMeter(now)
}

// RunSince makes the meters of a new station such that were switched on at a time before zero.
// What happened until zero is no part of its trace. At zero the meter is ready, if it had time to boot.
func (s *Station) RunSince(on time.Duration) {
	if s.others != nil {
		s.others.powerOn(on)
	}
	s.PowerOn(on)
	s.Advance(0)
	s.trace = nil
}

// EnterLoader stops the meter's application and starts its loader, as somebody at the meter can.
func (s *Station) EnterLoader(now time.Duration) {
	s.Advance(now)
	s.meter.EnterLoader(now)
	s.afterMeter(now)
}

// PowerOff takes the meter's power away.
func (s *Station) PowerOff(now time.Duration) {
	s.Advance(now)
	s.cutPower(now)
}

// HostBaud says at which rate the host talks, in bits a second. 0 is a host without a rate
// (TCP), which always fits. If the rate is not the meter's, both ends hear garbage. A line
// without a rate stays without one.
func (s *Station) HostBaud(now time.Duration, baud int) {
	s.Advance(now)
	if s.modem != nil {
		return // it takes commands at any rate, and the meter's own modem is set to the meter's
	}
	own := s.line.Baud(line.FromMeter)
	if baud == 0 || own == 0 {
		baud = own
	}
	if baud == s.hostBaud {
		return
	}
	s.hostBaud = baud
	if s.far != nil {
		s.line.SetBaud(line.FromMeter, baud) // the far port is set to it; what it makes of it is real
	}
	s.setHostRate()
	if s.traceOn {
		s.note(now, story.Line, story.HostBaudSet{Baud: baud})
	}
}

// HostGone says that the host has left, or lost its connection. A frame that it had begun is
// forgotten, so that the next host finds a quiet line. A request that was not answered is
// remembered: a host that comes back sends it again.
func (s *Station) HostGone(now time.Duration) {
	s.Advance(now)
	s.cutShort()
	s.watch.held = s.watch.held[:0]
	if s.far != nil {
		s.far.through[line.ToMeter] = 0
	}
	s.watch.leave()
	s.line.Drop(line.ToMeter)
	s.line.Drop(line.FromMeter)
	s.passTraps(now)
	s.kept = [2][]byte{}
	if s.modem != nil {
		s.hostNotReady(now)
	}
	s.arrived = s.arrived[:0]
}

// Receive puts what the host sends on the line, or gives it to the modem.
func (s *Station) Receive(now time.Duration, p []byte) {
	s.Advance(now)
	if s.modem != nil {
		s.modem.FromHost(now, p)
		s.afterModem(now)
		return
	}
	s.fromHost(now, p)
	s.carryOn(now)
}

// fromHost puts what the host sends on the line.
func (s *Station) fromHost(now time.Duration, p []byte) {
	if len(s.watch.held) == 0 {
		p = p[s.sendWhole(now, line.ToMeter, p):]
	}
	if len(p) == 0 {
		return
	}
	s.watch.held = append(s.watch.held, p...)
	s.watch.heldAt = now
	n := s.sendWhole(now, line.ToMeter, s.watch.held)
	s.watch.held = append(s.watch.held[:0], s.watch.held[n:]...)
	s.hurry(now, line.ToMeter, s.watch.held)
}

// sendWhole sends the whole frames at the start of p, and the bytes between them that belong to
// no frame. It returns how many bytes it has sent; the rest may be the beginning of a frame.
func (s *Station) sendWhole(now time.Duration, d line.Direction, p []byte) int {
	done := 0
	for done < len(p) {
		if d == line.ToMeter && s.meter.Encoded() {
			n := s.sendPacket(now, p[done:])
			if done += n; n == 0 {
				break
			}
			continue
		}
		n, whole := ion.CutFrame(p[done:])
		if n == 0 {
			break
		}
		switch part := p[done : done+n]; {
		case !whole:
			s.send(now, d, s.unsent(d, part))
		case d == line.ToMeter:
			s.hostFrame(now, part)
		default:
			s.meterFrame(now, now, part)
		}
		done += n
	}
	return done
}

// hostFrame takes a whole frame that the host begins to send now.
func (s *Station) hostFrame(now time.Duration, frame ion.Wire) {
	w := &s.watch
	w.framesToMeter++
	if !frame.IsAck() {
		w.transaction = frame.Transaction()
	}
	r, first := frame.Head()
	switch {
	case first:
		s.hostRequest(now, r)
		w.begun = frame.Left() > 0
		w.underWay++
	case w.begun && !frame.IsAck():
		w.begun = false
		w.underWay++
	}
	s.observe(now, fault.AtFrame, line.ToMeter)
	if s.begun(line.ToMeter) {
		s.sendRest(now, line.ToMeter, frame)
	} else {
		s.sendFrame(now, now, line.ToMeter, frame)
	}
	if s.down > 0 {
		s.resetHost()
	}
}

func (s *Station) hostRequest(now time.Duration, r ion.Head) {
	w := &s.watch
	if w.request(&r, s.clearing()) {
		s.strikeNoResponse(now)
	}
	w.waitFor(&r)
	if r.Length > 0 {
		s.learnBlocks(now, r.Length)
	}
	if w.newBlock(&r) {
		s.strikeBlock(now, int(r.Sequence))
	}
}

// sendFrame puts a frame on the line that was to be sent at since, unless a fault takes it. A fault may
// also make it send the frame twice.
func (s *Station) sendFrame(now, since time.Duration, d line.Direction, frame []byte) {
	lost, twice := s.takeFrame(d)
	if s.traceFrames {
		s.note(now, story.Line, story.FrameSent{Direction: d, Bytes: string(frame), Held: now - since})
	}
	if lost {
		return
	}
	s.send(now, d, frame)
	if twice {
		s.send(now, d, frame)
	}
}

// sendRest puts the rest of a frame on the line that has begun already.
func (s *Station) sendRest(now time.Duration, d line.Direction, frame []byte) {
	if s.traceFrames {
		s.note(now, story.Line, story.FrameSent{Direction: d, Bytes: string(frame)})
	}
	s.send(now, d, s.unsent(d, frame))
}

// Transmit returns what has arrived at the host, which hears it.
func (s *Station) Transmit(dst []byte) []byte { return append(dst, s.handOver()...) }

// handOver is Transmit without a copy: what it returns is good until more arrives.
func (s *Station) handOver() []byte {
	p := s.arrived
	s.watch.hear(p)
	s.arrived = p[:0]
	return p
}

// Now is the time up to which everything is done.
func (s *Station) Now() time.Duration { return s.now }

// Lose takes away what has arrived at a host that does not hear it.
func (s *Station) Lose() { s.arrived = s.arrived[:0] }

// Next is the station's next wake-up.
func (s *Station) Next() (at time.Duration, ok bool) {
	at, ok = s.line.Next()
	if t, due := s.meter.Next(); due && (!ok || t < at) {
		at, ok = t, true
	}
	if t, due := s.nextTimer(); due && (!ok || t < at) {
		at, ok = t, true
	}
	if s.others != nil {
		if t := s.others.next(); t != never && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// nextTimer is the earliest of the rare timers: faults, delayed frames, held bytes.
func (s *Station) nextTimer() (at time.Duration, ok bool) {
	if len(s.plan) == 0 && len(s.delay) == 0 && len(s.slow) == 0 && len(s.watch.held) == 0 && s.far == nil && s.modem == nil {
		return 0, false
	}
	if len(s.watch.held) > 0 {
		at, ok = s.watch.heldAt+heldFor, true
	}
	if f := s.far; f != nil && len(f.held) > 0 && (!ok || f.heldAt+heldFor < at) {
		at, ok = f.heldAt+heldFor, true
	}
	if len(s.slow) > 0 && (!ok || s.slow[0].at < at) {
		at, ok = s.slow[0].at, true
	}
	for i := range s.delay {
		if t := s.delay[i].at; !ok || t < at {
			at, ok = t, true
		}
	}
	for i := range s.plan {
		if t, due := s.plan[i].timer(); due && (!ok || t < at) {
			at, ok = t, true
		}
	}
	if s.modem != nil {
		if t, due := s.modem.Next(); due && (!ok || t < at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// maxSteps bounds what one Advance does in one instant. More is a defect of the model.
const maxSteps = 1 << 20

// Advance does everything that is due by now, in order of time.
func (s *Station) Advance(now time.Duration) {
	for range maxSteps {
		if !s.step(now) {
			s.now = max(s.now, now)
			return
		}
	}
	panic(fmt.Sprintf("station: no end of events at %v", now))
}

// runUntil does what is due by limit, until there is something for the host. It returns when
// that was; busy is false when nothing was due.
func (s *Station) runUntil(limit time.Duration) (at time.Duration, busy bool) {
	for range maxSteps {
		if !s.step(limit) {
			break
		}
		busy = true
		if len(s.arrived) > 0 || len(s.orders) > 0 {
			break
		}
	}
	return s.now, busy
}

// step does what is due at the next instant, unless that is after limit: faults first, then
// bytes, then the meter, then the other stations.
func (s *Station) step(limit time.Duration) bool {
	bytes, device, timer, other := never, never, never, never
	if t, ok := s.line.Next(); ok {
		bytes = t
	}
	if t, ok := s.meter.Next(); ok {
		device = t
	}
	if t, ok := s.nextTimer(); ok {
		timer = t
	}
	if s.others != nil {
		other = s.others.next()
	}
	at := min(bytes, device, timer, other)
	if at > limit || at == never {
		return false
	}
	s.now = max(s.now, at)
	if timer <= at {
		s.runTimers(s.now)
	}
	if bytes <= at {
		s.deliver(s.now, false)
		s.takeTraps(s.now)
	}
	if device <= at {
		s.meter.Advance(s.now)
		s.afterMeter(s.now)
	}
	if other <= at && s.others != nil {
		s.runOthers(s.now)
	}
	return true
}

// never is later than anything that happens.
const never = time.Duration(1<<63 - 1)

func (s *Station) runTimers(now time.Duration) {
	if len(s.watch.held) > 0 && s.watch.heldAt+heldFor <= now {
		s.cutShort()
		s.send(now, line.ToMeter, s.unsent(line.ToMeter, s.watch.held))
		s.watch.held = s.watch.held[:0]
	}
	s.releaseFar(now)
	if len(s.delay) > 0 {
		s.releaseDelayed(now)
	}
	s.sendHeld(now)
	for i := range s.plan {
		s.runTimer(now, i)
	}
	if s.modem != nil {
		s.modem.Advance(now)
		s.afterModem(now)
	}
}

// deliver hands over what has arrived. With flush that is every byte that is complete by now;
// flush is needed before the line or the meter changes.
func (s *Station) deliver(now time.Duration, flush bool) {
	for {
		d, p, ok := s.line.Deliver(now, flush)
		if echo := s.line.TakeEcho(); len(echo) > 0 {
			s.arrive(now, line.FromMeter, echo)
		}
		if !ok {
			return
		}
		if s.others != nil || s.line.Senders().Others() != 0 {
			s.arriveAtAll(now, d, p)
			continue
		}
		s.arrive(now, d, p)
	}
}

// arriveAtAll is arrive where more than the host and the meter are on the line.
func (s *Station) arriveAtAll(now time.Duration, d line.Direction, p []byte) {
	sent := line.TheMeter // as to the host's bytes: the meter has heard them already
	if d == line.FromMeter {
		sent = s.line.Senders()
	}
	own := slices.Clone(p) // what p begins may end in other bytes on the line
	s.arrive(now, d, own)
	s.overhear(now, sent, own)
}

// afterMeter takes what the meter has done: bytes to send, events to record and to act on.
func (s *Station) afterMeter(now time.Duration) {
	s.scratch = s.meter.Transmit(s.scratch[:0])
	switch {
	case len(s.scratch) == 0 || s.silent > 0:
	default:
		s.sendSlowly(now, s.scratch)
	}
	for !s.meter.Quiet() {
		e, _ := s.meter.NextEvent()
		s.meterEvent(e)
	}
	if s.modem != nil {
		s.powerModem(now)
	}
	if s.traceWire {
		s.noteLamp(now)
	}
}

// meterFrame takes a frame that the meter begins to send now, and was to send at since; it sends one at
// a time. A meter that a fault stops at this moment does not send it.
func (s *Station) meterFrame(now, since time.Duration, frame ion.Wire) {
	cuts := s.cuts
	encoded := s.meter.Speaks() && !frame.IsFrame()
	answer := encoded || frame.First() // read now: a fault that stops the meter may make it begin another frame
	s.watch.framesFromMeter++
	if answer {
		s.watch.replies++
	}
	s.observe(now, fault.AtFrame, line.FromMeter)
	if answer {
		s.observe(now, fault.AtReply, line.FromMeter)
	}
	if s.others != nil {
		s.tellOwn(now, len(frame), answer)
	}
	switch {
	case s.cuts != cuts || s.silent > 0:
	case s.begun(line.FromMeter):
		s.sendRest(now, line.FromMeter, frame)
	case !encoded && frame.IsAck():
		s.sendFrame(now, since, line.FromMeter, frame)
	default:
		s.sendReply(now, since, frame)
	}
}

func (s *Station) meterEvent(e meter.Event) {
	if s.traceOn {
		s.note(e.At, story.Meter, story.OfMeter(&e))
	}
	switch e.Kind {
	case meter.EventState:
		s.strikeState(e.At, e.State)
	case meter.EventFlashCut:
		s.flashCut(e.At)
	case meter.EventFlashOp:
		s.strikeFlashOp(e.At, e.Operation, e.Phase == flash.Before)
	}
}

// Settled reports that no fault of the plan is about to strike, and that the meter holds no
// part of a frame or message that will never be completed.
func (s *Station) Settled() bool {
	return !s.Waiting() && !s.meter.MidFrame() && !(s.watch.begun && s.meter.MidMessage())
}

// Reachable reports that the host can reach the meter: network, cable and power are there and
// stay (no plug is loose), the rates fit, the meter neither is silent nor hangs, and nobody talks
// into what it says.
func (s *Station) Reachable() bool {
	return s.pulled == [2]int{} && s.halfOpen == 0 && s.stalled == 0 && s.silent == 0 && (s.far != nil || s.meter.State() != meter.Off) && !s.meter.Hung() &&
		s.line.Baud(line.ToMeter) == s.line.Baud(line.FromMeter) &&
		s.lastAtWork((*strike).loose) == nil && !s.Disturbed() && (s.modem == nil || s.modem.Sound())
}

// cableIn reports that the cable carries bytes both ways.
func (s *Station) cableIn() bool {
	return s.line.Connected(line.ToMeter) && s.line.Connected(line.FromMeter)
}

// ClearLine loses what is still on the line. After a fault that has put in many bytes, that may be
// more than anybody would ever hear on a real one.
func (s *Station) ClearLine() {
	s.line.Clear(line.ToMeter)
	s.line.Clear(line.FromMeter)
	s.passTraps(s.now)
}

// Heal ends every fault that is at work and forgets the plan. The meter has power again. If a
// plan has harmed the flash chip, the meter is switched off and the chip is replaced by a good
// one with the same contents, which has no faults set by hand either. A chip that was harmed
// only by hand stays.
func (s *Station) Heal(now time.Duration) {
	s.Advance(now)
	s.dropPlan() // first of all, so that returning power wakes no other fault
	for i := range s.plan {
		s.finish(now, i)
	}
	s.plan = nil
	s.dropHeld()
	s.healChip(now)
	s.armTraps()
	s.armFlash()
	powerBack(s, now, nil)
}
