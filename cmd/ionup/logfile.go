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
	path    string
	file    disk.File // nil: not open
	line    []byte
}

// append adds a line. It opens the file with the first line.
func (l *logFile) append(line upgradelog.Line) error { return l.take(l.book.Take(line)) }

// take does what a line asks for.
func (l *logFile) take(t upgradelog.Turn) error {
	if t.Close {
		if err := l.close(); err != nil {
			return err
		}
	}
	if t.Open != "" {
		if err := l.open(t.Open); err != nil {
			l.book.NotOpened() // and the lines that waited are nowhere
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
	l.line = upgradelog.Append(l.line[:0], line)
	return files.Plain(l.write(l.line))
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
	if err := l.process.Log(l.keeper, canonical(path)); err != nil {
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

// goOn prepares the file for another line: nothing but a log gets one, and if a crash has cut
// the last line short, its end is added.
func (l *logFile) goOn() error {
	info, err := l.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	head := make([]byte, min(info.Size(), upgradelog.HeadBytes))
	if _, err := l.file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !upgradelog.IsLog(head) {
		return cli.Usage("%s is no Upgrade.log, and nothing is added to it", l.path)
	}
	var last [1]byte
	if _, err := l.file.ReadAt(last[:], info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	return l.write([]byte{'\n'})
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
