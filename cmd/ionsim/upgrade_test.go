//go:build linux && !ppc64 && !ppc64le

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/simulator/disk"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/statefile"
)

func overPTY(m *served) port.Config { return port.Config{Port: m.ready.PTY} }

func TestUpgradeIsToldFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		start func(testing.TB, ...string) *served
		args  []string
		over  func(*served) port.Config
	}{
		{"TCP", startJSON, []string{"--tcp", ":0"}, overTCP},
		{"PTY", startJSON, []string{"--pty"}, overPTY},
		{"TCP of a process", startProcessJSON, []string{"--tcp", "127.0.0.1:0"}, overTCP},
		{"PTY of a process", startProcessJSON, nil, overPTY},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := test.start(t, append(test.args, "--pace", "off")...)
			if r := m.ready; r.Model != 7350 || r.Serial != "PC-0209A001-11" || r.Unit != 105 || r.Revision != "7350V283" ||
				r.State != "application" || r.LCD != "ION7350" || r.Device != "ion7350" || r.Baud != 9600 || r.Pace != "off" || r.Restored {
				t.Errorf("ready: %s", r.raw)
			}
			const blocks = 12
			wantDone(t, test.over(m), client.TaskUpgrade, testFirmware(blocks))
			if h := wantDone(t, test.over(m), client.TaskIdentify, nil); h.device.Revision != "7350V284" {
				t.Errorf("the meter runs %q", h.device.Revision)
			}
			m.end()
			m.wantUpgrade(t, blocks)
		})
	}
}

// wantUpgrade checks the events of one whole upgrade.
func (m *served) wantUpgrade(t *testing.T, blocks int) {
	t.Helper()
	var states []string
	for _, e := range m.all("state") {
		if e.State != "programming" && e.State != "receiving" {
			states = append(states, e.State)
		}
	}
	if got, want := strings.Join(states, " "), "booting download erasing verifying booting application off"; got != want {
		t.Errorf("states %s, want %s", got, want)
	}
	if n := len(m.all("block-programmed")); n != blocks {
		t.Errorf("%d blocks were programmed: %s", n, blocksOf(m.all("block-programmed")))
	}
	for i, e := range m.all("block-programmed") {
		if e.Block != i+1 || e.Blocks != blocks {
			t.Errorf("%s", e.raw)
		}
	}
	sectors := m.all("sector-erased")
	for i, e := range sectors {
		if e.Left != len(sectors)-1-i || e.Sector != sectors[0].Sector+i {
			t.Errorf("%s", e.raw)
		}
	}
	if len(sectors) == 0 {
		t.Error("no sector was erased")
	}
	for i, e := range m.all("led") {
		if e.Count != i+1 || e.On != (i%2 == 0) {
			t.Fatalf("%s is toggle %d", e.raw, i+1)
		}
	}
	if n := len(m.all("led")); n < blocks*ion.MaxFrames {
		t.Errorf("L2 toggled %d times", n)
	}
	if v := m.all("verified"); len(v) != 1 || v[0].Status != "ok" {
		t.Errorf("verified: %v", v)
	}
	var log []string
	for _, e := range m.all("event-log") {
		log = append(log, e.Text)
	}
	if want := []string{"Factory initialize performed", "Firmware upgrade performed"}; !slices.Equal(log, want) {
		t.Errorf("event log %q, want %q", log, want)
	}
	if last := m.seen[len(m.seen)-1]; last.Event != "stopped" {
		t.Errorf("the last line is %s", last.raw)
	}
	m.wantDocumented(t)
	if m.stderr.String() != "" {
		t.Errorf("on stderr: %s", m.stderr)
	}
}

func TestCablePullIsToldAndSurvived(t *testing.T) {
	t.Parallel()
	const plan = "cable-pull at block 3 for 2 no-responses"
	for _, test := range []struct {
		name string
		args []string
		over func(*served) port.Config
	}{{"PTY", nil, overPTY}, {"TCP", []string{"--tcp", ":0"}, overTCP}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := startJSON(t, append(test.args, "--pace", "off", "--fault", plan)...)
			h := wantDoneWaiting(t, test.over(m), client.TaskUpgrade, testFirmware(6), counting)
			m.end()
			var told []string
			for _, e := range m.all("fault") {
				told = append(told, e.Phase+" "+e.Fault)
			}
			if want := []string{"strikes " + plan, "ends " + plan}; !slices.Equal(told, want) {
				t.Errorf("faults %q, want %q", told, want)
			}
			missing := 0
			for _, line := range h.log {
				if strings.HasPrefix(line, "No response... resending") {
					missing++
				}
			}
			if missing != 2 {
				t.Errorf("%d lines No response in\n%s", missing, strings.Join(h.log, "\n"))
			}
			m.wantDocumented(t)
		})
	}
}

