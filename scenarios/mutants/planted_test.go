package mutants

import (
	"slices"
	"strings"
	"testing"

	"ionbench/client"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// The list and the code with the bugs know the same names, and refuse any other.
func TestTheListOfBugsIsWhatTheTwoSidesCanHave(t *testing.T) {
	m := world.Meter{}.Filled().Config()
	for side, s := range map[Side]struct {
		listed []planted.Bug
		plant  func(name string) error
	}{
		Upgrader: {planted.InUpgraders(), func(name string) error {
			_, err := client.New(client.Config{UnitID: 1, Password: "0", Planted: planted.InClient(name)})
			return err
		}},
		Meter: {planted.InMeters(), func(name string) error {
			c := m
			c.Planted = name
			_, err := meter.New(c)
			return err
		}},
	} {
		var names []string
		for _, b := range s.listed {
			if err := s.plant(b.Name); err != nil {
				t.Errorf("%s: %v", side, err)
			}
			if side == Meter || planted.InClient(b.Name) != "" {
				names = append(names, b.Name)
			}
		}
		slices.Sort(names)
		err := s.plant("sleeps-well")
		if err == nil || !strings.HasSuffix(err.Error(), `"sleeps-well" can be planted: there are `+strings.Join(names, ", ")) {
			t.Errorf("%s: the error is %v\nand the bugs are %v", side, err, names)
		}
	}
}
