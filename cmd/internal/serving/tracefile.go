package serving

import (
	"errors"
	"fmt"
	"time"

	"ionbench/cmd/internal/capturing"
	"ionbench/simulator/disk"
	"ionbench/simulator/story"
)

// traceFile writes every event as a line of text. A nil one does nothing.
type traceFile struct {
	file    disk.File
	pending []byte
}

// traceMark begins the first line of each run, which tells it from the others.
const traceMark = "# ionsim: "

// newTrace opens the file to append a run.
func newTrace(path string) (*traceFile, error) {
	file, err := capturing.OpenToAdd(path, traceMark, "trace of ionsim")
	if err != nil {
		return nil, err
	}
	return &traceFile{file: file}, nil
}

// begin writes the first line of a run.
func (t *traceFile) begin(of string, started time.Time) {
	if t != nil {
		t.pending = fmt.Appendf(t.pending, traceMark+"%s, time 0 is %s\n", of, started.Format(time.RFC3339Nano))
	}
}

func (t *traceFile) add(e story.Event) {
	if t != nil {
		t.pending = fmt.Appendf(t.pending, "%v\n", e)
	}
}

// flush writes the lines so far. If that fails, they are dropped.
func (t *traceFile) flush() error {
	if t == nil || len(t.pending) == 0 {
		return nil
	}
	_, err := t.file.Write(t.pending)
	t.pending = t.pending[:0]
	if err != nil {
		return fmt.Errorf("--trace: what was traced before is safe: %w", err)
	}
	return nil
}

func (t *traceFile) close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.flush(), t.file.Close())
}
