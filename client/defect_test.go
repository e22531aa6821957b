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
	for _, defect := range client.Defects() {
		if _, err := client.NewDefective(deskConfig(), defect); err != nil {
			t.Errorf("%s: %v", defect.Name, err)
		}
		if got := upgrade(); got != want {
			t.Fatalf("after %s was planted into another tool, this one's log is\n%s", defect.Name, got)
		}
	}
}

func TestACloneHasTheBugToo(t *testing.T) {
	for _, defect := range client.Defects() {
		u, err := client.NewDefective(deskConfig(), defect)
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
			t.Errorf("%s: the clone goes another way\n%s\n%s", defect.Name, got, want)
		}
	}
}

func TestADefectiveToolWantsAConfigToo(t *testing.T) {
	cfg := deskConfig()
	cfg.UnitID = 0
	if _, err := client.NewDefective(cfg, client.Defects()[0]); err == nil {
		t.Error("unit id 0 was taken")
	}
}
