package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/world"
)

// patience is how long a test waits for what must come. It measures nothing.
const patience = 2 * time.Minute

// endable is a program that is at work until it is ended.
type endable struct {
	args []string
	busy func(pid int) bool // it is in the midst of its work
	// ends is the exit status of whatever ends it.
	ends cli.Status
	says []string
	// leaves says what is wrong with what it has left.
	leaves func() error
	// atOnce: told twice, it ends where it is, and leaves what there is.
	atOnce bool
}

func (e endable) waitUntilBusy(t *testing.T, pid int) {
	t.Helper()
	for began := time.Now(); !e.busy(pid); time.Sleep(2 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("%v does not come to its work", e.args)
		}
	}
}

// The programs, each with a folder of its own.
func endables() map[string]func(t *testing.T, dir string) endable {
	return map[string]func(t *testing.T, dir string) endable{
		"ionsim": func(t *testing.T, dir string) endable {
			return endableServing(filepath.Join(dir, "ttyION"), built(t, "ionsim"), "--json")
		},
		"ionbench reproduce": func(t *testing.T, dir string) endable {
			return endableServing(filepath.Join(dir, "ttyION"), built(t, "ionbench"), "reproduce", fieldLog(t, "field-aborted.log"), "--serve", "pty")
		},
		"ionsim in mid-upgrade": endableMeter,
		"ionup":                 endableUpgrade,
		"ionbench judge": func(t *testing.T, dir string) endable {
			pids := filepath.Join(dir, "pids")
			read := func() []string { b, _ := os.ReadFile(pids); return strings.Fields(string(b)) }
			return endable{
				args: []string{built(t, "ionbench"), "judge", "--shell", "--upgrader", "echo $$ >> " + pids + "; exec sleep 600 # {tcp} {image}", "--only", "undisturbed"},
				busy: func(int) bool { return len(read()) == 1 }, ends: cli.Environment, says: []string{"no verdict: interrupted: 0 of 1 scenarios were played"},
				leaves: func() error {
					pid, err := strconv.Atoi(read()[0])
					if err == nil && syscall.Kill(pid, 0) == nil {
						return fmt.Errorf("the program %d is left", pid)
					}
					return err
				},
			}
		},
		"ionbench sweep": func(t *testing.T, dir string) endable {
			file := filepath.Join(dir, "atlas.json")
			return endable{
				args: []string{built(t, "ionbench"), "sweep", "--image-size", "256KiB", "--parallel", "1", "--json", file}, busy: busyFor, ends: cli.Failed,
				says:   []string{"interrupted: the result is partial, ", "go on with the same command and --resume"},
				leaves: func() error { _, err := readAtlas(file); return err },
			}
		},
		"ionbench storm": func(t *testing.T, dir string) endable {
			return endable{args: []string{built(t, "ionbench"), "storm", "--runs", "100000000", "--parallel", "1"}, busy: busyFor, ends: cli.Failed, says: []string{"interrupted: "}}
		},
	}
}

// endableServing is a meter that is served behind a link.
func endableServing(link string, args ...string) endable {
	there := func(int) bool { _, err := os.Lstat(link); return err == nil }
	return endable{
		args: append(args, "--link", link), busy: there, ends: cli.Done,
		leaves: func() error {
			if there(0) {
				return fmt.Errorf("%s is left", link)
			}
			return nil
		},
	}
}

// busyFor is for programs that do not tell that they are at work: it shows in their time.
func busyFor(pid int) bool {
	const ticks = 10 // of 10 ms
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 12 {
		return false
	}
	spent, err := strconv.Atoi(fields[11]) // utime, see proc(5)
	return err == nil && spent >= ticks
}

