package control

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// keptEvents and keptBytes are what is kept for watchers that are late or come again, and up to a
	// segment more events.
	keptEvents = 8192
	keptBytes  = 4 << 20
)

// ring keeps the last events, as they are sent. Its add never waits for a watcher, and makes an event's
// text once for all of them.
type ring struct {
	run string // of the ids

	mu       sync.Mutex
	segments []*segment // oldest first
	count    int        // of the events in them
	bytes    int
	next     uint64        // number of the next event, from 1
	passing  passing       // comes before it, unless a newer one of its kind does
	changed  chan struct{} // closed at the next event
	waited   bool          // somebody waits for that
	closed   bool
}

// passing is an event that the next one of its name makes old.
type passing struct {
	name string // "" for none
	data []byte
	at   time.Duration
}

// unseen is how long something must last to be told: who watches sees no shorter flash of a lamp, and no page draws more often.
const unseen = 10 * time.Millisecond

// segment is some events in a row. Text is only ever appended to, and never moved, so that watchers
// send what they have seen of it without a copy and without the lock.
type segment struct {
	first uint64 // number of its first event
	text  []byte
	ends  []int // of each event, in text
}

const (
	segmentBytes  = 32 << 10 // a longer event has a segment of its own
	segmentEvents = 256
)

// from is the text of its events from a number on.
func (s *segment) from(number uint64) []byte {
	if number <= s.first {
		return s.text[:len(s.text):len(s.text)]
	}
	return s.text[s.ends[number-s.first-1]:len(s.text):len(s.text)]
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
	r.settle()
	r.keep(name, data)
	r.wake()
}

// pass takes an event of a time of the run. Of those of a name that come so close to each other that
// nobody sees them only the last is kept.
func (r *ring) pass(name string, at time.Duration, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if p := &r.passing; p.name != name || at-p.at >= unseen {
		r.settle()
		p.at = at
	}
	r.passing.name, r.passing.data = name, append(r.passing.data[:0], data...)
	r.wake()
}

// settle keeps the event that was passing.
func (r *ring) settle() {
	if p := &r.passing; p.name != "" {
		r.keep(p.name, p.data)
		p.name = ""
	}
}

func (r *ring) keep(name string, data []byte) {
	size := len(data) + len(name) + eventFrame + len(r.run)
	s := r.room(size)
	before := len(s.text)
	s.text = append(append(append(s.text, "id: "...), r.run...), '-')
	s.text = strconv.AppendUint(s.text, r.next, 10)
	s.text = append(append(append(s.text, "\nevent: "...), name...), "\ndata: "...)
	s.text = append(append(s.text, bytes.TrimSuffix(data, []byte("\n"))...), "\n\n"...)
	s.ends = append(s.ends, len(s.text))
	r.next++
	r.count++
	r.bytes += len(s.text) - before
	for len(r.segments) > 1 && (r.count-len(r.segments[0].ends) >= keptEvents || r.bytes > keptBytes) {
		old := r.segments[0]
		r.segments, r.count, r.bytes = r.segments[1:], r.count-len(old.ends), r.bytes-len(old.text)
	}
}

// room is a segment that can take an event of so many bytes.
func (r *ring) room(size int) *segment {
	if n := len(r.segments); n > 0 {
		if s := r.segments[n-1]; len(s.ends) < segmentEvents && cap(s.text)-len(s.text) >= size {
			return s
		}
	}
	s := &segment{first: r.next, text: make([]byte, 0, max(segmentBytes, size)), ends: make([]int, 0, segmentEvents)}
	r.segments = append(r.segments, s)
	return s
}

// eventFrame is room for what stands around an event's object.
const eventFrame = 64

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
		r.settle()
		r.closed = true
		r.wake()
	}
}

// batch is what one look at the ring gives.
type batch struct {
	texts  [][]byte
	lost   *Lost  // events before these are not there
	next   uint64 // where to look next
	closed bool   // there will be no more
}

// since returns the events from number on.
func (r *ring) since(number uint64) batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	b := batch{next: r.next, closed: r.closed}
	oldest := r.next - uint64(r.count)
	if number < oldest {
		b.lost = &Lost{Count: oldest - number, Reason: "they were not kept so long"}
		number = oldest
	}
	for _, s := range r.segments {
		if number < s.first+uint64(len(s.ends)) {
			b.texts = append(b.texts, s.from(number))
		}
	}
	return b
}

// after is closed once there is an event from number on, or there will be none any more.
func (r *ring) after(number uint64) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.next > number || r.passing.name != "" {
		now := make(chan struct{})
		close(now)
		return now
	}
	r.waited = true
	return r.changed
}

// newest is the number that the next event will have.
func (r *ring) newest() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	return r.next
}

// behind returns the number of the event after the one that an id names. Lost is set if it was
// an event of another run.
func (r *ring) behind(id string) (number uint64, lost *Lost) {
	run, digits, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	if run != r.run || err != nil || n >= r.newest() {
		return 1, &Lost{Reason: "they are of another run of the program"}
	}
	return n + 1, nil
}
