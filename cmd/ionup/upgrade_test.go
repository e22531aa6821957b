package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/firmware"
	"ionbench/fixtures/foreign"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func TestIdentifyTellsModelFirmwareAndState(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	ionup(t, b.line("identify")...).wantCode(0).wantStdout(`Model:         ION 7350
Serial number: PC-0209A001-11
Unit ID:       105
Firmware:      7350V282
Template:      7350_PLANT_A
State:         runs its application
`).wantStderr("")
}

func TestUpgradePrintsItsLogKeepsItAndBringsTheSettingsBack(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := ionup(t, b.tool("upgrade", b.upg(20))...).wantCode(0)
	stamp := regexp.MustCompile(`at [A-Z].* [AP]M`)
	want := `Upgrade started STAMP
Software Version (Build): Version 2.2 (Build 716)
Firmware Version = 7350V283
Firmware dated ` + world.ArticleDated().In(time.Local).Format("Mon Jan _2 15:04:05 2006") + `
Device Name = ion7350
Device Serial Number = PC-0209A001-11
Device Unit ID = 105
Device BaudRate = 9600
Device entered download state
Flash memory cleared
Proceeding with firmware download
`
	for _, tenth := range strings.Fields("10 20 30 40 50 60 70 80 90 100") {
		want += tenth + "% completed\nComm efficiency = 100.0%\n"
	}
	want += `Firmware verified
Device restarted
Settings restored: PT/CT, Clock, Nameplate, Energy Readings, ITC
Upgrade completed STAMP
`
	if got := stamp.ReplaceAllString(r.stdout, "STAMP"); got != want {
		t.Errorf("stdout:\n%s\nwant:\n%s", got, want)
	}
	wantFile(t, b.path("Upgrade.log"), []byte(r.stdout))
	journal := b.path("journal/PC-0209A001-11.journal")
	r.wantStderr("ionup: the settings are kept in " + journal + "\nionup: no setting is missing in the meter any more; " + journal + " is removed\n")
	wantNoFile(t, journal)
	b.wantSettings(custom())
	if got := b.revision(); got != "7350V283" {
		t.Errorf("the meter runs %s", got)
	}
}

func TestUpgradeRestoresJustTheGroupsThatWereTicked(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	ionup(t, b.tool("upgrade", b.upg(2), "--paste", "nameplate,itc", "--release", "2.1", "--device-name", "plant A")...).wantCode(0)
	want := meter.FactoryTemplate(meter.ION7350, "7350V283")
	want.Paste(custom(), ion.Of(ion.Nameplate, ion.ITC))
	want.Template = custom().Template
	b.wantSettings(&want)
	text, err := os.ReadFile(b.path("Upgrade.log"))
	must(t, err)
	for _, line := range []string{"Software Version (Build): Version 2.1 (Build 676)\n", "Device Name = plant A\n", "Settings restored: Nameplate, ITC\n"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the log lacks %q:\n%s", line, text)
		}
	}
}

