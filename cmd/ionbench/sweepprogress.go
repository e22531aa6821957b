package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// How often progress is told: nothing at first, since most sweeps are quick.
const (
	beforeTheBar = time.Second
	betweenBars  = 200 * time.Millisecond
	betweenLines = 10 * time.Second
)

// sweepProgress tells how far a sweep is: a bar on a terminal, otherwise a line now and
// then. Several goroutines may use it.
type sweepProgress struct {
	out     io.Writer
	columns func() int // 0: no terminal
	parts   int        // shards, of which one is swept
	began   time.Time

	mu      sync.Mutex
	seen    bool
	firstAt time.Time // the rate is reckoned from there on
	first   int       // points done then: a sweep that goes on begins with some
	told    time.Time
	shown   bool
}

// show tells that so many of all points are done.
func (p *sweepProgress) show(now time.Time, done, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.seen {
		p.seen, p.firstAt, p.first, p.told = true, now, done, p.began
	}
	all /= p.parts
	done = min(done, all)
	columns := p.columns()
	switch {
	case columns == 0 && now.Sub(p.told) >= betweenLines:
		fmt.Fprintf(p.out, "ionbench: %d of %d points%s\n", done, all, p.pace(now, done, all))
	case columns > 0 && now.Sub(p.began) >= beforeTheBar && now.Sub(p.told) >= betweenBars:
		fmt.Fprintf(p.out, "\r%s\x1b[K", sweepBar(columns, done, all, p.pace(now, done, all)))
		p.shown = true
	default:
		return
	}
	p.told = now
}

// pace is the rate and the time left, as far as they are known.
func (p *sweepProgress) pace(now time.Time, done, all int) string {
	since := now.Sub(p.firstAt).Seconds()
	rate := float64(done-p.first) / since
	if since <= 0 || rate <= 0 {
		return ""
	}
	left := time.Duration(float64(all-done) / rate * float64(time.Second))
	return fmt.Sprintf(", %.0f/s, %v left", rate, left.Round(time.Second))
}

// clear makes room for what comes next.
func (p *sweepProgress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// sweepBar is the bar's line, shorter than the terminal is wide.
func sweepBar(columns, done, all int, pace string) string {
	words := fmt.Sprintf("%d/%d points%s", done, all, pace)
	percent := 100 * done / max(1, all)
	const percentAndBrackets = 8 // "100% [" and "] "
	width := min(columns-1-percentAndBrackets-len(words), 30)
	if width < 4 {
		short := fmt.Sprintf("%3d%% %s", percent, words)
		return short[:min(len(short), max(columns-1, 0))]
	}
	full := width * done / max(1, all)
	return fmt.Sprintf("%3d%% [%s%s] %s", percent, strings.Repeat("#", full), strings.Repeat(".", width-full), words)
}
