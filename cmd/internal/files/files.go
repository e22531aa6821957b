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
	"strings"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/disk"
)

// Disk reads and writes files on a file system. The functions of the same names do so on the
// computer's own.
type Disk struct{ System disk.System }

// Local is the computer's own file system.
func Local() Disk { return Disk{disk.Real{}} }

// Read reads a file of at most limit bytes.
func Read(path string, limit int) ([]byte, error) { return Local().Read(path, limit) }

// Read reads a file of at most limit bytes.
func (d Disk) Read(path string, limit int) ([]byte, error) {
	info, err := d.System.Stat(path) // before the file is opened, because opening a device can have effects
	switch {
	case err != nil:
		return nil, cli.Unusable(Plain(err))
	case info.Mode()&(fs.ModeDir|fs.ModeDevice) != 0:
		return nil, cli.Usage("%s is %s, not a file", path, disk.Kind(info.Mode()))
	case info.Size() > int64(limit): // checked before memory is taken
		return nil, cli.Usage("%s has %d bytes, at most %d can be right", path, info.Size(), limit)
	}
	f, err := d.System.Open(path, 0, 0)
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

// Check says whether a result may be written to path, and can be: a file is made beside it and removed.
// Call it before you do the work.
func Check(path string, over Over) error { return Local().Check(path, over) }

// Check says whether a result may be written to path, and can be: a file is made beside it and removed.
// Call it before you do the work.
func (d Disk) Check(path string, over Over) error {
	if err := d.check(path, over); err != nil {
		return err
	}
	folder, name := split(path)
	f, temporary, err := d.openTemporary(folder, name, Private)
	if err == nil {
		err = errors.Join(d.System.Remove(temporary), f.Close())
	}
	if err != nil {
		return cli.Environmental(fmt.Errorf("%s cannot be written: %w", path, withoutPath(err))).Hint("name a file in a folder that can be written to")
	}
	return nil
}

// check says whether a result may be written to path.
func (d Disk) check(path string, over Over) error {
	if path == "-" {
		return cli.Usage("- is not standard output here").Hint("name a file; one that is called so is ./-")
	}
	info, err := d.System.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := d.System.Stat(filepath.Dir(path)); err != nil {
			return cli.Unusable(Plain(err)).Hint("name a file in a folder that is there")
		}
		return nil
	case err != nil:
		return cli.Unusable(Plain(err))
	case info.Mode()&fs.ModeSymlink != 0 && over == Name:
		return nil
	case !info.Mode().IsRegular():
		return cli.Usage("%s is %s and is not written over", path, disk.Kind(info.Mode())).Hint("name a file")
	case over == Nothing:
		return cli.Unusable(fmt.Errorf("%s is not written over: %w", path, fs.ErrExist)).Hint("name another file")
	}
	return nil
}

// Modes of files.
const (
	Public  fs.FileMode = 0o644
	Private fs.FileMode = 0o600
)

// Write writes what form produces to path, whole or not at all, under the rules of Check. The
// file is on the disk when Write returns.
func Write(path string, over Over, mode fs.FileMode, form func(io.Writer) error) error {
	return Local().Write(path, over, mode, form)
}

// WriteBytes is Write for bytes.
func WriteBytes(path string, over Over, mode fs.FileMode, b []byte) error {
	return Local().WriteBytes(path, over, mode, b)
}

// WriteBytes is Write for bytes.
func (d Disk) WriteBytes(path string, over Over, mode fs.FileMode, b []byte) error {
	return d.Write(path, over, mode, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Write writes what form produces to path, whole or not at all, under the rules of Check. The
// file is on the disk when Write returns. After an error the path may have the new content all
// the same, if nothing but syncing its name has failed.
func (d Disk) Write(path string, over Over, mode fs.FileMode, form func(io.Writer) error) error {
	if err := d.check(path, over); err != nil {
		return err
	}
	folder, name := split(path)
	d.sweep(folder, func(target string) bool { return target == name })
	if err := d.writeBeside(folder, name, over, mode, form); err != nil {
		return cli.Environmental(Plain(err))
	}
	return d.syncFolder(folder)
}

func split(path string) (folder, name string) { return filepath.Dir(path), filepath.Base(path) }

// writeBeside writes a new file in the folder, syncs it to the disk, and moves it to its name.
func (d Disk) writeBeside(folder, name string, over Over, mode fs.FileMode, form func(io.Writer) error) error {
	path := filepath.Join(folder, name)
	f, temporary, err := d.openTemporary(folder, name, mode)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, withoutPath(err)) // nobody knows the temporary name
	}
	err = form(f)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, withoutPath(err))
	} else if over == Nothing {
		err = d.moveToNew(temporary, path)
	} else {
		err = d.System.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, d.System.Remove(temporary), f.Close())
	}
	// Closed last, because a sweep removes what nobody holds. What is synced does not depend on it.
	return f.Close()
}

// Temporary files are called .NAME.RANDOM.new. Whoever writes one holds it alone: one that
// nobody holds was left by a program that was killed.
const (
	temporaryEnd  = ".new"
	randomLetters = 8
)

