package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// fleet is a site of so many lines with so many meters each.
func fleet(lines, meters int) []byte {
	return fmt.Appendf(nil, "[line block]\ntcp = :0\ncopies = %d\n\n[meter m]\nline = block\nunit-id = 1\ncopies = %d\n", lines, meters)
}

// It makes the meters of a fleet and switches them on, and tells what that costs; their ports, which
// are the operating system's, come to it.
func BenchmarkFleet(b *testing.B) {
	for _, size := range []struct{ lines, meters int }{{1000, 1}, {32, 31}, {10_000, 1}, {320, 31}} {
		b.Run(fmt.Sprintf("%dx%d", size.lines, size.meters), func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				s, err := parseSite(fleet(size.lines, size.meters))
				if err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				lines, err := s.build(newOptions(), start)
				if err != nil {
					b.Fatal(err)
				}
				took := time.Since(start)
				runtime.GC()
				runtime.ReadMemStats(&after)
				n := float64(size.lines * size.meters)
				b.ReportMetric(float64(took.Microseconds())/n, "µs/meter")
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n/1024, "KiB/meter")
				runtime.KeepAlive(lines)
			}
		})
	}
}
