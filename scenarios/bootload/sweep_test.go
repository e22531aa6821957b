package bootload

import (
	"flag"
	"fmt"
	"runtime"
	"testing"

	"ionbench/simulator/fault"
)

var whole = flag.Bool("whole", false, "strike transfers of 6 KiB at every point, which takes minutes")

// Every byte and every operation of the flash of a transfer is struck, by each variant.
func TestATransferThatIsStruckAnywhereKeepsItsPromises(t *testing.T) {
	for _, v := range Variants() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			c := Config{Variant: v, ImageBytes: 700, Every: 3}
			if testing.Short() {
				c.Every = 101
			}
			if *whole {
				c = Config{Variant: v, ImageBytes: 6 << 10}
			}
			r, err := Sweep(t.Context(), c, runtime.GOMAXPROCS(0))
			if err != nil {
				t.Fatal(err)
			}
			t.Log(v, r)
			for i, bad := range r.Violations {
				if i == 10 {
					t.Fatal("and more")
				}
				t.Error(bad)
			}
			if r.Succeeded == 0 || r.Succeeded+r.Failed+r.Unheard != r.Points {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What is a frame or a block of ION in other plans is a packet here.
func TestTriggersOfTheProtocolStrikeInTheLoader(t *testing.T) {
	for _, text := range []string{
		"byte-drop at block 2 to-meter", "byte-flip at byte 300 to-meter mask 0x01", "frame-lost at frame 4 to-meter",
		"frame-lost at frame 2 from-meter", "frame-dup at block 5", "reply-lost at block 3", "reply-dup at block 3", "reply-late at block 2 by 2s",
		"cable-pull at block 2 for 1 no-responses", "noise at block 3 for 200ms rate 1e-2 seed 1", "power-loss at block 4 for 3s",
		"frame-lost at block 2; byte-drop at no-response 1 to-meter", "reply-lost at block 1..3",
	} {
		for _, v := range Variants() {
			c := Config{Variant: v, ImageBytes: 5000}
			tr, err := newTransfer(c)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := fault.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if r := tr.strike(point{tr.start, plan}); len(r.Violations) > 0 {
				t.Error(v, r.Violations)
			}
		}
	}
}

// A fault at a block strikes when that block goes on the line, and not before.
func TestABlockOfTheLoaderIsTheOneThatIsMeant(t *testing.T) {
	tr, err := newTransfer(Config{Variant: CRC, ImageBytes: 40_000}) // more than 256 blocks
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range []uint64{1, 2, 255, 256, 257, 300} {
		b := tr.start.Clone()
		plan, err := fault.Parse(fmt.Sprintf("reply-lost at block %d", block))
		if err == nil {
			err = b.Station().SetPlan(plan)
		}
		if err != nil {
			t.Fatal(err)
		}
		for b.Station().Waiting() && b.Now() < limit && b.Step() {
		}
		if n := b.Station().InRun().Block; n != block {
			t.Errorf("block %d is struck at block %d", block, n)
		}
	}
}
