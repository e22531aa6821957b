package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upg"
)

func writeSite(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plant.site")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// startSite serves a site until the test ends, and returns it with the ready lines of its lines.
func startSite(t *testing.T, text string, args ...string) (m *served, ready []event) {
	t.Helper()
	m = startHere(t, append([]string{"--json", "--site", writeSite(t, text)}, args...)...)
	m.want("the site", func(e event) bool {
		if e.Event == "ready" {
			ready = append(ready, e)
		}
		return e.Event == "site"
	})
	return m, ready
}

func TestASiteSaysWhatIsWrongWithItsFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", "the file is empty"},
		{"[line]\n", "there is no [meter]"},
		{"[line a]\n[meter]\nunit-id = 7\n", "line 1: no [meter] says line = a"},
		{"[line north]\n[meter]\nline = north\n[meter b]\nline = nroth\n", "line 5: there is no [line nroth]; did you mean north?"},
		{"[meter]\nline = b\n", "line 2: there is no [line b]; add that section, or name another line"},
		{"[line a]\ncopies = 2\n[line a-2]\n[meter]\nline = a\n[meter b]\nline = a-2\n", "line 3: the name a-2 is already that of a copy or of the section at line 1"},
		{"[line a b]\n[line a-b]\n[meter]\nline = a b\n[meter b]\nline = a-b\n", "line 2: the name a-b is already that of a copy or of the section at line 1"},
		{"[meter m]\ncopies = 2\n[meter m-1]\nunit-id = 9\n", "line 3: the name m-1 is already that of a copy or of the section at line 1"},
		{"[line]\ntrace = {meter}.txt\n[meter]\n", "line 2: trace: {meter} stands for nothing here; use {line}"},
		{"[line a]\ntrace = t\n[line b]\ntrace = ./t\n[meter m]\nline = a\n[meter n]\nline = b\n", "line 4: trace: ./t is already what line 2 has; choose another"},
		{"[line a]\nlink = t\n[line b]\ntrace = t.lock\n[meter m]\nline = a\n[meter n]\nline = b\n", "line 4: trace: t.lock is already what line 2 has; choose another"},
		{"[line a]\ntcp = :7801\n[meter m]\nline = a\nunit-id = 7\ncopies = 2\nmodbus-tcp = 127.0.0.1:7800\n", "line 7: modbus-tcp: 127.0.0.1:7801 is already what line 2 has"},
		{"[line a]\n[line b]\n[meter]\nline = a\nstate = {meter}\n[meter x]\nline = b\nstate = meter\n", "line 8: state: meter is already what line 5 has"},
		{"[meter]\nphone = 12345\n", "line 2: \"phone\" is no key of [meter]"},
		{"[meter]\ncomes-on = 20s\n", "line 2: \"comes-on\" is no key of [meter]"},
		{"[meter]\nstate = {metre}.state\n", "line 2: state: {metre} stands for nothing here; use {line}, {meter} or {serial}"},
		{"[line a]\n[meter]\nline = a\n[station]\n", "line 4: all meters are on lines with names, and this is on none; add a line line = a"},
		{"[meter]\nunit-id = 0\n", "line 2"},
		{"[meter]\ncopies = 32\n", "line 2"},
		{"[meter]\nunit-id = 9999\ncopies = 2\n", "unit id 10000"},
		{"[line]\ncopies = 2\nlink = x\n[meter]\n", "put {line} into it"},
		{"[line]\ntakeover = yes\n[meter]\n", "takeover without tcp"},
		{"[line]\ntcp = nowhere\n[meter]\n", "is no address"},
		{"[line]\nplan = kill at block 3\n[meter]\n", "befalls the upgrader"},
		{"[line]\nplan = cable-pull at block\n[meter]\n", "line 2"},
		{"[line]\ncopies = 2\ntrace = x\n[meter]\n", "trace: 2 lines cannot write one file; put {line} into it"},
		{"[line]\ncopies = 2\ncapture = x\n[meter]\n", "capture: 2 lines cannot write one file"},
		{"[line]\ncapture = -\n[meter]\n", "name a file"},
		{"[meter]\ncopies = 2\nstate = x\n", "line 3: state: 2 meters cannot have one; put {meter} or {serial} into it"},
		{"[line]\ncopies = 2\n[meter]\nstate = {meter}\n", "line 4: state: meters of 2 lines cannot have one; put {line} or {serial} into it"},
		{"[meter]\nunit-id = 240\ncopies = 9\nmodbus-rtu = yes\n", "line 4: modbus-rtu: unit id 248 is none of Modbus"},
		{"[meter]\nplan = cable-pull\n", "line 2: plan: cable-pull befalls the line; write it in the plan of its [line]"},
		{"[meter]\ncopies = 2\nplan = meter-reset\n", "line 3: plan: 2 meters, and one meter of a line can have a plan"},
		{"[meter]\nplan = meter-reset\n[meter b]\nunit-id = 9\nplan = meter-reset\n", "line 5: plan: another meter of this line has one, at line 2"},
		{"[meter]\n[station x]\nline = y\n", "line 3: there is no [line y]"},
		{"[line]\ncopies = 9000\n[meter]\ncopies = 2\n", "18000 meters, and at most 10000"},
		{"[pc]\n", "no section; use line, meter or station"},
	} {
		code, _, stderr := outcome(t, "--site", writeSite(t, test.text))
		if code != 2 || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: exit %d, %q, want %q", test.text, code, stderr, test.want)
		}
	}
	if code, _, stderr := outcome(t, "--site", writeSite(t, "[meter]\n"), "--unit-id", "7"); code != 2 || !strings.Contains(stderr, "--unit-id is for one meter") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

