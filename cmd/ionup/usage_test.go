package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongUsageIsExitTwoAndSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		args   string
		stderr string
	}{
		{"", "no command\nionup: hint: ionup --help lists the commands\n"},
		{"upgrad", "there is no command \"upgrad\"\nionup: hint: ionup --help lists the commands\n"},
		{"--tcp 127.0.0.1:1 identify", "the first word is --tcp and no command\nionup: hint: write the command first and its flags behind it; ionup --help lists the commands\n"},
		{"template", "template what?\nionup: hint: use one of: ionup template send, ionup template get\n"},
		{"settings list", "settings what?\nionup: hint: use one of: ionup settings get, ionup settings set\n"},
		{"identify", "no connection\nionup: hint: name the serial port with --port /dev/ttyUSB0 or the address with --tcp HOST:PORT\n"},
		{"identify --port /dev/ttyS0 --tcp h:1", "both --port and --tcp\nionup: hint: name one of them: the meter is at one end of one line\n"},
		{"connect --port /dev/ttyS0 --tcp h:1", "both --port and --tcp\nionup: hint: name one of them: the meter is at one end of one line\n"},
		{"identify --tcp h:1 extra", "\"extra\" is one argument too many\nionup: hint: ionup identify takes flags alone\n"},
		{"connect extra", "\"extra\" is one argument too many\nionup: hint: ionup connect takes flags alone\n"},
		{"identify --tpc h:1", "unknown flag: --tpc\nionup: hint: ionup identify --help lists its flags\n"},
		{"identify --paste all", "unknown flag: --paste\nionup: hint: ionup identify --help lists its flags\n"},
		{"identify --tcp", "flag needs an argument: --tcp\nionup: hint: ionup identify --help lists its flags\n"},
		{"identify --tcp h:1 --unit-id 0", "unit id 0: use 1 to 9999\n"},
		{"identify --tcp h:1 --unit-id 10000", "unit id 10000: use 1 to 9999\n"},
		{"identify --tcp h:1 --unit-id 70000", "invalid argument \"70000\" for \"--unit-id\" flag: strconv.ParseUint: parsing \"70000\": value out of range\nionup: hint: ionup identify --help lists its flags\n"},
		{"identify --tcp h:1 --baud 0", "--baud 0 is no rate\nionup: hint: the meter's ports run at 1200, 2400, 4800, 9600 or 19200\n"},
		{"identify --tcp h:1 --timeout 0s", "--timeout 0s leaves no time for an answer\nionup: hint: give a time such as 10s\n"},
		{"identify --tcp h:1 --timeout soon", "invalid argument \"soon\" for \"--timeout\" flag: time: invalid duration \"soon\"\nionup: hint: ionup identify --help lists its flags\n"},
		{"identify --tcp h:1 --password 123456789", "password of 9 digits: a numeric password has one to eight\n"},
		{"identify --tcp h:1 --user 256", "invalid argument \"256\" for \"--user\" flag: strconv.ParseUint: parsing \"256\": value out of range\nionup: hint: ionup identify --help lists its flags\n"},
		{"upgrade --tcp h:1", "no firmware file\nionup: hint: ionup upgrade --help shows how it is called\n"},
		{"upgrade a.upg b.upg --tcp h:1", "\"b.upg\" is one argument too many\nionup: hint: ionup upgrade takes one firmware file\n"},
		{"recover --tcp h:1", "no firmware file\nionup: hint: ionup recover --help shows how it is called\n"},
		{"upgrade a.upg", "no connection\nionup: hint: name the serial port with --port /dev/ttyUSB0 or the address with --tcp HOST:PORT\n"},
		{"upgrade a.upg --tcp h:1 --release 2.3", "--release: unknown release \"2.3\": use 2.1 or 2.2\n"},
		{"upgrade a.upg --tcp h:1 --paste ptct", "--paste: unknown settings group \"ptct\": use pt-ct, clock, nameplate, energy, itc, all or none\n"},
		{"upgrade a.upg --tcp h:1 --journal d --no-journal", "both --journal and --no-journal\nionup: hint: leave one of them out\n"},
		{"upgrade a.upg --tcp h:1 --log=", "--log names no file\nionup: hint: leave it out for Upgrade.log in this folder\n"},
		{"template send --tcp h:1", "no template file\nionup: hint: ionup template send --help shows how it is called\n"},
		{"template send a.dcf --tcp h:1 --paste x", "--paste: unknown settings group \"x\": use pt-ct, clock, nameplate, energy, itc, all or none\n"},
		{"template get a b --tcp h:1", "\"b\" is one argument too many\nionup: hint: ionup template get takes one file at most\n"},
		{"settings get volts --tcp h:1", "there is no setting \"volts\"\nionup: hint: ionup settings get --help lists the keys\n"},
		{"settings set --tcp h:1", "no setting\nionup: hint: write KEY=VALUE, as in: ionup settings set pt-primary=14400; ionup settings set --help lists the keys\n"},
		{"settings set pt-primary --tcp h:1", "\"pt-primary\" is no KEY=VALUE\nionup: hint: ionup settings set --help lists the keys\n"},
		{"settings set volts=1 --tcp h:1", "there is no setting \"volts\"\nionup: hint: ionup settings get --help lists the keys\n"},
		{"settings set pt-primary=high --tcp h:1", "pt-primary: value not accepted: \"high\" is no number\n"},
		{"settings set ratio-ia=9 --tcp h:1", "ratio-ia: value not accepted: 9 is outside 0.5 to 1.5\n"},
		{"settings set tag1=a tag1=b --tcp h:1", "tag1 is given twice\nionup: hint: give it one value\n"},
		{"pack a.bin", "1 files, not 2\nionup: hint: name the image and the file to make: ionup pack ... IN.bin OUT.upg\n"},
		{"pack a.bin b.upg --revision 7350V284 --dated 2008-03-01T12:00:00Z", "no --product\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7350 --dated 2008-03-01T12:00:00Z", "no --revision\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7350 --revision 7350V284", "no --dated\nionup: hint: ionup pack --help shows an example\n"},
		{"pack a.bin b.upg --product 7400 --revision 7400V284 --dated 2008-03-01T12:00:00Z", "--product \"7400\" is no meter of the family\nionup: hint: use 7300, 7330 or 7350\n"},
		{"pack a.bin b.upg --product 7350 --revision 7350V284 --dated yesterday", "--dated \"yesterday\" is no time\nionup: hint: write it as 2008-03-01T12:00:00Z\n"},
		{"inspect", "no firmware file\nionup: hint: ionup inspect --help shows how it is called\n"},
		{"inspect a b", "\"b\" is one argument too many\nionup: hint: ionup inspect takes one firmware file\n"},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ionup(t, strings.Fields(test.args)...).wantCode(2).wantStdout("").wantStderr("ionup: error: " + test.stderr)
			left, err := filepath.Glob("*")
			if err != nil || len(left) > 0 {
				t.Errorf("it left %v (%v)", left, err)
			}
		})
	}
}

