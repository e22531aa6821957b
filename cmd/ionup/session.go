package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// errEndedAtOnce is a second Ctrl-C.
var errEndedAtOnce = errors.New("ended at once")

// person answers the upgrader's prompts: from the flags, or at the terminal.
type person interface {
	// asked answers a prompt, now or later.
	asked(now time.Duration, e client.Event)
	// unanswered tells that the input ended at the question that stands: nobody is there
	// any more, and every further prompt is to be answered by leaving.
	unanswered(now time.Duration)
}

// session is one process of the tool in real time. After newSession everything in it
// belongs to the goroutine that calls run; others reach it with post.
type session struct {
	upgrader *client.Upgrader
	task     client.Task
	clock    machine.Clock
	call     *cli.Call
	report   report
	person   person
	asking   asking
	log      logFile
	journals journals
	yes      bool

	commands chan func(now time.Duration)
	ended    chan struct{} // closed when nobody takes commands any more

	target  target
	conn    io.ReadWriteCloser // to be driven next
	detach  bool               // the person is choosing a connection: the one before is closed
	started bool
	over    bool
	err     error
	aborted bool // by Ctrl-C
	leaving bool // every further prompt is answered by leaving
	logErr  error

	found    *client.Journal // offered to the person
	device   client.Device
	settings *ion.Settings
	// touched: the meter was told to enter download state, or was found in it, so that a
	// failure has to be recovered from.
	touched  bool
	kept     string // the journal that waits on disk
	restored bool
}

// sessionConfig is what a command makes a session of.
type sessionConfig struct {
	client   client.Config
	task     client.Task
	target   target
	json     bool
	yes      bool
	logPath  string
	journals journals
}

func newSession(p *program, c sessionConfig) (*session, error) {
	u, err := client.New(c.client)
	if err != nil {
		return nil, cli.Unusable(err)
	}
	s := &session{
		upgrader: u,
		task:     c.task,
		call:     p.call,
		target:   c.target,
		clock:    machine.WallClock(),
		log:      logFile{path: c.logPath},
		journals: c.journals,
		yes:      c.yes,
		commands: make(chan func(time.Duration)),
		ended:    make(chan struct{}),
	}
	s.asking = asking{in: p.stdin, post: s.post, ended: s.inputEnded}
	if c.json {
		s.report = newJSONReport(p.stdout, c.client.Start, s.clock)
	} else {
		s.report = newTextReport(p.stdout, p.stderr, p.call.Columns)
	}
	return s, nil
}

// post gives the session's goroutine something to do.
func (s *session) post(f func(now time.Duration)) {
	select {
	case s.commands <- f:
	case <-s.ended:
	}
}

// run carries the task out. The error has the next steps with it.
func (s *session) run(ctx context.Context, interrupts <-chan os.Signal) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watch(interrupts, cancel)
	}()
	err := s.drive(ctx)
	close(s.ended)
	<-watched
	s.asking.close()
	if s.conn != nil {
		s.conn.Close()
	}
	if closing := s.log.close(); closing != nil {
		s.report.warning("log: " + closing.Error())
	}
	return err
}

// watch waits for Ctrl-C: the first aborts, the second ends at once.
func (s *session) watch(interrupts <-chan os.Signal, cancel context.CancelCauseFunc) {
	select {
	case <-interrupts:
	case <-s.ended:
		return
	}
	select {
	case s.commands <- s.abort:
	case <-interrupts:
		cancel(errEndedAtOnce)
		return
	case <-s.ended:
		return
	}
	select {
	case <-interrupts:
		cancel(errEndedAtOnce)
	case <-s.ended:
	}
}

// drive joins the upgrader with its connections, one after another, until it is done.
func (s *session) drive(ctx context.Context) error {
	for !s.over {
		if s.conn == nil {
			if err := s.wait(ctx); err != nil {
				return err
			}
			continue
		}
		conn := s.conn
		s.conn = nil
		err := machine.Drive(ctx, s.upgrader, conn, machine.Options{Clock: s.clock, Step: s.step, Commands: s.commands})
		switch {
		case ctx.Err() != nil && !s.over:
			return context.Cause(ctx)
		case err != nil && !s.over:
			now := s.clock.Now()
			s.upgrader.Lost(now, err)
			s.step(now)
		}
	}
	return s.err
}

// wait takes one command while there is no connection.
func (s *session) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case command := <-s.commands:
		now := s.clock.Now()
		command(now)
		s.step(now)
		return nil
	}
}

// connect opens the session's target and goes on with then once it is open.
func (s *session) connect(then func(now time.Duration, err error)) {
	t := s.target
	go func() {
		conn, err := port.Open(port.Config{Port: t.port, Baud: t.baud, TCP: t.tcp})
		if err != nil {
			s.post(func(now time.Duration) { then(now, err) })
			return
		}
		select {
		case s.commands <- func(now time.Duration) {
			if s.over {
				conn.Close()
				return
			}
			s.conn = conn
			then(now, nil)
		}:
		case <-s.ended:
			conn.Close()
		}
	}()
}

// begin connects and starts the task.
func (s *session) begin() {
	s.connect(func(now time.Duration, err error) {
		switch {
		case s.over:
		case err != nil:
			s.finish(cli.Environmental(err))
		default:
			s.call.Begin()
			s.started = true
			s.upgrader.Start(now, s.task)
		}
	})
}

