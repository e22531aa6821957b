package scenarios_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// topLevel is all that may stand there.
var topLevel = []string{
	".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile", "README.md",
	"client", "cmd", "fixtures", "go.mod", "go.sum", "scenarios", "simulator",
}

// A program that was built in the wrong folder is easily committed.
func TestNothingThatIsBuiltIsAmongTheSources(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("NOT TESTED: what is tracked: this is no clone, or there is no git: %v", err)
	}
	const most = 1 << 20
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if top, _, _ := strings.Cut(name, "/"); !slices.Contains(topLevel, top) {
			t.Errorf("%s: nothing of that name belongs at the top", name)
		}
		b, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			continue // removed, and not committed yet
		}
		for _, magic := range []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\x00asm"} {
			if bytes.HasPrefix(b, []byte(magic)) {
				t.Errorf("%s is a program: make it again instead", name)
			}
		}
		if len(b) > most {
			t.Errorf("%s has %d bytes: generate it instead", name, len(b))
		}
	}
}