func TestConnectionIsResetAndTheNextOneRecovers(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--tcp", ":0", "--pace", "off", "--fault", "ip-reset at block 3; ip-reset at block 5")
	for _, task := range []client.Task{client.TaskUpgrade, client.TaskRecover} {
		if _, err := use(t, overTCP(m), task, testFirmware(6)); !errors.Is(err, machine.ErrLineLost) || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the upgrader ends with %v, want a reset", err)
		}
		m.want("the fault", func(e event) bool { return e.Event == "fault" && e.Phase == "strikes" })
		if e := m.want("the end of the connection", func(e event) bool { return e.Event == "disconnected" }); e.Reason != "reset from here" {
			t.Errorf("%s", e.raw)
		}
	}
	wantDone(t, overTCP(m), client.TaskRecover, testFirmware(6))
	m.end()
	m.wantDocumented(t)
}

func TestResetThatCannotBeCarriedOutOnAPTYIsTold(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--pace", "off", "--fault", "ip-reset at block 3")
	wantDone(t, overPTY(m), client.TaskUpgrade, testFirmware(6))
	m.end()
	if told := m.all("not-reset"); len(told) != 1 || told[0].Host != m.ready.PTY || !strings.Contains(told[0].Reason, "TCP") {
		t.Errorf("%+v", told)
	}
	m.wantDocumented(t)
}

func TestResetWithNobodyConnectedIsTold(t *testing.T) {
	t.Parallel()
	trace := filepath.Join(t.TempDir(), "trace.txt")
	m := startJSON(t, "--tcp", ":0", "--pace", "off", "--trace", trace, "--fault", "ip-reset at 10ms")
	m.want("that nobody is there", func(e event) bool { return e.Event == "not-reset" && e.Host == "" && e.Reason != "" })
	m.end()
	text, err := os.ReadFile(trace)
	must(t, err)
	if want := " host not-reset nobody is connected\n"; !strings.Contains(string(text), want) {
		t.Errorf("the trace has no %q:\n%s", want, text)
	}
}

func TestStallIsToldAndSurvived(t *testing.T) {
	t.Parallel()
	const plan = "ip-stall at block 3 for 2 no-responses"
	m := startJSON(t, "--tcp", ":0", "--pace", "off", "--fault", plan)
	h := wantDoneWaiting(t, overTCP(m), client.TaskUpgrade, testFirmware(6), counting)
	m.end()
	if told := m.all("fault"); len(told) != 2 || told[1].Phase != "ends" || told[1].Fault != plan {
		t.Errorf("%+v", told)
	}
	if missing := strings.Count(strings.Join(h.log, "\n"), "No response... resending"); missing != 2 {
		t.Errorf("%d lines No response", missing)
	}
}

// To kill the process is to cut the meter's power: the flash keeps what was confirmed, and the
// article's recovery goes on from there.
func TestKillInTheMiddleOfAnUpgradeIsAPowerLoss(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		flags     []string
		at        string // the event at which the process is killed
		confirmed int    // blocks that are confirmed by then
	}{
		// The meter confirms nothing from block 5 on, so the test cannot come too late with
		// its kill.
		{"download", []string{"--pace", "off", "--fault", "meter-silent at block 5"}, `"phase":"strikes"`, 4},
		{"erase", []string{"--pace", "50"}, `{"event":"sector-erased"`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "meter.state")
			file := testFirmware(9)
			m := startProcessJSON(t, append(test.flags, "--tcp", ":0", "--state", state, "--owner", "Plant A")...)
			go func() {
				for line := range m.lines {
					if strings.Contains(line, test.at) {
						m.kill()
					}
				}
			}()
			if _, err := use(t, overTCP(m), client.TaskUpgrade, file); err == nil {
				t.Fatal("the upgrader has not lost its line")
			}
			<-m.ended
			wantBlocks(t, state, file, test.confirmed)

			m = startProcessJSON(t, "--tcp", ":0", "--pace", "off", "--state", state)
			if m.ready.State != "download" || m.ready.Revision != "" || m.ready.LCD != "Upgrading…" || !m.ready.Restored {
				t.Errorf("ready: %s", m.ready.raw)
			}
			wantDone(t, overTCP(m), client.TaskRecover, file)
			m.kill()
			<-m.ended

			m = startProcessJSON(t, "--tcp", ":0", "--pace", "off", "--state", state)
			if m.ready.State != "application" || m.ready.Revision != "7350V284" {
				t.Errorf("ready: %s", m.ready.raw)
			}
			h := wantDone(t, overTCP(m), client.TaskReadSettings, nil)
			if owner := ownerOf(t, h.settings); owner != "" {
				t.Errorf("the owner is %q, though the first boot of the new image made a factory initialise", owner)
			}
			m.end()
		})
	}
}

