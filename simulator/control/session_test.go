package control

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// sitting is an upgrade, and its recoveries, at a meter that somebody strikes by hand, in virtual time.
type sitting struct {
	t   *testing.T
	rig *rig.Rig
	m   *Served
	log []string

	told []story.Event // to m, since the tool began
}

func sit(t *testing.T) *sitting { return sitAmong(t) }

// sitAmong is sit at a line with these meters.
func sitAmong(t *testing.T, meters ...world.Meter) *sitting {
	t.Helper()
	r, err := rig.New(&world.World{Meters: meters}, rig.Options{Trace: rig.FrameTrace})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.PutFirmware(world.Firmware{Bytes: 6 * ion.BlockBytes}); err != nil {
		t.Fatal(err)
	}
	return &sitting{t: t, rig: r, m: &Served{subject: Subject{Station: r.Bench().Station()}}}
}

func (s *sitting) begin(task client.Task, plan string) { s.beginAt(0, task, plan) }

// beginAt is begin for the meter of a unit id, which need not be the first of the line.
func (s *sitting) beginAt(unit uint16, task client.Task, plan string) {
	s.t.Helper()
	p, err := fault.Parse(plan)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tell()
	s.told = nil
	if err := s.rig.Begin(&world.Attempt{Tool: world.Tool{Task: task, UnitID: unit}, Plan: p}); err != nil {
		s.t.Fatal(err)
	}
}

// until plays until it is so, at most to the end of the tool.
func (s *sitting) until(is func() bool) {
	for !is() && s.step() {
	}
}

func (s *sitting) step() bool {
	goes := s.rig.Step()
	s.tell()
	return goes
}

// tell tells of what has happened, which is no part of the station's trace any more.
func (s *sitting) tell() {
	for _, e := range s.m.subject.Station.TakeTrace() {
		s.m.Follow(e)
		s.told = append(s.told, e)
	}
}

func (s *sitting) finish() {
	s.until(func() bool { return false })
	for _, e := range s.told { // the rig looks for what happened in the station's trace
		s.m.subject.Station.Note(e)
	}
	log := s.rig.Finish().Log
	s.m.subject.Station.TakeTrace()
	for line := range strings.Lines(string(log)) {
		if !strings.Contains(line, " at ") { // with the time
			s.log = append(s.log, line)
		}
	}
}

// sameBy wants an upgrade under a plan to have the log of this one.
func (s *sitting) sameBy(plan string) {
	s.t.Helper()
	second := sit(s.t)
	second.begin(client.TaskUpgrade, plan)
	second.finish()
	if !slices.Equal(s.log, second.log) {
		s.t.Errorf("by hand\n%s\nby %q\n%s", strings.Join(s.log, ""), plan, strings.Join(second.log, ""))
	}
}

// strike strikes a fault so much later. Nothing comes to the tool meanwhile.
func (s *sitting) strike(later time.Duration, text string) (number int) {
	s.t.Helper()
	f, problem := readFault(text)
	if problem != nil {
		s.t.Fatal(problem.Error)
	}
	number, err := s.m.add(s.rig.Now()+later, f)
	if err != nil {
		s.t.Fatal(err)
	}
	s.rig.Bench().Exchange()
	return number
}

func (s *sitting) end(later time.Duration, number int) {
	p, _ := s.m.numbered(number)
	s.m.end(s.rig.Now()+later, &p)
	s.rig.Bench().Exchange()
}

// entered reports so often that the meter has come into a state.
func (s *sitting) entered(state meter.State, times int) func() bool {
	now, _ := fault.ParseState(state.String())
	return func() bool { return len(s.m.session.runs) > 0 && s.m.session.since().Entered[now] >= times }
}

func (s *sitting) resent(n uint64) func() bool {
	before := s.m.subject.Station.InRun().Resends
	return func() bool { return s.m.subject.Station.InRun().Resends >= before+n }
}

