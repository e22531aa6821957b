//go:build unix

package judge

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
)

// hostile is a program that tries to stop the judge, to fool it or to outlive it. It fails with
// exit status 4, or with another one if something of the judge was not as it must be.
type hostile struct {
	does  func(args []string) error
	notes []string // that the judge must have made, each the beginning of one
	ends  string   // how the first attempt ends; empty: exit 4
	log   string   // LogTold of the first attempt; empty: any
}

// Of the arguments that programCommand gives.
func imageArgument(args []string) string { return args[1] }
func logArgument(args []string) string   { return args[6] }
func dirArgument(args []string) string   { return args[7] }

const noLog = "not seen: the program wrote none"

func hostiles() map[string]hostile {
	return map[string]hostile{
		"pipe-as-image":   {does: imageIs(func(path string) error { return syscall.Mkfifo(path, 0o644) }), notes: []string{"it replaced {image} by a pipe"}},
		"folder-as-image": {does: imageIs(folderWithFile), notes: []string{"it replaced {image} by a folder"}},
		"link-as-image":   {does: linkAsImage, notes: []string{"it replaced {image} by a link"}},
		"pipe-as-log":     {does: logIs(func(path string) error { return syscall.Mkfifo(path, 0o644) }), notes: []string{"its log cannot be read: upgrade.log is a pipe"}, log: noLog},
		"folder-as-log":   {does: logIs(folderWithFile), notes: []string{"its log cannot be read: upgrade.log is a folder"}, log: noLog},
		"link-as-log":     {does: logIs(func(path string) error { return os.Symlink("/etc/passwd", path) }), notes: []string{"its log cannot be read: upgrade.log is a link"}, log: noLog},
		"endless-as-log":  {does: logIs(func(path string) error { return os.Symlink("/dev/zero", path) }), notes: []string{"its log cannot be read: upgrade.log is a link"}, log: noLog},
		"socket-as-log": {does: logIs(func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				l.(*net.UnixListener).SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		}), notes: []string{"its log cannot be read: upgrade.log is a socket"}, log: noLog},
		"huge-log": {does: logIs(func(path string) error {
			return errors.Join(os.WriteFile(path, []byte("x"), 0o644), os.Truncate(path, 1<<32))
		}), log: "not seen: it is no log"},
		"nul-log":   {does: logIs(func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte{0}, 1<<16), 0o644) }), log: "not seen: it is no log"},
		"eager-log": {does: logIs(eagerLog), log: logJudged},

		"removes-dir":        {does: func(args []string) error { return os.RemoveAll(dirArgument(args)) }, notes: []string{"it removed {dir}"}},
		"removes-dir-around": {does: func(args []string) error { return os.RemoveAll(filepath.Dir(dirArgument(args))) }, notes: []string{"it removed the folder around {dir}"}},
		"file-around-dir":    {does: aroundDirIs(func(path string) error { return os.WriteFile(path, nil, 0o644) }), notes: []string{"it replaced the folder around {dir} by a file"}},
		"link-around-dir":    {does: aroundDirIs(func(path string) error { return os.Symlink("/etc", path) }), notes: []string{"it replaced the folder around {dir} by a link"}},
		"another-around-dir": {does: aroundDirIs(func(path string) error { return os.Mkdir(path, 0o755) }), notes: []string{"it replaced the folder around {dir} by another one"}},
		"file-as-dir":        {does: dirIs(func(path string) error { return os.WriteFile(path, nil, 0o644) }), notes: []string{"it replaced {dir} by a file"}},
		"link-as-dir":        {does: dirIs(func(path string) error { return os.Symlink("/", path) }), notes: []string{"it replaced {dir} by a link"}},
		"another-dir":        {does: dirIs(func(path string) error { return os.Mkdir(path, 0o755) }), notes: []string{"it replaced {dir} by another folder"}},
		"closes-dir":         {does: func(args []string) error { return os.Chmod(dirArgument(args), 0) }, notes: []string{"it changed the permissions of {dir} to ----------"}},
		"closes-dir-around":  {does: func(args []string) error { return os.Chmod(filepath.Dir(dirArgument(args)), 0) }, notes: []string{"it changed the permissions of the folder around {dir} to ----------"}},
		"fills-dir":          {does: fillDir},
		"deep-dir":           {does: deepDir},
		"writes-artifacts":   {does: writeArtifacts, notes: onLinux("its artifacts are not complete")},

		"escapes": {does: func([]string) error {
			fmt.Fprint(os.Stderr, "\x1b[2J\x1b]0;owned\a error: \u202eon si tcidrev eht\u2028 \xff\r\n")
			return nil
		}, notes: []string{`it said: \x1b[2J\x1b]0;owned\x07 error: \u202eon si tcidrev eht\u2028 \xff`}},
		"closes-outputs":  {does: func([]string) error { return errors.Join(os.Stdout.Close(), os.Stderr.Close()) }},
		"endless-output":  {does: func([]string) error { return endless() }, ends: "time limit"},
		"stops-itself":    {does: func([]string) error { return syscall.Kill(os.Getpid(), syscall.SIGSTOP) }, ends: "time limit", notes: onLinux("when its time was over, a signal had stopped it")},
		"stops-its-group": {does: func([]string) error { return syscall.Kill(0, syscall.SIGSTOP) }, ends: "time limit"},
		"kills-its-group": {does: func([]string) error { return syscall.Kill(0, syscall.SIGKILL) }, ends: "signal: killed"},
		"bomb": {does: func([]string) error {
			return exec.Command("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do for j in 1 2 3 4; do (setsid sleep 1000 & ) ; done; done").Run()
		}, notes: onLinux(leftBehind())},
		"fails-once": {does: func(args []string) error {
			if playProgram("asks-and-fails", args); os.Getenv(failedOnce) == "" {
				return nil
			}
			if err := os.Mkdir(os.Getenv(failedOnce), 0o755); err != nil && playProgram("", args) == 0 {
				os.Exit(0)
			}
			return nil
		}},
		"asks-and-fails": {does: func(args []string) error {
			conn, err := net.Dial("tcp", args[2])
			if err != nil {
				return err
			}
			_, err = conn.Write([]byte{0})
			return errors.Join(err, conn.Close())
		}},
		"keeps-port": {does: func(args []string) error {
			if leavePortOpen(append([]string{"upgrade"}, args[1:]...)) != 4 {
				return errors.New("it cannot start another")
			}
			return nil
		}, notes: onLinux(leftBehind())},
	}
}

