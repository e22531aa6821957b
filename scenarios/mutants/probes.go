package mutants

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/fixtures/logs"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/world"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// probe is a short test: what to play, and what must hold beyond the invariants.
type probe struct {
	must   string         // what must hold, in a sentence
	with   string         // what is unusual apart from the plan; may be empty
	harms  int            // number of faults in with
	plan   string         // empty for no faults
	clock  time.Time      // of the meter; zero for the article's
	chip   flash.Geometry // zero for the article's
	blocks int            // of the image; 0 for small
	world  func(*world.World)
	play   func(*stage)
}

// small is the number of blocks of a small image.
const small = 5

// eraseOps is how many sectors a clear erases on the meter of the article: first the sector of
// the record, then those of the image.
const eraseOps = 62

// blockOps is how many flash operations program a full block.
const blockOps = ion.BlockBytes / flash.MaxProgram

// recordOp is the flash operation that writes the record of a small image.
const recordOp = eraseOps + small*blockOps + 1

// probes are the suite: those of single upgrades first, the longest last.
func probes() []probe {
	return slices.Concat(singles(), lines(), flashes(), images(), ofSettings(), histories(), together(), sent(), longs())
}

func singles() []probe {
	return []probe{
		{must: "an upgrade that nothing disturbs goes through, windows in order", play: undisturbed},
		{must: "with a journal an upgrade goes through and leaves none behind", play: undisturbedWithJournal},
		{must: "a clear that is sent again erases nothing again", plan: "reply-lost at state erasing",
			with: "a chip that erases at once", chip: quickChip(), play: goesThroughInOnePass},

		{must: "a wrong password is told as one, and nothing is changed", with: "a wrong password",
			play: refused(client.ErrPassword, func(a *world.Attempt) { a.Password = "4711" })},
		{must: "a file for another product is refused", with: "a file for a 7330",
			play: refused(client.ErrWrongProduct, func(a *world.Attempt) { a.Firmware = forAnother })},
		{must: "another unit than the one asked for is left alone", with: "unit 104 asked for",
			play: refused(client.ErrNoResponse, func(a *world.Attempt) { a.UnitID = 104 })},
		{must: "another meter than the one asked for is left alone", with: "another serial number asked for",
			play: refused(client.ErrWrongSerial, func(a *world.Attempt) { a.SerialNumber = "PC-0000A000-00" })},
		{must: "a file that cannot be used is refused", with: "a damaged file",
			play: refused(client.ErrBadFile, func(a *world.Attempt) { a.Firmware = damaged })},

		{must: "settings that the meter does not keep are no success", with: "a meter that forgets what is written", play: forgetfulMeter},

		{must: "one lost answer is asked for again", plan: "reply-lost at block 2", play: goesThroughInOnePass},
		{must: "two lost answers are asked for again", plan: "reply-lost at block 2..3", play: goesThroughInOnePass},
		{must: "a late answer is thrown away", plan: "reply-late at block 2 by 25s; cable-pull to-meter at block 3 for 1 no-responses", play: goesThroughInOnePass},
		{must: "an answer that comes twice counts once", plan: "reply-dup at block 2", play: goesThroughInOnePass},
		{must: "after eleven missing answers the upgrade has failed, and the person is told", plan: "cable-pull at block 2", play: cableOut},
		{must: "the person can abort, and recover", plan: "abort at block 3", play: failsAndRecovers},
		{must: "a meter that is whole is given back when the person aborts", plan: "abort at state download", play: givenBack},
		{must: "after a power loss the flash is cleared anew", plan: "power-loss at block 3 for 5s", play: goesThrough},
		{must: "an erase that was torn is begun anew", plan: "power-loss at flash-op 2 torn for 5s", play: goesThrough},
		{must: "without power an upgrade fails, and can be recovered", plan: "power-loss at block 3", play: failsAndRecovers},
		{must: "a record that was torn makes no image, and the loader runs", plan: fmt.Sprintf("power-loss at flash-op %d torn for 30s", recordOp), play: goesThrough},
		{must: "a bad image never runs, power loss or not", with: "operation 100 of the chip lies", harms: 1,
			plan: fmt.Sprintf("power-loss at flash-op %d after for 30s", recordOp), play: lyingChipAndPowerLoss},
		{must: "the journal is there when the first sector is erased", plan: "kill at flash-op 1 after", play: killedWithJournal},
		{must: "a tool that is killed in the download leaves its log and its journal", plan: "kill at block 3", play: killedWithJournal},
		{must: "the journal is there until the settings are back", plan: "kill at state application", play: killedWithJournal},

		{must: "a write of the chip that lies is found by the verification", with: "operation 100 of the chip lies", harms: 1, play: lyingChip},
		{must: "an image that is damaged after the upgrade does not run", with: "a cell of the image goes bad afterwards", harms: 1, play: damagedAfterwards},
		{must: "a failed upgrade is recovered, windows in order", with: "a meter in download state", play: recovery},
		{must: "paste options have no effect after a recovery", with: "a meter in download state", play: templateAfterRecovery},
		{must: "a meter that does not come back from its restart is no success", with: "a meter in download state",
			plan: "power-loss at state booting", play: noRestart},
	}
}