func TestThePlanOfASessionDoesItAgainWhateverTheMeterWasAt(t *testing.T) {
	booting := func(times int) func(s *sitting) func() bool {
		return func(s *sitting) func() bool {
			boots := s.entered(meter.Booting, times)
			return func() bool { return boots() && s.m.subject.Station.SentLast() == 0 } // its answer has come
		}
	}
	block := func(n int) func(s *sitting) func() bool {
		return func(s *sitting) func() bool { return func() bool { return s.rig.Block() >= n } }
	}
	for _, c := range []struct {
		name   string
		when   func(s *sitting) func() bool
		later  time.Duration
		strike string
		ended  uint64 // after so many requests that were sent again
		after  time.Duration
		want   string
	}{
		{"power off while it boots into its loader", booting(1), 500 * time.Millisecond, "power-loss", 0, 800 * time.Millisecond, "power-loss at state download for "},
		{"power off while it boots what came", booting(2), time.Second, "power-loss", 2, time.Second, "power-loss at state application for "},
		{"power off while it verifies", func(s *sitting) func() bool { return s.entered(meter.Verifying, 1) }, 0, "power-loss", 2, time.Second, "power-loss at state verifying for 2 no-responses"},
		{"power off in a block", block(3), 0, "power-loss", 1, time.Second, "power-loss at block 3 for 1 no-response"},
		{"cable out in a block", block(3), 0, "cable-pull", 2, time.Second, "cable-pull at block 3 for 3 no-responses"},
		{"cable out while it clears", func(s *sitting) func() bool { return s.entered(meter.Erasing, 1) }, 1500 * time.Millisecond, "cable-pull", 1, time.Second, "cable-pull at flash-op 2 for 2 no-responses"},
		{"cable out for a time that ends by itself", block(3), 0, "cable-pull for 25s", 0, 0, "cable-pull at block 3 for 3 no-responses"},
		{"answer lost", block(4), 0, "reply-lost", 0, 0, "reply-lost at block 4"},
		{"silent", block(4), 0, "meter-silent", 1, time.Second, "meter-silent at block 4 for 2 no-responses"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sit(t)
			s.begin(client.TaskUpgrade, "")
			s.until(c.when(s))
			number := s.strike(c.later, c.strike)
			if c.ended > 0 || c.after > 0 {
				s.until(s.resent(c.ended))
				s.end(c.after, number)
			}
			s.finish()
			again := s.m.Repeat(s.rig.Now())
			if !strings.HasPrefix(again.Plan, c.want) || len(again.Not) > 0 {
				t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
			}
			s.sameBy(again.Plan)
		})
	}
}

func TestWhatBefellNoToolIsNotInThePlanAndSaidSo(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 2 })
	s.strike(0, "reply-lost")
	s.finish()
	s.end(2*time.Second, s.strike(time.Second, "power-loss"))
	s.strike(3*time.Second, "cable-pull for 1s")
	again := s.m.Repeat(s.rig.Now() + 5*time.Second)
	if again.Plan != "reply-lost at block 2" || len(again.Not) != 2 || !strings.HasSuffix(again.Not[0], ": no tool was there") || !strings.HasSuffix(again.Not[1], ": no tool was there") {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}

func TestAMomentThatHadPassedIsSaidAtOnceAndIsNotInThePlan(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 3 })
	number := s.strike(0, "reply-lost at block 2")
	if p, _ := s.m.numbered(number); s.m.faultOf(&p).State != Missed || s.m.faultOf(&p).Reason == "" {
		t.Errorf("%+v", s.m.faultOf(&p))
	}
	again := s.m.Repeat(s.rig.Now())
	if want := []string{"reply-lost at block 2: its moment had passed"}; again.Plan != "" || !slices.Equal(again.Not, want) {
		t.Errorf("the plan is %q, and not in it is %q, want %q", again.Plan, again.Not, want)
	}
}

