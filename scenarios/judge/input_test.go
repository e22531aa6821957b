package judge

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"ionbench/client/upg"
	"ionbench/scenarios/evidence"
)

// Only the world of a scenario says what the program is given wrong. The rules that apply to our
// own upgrader must find it there.
func TestWhatIsWrongWithTheInputStandsInTheWorld(t *testing.T) {
	want := map[string]string{
		"wrong-product": "the file is for a 7330", "wrong-password": "the password was wrong",
		"wrong-unit": "unit 104 was asked for", "wrong-serial": "PC-0000A000-00 was asked for",
		"damaged-file": noFile, "truncated-file": noFile, "empty-file": noFile, "no-file": noFile, "other-file": noFile,
	}
	o := Options{}.Filled()
	var found []string
	for _, s := range mustSuite(t, "full").Scenarios {
		stand, err := newStand(&s, &o)
		if err != nil {
			t.Fatal(err)
		}
		w := stand.world
		files, err := w.FilesOf(&w.Attempts[0], &stand.settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := evidence.Forbidden(&w.Attempts[0], &w.Meters[0], &files); got != want[s.input()] {
			t.Errorf("%s: %q, want %q", s.Name, got, want[s.input()])
		}
		if s.input() == "" {
			continue
		}
		found = append(found, s.input())
		b, why, err := stand.right.Content(w.Meters[0].Model)
		if right, bad := upg.Parse(b); err != nil || why != nil || bad != nil || right.Product != 7350 {
			t.Errorf("%s: a recovery gets %v, %v, %v", s.Name, why, bad, err)
		}
		_, why, err = w.Firmware[0].Content(w.Meters[0].Model)
		if gone := s.Name == "no-file"; err != nil || errors.Is(why, fs.ErrNotExist) != gone {
			t.Errorf("%s: the file is not there: %v, %v", s.Name, why, err)
		}
	}
	if slices.Sort(found); len(found) != len(want) || len(slices.Compact(found)) != len(want) {
		t.Errorf("the suite has %q", found)
	}
}

const noFile = "there is no file that can be used"
