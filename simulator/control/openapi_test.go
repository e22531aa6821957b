package control

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// document is openapi.json, as far as the tests look at it.
type document struct {
	Paths      map[string]map[string]any
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any
			Required   []string
			Enum       []string
		}
	}
}

func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDocumentTellsOfEveryRouteAndOfNoOther(t *testing.T) {
	m := serveOne(t)
	var routes, told []string
	for _, r := range m.table() {
		routes = append(routes, r.method+" "+r.path)
	}
	for path, methods := range readDocument(t).Paths {
		for method := range methods {
			told = append(told, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(told)
	if !slices.Equal(routes, told) {
		t.Errorf("the server has %q,\nthe document %q", routes, told)
	}
}

func TestTheDocumentHasEveryMemberOfEveryAnswer(t *testing.T) {
	d := readDocument(t)
	for _, v := range []any{Meters{}, Listed{}, Meter{}, Frames{}, Frame{}, Message{}, Field{}, LED{}, Flash{}, Image{}, Counts{}, LogEntry{}, Fault{}, Faults{}, Kinds{}, Kind{}, Lasting{}, Parameter{}, Input{}, Moment{}, Power{}, Version{}, Problem{}, Lost{}, Lines{}, ListedLine{}, Line{}, OnLine{}} {
		kind := reflect.TypeOf(v)
		schema, ok := d.Components.Schemas[kind.Name()]
		if !ok {
			t.Errorf("there is no schema %s", kind.Name())
			continue
		}
		all, needed := membersOf(kind)
		if told := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(all, told) {
			t.Errorf("%s has %q, its schema %q", kind.Name(), all, told)
		}
		slices.Sort(schema.Required)
		if !slices.Equal(needed, schema.Required) {
			t.Errorf("%s always has %q, by its schema %q", kind.Name(), needed, schema.Required)
		}
	}
}

// membersOf returns the names of a type's members in JSON, and of those that are never left out.
func membersOf(kind reflect.Type) (all, needed []string) {
	for _, f := range reflect.VisibleFields(kind) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		all = append(all, name)
		if options != "omitempty" {
			needed = append(needed, name)
		}
	}
	slices.Sort(all)
	slices.Sort(needed)
	return all, needed
}

func TestTheDocumentNamesTheStandingsOfAFault(t *testing.T) {
	var fault struct {
		State struct{ Enum []Standing }
	}
	b, err := json.Marshal(readDocument(t).Components.Schemas["Fault"].Properties)
	if err == nil {
		err = json.Unmarshal(b, &fault)
	}
	if want := []Standing{Waiting, AtWork, Over, Missed}; err != nil || !slices.Equal(fault.State.Enum, want) {
		t.Errorf("%q, %v", fault.State.Enum, err)
	}
}
