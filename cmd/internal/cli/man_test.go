package cli

import (
	"ionbench/fixtures/foreign"
	"os/exec"
	"strings"
	"testing"
)

func TestManualPagesAreMadeOfTheTable(t *testing.T) {
	_, page, _ := outcome(thing(&flags{}, nil), "man", "do")
	for _, want := range []string{
		".TH THING\\-DO 1\n", ".SH NAME\nthing\\-do \\- do it\n", ".SH SYNOPSIS\n.nf\nthing do FILE.upg (\\-\\-this",
		".nf\n  as shown\n.PP\n.fi\n", "\n\\&.dotted and back\\eslash\n", ".SH OPTIONS\n.TP\n\\fB\\-\\-loud\\fR\nsay it loud\n",
		".SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone\n.TP\n\\fB1\\fR\nit was not done\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q:\n%s", want, page)
		}
	}
	_, top, _ := outcome(thing(&flags{}, nil), "man")
	for _, want := range []string{".TH THING 1\n", "thing set write KEY=VALUE...\n", ".TP\n\\fBset write\\fR\nwrite a set\n"} {
		if !strings.Contains(top, want) {
			t.Errorf("it lacks %q:\n%s", want, top)
		}
	}
}

func TestManualPagesAreRoff(t *testing.T) {
	groff := foreign.Program(t, "manual pages", "groff")
	for _, args := range [][]string{{"man"}, {"man", "do"}, {"man", "set", "write"}, {"man", "completion"}} {
		_, page, _ := outcome(thing(&flags{}, nil), args...)
		command := exec.Command(groff, "-man", "-ww", "-Tutf8")
		command.Stdin = strings.NewReader(page)
		if said, err := command.CombinedOutput(); err != nil || strings.Contains(string(said), "warning") {
			t.Errorf("%q: %v\n%s", args, err, said)
		}
	}
}
