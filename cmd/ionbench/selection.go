package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	stored "ionbench/fixtures/cases"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/fields"
)

// chosen is a case that the person asked for.
type chosen struct {
	name string // as on a command line
	*cases.Case
}

const (
	nameACase = "name a case of ionbench list, a file or a folder"
	seeFormat = "ionbench format tells what a case file may say"
)

// caseArgs is the argument for the cases that a command plays.
func caseArgs() []cli.Arg {
	return []cli.Arg{{Name: "CASE", What: "case", Optional: true, Many: true, Values: cli.Values{Words: stored.Names, Files: "*" + stored.Suffix}}}
}

// choose returns the cases that the arguments name: stored cases, files, folders, and - for
// standard input. Without arguments it returns all stored cases.
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
		b, err := files.Input(stdin, arg, fields.MaxBytes)
		if err != nil {
			return nil, err
		}
		return one(parse(arg, b, nil))
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
	case err == nil && info.IsDir():
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

// unknownCase is the error for an unknown name. It suggests a similar one.
func unknownCase(arg string) error {
	const next = "ionbench list lists the cases; a file or a folder can be named too"
	if strings.ContainsAny(arg, `/\`) || strings.HasSuffix(arg, stored.Suffix) {
		return cli.Usage("there is no file %s", arg).Hint(next)
	}
	return cli.Unknown("case", arg, stored.Names()).Hint(next)
}

func folder(path string) ([]chosen, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, cli.Unusable(err)
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
		return nil, cli.Usage("there is no case file in %s", path).Hint("case files end in "+stored.Suffix, seeFormat)
	}
	return all, nil
}

func fromFile(path string) (chosen, error) {
	b, err := files.Read(path, fields.MaxBytes)
	if err != nil {
		return chosen{}, cli.WithHints(err, nameACase)
	}
	return parse(path, b, stored.Beside(os.DirFS(filepath.Dir(path))))
}

func parse(name string, b []byte, beside fs.FS) (chosen, error) {
	c, err := cases.Parse(b)
	if err != nil {
		return chosen{}, cli.Usage("%s is no case that can be played:\n  %s", name, strings.ReplaceAll(err.Error(), "\n", "\n  ")).
			Hint("nothing was run", seeFormat)
	}
	c.Files = beside
	return chosen{name, c}, nil
}
