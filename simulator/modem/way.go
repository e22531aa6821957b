package modem

import (
	"time"

	"ionbench/simulator/machine"
)

// maxUnderWay bounds what is under way in a call, in bytes and direction. More is lost, as in a modem
// that nobody stops.
const maxUnderWay = 1 << 16

// way is one direction of a call.
type way struct {
	bytes []byte // under way
	parts []part // of them, in order
	count int    // bytes since the last pause
}

// part is bytes that come out together.
type part struct {
	at    time.Duration
	bytes int
}

// add sends bytes into the call, as many as it returns.
func (w *way) add(now time.Duration, p []byte, t *Timing) (taken int) {
	p = p[:min(len(p), maxUnderWay-len(w.bytes))]
	taken = len(p)
	at := now + t.scaled(t.Latency)
	for len(p) > 0 {
		if n := len(w.parts); n > 0 {
			at = max(at, w.parts[n-1].at)
		}
		n := len(p)
		if t.PauseBytes > 0 {
			if w.count >= t.PauseBytes {
				at, w.count = at+t.scaled(t.Pause), 0
			}
			n = min(n, t.PauseBytes-w.count)
			w.count += n
		}
		w.bytes = append(w.bytes, p[:n]...)
		w.put(part{at, n})
		p = p[n:]
	}
	return taken
}

// put adds a part, or joins it to the one before that comes out at the same time.
func (w *way) put(p part) {
	if n := len(w.parts); n > 0 && w.parts[n-1].at == p.at {
		w.parts[n-1].bytes += p.bytes
		return
	}
	w.parts = append(w.parts, p)
}

// take appends what has come out by now.
func (w *way) take(dst []byte, now time.Duration) []byte {
	n, i := 0, 0
	for ; i < len(w.parts) && w.parts[i].at <= now; i++ {
		n += w.parts[i].bytes
	}
	if i == 0 {
		return dst
	}
	dst = append(dst, w.bytes[:n]...)
	w.bytes = append(w.bytes[:0], w.bytes[n:]...)
	w.parts = append(w.parts[:0], w.parts[i:]...)
	return dst
}

// next is when something comes out.
func (w *way) next() (at time.Duration, ok bool) {
	if len(w.parts) == 0 {
		return 0, false
	}
	return w.parts[0].at, true
}

func (w *way) clear() { w.bytes, w.parts, w.count = w.bytes[:0], w.parts[:0], 0 }

func (w *way) declare(s *machine.State, spent *way) {
	s.Bytes(&w.bytes, spent.bytes)
	machine.Slice(s, &w.parts, spent.parts)
	machine.Each(s, w.parts, func(p *part) {
		s.Deadline(p.at, true)
		s.Int(p.bytes)
	})
	s.Int(w.count)
}
