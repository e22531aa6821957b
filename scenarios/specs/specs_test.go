package specs_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/scenarios"
	"ionbench/scenarios/specs"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// bad makes the suite of this package fail, to test the files that it writes.
const bad = "IONBENCH_SPECS_FAIL"

var suite *testing.T

func TestSpecs(t *testing.T) {
	suite = t
	RegisterFailHandler(Fail)
	RunSpecs(t, "specs")
}

func small() specs.Bench {
	GinkgoHelper()
	return specs.New(world.World{Firmware: []world.Firmware{{Blocks: 3}}})
}

var _ = Describe("what a suite of somebody else's gets", func() {
	It("matches outcomes", func() {
		meter := small()
		o := meter.Try(scenarios.Attempt{Plan: "cable-pull at block 2"})
		Expect(o).To(And(specs.HaveFailed(), specs.HaveFailed(ContainSubstring("no response")), specs.HaveMet(fault.CablePull)))
		Expect(o).NotTo(Or(specs.HaveUpgraded(), specs.HaveMet(fault.PowerLoss), specs.HaveFailed(errors.New("another"))))
		Expect(o).To(specs.HaveSeen(func(b story.BlockProgrammed) bool { return b.Block == 1 }))
		Expect(o).NotTo(specs.HaveSeen(func(b story.BlockProgrammed) bool { return b.Block == 2 }))
		Expect(o).NotTo(specs.HaveBroken(verdict.I1))

		o = meter.Try(scenarios.Attempt{Recovery: true})
		Expect(o).To(specs.HaveUpgraded())
		Expect(o).NotTo(Or(specs.HaveFailed(), specs.HaveKept(), specs.HaveKept(ion.Nameplate)))
		Expect(meter.Try(scenarios.Attempt{})).To(specs.HaveKept())
	})

	It("says what it saw where a matcher does not match", func() {
		o := small().Try(scenarios.Attempt{})
		Expect(InterceptGomegaFailures(func() { Expect(o).NotTo(specs.HaveUpgraded()) })).To(
			ConsistOf(And(ContainSubstring("success; the meter is application"), ContainSubstring("not to have upgraded the meter"))))
		Expect(InterceptGomegaFailures(func() { Expect(o).To(specs.HaveBroken(verdict.I2)) })).To(ConsistOf(ContainSubstring("to have broken I2")))
	})

	It("fails a spec that lost its bet", func() {
		if os.Getenv(bad) == "" {
			Skip("the test of the files runs it")
		}
		meter := small()
		meter.Try(scenarios.Attempt{Plan: "cable-pull at block 2"})
		meter.Try(scenarios.Attempt{By: scenarios.Blocking(suite, func(net.Conn) error { return nil })})
	})

	It("fails a spec of our upgrader", func() {
		if os.Getenv(bad) == "" {
			Skip("the test of the files runs it")
		}
		small().Try(scenarios.Attempt{Plan: "reply-lost at block 40"})
	})
})

func TestASpecThatFailsLeavesFilesAndTheCommandThatRepeatsIt(t *testing.T) {
	folder := t.TempDir()
	again := exec.Command(os.Args[0], "-test.run=^TestSpecs$", "-ginkgo.focus=fails a spec")
	again.Env = append(os.Environ(), bad+"=1", "IONBENCH_ARTIFACTS="+folder)
	out, err := again.CombinedOutput()
	if err == nil {
		t.Fatalf("it does not fail:\n%s", out)
	}
	for _, want := range []string{"I2: success is claimed", "never struck", "2 Failed", "trace.txt", "go test ./scenarios/specs -ginkgo.focus"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	for pattern, want := range map[string]string{
		"*lost-its-bet*.trace.txt": "sector-erased", "*lost-its-bet*.plan.txt": "cable-pull at block 2\n", "*lost-its-bet*.log.txt": "No response", "*lost-its-bet*.story.html": "<!doctype html>",
		"*lost-its-bet*.repeat.txt": "lost its bet$'\n",
		"*our-upgrader*.case.txt":   "plan = reply-lost at block 40\n",
		"*our-upgrader*.repeat.txt": "ionbench run ",
	} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(files) != 1 {
			t.Errorf("%s: %v, error %v", pattern, files, err)
			continue
		}
		if b, err := os.ReadFile(files[0]); err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s has no %q, error %v:\n%s", files[0], want, err, b)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*lost-its-bet*.case.txt")); len(files) > 0 {
		t.Errorf("a case for an upgrader that no case can play: %v", files)
	}
}
