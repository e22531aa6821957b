package fields_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/internal/fieldstest"
)

// lamp is something with fields of every sort.
type lamp struct {
	Colour  string
	Watts   int
	On      bool
	Since   time.Time
	Glows   *time.Duration
	Shades  []string
	Corners []int
	Hidden  string
}

func lampFields() []fields.Field[lamp] {
	colours := fields.Words("colour", fields.Say("red", "red"), fields.Say("green", "green"))
	return []fields.Field[lamp]{
		fields.Of("colour", "of the bulb", func(l *lamp) *string { return &l.Colour }, colours).Required(),
		fields.Of("watts", "", func(l *lamp) *int { return &l.Watts }, fields.Integer(1, 100, 1, 60, 100)).Or("60"),
		fields.Of("on", "whether it is", func(l *lamp) *bool { return &l.On }, fields.YesNo("on")),
		fields.Of("since", "", func(l *lamp) *time.Time { return &l.Since }, fields.Calendar("2008-03-06 15:57:48")).Else("this morning"),
		fields.Optional("glows", "after it was on", func(l *lamp) **time.Duration { return &l.Glows }, fields.Time("0s", "1h10m")).
			When(fields.Only{Field: "on", Values: []string{"no"}}),
		fields.Several("shade", "that was put over it", func(l *lamp) *[]string { return &l.Shades }, fields.Text("WORDS", "paper")),
		fields.Of("corners", "that it lights", func(l *lamp) *[]int { return &l.Corners }, fields.List("LIST", fields.Integer(1, 4, 1, 4), "1", "1, 4")),
	}
}

func TestATableIsWholeOrSaysWhatItLeavesOut(t *testing.T) {
	fieldstest.Table(t, lampFields(), map[string]string{"Hidden": "nobody sees it"})
}

// report takes what a test of a table has to say.
type report []string

func (r *report) Helper()                           {}
func (r *report) Errorf(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

func TestATableThatIsNotWholeIsFoundOut(t *testing.T) {
	hidden := map[string]string{"Hidden": "nobody sees it"}
	colour := lampFields()[0]
	forgets := fields.Make(colour.Description, func(l *lamp) *string { return &l.Colour }, func(*string, string) error { return nil }, func(s string) []string { return []string{s} })
	mixes := fields.Make(colour.Description, func(l *lamp) *string { return &l.Hidden },
		func(at *string, text string) error { *at = text; return nil }, func(s string) []string { return []string{s + "dish"} })
	for _, c := range []struct {
		name   string
		table  []fields.Field[lamp]
		exempt map[string]string
		want   string
	}{
		{"a field is left out", lampFields()[1:], hidden, "lamp.Colour is in no field of the table"},
		{"nothing is exempt", lampFields(), nil, "lamp.Hidden is in no field of the table"},
		{"what is exempt is there", lampFields(), map[string]string{"Hidden": "x", "On": "for the lamp has no switch"}, "lamp.On is declared, and was not to be: for the lamp has no switch"},
		{"what is exempt is gone", lampFields(), map[string]string{"Hidden": "x", "Gone": "x"}, "lamp has no Gone any more"},
		{"a field twice", append(lampFields(), colour), hidden, "two fields are called colour"},
		{"a default that is none", append(lampFields()[1:], colour.Or("blue")), hidden, "colour is blue unless given"},
		{"a field that forgets", append(lampFields()[1:], forgets), hidden, "colour = red is forgotten"},
		{"a field that says another thing", append(lampFields()[1:], mixes), nil, "colour = red"},
	} {
		var r report
		func() {
			defer func() {
				if p := recover(); p != nil {
					r = append(r, fmt.Sprint(p)) // Fill, of a default that is none
				}
			}()
			fieldstest.Table(&r, c.table, c.exempt)
		}()
		if !slices.ContainsFunc(r, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(c.want)) }) {
			t.Errorf("%s: %q, and not %q", c.name, r, c.want)
		}
	}
}

func TestAFieldThatIsNotGivenSaysWhatItIs(t *testing.T) {
	var got []string
	for _, f := range lampFields() {
		got = append(got, f.Name+": "+f.Explain())
	}
	want := []string{
		"colour: of the bulb; must be there", "watts: 60 unless given", "on: whether it is; no unless given", "since: this morning unless given",
		"glows: after it was on", "shade: that was put over it", "corners: that it lights",
	}
	if !slices.Equal(got, want) {
		t.Errorf("they say %q", got)
	}
}

func TestTwoValuesDifferInTheFieldsThatSayAnotherThing(t *testing.T) {
	a, b := lamp{Colour: "red", Watts: 60}, lamp{Colour: "red", Shades: []string{"paper"}}
	if got := fields.Difference(lampFields(), &a, &b); !slices.Equal(got, []string{"watts", "shade"}) {
		t.Errorf("they differ in %q", got)
	}
	fields.Fill(lampFields(), &b)
	if got := fields.Difference(lampFields(), &a, &b); !slices.Equal(got, []string{"shade"}) {
		t.Errorf("filled they differ in %q", got)
	}
	if fields.Trim(lampFields(), &b); b.Watts != 0 || b.Colour != "red" || len(b.Shades) != 1 {
		t.Errorf("trimmed it is %+v", b)
	}
}

