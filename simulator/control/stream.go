package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// heartbeat keeps a quiet stream from being taken for a dead one.
const heartbeat = 15 * time.Second

// getEvents streams events: those that come, or with the header Last-Event-ID those after it, or
// with ?kept=all first everything that is kept.
func (m *Served) getEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case m.server.watchers <- struct{}{}:
		defer func() { <-m.server.watchers }()
	default:
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d watch already", maxWatchers), "close one of them")
		return
	}
	next, lost := m.ring.newest(), (*Lost)(nil)
	switch id := r.Header.Get("Last-Event-ID"); {
	case id != "":
		next, lost = m.ring.behind(id)
	case r.URL.Query().Get("kept") == "all":
		next = 1
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return // nothing will ever come behind them
	}
	stream := &stream{w: w, control: http.NewResponseController(w)}
	if stream.begin() != nil {
		return
	}
	m.follow(r, stream, next, lost)
}

// follow sends what is kept from next on, and then what comes, until the watcher goes, takes
// nothing any more, or the meter ends.
func (m *Served) follow(r *http.Request, out *stream, next uint64, lost *Lost) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if !m.gather(r) {
			return
		}
		b := m.ring.since(next)
		if lost == nil {
			lost = b.lost
		}
		if out.send(lost, b) != nil || b.closed {
			return
		}
		quiet := b.next == next && lost == nil
		if next, lost = b.next, nil; !quiet {
			continue // a meter at work has more to tell by the next time, and need not wake anybody for it
		}
		select {
		case <-m.ring.after(next):
		case <-beat.C:
			if out.beat() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// gathering is how often events are sent: of a meter that is fast there are tens of thousands in a
// second, and each write costs. What comes within a tenth of a second is at once to a person.
const gathering = 100 * time.Millisecond

// gather waits until events are sent, which is at the same times for all watchers: to wake the server
// costs more than to write. It returns false if the watcher goes.
func (m *Served) gather(r *http.Request) bool {
	timer := time.NewTimer(gathering - time.Since(m.server.begun)%gathering)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.quit:
	case <-r.Context().Done():
		return false
	}
	return true
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (o *stream) begin() error {
	// The limit on reading a request is no limit on a watcher's stay.
	if err := o.control.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	return o.write([]byte("retry: 1000\n\n"))
}

func (o *stream) beat() error { return o.write([]byte(": quiet\n\n")) }

func (o *stream) send(lost *Lost, b batch) error {
	var all [][]byte
	if lost != nil {
		data, err := json.Marshal(lost)
		if err != nil {
			return err
		}
		all = append(all, fmt.Appendf(nil, "event: lost\ndata: %s\n\n", data))
	}
	return o.write(append(all, b.texts...)...)
}

func (o *stream) write(parts ...[]byte) error {
	if len(parts) == 0 {
		return nil
	}
	if err := o.control.SetWriteDeadline(time.Now().Add(stuck)); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := o.w.Write(p); err != nil {
			return err
		}
	}
	return o.control.Flush()
}
