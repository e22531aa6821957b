package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/firmware"
)

func TestPackAndInspectAgree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	image := firmware.Image(7, 7424*2+1)
	in, out := filepath.Join(dir, "image.bin"), filepath.Join(dir, "new.upg")
	must(t, os.WriteFile(in, image, 0o600))
	args := []string{"pack", "--product", "7350", "--revision", "7350V284", "--dated", "2008-03-01T13:00:00+01:00", in, out}
	packed := ionup(t, args...).wantCode(0).wantStderr("").stdout
	if want := fmt.Sprintf("File:         %s\nModel:        ION 7350\nRevision:     7350V284\nDated:        2008-03-01T12:00:00Z\nLoad address: 0x00030000\nImage:        14849 bytes, 3 blocks\nCRC-32:       %08x\nSHA-256:      ",
		out, crc32.ChecksumIEEE(image)); !strings.HasPrefix(packed, want) {
		t.Errorf("stdout:\n%s\nwant:\n%s", packed, want)
	}
	ionup(t, "inspect", out).wantCode(0).wantStdout(packed)
	asJSON := ionup(t, "inspect", out, "--json").wantCode(0).stdout
	if !strings.HasPrefix(asJSON, `{"event":"firmware","file":`) || !strings.Contains(asJSON, `"product":7350,"revision":"7350V284","dated":"2008-03-01T12:00:00Z","load_address":196608,"image_bytes":14849,"blocks":3,`) {
		t.Errorf("stdout:\n%s", asJSON)
	}

	before, err := os.ReadFile(out)
	must(t, err)
	ionup(t, args...).wantCode(cli.Misused).wantStdout("").
		wantStderr("ionup: error: " + out + " is not written over: file already exists\nionup: hint: name another file, or allow it with --force\n")
	must(t, os.WriteFile(out, []byte("old"), 0o600))
	ionup(t, append(args, "--force")...).wantCode(0)
	wantFile(t, out, before)
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v (%v)", left, err)
	}
}

func TestPackRefusesWhatNoFileCanHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty, small, out := filepath.Join(dir, "empty.bin"), filepath.Join(dir, "small.bin"), filepath.Join(dir, "new.upg")
	must(t, os.WriteFile(empty, nil, 0o600))
	must(t, os.WriteFile(small, []byte{1}, 0o600))
	for _, test := range []struct {
		name string
		args []string
		says string
	}{
		{"empty image", []string{"--revision", "7350V284", empty, out}, "empty.bin is empty"},
		{"no image", []string{"--revision", "7350V284", filepath.Join(dir, "none.bin"), out}, "none.bin: no such file or directory"},
		{"wrong revision", []string{"--revision", "7300V284", small, out}, `revision at offset 12: found "7300V284", expected 7350V and three digits`},
		{"onto itself", []string{"--revision", "7350V284", small, small, "--force"}, "small.bin is the image itself"},
		{"onto a device", []string{"--revision", "7350V284", small, "/dev/null", "--force"}, "/dev/null is a device and is not written over"},
		{"folder", []string{"--revision", "7350V284", dir, out}, "is a folder, not a file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"pack", "--product", "7350", "--dated", "2008-03-01T12:00:00Z"}, test.args...)
			ionup(t, args...).wantCode(cli.Misused).wantStdout("").wantSays("ionup: error: ", test.says)
			wantNoFile(t, out)
			wantFile(t, small, []byte{1})
		})
	}
}

func TestInspectRefusesAFileThatIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.upg")
	must(t, os.WriteFile(path, []byte("PK\x03\x04 and so on"), 0o600))
	ionup(t, "inspect", path).wantCode(cli.Misused).wantStdout("").wantSays("ionup: error: "+path+": not a .UPG firmware file", "a .zip or .upx archive")
}
