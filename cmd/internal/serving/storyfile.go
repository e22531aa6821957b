package serving

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
	"ionbench/simulator/story/page"
	"ionbench/simulator/story/record"
)

// storyFile is the story of what was served, kept in memory until its end. A nil one does nothing.
type storyFile struct {
	path   string
	events []story.Event
	bytes  int  // of frames
	full   bool // there was more
}

// What is kept of a story at most: some days of readings, or fifty upgrades of the largest image. Beyond
// that no browser shows it.
const (
	maxStoryEvents = 1 << 20
	maxStoryBytes  = 64 << 20
)

// CheckStory checks the file to which a story is to go: its name says in which form. An empty path is a
// flag that was not given.
func CheckStory(path string) error {
	const records = ".json .jsonl"
	switch {
	case path == "":
		return nil
	case !page.Is(path) && !slices.Contains(strings.Fields(records), strings.ToLower(filepath.Ext(path))):
		return cli.Usage("%s: its name does not say whether it is to be a page or JSON Lines", path).Hint("name a file that ends in .html, or in .story.json for programs")
	}
	return files.Check(path, files.File)
}

// newStory checks the file to which a story is to go.
func newStory(path string) (*storyFile, error) {
	if err := CheckStory(path); err != nil {
		return nil, fmt.Errorf("--story: %w", err)
	}
	return &storyFile{path: path}, nil
}

func (s *storyFile) add(e story.Event) {
	if s == nil || s.full {
		return
	}
	switch w := e.What.(type) {
	case toggled: // the station tells of L2 itself
		return
	case story.FrameSent:
		s.bytes += len(w.Bytes)
	case story.BytesArrived:
		s.bytes += len(w.Bytes)
	}
	if len(s.events) >= maxStoryEvents || s.bytes > maxStoryBytes {
		s.full = true
		return
	}
	s.events = append(s.events, e)
}

// write writes the story: a page, or, under another name, JSON Lines.
func (s *storyFile) write(h record.Head) error {
	if s == nil {
		return nil
	}
	slices.SortStableFunc(s.events, story.Event.Compare) // ports tell their own times
	var text bytes.Buffer
	if err := record.Write(&text, h, s.events); err != nil {
		return fmt.Errorf("--story: %w", err)
	}
	err := files.Write(s.path, files.File, files.Private, func(to io.Writer) error {
		if page.Is(s.path) {
			return page.Write(to, h.Title, text.Bytes())
		}
		_, err := to.Write(text.Bytes())
		return err
	})
	if err != nil {
		return cli.Environmental(fmt.Errorf("--story: %w", err))
	}
	return nil
}

// storyHead says what was served. Of a proxy's meter nobody knows more than where it is.
func (s *server) storyHead() record.Head {
	m, o := s.meter, s.options
	h := record.Head{
		Program: "ionsim " + cli.Release(), Title: m.subject(), Plan: o.Plan.String(),
		Byte: s.byteTime().Seconds(), Start: m.Epoch, Flash: record.Flash{BlockBytes: ion.BlockBytes},
	}
	switch again := s.ended.Repeat; {
	case again.OfTrial():
		h.Repeat = fmt.Sprintf("ionbench replay '%s'", again.Plan)
	case again.Plan != "":
		h.Repeat = fmt.Sprintf("ionsim --fault '%s'", again.Plan)
	}
	for _, u := range s.station().Unstruck() {
		h.Missed = append(h.Missed, u.String())
	}
	if s.story.full {
		h.Broken = append(h.Broken, fmt.Sprintf("the story ends here: more than %d events or %d bytes are not kept", maxStoryEvents, maxStoryBytes))
	}
	if m.Far != nil {
		return h
	}
	h.Title = fmt.Sprintf("ION %s, pace %s", m.Identity, bench.FormatPace(o.Pace))
	h.Meters = []record.Meter{{Model: m.Identity.Model.String(), Serial: m.Identity.SerialNumber, Unit: m.Identity.UnitID, Baud: m.Baud, Began: s.began}}
	chip := s.station().Meter().Chip()
	g := chip.Geometry()
	h.Flash = record.Flash{SectorBytes: g.SectorBytes, Protected: g.Protected, Base: int(s.station().Meter().ImageBase()), BlockBytes: ion.BlockBytes, Used: s.used}
	return h
}

// usedSectors is the share of each sector that is not erased, in percent.
func (s *server) usedSectors() (used []int) {
	chip := s.station().Meter().Chip()
	for i := range chip.Geometry().Sectors {
		used = append(used, chip.Cells().Used(i))
	}
	return used
}
