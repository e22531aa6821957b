package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/files"
)

// A file has one role alone, whatever names lead to it.
func TestAFileHasOneRole(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("image", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("kept", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("kept", "A.journal"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Link("image", "twin"), os.Symlink("image", "way"), os.Symlink(".", "here"), os.Symlink("later", "dangles"),
		os.Link(filepath.Join("kept", "A.journal"), "copy"), os.Symlink("/dev/null", "tty"), os.Symlink("/dev/null", "null"),
	} {
		if err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	image, log := files.Reads("FILE", "image"), func(path string) files.Role { return files.Written("--log", path) }
	kept, link := files.Folder("--journal", "kept", ".journal"), files.Link("--link", "tty")
	for _, test := range []struct {
		roles []files.Role
		want  string // part of the refusal; empty for none
	}{
		{[]files.Role{image, log("other"), kept, link}, ""},
		{[]files.Role{image, log("")}, ""},
		{[]files.Role{image, files.Reads("--firmware", "twin")}, ""},
		{[]files.Role{image, log("image")}, "FILE and --log are the same file: image"},
		{[]files.Role{image, log("./image")}, "also called ./image"},
		{[]files.Role{image, log("twin")}, "also called twin"},
		{[]files.Role{image, log("way")}, "also called way"},
		{[]files.Role{image, log("here/image")}, "also called here/image"},
		{[]files.Role{log("later"), files.Written("--capture", "dangles")}, "--log and --capture are the same file"},
		{[]files.Role{log("dangles"), files.Written("--capture", "here/later")}, "--log and --capture are the same file"},
		{[]files.Role{kept, log("kept/B.journal")}, "kept/B.journal is one of the files of --journal in kept"},
		{[]files.Role{kept, log("here/kept/b.Journal")}, "is one of the files of --journal"},
		{[]files.Role{log("copy"), kept}, "copy is one of the files of --journal"},
		{[]files.Role{files.Folder("--journal", "none/yet", ".journal"), log("here/none/yet/b.journal")}, "is one of the files of --journal"},
		{[]files.Role{files.Folder("--journal", "later", ".journal"), log("here/later")}, "is the folder of --journal"},
		{[]files.Role{kept, log("kept/Upgrade.log")}, ""},
		{[]files.Role{kept, files.Folder("--locks", "kept", ".lock"), log("kept/a.lock")}, "is one of the files of --locks"},
		{[]files.Role{link, log("here/tty")}, "--link and --log are the same file"},
		{[]files.Role{link, files.Written("--trace", "/dev/null")}, ""},
		{[]files.Role{log("/dev/null"), files.Written("--capture", "here/null")}, ""},
	} {
		var roles files.Roles
		err := roles.Take(test.roles...)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%v: %v", test.roles, err)
		case test.want != "" && (err == nil || !strings.Contains(filepath.ToSlash(err.Error()), test.want)):
			t.Errorf("%v: %v, want %q", test.roles, err, test.want)
		}
	}
	for _, untouched := range []string{"later", "other"} {
		if _, err := os.Lstat(untouched); err == nil {
			t.Errorf("%s was made", untouched)
		}
	}
}
