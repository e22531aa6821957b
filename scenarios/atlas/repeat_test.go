package atlas_test

import (
	"testing"

	"ionbench/scenarios/atlas"
	"ionbench/scenarios/worlds"
)

func TestTheCommandThatRepeatsAPointSaysAllThatIsNotUsual(t *testing.T) {
	for _, c := range []struct {
		config      atlas.Config
		plan, image string
		want        string
	}{
		{atlas.Config{Model: 7350, Release: "2.2", ImageBytes: 512}, "kill at start", "", `ionbench replay 'kill at start' --image-size 512`},
		{atlas.Config{Model: 7330, Release: "2.1", ImageBytes: 512, Journal: true, Windows: true}, "kill at start", "",
			`ionbench replay 'kill at start' --image-size 512 --model 7330 --release 2.1 --journal --windows`},
		{atlas.Config{Model: 7350, Release: "2.2", Firmware: "7350V284"}, "kill at start", "", `ionbench replay 'kill at start' --image 7350V284.upg`},
		{atlas.Config{Model: 7350, Release: "2.1; rm", ImageBytes: 1}, "kill at start", "", `ionbench replay 'kill at start' --image-size 1 --release '2.1; rm'`},
		{atlas.Config{Model: 7350, Release: "2.2", ImageBytes: 512, Text: "[meter]\nunit-id = 7\n"}, "kill", "", `ionbench replay kill --world FILE.world`},
		{atlas.Config{Model: 7350, Release: "2.2", ImageBytes: 512, Text: "[meter]\nunit-id = 7\n"}, "kill", "my.world", `ionbench replay kill --world my.world`},
		{atlas.Config{Model: 7350, Release: "2.2", Text: worlds.Text(worlds.At(2, 7).World())}, "kill", "", `ionbench replay kill --world pairs-7`},
		{atlas.Config{Model: 7350, Release: "2.2", Firmware: "7350V284"}, "it's", "it's.upg", `ionbench replay 'it'\''s' --image 'it'\''s.upg'`},
	} {
		if got := c.config.Replay(c.plan, c.image); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestThePlanOfAPointHasItsPlaceOrItsName(t *testing.T) {
	numbers := &atlas.Row{Plan: "power-loss at flash-op # torn seed #", First: 1}
	if got := numbers.PlanAt(1170); got != "power-loss at flash-op 1170 torn seed 1170" {
		t.Error(got)
	}
	states := &atlas.Row{Plan: "abort at state #", First: 3, Names: []string{"erasing", "verifying"}}
	for place, want := range map[uint64]string{2: "abort at state 2", 3: "abort at state erasing", 4: "abort at state verifying", 5: "abort at state 5"} {
		if got := states.PlanAt(place); got != want {
			t.Errorf("place %d: %q, want %q", place, got, want)
		}
	}
}
