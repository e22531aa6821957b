package rig_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// BenchmarkALine is BenchmarkSeventyMinutes on a line of several meters, of which the others hear every
// frame. The floor is the same: the work of the two that talk.
func BenchmarkALine(b *testing.B) {
	for _, meters := range []int{1, 8, 31} {
		b.Run(fmt.Sprintf("meters=%d", meters), func(b *testing.B) { upgradeOnALine(b, meters) })
	}
}

func upgradeOnALine(b *testing.B, meters int) {
	w := world.World{Firmware: []world.Firmware{{Bytes: world.ArticleImageBytes}}}
	for i := range meters {
		n := fmt.Sprint(i + 1)
		w.Meters = append(w.Meters, world.Meter{Name: "m" + n, Line: "l", UnitID: uint16(105 + i), SerialNumber: "PC-" + n})
	}
	prepared, err := rig.New(&w, rig.Options{Trace: rig.NoTrace})
	if err != nil {
		b.Fatal(err)
	}
	attempt := &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Release: client.Release21()}, Person: world.Person{Unticked: ion.AllGroups}}
	if attempt.Plan, err = fault.Parse("cable-pull at block 439"); err != nil {
		b.Fatal(err)
	}
	image := prepared.World().FirmwareOf(attempt).Own.Image[:438*ion.BlockBytes]
	var ours, floor time.Duration
	for b.Loop() {
		r := prepared.Clone()
		start := time.Now()
		if _, err := r.Try(attempt); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		floor += bareCost(b, image)
	}
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(b.N), "ms/run")
	b.ReportMetric(float64(ours)/float64(floor), "x-floor")
}
