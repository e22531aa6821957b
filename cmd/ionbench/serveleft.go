package main

import (
	"context"
	"errors"
	"fmt"

	"ionbench/scenarios/reproduce"
	"ionbench/simulator/serve"
)

// serveLeft serves the meter as a candidate left it, until ctx ends. The port is a line on
// standard output of its own, for scripts.
func (f *reproduceFlags) serveLeft(ctx context.Context, s streams, r *reproduce.Result, c *reproduce.Candidate) error {
	left, err := r.Left(c)
	if err != nil {
		return err
	}
	config := serve.Config{PTY: f.serve == "pty", Link: f.link}
	if f.serve == "tcp" {
		config.TCP = f.tcp
	}
	m := left.Meter()
	err = left.Serve(ctx, config, func(server *serve.Server) {
		port := server.PTY()
		if a := server.Addr(); a != nil {
			port = a.String()
		}
		fmt.Fprintln(s.out, port)
		fmt.Fprintf(s.err, "ionbench: the ION %v %s, unit %d, as it was left: %v, its display shows %q; Ctrl-C ends it\n",
			left.Setup().Model, left.Setup().SerialNumber, left.Setup().UnitID, m.State(), m.Panel().LCD)
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("--serve %s: %w", f.serve, err)
}
