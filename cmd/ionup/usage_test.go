package main

import (
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
)

func TestWrongUsageIsExitTwoAndSaysWhatIsWrong(t *testing.T) {
	const (
		identify = "ionup: hint: ionup identify --help tells how it is called\n"
		upgrade  = "ionup: hint: usage: ionup upgrade FILE.upg (--port PATH | --tcp ADDR) [FLAG...]\n"
		line     = "ionup: hint: name the serial port with --port /dev/ttyUSB0 or the address with --tcp HOST:PORT\n"
		commands = "ionup: hint: ionup --help lists the commands\n"
	)
	for _, test := range []struct {
		args   string
		stderr string
	}{
		{"", "no command\n" + commands},
		{"upgrad", "there is no command \"upgrad\"; did you mean upgrade?\n" + commands},
		{"--tcp 127.0.0.1:1 identify", "--tcp stands where a command was expected\nionup: hint: write the command first and its flags behind it\n" + commands},
		{"template", "template what?\nionup: hint: use one of: template send, template get\n"},
		{"settings list", "there is no command \"settings list\"; did you mean settings get?\nionup: hint: use one of: settings get, settings set\n"},
		{"identify", "no connection\n" + line},
		{"identify --port /dev/ttyS0 --tcp h:1", "both --port and --tcp\nionup: hint: name one of them: the meter is at one end of one line\n"},
		{"connect --port /dev/ttyS0 --tcp h:1", "both --port and --tcp\nionup: hint: name one of them: the meter is at one end of one line\n"},
		{"identify --tcp h:1 extra", "\"extra\" is one argument too many\nionup: hint: usage: ionup identify (--port PATH | --tcp ADDR) [FLAG...]\n"},
		{"connect extra", "\"extra\" is one argument too many\nionup: hint: usage: ionup connect [--port PATH | --tcp ADDR] [--single] [FLAG...]\n"},
		{"identify --tpc h:1", "there is no flag --tpc; did you mean --tcp?\n" + identify},
		{"identify --paste all", "there is no flag --paste\n" + identify},
		{"identify --tcp", "--tcp wants a value: --tcp ADDR\n" + identify},
		{"identify --tcp 127.0.0.1", "--tcp: \"127.0.0.1\" is no address; write HOST:PORT, as 127.0.0.1:7801\n" + identify},
		{"identify --tcp h:70000", "--tcp: \"h:70000\" is no address; write HOST:PORT, as 127.0.0.1:7801\n" + identify},
		{"identify --port tcp:h:1", "--port: tcp:h:1 is no serial port\nionup: hint: say --tcp h:1\n"},
		{"identify --tcp=", "--tcp: its value is empty; give one, or leave the flag out\n" + identify},
		{"identify --tcp h:1 --unit-id 0", "--unit-id: \"0\" is no number from 1 to 9999\n" + identify},
		{"identify --tcp h:1 --unit-id 10000", "--unit-id: \"10000\" is no number from 1 to 9999\n" + identify},
		{"identify --tcp h:1 --unit-id 70000", "--unit-id: \"70000\" is no number from 1 to 9999\n" + identify},
		{"identify --tcp h:1 --baud 0", "--baud: \"0\" is no baud rate; use 300, 600, 1200, 2400, 4800, 9600 or 19200\n" + identify},
		{"identify --tcp h:1 --baud 115200", "--baud: \"115200\" is no baud rate; use 300, 600, 1200, 2400, 4800, 9600 or 19200\n" + identify},
		{"identify --tcp h:1 --timeout 0s", "--timeout: \"0s\" is too short; at least 1ms\n" + identify},
		{"identify --tcp h:1 --timeout soon", "--timeout: \"soon\" is no time; write one such as 30s, 2m or 1h10m\n" + identify},
		{"identify --tcp h:1 --password 123456789", "--password: password of 9 digits: a numeric password has one to eight\n" + identify},
		{"identify --tcp h:1 --user 256", "--user: \"256\" is no number from 0 to 255\n" + identify},
		{"upgrade --tcp h:1", "no firmware file\n" + upgrade},
		{"upgrade a.upg b.upg --tcp h:1", "\"b.upg\" is one argument too many\n" + upgrade},
		{"recover --tcp h:1", "no firmware file\nionup: hint: usage: ionup recover FILE.upg (--port PATH | --tcp ADDR) [FLAG...]\n"},
		{"upgrade a.upg", "no connection\n" + line},
		{"upgrade a.upg --tcp h:1 --release 2.3", "--release: \"2.3\" is no release; use 2.1 or 2.2\nionup: hint: ionup upgrade --help tells how it is called\n"},
		{"upgrade a.upg --tcp h:1 --paste ptct", "--paste: \"ptct\" is no settings group; did you mean pt-ct?\nionup: hint: ionup upgrade --help tells how it is called\n"},
		{"upgrade a.upg --tcp h:1 --journal d --no-journal", "both --journal and --no-journal\nionup: hint: leave one of them out\n"},
		{"upgrade a.upg --tcp h:1 --log=", "--log: its value is empty; give one, or leave the flag out\nionup: hint: ionup upgrade --help tells how it is called\n"},
		{"upgrade no.upg --tcp h:1", "no.upg: no such file or directory\nionup: hint: choose an ION Firmware Upgrade file (*.upg); ionup pack makes one\n"},
		{"template send --tcp h:1", "no template file\nionup: hint: usage: ionup template send FILE.dcf (--port PATH | --tcp ADDR) [FLAG...]\n"},
		{"template send a.dcf --tcp h:1 --paste x", "--paste: \"x\" is no settings group; use pt-ct, clock, nameplate, energy or itc\nionup: hint: ionup template send --help tells how it is called\n"},
		{"template get a b --tcp h:1", "\"b\" is one argument too many\nionup: hint: usage: ionup template get [FILE.dcf|-] (--port PATH | --tcp ADDR) [FLAG...]\n"},
		{"settings get volts --tcp h:1", "there is no setting \"volts\"; did you mean volts-mode?\nionup: hint: ionup settings get --help lists the keys\n"},
		{"settings get pt-pimary --tcp h:1", "there is no setting \"pt-pimary\"; did you mean pt-primary?\nionup: hint: ionup settings get --help lists the keys\n"},
		{"settings set --tcp h:1", "no setting\nionup: hint: usage: ionup settings set KEY=VALUE... (--port PATH | --tcp ADDR) [FLAG...]\n"},
		{"settings set pt-primary --tcp h:1", "\"pt-primary\" is no KEY=VALUE\nionup: hint: ionup settings set --help lists the keys\n"},
		{"settings set volts=1 --tcp h:1", "there is no setting \"volts\"; did you mean volts-mode?\nionup: hint: ionup settings get --help lists the keys\n"},
		{"settings set pt-primary=high --tcp h:1", "pt-primary: value not accepted: \"high\" is no number\nionup: hint: ionup settings set --help tells how it is called\n"},
		{"settings set ratio-ia=9 --tcp h:1", "ratio-ia: value not accepted: 9 is outside 0.5 to 1.5\nionup: hint: ionup settings set --help tells how it is called\n"},
		{"settings set tag1=a tag1=b --tcp h:1", "tag1 is given twice\nionup: hint: give it one value\n"},
		{"pack a.bin", "no file to make\nionup: hint: usage: ionup pack IN.bin OUT.upg --product N --revision NAME --dated TIME [FLAG...]\n"},
		{"pack a.bin b.upg --revision 7350V284 --dated 2008-03-01T12:00:00Z", "no --product\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7350 --dated 2008-03-01T12:00:00Z", "no --revision\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7350 --revision 7350V284", "no --dated\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7400 --revision 7400V284 --dated 2008-03-01T12:00:00Z", "--product: \"7400\" is no value of product; use 7300, 7330 or 7350\nionup: hint: ionup pack --help tells how it is called\n"},
		{"pack a.bin b.upg --product 7350 --revision 7350V284 --dated yesterday", "--dated: \"yesterday\" is no time\nionup: hint: write it as 2008-03-01T12:00:00Z\n"},
		{"inspect", "no firmware file\nionup: hint: usage: ionup inspect FILE.upg [FLAG...]\n"},
		{"inspect a b", "\"b\" is one argument too many\nionup: hint: usage: ionup inspect FILE.upg [FLAG...]\n"},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ionup(t, strings.Fields(test.args)...).wantCode(cli.Misused).wantStdout("").wantStderr("ionup: error: " + test.stderr)
			left, err := filepath.Glob("*")
			if err != nil || len(left) > 0 {
				t.Errorf("it left %v (%v)", left, err)
			}
		})
	}
}

