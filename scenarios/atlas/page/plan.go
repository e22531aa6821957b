package page

import "strings"

// placeSign stands for the place of a point in the plan of its row.
const placeSign = "#"

// between are the words and signs that separate the faults of a plan.
var between = []string{" then ", ";"}

// sketch splits the plan of a row into the fault that moves and the rest. The rest is the plan
// with only the kinds of the other faults, and with "…" for the fault that moves. It is empty if
// the plan has only one fault, or none that moves.
func sketch(plan string) (moving, rest string) {
	faults, separators := splitFaults(plan)
	if len(faults) == 1 {
		return faults[0], ""
	}
	for i, f := range faults {
		kind, _, _ := strings.Cut(f, " ")
		if moving == "" && strings.Contains(f, placeSign) {
			moving, kind = f, "…"
		}
		rest += kind + separators[i]
	}
	if moving == "" {
		return plan, ""
	}
	return moving, rest
}

// splitFaults returns the faults of a plan, and the separator after each.
func splitFaults(plan string) (faults, separators []string) {
	for {
		at, found := len(plan), ""
		for _, s := range between {
			if i := strings.Index(plan, s); i >= 0 && i < at {
				at, found = i, s
			}
		}
		faults = append(faults, strings.TrimSpace(plan[:at]))
		if found == "" {
			return faults, append(separators, "")
		}
		if found == ";" {
			found = "; "
		}
		separators = append(separators, found)
		plan = plan[at+len(strings.TrimRight(found, " ")):]
	}
}
