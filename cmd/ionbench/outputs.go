package main

import (
	"io"

	"ionbench/cmd/internal/files"
)

// checkOutputs checks the output files that flags name, before the work begins, so that no
// work is lost for a file that cannot be written. An empty path is a flag that was not given.
func checkOutputs(over files.Over, paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if err := files.Check(path, over); err != nil {
			return err
		}
	}
	return nil
}

// output is a file to write; an empty path is a flag that was not given.
type output struct {
	path  string
	write func(io.Writer) error
}

// writeOutputs writes files and replaces those that exist.
func writeOutputs(list ...output) error {
	for _, file := range list {
		if file.path == "" {
			continue
		}
		if err := files.Write(file.path, files.File, files.Public, file.write); err != nil {
			return err
		}
	}
	return nil
}
