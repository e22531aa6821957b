// Package ini is the grammar of lines that the text files of this project share: [section], key
// = value, comments that begin with # or ;. Blanks around them mean nothing. Which sections and
// keys exist, how often they may occur and what their values mean is decided by the readers of
// each file.
package ini

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Blanks are the characters that mean nothing around sections, keys and values.
const Blanks = " \t"

// ByteOrderMark may stand before the first line of a file.
const ByteOrderMark = "\uFEFF"

// Kind says what a line is.
type Kind uint8

// The kinds of lines.
const (
	Nothing Kind = iota // blank, or a comment
	Header              // begins a section
	Pair                // a key and its value, or something that should be that
)

// KindOf finds the kind of a line by its first non-blank character.
func KindOf(line string) Kind {
	switch body := strings.Trim(line, Blanks); {
	case body == "" || body[0] == '#' || body[0] == ';':
		return Nothing
	case body[0] == '[':
		return Header
	}
	return Pair
}

// ParseHeader returns what stands between the brackets of a Header.
func ParseHeader(line string) (string, error) {
	body := strings.Trim(line, Blanks)
	inner, ok := strings.CutSuffix(body[1:], "]")
	if !ok {
		return "", fmt.Errorf("%.80q has no closing ]; write it as [section] alone on its line", body)
	}
	return strings.Trim(inner, Blanks), nil
}

// ParsePair returns the key of a Pair, and where in the line its value begins. The value ends
// with the last non-blank character.
func ParsePair(line string) (key string, valueAt int, err error) {
	before, after, ok := strings.Cut(line, "=")
	if !ok {
		return "", 0, fmt.Errorf("%.80q has no =; write key = value, or # before a comment", strings.Trim(line, Blanks))
	}
	return strings.Trim(before, Blanks), len(line) - len(strings.TrimLeft(after, Blanks)), nil
}

// Value returns the value of a Pair from the offset that ParsePair returned.
func Value(line string, valueAt int) string { return strings.TrimRight(line[valueAt:], Blanks) }

// Bad says what must not be on a line: bytes that are not UTF-8, and characters that could hide
// or break a line when it is shown. It is empty if nothing is wrong.
func Bad(line string) string {
	if !utf8.ValidString(line) {
		return "bytes that are no UTF-8; save the file as UTF-8 and try again"
	}
	for _, r := range line {
		if r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return fmt.Sprintf("a control character %U; delete it", r)
		}
	}
	return ""
}

// TooLong says that a line, or a value, has more bytes than are allowed.
func TooLong(has, most int) string {
	return fmt.Sprintf("the line has %d bytes, at most %d are allowed; shorten it", has, most)
}
