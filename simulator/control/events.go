package control

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

const (
	// keptEvents and keptBytes bound what is kept for watchers that are late or come again.
	keptEvents = 8192
	keptBytes  = 4 << 20
)

// ring keeps the last events. Its add never waits for a watcher.
type ring struct {
	run string // of the ids

	mu      sync.Mutex
	events  []stored // oldest first
	bytes   int
	next    uint64        // number of the next event, from 1
	changed chan struct{} // closed at the next event
	waited  bool          // somebody waits for that
	closed  bool
}

type stored struct {
	number uint64
	text   []byte // as it is sent
}

func newRing(run string) *ring {
	return &ring{run: run, next: 1, changed: make(chan struct{})}
}

// add keeps a copy of data, which is one line of JSON.
func (r *ring) add(name string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	e := stored{number: r.next, text: make([]byte, 0, len(data)+len(name)+eventFrame+len(r.run))}
	e.text = fmt.Appendf(e.text, "id: %s\nevent: %s\ndata: ", r.id(r.next), name)
	e.text = append(append(e.text, bytes.TrimSuffix(data, []byte("\n"))...), "\n\n"...)
	r.next++
	r.events = append(r.events, e)
	r.bytes += len(e.text)
	old := 0
	for len(r.events)-old > keptEvents || r.bytes > keptBytes && len(r.events)-old > 1 {
		r.bytes -= len(r.events[old].text)
		old++
	}
	r.events = r.events[old:]
	r.wake()
}

// eventFrame is room for what stands around an event's object.
const eventFrame = 48

func (r *ring) wake() {
	if r.waited {
		close(r.changed)
		r.changed, r.waited = make(chan struct{}), false
	}
}

// close ends all watching, once the events so far are read.
func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		r.wake()
	}
}

// batch is what one look at the ring gives.
type batch struct {
	events []stored
	lost   *Lost  // events before these are not there
	next   uint64 // where to look next
	closed bool   // there will be no more
	more   <-chan struct{}
}

// since returns the events from number on.
func (r *ring) since(number uint64) batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := batch{next: r.next, closed: r.closed, more: r.changed}
	r.waited = true
	oldest := r.next - uint64(len(r.events))
	if number < oldest {
		b.lost = &Lost{Count: oldest - number, Reason: "they were not kept so long"}
		number = oldest
	}
	if number < r.next {
		b.events = append(b.events, r.events[number-oldest:]...)
	}
	return b
}

// newest is the number that the next event will have.
func (r *ring) newest() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// id is how an event is named to watchers.
func (r *ring) id(number uint64) string { return fmt.Sprintf("%s-%d", r.run, number) }

// after returns the number of the event after the one that an id names. Lost is set if it was
// an event of another run.
func (r *ring) after(id string) (number uint64, lost *Lost) {
	run, digits, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	if run != r.run || err != nil || n >= r.newest() {
		return 1, &Lost{Reason: "they are of another run of the program"}
	}
	return n + 1, nil
}
