package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/serving"
	"ionbench/fixtures/schemas"
)

// Every line that a test reads is held to its schema.
func TestTheManualHasEveryEventOfTheSchema(t *testing.T) {
	text, _ := schemas.Of(serving.EventsFormat)
	var schema struct {
		Defs map[string]any `json:"$defs"`
	}
	must(t, json.Unmarshal(text, &schema))
	var told []string
	_, events, _ := strings.Cut(serving.Events, "objects have")
	for line := range strings.Lines(events) {
		if rest, ok := strings.CutPrefix(line, "    "); ok && rest[0] != ' ' {
			told = append(told, strings.Fields(rest)[0])
		}
	}
	slices.Sort(told)
	if want := slices.Sorted(maps.Keys(schema.Defs)); !slices.Equal(told, want) {
		t.Errorf("the manual tells of %v, and the schema of %v", told, want)
	}
}
