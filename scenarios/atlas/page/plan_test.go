package page

import (
	"testing"

	"ionbench/scenarios/atlas"
)

func TestAPlanIsSketchedByItsMovingFaultAndTheKindsOfTheOthers(t *testing.T) {
	for _, c := range []struct{ plan, moving, rest string }{
		{"byte-flip at byte # to-meter", "byte-flip at byte # to-meter", ""},
		{"abort at 60%", "abort at 60%", ""},
		{"abort at 60%; kill at start", "abort at 60%; kill at start", ""},
		{"", "", ""},
		{"cable-pull at block 3 then power-loss at flash-op # torn seed #", "power-loss at flash-op # torn seed #", "cable-pull then …"},
		{"power-loss at flash-op # torn then kill at block 2", "power-loss at flash-op # torn", "… then kill"},
		{"cable-pull at block 3;kill at reply #", "kill at reply #", "cable-pull; …"},
		{"abort at 1% then noise at 2% rate 1e-4; byte-dup at byte #", "byte-dup at byte #", "abort then noise; …"},
	} {
		if moving, rest := sketch(c.plan); moving != c.moving || rest != c.rest {
			t.Errorf("%q: %q and %q, want %q and %q", c.plan, moving, rest, c.moving, c.rest)
		}
	}
}

func TestThePlanOfAPointHasItsPlaceOrItsName(t *testing.T) {
	numbers := &atlas.Row{Plan: "power-loss at flash-op # torn seed #", First: 1}
	if got := planAt(numbers, 1170); got != "power-loss at flash-op 1170 torn seed 1170" {
		t.Error(got)
	}
	states := &atlas.Row{Plan: "abort at state #", First: 3, Names: []string{"erasing", "verifying"}}
	for place, want := range map[uint64]string{2: "abort at state 2", 3: "abort at state erasing", 4: "abort at state verifying", 5: "abort at state 5"} {
		if got := planAt(states, place); got != want {
			t.Errorf("place %d: %q, want %q", place, got, want)
		}
	}
}

func TestTheCommandSaysAllThatIsNotUsual(t *testing.T) {
	for want, c := range map[string]atlas.Config{
		"ionbench replay 'kill at start' --image-size 65536":                                            {Model: 7350, Release: "2.2", ImageBytes: 65536},
		"ionbench replay 'kill at start' --image-size 1 --model 7330 --journal --windows --release 2.1": {Model: 7330, Release: "2.1", ImageBytes: 1, Journal: true, Windows: true},
		`ionbench replay 'kill at start' --image '7350V284; rm.upg'`:                                    {Model: 7350, Release: "2.2", Firmware: "7350V284; rm"},
		`ionbench replay 'kill at start' --image-size 1 --release '2.1'\'' (Build 676)'`:                {Model: 7350, Release: "2.1' (Build 676)", ImageBytes: 1},
	} {
		if got := replayCommand(&c, "kill at start"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := replayCommand(&atlas.Config{ImageBytes: 1}, "it's"); got != `ionbench replay 'it'\''s' --image-size 1` {
		t.Error(got)
	}
}
