//go:build linux && !ppc64 && !ppc64le

package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ionbench/client"
	"ionbench/simulator/control"
)

// BenchmarkAnUpgradeThatIsWatched is how much longer an upgrade takes while ten people watch the meter
// and something asks for its state a hundred times a second. Both kinds of upgrade take turns in one
// run. What the watchers themselves cost this computer is in it; what the meter's process had to do
// for them is told apart.
func BenchmarkAnUpgradeThatIsWatched(b *testing.B) {
	for _, c := range []struct {
		name, pace string
		blocks     int
	}{{"as fast as it can", "off", 200}, {"a thousand times as fast", "1000", 40}} {
		b.Run(c.name, func(b *testing.B) {
			b.Setenv("IONSIM_KEYS", b.TempDir())
			m := startProcessJSON(b, "--http", "0", "--tcp", ":0", "--pace", c.pace)
			go func() {
				for range m.lines { // nobody reads them
				}
			}()
			measure := func() (took, work time.Duration) {
				begun := processorTime(b, m.number)
				took = timeUpgrade(b, m, c.blocks)
				return took, processorTime(b, m.number) - begun
			}
			var alone []time.Duration
			var longer, harder []float64
			for range b.N {
				took, work := measure()
				leave := watch(b, m)
				tookWatched, workWatched := measure()
				leave()
				alone = append(alone, took)
				longer = append(longer, float64(tookWatched)/float64(took))
				harder = append(harder, float64(workWatched)/float64(work))
			}
			b.ReportMetric(middle(longer), "watched/alone")
			b.ReportMetric(middle(alone).Seconds(), "s-alone")
			b.ReportMetric(middle(harder), "work-watched/alone")
		})
	}
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

// watch lets ten watch, and one ask a hundred times a second, until leave is called.
func watch(b *testing.B, m *served) (leave func()) {
	ctx, cancel := context.WithCancel(b.Context())
	k := control.NewClient(m.ready.HTTP, m.ready.Token)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { // takes what comes until it is cancelled, and reads none of it
			q, err := http.NewRequestWithContext(ctx, "GET", "http://"+m.ready.HTTP+"/v1/events", nil)
			must(b, err)
			q.Header.Set("Authorization", "Bearer "+m.ready.Token)
			r, err := http.DefaultClient.Do(q)
			if err != nil {
				return
			}
			defer r.Body.Close()
			_, _ = io.Copy(io.Discard, r.Body)
		})
	}
	all.Go(func() {
		ticks := time.NewTicker(10 * time.Millisecond)
		defer ticks.Stop()
		for ctx.Err() == nil {
			<-ticks.C
			if _, err := k.Meter(ctx); err != nil && ctx.Err() == nil {
				b.Error(err)
				return
			}
		}
	})
	return func() {
		cancel()
		all.Wait()
	}
}
