package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ionbench/client/journal"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

// journals is the folder with one journal for each meter whose upgrade has not ended.
type journals struct {
	disk   files.Disk
	folder string
}

// openJournals returns the folder. It is made when the first journal is saved.
func openJournals(disk files.Disk, folder string) (journals, error) {
	if folder != "" {
		return journals{disk, folder}, nil
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return journals{disk, filepath.Join(state, "ionup")}, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return journals{}, cli.Environmental(fmt.Errorf("no folder for the journal: %w", err)).Hint("name one with --journal DIR, or do without it: --no-journal")
	}
	return journals{disk, filepath.Join(home, ".local", "state", "ionup")}, nil
}

// load looks for all journals of a meter. What killed processes have left of theirs is removed. The
// paths in what it returns are whole.
func (d journals) load(m journal.Meter) (*journal.Gathered, error) {
	d.disk.Sweep(d.folder, journal.Ending)
	found, err := journal.Gather(m, d)
	if err != nil {
		return nil, d.named(err)
	}
	found.Name = filepath.Join(d.folder, found.Name)
	for _, names := range [][]string{found.From, found.Stay, found.Unreadable} {
		for i := range names {
			names[i] = filepath.Join(d.folder, names[i])
		}
	}
	return found, nil
}

// named puts the folder before the name of the file that an error is about.
func (d journals) named(err error) error {
	if errors.Is(err, journal.ErrJournal) {
		return fmt.Errorf("%s%c%w", d.folder, filepath.Separator, err)
	}
	return err
}

// List returns the names in the folder.
func (d journals) List() ([]string, error) {
	names, err := d.disk.System.List(d.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// find returns the journal of a meter, nil if there is none, and its path, or the one under which
// it is to be saved.
func (d journals) find(m journal.Meter) (path string, j *journal.Journal, err error) {
	name, j, err := journal.Find(m, d.Read)
	if err != nil {
		return "", nil, d.named(err)
	}
	return filepath.Join(d.folder, name), j, nil
}

// Read returns a file of the folder; nil if there is none.
func (d journals) Read(name string) ([]byte, error) {
	path := filepath.Join(d.folder, name)
	if _, err := d.disk.System.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	f, err := d.disk.Open(path, 0, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := files.ReadAll(f, journal.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// save writes the journal of a meter in place of the one before, whole or not at all.
func (d journals) save(m journal.Meter, j *journal.Journal) (path string, err error) {
	if err := d.disk.MakeFolder(d.folder); err != nil {
		return "", err
	}
	const tries = 3 // two meters of one serial number can want one name at the same time
	for range tries {
		path, found, finding := d.find(m)
		if finding != nil {
			return "", finding
		}
		over := files.File
		if found == nil {
			over = files.Nothing
		}
		err = d.disk.WriteBytes(path, over, files.Private, journal.Append(nil, j))
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
	return "", err
}

// remove deletes the journal of a meter, whose settings are back. There is none if all were in files
// that a person has put there.
func (d journals) remove(m journal.Meter) (path string, there bool, err error) {
	path, j, err := d.find(m)
	if err != nil || j == nil {
		return path, false, err
	}
	return path, true, d.disk.Remove(path)
}
