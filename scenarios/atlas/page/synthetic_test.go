package page

import (
	"fmt"
	"math/rand/v2"

	"ionbench/client"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/verdict"
)

// synthetic makes an atlas like that of a sweep from a seed: wire, flash and states, and pairs if
// wanted. Each row of the wire has wirePoints points.
type synthetic struct {
	wirePoints int
	outcomes   int
	pairs      bool
	partial    bool
}

const syntheticBlocks = 36

func (s synthetic) atlas() *atlas.Atlas {
	a := &atlas.Atlas{
		Format: atlas.Format, Spaces: []string{"wire", "flash", "states", "replies"}, Partial: s.partial,
		Config: atlas.Config{Model: 7350, Release: "2.2", Windows: true, ImageBytes: 256 << 10, Hash: "5f0c71aa"},
		Marks:  syntheticMarks(s.wirePoints),
	}
	last := a.Marks[len(a.Marks)-1]
	a.Calm = atlas.Calm{Milliseconds: last.Milliseconds + 900, Bytes: int64(s.wirePoints), Acts: 5}
	random := rand.New(rand.NewPCG(7350, 256))
	for i := range s.outcomes {
		a.Outcomes = append(a.Outcomes, syntheticOutcome(random, i))
	}
	d := drawn{a, random, s.partial}
	for _, kind := range []string{"byte-drop", "byte-flip", "byte-insert", "byte-dup"} {
		d.row("wire", kind+" at byte # to-meter", "to-meter", s.wirePoints, s.wirePoints/900+1, 0)
		d.row("wire", kind+" at byte # from-meter", "from-meter", s.wirePoints/14+1, s.wirePoints/9000+1, 0)
	}
	for _, plan := range []string{
		"power-loss at flash-op # before", "power-loss at flash-op # torn for 30s", "power-loss at flash-op # after", "meter-reset at flash-op # torn", "program-fails at flash-op #",
	} {
		d.row("flash", plan, "flash-op", int(last.FlashOps), 9, 2)
	}
	states := []string{"application", "download", "erasing", "erased", "receiving", "verifying", "restarting"}
	for _, plan := range []string{"cable-pull at state # for 2 no-responses", "meter-silent at state # for 45s", "abort at state #"} {
		d.row("states", plan, "state", len(states), 2, 2)
		a.Rows[len(a.Rows)-1].Names = states
		a.Rows[len(a.Rows)-1].First = 0
	}
	for _, kind := range []string{"reply-lost", "reply-dup", "reply-late"} {
		d.row("replies", kind+" at reply #", "reply", 3*syntheticBlocks, 11, 0)
	}
	if s.pairs {
		d.pairs()
	}
	return a
}

// syntheticMarks are the marks of a download with that many bytes to the meter.
func syntheticMarks(wirePoints int) []atlas.Mark {
	var list []atlas.Mark
	at := atlas.Mark{}
	exchange := func(step client.Step, block int, ms int64, to, from, ops uint64) {
		at.Step, at.Block = step, block
		list = append(list, at)
		at.Milliseconds += ms
		at.ToMeter += to
		at.FromMeter += from
		at.FlashOps += ops
	}
	exchange(client.StepIdentifyMeter, 0, 120, 38, 60, 0)
	exchange(client.StepCheckPassword, 0, 340, 60, 120, 0)
	exchange(client.StepSaveSettings, 0, 900, 90, 400, 0)
	exchange(client.StepEnterDownloadState, 0, 250, 50, 40, 0)
	exchange(client.StepAwaitLoader, 0, 3000, 80, 80, 0)
	exchange(client.StepClearFlash, 0, 5200, 50, 40, 8)
	block := uint64(wirePoints-800) / syntheticBlocks
	for b := range syntheticBlocks {
		exchange(client.StepDownload, b+1, 8950, block, block/14, 30)
	}
	exchange(client.StepVerify, 0, 700, 60, 40, 0)
	exchange(client.StepRestart, 0, 300, 50, 40, 0)
	exchange(client.StepIdentifyAgain, 0, 8000, 120, 100, 0)
	exchange(client.StepRestoreSettings, 0, 1600, 150, 60, 0)
	exchange(client.StepCheckSettings, 0, 900, 90, 400, 0)
	return list
}

func syntheticOutcome(random *rand.Rand, i int) atlas.PointOutcome {
	o := atlas.PointOutcome{Future: fmt.Sprintf("%016x", random.Uint64())}
	switch i % 10 {
	case 0:
		o.Class = "unharmed"
	case 1, 2, 3, 4:
		o.Class, o.Milliseconds, o.Bytes = "resent", 800+random.Int64N(22000), 253*random.Int64N(33)
	case 5, 6:
		o.Class, o.Milliseconds, o.Bytes = "cleared-again", 40_000+random.Int64N(300_000), random.Int64N(280_000)
	case 7:
		o.Class, o.Milliseconds, o.Bytes, o.Acts = "recovered", 120_000+random.Int64N(600_000), random.Int64N(280_000), 4
	case 8:
		o.Class, o.Milliseconds, o.Bytes, o.Acts = "settings-lost", 110_000+random.Int64N(900_000), random.Int64N(280_000), 6
		o.Lost = []string{"Nameplate", "ITC"}
	case 9:
		o.Class, o.Milliseconds, o.Acts = "violated", 60_000+random.Int64N(4_000_000), 3
		o.Violations = []verdict.Violation{{Rule: verdict.I4, Attempt: 1, Reason: "the recovery fails: no response from the meter"}}
	}
	return o
}

// drawn adds rows with long runs of equal outcomes, as in a sweep.
type drawn struct {
	a       *atlas.Atlas
	random  *rand.Rand
	partial bool
}

func (d drawn) row(space, plan, unit string, points, stretch, harm int) {
	r := atlas.Row{Space: space, Plan: plan, Unit: unit, First: 1}
	for left := points; left > 0; {
		n := min(1+d.random.IntN(2*stretch), left)
		left -= n
		o := d.outcome(harm)
		if d.partial && d.random.IntN(4) == 0 {
			o = -1
		}
		r.Runs = append(r.Runs, [2]int{n, o})
	}
	d.a.Rows = append(d.a.Rows, r)
}

// outcome draws an outcome, most often a mild one. More harm makes bad outcomes more likely;
// violations are rare.
func (d drawn) outcome(harm int) int {
	class := []int{0, 1, 2, 3, 4}[d.random.IntN(5)]
	if d.random.IntN(40) < 1+8*harm {
		class = 5 + d.random.IntN(4)
	}
	if d.random.IntN(3000) == 0 {
		class = 9
	}
	tens := max(len(d.a.Outcomes)/10, 1)
	return min(class+10*d.random.IntN(tens), len(d.a.Outcomes)-1)
}

func (d drawn) pairs() {
	ops := int(d.a.Marks[len(d.a.Marks)-1].FlashOps)
	for _, second := range []string{"power-loss at flash-op # torn", "byte-drop at byte # to-meter", "meter-reset at flash-op # before", "byte-flip at byte # from-meter"} {
		unit := map[bool]string{true: "flash-op", false: "to-meter"}[second[0] != 'b']
		for _, first := range []string{"cable-pull", "power-loss", "abort", "kill", "meter-silent", "noise"} {
			for block := range 40 {
				d.row("flash", fmt.Sprintf("%s at block %d then %s", first, block, second), unit, ops/4, 20, 3)
			}
		}
	}
	d.a.Spaces = append(d.a.Spaces, "pairs")
	for first := range 12 {
		d.row("pairs", fmt.Sprintf("cable-pull at block %d; abort at reply #", first), "reply", 20, 3, 3)
	}
}
