package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	stored "ionbench/fixtures/cases"
	"ionbench/fixtures/golden"
	"ionbench/fixtures/logs"
	"ionbench/simulator/fault"
)

// call runs ionbench in this process.
func call(t *testing.T, stdin string, args ...string) (code cli.Status, stdout, stderr string) {
	t.Helper()
	var out, diagnostics bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(stdin), &out, &diagnostics)
	if code == cli.Done || code == cli.Failed {
		if err := clitest.CheckJSON(program(), args, out.String()); err != nil {
			t.Error(err)
		}
	}
	return code, out.String(), diagnostics.String()
}

// times matches times and the blanks after them, whose number depends on the width of the
// time.
var times = regexp.MustCompile(`\b([0-9]+(\.[0-9]+)?(h|m|s|ms|µs))+( +|\b)|WALL TIME|VIRTUAL TIME +`)

// masked replaces what differs from run to run.
func masked(out string) string {
	return strings.ReplaceAll(times.ReplaceAllString(out, "TIME "), " \n", "\n")
}

func TestTheTableOfAllStoredCases(t *testing.T) {
	t.Parallel()
	code, out, diagnostics := call(t, "", "run")
	if code != cli.Done || diagnostics != "" {
		t.Errorf("exit %d, and on stderr %q", code, diagnostics)
	}
	golden.Want(t, "testdata/run.golden", masked(out))
}

func TestTheListOfAllStoredCases(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "list")
	if code != cli.Done {
		t.Errorf("exit %d", code)
	}
	golden.Want(t, "testdata/list.golden", out)
}

func TestTheBuiltProgramPrintsTheArticlesLogAndNothingElse(t *testing.T) {
	t.Parallel()
	program := built(t, "ionbench")
	command := exec.Command(program, "run", "upgrade-failed", "--print", "log")
	command.Dir = t.TempDir() // an empty folder: the cases are inside the program
	var diagnostics bytes.Buffer
	command.Stderr = &diagnostics
	out, err := command.Output()
	if err != nil || diagnostics.Len() > 0 {
		t.Fatalf("%v, and on stderr %q", err, diagnostics.String())
	}
	if !bytes.Equal(out, logs.UpgradeFailed()) {
		t.Errorf("it prints\n%s", out)
	}
	if err := exec.Command(program, "run", "upgrade-faild").Run(); exitCode(err) != cli.Misused {
		t.Errorf("an unknown case ends with %v", err)
	}
}

func exitCode(err error) cli.Status {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return cli.Status(exit.ExitCode())
	}
	return 0
}

// failing is a case whose outcome is not the one it expects.
const failing = "[case]\ntitle = it says too much\n[attempt]\ntask = upgrade\nplan = cable-pull at block 5 for 1 no-responses\nplan = abort at block 9\n[expect]\noutcome = failure\nresends = 1000\n"

func TestACaseThatFailsPrintsItsPlanAndTheCommandThatRepeatsIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "it says too much.case")
	if err := os.WriteFile(path, []byte(failing), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, _ := call(t, "", "run", path, "recovery")
	if code != cli.Failed {
		t.Errorf("exit %d", code)
	}
	out = masked(strings.ReplaceAll(out, filepath.Dir(path), "DIR"))
	golden.Want(t, "testdata/failing.golden", regexp.MustCompile(`  +`).ReplaceAllString(out, "  "))

	// The command that is printed repeats the failure.
	code, trace, diagnostics := call(t, "", "run", path, "--print", "trace")
	if code != cli.Failed || !strings.Contains(trace, "fault strikes cable-pull at block 5 for 1 no-response\n") || !strings.Contains(diagnostics, "did not come out") {
		t.Errorf("exit %d\n%s\n%s", code, trace, diagnostics)
	}
}

func TestPrintGivesOneThingAlone(t *testing.T) {
	t.Parallel()
	code, plan, diagnostics := call(t, "", "run", "cable-two-no-responses", "--print", "plan")
	if code != cli.Done || plan != "cable-pull at block 41 for 2 no-responses\n" || diagnostics != "" {
		t.Errorf("exit %d: %q, and on stderr %q", code, plan, diagnostics)
	}
	if _, err := fault.Parse(plan); err != nil {
		t.Error(err)
	}
	code, trace, _ := call(t, "", "run", "cable-two-no-responses", "--print=trace")
	if code != cli.Done || strings.Count(trace, " fault strikes ") != 1 || strings.Contains(trace, "VIRTUAL") {
		t.Errorf("exit %d\n%s", code, trace)
	}
}

