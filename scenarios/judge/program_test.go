//go:build unix

package judge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/client/port"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/fixtures/hurry"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/shell"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// The programs that are judged are this test binary, started again with their name.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "play" {
		os.Exit(playProgram(os.Args[2], os.Args[3:]))
	}
	hurry.AtOnce() // the programs wait most of the time
	os.Exit(m.Run())
}

// programs behave as no upgrader should.
func programs() map[string]func(args []string) int {
	return map[string]func(args []string) int{
		"sleeps":           func([]string) int { time.Sleep(time.Hour); return 0 },
		"naps":             func([]string) int { time.Sleep(3 * time.Second); return 0 },
		"succeeds-at-once": func([]string) int { return 0 },
		"fails-at-once":    func([]string) int { fmt.Fprintln(os.Stderr, "error: no idea how"); return 4 },
		"ignores-signals": func([]string) int {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			time.Sleep(time.Hour)
			return 0
		},
		"crashes": func([]string) int { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); return 0 },
		"floods": func([]string) int {
			for range 300 {
				os.Stdout.Write(bytes.Repeat([]byte("all is well, so far\n"), 500))
			}
			fmt.Println("the end")
			return 4
		},
		"forks": func([]string) int { return fork(&exec.Cmd{Stdout: os.Stdout}, "sleeps") },
		"forks-away": func([]string) int {
			return fork(&exec.Cmd{Stdout: os.Stdout, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}, "naps")
		},
		"leaves-the-port-open": leavePortOpen,
		"upgrades-and-denies-it": func(args []string) int {
			if code := playProgram("", args); code != 0 || args[0] == "recover" {
				return code
			}
			return 4
		},
		"upgrades-and-denies-it-again-and-again": func(args []string) int {
			if code := playProgram("", args); code != 0 || args[0] == "recover" {
				return code
			}
			if err := askTwelveTimes(args[2]); err != nil {
				fmt.Fprintln(os.Stderr, "error:", err)
				return 9
			}
			return 4
		},
	}
}

// fork starts another program and fails.
func fork(c *exec.Cmd, name string) int {
	c.Path, c.Args = os.Args[0], []string{os.Args[0], "play", name}
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 9
	}
	fmt.Println(c.Process.Pid)
	return 4
}

// leavePortOpen connects, sends something, and leaves the connection to a child process. As a
// recovery it behaves well.
func leavePortOpen(args []string) int {
	if args[0] == "recover" {
		return playProgram("", args)
	}
	conn, err := net.Dial("tcp", args[2])
	if err == nil {
		_, err = conn.Write([]byte{0})
	}
	if err != nil {
		return 9
	}
	f, err := conn.(*net.TCPConn).File()
	if err != nil {
		return 9
	}
	return fork(&exec.Cmd{ExtraFiles: []*os.File{f}, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}, "naps")
}

// askTwelveTimes sends the same request again and again, although the meter answers each time.
func askTwelveTimes(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := ion.DownloadRequest{Op: ion.OpIdentify}
	out := ion.Outgoing{Message: ion.AppendDownloadRequest(ion.AppendPacketHeader(nil, ion.Packet{
		MessageID: 7777, Request: true, HasCredential: true, Source: ion.ClientAddress(), Destination: ion.MeterAddress(105),
		Credential: ion.NumericCredential(0, 0), Service: 1, Type: ion.TypeDownload,
	}, ion.DownloadRequestBytes(&request)), &request)}
	for range 12 {
		out.Begin(ion.HostAddress, 105, false)
		if _, err := conn.Write(out.AppendFrame(nil)); err != nil {
			return err
		}
		if err := conn.SetReadDeadline(time.Now().Add(testLimit)); err != nil {
			return err
		}
		var d ion.Decoder
		for answered := false; !answered; _, answered = d.Next() {
			b := make([]byte, 1)
			if _, err := conn.Read(b); err != nil {
				return fmt.Errorf("no answer: %w", err)
			}
			d.Feed(b)
		}
	}
	return nil
}

// What may end the name of an upgrader: it keeps no journal; it asks again soon what is answered.
const (
	withoutJournal = "/without-journal"
	hasty          = "/hasty"
	// patient, and a number, comes last: it waits so many times testResponse for an answer.
	patient = "/patient-"
)

