package reproduce

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"ionbench/client/upgradelog"
)

var (
	breaks = regexp.MustCompile(`(?i)</?(?:br|p|div|li|tr|pre)\b[^<>]*>`)
	// blocks end a line, too, but make no page of a text: a tool may write <title> in a message.
	blocks = regexp.MustCompile(`(?i)</?(?:html|head|title|body|h[1-6]|table|ul|ol|dl|dt|dd|blockquote|section|article|header|footer|main|center|hr|code|samp)\b[^<>]*>`)
	// unseen is what a page holds for its browser alone.
	unseen = regexp.MustCompile(`(?is)<(?:style|script)\b.*?(?:</(?:style|script)\s*>|$)|<!--.*?(?:-->|$)`)
	cells  = regexp.MustCompile(`(?i)</?(?:td|th)\b[^<>]*>`)
	tags   = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	// In a table a line ends where a row does, and not where its file has an end, unless it is preformatted.
	tables       = regexp.MustCompile(`(?is)<table\b.*?(?:</table\s*>|$)`)
	preformatted = regexp.MustCompile(`(?i)<pre\b`)
)

// withoutHTML returns the text of a page that a mail program has made of a log.
func withoutHTML(s string) (text string, was bool) {
	if !breaks.MatchString(s) {
		return s, false
	}
	s = tables.ReplaceAllStringFunc(unseen.ReplaceAllLiteralString(s, ""), func(table string) string {
		if preformatted.MatchString(table) {
			return table
		}
		return strings.ReplaceAll(lineEnds.Replace(table), "\n", " ")
	})
	s = cells.ReplaceAllLiteralString(blocks.ReplaceAllLiteralString(breaks.ReplaceAllLiteralString(s, "\n"), "\n"), "\t")
	return html.UnescapeString(tags.ReplaceAllString(s, "")), true
}

var element = regexp.MustCompile(`^\s*(?:<[?!][^<>]*>\s*)*</?[A-Za-z][^<>]*>`)

// withoutXML returns the text of a file that begins with an element, of which each has lines of its own.
func withoutXML(s string) (text string, was bool) {
	if !element.MatchString(s) {
		return s, false
	}
	if paragraphs.MatchString(s) { // the words of a line are in several elements
		s = tags.ReplaceAllString(paragraphs.ReplaceAllString(s, "\n"), "")
	}
	return html.UnescapeString(tags.ReplaceAllString(s, "\n")), true
}

// paragraphs end lines in the documents of two families of office programs.
var paragraphs = regexp.MustCompile(`</(?:w:p|text:p|text:h)>|<(?:w:br|w:cr|text:line-break)\b[^<>]*>`)

var (
	quotedByte = regexp.MustCompile(`=(?:\r?\n|[0-9A-F]{2})`)
	inBase64   = regexp.MustCompile(`(?i)content-transfer-encoding:[ \t]*base64[^\n]*\n(?:[^\n]*[a-z][^\n]*:[^\n]*\n)*\r?\n([A-Za-z0-9+/=\r\n]+)`)
)

// alternatives begins a part of a mail that says the same in several ways, such as text and HTML.
var alternatives = regexp.MustCompile(`(?i)content-type:[ \t]*multipart/alternative;[^:]*?boundary="?([^"\s;]+)`)

// withoutAlternatives returns a mail with one of the ways in which it says the same: the first in which most
// lines can be read.
func (o *opener) withoutAlternatives(b []byte, deep int) []byte {
	const most = 16 // such parts of a mail
	kept := b
	for _, found := range alternatives.FindAllSubmatch(b, most) {
		mark := append([]byte("\n--"), found[1]...)
		parts := bytes.Split(kept, mark)
		const before, behind = 1, 1
		if len(parts) <= before+1+behind {
			continue
		}
		best, lines := before, -1
		for i := before; i < len(parts)-behind; i++ {
			part, _ := o.decoded(parts[i], deep)
			text, _ := textOf(part)
			page, _ := withoutHTML(lineEnds.Replace(text))
			if n, _ := readable(strings.Split(page, "\n")); n > lines {
				best, lines = i, n
			}
		}
		end := bytes.TrimPrefix(parts[len(parts)-1], []byte("--"))
		kept = slices.Concat(parts[0], parts[best], end)
	}
	return kept
}

// unmailed returns the text of a mail as it stands in its file. It is done once: the words of a log are
// base64, too.
func (o *opener) unmailed(b []byte, deep int) (content []byte, was bool) {
	if o.mailed {
		return b, false
	}
	one := o.withoutAlternatives(b, deep)
	content, was = o.decoded(one, deep)
	o.mailed = was || len(one) != len(b)
	return content, o.mailed
}

