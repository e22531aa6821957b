package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/cmd/internal/terminal"
	"ionbench/simulator/control"
	"ionbench/simulator/story"
)

func ctlWatch(stdout io.Writer) *cli.Command {
	r := new(remote)
	lines := false
	flags := r.flags(serving.EventsFormat)
	flags[0].List = append(flags[0].List, cli.Switch(&lines, "lines", "print lines on a terminal too"))
	return &cli.Command{
		Name: "ctl watch", Brief: "show a served meter's front panel, or print what happens",
		Help: `
On a terminal: draw the front panel of a served meter, with its flash and the last events, until
Ctrl-C. Elsewhere, or with --lines or --json: print what happens, a line an event. A connection that
breaks is made again, and nothing is lost that the meter has kept.
`,
		Examples: `
  ionsim ctl watch                      over ssh, where there is no browser
  ionsim ctl watch --json | jq -c .     the events as ionsim --json has them
`,
		Flags: flags,
		Done:  "the meter is not served any more, or Ctrl-C", Unable: "no such meter is served, or it refuses",
		Run: func(ctx context.Context, call *cli.Call) error {
			k, err := r.client()
			if err != nil {
				return err
			}
			if terminal.Columns(stdout) > 0 && !lines && !r.json {
				err = drawPanel(ctx, k, call, func() terminal.Size { return terminal.SizeOf(stdout) })
			} else {
				err = printEvents(ctx, k, call, r.json)
			}
			if ctx.Err() != nil {
				return nil
			}
			return answered(err)
		},
	}
}

// printEvents prints a line for each event.
func printEvents(ctx context.Context, k *control.Client, call *cli.Call, asJSON bool) error {
	return k.Watch(ctx, false, func(e control.Event) error {
		if asJSON {
			call.Printf("%s\n", e.Data)
			return nil
		}
		call.Print(eventText(e))
		return nil
	})
}

const (
	// redrawAfter is how often the panel is looked at.
	redrawAfter = 250 * time.Millisecond
	// lastEvents is how many events the panel shows.
	lastEvents = 8
)

