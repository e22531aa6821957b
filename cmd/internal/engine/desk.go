package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/whatif"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story/record"
)

// order is what the page asks for. The file of the story that it shows comes beside it, with "open".
type order struct {
	// Do is open, go, step, strike, plan or tell.
	Do    string  `json:"do"`
	At    float64 `json:"at"`    // go: a time of the run, in seconds
	By    string  `json:"by"`    // step: event, instant, frame or block
	Back  bool    `json:"back"`  // step
	Fault string  `json:"fault"` // strike: without a trigger it strikes where the walk stands
	Plan  string  `json:"plan"`  // plan: of the whole run
}

// answer is what the page gets. Is says which of the others there are: standing, told (and the file
// beside it) or refused.
type answer struct {
	Is string `json:"is"`

	// Where the walk stands, and what is there.
	At      float64 `json:"at"`      // seconds
	Attempt int     `json:"attempt"` // from 0
	Over    bool    `json:"over"`
	Moved   bool    `json:"moved"` // step: there was such an event
	Place   int     `json:"place"` // among the events of this instant, from 1; 0 where there are none
	Of      int     `json:"of"`    // how many these are, without toggles of the LED and arrivals of bytes
	Plan    string  `json:"plan"`  // of the run, with what was struck
	State   string  `json:"state"` // of the meter
	LCD     string  `json:"lcd"`
	Doing   string  `json:"doing"` // the tool's step
	Block   int     `json:"block"` // that is being sent; 0 for none

	Lines int    `json:"lines"` // told: how many lines the file has in common with that of the run, from its second
	Text  string `json:"text"`  // refused: why; told: the world, where its attempts have the plans
}

// Limits of a desk.
const (
	maxOrder = 64 << 10        // bytes of an order
	maxTold  = record.MaxBytes // bytes of a story
)

// desk takes the page's orders for one run.
type desk struct {
	walk  *whatif.Walk
	lines [][]byte // of the story that the page shows, from its second
}

// ask carries an order out. What it tells goes to the page as a text beside the answer.
func (d *desk) ask(text string, shown []byte) (is answer, told []byte) {
	defer func() {
		if p := recover(); p != nil {
			is, told, d.walk = refused(fmt.Errorf("the simulation panicked: %v", p)), nil, nil
		}
	}()
	is, told, err := d.carryOut(text, shown)
	if err != nil {
		return refused(err), nil
	}
	return is, told
}

func refused(err error) answer { return answer{Is: "refused", Text: err.Error()} }

func (d *desk) carryOut(text string, shown []byte) (answer, []byte, error) {
	if len(text) > maxOrder {
		return answer{}, nil, fmt.Errorf("an order of %d bytes, at most %d are taken", len(text), maxOrder)
	}
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return answer{}, nil, err
	}
	if o.Do == "open" {
		err := d.open(shown)
		return d.standing(true), nil, err
	}
	if d.walk == nil {
		return answer{}, nil, errors.New("no run is open")
	}
	moved, err := true, error(nil)
	switch o.Do {
	case "go":
		d.walk.Go(time.Duration(math.Round(o.At * float64(time.Second))))
	case "step":
		moved, err = d.step(o)
	case "strike":
		err = d.strike(o.Fault)
	case "plan":
		err = d.plan(o.Plan)
	case "tell":
		return d.tell()
	default:
		err = fmt.Errorf("nobody can do %q", o.Do)
	}
	return d.standing(moved), nil, err
}

// open begins a walk through the run of a story. The engine has to give that very story: if it does
// not, it is not the bench that told it, and what it says of other plans is worth nothing.
func (d *desk) open(shown []byte) error {
	head, err := record.Read(shown)
	if err != nil {
		return err
	}
	if !head.Replays {
		return errors.New("the file of this run does not say all of it, so nobody can play it again from there")
	}
	w, err := world.Parse([]byte(head.World))
	if err != nil {
		return err
	}
	if d.walk, err = begin(w, head); err != nil {
		return err
	}
	d.lines = linesOf(shown)
	_, told, err := d.tell()
	if err == nil {
		if own := linesOf(told); common(own, d.lines) != len(d.lines) || len(own) != len(d.lines) {
			err = fmt.Errorf("it plays another run than the bench did: line %d of the story differs. The engine was made of other sources than what has told it", common(own, d.lines)+2)
		}
	}
	if err != nil {
		d.walk = nil
	}
	return err
}

// begin begins a walk: a trial has an id, every other run is that of a world.
func begin(w *world.World, head record.Head) (*whatif.Walk, error) {
	if head.Trial == "" {
		return whatif.InWorld(*w)
	}
	plans, err := trial.ParsePlans(head.Plan)
	if err != nil {
		return nil, err
	}
	return whatif.New(*w, plans)
}

func (d *desk) step(o order) (moved bool, err error) {
	by, err := whatif.ParseUnit(o.By)
	if err != nil {
		return false, err
	}
	if o.Back {
		return d.walk.Back(by), nil
	}
	return d.walk.On(by), nil
}

func (d *desk) strike(text string) error {
	plan, err := fault.Parse(text)
	if err != nil {
		return err
	}
	if len(plan) != 1 {
		return fmt.Errorf("one fault strikes at a time, and these are %d", len(plan))
	}
	return d.walk.Strike(plan[0])
}

func (d *desk) plan(text string) error {
	plans, err := trial.ParsePlans(text)
	if err != nil {
		return err
	}
	return d.walk.Plan(plans)
}

// standing is where the walk stands.
func (d *desk) standing(moved bool) answer {
	if d.walk == nil {
		return answer{Is: "standing"}
	}
	r := d.walk.Rig()
	place, of := d.walk.Place()
	return answer{
		Is: "standing", Place: place, Of: of, At: d.walk.At().Seconds(), Attempt: d.walk.Attempt(), Over: d.walk.Over(), Moved: moved, Plan: d.walk.Plans().String(),
		State: r.Meter().State().String(), LCD: r.Meter().Panel().LCD, Doing: r.Doing().String(), Block: r.Block(),
	}
}

// tell is the story of the run as it is with all that was struck.
func (d *desk) tell() (answer, []byte, error) {
	s, err := d.walk.Told()
	if err != nil {
		return answer{}, nil, err
	}
	s.Head.Program = "the engine in this page"
	file := bounded{most: maxTold}
	if err := s.Write(&file); err != nil {
		return answer{}, nil, err
	}
	is := d.standing(true)
	is.Is, is.Lines, is.Text = "told", common(linesOf(file.Bytes()), d.lines), d.walk.World().String()
	return is, file.Bytes(), nil
}

// bounded is a file in memory that is no larger than it may be.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, fmt.Errorf("the story has more than %d bytes: %w", b.most, io.ErrShortBuffer)
	}
	return b.Buffer.Write(p)
}

// linesOf are the lines of a story behind its head.
func linesOf(file []byte) [][]byte {
	_, events, _ := bytes.Cut(file, []byte("\n"))
	return bytes.Split(bytes.TrimSuffix(events, []byte("\n")), []byte("\n"))
}

// common is how many lines two stories have in common at their beginning.
func common(a, b [][]byte) int {
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			return i
		}
	}
	return min(len(a), len(b))
}

// encoded is an answer as the page reads it.
func encoded(is answer) string {
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(is); err != nil {
		return `{"is":"refused","text":"an answer that cannot be written"}` // cannot happen: texts, numbers and bools
	}
	return b.String()
}
