package terminal

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// watched returns a progress whose clock the test sets.
func watched(columns int, p *Progress) (*Progress, *strings.Builder, *time.Duration) {
	out, now := new(strings.Builder), new(time.Duration)
	p.Out, p.Columns, p.clock = out, func() int { return columns }, func() time.Duration { return *now }
	return p, out, now
}

func TestABarFitsTheTerminal(t *testing.T) {
	const words = "207/460 blocks, efficiency 99.0%, 38 min 40 s left"
	for columns, want := range map[int]string{
		120: " 45% [#############.................] " + words,
		80:  " 45% [#########............] " + words,
		60:  " 45% " + words,
		10:  " 45% 207/",
		1:   "",
	} {
		if got := bar(columns, 207, 460, words); got != want || len(got) >= columns {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestABarIsRedrawnSeldomAndAtItsEnd(t *testing.T) {
	p, out, now := watched(80, &Progress{Unit: "blocks"})
	p.Show(1, 11, "")
	*now = betweenBars / 2
	p.Show(2, 11, "")
	if n := strings.Count(out.String(), "\r"); n != 1 {
		t.Errorf("drawn %d times: %q", n, out)
	}
	p.Show(11, 11, "")
	p.Clear()
	p.Clear()
	if got := out.String(); strings.Count(got, "\r") != 3 || !strings.HasSuffix(got, "\r\x1b[K") || !strings.Contains(got, "100% [") {
		t.Errorf("it is %q", got)
	}
}

func TestTheTimeLeftIsReckonedFromThePaceOfThisPass(t *testing.T) {
	p, out, now := watched(120, &Progress{Unit: "blocks"})
	for _, step := range []struct {
		at   time.Duration
		done int
		says string
	}{
		{10 * time.Second, 1, "1/11 blocks, calm\x1b"},
		{30 * time.Second, 3, "3/11 blocks, calm, 1 min 20 s left\x1b"},
		{60 * time.Second, 1, "1/11 blocks, calm\x1b"}, // started again
		{61 * time.Second, 2, "2/11 blocks, calm, 9 s left\x1b"},
	} {
		*now = step.at
		out.Reset()
		p.Show(step.done, 11, "calm")
		if !strings.Contains(out.String(), step.says) {
			t.Errorf("after %v: %q, want %q", step.at, out, step.says)
		}
	}
}

func TestQuietProgressTellsNothingAtFirst(t *testing.T) {
	for columns, want := range map[int]string{
		80: "\r 30% [#########.....................] 3000/10000 points, 1000/s, 7 s left\x1b[K",
		0:  "ionbench: 8000/10000 points, 800/s, 3 s left\n",
	} {
		p, out, now := watched(columns, &Progress{Unit: "points", Prefix: "ionbench: ", Quiet: true})
		p.Show(0, 10_000, "")
		*now = 500 * time.Millisecond
		p.Show(500, 10_000, "")
		if out.Len() > 0 {
			t.Errorf("%d columns: at once %q", columns, out)
		}
		*now = 3 * time.Second
		p.Show(3000, 10_000, "")
		if columns == 0 {
			*now = 10 * time.Second
			p.Show(8000, 10_000, "")
			*now = 11 * time.Second
			p.Show(9000, 10_000, "")
			*now = time.Minute
			p.Show(10_000, 10_000, "") // the result says this
		}
		if got := out.String(); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestWorkOfUnknownLengthIsTold(t *testing.T) {
	p, out, now := watched(0, &Progress{Prefix: "ionbench: "})
	p.Tell("after %d trials", 1)
	*now = betweenLines
	p.Tell("after %d trials", 2)
	p.Tell("after %d trials", 3)
	if out.String() != "ionbench: after 2 trials\n" {
		t.Errorf("it is %q", out)
	}
	p, out, now = watched(0, &Progress{Unit: "blocks"}) // without a prefix there are no lines
	*now = time.Hour
	p.Show(1, 2, "")
	if out.Len() > 0 {
		t.Errorf("it is %q", out)
	}
}

func TestTimesAreSaidAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59400 * time.Millisecond: "59 s", 59600 * time.Millisecond: "1 min 00 s", 3599 * time.Second: "59 min 59 s", 70 * time.Minute: "1 h 10 min",
	} {
		if got := spoken(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestNothingIsDrawnWhereThereIsNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, w := range []io.Writer{new(strings.Builder), file} {
		if n := Columns(w); n != 0 {
			t.Errorf("%T has %d columns", w, n)
		}
	}
}
