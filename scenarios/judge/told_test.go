//go:build unix

package judge

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/simulator/story"
)

func TestAScenarioThatDidNotPassLeavesItsStoryToTheEndOfTheProgram(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		suite, err := mustSuite(t, "smoke").Only([]string{"undisturbed", "killed"})
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		told := map[string]*retell.Story{}
		report, err := Run(t.Context(), suite, Target{Upgrade: programCommand(t, "upgrades-and-denies-it", "upgrade"), Recover: programCommand(t, "upgrades-and-denies-it", "recover"), Transport: rig.TCP}, Options{
			Baud: testBaud, Response: t.response(), Limit: t.within(testLimit), Artifacts: folder, JudgedBy: "test", late: &lateness{},
			Told: func(s *retell.Story) { told[s.Head.Title[:6]] = s },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(folder, "killed", storyFile)); err == nil {
			t.Error("a scenario that passed has a page")
		}
		shown, err := os.ReadFile(filepath.Join(folder, "undisturbed", storyFile))
		if err != nil || !bytes.HasPrefix(shown, []byte("<!doctype html>")) {
			t.Errorf("%d bytes of a page, %v", len(shown), err)
		}
		trace, err := os.ReadFile(filepath.Join(folder, "undisturbed", "trace.txt"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(trace)), "\n")
		if last := lines[len(lines)-1]; !regexp.MustCompile(`^ *\d+\.\d{6} host ended exit \d+$`).MatchString(last) && !strings.Contains(string(trace), "host ended exit") {
			t.Errorf("the trace ends with %q", last)
		}
		if !strings.Contains(string(trace), "host program ") {
			t.Errorf("the trace does not tell of the program:\n%s", trace)
		}
		if len(told) != 2 {
			t.Errorf("%d stories were told", len(told))
		}
		var html bytes.Buffer
		if err := report.WriteHTML(filepath.Dir(folder), &html); err != nil {
			t.Fatal(err)
		}
		if link := `href="` + filepath.Base(folder) + `/undisturbed/story.html"`; !strings.Contains(html.String(), link) {
			t.Errorf("the report has no %s", link)
		}
	})
}

// A program says more after the meter has heard the last of it, and its story has that at its own time;
// what the judge does to it is there as well.
func TestAStoryGoesOnToTheEndOfTheProgramWithTheSignalsThatItGets(t *testing.T) {
	t.Parallel()
	began := time.Now()
	p := &player{stand: &stand{now: time.Second}}
	a := &Execution{Command: "tool", started: began}
	a.Exit.Stdout.Write([]byte("begins\n"))
	time.Sleep(2 * time.Millisecond)
	a.signalled(syscall.SIGINT)
	a.Exit.Stderr.Write([]byte("is late\n"))
	a.Exit.Took = time.Since(began) + 5*time.Second
	p.tell(a, time.Second, began)
	var got []string
	last := time.Duration(0)
	for _, e := range p.said {
		if e.At < last {
			t.Errorf("%v is behind %v", e, last)
		}
		last = e.At
		got = append(got, e.Untimed())
	}
	want := []string{"host program upgrade", "host command tool", "host stdout begins", "host judge sends the program the signal: interrupt", "host stderr is late", "host ended exit 0"}
	if !slices.Equal(got, want) || last < 6*time.Second {
		t.Errorf("told until %v:\n%s", last, strings.Join(got, "\n"))
	}
	if p.tell(&Execution{}, 2*time.Second, began); slices.ContainsFunc(p.said[:len(want)], func(e story.Event) bool { return e.At > 2*time.Second }) {
		t.Error("something of the first attempt is told behind the beginning of the second")
	}
}

func TestALineOfAnOutputHasTheTimeAtWhichItWasWhole(t *testing.T) {
	t.Parallel()
	var o Output
	write := func(text string) time.Time {
		o.Write([]byte(text))
		time.Sleep(2 * time.Millisecond)
		return time.Now()
	}
	write("one\ntw")
	between := write("")
	write("o\r\nthree")
	got := o.lines()
	if len(got) != 3 || got[0].text != "one" || got[1].text != "two" || got[2].text != "three" {
		t.Fatalf("the lines are %v", got)
	}
	if !got[0].at.Before(between) || got[1].at.Before(between) {
		t.Errorf("one is at %v, two at %v, and in between was %v", got[0].at, got[1].at, between)
	}
	var flood Output
	for range 3 * maxMarks {
		flood.Write([]byte("x\n"))
	}
	if got := flood.lines(); len(got) != maxLines+1 {
		t.Errorf("%d lines of a flood", len(got))
	}
}
