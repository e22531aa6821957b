package reproduce

import (
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strings"

	"ionbench/client/upgradelog"
)

// opener takes off what a log is packed or coded in, one inside another, and has bounds for all of it: a file
// of a few kilobytes must not take all memory.
type opener struct {
	left int // bytes that may still be unpacked
	said []string
	// mailed: it was a mail.
	mailed bool
}

const (
	deepest    = 5  // wrappings within each other
	mostWithin = 64 // files of a ZIP file that are looked at
)

// opened returns the text of a log, still in its own encoding, and says what was taken off.
func opened(b []byte) (content []byte, said []string) {
	o := opener{left: 4 * upgradelog.MaxBytes}
	content = o.open(b, deepest)
	if most := upgradelog.MaxBytes; len(b) <= most && len(content) > most && o.left > 0 { // it was unpacked to its end
		const character = 4 // bytes at most, so that none is cut in two
		content = content[(len(content)-most+character-1)/character*character:]
		o.said = append(o.said, fmt.Sprintf("only the last %d MiB of what was packed are read", most>>20))
	}
	return content, o.said
}

func (o *opener) open(b []byte, deep int) []byte {
	for range deep {
		deep--
		content, says := o.unwrapped(b, deep)
		if says == "" {
			break
		}
		o.said = append(o.said, says)
		b = content
	}
	return b
}

// unwrapped takes off one wrapping, and says which; "" for none.
func (o *opener) unwrapped(b []byte, deep int) (content []byte, says string) {
	if r, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		return o.unpacked(r), "unpacked with gzip"
	}
	if bytes.HasPrefix(b, []byte("BZh")) {
		if content := o.unpacked(bzip2.NewReader(bytes.NewReader(b))); len(content) > 0 {
			return content, "unpacked with bzip2"
		}
	}
	if content, name := o.unzipped(b, deep); name != "" {
		return content, fmt.Sprintf("%.80q out of a ZIP file", name)
	}
	if len(b) > upgradelog.MaxBytes {
		return b, ""
	}
	if content, was := o.unmailed(b, deep); was {
		return content, "it is a mail, and decoded"
	}
	if content, was := without64(b); was {
		return content, "decoded from base64"
	}
	if content, was := undumped(b); was {
		return content, "put together again from a dump of its bytes"
	}
	if content, was := ofTwoWidths(b); was {
		return content, "one part is UTF-16, and the other is not"
	}
	return b, ""
}

// unpacked reads as far as there are bytes left to read. A torn end is like that of a log.
func (o *opener) unpacked(r io.Reader) []byte {
	content, _ := io.ReadAll(io.LimitReader(r, int64(o.left)))
	o.left -= len(content)
	return content
}

// unzipped returns the file of a ZIP file in which most lines of a log can be read, and its name there. If
// there is none, it is the first log or text. A document of an office program is a ZIP file, too.
func (o *opener) unzipped(b []byte, deep int) (content []byte, name string) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return b, ""
	}
	best := 0
	var said []string
	for i, f := range z.File {
		in, err := f.Open()
		if err != nil || i >= mostWithin || o.left <= 0 {
			continue
		}
		within := opener{left: o.left}
		file := within.open(within.unpacked(in), deep)
		_ = in.Close() // it was read
		o.left = within.left
		lower := strings.ToLower(f.Name)
		text := name == "" && (strings.HasSuffix(lower, ".log") || strings.HasSuffix(lower, ".txt"))
		if n := linesOfLog(file); n > best || text {
			content, name, best, said = file, f.Name, n, within.said
		}
	}
	if name == "" {
		return b, ""
	}
	o.said = append(o.said, said...)
	return content, name
}

// linesOfLog counts the lines of a log that can be read in a file, at its beginning.
func linesOfLog(b []byte) int {
	const enough = 1 << 20 // bytes, of which no line is taken that is cut
	if ofAnotherKind(b) != nil {
		return 0
	}
	text, _ := textOf(b[:min(enough, len(b))])
	text, _ = undressed(text)
	n, _ := readable(strings.Split(text, "\n"))
	return n
}

var (
	dataAddress = regexp.MustCompile(`^\s*data:[^,\s]{0,200};base64,`)
	armour      = regexp.MustCompile(`(?m)^-----[^\n]{0,200}-----\s*$`)
	url64       = strings.NewReplacer("-", "+", "_", "/")
)

// without64 returns what a file holds that is base64 and nothing else, but for what stands around it.
func without64(b []byte) (content []byte, was bool) {
	const least = 64 // bytes: a word is base64, too
	text := armour.ReplaceAll(dataAddress.ReplaceAll(b, nil), nil)
	bare := bytes.TrimRight(bytes.Join(bytes.Fields(text), nil), "=")
	if len(bare) < least || hexOnly(bare) {
		return b, false
	}
	content, err := base64.RawStdEncoding.DecodeString(url64.Replace(string(bare)))
	if err != nil {
		return b, false
	}
	return content, true
}

// wide are characters of UTF-16 that ASCII has, low byte first or high byte first.
var (
	wide    = regexp.MustCompile(`(?:[\t\n\r -~]\x00){16,}|(?:\x00[\t\n\r -~]){16,}`)
	narrows = regexp.MustCompile(`[\t\n\r -~]{16,}`)
)

// ofTwoWidths returns a file of which a part is UTF-16 and the rest is not, as two programs leave it that
// write to one log. Such a rest is never as long as this in a file that is UTF-16 as a whole.
func ofTwoWidths(b []byte) (content []byte, was bool) {
	if bytes.IndexByte(b, 0) < 0 || !narrows.Match(b) || !wide.Match(b) {
		return b, false
	}
	b = bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("\xFF\xFE")), []byte("\xFE\xFF"))
	return wide.ReplaceAllFunc(b, func(part []byte) []byte { return bytes.ReplaceAll(part, []byte{0}, nil) }), true
}