// failedOnce names a folder that is not there until fails-once has failed.
const failedOnce = "IONBENCH_TEST_FAILED_ONCE"

func hostilePrograms() map[string]func(args []string) int {
	programs := map[string]func(args []string) int{}
	for name, h := range hostiles() {
		programs[name] = func(args []string) int {
			if err := h.does(args); err != nil {
				fmt.Fprintln(os.Stderr, "error:", err)
				return 9
			}
			return 4
		}
	}
	return programs
}

func onLinux(notes ...string) []string {
	if leftBehind() == "it left processes behind, which were killed" {
		return notes
	}
	return nil
}

// imageIs puts something else in the place of {image}, which must be a regular file before.
func imageIs(make func(path string) error) func(args []string) error {
	return func(args []string) error {
		path := imageArgument(args)
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("there is no image: %w", err)
		}
		return errors.Join(os.Remove(path), make(path))
	}
}

func logIs(make func(path string) error) func(args []string) error {
	return func(args []string) error { return make(logArgument(args)) }
}

func dirIs(make func(path string) error) func(args []string) error {
	return func(args []string) error {
		return errors.Join(os.RemoveAll(dirArgument(args)), make(dirArgument(args)))
	}
}

func aroundDirIs(make func(path string) error) func(args []string) error {
	return func(args []string) error {
		around := filepath.Dir(dirArgument(args))
		return errors.Join(os.RemoveAll(around), make(around))
	}
}

func folderWithFile(path string) error {
	return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "x"), nil, 0o644))
}

