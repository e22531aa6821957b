package serve

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ionbench/simulator/disk"
)

// errLinkTaken: the path of the link is taken, by something that is not ours or by a server that runs.
var errLinkTaken = errors.New("name another link")

// link is the stable name of a PTY. Beside it, under the same name and ".lock", is a file that its
// owner holds (disk.Alone) for as long as it runs, and that says in its first line to which PTY the
// link was made: a number of a PTY is given out again, so a link that a killed server has left may
// lead to anybody's terminal. The second line says who the owner is.
type link struct {
	path, target string
	lock         disk.File
}

// makeLink points path to the PTY target. At any moment, path either does not exist yet, or is
// the old link, or is the new one.
//
// What is at path is replaced only if it is a link that a killed server of ours left behind: one
// whose owner's file says so and is held by nobody, or a symbolic link to /dev/pts/N, where N is
// gone or is the number that we have just been given. Everything else is refused.
func makeLink(path, target string, now time.Time) (*link, error) {
	lock, left, err := ownLink(path)
	if err != nil {
		return nil, fmt.Errorf("link to the PTY: %w", err)
	}
	l := &link{path: path, target: target, lock: lock}
	err = os.Symlink(target, path)
	if errors.Is(err, fs.ErrExist) {
		err = l.replace(left)
	}
	if err == nil {
		err = l.sign(now)
	}
	if err != nil {
		l.release()
		return nil, fmt.Errorf("link to the PTY: %w", err)
	}
	return l, nil
}

// maxNote bounds what is read of an owner's file.
const maxNote = 4096

// ownLink takes the owner's file of a link. left is the PTY to which an earlier owner had made the
// link; empty if there was none.
func ownLink(path string) (lock disk.File, left string, err error) {
	const tries = 20 // who looks whether it is held holds it for a moment
	for range tries {
		lock, err = disk.Real{}.Open(path+".lock", disk.Write|disk.Create|disk.NoFollow|disk.Alone, 0o644)
		if err == nil && isAt(lock, path+".lock") {
			left, _, err = readNote(lock)
			return lock, left, err
		}
		if err == nil {
			lock.Close() // its owner took it away just now
			err = disk.ErrInUse
		}
		if !errors.Is(err, disk.ErrInUse) {
			return nil, "", err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, "", fmt.Errorf("%s belongs to %s, which runs; end that one, or %w", path, ownerOf(path), errLinkTaken)
}

// readNote reads what an owner's file says.
func readNote(lock disk.File) (target, by string, err error) {
	b, err := io.ReadAll(io.NewSectionReader(lock, 0, maxNote))
	target, rest, _ := strings.Cut(string(b), "\n")
	by, _, _ = strings.Cut(rest, "\n")
	return target, by, err
}

// ownerOf says who holds the owner's file of a link, as it says itself.
func ownerOf(path string) string {
	const somebody = "another server"
	lock, err := disk.Real{}.Open(path+".lock", disk.NoFollow, 0)
	if err != nil {
		return somebody
	}
	defer lock.Close()
	if _, by, err := readNote(lock); err == nil && by != "" {
		return strings.Map(printable, by)
	}
	return somebody
}

// printable replaces what could control a terminal.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

func isAt(f disk.File, path string) bool {
	here, err := f.Stat()
	there, at := os.Lstat(path)
	return err == nil && at == nil && os.SameFile(here, there)
}

// sign says to which PTY the link was made, by whom and when.
func (l *link) sign(now time.Time) error {
	if err := l.lock.Truncate(0); err != nil {
		return err
	}
	by := fmt.Sprintf("a server (process %d, since %s)", os.Getpid(), now.Format(time.DateTime))
	_, err := l.lock.WriteAt([]byte(l.target+"\n"+by+"\n"), 0)
	return err
}

// release lets others have the link.
func (l *link) release() {
	_ = os.Remove(l.path + ".lock") // what stays is taken by the next who wants it
	l.lock.Close()
}

func (l *link) replace(left string) error {
	old, err := os.Readlink(l.path)
	switch {
	case err != nil:
		return fmt.Errorf("%s is there and is not a link; it is not replaced: %w", l.path, errLinkTaken)
	case old == l.target:
		return nil
	case !isPTYName(old):
		return fmt.Errorf("%s is a link to %s, which is no PTY; it is not replaced: %w", l.path, old, errLinkTaken)
	}
	if _, err := os.Lstat(old); old != left && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is a link to %s, which is in use; end the program that serves it, remove the link if that is not a meter's, or %w", l.path, old, errLinkTaken)
	}
	// A name that only this process uses; if it is taken, Symlink says so.
	fresh := l.path + ".new" + strconv.Itoa(os.Getpid())
	if err := os.Symlink(l.target, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, l.path); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return nil
}

func isPTYName(name string) bool {
	number, ok := strings.CutPrefix(name, "/dev/pts/")
	_, err := strconv.ParseUint(number, 10, 32)
	return ok && err == nil
}

// remove removes the link, unless it points elsewhere by now.
func (l *link) remove() error {
	if l == nil {
		return nil
	}
	defer l.release()
	target, err := os.Readlink(l.path)
	if err != nil || target != l.target {
		return nil
	}
	if err := os.Remove(l.path); err != nil {
		return fmt.Errorf("removing the link to the PTY: %w", err)
	}
	return nil
}
