package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/cmd/internal/terminal"
	"ionbench/scenarios/history"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/testreport"
)

// runHistories is the storm of histories.
func (f *stormFlags) runHistories(ctx context.Context, c *cli.Call) error {
	return f.blow(c, func(told *terminal.Progress) (blown, error) {
		report, err := storm.RunHistories(ctx, storm.HistoryOptions{
			Seed: f.seed, First: f.first, Runs: f.runs, Workers: f.parallel, Shrink: f.budget, AsCases: f.cases,
			Failed: func(failure storm.HistoryFailure) {
				told.Clear()
				f.writeHistory(c, failure)
				f.failed = append(f.failed, f.failedHistory(failure))
			},
			Progress: func(done int) { told.Show(done, f.runs, "") },
		})
		return blown{report.Runs, report.Violations, func(took time.Duration) { f.writeHistorySum(c, report, took) }}, err
	})
}

// historyObject is a history that broke an invariant, in JSON.
type historyObject struct {
	Seed    uint64   `json:"seed"`
	Run     uint64   `json:"run"`
	ID      string   `json:"id"`
	Broken  []string `json:"broken"`
	Reasons []string `json:"reasons"`
	Repeat  string   `json:"repeat"`
	Case    string   `json:"case"`
	Tries   int      `json:"tries"`
	Done    bool     `json:"done"`
}

func (f *stormFlags) writeHistory(c *cli.Call, failure storm.HistoryFailure) {
	if f.json {
		c.Encode(historyObject{f.seed, failure.Run, failure.ID, findingsOf(failure), failure.Reasons, repeatOfHistory(failure), caseOfHistory(failure), failure.Tries, failure.Done})
		return
	}
	c.Print(f.historyText(failure))
}

func repeatOfHistory(failure storm.HistoryFailure) string { return "ionbench replay " + failure.ID }

func caseOfHistory(failure storm.HistoryFailure) string {
	return string(history.CaseFile(failure.Shrunk, failure.ShrunkResult, "a history that was shrunk"))
}

func findingsOf(failure storm.HistoryFailure) []string {
	list := []string{}
	for _, finding := range failure.Result.Findings {
		list = append(list, finding.String())
	}
	return list
}

// historyText is a history that broke something, for people.
func (f *stormFlags) historyText(failure storm.HistoryFailure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, run %d: broken\n", f.seed, failure.Run)
	for _, finding := range findingsOf(failure) {
		fmt.Fprintf(&b, "  %s\n", finding)
	}
	for _, reason := range failure.Reasons {
		fmt.Fprintf(&b, "  as a case file: %s\n", reason)
	}
	fmt.Fprintf(&b, "  repeat  %s\nas a case file:\n\n%s\n", repeatOfHistory(failure), caseOfHistory(failure))
	return b.String()
}

func (f *stormFlags) failedHistory(failure storm.HistoryFailure) testreport.Suite {
	return f.suiteOf(failure.Run, append(findingsOf(failure), failure.Reasons...), repeatOfHistory(failure), f.historyText(failure))
}

// historySum is the result of a storm of histories in JSON.
type historySum struct {
	Seed       uint64  `json:"seed"`
	Runs       int     `json:"runs"`
	Attempts   int     `json:"attempts"`
	Violations int     `json:"violations"`
	Unstruck   int     `json:"unstruck"`
	Seconds    float64 `json:"seconds"`

	Kinds map[string]int `json:"kinds"`
}

func (f *stormFlags) writeHistorySum(c *cli.Call, r storm.HistoryReport, took time.Duration) {
	kinds, words := make(map[string]int), make([]string, history.KindCount)
	for k := range history.KindCount {
		kinds[k.String()], words[k] = r.Kinds[k], fmt.Sprintf("%v=%d", k, r.Kinds[k])
	}
	if f.json {
		c.Encode(historySum{f.seed, r.Runs, r.Attempts, r.Violations, r.Unstruck, took.Seconds(), kinds})
		return
	}
	c.Printf("runs with %s\n", strings.Join(words, " "))
	c.Printf("runs=%d attempts=%d violations=%d unstruck=%d seconds=%.1f\n", r.Runs, r.Attempts, r.Violations, r.Unstruck, took.Seconds())
}

// replayHistory repeats the history of an id and prints it as a case file.
func (f *replayFlags) replayHistory(c *cli.Call, id string) error {
	if f.json || f.transport != "bench" {
		return cli.Usage("a history is repeated on the bench and printed as a case file").Hint("leave out --json and --transport")
	}
	if err := f.alone(c, "the id"); err != nil {
		return err
	}
	drawn, err := storm.ParseHistoryID(id)
	if err != nil {
		return cli.Unusable(err).Hint("copy the whole id again, or draw the storm again: ionbench storm --histories --seed N")
	}
	if err := errors.Join(capturing.Check(f.capture, f.json), serving.CheckStory(f.story)); err != nil {
		return err
	}
	w := drawn.Draw()
	c.Begin()
	var r *history.Result
	err = captureTo(c, f.capture, func(to io.Writer) (err error) {
		if r, err = history.Play(w, rig.Events); err != nil || to == nil {
			return err
		}
		whole, err := history.Play(w, rig.WholeTrace)
		if err != nil {
			return err
		}
		full := w.Filled()
		return captured{&full, id, rig.Bench, whole.Trace}.write(to)
	})
	if err == nil && f.story != "" {
		err = storyOfHistory(f.story, &w, "ionbench replay "+id)
	}
	if err != nil {
		return err
	}
	text := history.CaseFile(w, r, fmt.Sprintf("history %d of seed %d", drawn.Run, drawn.Seed))
	switch f.print {
	case "":
		c.Print(string(text))
	default:
		printOne(c, f.print, string(text), r.Log(), r.Trace)
	}
	if len(r.Findings) > 0 {
		return cli.ErrNo
	}
	return nil
}
