// Package sink writes to those who may be slow, for a meter or an upgrade that must not wait.
package sink

import (
	"io"
	"sync"
	"time"
)

// Sink writes lines, or blocks of another form, to a stream whose reader may be slow or may have
// stopped. Its Add never blocks; that of a nil one does nothing. Lines that do not fit the queue are dropped, and a line says how
// many were. Make it with New.
type Sink struct {
	w    io.Writer
	lost func(n int) []byte // the line that says how many were lost
	// failed is told the error of a write, once; nil: nobody is.
	failed func(error)

	mu      sync.Mutex
	wake    *sync.Cond
	queue   []byte
	dropped int
	broken  bool // a write has failed: the reader is gone, or a disk is full
	err     error
	closed  bool
	done    chan struct{}
}

const (
	// maxQueuedBytes is room for the events of some ten thousand frames.
	maxQueuedBytes = 4 << 20
	// lastWords is how long Close waits for a slow reader.
	lastWords = 2 * time.Second
)

// New makes a sink for a stream. lost is the line that says that n were dropped.
func New(w io.Writer, lost func(n int) []byte) *Sink { return NewHeard(w, lost, nil) }

// NewHeard makes a sink that tells failed, from a goroutine of its own, the error after which it takes nothing
// more.
func NewHeard(w io.Writer, lost func(n int) []byte, failed func(error)) *Sink {
	s := &Sink{w: w, lost: lost, failed: failed, done: make(chan struct{})}
	s.wake = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// Add queues whole lines.
func (s *Sink) Add(lines []byte) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken || s.closed || len(lines) == 0:
		return
	case len(s.queue)+len(lines) > maxQueuedBytes:
		s.dropped++
		return
	}
	s.queue = append(s.tellDropped(), lines...)
	s.wake.Signal()
}

func (s *Sink) tellDropped() []byte {
	if s.dropped > 0 {
		s.queue = append(s.queue, s.lost(s.dropped)...)
		s.dropped = 0
	}
	return s.queue
}

func (s *Sink) run() {
	defer close(s.done)
	var lines []byte
	for {
		s.mu.Lock()
		for len(s.queue) == 0 && !s.closed {
			s.wake.Wait()
		}
		if len(s.queue) == 0 {
			s.mu.Unlock()
			return
		}
		lines, s.queue = s.queue, lines[:0]
		s.mu.Unlock()

		if _, err := s.w.Write(lines); err != nil {
			s.fail(err)
		}
	}
}

func (s *Sink) fail(err error) {
	s.mu.Lock()
	first := !s.broken
	s.broken, s.queue = true, nil
	if first {
		s.err = err
	}
	s.mu.Unlock()
	if first && s.failed != nil {
		s.failed(err)
	}
}

// Err is why nothing more is written; nil if it is.
func (s *Sink) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close writes what is still queued, but does not wait longer than lastWords.
func (s *Sink) Close() {
	s.mu.Lock()
	if !s.broken {
		s.queue = s.tellDropped()
	}
	s.closed = true
	s.wake.Signal()
	s.mu.Unlock()
	patience := time.NewTimer(lastWords)
	defer patience.Stop()
	select {
	case <-s.done:
	case <-patience.C:
	}
}
