package bench

import (
	"testing"

	"ionbench/simulator/fault"
)

// A kind is a row of the catalogue and an effect. What lasts has an end, and what has an end
// lasts; what picks bytes, frames or answers says what it does to them.
func TestEveryKindOfFaultHasAnEffectThatFitsItsRow(t *testing.T) {
	table := effects()
	for _, kind := range fault.Kinds() {
		if int(kind.Kind) >= len(table) || table[kind.Kind].begin == nil {
			t.Errorf("%s does nothing", kind.Kind)
			continue
		}
		e := table[kind.Kind]
		// A watchdog bites when its time is over: the firmware hangs until then.
		if ends := e.end != nil; ends != kind.Lasts && !(ends && kind.Place == fault.PlaceMeter) {
			t.Errorf("%s: lasting is %v, and having an end is %v", kind.Kind, kind.Lasts, ends)
		}
		takes := 0
		for _, does := range []bool{e.frame != frameWhole, e.reply != nil, e.bytes != nil} {
			if does {
				takes++
			}
		}
		if takes > 1 {
			t.Errorf("%s takes things of several sorts", kind.Kind)
		}
		if own := (fault.Fault{Kind: kind.Kind}).CheckOwn() == nil; (e.own != nil) != own {
			t.Errorf("%s: striking one of several hosts is %v in the catalogue, and having such an effect is %v", kind.Kind, own, e.own != nil)
		}
		if (e.reply != nil) != (kind.Place == fault.PlaceReply) {
			t.Errorf("%s is of place %v, and acting on answers is %v", kind.Kind, kind.Place, e.reply != nil)
		}
	}
	known := map[fault.Kind]bool{}
	for _, kind := range fault.Kinds() {
		known[kind.Kind] = true
	}
	for k := range table {
		if table[k].begin != nil && !known[fault.Kind(k)] {
			t.Errorf("there is an effect for %v, which is in no catalogue", fault.Kind(k))
		}
	}
}

func TestAFaultOfWhichNobodySaysWhatItDoesIsRefused(t *testing.T) {
	s := &Station{effects: effects()}
	forgotten, err := fault.Parse("echo")
	if err != nil {
		t.Fatal(err)
	}
	s.effects[forgotten[0].Kind] = effect{}
	if err := s.CheckPlan(forgotten); err == nil {
		t.Error("it was taken")
	}
}