// longs are probes with many blocks.
func longs() []probe {
	return []probe{
		{must: "an image of more than 255 blocks goes through", with: "an image of 257 blocks", blocks: 257, play: goesThroughInOnePass},
		{must: "the article's log comes out, byte for byte", with: "a meter in download state", plan: "cable-pull at block 439",
			clock:  world.ArticleStart().Add(-beforeArticle),
			blocks: world.ArticleImageBytes / ion.BlockBytes, play: articlesLog},
	}
}

// quickChip is a chip that has erased all sectors before the tool sends a clear again.
func quickChip() flash.Geometry {
	g := flash.Am29F032B()
	g.EraseTime = 10 * time.Millisecond
	return g
}

func undisturbed(s *stage) {
	o := s.through(s.upgrade())
	s.holdClears(o, 1)
	s.holdWindows(o, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted)
}

func undisturbedWithJournal(s *stage) {
	o := s.through(s.journaled())
	s.hold(s.rig.Disk().Journals() == 0, "a journal is left")
	s.holdWindows(o, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted)
}

func goesThrough(s *stage) { s.through(s.upgrade()) }

func goesThroughInOnePass(s *stage) { s.holdClears(s.through(s.upgrade()), 1) }

// refused plays an upgrade that must fail before it changes the meter.
func refused(with error, change func(*world.Attempt)) func(*stage) {
	return func(s *stage) {
		a := s.upgrade()
		change(&a)
		o := s.try(a)
		s.hold(errors.Is(o.Claim, with), "the tool says: %v", o.Claim)
		s.hold(o.Meter.FlashOps == 0 && o.Meter.Lost == 0, "%d flash operations, and %v lost", o.Meter.FlashOps, o.Meter.Lost)
	}
}

// Names of files that must not be sent.
const (
	forAnother = "for-another"
	damaged    = "damaged"
)

// unusable are files that must not be sent.
func unusable() []world.Firmware {
	return []world.Firmware{
		{Name: forAnother, Model: meter.ION7330, Blocks: small},
		{Name: damaged, OwnErr: upg.ErrDamaged},
	}
}

// plant is the name of a saved template.
const plant = "plant"

// forgetfulMeter tests the upgrader with a meter that has a bug: no fault of the line makes a
// meter lose a setting that it has confirmed. A mutant with a bug in its meter is left out.
func forgetfulMeter(s *stage) {
	if s.mutant.Side == Meter {
		return
	}
	s.stand(new(probe), "writes-not-kept")
	o := s.try(s.upgrade())
	s.hold(errors.Is(o.Claim, client.ErrSettings), "the tool says: %v", o.Claim)
}

