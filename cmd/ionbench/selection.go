package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	stored "ionbench/fixtures/cases"
	"ionbench/scenarios/cases"
	"ionbench/simulator/fault"
)

// chosen is a case that somebody asked for.
type chosen struct {
	name string // as it would be asked for again
	*cases.Case
}

// choose finds the cases that the arguments name: those that are stored, files, folders,
// and - for standard input. Without arguments it is all that are stored.
func choose(args []string, stdin io.Reader) ([]chosen, error) {
	if len(args) == 0 {
		args = stored.Names()
	}
	var all []chosen
	for _, arg := range args {
		found, err := chooseOne(arg, stdin)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func chooseOne(arg string, stdin io.Reader) ([]chosen, error) {
	switch {
	case arg == "-":
		b, err := readAtMost(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return one(parse("-", b, nil))
	case slices.Contains(stored.Names(), arg):
		b, err := stored.File(arg)
		if err != nil {
			return nil, err
		}
		return one(parse(arg, b, stored.Folder()))
	}
	info, err := os.Stat(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unknownCase(arg)
	case err != nil:
		return nil, wrongUsage("Name a case of `ionbench list`, a file or a folder.", "%v", err)
	case info.IsDir():
		return folder(arg)
	}
	return one(fromFile(arg))
}

func one(c chosen, err error) ([]chosen, error) {
	if err != nil {
		return nil, err
	}
	return []chosen{c}, nil
}

// unknownCase says what else could have been meant.
func unknownCase(arg string) error {
	const next = "`ionbench list` lists the cases; a file or a folder can be named too."
	if strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, stored.Suffix) {
		return wrongUsage(next, "there is no file %s", arg)
	}
	if best, ok := fault.Nearest(arg, stored.Names()); ok {
		return wrongUsage(next, "there is no case %q; did you mean %s?", arg, best)
	}
	return wrongUsage(next, "there is no case %q", arg)
}

func folder(path string) ([]chosen, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, wrongUsage("", "%v", err)
	}
	var all []chosen
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), stored.Suffix) {
			continue
		}
		c, err := fromFile(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if all == nil {
		return nil, wrongUsage("Case files end in "+stored.Suffix+"; `ionbench format` tells what they say.", "there is no case file in %s", path)
	}
	return all, nil
}

func fromFile(path string) (chosen, error) {
	f, err := os.Open(path)
	if err != nil {
		return chosen{}, wrongUsage("Name a case of `ionbench list`, a file or a folder.", "%v", err)
	}
	defer f.Close()
	b, err := readAtMost(f)
	if err != nil {
		return chosen{}, fmt.Errorf("%s: %w", path, err)
	}
	return parse(path, b, stored.Beside(os.DirFS(filepath.Dir(path))))
}

// readAtMost reads one byte more than a case can have, so that its size is checked where
// everything else is.
func readAtMost(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, cases.MaxBytes+1))
}

func parse(name string, b []byte, files fs.FS) (chosen, error) {
	c, err := cases.Parse(b)
	if err != nil {
		return chosen{}, wrongUsage("Nothing was run. `ionbench format` tells what a case file may say.",
			"%s is no case that can be played:\n  %s", name, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	c.Files = files
	return chosen{name, c}, nil
}
