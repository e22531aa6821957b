package mutants

import (
	"errors"
	"fmt"
	"time"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
)

// lines are probes with more on the line than one meter, or less.
func lines() []probe {
	return []probe{
		{must: "another meter on the line is left alone", with: "unit 361, and unit 105 beside it", world: street, play: goesThroughInOnePass},
		{must: "of two meters with one unit id none is written to", with: "a second meter at unit 105, which answers later", world: twins,
			play: refused(client.ErrTwin, func(a *world.Attempt) {
				a.Task, a.Listens, a.Writes = client.TaskWriteSettings, true, []world.Write{{Value: ion.FloatValue(480)}}
			})},
		{must: "of two meters with one unit id none is erased, although one of them comes on when the tool has listened", with: "a second meter at unit 105 that is switched on",
			world: comesOn, play: refused(client.ErrTwin, func(a *world.Attempt) { a.Listens = true })},
		{must: "a station that babbles for ever is not waited for", plan: "babble at block 2 by 3s unit 77", play: failsAndRecovers},
		{must: "a station that babbles keeps nobody at work", plan: "cable-pull to-meter at block 2; babble at block 2 for 4h by 2s", play: endsInSilence},
		{must: "a station of another unit keeps nobody at work", plan: "cable-pull to-meter at block 2; babble at block 2 for 4h by 3s unit 77", play: endsInSilence},
		{must: "a connection that broke makes nobody ask for ever", plan: "ip-reset at block 2; cable-pull at block 2", play: endsInSilence},
		{must: "an upgrade goes on when the port that vanished is back", plan: "port-vanishes at block 4 for 25s", play: goesThroughInOnePass},
		{must: "an upgrade by telephone goes on when the call that was cut off is dialled again", with: "a meter that is called", plan: "carrier-lost at block 2", world: called, play: goesThroughInOnePass},
		{must: "a number that stays busy is given up as a silent meter is", with: "a meter that is called", plan: "carrier-lost at block 2; line-busy at block 2 for 4h", world: called, play: endsInSilence},
		{must: "a call ends with the run that began it", with: "a meter that is called", world: called, play: hangsUp},
		{must: "a port that leads to another meter when it is back is left at once", with: "a second meter at unit 105 that is switched on when the first one has lost its power",
			plan: "ip-reset at reply 3; power-loss at reply 3 for 1h", world: replaced, play: failsAtAnother},
		{must: "a meter that is busy once is asked again", plan: "reply-busy at block 2", play: goesThroughInOnePass},
		{must: "a meter that is busy for ever is given up", plan: "reply-busy at 90s every 1s", play: givenUp(client.ErrUnexpected)},
		{must: "a log that could not be written is told", plan: "disk-full at block 2", play: goesThroughInOnePass},
	}
}

// called has a meter at the other end of a telephone line.
func called(w *world.World) { w.Meters = []world.Meter{{Phone: modem.DefaultNumber}} }

// hangsUp plays an upgrade, after which the modem is on the hook.
func hangsUp(s *stage) {
	s.through(s.upgrade())
	if s.err == nil {
		s.hold(!s.rig.Bench().Station().Modem().Carrier(), "the call is not over")
	}
}

// street has two meters. Their unit IDs have the same low byte.
func street(w *world.World) {
	w.Meters = []world.Meter{{UnitID: 361}, {Name: "neighbour", SerialNumber: "PC-0000A000-00"}}
}

// twins have one unit id.
func twins(w *world.World) {
	w.Meters = []world.Meter{{}, {Name: "twin", SerialNumber: "PC-0000A000-00", Speed: world.Speed{RTSDelay: 300 * time.Millisecond}}}
}

// replaced has another meter with the same unit id in the place of the first.
func replaced(w *world.World) {
	w.Meters = []world.Meter{{}, {Name: "other", SerialNumber: "PC-0000A000-00", ComesOn: 5 * time.Second}}
}