func TestTheREADMEsPlantIsASite(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(readme), "\n    [line north]\n")
	text, _, _ = strings.Cut(text, "\n\n`ionsim --site plant.site`")
	s, err := parseSite([]byte("[line north]\n" + strings.ReplaceAll(text, "\n    ", "\n")))
	if err != nil || len(s.meters) != 1 || s.meters[0].Copies != 8 {
		t.Errorf("%v, and not eight meters: %v", s, err)
	}
}

func FuzzSite(f *testing.F) {
	f.Add("[line a]\ntcp = :0\ncopies = 3\nplan = cable-pull at block 3\n[meter b]\nline = a\nunit-id = 9\ncopies = 2\n[station]\nline = a\nkind = second-master\n")
	f.Add("[meter]\nmodbus-tcp = :1\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSite([]byte(text))
		if err != nil {
			return
		}
		for i := range s.lines {
			s.lines[i].Copies = min(s.lines[i].Copies, 2) // more are only more of the same
		}
		lines, err := s.build(newOptions(), time.Unix(0, 0))
		if err == nil && len(lines) == 0 {
			t.Error("a site without lines")
		}
	})
}

func TestSerialNumbersCountUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		serial string
		n      int
		want   string
	}{
		{"PC-0209A001-11", 0, "PC-0209A001-11"}, {"PC-0209A001-11", 1, "PC-0209A001-12"}, {"PC-0209A001-99", 1, "PC-0209A002-00"},
		{"PC-0209A999-99", 2, "PC-0210A000-01"}, {"PC-9999A999-99", 1, "PC-0000A000-00"}, {"X", 5, "X"},
	} {
		if got := laterSerial(test.serial, test.n); got != test.want {
			t.Errorf("%s and %d more is %s, want %s", test.serial, test.n, got, test.want)
		}
	}
}

func TestEachLineOfASiteHasItsOwnPortsAndMeters(t *testing.T) {
	t.Parallel()
	m, ready := startSite(t, "[line a]\ntcp = :0\ncopies = 2\n[meter m]\nline = a\nunit-id = 7\ncopies = 2\nmodel = 7330\n[meter lone]\nmodbus-tcp = :0\n", "--pace", "off")
	var told []string
	for _, e := range ready {
		for _, on := range e.Meters {
			told = append(told, strings.Join([]string{e.Line, on.Name, on.Serial, on.Revision}, " "))
		}
	}
	want := []string{"a-1 m-1 PC-0209A001-11 7330V282", "a-1 m-2 PC-0209A001-12 7330V282", "a-2 m-1 PC-0209A001-13 7330V282", "a-2 m-2 PC-0209A001-14 7330V282", "line lone PC-0209A001-15 7350V282"}
	if !slices.Equal(told, want) {
		t.Errorf("told are\n%s", strings.Join(told, "\n"))
	}
	for i, e := range ready {
		where := port.Config{TCP: e.TCP}
		if e.TCP == "" {
			where = port.Config{Port: e.PTY}
		}
		for _, on := range e.Meters {
			if got := whoIs(t, where, on.Unit); got.SerialNumber != on.Serial {
				t.Errorf("line %d, unit %d is %+v", i, on.Unit, got)
			}
		}
	}
	if ready[2].Meters[0].ModbusTCP == "" || ready[0].Meters[0].ModbusTCP != "" {
		t.Errorf("Modbus is told as %+v", ready)
	}
	m.end()
}

