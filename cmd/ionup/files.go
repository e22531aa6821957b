package main

import (
	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

// readTemplate reads a .DCF file that some meter takes. Which one is there is not known yet.
func readTemplate(path string) (*dcf.File, error) {
	b, err := files.Read(path, dcf.MaxBytes)
	if err != nil {
		return nil, cli.WithHints(err, "choose an ION Setup Device Configuration File (*.dcf); ionup template get makes one")
	}
	f, err := dcf.Parse(b)
	if err == nil {
		err = client.CheckTemplate(f, 0)
	}
	if err != nil {
		return nil, cli.Usage("%s: %w", path, err)
	}
	return f, nil
}
