package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/cmd/internal/serving"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func TestFlagsThatMakeNoSenseAreWrongUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, says, hint string }{
		{"--frobnicate", "there is no flag --frobnicate", "--help"},
		{"--modle 7300", "there is no flag --modle; did you mean --model?", "--help"},
		{"meter", `"meter" is one argument too many`, "quotes"},
		{"ctl cable up", `there is no position "up"`, "use out or in"},
		{"ctl press doorbell", `there is no button "doorbell"`, "use cable, power"},
		{"--unit-id x", `--unit-id: "x" is no number from 1 to 9999`, "--help"},
		{"--unit-id 0", `"0" is no number from 1 to 9999`, "--help"},
		{"--unit-id 70000", `"70000" is no number from 1 to 9999`, "--help"},
		{"--model 7400", `--model: "7400" is no model; use 7300, 7330 or 7350`, "--help"},
		{"--serial-number 12345678901234567", "serial number", "--help"},
		{"--serial-number=", "--serial-number: its value is empty", "--help"},
		{"--password 123456789", "password", "--help"},
		{"--revision 7330V283", "revision", "--help"},
		{"--owner Werk_Süd", "printable ASCII", "80 characters"},
		{"--owner " + strings.Repeat("x", 81), "81 bytes", "80 characters"},
		{"--baud 115200", `--baud: "115200" is no baud rate; use 300, 600, 1200, 2400, 4800, 9600 or 19200`, "--help"},
		{"--pace fast", `--pace: "fast" is no pace; use baud, off`, "--help"},
		{"--pace 0", `--pace: "0" is no pace`, "--help"},
		{"--pace -5", `--pace: "-5" is no pace`, "--help"},
		{"--tcp 7801", `--tcp: "7801"`, "HOST:PORT"},
		{"--tcp localhost:http", `--tcp: "localhost:http"`, "HOST:PORT"},
		{"--tcp 127.0.0.1:70000", "is no address", "HOST:PORT"},
		{"--tcp=", "--tcp: its value is empty; give one, or leave the flag out", "--help"},
		{"--pty=maybe", `--pty: "maybe" is no value of pty; use yes or no`, "--help"},
		{"--pty=false", "nobody can reach", "--tcp"},
		{"--pty=false --tcp :0 --link x", "no PTY", "--link"},
		{"--trace-frames", "shows nothing", "--trace FILE"},
		{"--state a --trace ./a", "--state and --trace are the same file: a, also called ./a", "name another file"},
		{"--link a --capture a.lock", "the lock of --link and --capture are the same file", "name another file"},
		{"--firmware a --story a", "--firmware and --story are the same file", "name another file"},
		{"--fault cable-pul", "did you mean `cable-pull`", "--help-faults"},
		{"--fault #", "holds no fault", "--help-faults"},
		{"--fault abort", "befalls the upgrader", "Ctrl-C in ionup"},
		{"--fault kill", "befalls the upgrader", "kill -9 the upgrader"},
		{"--fault disk-full", "befalls the upgrader", "ionbench replay"},
		{"--fault byte-drop;abort", "befalls the upgrader", "Ctrl-C"},
	} {
		t.Run(test.args, func(t *testing.T) {
			code, stdout, stderr := outcome(t, strings.Fields(test.args)...)
			message, hint, ok := strings.Cut(stderr, "\nionsim: hint: ")
			if code != cli.Misused || stdout != "" || !ok || !strings.HasPrefix(message, "ionsim: error: ") ||
				!strings.Contains(message, test.says) || !strings.Contains(hint, test.hint) {
				t.Errorf("exit code %d, on stderr\n%s", code, stderr)
			}
		})
	}
}

// manual returns the text of --help.
func manual(t *testing.T) string {
	t.Helper()
	code, stdout, stderr := outcome(t, "--help")
	if code != cli.Done || stderr != "" {
		t.Fatalf("exit code %d, on stderr %q", code, stderr)
	}
	return stdout
}

func TestTheManualIsForPeople(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"(default 7350)", "(default PC-0209A001-11)", "(default 105)", "(default 9600)", "(default baud)", "(default 0)", "\nExit status:\n  0  it was ended by Ctrl-C"} {
		if !strings.Contains(strings.Join(strings.Fields(manual(t)), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("the manual lacks %s", want)
		}
	}
	for i, line := range strings.Split(manual(t), "\n") {
		if len([]rune(line)) > 100 {
			t.Errorf("line %d of the manual is too long: %s", i+1, line)
		}
	}
}