// playProgram runs one of programs, an upgrader with the bug of that name, or a healthy upgrader.
// programCommand makes its arguments.
func playProgram(name string, args []string) int {
	name, times := patienceOf(name)
	if f, ok := programs()[name]; ok {
		return f(args)
	}
	if f, ok := besides()[name]; ok {
		return f(args)
	}
	if f, ok := hostilePrograms()[name]; ok {
		fmt.Println(os.Getenv(markName))
		return f(args)
	}
	t := &tool{times: times}
	name, t.forgetful = strings.CutSuffix(name, withoutJournal)
	name, t.hasty = strings.CutSuffix(name, hasty)
	t.planted = name
	if err := t.run(args); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

// patienceName is the variable of the environment with the number of patient.
const patienceName = "IONBENCH_TEST_PATIENCE"

// patienceOf takes patient from the end of a name. Those who play a program for another one need not say it
// again.
func patienceOf(name string) (program string, times int) {
	if before, n, ok := strings.Cut(name, patient); ok {
		os.Setenv(patienceName, n)
		name = before
	}
	times, _ = strconv.Atoi(os.Getenv(patienceName)) // 0 where it is not said
	return name, max(1, times)
}

// programCommand is the command that plays a program.
func programCommand(t testing.TB, name, task string) Command {
	t.Helper()
	if times := timesOf(t); times > 1 {
		name += patient + strconv.Itoa(times)
	}
	c, err := ParseCommand(fmt.Sprintf("%s play '%s' %s {image} {tcp} {unit-id} {password} {serial} {log} {dir}", shell.Quote(os.Args[0]), name, task), false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tool is an upgrader in real time around package client, with a journal and a log.
type tool struct {
	planted   string // name of a bug
	forgetful bool
	hasty     bool
	times     int // testResponse is waited for an answer
	upgrader  *client.Upgrader
	firmware  *upg.File
	fileErr   error
	logPath   string
	journal   string
	held      []byte // lines that a tool with a bug keeps in memory
	unsaved   []byte // the whole journal, while the disk has only half of it
	done      bool
	err       error
}

func (t *tool) run(args []string) error {
	task := client.TaskUpgrade
	if args[0] == "recover" {
		task = client.TaskRecover
	}
	unit, err := strconv.ParseUint(args[3], 10, 16)
	if err != nil {
		return err
	}
	t.logPath, t.journal = args[6], filepath.Join(args[7], "journal-"+args[5])
	b, err := os.ReadFile(args[1])
	if err == nil {
		t.firmware, err = upg.Parse(b)
	}
	t.fileErr = err
	poll := 50 * time.Millisecond
	if t.hasty {
		poll = 5 * time.Millisecond
	}
	t.upgrader, err = client.New(client.Config{
		Release: client.Release22(), UnitID: uint16(unit), Password: args[4], SerialNumber: args[5], Baud: testBaud,
		Start: time.Now(), Journal: !t.forgetful, FirstMessageID: uint16(os.Getpid()),
		Timing:  client.Timing{Response: time.Duration(t.times) * testResponse, Resends: 10, Restart: 5 * time.Millisecond, Poll: poll},
		Planted: planted.InClient(t.planted),
	})
	if err != nil {
		return err
	}
	to := connection(args[2])
	if len(args) > 8 {
		to.Phone = args[8]
	}
	conn, err := openLasting(to, t.planted)
	if err != nil {
		return err
	}
	t.upgrader.Start(0, task)
	if t.step(0) {
		return errors.Join(t.err, conn.Close())
	}
	if err := machine.Drive(context.Background(), t.upgrader, conn, machine.Options{Step: t.step}); err != nil {
		return err
	}
	return t.err
}

func (t *tool) step(now time.Duration) bool {
	for e, ok := t.upgrader.NextEvent(); ok && !t.done; e, ok = t.upgrader.NextEvent() {
		t.hear(now, e)
	}
	return t.done
}

func (t *tool) hear(now time.Duration, e client.Event) {
	switch e.Kind {
	case client.EventLog:
		t.held = upgradelog.Append(t.held, e.Line)
		if t.planted != planted.LogLostOnKill {
			t.flush()
		}
	case client.EventPrompt:
		a := client.Answer{}
		switch e.Prompt {
		case client.ChooseFirmware:
			a.Firmware, a.Err = t.firmware, t.fileErr
		case client.PasteOptions:
			a.Groups = ion.AllGroups
		}
		t.upgrader.Answer(now, a)
	case client.EventSaveJournal:
		t.upgrader.Saved(now, t.save(journal.Append(nil, e.Journal)))
	case client.EventLoadJournal:
		t.load(now)
	case client.EventRemoveJournal:
		t.unsaved = nil
		t.upgrader.Saved(now, os.Remove(t.journal))
	case client.EventFinished:
		t.done, t.err = true, e.Err
		t.flush()
	}
}

func (t *tool) flush() {
	f, err := os.OpenFile(t.logPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := f.Write(t.held); err == nil {
		t.held = nil
	}
	if t.done && t.unsaved != nil {
		_ = os.WriteFile(t.journal, t.unsaved, fileMode)
	}
}

func (t *tool) save(b []byte) error {
	if t.planted == planted.JournalNotAtomic {
		t.unsaved, b = b, b[:len(b)/2]
	}
	return os.WriteFile(t.journal, b, fileMode)
}

func (t *tool) load(now time.Duration) {
	b, err := os.ReadFile(t.journal)
	if errors.Is(err, fs.ErrNotExist) {
		t.upgrader.Loaded(now, nil, nil)
		return
	}
	var j *journal.Journal
	if err == nil {
		j, err = journal.Parse(b)
	}
	t.upgrader.Loaded(now, j, err)
}

// connection is how to connect to an address: a TCP address, or the path of a PTY.
func connection(at string) port.Config {
	if strings.HasPrefix(at, "/") {
		return port.Config{Port: at, Baud: testBaud}
	}
	return port.Config{TCP: at}
}
