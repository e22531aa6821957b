package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"strconv"
)

// packed is gzip in base64, which the page can read without asking anybody.
func packed(b []byte) (string, error) {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(b); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(small.Bytes()), nil
}

const (
	// mark stands before and behind a count of bytes in a text from which they were lifted. No JSON holds it.
	mark = 1
	// leastLifted is how many bytes are worth it.
	leastLifted = 8
)

// lifted takes bytes that a story writes as hexadecimal digits out of it, for gzip makes a quarter more of the
// digits than of the bytes. It returns the text with a mark, a count and a mark in their place, and the bytes,
// one after the other. unlift in web/unpack.js puts them back; it leaves the text alone if there are none.
func lifted(story []byte) (text, raw []byte) {
	if bytes.IndexByte(story, mark) >= 0 {
		return story, nil
	}
	for rest := story; len(rest) > 0; {
		n := digits(rest)
		if bytes := n / 2; bytes >= leastLifted {
			raw, _ = hex.AppendDecode(raw, rest[:2*bytes])
			text = append(strconv.AppendInt(append(text, mark), int64(bytes), 10), mark)
			rest = rest[2*bytes:]
			continue
		}
		n = max(1, n)
		text, rest = append(text, rest[:n]...), rest[n:]
	}
	return text, raw
}

// digits is how many hexadecimal digits a text begins with, in small letters.
func digits(text []byte) int {
	for i, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return i
		}
	}
	return len(text)
}
