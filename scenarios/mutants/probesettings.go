package mutants

import (
	"errors"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/fixtures/templates"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// ofSettings are probes of what is kept and written back.
func ofSettings() []probe {
	return []probe{
		{must: "numbers at their lower bounds come back", with: "settings at their lower bounds", world: setUp(world.Lowest), play: losesNothing},
		{must: "numbers at their upper bounds and long texts come back", with: "settings at their upper bounds", world: setUp(world.Highest), play: losesNothing},
		{must: "what is not ticked is not written back, and stays in the journal", with: "a group that is not ticked", play: pastesAPart},
		{must: "without room for a journal nothing is changed", with: "a full disk", play: noRoom},
		{must: "a journal stays until the meter has kept its settings", with: "a meter that forgets what is written", play: withMeter("writes-not-kept", forgetfulWithJournal)},
		{must: "the journal of another meter is left alone", with: "a journal of a meter with the same serial number", play: foreignJournal},
	}
}

func setUp(as world.SetUp) func(*world.World) {
	return func(w *world.World) { w.Meters[0].SetUp = as }
}

func losesNothing(s *stage) {
	o := s.through(s.upgrade())
	s.hold(o.Meter.Lost == 0, "%v lost", o.Meter.Lost)
}

func pastesAPart(s *stage) {
	a := s.journaled()
	a.Unticked = ion.Of(ion.Clock)
	o := s.through(a)
	s.hold(o.Meter.Lost == a.Unticked, "%v lost", o.Meter.Lost)
	s.hold(s.rig.Disk().Journals() == 1, "%d journals", s.rig.Disk().Journals())
	s.through(s.journaled())
	s.hold(s.rig.Lost() == 0, "%v lost in the end", s.rig.Lost())
}

func noRoom(s *stage) {
	a := s.journaled()
	a.DiskFull = true
	o := s.try(a)
	s.hold(errors.Is(o.Claim, client.ErrNoPersistence), "the tool says: %v", o.Claim)
	s.hold(o.Meter.FlashOps == 0, "%d flash operations", o.Meter.FlashOps)
}

func forgetfulWithJournal(s *stage) {
	o := s.try(s.journaled())
	s.hold(errors.Is(o.Claim, client.ErrSettings), "the tool says: %v", o.Claim)
	s.hold(s.rig.Disk().Journals() == 1, "%d journals", s.rig.Disk().Journals())
}

func foreignJournal(s *stage) {
	a := s.journaled()
	a.Before = []world.Action{{Kind: world.ForeignJournal}}
	o := s.through(a)
	s.holdWindows(o, client.ChooseFirmware, client.PasteOptions, client.UpgradeCompleted)
	s.hold(s.rig.Disk().Journals() == 1, "%d journals", s.rig.Disk().Journals())
}

// histories are probes of what people do one after another.
func histories() []probe {
	return []probe{
		{must: "a journal is not written back over what somebody has changed since", with: "a journal that was overtaken", world: twoPCs, play: overtaken},
		{must: "what is older than something that is lost is written back only if the person agrees", with: "a journal that was overtaken, and a second upgrade that failed", world: twoPCs, play: olderThanLost},
		{must: "after a No nothing of the journal is written back, and the journal stays", with: "a person who says no to the journal", play: declined},
		{must: "what was counted while the settings were lost is not forgotten", with: "ten hours between a kill and its recovery", plan: "kill at state application", play: countedMeanwhile},
		{must: "a meter is recovered only if the person wants it", with: "a person who says no to the recovery", play: recoveryDeclined},
	}
}

// other is a second PC.
const other = "other"

func twoPCs(w *world.World) { w.PCs = []world.PC{{}, {Name: other}} }

// ptPrimary is a setting that people change here.
func ptPrimary() int {
	i, _ := ion.SettingNamed(ion.PTCT, "pt-primary")
	return i
}

// overtake leaves a journal on the first PC that is older than what the meter has: an upgrade is
// killed, the meter is repaired from another PC, and somebody changes a setting.
func (s *stage) overtake() (changed ion.Value) {
	plan := s.plan
	s.plan = planned("kill at block 3")
	s.try(s.journaled())
	s.plan = nil
	a := s.upgrade()
	a.PC, a.Task = other, client.TaskRecover
	s.through(a)
	changed = ion.FloatValue(14400)
	s.try(world.Attempt{PC: other, Tool: world.Tool{Task: client.TaskWriteSettings}, Person: world.Person{Writes: []world.Write{{Setting: ptPrimary(), Value: changed}}}})
	s.plan = plan
	return changed
}

func overtaken(s *stage) {
	changed := s.overtake()
	o := s.through(s.journaled())
	s.holdSetting(o, ptPrimary(), changed)
	owner, _ := ion.SettingNamed(ion.Nameplate, "owner")
	s.holdSetting(o, owner, s.rig.First().Values[owner])
}

func olderThanLost(s *stage) {
	s.overtake()
	s.plan = planned("kill at state application")
	a := s.upgrade()
	a.PC = other
	s.try(a)
	s.plan = nil
	a = s.journaled()
	a.Task = client.TaskRecover
	o := s.through(a)
	s.holdWindows(o, client.ChooseFirmware, client.RestoreSettings, client.RestoreOlder, client.PasteOptions, client.UpgradeCompleted)
	s.hold(!o.Meter.Settings.Values[ptPrimary()].Equal(s.rig.First().Values[ptPrimary()]), "the older value is written back")
	s.hold(s.rig.Disk().Journals() == 1, "%d journals", s.rig.Disk().Journals())
}

func declined(s *stage) {
	s.plan = planned("kill at block 3")
	a := s.journaled()
	s.try(a)
	s.plan = nil
	again := s.journaled()
	again.NoRestore = true
	o := s.through(again)
	s.hold(s.rig.Lost()&^ion.Of(ion.Energy) == ion.AllGroups&^ion.Of(ion.Energy), "only %v are lost after a No", s.rig.Lost())
	s.holdWindows(o, client.ChooseFirmware, client.RestoreSettings, client.UpgradeCompleted)
	s.hold(s.rig.Disk().Journals() == 1, "%d journals", s.rig.Disk().Journals())
	s.through(s.journaled())
	s.hold(s.rig.Lost() == 0, "%v lost after a Yes", s.rig.Lost())
}

func countedMeanwhile(s *stage) {
	a := s.journaled()
	s.try(a)
	before, _ := s.rig.First().Values[ion.FirstEnergy].Number()
	s.rig.PowerCycle(time.Second)
	s.rig.Wait(10 * time.Hour)
	counted, _ := s.rig.Meter().Settings(s.rig.Now()).Values[ion.FirstEnergy].Number()
	o := s.recover(a)
	now, _ := o.Meter.Settings.Values[ion.FirstEnergy].Number()
	const slack = 0.01 // kWh, of a float32
	s.hold(now >= before+counted-slack, "%.2f kWh before, %.2f counted since, and %.2f in the end", before, counted, now)
}

func recoveryDeclined(s *stage) {
	a := s.intoDownload()
	a = world.Recovery(&a)
	a.NoRecovery = true
	o := s.try(a)
	s.hold(o.Meter.FlashOps == 0, "%d flash operations", o.Meter.FlashOps)
	s.holdWindows(o, client.ConnectionType, client.RecoverUpgrade, client.ConnectionType)
}

// holdSetting expects that the meter has a value.
func (s *stage) holdSetting(o *rig.Outcome, i int, want ion.Value) {
	setting := ion.SettingTable()[i]
	got := o.Meter.Settings.Values[i]
	s.hold(got.Equal(want), "%s is %s and not %s", setting.Key, setting.Format(got), setting.Format(want))
}

// sent are probes of templates.
func sent() []probe {
	return []probe{
		{must: "the groups that are ticked stay, and the others are the template's", with: "a template", play: sendsAPart},
		{must: "a template that the meter does not keep is not applied", with: "a meter that forgets what is written", play: withMeter("writes-not-kept", sendsInVain)},
		{must: "a template with a wrong value is refused before the first write", with: "a template with a wrong value", world: with(wrong, wrongValue()), play: refusesTemplate(wrong)},
		{must: "a template for another model is refused", with: "a template for a 7330", world: with(forAnother, nil), play: refusesTemplate(forAnother)},
	}
}

// wrong is a template with a value that no meter takes, and some that all do.
const wrong = "wrong"

func wrongValue() *dcf.File {
	f := templates.PlantA()
	if err := f.Set(ion.ITC.Key(), "ratio-ia", "9"); err != nil {
		panic(err)
	}
	return f
}

// with adds a template; nil is the factory's of a 7330.
func with(name string, f *dcf.File) func(*world.World) {
	return func(w *world.World) {
		t := world.Template{Name: name, Own: f}
		if f == nil {
			f, err := templates.Factory("7330")
			if err != nil {
				panic(err)
			}
			t.Own = f
		}
		w.Templates = append(w.Templates, t)
	}
}

// sends is an attempt that sends a template. None of the boxes is ticked.
func (s *stage) sends(name string) world.Attempt {
	return world.Attempt{Tool: world.Tool{Task: client.TaskSendTemplate, Single: true}, Plan: s.plan, Limit: patience,
		Person: world.Person{Template: name, Unticked: ion.AllGroups}}
}

func sendsAPart(s *stage) {
	a := s.sends(plant)
	a.Unticked &^= ion.Of(ion.Nameplate)
	o := s.try(a)
	s.hold(o.Claim == nil, "the tool says: %v", o.Claim)
	s.hold(o.Meter.Lost == a.Unticked, "%v are not as they were", o.Meter.Lost)
}

func sendsInVain(s *stage) {
	a := s.sends("")
	o := s.try(a)
	s.hold(errors.Is(o.Claim, client.ErrSettings), "the tool says: %v", o.Claim)
}

func refusesTemplate(name string) func(*stage) {
	return func(s *stage) {
		o := s.try(s.sends(name))
		s.hold(errors.Is(o.Claim, client.ErrBadFile), "the tool says: %v", o.Claim)
		s.hold(o.Meter.Lost == 0, "%v are not as they were", o.Meter.Lost)
	}
}