func TestWhatStrikesABootingMeterThatNoToolHasAskedToRestartIsNotNamedByItsLoader(t *testing.T) {
	s := sit(t)
	s.strike(0, "meter-reset")
	s.strike(500*time.Millisecond, "brown-out for 80ms")
	if again := s.m.Repeat(time.Second); strings.Contains(again.Plan, "download") || !strings.Contains(again.Plan, "; brown-out at ") {
		t.Errorf("the plan is %q", again.Plan)
	}
}

func TestWhatBefallsAMeterThatIsOffInABlockIsNamedByTheBlock(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 3 })
	off := s.strike(0, "power-loss")
	s.until(s.resent(1))
	out := s.strike(time.Second, "cable-pull")
	s.end(2*time.Second, off)
	s.until(s.resent(1))
	s.end(time.Second, out)
	s.finish()
	again := s.m.Repeat(s.rig.Now())
	if again.Plan != "power-loss at block 3 for 1 no-response; cable-pull at no-response 1 for 2 no-responses" || len(again.Not) > 0 {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
	s.sameBy(again.Plan)
}

// The cable that is pulled when an answer was lost keeps no answer of before from being lost by its plan.
func TestWhatStrikesABlockThatIsSentAgainIsNamedByThat(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{"reply-lost", "cable-pull", "reply-lost at block 3; cable-pull at no-response 1 for 3 no-responses"},
		{"reply-lost", "power-loss", "reply-lost at block 3; power-loss at no-response 1 for 2 no-responses"},
		{"reply-lost", "meter-silent", "reply-lost at block 3; meter-silent at no-response 1 for 3 no-responses"},
		{"reply-late by 25s", "cable-pull", "reply-late at block 3 by 25s; cable-pull at no-response 1 for 3 no-responses"},
		{"frame-lost", "cable-pull", "frame-lost at block 3; cable-pull at no-response 1 for 3 no-responses"},
		{"reply-nak", "cable-pull to-meter", "reply-nak at block 3; cable-pull to-meter at no-response 1 for 3 no-responses"},
		{"reply-busy", "reply-lost", "reply-busy at block 3; reply-lost at no-response 1"},
		{"meter-reset", "cable-pull", "meter-reset at block 3; cable-pull at no-response 1 for 3 no-responses"},
	} {
		s := sit(t)
		s.begin(client.TaskUpgrade, "")
		s.until(func() bool { return s.rig.Block() >= 3 })
		s.strike(0, c.first)
		s.until(s.resent(1))
		number := s.strike(0, c.second)
		s.until(s.resent(2))
		s.end(time.Second, number)
		s.finish()
		again := s.m.Repeat(s.rig.Now())
		if again.Plan != c.want {
			t.Errorf("the plan is %q, want %q; not in it is %q", again.Plan, c.want, again.Not)
		}
		s.sameBy(again.Plan)
	}
}

func TestAFaultThatIsAtWorkWhenAToolComesBeginsItsPlan(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskIdentify, "")
	s.finish()
	number := s.strike(time.Second, "cable-pull")
	s.begin(client.TaskUpgrade, "")
	s.until(s.resent(1))
	s.end(time.Second, number)
	s.finish()
	if again := s.m.Repeat(s.rig.Now()); again.Plan != "cable-pull at start for 2 no-responses" || len(again.Not) > 0 {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}

func TestWhatNothingWasOnTheLineForIsNotInThePlan(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskUpgrade, "")
	s.until(s.entered(meter.Erasing, 1))
	s.end(1400*time.Millisecond, s.strike(1300*time.Millisecond, "cable-pull"))
	s.finish()
	if again := s.m.Repeat(s.rig.Now()); again.Plan != "" || len(again.Not) != 1 || !strings.HasSuffix(again.Not[0], ": nothing was on the line meanwhile") {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}

