package main

import (
	"errors"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/testreport"
)

// testOutputs are the forms in which results go to those who show tests.
type testOutputs struct {
	junit, ctrf, summary string
	annotations          string
}

func (f *testOutputs) flags() []cli.Flag {
	return []cli.Flag{
		cli.Text(&f.junit, "junit", "FILE", "write the report as JUnit XML").With(cli.Files("*.xml")),
		cli.Text(&f.ctrf, "ctrf", "FILE", "write it in the Common Test Report Format, which is JSON").With(cli.Files("*.json")).Writes(testreport.CTRF),
		cli.Text(&f.summary, "summary", "FILE.md", `write a summary in Markdown, such as "$GITHUB_STEP_SUMMARY"`).With(cli.Files("*.md")),
		cli.OneOf(&f.annotations, "annotations", []string{"github"}, "also print what failed as a workflow of GitHub wants it").Unless("none"),
	}
}

// check checks the flags; printed says that JSON goes to standard output.
func (f *testOutputs) check(printed bool) error {
	if printed && f.annotations != "" {
		return cli.Usage("--annotations go to standard output, as --json does").Hint("leave one of them out, or write a file: --ctrf FILE")
	}
	return checkOutputs(files.File, f.junit, f.ctrf, f.summary)
}

// write writes the files, as many as can be written, and prints the annotations.
func (f *testOutputs) write(c *cli.Call, r *testreport.Report) error {
	var errs []error
	for _, file := range []output{{f.junit, r.WriteJUnit}, {f.ctrf, r.WriteCTRF}, {f.summary, r.WriteSummary}} {
		errs = append(errs, writeOutputs(file))
	}
	if f.annotations != "" {
		errs = append(errs, r.WriteGitHub(c.Out))
	}
	return errors.Join(errs...)
}

// given reports whether any of them is wanted.
func (f *testOutputs) given() bool { return *f != testOutputs{} }

// interrupted is the test of what was not done any more.
func interrupted(command, done string) testreport.Suite {
	return testreport.Suite{Name: command, Tests: []testreport.Test{{Scenario: command, Step: "to its end", Status: testreport.Undecided, Message: "interrupted: " + done}}}
}
