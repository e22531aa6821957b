package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ionbench/client"
)

// redraw is how long the bar stays as it is at least.
const redraw = 100 * time.Millisecond

// bar is the progress of a download on the last line of a terminal.
type bar struct {
	out     io.Writer
	columns func() int // 0: no terminal, no bar

	shown   bool
	drawnAt time.Duration
	// The time left is reckoned from the first block that was seen.
	firstAt time.Duration
	first   int
	last    int
}

// show draws the bar unless it was drawn just before.
func (b *bar) show(now time.Duration, done, total int, c client.Counts) {
	if b.last == 0 || done < b.last {
		b.firstAt, b.first = now, done // a new pass over the image
	}
	b.last = done
	columns := b.columns()
	if columns == 0 || b.shown && now-b.drawnAt < redraw && done < total {
		return
	}
	fmt.Fprintf(b.out, "\r%s\x1b[K", barText(columns, done, total, c, b.left(now, total)))
	b.shown, b.drawnAt = true, now
}

// clear makes room for a line.
func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.shown = false
	}
}

// left is how long the blocks to come will take at the pace of those before; negative
// when nothing can be said.
func (b *bar) left(now time.Duration, total int) time.Duration {
	if b.last <= b.first {
		return -1
	}
	return (now - b.firstAt) * time.Duration(total-b.last) / time.Duration(b.last-b.first)
}

// barText is the bar's line, shorter than the terminal is wide.
func barText(columns, done, total int, c client.Counts, left time.Duration) string {
	percent := 100 * done / total
	words := fmt.Sprintf("%d/%d blocks, efficiency %d.%d%%", done, total, tenths(c)/10, tenths(c)%10)
	if left >= 0 {
		words += ", " + duration(left) + " left"
	}
	const percentAndBrackets = 8 // "100% [" and "] "
	width := columns - 1 - percentAndBrackets - len(words)
	if width < 4 {
		short := fmt.Sprintf("%3d%% %s", percent, words)
		return short[:min(len(short), max(columns-1, 0))]
	}
	width = min(width, 30)
	full := width * done / total
	return fmt.Sprintf("%3d%% [%s%s] %s", percent, strings.Repeat("#", full), strings.Repeat(".", width-full), words)
}

// tenths is the efficiency that the log shows, in tenths of a percent.
func tenths(c client.Counts) int {
	if c.Transmitted == 0 {
		return 1000
	}
	return (2000*c.Confirmed + c.Transmitted) / (2 * c.Transmitted)
}

// duration is a time as people say it.
func duration(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
}
