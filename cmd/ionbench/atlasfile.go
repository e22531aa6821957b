package main

import (
	"bytes"
	"fmt"
	"io"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/atlas"
)

// form is a function that writes an atlas in one file format.
type form func(w io.Writer, a *atlas.Atlas) error

// of returns a function that writes this atlas.
func (f form) of(a *atlas.Atlas) func(io.Writer) error {
	return func(w io.Writer) error { return f(w, a) }
}

func asJSON(w io.Writer, a *atlas.Atlas) error { return a.Write(w) }

// readAtlas reads the atlas file of a sweep.
func readAtlas(path string) (*atlas.Atlas, error) {
	const next = "name a file that ionbench sweep --json wrote"
	b, err := files.Read(path, atlas.MaxFileBytes)
	if err != nil {
		return nil, cli.WithHints(err, next)
	}
	a, err := atlas.Read(bytes.NewReader(b))
	if err != nil {
		return nil, cli.Unusable(fmt.Errorf("%s: %w", path, err)).Hint(next)
	}
	return a, nil
}

// writeAtlas writes an atlas to path and replaces the file there.
func writeAtlas(path string, a *atlas.Atlas, form form) error {
	return files.Write(path, files.File, files.Public, form.of(a))
}
