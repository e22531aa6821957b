package ini_test

import (
	"strings"
	"testing"

	"ionbench/client/ini"
)

func TestALineIsTakenForWhatItsFirstCharacterSays(t *testing.T) {
	for line, want := range map[string]ini.Kind{
		"": ini.Nothing, " \t": ini.Nothing, "# [a]": ini.Nothing, "  ; a = b": ini.Nothing,
		"[a]": ini.Header, "\t[a": ini.Header, "a = b": ini.Pair, "a": ini.Pair, "= b": ini.Pair, "a = [b]": ini.Pair,
	} {
		if got := ini.KindOf(line); got != want {
			t.Errorf("%q is %d, want %d", line, got, want)
		}
	}
}

func TestAHeaderHoldsWhatStandsBetweenItsBrackets(t *testing.T) {
	for line, want := range map[string]string{"[a]": "a", " [ firmware  old ] ": "firmware  old", "[]": "", "[a]b]": "a]b"} {
		if got, err := ini.ParseHeader(line); err != nil || got != want {
			t.Errorf("%q holds %q: %v", line, got, err)
		}
	}
	if _, err := ini.ParseHeader(" [a"); err == nil || err.Error() != `"[a" has no closing ]; write it as [section] alone on its line` {
		t.Error(err)
	}
}

func TestAPairIsCutAtItsFirstEqualsSign(t *testing.T) {
	for line, want := range map[string][2]string{
		"a=b": {"a", "b"}, " a \t=  b = c # d ": {"a", "b = c # d"}, "a =": {"a", ""}, "=b": {"", "b"}, "a = \t": {"a", ""},
	} {
		key, at, err := ini.ParsePair(line)
		if err != nil || key != want[0] || ini.Value(line, at) != want[1] {
			t.Errorf("%q is %q and %q: %v", line, key, ini.Value(line, at), err)
		}
	}
	if _, _, err := ini.ParsePair(" a b "); err == nil || err.Error() != `"a b" has no =; write key = value, or # before a comment` {
		t.Error(err)
	}
}

func TestWhatWouldHideOrBreakALineIsBad(t *testing.T) {
	for line, want := range map[string]string{
		"a\tb": "", "Größe…": "", "a\x00b": "a control character U+0000; delete it", "a\u2028b": "a control character U+2028; delete it",
		"a\rb": "a control character U+000D; delete it", "\xff": "bytes that are no UTF-8; save the file as UTF-8 and try again",
	} {
		if got := ini.Bad(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := ini.TooLong(5, 4); !strings.HasPrefix(got, "the line has 5 bytes, at most 4 ") {
		t.Error(got)
	}
}
