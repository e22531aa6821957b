package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ionbench/scenarios/atlas"
)

// form writes an atlas as a file of some kind.
type form func(w io.Writer, a *atlas.Atlas) error

func asJSON(w io.Writer, a *atlas.Atlas) error { return a.Write(w) }

// readAtlas reads the file of a sweep.
func readAtlas(path string) (*atlas.Atlas, error) {
	const next = "Name a file that `ionbench sweep --json` wrote."
	f, err := os.Open(path)
	if err != nil {
		return nil, wrongUsage(next, "%v", err)
	}
	defer f.Close()
	a, err := atlas.Read(f)
	if err != nil {
		return nil, wrongUsage(next, "%s: %v", path, err)
	}
	return a, nil
}

// checkReplace says whether a result may be written to path: nothing is there, or a file
// of somebody's. What a link or a device leads to is never replaced.
func checkReplace(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := os.Stat(filepath.Dir(path))
		return err
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file and is not written over", path)
	}
	return nil
}

// replaceFile writes an atlas to path, whole or not at all.
func replaceFile(path string, a *atlas.Atlas, form form) error {
	return replaceWith(path, func(w io.Writer) error { return form(w, a) })
}

// replaceWith writes what form writes to path, whole or not at all.
func replaceWith(path string, form func(w io.Writer) error) error {
	if err := checkReplace(path); err != nil {
		return err
	}
	folder, name := filepath.Split(path)
	temporary := folder + "." + name + "." + rand.Text()[:8] + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = form(f)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temporary))
	}
	return nil
}
