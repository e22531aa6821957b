package main

import (
	"context"
	"errors"
	"fmt"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
)

// conclude ends a session: its error gets the next steps, and with --json the last object
// is printed.
func (s *session) conclude(err error, f *lineFlags, firmwarePath string) error {
	err = s.withNextSteps(err, f, firmwarePath)
	s.report.finished(err)
	return err
}

func (s *session) withNextSteps(err error, f *lineFlags, firmwarePath string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errEndedAtOnce) || errors.Is(err, context.Canceled) {
		err = errEndedAtOnce
	}
	if s.touched && s.task != client.TaskIdentify {
		return cli.WithHints(err, s.recoverySteps(f, firmwarePath)...)
	}
	if errors.Is(err, client.ErrAborted) || errors.Is(err, errEndedAtOnce) {
		return s.explainAbort(err)
	}
	return cli.WithHints(err, plainHint(err, s.recoverCommand(f, firmwarePath))...)
}

// explainAbort is for an end that left the meter as it was.
func (s *session) explainAbort(err error) error {
	if s.leaving && !s.aborted {
		return cli.WithHints(fmt.Errorf("%w: a question was not answered; nothing was changed", err),
			"answer at the terminal, or answer yes to every question with --yes")
	}
	if s.task == client.TaskUpgrade || s.task == client.TaskRecover {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	return err
}

// recoverySteps says how to go on with a meter that may be in download state.
func (s *session) recoverySteps(f *lineFlags, firmwarePath string) []string {
	steps := []string{
		"a meter that shows \"Upgrading…\" waits in download state: see to cable and power, do not power-cycle it",
		"go on with: " + s.recoverCommand(f, firmwarePath),
	}
	if s.kept != "" {
		steps = append(steps, "its settings are kept in "+s.kept+" and will be offered then")
	}
	return steps
}

func (s *session) recoverCommand(f *lineFlags, firmwarePath string) string {
	if firmwarePath == "" {
		firmwarePath = "FILE.upg"
	}
	return f.commandLine("recover", s.target, firmwarePath, f.recovery...)
}

// plainHint is the next step after an error that changed nothing.
func plainHint(err error, recover string) []string {
	switch {
	case cli.Hints(err) != nil:
		return nil
	case errors.Is(err, client.ErrPassword):
		return []string{"give it with --password; the factory sets it to 0"}
	case errors.Is(err, client.ErrDownloadState):
		return []string{"recover it with: " + recover}
	case errors.Is(err, client.ErrWrongProduct):
		return []string{"ionup inspect FILE.upg shows what a file is for, ionup identify what the meter is"}
	case errors.Is(err, client.ErrWrongSerial), errors.Is(err, client.ErrWrongUnit):
		return []string{"ionup identify shows the meter that answers"}
	case errors.Is(err, client.ErrNoPersistence):
		return []string{"name another folder with --journal DIR, or do without it: --no-journal"}
	}
	return nil
}
