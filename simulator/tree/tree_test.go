package tree

import (
	"slices"
	"testing"

	"ionbench/simulator/ion"
)

func TestEveryHandleOfATreeLeadsSomewhereAndIsThereOnce(t *testing.T) {
	for _, model := range models {
		tree := Of(model)
		seen := map[ion.Handle]string{ion.HandleFeatureManager: "the feature manager"}
		once := func(h ion.Handle, name string) {
			if was, twice := seen[h]; twice || h == 0 {
				t.Errorf("%d: %04X is %s and %s", model, h, was, name)
			}
			seen[h] = name
		}
		for _, m := range tree.Managers {
			once(m.Handle, m.Name)
			for _, h := range m.Modules {
				if module, ok := tree.Module(h); !ok || module.Manager != m.Handle || module.Class != m.Class {
					t.Errorf("%d: %s: module %04X", model, m.Name, h)
				}
			}
		}
		for _, m := range tree.Modules {
			once(m.Handle, m.Name)
			for _, h := range slices.Concat(m.Inputs, m.Outputs, m.Setup) {
				if _, ok := tree.Register(h); !ok && h != 0 {
					t.Errorf("%d: %s: register %04X", model, m.Name, h)
				}
			}
		}
		for _, r := range tree.Registers {
			once(r.Handle, r.Name)
			if r.Name == "" || r.Label == "" {
				t.Errorf("%d: %04X: name %q, label %q", model, r.Handle, r.Name, r.Label)
			}
			if _, ok := tree.Register(r.Handle); !ok {
				t.Errorf("%d: %04X is not found", model, r.Handle)
			}
		}
		for _, s := range ion.SettingTable() {
			if r, ok := tree.Register(s.Handle); !ok || !r.Writable || r.Unit != s.Unit {
				t.Errorf("%d: setting %s: %+v", model, s.Key, r)
			}
		}
	}
}

func TestModelsHaveWhatTheSelectionGuideSays(t *testing.T) {
	for model, recorders := range map[int]int{7300: 0, 7330: 32 / RecorderInputs, 7350: 96 / RecorderInputs} {
		n := 0
		for _, m := range Of(model).Modules {
			if m.Class == classDataRecorder {
				n++
			}
		}
		if n != recorders {
			t.Errorf("a %d has %d data recorders", model, n)
		}
	}
}

func TestOnlyModelsWithSchedulingHaveATimeOfUse(t *testing.T) {
	for model, want := range map[int]bool{7300: false, 7330: true, 7350: true} {
		m, ok := Of(model).Module(0x1F00)
		if ok != want || ok && (len(m.Outputs) == 0 || len(m.Setup) == 0) {
			t.Errorf("a %d: %+v", model, m)
		}
	}
}

// As the public client lists them.
func TestModulesHaveTheOutputsThatThePublicClientKnows(t *testing.T) {
	for module, want := range map[ion.Handle][]ion.Handle{
		0x0500: {0x58B0, 0x6826, 0x1100}, 0x050F: {0x58BF, 0x6835, 0x1100},
		0x0580: {0x58C0, 0x1100}, 0x0600: {0x58E0, 0x1100},
		0x0980: {0x688E, 0x1100}, 0x0983: {0x6891, 0x1100},
	} {
		if m, ok := Of(7350).Module(module); !ok || !slices.Equal(m.Outputs, want) {
			t.Errorf("%04X: %04X, want %04X", module, m.Outputs, want)
		}
	}
}

func TestTheRevenueLogIsWhereTheClientLooksForIt(t *testing.T) {
	m, ok := Of(7350).Module(0x0800)
	if !ok || m.Label != "Revenue Log" || !slices.Equal(m.Outputs, []ion.Handle{0x0F80, 0x5D7B, 0x1100}) || len(m.Inputs) != 16 {
		t.Errorf("%+v", m)
	}
}
