package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	others "ionbench/fixtures/foreign"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// instantly is a meter whose work and whose line take no time, so that an attempt over a
// PTY or TCP lasts as long as what does not come is waited for. The rate paces nothing; but
// the tool waits for its frame to be out by it before it waits for the answer, so it is a
// higher one than any meter of the family has.
// A tool waits so long for an answer; 0 as usual.
func instantly(response time.Duration) *plot {
	GinkgoHelper()
	return tellWith(world.Meter{Baud: 115200}, rig.Options{Instant: true, Response: response})
}

// soon is how long the tool waits for an answer where a spec takes answers away. What does
// come is there within a millisecond, unless the computer is very busy.
const soon = 150 * time.Millisecond

// enough is what a spec in real time may take on a computer that is very busy.
const enough = SpecTimeout(5 * time.Minute)

// unlessLate plays a spec whose tool waits so long for an answer. On a computer that is late for a moment
// the tool asks once more than it should: then the spec is played again with a tool that waits longer, and
// the last time counts.
func unlessLate(response time.Duration, play func(response time.Duration)) {
	GinkgoHelper()
	for range 2 {
		err := InterceptGomegaFailure(func() { play(response) })
		if err == nil {
			return
		}
		By(fmt.Sprintf("once more, with a tool that waits longer than %v: %v", response, err))
		response *= 5
	}
	play(response)
}

// over is one attempt from its start to its end over a transport. A system without PTYs
// skips the spec.
func (s *plot) over(ctx context.Context, t rig.Transport, a world.Attempt) *rig.Outcome {
	GinkgoHelper()
	s.record.last = s
	s.chapters = append(s.chapters, chapter{attempt: a})
	o, err := s.TryOver(ctx, t, &a)
	return s.ended(o, err)
}

// ended is the end of the latest attempt, over whatever it went.
func (s *plot) ended(o *rig.Outcome, err error) *rig.Outcome {
	GinkgoHelper()
	if errors.Is(err, errors.ErrUnsupported) {
		others.Lacking(GinkgoTB(), "PTYs", err)
	}
	Expect(err).NotTo(HaveOccurred(), "the attempt with plan %q", s.chapters[len(s.chapters)-1].attempt.Plan)
	return s.end(o)
}

// keepAllSettings: no group differs from before.
func keepAllSettings() OmegaMatcher { return HaveField("Meter.Lost", BeZero()) }

