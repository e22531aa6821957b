package dcf

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const sample = `; Factory template, as shipped
# second comment

[template]
name = Factory 7350
model=7350

  [ pt-ct ]  
	pt-primary   =   120	
pt-secondary = 120
# above the clock
[clock]
tz-offset = -28800
[nameplate]
owner =
tag1 = a = b # not a comment ; nor this
tag2 = Grüße
[energy]
[itc]`

func mustParse(t testing.TB, s string) *File {
	t.Helper()
	f, err := Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParseThenAppendGivesTheSameBytes(t *testing.T) {
	for name, s := range map[string]string{
		"sample":           sample,
		"ends with LF":     sample + "\n",
		"ends with blanks": sample + "\n\n  \t\n",
		"CRLF":             strings.ReplaceAll(sample, "\n", "\r\n"),
		"mixed line ends":  strings.Replace(sample, "\n", "\r\n", 3),
		"byte order mark":  "\uFEFF" + sample,
		"shortest":         "[template]\nname=x",
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Append([]byte("before"), mustParse(t, s))); got != "before"+s {
				t.Errorf("got %q, want %q", got, s)
			}
		})
	}
}

func TestGetFindsValuesAndTheirLines(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		f := mustParse(t, strings.ReplaceAll(sample, "\n", end))
		for _, tt := range []struct {
			section, key, value string
			line                int
		}{
			{"template", "name", "Factory 7350", 5},
			{"template", "model", "7350", 6},
			{"pt-ct", "pt-primary", "120", 9},
			{"clock", "tz-offset", "-28800", 13},
			{"nameplate", "owner", "", 15},
			{"nameplate", "tag1", "a = b # not a comment ; nor this", 16},
			{"nameplate", "tag2", "Grüße", 17},
		} {
			value, line, ok := f.Get(tt.section, tt.key)
			if value != tt.value || line != tt.line || !ok {
				t.Errorf("%s %s: got %q on line %d (%v), want %q on line %d", tt.section, tt.key, value, line, ok, tt.value, tt.line)
			}
		}
		for _, absent := range [][2]string{{"clock", "name"}, {"energy", "kwh"}, {"", ""}, {"modbus", "x"}} {
			if value, line, ok := f.Get(absent[0], absent[1]); ok {
				t.Errorf("%v: found %q on line %d", absent, value, line)
			}
		}
	}
}

func TestSectionsAndKeysKeepTheOrderOfTheFile(t *testing.T) {
	f := mustParse(t, sample)
	if got, want := f.Sections(), AllowedSections(); !slices.Equal(got, want) {
		t.Errorf("sections %v, want %v", got, want)
	}
	if got, want := f.Keys("nameplate"), []string{"owner", "tag1", "tag2"}; !slices.Equal(got, want) {
		t.Errorf("keys %v, want %v", got, want)
	}
	if got := f.Keys("energy"); len(got) != 0 {
		t.Errorf("keys of a section without any: %v", got)
	}
}

