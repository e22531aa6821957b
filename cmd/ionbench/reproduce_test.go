package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/port"
	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/fixtures/firmware"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/shell"
	"ionbench/simulator/disk"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
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
	t.Parallel()
	path := fieldLog(t, "upgrade-failed.log")
	code, out, diagnostics := call(t, "", "reproduce", path)
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, %s", code, diagnostics)
	}
	for _, words := range []string{
		"run      1 of 1, lines 1 to 41\n", "tool     Version 2.1 (Build 676)\n", "image    439 to 486 blocks\n", "ended    Upgrade failed at",
		"reproduced: at least ", " plans give this log", " 1  The line went dead (the cable) after block 438 of 439 to 486 and stayed so.\n", "    plan     cable-pull at block 439\n",
		"    match    all 41 lines, stamps included\n", "display is dark while it lasts", "--candidate 1 -o - | ionbench run - --print log\n", "--candidate N -o - | ionbench run - --print log\n", "\n  the meter's power\n",
		"What to do now: the meter is in download state", "Single ION device configuration mode", "All of them leave the meter as the first does.",
	} {
		if !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
}

// What no log tells apart at a place is one entry, with all its plans and how each is told on site.
func TestWhatCannotBeToldApartIsOneEntry(t *testing.T) {
	t.Parallel()
	_, out, _ := call(t, "", "reproduce", fieldLog(t, "upgrade-failed.log"))
	_, line, _ := strings.Cut(out, "\n  the line\n")
	line, _, _ = strings.Cut(line, "\n\n")
	if strings.Count(line, "      plan     ") != 1 || strings.Count(line, "      or       ") != 1 || strings.Count(line, "      tell by  ") != 2 {
		t.Errorf("the line has\n%s", line)
	}
	for _, words := range []string{"noise at block 439", " The line was held in break: line-break at block 439", ") the converter's settings; L2 is still"} {
		if !strings.Contains(line, words) {
			t.Errorf("no %q in\n%s", words, line)
		}
	}
}

