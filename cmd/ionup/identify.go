package main

import (
	"context"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

func (p *program) identifyCommand() *cli.Command {
	f := p.newLineFlags()
	return &cli.Command{
		Name: "identify", Brief: "tell which meter is at the other end, and in which state",
		Help: `
Tells which meter is at the other end: its model, serial number, firmware and template,
and whether it is in download state, which means that a firmware upgrade did not end.
Nothing in the meter is changed.
`,
		Usage: aConnection, Flags: cli.Plain(f.list()...),
		Examples: `
  ionup identify --port /dev/ttyUSB0 --unit-id 105
  ionup identify --tcp 127.0.0.1:7801 --unit-id 105 --json
`,
		Notes: jsonManual,
		Run:   func(ctx context.Context, _ *cli.Call) error { return identify(ctx, p, f) },
	}
}

func identify(ctx context.Context, p *program, f *lineFlags) error {
	s, err := newLineSession(p, f, client.TaskIdentify)
	if err != nil {
		return err
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	p.call.Print(deviceText(s.device))
	if s.device.Download {
		p.call.Hint("recover it with: " + s.recoverCommand(f, ""))
	}
	return nil
}

// newLineSession makes a session for a task that needs only the meter, no log and no journal.
func newLineSession(p *program, f *lineFlags, task client.Task, args ...files.Role) (*session, error) {
	t, err := f.target()
	if err != nil {
		return nil, err
	}
	config, err := f.config(p.now())
	if err != nil {
		return nil, err
	}
	return newSession(p, sessionConfig{client: config, task: task, target: t, json: f.json, locks: f.locks, wait: f.wait, capture: f.capture, args: f.roles(args)})
}

// perform runs a task over the connection that the flags name.
func (s *session) perform(ctx context.Context, p *program, f *lineFlags, firmwarePath string) error {
	if err := s.openCapture(); err != nil {
		return s.refuse(err)
	}
	s.begin()
	s.run(ctx, p.interrupts)
	return s.conclude(f, firmwarePath)
}
