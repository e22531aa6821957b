package main

import (
	"errors"
	"fmt"
	"io"

	"ionbench/client/locks"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
)

// logFile is Upgrade.log. Lines are only appended, one at a time, and each is on the disk
// before the upgrade goes on, so that a crash of the PC loses at most one. Nobody else of this
// computer writes to the file meanwhile.
type logFile struct {
	disk    files.Disk
	keeper  *keeper
	process *locks.Process
	book    upgradelog.Book
	turn    upgradelog.Turn // what the last line asks for
	path    string
	roles   files.Roles // of the other files
	form    upgradelog.Form
	last    string    // line that is in it
	gone    bool      // the file has left its name meanwhile
	file    disk.File // nil: not open
	line    []byte
}

// append adds a line. It opens the file with the first line. If it returns an error of a log that
// is in use, again tries it again.
func (l *logFile) append(line upgradelog.Line) error {
	l.turn = l.book.Take(line)
	return l.again()
}

func (l *logFile) again() error { return l.take(l.turn) }

// giveUp says that a line is not tried again.
func (l *logFile) giveUp() {
	l.turn = upgradelog.Turn{}
	if l.file == nil {
		l.book.NotOpened() // and the lines that waited are nowhere
	}
}

// take does what a line asks for.
func (l *logFile) take(t upgradelog.Turn) error {
	if t.Close {
		if err := l.close(); err != nil {
			return err
		}
	}
	if t.Open != "" {
		if err := l.open(t.Open); err != nil {
			return err
		}
	}
	for _, line := range t.Lines {
		if err := l.add(line); err != nil {
			return err
		}
	}
	return nil
}

func (l *logFile) add(line upgradelog.Line) error {
	l.line = l.form.Append(l.line[:0], line)
	err := files.Plain(l.write(l.line))
	if err == nil {
		l.last = line.String()
	}
	ends := line.Kind == upgradelog.UpgradeCompleted || line.Kind == upgradelog.UpgradeFailed
	if err == nil && ends && !l.disk.IsAt(l.file, l.path) {
		l.gone = true
		return fmt.Errorf("%s was moved or removed while it was written", l.path)
	}
	return err
}

// missing says what a log lacks that could not be written to its end.
func (l *logFile) missing() string {
	switch {
	case l.gone:
		return "all of this run is where it went"
	case l.last == "":
		return "nothing of this run is in it"
	}
	return fmt.Sprintf("all that came after %q is missing in it", l.last)
}

func (l *logFile) write(p []byte) error {
	if _, err := l.file.Write(p); err != nil {
		return err
	}
	return l.file.Sync()
}

// open opens a log that nobody else of this computer writes to.
func (l *logFile) open(path string) error {
	l.path = path
	if err := l.roles.Joins(files.Written("--log", path)); err != nil {
		return err
	}
	if err := l.process.Log(l.keeper, files.Canonical(path)); err != nil {
		return cli.Environmental(fmt.Errorf("%s is %w", path, err))
	}
	f, err := l.disk.Open(path, disk.Write|disk.Append|disk.Create, files.Public)
	if err != nil {
		return errors.Join(err, l.close())
	}
	l.file = f
	if err := files.Plain(l.goOn()); err != nil {
		return errors.Join(err, l.close())
	}
	return nil
}

// goOn prepares the file for another line: nothing but a log gets one, in the form of those that are
// there, and if a crash has cut the last line short, its end is added.
func (l *logFile) goOn() error {
	l.form = upgradelog.Form{}
	info, err := l.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	head := make([]byte, min(info.Size(), upgradelog.EndBytes))
	tail := make([]byte, len(head))
	_, err = l.file.ReadAt(head, 0)
	_, err2 := l.file.ReadAt(tail, info.Size()-int64(len(tail)))
	if err := errors.Join(err, err2); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	form, mend, ok := upgradelog.Continue(head, tail, info.Size())
	if !ok {
		return cli.Usage("%s is no Upgrade.log, and nothing is added to it", l.path)
	}
	l.form = form
	if len(mend) == 0 {
		return nil
	}
	return l.write(mend)
}

// end writes the lines that still wait, because the process was told to end at once, and closes
// the log.
func (l *logFile) end() error { return errors.Join(l.take(l.book.End()), l.close()) }

func (l *logFile) close() error {
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	l.process.CloseLog(l.keeper)
	l.file = nil
	return err
}
