package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/wireshark"
)

func TestAReplayIsCapturedForWireshark(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	code, plain, _ := call(t, "", "replay", "reply-lost at block 2")
	again, captured, errs := call(t, "", "replay", "reply-lost at block 2", "--capture", path)
	if code != again || plain != captured {
		t.Errorf("with a capture the account is another: exit %d and %d, %s", code, again, errs)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(b, []byte{0x0a, 0x0d, 0x0d, 0x0a}) || !bytes.Contains(b, []byte("sent again: message")) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// sectionMark begins a section.
var sectionMark = []byte{0x0a, 0x0d, 0x0d, 0x0a}

func TestAReplayOverTCPIsAConversationWithTheMetersPort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	if code, _, errs := call(t, "", "replay", "reply-lost at block 2", "--transport", "tcp", "--capture", path); code != cli.Done {
		t.Fatalf("exit %d, %s", code, errs)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte("RS-485 over TCP")) || !bytes.Contains(b, []byte("sent again: message")) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	// SYN from the first port to 7700: one connection, and everything is in it.
	if n := bytes.Count(b, []byte{0xC0, 0x00, 0x1E, 0x14, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02}); n != 1 {
		t.Errorf("%d connections begin", n)
	}
}

func TestACaptureOnStandardOutputLeavesTheResultsToStandardError(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"replay": {"replay", "reply-lost at block 2"},
		"run":    {"run", "frozen", "recovery"},
	} {
		code, plain, _ := call(t, "", args...)
		again, out, errs := call(t, "", append(args, "--capture", "-")...)
		if code != again || !bytes.HasPrefix([]byte(out), sectionMark) {
			t.Errorf("%s: exit %d and %d, stdout %.40q", name, code, again, out)
		}
		if name == "replay" && errs != plain {
			t.Errorf("%s: stderr\n%s\nwant\n%s", name, errs, plain)
		}
		if code, _, _ := call(t, "", append(args, "--capture", "-", "--json")...); code != cli.Misused {
			t.Errorf("%s with --json: exit %d", name, code)
		}
	}
}

func TestTheJudgeCapturesWhatDidNotPass(t *testing.T) {
	t.Parallel()
	for upgrader, says := range map[string]string{"true": "undisturbed: "} {
		code, out, errs := call(t, "", "judge", "--upgrader", upgrader, "--only", "undisturbed", "--timeout", "1s", "--capture", "-")
		if code != cli.Failed || !bytes.HasPrefix([]byte(out), sectionMark) || !strings.Contains(out, says) || !judgeLastLine.MatchString(errs) {
			t.Errorf("%s: exit %d, %q\n%s", upgrader, code, out, errs)
		}
	}
}

func TestACaptureSaysOfEachFrameThatDidNotComeThroughWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for plan, says := range map[string]string{
		"":                                  "",
		"noise at block 2 for 2s rate 1e-3": "bytes arrived wrong; the first is byte ",
		"byte-drop at byte 20000 to-meter":  "garbled: 251 bytes arrived of 252",
		"cable-pull at block 3 for 1 no-responses": "lost: nothing of it arrived",
	} {
		_, out, errs := call(t, "", "replay", plan, "--capture", "-")
		if says == "" && (strings.Contains(out, "lost: ") || strings.Contains(out, "garbled: ")) || !strings.Contains(out, says) {
			t.Errorf("%q: it is not told that %q: %d bytes, %s", plan, says, len(out), errs)
		}
	}
}

func TestEachCaseIsASectionOfTheCapture(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pcapng")
	_, plain, _ := call(t, "", "run", "recovery", "--print", "trace")
	code, traced, errs := call(t, "", "run", "recovery", "--print", "trace", "--capture", path)
	if code != cli.Done || plain != traced {
		t.Errorf("with a capture the trace is another: exit %d, %s", code, errs)
	}
	call(t, "", "run", "frozen", "recovery", "--capture", path)
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(b, []byte("recovery: ")) || !bytes.Contains(b, []byte("frozen: ")) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestTheDissectorIsPutWhereWiresharkLooks(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("APPDATA", home)
	_, path, _ := call(t, "", "wireshark", "path")
	for range 2 { // the second replaces the first
		if code, out, errs := call(t, "", "wireshark", "install"); code != cli.Done || out != path {
			t.Fatalf("exit %d, %q is not %q: %s", code, out, path, errs)
		}
	}
	b, err := os.ReadFile(string(bytes.TrimSpace([]byte(path))))
	if err != nil || !bytes.Equal(b, wireshark.Dissector) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if runtime.GOOS == "linux" && path != filepath.Join(home, ".local/lib/wireshark/plugins/ion.lua")+"\n" {
		t.Errorf("it belongs to %s", path)
	}
}
