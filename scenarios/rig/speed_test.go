package rig_test

import (
	"fmt"
	"hash/crc32"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// articleRun is a rig whose meter was left in download state, and the attempt of the
// article's log.
func articleRun(tb testing.TB) (*rig.Rig, *world.Attempt) {
	tb.Helper()
	r, err := rig.New(&world.World{Firmware: []world.Firmware{{Bytes: world.ArticleImageBytes}}}, rig.Options{Trace: rig.NoTrace})
	if err != nil {
		tb.Fatal(err)
	}
	attempt := &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Release: client.Release21()}, Person: world.Person{Unticked: ion.AllGroups}}
	for _, text := range []string{"abort at block 1", "cable-pull at block 439"} {
		attempt.Plan, err = fault.Parse(text)
		if err != nil {
			tb.Fatal(err)
		}
		if text == "abort at block 1" {
			if _, err := r.Try(attempt); err != nil {
				tb.Fatal(err)
			}
			r.Wait(time.Minute)
		}
	}
	return r, attempt
}

// BenchmarkSeventyMinutes compares the article's run on the bench with the least work that its
// bytes need: a CRC-16 at each end for every frame, the programming of the flash, and a CRC-32 of
// the image. The ratio is the time of the bench over the time of that work.
func BenchmarkSeventyMinutes(b *testing.B) {
	prepared, attempt := articleRun(b)
	besideTheFloor(b, prepared, attempt)
}

// BenchmarkALine is BenchmarkSeventyMinutes on a line of several meters, of which the others hear every
// frame. The floor is the same: the work of the two that talk.
func BenchmarkALine(b *testing.B) {
	for _, meters := range []int{1, 8, 31} {
		b.Run(fmt.Sprintf("meters=%d", meters), func(b *testing.B) {
			prepared, attempt := runOnALine(b, meters)
			besideTheFloor(b, prepared, attempt)
		})
	}
}

// runOnALine is the article's upgrade of the first of so many meters on a line.
func runOnALine(b *testing.B, meters int) (*rig.Rig, *world.Attempt) {
	b.Helper()
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
	return prepared, attempt
}

// besideTheFloor times an attempt of which 438 blocks arrive, and the work that these need at least.
func besideTheFloor(b *testing.B, prepared *rig.Rig, attempt *world.Attempt) {
	b.Helper()
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
	b.ReportMetric(float64(floor.Microseconds())/1000/float64(b.N), "ms/floor")
	b.ReportMetric(float64(ours)/float64(floor), "x-floor")
}

// bareFrames computes one CRC-16 for each frame of a block, its acknowledgement, and the answer.
func bareFrames() (sum uint32) {
	const (
		header  = ion.FrameOverhead - 6 // the preamble, the sync and the CRC are not covered
		message = 23 + 16 + ion.BlockBytes
		answer  = 15 + 10
	)
	for left := message; left > 0; left -= ion.MaxFrameData {
		sum += uint32(ion.CRC16(bareFrame[:header+min(left, ion.MaxFrameData)]))
		if left > ion.MaxFrameData {
			sum += uint32(ion.CRC16(bareFrame[:header]))
		}
	}
	return sum + uint32(ion.CRC16(bareFrame[:header+answer]))
}

// bareFrame is the frame of bareFrames. It is always in the processor's cache, because on the
// bench a frame is in the cache too when its CRC is computed.
var bareFrame = [256]byte{1, 2, 3}

// bareCost is the time of the work that no bench can leave out.
func bareCost(tb testing.TB, image []byte) time.Duration {
	chip, err := flash.New(flash.Am29F032B())
	if err != nil {
		tb.Fatal(err)
	}
	const base = 0x030000
	start := time.Now()
	var sum uint32
	for range 2 * len(image) / ion.BlockBytes {
		sum += bareFrames()
	}
	for at := 0; at < len(image); at += flash.MaxProgram {
		if err := chip.Program(uint32(base+at), image[at:min(at+flash.MaxProgram, len(image))]); err != nil {
			tb.Fatal(err)
		}
	}
	sum += crc32.ChecksumIEEE(image)
	took := time.Since(start)
	if sum == 0 {
		tb.Fatal("the image sums to nothing")
	}
	return took
}

// A block is 32 frames and as many acknowledgements. It may allocate the pages of the flash that
// it is the first to touch, but nothing for a frame.
func TestAnUpgradeAllocatesNothingPerFrame(t *testing.T) {
	r, attempt := articleRun(t)
	if err := r.Begin(attempt); err != nil {
		t.Fatal(err)
	}
	station := r.Bench().Station()
	runTo := func(block uint64) {
		for station.Counts().BlocksSent < block && r.Bench().Step() {
		}
	}
	const from, blocks = 20, 50
	next := station.Counts().BlocksSent + from
	runTo(next)
	frames := station.Counts().FramesToMeter + station.Counts().FramesToHost
	allocations := testing.AllocsPerRun(1, func() {
		next += blocks / 2 // AllocsPerRun runs it twice
		runTo(next)
	})
	frames = station.Counts().FramesToMeter + station.Counts().FramesToHost - frames
	if frames < blocks*ion.MaxFrames {
		t.Fatalf("only %d frames in %d blocks", frames, blocks)
	}
	const perPage, pages = 4, blocks/2*ion.BlockBytes/8192 + 2
	if allocations > perPage*pages {
		t.Errorf("%v allocations in %d blocks of %d frames: the pages that they touch explain %d", allocations, blocks/2, frames/2, perPage*pages)
	}
}

// BenchmarkFork measures what a sweep does for each point: it copies the whole bench in the
// middle of a download and takes a fingerprint.
func BenchmarkFork(b *testing.B) {
	r, attempt := articleRun(b)
	if err := r.Begin(attempt); err != nil {
		b.Fatal(err)
	}
	for r.Bench().Station().Counts().BlocksSent < 50 && r.Bench().Step() {
	}
	b.Run("clone", func(b *testing.B) {
		for b.Loop() {
			r.Bench().Clone()
		}
	})
	b.Run("clone, step and fingerprint", func(b *testing.B) {
		for b.Loop() {
			c := r.Bench().Clone()
			c.Step()
			c.Fingerprint()
		}
	})
}