func TestTheTableIsInOrder(t *testing.T) {
	t.Parallel()
	for _, problem := range clitest.Problems(func() *cli.Program { return program(newOptions(), io.Discard) }) {
		t.Error(problem)
	}
	o := newOptions()
	if err := program(o, io.Discard).Check([]string{"--unit-id", "0105", "--pace", "010"}); err != nil || o.meter.UnitID != 105 || o.Pace != 10 {
		t.Errorf("unit id %d, pace %d: %v", o.meter.UnitID, o.Pace, err)
	}
}

func TestValuesAreCompleted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--model ": "7300\n7330\n7350\n", "--baud 1": "1200\n19200\n", "--pace ": "baud\noff\n",
		"--fault cable-p": "cable-pull\n", "--fault ki": "", "--firmware ": ":*.upg\n", "comp": "completion\tprint a script that completes command lines in a shell\n",
	} {
		if _, out, _ := outcome(t, append([]string{"__complete"}, strings.Split(line, " ")...)...); out != want {
			t.Errorf("%s: %q, want %q", line, out, want)
		}
	}
}

func TestHelpFaultsIsTheWholeLanguage(t *testing.T) {
	t.Parallel()
	if code, stdout, _ := outcome(t, "--help-faults"); code != cli.Done || stdout != fault.Describe() {
		t.Errorf("exit code %d", code)
	}
}

// wantDocumented checks that the manual names every event that was seen, and every field of
// it.
func (m *served) wantDocumented(t *testing.T) {
	t.Helper()
	told := serving.Events
	for _, e := range m.seen {
		at := strings.Index(told, "\n    "+e.Event+" ")
		if at < 0 {
			t.Fatalf("the manual has no event %q", e.Event)
		}
		entry := told[at+1:]
		for end := 0; end < len(entry); {
			next := strings.IndexByte(entry[end:], '\n')
			end += next + 1
			if !strings.HasPrefix(entry[end:], "          ") {
				entry = entry[:end]
				break
			}
		}
		var fields map[string]any
		must(t, json.Unmarshal([]byte(e.raw), &fields))
		for name := range fields {
			if name != "event" && name != "at" && !strings.Contains(entry, name) {
				t.Errorf("the manual has no field %q of %q", name, e.Event)
			}
		}
	}
}

func TestPaceScalesTheMeterToo(t *testing.T) {
	t.Parallel()
	real, chip := meter.DefaultTiming(), flash.Am29F032B()
	for _, test := range []struct {
		pace  string
		boot  time.Duration
		erase time.Duration
	}{
		{"baud", real.Boot, chip.EraseTime},
		{"1", real.Boot, chip.EraseTime},
		{"50", real.Boot / 50, chip.EraseTime / 50},
		{"off", 0, 0},
	} {
		o := newOptions()
		must(t, program(o, io.Discard).Check([]string{"--pace", test.pace}))
		fw, err := o.loadFirmware(o.meter.Model)
		must(t, err)
		s, err := newStation(o, o.identity(), fw, time.Now())
		must(t, err)
		c := s.Meter().Config()
		if c.Timing.Boot != test.boot || c.Geometry.EraseTime != test.erase {
			t.Errorf("--pace %s: boots in %v, erases in %v", test.pace, c.Timing.Boot, c.Geometry.EraseTime)
		}
		if s.Line().Baud(0) != 9600 {
			t.Errorf("--pace %s: the line has %d baud", test.pace, s.Line().Baud(0))
		}
	}
}

func TestTheMeterIsWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args, owner string
		bytes       int
	}{
		{"", "", factoryImageBytes},
		{"--settings custom --image-bytes 64k", "PLANT A owner", 64 << 10},
		{"--settings custom --owner=", "", factoryImageBytes},
		{"--owner Mill", "Mill", factoryImageBytes},
	} {
		o := newOptions()
		args := strings.Fields(test.args)
		must(t, program(o, io.Discard).Check(args))
		o.given = func(flag string) bool {
			return slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg+"=", "--"+flag+"=") })
		}
		fw, err := o.loadFirmware(o.meter.Model)
		must(t, err)
		s, err := newStation(o, o.identity(), fw, time.Now())
		must(t, err)
		c := s.Meter().Config()
		i, _ := ion.SettingNamed(ion.Nameplate, "owner")
		if owner := ion.SettingTable()[i].Format(c.Settings.Values[i]); owner != test.owner || len(c.Firmware.Image) != test.bytes || c.Firmware.Revision != "7350V283" {
			t.Errorf("ionsim %s: owner %q, %s of %d bytes", test.args, owner, c.Firmware.Revision, len(c.Firmware.Image))
		}
	}
}

func TestTheDocumentsNameOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	problems, tried, err := clitest.DocumentProblems("../..", func() *cli.Program { return program(newOptions(), io.Discard) })
	if err != nil || tried < 5 {
		t.Errorf("%d command lines were found (%v)", tried, err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}