func TestHelpIsAResultAndShowsExamplesForEveryCommand(t *testing.T) {
	t.Parallel()
	top := ionup(t, "--help").wantCode(0).wantStderr("").stdout
	for _, c := range new(program).table().Commands {
		if !strings.Contains(top, "  "+c.Name) {
			t.Errorf("ionup --help lacks %s", c.Name)
		}
		args := append(strings.Fields(c.Name), "--help")
		help := ionup(t, args...).wantCode(0).wantStderr("").stdout
		for _, part := range []string{"Usage: ionup " + c.Name, "Examples:\n  ", "\nFlags:\n", "--json", "\nExit status:\n"} {
			if !strings.Contains(help, part) {
				t.Errorf("ionup %s --help lacks %q:\n%s", c.Name, part, help)
			}
		}
		for line := range strings.Lines(help) {
			if len([]rune(line)) > 100 {
				t.Errorf("ionup %s --help has a long line: %s", c.Name, line)
			}
		}
	}
}

func TestHelpTellsWhatIsPasted(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{"template send": "none", "upgrade": "all"} {
		help := ionup(t, append(strings.Fields(command), "--help")...).wantCode(0).stdout
		if text := strings.Join(strings.Fields(help), " "); !strings.Contains(text, "all or none (default "+want+")") {
			t.Errorf("ionup %s --help lacks %s:\n%s", command, want, help)
		}
	}
}