func TestJSONIsOneObjectACase(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, failing, "run", "--json", "upgrade-failed", "-")
	if code != cli.Failed {
		t.Errorf("exit %d", code)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	objects := make([]runObject, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &objects[i]); err != nil {
			t.Fatal(err)
		}
	}
	good, bad := objects[0], objects[1]
	if !good.Passed || len(good.Attempts) != 2 || good.Attempts[1].Resends != 10 || good.Attempts[1].Seconds < 4200 || good.Attempts[1].Seconds >= 4201 {
		t.Errorf("the first is %+v", good)
	}
	if bad.Passed || bad.Case != "-" || len(bad.Reasons) != 3 || bad.Plan != "cable-pull at block 5 for 1 no-response\nabort at block 9\n" {
		t.Errorf("the second is %+v", bad)
	}
	if code, out, _ := call(t, "", "list", "--json", "frozen"); code != cli.Done || !strings.HasPrefix(out, `{"case":"frozen","title":"The meter freezes`) {
		t.Errorf("list: exit %d, %s", code, out)
	}
}

func TestAFolderIsAllItsCaseFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"upgrade-failed", "upgrade"} {
		b, err := stored.File(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+stored.Suffix), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("no case\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, diagnostics := call(t, "", "run", folder)
	if code != cli.Done || !strings.HasSuffix(out, "\n2 cases as said\n") {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func TestWrongUsageSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.case")
	if err := os.WriteFile(bad, []byte("[case]\ntitel = x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	const (
		help  = "hint: ionbench --help lists the commands"
		run   = "hint: ionbench run --help tells how it is called"
		cases = "hint: ionbench list lists the cases; a file or a folder can be named too"
	)
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"error: no command", help}},
		{[]string{"rnu"}, []string{"error: there is no command \"rnu\"; did you mean run?", help}},
		{[]string{"xyzzy"}, []string{"error: there is no command \"xyzzy\"", help}},
		{[]string{"help", "rnu"}, []string{"error: there is no command \"rnu\"; did you mean run?", help}},
		{[]string{"--json", "run"}, []string{"error: --json stands where a command was expected", "hint: write the command first and its flags behind it", help}},
		{[]string{"run", "--jsn"}, []string{"error: there is no flag --jsn; did you mean --json?", run}},
		{[]string{"run", "-x"}, []string{"error: there is no flag -x", run}},
		{[]string{"run", "--print"}, []string{"error: --print wants a value: --print log|trace|plan", run}},
		{[]string{"run", "--print", "logs", "upgrade"}, []string{"error: --print: \"logs\" is no value of print; did you mean log?", run}},
		{[]string{"run", "--print", "log", "--json", "upgrade"}, []string{"error: --print and --json exclude each other", "hint: leave one of them out"}},
		{[]string{"run", "--print", "log", "upgrade", "recovery"}, []string{"error: --print prints of one case, and these are 2", "hint: name one, as in: ionbench run upgrade-failed --print log"}},
		{[]string{"run", "upgrade-faild"}, []string{"error: there is no case \"upgrade-faild\"; did you mean upgrade-failed?", cases}},
		{[]string{"run", "xyzzy"}, []string{"error: there is no case \"xyzzy\"", cases}},
		{[]string{"run", "no/such.case"}, []string{"error: there is no file no/such.case", cases}},
		{[]string{"list", "frozn"}, []string{"error: there is no case \"frozn\"; did you mean frozen?", cases}},
		{[]string{"run", bad}, []string{"error: " + bad + " is no case that can be played:\n  line 2: \"titel\" is no key of [case]; did you mean title?\n  line 1: [case] has no title; add a line title = ...", "hint: nothing was run", "hint: ionbench format tells what a case file may say"}},
		{[]string{"run", empty}, []string{"error: there is no case file in " + empty, "hint: case files end in .case", "hint: ionbench format tells what a case file may say"}},
		{[]string{"format", "upgrade"}, []string{"error: \"upgrade\" is one argument too many", "hint: usage: ionbench format"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, out, diagnostics := call(t, "", c.args...)
			want := "ionbench: " + strings.Join(c.want, "\nionbench: ") + "\n"
			if code != cli.Misused || out != "" || diagnostics != want {
				t.Errorf("exit %d, on stdout %q, on stderr\n%s\nand should be\n%s", code, out, diagnostics, want)
			}
		})
	}
}

