package judge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// grace is how long a program has to end after SIGTERM.
	grace = 500 * time.Millisecond
	// drain is how long the outputs may stay open after the program has ended.
	drain = time.Second
	// lastResort is how long a program may take to end after SIGKILL.
	lastResort = 5 * time.Second
)

// process is a running program with its child processes, in a process group of its own.
type process struct {
	command *exec.Cmd
	kin     *kin
	began   time.Time
	ended   chan struct{} // closed when the program itself has ended
	state   *os.ProcessState
	outputs [2]Output // standard output and error
	pipes   [2]*os.File
	readers sync.WaitGroup
	stalled atomic.Bool   // nobody reads the outputs, which stay open, until over
	over    chan struct{} // closed when the program has been waited for
}

// Exit is how a program ended.
type Exit struct {
	Code        int           // exit status; -1 if there is none
	Signal      string        // the signal that ended it; empty for none
	TimedOut    bool          // it still ran at the time limit, and was ended
	Stubborn    bool          // it did not end after SIGTERM
	Interrupted bool          // ctx ended first
	Stopped     bool          // at the time limit a signal had stopped it
	Left        bool          // processes that it had started outlived it, and were killed
	Escaped     bool          // some of them could not be ended
	Held        bool          // a process that was not found has its output open
	Took        time.Duration // wall time
	Stdout      Output
	Stderr      Output
}

// start starts a program without an input, or with a terminal as its input and output. The error
// wraps ErrNotRun.
func start(argv, environment []string, terminal *os.File) (*process, error) {
	p := &process{command: exec.Command(argv[0], argv[1:]...), kin: newKin(), began: time.Now(), ended: make(chan struct{}), over: make(chan struct{})}
	p.command.Env = append(environment, p.kin.mark)
	inGroupOfItsOwn(p.command)
	writers, err := p.openPipes()
	if err == nil {
		p.command.Stdout, p.command.Stderr = writers[0], writers[1]
		if terminal != nil {
			p.command.Stdin, p.command.Stdout = terminal, terminal
		}
		err = started.begin(func() (int, error) {
			if err := p.command.Start(); err != nil {
				return 0, err
			}
			return p.command.Process.Pid, nil
		})
	}
	for _, w := range writers {
		w.Close()
	}
	if err != nil {
		p.closePipes()
		return nil, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	for i := range p.outputs {
		p.readers.Go(func() { p.outputs[i].keep(&reader{p.pipes[i], p}) })
	}
	go func() {
		defer close(p.ended)
		// Wait fails only for a process that was already waited for.
		p.state, _ = p.command.Process.Wait()
		started.end(p.command.Process.Pid)
	}()
	return p, nil
}

// openPipes makes the pipes for the outputs and returns the program's ends.
func (p *process) openPipes() (writers []*os.File, err error) {
	for i := range p.pipes {
		r, w, err := os.Pipe()
		if err != nil {
			return writers, err
		}
		p.pipes[i] = r
		writers = append(writers, w)
	}
	return writers, nil
}

func (p *process) closePipes() {
	for _, r := range p.pipes {
		if r != nil {
			r.Close()
		}
	}
}

// signal sends a signal to the whole group. A group that is gone is no error.
func (p *process) signal(s syscall.Signal) { _ = signalGroup(p.command.Process.Pid, s) }

// wait waits for the end of the program, and ends it at the limit or when ctx ends.
func (p *process) wait(ctx context.Context, limit limit) Exit {
	var e Exit
	limit.begin()
	defer limit.timer.Stop()
	for waiting := true; waiting; {
		waiting = false
		select {
		case <-p.ended:
		case <-limit.timer.C:
			if waiting = limit.goesOn(); waiting {
				continue
			}
			e.TimedOut = true
			e.Stopped = stopped(p.command.Process.Pid)
			e.Stubborn = !p.end()
		case <-ctx.Done():
			e.Interrupted = true
			p.end()
		}
	}
	e.Took = time.Since(p.began)
	// While a group exists its number is not used again, so this is still the program's group.
	left := signalGroup(p.command.Process.Pid, 0) == nil
	if left {
		p.signal(syscall.SIGKILL)
	}
	killed, all := p.kin.end(p.running())
	e.Left = (left || killed > 0) && !e.TimedOut && !e.Interrupted
	e.Escaped = !all
	e.Held = !p.drain()
	p.describe(&e)
	return e
}

// running is the program's process id, or 0 if it has ended.
func (p *process) running() int {
	select {
	case <-p.ended:
		return 0
	default:
		return p.command.Process.Pid
	}
}

// end ends the program and reports whether SIGTERM was enough.
func (p *process) end() bool {
	p.signal(syscall.SIGTERM)
	p.signal(continueSignal)
	select {
	case <-p.ended:
		return true
	case <-time.After(grace):
	}
	p.signal(syscall.SIGKILL)
	select {
	case <-p.ended:
	case <-time.After(lastResort): // it hangs in a system call
	}
	return false
}

// reader reads an output of a program.
type reader struct {
	pipe *os.File
	of   *process
}

// Read waits for the end of the program where nobody is to read on.
func (r *reader) Read(b []byte) (int, error) {
	if r.of.stalled.Load() {
		<-r.of.over
	}
	return r.pipe.Read(b)
}

// stall has nobody read what the program writes, as somebody does who stops the program that its output goes to.
func (p *process) stall() { p.stalled.Store(true) }

// drain reads the rest of the outputs and reports whether they ended.
func (p *process) drain() bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.readers.Wait()
	}()
	close(p.over)
	ended := true
	select {
	case <-done:
	case <-time.After(drain):
		ended = false
	}
	p.closePipes()
	<-done
	return ended
}

func (p *process) describe(e *Exit) {
	e.Stdout, e.Stderr = p.outputs[0], p.outputs[1]
	e.Code = -1
	select {
	case <-p.ended:
	default:
		return
	}
	if p.state == nil {
		return
	}
	e.Code = p.state.ExitCode()
	if status, ok := p.state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal().String()
	}
}

// String describes the end in a few words.
func (e *Exit) String() string {
	switch {
	case e.TimedOut:
		return "time limit"
	case e.Interrupted:
		return "interrupted"
	case e.Signal != "":
		return "signal: " + e.Signal
	}
	return fmt.Sprintf("exit %d", e.Code)
}

// Success reports whether the program ended by itself and claims success.
func (e *Exit) Success() bool { return e.Code == 0 && !e.TimedOut && !e.Interrupted }

// errNotFoundByShell is the error if a shell could not run a program.
var errNotFoundByShell = errors.New("the shell could not run it")

// notRun returns an error if a shell could not run the program: POSIX reserves these two exit
// statuses for that.
func (e *Exit) notRun(shell bool) error {
	const notExecutable, notFound = 126, 127
	if shell && !e.TimedOut && (e.Code == notFound || e.Code == notExecutable) {
		return fmt.Errorf("%w: %w: %s", ErrNotRun, errNotFoundByShell, e.Stderr.telling())
	}
	return nil
}
