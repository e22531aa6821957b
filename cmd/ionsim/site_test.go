package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
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
	for _, test := range []struct{ text, want string }{
		{"", "the file is empty"},
		{"[line]\n", "there is no [meter]"},
		{"[line a]\n[meter]\nline = b\n", "line 1: no [meter] says line = a"},
		{"[meter]\nunit-id = 0\n", "line 2"},
		{"[meter]\ncopies = 32\n", "line 2"},
		{"[meter]\nunit-id = 9999\ncopies = 2\n", "unit id 10000"},
		{"[line]\ncopies = 2\nlink = x\n[meter]\n", "put {line} into it"},
		{"[line]\ntakeover = yes\n[meter]\n", "takeover without tcp"},
		{"[line]\ntcp = nowhere\n[meter]\n", "is no address"},
		{"[line]\nplan = kill at block 3\n[meter]\n", "befalls the upgrader"},
		{"[line]\nplan = cable-pull at block\n[meter]\n", "line 2"},
		{"[meter]\n[station x]\nline = y\n", "line 3: no meter is on line \"y\""},
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

// The answers of a second master and its questions go into an upgrade, which has to live with them;
// the other meters of the line have nothing to do with it.
func TestAnUpgradeOnALineOfEightWithASecondMasterLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	m, ready := startSite(t, "[line a]\npty = yes\n[meter m]\nline = a\nunit-id = 101\ncopies = 8\n[station poller]\nline = a\nkind = second-master\nunit-id = 105\nbegins = 300ms\nevery = 310ms\n", "--pace", "200")
	where := port.Config{Port: ready[0].PTY}
	h, err := useUnit(t, where, 103, client.TaskUpgrade, testFirmware(4))
	must(t, err)
	upgraded := h.err == nil
	for _, on := range ready[0].Meters {
		want := "7350V282"
		if on.Unit == 103 {
			want = "7350V284"
		}
		if got := whoIs(t, where, on.Unit); (got.Revision != want && (on.Unit != 103 || upgraded)) || got.SerialNumber != on.Serial {
			t.Errorf("unit %d runs %s and is %s; the upgrade of 103 ended with %v", on.Unit, got.Revision, got.SerialNumber, h.err)
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
