package scenarios_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/meter"
)

// street is a line with a few meters on it.
const street = `
[meter]
[meter east]
unit-id = 7
serial-number = PC-EAST
password = 4711
[meter west]
unit-id = 361
serial-number = PC-WEST
settings = factory
`

// twins are two meters that somebody gave the same unit id.
const twins = `
[meter]
[meter twin]
serial-number = PC-TWIN
`

// twinsOf are twins of which one takes its time, and a tool that listens.
func twinsOf(slow string, delay time.Duration, baud int, tool string) string {
	text := fmt.Sprintf("[meter]\nbaud = %d\n[meter twin]\nbaud = %d\nserial-number = PC-TWIN\n", baud, baud)
	of := strings.TrimSuffix("[meter "+slow, " ") + "]\n"
	return strings.Replace(text, of, fmt.Sprintf("%srts-delay = %v\n", of, delay), 1) + "[firmware]\nbytes = 8000\n[attempt]\nlisten = yes\n" + tool + "\n"
}

// lineOf begins the story of a world, which is given as a text.
func lineOf(text string) *plot {
	GinkgoHelper()
	w, err := world.Parse([]byte(text))
	Expect(err).NotTo(HaveOccurred(), "reading the world")
	return tellOf(w, rig.Options{Trace: rig.NoTrace})
}

// lastsAtMost is longer than any run of these specs may take by the retry rule: each of so many
// blocks, and of a dozen other requests, is sent eleven times.
func lastsAtMost(blocks int) time.Duration {
	t := client.DefaultTiming()
	return time.Duration((blocks+12)*(t.Resends+1)) * (t.Response + 10*time.Second)
}

// wantBounded: the tool has come to its end, with a success that is one, or with an error that
// tells what is wrong and leaves a meter that can be upgraded.
func wantBounded(o *rig.Outcome, blocks int) {
	GinkgoHelper()
	Expect(o.Ended).To(BeTrue(), "after %v", o.Cost.Time)
	Expect(o.Cost.Time).To(BeNumerically("<", lastsAtMost(blocks)))
	if o.Claim == nil {
		Expect(o).To(beUpgraded())
		return
	}
	// A meter that answers, but never to what is written, is known not to have it.
	Expect(o.Claim).To(Or(MatchError(client.ErrNoResponse), MatchError(client.ErrWrongUnit), MatchError(client.ErrSettings)))
}