func TestParseRefusesBadFilesAndSaysWhere(t *testing.T) {
	tests := []struct {
		name, text string
		want       error
		says       []string
	}{
		{"empty", "", ErrEmpty, []string{"copy it again"}},
		{"too large", strings.Repeat("#\n", MaxBytes/2+1), ErrTooLarge, []string{"1048578 bytes", "1048576"}},
		{"too many lines", strings.Repeat("\n", MaxLines+1), ErrTooLarge, []string{"10000 lines"}},
		{"too many lines, last without end", strings.Repeat("\n", MaxLines) + "#", ErrTooLarge, []string{"10000 lines"}},
		{"line too long", "[template]\nname=" + strings.Repeat("x", MaxLineBytes), ErrTooLarge, []string{"line 2", "1029 bytes", "1024"}},
		{"UTF-16", "\xFF\xFE[\x00t\x00", ErrNotText, []string{"UTF-16", "save it as UTF-8"}},
		{"UTF-16 the other way", "\xFE\xFF\x00[\x00t", ErrNotText, []string{"UTF-16"}},
		{"NUL", "[template]\n\nname = a\x00b\n", ErrNotText, []string{"line 3", "NUL"}},
		{"no UTF-8", "[template]\nname = Gr\xFC\xDFe\n", ErrNotText, []string{"line 2", "UTF-8"}},
		{"escape character", "[template]\nname = \x1b[2J\n", ErrNotText, []string{"line 2", "U+001B"}},
		{"old line ends", "[template]\rname = x\r", ErrNotText, []string{"line 1", "U+000D"}},
		{"no name", "[template]\nmodel = 7350\n", ErrNoName, []string{"name = ..."}},
		{"name elsewhere", "[clock]\nname = x\n", ErrNoName, nil},
		{"blank file", " \n", ErrNoName, nil},
		{"empty name", "[template]\nname = \n", ErrNoName, []string{"line 2"}},
		{"unknown section", "[template]\nname = x\n[modbus]\nbase = 1\n", ErrSyntax, []string{"line 3", `"modbus"`, "[pt-ct]"}},
		{"section in capitals", "[Template]\nname = x\n", ErrSyntax, []string{"line 1", `"Template"`}},
		{"section twice", "[template]\nname = x\n[clock]\n[template]\n", ErrSyntax, []string{"line 4", "line 1"}},
		{"section not closed", "[template\nname = x\n", ErrSyntax, []string{"line 1", "]"}},
		{"comment behind a section", "[template] # x\nname = x\n", ErrSyntax, []string{"line 1", "alone on its line"}},
		{"duplicate key", "[template]\nname = x\n\nname = x\n", ErrSyntax, []string{"line 4", `"name"`, "line 2"}},
		{"no =", "[template]\nname x\n", ErrSyntax, []string{"line 2", `"name x"`, "key = value"}},
		{"no key", "[template]\n = x\n", ErrSyntax, []string{"line 2", "no key"}},
		{"key with space", "[template]\nna me = x\n", ErrSyntax, []string{"line 2", `"na me"`, "hyphens"}},
		{"key in capitals", "[template]\nNAME = x\n", ErrSyntax, []string{"line 2", `"NAME"`}},
		{"key begins with a digit", "[template]\n1st = x\n", ErrSyntax, []string{"line 2", `"1st"`}},
		{"key too long", "[template]\n" + strings.Repeat("k", MaxKeyBytes+1) + " = x\n", ErrSyntax, []string{"line 2", "64 at most"}},
		{"key before any section", "name = x\n[template]\nname = x\n", ErrSyntax, []string{"line 1", "before the first section"}},
		{"CRLF does not shift lines", "[template]\r\nname = x\r\n\r\nbad\r\n", ErrSyntax, []string{"line 4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse([]byte(tt.text))
			if !errors.Is(err, tt.want) || f != nil {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			for _, words := range tt.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
		})
	}
}

func TestParseTakesFilesAtTheBounds(t *testing.T) {
	head := "[template]\nname = x\n"
	for name, s := range map[string]string{
		"lines": head + strings.Repeat("\n", MaxLines-2),
		"line":  head + "#" + strings.Repeat("x", MaxLineBytes-1) + "\r\n",
		"key":   head + strings.Repeat("k", MaxKeyBytes) + " = x\n",
		"bytes": head + strings.Repeat("#"+strings.Repeat("x", 1022)+"\n", 1023) + strings.Repeat("#", MaxBytes-len(head)-1023*1024),
	} {
		if _, err := Parse([]byte(s)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseTellsOfSeveralBadLinesTogether(t *testing.T) {
	_, err := Parse([]byte("[template]\nname = x\nbad\n[modbus]\nbase = 1\nBASE = 2\n"))
	want := "line 3: \"bad\" has no =; write key = value, or # before a comment\n" +
		"line 4: unknown section \"modbus\"; write one of [template] [pt-ct] [clock] [nameplate] [energy] [itc]\n" +
		"line 6: bad key \"BASE\"; a key is a lower-case letter, then lower-case letters, digits and hyphens, 64 at most"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %v", err, want)
	}
	var first *LineError
	if !errors.As(err, &first) || first.Line != 3 {
		t.Errorf("first line error %+v, want line 3", first)
	}
	_, err = Parse([]byte(strings.Repeat("bad\n", 500)))
	if n := strings.Count(err.Error(), "line "); n != maxProblems {
		t.Errorf("500 bad lines: %d told of, want %d", n, maxProblems)
	}
}

func TestSetChangesOneValueAndNothingElse(t *testing.T) {
	tests := []struct{ name, before, section, key, value, after string }{
		{"in place", "[template]\nname = x \n# end", "template", "name", "long name", "[template]\nname = long name\n# end"},
		{"same value", "[template]\n name=x  \n", "template", "name", "x", "[template]\n name=x  \n"},
		{"without space", "[template]\nname=x\n", "template", "name", "y", "[template]\nname=y\n"},
		{"to empty", "[template]\nname=x\ntag = y\n", "template", "tag", "", "[template]\nname=x\ntag = \n"},
		{"from empty", "[template]\nname=x\ntag =\n", "template", "tag", "# 1", "[template]\nname=x\ntag = # 1\n"},
		{"new key", "[template]\nname=x\n\n# the clock\n[clock]\n", "template", "model", "7350", "[template]\nname=x\nmodel = 7350\n\n# the clock\n[clock]\n"},
		{"new key, empty", "[template]\nname=x\n", "template", "tag", "", "[template]\nname=x\ntag =\n"},
		{"new key in an empty section", "[clock]\n[template]\nname=x\n", "clock", "tz", "0", "[clock]\ntz = 0\n[template]\nname=x\n"},
		{"new key behind a last line without end", "[template]\nname=x", "template", "model", "7350", "[template]\nname=x\nmodel = 7350\n"},
		{"new section", "[template]\nname=x\n", "clock", "tz", "0", "[template]\nname=x\n\n[clock]\ntz = 0\n"},
		{"new section behind a blank line", "[template]\nname=x\n\n", "clock", "tz", "0", "[template]\nname=x\n\n[clock]\ntz = 0\n"},
		{"CRLF", "[template]\r\nname=x\r\n", "clock", "tz", "0", "[template]\r\nname=x\r\n\r\n[clock]\r\ntz = 0\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustParse(t, tt.before)
			if err := f.Set(tt.section, tt.key, tt.value); err != nil {
				t.Fatal(err)
			}
			if got := string(Append(nil, f)); got != tt.after {
				t.Errorf("got  %q\nwant %q", got, tt.after)
			}
			again := mustParse(t, tt.after)
			value, line, _ := f.Get(tt.section, tt.key)
			wantValue, wantLine, ok := again.Get(tt.section, tt.key)
			if value != tt.value || value != wantValue || line != wantLine || !ok {
				t.Errorf("got %q on line %d; read again %q on line %d", value, line, wantValue, wantLine)
			}
		})
	}
}

func TestSetFillsTheZeroFile(t *testing.T) {
	var f File
	for _, pair := range [][3]string{{"template", "name", "mine"}, {"clock", "tz-offset", "0"}, {"template", "model", "7300"}} {
		if err := f.Set(pair[0], pair[1], pair[2]); err != nil {
			t.Fatal(err)
		}
	}
	const want = "[template]\nname = mine\nmodel = 7300\n\n[clock]\ntz-offset = 0\n"
	if got := string(Append(nil, &f)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSetRefusesWhatParseWouldRefuse(t *testing.T) {
	tests := []struct {
		name, section, key, value string
		want                      error
	}{
		{"section", "modbus", "base", "1", ErrSyntax},
		{"key", "clock", "TZ", "1", ErrSyntax},
		{"no key", "clock", "", "1", ErrSyntax},
		{"value with a line end", "clock", "tz", "0\nname = forged", ErrNotText},
		{"value that is no UTF-8", "clock", "tz", "\xFF", ErrNotText},
		{"value with a blank at its end", "clock", "tz", "0 ", ErrSyntax},
		{"long value", "clock", "tz", strings.Repeat("9", MaxLineBytes), ErrTooLarge},
		{"empty name", "template", "name", "", ErrNoName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustParse(t, sample)
			if err := f.Set(tt.section, tt.key, tt.value); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if got := string(Append(nil, f)); got != sample {
				t.Error("the file was changed")
			}
		})
	}
}

func TestSetRefusesToOutgrowTheBounds(t *testing.T) {
	head := "[template]\nname = x\n"
	for name, s := range map[string]string{
		"lines": head + strings.Repeat("#\n", MaxLines-2),
		"bytes": head + strings.Repeat("#"+strings.Repeat("x", 1022)+"\n", 1023) + strings.Repeat("#", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			f := mustParse(t, s)
			if err := f.Set("template", "model", "7350"); !errors.Is(err, ErrTooLarge) {
				t.Errorf("got %v, want ErrTooLarge", err)
			}
			if got := string(Append(nil, f)); got != s {
				t.Error("the file was changed")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample), "clock", "tz-offset", "0")
	f.Add([]byte(strings.ReplaceAll(sample, "\n", "\r\n")), "itc", "gain", "1.5")
	f.Add([]byte("\uFEFF[template]\nname=x"), "template", "name", "y")
	f.Add([]byte("[template]\nname=x\n[clock\nbad\n=\n"), "modbus", "", "\n")
	f.Add([]byte("[template]\r\nname=\x00"), "energy", "kwh", " ")
	f.Fuzz(func(t *testing.T, b []byte, section, key, value string) {
		file, err := Parse(b)
		if err != nil {
			for _, kind := range []error{ErrEmpty, ErrTooLarge, ErrNotText, ErrSyntax, ErrNoName} {
				if errors.Is(err, kind) {
					return
				}
			}
			t.Fatalf("%v wraps no sentinel", err)
		}
		if got := Append(nil, file); !bytes.Equal(got, b) {
			t.Fatalf("read %q, wrote %q", b, got)
		}
		before := snapshot(file)
		if file.Set(section, key, value) != nil {
			return
		}
		again, err := Parse(Append(nil, file))
		if err != nil {
			t.Fatalf("after Set(%q, %q, %q): %v", section, key, value, err)
		}
		before[section+" "+key] = value
		for _, want := range []*File{file, again} {
			after := snapshot(want)
			if len(after) != len(before) {
				t.Fatalf("keys %v, want %v", after, before)
			}
			for id, value := range before {
				if after[id] != value {
					t.Fatalf("%s is %q, want %q", id, after[id], value)
				}
			}
		}
	})
}

// snapshot is every value of a file, and fails the lookup of none.
func snapshot(f *File) map[string]string {
	values := make(map[string]string)
	for _, section := range f.Sections() {
		for _, key := range f.Keys(section) {
			value, line, ok := f.Get(section, key)
			if !ok {
				value = "not found on line " + strconv.Itoa(line)
			}
			values[section+" "+key] = value
		}
	}
	return values
}
