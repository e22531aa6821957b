package tool_test

import (
	"strings"
	"testing"

	"ionbench/scenarios/internal/fieldstest"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/ion"
)

func TestEveryFieldIsDeclaredOnceAndSaysWhatItWasTold(t *testing.T) {
	fieldstest.Table(t, tool.Fields(), nil)
}

func TestGroupsAreReadAndPrintedAlike(t *testing.T) {
	n := tool.Groups()
	for g := range ion.AllGroups + 1 {
		if got, err := n.Parse(n.Print(g)); err != nil || got != g {
			t.Errorf("%q comes back as %v: %v", n.Print(g), got, err)
		}
	}
	for text, want := range map[string]ion.Groups{"all": ion.AllGroups, "none": 0, "itc, pt-ct": ion.Of(ion.PTCT, ion.ITC), "pt-ct,clock,clock": ion.Of(ion.PTCT, ion.Clock)} {
		if got, err := n.Parse(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"ptct": "did you mean pt-ct?", "pt-ct,": "nothing between two commas", "all,clock": `"all" is no settings group`, "x": "use pt-ct, clock, nameplate, energy or itc"} {
		if _, err := n.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
