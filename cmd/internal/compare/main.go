// Command compare runs the same trials with two builds of ionbench and prints every difference
// in what they say, byte for byte. It proves that a change of structure has changed no
// behaviour.
//
//	go run ./cmd/internal/compare BASE
//
// BASE is a commit. It is compared with the work tree: atlases of several configurations and
// spaces, every case and its trace, storms of three seeds, the planted bugs, and the
// explanation of every log under fixtures. JSON fields with wall-clock times, ids, versions
// and commands are left out by their names ([ignored]).
//
// It is a tool for the developers of this repository, not for its users.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	same, err := run(ctx, os.Stdout, os.Args[1:])
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	case !same:
		os.Exit(1)
	}
}

// run compares the build of the work tree with that of a commit and says whether everything
// that they print is the same.
func run(ctx context.Context, out io.Writer, args []string) (same bool, err error) {
	if len(args) != 1 {
		return false, errors.New("which commit? use: make compare BASE=COMMIT")
	}
	folder, err := os.MkdirTemp("", "ionbench-compare-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	base, err := buildCommit(ctx, folder, args[0])
	if err != nil {
		return false, err
	}
	own := filepath.Join(folder, "ionbench-here")
	if err := build(ctx, ".", own); err != nil {
		return false, err
	}
	plays, err := plays()
	if err != nil {
		return false, err
	}
	same = true
	for _, p := range plays {
		equal, err := p.compare(ctx, out, folder, base, own)
		if err != nil {
			return false, fmt.Errorf("%s: %w", p.name, err)
		}
		same = same && equal
	}
	return same, nil
}

// buildCommit builds the ionbench of a commit in a temporary work tree.
func buildCommit(ctx context.Context, folder, commit string) (program string, err error) {
	tree := filepath.Join(folder, "base")
	if err := do(ctx, ".", "git", "worktree", "add", "--quiet", "--detach", tree, commit); err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, do(context.WithoutCancel(ctx), ".", "git", "worktree", "remove", "--force", tree))
	}()
	program = filepath.Join(folder, "ionbench-base")
	return program, build(ctx, tree, program)
}

func build(ctx context.Context, tree, program string) error {
	return do(ctx, tree, "go", "build", "-o", program, "./cmd/ionbench")
}

func do(ctx context.Context, folder, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", command.Args, err, said)
	}
	return nil
}

// play is one run of a program. Two things are compared: what it prints, and what it writes to
// a file if one of its arguments is outFile.
type play struct {
	name string
	args []string
}

const outFile = "{out}"

// plays returns the runs that both builds do.
func plays() ([]play, error) {
	list := []play{
		{"atlas", []string{"sweep", "--space", "wire,flash", "--image-size", "64KiB", "--json", outFile}},
		{"atlas with a journal, through the windows", []string{"sweep", "--space", "wire,flash", "--image-size", "16KiB", "--journal", "--windows", "--json", outFile}},
		{"atlas of release 2.1 and a 7300", []string{"sweep", "--space", "wire,flash", "--image-size", "16KiB", "--release", "2.1", "--model", "7300", "--json", outFile}},
		{"atlas of the other spaces", []string{"sweep", "--image-size", "16KiB", "--space", "frame,reply,state,meter,chip,host,ip", "--json", outFile}},
		{"the same with a journal, through the windows", []string{"sweep", "--image-size", "16KiB", "--space", "frame,reply,state,meter,chip,host,ip", "--journal", "--windows", "--json", outFile}},
		{"atlas of pairs", []string{"sweep", "--space", "wire,flash", "--image-size", "2KiB", "--pairs", "--json", outFile}},
		{"cases", []string{"run", "--json"}},
		{"planted bugs", []string{"mutants", "--json"}},
		{"storm of seed 1", []string{"storm", "--seed", "1", "--runs", "3000", "--json"}},
		{"storm of seed 7", []string{"storm", "--seed", "7", "--runs", "3000", "--json"}},
		{"storm of seed 2026", []string{"storm", "--seed", "2026", "--runs", "3000", "--json"}},
	}
	cases, err := filepath.Glob("fixtures/cases/*.case")
	if err != nil {
		return nil, err
	}
	for _, path := range cases {
		list = append(list, play{"trace of " + filepath.Base(path), []string{"run", path, "--print", "trace"}})
	}
	logs, err := filepath.Glob("fixtures/logs/*.log")
	if err != nil {
		return nil, err
	}
	if len(cases) == 0 || len(logs) == 0 {
		return nil, errors.New("no fixtures here: run it from the top of the repository")
	}
	for _, path := range logs {
		list = append(list, play{"explanation of " + filepath.Base(path), []string{"reproduce", path, "--json"}})
	}
	return list, nil
}

// ignored matches the JSON fields that may differ: wall-clock times, ids and hashes of trials
// and of states, versions, and the commands that contain any of these.
var ignored = regexp.MustCompile(`"(?:wall_seconds|seconds|id|ids|hash|future|version|format|repeat)":(?:"(?:[^"\\]|\\.)*"|[-+.0-9eE]+),?`)

// summary matches the time in the last line of a table.
var summary = regexp.MustCompile(`(?m)\bseconds=[0-9.]+$`)

// compare runs p with both builds and says whether they agree.
func (p play) compare(ctx context.Context, out io.Writer, folder, base, own string) (bool, error) {
	was, err := p.said(ctx, folder, base)
	if err != nil {
		return false, err
	}
	is, err := p.said(ctx, folder, own)
	if err != nil {
		return false, err
	}
	if bytes.Equal(was, is) {
		fmt.Fprintf(out, "same     %s (%d bytes)\n", p.name, len(is))
		return true, nil
	}
	fmt.Fprintf(out, "DIFFERS  %s\n", p.name)
	return false, showDifference(ctx, out, folder, was, is)
}

// said returns everything that a program prints and writes for p, without what may differ.
func (p play) said(ctx context.Context, folder, program string) ([]byte, error) {
	path := filepath.Join(folder, "out")
	args := make([]string, len(p.args))
	written := false
	for i, a := range p.args {
		args[i] = a
		if a == outFile {
			args[i], written = path, true
		}
	}
	var said bytes.Buffer
	command := exec.CommandContext(ctx, program, args...)
	command.Stdout = &said
	err := command.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return nil, err
	}
	fmt.Fprintf(&said, "exit status %d\n", command.ProcessState.ExitCode())
	if written {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		said.Write(b)
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return summary.ReplaceAll(ignored.ReplaceAll(said.Bytes(), nil), nil), nil
}

// maxShown is how many bytes of one difference are printed.
const maxShown = 4000

// showDifference prints the beginning of a line-by-line comparison.
func showDifference(ctx context.Context, out io.Writer, folder string, was, is []byte) error {
	a, b := filepath.Join(folder, "was"), filepath.Join(folder, "is")
	if err := errors.Join(os.WriteFile(a, was, 0o600), os.WriteFile(b, is, 0o600)); err != nil {
		return err
	}
	shown, err := exec.CommandContext(ctx, "diff", "-U0", "--label", "base", "--label", "here", a, b).Output()
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || ended.ExitCode() != 1) {
		return err
	}
	if len(shown) > maxShown {
		shown = append(shown[:maxShown:maxShown], "\n[...]\n"...)
	}
	_, err = out.Write(shown)
	return err
}
