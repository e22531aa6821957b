package judge

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ionbench/simulator/disk"
)

// The artifacts of a scenario are a folder that its program is not told of, reached by a handle
// that was opened before the program ran. The marker is written first, and says at the end that
// the folder is complete. By it the judge knows its own folders, also those of a run that was
// killed.
const (
	markerName  = "judge.txt"
	markerBegin = "Made by ionbench judge. "
	incomplete  = markerBegin + "Not complete: the run has not come to its end.\n"
	complete    = markerBegin + "Complete.\n"
	verdictFile = "verdict.txt"
	leftFolder  = "left" // what the program left in its folder
	leftList    = "left.txt"
)

// ours are the names of what the judge puts into a folder. What else is there is a person's.
var ours = regexp.MustCompile(`^(judge|verdict|plan|trace|meter-events|repeat|left)\.txt$|^line\.pcapng$|^story\.html$|^left$|^image\.upg$|^(upgrade|recovery-\d+)\.(log|stdout\.txt|stderr\.txt|command\.txt)$`)

// logs are the files of {dir} that are among the artifacts already.
var logs = regexp.MustCompile(`^(upgrade|recovery-\d+)\.log$`)

// artifacts is the folder of a scenario's artifacts.
type artifacts struct {
	path string
	root *os.Root
}

// checkArtifacts returns an error if a folder that a scenario needs is somebody else's.
func checkArtifacts(folder string, names []string) error {
	if folder == "" {
		return nil
	}
	for _, name := range names {
		path := filepath.Join(folder, name)
		entries, err := os.ReadDir(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
			continue
		}
		if err != nil || !isMarked(path) {
			return fmt.Errorf("%s is there, and is no folder of an earlier run: name another folder for the artifacts", path)
		}
	}
	return nil
}

// isMarked reports that a folder has the marker. What stands there may be anything, if it is no folder of ours.
func isMarked(path string) bool {
	folder, err := os.OpenRoot(path)
	if err != nil {
		return false
	}
	defer folder.Close()
	marker, err := readUpTo(folder, markerName, int64(len(markerBegin)))
	return err == nil && string(marker) == markerBegin
}

// openArtifacts makes the folder of a scenario, or empties that of an earlier run.
func openArtifacts(in *os.Root, name string) (*artifacts, error) {
	err := in.Mkdir(name, folderMode)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if info, err := in.Lstat(name); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s is no folder", name), err)
	}
	a := &artifacts{path: filepath.Join(in.Name(), name)}
	if a.root, err = in.OpenRoot(name); err != nil {
		return nil, err
	}
	if err = a.clear(); err == nil {
		err = write(a.root, markerName, []byte(incomplete))
	}
	if err != nil {
		return nil, errors.Join(err, a.root.Close())
	}
	return a, nil
}

func (a *artifacts) clear() error {
	entries, err := fs.ReadDir(a.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if ours.MatchString(entry.Name()) {
			if err := a.root.RemoveAll(entry.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave writes the story of a scenario, what went over its line if it is captured, and what the
// program left in its folder.
func (a *artifacts) leave(p *player, r *Result, section []byte) error {
	files := map[string][]byte{
		"plan.txt":         []byte(r.Scenario.Plans.String() + "\n"),
		"trace.txt":        traceText(p),
		"meter-events.txt": eventLogText(p),
		"repeat.txt":       []byte(r.Repeat + "\n"),
	}
	if section != nil {
		files[captureFile] = section
	}
	shown, err := p.storyPage(r)
	if shown != nil {
		files[storyFile] = shown
		r.Story = true
	}
	for i, e := range r.Attempts {
		files[fileName(i, "stdout.txt")] = e.Exit.Stdout.Kept()
		files[fileName(i, "stderr.txt")] = e.Exit.Stderr.Kept()
		files[fileName(i, "command.txt")] = []byte(e.Command + "\n")
		if e.Log != nil {
			files[fileName(i, "log")] = e.Log
		}
	}
	errs := []error{err}
	for name, content := range files {
		errs = append(errs, write(a.root, name, content))
	}
	errs = append(errs, a.keepLeft(p.place), write(a.root, verdictFile, []byte(VerdictText(r))))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.Join(a.root.Remove(markerName), write(a.root, markerName, []byte(complete)))
}

// keepLeft copies what the program left in its folder: regular files as they are, of everything
// else the name and kind.
func (a *artifacts) keepLeft(from *place) error {
	var list strings.Builder
	var errs []error
	keep := func(name string, content []byte) {
		folder := filepath.Dir(name)
		errs = append(errs, a.root.MkdirAll(folder, folderMode), write(a.root, name, content))
	}
	all := from.gather(func(name string, mode fs.FileMode, content []byte) {
		fmt.Fprintf(&list, "%-10s %9d  %s\n", disk.Kind(mode), len(content), visible(name))
		switch {
		case !mode.IsRegular(), logs.MatchString(name):
		case name == imageName:
			keep(name, content)
		default:
			keep(filepath.Join(leftFolder, name), content)
		}
	})
	if !all {
		fmt.Fprintf(&list, "There is more: at most %d files and %d bytes are kept.\n", maxFiles, maxGathered)
	}
	return errors.Join(append(errs, write(a.root, leftList, []byte(list.String())))...)
}

func (a *artifacts) close() {
	if a != nil {
		a.root.Close()
	}
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
	fmt.Fprintf(&b, "%s: %s\n", r.name(), r.Scenario.Title)
	if plan := r.Scenario.Plans.String(); plan != "" {
		fmt.Fprintf(&b, "  plan     %s\n", plan)
	}
	if harms := harmsText(r.Scenario.everyHarm()); harms != "" {
		fmt.Fprintf(&b, "  harm     %s\n", harms)
	}
	for _, a := range r.Attempts {
		fmt.Fprintf(&b, "  %-9s%v after %.1fs; the meter %s\n", a.Name(), a.Exit.String(), a.Exit.Took.Seconds(), a.runs())
	}
	if r.Trouble != "" {
		fmt.Fprintf(&b, "  NONE     %s\n", r.Trouble)
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
	if r.Repeat != "" && r.Verdict() != "pass" {
		fmt.Fprintf(&b, "  repeat   %s\n", r.Repeat)
	}
	return b.String()
}
