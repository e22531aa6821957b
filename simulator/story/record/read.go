package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// What is read at most. A run of seventy minutes has some 20 MB, and a page with more than ten of
// them is no page that a browser opens.
const (
	MaxBytes = 256 << 20 // of a file
	MaxLine  = 1 << 20   // bytes of one line
)

// ErrFile is wrapped by all errors of Read.
var ErrFile = errors.New("no story of a run")

// Read checks a file and returns its head. Every line must be an object that says which event it
// is, and events must be numbered and in the order of time. What an event says besides is for
// whoever shows it. Files and lines larger than MaxBytes and MaxLine are refused.
func Read(file []byte) (Head, error) {
	var h Head
	if len(file) > MaxBytes {
		return h, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrFile, len(file), MaxBytes)
	}
	first, rest, _ := bytes.Cut(file, []byte("\n"))
	if err := checkSize(first); err != nil {
		return h, fmt.Errorf("%w: line 1: %w", ErrFile, err)
	}
	if err := json.Unmarshal(first, &h); err != nil {
		return h, fmt.Errorf("%w: line 1: %w", ErrFile, err)
	}
	if h.Event != "story" || h.Format != Format {
		return h, fmt.Errorf("%w: line 1 says event %q, format %q instead of %q, %q", ErrFile, h.Event, h.Format, "story", Format)
	}
	var c checker
	for number := 2; len(rest) > 0; number++ {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		if err := c.check(text); err != nil {
			return h, fmt.Errorf("%w: line %d: %w", ErrFile, number, err)
		}
	}
	return h, nil
}

// checker checks one line after the other.
type checker struct {
	n       int
	at      float64
	layouts int
}

func checkSize(line []byte) error {
	if len(line) > MaxLine {
		return fmt.Errorf("it has %d bytes, at most %d are read", len(line), MaxLine)
	}
	return nil
}

func (c *checker) check(text []byte) error {
	if err := checkSize(text); err != nil {
		return err
	}
	var e struct {
		Event  string   `json:"event"`
		N      int      `json:"n"`
		At     *float64 `json:"at"`
		Layout int      `json:"layout"`
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return err
	}
	switch {
	case e.Event == "":
		return errors.New("it does not say which event it is")
	case e.Event == "layout" && e.Layout != c.layouts+1:
		return fmt.Errorf("layout %d follows layout %d", e.Layout, c.layouts)
	case e.Event == "layout":
		c.layouts++
		return nil
	case e.N != c.n+1:
		return fmt.Errorf("event %d follows event %d", e.N, c.n)
	case e.At == nil:
		return errors.New("it does not say when")
	case c.n > 0 && *e.At < c.at:
		return fmt.Errorf("it is at %g s, and the event before at %g s", *e.At, c.at)
	case e.Event == "frame" && (e.Layout < 1 || e.Layout > c.layouts):
		return fmt.Errorf("there is no layout %d", e.Layout)
	}
	c.n, c.at = e.N, *e.At
	return nil
}
