package scenarios_test

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/specs"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// plot is the meter of a spec and all that befell it. A spec that fails leaves its story
// behind as files.
type plot struct {
	*rig.Rig
	chapters []chapter
	record   *record
}

// chapter is one process of the tool.
type chapter struct {
	attempt world.Attempt
	outcome *rig.Outcome // nil while it runs
}

// record is what a spec shows when it fails: the story that was told last.
type record struct {
	last     *plot
	caseName string
}

// tell begins the story of a spec.
func tell(m world.Meter) *plot {
	GinkgoHelper()
	return tellWith(m, rig.Options{})
}

func tellWith(m world.Meter, o rig.Options) *plot {
	GinkgoHelper()
	return tellOf(&world.World{Meters: []world.Meter{m}}, o)
}

// tellOf begins the story of a world.
func tellOf(w *world.World, o rig.Options) *plot {
	GinkgoHelper()
	r, err := rig.New(w, o)
	Expect(err).NotTo(HaveOccurred(), "making the rig")
	s := &plot{Rig: r, record: new(record)}
	s.record.last = s
	specs.LeaveOnFailure(s.record.artifacts)
	return s
}

// caseNamed notes that `ionbench run` has a case of the same story.
func (s *plot) caseNamed(name string) { s.record.caseName = name }

// clone is the same story up to here, with a future of its own.
func (s *plot) clone() *plot {
	return &plot{Rig: s.Rig.Clone(), chapters: slices.Clip(s.chapters), record: s.record}
}

// begin starts an attempt; finish ends it.
func (s *plot) begin(a world.Attempt) {
	GinkgoHelper()
	s.record.last = s
	s.chapters = append(s.chapters, chapter{attempt: a})
	Expect(s.Begin(&a)).To(Succeed(), "beginning the attempt with plan %q", a.Plan)
}

// finish runs the attempt to its end. No invariant may be broken and no fault of the plan
// be left over.
func (s *plot) finish() *rig.Outcome {
	GinkgoHelper()
	return s.end(s.Finish())
}

func (s *plot) end(o *rig.Outcome) *rig.Outcome {
	GinkgoHelper()
	at := &s.chapters[len(s.chapters)-1]
	at.outcome = o
	Expect(o.Violations).To(BeEmpty(), "invariants, with plan %q", at.attempt.Plan)
	Expect(o.Unstruck).To(BeEmpty(), "faults that never struck, of plan %q", at.attempt.Plan)
	return o
}

// try is one attempt from its start to its end.
func (s *plot) try(a world.Attempt) *rig.Outcome {
	GinkgoHelper()
	s.begin(a)
	return s.finish()
}

// recover is the article's recovery of a.
func (s *plot) recover(a world.Attempt) *rig.Outcome {
	GinkgoHelper()
	s.record.last = s
	s.chapters = append(s.chapters, chapter{attempt: recovery(a)})
	o, err := s.Recover(&a)
	Expect(err).NotTo(HaveOccurred(), "recovering")
	return s.end(o)
}

// planned reads a plan that is written in a spec.
func planned(text string) fault.Plan {
	GinkgoHelper()
	p, err := fault.Parse(text)
	Expect(err).NotTo(HaveOccurred(), "the plan %q of this spec", text)
	return p
}

// upgrade is a person who upgrades, restores all settings, and meets the faults of a plan.
func upgrade(plan string) world.Attempt {
	GinkgoHelper()
	return world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: planned(plan)}
}

// upgrade is the same with an image of so many bytes.
func (s *plot) upgrade(bytes int, plan string) world.Attempt {
	GinkgoHelper()
	s.put(bytes)
	return upgrade(plan)
}

// put puts the firmware file on the PC that the person means, with an image of so many bytes.
func (s *plot) put(bytes int) {
	GinkgoHelper()
	Expect(s.PutFirmware(world.Firmware{Bytes: bytes})).To(Succeed(), "making a firmware file")
}

// recovery is the article's recovery of an attempt, the faults of which have ended.
func recovery(of world.Attempt) world.Attempt {
	a := world.Recovery(&of)
	a.Before = nil
	return a
}

// setUp is what somebody has set up in the meter.
func (s *plot) setUp() *ion.Settings { return s.World().Meters[0].Settings() }

// artifacts are those of the story that was told last.
func (r *record) artifacts() scenarios.Artifacts {
	a := scenarios.Artifacts{Trace: r.last.traceText(), Plan: r.last.planText(), Log: r.last.logText()}
	if r.caseName != "" {
		a.Repeat = []string{fmt.Sprintf("go run ./cmd/ionbench run %s --print trace", r.caseName)}
	}
	return a
}

func (s *plot) traceText() string {
	var b strings.Builder
	for _, e := range s.Bench().Station().Trace() {
		fmt.Fprintln(&b, e)
	}
	fmt.Fprintf(&b, "%14.6f end, fingerprint %x\n", s.Now().Seconds(), s.Bench().Fingerprint())
	return b.String()
}

// planText is the attempts in order, as lines of a plan with comments.
func (s *plot) planText() string {
	var b strings.Builder
	for i, c := range s.chapters {
		fmt.Fprintf(&b, "# attempt %d: %s\n", i+1, describe(c.attempt))
		for _, f := range c.attempt.Plan {
			fmt.Fprintln(&b, f)
		}
		if c.outcome != nil {
			fmt.Fprintf(&b, "# came to: %s\n", summary(c.outcome))
		}
	}
	return b.String()
}

func describe(a world.Attempt) string {
	words := []string{"connect", "identify", "upgrade", "recover", "send template", "read settings", "write settings"}[a.Task]
	if a.Single {
		words += ", single device"
	}
	if a.Journal {
		words += ", journal"
	}
	return words
}

func summary(o *rig.Outcome) string {
	claim := "success"
	switch {
	case o.Killed:
		claim = "killed"
	case o.Claim != nil:
		claim = o.Claim.Error()
	}
	return fmt.Sprintf("%s; the meter is %v with revision %q; lost: %v; broken: %q", claim, o.Meter.State, o.Meter.Revision, o.Meter.Lost, o.Violations)
}

func (s *plot) logText() string {
	var b strings.Builder
	for i, c := range s.chapters {
		if c.outcome != nil {
			fmt.Fprintf(&b, "# attempt %d\n%s", i+1, c.outcome.Log)
		}
	}
	return b.String()
}
