package bench

import (
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
)

// delayed is a frame of the meter that is held back.
type delayed struct {
	at      time.Duration // when it is sent; for a swapped frame, when it is given up
	since   time.Duration // when it was to be sent
	frame   []byte        // never written to: clones share it
	swapped bool          // it is sent after the next answer
}

// maxDelayed bounds the frames that are held back at once.
const maxDelayed = 64

// swapLimit is how long a swapped answer waits for the next one.
const swapLimit = 60 * time.Second

// sendReply sends a frame of an answer, unless a fault of the answers acts on it.
func (s *Station) sendReply(now, since time.Duration, frame []byte) {
	for i := range s.plan {
		k := &s.plan[i]
		if k.armed == 0 || k.effect.reply == nil {
			continue
		}
		rest, struck := k.effect.reply(s, now, k.fault.Parameters, frame)
		if !struck {
			continue
		}
		k.armed--
		if rest == nil {
			return
		}
		frame = rest
	}
	s.sendFrame(now, since, line.FromMeter, frame)
	s.sendSwapped(now)
}

// replyHarm changes a frame of an answer as a fault wants it. rest is what is sent instead; nil
// for nothing. struck is false where the fault cannot act on such a frame.
type replyHarm func(s *Station, now time.Duration, p fault.Parameters, frame []byte) (rest []byte, struck bool)

func loseReply(*Station, time.Duration, fault.Parameters, []byte) (rest []byte, struck bool) {
	return nil, true
}

func delayReply(s *Station, now time.Duration, p fault.Parameters, frame []byte) (rest []byte, struck bool) {
	s.holdBack(delayed{at: now + p.By, since: now, frame: frame})
	return nil, true
}

func swapReply(s *Station, now time.Duration, _ fault.Parameters, frame []byte) (rest []byte, struck bool) {
	s.holdBack(delayed{at: now + swapLimit, since: now, frame: frame, swapped: true})
	return nil, true
}

func repeatReply(s *Station, now time.Duration, _ fault.Parameters, frame []byte) (rest []byte, struck bool) {
	s.sendFrame(now, now, line.FromMeter, frame)
	return frame, true
}

// renameReply gives the answer the next message id instead of its own.
func renameReply(_ *Station, _ time.Duration, _ fault.Parameters, frame []byte) (rest []byte, struck bool) {
	return withNextID(frame)
}

func refuseRequest(s *Station, _ time.Duration, _ fault.Parameters, frame []byte) (rest []byte, struck bool) {
	return s.refusal(frame)
}

// replyWith gives the answer another status.
func replyWith(status func(fault.Parameters) ion.Status) replyHarm {
	return func(_ *Station, _ time.Duration, p fault.Parameters, frame []byte) (rest []byte, struck bool) {
		return withStatus(frame, status(p))
	}
}

func (s *Station) holdBack(d delayed) {
	if len(s.delay) < maxDelayed {
		d.frame = slices.Clone(d.frame)
		s.delay = append(s.delay, d)
	}
}

// releaseDelayed sends the frames whose delay is over, and drops swapped ones that have waited
// too long for another answer.
func (s *Station) releaseDelayed(now time.Duration) {
	sent := false
	kept := s.delay[:0]
	for _, d := range s.delay {
		switch {
		case d.at > now:
			kept = append(kept, d)
		case !d.swapped:
			s.sendFrame(now, d.since, line.FromMeter, d.frame)
			sent = true
		}
	}
	s.delay = kept
	if sent {
		s.sendSwapped(now)
	}
}

// sendSwapped sends the frames that had to let an answer go first.
func (s *Station) sendSwapped(now time.Duration) {
	kept := s.delay[:0]
	for _, d := range s.delay {
		if !d.swapped {
			kept = append(kept, d)
			continue
		}
		s.sendFrame(now, d.since, line.FromMeter, d.frame)
	}
	s.delay = kept
}

// firstFrame parses the first frame of an answer.
func firstFrame(frame []byte) (f ion.Frame, ok bool) {
	f, _, err := ion.ParseFrame(frame)
	return f, err == nil && f.First() && f.Control&ion.AckFrame == 0
}

// withNextID is the answer with the next message id instead of its own.
func withNextID(frame []byte) (rest []byte, struck bool) {
	f, _, err := ion.ParseFrame(frame)
	id, first := f.MessageID()
	if err != nil || !first {
		return frame, false
	}
	f.Data = slices.Clone(f.Data)
	f.SetMessageID(id + 1)
	return ion.AppendFrame(nil, f), true
}

// withStatus is the answer with another status, if it is an answer of the download service.
func withStatus(frame []byte, status ion.Status) (rest []byte, struck bool) {
	f, ok := firstFrame(frame)
	if !ok {
		return frame, false
	}
	f.Data = slices.Clone(f.Data)
	p, err := ion.ParsePacket(f.Data)
	var r ion.DownloadReply
	if err != nil || p.Request || p.Type != ion.TypeDownload || ion.ParseDownloadReply(p.Body, &r) != nil {
		return frame, false
	}
	r.Status = status
	ion.AppendDownloadReply(p.Body[:0], &r)
	return ion.AppendFrame(nil, f), true
}

// statusOf is the status of a fault as package ion numbers it.
func statusOf(p fault.Parameters) ion.Status { return ion.Status(p.Status - fault.StatusOK) }

// refusal is a NAK of the request, sent instead of the answer that begins with frame. It is the
// acknowledgement of the host's last frame with the bit for NAK.
func (s *Station) refusal(frame []byte) (rest []byte, struck bool) {
	f, ok := firstFrame(frame)
	if !ok {
		return frame, false
	}
	return ion.AppendFrame(nil, ion.Nak(f.Source, s.watch.transaction)), true
}
