package rig

import (
	"errors"
	"slices"

	"ionbench/client/journal"
	"ionbench/simulator/machine"
)

// Disk holds the files that outlive a process of the tool: its logs and its journals. And it has
// the locks that processes hold.
type Disk struct {
	Log      []byte // the one that was written last
	log      string // its name
	logs     []logFile
	journals []kept
	locks    []lock
	// Full leaves no room for a journal, but still for the log. The fault disk-full leaves
	// room for neither.
	Full bool
}

// logFile is a log that is not the one that was written last.
type logFile struct {
	name    string
	content []byte
}

// turnTo makes another log the one that is written.
func (d *Disk) turnTo(name string) {
	if name == d.log {
		return
	}
	logs := slices.Clone(d.logs) // copies share it
	if d.log != "" {
		logs = append(logs, logFile{d.log, d.Log})
	}
	d.log, d.Log = name, nil
	if at := slices.IndexFunc(logs, func(l logFile) bool { return l.name == name }); at >= 0 {
		d.Log = logs[at].content
		logs = slices.Delete(logs, at, at+1)
	}
	d.logs = logs
}

// putLogsAway makes every tool begin a new log.
func (d *Disk) putLogsAway() { d.Log, d.logs = nil, nil }

// logOf is the log of a name.
func (d *Disk) logOf(name string) []byte {
	if name == d.log {
		return d.Log
	}
	for _, l := range d.logs {
		if l.name == name {
			return l.content
		}
	}
	return nil
}

// lock is something that a process keeps others from.
type lock struct{ name, by string }

// kept is a journal in one of the folders.
type kept struct {
	folder, name string
	file         []byte
	journal      *journal.Journal // that is in the file; nil if that cannot be read. It is looked at after every act.
}

// keep is a file as it lies in a folder.
func keep(folder, name string, file []byte) kept {
	j, err := journal.Parse(file)
	if err != nil {
		j = nil
	}
	return kept{folder, name, file, j}
}

// ErrDiskFull is the error of a write to a full disk.
var ErrDiskFull = errors.New("no space left on the disk")

// put writes a file and replaces the earlier one of the same name.
func (d *Disk) put(k kept) {
	d.remove(k.folder, k.name)
	d.journals = append(d.journals, k)
}

// in returns how a file of a folder is read; nil if there is none.
func (d *Disk) in(folder string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		for _, k := range d.journals {
			if k.is(folder, name) {
				return k.file, nil
			}
		}
		return nil, nil
	}
}

func (k *kept) is(folder, name string) bool { return k.folder == folder && k.name == name }

// load returns what a folder holds of a meter; nil if that is nothing.
func (d *Disk) load(folder string, m journal.Meter) (*journal.Journal, error) {
	found, err := journal.Gather(m, inFolder{d, folder})
	if err != nil {
		return nil, err
	}
	return found.Journal, nil
}

// inFolder is a folder with journals.
type inFolder struct {
	disk   *Disk
	folder string
}

// List returns the names in the folder.
func (f inFolder) List() (names []string, err error) {
	for _, k := range f.disk.journals {
		if k.folder == f.folder {
			names = append(names, k.name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Read returns a file of the folder; nil if there is none.
func (f inFolder) Read(name string) ([]byte, error) { return f.disk.in(f.folder)(name) }

func (d *Disk) remove(folder, name string) {
	d.journals = slices.DeleteFunc(slices.Clone(d.journals), func(k kept) bool { return k.is(folder, name) })
}

func (d *Disk) removeFolder(folder string) {
	d.journals = slices.DeleteFunc(slices.Clone(d.journals), func(k kept) bool { return k.folder == folder })
}

// damage flips a bit in the middle of each whole journal of a folder.
func (d *Disk) damage(folder string) {
	d.journals = slices.Clone(d.journals)
	for i := range d.journals {
		if k := &d.journals[i]; k.folder == folder && k.journal != nil {
			file := slices.Clone(k.file)
			file[len(file)/2] ^= 1
			*k = keep(k.folder, k.name, file)
		}
	}
}

// copyInto copies journals into a folder, where they replace others of the same name.
func (d *Disk) copyInto(folder string, journals []kept) {
	for _, k := range journals {
		k.folder = folder
		d.put(k)
	}
}

// Journals is the number of journals, in all folders: one for each upgrade that has not ended.
func (d *Disk) Journals() int { return len(d.journals) }

// declare leaves the contents of the log out of a fingerprint: the tool never reads it.
func (d *Disk) declare(w *machine.State) {
	w.Bool(d.Full)
	machine.Clip(w, &d.journals)
	machine.Each(w, d.journals, func(k *kept) {
		w.Text(k.folder)
		w.Text(k.name)
		w.Bytes(&k.file, nil)
	})
}
