package ion

import (
	"bytes"
	"strings"
	"testing"
)

func TestPasswordIsANumberOrAShortText(t *testing.T) {
	for _, c := range []struct {
		text string
		user byte
		want string // the credential's eight bytes
	}{
		{"0", 1, "\x00\x01\x00\x00\x00\x00\x00\x00"},
		{"12345678", 1, "\x00\x01\x00\x00\x00\xBC\x61\x4E"},
		{"99999999", 0, "\x00\x00\x00\x00\x05\xF5\xE0\xFF"},
		{"00000001", 0, "\x00\x00\x00\x00\x00\x00\x00\x01"},
		{"abc", 5, "\x80\x05\x00\x00\x00abc"},
		{"secret", 200, "\x80\xC8secret"},
		{"03pac", 200, "\x80\xC8\x0003pac"},
		{"-1", 0, "\x80\x00\x00\x00\x00\x00-1"},
	} {
		got, err := ParsePassword(c.text, c.user)
		if err != nil || !bytes.Equal(appendCredential(nil, got), []byte(c.want)) {
			t.Errorf("%q: % x, %v; % x expected", c.text, appendCredential(nil, got), err, c.want)
		}
	}
}

func TestWhatIsNoPasswordIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"":                     "one to eight",
		"123456789":            "one to eight",
		"4294967296":           "one to eight",
		"99999999999999999999": "one to eight",
		"sevench":              "7 characters",
		"tab\t":                "not printable",
		"ü":                    "not printable",
	} {
		if got, err := ParsePassword(text, 0); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v; %q expected", text, got, err, says)
		}
	}
}

func TestPasswordOpensWhoeverTheUserIs(t *testing.T) {
	parse := func(text string, user byte) Credential {
		c, err := ParsePassword(text, user)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if !parse("77", 3).Opens(parse("77", 0)) || !parse("077", 3).Opens(parse("77", 0)) {
		t.Error("the same number does not open")
	}
	if parse("78", 0).Opens(parse("77", 0)) || parse("abc", 0).Opens(parse("abd", 0)) {
		t.Error("another password opens")
	}
	text := Credential{Text: true}
	if text.Opens(NumericCredential(0, 0)) {
		t.Error("an empty text opens what 0 does")
	}
}

func TestFixedTextEndsAtItsFirstNUL(t *testing.T) {
	for _, s := range []string{"", "7350V283", "sixteen bytes ok"} {
		field := PadText(s)
		if got := FixedText(field[:]); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
	field := PadText("more than sixteen bytes")
	if got := FixedText(field[:]); got != "more than sixtee" {
		t.Errorf("cut to %q", got)
	}
	if got := FixedText([]byte("a\x00b")); got != "a" {
		t.Errorf("%q", got)
	}
}
