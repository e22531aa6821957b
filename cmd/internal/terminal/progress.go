package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// The least time between two reports of progress.
const (
	betweenBars  = 100 * time.Millisecond
	betweenLines = 5 * time.Second
)

// Progress shows how far long work has come: as a bar on the last line of a terminal,
// elsewhere as a line now and then. Several goroutines may use it.
type Progress struct {
	Out     io.Writer
	Columns func() int // width of the terminal behind Out; 0: Out is no terminal
	Prefix  string     // of each line, such as "ionbench: "; empty: no lines are written
	Unit    string     // what is counted, in the plural
	Quiet   bool       // no bar in the first second, because most work is quick

	mu    sync.Mutex
	clock func() time.Duration // time since the first use; tests set it
	told  time.Duration
	shown bool
	// The rate and the time left are computed from the first figures that Show was given.
	seen    bool
	firstAt time.Duration
	first   int
}

const quiet = time.Second

// now returns the time since the first use.
func (p *Progress) now() time.Duration {
	if p.clock == nil {
		began := time.Now()
		p.clock = func() time.Duration { return time.Since(began) }
	}
	return p.clock()
}

// Show reports that done of all are finished. More, if not empty, follows the figures. If done
// goes back, the work has started again, and so do the rate and the time left.
func (p *Progress) Show(done, all int, more string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.seen || done <= p.first {
		p.seen, p.firstAt, p.first = true, now, done
	}
	columns := p.Columns()
	words := p.words(now, done, all, more)
	switch {
	case columns > 0 && p.barIsDue(now, done, all):
		fmt.Fprintf(p.Out, "\r%s\x1b[K", bar(columns, done, all, words))
		p.told, p.shown = now, true
	case columns == 0 && done < all:
		p.line(now, words)
	}
}

func (p *Progress) barIsDue(now time.Duration, done, all int) bool {
	switch {
	case p.Quiet && now < quiet:
		return false
	case p.shown:
		return now-p.told >= betweenBars || done >= all
	}
	return true
}

// Say shows words in the place of the bar, on a terminal alone.
func (p *Progress) Say(words string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if columns := p.Columns(); columns > 0 {
		fmt.Fprintf(p.Out, "\r%s\x1b[K", words[:min(len(words), columns-1)])
		p.shown = true
	}
}

// Tell writes a line now and then about work whose length is not known.
func (p *Progress) Tell(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(p.now(), fmt.Sprintf(format, args...))
}

func (p *Progress) line(now time.Duration, text string) {
	if p.Prefix != "" && now-p.told >= betweenLines {
		fmt.Fprintln(p.Out, p.Prefix+text)
		p.told = now
	}
}

// Clear removes the bar, so that another line can be written.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.Out, "\r\x1b[K")
		p.shown = false
	}
}

// words returns the figures: what is done, what more says, and the rate and the time left as
// far as they are known.
func (p *Progress) words(now time.Duration, done, all int, more string) string {
	text := fmt.Sprintf("%d/%d %s", done, all, p.Unit)
	if more != "" {
		text += ", " + more
	}
	if done <= p.first || now <= p.firstAt {
		return text
	}
	rate := float64(done-p.first) / (now - p.firstAt).Seconds()
	if rate >= 10 {
		text += fmt.Sprintf(", %.0f/s", rate)
	}
	return text + ", " + spoken(time.Duration(float64(all-done)/rate*float64(time.Second))) + " left"
}

// bar returns the bar as a line that is shorter than the terminal is wide.
func bar(columns, done, all int, words string) string {
	all = max(all, 1)
	percent := 100 * done / all
	const percentAndBrackets = 8 // "100% [" and "] "
	width := min(columns-1-percentAndBrackets-len(words), 30)
	if width < 4 {
		short := fmt.Sprintf("%3d%% %s", percent, words)
		return short[:min(len(short), max(columns-1, 0))]
	}
	full := min(width*done/all, width)
	return fmt.Sprintf("%3d%% [%s%s] %s", percent, strings.Repeat("#", full), strings.Repeat(".", width-full), words)
}

// spoken writes a time as people say it.
func spoken(d time.Duration) string {
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
