package judge

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// verdictFile is in every folder of a scenario that was played to its end.
const verdictFile = "verdict.txt"

// leaveArtifacts writes the story of a scenario into its folder, beside the files that the
// program left there.
func leaveArtifacts(p *player, r *Result) error {
	files := map[string][]byte{
		"plan.txt":         []byte(r.Scenario.Plans.String() + "\n"),
		"trace.txt":        traceText(p),
		"meter-events.txt": eventLogText(p),
		verdictFile:        []byte(VerdictText(r)),
		"repeat.txt":       []byte(r.Repeat + "\n"),
	}
	for i, a := range r.Attempts {
		files[p.fileName(i, "stdout.txt")] = a.Exit.Stdout.Kept()
		files[p.fileName(i, "stderr.txt")] = a.Exit.Stderr.Kept()
		files[p.fileName(i, "command.txt")] = []byte(a.Command + "\n")
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(p.folder, name), content, fileMode); err != nil {
			return err
		}
	}
	return nil
}

func traceText(p *player) []byte {
	var b bytes.Buffer
	for _, e := range p.station.Trace() {
		fmt.Fprintln(&b, e)
	}
	return b.Bytes()
}

func eventLogText(p *player) []byte {
	var b bytes.Buffer
	for _, e := range p.meter().EventLog() {
		fmt.Fprintf(&b, "%s  %s\n", e.At.Format("2006-01-02 15:04:05"), e.Text)
	}
	return b.Bytes()
}

// VerdictText is the result of a scenario as a text for people.
func VerdictText(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.Scenario.Name, r.Scenario.Title)
	if plan := r.Scenario.Plans.String(); plan != "" {
		fmt.Fprintf(&b, "  plan     %s\n", plan)
	}
	for _, a := range r.Attempts {
		fmt.Fprintf(&b, "  %-9s%v after %.1fs; the meter %s\n", a.Name(), a.Exit.String(), a.Exit.Took.Seconds(), a.runs())
	}
	for _, what := range r.Broken {
		fmt.Fprintf(&b, "  NO       %s\n", what)
	}
	for _, what := range r.Notes {
		fmt.Fprintf(&b, "  note     %s\n", what)
	}
	if r.Folder != "" {
		fmt.Fprintf(&b, "  files    %s\n", r.Folder)
	}
	if r.Repeat != "" && len(r.Broken) > 0 {
		fmt.Fprintf(&b, "  repeat   %s\n", r.Repeat)
	}
	return b.String()
}
