package files

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
)

func TestTheEndOfAFileBeginsWithAWholeLine(t *testing.T) {
	text := strings.Repeat("0123456\n", 40_000)
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{len(text), 1000, 100_001} {
		for _, from := range []string{path, "-"} {
			b, cut, err := End(strings.NewReader(text), from, limit)
			if err != nil || cut != (limit < len(text)) || !strings.HasSuffix(text, string(b)) || len(b) > limit || len(b) < limit-8 || !bytes.HasPrefix(b, []byte("0123456\n")) {
				t.Errorf("%s, at most %d: %d bytes, cut %v, %v", from, limit, len(b), cut, err)
			}
		}
	}
	if _, _, err := End(nil, t.TempDir(), 10); err == nil || cli.StatusOf(err) != cli.Misused {
		t.Errorf("a folder: %v", err)
	}
	if _, _, err := End(nil, filepath.Join(t.TempDir(), "none"), 10); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
