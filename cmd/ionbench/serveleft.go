package main

import (
	"context"
	"errors"
	"fmt"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/reproduce"
	"ionbench/simulator/serve"
)

// serveLeft serves the meter as a candidate left it, until ctx ends. It prints the port alone
// on a line of standard output, for scripts.
func (f *reproduceFlags) serveLeft(ctx context.Context, c *cli.Call, r *reproduce.Result, candidate *reproduce.Candidate) error {
	left, err := r.Left(candidate)
	if err != nil {
		return err
	}
	m, said := left.Meter(), left.World().Meters[0]
	config := serve.Config{PTY: f.serve == "pty", Link: f.link, Baud: said.Baud}
	if f.serve == "tcp" {
		config.TCP = f.tcp
	}
	err = left.Serve(ctx, config, func(server *serve.Server) {
		port := server.PTY()
		if a := server.Addr(); a != nil {
			port = a.String()
		}
		c.Print(port + "\n")
		c.Note("the ION %v %s, unit %d, as it was left: %v, its display shows %q; Ctrl-C ends it",
			said.Model, said.SerialNumber, said.UnitID, m.State(), m.Panel().LCD)
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("--serve %s: %w", f.serve, err)
}
