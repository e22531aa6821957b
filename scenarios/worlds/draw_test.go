package worlds

import "ionbench/scenarios/world"

// Draw is a world with any values that do not contradict each other; below draws a number below
// another.
func Draw(below func(int) int) world.World {
	s := space(generation)
	row := make([]int, len(s.Counts))
	for {
		for p, count := range s.Counts {
			row[p] = below(count)
		}
		if !s.Forbidden(row) {
			return With(row)
		}
	}
}
