package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/locks"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/capturing"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/terminal"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// person answers the tool's prompts: from the flags, or at the terminal.
type person interface {
	// asked answers a prompt, now or later.
	asked(now time.Duration, e client.Event)
}

// session runs the tool once in real time, with its connection, the terminal and the files.
// After newSession only the goroutine that calls run may use it; others use post.
type session struct {
	tool     *client.Session
	task     client.Task
	clock    machine.Clock
	call     *cli.Call
	report   report
	told     told // what the report writes to standard output
	person   person
	asking   asking
	again    repeats
	gaveUp   bool           // because of them
	wanted   ion.SettingSet // of those that are read
	log      logFile
	roles    files.Roles // of all files that were named when the session began
	keeper   keeper
	process  locks.Process
	ear      ear
	journals journals
	yes      bool
	wait     time.Duration // for each thing that is not there yet, or in use (--wait)

	commands chan func(now time.Duration)
	ended    chan struct{} // closed when commands are no longer taken

	capture wireCapture

	target  target
	next    opened        // the connection that drive uses next
	dials   int           // connections that were asked for
	broken  bool          // it was told that the connection is lost
	came    int           // bytes before it was opened again
	opened  time.Duration // when the connection was that is used
	knock   *knocking     // not nil: the port closes every connection unheard
	unheard bool          // the input ended before its first line
	detach  bool          // the person chooses a new connection, so the old one is closed

	device   client.Device
	sectors  int           // of the flash that is being cleared, as far as known
	doing    client.Step   // what is done; NoStep: nothing yet
	heard    time.Duration // when something was last told
	still    time.Duration // how long nothing may be told
	waited   time.Duration // when it was last told that something is waited for
	settings *ion.Settings
	journal  string // path of the journal that was last found or saved
}

// sessionConfig is what a command gives to newSession.
type sessionConfig struct {
	client   client.Config
	task     client.Task
	paste    ion.Groups // settings that an upgrade restores
	target   target
	json     bool
	yes      bool
	logPath  string
	locks    string // folder
	journals journals
	wait     time.Duration // for each thing that is not there yet or in use
	capture  string        // file for what goes over the line, - for standard output; empty for none
	args     []files.Role  // of the files that are named otherwise
}

// roles are those of the files that are known now, but for the log: a file that would be two things is refused.
// The log of a meter is looked at again when it is known, and what a person chooses then.
func (c *sessionConfig) roles(p *program) (roles files.Roles, err error) {
	locked := cmp.Or(c.locks, p.locks)
	all := append(c.args,
		files.Reads("--port", c.target.port),
		files.Folder("--locks", locked, ".lock"),
	)
	// In the folder of the locks it is one of them, as which it is kept from being anything else.
	if c.target.port != "" && !files.Identify(filepath.Dir(c.target.port)).Is(files.Identify(locked)) {
		all = append(all, files.Reads("the lock of --port", c.target.port+".lock"))
	}
	if c.capture != capturing.Stdout {
		all = append(all, files.Written("--capture", c.capture))
	}
	if c.journals.folder != "" {
		all = append(all, files.Folder("--journal", c.journals.folder, journal.Ending))
	}
	return roles, roles.Take(all...)
}

func newSession(p *program, c sessionConfig) (*session, error) {
	stdout := p.stdout
	roles, err := c.roles(p)
	if err != nil {
		return nil, err
	}
	if err := capturing.Check(c.capture, c.json); err != nil {
		return nil, err
	}
	if c.capture == capturing.Stdout {
		if _, err := p.call.Divert("--capture"); err != nil {
			return nil, err
		}
		stdout = p.call.Out
	}
	u, err := client.New(c.client)
	if err != nil {
		return nil, cli.Unusable(err)
	}
	s := &session{
		tool:     client.NewSession(u, c.paste),
		task:     c.task,
		call:     p.call,
		target:   c.target,
		clock:    machine.WallClock(),
		journals: c.journals,
		yes:      c.yes,
		still:    p.still,
		commands: make(chan func(time.Duration)),
		ended:    make(chan struct{}),
	}
	s.wait, s.roles = c.wait, append(files.Roles(nil), roles...)
	if err := s.roles.Take(files.Written("--log", c.logPath)); err != nil {
		return nil, err
	}
	s.capture = wireCapture{path: c.capture, stdout: p.stdout, command: p.command, unit: c.client.UnitID, start: c.client.Start}
	s.keeper = keeper{disk: p.disk, folder: cmp.Or(c.locks, p.locks), warn: func(text string) { s.report.warning(text) }}
	s.process.By = holder(p.command, p.now())
	s.log = logFile{disk: p.disk, keeper: &s.keeper, process: &s.process, book: upgradelog.Book{Name: c.logPath}, roles: roles}
	s.asking = asking{in: p.stdin, post: s.post, ended: s.inputEnded}
	s.told.out = stdout
	if c.json {
		s.report = newJSONReport(&s.told, c.client.Start, s.clock)
	} else {
		s.report = newTextReport(&s.told, p.stderr, p.call.Columns)
	}
	return s, nil
}

