package reproduce

import (
	"strconv"
	"strings"
)

// withoutRTF returns the text of a document of a word processor in the Rich Text Format. Groups that hold no
// text, such as the list of fonts, are left out.
func withoutRTF(s string) (text string, was bool) {
	if !strings.HasPrefix(strings.TrimLeft(s, " \r\n\t"), `{\rtf`) {
		return s, false
	}
	r := rtf{rest: s}
	for r.rest != "" {
		r.next()
	}
	return r.text.String(), true
}

// rtf reads a document.
type rtf struct {
	rest string
	text strings.Builder
	// depth is the number of groups that are open, and silent that of the outermost without text; 0 for none.
	depth, silent int
	pass          int // characters that stand in for one that was said in Unicode
}

// next takes a mark, a word or a character.
func (r *rtf) next() {
	c := r.rest[0]
	r.rest = r.rest[1:]
	switch c {
	case '{':
		r.depth++
	case '}':
		if r.depth--; r.depth < r.silent {
			r.silent = 0
		}
	case '\r', '\n':
	case '\\':
		r.control()
	default:
		r.write(string(c))
	}
}

func (r *rtf) write(s string) {
	switch {
	case r.silent > 0:
	case r.pass > 0:
		r.pass--
	default:
		r.text.WriteString(s)
	}
}

// control takes what stands behind a backslash.
func (r *rtf) control() {
	if r.rest == "" {
		return
	}
	n := 0
	for n < len(r.rest) && (r.rest[n]|0x20) >= 'a' && (r.rest[n]|0x20) <= 'z' {
		n++
	}
	if n == 0 {
		r.symbol()
		return
	}
	word := r.rest[:n]
	r.rest = r.rest[n:]
	digits := 0
	for digits < len(r.rest) && (r.rest[digits] >= '0' && r.rest[digits] <= '9' || digits == 0 && r.rest[digits] == '-') {
		digits++
	}
	number, _ := strconv.Atoi(r.rest[:digits]) // 0 if there is none
	r.rest = strings.TrimPrefix(r.rest[digits:], " ")
	r.word(word, number)
}

// symbol takes a control that is no word.
func (r *rtf) symbol() {
	c := r.rest[0]
	r.rest = r.rest[1:]
	switch c {
	case '\'':
		const digits = 2
		code, err := strconv.ParseUint(r.rest[:min(digits, len(r.rest))], 16, 8)
		if err != nil {
			return
		}
		r.rest = r.rest[min(digits, len(r.rest)):]
		r.write(string(of1252(rune(byte(code)))))
	case '*':
		r.hush()
	case '\r', '\n':
		r.write("\n")
	case '~':
		r.write(" ")
	case '_':
		r.write("-")
	case '\\', '{', '}':
		r.write(string(c))
	}
}

// hush leaves out the group that has just begun.
func (r *rtf) hush() {
	if r.silent == 0 {
		r.silent = max(1, r.depth)
	}
}

func (r *rtf) word(word string, number int) {
	switch word {
	case "par", "line", "row", "sect", "page":
		r.write("\n")
	case "tab", "cell":
		r.write("\t")
	case "u":
		r.pass = 0
		r.write(string(rune(uint16(number)))) // negative from 8000 hexadecimal on
		r.pass = 1
	case "emdash", "endash":
		r.write("-")
	case "lquote", "rquote":
		r.write("'")
	case "ldblquote", "rdblquote":
		r.write(`"`)
	case "fonttbl", "colortbl", "stylesheet", "info", "pict", "header", "footer":
		r.hush()
	}
}
