package reproduce

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// dumpRow is a row of a dump of bytes: where they stand in the file, as it is written, and what they are.
type dumpRow struct {
	offset string
	bytes  []byte
}

// undumped returns the file of which somebody has sent a dump, as xxd, hexdump, od and PowerShell write it,
// in hexadecimal, in words or as characters, with or without offsets.
func undumped(b []byte) (content []byte, was bool) {
	const least = 4 // rows
	lines := strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	for _, read := range []func(string) (dumpRow, bool){rowOfNumbers, rowOfCharacters} {
		var rows []dumpRow
		strange := 0
		for _, s := range lines {
			switch row, ok := read(strings.TrimRight(s, "\r")); {
			case ok:
				rows = append(rows, row)
			case strings.TrimSpace(s) != "":
				strange++
			}
			if len(rows) < least && strange > least {
				break // something else, as nearly all files are
			}
		}
		if len(rows) < least || strange*4 > len(rows) {
			continue
		}
		if content, was = joinedRows(rows); was {
			return content, true
		}
	}
	return inHex(b)
}

// joinedRows puts the bytes together. Where some are missing stands a line that is none of a log, since
// nobody knows what was there. If most rows do not stand where they say, they are none.
func joinedRows(rows []dumpRow) (b []byte, was bool) {
	const hole = "\n[bytes are missing in the dump]\n"
	base, fit := baseOf(rows)
	if fit*2 < len(rows) {
		return nil, false
	}
	for i, r := range rows {
		if i > 0 && stepOf(rows[i-1], r, base) != len(rows[i-1].bytes) && len(r.bytes) > 0 {
			b = append(b, hole...)
		}
		b = append(b, r.bytes...)
	}
	return b, true
}

// baseOf is the base in which the offsets count the bytes, and for how many rows they do.
func baseOf(rows []dumpRow) (base, fit int) {
	bases := [...]int{16, 8, 10}
	var fits [len(bases)]int
	for i := 1; i < len(rows); i++ {
		for n, base := range bases {
			if stepOf(rows[i-1], rows[i], base) == len(rows[i-1].bytes) {
				fits[n]++
			}
		}
	}
	fit = slices.Max(fits[:])
	return bases[slices.Index(fits[:], fit)], fit
}

// stepOf is how many bytes are between the beginnings of two rows; -1 for no number.
func stepOf(a, b dumpRow, base int) int {
	const bits = 48
	from, err := strconv.ParseInt(a.offset, base, bits)
	if err != nil {
		return -1
	}
	to, err := strconv.ParseInt(b.offset, base, bits)
	if err != nil {
		return -1
	}
	return int(to - from)
}

// offsetOf cuts the offset off a row.
func offsetOf(s string) (offset, rest string, colon, ok bool) {
	const least, most = 4, 16
	s = strings.TrimLeft(s, " \t")
	end := strings.IndexAny(s, ": \t")
	if end < 0 {
		end = len(s)
	}
	if offset = s[:end]; len(offset) < least || len(offset) > most || !hexOnly([]byte(offset)) {
		return "", "", false, false
	}
	rest, colon = strings.CutPrefix(s[end:], ":")
	return offset, rest, colon, true
}

// rowOfNumbers reads a row of bytes or words. Behind them may stand the characters that they are.
func rowOfNumbers(s string) (row dumpRow, ok bool) {
	const most = 64 // bytes
	offset, rest, colon, ok := offsetOf(s)
	if !ok {
		return row, false
	}
	rest = strings.TrimLeft(rest, " \t")
	cut := -1
	if !colon {
		cut = max(strings.Index(rest, "  |"), strings.Index(rest, "  >"))
	}
	if cut < 0 && (colon || len(rest) > 0) {
		cut = strings.Index(rest, "  ")
	}
	if cut >= 0 {
		rest = rest[:cut]
	}
	row.offset = offset
	for _, number := range strings.Fields(rest) {
		if row.bytes, ok = appendNumber(row.bytes, number, colon); !ok || len(row.bytes) > most {
			return row, false
		}
	}
	return row, true
}

// appendNumber appends the bytes of a number. Behind an offset with a colon they stand in their order, as
// xxd writes them; else in words of this kind of computer.
func appendNumber(b []byte, number string, ordered bool) ([]byte, bool) {
	const hexByte, hexWord, octalByte, octalWord = 2, 4, 3, 6
	switch n := len(number); {
	case n == hexByte || ordered && n%hexByte == 0:
		code, err := hex.DecodeString(number)
		return append(b, code...), err == nil
	case n == hexWord:
		code, err := strconv.ParseUint(number, 16, 16)
		return append(b, byte(code), byte(code>>8)), err == nil
	case n == octalByte:
		code, err := strconv.ParseUint(number, 8, 8)
		return append(b, byte(code)), err == nil
	case n == octalWord:
		code, err := strconv.ParseUint(number, 8, 16)
		return append(b, byte(code), byte(code>>8)), err == nil
	}
	return b, false
}

// rowOfCharacters reads a row of od -c: three columns and a blank for each byte.
func rowOfCharacters(s string) (row dumpRow, ok bool) {
	const column, inRow = 4, 16
	offset, rest, _, ok := offsetOf(s)
	if !ok || len(rest) > column*inRow {
		return row, false
	}
	row.offset = offset
	for ; rest != ""; rest = rest[min(column, len(rest)):] {
		cell := rest[:min(column, len(rest))]
		switch bare := strings.TrimLeft(cell, " "); {
		case len(cell) < column:
			return row, false
		case bare == "":
			row.bytes = append(row.bytes, ' ')
		case len(bare) == 1:
			row.bytes = append(row.bytes, bare[0])
		case len(bare) == 2 && bare[0] == '\\':
			at := strings.IndexByte(`0abtnvfr`, bare[1])
			if at < 0 {
				return row, false
			}
			row.bytes = append(row.bytes, "\x00\a\b\t\n\v\f\r"[at])
		default:
			if row.bytes, ok = appendNumber(row.bytes, bare, false); !ok {
				return row, false
			}
		}
	}
	return row, true
}

// inHex returns what a file holds that is hexadecimal and nothing else, also as a list of a program.
func inHex(b []byte) (content []byte, was bool) {
	const least = 128 // digits: a number is hexadecimal, too
	if from, to := bytes.IndexByte(b, '{'), bytes.LastIndexByte(b, '}'); from >= 0 && to > from && bytes.Contains(b[from:to], []byte("0x")) {
		b = b[from+1 : to] // an array in C
	}
	bare := bytes.Join(bytes.FieldsFunc(bytes.ReplaceAll(b, []byte("0x"), nil), func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) }), nil)
	if len(bare) < least || len(bare)%2 != 0 || !hexOnly(bare) {
		return b, false
	}
	content, err := hex.DecodeString(string(bare))
	return content, err == nil
}

func hexOnly(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) })
}