var _ = Describe("In real time", Label(realtime), func() {
	for _, transport := range rig.Transports() {
		Context("over "+transport.String(), func() {
			It("“the meter will display the text Upgrading…”, L2 toggles, “status updates every 10%”, and the new firmware runs", row("K1"), func(ctx SpecContext) {
				s := instantly(0)
				before := s.Bench().Station().Counts()
				o := s.over(ctx, transport, s.upgrade(blocks(30), ""))
				Expect(o).To(beUpgraded())
				Expect(o).To(keepAllSettings())
				Expect(told(o.Trace, story.Meter, "lcd")).To(Equal([]string{"Upgrading…", "ION7350"}))
				Expect(told(o.Trace, story.Meter, "event-log")).To(Equal([]string{meter.EventFactoryInitialize, meter.EventFirmwareUpgrade}))
				Expect(lines(o, upgradelog.Completed, upgradelog.Efficiency)).To(Equal(tenPairs()))
				Expect(told(o.Trace, story.Host, "log")).To(ContainElements(tenPairs()))
				after := s.Bench().Station().Counts()
				frames := after.FramesToMeter + after.FramesToHost - before.FramesToMeter - before.FramesToHost
				Expect(frames).To(BeNumerically(">", 30*2*31), "frames and their acknowledgements")
				Expect(o.Meter.L2Edges).To(Equal(frames))
			}, enough)

			It("“the RS-485 connection was re-connected after two No Response entries … the upgrade process continued”", row("K2", faultCable), func(ctx SpecContext) {
				unlessLate(soon, func(response time.Duration) {
					s := instantly(response)
					a := s.upgrade(blocks(12), "cable-pull at block 7 for 2 no-responses")
					o := s.over(ctx, transport, a)
					Expect(o).To(beUpgraded())
					Expect(o).To(keepAllSettings())
					Expect(lines(o, upgradelog.Resending, upgradelog.Aborting, upgradelog.Retrying)).To(Equal([]string{
						"No response... resending (1 of 7)", "No response... resending (2 of 8)",
					}))
					Expect(lines(o, upgradelog.Efficiency)).To(HaveExactElements(
						"Comm efficiency = 100.0%", "Comm efficiency = 100.0%", "Comm efficiency = 100.0%", "Comm efficiency = 100.0%", "Comm efficiency = 100.0%",
						"Comm efficiency = 80.0%", "Comm efficiency = 81.8%", "Comm efficiency = 83.3%", "Comm efficiency = 84.6%", "Comm efficiency = 85.7%",
					))
				})
			}, enough)

			It("“may choose to Abort the upgrade and restart”: it is “not necessary and not recommended to power cycle”", row("K5", faultAbort), func(ctx SpecContext) {
				s := instantly(0)
				s.put(blocks(12))
				o := s.over(ctx, transport, upgrade("abort at block 7"))
				Expect(o.Aborted).To(BeTrue())
				Expect(o.Claim).To(MatchError(client.ErrAborted))
				Expect(o.Meter.LCD).To(Equal("Upgrading…"))
				o = s.over(ctx, transport, upgrade(""))
				Expect(o).To(beUpgraded())
				Expect(lines(o, upgradelog.AlreadyInDownloadState, upgradelog.FlashCleared)).To(Equal([]string{
					"Device already in download state", "Flash memory cleared",
				}))
				Expect(lines(o, upgradelog.Completed, upgradelog.Efficiency)).To(Equal(tenPairs()), "from the beginning")
			}, enough)

			It("“ION Setup will recognize if your ION 73xx family meter is currently in upgrade mode … Select Yes to recover your firmware upgrade”", row("K8", faultKill), func(ctx SpecContext) {
				s := instantly(0)
				failed := s.upgrade(blocks(12), "kill at block 7")
				o := s.over(ctx, transport, failed)
				Expect(o.Killed).To(BeTrue())
				o = s.over(ctx, transport, recovery(failed))
				Expect(o.Prompts).To(Equal([]client.Prompt{
					client.ConnectionType, client.RecoverUpgrade, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType,
				}))
				Expect(o).To(beUpgraded())
				Expect(o.Recovery).To(BeTrue(), "Firmware Recovery Mode")
			}, enough)
		})
	}

	// played is what a plan makes happen over each transport: rig.Promised says what is compared. All wait
	// for what does not come at the same time.
	played := func(ctx context.Context, plan string, response time.Duration, transports []rig.Transport) [][]string {
		GinkgoHelper()
		plots, outcomes, errs := make([]*plot, len(transports)), make([]*rig.Outcome, len(transports)), make([]error, len(transports))
		var attempts sync.WaitGroup
		for i, transport := range transports {
			s := instantly(response)
			a := s.upgrade(blocks(11)+500, plan)
			s.chapters, plots[i] = append(s.chapters, chapter{attempt: a}), s
			attempts.Go(func() { outcomes[i], errs[i] = s.TryOver(ctx, transport, &a) })
		}
		attempts.Wait()
		all := make([][]string, len(transports))
		for i, s := range plots {
			all[i] = rig.Promised(s.ended(outcomes[i], errs[i]).Trace)
		}
		return all
	}

	// What a plan of protocol points makes happen does not depend on what carries the bytes.
	sameOver := func(ctx context.Context, plan string, response time.Duration, transports ...rig.Transport) {
		GinkgoHelper()
		unlessLate(response, func(response time.Duration) {
			all := played(ctx, plan, response, transports)
			Expect(len(all[0])).To(BeNumerically(">", 70), "events, more than the erased sectors")
			for i, events := range all {
				Expect(events).To(Equal(all[0]), "over %v, against the bench", transports[i])
			}
		})
	}

	DescribeTable("the same plan gives the same event trace, times aside, on the bench, over a PTY and over TCP",
		func(ctx SpecContext, plan string, response time.Duration) {
			sameOver(ctx, plan, response, rig.Transports()...)
		},
		EntryDescription("%[1]q"),
		Entry(nil, enough, "", time.Duration(0)),
		Entry(nil, enough, "cable-pull at block 6 for 2 no-responses", soon),
		Entry(nil, enough, "cable-pull from-meter at state verifying for 1 no-responses", soon),
		Entry(nil, enough, "reply-lost at block 6", soon),
		Entry(nil, enough, "power-loss at flash-op 200 torn for 480ms", 2*soon),
		Entry(nil, enough, "power-loss at flash-op 30 after for 1 no-responses", soon),
		Entry(nil, enough, "abort at block 6", time.Duration(0)),
		Entry(nil, enough, "abort at block 12", time.Duration(0)),
		Entry(nil, enough, "abort at state erasing", time.Duration(0)),
		Entry(nil, enough, "kill at 50%", time.Duration(0)),
		Entry(nil, enough, "frame-lost at block 3; byte-flip at block 5; frame-dup at block 7", soon),
		Entry(nil, enough, "echo at start", time.Duration(0)),
		Entry(nil, enough, "line-break at block 6 for 2 no-responses", soon),
		Entry(nil, enough, "ip-half-open at block 6 for 2 no-responses", soon),
		Entry(nil, enough, "ip-stall at block 6 for 2 no-responses", soon),
		Entry(nil, enough, "reply-swap at block 3; reply-stranger at block 5; reply-nak at block 7; reply-busy at block 9", soon),
		Entry(nil, enough, "brown-out at flash-op 200 torn for 480ms", 2*soon),
		Entry(nil, enough, "watchdog-reset at flash-op 200", soon),
		Entry(nil, enough, "program-fails at flash-op 90; flash-lie at flash-op 300", time.Duration(0)),
		Entry(nil, enough, "suspend at block 6 for 300ms", soon),
		Entry(nil, enough, "port-vanishes at block 6 for 150ms", 2*soon),
		Entry(nil, enough, "clock-jump at block 6 by 1h; disk-full at block 8; file-gone at block 9", time.Duration(0)),
	)

	DescribeTable("a connection that is reset gives the same event trace, times aside, on the bench and over TCP",
		func(ctx SpecContext, plan string, response time.Duration) {
			sameOver(ctx, plan, response, rig.Bench, rig.TCP)
		},
		EntryDescription("%[1]q"),
		Entry(nil, enough, "ip-reset at block 6", time.Duration(0)),
		Entry(nil, enough, "ip-reset at state erasing", time.Duration(0)),
		Entry(nil, enough, "ip-down at block 6 for 2 no-responses", soon),
	)
})

var _ = Describe("A meter and a line that take their time", func() {
	DescribeTable("give each side the same events as without",
		func(plan string) {
			traces := map[bool][]story.Event{}
			for _, quick := range []bool{true, false} {
				s := tellWith(world.Meter{}, rig.Options{Instant: quick})
				traces[quick] = s.try(s.upgrade(blocks(11)+500, plan)).Trace
			}
			for _, source := range []story.Source{story.Meter, story.Fault, story.Host} {
				Expect(rig.PromisedOf(traces[true], source)).To(Equal(rig.PromisedOf(traces[false], source)), "events of the %v", source)
			}
		},
		EntryDescription("%q"),
		Entry(nil, ""),
		Entry(nil, "cable-pull at block 6 for 2 no-responses"),
		Entry(nil, "reply-lost at block 6"),
		Entry(nil, "cable-pull to-meter at state verifying for 10 no-responses"),
		Entry(nil, "abort at block 6"),
		Entry(nil, "kill at 50%"),
		Entry(nil, "program-fails at flash-op 90; erase-fails at flash-op 120; flash-lie at flash-op 300"),
		Entry(nil, "disk-full at 50%"),
	)
})
