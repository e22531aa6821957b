package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/fixtures/firmware"
	"ionbench/fixtures/hurry"
	"ionbench/fixtures/schemas/schematest"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// programVariable, if set, makes the test binary act as ionsim.
const programVariable = "IONSIM_TEST_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(programVariable) {
	case "":
	case relayProgram:
		relay(os.Args[1])
	case audienceProgram:
		audience(os.Args[1], os.Args[2])
		os.Exit(0)
	default:
		main()
	}
	hurry.AtOnce()
	os.Exit(m.Run())
}

// patience is how long a test waits for something that must come. It measures nothing.
const patience = 2 * time.Minute

// How long a tool waits for answers. Where all of them come a long time costs nothing, and no busy computer
// is too late with one; where one is missing it is waited for, and where they are counted, that has to be long, too.
const (
	unhurried = 7 * time.Second
	counting  = time.Second
	hurried   = 200 * time.Millisecond
)

// event has the fields of all lines of --json.
type event struct {
	Event     string
	At        *float64
	PTY       string
	Link      string
	TCP       string
	RFC2217   string
	HTTP      string
	ModbusTCP string `json:"modbus_tcp"`
	Token     string
	ByHand    string `json:"by_hand"`
	Model     int
	Serial    string
	Unit      int
	Revision  string
	Device    string
	Baud      int
	Pace      string
	State     string
	LCD       string
	Restored  bool
	Text      string
	Step      string
	TelNumber string `json:"phone"`
	On        bool
	Count     int
	Sector    int
	Left      int
	Block     int
	Blocks    int
	Status    string
	Phase     string
	Fault     string
	Reason    string
	Host      string
	Fits      bool
	Likeness  string
	Bytes     int
	Holder    string
	Age       float64
	Silent    float64
	Line      string
	Meter     string
	Meters    []struct {
		Name, Serial, Revision string
		Unit                   int
		ModbusTCP              string `json:"modbus_tcp"`
		ModbusRTU              string `json:"modbus_rtu"`
		Restored               bool
	}

	raw string
}

// served is an ionsim under test.
type served struct {
	t      testing.TB
	ready  event
	lines  chan string
	stderr *lockedBuffer
	kill   func() // kills it
	stop   func() // stops it as Ctrl-C does
	number int    // of the process; 0 for one that runs here
	ended  chan struct{}
	code   cli.Status
	seen   []event

	checker *schematest.Checker // of --json
}

func (m *served) schema() *schematest.Checker {
	if m.checker == nil {
		var err error
		m.checker, err = schematest.New(serving.EventsFormat)
		must(m.t, err)
	}
	return m.checker
}

// lockedBuffer is a buffer that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// scan returns a channel of the lines of r. It is closed at the end of r.
func scan(r io.Reader) chan string {
	lines := make(chan string, 1<<16)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// startHere runs ionsim in this process, until the test ends.
func startHere(t testing.TB, args ...string) *served {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	m := &served{t: t, lines: scan(r), stderr: new(lockedBuffer), kill: cancel, stop: cancel, ended: make(chan struct{})}
	go func() {
		m.code = run(ctx, args, w, m.stderr)
		w.Close()
		close(m.ended)
	}()
	return m.begun()
}

// startProcess runs ionsim as a process of its own, until the test ends.
func startProcess(t testing.TB, args ...string) *served {
	t.Helper()
	m := &served{t: t, stderr: new(lockedBuffer), ended: make(chan struct{})}
	cmd := process(args...)
	cmd.Stderr = m.stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	m.lines = make(chan string, 1<<16)
	scanned := scan(out)
	go func() {
		for line := range scanned {
			m.lines <- line
		}
		_ = cmd.Wait() // the test checks the exit code
		m.code = cli.Status(cmd.ProcessState.ExitCode())
		close(m.lines)
		close(m.ended)
	}()
	m.number = cmd.Process.Pid
	m.kill = func() { _ = cmd.Process.Kill() }
	m.stop = func() { _ = cmd.Process.Signal(os.Interrupt) }
	return m.begun()
}

func process(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), programVariable+"=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

func (m *served) begun() *served {
	m.t.Cleanup(func() {
		m.kill()
		<-m.ended
	})
	return m
}

// startJSON runs ionsim here with --json and waits for its first line.
func startJSON(t testing.TB, args ...string) *served {
	t.Helper()
	return startHere(t, append(args, "--json")...).told()
}

func startProcessJSON(t testing.TB, args ...string) *served {
	t.Helper()
	return startProcess(t, append(args, "--json")...).told()
}

// told waits for the first line with --json.
func (m *served) told() *served {
	m.t.Helper()
	if m.ready = m.next(); m.ready.Event != "ready" {
		m.t.Fatalf("the first line is %s", m.ready.raw)
	}
	return m
}

func (m *served) nextLine() (string, bool) {
	m.t.Helper()
	select {
	case line, ok := <-m.lines:
		return line, ok
	case <-time.After(patience):
		m.t.Fatalf("nothing more on stdout; on stderr: %s", m.stderr)
	}
	return "", false
}

func (m *served) next() event {
	m.t.Helper()
	line, ok := m.nextLine()
	if !ok {
		m.t.Fatalf("ionsim ended; on stderr: %s", m.stderr)
	}
	return m.decode(line)
}

func (m *served) decode(line string) event {
	m.t.Helper()
	e := event{raw: line}
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		m.t.Fatalf("%v in %s", err, line)
	}
	m.seen = append(m.seen, e)
	if err := m.schema().Check([]byte(line)); err != nil {
		m.t.Error(err)
	}
	return e
}

