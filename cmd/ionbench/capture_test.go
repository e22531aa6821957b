package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/wireshark"
)

func TestAReplayIsCapturedForWireshark(t *testing.T) {
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
	for _, args := range [][]string{{"--transport", "tcp"}} {
		if code, _, errs := call(t, "", append([]string{"replay", "reply-lost", "--capture", path}, args...)...); code != cli.Misused || errs == "" {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
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