// post runs f on the session's goroutine.
func (s *session) post(f func(now time.Duration)) {
	select {
	case s.commands <- f:
	case <-s.ended:
	}
}

// run runs the task to its end.
func (s *session) run(ctx context.Context, interrupts <-chan os.Signal) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watchers sync.WaitGroup
	watchers.Go(func() { s.watch(interrupts, cancel) })
	watchers.Go(s.watchTime)
	s.drive(ctx)
	close(s.ended)
	watchers.Wait()
	s.asking.close()
	s.next.close()
	s.letGo()
}

// letGo ends capture and log, and lets others have what this process held.
func (s *session) letGo() {
	s.endCapture()
	if closing := s.log.end(); closing != nil {
		s.report.warning("log: " + closing.Error())
	}
	s.process.End(&s.keeper)
}

// watch waits for Ctrl-C or another ending: the first aborts, a second one that hurries ends the
// session at once.
func (s *session) watch(interrupts <-chan os.Signal, cancel context.CancelFunc) {
	select {
	case <-interrupts:
	case <-s.ended:
		return
	}
	for commands := s.commands; ; {
		select {
		case commands <- s.abort:
			commands = nil
		case sign := <-interrupts:
			if cli.Hurries(sign) {
				cancel()
				return
			}
		case <-s.ended:
			return
		}
	}
}

// watchTime tells that something is waited for, if nothing else is told. It looks more often than it tells:
// what is waited for did not begin at one of its ticks.
func (s *session) watchTime() {
	const looks = 10
	ticks := time.NewTicker(max(1, s.still/looks))
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			s.post(s.tellWaiting)
		case <-s.ended:
			return
		}
	}
}

func (s *session) tellWaiting(now time.Duration) {
	if s.asking.then != nil || now-max(s.heard, s.waited) < s.still || s.tool.Done() {
		return
	}
	s.waited = now
	what := "connecting to " + s.target.String()
	if s.doing != client.NoStep && s.knock == nil {
		what = s.doing.String()
	}
	s.report.waiting(what, now-s.heard)
}

// begin connects and starts the task.
func (s *session) begin() {
	s.connect(&attempt{limit: s.wait}, func(now time.Duration, err error) {
		if err != nil {
			s.tool.NotConnected(err)
			return
		}
		s.tool.Start(now, s.task)
	})
}

// beginAlone starts a task that asks the person for the connection itself.
func (s *session) beginAlone() {
	s.tool.Start(s.clock.Now(), s.task)
	s.step(s.clock.Now())
}

// abort handles the first Ctrl-C.
func (s *session) abort(now time.Duration) {
	s.asking.forget()
	s.tool.Interrupt(now)
}

// inputEnded handles the end of the input: an open question will not be answered.
func (s *session) inputEnded(now time.Duration) {
	if s.asking.then != nil {
		s.unheard = !s.asking.heard
		s.asking.forget()
		s.tool.InputEnded(now)
	}
}

// step handles the tool's events.
func (s *session) step(now time.Duration) {
	s.isBack(false)
	for e, ok := s.tool.NextEvent(now); ok; e, ok = s.tool.NextEvent(now) {
		s.hear(now, e)
	}
}

func (s *session) hear(now time.Duration, e client.Event) {
	s.heard = now
	switch e.Kind {
	case client.EventLog:
		s.report.log(e.Line.String())
		s.capture.logged(e.Line)
		if !e.Settled {
			s.writeLog(now, s.log.append(e.Line), &attempt{limit: s.wait})
		}
	case client.EventPrompt:
		if !e.Settled {
			s.person.asked(now, e)
		}
	case client.EventStep:
		s.doing = e.Step
		if e.Step == client.StepClearFlash {
			s.sectors = 0
		}
		s.report.step(e.Step)
	case client.EventErasing:
		s.sectors = max(s.sectors, e.Left)
		if s.sectors > 0 {
			s.report.erasing(e.Left, s.sectors)
		}
	case client.EventProgress:
		s.report.progress(now, e.Done, e.Total, s.tool.Counts())
	case client.EventDevice:
		s.device = e.Device
		s.report.device(e.Device)
	case client.EventSettings:
		s.settings = e.Settings
		s.report.settings(e.Settings)
		if nobodys := (e.Reset & s.wanted).Groups(); nobodys != 0 {
			s.report.warning(nobodys.String() + ": values of the factory, which nobody has written since an upgrade has reset them; a journal may have those from before (ionup recover)")
		}
	case client.EventSaveJournal, client.EventLoadJournal, client.EventRemoveJournal:
		s.takeJournal(now, e)
	case client.EventLock:
		s.lockMeter(now, e.Device, &attempt{limit: s.wait})
	case client.EventReconnect:
		s.reconnect(e.Err)
	case client.EventWarning:
		s.report.warning(e.Err.Error())
	}
}

