package rig_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/journal"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// bound is a value in, at or beyond a bound of a setting.
type bound struct {
	setting int
	name    string
	value   ion.Value
	text    string // as a person writes it
	taken   bool
}

// bounds are all values at the bounds of all settings, both ways.
func bounds() []bound {
	var list []bound
	for i, s := range ion.SettingTable() {
		add := func(name string, v ion.Value, text string, taken bool) {
			list = append(list, bound{i, s.Key + " " + name, v, text, taken})
		}
		if s.Type == ion.Words {
			for _, text := range []string{"x", "#1", "; x", "[x]", "a = b", `"q"`, `\`, "~ !"} {
				add("as "+text, ion.TextValue(text), text, true)
			}
			most := int(s.Max)
			for n, taken := range map[int]bool{0: true, 1: true, most - 1: true, most: true, most + 1: false} {
				text := strings.Repeat("x", n)
				add(fmt.Sprintf("of %d bytes", n), ion.TextValue(text), text, taken)
			}
			add("with a byte that is no letter", ion.TextValue("a\x7fb"), "a\x7fb", false)
			continue
		}
		for _, b := range []struct {
			name   string
			at, in float64
		}{{"minimum", s.Min, 1}, {"maximum", s.Max, -1}} {
			for _, v := range []struct {
				name  string
				n     float64
				taken bool
			}{{"in the ", next(s, b.at, b.in), true}, {"at the ", b.at, true}, {"beyond the ", next(s, b.at, -b.in), false}} {
				add(v.name+b.name, valueOf(s, v.n), plain(v.n), v.taken)
			}
		}
	}
	return list
}

// next is the number after n, in the direction of by, that the setting's register could hold.
func next(s ion.Setting, n, by float64) float64 {
	if s.Type == ion.Number {
		return float64(math.Nextafter32(float32(n), float32(n+by*math.MaxFloat32)))
	}
	return n + by
}

func valueOf(s ion.Setting, n float64) ion.Value {
	switch {
	case s.Type == ion.Number:
		return ion.FloatValue(float32(n))
	case n < 0:
		return ion.SignedValue(int64(n), 8)
	}
	return ion.UnsignedValue(uint64(n), 8)
}

func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func newRig(t *testing.T, w world.World) *rig.Rig {
	t.Helper()
	w.Firmware = []world.Firmware{{Bytes: 1}}
	r, err := rig.New(&w, rig.Options{Trace: rig.NoTrace})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func attempted(t *testing.T, r *rig.Rig, a world.Attempt) *rig.Outcome {
	t.Helper()
	o, err := r.Try(&a)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// sending sends a template, with no group of the meter pasted over it.
var sending = world.Attempt{Tool: world.Tool{Task: client.TaskSendTemplate}, Person: world.Person{Unticked: ion.AllGroups}}

// holds checks that the meter has a value, and all else as it was.
func holds(t *testing.T, r *rig.Rig, want ion.Settings, way string) {
	t.Helper()
	has := r.Meter().Settings(r.Now())
	if lost := verdict.Lost(&want, &has, r.Now()); lost != 0 {
		t.Errorf("%s: the meter has lost %v", way, lost)
	}
}

// templateWith is a template that sets one setting.
func templateWith(t *testing.T, b bound) *dcf.File {
	t.Helper()
	f := new(dcf.File)
	s := ion.SettingTable()[b.setting]
	if err := errors.Join(f.Set("template", "name", "T"), f.Set(ion.PTCT.Key(), "ct-primary", "5"), f.Set(s.Group.Key(), s.Key, b.text)); err != nil {
		return nil // a file cannot even have it
	}
	return f
}

func TestEveryValueThatASettingTakesIsWrittenSurvivesAndIsReadBack(t *testing.T) {
	for _, b := range bounds() {
		if !b.taken {
			continue
		}
		s := ion.SettingTable()[b.setting]
		value, err := s.Check(b.value)
		if again, parseErr := s.Parse(b.text); err != nil || parseErr != nil || !again.Equal(value) {
			t.Errorf("%s: %v, %v; read as %v", b.name, err, parseErr, again)
			continue
		}

		r := newRig(t, world.World{})
		want := r.Meter().Settings(r.Now())
		want.Values[b.setting] = value
		if o := attempted(t, r, world.Attempt{Tool: world.Tool{Task: client.TaskWriteSettings}, Person: world.Person{Writes: []world.Write{{Setting: b.setting, Value: value}}}}); o.Claim != nil {
			t.Errorf("%s, written: %v", b.name, o.Claim)
		}
		holds(t, r, want, b.name+", written")

		if o := attempted(t, r, world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}); !o.Upgraded() || len(o.Violations) > 0 {
			t.Errorf("%s, upgraded: %v, %q", b.name, o.Claim, o.Violations)
		}
		holds(t, r, want, b.name+", upgraded")

		killed := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: fault.Plan{{Kind: fault.Kill, Trigger: fault.Trigger{Unit: fault.AtBlock, First: 1}}}}
		attempted(t, r, killed)
		if o, err := r.Recover(&killed); err != nil || !o.Upgraded() || len(o.Violations) > 0 {
			t.Errorf("%s, from the journal: %v, %v, %q", b.name, err, o.Claim, o.Violations)
		}
		holds(t, r, want, b.name+", from the journal")

		read := attempted(t, r, world.Attempt{Tool: world.Tool{Task: client.TaskReadSettings}}).Read
		saved, err := client.TemplateOf(read, 7350)
		if err == nil {
			saved, err = dcf.Parse(dcf.Append(nil, saved))
		}
		if err != nil {
			t.Errorf("%s, as a template: %v", b.name, err)
			continue
		}
		other := newRig(t, world.World{Templates: []world.Template{{Own: saved}}})
		if o := attempted(t, other, sending); o.Claim != nil {
			t.Errorf("%s, sent: %v", b.name, o.Claim)
		}
		sent := other.Meter().Settings(other.Now())
		if lost := verdict.Lost(read, &sent, other.Now()+r.Now()); lost != 0 || sent.Template != read.Template {
			t.Errorf("%s: sent as a template, %v are lost", b.name, lost)
		}
	}
}

func TestAValueBeyondABoundIsRefusedBeforeTheFirstWrite(t *testing.T) {
	for _, b := range bounds() {
		if b.taken {
			continue
		}
		s := ion.SettingTable()[b.setting]
		if _, err := s.Parse(b.text); !errors.Is(err, ion.ErrSetting) {
			t.Errorf("%s: %q is read: %v", b.name, b.text, err)
		}

		r := newRig(t, world.World{})
		before := r.Meter().Settings(r.Now())
		other := 2 // ct-primary
		if b.setting == other {
			other = 0
		}
		writes := []world.Write{{Setting: other, Value: ion.FloatValue(5)}, {Setting: b.setting, Value: b.value}}
		if _, err := r.Try(&world.Attempt{Tool: world.Tool{Task: client.TaskWriteSettings}, Person: world.Person{Writes: writes}}); !errors.Is(err, ion.ErrSetting) {
			t.Errorf("%s, written: %v", b.name, err)
		}
		holds(t, r, before, b.name+", written")

		if f := templateWith(t, b); f != nil {
			r.PutTemplate(world.Template{Own: f})
			if o := attempted(t, r, sending); !errors.Is(o.Claim, client.ErrBadFile) {
				t.Errorf("%s, sent: %v", b.name, o.Claim)
			}
			holds(t, r, before, b.name+", sent")
		}

		j := &journal.Journal{Header: journal.Header{Meter: journal.Meter{SerialNumber: "PC-0209A001-11", Model: 7350, UnitID: 105}, Saved: world.ArticleStart()}, Settings: before, Held: ion.AllSettings}
		if _, err := journal.Parse(journal.Append(nil, j)); err != nil {
			t.Fatalf("a journal in peace: %v", err)
		}
		j.Settings.Values[b.setting] = b.value
		if got, err := journal.Parse(journal.Append(nil, j)); err == nil {
			t.Errorf("%s: a journal has it: %v", b.name, got.Settings.Values[b.setting])
		}
	}
}

func TestTheNameOfATemplateHasAnEndToo(t *testing.T) {
	for n, taken := range map[int]bool{1: true, 79: true, 80: true, 81: false} {
		name := strings.Repeat("n", n)
		f := new(dcf.File)
		if err := errors.Join(f.Set("template", "name", name), f.Set(ion.PTCT.Key(), "ct-primary", "5")); err != nil {
			t.Fatal(err)
		}
		r := newRig(t, world.World{Templates: []world.Template{{Own: f}}})
		want := r.Meter().Settings(r.Now())
		o := attempted(t, r, sending)
		if !taken {
			if !errors.Is(o.Claim, client.ErrBadFile) {
				t.Errorf("%d letters: %v", n, o.Claim)
			}
			holds(t, r, want, fmt.Sprint(n, " letters"))
			continue
		}
		if up := attempted(t, r, world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}}); o.Claim != nil || len(up.Violations) > 0 || r.Meter().Settings(r.Now()).Template != name {
			t.Errorf("%d letters: %v, then %q", n, o.Claim, up.Violations)
		}
	}
}
