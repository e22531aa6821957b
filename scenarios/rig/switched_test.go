package rig_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// besideSwitched plays an upgrade beside a meter that somebody switches.
func besideSwitched(t testing.TB, other world.Meter) (*rig.Rig, *rig.Outcome) {
	t.Helper()
	return beside(t, other, world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true, Listens: true}})
}

func beside(t testing.TB, other world.Meter, a world.Attempt) (*rig.Rig, *rig.Outcome) {
	t.Helper()
	other.Name, other.SerialNumber = "other", "PC-0102A007-13"
	return played(t, &world.World{Meters: []world.Meter{{}, other}, Firmware: []world.Firmware{{Blocks: 2}}, Attempts: []world.Attempt{a}})
}

// played plays the first attempt of a world.
func played(t testing.TB, w *world.World) (*rig.Rig, *rig.Outcome) {
	t.Helper()
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(w, rig.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Try(&r.World().Attempts[0])
	if err != nil {
		t.Fatal(err)
	}
	return r, o
}

// A neighbour of another unit id may be switched whenever somebody likes.
func TestANeighbourThatIsSwitchedDuringAnUpgradeIsNotHarmedAndHarmsNothing(t *testing.T) {
	_, calm := besideSwitched(t, world.Meter{UnitID: 7})
	for at := 3 * time.Second; at < 110*time.Second; at += 17 * time.Second {
		for name, other := range map[string]world.Meter{
			"on": {ComesOn: at}, "off": {GoesOff: at}, "off and on": {GoesOff: at, ComesOn: at + 9*time.Second}, "on and off": {ComesOn: at, GoesOff: at + 9*time.Second},
		} {
			other.UnitID = 7
			r, o := besideSwitched(t, other)
			if !o.Upgraded() || len(o.Violations) > 0 || o.Cost.Resends != calm.Cost.Resends {
				t.Errorf("%s at %v: %v, %v", name, at, o.Claim, o.Violations)
			}
			r.Wait(time.Minute)
			want := meter.Application
			if name == "off" || name == "on and off" {
				want = meter.Off
			}
			if got := r.Bench().Station().Neighbour(0).State(); got != want {
				t.Errorf("%s at %v: it is %v", name, at, got)
			}
		}
	}
}

// A twin that comes on when the tool has listened already hears what the other meter hears. The tool
// listens once more before it clears the flash and before it writes settings, and behind the first frame of the
// write, which a twin that is to take the whole acknowledges as well. What is left is one whose acknowledgement is
// the other one's bit for bit, from the last listening on: it has settings that are not its own (I9), and the
// tool tells of it where it can hear it when all is read back. Nothing else of it is harmed, and no success is
// claimed that is none.
func TestATwinThatComesOnDuringAnUpgradeIsHarmedOnlyIfItIsInStepAndJustBeforeTheWriteBack(t *testing.T) {
	for _, delay := range []time.Duration{0, 5 * time.Millisecond, 150 * time.Millisecond, 390 * time.Millisecond} {
		var harmed span
		play := func(at time.Duration) {
			_, o := besideSwitched(t, world.Meter{ComesOn: at, SetUp: world.Untouched, Speed: world.Speed{RTSDelay: delay}})
			harmed.judge(t, at, o)
		}
		for at := time.Second; at < 110*time.Second; at += 3 * time.Second {
			play(at)
		}
		for at := 88 * time.Second; at < 95*time.Second; at += 100 * time.Millisecond { // around the write-back
			play(at)
		}
		harmed.want(t, delay, delay == 0)
	}
}

// span is when a twin that comes on is harmed.
type span struct{ first, last time.Duration }

func (s *span) judge(t *testing.T, at time.Duration, o *rig.Outcome) {
	for _, v := range o.Violations {
		if v.Rule != verdict.I9 || !strings.Contains(v.Reason, "are not as they were") {
			t.Errorf("at %v: %v", at, v)
		}
	}
	if len(o.Violations) == 0 {
		return
	}
	if s.last = at; s.first == 0 {
		s.first = at
	}
	if told := "more than one meter answers: PC-0209A001-11 and PC-0102A007-13 both answer as unit 105; the settings are in the first one, and may be in the second one too"; o.Claim == nil && o.Device.Revision != "" && len(o.Log) > 0 && !strings.Contains(string(o.Log), told) {
		t.Errorf("at %v: the log does not tell of it:\n%s", at, o.Log)
	}
}

// want is a gap of less than a second, or none at all.
func (s *span) want(t *testing.T, delay time.Duration, gap bool) {
	t.Helper()
	if gap != (s.first > 0) || s.last-s.first > 800*time.Millisecond {
		t.Errorf("one that answers after %v is harmed when it comes on from %v to %v", delay, s.first, s.last)
	}
}

// One that is told to leave its application as well is brought back, and its flash is not touched.
func TestATwinThatComesOnBeforeTheEnterIsGivenBack(t *testing.T) {
	heard := 0
	for at := 30 * time.Millisecond; at < 3*time.Second; at += 45 * time.Millisecond {
		for _, delay := range []time.Duration{60 * time.Millisecond, 150 * time.Millisecond, 390 * time.Millisecond} {
			r, o := besideSwitched(t, world.Meter{ComesOn: at, Speed: world.Speed{RTSDelay: delay, BootTime: time.Millisecond}})
			if len(o.Violations) > 0 {
				t.Errorf("at %v, answering after %v: %v", at, delay, o.Violations)
			}
			if !errors.Is(o.Claim, client.ErrTwin) {
				continue
			}
			heard++
			r.Wait(time.Minute)
			if ours, other := r.Meter().State(), r.Bench().Station().Neighbour(0).State(); ours != meter.Application || other != meter.Application || !o.Untouched() {
				t.Errorf("at %v, answering after %v: %v, and they are %v and %v", at, delay, o.Claim, ours, other)
			}
		}
	}
	if heard < 30 {
		t.Errorf("it is heard %d times", heard)
	}
}

// written are writes without an upgrade: of one frame, which nobody acknowledges, and of several.
func written() map[string]world.Attempt {
	return map[string]world.Attempt{
		"settings": {Tool: world.Tool{Task: client.TaskWriteSettings, Listens: true}, Person: world.Person{Writes: []world.Write{{Value: ion.FloatValue(480)}}}},
		"template": {Tool: world.Tool{Task: client.TaskSendTemplate, Listens: true}},
	}
}

// The same where settings are written without an upgrade.
func TestATwinThatComesOnBeforeAWriteIsHarmedOnlyJustBeforeAWriteOfOneFrame(t *testing.T) {
	for name, a := range written() {
		t.Run(name, func(t *testing.T) {
			var harmed span
			for at := 10 * time.Millisecond; at < 2500*time.Millisecond; at += 20 * time.Millisecond {
				_, o := beside(t, world.Meter{ComesOn: at, SetUp: world.Untouched, Speed: world.Speed{RTSDelay: 390 * time.Millisecond, BootTime: time.Millisecond}}, a)
				harmed.judge(t, at, o)
			}
			harmed.want(t, 390*time.Millisecond, name == "settings")
		})
	}
}

// Nor does a write that is sent again, after ten seconds without an answer, reach one that has come on meanwhile:
// the tool asks once more who is there, and what it has.
func TestATwinThatComesOnWhileAWriteIsSentAgainIsHeardBeforeIt(t *testing.T) {
	for name, a := range written() {
		for _, lost := range []string{"reply-lost at reply %d", "cable-pull at reply %d for 1 no-response", "cable-flap at reply %d for 1 no-response by 111ms"} {
			t.Run(name+" "+lost, func(t *testing.T) {
				missed, heard := 0, 0
				for reply := 3; reply <= 6; reply++ {
					plan, err := fault.Parse(fmt.Sprintf(lost, reply))
					if err != nil {
						t.Fatal(err)
					}
					a := a
					a.Plan = plan
					for at := 3500 * time.Millisecond; at < 10*time.Second; at += 500 * time.Millisecond {
						for _, delay := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond, 390 * time.Millisecond} {
							_, o := beside(t, world.Meter{ComesOn: at, SetUp: world.Untouched, Speed: world.Speed{RTSDelay: delay, BootTime: time.Millisecond}}, a)
							if len(o.Violations) > 0 {
								t.Errorf("reply %d, at %v, answering after %v: %v: %v", reply, at, delay, o.Claim, o.Violations)
							}
							if o.Cost.Resends > 0 {
								missed++
							}
							if errors.Is(o.Claim, client.ErrTwin) {
								heard++
							}
						}
					}
				}
				if missed < 100 || heard < 20 {
					t.Errorf("an answer is missed %d times, and a second meter heard %d times", missed, heard)
				}
			})
		}
	}
}

