package journal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/ion"
)

// ErrJournal is wrapped by every error about a journal.
var ErrJournal = errors.New("not a usable journal")

// MaxBytes bounds what Parse reads.
const MaxBytes = 64 << 10

// A journal is a few lines of text with a CRC-32 over them. A program must write it whole or not
// at all. Version 1 had neither the model, nor the image, nor by whom, and held all settings.
const (
	titleV1 = "ionup journal 1"
	title   = "ionup journal 2"
)

// uncounted stands for the changes of a meter that does not count them.
const uncounted = "unknown"

// field is a line of the file: its key, and how its value is read and written.
type field struct {
	key    string
	format func(j *Journal) string
	parse  func(j *Journal, text string) error
}

func fieldsV1() []field {
	return []field{
		{"serial-number", func(j *Journal) string { return j.Meter.SerialNumber }, func(j *Journal, t string) error { j.Meter.SerialNumber = t; return nil }},
		{"unit-id", func(j *Journal) string { return strconv.Itoa(int(j.Meter.UnitID)) }, func(j *Journal, t string) error { return parseNumber(t, &j.Meter.UnitID) }},
		{"revision", func(j *Journal) string { return j.Revision }, func(j *Journal, t string) error { j.Revision = t; return nil }},
		{"saved", func(j *Journal) string { return j.Saved.UTC().Format(time.RFC3339) }, parseSaved},
		{"settings", func(j *Journal) string { return hex.EncodeToString(ion.AppendSettings(nil, &j.Settings)) }, parseSettings},
	}
}

func fieldsV2() []field {
	return slices.Concat(fieldsV1(), []field{
		{"model", func(j *Journal) string { return strconv.Itoa(int(j.Meter.Model)) }, func(j *Journal, t string) error { return parseNumber(t, &j.Meter.Model) }},
		{"image", func(j *Journal) string { return fmt.Sprintf("%08x %s", j.Image.CRC, j.Image.Revision) }, parseImage},
		{"by", func(j *Journal) string { return j.By }, func(j *Journal, t string) error { j.By = t; return nil }},
		{"held", func(j *Journal) string { return fmt.Sprintf("%08x", uint32(j.Held)) }, func(j *Journal, t string) error { return parseSet(t, ion.AllSettings, &j.Held) }},
		{"older", func(j *Journal) string { return fmt.Sprintf("%08x", uint32(j.Older)) }, func(j *Journal, t string) error { return parseSet(t, j.Held, &j.Older) }},
		{"counted", func(j *Journal) string { return fmt.Sprintf("%08x", uint32(j.Counted)) }, func(j *Journal, t string) error { return parseSet(t, j.Held&energy, &j.Counted) }},
		{"changes", formatChanges, parseChanges},
	})
}

// Append appends j as a file.
func Append(dst []byte, j *Journal) []byte {
	from := len(dst)
	dst = fmt.Appendln(dst, title)
	for _, f := range fieldsV2() {
		dst = fmt.Appendf(dst, "%s = %s\n", f.key, oneLine(f.format(j)))
	}
	return fmt.Appendf(dst, "crc-32 = %08x\n", crc32.ChecksumIEEE(dst[from:]))
}

// oneLine replaces what would end the line: names of users and computers can be anything.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7F {
			return '?'
		}
		return c
	}, text)
}

// Parse reads a journal file. It returns the whole journal, or an error that wraps ErrJournal.
func Parse(b []byte) (*Journal, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrJournal, len(b), MaxBytes)
	}
	const trailer = len("crc-32 = 00000000\n")
	if len(b) < trailer {
		return nil, fmt.Errorf("%w: cut short", ErrJournal)
	}
	body, last := b[:len(b)-trailer], string(b[len(b)-trailer:])
	if want := fmt.Sprintf("crc-32 = %08x\n", crc32.ChecksumIEEE(body)); last != want {
		return nil, fmt.Errorf("%w: damaged or cut short: it ends in %q, where its content asks for %q", ErrJournal, last, want)
	}
	return parseBody(strings.Split(strings.TrimSuffix(string(body), "\n"), "\n"))
}

func parseBody(lines []string) (*Journal, error) {
	var fields []field
	switch lines[0] {
	case titleV1:
		fields = fieldsV1()
	case title:
		fields = fieldsV2()
	}
	if fields == nil || len(lines) != 1+len(fields) {
		return nil, fmt.Errorf("%w: it does not begin with %q and its fields", ErrJournal, title)
	}
	j := new(Journal)
	for i, f := range fields {
		value, ok := strings.CutPrefix(lines[i+1], f.key+" = ")
		if !ok {
			return nil, fmt.Errorf("%w: line %d: %s expected", ErrJournal, i+2, f.key)
		}
		if err := f.parse(j, value); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrJournal, f.key, err)
		}
	}
	if lines[0] == titleV1 {
		j.Held = ion.AllSettings
		j.Meter.Model = modelOf(j.Revision)
	}
	return j, nil
}

// modelOf returns the model that a revision such as 7350V283 is for; 0 if it does not tell.
func modelOf(revision string) uint16 {
	var model uint16
	before, _, _ := strings.Cut(revision, "V")
	if parseNumber(before, &model) != nil {
		return 0
	}
	return model
}

func parseNumber(text string, n *uint16) error {
	v, err := strconv.ParseUint(text, 10, 16)
	*n = uint16(v)
	return err
}

func parseSaved(j *Journal, text string) (err error) {
	j.Saved, err = time.Parse(time.RFC3339, text)
	return err
}

func parseSettings(j *Journal, text string) error {
	state, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	settings, rest, err := ion.ParseSettings(state)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes too many", len(rest))
	}
	j.Settings = settings
	return nil
}

func parseImage(j *Journal, text string) error {
	sum, revision, _ := strings.Cut(text, " ")
	v, err := strconv.ParseUint(sum, 16, 32)
	j.Image = Image{Revision: revision, CRC: uint32(v)}
	return err
}

// parseSet reads a set of settings, which must be within another one.
func parseSet(text string, within ion.SettingSet, set *ion.SettingSet) error {
	v, err := strconv.ParseUint(text, 16, 32)
	*set = ion.SettingSet(v)
	if err == nil && *set&^within != 0 {
		err = fmt.Errorf("%s: there are no such settings here", text)
	}
	return err
}

func formatChanges(j *Journal) string {
	if !j.Marked {
		return uncounted
	}
	words := make([]string, len(j.Changes))
	for i, n := range j.Changes {
		words[i] = strconv.FormatUint(uint64(n), 10)
	}
	return strings.Join(words, " ")
}

func parseChanges(j *Journal, text string) error {
	if text == uncounted {
		return nil
	}
	words := strings.Split(text, " ")
	if len(words) != len(j.Changes) {
		return fmt.Errorf("%d counts, and it is %d", len(words), len(j.Changes))
	}
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 32)
		if err != nil {
			return err
		}
		j.Changes[i] = uint32(n)
	}
	j.Marked = true
	return nil
}