func TestEachLineOfASiteIsLookedAtUnderItsName(t *testing.T) {
	t.Parallel()
	m, ready := startSite(t, "[line a b]\ntcp = :0\ncopies = 2\n[meter m]\nline = a b\nunit-id = 7\ncopies = 2\n", "--http", "0", "--pace", "off")
	get := func(path string) string {
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+ready[0].HTTP+path, nil)
		must(t, err)
		request.Header.Set("Authorization", "Bearer "+ready[0].Token)
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		must(t, err)
		return string(body)
	}
	if list := get("/v1/meters"); !strings.Contains(list, `"a-b-1"`) || !strings.Contains(list, `"a-b-2"`) {
		t.Errorf("the meters are %s", list)
	}
	if list := get("/v1/lines"); strings.Count(list, `"stations":2`) != 2 {
		t.Errorf("the lines are %s", list)
	}
	if one := get("/v1/lines/a-b-2"); !strings.Contains(one, `"name":"m-2","unit":8`) || !strings.Contains(one, `"name":"m-1","unit":7`) {
		t.Errorf("the second line is %s", one)
	}
	if one := get("/v1/meters/a-b-2"); !strings.Contains(one, "PC-0209A001-13") {
		t.Errorf("one is %s", one)
	}
	m.end()
}

// whoIs asks the meter of a unit id who it is.
func whoIs(t *testing.T, connection port.Config, unit int) client.Device {
	t.Helper()
	var why error
	for range 5 { // a second master may talk into the answer
		h, err := useUnit(t, connection, unit, client.TaskIdentify, nil)
		if why = errors.Join(err, h.err); why == nil {
			return h.device
		}
	}
	t.Errorf("unit %d does not say who it is: %v", unit, why)
	return client.Device{}
}

// ionup builds ionup and returns its path.
func ionup(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ionup")
	if out, err := exec.Command("go", "build", "-o", path, "ionbench/cmd/ionup").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// runIonup runs ionup in a folder of its own, and returns what it says.
func runIonup(t *testing.T, program string, args ...string) (code int, said string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir = t.TempDir()
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// The answers of a second master and its questions go into an upgrade by ionup, the program, which has
// to live with them; the other meters of the line have nothing to do with it.
func TestAnUpgradeByIonupOnALineOfEightWithASecondMasterLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	program, image := ionup(t), filepath.Join(t.TempDir(), "new.upg")
	b, err := upg.Append(nil, testFirmware(4))
	must(t, errors.Join(err, os.WriteFile(image, b, 0o600)))
	m, ready := startSite(t, "[line a]\npty = yes\n[meter m]\nline = a\nunit-id = 101\ncopies = 8\n[station poller]\nline = a\nkind = second-master\nunit-id = 105\nbegins = 300ms\nevery = 310ms\n", "--pace", "200")
	where := port.Config{Port: ready[0].PTY}
	code, said := runIonup(t, program, "upgrade", image, "--port", ready[0].PTY, "--unit-id", "103", "--timeout", "300ms", "--yes")
	upgraded := code == 0
	if !upgraded && !strings.Contains(said, "ionup recover") && !strings.Contains(said, "hint") {
		t.Errorf("exit %d without a next step:\n%s", code, said)
	}
	for _, on := range ready[0].Meters {
		want := "7350V282"
		if on.Unit == 103 {
			want = "7350V284"
		}
		if got := whoIs(t, where, on.Unit); (got.Revision != want && (on.Unit != 103 || upgraded)) || got.SerialNumber != on.Serial {
			t.Errorf("unit %d runs %s and is %s; the upgrade of 103 ended with %d:\n%s", on.Unit, got.Revision, got.SerialNumber, code, said)
		}
	}
	m.end()
	for _, e := range m.seen {
		if e.Event == "block-programmed" && e.Meter != "m-3" || e.Event == "sector-erased" && e.Meter != "m-3" {
			t.Errorf("%s", e.raw)
		}
	}
	if upgraded && len(m.all("sector-erased")) == 0 {
		t.Error("nothing of the upgrade was told")
	}
}

// Two meters with one unit id both hear what is sent to it: ionup changes neither. And an EtherGate has
// one connection: who comes second is told who has it.
func TestIonupLeavesTwinsOfASiteAloneAndAnEtherGateHasOneClient(t *testing.T) {
	t.Parallel()
	program, image := ionup(t), filepath.Join(t.TempDir(), "new.upg")
	b, err := upg.Append(nil, testFirmware(2))
	must(t, errors.Join(err, os.WriteFile(image, b, 0o600)))
	m, ready := startSite(t, "[line a]\ntcp = :0\n[meter one]\nline = a\nunit-id = 7\n[meter two]\nline = a\nunit-id = 7\nrts-delay = 200ms\n", "--pace", "baud")
	code, said := runIonup(t, program, "upgrade", image, "--tcp", ready[0].TCP, "--unit-id", "7", "--yes")
	if code != 1 || !strings.Contains(said, "more than one meter answers") {
		t.Errorf("twins: exit %d, %s", code, said)
	}
	first, err := port.Open(port.Config{TCP: ready[0].TCP})
	must(t, err)
	m.want("the first client", func(e event) bool { return e.Event == "connected" })
	second, err := port.Open(port.Config{TCP: ready[0].TCP})
	must(t, err)
	if refused := m.want("the second client", func(e event) bool { return e.Event == "refused" }); refused.Holder == "" {
		t.Errorf("%s", refused.raw)
	}
	must(t, errors.Join(first.Close(), second.Close()))
	m.end()
	for _, e := range m.seen {
		if e.Event == "sector-erased" || e.Event == "state" && e.State == "download" {
			t.Errorf("%s", e.raw)
		}
	}
}

// What is kept of a site's meters, first and neighbour alike, is there when it is started again; and a
// file that holds another meter is refused, with the place in the site's file.
func TestMetersOfASiteGoOnFromTheirStateFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := "[line a]\ntcp = :0\ntrace = " + folder + "/{line}.trace\ncapture = " + folder + "/{line}.pcapng\n" +
		"[meter m]\nline = a\nunit-id = 7\ncopies = 2\nstate = " + folder + "/{meter}.state\n"
	m, ready := startSite(t, text, "--pace", "off")
	h, err := useUnit(t, port.Config{TCP: ready[0].TCP}, 8, client.TaskUpgrade, testFirmware(2))
	must(t, errors.Join(err, h.err))
	m.end()
	m, ready = startSite(t, text, "--pace", "off")
	for i, want := range []string{"7350V282", "7350V284"} {
		if on := ready[0].Meters[i]; on.Revision != want || !on.Restored {
			t.Errorf("%s runs %s, and restored is %v", on.Name, on.Revision, on.Restored)
		}
	}
	m.end()
	for name, mark := range map[string]string{"a.trace": "m-2", "a.pcapng": ""} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || len(b) < 1000 || name == "a.trace" && strings.Count(string(b), "# ionsim: ") != 2 {
			t.Errorf("%s (%s): %d bytes, %v", name, mark, len(b), err)
		}
	}
	other := strings.Replace(text, "unit-id = 7", "unit-id = 6", 1)
	code, _, stderr := outcome(t, "--site", writeSite(t, other))
	if code != 2 || !strings.Contains(stderr, "line 9: state: the state file is of another meter") || !strings.Contains(stderr, "unit 7, the site asks for") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

