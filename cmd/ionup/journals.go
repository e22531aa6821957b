package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ionbench/client"
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

// path returns the file of a meter. The serial number comes from the meter, so every character
// that could lead out of the folder is written as % and two digits.
func (d journals) path(serialNumber string) string {
	var b strings.Builder
	for i, c := range []byte(serialNumber) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return filepath.Join(d.folder, b.String()+journalEnding)
}

const journalEnding = ".journal"

var errNoSerialNumber = errors.New("the meter does not tell its serial number, after which its journal is named")

// load returns the journal of a meter; nil if there is none.
func (d journals) load(serialNumber string) (*client.Journal, error) {
	if serialNumber == "" {
		return nil, errNoSerialNumber
	}
	d.disk.Sweep(d.folder, journalEnding)
	path := d.path(serialNumber)
	if _, err := d.disk.System.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	f, err := d.disk.Open(path, 0, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := files.ReadAll(f, client.MaxJournalBytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	j, err := client.ParseJournal(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if j.SerialNumber != serialNumber {
		return nil, fmt.Errorf("%s: %w: it is that of meter %s", path, client.ErrJournal, j.SerialNumber)
	}
	return j, nil
}

// save replaces the journal of a meter, whole or not at all.
func (d journals) save(j *client.Journal) error {
	if j.SerialNumber == "" {
		return errNoSerialNumber
	}
	if err := d.disk.MakeFolder(d.folder); err != nil {
		return err
	}
	return d.disk.WriteBytes(d.path(j.SerialNumber), files.Name, files.Private, client.AppendJournal(nil, j))
}

// remove deletes the journal of a meter that has its settings back.
func (d journals) remove(serialNumber string) error {
	return d.disk.Remove(d.path(serialNumber))
}
