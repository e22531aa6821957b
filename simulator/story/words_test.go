package story

import "testing"

func TestAnEventIsSaidInALineAndWhatThatLeavesOutIsTold(t *testing.T) {
	for _, c := range []struct {
		told  Told
		words string
		left  int
	}{
		{Of(SectorErased{Sector: 3, Left: 4}), "flash: sector 3 erased, 4 to go", 0},
		{Of(SectorErased{Sector: 0, Left: 0}), "flash: sector 0 erased, 0 to go", 0},
		{Of(BlockProgrammed{Block: 7}), "flash: block 7 programmed", 0},
		{Tell("block-programmed", Member{"block", 7.0}, Member{"blocks", 0.0}, Member{"line", "a"}), "flash: block 7 programmed", 2},
		{Tell("block-programmed", Member{"block", 7}, Member{"blocks", 9}), "flash: block 7 of 9 programmed", 0},
		{Tell("fault", Member{"phase", "strikes"}, Member{"fault", "noise"}, Member{"lasts", true}), "fault strikes: noise", 1},
		{Tell("fault", Member{"phase", "cannot-strike"}, Member{"fault", "noise"}, Member{"reason", "{text} [x]"}), "fault cannot-strike: noise: {text} [x]", 0},
		{Of(CallTold{Step: "connected", Text: "9600"}), "telephone: connected 9600", 0},
		{Of(CallTold{Step: "ended"}), "telephone: ended", 1},
		{Of(FrameSent{}), "", 3},
		{Tell("of-a-newer-program", Member{"text", "x"}), "", 1},
	} {
		if words, left := c.told.Words(); words != c.words || len(left) != c.left {
			t.Errorf("%v: %q, and %v is left; want %q, and %d", c.told, words, left, c.words, c.left)
		}
	}
}
