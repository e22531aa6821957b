package atlas_test

import (
	"bytes"
	"os"
	"reflect"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/atlas"
	"ionbench/scenarios/trial"
	"ionbench/simulator/meter"
)

// The file was written when an atlas was swept in no world yet.
func TestAnAtlasOfBeforeIsReadAndGoneOnWith(t *testing.T) {
	file, err := os.Open("testdata/of-before.atlas.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a, err := atlas.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	want := trial.World(300, trial.Of(meter.ION7330), trial.By(client.Release21()), trial.WithJournal, trial.ThroughWindows)
	if w, err := a.Config.World(); err != nil || w.String() != want.String() || trial.Hash(w) != a.Config.Hash {
		t.Errorf("it is of %v, and says %s: %v", &w, a.Config.Hash, err)
	}
	s := atlas.Sweep{World: want, Faults: []string{"kill at state #"}}
	again := swept(t, s)
	for i := range min(len(again.Outcomes), len(a.Outcomes)) {
		again.Outcomes[i].Future = a.Outcomes[i].Future // a fingerprint, which each program has its own way to take
	}
	if !reflect.DeepEqual(again, a) {
		t.Errorf("swept again it is\n%s\nand was\n%s", written(t, again), written(t, a))
	}
	s.Resume = a
	if resumed := swept(t, s); !reflect.DeepEqual(resumed, a) {
		t.Errorf("gone on with, it is\n%s", written(t, resumed))
	}
}

func TestAnAtlasIsOfAnyWorld(t *testing.T) {
	w := trial.World(300)
	w.Meters[0].UnitID = 7
	a := swept(t, atlas.Sweep{World: w, Spaces: []string{"state"}})
	again, err := atlas.Read(bytes.NewReader(written(t, a)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Config.World(); err != nil || trial.CheckHash(got, again.Config.Hash) != nil {
		t.Errorf("read again it is of %v: %v", &got, err)
	}
	if a.Config.Hash == swept(t, atlas.Sweep{World: trial.World(300), Spaces: []string{"state"}}).Config.Hash {
		t.Error("the world is no part of the hash")
	}
	again.Config.Text = "[meter]\nunit-id = 0\n"
	if _, err := atlas.Read(bytes.NewReader(written(t, again))); err == nil {
		t.Error("an atlas of no world is read")
	}
}

func TestTheTrialOfAnAtlasIsNamedOrRefused(t *testing.T) {
	for _, c := range []atlas.Config{
		{Model: 7350, Release: "2.2", ImageBytes: 1, Firmware: "7350V290"}, {Model: 7500, Release: "2.2", ImageBytes: 1}, {Model: 7350, Release: "3", ImageBytes: 1},
	} {
		if got, err := c.World(); err == nil {
			t.Errorf("%v is of %+v", c, got)
		}
	}
}
