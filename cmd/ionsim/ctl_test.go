package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/cmd/internal/terminal"
	"ionbench/simulator/control"
	"ionbench/simulator/meter"
)

// ownKeys gives a test a folder of keys of its own.
func ownKeys(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "keys")
	t.Setenv("IONSIM_KEYS", folder)
	t.Setenv("IONSIM_TOKEN", "")
	return folder
}

// ctl runs a command of ionsim ctl, which must succeed, and holds its JSON to its schema.
func ctl(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"ctl"}, args...)
	code, out, errs := outcome(t, args...)
	if code != cli.Done {
		t.Fatalf("%v: exit %d: %s", args, code, errs)
	}
	if err := clitest.CheckJSON(program(newOptions(), nil), args, out); err != nil {
		t.Error(err)
	}
	return out
}

func TestAFaultStruckByHandIsToldAndItsPlanDoesItAgain(t *testing.T) {
	ownKeys(t)
	m := startJSON(t, "--http", "0", "--tcp", ":0", "--pace", "off")
	if m.ready.HTTP == "" || m.ready.Token == "" {
		t.Fatalf("ready: %s", m.ready.raw)
	}
	ctl(t, "fault", "reply-lost at block 2")
	ctl(t, "fault", "reply-lost at block 4")
	ctl(t, "end", "2")
	first := wantDoneWaiting(t, port.Config{TCP: m.ready.TCP}, client.TaskUpgrade, testFirmware(5), counting)
	if got := ctl(t, "faults"); !strings.Contains(got, "reply-lost at block 2  over") {
		t.Errorf("faults:\n%s", got)
	}
	m.end()
	again := m.all("stopped")[0].ByHand
	if again != "reply-lost at block 2" {
		t.Fatalf("what was done by hand is %q", again)
	}
	sameAgain(t, first, again, 5)
}

