package main

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/cli/clitest"
	"ionbench/fixtures/schemas"
)

// Every run of a test is held to its schema; here every command that can write JSON writes some.
func TestEveryJSONIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	image := b.path("image.bin")
	must(t, os.WriteFile(image, make([]byte, 100), 0o600))
	packed, saved := b.path("new.upg"), b.path("saved.dcf")
	forms := map[string][]string{
		"identify":      b.line(),
		"ports":         {},
		"upgrade":       b.tool(b.upg(2)),
		"recover":       append(b.tool(b.upg(2)), "--yes"),
		"template get":  b.line(saved),
		"template send": b.line(saved),
		"settings get":  b.line(),
		"settings set":  b.line("owner=Plant A"),
		"connect":       append(b.tool(), "--single"),
		"pack":          {image, packed, "--product", "7350", "--revision", "7350V284", "--dated", "2008-03-01T12:00:00Z"},
		"inspect":       {packed},
	}
	order := append([]string{"template get", "pack"}, clitest.WithJSON(newProgram(nil, nil, nil, nil).table())...) // they write what others read
	done := map[string]bool{}
	for _, name := range order {
		if done[name] {
			continue
		}
		done[name] = true
		if forms[name] == nil {
			t.Errorf("no JSON of ionup %s is held to its schema", name)
		}
		r := invocation{stdin: answers("")}.run(t, append(append(strings.Fields(name), forms[name]...), "--json")...)
		if r.code == cli.Misused || r.stdout == "" {
			t.Errorf("%s: exit %d, on stdout %q, on stderr %q", name, r.code, r.stdout, r.stderr)
		}
	}
}

func TestTheManualHasEveryEventOfTheSchema(t *testing.T) {
	t.Parallel()
	text, _ := schemas.Of(eventsFormat)
	var schema struct {
		Defs map[string]any `json:"$defs"`
	}
	must(t, json.Unmarshal(text, &schema))
	var told []string
	for line := range strings.Lines(jsonManual) {
		if rest, ok := strings.CutPrefix(line, "  "); ok && rest[0] != ' ' {
			told = append(told, strings.Fields(rest)[0])
		}
	}
	slices.Sort(told)
	if want := slices.Sorted(maps.Keys(schema.Defs)); !slices.Equal(told, want) {
		t.Errorf("the manual tells of %v, and the schema of %v", told, want)
	}
}
