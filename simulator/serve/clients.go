package serve

import (
	"errors"
	"io"
	"net"
	"time"
)

// mostWaiting is how many TCP clients wait until those before them, who have closed already, are
// read to their ends.
const mostWaiting = 16

// caller is a new TCP client, and the listener that it has reached.
type caller struct {
	conn net.Conn
	at   *patient
}

// accept starts the goroutine that accepts TCP clients. Run's goroutine decides about them.
func (r *run) accept(l *patient) {
	r.readers.Go(func() {
		for {
			conn, err := l.wait(func(err error) { r.tellNoRoom(l, err) })
			if errors.Is(err, net.ErrClosed) {
				return // from here
			}
			if err != nil {
				select {
				case r.failed <- err:
				case <-r.quit: // another port has failed too, or it ended for another reason
				}
				return
			}
			select {
			case r.accepted <- caller{conn, l}:
			case <-r.quit:
				conn.Close()
				return
			}
		}
	})
}

// admit decides whether a new TCP client is served. Who has reached a port that has vanished since is
// not, even if the port is there again.
func (r *run) admit(c caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, conn := r.tick(), c.conn
	_, plain, remote := r.ports.opened()
	switch {
	case r.over || r.gone || c.at != plain && c.at != remote:
		conn.Close()
	case r.client == nil:
		r.connect(now, c)
	case len(r.waiting) < mostWaiting && leaving(r.lastCaller()):
		// What the ones before have sent must be read first; then this one is served.
		r.waiting = append(r.waiting, c)
	case r.config.Takeover:
		for _, before := range r.waiting {
			r.refuse(now, before.conn)
		}
		r.waiting = append(r.waiting[:0], c)
		r.part(now, takenOver+conn.RemoteAddr().String())
	default:
		r.refuse(now, conn)
	}
}

func (r *run) tellNoRoom(l *patient, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.tell(l.noRoom(r.tick(), err))
	}
}

// All functions below need mu.

// lastCaller is the TCP client that came last, of the one that is served and those behind it.
func (r *run) lastCaller() net.Conn {
	if n := len(r.waiting); n > 0 {
		return r.waiting[n-1].conn
	}
	return r.client.tcp
}

func (r *run) connect(now time.Duration, c caller) {
	limitSilence(c.conn)
	r.client = newClient(c.conn, r.remoteOn(c))
	r.client.since, r.client.spoke = now, now
	r.keepFor(r.client)
	if r.heard == nil {
		// The device can be talking to nobody else.
		r.listenTo(now, r.client, r.client.baud())
	}
	r.read(r.client)
	r.tell(Event{Kind: Connected, At: now, Host: r.client.name})
}

func (r *run) refuse(now time.Duration, conn net.Conn) {
	conn.Close()
	holder := Holder{Host: r.client.name, Age: now - r.client.since, Silent: now - r.client.spoke}
	r.tell(Event{Kind: Refused, At: now, Host: conn.RemoteAddr().String(), Reason: holder.reason(), Holder: holder})
}

// hangUpWaiting closes the connections of those who wait.
func (r *run) hangUpWaiting() {
	for _, c := range r.waiting {
		c.conn.Close()
	}
	r.waiting = nil
}

// disconnect ends the TCP client after its last bytes were received.
func (r *run) disconnect(now time.Duration, cause error) {
	reason := closedByClient
	if !errors.Is(cause, io.EOF) {
		reason = cause.Error()
	}
	r.part(now, reason)
}

// part ends the connection of the TCP client and lets the next one in. The device learns of it
// before the client can.
func (r *run) part(now time.Duration, reason string) {
	gone := r.client
	r.client, gone.gone = nil, true
	r.tell(Event{Kind: Disconnected, At: now, Host: gone.name, Reason: reason})
	// Not if the PTY was heard since: its half frame must not be lost.
	heard := r.heard == gone
	if heard {
		r.heard = nil
		r.device.HostGone(now)
	}
	gone.conn.Close()
	gone.endBox()
	if heard {
		r.settle(now)
	}
	if len(r.waiting) > 0 && !r.over {
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.connect(now, next)
	}
}

// reset breaks the connection of the host that was last heard. It returns false if there is
// none.
func (r *run) reset(now time.Duration) bool {
	h := r.heard
	switch {
	case h == nil:
		r.tell(Event{Kind: NotReset, At: now, Reason: "nobody is connected"})
		return false
	case h.conn == nil:
		r.tell(Event{Kind: NotReset, At: now, Host: h.name, Reason: "a PTY or a serial port has no connection that could be reset; serve on TCP for that"})
		return false
	}
	r.sever(h.conn)
	r.part(now, "reset from here")
	return true
}

// sever makes the end of a connection a reset.
func (r *run) sever(conn net.Conn) {
	if c, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		// It fails only if the connection has ended, and then there is nothing to reset.
		_ = c.SetLinger(0)
	}
}
