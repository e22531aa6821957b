package journal

import (
	"errors"
	"fmt"
	"strings"
)

// Names are the names that the journal of a meter can have in a folder, in the order in which
// they are tried. The second is for a meter whose serial number another one has, too.
func Names(m Meter) [2]string {
	serial := FileName(m.SerialNumber)
	return [2]string{
		serial + ".journal",
		fmt.Sprintf("%s-%d-%d.journal", serial, m.Model, m.UnitID),
	}
}

// FileName makes a serial number a part of a file's name. Every character that could lead out of a
// folder is written as % and two digits: the number comes from whatever is on the line.
func FileName(serialNumber string) string {
	var b strings.Builder
	for i, c := range []byte(serialNumber) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// ErrNoSerialNumber: the meter does not tell its serial number.
var ErrNoSerialNumber = errors.New("the meter does not tell its serial number, after which its journal is named")

// Find looks for the journal of a meter. read returns a file of the folder; nil if there is none.
// name is the journal's, or the one under which it is to be saved if j is nil. What a file is of
// is what it says itself, not its name. A file that cannot be read is an error, because it may
// hold the only copy of the settings. An error that wraps ErrJournal begins with the file's name.
func Find(m Meter, read func(name string) ([]byte, error)) (name string, j *Journal, err error) {
	if m.SerialNumber == "" {
		return "", nil, ErrNoSerialNumber
	}
	free := ""
	for _, n := range Names(m) {
		b, err := read(n)
		if err != nil {
			return "", nil, err
		}
		if b == nil {
			if free == "" {
				free = n
			}
			continue
		}
		found, err := Parse(b)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", n, err)
		}
		if found.Meter.Is(m) {
			return n, found, nil
		}
	}
	if free == "" {
		return "", nil, fmt.Errorf("%s: %w: it and %s are of other meters; move them to another folder", Names(m)[0], ErrJournal, Names(m)[1])
	}
	return free, nil, nil
}
