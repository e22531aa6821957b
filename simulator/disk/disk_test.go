package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"ionbench/simulator/disk"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsHeldAloneIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	const how = disk.Write | disk.Create | disk.NoFollow | disk.Alone
	first, err := disk.Real{}.Open(path, how, 0o600)
	must(t, err)
	if f, err := (disk.Real{}).Open(path, how, 0o600); !errors.Is(err, disk.ErrInUse) {
		t.Fatalf("it is open twice: %v, %v", f, err)
	}
	_, err = first.Write([]byte("who"))
	must(t, err)
	if b, err := os.ReadFile(path); err != nil || string(b) != "who" {
		t.Errorf("a reader sees %q, %v", b, err)
	}
	must(t, first.Close())
	second, err := disk.Real{}.Open(path, how, 0o600)
	must(t, err)
	must(t, second.Close())
}

func TestFoldersAreMadeWithThoseAboveThem(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "c")
	for range 2 {
		must(t, disk.MakeFolders(disk.Real{}, path, 0o700))
	}
	info, err := os.Stat(path)
	must(t, err)
	if !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Errorf("it is %v", info.Mode())
	}
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	if err := disk.MakeFolders(disk.Real{}, filepath.Join(dir, "file", "x"), 0o700); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder below a file: %v", err)
	}
}