// newer writes a firmware file.
func newer(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "new.upg")
	text, err := upg.Append(nil, firmware.UPG(7350, "7350V284", world.ArticleDated(), 1, 60000))
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// firstLine starts a program and returns the first line that it says.
func firstLine(t *testing.T, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// endableMeter is a meter that keeps its memory in a file and whose firmware is being upgraded.
func endableMeter(t *testing.T, dir string) endable {
	file, log, link, state := newer(t, dir), filepath.Join(dir, "Upgrade.log"), filepath.Join(dir, "ttyION"), filepath.Join(dir, "meter.state")
	e := endableServing(link, built(t, "ionsim"), "--json", "--pace", "off", "--fault", "meter-silent at block 3 for 10m", "--state", state)
	tool := exec.CommandContext(t.Context(), built(t, "ionup"), "upgrade", file, "--port", link, "--unit-id", "105", "--log", log, "--no-journal", "--locks", filepath.Join(dir, "locks"))
	t.Cleanup(func() {
		if tool.Process != nil {
			_ = tool.Process.Kill()
			_ = tool.Wait()
		}
	})
	serves, leaves := e.busy, e.leaves
	e.busy = func(pid int) bool {
		if !serves(pid) {
			return false
		}
		if tool.Process == nil {
			if err := tool.Start(); err != nil {
				t.Error(err)
			}
		}
		text, _ := os.ReadFile(log)
		return bytes.Contains(text, []byte("20% completed"))
	}
	e.leaves = func() error {
		var again struct {
			Restored bool
			State    string
		}
		first := firstLine(t, built(t, "ionsim"), "--state", state, "--tcp", "127.0.0.1:0", "--json", "--pace", "off")
		if err := json.Unmarshal(first, &again); err != nil || !again.Restored || again.State != "download" && again.State != "booting" {
			return fmt.Errorf("%s does not keep the meter in the midst of its upgrade (%w): %s", state, err, first)
		}
		return leaves()
	}
	return e
}

// endableUpgrade is an upgrade that waits for an answer.
func endableUpgrade(t *testing.T, dir string) endable {
	file, log, locks := newer(t, dir), filepath.Join(dir, "Upgrade.log"), filepath.Join(dir, "locks")
	meter := exec.CommandContext(t.Context(), built(t, "ionsim"), "--tcp", "127.0.0.1:0", "--json", "--pace", "off", "--fault", "meter-silent at block 3 for 10m")
	out, err := meter.StdoutPipe()
	if err == nil {
		err = meter.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = meter.Process.Kill(); _ = meter.Wait() })
	var ready struct{ TCP string }
	lines := bufio.NewReader(out)
	first, err := lines.ReadBytes('\n')
	if err != nil || json.Unmarshal(first, &ready) != nil {
		t.Fatalf("%v: %s", err, first)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	read := func() string { b, _ := os.ReadFile(log); return string(b) }
	return endable{
		args: []string{built(t, "ionup"), "upgrade", file, "--tcp", ready.TCP, "--unit-id", "105", "--log", log, "--journal", filepath.Join(dir, "journal"), "--locks", locks},
		busy: func(int) bool { return strings.Contains(read(), "20% completed") }, ends: cli.Failed,
		says:   []string{"aborted by the user", "do not power-cycle it", "ionup recover "},
		atOnce: true,
		leaves: func() error {
			if lines := strings.Split(read(), "\n"); len(lines) < 2 || !strings.HasPrefix(lines[len(lines)-2], "Upgrade failed at ") {
				return fmt.Errorf("the log has no end:\n%s", read())
			}
			if left, err := os.ReadDir(locks); err != nil || len(left) > 0 {
				return fmt.Errorf("locks are left: %v (%w)", left, err)
			}
			return nil
		},
	}
}

// endings are all ways in which a process can be told to end, or lose what it reads and writes.
var endings = map[string]struct {
	signals  []syscall.Signal
	goesOn   bool // and SIGTERM has to end it
	terminal bool // it has a terminal, which is closed
	stdin    bool // which ends
	stdout   bool // which nobody reads any more
}{
	"INT":        {signals: []syscall.Signal{syscall.SIGINT}},
	"INT, INT":   {signals: []syscall.Signal{syscall.SIGINT, syscall.SIGINT}},
	"TERM":       {signals: []syscall.Signal{syscall.SIGTERM}},
	"HUP":        {signals: []syscall.Signal{syscall.SIGHUP}},
	"QUIT":       {signals: []syscall.Signal{syscall.SIGQUIT}},
	"ABRT":       {signals: []syscall.Signal{syscall.SIGABRT}},
	"SEGV, SYS":  {signals: []syscall.Signal{syscall.SIGSEGV, syscall.SIGSYS}},
	"PIPE":       {signals: []syscall.Signal{syscall.SIGPIPE}, goesOn: true},
	"a terminal": {terminal: true},
	"stdin":      {stdin: true, goesOn: true},
	"stdout":     {stdout: true, goesOn: true},
}

func TestEveryEndingOfAProcessIsInGoodOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some eighty processes")
	}
	t.Parallel()
	built(t, "")
	for name, program := range endables() {
		for ending, how := range endings {
			t.Run(name+"/"+ending, func(t *testing.T) {
				t.Parallel() // they wait, most of the time
				dir := t.TempDir()
				e := program(t, dir)
				p := start(t, e, how.terminal, filepath.Join(dir, "stderr"))
				e.waitUntilBusy(t, p.command.Process.Pid)
				switch {
				case how.terminal:
					p.terminal.Close()
				case how.stdin:
					p.stdin.Close()
				case how.stdout:
					p.stdout.Close()
				}
				for _, s := range how.signals {
					p.signal(t, s)
				}
				if how.goesOn {
					time.Sleep(20 * time.Millisecond)
					p.signal(t, syscall.SIGTERM)
				}
				p.check(t, e, how.stdout || how.terminal, len(how.signals) > 1) // then its last words are nowhere
			})
		}
	}
}

// started is a process and our ends of what it reads and writes.
type started struct {
	command                 *exec.Cmd
	terminal, stdin, stdout io.Closer
	stderr                  string
	ended                   chan struct{}
}