func TestOnlyMetersThatNobodyTalksToAreSwitched(t *testing.T) {
	for text, want := range map[string]string{
		"[meter]\ncomes-on = 2s\n": "line 2: the first meter on a line is there all the time; put another one before it",
		"[meter]\n[meter b]\nunit-id = 7\ngoes-off = 2s\n[attempt]\ntask = identify\nmeter = b\n": "line 4: an [attempt] is about this meter; take the power of that one away by plan = power-loss",
		"[meter]\n[meter b]\nunit-id = 7\ncomes-on = 2s\ngoes-off = 2s\n":                         "line 4: it is switched on and off at one moment; let one of them be later",
	} {
		if _, err := world.Parse([]byte(text)); fmt.Sprint(err) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A chip whose first verify reads badly has the download begin again, and then a slow line is taken for a
// second meter. The image is good by then, and runs with the factory's settings.
func TestASecondMeterThatIsHeardBehindAClearCostsNoJournalAndIsNotSaidToBeBeforeOne(t *testing.T) {
	plan, err := fault.Parse("read-changes at start for 1 no-response address 0x1d343b seed 1; slow-line at block 1 by 13.737ms")
	if err != nil {
		t.Fatal(err)
	}
	_, o := played(t, &world.World{Meters: []world.Meter{{Baud: 2400, ImageBytes: 16384}}, Firmware: []world.Firmware{{Bytes: 1722368}},
		Attempts: []world.Attempt{{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true, Listens: true}, Plan: plan}}})
	if !errors.Is(o.Claim, client.ErrTwin) || o.Meter.State != meter.Application || len(o.Violations) > 0 || o.Journals == 0 {
		t.Errorf("%v, the meter is %v, %d journals, broken: %v", o.Claim, o.Meter.State, o.Journals, o.Violations)
	}
	for _, untrue := range []string{"nothing was erased", "as it was"} {
		if strings.Contains(string(o.Log), untrue) {
			t.Errorf("the log says %q:\n%s", untrue, o.Log)
		}
	}
}

// A twin that has the line for itself is the meter of its unit id to every tool. One beside the meter is not.
func TestWhatATwinTakesAloneIsNoHarm(t *testing.T) {
	for plan, alone := range map[string]bool{"power-loss at start for 8 no-responses": true, "watchdog-reset at start": true, "meter-silent at start": true, "reply-lost at reply 1": false} {
		for _, task := range []client.Task{client.TaskUpgrade, client.TaskSendTemplate} {
			faults, err := fault.Parse(plan)
			if err != nil {
				t.Fatal(err)
			}
			_, o := beside(t, world.Meter{}, world.Attempt{Plan: faults, Tool: world.Tool{Task: task, Journal: true, Listens: true}})
			if len(o.Violations) > 0 || !o.Twinned() {
				t.Errorf("%s, %v: %v, %v", plan, task, o.Claim, o.Violations)
			}
			if !alone && (o.Meter.FlashOps > 0 || o.Claim == nil) {
				t.Errorf("%s, %v: it went on beside a twin: %v", plan, task, o.Claim)
			}
		}
	}
}
