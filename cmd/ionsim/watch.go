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
				err = drawPanel(ctx, k, call, func() int { return terminal.Columns(stdout) })
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
func drawPanel(ctx context.Context, k *control.Client, call *cli.Call, columns func() int) error {
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
	return redraw(ctx, k, call, columns, events, watched)
}

func redraw(ctx context.Context, k *control.Client, call *cli.Call, columns func() int, events <-chan control.Event, watched chan error) error {
	ticks := time.NewTicker(redrawAfter)
	defer ticks.Stop()
	var last []string
	drawn := 0
	for {
		select {
		case e := <-events:
			if e.Name != "led" && e.Name != "frame" {
				last = append(last[max(0, len(last)-lastEvents+1):], eventText(e))
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
			text := panelText(&m, last, max(40, columns()))
			if drawn > 0 {
				call.Printf("\x1b[%dA\x1b[J", drawn)
			}
			call.Print(text)
			drawn = strings.Count(text, "\n")
		}
	}
}

// panelText draws a meter's front panel, at most so many columns wide, with the last events below.
func panelText(m *control.Meter, last []string, columns int) string {
	lamp := "○"
	if m.LED.On {
		lamp = "●"
	}
	width := max(20, min(columns, 64)-14)
	var b strings.Builder
	fmt.Fprintf(&b, "ION %s %s, unit %d\n", m.Model, m.Serial, m.Unit)
	fmt.Fprintf(&b, "╭%s╮\n", strings.Repeat("─", width))
	fmt.Fprintf(&b, "│ %s │  %s L2\n", fit(m.LCD, width-2), lamp)
	fmt.Fprintf(&b, "╰%s╯  %d\n", strings.Repeat("─", width), m.LED.Toggles)
	fmt.Fprintf(&b, "%s, %s\n", m.State, imageText(m.Image))
	fmt.Fprintf(&b, "[%s]\n", bar(m.Image.Block, m.Image.Blocks, width))
	head := "flash "
	for row := range slices.Chunk([]byte(sectorText(m.Flash)), columns-len(head)) {
		fmt.Fprintf(&b, "%s%s\n", head, row)
		head = "      "
	}
	b.WriteString(strikingText(m.Faults))
	b.WriteString("\n" + strings.Join(last, ""))
	return printableLines(cut(b.String(), columns))
}

// mostFaults is how many faults the panel names: with them it fits a terminal of 24 lines.
const mostFaults = 5

// strikingText names the faults that strike now or will.
func strikingText(faults []control.Fault) string {
	var b strings.Builder
	n := 0
	for _, f := range faults {
		if f.State != control.AtWork && f.State != control.Waiting {
			continue
		}
		if n++; n <= mostFaults {
			fmt.Fprintf(&b, "fault %d: %s, %s\n", f.ID, f.Fault, f.State)
		}
	}
	if n > mostFaults {
		fmt.Fprintf(&b, "and %d faults more\n", n-mostFaults)
	}
	return b.String()
}

// fit pads or cuts a text to so many characters.
func fit(text string, n int) string {
	r := []rune(text)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text + strings.Repeat(" ", n-len(r))
}

// cut makes no line longer than columns, so that a terminal breaks none.
func cut(text string, columns int) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if r := []rune(l); len(r) > columns {
			lines[i] = string(r[:columns-1]) + "…"
		}
	}
	return strings.Join(lines, "\n")
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
