package cases_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	stored "ionbench/fixtures/cases"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/fields"
)

// whole is a small good case; tests break it line by line.
const whole = `[case]
title = t
[attempt]
task = upgrade
[expect]
outcome = success
`

func TestParseTellsTheLineAndWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "the file is empty; a case begins with a line [case]"},
		{"blanks", " \n\t\n", "the file is empty; a case begins with a line [case]"},
		{"no UTF-8", "[case]\ntitle = \xff\n", "line 2: bytes that are no UTF-8; save the file as UTF-8 and try again\nline 1: [case] has no title; add a line title = ..."},
		{"NUL", "[case]\ntitle = a\x00b\n", "line 2: a control character U+0000; delete it\nline 1: [case] has no title; add a line title = ..."},
		{"a long line", whole + "# " + strings.Repeat("x", 2000) + "\n", "line 7: the line has 2002 bytes, at most 1024 are allowed; shorten it"},
		{"too large", whole + strings.Repeat("#\n", fields.MaxBytes/2), "the file has 262213 bytes, at most 262144 are allowed; choose a case file"},
		{"too many lines", whole + strings.Repeat("\n", fields.MaxLines), "the file has 5006 lines, at most 5000 are allowed; choose a case file"},
		{"section", "[caze]\ntitle = t\n", "line 1: \"caze\" is no section; did you mean case?"},
		{"section open", "[case\n", "line 1: \"[case\" has no closing ]; write it as [section] alone on its line"},
		{"section with a name", "[case two]\n", "line 1: [case] has no name; only [meter NAME], [station NAME], [pc NAME], [firmware NAME] and [template NAME] have one"},
		{"section twice", whole + "[case]\n", "line 7: [case] already began on line 1; put its keys there"},
		{"named section twice", whole + "[firmware a]\n[firmware a]\n", "line 8: [firmware a] already began on line 7; put its keys there"},
		{"key outside", "title = t\n", "line 1: key \"title\" stands before the first section; put a line such as [case] above it"},
		{"no =", "[case]\ntitle\n", "line 2: \"title\" has no =; write key = value, or # before a comment\nline 1: [case] has no title; add a line title = ..."},
		{"no value", "[case]\ntitle =\n", "line 2: key title has no value; write title = WORDS"},
		{"key", edit("task = upgrade", "task = upgrade\nsingel = yes"), "line 5: \"singel\" is no key of [attempt]; did you mean single?"},
		{"key of another section", edit("[case]", "[meter]\nblocks = 4\n[case]"), "line 2: \"blocks\" is no key of [meter]; it belongs in [firmware]"},
		{"key twice", edit("title = t", "title = t\ntitle = u"), "line 3: key title already stands on line 2; keep one of the two"},
		{"task", edit("upgrade", "upgade"), "line 4: \"upgade\" is no task; did you mean upgrade?"},
		{"no task", edit("task = upgrade\n", ""), "line 3: [attempt] has no task; add a line task = ..."},
		{"outcome", edit("success", "sucess"), "line 6: \"sucess\" is no value of outcome; did you mean success?"},
		{"no outcome", edit("outcome = success", ""), "line 5: [expect] has no outcome; add a line outcome = ..."},
		{"no expect", "[case]\ntitle = t\n[attempt]\ntask = upgrade\n", "line 3: this [attempt] has no [expect]; put one behind it with a line outcome = success, failure, aborted, killed, refused or unfinished"},
		{"no attempt", "[case]\ntitle = t\n", "there is no [attempt]; add one, with a line task = connect, identify, upgrade, recover, send-template, read-settings or write-settings"},
		{"no case", "[attempt]\ntask = upgrade\n[expect]\noutcome = success\n", "there is no [case]; begin with a line [case] and a line title = ..."},
		{"expect first", "[expect]\n", "line 1: [expect] stands before the first [attempt]; put it behind the attempt that it is about"},
		{"expect twice", whole + "[expect]\n", "line 7: the [attempt] above has an [expect] already; put its keys there"},
		{"row", edit("title = t", "title = t\nrow = 3"), "line 3: \"3\" is no row; write one such as K3"},
		{"unit id", edit("[case]", "[meter]\nunit-id = 10000\n[case]"), "line 2: \"10000\" is no number from 1 to 9999"},
		{"baud", edit("[case]", "[meter]\nbaud = 9601\n[case]"), "line 2: \"9601\" is no baud rate; use 300, 600, 1200, 2400, 4800, 9600 or 19200"},
		{"model", edit("[case]", "[meter]\nmodel = 7500\n[case]"), "line 2: \"7500\" is no model; use 7300, 7330 or 7350"},
		{"revision", edit("[case]", "[meter]\nrevision = V283\n[case]"), "line 2: \"V283\" is no revision; write one such as 7350V283"},
		{"revision of another model", edit("[case]", "[meter]\nrevision = 7330V283\n[case]"), "line 1: [meter] is of a 7350, which runs revisions such as 7350V283, not 7330V283"},
		{"clock", edit("[case]", "[meter]\nclock = 3:57:48 PM\n[case]"), "line 2: \"3:57:48 PM\" is no calendar time; write one such as 2008-03-06 15:57:48"},
		{"clock before the meter's", edit("[case]", "[meter]\nclock = 1908-03-06 15:57:48\n[case]"), "line 2: the meter's clock does not go to 1908; use a year from 1970 to 2105"},
		{"blocks", edit("[case]", "[firmware]\nblocks = 0\n[case]"), "line 2: \"0\" is no number from 1 to 600"},
		{"firmware that is not there", edit("task = upgrade", "task = upgrade\nfirmware = wrong"), "line 3: this [attempt] chooses the firmware \"wrong\"; add a section [firmware wrong]"},
		{"meter that is not there", edit("task = upgrade", "task = upgrade\nmeter = b"), "line 3: this [attempt] is to talk to the meter \"b\"; add a section [meter b]"},
		{"pc that is not there", edit("task = upgrade", "task = upgrade\npc = b"), "line 3: this [attempt] runs on the PC \"b\"; add a section [pc b]"},
		{"plan", edit("task = upgrade", "task = upgrade\n  plan =  cable-pul at block 4"), "line 5: column 11: there is no fault \"cable-pul\": did you mean `cable-pull`?"},
		{"plan inside", edit("task = upgrade", "task = upgrade\nplan = cable-pull at blok 4"), "line 5: column 22: there is no trigger \"blok\": did you mean `block`?"},
		{"two faults", edit("task = upgrade", "task = upgrade\nplan = abort; kill"), "line 5: 2 faults on a line; write one, and the next on a plan = line of its own"},
		{"key of another task", edit("task = upgrade", "task = upgrade\nconnections = 1"), "line 5: connections means nothing with task = upgrade; delete it, or use task = connect"},
		{"action", edit("task = upgrade", "before = powercycle 3s\ntask = upgrade"), "line 4: \"powercycle\" is no action; did you mean power-cycle?"},
		{"action without its time", edit("task = upgrade", "before = wait\ntask = upgrade"), "line 4: \"\" is no time; write one such as 30s, 2m or 1h10m"},
		{"action with too much", edit("task = upgrade", "before = heal 3s\ntask = upgrade"), "line 4: \"3s\" follows heal, which takes nothing; delete it"},
		{"groups", edit("task = upgrade", "task = upgrade\npaste = pt-ct, clok"), "line 5: \"clok\" is no settings group; did you mean clock?"},
		{"list", edit("task = upgrade", "task = upgrade\npaste = pt-ct,,clock"), "line 5: \"pt-ct,,clock\" has nothing between two commas"},
		{"prompt", edit("outcome = success", "outcome = success\nprompts = chose-firmware"), "line 7: \"chose-firmware\" is no prompt; did you mean choose-firmware?"},
		{"count", edit("outcome = success", "outcome = success\nresends = 5..3"), "line 7: \"3\" is no number from 5 to 1000000000"},
		{"time", edit("outcome = success", "outcome = success\ntime = 70"), "line 7: \"70\" is no time; write one such as 30s, 2m or 1h10m"},
		{"times", edit("outcome = success", "outcome = success\ntime = 2m..1m"), "line 7: 2m..1m ends before it begins"},
		{"log outside its folder", edit("outcome = success", "outcome = success\nlog = ../secret"), "line 7: \"../secret\" is no file next to the case; write its name alone"},
		{"reason of a success", edit("outcome = success", "outcome = success\nreason = x"), "line 7: a success has no reason; delete the line, or expect another outcome"},
		{"setting", edit("task = upgrade", "task = write-settings\nwrite = pt-ct pt-primry 5"), "line 5: \"pt-primry\" is no setting in pt-ct; did you mean pt-primary?"},
		{"setting's value", edit("task = upgrade", "task = write-settings\nwrite = pt-ct pt-primary high"), "line 5: pt-primary: value not accepted: \"high\" is no number"},
		{"password", edit("task = upgrade", "task = upgrade\npassword = 123456789"), "line 5: password of 9 digits: a numeric password has one to eight"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := cases.Parse([]byte(c.file))
			if err == nil {
				t.Fatal("it was taken")
			}
			if got := err.Error(); got != c.want {
				t.Errorf("the error is\n%s\nand should be\n%s", got, c.want)
			}
			if !errors.Is(err, cases.ErrBad) {
				t.Error("it does not wrap ErrBad")
			}
		})
	}
}