func TestAPortThatIsTakenOverIsToldBesideThePlanOfASession(t *testing.T) {
	ownKeys(t)
	m := startJSON(t, "--http", "0", "--tcp", ":0", "--pace", "off", "--takeover")
	ctl(t, "fault", "reply-lost at block 2")
	wantDone(t, port.Config{TCP: m.ready.TCP}, client.TaskIdentify, nil)
	for range 2 {
		conn, err := net.Dial("tcp", m.ready.TCP)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	first := wantDoneWaiting(t, port.Config{TCP: m.ready.TCP}, client.TaskUpgrade, testFirmware(3), counting)
	m.end()
	told := m.all("stopped")[0]
	if told.ByHand != "reply-lost at block 2" || !strings.Contains(told.raw, "a new client took the port over ") {
		t.Errorf("told: %s", told.raw)
	}
	sameAgain(t, first, told.ByHand, 3)
}

// sameAgain wants an upgrade of a meter that is alone to have the same log by a plan.
func sameAgain(t *testing.T, first *tool, plan string, blocks int) {
	t.Helper()
	r := startJSON(t, "--tcp", ":0", "--pace", "off", "--fault", plan)
	second := wantDoneWaiting(t, port.Config{TCP: r.ready.TCP}, client.TaskUpgrade, testFirmware(blocks), counting)
	if a, b := untimed(first.log), untimed(second.log); !slices.Equal(a, b) {
		t.Errorf("by hand %q, by its plan %q", a, b)
	}
	r.end()
}

func TestThePlanOfASessionAtTheSecondMeterOfALineDoesItAgainAtTheOnlyOne(t *testing.T) {
	ownKeys(t)
	m, ready := startSite(t, "[line]\ntcp = :0\n[meter first]\nunit-id = 104\nserial-number = PC-0209A001-12\n[meter second]\nunit-id = 105\nserial-number = "+meter.ArticleSerialNumber+"\n", "--http", "0", "--pace", "off")
	ctl(t, "fault", "cable-pull at block 2 for 2 no-responses")
	ctl(t, "fault", "power-loss at block 4 for 1 no-response")
	first := wantDoneWaiting(t, port.Config{TCP: ready[0].TCP}, client.TaskUpgrade, testFirmware(5), counting)
	m.end()
	told := m.all("stopped")[0]
	if told.ByHand != "cable-pull at block 2 for 2 no-responses" || !strings.Contains(told.raw, "power-loss at block 4 for 1 no-response: it befell the first meter of the line while the tool was at another") {
		t.Errorf("told: %s", told.raw)
	}
	sameAgain(t, first, told.ByHand, 5)
}

// untimed leaves out the lines of a log that have the time or the meter's revision before.
func untimed(log []string) []string {
	return slices.DeleteFunc(slices.Clone(log), func(line string) bool { return strings.Contains(line, " at ") })
}

func TestEveryCommandOfCtlDoesWhatItSays(t *testing.T) {
	ownKeys(t)
	m := startJSON(t, "--http", "0", "--tcp", ":0", "--pace", "off")
	for _, c := range []struct{ args, want string }{
		{"state", "state    application"},
		{"cable out", "cable-pull at"},
		{"cable out", "1  cable-pull"},
		{"state", "fault 1  cable-pull at"},
		{"cable in", "over"},
		{"power off", "the meter is off"},
		{"state", "state    off"},
		{"power on", "the meter is"},
		{"reset", "the meter is"},
		{"press cable", "cable-pull at"},
		{"press cable", "over"},
		{"press power", "power-loss at"},
		{"press power", "over"},
		{"press reset", "meter-reset at"},
		{"press silent", "meter-silent at"},
		{"press dip", "brown-out at"},
		{"meters", meter.ArticleSerialNumber},
		{"state --meter 1", "state    "},
		{"fault meter-silent", "at-work"},
		{"heal", "over"},
		{"lines", "STATIONS"},
		{"fault --line 1 cable-pull", "at-work"},
		{"faults --line 1", "at-work"},
		{"heal --line 1", "over"},
		{"cable --line 1 out", "at-work"},
		{"cable --line 1 in", "over"},
		{"faults", "again by: cable-pull at"},
	} {
		args := strings.Fields(c.args)
		if got := ctl(t, args...); !strings.Contains(got, c.want) {
			t.Errorf("ctl %s: %q is not in\n%s", c.args, c.want, got)
		}
		var answer map[string]any
		if err := json.Unmarshal([]byte(ctl(t, append(args, "--json")...)), &answer); err != nil {
			t.Errorf("ctl %s --json: %v", c.args, err)
		}
	}
	m.end()
}

func TestWhatCtlCannotDoSaysTheNextStep(t *testing.T) {
	folder := ownKeys(t)
	for _, c := range []struct {
		args string
		want cli.Status
		says string
	}{
		{"state", cli.Environment, "ionsim --http"},
		{"state --to 127.0.0.1:1", cli.Environment, "no meter of yours"},
		{"state --link nothing", cli.Environment, "nothing"},
		{"power", cli.Misused, "off or on"},
	} {
		if code, _, errs := outcome(t, append([]string{"ctl"}, strings.Fields(c.args)...)...); code != c.want || !strings.Contains(errs, c.says) || !strings.Contains(errs, "hint:") {
			t.Errorf("ctl %s: exit %d, %s", c.args, code, errs)
		}
	}

	m := startJSON(t, "--http", "0", "--tcp", ":0")
	other := startJSON(t, "--http", "0", "--tcp", ":0")
	for _, c := range []struct {
		args []string
		want cli.Status
		says string
	}{
		{[]string{"state"}, cli.Environment, "2 meters are served"},
		{[]string{"state", "--to", m.ready.HTTP}, cli.Done, ""},
		{[]string{"cable", "sideways", "--to", m.ready.HTTP}, cli.Misused, "sideways"},
		{[]string{"end", "first", "--to", m.ready.HTTP}, cli.Misused, "ctl faults"},
		{[]string{"end", "9", "--to", m.ready.HTTP}, cli.Misused, "ctl faults"},
		{[]string{"fault", "cabel-pull", "--to", m.ready.HTTP}, cli.Misused, "did you mean `cable-pull`"},
		{[]string{"fault", "power-loss", "--line", "1", "--to", m.ready.HTTP}, cli.Misused, "say --meter instead of --line"},
		{[]string{"faults", "--line", "9", "--to", m.ready.HTTP}, cli.Misused, "ionsim ctl lines"},
		{[]string{"faults", "--line", "1", "--meter", "1", "--to", m.ready.HTTP}, cli.Misused, "leave one of them out"},
		{[]string{"fault", "abort at 60%", "--to", m.ready.HTTP}, cli.Misused, "upgrader"},
		{[]string{"fault", "program-fails", "--to", m.ready.HTTP}, cli.Misused, "address"},
	} {
		if code, _, errs := outcome(t, append([]string{"ctl"}, c.args...)...); code != c.want || !strings.Contains(errs, c.says) {
			t.Errorf("ctl %v: exit %d, %s", c.args, code, errs)
		}
	}
	other.end()
	ctl(t, "state") // there is only one now

	t.Setenv("IONSIM_TOKEN", "wrong")
	if code, _, errs := outcome(t, "ctl", "state", "--to", m.ready.HTTP); code != cli.Environment || !strings.Contains(errs, "IONSIM_TOKEN") {
		t.Errorf("a wrong token: exit %d, %s", code, errs)
	}
	t.Setenv("IONSIM_TOKEN", m.ready.Token)
	ctl(t, "state", "--to", m.ready.HTTP)
	m.end()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("keys that are left: %v, %v", left, err)
	}
}

