package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ionbench/client/port"
	"ionbench/simulator/machine"
)

// opened is a connection that drive has not taken yet.
type opened struct {
	conn io.ReadWriteCloser
	then func(now time.Duration, err error) // is told when drive takes it
}

func (o opened) close() {
	if o.conn != nil {
		o.conn.Close()
	}
}

// drive connects the tool to one connection after another until it is done: a connection that
// broke, or a port that has vanished, is a missing answer, and is opened again. It stops at once when
// ctx ends. While there is no connection the tool's time goes on without one.
func (s *session) drive(ctx context.Context) {
	for !s.tool.Done() {
		if ctx.Err() != nil {
			s.tool.Quit()
			return
		}
		if s.next.conn == nil {
			// Nothing is lost on it: it ends when ctx does or there is a connection.
			_ = s.driveOver(ctx, machine.Nowhere(), func() bool { return s.next.conn != nil })
			continue
		}
		line := s.next
		s.next = opened{}
		s.opened = s.clock.Now()
		line.then(s.opened, nil)
		err := s.driveOver(ctx, heard{s.capture.over(line.conn), &s.ear}, func() bool { return s.detach })
		if err != nil && ctx.Err() == nil {
			s.lose(s.clock.Now(), err)
		}
	}
}

// driveOver runs the tool over conn until it is done, or enough says so.
func (s *session) driveOver(ctx context.Context, conn io.ReadWriteCloser, enough func() bool) error {
	return machine.Drive(ctx, s.tool, conn, machine.Options{
		Clock: s.clock, Commands: s.commands,
		Step: func(now time.Duration) bool {
			s.step(now)
			return s.tool.Done() || enough()
		},
	})
}

// connect opens the session's target, and waits for it as long as a allows. It calls then when the
// tool can use the connection, or with the reason why there is none. Only the latest call counts.
func (s *session) connect(a *attempt, then func(now time.Duration, err error)) {
	s.dials++
	s.dial(s.target, s.dials, a, then)
}

func (s *session) dial(t target, n int, a *attempt, then func(now time.Duration, err error)) {
	if err := s.takePort(t); err != nil {
		now := s.clock.Now()
		if !s.tryAgain(a, now, err, func(time.Duration) { s.redial(t, n, a, then) }) {
			then(now, a.explain(err))
		}
		return
	}
	go func() {
		conn, err := port.Open(port.Config{Port: t.port, Baud: t.baud, TCP: t.tcp, Phone: t.phone})
		line := opened{conn, then}
		select {
		case s.commands <- func(now time.Duration) {
			switch {
			case s.tool.Done() || n != s.dials:
				line.close()
			case s.tryAgain(a, now, err, func(time.Duration) { s.redial(t, n, a, then) }):
			case err != nil:
				then(now, a.explain(err))
			default:
				s.next = line
			}
		}:
		case <-s.ended:
			line.close()
		}
	}()
}

// redial is dial for a call that still counts.
func (s *session) redial(t target, n int, a *attempt, then func(now time.Duration, err error)) {
	if n == s.dials {
		s.dial(t, n, a, then)
	}
}

// takePort keeps other runs of ionup from a serial port, and says which one has it.
func (s *session) takePort(t target) error {
	if t.tcp != "" || port.IsRemote(t.port) {
		s.process.ClosePort(&s.keeper)
		return nil
	}
	if err := leftBehind(t.port); err != nil {
		return err
	}
	if err := s.process.Port(&s.keeper, device(t.port)); err != nil {
		return fmt.Errorf("%w: %v is %w", port.ErrBusy, t, err)
	}
	return nil
}

// reconnect opens the connection again that broke. That it is lost is told once, until it is there again;
// one that somebody else has was none.
func (s *session) reconnect(cause error) {
	if !s.broken && (s.ear.answered() || !errors.Is(cause, port.ErrBusy)) {
		s.broken = true
		s.report.connection(cause)
	}
	s.came = s.ear.count()
	s.connect(&attempt{}, func(now time.Duration, err error) {
		if !errors.Is(cause, port.ErrBusy) {
			s.isBack(err == nil)
		}
		s.tool.Reconnected(now, err)
	})
}

// isBack tells that the connection is there again, if it is. One that was closed before a byte came, as
// by a port that somebody else has, is there only when a byte has come.
func (s *session) isBack(there bool) {
	if there = there || s.ear.count() > s.came; s.broken && there {
		s.broken = false
		s.report.connection(nil)
	}
}
