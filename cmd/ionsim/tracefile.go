package main

import (
	"errors"
	"fmt"
	"time"

	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
	"ionbench/simulator/story"
)

// traceFile writes every event as a line of text. A nil one does nothing.
type traceFile struct {
	file    disk.File
	pending []byte
}

// newTrace opens the file to append a run. The first line of each run tells it from the
// others.
func newTrace(path string) (*traceFile, error) {
	file, err := files.Open(path, disk.Write|disk.Append|disk.Create, files.Private)
	if err != nil {
		return nil, err
	}
	return &traceFile{file: file}, nil
}

// begin writes the first line of a run.
func (t *traceFile) begin(id identity, started time.Time) {
	if t != nil {
		t.pending = fmt.Appendf(t.pending, "# ionsim: %v, time 0 is %s\n", id, started.Format(time.RFC3339Nano))
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
