package main

import (
	"io"

	"ionbench/cmd/internal/files"
)

// checkOutputs looks at the files of flags that may not be given: what cannot be written should
// not cost the time of the work first.
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

// output is a file of a flag that may not be given.
type output struct {
	path  string
	write func(io.Writer) error
}

// writeOutputs writes files, in the place of what was there.
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
