package atlas

import (
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/scenarios/verdict"
)

// Format is the version of the file format.
const Format = "ionbench-atlas 1"

// Atlas is the result of a sweep. Its JSON is the file of `ionbench sweep --json`.
type Atlas struct {
	Format string `json:"format"`
	Config Config `json:"config"`
	// Spaces are the requested ones.
	Spaces []string `json:"spaces"`
	// Partial: points are missing, because the sweep was interrupted or is one of several
	// shards. Their runs have no outcome.
	Partial bool `json:"partial"`
	// Calm is the run without a fault. All costs are what a point takes in addition to it.
	Calm Calm `json:"calm"`
	// Marks are where the requests of the calm run begin, in order. They place a byte or a
	// flash operation in the upgrade; between two marks, places are proportional.
	Marks []Mark `json:"marks"`
	// Outcomes are what came of points, each once, in the order in which Rows use them.
	Outcomes []PointOutcome `json:"outcomes"`
	Rows     []Row          `json:"rows"`
}

// Config is the swept world as an atlas says it: what was upgraded with what. The hash is over
// all of it, firmware included.
type Config struct {
	Model      int    `json:"model"`
	Release    string `json:"release"`
	Journal    bool   `json:"journal"`
	Windows    bool   `json:"windows"`
	ImageBytes int    `json:"image_bytes"`
	Firmware   string `json:"firmware,omitempty"` // revision of a file given by the caller
	Text       string `json:"world,omitempty"`    // the world, if the fields above cannot say all of it
	Hash       string `json:"hash"`               // trial.Hash, 8 hexadecimal digits
}

// Calm is the cost of the run without a fault.
type Calm struct {
	Milliseconds int64 `json:"ms"`
	Bytes        int64 `json:"bytes"` // to the meter
	Acts         int   `json:"acts"`
}

// Mark is a moment of the calm run.
type Mark struct {
	Step         client.Step `json:"step"`
	Block        int         `json:"block,omitempty"` // the block that is sent, if any
	Milliseconds int64       `json:"ms"`
	ToMeter      uint64      `json:"to_meter"`   // bytes on the line before it
	FromMeter    uint64      `json:"from_meter"` // bytes on the line before it
	FlashOps     uint64      `json:"flash_ops"`  // before it
}

// PointOutcome is what came of a point, and what it cost in addition to the calm run.
type PointOutcome struct {
	// Future names the class: the fingerprint of the bench soon after the fault. From there on,
	// points with the same future went the same way.
	Future       string              `json:"future"`
	Class        string              `json:"class"` // a trial.Class
	Milliseconds int64               `json:"ms"`
	Bytes        int64               `json:"bytes"`          // to the meter
	Acts         int                 `json:"acts,omitempty"` // of the person
	Lost         []string            `json:"lost,omitempty"` // groups of settings
	Violations   []verdict.Violation `json:"broken,omitempty"`
}

// Row is one fault at every place of a space.
type Row struct {
	Space string `json:"space"`
	// Plan is the plan of a point, with # for its place. "then" separates the attempts of a
	// trial, as in trial.ParsePlans.
	Plan string `json:"plan"`
	// Unit is what the places count: "to-meter" and "from-meter" bytes, "flash-op",
	// "state" (an index into the states that the calm run enters), "reply" or "request".
	Unit  string `json:"unit"`
	First uint64 `json:"first"` // place of the first point
	// Runs are points one after another: how many, and the index of their outcome; -1 for
	// missing points.
	Runs [][2]int `json:"runs"`
	// Names are the places' names where places are not numbers (states). The index is place -
	// First.
	Names []string `json:"names,omitempty"`
}

// Points is how many points the row has, missing ones included.
func (r *Row) Points() int {
	n := 0
	for _, run := range r.Runs {
		n += run[0]
	}
	return n
}

// At is when the calm run comes to a place of a row.
func (a *Atlas) At(unit string, place uint64) time.Duration {
	count := func(m *Mark) uint64 {
		switch unit {
		case "to-meter":
			return m.ToMeter
		case "from-meter":
			return m.FromMeter
		case "flash-op":
			return m.FlashOps
		}
		return 0
	}
	at := int64(0)
	for i := range a.Marks {
		m := &a.Marks[i]
		end, ms := ^uint64(0), a.Calm.Milliseconds
		if i+1 < len(a.Marks) {
			end, ms = count(&a.Marks[i+1]), a.Marks[i+1].Milliseconds
		}
		if from := count(m); place > from && place <= end {
			at = m.Milliseconds
			if end != ^uint64(0) {
				at += (ms - m.Milliseconds) * int64(place-from) / int64(end-from)
			}
			break
		}
	}
	return time.Duration(at) * time.Millisecond
}

// PlanAt returns the plan of the row's point at a place.
func (r *Row) PlanAt(place uint64) string { return strings.ReplaceAll(r.Plan, "#", r.Place(place)) }

// Place returns a place of the row as plans say it.
func (r *Row) Place(place uint64) string {
	if i := place - r.First; place >= r.First && i < uint64(len(r.Names)) {
		return r.Names[i]
	}
	return strconv.FormatUint(place, 10)
}
