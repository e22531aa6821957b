package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/shell"
	"ionbench/simulator/machine"
)

// fieldLog writes a log of fixtures/logs to a file.
func fieldLog(t *testing.T, name string) string {
	t.Helper()
	f, err := logs.Files().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Upgrade.log")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReproduceTellsWhatHappenedAndHowItIsRepeated(t *testing.T) {
	path := fieldLog(t, "upgrade-failed.log")
	code, out, diagnostics := call(t, "", "reproduce", path)
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, %s", code, diagnostics)
	}
	for _, words := range []string{
		"run      1 of 1, lines 1 to 41\n", "tool     Version 2.1 (Build 676)\n", "image    439 to 486 blocks\n", "ended    Upgrade failed at",
		"reproduced: at least 10 plans give this log", " 1  The line went dead (the cable) after block 438 of 439 to 486 and stayed so.\n", "    plan     cable-pull at block 439\n",
		"    match    all 41 lines, stamps included\n", "display is dark while it lasts", "--candidate 1 -o - | ionbench run - --print log\n", "--candidate N -o - | ionbench run - --print log\n", "\n  the meter's power\n",
	} {
		if !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
}

func TestACandidateBecomesACaseThatRunPlays(t *testing.T) {
	path := fieldLog(t, "field-three-runs.log")
	file := filepath.Join(t.TempDir(), "my.case")
	if code, out, diagnostics := call(t, "", "reproduce", path, "--run", "2", "--candidate", "2", "-o", file); code != cli.Done || !strings.Contains(out, "ionbench run "+shell.Quote(file)) {
		t.Fatalf("exit %d\n%s%s", code, out, diagnostics)
	}
	if code, out, diagnostics := call(t, "", "run", file, "--print", "plan"); code != cli.Done || !strings.Contains(out, "power-loss at block 3\n") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	_, text, _ := call(t, "", "reproduce", path, "-o", "-")
	if code, out, diagnostics := call(t, text, "run", "-", "--print", "log"); code != cli.Done || !strings.Contains(out, "Upgrade completed at") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	if code, _, diagnostics := call(t, "", "reproduce", path, "-o", file); code != cli.Misused || !strings.Contains(diagnostics, "exists") {
		t.Errorf("a file that is there: exit %d, %s", code, diagnostics)
	}
}

func TestARunThatIsNotReproducedIsNamed(t *testing.T) {
	path := fieldLog(t, "field-edited.log")
	code, out, _ := call(t, "", "reproduce", path)
	if code != cli.Failed || !strings.Contains(out, "not reproduced: this comes nearest") || !strings.Contains(out, "no: ") || !strings.Contains(out, "line ") || strings.Contains(out, "repeat") {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{"-o", filepath.Join(t.TempDir(), "x.case")}, {"--serve", "tcp"}} {
		if code, _, diagnostics := call(t, "", append([]string{"reproduce", path}, args...)...); code != cli.Failed || !strings.Contains(diagnostics, "not reproduced") {
			t.Errorf("%v: exit %d, %s", args, code, diagnostics)
		}
	}
}