func TestOnlyTheUserCanReadTheKey(t *testing.T) {
	folder := ownKeys(t)
	m := startProcessJSON(t, "--http", "0", "--tcp", ":0")
	keys, err := os.ReadDir(folder)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%v, %v", keys, err)
	}
	for path, want := range map[string]os.FileMode{folder: 0o700, filepath.Join(folder, keys[0].Name()): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, not %v: %v", path, info.Mode(), want, err)
		}
	}
	m.kill()
	<-m.ended
	if code, _, errs := outcome(t, "ctl", "state"); code != cli.Environment || !strings.Contains(errs, "no meter") {
		t.Errorf("the key of a killed meter is used: exit %d, %s", code, errs)
	}
}

func TestAnAddressThatIsNoneIsWrongUsage(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"x", "127.0.0.1", ":x", "65536", "::1"} {
		if code, _, errs := outcome(t, "--http", address); code != cli.Misused || !strings.Contains(errs, "--http") {
			t.Errorf("--http %s: exit %d, %s", address, code, errs)
		}
	}
}

func TestThePanelOfATerminalFitsIt(t *testing.T) {
	t.Parallel()
	var m control.Meter
	m.State, m.LCD, m.Identity = "receiving", "Upgrading…\x1b[2J", control.Identity{Model: "7350", Serial: "A-1", Unit: 105}
	m.Image, m.LED = control.Image{Block: 5, Blocks: 10}, control.LED{On: true, Toggles: 7}
	m.Flash = control.Flash{Protected: 2, Used: []int{100, 6, 100, 50, 0}}
	m.Faults = []control.Fault{{ID: 1, Fault: "cable-pull at block 5", State: control.AtWork}, {ID: 2, Fault: "noise", State: control.Over}}
	event := strings.TrimSpace(eventText(control.Event{Name: "fault", Data: []byte(`{"event":"fault","at":1.5,"phase":"strikes","fault":"cable-pull at block 5"}`)}))
	text := panelText(&m, []string{event}, terminal.Size{Columns: 60, Rows: 24})
	for _, want := range []string{"ION 7350 A-1, unit 105", "Upgrading…", "● L2", "block 5 of 10", "[#######", "flash LL#+.", "fault 1: cable-pull at block 5, at-work", "1.500  fault strikes: cable-pull at block 5"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, "fault 2") {
		t.Errorf("what should not be there is in\n%s", text)
	}
	m.Flash.Used = make([]int, 64)
	for id := range 12 {
		m.Faults = append(m.Faults, control.Fault{ID: id + 3, Fault: "reply-lost at 9h", State: control.Waiting})
	}
	for columns, sectors := range map[int]string{40: "flash LL" + strings.Repeat(".", 32) + "\n      " + strings.Repeat(".", 30) + "\n", 80: "flash LL" + strings.Repeat(".", 62) + "\n"} {
		text := panelText(&m, slices.Repeat([]string{event}, lastEvents), terminal.Size{Columns: columns, Rows: 24})
		if !strings.Contains(text, sectors) || !strings.Contains(text, "and 8 faults more") || strings.Count(text, "\n") >= 24 {
			t.Errorf("in a terminal of 24 lines of %d:\n%s", columns, text)
		}
	}
	for _, shown := range [][2]int{{200, 60}, {60, 24}, {40, 12}, {80, 8}, {20, 5}, {10, 2}, {4, 3}, {1, 1}} {
		size := terminal.Size{Columns: shown[0], Rows: shown[1]}
		text := panelText(&m, slices.Repeat([]string{event}, lastEvents), size)
		if n := strings.Count(text, "\n"); n >= max(2, size.Rows) {
			t.Errorf("%v: %d lines scroll the terminal:\n%s", size, n, text)
		}
		for line := range strings.Lines(text) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > size.Columns {
				t.Errorf("%v: a line has %d: %s", size, n, line)
			}
		}
		if size.Columns > 20 && !strings.Contains(text, "receiving, block 5 of 10\n") {
			t.Errorf("%v: the state is not in\n%s", size, text)
		}
	}
}

func TestAPanelIsDrawnInItsPlaceAndATerminalOfAnotherSizeIsCleared(t *testing.T) {
	t.Parallel()
	var c canvas
	wide, narrow := terminal.Size{Columns: 80, Rows: 24}, terminal.Size{Columns: 40, Rows: 12}
	got := []string{c.draw("a\nb\n", wide), c.draw("c\n", wide), c.draw("d\n", narrow), c.draw("e\n", narrow)}
	if want := []string{"a\nb\n", "\x1b[2A\x1b[Jc\n", "\x1b[H\x1b[Jd\n", "\x1b[1A\x1b[Je\n"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