// openState opens a state file, which no process uses.
func openState(t *testing.T, path string) *statefile.File {
	t.Helper()
	chip, err := flash.New(flash.Am29F032B())
	must(t, err)
	page := chip.PageBytes()
	file, err := statefile.Open(disk.Real{}, path, statefile.Geometry{Pages: flash.Am29F032B().Bytes() / page, PageBytes: page})
	must(t, err)
	return file
}

// wantBlocks checks that a state file, which no process uses, has the first blocks of the
// image.
func wantBlocks(t *testing.T, path string, file *upg.File, blocks int) {
	t.Helper()
	state := openState(t, path)
	defer state.Close()
	chip := make([]byte, flash.Am29F032B().Bytes())
	must(t, state.LoadPages(func(page int, data []byte) error {
		copy(chip[page*len(data):], data)
		return nil
	}))
	want := file.Image[:blocks*ion.BlockBytes]
	if got := chip[upg.LoadAddress:][:len(want)]; !bytes.Equal(got, want) {
		t.Errorf("the state file does not hold the %d blocks that were confirmed", blocks)
	}
}

func ownerOf(t *testing.T, s *ion.Settings) string {
	t.Helper()
	i, ok := ion.SettingNamed(ion.Nameplate, "owner")
	if !ok || s == nil {
		t.Fatal("no owner was read")
	}
	return s.Values[i].Text
}

func TestStateFileWinsOverTheFlags(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "meter.state")
	first := []string{"--model", "7330", "--serial-number", "AB-1", "--unit-id", "105", "--owner", "Plant A", "--tcp", ":0", "--pace", "off", "--state", state}
	m := startJSON(t, first...)
	if m.ready.Restored || m.ready.Revision != "7330V283" {
		t.Errorf("ready: %s", m.ready.raw)
	}
	m.end()
	for _, test := range []struct {
		name  string
		flags []string
		says  string
	}{
		{"the same again", first[:6], ""},
		{"none", nil, ""},
		{"others", []string{"--model", "7330", "--owner", "Plant B", "--revision", "7330V999"}, "--revision, --owner not used"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := startJSON(t, append(test.flags, "--tcp", ":0", "--pace", "off", "--state", state)...)
			if r := m.ready; r.Model != 7330 || r.Serial != "AB-1" || r.Unit != 105 || r.Revision != "7330V283" || !r.Restored {
				t.Errorf("ready: %s", r.raw)
			}
			h := wantDone(t, overTCP(m), client.TaskReadSettings, nil)
			if owner := ownerOf(t, h.settings); owner != "Plant A" {
				t.Errorf("the owner is %q", owner)
			}
			m.end()
			if got := m.stderr.String(); (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
				t.Errorf("on stderr %q, want %q", got, test.says)
			}
		})
	}
}

func TestStateOfAnotherMeterIsRefused(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "meter.state")
	startJSON(t, "--tcp", ":0", "--state", state).end()
	before, err := os.ReadFile(state)
	must(t, err)
	for _, flags := range [][]string{
		{"--model", "7330"}, {"--serial-number", "PC-0209A001-12"}, {"--unit-id", "106"},
	} {
		t.Run(flags[0], func(t *testing.T) {
			code, stdout, stderr := outcome(t, append(flags, "--tcp", ":0", "--state", state)...)
			if code != cli.Misused || stdout != "" || !strings.Contains(stderr, "another meter") ||
				!strings.Contains(stderr, "PC-0209A001-11, unit 105") || !strings.Contains(stderr, flags[1]) {
				t.Errorf("exit code %d, on stderr %q", code, stderr)
			}
			if after, err := os.ReadFile(state); err != nil || !bytes.Equal(before, after) {
				t.Error("the state file was changed")
			}
		})
	}
}