func TestUpgradeThatIsRefusedChangesNothingAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	good := firmware.UPG(7350, "7350V283", world.ArticleDated(), 283, 2*ion.BlockBytes)
	whole, err := upg.Append(nil, good)
	must(t, err)
	damaged := append([]byte(nil), whole...)
	damaged[100] ^= 1
	for _, test := range []struct {
		name string
		file []byte // nil: a good file
		args []string
		code cli.Status
		says []string
	}{
		{"damaged file", damaged, nil, cli.Misused, []string{"ionup: error: ", "fw.upg: the .UPG file is damaged: image CRC-32 at offset 40", "copy the file again"}},
		{"truncated file", whole[:len(whole)-1], nil, cli.Misused, []string{"the .UPG file is truncated"}},
		{"empty file", []byte{}, nil, cli.Misused, []string{"the .UPG file is empty"}},
		{"wrong product", mustUPG(t, firmware.UPG(7300, "7300V283", world.ArticleDated(), 283, 1000)), nil, 1,
			[]string{"the firmware is for another product: 7300V283 is for a 7300 and the meter is a 7350; nothing was changed", "ionup: hint: ionup inspect FILE.upg"}},
		{"wrong password", nil, []string{"--password", "4711"}, 1,
			[]string{"the meter refused the password: nothing was changed", "ionup: hint: give it with --password, --password-file or IONUP_PASSWORD; the factory sets it to 0"}},
		{"wrong unit", nil, []string{"--unit-id", "106", "--timeout", "10ms"}, 1,
			[]string{"no response from the meter: identify the meter: 11 requests were not answered; check the cable, the meter's power, the unit id and the baud rate"}},
		{"wrong serial number", nil, []string{"--serial-number", "PC-0000A000-00"}, 1,
			[]string{"PC-0000A000-00 was asked for and PC-0209A001-11 answers at unit 105; nothing was changed", "ionup identify shows the meter"}},
		{"journal folder is a file", nil, []string{"--journal", "/dev/null/journal"}, 1,
			[]string{"the settings could not be saved", "nothing was changed", "ionup: hint: name another folder with --journal DIR, or do without it: --no-journal"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, "")
			file := test.file
			if file == nil {
				file = whole
			}
			must(t, os.WriteFile(b.path("fw.upg"), file, 0o600))
			ionup(t, append(b.tool("upgrade", b.path("fw.upg")), test.args...)...).wantCode(test.code).wantSays(test.says...)
			if got := b.revision(); got != "7350V282" || b.state() != meter.Application {
				t.Errorf("the meter runs %q, state %v", got, b.state())
			}
			b.wantSettings(custom())
		})
	}
}

func mustUPG(t *testing.T, f *upg.File) []byte {
	t.Helper()
	text, err := upg.Append(nil, f)
	must(t, err)
	return text
}

func TestUpgradeRefusesFilesThatAreNoneBeforeItConnects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big.upg")
	f, err := os.Create(big)
	must(t, err)
	must(t, f.Truncate(upg.MaxFileBytes+1))
	must(t, f.Close())
	for _, test := range []struct{ path, says string }{
		{filepath.Join(dir, "none.upg"), "none.upg: no such file or directory\nionup: hint: choose an ION Firmware Upgrade file"},
		{dir, "is a folder, not a file\nionup: hint: choose"},
		{big, "big.upg has 16777297 bytes, at most 16777296 can be right"},
		{"/dev/zero", "/dev/zero is a device, not a file"},
	} {
		// Nothing listens at port 1, so connecting would give another error.
		ionup(t, "upgrade", test.path, "--tcp", "127.0.0.1:1", "--log", filepath.Join(dir, "Upgrade.log")).wantCode(cli.Misused).wantSays(test.says)
		wantNoFile(t, filepath.Join(dir, "Upgrade.log"))
	}
}

func TestUpgradeRefusesALogThatIsALinkBeforeAnythingIsErased(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	victim := b.path("victim")
	must(t, os.WriteFile(victim, []byte("keep\n"), 0o600))
	must(t, os.WriteFile(b.path("other.upg"), []byte("ION Firmware Upgrade\n"), 0o600))
	for _, test := range []struct{ log, says string }{
		{b.path("link.log"), "is a link, not a file, and is not used; nothing was changed"},
		{b.dir, "is a folder, not a file"},
		{"/dev/full", "is a device, not a file"},
		{b.path("other.upg"), "is no Upgrade.log, and nothing is added to it; nothing was changed"},
		{b.path("missing/Upgrade.log"), "no such file or directory; nothing was changed"},
	} {
		if test.log == b.path("link.log") {
			must(t, os.Symlink(victim, test.log))
		}
		ionup(t, append(b.line("upgrade", b.upg(2)), "--no-journal", "--log", test.log)...).wantCode(cli.Misused).
			wantSays("ionup: error: log: ", test.says, "ionup: hint: name another log with --log FILE")
		if b.revision() != "7350V282" {
			t.Errorf("the meter runs %q", b.revision())
		}
	}
	wantFile(t, victim, []byte("keep\n"))
}

