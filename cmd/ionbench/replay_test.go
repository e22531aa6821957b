package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/golden"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/shrink"
	"ionbench/scenarios/storm"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/story"
)

const twice = "cable-pull at block 3 then power-loss at flash-op 30 torn; kill at block 4"

// idIn returns the id in the repeating command that an account prints.
func idIn(t *testing.T, out string) string {
	t.Helper()
	found := regexp.MustCompile(`ionbench replay (\S+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no command that repeats it in\n%s", out)
	}
	return found[1]
}

func TestReplayTellsWhatHappened(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "replay", twice)
	if code != cli.Failed || diagnostics != "" { // failed, because the kill never struck
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	golden.Want(t, "testdata/replay.golden", out)

	// The printed id is that of the same trial.
	code, again, _ := call(t, "", "replay", idIn(t, out))
	if code != cli.Failed || again != out {
		t.Errorf("exit %d, and the id gives\n%s", code, again)
	}
}

func TestAFaultThatNeverStruckIsAFailureOfItsOwn(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]cli.Status{"cable-pull at block 9999": cli.Failed, "cable-pull at block 3": cli.Done, "cable-pull at block 3 then kill at block 9999": cli.Failed} {
		code, out, _ := call(t, "", "replay", plan)
		if code != want || strings.Contains(out, "\nunstruck ") != (want == cli.Failed) {
			t.Errorf("%s: exit %d\n%s", plan, code, out)
		}
	}
}

func TestReplayTakesTheConfigurationFromFlagsOrTheID(t *testing.T) {
	t.Parallel()
	args := []string{"replay", "abort at block 2", "--model", "7300", "--release", "2.1", "--journal", "--windows", "--image-size", "20000"}
	_, out, _ := call(t, "", args...)
	if !strings.Contains(out, "\ntrial    ION 7300, tool 2.1, image of 20000 bytes, journal, through the windows (hash ") || !strings.Contains(out, "\nclass    recovered\n") {
		t.Errorf("it prints\n%s", out)
	}
	id := idIn(t, out)
	if _, again, _ := call(t, "", "replay", id, "--model", "7300", "--journal"); again != out {
		t.Errorf("flags that agree with the id change it to\n%s", again)
	}
	code, _, diagnostics := call(t, "", "replay", id, "--release", "2.2")
	if code != cli.Misused || !strings.HasPrefix(diagnostics, "ionbench: error: the id says release 2.1, and --release says 2.2\n") {
		t.Errorf("exit %d: %s", code, diagnostics)
	}
}

func TestReplayPrintsOneThingAlone(t *testing.T) {
	t.Parallel()
	if _, out, _ := call(t, "", "replay", twice, "--print", "plan"); out != twice+"\n" {
		t.Errorf("the plan is %q", out)
	}
	if _, out, _ := call(t, "", "replay", twice, "--print", "log"); !strings.HasPrefix(out, "Upgrade started at ") || strings.Count(out, "Upgrade completed at ") != 1 {
		t.Errorf("the log is\n%s", out)
	}
	_, trace, _ := call(t, "", "replay", twice, "--print", "trace")
	if _, again, _ := call(t, "", "replay", twice, "--print", "trace"); trace != again || strings.Count(trace, " fault strikes ") != 2 {
		t.Errorf("the trace is\n%s", trace)
	}
}

func TestReplayAsOneObject(t *testing.T) {
	t.Parallel()
	_, out, _ := call(t, "", "replay", twice, "--json")
	var o replayObject
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	if o.Plan != twice || o.Class != "settings-lost" || len(o.Attempts) != 3 || len(o.Unstruck) != 1 || len(o.Violations) != 0 ||
		o.Attempts[0].Faults[0].Event != "strikes" || o.Attempts[2].Outcome != "success" || o.Calm.Seconds >= o.Cost.Seconds ||
		!trial.IsID(o.ID) || o.Config.Hash != trial.Hash(trial.World(0)) || o.Transport != "bench" {
		t.Errorf("%+v", o)
	}
}

func TestReplayOfARunOfAStorm(t *testing.T) {
	t.Parallel()
	w, plans := storm.Draw(5, 17, 3)
	_, out, diagnostics := call(t, "", "replay", storm.ID(5, 17, 3), "--print", "plan")
	if out != plans.String()+"\n" {
		t.Errorf("%q and %q, want %q", out, diagnostics, plans)
	}
	if _, out, _ := call(t, "", "replay", storm.ID(5, 17, 3)); !strings.Contains(out, configOf(w).Hash) {
		t.Errorf("it is not of the world\n%s\n%s", &w, out)
	}
}

// ownFirmware writes a firmware file that ionbench did not generate.
func ownFirmware(t *testing.T, first byte) string {
	t.Helper()
	f, err := upg.New(7330, "7330V290", time.Unix(1e9, 0), append([]byte{first}, make([]byte, 9000)...))
	if err != nil {
		t.Fatal(err)
	}
	b, err := upg.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.upg")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplayWithAFileOfOnesOwn(t *testing.T) {
	t.Parallel()
	path, other := ownFirmware(t, 1), ownFirmware(t, 2)
	code, out, diagnostics := call(t, "", "replay", "kill at block 2", "--image", path)
	if code != cli.Done || !strings.Contains(out, "ION 7330, tool 2.2, image of 9001 bytes, of a file with revision 7330V290") || !strings.Contains(out, " --image "+path+"\n") {
		t.Fatalf("exit %d\n%s%s", code, out, diagnostics)
	}
	id := idIn(t, out)
	if code, again, _ := call(t, "", "replay", id, "--image", path); code != cli.Done || again != out {
		t.Errorf("exit %d, and the id gives\n%s", code, again)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"without the file":  {[]string{id}, "name it: --image FILE.upg\n"},
		"with another file": {[]string{id, "--image", other}, "the id was made with another image, another configuration or another version of the model: with " + other},
		"not needed":        {[]string{"t1.V56U9tiLAgA", "--image", path}, "the image of this id is a generated one"},
		"of another model":  {[]string{"kill", "--image", path, "--model", "7300"}, "choose that model"},
		"and a size":        {[]string{"kill", "--image", path, "--image-size", "5"}, "--image-size says another"},
		"not there":         {[]string{"kill", "--image", path + "x"}, "no such file"},
		"not firmware":      {[]string{"kill", "--image", "replay.go"}, "not a .UPG firmware file"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, diagnostics := call(t, "", append([]string{"replay"}, c.args...)...)
			if code != cli.Misused || !strings.Contains(diagnostics, c.want) {
				t.Errorf("exit %d: %s", code, diagnostics)
			}
		})
	}
}

func TestReplayRefusesWhatItCannotRepeat(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing":              {nil, "ionbench: error: no trial\nionbench: hint: usage: ionbench replay ID|PLAN [FLAG...]\n"},
		"a plan in words":      {[]string{"abort", "at", "60%"}, "ionbench: error: \"at\" is one argument too many\nionbench: hint: put the whole plan in quotes, as in: 'abort at 60%'\n"},
		"a misspelt plan":      {[]string{"cable-pul at block 3"}, "did you mean `cable-pull`?"},
		"a mistyped id":        {[]string{"t1.V56U9tiLAgB"}, "is mistyped, or a part of it is missing"},
		"a mistyped storm":     {[]string{"s1.8.1.979.00000000.0000"}, "is mistyped, or a part of it is missing"},
		"an unknown model":     {[]string{"kill", "--model", "7000"}, "--model: \"7000\" is no model; use 7300, 7330 or 7350"},
		"an unknown release":   {[]string{"kill", "--release", "3"}, "--release: \"3\" is no release; use 2.1 or 2.2"},
		"too large an image":   {[]string{"kill", "--image-size", "3997697"}, "room for"},
		"an unknown thing":     {[]string{"kill", "--print", "logs"}, "--print: \"logs\" is no value of print; did you mean log?"},
		"an unknown transport": {[]string{"kill", "--transport", "udp"}, "--transport: \"udp\" is no value of transport; use bench, pty or tcp"},
		"two forms":            {[]string{"kill", "--print", "log", "--json"}, "exclude each other"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, diagnostics := call(t, "", append([]string{"replay"}, c.args...)...)
			if code != cli.Misused || out != "" || !strings.Contains(diagnostics, c.want) {
				t.Errorf("exit %d, %q: %s", code, out, diagnostics)
			}
		})
	}
}

func TestReplayInRealTimeComparesWithTheBench(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "replay", "kill at block 3 then abort at state programming", "--transport", "tcp", "--image-size", "30000")
	if code != cli.Done || !strings.Contains(out, "\nbench    the same events over TCP as on the bench, times aside\n") || !strings.Contains(out, " --transport tcp\n") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

// result makes a trial result that has only a class and the events of its attempts.
func result(class trial.Class, attempts ...[]string) *trial.Result {
	r := &trial.Result{Class: class}
	for _, texts := range attempts {
		r.Attempts = append(r.Attempts, &rig.Outcome{Trace: hostEvents(texts)})
	}
	return r
}

func TestReplaySaysWhereATransportDiffers(t *testing.T) {
	t.Parallel()
	bench := result(trial.Recovered, []string{"a", "b"}, []string{"c"})
	got := differences(bench, result(trial.Recovered, []string{"a", "x"}, []string{"c", "d"}))
	want := []string{
		`the upgrade, event 2 of 2: on the bench "host prompt b", here "host prompt x"`,
		`recovery 1, event 2 of 1: on the bench none, here "host prompt d"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
	fewer := result(trial.Unharmed, []string{"a", "b"})
	if got := differences(bench, fewer); len(got) != 1 || got[0] != "the bench needs 2 attempts, and these are 1" {
		t.Errorf("%q", got)
	}
	r := &replayed{Subject: shrink.Subject{}, over: rig.TCP, result: fewer, bench: bench, calm: fewer, differences: []string{"here"}}
	if !r.elsewhere() {
		t.Error("another class is the same outcome")
	}
	var b bytes.Buffer
	r.compare(func(name, format string, args ...any) { b.WriteString(name + ": " + strings.TrimSpace(format) + "\n") })
	if b.String() != "bench: another outcome: %v\ndiffers: %s\n" {
		t.Errorf("%q", b.String())
	}
}

// said is any event of the host, in words.
type said string

func (said) Kind() string      { return "prompt" }
func (s said) Details() string { return string(s) }

func hostEvents(texts []string) []story.Event {
	var list []story.Event
	for _, text := range texts {
		list = append(list, story.Event{Source: story.Host, What: said(text)})
	}
	return list
}

// worldFile writes a world that flags cannot describe.
func worldFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "my.world")
	if err := os.WriteFile(path, []byte("[meter]\nunit-id = 7\n\n[attempt]\ntask = upgrade\njournal = yes\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAWorldThatFlagsCannotSayIsNamedByItsFile(t *testing.T) {
	t.Parallel()
	path := worldFile(t)
	code, out, diagnostics := call(t, "", "replay", "kill at block 3", "--world", path)
	repeat := "repeat   ionbench replay 'kill at block 3' --world " + path + "\n"
	if code != cli.Done || !strings.Contains(out, repeat) || !strings.Contains(out, "journal, and what else its text says (hash ") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
	_, out, _ = call(t, "", "replay", "kill at block 3", "--world", path, "--json")
	var o replayObject
	if err := json.Unmarshal([]byte(out), &o); err != nil || o.ID == "" || len(o.Config.Hash) != 8 || !strings.Contains(o.Config.World, "unit-id = 7\n") || o.Class != "recovered" {
		t.Errorf("%v: %+v", err, o)
	}
	if code, again, diagnostics := call(t, "", "replay", o.ID, "--world", path, "--json"); code != cli.Done || again != out {
		t.Errorf("its id gives exit %d\n%s%s", code, again, diagnostics)
	}
	_, log, _ := call(t, "", "replay", "kill at block 3", "--world", path, "--print", "log")
	if !strings.Contains(log, "Device Unit ID = 7\n") {
		t.Errorf("it is played in another world:\n%s", log)
	}
	code, out, diagnostics = call(t, "", "shrink", "kill at block 3; abort at 5m", "--until", "recovered", "--world", path)
	if code != cli.Done || !strings.Contains(out, "repeat   ionbench run FILE\n") || !strings.Contains(out, "--- case: ionbench run FILE plays it\n") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

// idInWorld is the id of a killed upgrade in a world.
func idInWorld(t *testing.T, text string) string {
	t.Helper()
	w, err := world.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	id, err := trial.ID(*w, trial.Plans{{{Kind: fault.Kill}}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAWorldOfAnArrayIsNamedByItsNameAndByItsIDs(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "replay", "kill at block 1", "--world", "pairs-2", "--json")
	var o replayObject
	if err := json.Unmarshal([]byte(out), &o); err != nil || code != cli.Done || !strings.Contains(o.Config.World, "[meter]\n") || o.Repeat != "ionbench replay "+o.ID {
		t.Errorf("exit %d, %v: %+v\n%s", code, err, o, diagnostics)
	}
	if code, again, diagnostics := call(t, "", "replay", o.ID, "--json"); code != cli.Done || again != out {
		t.Errorf("its id gives exit %d\n%s%s", code, again, diagnostics)
	}
}

func TestAWorldThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	path := worldFile(t)
	bad := filepath.Join(t.TempDir(), "bad.world")
	if err := os.WriteFile(bad, []byte("[meter]\nunit-id = 0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"--journal says a part of it":     {"replay", "kill", "--world", path, "--journal"},
		"an id says all of its world":     {"replay", storm.ID(5, 17, 3), "--world", path},
		"no such file":                    {"replay", "kill", "--world", path + ".gone"},
		`line 2: "0" is no number from 1`: {"replay", "kill", "--world", bad},
		"there is no world \"pairs-0\"":   {"sweep", "--world", "pairs-0"},
		"another configuration":           {"replay", idInWorld(t, "[meter]\nunit-id = 8\n"), "--world", path},
		"give it: --world FILE":           {"replay", idInWorld(t, "[meter]\nunit-id = 7\n")},
		"name a file with a world":        {"shrink", "kill", "--world", path + ".gone"},
	} {
		if code, out, diagnostics := call(t, "", args...); code != cli.Misused || out != "" || !strings.Contains(diagnostics, want) {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, diagnostics)
		}
	}
}
