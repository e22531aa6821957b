package retell_test

import (
	"bytes"
	"testing"

	"ionbench/client/upg"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/story/record"
)

func file(t *testing.T, s *retell.Story) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAStoryCanBeToldAgainFromItsOwnWorldAndPlan(t *testing.T) {
	t.Parallel()
	plans, err := trial.ParsePlans("reply-lost at block 1; kill at block 2")
	if err != nil {
		t.Fatal(err)
	}
	first, err := retell.Trial(trial.World(10_000), plans)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Head.Replays || !first.Head.Virtual || first.Head.Trial == "" {
		t.Errorf("the head is %+v", first.Head)
	}
	head, err := record.Read(file(t, first))
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Parse([]byte(head.World))
	if err != nil {
		t.Fatal(err)
	}
	again, err := trial.ParsePlans(head.Plan)
	if err != nil {
		t.Fatal(err)
	}
	second, err := retell.Trial(*w, again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file(t, first), file(t, second)) {
		t.Error("the second time the story is another")
	}
}

func TestAStoryWithAFileOfAPersonsOwnCannotBePlayedFromItsText(t *testing.T) {
	t.Parallel()
	w := trial.World(10_000)
	full := w.Filled()
	made, _, err := full.Firmware[0].UPG(full.Meters[0].Model)
	if err != nil {
		t.Fatal(err)
	}
	own := upg.File(*made)
	told, err := retell.Trial(trial.World(0, trial.Sending(&own)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if told.Head.Replays {
		t.Error("it says that it can")
	}
}