func TestAKeyNeedsNoType(t *testing.T) {
	var l lamp
	for _, k := range fields.Bind(lampFields(), &l) {
		if k.Name == "watts" {
			if err := k.Set("7"); err != nil || !slices.Equal(k.Get(), []string{"7"}) || k.Default != "60" {
				t.Errorf("%v, %q, %q", err, k.Get(), k.Default)
			}
		}
	}
	if l.Watts != 7 {
		t.Errorf("it has %d watts", l.Watts)
	}
}

var errBad = errors.New("no lamps")

// lamps is a format with a section that has names and one that stands often.
func lamps(list *[]lamp) fields.Format {
	open := func(string) ([]fields.Key, error) {
		if len(*list) == 2 {
			return nil, errors.New("no third lamp; break one first")
		}
		*list = append(*list, lamp{})
		return fields.Bind(lampFields(), &(*list)[len(*list)-1]), nil
	}
	keys := fields.Bind(lampFields(), new(lamp))
	return fields.Format{Name: "house", First: "lamp", Bad: errBad, Sections: []fields.Section{
		{Word: "lamp", What: "one that hangs", Named: true, Keys: keys, Open: open},
		{Word: "torch", What: "one that does not", Named: true, Several: true, Keys: keys, Open: open},
	}}
}

func TestReadTellsWhereThingsStand(t *testing.T) {
	var list []lamp
	format := lamps(&list)
	places, problems := format.Read([]byte("# a house\n[lamp hall]\nshade = paper\ncolour=red\nshade = silk\n\n[torch]\ncolour = green\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	hall, torch := places.Of("lamp")[0], places.Of("torch")[0]
	if hall.Name != "hall" || hall.Line != 2 || hall.LineOf("colour") != 4 || hall.LineOf("watts") != 2 || !slices.Equal(hall.Keys["shade"], []int{3, 5}) || torch.LineOf("colour") != 8 {
		t.Errorf("they stand at %+v and %+v", hall, torch)
	}
	text := fields.Append(nil, "lamp", "hall", fields.Bind(lampFields(), &list[0]))
	if text = fields.Append(text, "torch", "", fields.Bind(lampFields(), &list[1])); string(text) != "[lamp hall]\ncolour = red\nshade = paper\nshade = silk\n\n[torch]\ncolour = green\n" {
		t.Errorf("written again it is\n%s", text)
	}
}

func TestReadTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[lamp]\ncolour = red\nglows = 5s\non = yes\n", "line 3: glows means nothing with on = yes; delete it, or use on = no"},
		{"[lamp]\nwatts = 5\n", "line 1: [lamp] has no colour; add a line colour = ..."},
		{"[lamp]\ncolour = red\n[torch]\ncolour = red\n[torch]\n", "line 5: no third lamp; break one first"},
		{"[lamp]\ncolour = red\ncolour = red\n", "line 3: key colour already stands on line 2; keep one of the two"},
		{"[lamp]\ncolour = red\ncorners = 1, 5\n", `line 3: "5" is no number from 1 to 4`},
		{"[lamp]\ncolour\n", "line 2: \"colour\" has no =; write key = value, or # before a comment\nline 1: [lamp] has no colour; add a line colour = ..."},
		{"  \n", "the file is empty; a house begins with a line [lamp]"},
	} {
		var list []lamp
		format := lamps(&list)
		_, problems := format.Read([]byte(c.text))
		if err := problems.Err(); err == nil || err.Error() != c.want || !errors.Is(err, errBad) {
			t.Errorf("%q: the error is\n%v\nand should be\n%s", c.text, err, c.want)
		}
	}
}

func TestALineThatIsFullIsWrittenAndReadAgain(t *testing.T) {
	var list, again []lamp
	format, second := lamps(&list), lamps(&again)
	full := "[lamp]\ncolour=red\nshade=" + strings.Repeat("x", fields.MaxLineBytes-len("shade=")) + "\n"
	if _, problems := format.Read([]byte(full)); problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	text := fields.Append(nil, "lamp", "", fields.Bind(lampFields(), &list[0]))
	if _, problems := second.Read(text); problems.Err() != nil || again[0].Shades[0] != list[0].Shades[0] {
		t.Errorf("%v in\n%s", problems.Err(), text)
	}
}

func TestSizesHaveUnits(t *testing.T) {
	sizes := fields.Size(1, 4<<20)
	for text, want := range map[string]int{"1": 1, "65536": 65536, "64k": 65536, "64K": 65536, "256KiB": 262144, "1MiB": 1 << 20, "2m": 2 << 20, "4194304": 4 << 20} {
		if n, err := sizes.Parse(text); err != nil || n != want || sizes.Print(n) != fmt.Sprint(want) {
			t.Errorf("%q is %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "k", "0", "-1", "-1k", "1.5k", "64 k", "99999999999999999999", "9999999999999MiB", "64kB", "4194305", "5m"} {
		if n, err := sizes.Parse(text); err == nil {
			t.Errorf("%q is %d", text, n)
		}
	}
}
