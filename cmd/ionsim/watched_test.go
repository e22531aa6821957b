//go:build linux && !ppc64 && !ppc64le

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
			var alone, watched []time.Duration
			var work, watchedWork time.Duration
			for range b.N {
				begun := processorTime(b, m.number)
				alone = append(alone, timeUpgrade(b, m, c.blocks))
				work += processorTime(b, m.number) - begun
				leave := watch(b, m)
				begun = processorTime(b, m.number)
				watched = append(watched, timeUpgrade(b, m, c.blocks))
				watchedWork += processorTime(b, m.number) - begun
				leave()
			}
			b.ReportMetric(float64(middle(watched))/float64(middle(alone)), "watched/alone")
			b.ReportMetric(middle(alone).Seconds(), "s-alone")
			b.ReportMetric(float64(watchedWork)/float64(max(work, time.Millisecond)), "work-watched/alone")
		})
	}
}

func middle(list []time.Duration) time.Duration {
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

// processorTime is what a process has had of processors, in hundredths of a second (proc_pid_stat(5)).
func processorTime(b *testing.B, process int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	must(b, err)
	_, behindName, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(behindName)
	var ticks int
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		must(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
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
