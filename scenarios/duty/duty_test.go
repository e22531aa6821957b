package duty_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"ionbench/scenarios/duty"
)

var update = flag.Bool("update", false, "write section 13 of PROTOCOL.md anew")

const page = "../../simulator/ion/PROTOCOL.md"

const heading = "## 13. Checklist of duties\n"

func TestThePageHasEveryDutyOfTheTable(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, list, ok := strings.Cut(string(b), heading)
	if !ok {
		t.Fatalf("%s has no section 13", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+heading+duty.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if list != duty.Page() {
		t.Errorf("section 13 of %s and the table differ; go test ./scenarios/duty -update prints it anew:\n%s", page, duty.Page())
	}
}

func TestEveryDutyIsInItsPlaceAndNamesItsSection(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range duty.Table() {
		if int(d.ID) != i+1 || duty.Of(d.ID) != d {
			t.Errorf("%v stands at place %d", d.ID, i+1)
		}
		if !strings.Contains(string(b), "\n## "+d.Section+". ") || d.Text == "" || d.Group == "" {
			t.Errorf("%v: %+v", d.ID, d)
		}
	}
}
