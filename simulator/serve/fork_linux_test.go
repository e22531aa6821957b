package serve

import (
	"os/exec"
	"sync"
	"testing"
)

// A process that is just being started has what was open when it was forked, also a port that was
// closed since.
func TestAPortThatComesBackIsNotThatOfAProcessBeingStarted(t *testing.T) {
	done := make(chan struct{})
	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_ = exec.Command("true").Run()
				}
			}
		})
	}
	defer starters.Wait()
	defer close(done)
	var d door
	defer d.leave()
	for range 1000 {
		if err := d.open("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		must(t, d.shut())
		if d.keep(); d.place == nil {
			t.Fatal("its place is not kept")
		}
	}
}
