package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/fixtures/foreign"
)

// sayer makes a program that prints text, and writes it to the file that its second argument
// names, if it has one.
func sayer(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	script := "#!/bin/sh\ncat <<'END'\n" + text + "\nEND\n"
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompareShowsWhatDiffersAndLeavesOutWhatMay(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		foreign.Lacking(t, "the comparison of two programs that are scripts", err)
	}
	for name, test := range map[string]struct {
		was, is string
		shown   string // the difference that is shown; empty for none
	}{
		"the same":                     {`{"points":7}`, `{"points":7}`, ""},
		"another time":                 {`{"points":7,"seconds":0.5}`, `{"points":7,"seconds":1.25e-1}`, ""},
		"another id and command":       {`{"id":"t1.A\"B","repeat":"a b","n":1}`, `{"id":"t2.C","repeat":"c","n":1}`, ""},
		"another summary":              {"points=7 seconds=1.02", "points=7 seconds=0.98", ""},
		"another count":                {`{"points":7}`, `{"points":8}`, `+{"points":8}`},
		"a time of the virtual clock":  {`{"virtual_seconds":1}`, `{"virtual_seconds":2}`, `"virtual_seconds":2`},
		"a field that is no longer in": {`{"a":1,"b":2}`, `{"a":1}`, `-{"a":1,"b":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			base, own := sayer(t, folder, "base", test.was), sayer(t, folder, "own", test.is)
			var out strings.Builder
			same, err := play{name: "a play"}.compare(context.Background(), &out, folder, base, own)
			if err != nil {
				t.Fatal(err)
			}
			if same != (test.shown == "") || !strings.Contains(out.String(), test.shown) {
				t.Errorf("same: %v, and it says:\n%s", same, out.String())
			}
		})
	}
}

func TestCompareLooksAtTheExitStatus(t *testing.T) {
	folder := t.TempDir()
	var out strings.Builder
	same, err := play{name: "a play"}.compare(context.Background(), &out, folder, "/bin/true", "/bin/false")
	if err != nil || same || !strings.Contains(out.String(), "+exit status 1") {
		t.Errorf("same: %v, error %v, and it says:\n%s", same, err, out.String())
	}
}

func TestCompareAsksForACommit(t *testing.T) {
	if _, err := run(context.Background(), new(strings.Builder), nil); err == nil || !strings.Contains(err.Error(), "BASE=COMMIT") {
		t.Errorf("error %v", err)
	}
}