// writeLog reports that a line is in the log, or why it is not. It waits for a log that is in use.
func (s *session) writeLog(now time.Duration, err error, a *attempt) {
	if !s.tryAgain(a, now, err, func(now time.Duration) { s.writeLog(now, s.log.again(), a) }) {
		s.log.giveUp()
		s.tool.Logged(now, a.explain(err))
	}
}

// lockMeter keeps other runs of ionup from a meter until this one ends, or goes on to another
// meter. It waits for one that is in use.
func (s *session) lockMeter(now time.Duration, d client.Device, a *attempt) {
	err := s.process.Meter(&s.keeper, d.Meter())
	if !s.tryAgain(a, now, err, func(now time.Duration) { s.lockMeter(now, d, a) }) {
		s.tool.Locked(now, err)
	}
}

func (s *session) takeJournal(now time.Duration, e client.Event) {
	var err error
	switch e.Kind {
	case client.EventLoadJournal:
		s.tool.Loaded(s.loadJournal(now, e.Meter))
	case client.EventSaveJournal:
		s.journal, err = s.journals.save(e.Meter, e.Journal)
		if err == nil && e.Step == client.StepSettleJournal {
			s.report.journal(journalKept, s.journal, e.Journal)
		} else if err == nil {
			s.report.journal(journalSaved, s.journal, e.Journal)
		}
		s.tool.Saved(now, err)
	case client.EventRemoveJournal:
		var there bool
		s.journal, there, err = s.journals.remove(e.Meter)
		if err == nil && there {
			s.report.journal(journalRemoved, s.journal, e.Journal)
		}
		s.tool.Removed(now, err)
	}
}

// loadJournal looks for the journal of a meter, and tells of files that a person has put there.
func (s *session) loadJournal(now time.Duration, m journal.Meter) (time.Duration, *journal.Journal, error) {
	found, err := s.journals.load(m)
	if err != nil {
		return now, nil, err
	}
	s.journal = found.Name
	if found.Journal != nil {
		s.report.journal(journalFound, found.From[0], found.Journal)
	}
	for _, path := range found.Stay {
		s.report.spare(path, slices.Contains(found.From, path))
	}
	for _, path := range found.Unreadable {
		s.report.warning(path + " cannot be read; it is left as it is, and another journal of this meter is used")
	}
	return now, found.Journal, nil
}

// putQuestion asks the person again until the line is an answer, or until the line that it gets
// instead has come too often.
func (s *session) putQuestion(q question, then func(now time.Duration, answer string)) {
	if s.again.tooMany(q.prompt) && !terminal.Is(s.asking.in) {
		s.gaveUp = true
		s.tool.InputEnded(s.clock.Now())
		return
	}
	s.report.question(q)
	s.asking.ask(func(now time.Duration, line string) {
		s.heard = now
		answer, ok := q.read(line)
		if !ok {
			s.report.warning(q.problem(line))
			s.putQuestion(q, then)
			return
		}
		then(now, answer)
	})
}

// answer answers the tool's open prompt.
func (s *session) answer(now time.Duration, a client.Answer) { s.tool.Answer(now, a) }

// The answers to yes-or-no questions.
const (
	yes = "yes"
	no  = "no"
)

// offerJournal asks whether to restore the settings in a journal.
func (s *session) offerJournal(now time.Duration, e client.Event) {
	s.offer(now, question{
		prompt: client.RestoreSettings,
		text: fmt.Sprintf("The settings of %s were kept on %s%s, before an upgrade that did not end.\nWrite them back at the end of this one (%v)?",
			printable(e.Journal.Meter.SerialNumber), e.Journal.Saved.Local().Format(time.DateTime), byWhom(e.Journal), e.Offered),
		choices: []string{yes, no},
	}, yes)
}

// offerOlder asks whether to restore what is older than something that was lost. --yes does not
// say so: a wrong setting is worse than one that is missing, because nobody sees it.
func (s *session) offerOlder(now time.Duration, e client.Event) {
	s.offer(now, question{
		prompt:  client.RestoreOlder,
		text:    fmt.Sprintf("Somebody changed %v of the meter after these settings were kept, and that change is lost.\nWrite the older ones back all the same?", e.Offered),
		choices: []string{yes, no},
	}, no)
}

// byWhom says who saved a journal, if it tells.
func byWhom(j *journal.Journal) string {
	if j.By == "" {
		return ""
	}
	return " by " + printable(j.By)
}

// offer asks a yes-or-no question about settings, or gives the answer that --yes means.
func (s *session) offer(now time.Duration, q question, unasked string) {
	answered := func(now time.Duration, answer string) {
		choice := client.OK
		if answer == no {
			choice = client.Cancel
		}
		s.answer(now, client.Answer{Choice: choice})
	}
	if s.yes {
		s.report.question(q)
		s.report.answered(q, unasked)
		answered(now, unasked)
		return
	}
	s.putQuestion(q, answered)
}
