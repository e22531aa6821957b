package meter

import (
	"testing"
	"time"

	"ionbench/simulator/ion"
)

// A meter with a bug works like any other until the bug shows, and so does its clone.
func TestAMeterWithABugBootsAndItsCloneHasTheSameFuture(t *testing.T) {
	for name := range bugs() {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Planted = name
			x := running(t, cfg)
			x.intoDownload(newImage())
			if r := x.ask(ion.DownloadRequest{Op: ion.OpClear, Begin: true}); r.Status != ion.StatusBusy {
				t.Fatalf("clear: %+v", r)
			}
			fork := *x
			fork.m = x.m.Clone()
			x.m.PowerOff(x.now)
			fork.m.PowerOff(fork.now)
			x.m.PowerOn(x.now)
			fork.m.PowerOn(fork.now)
			x.wait(20 * time.Second)
			fork.wait(20 * time.Second)
			if got, want := string(fork.m.AppendState(nil, fork.now)), string(x.m.AppendState(nil, x.now)); got != want {
				t.Error("the clone has another future")
			}
		})
	}
}

func TestOnlyAnImageThatHasRunIsInitialized(t *testing.T) {
	image := newImage()
	x := running(t, testConfig())
	want := func(when string, initialized bool) {
		t.Helper()
		if got := x.m.Initialized(); got != initialized {
			t.Errorf("%s: initialized is %v", when, got)
		}
	}
	want("from the factory", true)
	x.intoDownload(image)
	x.clear()
	want("without an image", false)
	x.blocks(image)
	x.must(verify(image, "7350V283"))
	want("before the first boot", false)
	x.must(ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(time.Minute)
	want("after the first boot", true)
}
