package fault

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// These bytes stand in ids that people have kept. If this test fails, an old id means
// another plan: put back what was changed, and add behind it.
func TestBinaryFormStaysAsItIs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "00"},
		{"abort at 60%", "152b1c00"},
		{"cable-pull at block 200 for 2 no-responses", "110fc19100"},
		{"power-loss at flash-op 1170 torn seed 1170", "1224d51096155440"},
		{"byte-flip at byte 104233 to-meter", "1a11c6e5c988"},
		{"noise to-meter at no-response 3 for 1m30s rate 198e-5 seed 4", "17b042558c5f41ad8200"},
		{"noise from-meter at 12m30s..14m rate 0.5", "17cc76d8cab1116a20"},
		{"byte-flip at state verifying mask 0x81 length 300", "1a13b133305419a8"},
		{"reply-late every 10 blocks by 11.5s", "1820c8b224939b7c40"},
		{"frame-lost at frame 3..9 from-meter every 2 frames; kill", "2d1115630600"},
		{"power-loss at flash-op 3 torn for 200ms bytes 0", "12210ac49d4000"},
		{"kill at 47.5%", "162f27b2c400"},
		{"reply-lost at reply 3", "1f149000"},
		{"brown-out at flash-op 30 torn for 2s", "1f32698a10"},
		{"clock-jump at block 3 by 1h back", "1b4090491150f9188c4c2c6d60"},
		{"read-changes at start address 0x030100 seed 3", "1b501607a1b11910c0"},
		{"stuck-bit at flash-op 90 address 0x100000 mask 0x80", "1a524d88133105a131111108"},
	} {
		got, err := mustPlan(t, c.text).AppendBinary(nil)
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%q is %x, want %s; %v", c.text, got, c.want, err)
		}
	}
}

func TestCodesAreTheirOwnAndNotZero(t *testing.T) {
	kinds := map[uint64]string{}
	for _, r := range rows {
		if other, taken := kinds[r.code]; taken || r.code == 0 {
			t.Errorf("%s has the code %d (of %s): give it the next one that is free", r.name, r.code, other)
		}
		kinds[r.code] = r.name
	}
	own := map[uint64]string{}
	for _, p := range parameters {
		if other, taken := own[p.code]; taken || p.code == 0 {
			t.Errorf("the parameter %s has the code %d (of %s): give it the next one that is free", p.name, p.code, other)
		}
		own[p.code] = p.name
	}
}

func TestEveryFaultOfTheGrammarsTableReadsBackFromItsBinaryForm(t *testing.T) {
	text, err := os.ReadFile("testdata/grammar.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		canonical, ok := strings.CutPrefix(strings.TrimSpace(line), "= ")
		if !ok {
			continue
		}
		wantBinaryBack(t, mustPlan(t, canonical))
	}
	for _, r := range rows {
		wantBinaryBack(t, mustPlan(t, r.example))
	}
}

// wantBinaryBack: what is behind the plan does not matter.
func wantBinaryBack(t *testing.T, plan Plan) {
	t.Helper()
	b, err := plan.AppendBinary([]byte("before"))
	if err != nil {
		t.Fatalf("%v: %v", plan, err)
	}
	again, used, err := ParseBinary(append(b[len("before"):], "behind"...))
	if err != nil || !slices.Equal(plan, again) || used != len(b)-len("before") {
		t.Fatalf("%v reads back as %v from %d bytes of %d; %v", plan, again, used, len(b)-len("before"), err)
	}
}

func TestTypicalFaultsAreShort(t *testing.T) {
	const most, usual = 21, 9 // bytes: five usual ones fit into an id; a status is a word
	all := 0
	for _, r := range rows {
		b, err := mustPlan(t, r.example).AppendBinary(nil)
		if err != nil || len(b) > most {
			t.Errorf("%s takes %d bytes, more than %d; %v", r.example, len(b), most, err)
		}
		all += len(b)
	}
	if all > usual*len(rows) {
		t.Errorf("the examples take %d bytes each, more than %d", all/len(rows), usual)
	}
}