// want waits for an event and skips others before it.
func (m *served) want(what string, is func(event) bool) event {
	m.t.Helper()
	for {
		if e := m.next(); is(e) {
			return e
		} else if e.Event == "stopped" {
			m.t.Fatalf("the run ended without %s", what)
		}
	}
}

// end stops ionsim as Ctrl-C does and reads the rest of its output.
func (m *served) end() {
	m.t.Helper()
	m.stop()
	for line, ok := m.nextLine(); ok; line, ok = m.nextLine() {
		m.decode(line)
	}
	<-m.ended
	if m.code != cli.Done {
		m.t.Errorf("exit code %d; on stderr: %s", m.code, m.stderr)
	}
}

// all returns every event of this name that was seen.
func (m *served) all(name string) []event {
	return slices.DeleteFunc(slices.Clone(m.seen), func(e event) bool { return e.Event != name })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tool is the upgrader with a person who says yes to every question.
type tool struct {
	upgrader *client.Upgrader
	file     *upg.File
	device   client.Device
	settings *ion.Settings
	log      []string
	err      error
}

func (h *tool) listen(now time.Duration) {
	for e, ok := h.upgrader.NextEvent(); ok; e, ok = h.upgrader.NextEvent() {
		switch e.Kind {
		case client.EventLog:
			h.log = append(h.log, e.Line.String())
		case client.EventDevice:
			h.device = e.Device
		case client.EventSettings:
			h.settings = e.Settings
		case client.EventFinished:
			h.err = e.Err
		case client.EventPrompt:
			h.upgrader.Answer(now, h.answer(e.Prompt))
		}
	}
}

func (h *tool) answer(p client.Prompt) client.Answer {
	switch p {
	case client.ChooseFirmware:
		return client.Answer{Firmware: h.file}
	case client.PasteOptions:
		return client.Answer{Groups: ion.AllGroups}
	case client.DeviceSilent, client.UpgradeCompleted, client.UpgradeFailed:
		return client.Answer{Choice: client.Exit}
	}
	return client.Answer{}
}

// use runs a task of the upgrader over the connection. The error is one of the line; the
// result of the task is in the tool.
func use(t testing.TB, connection port.Config, task client.Task, file *upg.File) (*tool, error) {
	t.Helper()
	return useWaiting(t, connection, task, file, unhurried)
}

// useWaiting is use with a time to wait for answers.
func useWaiting(t testing.TB, connection port.Config, task client.Task, file *upg.File, response time.Duration) (*tool, error) {
	t.Helper()
	return useWith(t, connection, 105, task, file, response)
}

// useUnit is use with the meter of a unit id.
func useUnit(t testing.TB, connection port.Config, unit int, task client.Task, file *upg.File) (*tool, error) {
	t.Helper()
	return useWith(t, connection, unit, task, file, unhurried)
}

func useWith(t testing.TB, connection port.Config, unit int, task client.Task, file *upg.File, response time.Duration) (*tool, error) {
	t.Helper()
	return useUntil(t.Context(), t, connection, unit, task, file, response)
}

// useUntil is useWith for a tool that is killed when ctx ends.
func useUntil(ctx context.Context, t testing.TB, connection port.Config, unit int, task client.Task, file *upg.File, response time.Duration) (*tool, error) {
	t.Helper()
	u, err := client.New(client.Config{
		Release: client.Release22(), SingleDevice: true, UnitID: uint16(unit), Baud: 9600, Password: "0", Start: time.Now(),
		Timing:         client.Timing{Response: response, Resends: 10, Restart: 10 * time.Millisecond, Poll: 10 * time.Millisecond},
		FirstMessageID: 1,
	})
	must(t, err)
	h := &tool{upgrader: u, file: file}
	conn, err := port.Open(connection)
	if err != nil {
		return h, err
	}
	clock := machine.WallClock()
	u.Start(clock.Now(), task)
	h.listen(clock.Now())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h, machine.Drive(ctx, u, conn, machine.Options{Clock: clock, Step: func(now time.Duration) bool {
		h.listen(now)
		return u.Done()
	}})
}

func overTCP(m *served) port.Config { return port.Config{TCP: m.ready.TCP} }

// wantDone runs a task that must succeed. A port of TCP may not have seen yet that the client before has
// gone, or have one of another test that still calls who had the number before.
func wantDone(t testing.TB, connection port.Config, task client.Task, file *upg.File) *tool {
	t.Helper()
	return wantDoneWaiting(t, connection, task, file, unhurried)
}

func wantDoneWaiting(t testing.TB, connection port.Config, task client.Task, file *upg.File, response time.Duration) *tool {
	t.Helper()
	h, err := useWaiting(t, connection, task, file, response)
	for began := time.Now(); errors.Is(err, port.ErrBusy) && time.Since(began) < patience; time.Sleep(time.Millisecond) {
		h, err = useWaiting(t, connection, task, file, response)
	}
	if err = errors.Join(err, h.err); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(h.log, "\n"))
	}
	return h
}

// testFirmware returns a firmware file of so many blocks to upgrade to.
func testFirmware(blocks int) *upg.File {
	dated := time.Date(2008, time.March, 1, 12, 0, 0, 0, time.UTC)
	return firmware.UPG(7350, "7350V284", dated, 284, blocks*ion.BlockBytes-100)
}

// outcome runs ionsim, which must end by itself.
func outcome(t testing.TB, args ...string) (code cli.Status, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, diag lockedBuffer
	code = run(ctx, args, &out, &diag)
	must(t, ctx.Err())
	return code, out.String(), diag.String()
}

func blocksOf(events []event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%d/%d ", e.Block, e.Blocks)
	}
	return b.String()
}
