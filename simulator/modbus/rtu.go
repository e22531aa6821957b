package modbus

import (
	"encoding/binary"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// RTU is a slave on a serial line. Make it with NewRTU; a copy by value shares its buffers, so use
// CopyTo.
//
// Frames are told apart by their content where that tells their length: that of the functions 03 and
// 16, and of the answers to them, which a slave hears from its neighbours. Other frames end with
// silence. What is no frame is dropped when the line falls silent.
type RTU struct {
	cfg RTUConfig

	held    []byte        // of a frame that has begun
	lost    bool          // what comes until the next silence is no frame
	gapAt   time.Duration // when the line has been silent long enough
	reply   []byte        // to send at replyAt
	replyAt time.Duration
	out     []byte
}

// RTUConfig says how a slave listens and answers.
type RTUConfig struct {
	Unit uint8 // 1 to MaxUnit
	// Silence is how long the line is silent between two frames: see Silence.
	Silence time.Duration
	// Delay passes between a request and the answer to it.
	Delay time.Duration
}

// Silence is the time of three and a half characters at a rate, which separates frames. From 19,200
// baud on it is 1.75 ms (MODBUS over Serial Line V1.02, 2.5.1.1).
func Silence(baud int) time.Duration {
	const fixed = 1750 * time.Microsecond
	if baud <= 0 || baud > 19_200 {
		return fixed
	}
	return time.Duration(35 * int64(time.Second) / int64(baud))
}

// PatientSilence is for hosts whose operating system lets bytes of one frame come far apart.
// Assumption: 100 ms, less than any master waits before it asks again.
const PatientSilence = 100 * time.Millisecond

// NewRTU makes a slave.
func NewRTU(cfg RTUConfig) RTU { return RTU{cfg: cfg} }

// Receive takes bytes from the line.
func (r *RTU) Receive(now time.Duration, d Device, p []byte) {
	r.Advance(now, d)
	r.gapAt = now + r.cfg.Silence
	if !d.Answers() {
		r.Forget()
		return
	}
	r.reply = r.reply[:0] // the master has begun anew, and no longer waits
	for len(p) > 0 && !r.lost {
		n := min(len(p), maxPacket+1-len(r.held))
		r.held = append(r.held, p[:n]...)
		p = p[n:]
		r.takeFrames(now, d)
		if len(r.held) > maxPacket {
			r.lost = true
		}
	}
	if r.lost {
		r.held = r.held[:0]
	}
}

// takeFrames takes the whole frames at the start of what is held.
func (r *RTU) takeFrames(now time.Duration, d Device) {
	for {
		n := CutFrame(r.held)
		if n == 0 {
			return
		}
		r.takeFrame(now, d, r.held[:n])
		r.held = append(r.held[:0], r.held[n:]...)
	}
}

// takeFrame handles a frame whose checksum is right. Function 03 to all is never answered and
// changes nothing.
func (r *RTU) takeFrame(now time.Duration, d Device, frame []byte) {
	unit, request := frame[0], frame[1:len(frame)-2]
	switch {
	case unit == Broadcast && Function(request[0]) == PresetMultiple:
		answer(nil, now, d, request)
	case unit != r.cfg.Unit || isAnswer(request):
	default:
		r.reply = appendSum(answer(append(r.reply[:0], unit), now, d, request))
		r.replyAt = now + r.cfg.Delay
	}
}

// isAnswer reports that a frame is what a slave of the same unit id says.
func isAnswer(pdu []byte) bool {
	switch {
	case pdu[0]&refusal != 0:
		return true
	case Function(pdu[0]) == ReadHolding:
		return len(pdu) > 1 && len(pdu) != 5 && len(pdu) == 2+int(pdu[1])
	case Function(pdu[0]) == PresetMultiple:
		return len(pdu) == 5
	}
	return false
}

// CutFrame is the length of the RTU frame at the start of p whose checksum is right: 0 if none is there
// yet, or its end is told by silence alone.
func CutFrame(p []byte) int {
	if len(p) < 4 {
		return 0
	}
	for _, n := range [...]int{requestBytes(p), answerBytes(p)} {
		if n > 0 && n <= len(p) && sumIsRight(p[:n]) {
			return n
		}
	}
	return 0
}

func sumIsRight(frame []byte) bool {
	n := len(frame) - 2
	return n >= 2 && ion.CRC16(frame[:n]) == binary.LittleEndian.Uint16(frame[n:])
}

// appendSum appends the checksum of what is in p.
func appendSum(p []byte) []byte { return binary.LittleEndian.AppendUint16(p, ion.CRC16(p)) }

// requestBytes is the length of the request that p begins; 0 if it does not tell.
func requestBytes(p []byte) int {
	switch Function(p[1]) {
	case ReadHolding:
		return 8
	case PresetMultiple:
		if len(p) > 6 {
			return 9 + int(p[6])
		}
	}
	return 0
}

// answerBytes is the length of the answer that p begins; 0 if it does not tell.
func answerBytes(p []byte) int {
	switch f := p[1]; {
	case f&refusal != 0:
		return 5
	case Function(f) == ReadHolding:
		return 5 + int(p[2])
	case Function(f) == PresetMultiple:
		return 8
	}
	return 0
}

// Next is the next wake-up.
func (r *RTU) Next() (at time.Duration, ok bool) {
	if len(r.held) > 0 || r.lost {
		at, ok = r.gapAt, true
	}
	if len(r.reply) > 0 && (!ok || r.replyAt < at) {
		at, ok = r.replyAt, true
	}
	return at, ok
}

// Advance does what is due by now: the answer, and the end of a frame by silence.
func (r *RTU) Advance(now time.Duration, d Device) {
	if (len(r.held) > 0 || r.lost) && now >= r.gapAt {
		if !r.lost && d.Answers() && sumIsRight(r.held) {
			r.takeFrame(r.gapAt, d, r.held)
		}
		r.held, r.lost = r.held[:0], false
	}
	if len(r.reply) > 0 && now >= r.replyAt {
		if d.Answers() {
			r.out = append(r.out, r.reply...)
		}
		r.reply = r.reply[:0]
	}
}

// Transmit appends what the slave sends now.
func (r *RTU) Transmit(dst []byte) []byte {
	dst = append(dst, r.out...)
	r.out = r.out[:0]
	return dst
}

// Forget loses what has begun to come, and what was to be sent: the power went, or the application
// ended.
func (r *RTU) Forget() { r.held, r.lost, r.reply, r.out = r.held[:0], false, r.reply[:0], r.out[:0] }

// Declare declares the state. Spent is what stood in a copy's place before.
func (r *RTU) Declare(w *machine.State, spent *RTU) {
	w.Uint(uint64(r.cfg.Unit))
	w.Int(int(r.cfg.Silence))
	w.Int(int(r.cfg.Delay))
	w.Bytes(&r.held, spent.held)
	w.Bool(r.lost)
	w.Deadline(r.gapAt, len(r.held) > 0 || r.lost)
	w.Bytes(&r.reply, spent.reply)
	w.Deadline(r.replyAt, len(r.reply) > 0)
	w.Bytes(&r.out, spent.out)
}

// CopyTo makes c a copy, in the memory of what it was.
func (r *RTU) CopyTo(c *RTU) {
	old := *c
	*c = *r
	w := machine.Copying()
	c.Declare(&w, &old)
}

// Port is a slave with its device: a machine.Machine.
type Port struct {
	RTU    RTU
	Device Device
}

// Receive takes bytes from the line.
func (p *Port) Receive(now time.Duration, b []byte) { p.RTU.Receive(now, p.Device, b) }

// Advance does what is due by now.
func (p *Port) Advance(now time.Duration) { p.RTU.Advance(now, p.Device) }

// Next is the next wake-up.
func (p *Port) Next() (time.Duration, bool) { return p.RTU.Next() }

// Transmit appends what the slave sends now.
func (p *Port) Transmit(dst []byte) []byte { return p.RTU.Transmit(dst) }