var _ = Describe("A line carries stations", func() {
	It("neighbours answer for themselves: an upgrade takes what it takes without them, and they are left alone", func() {
		alone := tell(world.Meter{})
		want := alone.try(alone.upgrade(blocks(4), ""))
		s := lineOf(street)
		o := s.try(s.upgrade(blocks(4), ""))
		Expect(o).To(beUpgraded())
		Expect(o.Cost).To(Equal(want.Cost))
		Expect(string(o.Log)).To(Equal(string(want.Log)))
	})

	It("each meter on the line can be upgraded, one after the other, and no setting is lost anywhere", func() {
		s := lineOf(street)
		for _, name := range []string{"east", "west", ""} {
			a := s.upgrade(blocks(3), "cable-pull at block 2 for 2 no-responses")
			a.Meter = name
			o := s.try(a)
			Expect(o).To(beUpgraded())
			Expect(o.Meter.Lost).To(BeZero())
		}
		for i := range s.Bench().Station().Neighbours() {
			n := s.Bench().Station().Neighbour(i)
			Expect(n.Running()).To(HaveSuffix("V283"), "unit %d", n.Config().UnitID)
		}
	})

	It("an upgrade of one meter breaks off, another one is upgraded, and the first can still be recovered", func() {
		s := lineOf(street)
		failed := s.upgrade(blocks(3), "power-loss at block 2")
		Expect(s.try(failed).Claim).To(MatchError(client.ErrNoResponse))
		east := upgrade("")
		east.Meter = "east"
		Expect(s.try(east)).To(beUpgraded())
		Expect(s.recover(failed)).To(beUpgraded())
	})

	It("faults strike the meter of the attempt and no other one", func() {
		s := lineOf(street)
		a := s.upgrade(blocks(3), "power-loss at block 2 for 30s; flash-lie at flash-op 90; meter-slow at block 1 for 20s by 300ms")
		a.Meter = "west"
		s.try(a)
		for i := range s.Bench().Station().Neighbours() {
			n := s.Bench().Station().Neighbour(i)
			Expect(n.State()).To(Equal(meter.Application))
			Expect(n.EventLog()).To(HaveLen(1), "the power-up before the run")
		}
	})

	It("two meters with one unit id answer at once: the tool says that nobody answers, before anything is erased", func() {
		s := lineOf(twins)
		o := s.try(s.upgrade(blocks(3), ""))
		Expect(o.Claim).To(MatchError(client.ErrNoResponse))
		Expect(o.Meter.FlashOps).To(BeZero())
		Expect(o.Meter.State).To(Equal(meter.Application))
		Expect(s.Bench().Station().Neighbour(0).State()).To(Equal(meter.Application))
	})

	DescribeTable("two meters with one unit id answer each at a moment of its own: the tool finds both or nobody, and changes nothing in either",
		func(tool string) {
			const slowest = 400 * time.Millisecond
			for _, slow := range []string{"", "twin"} {
				for _, baud := range []int{1200, 9600, 19200} {
					for _, delay := range []time.Duration{1, 9, 10, 11, 50, 85, 95, 96, 98, 102, 105, 200, 400} {
						delay *= time.Millisecond
						By(fmt.Sprintf("%v of the meter %q at %d baud", delay, slow, baud), func() {
							s := lineOf(twinsOf(slow, delay, baud, tool))
							o := s.try(s.World().Attempts[0])
							Expect(o.Claim).To(Or(MatchError(client.ErrNoResponse), MatchError(client.ErrTwin)))
							if delay == slowest && baud > 1200 {
								Expect(o.Claim).To(MatchError(client.ErrTwin))
							}
							Expect(s.Lost()).To(BeZero())
							for _, m := range []*meter.Meter{s.Meter(), s.Bench().Station().Neighbour(0)} {
								Expect(m.State()).To(Equal(meter.Application))
								Expect(m.Chip().Ops()).To(BeZero())
							}
						})
					}
				}
			}
		},
		Entry("an upgrade", "task = upgrade\njournal = yes"),
		Entry("a recovery", "task = recover"),
		Entry("settings that are written", "task = write-settings\nwrite = pt-ct pt-primary 480"),
		Entry("a template", "task = send-template"),
		Entry("an upgrade through the windows", "task = connect\nsingle = yes\nconnections = 1\nassistant = upgrade"),
		Entry("a template through the windows", "task = connect\nconnections = 1\nassistant = send-template"),
	)

	It("whatever byte of the slower meter's answer is damaged, it is heard when the tool asks again", func() {
		for n := 1; n <= 2*82; n++ {
			s := lineOf(twinsOf("twin", 200*time.Millisecond, 9600, "task = write-settings\nwrite = pt-ct pt-primary 480\nplan = byte-flip from-meter at byte "+strconv.Itoa(n)))
			Expect(s.try(s.World().Attempts[0]).Claim).To(Or(MatchError(client.ErrTwin), MatchError(client.ErrWrongSerial)), "byte %d", n)
		}
	})

	DescribeTable("a station talks whenever it likes, from the beginning on: the tool ends, claims no success that is none, and harms nobody",
		func(kind string) {
			const size = 2
			for _, every := range []string{"10ms", "100ms", "450ms", "1s", "3s", "7s", "11s", "40s"} {
				for _, unit := range []int{105, 7, 77, 9999} {
					for _, begins := range []string{"0s", "9s", "40s"} {
						By(fmt.Sprintf("unit %d every %s from %s on", unit, every, begins), func() {
							s := lineOf(fmt.Sprintf("%s[station]\nkind = %s\nevery = %s\nunit-id = %d\nbegins = %s\n", street, kind, every, unit, begins))
							wantBounded(s.try(s.upgrade(blocks(size), "")), size)
						})
					}
				}
			}
		},
		Entry("a babbler", "babbler"),
		Entry("a second master", "second-master"),
	)

	DescribeTable("a station begins to talk at any block and any state of an upgrade: the tool ends, and once the line is quiet the meter is recovered with its settings",
		func(kind string) {
			const size = 3
			for _, at := range []string{"start", "block 1", "block 2", "block 3", "state download", "state erasing", "state receiving", "state programming", "state verifying", "state booting", "state application"} {
				for _, how := range []string{"for 30s by 100ms", "for 30s by 100ms unit 7", "for 5m by 900ms", "for 5m by 900ms unit 77", "by 4s", "by 4s unit 7"} {
					By(at+" "+how, func() {
						s := lineOf(street)
						a := s.upgrade(blocks(size), fmt.Sprintf("%s at %s %s", kind, at, how))
						a.Journal = true
						o := s.try(a)
						wantBounded(o, size)
						if o.Claim != nil {
							o = s.recover(a)
							Expect(o).To(beUpgraded())
						}
						Expect(s.Lost()).To(BeZero())
					})
				}
			}
		},
		Entry("a babbler", "babble"),
		Entry("a second master", "second-master"),
	)

	It("settings are read and written while a second master reads them too", func() {
		s := lineOf(street + "[station]\nkind = second-master\nevery = 2s\n")
		o := s.try(world.Attempt{Tool: world.Tool{Task: client.TaskReadSettings}})
		Expect(o.Ended).To(BeTrue())
		if o.Claim == nil {
			Expect(verdict.Lost(o.Read, o.Meter.Settings, o.Cost.Time)).To(BeZero())
		}
	})
})