// linkAsImage links the image to a file that nobody may change.
func linkAsImage(args []string) error {
	precious := filepath.Join(dirArgument(args), "..", "precious")
	if b, err := os.ReadFile(precious); err == nil && string(b) != "precious" {
		return errors.New("a link was followed")
	}
	return errors.Join(os.WriteFile(precious, []byte("precious"), 0o644),
		imageIs(func(path string) error { return os.Symlink(precious, path) })(args))
}

// eagerLog writes a log in an order that makes no sense: numbers of an upgrade before it begins.
func eagerLog(path string) error {
	var b []byte
	for _, l := range []upgradelog.Line{
		{Kind: upgradelog.UpgradeStarted, Time: time.Now()}, {Kind: upgradelog.Efficiency}, {Kind: upgradelog.Proceeding},
		{Kind: upgradelog.Efficiency, Number: 1000}, {Kind: upgradelog.Completed, Number: 10},
	} {
		b = upgradelog.Append(b, l)
	}
	return os.WriteFile(path, b, 0o644)
}

func fillDir(args []string) error {
	for i := range 2 * maxFiles {
		if err := os.WriteFile(filepath.Join(dirArgument(args), fmt.Sprint("file-\x1b[2J-", i)), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func deepDir(args []string) error {
	path := dirArgument(args)
	for range 300 {
		path = filepath.Join(path, "deep")
	}
	return os.MkdirAll(path, 0o755)
}

// writeArtifacts finds the judge's folder by its open files and writes another verdict into it.
func writeArtifacts([]string) error {
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", os.Getppid()))
	for _, fd := range fds {
		path, _ := os.Readlink(fd)
		if !strings.Contains(path, "writes-artifacts") || filepath.Base(path) != "undisturbed" {
			continue
		}
		if err := errors.Join(os.RemoveAll(path), os.Symlink("/", path)); err != nil {
			return err
		}
	}
	return err
}

func endless() error {
	line := bytes.Repeat([]byte("scenarios=1 passed=1 failed=0 skipped=0\n"), 1000)
	for {
		if _, err := os.Stdout.Write(line); err != nil {
			return err
		}
	}
}

func TestNoProgramStopsFoolsOrOutlivesTheJudge(t *testing.T) {
	t.Parallel()
	for name, h := range hostiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timely(t, func(t *trying) {
				limit := testLimit
				if h.ends == "time limit" {
					limit = time.Second
					if h.notes != nil { // they are of what it has done by then, on a busy computer, too
						limit = 8 * time.Second
					}
				}
				r := judgedOver(t, false, t.TempDir(), name, limit, "undisturbed")
				s := r.Results[0]
				if r.Verdict() != "no" || len(s.Attempts) == 0 || s.Trouble != "" {
					t.Fatalf("the verdict is %s\n%s", r.Verdict(), VerdictText(s))
				}
				first := s.Attempts[0]
				if end := first.Exit.String(); end != "exit 4" && end != h.ends {
					t.Errorf("it ended with %s\n%s", end, VerdictText(s))
				}
				if !strings.HasPrefix(first.LogTold, h.log) {
					t.Errorf("its log is %q", first.LogTold)
				}
				for _, want := range h.notes {
					if !strings.Contains("\n"+strings.Join(s.Notes, "\n"), "\n"+want) {
						t.Errorf("notes %q lack %q", s.Notes, want)
					}
				}
				if strings.ContainsAny(VerdictText(s), "\x1b\x00\a\u202e") {
					t.Errorf("%q", VerdictText(s))
				}
				for _, a := range s.Attempts {
					wantNothingLeft(t, a)
				}
			})
		})
	}
}

// wantNothingLeft looks for processes with the mark that the program said first.
func wantNothingLeft(t testing.TB, a *Execution) {
	t.Helper()
	mark, _, _ := strings.Cut(string(a.Exit.Stdout.Kept()), "\n")
	if len(mark) < 20 {
		t.Errorf("it said %q", mark)
		return
	}
	k := kin{mark: markName + "=" + mark}
	for range 20 { // one that goes on by forking and ending is not met by every look
		if left := append(k.orphans(), k.find(0)...); len(left) > 0 {
			t.Fatalf("%v still run", left)
		}
	}
}

