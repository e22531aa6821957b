package serving

import (
	"errors"
	"fmt"

	"ionbench/simulator/capture"
	"ionbench/simulator/disk"
	"ionbench/simulator/story"
)

// captureFile writes what goes over the line as pcapng. A nil one does nothing.
type captureFile struct {
	file disk.File
	*capture.Writer
}

// pcapngMark begins every section of a pcapng file.
const pcapngMark = "\x0a\x0d\x0d\x0a"

// newCapture opens the file to append a run as a section of its own.
func newCapture(path string, c capture.Config) (*captureFile, error) {
	file, err := openToAdd(path, pcapngMark, "pcapng file")
	if err != nil {
		return nil, err
	}
	w, err := capture.New(file, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--capture: %w", err), file.Close())
	}
	return &captureFile{file, w}, nil
}

func (c *captureFile) add(e story.Event) {
	if c != nil {
		c.Add(e)
	}
}

// written says whether everything so far is in the file.
func (c *captureFile) written() error {
	if c == nil || c.Err() == nil {
		return nil
	}
	return fmt.Errorf("--capture: what was captured before is safe: %w", c.Err())
}

func (c *captureFile) close() error {
	if c == nil {
		return nil
	}
	return c.file.Close()
}