func start(t *testing.T, e endable, terminal bool, stderr string) *started {
	t.Helper()
	p := &started{command: exec.Command(e.args[0], e.args[1:]...), stderr: stderr, ended: make(chan struct{})}
	if terminal {
		master, err := pty.Start(p.command)
		if err != nil {
			t.Fatal(err)
		}
		p.terminal = master
	} else {
		told, err := os.Create(stderr)
		if err != nil {
			t.Fatal(err)
		}
		defer told.Close()
		p.command.Stderr = told
		in, err1 := p.command.StdinPipe()
		r, w, err2 := os.Pipe()
		p.command.Stdout = w
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if err := p.command.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		p.stdin, p.stdout = in, r
		go func() { _, _ = io.Copy(io.Discard, r) }()
	}
	go func() {
		_ = p.command.Wait() // the test looks at the exit status
		close(p.ended)
	}()
	t.Cleanup(func() { _ = p.command.Process.Kill(); <-p.ended })
	return p
}

func (p *started) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil && !strings.Contains(err.Error(), os.ErrProcessDone.Error()) {
		t.Fatal(err)
	}
}

func (p *started) check(t *testing.T, e endable, deaf, hurried bool) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%v has not ended", e.args)
	}
	status := cli.Status(p.command.ProcessState.ExitCode())
	if status != e.ends && !(deaf && status == cli.Failed) && !(hurried && status == -1) {
		t.Errorf("%v: %v", e.args, p.command.ProcessState)
	}
	told, err := os.ReadFile(p.stderr)
	if err == nil && !deaf && !hurried {
		for _, part := range e.says {
			if !bytes.Contains(told, []byte(part)) {
				t.Errorf("%v does not say %q, but\n%s", e.args, part, told)
			}
		}
	} else if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if e.leaves == nil || hurried && (status == -1 || e.atOnce) {
		return
	}
	if err := e.leaves(); err != nil {
		t.Errorf("%v: %v", e.args, err)
	}
}

func TestProgramsThatAreJudgedDieOfABrokenPipeAsElsewhere(t *testing.T) {
	bearBrokenPipes()
	defer signal.Reset(syscall.SIGPIPE)
	text, err := exec.Command("grep", "SigIgn", "/proc/self/status").Output()
	if err != nil {
		t.Fatal(err)
	}
	var ignored uint64
	if _, err := fmt.Sscanf(string(text), "SigIgn:%x", &ignored); err != nil || ignored&(1<<(syscall.SIGPIPE-1)) != 0 {
		t.Errorf("%q: %v", text, err)
	}
}

// A disk that is full behind standard output: who serves a meter goes on, says so at once and ends with status 1;
// whose result it was ends with 1 or 3.
func TestStandardOutputOnAFullDiskIsSaidByAllPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	t.Parallel()
	built(t, "")
	dir := t.TempDir()
	link := func(name string) string { return filepath.Join(dir, name) }
	site := filepath.Join(dir, "plant.site")
	if err := os.WriteFile(site, []byte("[line north]\nlink = "+link("site")+"\n\n[meter a]\nline = north\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		serves string // the link, and SIGTERM has to end it
		ends   cli.Status
	}{
		{args: []string{"ionsim", "--link", link("plain")}, serves: link("plain"), ends: cli.Failed},
		{args: []string{"ionsim", "--link", link("json"), "--json"}, serves: link("json"), ends: cli.Failed},
		{args: []string{"ionsim", "--site", site}, serves: link("site"), ends: cli.Failed},
		{args: []string{"ionbench", "reproduce", fieldLog(t, "field-aborted.log"), "--serve", "pty", "--link", link("left")}, ends: cli.Failed},
		{args: []string{"ionsim", "registers"}, ends: cli.Environment},
		{args: []string{"ionbench", "faults"}, ends: cli.Environment},
		{args: []string{"ionup", "ports"}, ends: cli.Environment},
		{args: []string{"ionup", "--help"}, ends: cli.Environment},
	} {
		t.Run(strings.Join(c.args[:2], " "), func(t *testing.T) {
			t.Parallel()
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			command := exec.Command(built(t, c.args[0]), c.args[1:]...)
			command.Stdout = full
			said, err := command.StderrPipe()
			if err == nil {
				err = command.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = command.Process.Kill() }()
			var all strings.Builder
			for lines := bufio.NewScanner(said); lines.Scan(); {
				all.WriteString(lines.Text() + "\n")
				if c.serves == "" || !strings.Contains(lines.Text(), "the meter goes on") {
					continue
				}
				if _, err := os.Lstat(c.serves); err != nil {
					t.Error(err)
				}
				if err := command.Process.Signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
			}
			_ = command.Wait() // the test looks at the exit status
			if code := cli.Status(command.ProcessState.ExitCode()); code != c.ends || !strings.Contains(all.String(), "error: standard output: write /dev/stdout: no space left on device") {
				t.Errorf("status %v, want %v, and\n%s", code, c.ends, all.String())
			}
		})
	}
}
