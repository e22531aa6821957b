package main

import (
	"bytes"
	"encoding/json"
	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/schemas/schematest"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/serving"
	"ionbench/fixtures/schemas"
)

// Every line that a test reads is held to its schema.
func TestTheManualHasEveryEventOfTheSchema(t *testing.T) {
	t.Parallel()
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

// With its errors in a file, a program that starts ionsim sees on standard output why it did not.
func TestAStartThatFailsIsALineOfJSON(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for _, c := range []struct {
		args   []string
		status cli.Status
		format string
	}{
		{[]string{"--json", "--tcp", taken.Addr().String()}, cli.Environment, serving.EventsFormat},
		{[]string{"--model", "7777", "--json"}, cli.Misused, serving.EventsFormat},
		{[]string{"--json", "--fault", "cable-pul"}, cli.Misused, serving.EventsFormat},
		{[]string{"--json", "--state", t.TempDir() + "/none/meter.state"}, cli.Misused, serving.EventsFormat},
		{[]string{"proxy", "--json", "--from", "tcp:" + taken.Addr().String(), "--to", "tcp:127.0.0.1:1"}, cli.Environment, serving.ProxyFormat},
	} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), c.args, &out, &errs); status != c.status || errs.Len() == 0 {
			t.Errorf("%q: exit status %d, %q", c.args, status, errs.String())
		}
		checker, err := schematest.New(c.format)
		must(t, err)
		if err := checker.Check(out.Bytes()); err != nil || !strings.Contains(out.String(), `"not-served"`) {
			t.Errorf("%q: %q: %v", c.args, out.String(), err)
		}
	}
	var out, errs bytes.Buffer
	if run(t.Context(), []string{"--tcp", taken.Addr().String()}, &out, &errs); out.Len() > 0 {
		t.Errorf("without --json: %q", out.String())
	}
}
