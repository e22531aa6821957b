package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// gate is a reader that does not read until it is opened.
type gate struct {
	open chan struct{}
	got  bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.got.Write(p)
}

func lostEvents(n int) []byte {
	return fmt.Appendf(nil, `{"event":"lost-events","count":%d}`+"\n", n)
}

func TestSinkNeverWaitsForItsReader(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	s := New(g, lostEvents)
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	const lines = 2*maxQueuedBytes/100 + 500
	for range lines {
		s.Add(line)
	}
	close(g.open)
	s.Close()
	got := g.got.String()
	kept := strings.Count(got, string(line))
	var last struct {
		Event string
		Count int
	}
	at := strings.LastIndexByte(strings.TrimSpace(got), '\n')
	if err := json.Unmarshal([]byte(got[at+1:]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Event != "lost-events" || last.Count == 0 || kept+last.Count != lines {
		t.Errorf("of %d lines %d came, and then %+v", lines, kept, last)
	}
}

func TestSinkGivesUpAReaderThatHasGone(t *testing.T) {
	r, w := io.Pipe()
	_ = r.Close()
	s := New(w, lostEvents)
	for range 1000 {
		s.Add([]byte("line\n"))
	}
	s.Close()
	if len(s.queue) != 0 {
		t.Errorf("%d bytes are kept for nobody", len(s.queue))
	}
}

func TestSinkTellsOnceWhyNothingMoreIsWritten(t *testing.T) {
	r, w := io.Pipe()
	full := errors.New("no space")
	_ = r.CloseWithError(full)
	told := make(chan error, 2)
	s := NewHeard(w, lostEvents, func(err error) { told <- err })
	s.Add([]byte("line\n"))
	if err := <-told; !errors.Is(err, full) {
		t.Errorf("told is %v", err)
	}
	s.Add([]byte("line\n"))
	s.Close()
	if len(told) > 0 || !errors.Is(s.Err(), full) {
		t.Errorf("told %d times more, and %v", len(told), s.Err())
	}
}