// decoded returns a text that is quoted-printable, or in base64, also with files that are packed.
func (o *opener) decoded(b []byte, deep int) (content []byte, was bool) {
	content = inBase64.ReplaceAllFunc(b, func(part []byte) []byte {
		body := inBase64.FindSubmatch(part)[1]
		text, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(body), nil)))
		if err != nil {
			return part
		}
		was = true
		within := opener{left: o.left, mailed: true}
		text = within.open(text, deep)
		o.left, o.said = within.left, append(o.said, within.said...)
		plain, guessed := textOf(text[:min(len(text), upgradelog.MaxBytes)])
		if guessed != "" {
			o.said = append(o.said, readAs(guessed))
		}
		return append(append(part[:len(part)-len(body):len(part)-len(body)], plain...), '\n')
	})
	if !bytes.Contains(content, []byte("=3D")) || bytes.Contains(content, []byte(" = ")) {
		return content, was
	}
	return quotedByte.ReplaceAllFunc(content, func(code []byte) []byte {
		if c, err := hex.DecodeString(string(code[1:])); err == nil {
			return c
		}
		return nil // a line end that a mail program has put in
	}), true
}

// escapes are sequences by which a terminal shows colours.
var escapes = regexp.MustCompile("\x1b(?:\\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B])")

// plainLines returns the lines of a text without what a table, a terminal or a second logger has
// added to all of them, and says what that was.
func plainLines(text string) (lines []string, added []string) {
	if escapes.MatchString(text) {
		text = escapes.ReplaceAllString(text, "")
		added = append(added, "the colours of a terminal are left out")
	}
	lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if alike(lines, func(s string) bool { return withoutMarksBehind(s) != s }) {
		for i, s := range lines {
			lines[i] = withoutMarksBehind(s)
		}
		added = append(added, "marks stand behind the lines, as in a table: they are left out")
	}
	if twice(lines) {
		for i := 1; i < len(lines); i += 2 {
			lines[i] = ""
		}
		added = append(added, "every line stands there twice")
	}
	lines, more := laidOut(lines)
	return lines, append(added, more...)
}

// marksBehind are what tables and programs put behind a line.
const marksBehind = "\"'”’»;,|`*$\\ \t"

// withoutMarksBehind returns a line without such marks, among them an end that is shown as ^M and what ends the
// value of a program behind a quote.
func withoutMarksBehind(s string) string {
	for {
		bare := strings.TrimSuffix(strings.TrimRight(s, marksBehind), "^M")
		for _, end := range [...]string{`")`, "')", `"}`, "'}", `"]`, "']"} {
			bare = strings.TrimSuffix(bare, end)
		}
		if bare == s {
			return s
		}
		s = bare
	}
}

// alike reports whether nearly all lines with text in them have something, beyond blanks.
func alike(lines []string, has func(string) bool) bool {
	n, of := 0, 0
	for _, s := range lines {
		if s = tidied(s); s == "" {
			continue
		}
		if of++; has(s) {
			n++
		}
	}
	const least = 4
	return of >= least && n*10 >= of*8
}

// twice reports whether each line stands there twice.
func twice(lines []string) bool {
	const least = 8
	for i := 0; i+1 < len(lines); i += 2 {
		if lines[i] != lines[i+1] {
			return false
		}
	}
	return len(lines) >= least && len(lines)%2 == 0
}

// lineEnds are those of other systems, of transfers that translate ends that are translated already,
// and of Unicode. Of those strangeEnds are such as no tool writes.
var (
	lineEnds    = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\x1E", "\n", "¶", "\n")
	strangeEnds = regexp.MustCompile("\r[^\n]|[\u0085\u2028\u2029\x1E¶]")
)

// blanks are what mail programs and word processors write for a blank.
var blanks = strings.NewReplacer("\u00A0", " ", "\u2007", " ", "\u202F", " ", "\u3000", " ", "\t", " ", "\uFEFF", "", "\u200B", "", "\u200E", "", "\u200F", "", "\u00AD", "")

// padding are what stands at the ends of a line besides blanks, as in a part of a file that was never written.
const padding = "\x00\x1A"

// padded reports whether blanks or zeros stand at the ends of a line.
func padded(s string) bool { return strings.TrimFunc(s, edge) != s }

func edge(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(padding, r) }

// withOtherBlanks reports whether a line has blanks that no keyboard writes.
func withOtherBlanks(s string) bool {
	s = strings.TrimFunc(s, edge)
	return blanks.Replace(s) != s
}

// tidied returns a line with common blanks, and none at its ends.
func tidied(s string) string {
	if bare := strings.Trim(s, padding); bare != "" || strings.Trim(s, "\x1A") == "" {
		s = bare // of zeros alone it is said that they stand there
	}
	return strings.TrimFunc(blanks.Replace(s), unicode.IsSpace)
}

