package upgradelog

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Form is how a log is written as bytes. The zero Form is that of a new one: UTF-8, and lines that
// end with LF. Editors that save a log give it another one, and lines that are added keep it.
type Form struct {
	encoding encoding
	crlf     bool
}

type encoding uint8

const (
	utf8Bytes encoding = iota
	utf16Little
	utf16Big
	latin1 // Assumption: what is neither is the code page of a Western Windows
)

var (
	markLittle = []byte{0xFF, 0xFE}
	markBig    = []byte{0xFE, 0xFF}
	markUTF8   = []byte("\uFEFF")
)

// encodingOf tells the encoding of a text that begins with b, and how long the mark is that says
// so. Some editors write UTF-16 without a mark.
func encodingOf(b []byte) (e encoding, mark int) {
	switch {
	case bytes.HasPrefix(b, markLittle):
		return utf16Little, len(markLittle)
	case bytes.HasPrefix(b, markBig):
		return utf16Big, len(markBig)
	case mostlyZero(b, 1):
		return utf16Little, 0
	case mostlyZero(b, 0):
		return utf16Big, 0
	case bytes.HasPrefix(b, markUTF8):
		return utf8Bytes, len(markUTF8)
	case utf8.Valid(b):
		return utf8Bytes, 0
	}
	return latin1, 0
}

// mostlyZero reports whether of the bytes at even or at odd places nearly all are zero, and of the
// others nearly none: that is text in UTF-16 without a mark.
func mostlyZero(b []byte, from int) bool {
	const look, least = 4096, 8
	var zeros [2]int
	n := min(len(b), look) &^ 1
	for i := range n {
		if b[i] == 0 {
			zeros[(i+from)&1]++
		}
	}
	return n >= least && zeros[0] > n/2*9/10 && zeros[1] < n/2/10
}

// Text returns a log as UTF-8 without a mark, whatever its encoding. Half a character at the end
// of UTF-16 is left out. guessed names the encoding if nothing but the bytes themselves suggests it; it is
// empty of UTF-8, and where a mark says which it is.
func Text(b []byte) (text, guessed string) {
	e, mark := encodingOf(b)
	switch {
	case e == latin1:
		guessed = "the code page of a Western Windows"
	case e != utf8Bytes && mark == 0:
		guessed = "UTF-16 without a byte-order mark"
	}
	return e.text(b[mark:]), guessed
}

func (e encoding) text(b []byte) string {
	switch e {
	case utf16Little, utf16Big:
		units := make([]uint16, 0, len(b)/2)
		for ; len(b) >= 2; b = b[2:] {
			units = append(units, e.unit(b))
		}
		return string(utf16.Decode(units))
	case latin1:
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		return string(runes)
	}
	return string(b)
}

func (e encoding) unit(b []byte) uint16 {
	if e == utf16Big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[0]) | uint16(b[1])<<8
}

// append appends a text in the encoding. What Latin 1 does not have is escaped, as text is that
// does not print.
func (e encoding) append(dst []byte, s string) []byte {
	if e == utf8Bytes {
		return append(dst, s...)
	}
	for i, r := range s {
		switch {
		case e == latin1 && r < 0x100:
			dst = append(dst, byte(r))
		case e == latin1:
			dst = appendEscapes(dst, s[i:i+utf8.RuneLen(r)])
		default:
			for _, u := range utf16.AppendRune(nil, r) {
				dst = e.appendUnit(dst, u)
			}
		}
	}
	return dst
}

func (e encoding) appendUnit(dst []byte, u uint16) []byte {
	if e == utf16Big {
		return append(dst, byte(u>>8), byte(u))
	}
	return append(dst, byte(u), byte(u>>8))
}

// EndBytes is how much Continue wants to see of the beginning and of the end of a file.
const EndBytes = 4 << 10

// Continue tells how to add lines to a file of size bytes that begins with head and ends with
// tail, each EndBytes or the whole file. Not ok: it is no log, and nothing is to be added. Where a
// crash of the PC has cut the last line short, mend is what ends it.
func Continue(head, tail []byte, size int64) (f Form, mend []byte, ok bool) {
	e, mark := encodingOf(whole(head))
	if !isLog(e.text(head[mark:])) {
		return Form{}, nil, false
	}
	if e == utf8Bytes && !utf8.Valid(whole(fromRune(tail))) {
		e = latin1 // what is not ASCII comes later
	}
	f = Form{encoding: e, crlf: e == utf16Little || e == utf16Big} // of Windows
	at := (size - int64(len(tail))) & 1
	if e == utf8Bytes || e == latin1 {
		at = 0
	}
	end := e.text(tail[min(at, int64(len(tail))):])
	if i := strings.LastIndexByte(end, '\n'); i >= 0 {
		f.crlf = strings.HasSuffix(end[:i], "\r")
	}
	if size <= int64(mark) {
		return f, nil, true
	}
	return f, f.mend(end, size), true
}

// mend ends a text that ends so, and that lacks half a character if it has an odd size.
func (f Form) mend(end string, size int64) (mend []byte) {
	if f.encoding != utf8Bytes && f.encoding != latin1 && size&1 == 1 {
		mend, end = append(mend, 0), "?" // its other half was ASCII, or is lost
	}
	switch {
	case strings.HasSuffix(end, "\n"):
	case strings.HasSuffix(end, "\r"):
		mend = f.encoding.append(mend, "\n")
	default:
		mend = f.encoding.append(mend, f.lineEnd())
	}
	return mend
}

// whole is b without a rune at its end that is cut there.
func whole(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

// fromRune is b from its first rune on.
func fromRune(b []byte) []byte {
	for n := 0; n < utf8.UTFMax && n < len(b); n++ {
		if utf8.RuneStart(b[n]) {
			return b[n:]
		}
	}
	return b
}

func (f Form) lineEnd() string {
	if f.crlf {
		return "\r\n"
	}
	return "\n"
}

// Append appends a line in the form of its log, with its end.
func (f Form) Append(dst []byte, l Line) []byte {
	if f == (Form{}) {
		return Append(dst, l)
	}
	return f.encoding.append(dst, l.String()+f.lineEnd())
}