// What a log would destroy is told apart from it before anything is connected to.
func TestAFileOfAnotherRoleIsNoLog(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	image, kept := b.upg(2), b.path("kept")
	must(t, os.Link(image, b.path("twin")))
	must(t, os.Symlink(b.dir, b.path("here")))
	for _, flags := range [][]string{
		{"--log", image}, {"--log", b.path("twin")}, {"--log", b.path("here/twin")}, {"--capture", b.path("twin")},
		{"--log", b.path("new"), "--capture", b.path("here/new")},
		{"--log", kept + "/PC-0209A001-11.journal"}, {"--log", b.path("here/kept/x.journal")},
		{"--locks", b.dir, "--log", b.path("a.lock")}, {"--password-file", b.path("Upgrade.log")},
	} {
		if flags[0] == "--password-file" {
			must(t, os.WriteFile(flags[1], []byte("0\n"), 0o600))
		}
		args := append([]string{"upgrade", image, "--tcp", "127.0.0.1:1", "--journal", kept}, flags...)
		if !slices.Contains(flags, "--log") {
			args = append(args, "--log", b.path("Upgrade.log"))
		}
		ionup(t, args...).wantCode(cli.Misused).wantSays("name another file")
	}
	wantNoFile(t, b.path("new"))
	wantFile(t, b.path("Upgrade.log"), []byte("0\n"))
}

// The folder of the locks may be that of the port's link, whose own lock stands there, too.
func TestTheLockOfAPortMayStandInTheFolderOfTheLocks(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	port := []string{"--port", b.path("ttyION"), "--unit-id", "105", "--locks", b.dir}
	ionup(t, append([]string{"identify"}, port...)...).wantCode(cli.Done)
	ionup(t, append([]string{"upgrade", b.upg(2), "--no-journal", "--log", b.path("ttyION.lock")}, port...)...).wantCode(cli.Misused).wantSays("name another file")
}

func TestTheLogOfAMeterIsNoFileOfAnotherRole(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	ionup(t, append(b.line("upgrade", b.upg(2)), "--journal", b.path("kept"), "--log", b.path("kept")+"/{serial}.journal")...).wantCode(cli.Misused).
		wantSays("is one of the files of --journal")
	if b.revision() != "7350V282" {
		t.Errorf("the meter runs %q", b.revision())
	}
}

func TestLogThatACrashCutShortIsGoneOnWithOnANewLine(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	must(t, os.WriteFile(b.path("Upgrade.log"), []byte("Upgrade started\n90% comp"), 0o600))
	r := ionup(t, b.tool("upgrade", b.upg(2))...).wantCode(0)
	wantFile(t, b.path("Upgrade.log"), []byte("Upgrade started\n90% comp\n"+r.stdout))
}

func TestConnectionThatCannotBeOpenedIsAnErrorWithANextStep(t *testing.T) {
	t.Parallel()
	ionup(t, "identify", "--tcp", "127.0.0.1:1").wantCode(cli.Environment).
		wantSays("ionup: error: nothing listens at 127.0.0.1:1; is ionsim running, and on this address?")
	ionup(t, "identify", "--port", "/dev/no-such-port").wantCode(cli.Environment).
		wantSays("ionup: error: there is no serial port /dev/no-such-port; check the name")
}

func TestSecondClientIsToldThatThePortIsBusy(t *testing.T) {
	t.Parallel()
	b := newBed(t, "meter-silent at start")
	file := b.upg(2)
	var second result
	tried := false
	invocation{heard: func(text string) {
		if strings.HasPrefix(text, "No response") && !tried {
			tried = true
			second = ionup(t, append(b.line("identify"), "--timeout", "30ms")...)
		}
	}}.run(t, append(b.tool("upgrade", file), "--timeout", "20ms")...).wantCode(1)
	second.wantCode(cli.Environment).wantSays("the meter's port serves one client at a time", "ionsim --takeover")
	if strings.Contains(second.stderr, "cable") {
		t.Errorf("it sends one to the cable:\n%s", second.stderr)
	}
}

func TestUpgradeOverASerialPort(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	if b.pty == "" {
		foreign.Lacking(t, "an upgrade over a PTY", errors.ErrUnsupported)
	}
	args := []string{"upgrade", b.upg(5), "--port", b.pty, "--unit-id", "105", "--no-journal", "--log", b.path("Upgrade.log")}
	ionup(t, args...).wantCode(0).wantStderr("")
	b.wantSettings(custom())
}

// When the meter stops answering, the tool waits: a sure moment for a Ctrl-C.
const silentAtBlock9 = "meter-silent at block 9"

func TestInterruptAbortsAndSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, silentAtBlock9)
	file := b.upg(20)
	interrupts := make(chan os.Signal, 2)
	r := invocation{interrupts: interrupts, heard: func(text string) {
		if strings.HasPrefix(text, "No response... resending (1 of") {
			interrupts <- os.Interrupt
		}
	}}.run(t, append(b.tool("upgrade", file), "--timeout", "100ms", "--password", "0")...).wantCode(1)
	journal := b.path("journal/PC-0209A001-11.journal")
	r.wantStderr("ionup: the settings are kept in " + journal + `
ionup: error: aborted by the user
ionup: hint: a meter that shows "Upgrading…" waits in download state: see to cable and power, do not power-cycle it
ionup: hint: go on with: ionup recover ` + file + " --tcp " + b.addr + " --unit-id 105 --password PASSWORD --timeout 100ms --journal " + b.path("journal") +
		" --log " + b.path("Upgrade.log") + `
ionup: hint: its settings are kept in ` + journal + ` and will be offered then
`)
	if !strings.Contains(r.stdout, "Upgrade aborted by user\nUpgrade failed at ") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	if s := b.state(); !s.Loader() {
		t.Errorf("the meter is in state %v, want download state", s)
	}

	b.heal()
	ionup(t, b.line("identify")...).wantCode(0).
		wantSays("ionup: hint: recover it with: ionup recover FILE.upg --tcp " + b.addr + " --unit-id 105\n")
	invocation{stdin: strings.NewReader("perhaps\ny\n")}.run(t, b.tool("recover", file)...).wantCode(0).
		wantSays("The settings of PC-0209A001-11 were kept on ", `"perhaps" is no answer; type yes, no`, "is removed")
	b.wantSettings(custom())
	wantNoFile(t, journal)
}

func TestInterruptBeforeAnythingWasErasedSaysThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	b := newBed(t, "meter-silent at start")
	interrupts := make(chan os.Signal, 2)
	invocation{interrupts: interrupts, heard: func(text string) {
		if strings.HasPrefix(text, "No response") {
			interrupts <- os.Interrupt
		}
	}}.run(t, append(b.tool("upgrade", b.upg(2)), "--timeout", "100ms")...).wantCode(1).
		wantStderr("ionup: error: aborted by the user; nothing was changed\n")
}

func TestSecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, silentAtBlock9)
	interrupts := make(chan os.Signal)
	// Both signals arrive before the session's goroutine is free to abort.
	r := invocation{interrupts: interrupts, heard: func(text string) {
		if strings.HasPrefix(text, "No response... resending (1 of") {
			interrupts <- os.Interrupt
			interrupts <- os.Interrupt
		}
	}}.run(t, append(b.tool("upgrade", b.upg(20)), "--timeout", "100ms")...).wantCode(1)
	r.wantSays("ionup: error: ended at once\n", "go on with: ionup recover ")
	if strings.Contains(r.stdout, "Upgrade failed") {
		t.Errorf("it took the time to end the log:\n%s", r.stdout)
	}
}

func TestRecoverRestoresTheSettingsAfterTheToolWasKilled(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"Flash memory cleared", "10% completed", "100% completed", "Device restarted"} {
		t.Run(at, func(t *testing.T) {
			b := newBed(t, "")
			file := b.upg(20)
			ctx, kill := context.WithCancel(context.Background())
			defer kill()
			invocation{ctx: ctx, heard: func(text string) {
				if strings.HasPrefix(text, at) {
					kill()
				}
			}}.run(t, b.tool("upgrade", file)...).wantCode(1).wantSays("ended at once")
			ionup(t, append(b.tool("recover", file), "--yes")...).wantCode(0)
			b.wantSettings(custom())
			if got := b.revision(); got != "7350V283" {
				t.Errorf("the meter runs %s", got)
			}
		})
	}
}

