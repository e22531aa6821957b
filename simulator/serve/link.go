package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// errLinkTaken: the path of the link is taken by something that is not ours.
var errLinkTaken = errors.New("it will not be replaced; remove it, or name another link")

// link is the stable name of a PTY.
type link struct{ path, target string }

// makeLink points path to the PTY target. At any moment, path either does not exist yet, or is
// the old link, or is the new one.
//
// What is at path is replaced only if it is a link that a killed server of ours left behind: a
// symbolic link to /dev/pts/N, where N is gone or is the number that we have just been given.
// (A number is given out again only after its terminal has ended, so the owner of such a link
// is gone.) A link to any other existing terminal may belong to a running server or to somebody
// else, and is refused. The price: after a kill -9, if another terminal has got the number, a
// person must remove the link.
func makeLink(path, target string) (*link, error) {
	l := &link{path: path, target: target}
	err := os.Symlink(target, path)
	if errors.Is(err, fs.ErrExist) {
		err = l.replace()
	}
	if err != nil {
		return nil, fmt.Errorf("link to the PTY: %w", err)
	}
	return l, nil
}

func (l *link) replace() error {
	old, err := os.Readlink(l.path)
	switch {
	case err != nil:
		return fmt.Errorf("%s is there and is not a link: %w", l.path, errLinkTaken)
	case old == l.target:
		return nil
	case !isPTYName(old):
		return fmt.Errorf("%s is a link to %s, which is no PTY: %w", l.path, old, errLinkTaken)
	}
	if _, err := os.Lstat(old); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is a link to %s, which is in use: %w", l.path, old, errLinkTaken)
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
	target, err := os.Readlink(l.path)
	if err != nil || target != l.target {
		return nil
	}
	if err := os.Remove(l.path); err != nil {
		return fmt.Errorf("removing the link to the PTY: %w", err)
	}
	return nil
}