var (
	western     = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st", "…", "...", "（", "(", "）", ")", "％", "%", "＝", "=", "：", ":", "â€¦", "...", "â\u0080¦", "...", "Â ", " ")
	typewritten = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-", "‘", "'", "’", "'", "“", `"`, "”", `"`)
	escaped     = regexp.MustCompile(`\\([[:punct:]])`)
	equals      = regexp.MustCompile(`[ ]*=[ ]*`)
	// halfLost is a time as the tool writes it, and not as one with 24 hours is written, but for its end.
	halfLost = regexp.MustCompile(`^Upgrade (?:started|failed|completed) at [A-Z][a-z]+, [A-Z][a-z]+ [0-9]{1,2}, [0-9]{4},? (?:[1-9]|1[0-2]):[0-9]{2}:[0-9]{2}$`)
	halfDay  = regexp.MustCompile(`(?i)([0-9])([ap]m)$`)
)

// narrow is a letter or a digit without the width of East Asian ones.
func narrow(r rune) rune {
	const first, last, ascii = 0xFF01, 0xFF5E, 0xFF01 - '!'
	if r >= first && r <= last {
		return r - ascii
	}
	return r
}

// loosened is a line as a word processor, a table or a page may have changed it: with one blank between
// words, about the first = too, with the marks of a Western keyboard, also where their bytes were taken for
// those of another code page, and without what Markdown puts before a mark.
func loosened(s string) string {
	s = escaped.ReplaceAllString(western.Replace(s), "$1")
	s = strings.Join(strings.Fields(strings.Map(narrow, s)), " ")
	if at := equals.FindStringIndex(s); at != nil {
		s = s[:at[0]] + " = " + s[at[1]:]
	}
	return halfDay.ReplaceAllString(s, "$1 $2")
}

var quote = regexp.MustCompile(`^(?:[>|] ?)+`)

// unquoted removes the marks that a mail program puts before each line of a mail that is answered.
func unquoted(s string) (text string, was bool) {
	text = quote.ReplaceAllString(s, "")
	return text, text != s
}

// spelled is how a line stood in the file, other than the tool writes it.
type spelled uint16

const (
	quoted    spelled = 1 << iota // with marks of a mail before it
	stamped                       // with a stamp of another logger before it
	recased                       // with other capitals
	rewritten                     // with a date or a number of another locale
	wrapped                       // in two lines
	respaced                      // with other blanks or marks
	glued                         // behind another one in one line
	halved                        // with a time of twelve hours, without AM and PM
	blanked                       // with blanks at its ends
	misdated                      // with a day of the week that is not that of its date
)

// spellings are what is said of lines that are spelled otherwise.
var spellings = []struct {
	how  spelled
	says string
}{
	{quoted, "quoted as in a mail: the marks before the lines are left out"},
	{stamped, "something stands before the lines, such as another logger's stamp: it is left out"},
	{recased, "other capitals than the tool writes, which do not matter"},
	{blanked, "blanks stand before the lines or behind them: they are left out"},
	{respaced, "other blanks or marks than the tool writes, such as those of a word processor"},
	{wrapped, "a line that was wrapped is joined again"},
	{halved, "neither AM nor PM stands behind its time, which may be twelve hours off"},
	{glued, "lines that stand in one, without an end between them, are taken apart"},
}

// mentioned are words of which every line of a log has one.
var mentioned = []string{"completed", "response", "comm", "device", "firmware", "upgrade", "flash", "software", "proceeding", "settings", "template", "note"}

// mentions reports whether a text can be a line of a log at all, which most of a strange file is not.
func mentions(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		s = strings.Map(narrow, western.Replace(blanks.Replace(s)))
	}
	s = strings.ToLower(s)
	return slices.ContainsFunc(mentioned, func(word string) bool { return strings.Contains(s, word) })
}

// lineOf reads a line however it was passed on. remark is about a date or a number that was read
// as of another locale.
func lineOf(s string) (l upgradelog.Line, how spelled, remark string, ok bool) {
	if !mentions(s) {
		return l, how, "", false
	}
	var blank spelled
	if padded(s) {
		blank |= blanked
	}
	if withOtherBlanks(s) {
		blank |= respaced
	}
	if l, how, remark, ok = lineAsIs(s); ok {
		return retyped(l, how|blank, remark)
	}
	s = tidied(s)
	if other := loosened(s); other != s {
		if l, how, remark, ok = lineAsIs(other); ok {
			return retyped(l, how|blank|respaced, remark)
		}
	}
	return l, how, "", false
}

// retyped is a line that was read, with the hyphens of a serial number and the apostrophes of a refusal, of
// which a word processor makes others.
func retyped(l upgradelog.Line, how spelled, remark string) (upgradelog.Line, spelled, string, bool) {
	if l.Kind != upgradelog.DeviceSerialNumber && l.Kind != upgradelog.Refused {
		return l, how, remark, true
	}
	if bare := strings.Map(narrow, typewritten.Replace(western.Replace(l.Text))); bare != l.Text {
		l.Text, how = bare, how|respaced
	}
	return l, how, remark, true
}

func lineAsIs(s string) (l upgradelog.Line, how spelled, remark string, ok bool) {
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
	if halfLost.MatchString(respelled) {
		how |= halved
	}
	l, date, remark, ok := ofAnotherLocale(respelled)
	return l, how | date | rewritten, remark, ok
}
