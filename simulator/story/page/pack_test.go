package page

import (
	"fmt"
	"strings"
	"testing"
)

func TestBytesAreLiftedAndPutBackAsTheyWere(t *testing.T) {
	for story, want := range map[string]string{
		"": "", "{}\n": "{}\n",
		`{"hex":"000014ac801c6900ff"}`:           "{\"hex\":\"\x019\x01\"}",
		`{"hex":"000014ac801c69"}`:               `{"hex":"000014ac801c69"}`,
		`{"hex":"000014AC801C6900"}`:             `{"hex":"000014AC801C6900"}`,
		`000014ac801c69000`:                      "\x018\x010",
		`x000014ac801c6900y000014ac801c690011`:   "x\x018\x01y\x019\x01",
		"\x01" + strings.Repeat("00", 20) + "\n": "\x01" + strings.Repeat("00", 20) + "\n",
		strings.Repeat("a5", 300) + "\n":         "\x01300\x01\n",
	} {
		text, raw := lifted([]byte(story))
		if string(text) != want {
			t.Errorf("%q: %q, want %q", story, text, want)
		}
		if back := putBack(string(text), raw); back != story {
			t.Errorf("%q comes back as %q", story, back)
		}
	}
}

// putBack does what unlift of web/unpack.js does.
func putBack(text string, raw []byte) string {
	if len(raw) == 0 {
		return text
	}
	parts := strings.Split(text, string(rune(mark)))
	for i := 1; i < len(parts); i += 2 {
		var n int
		_, _ = fmt.Sscan(parts[i], &n)
		parts[i], raw = fmt.Sprintf("%x", raw[:n]), raw[n:]
	}
	return strings.Join(parts, "")
}
