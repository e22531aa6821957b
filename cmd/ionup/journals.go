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

// load returns what find does. What killed processes have left of their journals is removed.
func (d journals) load(m journal.Meter) (path string, j *journal.Journal, err error) {
	d.disk.Sweep(d.folder, journalEnding)
	return d.find(m)
}

// find returns the journal of a meter, nil if there is none, and its path, or the one under which
// it is to be saved.
func (d journals) find(m journal.Meter) (path string, j *journal.Journal, err error) {
	name, j, err := journal.Find(m, d.read)
	switch {
	case errors.Is(err, journal.ErrJournal):
		err = fmt.Errorf("%s%c%w", d.folder, filepath.Separator, err) // it begins with the name of the file
	case err == nil:
		path = filepath.Join(d.folder, name)
	}
	return path, j, err
}

const journalEnding = ".journal" // of all names that package journal gives

// read returns a file of the folder; nil if there is none.
func (d journals) read(name string) ([]byte, error) {
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

// remove deletes the journal of a meter, whose settings are back.
func (d journals) remove(m journal.Meter) (path string, err error) {
	path, j, err := d.find(m)
	if err != nil || j == nil {
		return path, err
	}
	return path, d.disk.Remove(path)
}
