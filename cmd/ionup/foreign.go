package main

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"ionbench/client"
	"ionbench/simulator/ion"
)

// ear hears what comes over the connections of a session, to say of a line on which no meter
// answers what is there instead.
type ear struct {
	mu      sync.Mutex
	foreign ion.Foreign
	frames  bool // some ION has come
	bytes   int  // that have come
}

func (e *ear) hear(p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bytes += len(p)
	e.frames = e.foreign.Add(p) || e.frames
}

// count is how many bytes have come.
func (e *ear) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bytes
}

// answered reports whether some ION has come.
func (e *ear) answered() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.frames
}

// likeness says what came in place of answers; empty: nothing.
func (e *ear) likeness() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.frames || e.foreign.Count() == 0 {
		return ""
	}
	return e.foreign.Likeness()
}

// explain adds to an error of a meter that does not answer what came in place of answers.
func (e *ear) explain(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := e.foreign.Count(); errors.Is(err, client.ErrNoResponse) && !e.frames && n > 0 {
		return fmt.Errorf("%w; %d bytes came that are no ION and look like %s", err, n, e.foreign.Likeness())
	}
	return err
}

// heard is a connection with an ear.
type heard struct {
	io.ReadWriteCloser
	ear *ear
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.ReadWriteCloser.Read(p)
	h.ear.hear(p[:n])
	return n, err
}