func TestStateInUseIsRefused(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "meter.state")
	startJSON(t, "--tcp", ":0", "--state", state)
	code, _, stderr := outcome(t, "--tcp", ":0", "--state", state)
	if code != cli.Environment || !strings.Contains(stderr, "in use") {
		t.Errorf("exit code %d, on stderr %q", code, stderr)
	}
}

func TestStateThatIsSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	must(t, os.WriteFile(text, bytes.Repeat([]byte("important\n"), 1000), 0o600))
	foreign := filepath.Join(folder, "foreign.state")
	state := openState(t, foreign)
	must(t, state.SaveNonVolatile([]byte("of another program")))
	must(t, state.Close())
	for _, path := range []string{text, foreign} {
		code, _, stderr := outcome(t, "--tcp", ":0", "--state", path)
		if code != cli.Misused || !strings.Contains(stderr, statefile.ErrNotState.Error()) {
			t.Errorf("%s: exit code %d, on stderr %q", path, code, stderr)
		}
	}
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target, name := filepath.Join(folder, "target"), filepath.Join(folder, "name")
	must(t, os.WriteFile(target, []byte("precious"), 0o600))
	must(t, os.Symlink(target, name))
	for _, flag := range []string{"--state", "--trace"} {
		code, _, stderr := outcome(t, "--tcp", ":0", flag, name)
		if code != cli.Misused || !strings.Contains(stderr, " link") {
			t.Errorf("%s: exit code %d, on stderr %q", flag, code, stderr)
		}
	}
	if content, err := os.ReadFile(target); err != nil || string(content) != "precious" {
		t.Errorf("behind the link stands %q (%v)", content, err)
	}
}

func TestATraceIsAddedToNothingElseAndByOneAtATime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	firmware, trace := filepath.Join(folder, "new.upg"), filepath.Join(folder, "trace")
	must(t, os.WriteFile(firmware, []byte("IONUPG"), 0o600))
	code, _, stderr := outcome(t, "--tcp", ":0", "--trace", firmware)
	if code != cli.Misused || !strings.Contains(stderr, "new.upg is no trace of ionsim, and nothing is added to it") {
		t.Errorf("exit code %d, on stderr %q", code, stderr)
	}
	if content, err := os.ReadFile(firmware); err != nil || string(content) != "IONUPG" {
		t.Errorf("it holds %q (%v)", content, err)
	}
	m := startJSON(t, "--tcp", ":0", "--trace", trace)
	code, _, stderr = outcome(t, "--tcp", ":0", "--trace", trace)
	if code != cli.Environment || !strings.Contains(stderr, "in use by another process") {
		t.Errorf("exit code %d, on stderr %q", code, stderr)
	}
	m.end()
}

func TestSecondTCPClientIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--tcp", ":0")
	first, err := port.Open(overTCP(m))
	must(t, err)
	defer first.Close()
	m.want("the first client", func(e event) bool { return e.Event == "connected" })
	second, err := port.Open(overTCP(m))
	must(t, err)
	defer second.Close()
	if _, err := second.Read(make([]byte, 1)); !errors.Is(err, port.ErrBusy) {
		t.Errorf("the second client reads %v", err)
	}
	e := m.want("a refusal", func(e event) bool { return e.Event == "refused" })
	if e.Host == "" || !strings.Contains(e.Reason, "one connection at a time") {
		t.Errorf("%s", e.raw)
	}
	if e.Holder == "" || e.Age <= 0 || e.Silent <= 0 {
		t.Errorf("%s", e.raw)
	}
	first.Close()
	m.want("the end of the first", func(e event) bool { return e.Event == "disconnected" && e.Reason != "" })
	m.wantDocumented(t)
}

