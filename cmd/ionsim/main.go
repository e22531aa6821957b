// Command ionsim is a virtual ION 7300, 7330 or 7350 that anything can connect to, over a
// pseudo-terminal or TCP, in real time: the meter that a firmware upgrade is tried on, with
// its line and with the faults that befall them. Run it with --help for the manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Whoever reads the events may stop reading; the meter goes on.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