func TestClientsThatTakeThePortFromEachOtherAreToldBesideThePlan(t *testing.T) {
	s := sit(t)
	s.m.TakenOver() // no tool is at work
	s.begin(client.TaskUpgrade, "")
	s.until(s.entered(meter.Erasing, 1))
	s.m.TakenOver()
	s.strike(time.Second, "reply-lost at block 2")
	if again := s.m.Repeat(s.rig.Now()); !slices.Equal(again.Not, []string{"a new client took the port over once, before the first block: of a plan there is one tool after another"}) {
		t.Errorf("not in the plan is %q", again.Not)
	}
	s.m.TakenOver()
	s.finish()
	if again := s.m.Repeat(s.rig.Now()); again.Plan != "reply-lost at block 2" || len(again.Not) != 1 || !strings.Contains(again.Not[0], "2 times, first before the first block") {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}

func TestWhatBefellToolsAtTwoMetersOfALineIsNotThePlanOfOneUpgrade(t *testing.T) {
	s := sit(t)
	// The one at the second meter: of that the line alone is seen here, and what its state is.
	s.begin(client.TaskIdentify, "")
	s.until(func() bool { return len(s.m.session.runs) == 1 })
	s.m.Follow(story.Event{Station: 1, What: story.StateEntered{State: meter.Erasing}})
	s.strike(0, "frame-lost")
	s.finish()
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 3 })
	s.strike(0, "reply-lost")
	s.finish()
	again := s.m.Repeat(s.rig.Now())
	if strings.Contains(again.Plan, ";") || again.Plan == "" || len(again.Not) != 1 || again.Not[0] != "reply-lost at block 3: it befell a tool at another meter of the line than the first did, and a trial upgrades one" {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}

// The plan strikes the first meter, and counts the blocks of the line; the tool is at the second one.
func TestThePlanOfASessionAtTheSecondMeterOfALineDoesItAgainAtTheOnlyOne(t *testing.T) {
	s := sitAmong(t, world.Meter{UnitID: 101}, world.Meter{UnitID: 105})
	s.beginAt(105, client.TaskUpgrade, "")
	s.until(func() bool { return len(s.m.session.runs) == 1 })
	s.m.Follow(story.Event{Station: 1, What: story.StateEntered{State: meter.Erasing}}) // which a rig does not tell of another meter
	s.until(func() bool { return s.rig.Block() >= 3 })
	number := s.strike(0, "cable-pull")
	s.until(s.resent(2))
	s.end(time.Second, number)
	s.strike(0, "reply-lost at block 5")
	s.until(func() bool { return s.rig.Block() >= 6 })
	s.strike(0, "frame-lost")
	s.finish()
	again := s.m.Repeat(s.rig.Now())
	if again.Plan != "cable-pull at block 3 for 3 no-responses; frame-lost at block 6" || len(again.Not) != 1 || again.Not[0] != "reply-lost at block 5: it befell the first meter of the line while the tool was at another, and a trial has one" {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
	s.sameBy(again.Plan)
}

func TestTheFaultsOfTheRecoveryFollowThoseOfTheUpgradeThatFailed(t *testing.T) {
	s := sit(t)
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 2 })
	number := s.strike(0, "cable-pull")
	s.finish()
	s.end(time.Second, number)
	s.begin(client.TaskRecover, "")
	s.until(func() bool { return s.rig.Block() >= 4 })
	s.strike(0, "reply-lost")
	s.finish()
	s.begin(client.TaskUpgrade, "")
	s.until(func() bool { return s.rig.Block() >= 3 })
	s.strike(0, "meter-reset")
	s.finish()
	again := s.m.Repeat(s.rig.Now())
	if again.Plan != "cable-pull at block 2 then reply-lost at block 4" || !again.OfTrial() || len(again.Not) != 1 || !strings.Contains(again.Not[0], "meter-reset at block 3: it befell a tool after") {
		t.Errorf("the plan is %q, and not in it is %q", again.Plan, again.Not)
	}
}