// lie makes the chip lie once in the next run, in the middle of block 2.
func (s *stage) lie() {
	const op = eraseOps + blockOps + 9
	s.rig.Meter().Chip().LieAt(s.rig.Meter().Chip().Ops() + op)
}

func lyingChip(s *stage) {
	s.lie()
	o := s.through(s.upgrade())
	s.holdClears(o, 2)
	verified := upgradelog.Append(nil, upgradelog.Line{Kind: upgradelog.Verified})
	s.hold(bytes.Count(o.Log, verified) == 1, "%d times verified", bytes.Count(o.Log, verified))
}

func lyingChipAndPowerLoss(s *stage) {
	s.lie()
	s.through(s.upgrade())
}

func damagedAfterwards(s *stage) {
	a := s.upgrade()
	o := s.try(a)
	s.holdUpgraded(o)
	const address, bit = upg.LoadAddress + 100, 3
	chip := s.rig.Meter().Chip()
	var held [1]byte
	chip.Read(address, held[:])
	chip.StickBit(address, bit, held[0]>>bit&1 == 0)
	chip.ClearFaults()
	s.rig.PowerCycle(time.Second)
	s.hold(s.rig.Meter().State() == meter.Download, "the meter is in state %v", s.rig.Meter().State())
	s.recover(a)
}

func cableOut(s *stage) {
	a := s.upgrade()
	o := s.try(a)
	s.holdWindows(o, client.ChooseFirmware, client.UpgradeFailed, client.CommunicationLost)
	s.holdRecovered(a, o)
}

func failsAndRecovers(s *stage) {
	a := s.upgrade()
	s.holdRecovered(a, s.try(a))
}

func killedWithJournal(s *stage) {
	a := s.journaled()
	o := s.try(a)
	s.hold(o.Killed, "the tool was not killed")
	s.holdRecovered(a, o)
}

func givenBack(s *stage) {
	a := s.upgrade()
	o := s.try(a)
	s.hold(o.Meter.State == meter.Application && o.Meter.FlashOps == 0, "the meter is in state %v", o.Meter.State)
	s.holdRecovered(a, o)
}

// intoDownload leaves the meter in download state: it aborts an upgrade.
func (s *stage) intoDownload() world.Attempt {
	plan := s.plan
	s.plan = planned("abort at block 1")
	a := s.upgrade()
	s.try(a)
	s.plan = plan
	return a
}

func recovery(s *stage) {
	o := s.recover(s.intoDownload())
	s.holdWindows(o, client.ConnectionType, client.RecoverUpgrade, client.ChooseFirmware, client.UpgradeCompleted, client.ConnectionType)
}

func templateAfterRecovery(s *stage) {
	failed := s.intoDownload()
	a := world.Recovery(&failed)
	a.Connections = 2
	a.Assistant = []client.Choice{client.OK}
	a.Template = plant
	o := s.try(a)
	want, _, _ := templates.PlantA().Get(ion.Nameplate.Key(), "owner")
	owner, _ := ion.SettingNamed(ion.Nameplate, "owner")
	got := ion.SettingTable()[owner].Format(o.Meter.Settings.Values[owner])
	s.hold(got == want, "the template says owner %q, and the meter has %q", want, got)
}

func noRestart(s *stage) {
	s.intoDownload()
	a := s.upgrade()
	s.holdRecovered(a, s.try(a))
}

// beforeArticle is how long the article's meter runs here before the article's log begins. In
// that time a first upgrade leaves it in download state.
const beforeArticle = 2 * time.Minute

func articlesLog(s *stage) {
	plan := s.plan
	article := func() world.Attempt {
		return world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Release: client.Release21()},
			Person: world.Person{Unticked: ion.AllGroups}, Plan: s.plan, Limit: patience}
	}
	s.plan = planned("abort at block 1")
	s.try(article())
	s.rig.Wait(beforeArticle - s.rig.Now())
	s.plan = plan
	o := s.try(article())
	s.hold(bytes.Equal(o.Log, logs.UpgradeFailed()), "the log is another one")
}
