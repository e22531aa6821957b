package steady

import (
	"io"
	"time"
)

// Outbox writes to a connection that somebody else reads. A Write never waits: what is not taken at once is kept,
// up to a bound, and goes out as it is taken.
type Outbox struct{ wire *wire }

// NewOutbox makes one for a connection whose Close ends a Write that is under way. Run writes until a Write fails, or
// End is called.
func NewOutbox(conn io.ReadWriteCloser) *Outbox {
	w := newWire(conn)
	w.closing.Do(func() {}) // that is not for us to do
	return &Outbox{w}
}

// Run writes what waits.
func (o *Outbox) Run() { o.wire.write(func(error) {}) }

// Write writes data, and returns how many bytes of it are lost.
func (o *Outbox) Write(data []byte) (lost int) { return o.wire.send(data) }

// Full is as that of a Port.
func (o *Outbox) Full() <-chan struct{} { return o.wire.full() }

// End lets go of what waits, when the connection is closed. It is called once.
func (o *Outbox) End() {
	close(o.wire.quit)
	o.wire.gone()
}

// stuckLimit is how long somebody is held back for something that takes nothing: at 300 baud the 512 bytes of a
// piece take 17 s.
const stuckLimit = 20 * time.Second

// HoldBack waits while full returns a channel, and asks it again when the channel is closed. It waits no more when
// quit is closed, or where no channel is closed for 20 s. A nil function holds nobody back.
func HoldBack(full func() <-chan struct{}, quit <-chan struct{}) {
	if full == nil {
		return
	}
	for taken := full(); taken != nil; taken = full() {
		select {
		case <-taken:
		case <-quit:
			return
		case <-time.After(stuckLimit):
			return
		}
	}
}
