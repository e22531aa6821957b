package scenarios_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	others "ionbench/fixtures/foreign"
	"ionbench/scenarios/judge"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/specs"
)

// An upgrader of somebody else's, as `ionbench judge` takes it: of this package by flags
// (go test ./scenarios -upgrader '…'), of all packages below by the environment
// (IONBENCH_UPGRADER='…' go test ./scenarios/...).
var (
	upgraderFlag = flag.String("upgrader", os.Getenv("IONBENCH_UPGRADER"), "`COMMAND` of an upgrader that is judged, as `ionbench judge --help` tells")
	recoverFlag  = flag.String("recover", os.Getenv("IONBENCH_RECOVER"), "`COMMAND` of its recovery, where that is another")
	responseFlag = flag.Duration("response", responseOf(os.Getenv("IONBENCH_RESPONSE")), "`TIME` that it waits for an answer")
	keepsFlag    = flag.Bool("keeps-settings", os.Getenv("IONBENCH_KEEPS_SETTINGS") != "", "it promises to keep the settings")
)

// responseOf reads a duration of the environment.
func responseOf(text string) time.Duration {
	if text == "" {
		return judge.DefaultResponse
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond {
		panic("IONBENCH_RESPONSE=" + text + ": say how long the upgrader waits for an answer, such as 10s")
	}
	return d
}

// foreignTarget is the program that the flags name.
func foreignTarget() judge.Target {
	GinkgoHelper()
	target := judge.Target{Transport: rig.TCP, KeepsSettings: *keepsFlag}
	if strings.Contains(*upgraderFlag, "{port}") {
		target.Transport = rig.PTY
	}
	var err error
	target.Upgrade, err = judge.ParseCommand(*upgraderFlag, false)
	Expect(err).NotTo(HaveOccurred(), "the command of -upgrader")
	if *recoverFlag != "" {
		target.Recover, err = judge.ParseCommand(*recoverFlag, false)
		Expect(err).NotTo(HaveOccurred(), "the command of -recover")
	}
	return target
}

// foreignTime is what a scenario may take: three runs at their time limit, on a busy computer.
const foreignTime = SpecTimeout(15 * time.Minute)

var _ = Describe("An upgrader of somebody else's", Label(foreign, realtime), func() {
	if *upgraderFlag == "" {
		It("is judged where -upgrader or IONBENCH_UPGRADER names one", func() { Skip("none is named") })
		return
	}
	suite, err := judge.NewSuite("smoke", *responseFlag)
	if err != nil {
		panic(err) // there is such a suite
	}
	for _, scenario := range suite.Scenarios {
		It(string(scenario.Expect)+" when "+scenario.Title, func(ctx SpecContext) {
			one := &judge.Suite{Name: suite.Name, Scenarios: []judge.Scenario{scenario}}
			report, err := judge.Run(ctx, one, foreignTarget(), judge.Options{
				Response: *responseFlag, Artifacts: filepath.Join(specs.Folder(), foreign),
			})
			if errors.Is(err, errors.ErrUnsupported) {
				others.Lacking(GinkgoTB(), "PTYs", err)
			}
			Expect(err).NotTo(HaveOccurred())
			result := report.Results[len(report.Results)-1] // what was played again stands before
			if result.Skipped != "" {
				Skip(result.Skipped)
			}
			AddReportEntry("verdict", judge.VerdictText(result), ReportEntryVisibilityFailureOrVerbose)
			Expect(result.Trouble).To(BeEmpty(), "there is no verdict")
			Expect(result.Broken).To(BeEmpty())
		}, foreignTime)
	}
})