// beginAlone starts a task that asks for its connection itself.
func (s *session) beginAlone() {
	s.started = true
	s.upgrader.Start(s.clock.Now(), s.task)
	s.step(s.clock.Now())
}

func (s *session) finish(err error) {
	s.over, s.err = true, err
	if s.logErr != nil {
		s.err = s.logErr
	}
	if s.aborted {
		s.err = client.ErrAborted
	}
}

// abort is Ctrl-C: the article's Abort button, and then out of the tool.
func (s *session) abort(now time.Duration) {
	if s.over {
		return
	}
	s.aborted = true
	s.leave(now)
}

// inputEnded: nobody is there to answer.
func (s *session) inputEnded(now time.Duration) {
	if s.asking.then == nil || s.leaving || s.over {
		return
	}
	s.asking.forget()
	s.leaving = true
	s.person.unanswered(now)
}

// leave ends what is going on; the prompts that follow are answered by leaving.
func (s *session) leave(now time.Duration) {
	s.leaving = true
	s.asking.forget()
	if !s.started {
		s.finish(client.ErrAborted)
		return
	}
	s.upgrader.Abort(now)
}

// step takes what the upgrader has to tell.
func (s *session) step(now time.Duration) (done bool) {
	for e, ok := s.upgrader.NextEvent(); ok; e, ok = s.upgrader.NextEvent() {
		s.hear(now, e)
	}
	return s.over || s.detach
}

func (s *session) hear(now time.Duration, e client.Event) {
	switch e.Kind {
	case client.EventLog:
		s.takeLog(now, e.Line)
	case client.EventPrompt:
		s.person.asked(now, e)
	case client.EventStep:
		s.touched = s.touched || e.Step.LeavesApplication() && s.logErr == nil
		s.report.step(e.Step)
	case client.EventProgress:
		s.report.progress(now, e.Done, e.Total, s.upgrader.Counts())
	case client.EventDevice:
		s.device, s.touched = e.Device, e.Device.Download
		s.report.device(e.Device)
	case client.EventSettings:
		s.settings = e.Settings
		s.report.settings(e.Settings)
	case client.EventSaveJournal, client.EventLoadJournal, client.EventRemoveJournal:
		s.takeJournal(now, e)
	case client.EventFinished:
		s.finish(e.Err)
	}
}

// takeLog adds a line to the log. A log that fails ends an upgrade that has not changed
// anything yet; afterwards the meter is worth more than the log.
func (s *session) takeLog(now time.Duration, line upgradelog.Line) {
	switch line.Kind {
	case upgradelog.UpgradeStarted:
		s.restored = false
	case upgradelog.SettingsRestored:
		s.restored = true
	case upgradelog.UpgradeCompleted:
		s.touched = false
	}
	s.report.log(line.String())
	if s.logErr != nil {
		return
	}
	if s.logErr = s.log.append(line); s.logErr == nil {
		return
	}
	if s.touched {
		s.report.warning(s.logErr.Error() + "; the upgrade goes on without it")
		return
	}
	s.logErr = cli.WithHints(fmt.Errorf("%w; nothing was changed", s.logErr), "name another log with --log FILE")
	s.leave(now)
}

func (s *session) takeJournal(now time.Duration, e client.Event) {
	path := s.journals.path(e.Device.SerialNumber)
	switch e.Kind {
	case client.EventLoadJournal:
		j, err := s.journals.load(e.Device.SerialNumber)
		if s.found = j; j != nil {
			s.kept = path
			s.report.journal(journalFound, path, j.Saved)
		}
		s.upgrader.Loaded(now, j, err)
	case client.EventSaveJournal:
		err := s.journals.save(e.Journal)
		if err == nil {
			s.kept = path
			s.report.journal(journalSaved, path, e.Journal.Saved)
		}
		s.upgrader.Saved(now, err)
	case client.EventRemoveJournal:
		if err := s.journals.remove(e.Device.SerialNumber); err != nil {
			s.report.warning("the journal has served and cannot be removed: " + err.Error())
			return
		}
		s.kept = ""
		s.report.journal(journalRemoved, path, e.Journal.Saved)
	}
}

// putQuestion asks the person until the answer is one.
func (s *session) putQuestion(q question, then func(now time.Duration, answer string)) {
	s.report.question(q)
	s.asking.ask(func(now time.Duration, line string) {
		answer, ok := q.read(line)
		if !ok {
			s.report.warning(q.problem(line))
			s.putQuestion(q, then)
			return
		}
		then(now, answer)
	})
}

// answer answers the prompt that stands.
func (s *session) answer(now time.Duration, a client.Answer) { s.upgrader.Answer(now, a) }

// The words of yes-or-no questions.
const (
	yes = "yes"
	no  = "no"
)

// offerJournal asks whether settings that wait on disk shall be restored.
func (s *session) offerJournal(now time.Duration) {
	q := question{
		prompt: client.RestoreSettings,
		text: fmt.Sprintf("The settings of %s were kept on %s, before an upgrade that did not end.\nWrite them back at the end of this one?",
			printable(s.found.SerialNumber), s.found.Saved.Local().Format("2006-01-02 15:04:05")),
		choices: []string{yes, no},
	}
	if s.yes {
		s.report.question(q)
		s.report.answered(q, yes)
		s.answer(now, client.Answer{Choice: client.OK})
		return
	}
	s.putQuestion(q, func(now time.Duration, answer string) {
		choice := client.OK
		if answer == no {
			choice = client.Cancel
		}
		s.answer(now, client.Answer{Choice: choice})
	})
}
