package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/fixtures/schemas/schematest"
)

func TestRegistersListsTheTreeForPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	for model, recorder := range map[string]bool{"7300": false, "7330": true, "7350": true} {
		var text, lines, errs bytes.Buffer
		if status := run(t.Context(), []string{"registers", "--model", model}, &text, &errs); status != cli.Done {
			t.Fatalf("%v: %s", status, errs.String())
		}
		if got := strings.Contains(text.String(), "Revenue Log"); got != recorder || !strings.Contains(text.String(), "MX #9 Maximum") {
			t.Errorf("a %s: %s", model, text.String())
		}
		if status := run(t.Context(), []string{"registers", "--model", model, "--json"}, &lines, &errs); status != cli.Done {
			t.Fatalf("%v: %s", status, errs.String())
		}
		checker, err := schematest.New(registersFormat)
		must(t, err)
		must(t, checker.Check(lines.Bytes()))
		kinds := map[string]int{}
		for l := range bytes.Lines(lines.Bytes()) {
			var v line
			must(t, json.Unmarshal(l, &v))
			kinds[v.Kind]++
		}
		if kinds["manager"] < 10 || kinds["module"] < 20 || kinds["register"] < 100 {
			t.Errorf("a %s has %v", model, kinds)
		}
	}
}

func TestTheModbusMapIsListedWithWhatIsBehindIt(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"7350": `40071 +S32 +×10 +read +58E0 +Vln avg mx +documented\n`,
		"7300": `41901 +text +×1 +read +1303 +Revision +documented\n`,
	} {
		code, out, _ := outcome(t, "registers", "--modbus", "--model", model)
		if code != 0 || !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s: exit %d\n%s", model, code, out)
		}
	}
}
