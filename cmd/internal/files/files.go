// Package files reads the files that a person names, and writes results: whole or not at all,
// and never over a file that the person did not mean. Errors name the file, say what to do
// next, and carry an exit status: wrong usage for a name that cannot be right, the environment
// for a disk that is full.
package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"ionbench/cmd/internal/cli"
)

// Read reads a file of at most limit bytes.
func Read(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path) // before the file is opened, because opening a device can have effects
	switch {
	case err != nil:
		return nil, cli.Unusable(Plain(err))
	case info.Mode()&(fs.ModeDir|fs.ModeDevice) != 0:
		return nil, cli.Usage("%s is %s, not a file", path, kindOf(info.Mode()))
	case info.Size() > int64(limit): // checked before memory is taken
		return nil, cli.Usage("%s has %d bytes, at most %d can be right", path, info.Size(), limit)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cli.Unusable(Plain(err))
	}
	defer f.Close()
	b, err := ReadAll(f, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Input reads a file, or standard input if the path is "-".
func Input(stdin io.Reader, path string, limit int) ([]byte, error) {
	if path != "-" {
		return Read(path, limit)
	}
	b, err := ReadAll(stdin, limit)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return b, nil
}

// ReadAll reads r to its end. More than limit bytes are an error.
func ReadAll(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, cli.Unusable(withoutPath(err))
	case len(b) > limit:
		return nil, cli.Usage("it is too large: more than %d bytes", limit)
	}
	return b, nil
}

// Over says what a result may replace.
type Over int

// What a result may replace. A folder or a device is never replaced, and the target of a link
// is never changed.
const (
	Nothing Over = iota
	File         // a regular file, but no link
	Name         // a regular file or a link; the link itself is replaced
)

// Check says whether a result may be written to path. Call it before you do the work.
func Check(path string, over Over) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return cli.Unusable(Plain(err)).Hint("name a file in a folder that is there")
		}
		return nil
	case err != nil:
		return cli.Unusable(Plain(err))
	case info.Mode()&fs.ModeSymlink != 0 && over == Name:
		return nil
	case !info.Mode().IsRegular():
		return cli.Usage("%s is %s and is not written over", path, kindOf(info.Mode())).Hint("name a file")
	case over == Nothing:
		return cli.Unusable(fmt.Errorf("%s is not written over: %w", path, fs.ErrExist)).Hint("name another file")
	}
	return nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeDevice != 0:
		return "a device"
	default:
		return "no regular file"
	}
}

// Modes of files.
const (
	Public  fs.FileMode = 0o644
	Private fs.FileMode = 0o600
)

// Write writes what form produces to path, whole or not at all, under the rules of Check. The
// file is on the disk when Write returns.
func Write(path string, over Over, mode fs.FileMode, form func(io.Writer) error) error {
	if err := Check(path, over); err != nil {
		return err
	}
	temporary, err := writeBeside(path, mode, form)
	if err != nil {
		return cli.Environmental(Plain(err))
	}
	if over == Nothing {
		err = moveToNew(temporary, path)
	} else {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return cli.Environmental(errors.Join(Plain(err), os.Remove(temporary)))
	}
	return SyncFolder(filepath.Dir(path))
}

// WriteBytes is Write for bytes.
func WriteBytes(path string, over Over, mode fs.FileMode, b []byte) error {
	return Write(path, over, mode, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// writeBeside writes a new file in the folder of path, and syncs it to the disk.
func writeBeside(path string, mode fs.FileMode, form func(io.Writer) error) (temporary string, err error) {
	folder, name := filepath.Split(path)
	temporary = folder + "." + name + "." + rand.Text()[:8] + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, mode)
	if err != nil {
		return "", err
	}
	err = form(f)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", path, withoutPath(err)), os.Remove(temporary))
	}
	return temporary, nil
}

// moveToNew renames a file, unless another file has taken the name in the meantime.
func moveToNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// The file system may have no hard links.
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	return os.Rename(from, to)
}

// SyncFolder puts a file's new name on the disk: syncing the file itself does not.
func SyncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(folder)
	if err != nil {
		return cli.Environmental(Plain(err))
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return cli.Environmental(Plain(err))
	}
	return nil
}

// Open opens or creates a file that a program keeps for itself, such as a log. It refuses
// links, because what is written could go anywhere, and a file that is replaced between the
// check and the opening.
func Open(path string, flag int, mode fs.FileMode) (*os.File, error) {
	before, err := os.Lstat(path)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, cli.Usage("%s is %s, not a file, and is not used", path, kindOf(before.Mode()))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, cli.Unusable(Plain(err))
	}
	f, err := os.OpenFile(path, flag|noFollow, mode)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Unusable(Plain(err))
	case err != nil:
		return nil, cli.Environmental(Plain(err))
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || before != nil && !os.SameFile(before, after)) {
		err = fmt.Errorf("%s was replaced while it was opened, and is not used", path)
	}
	if err != nil {
		f.Close()
		return nil, cli.Environmental(err)
	}
	return f, nil
}

// Plain removes the name of the system call from an error.
func Plain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	case errors.As(err, &link):
		return fmt.Errorf("%s: %w", link.New, link.Err)
	}
	return err
}

// withoutPath removes the name of the file too.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
