//go:build linux && !ppc64 && !ppc64le

package main

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ionbench/client"
)

// BenchmarkAnUpgradeThatIsWatched is how much longer an upgrade takes while ten people watch the meter
// and something asks for its state a hundred times a second. Both kinds of upgrade take turns, many times
// in one run: told are the middle of the ratios of the pairs, and the ratio of the quickest of each kind, which
// others on this computer disturb least. What it costs this computer to take what they are sent is in it; what
// the meter's process had to do for them (work) is told apart.
func BenchmarkAnUpgradeThatIsWatched(b *testing.B) {
	pairs := 20
	if testing.Short() {
		pairs = 1
	}
	for _, c := range []struct {
		name, pace string
		blocks     int
	}{{"as fast as it can", "off", 400}, {"a thousand times as fast", "1000", 40}} {
		b.Run(c.name, func(b *testing.B) {
			b.Setenv("IONSIM_KEYS", b.TempDir())
			m := startProcessJSON(b, "--http", "0", "--tcp", ":0", "--pace", c.pace)
			go func() {
				for range m.lines { // nobody reads them
				}
			}()
			var took, work compared
			for i := range b.N * pairs {
				for j := range 2 {
					watched, leave := i%2 != j, func() {}
					if watched {
						leave = attend(b, m)
					}
					begun := processorTime(b, m.number)
					took.add(watched, timeUpgrade(b, m, c.blocks))
					work.add(watched, processorTime(b, m.number)-begun)
					leave()
				}
			}
			b.ReportMetric(slices.Min(took.alone).Seconds(), "s-alone")
			took.report(b, "watched/alone")
			work.report(b, "work-watched/alone")
		})
	}
}

// compared are the times of upgrades of both kinds, in pairs.
type compared struct{ alone, watched []time.Duration }

func (c *compared) add(watched bool, took time.Duration) {
	if watched {
		c.watched = append(c.watched, took)
	} else {
		c.alone = append(c.alone, took)
	}
}

func (c *compared) report(b *testing.B, unit string) {
	var ratios []float64
	for i := range c.alone {
		ratios = append(ratios, float64(c.watched[i])/float64(c.alone[i]))
	}
	b.ReportMetric(middle(ratios), unit)
	b.ReportMetric(float64(slices.Min(c.watched))/float64(slices.Min(c.alone)), "quickest-"+unit)
}

// middle is the median: of pairs that others on this computer disturb there are few.
func middle[T cmp.Ordered](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}

func timeUpgrade(b *testing.B, m *served, blocks int) time.Duration {
	began := time.Now()
	h, err := useWaiting(b, overTCP(m), client.TaskUpgrade, testFirmware(blocks), patience) // a resend would measure nothing
	if err = errors.Join(err, h.err); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// processorTime is what a process has had of processors.
func processorTime(b *testing.B, process int) time.Duration {
	var at unix.Timespec
	const processClock = 2 // CPUCLOCK_SCHED of the whole process, in the number that clock_getcpuclockid(3) makes
	must(b, unix.ClockGettime(int32(^process<<3|processClock), &at))
	return time.Duration(at.Nano())
}
