// Command ionsim is a virtual ION 7300, 7330 or 7350 that any program can connect to, over a
// pseudo-terminal, TCP, RFC 2217 or a serial port, in real time. It is a meter to try a firmware
// upgrade on, with its line and with faults of both. As ionsim proxy it stands between a tool and a
// meter that is real. Run it with --help for the manual.
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
	// A reader of the events may go away; the meter must go on.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(int(run(cli.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)))
}

// run is the whole program. It ends with ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) cli.Status {
	return program(newOptions(), stdout).Run(ctx, cli.Streams{Out: stdout, Err: stderr}, args)
}
