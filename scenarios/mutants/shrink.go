package mutants

import (
	"context"

	"ionbench/scenarios/shrink"
	"ionbench/simulator/fault"
)

// shrink makes a plan smaller for as long as the mutant is caught with what is left and
// the healthy pair is not.
func (p probe) shrink(ctx context.Context, m Mutant, plan fault.Plan) fault.Plan {
	return shrink.Plan(ctx, plan, func(less fault.Plan) bool { return p.tells(m, less) })
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
