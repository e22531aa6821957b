package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/world"
	"ionbench/simulator/story/page"
	"ionbench/simulator/story/record"
)

const storyHelp = `
Write the story of a run as a page: person, tool, requests, line, meter, flash, display and
Upgrade.log as lanes on one time axis, a cursor with the state of everything at that
instant, every frame and message field by field, and why a request was sent again. The page
is one file that opens from a disk, without a network; the address of a moment in it can be
sent to a colleague with the file.

The run is a file that --story FILE.story.json of replay, run, judge or shrink has written, or a
trial.
` + trialHelp

type storyFlags struct {
	trialFlags
	output string
}

func storyCommand() *cli.Command {
	f := &storyFlags{trialFlags: newTrialFlags()}
	output := cli.Text(&f.output, "output", "FILE.html|FILE.story.json", "file to write: a page, or JSON Lines").With(cli.Files("*.html")).Writes("ionbench-story 1")
	output.Letter = "o"
	return &cli.Command{
		Name: "story", Brief: "write the story of a run as a page to look at", Help: storyHelp,
		Args: []cli.Arg{{Name: "FILE.story.json|ID|PLAN", What: "run", Values: cli.Files("*.story.json")}}, Surplus: quoteThePlan,
		Flags: cli.Plain(append([]cli.Flag{output}, f.flags()...)...),
		Examples: `
  ionbench story 'cable-pull at block 5 for 2 no-responses' -o run.html
  ionbench story t1.V56U9tiLAgA -o run.html
  ionbench story artifacts/killed/story.story.json -o killed.html
`,
		Done: "the page is written", Run: f.run,
	}
}

func (f *storyFlags) run(ctx context.Context, c *cli.Call) error {
	if f.output == "" {
		return cli.Usage("no file to write").Hint("name one: -o run.html")
	}
	if err := serving.CheckStory(f.output); err != nil {
		return err
	}
	if isRecord(c.Args[0]) {
		if err := f.alone(c, c.Args[0]); err != nil {
			return err
		}
		c.Begin()
		return convert(c.Args[0], f.output)
	}
	subject, err := f.subject(c)
	if err != nil {
		return err
	}
	c.Begin()
	return storyOfTrial(ctx, f.output, subject, rig.Bench, f.replayCommand(subject))
}

const aRecord = "name a file that --story FILE.story.json has written"

// convert makes a page of a file that was written as JSON Lines.
func convert(from, to string) error {
	text, err := files.Read(from, record.MaxBytes)
	if err != nil {
		return cli.WithHints(err, aRecord)
	}
	head, err := record.Read(text)
	if err != nil {
		return cli.Unusable(fmt.Errorf("%s: %w", from, err)).Hint(aRecord)
	}
	return writeRecord(to, head.Title, head.Replays, text)
}

// storyFlag is the flag for a file with the story of a run.
func storyFlag(path *string) cli.Flag {
	return cli.Text(path, "story", "FILE.html|FILE.story.json", "write the story of the run: a page to look at, or JSON Lines for programs").With(cli.Files("*.html")).Writes("ionbench-story 1")
}

// storyOfTrial plays a trial once more and writes its story.
func storyOfTrial(ctx context.Context, path string, s shrink.Subject, over rig.Transport, repeat string) error {
	var told *retell.Story
	var err error
	if over == rig.Bench {
		told, err = retell.Trial(s.World, s.Plans)
	} else {
		told, err = retell.Over(ctx, over, s.World, s.Plans)
	}
	if err != nil {
		return err
	}
	return writeStory(path, told, repeat)
}

// storyOfCase plays a case once more and writes its story.
func storyOfCase(path string, p playedCase) error {
	told, err := retell.Case(p.Case)
	if err != nil {
		return err
	}
	return writeStory(path, told, strings.Replace(p.repeat(), " --print trace", "", 1))
}

// storyOfHistory plays a history once more and writes its story.
func storyOfHistory(path string, w *world.World, repeat string) error {
	told, err := retell.History(w)
	if err != nil {
		return err
	}
	return writeStory(path, told, repeat)
}

func writeStory(path string, told *retell.Story, repeat string) error {
	told.Head.Program, told.Head.Repeat = "ionbench "+cli.Release(), repeat
	var file bytes.Buffer
	if err := told.Write(&file); err != nil {
		return err
	}
	return writeRecord(path, told.Head.Title, told.Head.Replays, file.Bytes())
}

// writeRecord writes a story in the form that the name of its file asks for. The page of one that can
// be played again carries the engine, if this program has it.
func writeRecord(path, title string, replays bool, text []byte) error {
	err := files.Write(path, files.File, files.Public, func(to io.Writer) error {
		if page.Is(path) {
			shown := page.Page{Title: title, Story: text}
			if replays {
				shown.Engine, shown.Lacks = page.OwnEngine()
			}
			return shown.Write(to)
		}
		_, err := to.Write(text)
		return err
	})
	if err != nil {
		return cli.Environmental(err)
	}
	return nil
}

func isRecord(named string) bool { return strings.HasSuffix(strings.ToLower(named), ".json") }
