package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
	"ionbench/simulator/disk/fragile"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder makes a folder with a file, a folder, a link to the file and a link to nothing.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	must(t, os.Symlink("file", filepath.Join(dir, "link")))
	must(t, os.Symlink("elsewhere", filepath.Join(dir, "dangling")))
	return dir
}

func TestAResultIsNeverWrittenOverWhatWasNotMeant(t *testing.T) {
	for _, test := range []struct {
		name string
		over files.Over
		says string // "" if the file is written
	}{
		{"new", files.Nothing, ""}, {"new", files.File, ""}, {"new", files.Name, ""},
		{"file", files.Nothing, "file is not written over: file already exists"}, {"file", files.File, ""}, {"file", files.Name, ""},
		{"link", files.Nothing, "link is a link and is not written over"}, {"link", files.File, "link is a link"}, {"link", files.Name, ""},
		{"dangling", files.File, "dangling is a link"}, {"dangling", files.Name, ""},
		{"folder", files.File, "folder is a folder and is not written over"}, {"folder", files.Name, "folder is a folder"},
		{"/dev/null", files.File, "/dev/null is a device and is not written over"}, {"/dev/null", files.Name, "/dev/null is a device"},
		{"none/new", files.File, "none: no such file or directory"},
	} {
		dir := folder(t)
		path := test.name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		checked := files.Check(path, test.over)
		err := files.WriteBytes(path, test.over, files.Public, []byte("new"))
		if test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) || cli.StatusOf(err) != cli.Misused || len(cli.Hints(err)) == 0 || checked == nil || checked.Error() != err.Error() {
				t.Errorf("%s over %d: %v, and before %v; want %q", test.name, test.over, err, checked, test.says)
			}
		} else if b, reading := os.ReadFile(path); err != nil || checked != nil || reading != nil || string(b) != "new" {
			t.Errorf("%s over %d: %v, %v, and it holds %q", test.name, test.over, err, checked, b)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "file")); test.name != "file" && (err != nil || string(b) != "old") {
			t.Errorf("%s over %d: the file that was there holds %q (%v)", test.name, test.over, b, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s over %d: what the link leads to was written", test.name, test.over)
		}
		wantNothingLeft(t, dir)
	}
}

// A folder in which nothing can be made is found before the work, not after it.
// Where a result can go to standard output, nobody asks for a file of that name.
func TestADashIsNoFileToWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, err := range []error{files.Check("-", files.File), files.WriteBytes("-", files.File, files.Public, []byte("new"))} {
		if err == nil || cli.StatusOf(err) != cli.Misused || !strings.Contains(strings.Join(cli.Hints(err), ""), "./-") {
			t.Errorf("%v", err)
		}
	}
	must(t, files.WriteBytes("./-", files.File, files.Public, []byte("new")))
}

func TestAFolderThatCannotBeWrittenToIsFoundBeforeTheWork(t *testing.T) {
	full := fragile.New("/full")
	must(t, full.Put("/full/old", []byte("old")))
	d := files.Disk{System: full}
	for name, opened := range map[string]int{"/full/new": 3, "/full/old": 2} { // as the how manieth operation the temporary file is made
		if err := d.Check(name, files.File); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := full.List("/full"); err != nil || len(left) != 1 {
			t.Errorf("%s: a check leaves %v (%v)", name, left, err)
		}
		full.Strike(fragile.Point{At: opened, Do: fragile.Fails})
		if err := d.Check(name, files.File); cli.StatusOf(err) != cli.Environment || len(cli.Hints(err)) == 0 {
			t.Errorf("%s: %v", name, err)
		}
		full.Relieve()
	}
}

func wantNothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v (%v)", left, err)
	}
}

func TestAResultIsWholeOrNotThereAtAll(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "file")
	full := errors.New("no space left on device")
	err := files.Write(path, files.File, files.Public, func(w io.Writer) error {
		_, err := io.WriteString(w, "half of it")
		must(t, err)
		return &fs.PathError{Op: "write", Path: "/x", Err: full}
	})
	if !errors.Is(err, full) || cli.StatusOf(err) != cli.Environment || err.Error() != path+": no space left on device" {
		t.Errorf("%v, status %d", err, cli.StatusOf(err))
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("it holds %q (%v)", b, err)
	}
	wantNothingLeft(t, dir)
}

func TestPrivateFilesArePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	must(t, files.WriteBytes(path, files.Name, files.Private, nil))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != files.Private {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAFileIsReadAsFarAsItCanBeRight(t *testing.T) {
	dir := folder(t)
	for path, says := range map[string]string{
		filepath.Join(dir, "none"):   "none: no such file or directory",
		filepath.Join(dir, "folder"): "folder is a folder, not a file",
		filepath.Join(dir, "file"):   "file has 3 bytes, at most 2 can be right",
		"/dev/zero":                  "/dev/zero is a device, not a file",
	} {
		if _, err := files.Read(path, 2); err == nil || !strings.HasSuffix(err.Error(), says) || cli.StatusOf(err) != cli.Misused {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
	}
	if b, err := files.Read(filepath.Join(dir, "link"), 3); err != nil || string(b) != "old" {
		t.Errorf("through a link: %q, %v", b, err)
	}
	if _, err := files.ReadAll(strings.NewReader("abc"), 2); err == nil || cli.StatusOf(err) != cli.Misused {
		t.Errorf("more than can be right: %v", err)
	}
}

func TestWhatAProgramKeepsByItselfIsNoLink(t *testing.T) {
	dir := folder(t)
	for name, says := range map[string]string{
		"link": "is a link, not a file, and is not used", "dangling": "is a link", "folder": "is a folder", "none/log": "no such file or directory",
	} {
		f, err := files.Open(filepath.Join(dir, name), disk.Write|disk.Create, files.Public)
		if err == nil {
			f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) || cli.StatusOf(err) != cli.Misused {
			t.Errorf("%s: %v, want %q", name, err, says)
		}
	}
	for _, name := range []string{"file", "new"} {
		f, err := files.Open(filepath.Join(dir, name), disk.Write|disk.Append|disk.Create, files.Private)
		must(t, err)
		_, err = f.Write([]byte("more"))
		must(t, errors.Join(err, f.Close()))
	}
	if b, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(b) != "oldmore" {
		t.Errorf("it holds %q (%v)", b, err)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	names, err := disk.Real{}.List(dir)
	must(t, err)
	return names
}

// What a killed program has left is removed by the next one that writes the same file, or that
// sweeps the folder: nothing else, nothing that somebody still writes, and nothing through a link.
func TestWhatAKilledProgramHasLeftIsRemoved(t *testing.T) {
	const left, others, used, link, folder = ".a.journal.ABCDEFGH.new", ".b.journal.ABCDEFG2.new", ".a.journal.IIIIIIII.new", ".a.journal.LLLLLLLL.new", ".a.journal.FFFFFFFF.new"
	stay := []string{".a.journal.ABCDEFG.new", ".a.journal.abcdefgh.new", ".a.journalABCDEFGH.new", "a.journal.ABCDEFGH.new", ".a.log.ABCDEFGH.new", "victim"}
	for name, test := range map[string]struct {
		act  func(dir string) error
		gone []string
	}{
		"writing": {func(dir string) error {
			return files.WriteBytes(filepath.Join(dir, "a.journal"), files.Name, files.Private, []byte("new"))
		}, []string{left}},
		"sweeping": {func(dir string) error {
			files.Local().Sweep(dir, ".journal")
			return os.WriteFile(filepath.Join(dir, "a.journal"), nil, files.Private)
		}, []string{left, others}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			want := append([]string{left, others, used, link, folder, "a.journal"}, stay...)
			for _, name := range append([]string{left, others}, stay...) {
				must(t, os.WriteFile(filepath.Join(dir, name), []byte("settings"), files.Private))
			}
			must(t, os.Symlink("victim", filepath.Join(dir, link)))
			must(t, os.Mkdir(filepath.Join(dir, folder), 0o700))
			writer, err := disk.Real{}.Open(filepath.Join(dir, used), disk.Write|disk.Create|disk.New|disk.Alone, files.Private)
			must(t, err)
			defer writer.Close()
			must(t, test.act(dir))
			want = slices.DeleteFunc(want, func(name string) bool { return slices.Contains(test.gone, name) })
			slices.Sort(want)
			if got := list(t, dir); !slices.Equal(got, want) {
				t.Errorf("there is %q, want %q", got, want)
			}
		})
	}
}

// Two programs that write into one folder at once do not take away what the other writes.
func TestWritersInOneFolderDoNotDisturbEachOther(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for _, name := range []string{"a.journal", "b.journal", "c.journal"} {
		all.Go(func() {
			for n := range 60 {
				want := strings.Repeat(name, n)
				path := filepath.Join(dir, name)
				if err := files.WriteBytes(path, files.Name, files.Private, []byte(want)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				files.Local().Sweep(dir, ".journal")
				if b, err := files.Read(path, 1<<10); err != nil || string(b) != want {
					t.Errorf("%s holds %q (%v)", name, b, err)
				}
			}
		})
	}
	all.Wait()
	if names := list(t, dir); len(names) != 3 {
		t.Errorf("there is %q", names)
	}
}