func temporaryOf(name string) string {
	return "." + name + "." + rand.Text()[:randomLetters] + temporaryEnd
}

// targetOf returns the name for which a temporary file was written.
func targetOf(temporary string) (name string, ok bool) {
	rest, ok := strings.CutSuffix(temporary, temporaryEnd)
	at := len(rest) - randomLetters - 1
	if !ok || at < 2 || rest[0] != '.' || rest[at] != '.' || strings.Trim(rest[at+1:], base32Letters) != "" {
		return "", false
	}
	return rest[1:at], true
}

const base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" // those of rand.Text

// openTemporary makes a temporary file and holds it. A sweep that comes between the two takes
// the file away; then another one is made.
func (d Disk) openTemporary(folder, name string, mode fs.FileMode) (disk.File, string, error) {
	const tries = 10
	var err error
	for range tries {
		path := filepath.Join(folder, temporaryOf(name))
		var f disk.File
		f, err = d.System.Open(path, disk.Write|disk.Create|disk.New|disk.NoFollow|disk.Alone, mode)
		switch {
		case errors.Is(err, disk.ErrInUse):
			continue
		case errors.Is(err, errors.ErrUnsupported): // the file system has no locks, so no sweep removes anything either
			f, err = d.System.Open(path, disk.Write|disk.NoFollow, mode)
			return f, path, err
		case err != nil:
			return nil, "", err
		case d.IsAt(f, path):
			return f, path, nil
		}
		f.Close()
		err = fmt.Errorf("%s was removed while it was made", path)
	}
	return nil, "", err
}

// IsAt reports whether the path still leads to the open file.
func (d Disk) IsAt(f disk.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := d.System.Lstat(path)
	return err == nil && there.Mode().IsRegular() && d.System.SameFile(held, there)
}

// Sweep removes the temporary files that killed programs have left in a folder, of files with
// this ending. What is in use, is a link or has another name stays, and so does what cannot be
// removed.
func (d Disk) Sweep(folder, ending string) {
	d.sweep(folder, func(target string) bool { return strings.HasSuffix(target, ending) })
}

func (d Disk) sweep(folder string, ours func(target string) bool) {
	names, err := d.System.List(folder)
	if err != nil {
		return
	}
	for _, name := range names {
		if target, ok := targetOf(name); ok && ours(target) {
			d.removeUnused(filepath.Join(folder, name))
		}
	}
}

// removeUnused removes a file that nobody holds.
func (d Disk) removeUnused(path string) {
	info, err := d.System.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	f, err := d.System.Open(path, disk.Write|disk.NoFollow|disk.Alone, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if d.IsAt(f, path) {
		_ = d.System.Remove(path) // the next sweep tries again
	}
}

// moveToNew renames a file, unless another file has taken the name in the meantime.
func (d Disk) moveToNew(from, to string) error {
	err := d.System.Link(from, to)
	if err == nil {
		return d.System.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// The file system may have no hard links.
	if _, err := d.System.Lstat(to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	return d.System.Rename(from, to)
}

// Remove removes a file. Its name is gone from the disk when it returns.
func (d Disk) Remove(path string) error {
	if err := d.System.Remove(path); err != nil {
		return cli.Environmental(Plain(err))
	}
	return d.syncFolder(filepath.Dir(path))
}

// MakeFolder makes a folder, and those above it, that a program keeps for itself.
func (d Disk) MakeFolder(path string) error {
	const ours = 0o700
	if err := disk.MakeFolders(d.System, path, ours); err != nil {
		return cli.Environmental(Plain(err))
	}
	return nil
}

// syncFolder puts a file's new name on the disk: syncing the file itself does not.
func (d Disk) syncFolder(folder string) error {
	if err := d.System.SyncFolder(folder); err != nil {
		return cli.Environmental(Plain(err))
	}
	return nil
}

// Open opens or creates a file that a program keeps for itself, such as a log.
func Open(path string, how disk.How, mode fs.FileMode) (disk.File, error) {
	return Local().Open(path, how, mode)
}

// Open opens or creates a file that a program keeps for itself, such as a log. It refuses
// links, because what is written could go anywhere, and a file that is replaced between the
// check and the opening.
func (d Disk) Open(path string, how disk.How, mode fs.FileMode) (disk.File, error) {
	before, err := d.System.Lstat(path)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, cli.Usage("%s is %s, not a file, and is not used", path, disk.Kind(before.Mode()))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, cli.Unusable(Plain(err))
	}
	isNew := err != nil
	f, err := d.System.Open(path, how|disk.NoFollow, mode)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Unusable(Plain(err))
	case err != nil:
		return nil, cli.Environmental(Plain(err))
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || !isNew && !d.System.SameFile(before, after)) {
		err = fmt.Errorf("%s was replaced while it was opened, and is not used", path)
	}
	if err == nil && isNew {
		err = d.syncFolder(filepath.Dir(path))
	}
	if err != nil {
		f.Close()
		return nil, cli.Environmental(Plain(err))
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