func TestAPanicCostsOneScenarioItsVerdictAndNotTheReport(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		undisturbed, err := mustSuite(t, "smoke").Only([]string{"undisturbed"})
		if err != nil {
			t.Fatal(err)
		}
		suite := &Suite{Name: "smoke", Scenarios: append([]Scenario{{Name: "broken", Title: "it has no world"}}, undisturbed.Scenarios...)}
		target := Target{Upgrade: programCommand(t, "", "upgrade"), Transport: rig.TCP}
		r, err := Run(t.Context(), suite, target, Options{Baud: testBaud, Response: t.response(), Limit: t.within(testLimit), late: &lateness{}})
		if err != nil || r.Verdict() != "none" || r.Undecided() != 1 || !r.Results[1].Passed() || r.Open() != "1 of 2 scenarios were not played to their end" {
			t.Errorf("%v, %s, %s\n%s", err, r.Verdict(), r.Open(), explain(r))
		}
		if why := r.Results[0].Trouble; !strings.HasPrefix(why, "no verdict: the judge failed: runtime error: ") || !strings.HasSuffix(why, ")") {
			t.Errorf("it says %q", why)
		}
	})
}

func TestAMeterThatPanicsCostsTheScenarioItsVerdict(t *testing.T) {
	l := &line{} // without a station every use of it panics
	l.Receive(0, nil)
	l.Advance(0)
	if _, wake := l.Next(); wake || !errors.Is(l.panicked, errNoVerdict) || len(l.Transmit(nil)) > 0 {
		t.Errorf("%v", l.panicked)
	}
}

func TestArtifactsOfAKilledRunAreReplacedAndNothingOfAPerson(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	own := filepath.Join(folder, "undisturbed")
	for name, content := range map[string]string{markerName: incomplete, "verdict.txt": "undisturbed: pass", "trace.txt": "", "my notes.txt": "precious"} {
		if err := errors.Join(os.MkdirAll(own, 0o755), os.WriteFile(filepath.Join(own, name), []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	suite, err := mustSuite(t, "smoke").Only([]string{"undisturbed"})
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Upgrade: programCommand(t, "fails-at-once", "upgrade"), Transport: rig.TCP}
	if _, err := Run(t.Context(), suite, target, Options{Response: testResponse, Limit: testLimit, Artifacts: folder}); err != nil {
		t.Fatal(err)
	}
	for name, has := range map[string]string{markerName: "Complete.", "verdict.txt": "exit 4", "my notes.txt": "precious", leftList: "image.upg"} {
		if b, err := os.ReadFile(filepath.Join(own, name)); err != nil || !strings.Contains(string(b), has) {
			t.Errorf("%s: %v, %q", name, err, b)
		}
	}
	other := filepath.Join(folder, "killed")
	for _, content := range []string{"", "Made by hand.\n"} {
		if err := errors.Join(os.MkdirAll(other, 0o755), os.WriteFile(filepath.Join(other, markerName), []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
		wantNotOurs(t, folder)
	}
	pipe := filepath.Join(other, markerName)
	if err := errors.Join(os.Remove(pipe), syscall.Mkfifo(pipe, 0o644)); err != nil {
		t.Fatal(err)
	}
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		wantNotOurs(t, folder)
	}()
	for {
		select {
		case <-checked:
			return
		default:
		}
		// It can be opened so only while somebody reads from it.
		if w, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			w.Close()
			<-checked
			t.Fatal("the judge reads from a pipe, which may never end")
		}
	}
}

// wantNotOurs expects that a folder for a scenario is not taken for one of the judge's.
func wantNotOurs(t *testing.T, folder string) {
	t.Helper()
	if err := checkArtifacts(folder, []string{"undisturbed", "killed"}); err == nil || !strings.Contains(err.Error(), "no folder of an earlier run") {
		t.Error(err)
	}
}

func TestWhatCannotBeSeenIsMadeVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"plain, ä and 漢 \\x1b stay": "plain, ä and 漢 \\x1b stay",
		"\x1b[31mred\x1b[0m":        `\x1b[31mred\x1b[0m`,
		"a\tb\nc\r\nd\re\x00\x7f":   "a\tb\nc\nd\\x0de\\x00\\x7f",
		"\u202eabc\u2066\u200b":     `\u202eabc\u2066\u200b`,
		"\u009b31m \xff\xc3":        `\u009b31m \xff\xc3`,
		"\U000e0041":                `\U000e0041`,
		"\ufeff\u2028":              `\ufeff\u2028`,
		"##[stop-commands]x ## [y]": `#\x23[stop-commands]x ## [y]`,
		"a ##vso[task.complete]b":   `a #\x23vso[task.complete]b`,
	} {
		if got := visibleText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := visible("a\tb\n"); got != `a\x09b\x0a` {
		t.Errorf("a line: %q", got)
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range visibleText(text) {
			if r != '\n' && r != '\t' && !plain(r) {
				t.Fatalf("%q has %q", visibleText(text), r)
			}
		}
	})
}