func TestRecoverWithoutAJournalLosesTheSettingsAndSaysSo(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	file := b.upg(20)
	r := ionup(t, append(b.line("upgrade", file), "--no-journal", "--log", b.path("Upgrade.log"), "--timeout", "10ms", "--baud", "19200")...).wantCode(1)
	r.wantSays("no response from the meter: download: 11 requests were not answered",
		"go on with: ionup recover "+file+" --tcp "+b.addr+" --unit-id 105 --baud 19200 --timeout 10ms --no-journal --log ")
	if !strings.Contains(r.stdout, "No response... aborting (11 of 19)\nUpgrade failed at") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	b.heal()
	ionup(t, b.tool("recover", file)...).wantCode(0).
		wantStderr("ionup: hint: the meter has the settings of its factory template now; send your own with: ionup template send FILE.dcf --tcp " + b.addr + " --unit-id 105\n")
	want := meter.FactoryTemplate(meter.ION7350, "7350V283")
	b.wantSettings(&want)
}

func TestUnansweredQuestionAboutTheJournalChangesNothing(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	file := b.upg(20)
	ionup(t, append(b.tool("upgrade", file), "--timeout", "10ms", "--baud", "19200")...).wantCode(1)
	b.heal()
	ionup(t, b.tool("recover", file)...).wantCode(1).wantSays("aborted by the user", "go on with: ionup recover ")
	if s := b.state(); !s.Loader() {
		t.Errorf("the meter is in state %v, want download state", s)
	}
	ionup(t, append(b.tool("recover", file), "--yes")...).wantCode(0)
	b.wantSettings(custom())
}

func TestDamagedJournalIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	must(t, os.Mkdir(b.path("journal"), 0o700))
	journal := b.path("journal/PC-0209A001-11.journal")
	must(t, os.WriteFile(journal, []byte("ionup journal 1\nserial-number = PC-0209A001-11\n"), 0o600))
	ionup(t, b.tool("upgrade", b.upg(2))...).wantCode(1).
		wantSays("the journal of PC-0209A001-11 cannot be read: "+journal+": not a usable journal", "nothing was changed; move it away to go on without it")
	if b.revision() != "7350V282" {
		t.Errorf("the meter runs %q", b.revision())
	}
}

func TestJSONIsOneObjectALineAndEndsWithFinished(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := ionup(t, append(b.tool("upgrade", b.upg(10)), "--json")...).wantCode(0).wantStderr("")
	seen := map[string]int{}
	var last, device map[string]any
	lines := bufio.NewScanner(strings.NewReader(r.stdout))
	for lines.Scan() {
		last = map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		event, _ := last["event"].(string)
		seen[event]++
		if _, err := time.Parse(time.RFC3339, last["time"].(string)); err != nil {
			t.Error(err)
		}
		switch event {
		case "device":
			device = last
			if last["serial_number"] != serial || last["unit_id"] != 105.0 || last["download_state"] != false {
				t.Errorf("device %v", last)
			}
		case "progress":
			if last["total"] != 10.0 || last["efficiency"] != 100.0 {
				t.Errorf("progress %v", last)
			}
		}
	}
	if seen["progress"] != 10 || seen["journal"] != 2 || seen["log"] != 35 || last["event"] != "finished" || last["ok"] != true {
		t.Errorf("events %v, last %v", seen, last)
	}

	if device["revision"] != "7350V283" || device["template"] != custom().Template {
		t.Errorf("told last of the device: %v", device)
	}

	r = ionup(t, append(b.tool("upgrade", b.upg(10)), "--json", "--password", "1")...).wantCode(1)
	if !strings.Contains(r.stdout, `"event":"finished"`) || !strings.HasSuffix(r.stdout,
		`"ok":false,"error":"the meter refused the password: nothing was changed; give the meter's password","hints":["give it with --password, --password-file or IONUP_PASSWORD; the factory sets it to 0"]}`+"\n") {
		t.Errorf("stdout:\n%s", r.stdout)
	}
}

func TestTheClearingOfTheFlashIsWatched(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBedErasing(t, 3*time.Millisecond, serial, "")
	r := ionup(t, append(b.tool("upgrade", b.upg(3)), "--json")...).wantCode(0)
	left, total := -1, 0
	for line := range strings.Lines(r.stdout) {
		var e struct {
			Event       string
			Left, Total int
		}
		must(t, json.Unmarshal([]byte(line), &e))
		if e.Event != "erasing" {
			continue
		}
		if e.Total == 0 || e.Left > e.Total || left >= 0 && e.Left > left || total > 0 && e.Total != total {
			t.Errorf("after %d left: %s", left, line)
		}
		left, total = e.Left, e.Total
	}
	if left != 0 {
		t.Errorf("the last of them told %d left:\n%s", left, r.stdout)
	}
	r = invocation{columns: 100}.run(t, b.tool("upgrade", b.upg(3))...).wantCode(0)
	if !regexp.MustCompile(`\r +\d+% \[#*\.+\] \d+/\d+ sectors of the flash cleared`).MatchString(r.stderr) {
		t.Errorf("stderr: %q", r.stderr)
	}
}

