package rig_test

import (
	"testing"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
)

// killed is a rig with two PCs on whose second one an upgrade with a journal was killed.
func killed(t *testing.T) *rig.Rig {
	t.Helper()
	r, err := rig.New(&world.World{PCs: []world.PC{{Name: "office"}, {Name: "van"}}, Firmware: []world.Firmware{{Blocks: 3}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fault.Parse("kill at block 2")
	if err != nil {
		t.Fatal(err)
	}
	if o := on(t, r, world.Attempt{PC: "van", Plan: plan}); !o.Killed {
		t.Fatal(o.Claim)
	}
	r.Heal()
	return r
}

// on plays an upgrade with a journal.
func on(t *testing.T, r *rig.Rig, a world.Attempt) *rig.Outcome {
	t.Helper()
	if a.Task == client.TaskConnect {
		a.Task = client.TaskUpgrade
	}
	a.Journal = true
	o, err := r.Try(&a)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func offered(o *rig.Outcome) bool {
	for _, p := range o.Prompts {
		if p == client.RestoreSettings {
			return true
		}
	}
	return false
}

func TestAJournalIsFoundOnlyOnItsPCAndInItsFolder(t *testing.T) {
	for name, c := range map[string]struct {
		of    world.Attempt
		found bool
	}{
		"the same PC and folder":            {world.Attempt{PC: "van"}, true},
		"another folder":                    {world.Attempt{PC: "van", Folder: "root"}, false},
		"another PC":                        {world.Attempt{PC: "office"}, false},
		"copied to another folder":          {world.Attempt{PC: "van", Folder: "root", Before: []world.Action{{Kind: world.CopyJournals}}}, true},
		"copied to another PC":              {world.Attempt{PC: "office", Before: []world.Action{{Kind: world.CopyJournals, From: "van"}}}, true},
		"copied from where there is none":   {world.Attempt{PC: "van", Folder: "root", Before: []world.Action{{Kind: world.CopyJournals, From: "office"}}}, false},
		"removed":                           {world.Attempt{PC: "van", Before: []world.Action{{Kind: world.RemoveJournals}}}, false},
		"removed from the folder beside it": {world.Attempt{PC: "van", Before: []world.Action{{Kind: world.RemoveJournals}}, Folder: "root"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := killed(t)
			if o := on(t, r, c.of); o.Claim != nil || offered(o) != c.found {
				t.Errorf("%v, and the journal is offered: %t", o.Claim, offered(o))
			}
		})
	}
}

func TestADamagedJournalIsRefusedAndStays(t *testing.T) {
	r := killed(t)
	o := on(t, r, world.Attempt{PC: "van", Before: []world.Action{{Kind: world.DamageJournals}}})
	if !client.IsRefusal(o.Claim) && o.Meter.FlashOps > 0 || o.Claim == nil || r.Disk().Journals() != 1 {
		t.Errorf("%v after %d flash operations, %d journals", o.Claim, o.Meter.FlashOps, r.Disk().Journals())
	}
}

func TestAnotherBuildIsAnotherImageOfTheSameRevision(t *testing.T) {
	r, err := rig.New(&world.World{Firmware: []world.Firmware{{Blocks: 2}, {Name: "again", Blocks: 2, Build: 1}}}, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	one, other := r.World().Firmware[0].Own, r.World().Firmware[1].Own
	if one.Revision != other.Revision || one.CRC32() == other.CRC32() || len(one.Image) != len(other.Image) {
		t.Errorf("%s with %08x, and %s with %08x", one.Revision, one.CRC32(), other.Revision, other.CRC32())
	}
}
