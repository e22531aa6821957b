package judge

import (
	"errors"
	"io/fs"
	"testing"

	"ionbench/client/upg"
	"ionbench/scenarios/duty"
)

// What the program is given wrong is found by the rules that apply to our own upgrader, or it is
// in the bytes of the file, or in what the meter has room for.
func TestWhatIsWrongWithTheInputIsForbidden(t *testing.T) {
	want := map[string]string{
		"wrong-product": "the file is for a 7330", "wrong-password": "the password was wrong",
		"wrong-unit": "unit 104 was asked for", "wrong-serial": "PC-0000A000-00 was asked for",
		"damaged-file": noFile, "truncated-file": noFile, "empty-file": noFile, "no-file": noFile, "other-file": noFile,
	}
	o := Options{}.Filled()
	for _, s := range mustSuite(t, "full").Scenarios {
		stand, err := newStand(&s, &o, s.calledAlone())
		if err != nil {
			t.Fatal(err)
		}
		w := stand.world
		p := &player{stand: stand, options: &o, scenario: &s, step: &s.steps()[0], attempts: make([]*Execution, 1)}
		got := p.forbidden(&Execution{})
		if (got != "") != (s.Expect == Refuses) || want[s.Name] != "" && got != want[s.Name] {
			t.Errorf("%s: %q, want %q", s.Name, got, want[s.Name])
		}
		delete(want, s.Name)
		if s.Expect != Refuses {
			continue
		}
		b, why, err := stand.right.Content(w.Meters[0].Model)
		if right, bad := upg.Parse(b); err != nil || why != nil || bad != nil || right.Product != uint16(w.Meters[0].Model) {
			t.Errorf("%s: a recovery gets %v, %v, %v", s.Name, why, bad, err)
		}
		b, why, err = w.Firmware[0].Content(w.Meters[0].Model)
		if gone := s.Name == "no-file"; err != nil || errors.Is(why, fs.ErrNotExist) != gone {
			t.Errorf("%s: the file is not there: %v, %v", s.Name, why, err)
		}
		if s.Spoil != nil && s.Duties[0] == duty.File {
			if _, err := upg.Parse(s.Spoil(b)); err == nil {
				t.Errorf("%s: it can be used", s.Name)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("the suite lacks %q", want)
	}
}

const noFile = "there is no file that can be used"
