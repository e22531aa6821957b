package testreport

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// mostTold bounds how many tests a summary explains. Runners show a megabyte of it at most.
const mostTold = 100

// WriteSummary writes the report in Markdown, as GitHub and GitLab show it: what was counted, and
// of each test that has not passed why, and the command that repeats it.
func (r *Report) WriteSummary(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", escaped(r.Title))
	b.WriteString("| tests | passed | failed | skipped | no verdict | time |\n|---:|---:|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %s |\n", r.Tests(), r.Count(Passed), r.Count(Failed), r.Count(Skipped), r.Count(Undecided), r.Took.Round(time.Millisecond))
	told := 0
	for _, part := range []struct {
		status Status
		title  string
	}{{Failed, "Failed"}, {Undecided, "Without a verdict"}, {Skipped, "Skipped"}} {
		if r.Count(part.status) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n", part.title)
		r.each(part.status, func(s *Suite, t *Test) {
			if told++; told > mostTold {
				return
			}
			fmt.Fprintf(&b, "- **%s**: %s\n", escaped(t.Name()), escaped(t.Message))
			if s.Repeat != "" && part.status != Skipped {
				fmt.Fprintf(&b, "  `%s`\n", strings.ReplaceAll(oneLine(s.Repeat), "`", "'"))
			}
		})
	}
	if told > mostTold {
		fmt.Fprintf(&b, "\nand %d more\n", told-mostTold)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) each(status Status, f func(s *Suite, t *Test)) {
	for i := range r.Suites {
		for j := range r.Suites[i].Tests {
			if t := &r.Suites[i].Tests[j]; t.Status == status {
				f(&r.Suites[i], t)
			}
		}
	}
}

var marks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`)

// escaped is a text in which nothing is Markdown or HTML.
func escaped(s string) string { return marks.Replace(oneLine(s)) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// mostAnnotations is how many of each level GitHub shows of a step.
const mostAnnotations = 10

// WriteGitHub writes annotations as commands of a GitHub workflow, which its runner takes from the
// output of a step: an error for each test that has failed, a warning for each without a verdict.
func (r *Report) WriteGitHub(w io.Writer) error {
	var b strings.Builder
	for _, level := range []struct {
		status Status
		word   string
	}{{Failed, "error"}, {Undecided, "warning"}} {
		n := 0
		r.each(level.status, func(s *Suite, t *Test) {
			switch n++; {
			case n < mostAnnotations || n == mostAnnotations && r.Count(level.status) == mostAnnotations:
				text := t.Message
				if s.Repeat != "" {
					text += "\n" + s.Repeat
				}
				at := ""
				if s.File != "" {
					at = "file=" + property(s.File) + ","
				}
				fmt.Fprintf(&b, "::%s %stitle=%s::%s\n", level.word, at, property(t.Name()), data(text))
			case n == mostAnnotations:
				fmt.Fprintf(&b, "::%s title=%s::%s\n", level.word, property(r.Title), data(fmt.Sprintf("and %d more", r.Count(level.status)-n+1)))
			}
		})
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// data escapes the message of a workflow command, property one of its parameters.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