func TestAMeterOfASiteSpeaksModbusOnAPortOfItsOwn(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "{meter}")
	m, ready := startSite(t, "[line a]\ntcp = :0\n[meter m]\nline = a\nunit-id = 7\ncopies = 2\nmodbus-link = "+link+"\n", "--pace", "off")
	for i, on := range ready[0].Meters {
		conn, err := port.Open(port.Config{Port: strings.Replace(link, "{meter}", on.Name, 1), Baud: 9600})
		must(t, err)
		request := []byte{byte(7 + i), 3, 7, 0x6C, 0, 4}
		sum := crcOf(request)
		_, err = conn.Write(append(request, byte(sum), byte(sum>>8)))
		must(t, err)
		answer := make([]byte, 13)
		_, err = io.ReadFull(conn, answer)
		if err != nil || string(answer[3:11]) != "7350V282" {
			t.Errorf("%s at %s: % x, %v", on.Name, on.ModbusRTU, answer, err)
		}
		must(t, conn.Close())
	}
	m.end()
}

func crcOf(p []byte) uint16 {
	c := uint16(0xFFFF)
	for _, b := range p {
		c ^= uint16(b)
		for range 8 {
			low := c & 1
			if c >>= 1; low == 1 {
				c ^= 0xA001
			}
		}
	}
	return c
}

// The plan of a meter befalls that meter and no other of its line.
func TestThePlanOfAMeterBefallsItAlone(t *testing.T) {
	t.Parallel()
	m, ready := startSite(t, "[line a]\ntcp = :0\n[meter m]\nline = a\nunit-id = 7\n[meter struck]\nline = a\nunit-id = 8\nplan = meter-reset at 50ms\n", "--pace", "off")
	m.want("the reset", func(e event) bool {
		return e.Event == "state" && e.Meter == "struck" && e.State == "booting"
	})
	if on := ready[0].Meters; on[0].Name != "struck" || on[1].Name != "m" || on[1].Serial != "PC-0209A001-11" {
		t.Errorf("the meters are %+v", on)
	}
	m.end()
	for _, e := range m.seen {
		if e.Event == "state" && e.Meter == "m" && e.State != "off" {
			t.Errorf("%s", e.raw)
		}
	}
}