// drawPanel draws the meter's panel again and again, in the same place.
func drawPanel(ctx context.Context, k *control.Client, call *cli.Call, size func() terminal.Size) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan control.Event)
	watched := make(chan error, 1)
	go func() {
		watched <- k.Watch(ctx, false, func(e control.Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer func() {
		cancel()
		<-watched
	}()
	return redraw(ctx, k, call, size, events, watched)
}

func redraw(ctx context.Context, k *control.Client, call *cli.Call, size func() terminal.Size, events <-chan control.Event, watched chan error) error {
	ticks := time.NewTicker(redrawAfter)
	defer ticks.Stop()
	var last []string
	var canvas canvas
	for {
		select {
		case e := <-events:
			if e.Name != "led" && e.Name != "frame" {
				last = append(last[max(0, len(last)-lastEvents+1):], strings.TrimSuffix(eventText(e), "\n"))
			}
		case err := <-watched:
			watched <- err // for the one who waits for it
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks.C:
			m, err := k.Meter(ctx)
			if err != nil {
				return err
			}
			now := size()
			call.Print(canvas.draw(panelText(&m, last, now), now))
		}
	}
}

// canvas is the place of a terminal where a text is drawn over the one before.
type canvas struct {
	drawn int // lines
	size  terminal.Size
}

// draw returns what a terminal of a size must be sent to show a text, of fewer lines than it has, in the
// place of the one before. A terminal that has another size than it had may have broken lines anew, so
// nobody knows where they are, and it is cleared.
func (c *canvas) draw(text string, size terminal.Size) string {
	over := ""
	switch {
	case c.drawn > 0 && size != c.size:
		over = "\x1b[H\x1b[J"
	case c.drawn > 0:
		over = fmt.Sprintf("\x1b[%dA\x1b[J", c.drawn)
	}
	c.drawn, c.size = strings.Count(text, "\n"), size
	return over + text
}

// leastEvents is how many events a panel has beside its whole face; in fewer lines its face is small.
const leastEvents = 3

// panelText draws a meter's front panel with the last events below, so that a terminal shows all of it:
// no line is longer than the terminal is wide, and there are fewer than it has, for the cursor waits below.
// Where room is scarce, old events go first, then the frame, then what is last.
func panelText(m *control.Meter, last []string, size terminal.Size) string {
	room := max(1, size.Rows-1)
	flash, faults := flashLines(m.Flash, size.Columns), strikingLines(m.Faults)
	lines := slices.Concat(wholeFace(m, size.Columns), flash, faults)
	if len(lines)+1+min(leastEvents, len(last)) > room {
		lines = slices.Concat(smallFace(m), faults, []string{progressLine(m, size.Columns)}, flash)
	}
	if left := room - len(lines) - 1; left > 0 {
		lines = append(append(lines, ""), last[max(0, len(last)-left):]...)
	}
	for i, l := range lines {
		lines[i] = cut(printable(l), size.Columns)
	}
	return strings.Join(lines[:min(room, len(lines))], "\n") + "\n"
}

func lamp(m *control.Meter) string {
	if m.LED.On {
		return "● L2"
	}
	return "○ L2"
}

// faceWidth is how wide a panel's frame is, without its corners.
func faceWidth(columns int) int { return max(3, min(columns, 64)-14) }

func stateLine(m *control.Meter) string { return m.State + ", " + imageText(m.Image) }

func progressLine(m *control.Meter, columns int) string {
	return "[" + bar(m.Image.Block, m.Image.Blocks, faceWidth(columns)) + "]"
}

func wholeFace(m *control.Meter, columns int) []string {
	width := faceWidth(columns)
	return []string{
		fmt.Sprintf("ION %s %s, unit %d", m.Model, m.Serial, m.Unit),
		"╭" + strings.Repeat("─", width) + "╮",
		"│ " + fit(m.LCD, width-2) + " │  " + lamp(m),
		"╰" + strings.Repeat("─", width) + "╯  " + strconv.FormatUint(m.LED.Toggles, 10),
		stateLine(m),
		progressLine(m, columns),
	}
}

// smallFace is display, LED and state without a frame.
func smallFace(m *control.Meter) []string { return []string{lamp(m) + "  " + m.LCD, stateLine(m)} }

// flashLines shows the sectors of the flash, in as many lines as they take.
func flashLines(f control.Flash, columns int) []string {
	var lines []string
	head := "flash "
	for row := range slices.Chunk([]byte(sectorText(f)), max(1, columns-len(head))) {
		lines = append(lines, head+string(row))
		head = "      "
	}
	return lines
}

// mostFaults is how many faults the panel names: with them it fits a terminal of 24 lines.
const mostFaults = 5

// strikingLines name the faults that strike now or will.
func strikingLines(faults []control.Fault) []string {
	var lines []string
	for _, f := range faults {
		if f.State == control.AtWork || f.State == control.Waiting {
			lines = append(lines, fmt.Sprintf("fault %d: %s, %s", f.ID, f.Fault, f.State))
		}
	}
	if n := len(lines) - mostFaults; n > 0 {
		return append(lines[:mostFaults], fmt.Sprintf("and %d faults more", n))
	}
	return lines
}

// fit pads or cuts a text to so many characters.
func fit(text string, n int) string {
	r := []rune(text)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text + strings.Repeat(" ", n-len(r))
}

// cut makes a line no longer than columns, so that a terminal does not break it.
func cut(line string, columns int) string {
	if r := []rune(line); len(r) > columns {
		return string(r[:max(0, columns-1)]) + "…"
	}
	return line
}

func bar(done, all uint64, width int) string {
	full := 0
	if all > 0 {
		full = int(min(done, all) * uint64(width) / all)
	}
	return strings.Repeat("#", full) + strings.Repeat(".", width-full)
}

// sectorText shows each sector of the flash by a character: L the loader's, # written, + partly, .
// erased.
func sectorText(f control.Flash) string {
	var b strings.Builder
	for i, used := range f.Used {
		switch {
		case i < f.Protected:
			b.WriteByte('L')
		case used == 0:
			b.WriteByte('.')
		case used < 100:
			b.WriteByte('+')
		default:
			b.WriteByte('#')
		}
	}
	return b.String()
}

// further are the members that belong to what is known, too.
var further = map[string]bool{"reason": true, "line": true, "meter": true}

// eventText is an event as a line: its time, what it is and what else it says.
func eventText(e control.Event) string {
	var members map[string]any
	if json.Unmarshal(e.Data, &members) != nil {
		return e.Name + "\n"
	}
	at, _ := members["at"].(float64)
	delete(members, "at")
	delete(members, "event")
	told := story.Told{Event: e.Name}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		told.Members = append(told.Members, story.Member{Name: name, Value: members[name]})
	}
	phrase, left := told.Words()
	words := []string{cmp.Or(phrase, e.Name)}
	for _, m := range left {
		switch {
		case m.Value == "", m.Value == false:
		case phrase != "" && !further[m.Name]: // who wants all takes --json
		default:
			words = append(words, fmt.Sprintf("%s %v", m.Name, m.Value))
		}
	}
	return fmt.Sprintf("%12.3f  %s\n", at, printable(strings.Join(words, ", ")))
}

// printable keeps what a meter tells from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

func meterText(m control.Meter) string {
	running := m.Running
	if running == "" {
		running = "no application"
	}
	rows := [][]string{
		{"meter", fmt.Sprintf("ION %s %s, unit %d (%s)", m.Model, m.Serial, m.Unit, m.Device)},
		{"state", m.State},
		{"display", m.LCD},
		{"runs", running},
	}
	if m.Far != "" {
		rows = [][]string{{"proxy", "to " + m.Far}}
	}
	rows = append(rows, []string{"image", imageText(m.Image)})
	if m.Far == "" {
		rows = append(rows, []string{"flash", fmt.Sprintf("%d operations", m.Flash.Operations)})
	}
	rows = append(rows,
		[]string{"line", fmt.Sprintf("%d bytes in, %d out; %d requests sent again", m.Counts.BytesToMeter, m.Counts.BytesToHost, m.Counts.Resends)},
	)
	for _, f := range m.Faults {
		if f.State == control.AtWork || f.State == control.Waiting {
			rows = append(rows, []string{"fault " + strconv.Itoa(f.ID), f.Fault + ", " + string(f.State)})
		}
	}
	return printableLines(cli.Table(rows))
}

func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

func imageText(i control.Image) string {
	if i.Blocks == 0 {
		return "no download was begun"
	}
	return fmt.Sprintf("block %d of %d", i.Block, i.Blocks)
}

func powerText(p control.Power) string { return "the meter is " + printable(p.State) + "\n" }

func faultText(f control.Fault) string { return faultsText(control.Faults{Faults: []control.Fault{f}}) }

func faultsText(f control.Faults) string {
	if len(f.Faults) == 0 {
		return "no faults\n"
	}
	var rows [][]string
	for _, f := range f.Faults {
		state := string(f.State)
		if f.Reason != "" {
			state += ": " + f.Reason
		}
		rows = append(rows, []string{strconv.Itoa(f.ID), f.Fault, state})
	}
	text := cli.Table(rows)
	if f.Repeat != "" {
		text += "again by: " + f.Repeat + "\n"
	}
	for _, not := range f.NotRepeated {
		text += "not again: " + not + "\n"
	}
	return printableLines(text)
}
