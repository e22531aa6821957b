package page

import "testing"

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
