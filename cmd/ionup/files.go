package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"ionbench/client/dcf"
	"ionbench/client/upg"
)

// readWhole reads a file of at most limit bytes; its size is known before memory is taken.
func readWhole(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %s, not a file", path, kindOf(info.Mode()))
	}
	if info.Size() > int64(limit) {
		return nil, fmt.Errorf("%s has %d bytes, at most %d can be right", path, info.Size(), limit)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	defer f.Close()
	// One byte more shows a file that grows meanwhile.
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, plainPathError(err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return b, nil
}

// readFirmware reads a .UPG file.
func readFirmware(path string) (*upg.File, error) {
	b, err := readWhole(path, upg.MaxFileBytes)
	if err != nil {
		return nil, withHints(err, "choose an ION Firmware Upgrade file (*.upg); ionup pack makes one")
	}
	f, err := upg.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// readTemplate reads a .DCF file.
func readTemplate(path string) (*dcf.File, error) {
	b, err := readWhole(path, dcf.MaxBytes)
	if err != nil {
		return nil, withHints(err, "choose an ION Setup Device Configuration File (*.dcf); ionup template get makes one")
	}
	f, err := dcf.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// plainPathError leaves the name of the system call away.
func plainPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
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

// checkNew says whether a result may be written to path: nothing is there, or a file that
// the person allowed to be replaced. A link or a device is never replaced.
func checkNew(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		folder := filepath.Dir(path)
		if _, err := os.Stat(folder); err != nil {
			return withHints(plainPathError(err), "make the folder first, or write elsewhere")
		}
		return nil
	case err != nil:
		return plainPathError(err)
	case !info.Mode().IsRegular():
		return withHints(fmt.Errorf("%s is %s and is not overwritten", path, kindOf(info.Mode())), "name a file")
	case !force:
		return withHints(fmt.Errorf("%s exists already and is not overwritten", path), "name another file, or allow it with --force")
	}
	return nil
}

// writeNew writes a result whole or not at all, under the rules of checkNew.
func writeNew(path string, b []byte, force bool) error {
	if err := checkNew(path, force); err != nil {
		return err
	}
	const mode = 0o644
	temporary, err := writeTemporary(path, b, mode)
	if err != nil {
		return err
	}
	if force {
		err = os.Rename(temporary, path)
	} else {
		err = moveToNew(temporary, path)
	}
	if err != nil {
		return errors.Join(plainLinkError(err), os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

// moveToNew gives a file its name unless something has got it meanwhile.
func moveToNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links.
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	return os.Rename(from, to)
}

func plainLinkError(err error) error {
	var link *os.LinkError
	if errors.As(err, &link) {
		return fmt.Errorf("%s: %w", link.New, link.Err)
	}
	return err
}

// writeTemporary writes b to a new file beside path, and to the disk.
func writeTemporary(path string, b []byte, mode fs.FileMode) (temporary string, err error) {
	folder, name := filepath.Split(path)
	temporary = folder + "." + name + "." + rand.Text()[:8] + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, mode)
	if err != nil {
		return "", plainPathError(err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return "", errors.Join(plainPathError(err), os.Remove(temporary))
	}
	return temporary, nil
}

// syncFolder makes a new name as lasting as the file behind it.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(folder)
	if err != nil {
		return plainPathError(err)
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return plainPathError(err)
	}
	return nil
}

// openOurs opens a file that must be a regular file and no link, and the same that was
// looked at.
func openOurs(path string, flag int, mode fs.FileMode) (*os.File, error) {
	before, err := os.Lstat(path)
	if err == nil && !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %s, not a file, and is not used", path, kindOf(before.Mode()))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, plainPathError(err)
	}
	f, err := os.OpenFile(path, flag|noFollow, mode)
	if err != nil {
		return nil, plainPathError(err)
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || before != nil && !os.SameFile(before, after)) {
		err = fmt.Errorf("%s was replaced while it was opened, and is not used", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
