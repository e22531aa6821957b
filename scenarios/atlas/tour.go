package atlas

import (
	"context"
	"fmt"
	"sync"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/worlds"
)

// Tour surveys many worlds.
type Tour struct {
	Worlds  []worlds.Row
	Workers int // worlds at once; 0: 1
	// Parts is as in Survey. Each world begins with another part, so that all parts of the faults
	// are in some world.
	Part, Parts int
	// Surveyed, if not nil, is called for each world, in their order, one at a time.
	Surveyed func(*worlds.Row, *Surveyed)
}

// Run surveys the worlds. If ctx ends first, it returns what was done, without an error; worlds
// that were not begun are nil.
func (t Tour) Run(ctx context.Context) ([]*Surveyed, error) {
	all := make([]*Surveyed, len(t.Worlds))
	told, telling := 0, sync.Mutex{}
	err := parallel.Each(ctx, t.Workers, len(t.Worlds), func(ctx context.Context, i int) error {
		s := Survey{World: t.Worlds[i].World(), Workers: 1, Parts: t.Parts}
		if t.Parts > 0 {
			s.Part = (t.Part + t.Worlds[i].Number) % t.Parts
		}
		found, err := s.Run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Worlds[i].Name, err)
		}
		telling.Lock()
		defer telling.Unlock()
		for all[i] = found; told < len(all) && all[told] != nil; told++ {
			if t.Surveyed != nil {
				t.Surveyed(&t.Worlds[told], all[told])
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		err = nil
	}
	return all, err
}