// edit replaces a part of the good case.
func edit(old, replacement string) string { return strings.Replace(whole, old, replacement, 1) }

func TestParseTellsOfTenBadLinesAtMost(t *testing.T) {
	_, err := cases.Parse([]byte("[case]\n" + strings.Repeat("nonsense\n", 50)))
	if n := strings.Count(err.Error(), "\n") + 1; n != 10 {
		t.Errorf("%d lines of errors", n)
	}
}

func TestParseTakesWhatEditorsWrite(t *testing.T) {
	for _, c := range []struct{ name, file string }{
		{"CR LF", strings.ReplaceAll(whole, "\n", "\r\n")},
		{"byte order mark", "\uFEFF" + whole},
		{"no last line end", strings.TrimSuffix(whole, "\n")},
		{"comments", "# one\n; two\n" + whole},
		{"blanks", strings.ReplaceAll(whole, " = ", "\t=   ")},
	} {
		if _, err := cases.Parse([]byte(c.file)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAppendWritesWhatParseReads(t *testing.T) {
	for _, name := range stored.Names() {
		wantRoundTrip(t, load(t, name))
	}
	wantRoundTrip(t, parse(t, everyKey))
	for _, line := range strings.Split(everyKey, "\n") {
		if line = strings.TrimSpace(line); line != "" && !bytes.Contains(cases.Append(nil, parse(t, everyKey)), []byte(line)) {
			t.Errorf("%q is lost", line)
		}
	}
}

func parse(t testing.TB, file string) *cases.Case {
	t.Helper()
	c, err := cases.Parse([]byte(file))
	if err != nil {
		t.Fatalf("%v in\n%s", err, file)
	}
	return c
}

func wantRoundTrip(t testing.TB, c *cases.Case) {
	t.Helper()
	first := cases.Append(nil, c)
	again, err := cases.Parse(first)
	if err != nil {
		t.Fatalf("%v in\n%s", err, first)
	}
	if second := cases.Append(nil, again); !bytes.Equal(first, second) {
		t.Errorf("written\n%s\nand after reading it\n%s", first, second)
	}
}

// everyKey has each key once, and no default, which Append leaves out.
const everyKey = `[case]
title = t
row = K3
article = a sentence

[meter]
phone = 5550106
model = 7330
serial-number = PC-1
unit-id = 7
baud = 4800
password = 12
revision = 7330V100
image-bytes = 4096
clock = 2010-01-02 03:04:05
settings = factory
set = pt-ct pt-primary 480
template-name = Plant B
rts-delay = 300ms
erase-time = 8s
program-time = 307.2ms
verify-time = 2.048ms
loader-time = 20s
boot-time = 15s
first-boot-time = 35s

[meter other]
line = east

[meter spare]
line = east
comes-on = 30s
goes-off = 1m

[station SCADA]
line = east
kind = second-master
unit-id = 8
units = 2
begins = 2m
every = 700ms

[pc office]
log = earlier
journal = other-meter
dcd = yes

[firmware other]
model = 7300
revision = 7300V200
dated = 2009-01-02 03:04:05
blocks = 3
build = 1
bytes = 12345
damage = truncated

[template other]
holds = saved
model = 7300
damage = foreign

[attempt]
title = first
before = heal
before = power-cycle 10s
before = wait 1h2m
before = until 2010-01-02 05:00:00
before = new-log
before = copy-journals office
meter = other
pc = office
folder = root
log = {serial}.log
task = connect
release = 2.1
single = yes
journal = yes
listen = yes
password = abc
unit-id = 9
baud = 1200
serial-number = PC-2
device-name = Feeder 7
timeout = 30s
turnaround = 200ms
disk-full = yes
limit = 1h30m0.5s
plan = abort at 60%
plan = noise from-meter at block 10 for 5s rate 1e-4 seed 7
firmware = other
template = other
recover = no
restore = no
restore-older = yes
paste = pt-ct, itc
connections = 2
assistant = send-template, upgrade, exit
at-silence = upgrade

[expect]
outcome = refused
reason = a word
meter = download
revision = none
image = other
flash = untouched
lcd = Upgrading…
event = Device power-up
template = x
kept = none
setting = pt-ct pt-primary 480
defaults = all
read = clock
prompts = connection-type, setup-assistant, choose-firmware, upgrade-failed
prompts = communication-lost
resends = 3
no-responses = 1..2
recovery-mode = no
journals = 1
time = 1m..2m30s
log = some.log
log-has = this
log-lacks = that

[attempt]
meanwhile = 30s
meter = other
baud = 1200
task = write-settings
write = pt-ct pt-primary 480
write = nameplate owner Plant B
write-back = clock

[expect]
outcome = success
prompts = none
`

func TestDescribeNamesEveryKeyOnce(t *testing.T) {
	text := cases.Describe()
	known := make(map[string]bool)
	section := ""
	for _, line := range strings.Split(everyKey, "\n") {
		if key, _, ok := strings.Cut(line, " = "); ok {
			known[section+key] = true
			if !strings.Contains(text, "\n  "+key+" = ") {
				t.Errorf("%s is not described", key)
			}
			continue
		}
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(strings.Fields(line)[0], "[]")
		}
	}
	// A key is indented by two blanks, what it means by six.
	if keys := strings.Count(text, "\n  ") - strings.Count(text, "\n      "); keys != len(known) {
		t.Errorf("%d keys are described, and everyKey has %d: add the new one to it", keys, len(known))
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range stored.Names() {
		b, err := stored.File(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(everyKey))
	f.Add([]byte("[case]\nbefore="))
	f.Add([]byte("[case\ntitle=\n[expect]\n[attempt]\nplan=abort;"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := cases.Parse(b)
		if err != nil {
			if !errors.Is(err, cases.ErrBad) || err.Error() == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		wantRoundTrip(t, c)
	})
}
