// Package record is the story of a run as a file: JSON Lines, the first of which says what run it
// is, and each of the others what happened next. It is for the page that shows a run, and for
// programs; fixtures/schemas has its schema.
//
// Events are told as ionsim tells them, and beside them what only a whole run shows: of each frame
// whether it came through, of each message what it says, field by field, and of each request that
// was sent again what was missing.
package record

import (
	"encoding/json"
	"time"

	"ionbench/simulator/meter"
)

// Format is the name and version of the file.
const Format = "ionbench-story 1"

// Head says what run it is. It is the first line.
type Head struct {
	Event   string    `json:"event"` // "story"
	Format  string    `json:"format"`
	Program string    `json:"program"` // that wrote it, with its version
	Title   string    `json:"title"`
	Plan    string    `json:"plan"`   // of faults; empty for none
	Trial   string    `json:"trial"`  // its id; empty for none
	Repeat  string    `json:"repeat"` // the command that repeats it; empty for none
	Virtual bool      `json:"virtual"`
	Replays bool      `json:"replays"` // World and Plan say all of the run, so that it can be played again from the file
	Byte    float64   `json:"byte"`    // seconds that a byte takes on the line; 0 if it takes none
	Start   time.Time `json:"start"`   // calendar time of "at" 0, by the meter's clock
	Outcome string    `json:"outcome"`
	Broken  []string  `json:"broken"`   // what was broken, in words
	Missed  []string  `json:"unstruck"` // faults that never struck
	Meters  []Meter   `json:"meters"`   // that which the host talks to first
	Flash   Flash     `json:"flash"`
	World   string    `json:"world,omitempty"` // in which it took place, as a text; empty if nobody can say it in MaxLine
}

// Meter is a meter of the run.
type Meter struct {
	Model  string `json:"model"`
	Serial string `json:"serial"`
	Unit   uint16 `json:"unit"`
	Line   string `json:"line"` // its name
	Baud   int    `json:"baud"`
	Began
}

// Began is how a meter was when the run began. Of a line's further meters nobody says it.
type Began struct {
	State   string `json:"state,omitempty"`
	Display string `json:"display,omitempty"`
}

// BeganAs is how a meter is now, for a run that begins now.
func BeganAs(m *meter.Meter) Began { return Began{m.State().String(), m.Panel().LCD} }

// Flash is how the meter's chip is laid out, in bytes and sectors.
type Flash struct {
	SectorBytes int   `json:"sector_bytes"`
	Used        []int `json:"used"`        // of each sector, the share in percent that is not erased at first
	Protected   int   `json:"protected"`   // sectors at the beginning, which hold the loader
	Base        int   `json:"base"`        // address of the image
	BlockBytes  int   `json:"block_bytes"` // of every block but the last
}

func (h Head) append(dst []byte) ([]byte, error) {
	h.Event, h.Format = "story", Format
	h.Broken, h.Missed, h.Meters = some(h.Broken), some(h.Missed), some(h.Meters)
	h.Flash.Used = some(h.Flash.Used)
	h.Title, h.Plan, h.Repeat, h.Outcome = cut(h.Title), cut(h.Plan), cut(h.Repeat), cut(h.Outcome)
	if len(h.World) > MaxLine/8 {
		h.World, h.Replays = "", false
	}
	b, err := json.Marshal(h)
	if err != nil {
		return dst, err
	}
	return append(append(dst, b...), '\n'), nil
}

// some is a list that JSON has as a list also if it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