func TestHelpIsAResultAndShowsExamplesForEveryCommand(t *testing.T) {
	top := ionup(t, "--help").wantCode(0).wantStderr("").stdout
	for _, c := range commands() {
		if !strings.Contains(top, "  "+c.name) {
			t.Errorf("ionup --help lacks %s", c.name)
		}
		args := append(strings.Fields(c.name), "--help")
		help := ionup(t, args...).wantCode(0).wantStderr("").stdout
		for _, part := range []string{"Usage: ionup " + c.name, "Examples:\n  ", "\nFlags:\n", "--json"} {
			if !strings.Contains(help, part) {
				t.Errorf("ionup %s --help lacks %q:\n%s", c.name, part, help)
			}
		}
		if strings.Contains(help, "`") {
			t.Errorf("ionup %s --help shows a backquote:\n%s", c.name, help)
		}
		if again := ionup(t, append([]string{"help"}, strings.Fields(c.name)...)...).wantCode(0); again.stdout != help {
			t.Errorf("ionup help %s is not its --help", c.name)
		}
	}
	ionup(t, "help").wantCode(0).wantStdout(top)
	ionup(t, "template", "--help").wantCode(0).wantStdout("ionup template send  send a template to a meter\nionup template get   read a meter's settings as a template\n")
}

func TestQuoteMakesOneWordOfAShell(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"/dev/ttyUSB0", "/dev/ttyUSB0"}, {"", "''"}, {"plant A.upg", "'plant A.upg'"}, {"it's", `'it'\''s'`}, {"$(x)", "'$(x)'"},
	} {
		if got := quote(test.in); got != test.want {
			t.Errorf("quote(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}