func TestHelpIsForPeople(t *testing.T) {
	t.Parallel()
	asked := [][]string{{"--help"}, {"-h"}, {"help"}}
	for _, c := range program().Commands {
		words := strings.Fields(c.Name)
		asked = append(asked, append(slices.Clone(words), "--help"), append([]string{"help"}, words...))
	}
	for _, args := range asked {
		code, out, diagnostics := call(t, "", args...)
		if code != cli.Done || diagnostics != "" {
			t.Errorf("%v: exit %d, on stderr %q", args, code, diagnostics)
		}
		if !strings.Contains(out, "Usage: ionbench") || !strings.Contains(out, "Examples:\n  ionbench ") {
			t.Errorf("%v: no usage or no examples in\n%s", args, out)
		}
		for line := range strings.Lines(out) {
			if len([]rune(line)) > 100 {
				t.Errorf("%v: a long line: %s", args, line)
			}
		}
	}
}

func TestTheTablesAreInOrder(t *testing.T) {
	t.Parallel()
	for _, problem := range clitest.Problems(program) {
		t.Error(problem)
	}
}

func TestValuesAreCompleted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"run upgrade-fa":                "upgrade-failed",
		"list froz":                     "frozen",
		"faults cable-":                 "cable-pull",
		"replay kil":                    "kill",
		"replay x --release ":           "2.1",
		"replay x --model=73":           "--model=7300",
		"shrink x --until settings":     "settings-lost",
		"sweep --space state,fl":        "state,flash",
		"sweep --fault power-l":         "power-loss",
		"mutants no-res":                "no-resend",
		"judge --suite ":                "smoke",
		"judge --only kille":            "killed",
		"judge --transport ":            "pty",
		"atlas m":                       "merge",
		"atlas show ":                   ":*.json",
		"reproduce ":                    ":*.log",
		"judge --artifacts ":            ":/",
		"reproduce Upgrade.log --serve": "--serve",
	} {
		_, out, _ := call(t, "", append([]string{"__complete"}, strings.Split(line, " ")...)...)
		if !clitest.Completes(out, want) {
			t.Errorf("%s: %q lacks %s", line, out, want)
		}
	}
}

func TestTheExampleOfTheFormatIsACase(t *testing.T) {
	t.Parallel()
	code, out, _ := call(t, "", "format")
	if code != cli.Done || !strings.Contains(out, formatExample) {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if code, out, diagnostics := call(t, formatExample, "run", "-"); code != cli.Done {
		t.Errorf("exit %d\n%s%s", code, out, diagnostics)
	}
}

func TestAnInterruptedRunSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, diagnostics bytes.Buffer
	code := run(ctx, []string{"run", "upgrade", "recovery"}, nil, &out, &diagnostics)
	if code != cli.Failed || diagnostics.String() != "ionbench: error: interrupted: 0 of 2 cases were played\n" {
		t.Errorf("exit %d: %s", code, diagnostics.String())
	}
}

// full is a standard output to which every write fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// After the first verdict a failed write is a failure; before it, the environment is to blame.
func TestResultsThatCannotBeWrittenAreAFailure(t *testing.T) {
	t.Parallel()
	for want, lines := range map[cli.Status][][]string{
		cli.Failed: {{"run", "upgrade"}, {"run", "upgrade", "--json"}, {"run", "upgrade", "--print", "log"}, quickSweep(),
			{"replay", "kill"}, {"replay", "kill", "--json"}, {"shrink", "kill", "--until", "recovered"}, {"shrink", "kill", "--until", "recovered", "--json"},
			{"storm", "--runs", "1"}, {"storm", "--runs", "1", "--json"}, {"mutants", "no-resend"}, {"mutants", "no-resend", "--json"}},
		cli.Environment: {{"list"}, {"format"}, {"--help"}, {"--version"}, {"man"}, {"completion", "bash"}, {"run", "--help"}, {"sweep", "--list-spaces"},
			{"mutants", "--list"}, {"mutants", "--list", "--json"}, {"faults"}},
	} {
		for _, args := range lines {
			var diagnostics bytes.Buffer
			code := run(context.Background(), args, nil, full{}, &diagnostics)
			if code != want || diagnostics.String() != "ionbench: error: standard output: no space left on device\n" {
				t.Errorf("%v: exit %d, want %d: %s", args, code, want, diagnostics.String())
			}
		}
	}
}

func TestTheDocumentsNameOnlyWhatThereIs(t *testing.T) {
	t.Parallel()
	problems, tried, err := clitest.DocumentProblems("../..", program)
	if err != nil || tried < 30 {
		t.Errorf("%d command lines were found (%v)", tried, err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}
