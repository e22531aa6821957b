package page

import (
	"strconv"
	"strings"

	"ionbench/scenarios/atlas"
)

// placeSign stands for the place of a point in the plan of its row.
const placeSign = "#"

// between are the words and signs that separate the faults of a plan.
var between = []string{" then ", ";"}

// sketch tells the fault that moves from those that stay where they are. The rest has each
// of these by its kind alone and "…" for the one that moves; it is empty where nothing else
// happens than what moves.
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

// splitFaults gives the faults of a plan, and what stands behind each.
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

// planAt is the plan of one point of a row. A place that has a name is said by it, as the
// grammar of plans says a state.
func planAt(r *atlas.Row, at uint64) string {
	return strings.ReplaceAll(r.Plan, placeSign, placeName(r, at))
}

func placeName(r *atlas.Row, at uint64) string {
	if i := at - r.First; at >= r.First && i < uint64(len(r.Names)) {
		return r.Names[i]
	}
	return strconv.FormatUint(at, 10)
}

// What `ionbench replay` takes unless told otherwise.
const (
	usualModel   = 7350
	usualRelease = "2.2"
)

// replayFlags is what follows the plan in the command that repeats a point.
func replayFlags(c *atlas.Config) string {
	var flags []string
	if c.Firmware == "" {
		flags = append(flags, "--image-size", strconv.Itoa(c.ImageBytes))
	} else {
		flags = append(flags, "--image", shellQuote(c.Firmware+".upg"))
	}
	if c.Model != 0 && c.Model != usualModel {
		flags = append(flags, "--model", strconv.Itoa(c.Model))
	}
	if c.Journal {
		flags = append(flags, "--journal")
	}
	if c.Windows {
		flags = append(flags, "--windows")
	}
	if c.Release != "" && c.Release != usualRelease {
		flags = append(flags, "--release", shellQuote(c.Release))
	}
	return strings.Join(flags, " ")
}

// shellQuote makes one word of any text. Plain ones stay as they are.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./", r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func replayCommand(c *atlas.Config, plan string) string {
	return "ionbench replay '" + strings.ReplaceAll(plan, "'", `'\''`) + "' " + replayFlags(c)
}
