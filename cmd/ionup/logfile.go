package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/disk"
)

// serialMark in the name of a log stands for the serial number of the meter.
const serialMark = "{serial}"

// noSerial stands there for a meter that has not told its serial number.
const noSerial = "unknown"

// logFile is Upgrade.log. Lines are only appended, one at a time, and each is on the disk
// before the upgrade goes on, so that a crash of the PC loses at most one. Nobody else of this
// computer writes to the file meanwhile.
//
// If its name has the serial number in it, the lines wait until the log itself tells the number,
// which is before anything in the meter is changed, or until the upgrade has failed without.
type logFile struct {
	disk    files.Disk
	locks   locks
	name    string // as given, with serialMark
	path    string
	file    disk.File // nil: not open
	lock    *files.Lock
	line    []byte
	waiting []upgradelog.Line
}

// append adds a line. It opens the file with the first line.
func (l *logFile) append(line upgradelog.Line) error {
	if l.perMeter() && line.Kind == upgradelog.UpgradeStarted {
		if err := l.close(); err != nil {
			return err
		}
	}
	if l.file == nil {
		if serial, known := l.serialOf(line); known {
			if err := l.open(serial); err != nil {
				return err
			}
		} else {
			l.waiting = append(l.waiting, line)
			return nil
		}
	}
	return l.add(line)
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

func (l *logFile) perMeter() bool { return strings.Contains(l.name, serialMark) }

// serialOf returns what the name of the log has to be made of. Not known: the lines go on
// waiting.
func (l *logFile) serialOf(line upgradelog.Line) (serial string, known bool) {
	switch {
	case line.Kind == upgradelog.DeviceSerialNumber && line.Text != "":
		return line.Text, true
	case !l.perMeter(), line.Kind == upgradelog.DeviceSerialNumber, line.Kind == upgradelog.UpgradeFailed:
		return noSerial, true
	}
	return "", false
}

// open opens the log of a meter, and writes the lines that waited for it.
func (l *logFile) open(serial string) error {
	waiting := l.waiting
	l.waiting = nil // also if there is no log: then they are nowhere else either
	l.path = strings.ReplaceAll(l.name, serialMark, journal.FileName(serial))
	lock, err := l.locks.log(l.path)
	if err != nil {
		return cli.Environmental(fmt.Errorf("%s is %w", l.path, err))
	}
	l.lock = lock
	f, err := l.disk.Open(l.path, disk.Write|disk.Append|disk.Create, files.Public)
	if err != nil {
		return errors.Join(err, l.close())
	}
	l.file = f
	if err := files.Plain(l.goOn()); err != nil {
		return errors.Join(err, l.close())
	}
	for _, line := range waiting {
		if err := l.add(line); err != nil {
			return err
		}
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
func (l *logFile) end() error {
	var err error
	if len(l.waiting) > 0 {
		err = l.open(noSerial)
	}
	return errors.Join(err, l.close())
}

func (l *logFile) close() error {
	var err error
	if l.file != nil {
		err = l.file.Close()
	}
	l.lock.Release()
	l.file, l.lock = nil, nil
	return err
}