func TestTheTablesAreInOrder(t *testing.T) {
	t.Parallel()
	for _, problem := range clitest.Problems(func() *cli.Program { return new(program).table() }) {
		t.Error(problem)
	}
}

func TestValuesAreCompleted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"settings set own":             "owner=",
		"settings get pt-pri":          "pt-primary",
		"upgrade --paste pt-ct,cl":     "pt-ct,clock",
		"upgrade --release ":           "2.1",
		"recover ":                     ":*.upg",
		"template send ":               ":*.dcf",
		"pack --product 735":           "7350",
		"identify --baud 96":           "9600",
		"upgrade x.upg --journal ":     ":/",
		"upgrade x.upg --no-jou":       "--no-journal",
		"template s":                   "send",
		"identify --tcp h:1 --unit-id": "--unit-id",
	} {
		out := ionup(t, append([]string{"__complete"}, strings.Split(line, " ")...)...).wantCode(cli.Done).stdout
		if !clitest.Completes(out, want) {
			t.Errorf("%s: %q lacks %s", line, out, want)
		}
	}
}

func TestAUnitIDWithAZeroInFrontIsThatUnit(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	ionup(t, "identify", "--tcp", b.addr, "--unit-id", "0105").wantCode(0)
}

func TestTheDocumentsNameOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	problems, tried, err := clitest.DocumentProblems("../..", func() *cli.Program { return newProgram(nil, nil, nil, nil).table() })
	if err != nil || tried < 5 {
		t.Errorf("%d command lines were found (%v)", tried, err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}