func TestWhatIsWaitedForIsTold(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, "meter-silent at block 2")
	args := append(b.tool("upgrade", b.upg(3)), "--timeout", "20ms")
	r := invocation{still: time.Millisecond}.run(t, append(args, "--json")...).wantCode(1)
	if !strings.Contains(r.stdout, `"event":"waiting","time":"`) || !strings.Contains(r.stdout, `"text":"download","seconds":0}`) {
		t.Errorf("stdout:\n%s", r.stdout)
	}
	b.heal()
	r = invocation{still: time.Millisecond, columns: 60}.run(t, b.tool("recover", b.path("7350V283.upg"), "--yes")...).wantCode(0)
	if !strings.Contains(r.stderr, ": waiting for 0 s\x1b[K") {
		t.Errorf("stderr: %q", r.stderr)
	}
}

// A wait begins between two ticks of the clock, and is told as soon as it is long enough: each of eleven that
// are over soon after.
func TestAWaitIsToldAsSoonAsItIsLong(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, "meter-silent at block 2")
	r := invocation{still: 300 * time.Millisecond}.run(t, append(b.tool("upgrade", b.upg(3)), "--timeout", "150ms", "--json")...).wantCode(1)
	if n := strings.Count(r.stdout, `"text":"download","seconds":0}`); n < 9 {
		t.Errorf("told %d times:\n%s", n, r.stdout)
	}
}

func TestAWaitOnATerminalKeepsTheFigures(t *testing.T) {
	t.Parallel()
	b := newBed(t, "meter-silent at block 2")
	r := invocation{still: 10 * time.Millisecond, columns: 90}.run(t, append(b.tool("upgrade", b.upg(3)), "--timeout", "40ms")...).wantCode(1)
	if told := "\rdownload: waiting for 0 s; 1/3 blocks\x1b[K"; !strings.Contains(r.stderr, told) {
		t.Errorf("stderr has no %q", told)
	}
}

func TestWhatIsWaitedForIsToldInALogNowAndThen(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, "reply-lost at block 2")
	r := invocation{still: 200 * time.Millisecond}.run(t, append(b.tool("upgrade", b.upg(3)), "--timeout", "1s")...).wantCode(0)
	if n := strings.Count(r.stderr, "ionup: download: waiting for "); n == 0 || n > 2 {
		t.Errorf("told %d times: %q", n, r.stderr)
	}
}

func TestAWaitForSomethingElseIsToldInALogHoweverLongItIs(t *testing.T) {
	t.Parallel()
	var err bytes.Buffer
	r := newTextReport(io.Discard, &err, func() int { return 0 })
	for _, wait := range []struct {
		what  string
		since time.Duration
	}{{"identify the meter", 2 * time.Second}, {"download", 3 * time.Second}, {"download", 5 * time.Second}, {"download", 13 * time.Second}} {
		r.waiting(wait.what, wait.since)
	}
	if want := "ionup: identify the meter: waiting for 2 s\nionup: download: waiting for 3 s\nionup: download: waiting for 13 s\n"; err.String() != want {
		t.Errorf("told\n%s", err.String())
	}
}

func TestProgressBarIsDrawnOnATerminalAlone(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := invocation{columns: 100}.run(t, b.tool("upgrade", b.upg(10))...).wantCode(0)
	if !regexp.MustCompile(`\r100% \[#{30}\] 10/10 blocks, efficiency 100\.0%(, \d+/s)?, 0 s left\x1b\[K`).MatchString(r.stderr) {
		t.Errorf("stderr: %q", r.stderr)
	}
	if strings.Contains(r.stdout, "\r") {
		t.Errorf("stdout: %q", r.stdout)
	}
}
