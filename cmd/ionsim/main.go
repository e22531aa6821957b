// Command ionsim is a virtual ION 7300, 7330 or 7350 that anything can connect to, over a
// pseudo-terminal or TCP, in real time: the meter that a firmware upgrade is tried on, with
// its line and with the faults that befall them. Run it with --help for the manual.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"ionbench/cmd/internal/cli"
)

func main() {
	// Whoever reads the events may stop reading; the meter goes on.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(int(run(cli.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)))
}

// run is the whole program. It ends when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) cli.Status {
	return program(newOptions(), stdout).Run(ctx, cli.Streams{Out: stdout, Err: stderr}, args)
}
