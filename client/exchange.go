package client

import (
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// exchange is one request on its way to the meter and its answer on the way back.
type exchange struct {
	id        uint16
	out       ion.Outgoing
	decoder   ion.Decoder
	assembler ion.Assembler
	ack       []byte // an acknowledgement that is sent first, at wake
	missing   int    // how many answers in a row did not come
	wake      time.Duration
	sending   bool          // at wake a frame is sent; if not, the answer is overdue then
	due       time.Duration // when the answer is overdue, whatever else comes before
	pieces    int           // frames so far of the message that is coming
	most      int           // the highest pieces since the request was sent
	stray     int           // bytes since the last frame was sent that belong to no good frame
	listens   int           // how often it has asked again because of them
	crowded   bool          // since it was first sent, something came that is no answer to anything of ours
	overheard bool          // since it was first sent, the meter answered something else
	meeting   meeting
	known     bool // in this try the meter has said who it is
}

func (x *exchange) end() {
	x.out.End()
	x.ack = x.ack[:0]
	x.missing = 0
	x.pieces, x.most = 0, 0
	x.meeting, x.known = needless, false
}

// hearNothing forgets the message that was coming.
func (x *exchange) hearNothing() {
	x.assembler.Reset()
	x.pieces, x.most = 0, 0
}

// askAfter sends the step's request as a new message after a pause. If something was received
// before, at least the PC's turnaround passes.
func (u *Upgrader) askAfter(now time.Duration, pause time.Duration) {
	u.phase = pausing
	u.exchange.wake = now + max(pause, u.exchange.turnaround(u))
}

// turnaround is how long the PC takes; the first request of a process follows nothing and needs
// none.
func (x *exchange) turnaround(u *Upgrader) time.Duration {
	if x.id == u.cfg.FirstMessageID-1 {
		return 0
	}
	return u.cfg.Timing.Turnaround
}

// Next is the upgrader's next wake-up.
func (u *Upgrader) Next() (at time.Duration, ok bool) {
	return u.exchange.wake, u.phase == pausing || u.phase == exchanging || u.phase == listening
}

// Advance does what is due by now.
func (u *Upgrader) Advance(now time.Duration) {
	if at, ok := u.Next(); !ok || now < at {
		return
	}
	x := &u.exchange
	switch {
	case u.phase == pausing:
		u.ask(now)
	case u.phase == listening:
		u.endListening(now)
	case len(x.ack) > 0 && now < x.due: // and not for ever
		u.sendAck(now)
	case x.sending && u.heedsAcks() && x.stray >= ion.FrameOverhead:
		u.overdue(now) // what came may be the acknowledgement of another meter
	case x.sending:
		u.sendFrame(now)
	default:
		u.overdue(now)
	}
}

// ask builds the step's message under a new id and sends its first frame.
func (u *Upgrader) ask(now time.Duration) {
	x := &u.exchange
	x.missing, x.crowded, x.overheard = u.missedBefore(), false, false
	if u.step().writes() {
		u.wroteAt = now
		if x.missing > 0 {
			u.sendsAgain()
		}
	}
	u.touch.asks(u.step().is.ChangesMeter())
	u.compose(u.step().request)
	x.hearNothing()
	u.phase = exchanging
	if x.meeting == met {
		u.countWithheld(-1)
	} else {
		u.countBlock()
	}
	x.meeting = needless
	u.sendFrame(now)
}

// compose makes a request, under a new id, the message under way.
func (u *Upgrader) compose(request func(*Upgrader)) {
	x := &u.exchange
	x.id = u.rules.nextID(x.id)
	x.out.Message = x.out.Message[:0]
	request(u)
	x.out.Begin(ion.HostAddress, u.cfg.UnitID, false)
}

// missedBefore is how many answers to the same request were missed over connections that broke.
func (u *Upgrader) missedBefore() int {
	if u.step().is != u.anewAt {
		return 0
	}
	return u.anew
}

// nextID counts up. After FFFF comes 0001.
func nextID(id uint16) uint16 { return max(1, id+1) }

// countBlock counts every transmission of a block, resends included.
func (u *Upgrader) countBlock() {
	if u.step().retry == perBlock {
		u.transfer.transmitted++
	}
}

// countWithheld counts tries of a block of which no more was sent than the question who is there.
func (u *Upgrader) countWithheld(more int) {
	if u.step().retry == perBlock {
		u.transfer.withheld += more
	}
}

func (u *Upgrader) sendFrame(now time.Duration) {
	x := &u.exchange
	from := len(u.tx)
	u.tx = x.out.AppendFrame(u.tx)
	x.sending, x.stray = false, 0
	x.ack = x.ack[:0] // of a peer that never stopped
	x.due = now + u.wireTime(len(u.tx)-from) + u.rules.response(u)
	x.wake = x.due
}

func (u *Upgrader) sendAck(now time.Duration) {
	x := &u.exchange
	u.tx = append(u.tx, x.ack...)
	x.wake = now + u.wireTime(len(x.ack))
	if x.sending {
		x.wake += u.cfg.Timing.Turnaround // a frame of its own waits behind the acknowledgement
	} else {
		x.wake = max(x.wake, x.due)
	}
	x.ack = x.ack[:0]
}

// wireTime is how long bytes take on the line: no answer can come before they are out.
func (u *Upgrader) wireTime(bytes int) time.Duration {
	const bitsPerByte = 10
	if u.cfg.Baud == 0 {
		return 0
	}
	return time.Duration(int64(bytes) * bitsPerByte * int64(time.Second) / int64(u.cfg.Baud))
}

// responseTime is short where a meter restarts: it is asked until it is there. A connection that has to
// be opened again has the usual time all the same, for that is not the meter's restart: a call takes
// half a minute. So has the last question, for a line may be slower than a poll: then every answer before
// was cut short by the question behind it. At the slowest rates all of them would be, and what the meter
// says would pile up on the line: there the answer's own time counts.
func (u *Upgrader) responseTime() time.Duration {
	poll := max(2*u.cfg.Timing.Poll, u.cfg.Timing.Poll+u.wireTime(ion.IdentifyFrameBytes))
	switch {
	case u.step().retry != polling:
		return u.cfg.Timing.Response
	case u.broke != nil, u.exchange.missing == polls-1:
		return max(poll, u.cfg.Timing.Response)
	}
	return poll
}

// packet appends the header of a request with a body of bodyBytes.
func (u *Upgrader) packet(kind ion.MessageType, bodyBytes int) {
	x := &u.exchange
	x.out.Message = ion.AppendPacketHeader(x.out.Message, ion.Packet{
		MessageID:     x.id,
		Request:       true,
		HasCredential: true,
		Source:        ion.ClientAddress(),
		Destination:   ion.MeterAddress(u.cfg.UnitID),
		Credential:    u.credential,
		Type:          kind,
	}, bodyBytes)
}

// Receive takes bytes from the line. What comes while nothing is asked is thrown away.
func (u *Upgrader) Receive(now time.Duration, p []byte) {
	x := &u.exchange
	x.stray += len(p)
	if f, ok := x.decoder.Whole(p); ok {
		u.takeFrame(now, f)
		return
	}
	for len(p) > 0 {
		p = p[x.decoder.Feed(p):]
		for f, ok := x.decoder.Next(); ok; f, ok = x.decoder.Next() {
			u.takeFrame(now, f)
		}
	}
}

func (u *Upgrader) takeFrame(now time.Duration, f ion.Frame) {
	x := &u.exchange
	x.stray -= ion.FrameOverhead + len(f.Data)
	if !u.rules.listens(u) || f.Destination != ion.HostAddress {
		return
	}
	if f.Control&ion.AckFrame != 0 {
		u.broke = nil
		u.takeAck(now, f)
		return
	}
	if f.Source != u.cfg.UnitID {
		if u.phase == exchanging {
			u.rules.stranger(u, now, f)
		}
		return
	}
	u.broke = nil
	message, got := x.assembler.Add(f)
	switch got {
	case ion.Partial:
		u.acknowledge(now, f)
		u.grant(now, f)
	case ion.Repeated:
		u.acknowledge(now, f)
	case ion.Complete:
		u.acknowledge(now, f)
		u.takeMessage(now, message)
	}
}

// grant gives an answer of several frames time for its next frame. A frame that brings nothing
// new gets none: a peer that says valid things for ever would be waited for just as long.
func (u *Upgrader) grant(now time.Duration, f ion.Frame) {
	x := &u.exchange
	if f.First() {
		x.pieces = 0
	}
	x.pieces++
	if u.rules.grants(u) {
		x.most = x.pieces
		x.due = now + u.cfg.Timing.Turnaround + u.wireTime(len(x.ack)) + u.rules.response(u)
	}
}

// takeAck sends the next frame. A NAK, or the ACK of another frame, changes nothing: the whole
// message is sent again when the time is over.
func (u *Upgrader) takeAck(now time.Duration, f ion.Frame) {
	x := &u.exchange
	if x.sending && u.heedsAcks() && f.IsAck() && f.Source == u.cfg.UnitID {
		u.overdue(now) // nobody has the whole message
		return
	}
	if x.out.Last() || x.sending || !x.out.Acked(f) {
		return
	}
	x.sending = true
	x.wake = now + u.cfg.Timing.Turnaround
	if u.heedsAcks() {
		x.wake = now + max(u.cfg.Timing.Turnaround, u.cfg.Timing.Twin)
	}
}

func (u *Upgrader) acknowledge(now time.Duration, f ion.Frame) {
	if !f.WantsAck() || u.phase == listening {
		return
	}
	x := &u.exchange
	if len(x.ack) == 0 {
		x.wake = now + u.cfg.Timing.Turnaround
	}
	x.ack = ion.AppendFrame(x.ack[:0], ion.Ack(f))
}

// takeMessage gives an answer to the step.
func (u *Upgrader) takeMessage(now time.Duration, message []byte) {
	p, ok := u.answer(message)
	ok = ok && p.Source == ion.MeterAddress(u.cfg.UnitID) && p.Destination == ion.ClientAddress()
	if u.phase == listening {
		if ok {
			u.hearTwin(now, &p)
		}
	} else if ok {
		u.takeReply(now, &p)
	} else {
		u.exchange.overheard = true
		u.exchange.crowded = u.exchange.crowded || !u.asked(p.MessageID)
	}
}

// asked reports whether a request of this process had the id: then its answer is late.
func (u *Upgrader) asked(id uint16) bool {
	first := u.cfg.FirstMessageID
	return id-first <= u.exchange.id-first
}

// answer reads the answer to what was asked. An answer to an earlier request has another message
// id; it is thrown away, however late it comes.
func (u *Upgrader) answer(message []byte) (p ion.Packet, ok bool) {
	p, err := ion.ParsePacket(message)
	return p, err == nil && !p.Request && u.rules.mine(u, p.MessageID)
}

// takeStranger ends the task if another unit answers before anything is erased: the line is not
// what the person thinks. Nothing else that another unit sends is for this tool.
func (u *Upgrader) takeStranger(now time.Duration, f ion.Frame) {
	u.exchange.crowded = true
	if !f.First() || f.Left() > 0 || u.transfer.passes > 0 {
		return
	}
	if _, ok := u.answer(f.Data); ok {
		u.follow(now, failed(&WrongUnitError{Asked: u.cfg.UnitID, Answers: f.Source}))
	}
}

func (u *Upgrader) takeReply(now time.Duration, p *ion.Packet) {
	if u.exchange.meeting == asksWho {
		u.takeWho(now, p)
		return
	}
	n := u.step().reply(u, now, p)
	if n.kind == ignored {
		u.exchange.crowded = true
		return
	}
	if n.kind == broken && u.exchange.missing == 0 {
		u.touch.refused()
	}
	if u.step().is == u.anewAt {
		u.anew = 0
	}
	u.finishAck()
	u.follow(now, n)
}

// finishAck sends an acknowledgement that still waits, because the answer is complete.
func (u *Upgrader) finishAck() {
	x := &u.exchange
	u.tx = append(u.tx, x.ack...)
	x.ack = x.ack[:0]
}

// overdue handles a missing answer: "If communications do not resume ION Setup will try to
// re-establish communications a number of times. If there is no response after those tries ION
// Setup will consider the upgrade a failure and end the process."
func (u *Upgrader) overdue(now time.Duration) {
	x, s := &u.exchange, u.step()
	x.known = false
	if s.writes() {
		u.identify(now, u.rules.missing(u))
		return
	}
	if !u.miss(now) {
		return
	}
	if u.identifiesFirst(s.is) != NoStep {
		u.identify(now, x.missing)
		return
	}
	x.decoder.Reset()
	x.hearNothing()
	if x.meeting == asksWho {
		x.out.Restart()
		u.countWithheld(1)
	} else {
		u.rules.again(u)
	}
	u.countBlock()
	u.sendFrame(now)
}

// miss counts a missing answer, and reports whether there is another try.
func (u *Upgrader) miss(now time.Duration) (again bool) {
	x, s := &u.exchange, u.step()
	if x.missing = u.rules.missing(u); x.missing > u.rules.resends(u, s.retry) {
		u.giveUp(now, s)
		return false
	}
	u.sendsAgain()
	return true
}

// sendsAgain counts and logs a missing answer, behind which the request is sent again.
func (u *Upgrader) sendsAgain() {
	r := u.step().retry
	if r != polling && r != returning {
		u.transfer.resent++
	}
	u.rules.logMissing(u, r)
}

func (u *Upgrader) resends(r retry) int {
	switch r {
	case polling:
		return polls - 1
	case probing:
		return probes - 1
	case once:
		return 0
	case returning:
		// The meter waits in a loader in which this upgrade has put it, or is on its way there: it is asked
		// as long as any that restarts, however soon an answer is missed.
		restart := int(2*polls*u.cfg.Timing.Poll/max(1, u.cfg.Timing.Response)) - 1
		if u.broke == nil {
			return max(probes-1, restart)
		}
		// Nobody has heard these tries. To call the meter again alone takes half a minute.
		return max(u.cfg.Timing.Resends, restart)
	default:
		return u.cfg.Timing.Resends
	}
}

func (u *Upgrader) logMissing(r retry) {
	x := &u.exchange
	switch r {
	case perBlock:
		u.log(upgradelog.Line{Kind: upgradelog.Resending, Number: x.missing, Total: u.transfer.transmitted})
	case perStep:
		if u.logs() {
			u.log(upgradelog.Line{Kind: upgradelog.Retrying, Number: x.missing, Total: u.cfg.Timing.Resends})
		}
	}
}

func (u *Upgrader) giveUp(now time.Duration, s *step) {
	switch {
	case s.retry == perBlock:
		u.log(upgradelog.Line{Kind: upgradelog.Aborting, Number: u.exchange.missing, Total: u.transfer.transmitted})
	case s.silent == nil && u.logs():
		u.log(upgradelog.Line{Kind: upgradelog.GivingUp})
	}
	if s.silent != nil {
		u.follow(now, s.silent(u))
		return
	}
	u.follow(now, failed(&NoAnswerError{UnitID: u.cfg.UnitID, Step: s.is, Requests: u.exchange.missing, Crowded: u.exchange.crowded, Cause: u.broke}))
}

// logs reports whether an upgrade runs, so that what happens belongs in Upgrade.log.
func (u *Upgrader) logs() bool { return u.procedure == upgradeProcedure }
