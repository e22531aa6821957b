package mutants

import (
	"slices"

	"ionbench/simulator/fault"
)

// shrink makes a plan smaller for as long as the mutant is caught with what is left and
// the healthy pair is not.
func (p probe) shrink(m Mutant, plan fault.Plan) fault.Plan {
	for {
		i := slices.IndexFunc(smaller(plan), func(less fault.Plan) bool { return p.tells(m, less) })
		if i < 0 {
			return plan
		}
		plan = smaller(plan)[i]
	}
}

// tells says whether the probe tells the mutant from the healthy pair with this plan.
func (p probe) tells(m Mutant, plan fault.Plan) bool {
	found, err := p.try(m, plan)
	if err != nil || found == nil {
		return false
	}
	healthy, err := p.try(Healthy(), plan)
	return err == nil && healthy == nil
}

// smaller are the plans that are one step simpler: a fault less, or a smaller number.
func smaller(plan fault.Plan) []fault.Plan {
	var all []fault.Plan
	for i := range plan {
		all = append(all, slices.Delete(slices.Clone(plan), i, i+1))
	}
	for i, f := range plan {
		for _, first := range []uint64{1, f.Trigger.First / 2, f.Trigger.First - 1} {
			if f.Trigger.Unit != fault.AtBlock || first < 1 || first >= f.Trigger.First {
				continue
			}
			less := slices.Clone(plan)
			less[i].Trigger.First = first
			if f.Trigger.Last > 0 {
				less[i].Trigger.Last -= f.Trigger.First - first
			}
			all = append(all, less)
		}
	}
	return all
}