func TestACandidateBecomesACaseThatRunPlays(t *testing.T) {
	t.Parallel()
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

// Where the meter may have been called, how ionup calls it is said.
func TestReproduceSaysHowAMeterIsCalledThatMayHaveBeen(t *testing.T) {
	t.Parallel()
	const called = "[case]\ntitle = Cut off\n[meter]\nphone = 5550105\n[firmware]\nblocks = 20\n[attempt]\ntask = upgrade\nplan = carrier-lost at block 5\nplan = line-busy at block 5 for 1h\n[expect]\noutcome = failure\n"
	_, log, _ := call(t, called, "run", "-", "--print", "log")
	code, out, diagnostics := call(t, log, "reproduce", "-")
	if want := "the meter is called: ionup recover FILE.upg --phone NUMBER, with the PC's modem at --port.\n"; code != cli.Done || !strings.Contains(out, want) {
		t.Errorf("exit %d, %s\n%s", code, diagnostics, out)
	}
}

func TestARunThatIsNotReproducedIsNamed(t *testing.T) {
	t.Parallel()
	path := fieldLog(t, "field-edited.log")
	code, out, _ := call(t, "", "reproduce", path)
	if code != cli.Failed || !strings.Contains(out, "not reproduced: line ") || !strings.Contains(out, "contradicts the other counts") || strings.Contains(out, "repeat") {
		t.Errorf("exit %d\n%s", code, out)
	}
	twice := strings.NewReplacer("(4 of 442)", "(4 of 449)", "(7 of 445)", "(7 of 545)").Replace(string(logs.UpgradeFailed()))
	if code, out, _ := call(t, twice, "reproduce", "-"); code != cli.Failed || !strings.Contains(out, "not reproduced: this comes nearest") || !strings.Contains(out, "no: ") || strings.Contains(out, "repeat") {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{"-o", filepath.Join(t.TempDir(), "x.case")}, {"--serve", "tcp"}} {
		if code, _, diagnostics := call(t, "", append([]string{"reproduce", path}, args...)...); code != cli.Failed || !strings.Contains(diagnostics, "not reproduced") {
			t.Errorf("%v: exit %d, %s", args, code, diagnostics)
		}
	}
}

// What a log says of its own end is told where no plan gives it: an excerpt without the beginning of
// its download, and counts that contradict each other.
func TestWhatALogItselfSaysIsToldWhereNothingGivesIt(t *testing.T) {
	t.Parallel()
	const tail = "No response... resending (10 of 68)\nNo response... aborting (11 of 69)\nUpgrade failed at Monday, September 24, 2012 4:33:40 PM\n"
	for name, test := range map[string]struct {
		log  string
		says []string
	}{
		"its end alone":    {"No response... resending (9 of 67)\n" + tail, []string{"its size is not known: the beginning of its download is not there", "the tool gave up: 11 requests for one block had no answer, and at most 58 blocks had one before", "the meter is in download state", "Single ION device configuration mode"}},
		"counts too large": {strings.NewReplacer("(4 of 442)", "(4 of 449)", "(7 of 445)", "(7 of 545)").Replace(string(logs.UpgradeFailed())), []string{"line 33 contradicts those before it", "line 33: \"No response", "the tool gave up: 11 requests for one block", "the meter is in download state"}},
		"its last line":    {tail[strings.Index(tail, "Upgrade"):], []string{"the line that says why is not there", "look at the meter's display"}},
		"a success":        {"90% completed\nComm efficiency = 100.0%\n100% completed\nFirmware verified\nUpgrade completed at Monday, September 24, 2012 4:33:40 PM\n", []string{"the upgrade was completed", "runs the new firmware, with its settings", "nothing: ask the meter"}},
		"behind the last":  {"90% completed\nComm efficiency = 100.0%\n100% completed\n" + tail[strings.Index(tail, "Upgrade"):], []string{"look at the meter's display"}},
	} {
		code, out, diagnostics := call(t, test.log, "reproduce", "-")
		if code != cli.Failed || diagnostics != "" {
			t.Errorf("%s: exit %d, %s", name, code, diagnostics)
		}
		if strings.Contains(out, "line 0") {
			t.Errorf("%s: a file has no line 0\n%s", name, out)
		}
		for _, words := range test.says {
			if !strings.Contains(out, words) {
				t.Errorf("%s: no %q in\n%s", name, words, out)
			}
		}
	}
	_, out, _ := call(t, tail, "reproduce", "-", "--json")
	var o reproduceObject
	if err := json.Unmarshal([]byte(out), &o); err != nil || o.Left == nil || len(o.Left.Steps) == 0 || !strings.Contains(o.Known, "gave up") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestReproduceSpeaksToPrograms(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
		{"", []string{path, "--candidate", "5"}, "nothing is done with it"},
		{"", []string{path, "--candidate", "99", "-o", "x.case"}, "there are"},
		{"", []string{path, "--trials", "0"}, "at least 1"},
		{"", []string{path, "--serve", "usb"}, "use pty or tcp"},
		{"", []string{path, "--link", "x"}, "--serve pty"},
		{"", []string{path, "--serve", "tcp", "--link", "x"}, "--serve pty"},
		{"", []string{path, "--pace", "10"}, "add --serve"},
		{"", []string{path, "--serve", "tcp", "--pace", "fast"}, "is no pace"},
		{"", []string{path, "--serve", "tcp", "--tcp", "7801"}, "is no address"},
		{"", []string{path, "--serve", "pty", "--takeover"}, "--tcp"},
		{"", []string{path, "--serve", "tcp", "--fault", "abort"}, "befalls the upgrader"},
		{"", []string{path, "--serve", "tcp", "--fault", "cable-pul"}, "ionbench faults"},
		{"", []string{path, "--serve", "tcp", "--trace-frames"}, "shows nothing"},
		{"", []string{path, "--save-firmware", path}, "exists"},
		{"", []string{path, "-o", "-", "--json"}, "nothing else"},
	} {
		code, _, diagnostics := call(t, test.stdin, append([]string{"reproduce"}, test.args...)...)
		if code != cli.Misused || !strings.Contains(diagnostics, test.says) {
			t.Errorf("%v: exit %d, %s", test.args, code, diagnostics)
		}
	}
}

// used runs a task of the upgrader over a port, with a person who says yes, and returns what the
// meter said of itself.
func used(t *testing.T, address string, unit uint16, task client.Task, file *upg.File) (device client.Device, err error) {
	t.Helper()
	conn, err := port.Open(port.Config{TCP: address})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	timing := client.DefaultTiming()
	timing.Restart, timing.Poll, timing.Turnaround = 0, 10*time.Millisecond, 0
	u, err := client.New(client.Config{Release: client.Release22(), SingleDevice: true, UnitID: unit, Password: "0", Timing: timing, FirstMessageID: 1})
	if err != nil {
		t.Fatal(err)
	}
	u.Start(0, task)
	driven := machine.Drive(t.Context(), u, conn, machine.Options{Step: func(now time.Duration) bool {
		for !u.Quiet() {
			switch e, _ := u.NextEvent(); e.Kind {
			case client.EventFinished:
				err = e.Err
			case client.EventDevice:
				device = e.Device
			case client.EventPrompt:
				answer := client.Answer{Firmware: file, Groups: ion.AllGroups}
				if e.Prompt == client.UpgradeFailed || e.Prompt == client.UpgradeCompleted {
					answer.Choice = client.Exit
				}
				u.Answer(now, answer)
			}
		}
		return u.Done()
	}})
	return device, errors.Join(err, driven)
}

// left is a reproduce that serves, in this process.
type left struct {
	t       *testing.T
	end     context.CancelFunc
	out     *bufio.Scanner
	errs    strings.Builder
	done    chan cli.Status
	address string
	events  []string
}

// serveLeft begins to serve the meter that a log left.
func serveLeft(t *testing.T, log string, args ...string) *left {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	l := &left{t: t, end: cancel, out: bufio.NewScanner(out), done: make(chan cli.Status, 1)}
	l.out.Buffer(nil, 1<<20)
	go func() {
		l.done <- run(ctx, append([]string{"reproduce", log, "--serve", "tcp"}, args...), strings.NewReader(""), in, &l.errs)
		in.Close()
	}()
	for l.out.Scan() {
		line := l.out.Text()
		if strings.HasPrefix(line, "127.0.0.1:") {
			l.address = line
			break
		}
		var ready struct{ Event, TCP string }
		if json.Unmarshal([]byte(line), &ready) == nil && ready.Event == "ready" {
			l.address = ready.TCP
			break
		}
	}
	if l.address == "" {
		t.Fatalf("no address; exit %d, %s", <-l.done, &l.errs)
	}
	go func() {
		for l.out.Scan() {
			l.events = append(l.events, l.out.Text())
		}
		close(l.done)
	}()
	return l
}

// ended ends it and returns its status and what it wrote to standard error.
func (l *left) ended() (cli.Status, string) {
	l.end()
	status := <-l.done
	<-l.done // all is read
	return status, l.errs.String()
}

func TestTheMeterIsServedAsTheFailureLeftIt(t *testing.T) {
	t.Parallel()
	l := serveLeft(t, fieldLog(t, "upgrade-failed.log"))
	if d, err := used(t, l.address, 105, client.TaskIdentify, nil); err != nil || !d.Download || d.SerialNumber != "PC-0209A001-11" {
		t.Errorf("the meter says %+v, %v", d, err)
	}
	code, diagnostics := l.ended()
	if code != cli.Done {
		t.Errorf("exit %d, %s", code, diagnostics)
	}
	for _, words := range []string{"an ION 7350 PC-0209A001-11, unit 105 (ion7350)", "Upgrading…", "ionup recover FILE.upg --tcp " + l.address + " --unit-id 105", "--save-firmware", "connected", "ended: ", "runs no firmware"} {
		if !strings.Contains(diagnostics, words) {
			t.Errorf("no %q in\n%s", words, diagnostics)
		}
	}
}

// A capture on standard output is read by a program: nothing else may go there.
func TestACaptureOfTheMeterThatWasLeftHasStandardOutputToItself(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var errs strings.Builder
	done := make(chan cli.Status, 1)
	go func() {
		done <- run(ctx, []string{"reproduce", fieldLog(t, "upgrade-failed.log"), "--serve", "tcp", "--capture", "-"}, strings.NewReader(""), in, &errs)
		in.Close()
	}()
	const sectionHeader = "\x0a\x0d\x0d\x0a"
	first := make([]byte, len(sectionHeader))
	if _, err := io.ReadFull(out, first); err != nil || string(first) != sectionHeader {
		t.Errorf("it begins with %q, %v", first, err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if code := <-done; code != cli.Done || !strings.Contains(errs.String(), "result   reproduced") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}

func TestWhatIsAboutAServedMeterIsRefusedWhereNoneIs(t *testing.T) {
	t.Parallel()
	for _, flag := range [][]string{{"--http", ":0"}, {"--modbus-tcp", ":0"}, {"--rfc2217", ":0"}, {"--protocol", "modbus"}, {"--capture", "x.pcapng"}, {"--story", "x.html"}, {"--pace", "10"}} {
		if code, _, diagnostics := call(t, "", append([]string{"reproduce", fieldLog(t, "upgrade-failed.log")}, flag...)...); code != cli.Misused || !strings.Contains(diagnostics, "add --serve") {
			t.Errorf("%v: exit %d, %s", flag, code, diagnostics)
		}
	}
}

func TestTheMeterThatWasLeftIsRecoveredByHand(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	upgFile, state := filepath.Join(folder, "fits.upg"), filepath.Join(folder, "left.state")
	log := fieldLog(t, "field-never-erased.log")
	l := serveLeft(t, log, "--pace", "off", "--json", "--state", state, "--save-firmware", upgFile, "--fault", "reply-busy at block 2")
	file, err := files.ReadFirmware(upgFile)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := used(t, l.address, 12, client.TaskRecover, file); err != nil || d.Revision != "7350V283" {
		t.Errorf("the meter says %+v, %v", d, err)
	}
	code, diagnostics := l.ended()
	told := strings.Join(l.events, "\n")
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, %s", code, diagnostics)
	}
	for _, words := range []string{`"event":"block-programmed"`, `"phase":"strikes","fault":"reply-busy at block 2"`, `"event":"stopped"`, `"revision":"7350V283"`} {
		if !strings.Contains(told, words) {
			t.Errorf("no %s in\n%s", words, told)
		}
	}
	if code, _, diagnostics := call(t, "", "reproduce", log, "--state", state); code != cli.Misused || !strings.Contains(diagnostics, "exists") {
		t.Errorf("a state file that is there: exit %d, %s", code, diagnostics)
	}
}

func TestARecoveryThatDidNotSucceedIsTold(t *testing.T) {
	t.Parallel()
	l := serveLeft(t, fieldLog(t, "field-never-erased.log"), "--pace", "off", "--fault", "program-fails at start address 0x030100")
	if _, err := used(t, l.address, 12, client.TaskRecover, firmware.UPG(7350, "7350V283", time.Unix(1e9, 0), 1, 20_000)); err == nil {
		t.Error("it is recovered")
	}
	if code, diagnostics := l.ended(); code != cli.Failed || !strings.Contains(diagnostics, "runs no firmware") {
		t.Errorf("exit %d, %s", code, diagnostics)
	}
}

func TestTheMeterThatWasLeftIsWrittenForIonsim(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "left.state")
	code, _, diagnostics := call(t, "", "reproduce", fieldLog(t, "field-answer-lost.log"), "--state", state)
	if code != cli.Done || !strings.Contains(diagnostics, "ionsim --state "+shell.Quote(state)+" --baud 19200") {
		t.Fatalf("exit %d, %s", code, diagnostics)
	}
	k, err := serving.OpenKeeper(disk.Real{}, state)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if id, saved, err := k.Saved(); err != nil || !saved || id.SerialNumber != "PG-0402A117-01" || id.Model != meter.ION7300 {
		t.Errorf("it holds the %v: %v, %v", id, saved, err)
	}
}

func TestRunsThatSayTheSameAreExplainedOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("many searches, on one goroutine")
	}
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

// A step's name is not cut in two.
func TestTheWordsThatTwoSentencesEndWithAreLeftOutButNotHalfAQuotation(t *testing.T) {
	t.Parallel()
	const other = `One answer was lost at the step "wait for the flash".`
	for sentence, want := range map[string]string{
		`One answer came late at the step "wait for the flash".`: "One answer came late",
		`One answer was lost at the step "clear the flash".`:     `One answer was lost at the step "clear the flash"`,
		"The meter hung.": "The meter hung",
	} {
		if got := withoutEnd(sentence, other); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
