package judge

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ionbench/simulator/disk"
)

// place is the folder of a scenario that its program is told of, {dir}. The program can do with
// it and the files in it whatever it likes. So they are reached by handles that were opened
// before, links are not followed, and nothing is opened that could block.
type place struct {
	top  string // a private folder around {dir}
	path string // of {dir}
	name string // of {dir} in top
	held *os.Root
	dir  *os.Root
	// around is held too, as a file: so it can be opened again when nobody may enter it.
	around *os.File
}

const (
	folderMode = 0o755
	fileMode   = 0o644
	// maxGathered and maxFiles are how much of what a program leaves in its folder is kept.
	maxGathered = 32 << 20
	maxFiles    = 1000
)

// newPlace makes the folder of a scenario.
func newPlace(name string) (*place, error) {
	top, err := os.MkdirTemp("", folderPrefix(ourMark))
	if err != nil {
		return nil, err
	}
	p := &place{top: top, name: name, path: filepath.Join(top, name)}
	if err = p.hold(); err == nil {
		err = p.make()
	}
	if err != nil {
		return nil, errors.Join(err, p.remove())
	}
	return p, nil
}

// hold opens the folder around {dir}.
func (p *place) hold() (err error) {
	p.letGo()
	if p.around, err = os.Open(p.top); err == nil {
		p.held, err = os.OpenRoot(p.top)
	}
	return err
}

func (p *place) letGo() {
	if p.around != nil {
		p.around.Close()
	}
	if p.held != nil {
		p.held.Close()
	}
}

// make makes {dir} and opens it.
func (p *place) make() error {
	err := p.held.Mkdir(p.name, folderMode)
	if err != nil {
		return err
	}
	return p.open()
}

func (p *place) open() error {
	dir, err := p.held.OpenRoot(p.name)
	if err != nil {
		return err
	}
	if p.dir != nil {
		p.dir.Close()
	}
	p.dir = dir
	return nil
}

// mend makes {dir} a folder that can be used again, whatever the program did to it, and says what
// that was; empty for nothing.
func (p *place) mend() (did string, err error) {
	if did := p.lostTop(); did != "" {
		return did, p.replaceTop()
	}
	opened, err := p.openTop()
	if err != nil {
		return opened, err
	}
	did, err = p.mendDir()
	return cmp.Or(opened, did), err
}

// openTop gives the folder around {dir} its permissions back, and says which it had; empty for those.
func (p *place) openTop() (did string, err error) {
	info, err := p.around.Stat()
	if err != nil || info.Mode().Perm()&0o700 == 0o700 {
		return "", err
	}
	return fmt.Sprintf("it changed the permissions of the folder around {dir} to %v", info.Mode().Perm()), p.around.Chmod(0o700)
}

func (p *place) mendDir() (did string, err error) {
	info, err := p.held.Lstat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it removed {dir}", p.make()
	case err != nil:
		return "", err
	case !info.IsDir():
		did = fmt.Sprintf("it replaced {dir} by %s", disk.Kind(info.Mode()))
		return did, errors.Join(p.held.Remove(p.name), p.make())
	}
	if info.Mode().Perm()&0o700 != 0o700 {
		did = fmt.Sprintf("it changed the permissions of {dir} to %v", info.Mode().Perm())
		if err := p.held.Chmod(p.name, folderMode); err != nil {
			return did, err
		}
	}
	if was, err := p.dir.Stat("."); err == nil && os.SameFile(was, info) {
		return did, nil
	}
	return "it replaced {dir} by another folder", p.open()
}

// lostTop says what the program did to the folder around {dir}, if that has to be made anew. It
// stands among other people's folders, so its name can lead anywhere by now.
func (p *place) lostTop() string {
	now, err := os.Lstat(p.top)
	if errors.Is(err, fs.ErrNotExist) {
		return "it removed the folder around {dir}"
	}
	if was, missing := p.around.Stat(); err != nil || missing == nil && os.SameFile(was, now) {
		return ""
	}
	if now.IsDir() {
		return "it replaced the folder around {dir} by another one"
	}
	return "it replaced the folder around {dir} by " + disk.Kind(now.Mode())
}

func (p *place) replaceTop() error {
	p.around.Close()                            // on Windows nothing that is open is removed
	if err := os.RemoveAll(p.top); err != nil { // of a link only the link
		return err
	}
	if err := os.Mkdir(p.top, 0o700); err != nil {
		return err
	}
	if err := p.hold(); err != nil {
		return err
	}
	return p.make()
}

