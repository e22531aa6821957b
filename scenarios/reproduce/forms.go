package reproduce

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// withoutEscapes returns a text in which a program has written \n for each line end.
func withoutEscapes(s string) (text string, was bool) {
	if strings.Contains(strings.TrimSpace(s), "\n") || !strings.Contains(s, `\n`) {
		return s, false
	}
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\t`, "\t").Replace(s), true
}

// without64 returns what a file holds that is base64 and nothing else.
func without64(b []byte) (content []byte, was bool) {
	const least = 64 // bytes: a word is base64, too
	bare := bytes.Join(bytes.Fields(b), nil)
	if len(bare) < least {
		return b, false
	}
	content, err := base64.StdEncoding.DecodeString(string(bare))
	if err != nil {
		return b, false
	}
	return content, true
}

// textOf is a log as UTF-8, also from the two encodings that no log of a tool continues: UTF-32, and the
// code page of a Western Windows with the marks that Latin 1 does not have.
func textOf(b []byte) string {
	if s, ok := ofUTF32(b); ok {
		return s
	}
	s := upgradelog.Text(b)
	if utf8.Valid(b) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if at := r - firstOf1252; at >= 0 && int(at) < len(marksOf1252) {
			return marksOf1252[at]
		}
		return r
	}, s)
}

// Where the code page 1252 has marks, Latin 1 has control characters.
const firstOf1252 = 0x80

var marksOf1252 = [...]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

// ofUTF32 reads UTF-32 of either order, with or without its mark: of each four bytes the high two say nothing.
func ofUTF32(b []byte) (s string, ok bool) {
	const width, least = 4, 16
	if len(b) < least || len(b)%width != 0 {
		return "", false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		runes := make([]rune, 0, len(b)/width)
		for at := 0; at < len(b); at += width {
			r := order.Uint32(b[at:])
			if r > unicode.MaxRune {
				break
			}
			runes = append(runes, rune(r))
		}
		if len(runes) == len(b)/width {
			return strings.TrimPrefix(string(runes), "\uFEFF"), true
		}
	}
	return "", false
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

// appendTexts appends the lines of a value. Of an object it is the text that is a line of a log; else what its
// lists and objects hold; else the longest text. A number in a list is none, such as the time beside a line.
func appendTexts(lines []string, value any) []string {
	switch v := value.(type) {
	case string:
		return append(lines, strings.Split(strings.TrimRight(v, "\r\n"), "\n")...)
	case []any:
		for _, item := range v {
			if text, ok := item.(string); !ok || strings.Trim(text, "0123456789.") != "" {
				lines = appendTexts(lines, item)
			}
		}
	case map[string]any:
		best, known := "", false
		var within []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, flat := v[key].(string)
			if !flat {
				within = appendTexts(within, v[key])
			}
			if _, _, _, ok := lineOf(text); ok && !known || ok == known && len(text) > len(best) {
				best, known = text, ok
			}
		}
		if n, _ := readable(within); n > 0 && !known {
			return append(lines, within...)
		}
		return appendTexts(lines, best)
	}
	return lines
}
