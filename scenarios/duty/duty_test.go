package duty_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ionbench/fixtures/golden"
	"ionbench/scenarios/duty"
)

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
	if golden.Updating() {
		if err := os.WriteFile(page, []byte(before+heading+checklist()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if list != checklist() {
		t.Errorf("section 13 of %s and the table differ; go test ./scenarios/duty -update prints it anew:\n%s", page, checklist())
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

// checklist is section 13 as the page has it.
func checklist() string {
	var b strings.Builder
	var group duty.Group
	for _, d := range duty.Table() {
		if d.Group != group {
			group = d.Group
			fmt.Fprintf(&b, "\n%s:\n\n", group)
		}
		advice := ""
		if d.Advice {
			advice = " (advice)"
		}
		b.WriteString(wrapped(fmt.Sprintf("- [ ] **%v** %s%s", d.ID, d.Text, advice), "      "))
	}
	return b.String()
}

// width is that of the page's lines.
const width = 100

// wrapped breaks a text into lines. indent begins all but the first.
func wrapped(text, indent string) string {
	var b strings.Builder
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	return b.String() + line + "\n"
}
