package reproduce

import (
	"bytes"
	"compress/gzip"
	"html"
	"io"
	"regexp"
	"strings"
	"unicode"

	"ionbench/client/upgradelog"
)

// unpacked returns the content of a file that may be packed with gzip. One that cannot be
// unpacked, or that is too large, is returned as it is, or as far as it may be.
func unpacked(b []byte) (content []byte, packed bool) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return b, false
	}
	content, _ = io.ReadAll(io.LimitReader(r, upgradelog.MaxBytes+1)) // a torn end is like that of a log
	return content, true
}

var (
	breaks = regexp.MustCompile(`(?i)<(?:br|/p|/div|/li|/tr)\s*/?>`)
	tags   = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
)

// withoutHTML returns the text of a page that a mail program has made of a log.
func withoutHTML(s string) (text string, was bool) {
	if !breaks.MatchString(s) {
		return s, false
	}
	s = breaks.ReplaceAllStringFunc(s, func(string) string { return "\n" })
	return html.UnescapeString(tags.ReplaceAllString(s, "")), true
}

// lineEnds are those of other systems, of transfers that translate ends that are translated already,
// and of Unicode.
var lineEnds = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// blanks are what mail programs and word processors write for a blank.
var blanks = strings.NewReplacer("\u00A0", " ", "\u2007", " ", "\u202F", " ", "\u3000", " ", "\t", " ", "\uFEFF", "", "\u200B", "", "\u200E", "", "\u200F", "")

// tidied returns a line with common blanks, and none at its ends.
func tidied(s string) string { return strings.TrimFunc(blanks.Replace(s), unicode.IsSpace) }

var quote = regexp.MustCompile(`^(?:[>|] ?)+`)

// unquoted removes the marks that a mail program puts before each line of a mail that is answered.
func unquoted(s string) (text string, was bool) {
	text = quote.ReplaceAllString(s, "")
	return text, text != s
}

// spelled is how a line stood in the file, other than the tool writes it.
type spelled uint8

const (
	quoted    spelled = 1 << iota // with marks of a mail before it
	stamped                       // with a stamp of another logger before it
	recased                       // with other capitals
	rewritten                     // with a date or a number of another locale
	wrapped                       // in two lines
)

// spellings are what is said of lines that are spelled otherwise.
var spellings = []struct {
	how  spelled
	says string
}{
	{quoted, "quoted as in a mail: the marks before the lines are left out"},
	{stamped, "something stands before the lines, such as another logger's stamp: it is left out"},
	{recased, "other capitals than the tool writes, which do not matter"},
	{wrapped, "a line that was wrapped is joined again"},
}

// lineOf reads a line however it was passed on. remark is about a date or a number that was read
// as of another locale.
func lineOf(s string) (l upgradelog.Line, how spelled, remark string, ok bool) {
	s, was := unquoted(tidied(s))
	if was {
		how |= quoted
		s = tidied(s)
	}
	if l, ok = upgradelog.ParseLine(s); ok {
		return l, how, "", true
	}
	respelled, before, found := upgradelog.Respell(s)
	if !found {
		return l, how, "", false
	}
	if before != "" {
		how |= stamped
	}
	if !strings.HasSuffix(s, respelled) {
		how |= recased
	}
	if l, ok = upgradelog.ParseLine(respelled); ok {
		return l, how, "", true
	}
	l, remark, ok = ofAnotherLocale(respelled)
	return l, how | rewritten, remark, ok
}
