package atlas

import (
	"context"
	"hash/maphash"
	"testing"

	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
)

// BenchmarkSweep is a sweep of the bytes on the wire and the flash operations on one core, in points
// a second.
func BenchmarkSweep(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"16KiB", 16 << 10}, {"64KiB", 64 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			points := 0
			for b.Loop() {
				a, err := Sweep{World: trial.World(size.bytes), Spaces: []string{"wire", "flash"}, Workers: 1}.Run(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				points += a.Summary().Points
			}
			b.ReportMetric(float64(points)/b.Elapsed().Seconds(), "points/s")
		})
	}
}

// BenchmarkFlashCutInFull cuts the power inside one flash operation after the other of an
// upgrade of 64 KiB. Each point is run to its end, the recovery included; nothing is known
// of any future.
func BenchmarkFlashCutInFull(b *testing.B) {
	t, err := parseTemplate("power-loss at flash-op # torn seed #")
	if err != nil {
		b.Fatal(err)
	}
	f := &follower{seed: maphash.MakeSeed(), full: true}
	var along *walk
	var reached leg
	place := uint64(0)
	for b.Loop() {
		for place == reached.to[flashOps] {
			if along == nil || along.run.Over() {
				run, err := trial.Start(trial.World(0), nil, rig.NoTrace)
				if err != nil {
					b.Fatal(err)
				}
				along, place, reached = newWalk(run), 0, leg{}
			}
			if l, ok := along.next(); ok {
				reached = l
			}
		}
		place++
		if err := along.fork(&f.fork, 0, t.at(place)); err != nil {
			b.Fatal(err)
		}
		if found := f.follow(&f.fork); found.class == trial.Violated {
			b.Fatalf("flash operation %d: %q", place, found.violations)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "points/s")
}
