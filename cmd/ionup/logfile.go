package main

import (
	"io"
	"os"

	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/files"
)

// logFile is Upgrade.log. Lines are only appended, one at a time, so that a crash of the PC
// loses at most one.
type logFile struct {
	path string
	file *os.File
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
	if _, err := l.file.Write(l.line); err != nil {
		return files.Plain(err)
	}
	return nil
}

func (l *logFile) open() error {
	f, err := files.Open(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, files.Public)
	if err != nil {
		return err
	}
	if err := endLastLine(f); err != nil {
		f.Close()
		return files.Plain(err)
	}
	l.file = f
	return nil
}

// endLastLine adds the end of line if a crash has cut the last line short.
func endLastLine(f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

func (l *logFile) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
