// Package scenarios_test is the article FA212301 ("ION73xx Firmware Upgrade Recovery") as
// Ginkgo specs: each quotes the sentence that it proves. All but those labelled realtime
// run in virtual time. A spec owns its meter, so order and parallel processes do not
// matter.
package scenarios_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/fixtures/hurry"
)

func TestMain(m *testing.M) {
	hurry.LessGarbage()
	os.Exit(m.Run())
}

func TestScenarios(t *testing.T) {
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	suite.RandomizeAllSpecs, suite.FailOnPending = true, true
	if testing.Short() && suite.LabelFilter == "" {
		suite.LabelFilter = "!sweep" // of many runs, each on one goroutine
	}
	suite.FailOnEmpty = true // a filter that matches nothing proves nothing
	RunSpecs(t, "ION73xx Firmware Upgrade Recovery", suite, reporter)
}

func TestALabelFilterThatMatchesNothingIsNoSuccess(t *testing.T) {
	out, err := exec.Command(os.Args[0], "-test.run=^TestScenarios$", "-ginkgo.label-filter=no-such-label").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no specs ran") {
		t.Errorf("error %v:\n%s", err, out)
	}
}