// failsAtAnother plays an upgrade that ends when another meter answers, which nobody is to harm.
func failsAtAnother(s *stage) {
	o := s.try(s.upgrade())
	s.hold(errors.Is(o.Claim, client.ErrWrongSerial), "the tool says: %v", o.Claim)
	other := s.rig.Bench().Station().Neighbour(0).State()
	s.hold(other == meter.Application || other == meter.Off, "the other meter is %v", other)
}

// comesOn has a twin that is there just before the tool enters download state.
func comesOn(w *world.World) {
	twins(w)
	m := &w.Meters[1]
	m.ComesOn, m.BootTime, m.RTSDelay = time.Second, time.Millisecond, 150*time.Millisecond
}

// endsInSilence plays an upgrade that gets no answers any more.
func endsInSilence(s *stage) {
	o := s.try(s.upgrade())
	s.hold(!o.Ended || errors.Is(o.Claim, client.ErrNoResponse), "the tool says: %v", o.Claim)
}

// givenUp plays an upgrade that must fail, and its recovery.
func givenUp(with error) func(*stage) {
	return func(s *stage) {
		a := s.upgrade()
		o := s.try(a)
		s.hold(!o.Ended || errors.Is(o.Claim, with), "the tool says: %v", o.Claim)
		s.holdRecovered(a, o)
	}
}

// flashes are probes with a flash that cannot be used as it should.
func flashes() []probe {
	return []probe{
		{must: "a sector that could not be erased is erased again", plan: "erase-fails at flash-op 5", play: goesThrough},
		{must: "a chip that keeps a bad cell is given up", plan: "stuck-bit at flash-op 90 mask 0xFF", play: givenUp(client.ErrTooOften)},
		{must: "a flash that is cleared for ever is given up", with: "a meter whose erase never ends", play: withMeter("erase-never-ends", endlessErase)},
		{must: "another image than the one that was sent is no success", with: "a meter that takes a bad image for a good one", harms: 1,
			play: withMeter("mark-before-verify", runsAnother)},
	}
}

// withMeter plays with a meter that has a bug. A mutant with a bug in its own meter is left out.
func withMeter(bug string, play func(*stage)) func(*stage) {
	return func(s *stage) {
		if s.mutant.Side == Meter {
			return
		}
		s.stand(new(probe), bug)
		play(s)
	}
}

func endlessErase(s *stage) {
	o := s.try(s.upgrade())
	s.hold(!o.Ended || errors.Is(o.Claim, client.ErrFlash), "the tool says: %v", o.Claim)
}

// runsAnother has the chip lie, and cuts the power when the record is written that makes the bad
// image valid.
func runsAnother(s *stage) {
	s.lie()
	s.plan = planned(fmt.Sprintf("power-loss at flash-op %d after for 30s", recordOp))
	o := s.try(s.upgrade())
	s.hold(errors.Is(o.Claim, client.ErrNotRunning), "the tool says: %v", o.Claim)
}

// images are probes with images that are easily taken for others.
func images() []probe {
	return []probe{
		{must: "a recovery does not take another image of the same revision for the one of the file", with: "two images of one revision", world: twoBuilds, play: recoversAnother},
		{must: "a recovery of a meter that runs something else sends the image", with: "a recovery without a failure", play: recoversHealthy},
		{must: "an image that ends within a block is that of the file, byte for byte", with: "an odd size", world: oddSize, play: goesThroughInOnePass},
	}
}

// rebuilt is a file with another image of the same revision.
const rebuilt = "rebuilt"

func twoBuilds(w *world.World) {
	w.Firmware = append(w.Firmware, world.Firmware{Name: rebuilt, Blocks: small, Build: 1})
}

func oddSize(w *world.World) {
	w.Firmware[len(w.Firmware)-1] = world.Firmware{Bytes: 3*ion.BlockBytes + 100}
}

func recoversAnother(s *stage) {
	s.through(s.upgrade())
	a := s.upgrade()
	a.Task, a.Firmware = client.TaskRecover, rebuilt
	s.through(a)
}

func recoversHealthy(s *stage) {
	a := s.upgrade()
	a.Task = client.TaskRecover
	s.through(a)
}
