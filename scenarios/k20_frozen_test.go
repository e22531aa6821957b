package scenarios_test

import (
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// mostSilence is how long the tool may go on after the meter has fallen silent, by its
// retry rule at 9600 baud. A request is sent eleven times, each time followed by ten
// seconds; in front of it stands at most one pause of a second.
//
//	1 + 11 × (10 + 252 × 10/9600) = 113.9 s
//
// Whether a meter restarted that does not say so is asked after those: thirty times, with
// two seconds each.
//
//	1 + 30 × (2 + 252 × 10/9600) = 68.9 s
//
// A write is not sent again without an answer: the one that is missing is one more, and then the meter is
// asked who it is.
//
//	10 + 252 × 10/9600 = 10.3 s
func mostSilence(restarting, written bool) time.Duration {
	timing := client.DefaultTiming()
	const longestFrame = 252 * 10 * time.Second / 9600
	most := timing.Poll + time.Duration(timing.Resends+1)*(timing.Response+longestFrame)
	if written {
		most += timing.Response + longestFrame
	}
	if restarting {
		const polls = 30
		most += timing.Restart + polls*(2*timing.Poll+longestFrame)
	}
	return most
}

// silence is the time from the strike to the tool's end.
func silence(o *rig.Outcome) time.Duration {
	var struck, ended time.Duration
	for _, e := range o.Trace {
		switch {
		case e.Source == story.Fault && e.What.Kind() == "strikes":
			struck = e.At
		case e.Source == story.Host && e.What.Kind() == "finished":
			ended = e.At
		}
	}
	return ended - struck
}

// wantEnd: the tool has come to its end within its rule, and not before it had tried.
func wantEnd(o *rig.Outcome, least time.Duration) {
	GinkgoHelper()
	Expect(o.Ended).To(BeTrue())
	restarting := len(lines(o, upgradelog.Verified)) > 0
	var e *client.NoAnswerError
	written := errors.As(o.Claim, &e) && e.Step == client.StepIdentifyBeforeWriting
	Expect(silence(o)).To(BeNumerically("<=", mostSilence(restarting, written)))
	if o.Claim != nil {
		Expect(o.Claim).To(MatchError(client.ErrNoResponse))
		Expect(silence(o)).To(BeNumerically(">=", least))
	}
}

var _ = Describe("Article, Goals and Symptoms: “firmware upgrade frozen”", row("K20", faultSilent), func() {
	It("the rule gives 113.9 s for a request, 68.9 s more for a restart, and 10.3 s more for a write", func() {
		Expect(mostSilence(false, false)).To(Equal(113887500 * time.Microsecond))
		Expect(mostSilence(true, false) - mostSilence(false, false)).To(Equal(68875 * time.Millisecond))
		Expect(mostSilence(false, true) - mostSilence(false, false)).To(Equal(10262500 * time.Microsecond))
	})

	DescribeTable("a meter that falls silent for ever in any state of the protocol: the tool ends by itself, and the meter can be recovered",
		func(plan string, ends ...string) {
			s := tell(world.Meter{})
			a := s.upgrade(blocks(12), plan)
			o := s.try(a)
			Expect(o.Claim).To(MatchError(client.ErrNoResponse))
			wantEnd(o, time.Minute)
			last := lines(o, upgradelog.Retrying, upgradelog.GivingUp, upgradelog.Resending, upgradelog.Aborting)
			Expect(last[max(0, len(last)-len(ends)):]).To(Equal(ends))
			Expect(s.recover(a)).To(beUpgraded())
		},
		EntryDescription("%[1]s"),
		Entry(nil, "meter-silent", "No response... retrying (10 of 10)", "No response... giving up"),
		Entry(nil, "meter-silent at state erasing", "No response... retrying (10 of 10)", "No response... giving up"),
		Entry(nil, "meter-silent at state receiving", "No response... retrying (10 of 10)", "No response... giving up"),
		Entry(nil, "meter-silent at block 7", "No response... resending (10 of 16)", "No response... aborting (11 of 17)"),
		Entry(nil, "meter-silent at state programming", "No response... resending (10 of 10)", "No response... aborting (11 of 11)"),
		Entry(nil, "meter-silent at state verifying", "No response... retrying (10 of 10)", "No response... giving up"),
	)

	DescribeTable("also where it asks a meter that restarts",
		func(plan string) {
			s := tell(world.Meter{})
			a := s.upgrade(blocks(12), plan)
			o := s.try(a)
			Expect(o.Claim).To(MatchError(client.ErrNoResponse))
			wantEnd(o, 50*time.Second)
			Expect(lines(o, upgradelog.UpgradeFailed)).To(HaveLen(1))
			Expect(s.recover(a)).To(beUpgraded())
		},
		EntryDescription("%[1]s"),
		Entry(nil, "meter-silent at state booting"),
		Entry(nil, "meter-silent at state download"),
		Entry(nil, "meter-silent at state application"),
	)

	It("at every frame boundary of an upgrade", Label(sweep), func() {
		whole := tell(world.Meter{})
		a := whole.upgrade(blocks(2), "")
		a.Journal = true
		silentFrames(whole, a, 2*2*32)
	})

	It("at every frame boundary of a recovery", Label(sweep), func() {
		whole := tell(world.Meter{})
		failed := failUpgrade(whole, "cable-pull at block 7")
		whole.put(blocks(2))
		silentFrames(whole, recovery(failed), 2*2*32)
	})

	It("at every frame boundary of everything else that is asked", Label(sweep), func() {
		whole := tell(world.Meter{})
		for _, a := range []world.Attempt{
			{Tool: world.Tool{Task: client.TaskIdentify}},
			{Tool: world.Tool{Task: client.TaskReadSettings}},
			write([]world.Write{{Setting: 0, Value: ion.FloatValue(14400)}}),
			{Tool: world.Tool{Task: client.TaskConnect, Single: true}, Person: world.Person{Connections: 1}},
			{Tool: world.Tool{Task: client.TaskConnect}, Person: world.Person{Connections: 1}},
		} {
			silentFrames(whole, a, 2)
		}
	})
})

// silentFrames lets the meter fall silent at each frame of the attempt in turn, of which
// there must be so many at least. An upgrade that fails is recovered.
func silentFrames(whole *plot, a world.Attempt, least int) {
	GinkgoHelper()
	for n := 1; ; n++ {
		s := whole.clone()
		a.Plan = planned(fmt.Sprintf("meter-silent at frame %d", n))
		s.begin(a)
		o := s.Finish()
		if len(o.Unstruck) > 0 {
			Expect(o.Claim).NotTo(HaveOccurred())
			Expect(n-1).To(BeNumerically(">=", least), "frames of the attempt")
			return
		}
		s.end(o)
		wantEnd(o, 40*time.Second)
		if o.Claim != nil && (a.Task == client.TaskUpgrade || len(a.Assistant) > 0) {
			Expect(s.recover(a)).To(beUpgraded(), "after %v", a.Plan)
		}
	}
}
