package main

import (
	"bytes"
	"io"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/shrink"
	"ionbench/simulator/story/page"
)

// storyFlag is the flag for a file with the story of a run.
func storyFlag(path *string) cli.Flag {
	return cli.Text(path, "story", "FILE.html|FILE.story.json", "write the story of the run: a page to look at, or JSON Lines for programs").With(cli.Files("*.html")).Writes("ionbench-story 1")
}

// storyOfTrial plays a trial once more and writes its story.
func storyOfTrial(path string, s shrink.Subject, repeat string) error {
	told, err := retell.Trial(s.World, s.Plans)
	if err != nil {
		return err
	}
	told.Head.Repeat = repeat
	return writeStory(path, told)
}

// writeStory writes a story in the form that the name of its file asks for.
func writeStory(path string, told *retell.Story) error {
	told.Head.Program = "ionbench " + cli.Release()
	var file bytes.Buffer
	if err := told.Write(&file); err != nil {
		return err
	}
	err := files.Write(path, files.File, files.Public, func(to io.Writer) error {
		if isPage(path) {
			return page.Write(to, told.Head.Title, file.Bytes())
		}
		_, err := to.Write(file.Bytes())
		return err
	})
	if err != nil {
		return cli.Environmental(err)
	}
	return nil
}

func isPage(path string) bool {
	lower := strings.ToLower(path)
	return strings.HasSuffix(lower, ".html") || strings.HasSuffix(lower, ".htm")
}
