package client

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/ion"
)

// Journal is the settings of a meter. It is kept from before the flash is cleared until the
// settings are back in the meter. The vendor's tool has none: "When the connection is lost and
// ION Setup is restarted those settings are not retained" (FA212301).
//
// As a file it is a few lines of text with a CRC-32 over them. A program must write it whole or
// not at all.
type Journal struct {
	SerialNumber string
	UnitID       uint16
	Revision     string // the revision that ran when the settings were read
	Saved        time.Time
	Settings     ion.Settings
}

// ErrJournal is wrapped by every error about a journal.
var ErrJournal = errors.New("not a usable journal")

// MaxJournalBytes bounds what ParseJournal reads.
const MaxJournalBytes = 64 << 10

const journalTitle = "ionup journal 1"

// AppendJournal appends j as a file.
func AppendJournal(dst []byte, j *Journal) []byte {
	from := len(dst)
	dst = fmt.Appendf(dst, "%s\nserial-number = %s\nunit-id = %d\nrevision = %s\nsaved = %s\nsettings = %x\n",
		journalTitle, j.SerialNumber, j.UnitID, j.Revision, j.Saved.UTC().Format(time.RFC3339), ion.AppendSettings(nil, &j.Settings))
	return fmt.Appendf(dst, "crc-32 = %08x\n", crc32.ChecksumIEEE(dst[from:]))
}

// ParseJournal reads a journal file. It returns the whole journal, or an error that wraps
// ErrJournal.
func ParseJournal(b []byte) (*Journal, error) {
	if len(b) > MaxJournalBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrJournal, len(b), MaxJournalBytes)
	}
	const trailer = len("crc-32 = 00000000\n")
	if len(b) < trailer {
		return nil, fmt.Errorf("%w: cut short", ErrJournal)
	}
	body, last := b[:len(b)-trailer], string(b[len(b)-trailer:])
	if want := fmt.Sprintf("crc-32 = %08x\n", crc32.ChecksumIEEE(body)); last != want {
		return nil, fmt.Errorf("%w: damaged or cut short: it ends in %q, where its content asks for %q", ErrJournal, last, want)
	}
	return parseJournalBody(string(body))
}

func parseJournalBody(body string) (*Journal, error) {
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	keys := []string{"serial-number", "unit-id", "revision", "saved", "settings"}
	if len(lines) != 1+len(keys) || lines[0] != journalTitle {
		return nil, fmt.Errorf("%w: it does not begin with %q and its five fields", ErrJournal, journalTitle)
	}
	values := make([]string, len(keys))
	for i, key := range keys {
		value, ok := strings.CutPrefix(lines[i+1], key+" = ")
		if !ok {
			return nil, fmt.Errorf("%w: line %d: %s expected", ErrJournal, i+2, key)
		}
		values[i] = value
	}
	return newJournal(values)
}

func newJournal(values []string) (*Journal, error) {
	j := &Journal{SerialNumber: values[0], Revision: values[2]}
	unit, err := strconv.ParseUint(values[1], 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%w: unit-id: %w", ErrJournal, err)
	}
	j.UnitID = uint16(unit)
	if j.Saved, err = time.Parse(time.RFC3339, values[3]); err != nil {
		return nil, fmt.Errorf("%w: saved: %w", ErrJournal, err)
	}
	state, err := hex.DecodeString(values[4])
	if err != nil {
		return nil, fmt.Errorf("%w: settings: %w", ErrJournal, err)
	}
	settings, rest, err := ion.ParseSettings(state)
	if err != nil {
		return nil, fmt.Errorf("%w: settings: %w", ErrJournal, err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: settings: %d bytes too many", ErrJournal, len(rest))
	}
	j.Settings = settings
	return j, nil
}
