package judge

import (
	"os/exec"
	"testing"
)

func TestOnlyProcessesThatBeganWithAProgramAreAskedWhetherTheyAreItsKin(t *testing.T) {
	k := newKin()
	asked := exec.Command("sleep", "60")
	asked.Env = []string{k.mark}
	if err := asked.Start(); err != nil {
		t.Fatal(err)
	}
	defer asked.Wait()
	defer asked.Process.Kill()
	found := k.find(0)
	if len(found) != 1 || found[0].id != asked.Process.Pid || found[0].began < k.since || found[0].began > ticks() {
		t.Fatalf("since %d, now %d: %+v", k.since, ticks(), found)
	}
	k.since = found[0].began + 1
	if late := k.find(0); len(late) > 0 {
		t.Errorf("asked although it was there before: %+v", late)
	}
}
