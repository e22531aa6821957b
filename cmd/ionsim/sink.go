package main

import (
	"io"
	"sync"
	"time"
)

// sink writes lines to a stream whose reader may be slow, or may have stopped reading: the
// meter must not wait for it. Whoever uses it never blocks; lines that do not fit the
// queue are counted and dropped, and a line says how many there were.
type sink struct {
	w    io.Writer
	lost func(n int) []byte // the line that tells of lost ones

	mu      sync.Mutex
	wake    *sync.Cond
	queue   []byte
	dropped int
	broken  bool // the reader has gone
	closed  bool
	done    chan struct{}
}

const (
	// maxQueuedBytes holds the events of some ten thousand frames.
	maxQueuedBytes = 4 << 20
	// lastWords is how long a reader is waited for at the end.
	lastWords = 2 * time.Second
)

func newSink(w io.Writer, lost func(n int) []byte) *sink {
	s := &sink{w: w, lost: lost, done: make(chan struct{})}
	s.wake = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// add queues whole lines.
func (s *sink) add(lines []byte) {
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

func (s *sink) tellDropped() []byte {
	if s.dropped > 0 {
		s.queue = append(s.queue, s.lost(s.dropped)...)
		s.dropped = 0
	}
	return s.queue
}

func (s *sink) run() {
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
			s.mu.Lock()
			s.broken, s.queue = true, nil
			s.mu.Unlock()
		}
	}
}

// close writes what is queued, unless nobody reads it.
func (s *sink) close() {
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
