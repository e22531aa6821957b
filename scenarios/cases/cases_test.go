package cases_test

import (
	"bytes"
	"testing"

	stored "ionbench/fixtures/cases"
	"ionbench/fixtures/logs"
	"ionbench/scenarios/cases"
)

func load(t testing.TB, name string) *cases.Case {
	t.Helper()
	b, err := stored.File(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cases.Parse(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.Files = stored.Folder()
	return c
}

func play(t testing.TB, c *cases.Case) *cases.Result {
	t.Helper()
	r, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryStoredCaseComesOutAsItsFileSays(t *testing.T) {
	if n := len(stored.Names()); n < 15 {
		t.Fatalf("only %d cases are stored", n)
	}
	for _, name := range stored.Names() {
		t.Run(name, func(t *testing.T) {
			r := play(t, load(t, name))
			for _, reason := range r.Reasons {
				t.Error(reason)
			}
			for i, a := range r.Attempts {
				t.Logf("attempt %d: %s in %v, %d resends, claim %v", i+1, a.Verdict, a.Cost.Time, a.Cost.Resends, a.Claim)
			}
		})
	}
}

func TestTheArticlesLogIsAllThatItsCaseLogs(t *testing.T) {
	r := play(t, load(t, "upgrade-failed"))
	if !bytes.Equal(r.Log, logs.UpgradeFailed()) {
		t.Errorf("the log is\n%s", r.Log)
	}
}
