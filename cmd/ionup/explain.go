package main

import (
	"errors"
	"fmt"

	"ionbench/client"
	"ionbench/client/locks"
	"ionbench/client/port"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
)

// refuse ends a session before it begins, because a file that the person named cannot be used.
func (s *session) refuse(err error) error {
	s.report.finished(err)
	return err
}

// toAnswer is the hint for questions without an answer.
const toAnswer = "answer at the terminal, or answer yes to every question with --yes"

// conclude reports how the session has ended; with --json this is the last object. The error
// it returns has hints on what to do next.
func (s *session) conclude(f *lineFlags, firmwarePath string) error {
	end := s.tool.End()
	if end.Status != client.StatusEnvironment {
		s.call.Begin()
	}
	if end.Log != nil {
		s.report.warning(fmt.Sprintf("the upgrade has succeeded, and its log is not complete: %v; %s", end.Log, s.log.missing()))
	}
	err := s.explain(end, f, firmwarePath)
	s.report.finished(err)
	return s.withUntold(err)
}

// withUntold adds that standard output lacks something, say because its disk is full. Where that
// was all that was wanted, it is a failure.
func (s *session) withUntold(err error) error {
	switch {
	case s.told.err == nil:
		return err
	case err == nil && (s.task == client.TaskIdentify || s.task == client.TaskReadSettings):
		return fmt.Errorf("standard output: %w", s.told.err)
	case err == nil:
		s.call.Note("warning: it has succeeded, and not all of that was told: standard output: %v", s.told.err) // not there
	}
	return err
}

// explain returns the error of an end, with its exit status and hints.
func (s *session) explain(end client.End, f *lineFlags, firmwarePath string) error {
	if end.Status == client.StatusDone && s.gaveUp {
		return cli.Unusable(fmt.Errorf("%d answers in a row led nowhere; %s", mostRepeats, untilThen(end))).Hint(toAnswer)
	}
	if end.Status == client.StatusDone && s.unheard {
		return cli.Unusable(fmt.Errorf("standard input ended before a question was answered; %s", untilThen(end))).Hint("answer at the terminal, or with a line for each question: ionup connect --help shows an example")
	}
	if end.Status == client.StatusDone {
		return nil
	}
	err := s.ear.explain(end.Err)
	var silent *client.NoAnswerError
	if end.Advice == client.NoAdvice && errors.As(end.Err, &silent) && errors.Is(silent.Cause, port.ErrBusy) {
		err = fmt.Errorf("%d requests were not taken: %w", silent.Requests, silent.Cause) // the meter and its cable may be all right
	}
	switch end.Advice {
	case client.AdviceAnswer:
		err = fmt.Errorf("%w: a question was not answered; %s", err, untilThen(end))
	case client.AdviceAgain:
		err = fmt.Errorf("%w; nothing was changed", err)
	}
	return cli.WithStatus(err, statusOf(end), s.nextSteps(end, f, firmwarePath)...)
}

// untilThen says what stands of a session that a missing answer has ended.
func untilThen(end client.End) string {
	if end.Changed {
		return "what was done before that is done"
	}
	return "nothing was changed"
}

// statusOf returns the exit status of a session that did not succeed. If the cause is a wrong
// name, the status is wrong usage and not the environment.
func statusOf(end client.End) cli.Status {
	if end.Status == client.StatusEnvironment && cli.StatusOf(end.Err) == cli.Misused {
		return cli.Misused
	}
	return cli.Status(end.Status)
}

// nextSteps puts the advice of an end into words.
func (s *session) nextSteps(end client.End, f *lineFlags, firmwarePath string) []string {
	switch end.Advice {
	case client.NoAdvice:
		if errors.Is(end.Err, port.ErrBusy) {
			return s.whoHasThePort()
		}
	case client.AdviceRecover:
		return s.recoverySteps(end, f, firmwarePath)
	case client.AdviceOtherLog:
		return s.otherLog(end)
	case client.AdviceAnswer:
		return []string{toAnswer}
	case client.AdvicePassword:
		return []string{"give it with --password, --password-file or IONUP_PASSWORD; the factory sets it to 0"}
	case client.AdviceRecoverFirst:
		return []string{"recover it with: " + s.recoverCommand(f, firmwarePath)}
	case client.AdviceOtherFile:
		return []string{"ionup inspect FILE.upg shows what a file is for, ionup identify what the meter is"}
	case client.AdviceCheckMeter:
		return []string{"ionup identify shows the meter that answers"}
	case client.AdviceWait:
		return []string{"wait until the other one has ended"}
	case client.AdviceOtherFolder:
		return []string{"name another folder with --journal DIR, or do without it: --no-journal"}
	}
	return nil
}

// whoHasThePort says what to do about a port that somebody else uses.
func (s *session) whoHasThePort() []string {
	if s.target.tcp == "" {
		return []string{"wait until the other one has ended, or let ionup wait for it: --wait 1m"}
	}
	return []string{
		"whoever has the port is named where it is served; end that one, or let a new one take the port over, as ionsim --takeover and many serial servers do",
		"or let ionup wait for it: --wait 1m",
	}
}

// otherLog says what to do about a log that cannot be written.
func (s *session) otherLog(end client.End) []string {
	var used *locks.InUseError
	switch {
	case !errors.As(end.Err, &used):
		return []string{"name another log with --log FILE"}
	case s.log.book.PerMeter():
		return []string{"wait until the other one has ended, or name another log with --log FILE"}
	}
	return []string{"wait until the other one has ended, or let each meter have a log of its own: --log '" + upgradelog.SerialMark + ".log'"}
}

// recoverySteps says how to go on with a meter that may be in download state.
func (s *session) recoverySteps(end client.End, f *lineFlags, firmwarePath string) []string {
	steps := []string{
		"a meter that shows \"Upgrading…\" waits in download state: see to cable and power, do not power-cycle it",
		"go on with: " + s.recoverCommand(f, firmwarePath),
	}
	if end.Kept {
		steps = append(steps, "its settings are kept in "+s.journal+" and will be offered then")
	}
	return steps
}

func (s *session) recoverCommand(f *lineFlags, firmwarePath string) string {
	if firmwarePath == "" {
		firmwarePath = "FILE.upg"
	}
	return f.commandLine("recover", s.target, firmwarePath, f.recovery...)
}
