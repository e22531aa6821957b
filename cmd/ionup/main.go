// Ionup upgrades the firmware of an ION 73xx meter and recovers it after an upgrade that
// failed, as article FA212301 describes it for the vendor's tool. `ionup --help` is its
// manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ionbench/cmd/internal/cli"
)

func main() {
	// If the reader of the output goes away, the upgrade must go on.
	signal.Ignore(syscall.SIGPIPE)
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, cli.Endings()...)
	os.Exit(int(newProgram(os.Stdin, os.Stdout, os.Stderr, interrupts).run(context.Background(), os.Args[1:])))
}
