// Package capturing is where the captures of the programs go: a file to which each run adds a
// section of its own, or standard output, where a Wireshark reads along.
package capturing

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/sink"
	"ionbench/cmd/internal/terminal"
	"ionbench/simulator/disk"
	"ionbench/simulator/pcapng"
)

// Stdout is the name of standard output.
const Stdout = "-"

// Flag is the flag --capture.
func Flag(path *string, help string) cli.Flag {
	return cli.Text(path, "capture", "FILE.pcapng|-", help).With(cli.Files("*.pcapng"))
}

// Check refuses a capture where standard output has something else.
func Check(path string, json bool) error {
	if path == Stdout && json {
		return cli.Usage("--capture - and --json both go to standard output").Hint("give --capture a file, or leave --json out")
	}
	return nil
}

// File is a capture that is being written. A nil one does nothing.
type File struct {
	*pcapng.Writer
	end func() error
}

// mark begins every section of a pcapng file.
const mark = "\x0a\x0d\x0d\x0a"

// Open begins a section: at the end of a file, which must be a pcapng file, empty or new, or on
// stdout. Nobody waits for the reader of stdout: what it does not take in time is left out, and
// the capture says so.
func Open(path string, stdout io.Writer, c pcapng.Config) (*File, error) {
	if path == Stdout {
		if terminal.Is(stdout) {
			return nil, cli.Usage("--capture - would go to the terminal").Hint("let a program read it, as in: … --capture - | tshark -r -")
		}
		s := sink.New(stdout, func(n int) []byte { return pcapng.Lost(n, time.Now()) })
		w, err := pcapng.New(adder{s}, c)
		return &File{w, func() error { s.Close(); return nil }}, err
	}
	file, err := OpenToAdd(path, mark, "pcapng file")
	if err != nil {
		return nil, err
	}
	w, err := pcapng.New(file, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--capture: %w", err), file.Close())
	}
	return &File{w, file.Close}, nil
}

// adder writes each block to a sink.
type adder struct{ *sink.Sink }

func (a adder) Write(p []byte) (int, error) {
	a.Add(p)
	return len(p), nil
}

// Written says whether everything so far is in the file.
func (f *File) Written() error {
	if f == nil || f.Err() == nil {
		return nil
	}
	return fmt.Errorf("--capture: what was captured before is safe: %w", f.Err())
}

// Close ends the file.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	return f.end()
}

// OpenToAdd opens a file to add a run at its end. It must be new, empty, or begin with mark, and of
// nobody else's run. what says which file it should be.
func OpenToAdd(path, mark, what string) (disk.File, error) {
	file, err := files.Open(path, disk.Write|disk.Append|disk.Create|disk.Alone, files.Private)
	if err != nil {
		return nil, err
	}
	head := make([]byte, len(mark))
	n, err := file.ReadAt(head, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		err = cli.Environmental(files.Plain(err))
	case !strings.HasPrefix(mark, string(head[:n])): // a crash may have cut it short
		err = cli.Usage("%s is no %s, and nothing is added to it", path, what).Hint("name another file")
	default:
		return file, nil
	}
	return nil, errors.Join(err, file.Close())
}