// read reads at most limit bytes of a file of {dir}; nil if there is none.
func (p *place) read(name string, limit int64) ([]byte, error) { return readUpTo(p.dir, name, limit) }

// readUpTo reads at most limit bytes of a regular file; nil if there is none.
func readUpTo(in *os.Root, name string, limit int64) ([]byte, error) {
	f, err := openRegular(in, name, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// openRegular opens a regular file, and nothing else.
func openRegular(in *os.Root, name string, flags int) (*os.File, error) {
	info, err := in.Lstat(name) // to open a device can have effects
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is %s", name, disk.Kind(info.Mode()))
	}
	if err != nil {
		return nil, err
	}
	f, err := in.OpenFile(name, flags|carefully, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is no regular file", name), err, f.Close())
	}
	return f, nil
}

// put puts a file into {dir}, in the place of whatever has its name.
func (p *place) put(name string, content []byte) error {
	fresh := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text())
	if err := write(p.dir, fresh, content); err != nil {
		return err
	}
	if err := p.dir.Rename(fresh, name); err == nil {
		return nil
	}
	if err := p.dir.RemoveAll(name); err != nil { // a folder
		return err
	}
	return p.dir.Rename(fresh, name)
}

// write writes a new file.
func write(in *os.Root, name string, content []byte) error {
	f, err := in.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// spoil changes the content of a file of {dir} that a program may be reading. The file must be
// there by this one name alone: another name could be a person's.
func (p *place) spoil(name string, content []byte) error {
	f, err := openRegular(p.dir, name, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || links(info) != 1 {
		return errors.Join(fmt.Errorf("%s has another name", name), err)
	}
	_, err = f.WriteAt(content, 0)
	return errors.Join(err, f.Truncate(int64(len(content))))
}

// shut makes a folder of a file, which nobody can read then, whoever it is.
func (p *place) shut(name string) error {
	const mode = 0o700
	return errors.Join(p.dir.Remove(name), p.dir.Mkdir(name, mode))
}

// odd says what has become of a file of {dir} that should be a regular one; empty for nothing.
func (p *place) odd(name string) string {
	info, err := p.dir.Lstat(name)
	if err != nil || info.Mode().IsRegular() {
		return ""
	}
	return disk.Kind(info.Mode())
}

// gather calls take with everything in {dir}, and with the content of regular files. It stops
// after maxFiles, or maxGathered bytes, and reports whether that was all.
func (p *place) gather(take func(name string, mode fs.FileMode, content []byte)) (all bool) {
	files, room, full := 0, int64(maxGathered), false
	err := fs.WalkDir(p.dir.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return nil // a folder that cannot be read
		}
		if files++; files > maxFiles {
			full = true
			return fs.SkipAll
		}
		var content []byte
		if entry.Type().IsRegular() {
			if content, err = p.read(name, room+1); err != nil {
				content = nil
			}
			if room -= int64(len(content)); room < 0 {
				full = true
				return fs.SkipAll
			}
		}
		take(name, entry.Type(), content)
		return nil
	})
	return err == nil && !full
}

// list calls take with everything in {dir}, up to maxFiles.
func (p *place) list(take func(name string, mode fs.FileMode)) {
	files := 0
	_ = fs.WalkDir(p.dir.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return nil
		}
		if files++; files > maxFiles {
			return fs.SkipAll
		}
		if info, err := entry.Info(); err == nil {
			take(name, info.Mode())
		}
		return nil
	})
}

// remove removes the folder, as far as that does not take long.
func (p *place) remove() error {
	if p == nil {
		return nil
	}
	if p.around != nil {
		p.around.Close() // as in replaceTop
	}
	done := make(chan error, 1)
	go func() {
		err := os.RemoveAll(p.top)
		if err != nil {
			_ = filepath.WalkDir(p.top, func(path string, entry fs.DirEntry, _ error) error {
				if entry != nil && entry.IsDir() {
					_ = os.Chmod(path, 0o700)
				}
				return nil
			})
			err = os.RemoveAll(p.top)
		}
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-time.After(lastResort):
		err = fmt.Errorf("%s takes long to remove", p.top)
	}
	p.letGo()
	if p.dir != nil {
		p.dir.Close()
	}
	return err
}
