package client_test

import (
	"testing"
	"time"

	"ionbench/client"
)

func TestABugIsInTheToolThatItWasPlantedInAndInNoOther(t *testing.T) {
	upgrade := func() string {
		d := newDesk(t, deskConfig())
		if err := d.do(client.TaskUpgrade); err != nil {
			t.Fatal(err)
		}
		return d.logText()
	}
	want := upgrade()
	for name := range client.Bugs() {
		if _, err := client.New(with(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := upgrade(); got != want {
			t.Fatalf("after %s was planted into another tool, this one's log is\n%s", name, got)
		}
	}
}

func TestACloneHasTheBugToo(t *testing.T) {
	for name := range client.Bugs() {
		u, err := client.New(with(name))
		if err != nil {
			t.Fatal(err)
		}
		d := newDesk(t, deskConfig())
		d.u = u
		d.start(client.TaskUpgrade)
		for len(d.blocks) == 0 && !d.finished && d.step(3*time.Hour) {
		}
		fork := d.fork(t)
		if got, want := fork.ending(), d.ending(); got != want {
			t.Errorf("%s: the clone goes another way\n%s\n%s", name, got, want)
		}
	}
}

func with(bug string) client.Config {
	cfg := deskConfig()
	cfg.Planted = bug
	return cfg
}
