package pcapng

import (
	"io"
	"sync"
	"time"

	"ionbench/simulator/ion"
)

// Recorder captures what one end of a line sends and receives: the bytes of one connection after
// another. Make it with NewRecorder. Its methods may be called at the same time.
type Recorder struct {
	mu   sync.Mutex
	to   *Writer
	now  func() time.Duration
	held [2]held // by direction
}

// held is the beginning of a frame.
type held struct {
	bytes []byte
	began time.Duration // when its first byte came
	last  time.Duration // when its last one came
}

// silence is so long that what comes after it belongs to no frame that began before.
const silence = 500 * time.Millisecond

// NewRecorder captures to a file of one line. now is the time since the file's start.
func NewRecorder(to *Writer, now func() time.Duration) *Recorder {
	return &Recorder{to: to, now: now}
}

// Over captures a new connection of the host's until it is closed.
func (r *Recorder) Over(conn io.ReadWriteCloser) io.ReadWriteCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to.Connect(r.now(), 0)
	return &recorded{conn, r}
}

// Comment tells something at the next packet.
func (r *Recorder) Comment(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to.Comment(0, text)
}

// Broke says why the connection is no more.
func (r *Recorder) Broke(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	if r.to.lines[0].stream == nil {
		r.to.Comment(0, "the port was gone: "+why)
		return
	}
	r.to.Disconnect(r.now(), 0, why)
}

// End writes what is held and ends the file. It returns the first error of writing.
func (r *Recorder) End() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	r.to.Disconnect(r.now(), 0, "")
	r.to.End(r.now())
	return r.to.Err()
}

type recorded struct {
	io.ReadWriteCloser
	r *Recorder
}

func (c *recorded) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	c.r.take(FromMeter, p[:n])
	return n, err
}

// Write captures first: the answer must not come before its request.
func (c *recorded) Write(p []byte) (int, error) {
	c.r.take(ToMeter, p)
	return c.ReadWriteCloser.Write(p)
}

func (r *Recorder) take(d Direction, p []byte) {
	if len(p) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, h := r.now(), &r.held[d]
	if len(h.bytes) > 0 && now-h.last > silence {
		r.loose(d)
	}
	if len(h.bytes) == 0 {
		h.began = now
	}
	h.bytes, h.last = append(h.bytes, p...), now
	done := 0
	for done < len(h.bytes) {
		n, whole := ion.CutFrame(h.bytes[done:])
		if n == 0 {
			break
		}
		piece := string(h.bytes[done : done+n])
		if whole {
			r.to.Frame(h.began, 0, d, piece)
		} else {
			r.to.Loose(h.began, 0, d, piece)
		}
		done += n
		h.began = now
	}
	h.bytes = append(h.bytes[:0], h.bytes[done:]...)
}

// loose writes what is held in a direction, because its frame will never be whole.
func (r *Recorder) loose(d Direction) {
	if h := &r.held[d]; len(h.bytes) > 0 {
		r.to.Loose(h.began, 0, d, string(h.bytes))
		h.bytes = h.bytes[:0]
	}
}

func (r *Recorder) flush() {
	r.loose(ToMeter)
	r.loose(FromMeter)
}