func TestWhatIsNoIONIsNamedByWhatItLooksLike(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--tcp", ":0", "--pace", "off")
	for bytes, likeness := range map[string]string{
		"\x01\x03\x00\x00\x00\x0a\xc5\xcd": "Modbus RTU (unit 1, function 3)",
		"\xff\xfb\x01\xff\xfd\x03":         "telnet options; set the gateway to raw TCP",
		"GET / HTTP/1.1\r\n\r\n":           `text: "GET / HTTP/1.1"`,
		"\x14\xac\x40\x01\x02":             "line noise, another baud rate or parity, or several that talk at once", // begins like a frame
	} {
		conn, err := port.Open(overTCP(m))
		must(t, err)
		_, err = conn.Write([]byte(bytes))
		must(t, err)
		conn.Close()
		e := m.want("what came", func(e event) bool { return e.Event == "no-ion" })
		if e.Likeness != likeness || e.Bytes != len(bytes) {
			t.Errorf("%q: %s", bytes, e.raw)
		}
		m.want("the end of the connection", func(e event) bool { return e.Event == "disconnected" })
	}
	wantDone(t, overTCP(m), client.TaskUpgrade, testFirmware(3))
	m.end()
	if n := len(m.all("no-ion")); n != 4 {
		t.Errorf("told of %d times", n)
	}
	m.wantDocumented(t)
}

func TestClientOfAnotherRateHearsGarbageOnAPTY(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--pace", "off", "--link", filepath.Join(t.TempDir(), "ttyION"))
	connection := port.Config{Port: m.ready.Link, Baud: 19200}
	h, err := useWaiting(t, connection, client.TaskIdentify, nil, hurried)
	if err != nil || !errors.Is(h.err, client.ErrNoResponse) {
		t.Errorf("at 19200 baud: %v, %v", err, h.err)
	}
	if e := m.want("the rate", func(e event) bool { return e.Event == "host-baud" }); e.Baud != 19200 || e.Fits {
		t.Errorf("%s", e.raw)
	}
	connection.Baud = 9600
	if h := wantDone(t, connection, client.TaskIdentify, nil); h.device.SerialNumber != "PC-0209A001-11" {
		t.Errorf("identified %+v", h.device)
	}
	if e := m.want("the rate", func(e event) bool { return e.Event == "host-baud" }); e.Baud != 9600 || !e.Fits {
		t.Errorf("%s", e.raw)
	}
	m.end()
	if _, err := os.Lstat(m.ready.Link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the link is still there (%v)", err)
	}
}

func TestTraceTakesEveryRunOneAfterAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace")
	must(t, os.WriteFile(path, []byte("# ionsim: before\n"), 0o600))
	for range 2 {
		m := startJSON(t, "--pace", "off", "--trace", path, "--trace-frames")
		wantDone(t, overPTY(m), client.TaskIdentify, nil)
		m.end()
		m.wantDocumented(t)
		if len(m.all("frame")) == 0 {
			t.Error("no frame was told")
		}
	}
	content, err := os.ReadFile(path)
	must(t, err)
	text := string(content)
	for _, want := range []string{"# ionsim: before\n", "\n# ionsim: 7350 PC-0209A001-11, unit 105, time 0 is 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("the trace has no %q", want)
		}
	}
	for _, once := range []string{" meter led 1 L2 on\n", " meter state off\n", " host host-baud 9600 /dev/pts/", " meter stopped\n"} {
		if n := strings.Count(text, once); n != 2 {
			t.Errorf("the trace has %q %d times in two runs", once, n)
		}
	}
	if !strings.Contains(text, " line frame-to-meter ") || !strings.Contains(text, " 00 00 14 ac ") {
		t.Error("the trace has no frames")
	}
}

func TestScriptReadsTheNameOfThePTYAlone(t *testing.T) {
	t.Parallel()
	for _, signs := range [][]os.Signal{{os.Interrupt}, {syscall.SIGTERM}, {syscall.SIGHUP, syscall.SIGHUP}} {
		began := time.Now()
		link := filepath.Join(t.TempDir(), "ttyION")
		cmd := process("--tcp", ":0", "--link", link, "--pace", "off", "--fault", "cable-pull at block 900; reply-lost at block 1")
		var diag lockedBuffer
		cmd.Stderr = &diag
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := scan(out)
		name := <-lines
		if target, err := os.Readlink(link); err != nil || target != name {
			t.Errorf("the first line is %q, the link leads to %q (%v)", name, target, err)
		}
		wantDoneWaiting(t, port.Config{Port: name}, client.TaskUpgrade, testFirmware(3), hurried)
		for _, sign := range signs {
			must(t, cmd.Process.Signal(sign))
		}
		for line := range lines {
			t.Errorf("further line on stdout: %s", line)
		}
		must(t, cmd.Wait())
		if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after %v the link is still there (%v)", signs, err)
		}
		for _, want := range []string{
			"an ION 7350 PC-0209A001-11, unit 105 (ion7350) with revision 7350V283, on " + name + " and 127.0.0.1:",
			"meter: erasing\n", "LCD shows \"Upgrading…\"\n", "flash: block 2 of 3 programmed\n", "LED L2 toggled, ",
			"fault cannot-strike: cable-pull at block 900: the image has 3 blocks\n",
			"fault strikes: reply-lost at block 1\n",
			"fault cable-pull at block 900: never struck: the image has 3 blocks\n",
		} {
			if !strings.Contains(diag.String(), want) {
				t.Errorf("stderr has no %q:\n%s", want, &diag)
			}
		}
		// It is told once in a while, of hundreds of frames.
		if n := strings.Count(diag.String(), "LED L2 toggled"); n > 10+int(time.Since(began)/time.Second) {
			t.Errorf("%d lines about L2 in %v", n, time.Since(began))
		}
	}
}

