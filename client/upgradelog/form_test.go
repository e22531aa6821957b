package upgradelog

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"ionbench/fixtures/logs"
)

// utf16of returns a text in UTF-16 with its mark.
func utf16of(s string, big bool) (b []byte) {
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(s))...) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func latin1of(s string) (b []byte) {
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

// added returns a file with a line that was added to it.
func added(t testing.TB, b []byte, l Line) []byte {
	t.Helper()
	n := min(len(b), EndBytes)
	form, mend, ok := Continue(b[:n], b[len(b)-n:], int64(len(b)))
	if !ok {
		t.Fatalf("%.60q is no log", b)
	}
	return form.Append(append(bytes.Clone(b), mend...), l)
}

func TestLinesAreAddedInTheFormOfTheFile(t *testing.T) {
	lf := strings.Replace(string(logs.UpgradeFailed()), "ion7350", "Zähler", 1)
	crlf := strings.ReplaceAll(lf, "\n", "\r\n")
	for name, encode := range map[string]func(string) []byte{
		"UTF-8":                func(s string) []byte { return []byte(s) },
		"UTF-8 with a mark":    func(s string) []byte { return []byte("\uFEFF" + s) },
		"UTF-16 LE":            func(s string) []byte { return utf16of(s, false) },
		"UTF-16 BE":            func(s string) []byte { return utf16of(s, true) },
		"UTF-16 without marks": func(s string) []byte { return utf16of(s, false)[2:] },
		"a code page":          latin1of,
	} {
		for _, c := range []struct{ text, adds string }{
			{lf, "Template sent: Süd\n"},
			{crlf, "Template sent: Süd\r\n"},
			{strings.Repeat(lf, 20), "Template sent: Süd\n"}, // more than what is looked at
			{strings.Repeat(crlf, 20), "Template sent: Süd\r\n"},
			{strings.TrimSuffix(lf, "\n"), "\nTemplate sent: Süd\n"},
			{strings.TrimSuffix(crlf, "\r\n"), "\r\nTemplate sent: Süd\r\n"},
			{strings.TrimSuffix(crlf, "\n"), "\nTemplate sent: Süd\r\n"},
		} {
			got := added(t, encode(c.text), Line{Kind: TemplateSent, Text: "Süd"})
			if want := encode(c.text + c.adds); !bytes.Equal(got, want) {
				t.Errorf("%s, after %q: it ends with\n%q\nwant\n%q", name, c.text[len(c.text)-10:], got[len(got)-90:], want[len(want)-90:])
			}
		}
	}
}

func TestAnEmptyFileBeginsALogInItsEncoding(t *testing.T) {
	verified := Line{Kind: Verified}
	for mark, want := range map[string]string{
		"":             "Firmware verified\n",
		"\xEF\xBB\xBF": "\xEF\xBB\xBFFirmware verified\n",
		"\xFF\xFE":     string(utf16of("Firmware verified\r\n", false)),
		"\xFE\xFF":     string(utf16of("Firmware verified\r\n", true)),
	} {
		if got := added(t, []byte(mark), verified); string(got) != want {
			t.Errorf("%q: %q", mark, got)
		}
	}
}

func TestWhatACodePageLacksIsEscaped(t *testing.T) {
	head := latin1of("Upgrade started at Donnerstag\nTemplate sent: Süd\n")
	got := added(t, head, Line{Kind: TemplateSent, Text: "Łódź ü"})
	text, guessed := Text(got)
	if guessed == "" {
		t.Error("nothing but its bytes says which code page it is")
	}
	if log, err := Parse([]byte(text)); err != nil || log.Entries[1].Text != "Łódź ü" || !bytes.HasSuffix(got, []byte("\xF3d\\xC5\\xBA \xFC\n")) {
		t.Errorf("%q, %v", got, err)
	}
}

// Wherever a crash has cut a log, a line that is added is one of its own.
func TestALogThatWasCutShortGoesOn(t *testing.T) {
	verified := Line{Kind: Verified}
	for _, whole := range [][]byte{logs.UpgradeFailed(), utf16of(string(logs.UpgradeFailed()), false), utf16of(string(logs.UpgradeFailed()), true)} {
		for cut := 2; cut < len(whole); cut += 7 {
			got := added(t, whole[:cut], verified)
			text, guessed := Text(got)
			if guessed != "" {
				t.Fatalf("cut after %d bytes: %s is guessed", cut, guessed)
			}
			log, err := Parse([]byte(text))
			if err != nil || len(log.Entries) == 0 || log.Entries[len(log.Entries)-1].Line != verified || !bytes.HasPrefix(got, whole[:cut]) {
				t.Fatalf("cut after %d bytes: %v\n%.200q", cut, err, got[max(0, len(got)-200):])
			}
		}
	}
}

func FuzzContinue(f *testing.F) {
	f.Add(logs.UpgradeFailed())
	f.Add(utf16of(string(logs.UpgradeFailed()), true)[:301])
	f.Add(latin1of("Device Name = Zähler\r\nUpgra"))
	f.Add([]byte("Upgrade started at\xC3"))
	f.Add([]byte("\xFF\xFE\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := min(len(b), EndBytes)
		form, mend, ok := Continue(b[:n], b[len(b)-n:], int64(len(b)))
		if !ok {
			return
		}
		all := form.Append(append(bytes.Clone(b), mend...), Line{Kind: Verified})
		e, mark := encodingOf(b[:n])
		if form.encoding == latin1 {
			e, mark = latin1, 0
		}
		if text := e.text(all[mark:]); !strings.HasSuffix(strings.TrimRight(text, "\r\n"), "Firmware verified") {
			t.Fatalf("%q", text)
		} else if before := strings.TrimSuffix(strings.TrimRight(text, "\r\n"), "Firmware verified"); before != "" && !strings.HasSuffix(before, "\n") {
			t.Fatalf("it goes on in a line of %q", before)
		}
	})
}
