package main

import (
	"errors"
	"io"

	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
)

// logFile is Upgrade.log. Lines are only appended, one at a time, and each is on the disk
// before the upgrade goes on, so that a crash of the PC loses at most one.
type logFile struct {
	disk files.Disk
	path string
	file disk.File
	line []byte
}

// append adds a line. It opens the file with the first line.
func (l *logFile) append(line upgradelog.Line) error {
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	l.line = upgradelog.Append(l.line[:0], line)
	return files.Plain(l.write(l.line))
}

func (l *logFile) write(p []byte) error {
	if _, err := l.file.Write(p); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *logFile) open() error {
	f, err := l.disk.Open(l.path, disk.Write|disk.Append|disk.Create, files.Public)
	if err != nil {
		return err
	}
	l.file = f
	if err := l.goOn(); err != nil {
		l.file = nil
		return errors.Join(files.Plain(err), f.Close())
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

func (l *logFile) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
