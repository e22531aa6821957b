package reproduce

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"ionbench/client/upgradelog"
)

// ErrNoText: the file is of a kind that this package does not open.
var ErrNoText = errors.New("no text")

// kindsOfFiles are those in which logs are sent and which are not opened here, by how they begin.
var kindsOfFiles = []struct{ begins, name, todo string }{
	{"PK\x03\x04", "a ZIP file without a log in it, or a document of an office program", "send the log itself, or copy its text into a file"},
	{"7z\xBC\xAF\x27\x1C", "packed with 7-Zip", "unpack it, and name the log in it"},
	{"Rar!\x1A\x07", "packed with RAR", "unpack it, and name the log in it"},
	{"BZh", "packed with bzip2", "unpack it: bunzip2"},
	{"\xFD7zXZ\x00", "packed with xz", "unpack it: unxz"},
	{"\x28\xB5\x2F\xFD", "packed with Zstandard", "unpack it: unzstd"},
	{"{\\rtf", "a document of a word processor (RTF)", "save it as text"},
	{"%PDF-", "a PDF", "copy its text into a file, or ask for the log itself"},
	{"\x89PNG\r\n", "a picture", "ask for the log itself"},
	{"\xFF\xD8\xFF", "a picture", "ask for the log itself"},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "a document or a mail of an office program", "save it as text"},
}

// ofAnotherKind is the error of a file that is no text.
func ofAnotherKind(b []byte) error {
	for _, k := range kindsOfFiles {
		if bytes.HasPrefix(b, []byte(k.begins)) {
			return fmt.Errorf("%w: it is %s; %s", ErrNoText, k.name, k.todo)
		}
	}
	return nil
}

// unzipped returns the first log, or text, of a ZIP file, and its name there.
func unzipped(b []byte) (content []byte, name string) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return b, ""
	}
	for _, f := range z.File {
		switch strings.ToLower(path.Ext(f.Name)) {
		case ".log", ".txt":
		default:
			continue
		}
		in, err := f.Open()
		if err != nil {
			continue
		}
		content, _ = io.ReadAll(io.LimitReader(in, upgradelog.MaxBytes+1)) // a torn end is like that of a log
		_ = in.Close()                                                     // it was read
		return content, f.Name
	}
	return b, ""
}

// withoutJSON returns the lines that stand in a file of JSON as strings: in a list, in one string, or one
// in each object. Strings that are no line of a log are lines, too.
func withoutJSON(s string) (text string, was bool) {
	if bare := strings.TrimSpace(s); !strings.ContainsAny(bare[:min(1, len(bare))], `[{"`) {
		return s, false
	}
	var lines []string
	for d := json.NewDecoder(strings.NewReader(s)); ; {
		var value any
		err := d.Decode(&value)
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, false
		}
		lines = appendTexts(lines, value)
	}
	return strings.Join(lines, "\n") + "\n", len(lines) > 0
}

// appendTexts appends the lines of a value. Of an object it is the text that is a line of a log; else the longest.
func appendTexts(lines []string, value any) []string {
	switch v := value.(type) {
	case string:
		return append(lines, strings.Split(strings.TrimRight(v, "\r\n"), "\n")...)
	case []any:
		for _, item := range v {
			lines = appendTexts(lines, item)
		}
	case map[string]any:
		best, known := "", false
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, _ := v[key].(string)
			if _, _, _, ok := lineOf(text); ok && !known || ok == known && len(text) > len(best) {
				best, known = text, ok
			}
		}
		return appendTexts(lines, best)
	}
	return lines
}
