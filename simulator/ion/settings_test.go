package ion

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestGroupsAreListedAndPrinted(t *testing.T) {
	for s := range Groups(1 << groupCount) {
		if again := Of(s.List()...); again != s {
			t.Errorf("%v lists as %v", s, s.List())
		}
		for g := range groupCount {
			if s.Has(g) != strings.Contains(","+s.String()+",", ","+g.Key()+",") {
				t.Errorf("%v and %v", s, g)
			}
		}
	}
}

func TestGroupsHaveTheArticlesNames(t *testing.T) {
	want := []string{"PT/CT", "Clock", "Nameplate", "Energy Readings", "ITC"}
	for i, g := range AllGroups.List() {
		if g.String() != want[i] {
			t.Errorf("group %d is %q, the article says %q", i, g, want[i])
		}
	}
}

func TestUnknownGroupIsRefusedWithTheKnownOnes(t *testing.T) {
	for _, text := range []string{"ptct", "pt-ct,", "all", "Clock", ""} {
		_, err := ParseGroup(text)
		if err == nil || !strings.Contains(err.Error(), "use pt-ct, clock, nameplate, energy, itc, all or none") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSettingsHaveHandlesAndKeysOfTheirOwn(t *testing.T) {
	handles, keys, groups := map[Handle]bool{}, map[string]bool{}, map[Group]int{}
	for i, s := range SettingTable() {
		handles[s.Handle], keys[s.Key] = true, true
		groups[s.Group]++
		if at, ok := SettingIndex(s.Handle); !ok || at != i {
			t.Errorf("%s: handle %#x is found at %d", s.Key, s.Handle, at)
		}
		if at, ok := SettingNamed(s.Group, s.Key); !ok || at != i {
			t.Errorf("%s: found at %d", s.Key, at)
		}
		if s.Min > s.Max || s.Type == Count && s.Max >= math.Pow(256, float64(s.Bytes)) {
			t.Errorf("%s: %v to %v in %d bytes", s.Key, s.Min, s.Max, s.Bytes)
		}
	}
	if len(handles) != SettingCount || len(keys) != SettingCount || len(groups) != int(groupCount) {
		t.Errorf("%d handles, %d keys, %d groups of %d settings", len(handles), len(keys), len(groups), SettingCount)
	}
	if _, ok := SettingIndex(0xBEEF); ok {
		t.Error("handle BEEF is a setting")
	}
	if _, ok := SettingNamed(Clock, "owner"); ok {
		t.Error("the owner belongs to the clock")
	}
}

// extremes are texts that every setting of its shape must take.
func extremes(s Setting) []string {
	if s.Type == Words {
		return []string{"", "a", "PLANT A = [1], #7; \"x\"", strings.Repeat("~", int(s.Max))}
	}
	return []string{plain(s.Min), plain(s.Max), plain(math.Trunc((s.Min + s.Max) / 2))}
}

func TestSettingIsParsedFormattedAndCheckedAlike(t *testing.T) {
	for _, s := range SettingTable() {
		for _, text := range extremes(s) {
			v, err := s.Parse(text)
			if err != nil {
				t.Errorf("%s = %q: %v", s.Key, text, err)
				continue
			}
			if got := s.Format(v); got != text {
				t.Errorf("%s = %q prints as %q", s.Key, text, got)
			}
			checked, err := s.Check(v)
			if err != nil || !checked.Equal(v) {
				t.Errorf("%s = %q: %v is checked to %v, %v", s.Key, text, v, checked, err)
			}
			wire, n, err := ParseValue(AppendValue(nil, v))
			if err != nil || n == 0 || !wire.Equal(v) {
				t.Errorf("%s = %q: over the wire it is %v: %v", s.Key, text, wire, err)
			}
		}
	}
}

func TestSettingKeepsFractionsOfANumber(t *testing.T) {
	i, _ := SettingNamed(PTCT, "pt-primary")
	s := SettingTable()[i]
	for _, text := range []string{"347.5", "1.1", "120", "999999"} {
		v, err := s.Parse(text)
		if err != nil || s.Format(v) != text {
			t.Errorf("%q: %q, %v", text, s.Format(v), err)
		}
	}
}

func TestCountThatAFloatCannotHoldStaysExact(t *testing.T) {
	i, _ := SettingNamed(Clock, "dst-start")
	s := SettingTable()[i]
	v, err := s.Parse("4294967295")
	if err != nil || v.Uint != math.MaxUint32 || v.Size != 4 {
		t.Errorf("%v, %v", v, err)
	}
	if v, err = s.Parse("16777217"); err != nil || v.Uint != 16777217 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestValueOutsideASettingIsRefusedWithItsBounds(t *testing.T) {
	at := func(g Group, key string) Setting {
		i, ok := SettingNamed(g, key)
		if !ok {
			t.Fatal(key)
		}
		return SettingTable()[i]
	}
	for _, c := range []struct {
		setting Setting
		text    string
		says    string
	}{
		{at(PTCT, "pt-primary"), "0", "0 is outside 1 to 999999"},
		{at(PTCT, "pt-primary"), "NaN", "outside"},
		{at(PTCT, "pt-primary"), "Inf", "outside"},
		{at(PTCT, "pt-primary"), "1e300", "outside"},
		{at(PTCT, "pt-primary"), "", "is no number"},
		{at(PTCT, "pt-primary"), "120 V", "is no number"},
		{at(PTCT, "pt-primary"), "1_000", "is no number"},
		{at(PTCT, "pt-primary"), "0x1p8", "is no number"},
		{at(PTCT, "volts-mode"), "2.5", "is no whole number"},
		{at(PTCT, "volts-mode"), "6", "outside 0 to 5"},
		{at(Clock, "dst-start"), "-1", "outside"},
		{at(Clock, "dst-start"), "4294967296", "outside"},
		{at(Clock, "tz-offset"), "-43201", "outside -43200 to 50400"},
		{at(Clock, "tz-offset"), "-43200.001", "outside -43200 to 50400"},
		{at(Clock, "tz-offset"), "-43199.999", "is no whole number"},
		{at(Clock, "dst-start"), "1200000000.5", "is no whole number"},
		{at(PTCT, "pt-primary"), "999999.01", "999999.01 is outside 1 to 999999"},
		{at(PTCT, "pt-primary"), "0.99999999", "outside"},
		{at(Energy, "kwh-import"), "1000000010", "outside"},
		{at(Energy, "kwh-import"), "1e999", "outside"},
		{at(Nameplate, "owner"), " x", "begins or ends with a blank"},
		{at(Nameplate, "tag2"), "x ", "begins or ends with a blank"},
		{at(Nameplate, "owner"), strings.Repeat("x", 81), "81 bytes, at most 80"},
		{at(Nameplate, "owner"), "tab\there", "printable"},
		{at(Nameplate, "owner"), "Zürich", "printable"},
	} {
		_, err := c.setting.Parse(c.text)
		if !errors.Is(err, ErrSetting) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), c.setting.Key) {
			t.Errorf("%s = %q: %v", c.setting.Key, c.text, err)
		}
	}
	for _, c := range []struct {
		setting Setting
		value   Value
	}{
		{at(PTCT, "pt-primary"), TextValue("120")}, {at(Nameplate, "owner"), FloatValue(1)}, {at(Clock, "dst-start"), TimeValue(1)},
		{at(PTCT, "pt-primary"), ExceptionValue(1, 1, "x")}, {at(PTCT, "pt-primary"), FloatValue(float32(math.NaN()))},
	} {
		if v, err := c.setting.Check(c.value); !errors.Is(err, ErrSetting) {
			t.Errorf("%s takes %v as %v: %v", c.setting.Key, c.value, v, err)
		}
	}
}

func TestCheckBringsAnyNumberIntoTheSettingsOwnType(t *testing.T) {
	i, _ := SettingNamed(Clock, "tz-offset")
	s := SettingTable()[i]
	for _, v := range []Value{SignedValue(3600, 8), UnsignedValue(3600, 2), FloatValue(3600)} {
		if got, err := s.Check(v); err != nil || !got.Equal(SignedValue(3600, 4)) {
			t.Errorf("%v: %v, %v", v, got, err)
		}
	}
}

func someSettings(t testing.TB) Settings {
	t.Helper()
	s := Settings{Template: "7350_FAC-TEMP_V2"}
	for i, setting := range SettingTable() {
		v, err := setting.Parse(extremes(setting)[i%3])
		if err != nil {
			t.Fatal(err)
		}
		s.Values[i] = v
	}
	return s
}

func TestPasteCopiesTheGroupsTickedAndNoOther(t *testing.T) {
	a := someSettings(t)
	var b Settings
	for i, s := range SettingTable() {
		v, err := s.Parse(extremes(s)[(i+1)%3])
		if err != nil {
			t.Fatal(err)
		}
		b.Values[i] = v
	}
	if d := a.Differs(&b); d != AllGroups {
		t.Fatalf("they differ in %v", d)
	}
	for groups := range Groups(1 << groupCount) {
		c := b
		c.Paste(&a, groups)
		if d := c.Differs(&b); d != groups {
			t.Errorf("pasted %v, changed %v", groups, d)
		}
		if d := c.Differs(&a); d != AllGroups&^groups {
			t.Errorf("pasted %v, other than the source: %v", groups, d)
		}
	}
}

func TestSettingsComeBackFromTheirState(t *testing.T) {
	s := someSettings(t)
	b := AppendSettings(nil, &s)
	got, rest, err := ParseSettings(append(b, 1, 2, 3))
	if err != nil || len(rest) != 3 || got.Template != s.Template || got.Differs(&s) != 0 {
		t.Fatalf("%+v, %d bytes left, %v", got, len(rest), err)
	}
	for n := range b {
		if _, _, err := ParseSettings(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes are enough", n, len(b))
		}
	}
	if _, _, err := ParseSettings(AppendValue(nil, FloatValue(1))); err == nil || !strings.Contains(err.Error(), "template name: not text") {
		t.Errorf("a number for the name: %v", err)
	}
}

func FuzzParseSettings(f *testing.F) {
	s := someSettings(f)
	f.Add(AppendSettings(nil, &s))
	f.Add(AppendSettings(nil, &s)[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		s, rest, err := ParseSettings(b)
		if err != nil {
			return
		}
		if len(rest) > len(b) {
			t.Fatal("more is left than there was")
		}
		state := AppendSettings(nil, &s)
		again, tail, err := ParseSettings(state)
		if err != nil || len(tail) != 0 || again.Template != s.Template || again.Differs(&s) != 0 {
			t.Fatalf("%+v comes back as %+v: %v", s, again, err)
		}
		if !bytes.Equal(AppendSettings(nil, &again), state) {
			t.Fatal("the second state is another")
		}
	})
}