func TestAFailureOnALateComputerIsPlayedAgain(t *testing.T) {
	always := &lateness{peaks: []peak{{time.Now().Add(time.Hour), 2 * time.Hour}}}
	play := func(program string) *Report {
		suite, err := mustSuite(t, "smoke").Only([]string{"undisturbed"})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		target := Target{Upgrade: programCommand(t, program, "upgrade"), Transport: rig.TCP}
		r, err := Run(t.Context(), suite, target, Options{
			Baud: testBaud, Response: testResponse, Limit: testLimit, Artifacts: t.TempDir(), late: always,
			Ended: func(r *Result) { told = append(told, r.Verdict()) },
		})
		if err != nil || len(r.Results) != 2 || !r.Results[0].Again || r.Scenarios() != 1 || len(told) != 1 || told[0] != r.Results[1].Verdict() {
			t.Fatalf("%v, told %q\n%s", err, told, explain(r))
		}
		for _, s := range r.Results {
			if b, err := os.ReadFile(filepath.Join(s.Folder, markerName)); err != nil || string(b) != complete {
				t.Errorf("%v, %s", err, b)
			}
		}
		return r
	}
	t.Setenv(failedOnce, filepath.Join(t.TempDir(), "failed"))
	if r := play("fails-once"); r.Verdict() != "pass" || !strings.Contains(strings.Join(r.Results[1].Notes, "\n"), "it failed once, when this computer was 2h0m0s late") {
		t.Errorf("%s\n%s", r.Verdict(), explain(r))
	}
	if r := play("asks-and-fails"); r.Verdict() != "none" || !strings.Contains(r.Results[1].Trouble, "the failure may be the computer's") || len(r.Results[1].Broken) == 0 {
		t.Errorf("%s\n%s", r.Verdict(), explain(r))
	}
}

func TestAFileWithAnotherNameIsNotSpoilt(t *testing.T) {
	p, err := newPlace("here")
	if err != nil {
		t.Fatal(err)
	}
	defer p.remove()
	precious := filepath.Join(t.TempDir(), "precious")
	inside := filepath.Join(p.path, imageName)
	if err := errors.Join(os.WriteFile(precious, []byte("precious"), 0o644), os.Link(precious, inside)); err != nil {
		t.Skip(err)
	}
	if err := p.spoil(imageName, []byte("spoilt")); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("%v", err)
	}
	if err := p.put(imageName, []byte("fresh")); err != nil {
		t.Error(err)
	}
	if err := p.spoil(imageName, []byte("spo")); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(precious)
	in, err2 := p.read(imageName, 100)
	if string(b) != "precious" || string(in) != "spo" || err != nil || err2 != nil {
		t.Errorf("%q and %q: %v, %v", b, in, err, err2)
	}
}
