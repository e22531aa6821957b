package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"ionbench/client"
)

func identifyCommand() command {
	return command{
		name:  "identify",
		brief: "tell which meter is at the other end, and in which state",
		help: `
Usage: ionup identify (--port PATH | --tcp ADDR) [FLAG...]

Tells which meter is at the other end: its model, serial number, firmware and template,
and whether it is in download state, which means that a firmware upgrade did not end.
Nothing in the meter is changed.

Examples:
  ionup identify --port /dev/ttyUSB0 --unit-id 105
  ionup identify --tcp 127.0.0.1:7801 --unit-id 105 --json
` + jsonManual,
		prepare: func(flags *pflag.FlagSet) action {
			f := addLineFlags(flags)
			return func(ctx context.Context, p *program, args []string) error {
				return identify(ctx, p, f, args)
			}
		},
	}
}

func identify(ctx context.Context, p *program, f *lineFlags, args []string) error {
	if err := noArguments("identify", args); err != nil {
		return err
	}
	s, err := newLineSession(p, f, client.TaskIdentify)
	if err != nil {
		return err
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil {
		return err
	}
	if f.json {
		return nil
	}
	if err := p.print(deviceText(s.device)); err != nil {
		return err
	}
	if s.device.Download {
		p.hint("recover it with: " + s.recoverCommand(f, ""))
	}
	return nil
}

// newLineSession is a session for a task that needs the meter alone.
func newLineSession(p *program, f *lineFlags, task client.Task) (*session, error) {
	t, err := f.target()
	if err != nil {
		return nil, err
	}
	cfg, err := f.config(p.timing, time.Now())
	if err != nil {
		return nil, err
	}
	return newSession(p, sessionConfig{client: cfg, task: task, target: t, json: f.json})
}

// perform runs a task over the connection that the flags name.
func (s *session) perform(ctx context.Context, p *program, f *lineFlags, firmwarePath string) error {
	s.begin()
	return s.conclude(s.run(ctx, p.interrupts), f, firmwarePath)
}