func TestReproduceSpeaksToPrograms(t *testing.T) {
	code, out, _ := call(t, "", "reproduce", fieldLog(t, "field-three-runs.log"), "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != cli.Done || len(lines) != 3 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	var o reproduceObject
	if err := json.Unmarshal([]byte(lines[1]), &o); err != nil {
		t.Fatal(err)
	}
	if o.Run != 2 || !o.Reproduced || o.Facts["meter"] == "" || len(o.Candidates) < 2 || o.Candidates[0].Plan != "cable-pull at block 3" || !o.Candidates[0].Match || o.Candidates[0].Repeat == "" {
		t.Errorf("%+v", o)
	}
}

func TestReproduceRefusesWhatItCannotMean(t *testing.T) {
	path := fieldLog(t, "upgrade-failed.log")
	for _, test := range []struct {
		stdin string
		args  []string
		says  string
	}{
		{"", nil, "no log"},
		{"", []string{path, path}, "one argument too many"},
		{"", []string{"no-such.log"}, "no-such.log"},
		{"", []string{"-"}, "no line of it"},
		{"\x00\xFF\x00", []string{"-"}, "no line of it"},
		{strings.Repeat("x", 8<<20+1), []string{"-"}, "no line of it"},
		{"", []string{path, "--run", "2"}, "the log has 1"},
		{"", []string{path, "--run", "-2"}, "the log has 1"},
		{"", []string{path, "--candidate", "0"}, "no number of at least 1"},
		{"", []string{path, "--candidate", "99", "-o", "x.case"}, "there are"},
		{"", []string{path, "--trials", "0"}, "at least 1"},
		{"", []string{path, "--serve", "usb"}, "use pty or tcp"},
		{"", []string{path, "--link", "x"}, "--serve pty"},
		{"", []string{path, "-o", "-", "--json"}, "nothing else"},
	} {
		code, _, diagnostics := call(t, test.stdin, append([]string{"reproduce"}, test.args...)...)
		if code != cli.Misused || !strings.Contains(diagnostics, test.says) {
			t.Errorf("%v: exit %d, %s", test.args, code, diagnostics)
		}
	}
}

// asked returns what a meter says of itself over a port.
func asked(t *testing.T, address string) client.Device {
	t.Helper()
	conn, err := port.Open(port.Config{TCP: address})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	u, err := client.New(client.Config{Release: client.Release22(), UnitID: 105, Password: "0", Timing: client.DefaultTiming(), FirstMessageID: 1})
	if err != nil {
		t.Fatal(err)
	}
	u.Start(0, client.TaskIdentify)
	var device client.Device
	err = machine.Drive(t.Context(), u, conn, machine.Options{Step: func(time.Duration) bool {
		for !u.Quiet() {
			if e, _ := u.NextEvent(); e.Kind == client.EventFinished {
				device = e.Device
			}
		}
		return u.Done()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return device
}

func TestTheMeterIsServedAsTheFailureLeftIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var diagnostics strings.Builder
	done := make(chan cli.Status)
	path := fieldLog(t, "upgrade-failed.log")
	go func() {
		code := run(ctx, []string{"reproduce", path, "--serve", "tcp"}, strings.NewReader(""), in, &diagnostics)
		in.Close()
		done <- code
	}()
	address := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "127.0.0.1:") {
			address = lines.Text()
			break
		}
	}
	if address == "" {
		t.Fatalf("no address; exit %d, %s", <-done, &diagnostics)
	}
	if d := asked(t, address); !d.Download || d.SerialNumber != "PC-0209A001-11" {
		t.Errorf("the meter says %+v", d)
	}
	cancel()
	if code := <-done; code != cli.Done || !strings.Contains(diagnostics.String(), "Upgrading…") {
		t.Errorf("exit %d, %s", code, &diagnostics)
	}
}

func TestRunsThatSayTheSameAreExplainedOnce(t *testing.T) {
	article := string(logs.UpgradeFailed())
	later := strings.NewReplacer("March 06, 2008 3:57", "March 06, 2008 8:57", "March 06, 2008 5:07", "March 06, 2008 10:07").Replace(article)
	many := filepath.Join(t.TempDir(), "many.log")
	if err := os.WriteFile(many, []byte(strings.Repeat(article+later, 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, diagnostics := call(t, "", "reproduce", many)
	if n := strings.Count(out, "as run 1, which says the same but for when it was"); code != cli.Done || n != 39 || strings.Count(out, "cable-pull at block 439") != 1 {
		t.Errorf("exit %d, %d runs alike: %s\n%s", code, n, diagnostics, out)
	}
	code, out, _ = call(t, "", "reproduce", many, "--last", "3", "--json")
	if lines := strings.Count(out, "\n"); code != cli.Done || lines != 3 || strings.Count(out, `"like_run":38`) != 2 {
		t.Errorf("exit %d, %d runs\n%s", code, lines, out)
	}
}
