package serving

import (
	"bytes"
	"encoding/json"
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

func TestSinkNeverWaitsForItsReader(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	s := newSink(g, lostEvents)
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	const lines = 2*maxQueuedBytes/100 + 500
	for range lines {
		s.add(line)
	}
	close(g.open)
	s.close()
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
	s := newSink(w, lostEvents)
	for range 1000 {
		s.add([]byte("line\n"))
	}
	s.close()
	if len(s.queue) != 0 {
		t.Errorf("%d bytes are kept for nobody", len(s.queue))
	}
}
