package reproduce

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"regexp"
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
	{"begin 6", "coded with uuencode", "decode it: uudecode"},
	{"\xFD7zXZ\x00", "packed with xz", "unpack it: unxz"},
	{"\x28\xB5\x2F\xFD", "packed with Zstandard", "unpack it: unzstd"},
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

// dresses are forms that a program has given to a text, in the order in which they are taken off.
var dresses = []struct {
	says string
	off  func(string) (text string, was bool)
}{
	{"taken out of a document of a word processor (RTF)", withoutRTF},
	{"its characters are written as those of an address are (URL encoding)", withoutPercents},
	{"taken out of HTML", withoutHTML},
	{"taken out of XML", withoutXML},
	{"its characters are written as those of a page are", withoutEntities},
	{"taken out of JSON", withoutJSON},
	{"its line ends are written as \\n", withoutEscapes},
}

// undressed returns a text as its program wrote it, with plain line ends, and says what was taken off.
func undressed(text string) (plain string, said []string) {
	for _, d := range dresses {
		if bare, was := d.off(text); was {
			text, said = bare, append(said, d.says)
		}
	}
	if strangeEnds.MatchString(text) {
		said = append(said, "its lines end as those of another system or program do")
	}
	return lineEnds.Replace(text), said
}

var entities = regexp.MustCompile(`&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|nbsp|lt|gt|amp|quot);`)

// withoutEntities returns a text that was copied out of the source of a page.
func withoutEntities(s string) (text string, was bool) {
	if !entities.MatchString(s) {
		return s, false
	}
	return html.UnescapeString(s), true
}

var percents = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// withoutPercents returns a text in which characters are written as those of an address are, such as a form
// that a page has sent. No line of a log has a % before a number.
func withoutPercents(s string) (text string, was bool) {
	const least = 4
	if strings.Count(s, "%20")+strings.Count(strings.ToUpper(s), "%0A")+strings.Count(s, "%3D") < least {
		return s, false
	}
	if !strings.Contains(strings.TrimSpace(s), " ") && !strings.Contains(s, "%20") { // a form: names and values, and + for a blank
		fields := strings.Split(strings.ReplaceAll(s, "+", " "), "&")
		for i, f := range fields {
			if _, value, named := strings.Cut(f, "="); named {
				fields[i] = value
			}
		}
		s = strings.Join(fields, "\n")
	}
	return percents.ReplaceAllStringFunc(s, func(code string) string {
		c, err := hex.DecodeString(code[1:])
		if err != nil {
			return code
		}
		return string(c)
	}), true
}

// withoutEscapes returns a text in which a program has written \n for each line end.
func withoutEscapes(s string) (text string, was bool) {
	if strings.Contains(strings.TrimSpace(s), "\n") || !strings.Contains(s, `\n`) {
		return s, false
	}
	return strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\t`, "\t").Replace(s), true
}

// textOf is a log as UTF-8, also from the two encodings that no log of a tool continues: UTF-32, and the
// code page of a Western Windows with the marks that Latin 1 does not have. guessed names one that no mark says.
func textOf(b []byte) (text, guessed string) {
	if s, ok := ofUTF32(b); ok {
		return s, "UTF-32"
	}
	text, guessed = upgradelog.Text(b)
	if utf8.Valid(b) {
		return text, guessed
	}
	return strings.Map(of1252, text), guessed
}

// readAs says that an encoding was guessed.
func readAs(guessed string) string { return "its bytes are read as " + guessed }

// of1252 is a character of the code page 1252, if it was taken for one of Latin 1.
func of1252(r rune) rune {
	if at := r - firstOf1252; at >= 0 && int(at) < len(marksOf1252) {
		return marksOf1252[at]
	}
	return r
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