func TestAPlanThatMakesNoSenseHasNoBinaryForm(t *testing.T) {
	if b, err := (Plan{{Kind: Abort, Trigger: Block(0)}}).AppendBinary([]byte("x")); err == nil || string(b) != "x" {
		t.Errorf("%x, %v", b, err)
	}
}

func TestBinaryFormThatIsNoneIsRefused(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":               "",
		"a fault is missing":    "10",
		"code 0":                "1000000000",
		"an unknown code":       "1ff7000000",
		"an unknown trigger":    "15" + "7fffffff",
		"bits behind the end":   "01",
		"a number with a tail":  "80",
		"a number of 66 bits":   "ffffffffffffffffffffffffffffffff",
		"what Validate refuses": "15" + "0820",
	} {
		raw, err := hex.DecodeString(b + strings.Repeat("0", len(b)%2))
		if err != nil {
			t.Fatal(err)
		}
		if plan, used, err := ParseBinary(raw); !errors.Is(err, ErrBadBinary) || plan != nil || used != 0 {
			t.Errorf("%s: %v, %d, %v", name, plan, used, err)
		}
	}
}

func TestParametersAreSetByTheirNames(t *testing.T) {
	p := mustParse(t, "noise rate 1e-4 seed 7").Parameters
	if p.Text("rate") != "1e-4" || p.Text("mask") != "" || p.Text("xyzzy") != "" {
		t.Errorf("rate %q, mask %q", p.Text("rate"), p.Text("mask"))
	}
	other, err := p.With("seed", "")
	if err != nil || other != (Parameters{Rate: 1e-4}) {
		t.Errorf("%+v, %v", other, err)
	}
	if other, err = p.With("rate", "0.5"); err != nil || other != (Parameters{Rate: 0.5, Seed: 7}) {
		t.Errorf("%+v, %v", other, err)
	}
	for _, bad := range [][2]string{{"rate", "2"}, {"xyzzy", "1"}} {
		if other, err := p.With(bad[0], bad[1]); err == nil || other != p {
			t.Errorf("%v: %+v, %v", bad, other, err)
		}
	}
}

func taken(d Description) []string {
	var list []string
	for _, t := range d.Takes {
		list = append(list, fmt.Sprint(t.Name, " ", t.Must, " ", t.Example))
	}
	return list
}

func TestKindsTellProgramsWhatIsWorthTrying(t *testing.T) {
	d := Noise.Describe()
	if !d.Lasts || !d.Sided || d.Tears || len(d.Units) != len(units) ||
		!slices.Equal(taken(d), []string{"rate true 1e-4", "seed false 7"}) {
		t.Errorf("noise: %+v", d)
	}
	if d := PowerLoss.Describe(); !d.Tears || !slices.Equal(taken(d), []string{"bytes false 100", "seed false 7"}) {
		t.Errorf("power-loss: %+v", d)
	}
	for _, d := range Kinds() {
		for _, taking := range d.Takes {
			if _, err := (Parameters{}).With(taking.Name, taking.Example); err != nil {
				t.Errorf("%v: %v", d.Kind, err)
			}
		}
		for _, u := range d.Units {
			if !d.Kind.row().allows(u) {
				t.Errorf("%v cannot strike at a %v", d.Kind, u)
			}
		}
	}
}

func FuzzParseBinary(f *testing.F) {
	for _, r := range rows {
		plan, _ := Parse(r.example)
		b, _ := plan.AppendBinary(nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		plan, used, err := ParseBinary(b)
		if err != nil {
			if !errors.Is(err, ErrBadBinary) || plan != nil {
				t.Fatalf("%x: bad error %v", b, err)
			}
			return
		}
		again, err := plan.AppendBinary(nil)
		if err != nil || string(again) != string(b[:used]) {
			t.Fatalf("%x reads as %v, which is %x; %v", b[:used], plan, again, err)
		}
		for _, fault := range plan {
			if err := fault.Validate(); err != nil {
				t.Fatalf("%x reads as something invalid: %v", b, err)
			}
		}
	})
}

func mustPlan(t *testing.T, text string) Plan {
	t.Helper()
	plan, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}