// `ionsim --json | head -1` must not end the meter.
func TestMeterGoesOnWhenNobodyReadsItsEvents(t *testing.T) {
	t.Parallel()
	cmd := process("--json", "--pace", "off")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer cmd.Process.Kill()
	first := make([]byte, 1<<12)
	n, err := out.Read(first)
	must(t, err)
	must(t, out.Close())
	m := &served{t: t}
	ready := m.decode(strings.TrimSpace(string(first[:n])))
	wantDone(t, port.Config{Port: ready.PTY}, client.TaskUpgrade, testFirmware(3))
	must(t, cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestFirmwareComesFromAFile(t *testing.T) {
	t.Parallel()
	content, err := upg.Append(nil, testFirmware(2))
	must(t, err)
	path := filepath.Join(t.TempDir(), "new.upg")
	must(t, os.WriteFile(path, content, 0o600))
	m := startJSON(t, "--tcp", ":0", "--firmware", path)
	if m.ready.Revision != "7350V284" {
		t.Errorf("ready: %s", m.ready.raw)
	}
	m.end()
	for _, test := range []struct {
		args []string
		code cli.Status
		says string
	}{
		{[]string{"--firmware", path, "--model", "7330"}, cli.Misused, "add --model 7350"},
		{[]string{"--firmware", path, "--revision", "7350V283"}, cli.Misused, "leave --revision out"},
		{[]string{"--firmware", filepath.Dir(path)}, cli.Misused, "a folder"},
		{[]string{"--firmware", "flags.go"}, cli.Misused, "not a .UPG"},
		{[]string{"--firmware", path + "x"}, cli.Misused, "no such file"},
	} {
		if code, _, stderr := outcome(t, test.args...); code != test.code || !strings.Contains(stderr, test.says) {
			t.Errorf("%q: exit code %d, on stderr %q", test.args, code, stderr)
		}
	}
}

func TestPortInUseIsTheEnvironment(t *testing.T) {
	t.Parallel()
	m := startJSON(t, "--tcp", ":0")
	if code, _, stderr := outcome(t, "--tcp", m.ready.TCP); code != cli.Environment || !strings.Contains(stderr, "in use") {
		t.Errorf("exit code %d, on stderr %q", code, stderr)
	}
	taken := filepath.Join(t.TempDir(), "taken")
	must(t, os.WriteFile(taken, nil, 0o600))
	if code, _, stderr := outcome(t, "--link", taken); code != cli.Environment || !strings.Contains(stderr, "not a link") {
		t.Errorf("exit code %d, on stderr %q", code, stderr)
	}
}

func TestADamagedCopyOfTheMemoryIsToldOf(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "meter.state")
	args := []string{"--tcp", ":0", "--pace", "off", "--state", state}
	m := startJSON(t, args...)
	if strings.Contains(m.ready.raw, "wrong CRC-32") {
		t.Errorf("ready: %s", m.ready.raw)
	}
	m.end()
	b, err := os.ReadFile(state)
	must(t, err)
	b[bytes.Index(b, []byte("NVOL"))+40] ^= 1
	must(t, os.WriteFile(state, b, 0o600))
	for _, damaged := range []bool{true, false} { // the first of them replaces the copy when it saves
		m = startJSON(t, args...)
		if got := strings.Contains(m.ready.raw, `"damage":"the state file is damaged: `); got != damaged {
			t.Errorf("told: %v, want %v: %s", got, damaged, m.ready.raw)
		}
		m.end()
	}
}
