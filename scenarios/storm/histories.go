package storm

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// maxAttempts is how many attempts a drawn history has at most, the recovery at its end not
// counted.
const maxAttempts = 6

// historian draws a history.
type historian struct {
	drawer
	company bool // draws what is new in version 2
	spares  bool // and in version 3
	both    bool // and in version 4
	phones  bool // and in version 5
	visits  bool // and in version 6
	twins   bool // and in version 7
	w       world.World
	last    world.Attempt
	// damaged are the folders in which a journal may be damaged: a person has to clear them
	// before the last recovery.
	damaged map[place]bool
}

// place is a folder on a PC.
type place struct{ pc, folder string }

// drawHistory returns the history of one run of a storm: what several people do on up to three
// PCs with one meter or two, some of it at the same time, with faults for most attempts, and at
// its end for each meter a recovery that nothing disturbs. It depends on nothing else.
func drawHistory(seed, run uint64) world.World { return HistoryRun{historyVersion, seed, run}.Draw() }

// Draw returns the history of the run.
func (r HistoryRun) Draw() world.World {
	d := historian{
		drawer:  drawer{Stream: fault.NewStream(r.Seed, fmt.Sprintf("histories %d run %d", r.Version, r.Run))},
		company: r.Version > 1, spares: r.Version > 2, both: r.Version > 3, phones: r.Version > 4, visits: r.Version > 5, twins: r.Version > 6, damaged: map[place]bool{},
	}
	d.things()
	for n := 1 + d.below(maxAttempts); n > 0; n-- {
		d.w.Attempts = append(d.w.Attempts, d.attempt())
	}
	d.w.Attempts = append(d.w.Attempts, d.peace()...)
	d.visitor()
	return d.w
}

// visitor draws a neighbour on the line of the first meter that no attempt is about and that somebody
// switches, mostly while the first attempts are at work.
func (d *historian) visitor() {
	if !d.visits || d.w.Meters[0].Phone != "" || !d.oneIn(3) {
		return
	}
	m := world.Meter{Name: "visitor", SerialNumber: "PC-0102A007-13", UnitID: oneOf(d.d(), uint16(2), 777, 9998), Baud: d.w.Meters[0].Baud}
	if d.twins && d.oneIn(3) {
		m.UnitID = d.w.Meters[0].UnitID
		m.RTSDelay = time.Duration(d.below(400)) * time.Millisecond
		for i := range d.w.Attempts {
			d.w.Attempts[i].Listens = true // as ionup does: who does not writes into both
		}
	}
	switch at := d.visit(); d.below(3) {
	case 0:
		m.ComesOn = at
	case 1:
		m.GoesOff = at
	case 2:
		m.GoesOff, m.ComesOn = at, at+d.visit()
		if d.oneIn(2) {
			m.GoesOff, m.ComesOn = m.ComesOn, m.GoesOff
		}
	}
	d.w.Meters = append(d.w.Meters, m)
}

func (d *historian) visit() time.Duration {
	most := oneOf(d.d(), 1000, 5000, 120_000, 120_000, 600_000) // ms
	return time.Duration(1+d.below(most)) * time.Millisecond
}

// things draws a meter, PCs and files. Two of the images have one revision and other bytes.
func (d *historian) things() {
	const image = 16 << 10
	m := world.Meter{ImageBytes: image, Model: oneOf(d.d(), meter.ION7350, meter.ION7350, meter.ION7330, meter.ION7300), Baud: oneOf(d.d(), 0, 0, 19200)}
	if d.oneIn(4) {
		m.SetUp = oneOf(d.d(), world.Untouched, world.Lowest, world.Highest)
	}
	if d.oneIn(4) {
		m.UnitID = oneOf(d.d(), uint16(1), 255, 256, 9999)
	}
	d.telephone(&m)
	d.w.Meters = []world.Meter{m}
	if d.company && d.oneIn(2) {
		d.w.Meters = append(d.w.Meters, d.second(&m))
	}
	for _, name := range []string{"office", "van", "lab"}[:1+d.below(3)] {
		pc := world.PC{Name: name}
		if d.oneIn(8) {
			// A journal from before the marks counts as certain, so a stale one is not drawn.
			pc.Journal = oneOf(d.d(), world.OfAnotherMeter, world.SameSerial)
		}
		d.w.PCs = append(d.w.PCs, pc)
	}
	d.blocks = 1 + d.below(3)
	d.w.Firmware = []world.Firmware{
		{Blocks: d.blocks},
		{Name: "again", Blocks: d.blocks, Build: 1},
		{Name: "next", Blocks: 1 + d.below(3), Revision: d.revision()},
	}
	d.w.Templates = []world.Template{{}, {Name: "saved", Saved: true}}
	if len(d.w.Meters) > 1 && d.w.Meters[1].Model != m.Model {
		for _, f := range d.w.Firmware {
			f.Model, f.Name = d.w.Meters[1].Model, ofSecond(f.Name)
			if f.Revision != "" {
				f.Revision = f.Model.String() + "V284"
			}
			d.w.Firmware = append(d.w.Firmware, f)
		}
	}
}

// telephone draws whether a meter is called. One that is has a line of its own.
func (d *historian) telephone(m *world.Meter) {
	if d.phones && m.Filled().Model != meter.ION7300 && d.oneIn(4) {
		m.Phone = oneOf(d.d(), "5550105", "9,555-0106")
	}
}

// second draws another meter, on the line of the first or on its own. Many have its serial number.
func (d *historian) second(first *world.Meter) world.Meter {
	m := world.Meter{Name: "feeder", ImageBytes: first.ImageBytes, Model: first.Model, Baud: first.Baud, UnitID: oneOf(d.d(), uint16(7), 361, 1000)}
	if d.oneIn(4) {
		m.Model = oneOf(d.d(), meter.ION7350, meter.ION7330, meter.ION7300)
	}
	if d.oneIn(2) {
		m.SerialNumber = "PC-0209A001-12"
	}
	d.telephone(&m)
	if m.Phone != "" || first.Phone != "" || d.oneIn(2) {
		m.Line = "2"
		if m.SerialNumber != "" { // or nothing tells the two apart
			m.UnitID = oneOf(d.d(), first.UnitID, m.UnitID)
		}
	}
	if d.oneIn(4) {
		m.SetUp = oneOf(d.d(), world.Untouched, world.Highest)
	}
	return m
}

// ofSecond is the name of a file for the model of the second meter.
func ofSecond(name string) string { return strings.TrimRight("feeder "+name, " ") }

func (d *historian) revision() string { return d.w.Meters[0].Filled().Model.String() + "V284" }

// d is the drawer, for oneOf.
func (d *historian) d() *drawer { return &d.drawer }

func (d *historian) attempt() world.Attempt {
	a := world.Attempt{PC: d.pc(), Folder: d.folder(), Tool: d.tool()}
	if d.company {
		d.withOthers(&a)
	}
	if len(d.w.Attempts) > 0 && a.Meanwhile == 0 {
		a.Before = d.between(a)
	}
	d.answers(&a)
	d.acts(&a)
	d.kinds = kindsFor(d.w.MeterOf(&a))
	switch {
	case d.oneIn(3):
	case !d.joins(&a):
		a.Plan = d.troubles(d.w.MeterOf(&a).Phone != "")
	case d.both:
		a.Plan = d.ownTroubles()
	}
	a.DiskFull = d.oneIn(20)
	d.last = a
	return a
}

// withOthers draws which meter an attempt is about, whether it begins while another is at work, and
// where its log is.
func (d *historian) withOthers(a *world.Attempt) {
	if d.oneIn(2) {
		a.Meter = d.w.Meters[len(d.w.Meters)-1].Name
	}
	if d.oneIn(2) {
		a.Log = upgradelog.SerialMark + ".log"
	}
	if len(d.w.Attempts) == 0 || !d.oneIn(3) {
		return
	}
	a.Meanwhile = time.Duration(1+d.below(150_000)) * time.Millisecond
	for _, with := range d.atWork() {
		if d.w.PlaceOf(&with) != d.w.PlaceOf(a) && d.sameLine() {
			a.Meanwhile = 0 // two tools of one line are about one meter
		}
	}
	if d.w.MeterOf(a).Phone != "" {
		a.Meanwhile = 0 // it has one caller at a time
	}
}

// sameLine reports whether all meters are on one line.
func (d *historian) sameLine() bool { return d.w.Meters[len(d.w.Meters)-1].Line == "" }

// atWork are the attempts that may be at work when the next one begins while the last one is.
func (d *historian) atWork() []world.Attempt {
	first := len(d.w.Attempts) - 1
	for first > 0 && d.w.Attempts[first].Meanwhile > 0 {
		first--
	}
	return d.w.Attempts[first:]
}

// joins reports whether an attempt is on the line of another that may be at work: what the two share
// is struck by that one's faults.
func (d *historian) joins(a *world.Attempt) bool {
	return a.Meanwhile > 0 && slices.ContainsFunc(d.atWork(), func(with world.Attempt) bool {
		return d.sameLine() || d.w.PlaceOf(&with) == d.w.PlaceOf(a)
	})
}

// pc and folder are mostly those of the attempt before.
func (d *historian) pc() string {
	if len(d.w.Attempts) > 0 && !d.oneIn(3) {
		return d.last.PC
	}
	return oneOf(d.d(), d.w.PCs...).Name
}

func (d *historian) folder() string { return oneOf(d.d(), "", "", "", "root") }

func (d *historian) tool() world.Tool {
	t := world.Tool{
		Task: oneOf(d.d(), client.TaskUpgrade, client.TaskUpgrade, client.TaskUpgrade, client.TaskRecover, client.TaskConnect, client.TaskConnect,
			client.TaskWriteSettings, client.TaskWriteSettings, client.TaskSendTemplate, client.TaskReadSettings),
		Journal: !d.oneIn(4),
		Single:  d.oneIn(2),
	}
	if d.oneIn(4) {
		t.Release = client.Release21()
	}
	return t
}

// between draws what is done before an attempt.
func (d *historian) between(a world.Attempt) []world.Action {
	var list []world.Action
	if !d.oneIn(6) {
		list = append(list, world.Action{Kind: world.Heal})
	}
	if d.oneIn(6) {
		list = append(list, world.Action{Kind: world.PowerCycle, For: time.Duration(1+d.below(60)) * time.Second})
	}
	if d.oneIn(3) {
		list = append(list, world.Action{Kind: world.Wait, For: time.Duration(1+d.below(600)) * time.Minute})
	}
	at := place{a.PC, a.Folder}
	kinds := []world.ActionKind{world.CopyJournals, world.RemoveJournals, world.DamageJournals, world.ForeignJournal}
	if d.spares {
		kinds = append(kinds, world.SpareJournals, world.RenameJournals)
	}
	for _, kind := range kinds {
		if !d.oneIn(12) {
			continue
		}
		action := world.Action{Kind: kind}
		switch kind {
		case world.CopyJournals:
			if action.From = oneOf(d.d(), d.w.PCs...).Name; action.From == a.PC {
				action.From = ""
			}
			d.copied(action, at)
		case world.RemoveJournals:
			d.damaged[at] = false
		case world.DamageJournals:
			d.damaged[at] = true
		}
		list = append(list, action)
	}
	return list
}

// copied notes that a damaged journal may have come along.
func (d *historian) copied(a world.Action, to place) {
	from := a.From
	if from == "" {
		from = to.pc
	}
	for at, damaged := range d.damaged {
		if damaged && at.pc == from {
			d.damaged[to] = true
		}
	}
}

func (d *historian) answers(a *world.Attempt) {
	a.NoRestore, a.Older = d.oneIn(4), d.oneIn(2)
	switch d.below(4) {
	case 0:
		a.Unticked = ion.AllGroups
	case 1:
		a.Unticked = ion.Groups(d.below(1 << 5))
	}
	a.NoRecovery = a.Task == client.TaskConnect && d.oneIn(8)
	a.Firmware = oneOf(d.d(), "", "", "again", "next")
	if d.needsOwn(a) {
		a.Firmware = ofSecond(a.Firmware)
	}
	if d.w.Meters[0].SetUp != world.Lowest { // its template has no name, and so cannot be saved
		a.Template = oneOf(d.d(), "", "saved")
	}
	relevant(a)
}

// needsOwn reports whether the files for the first meter do not fit that of an attempt.
func (d *historian) needsOwn(a *world.Attempt) bool {
	return d.w.MeterOf(a).Model != d.w.Meters[0].Filled().Model
}

// relevant takes out the answers to questions that the task never asks.
func relevant(a *world.Attempt) {
	connects, sends := a.Task == client.TaskConnect, a.Task == client.TaskSendTemplate
	upgrades := connects || a.Task == client.TaskUpgrade || a.Task == client.TaskRecover
	if !upgrades {
		a.NoRestore, a.Older, a.Firmware = false, false, ""
	}
	if !connects && !sends {
		a.Template = ""
	}
	if !upgrades && !sends {
		a.Unticked = 0
	}
}

// acts draws what the person does in the windows, or writes.
func (d *historian) acts(a *world.Attempt) {
	switch a.Task {
	case client.TaskConnect:
		a.Connections = 1 + d.below(3)
		for n := 1 + d.below(3); n > 0; n-- {
			a.Assistant = append(a.Assistant, oneOf(d.d(), client.Upgrade, client.Upgrade, client.OK))
		}
		a.AtSilence = oneOf(d.d(), client.OK, client.Upgrade, client.Exit)
	case client.TaskWriteSettings:
		for n := 1 + d.below(3); n > 0; n-- {
			a.Writes = append(a.Writes, d.write())
		}
	}
}

// write draws a value that a setting can have.
func (d *historian) write() world.Write {
	table := ion.SettingTable()
	i := d.below(len(table))
	s := table[i]
	texts := []string{fmt.Sprint(d.below(10_000)), "1", "0", fmt.Sprint(s.Min), fmt.Sprint(s.Max)}
	if s.Type == ion.Words {
		texts = []string{"OWNER " + fmt.Sprint(d.below(100)), "", "X"}
	}
	for {
		v, err := s.Parse(oneOf(d.d(), texts...))
		if err == nil {
			return world.Write{Setting: i, Value: v}
		}
		texts = append(texts, fmt.Sprint(s.Min))
	}
}

// troubles draws the faults of an attempt. Half of them strike around the first boot of the new
// image, when its settings are neither in the meter nor read.
func (d *historian) troubles(called bool) fault.Plan {
	if d.oneIn(2) {
		return d.plan(2)
	}
	when := fmt.Sprintf("reply %d", 4+d.below(16+2*d.blocks))
	if d.oneIn(4) {
		when = oneOf(d.d(), "state application", "state booting")
	}
	kinds := []string{"kill", "kill", "abort", "cable-pull", "power-loss", "disk-full"}
	if called {
		kinds = append(kinds, "carrier-lost", "carrier-lost")
	}
	plan, err := fault.Parse(oneOf(d.d(), kinds...) + " at " + when)
	if err != nil {
		panic(fmt.Sprintf("storm: trouble: %v", err))
	}
	if f := &plan[0]; f.Kind.Describe().Lasts {
		f.Duration = d.duration()
	}
	return plan
}

// ownTroubles draws faults that strike one of two tools on a line alone.
func (d *historian) ownTroubles() fault.Plan {
	all := d.kinds
	d.kinds = fault.Own()
	defer func() { d.kinds = all }()
	var plan fault.Plan
	for n := 1 + d.below(2); len(plan) < n; {
		if f := d.fault(); f.CheckOwn() == nil {
			plan = append(plan, f)
		}
	}
	return plan
}

// peace is the recovery of each meter at the end, on the PC of the last attempt and with a
// journal. A journal that cannot be read is put away first, as the tool says.
func (d *historian) peace() []world.Attempt {
	var list []world.Attempt
	for i := len(d.w.Meters) - 1; i >= 0; i-- {
		of, used := d.lastOf(i)
		if !used {
			continue
		}
		of.Journal = true
		if d.needsOwn(&of) && of.Firmware == "" {
			of.Firmware = ofSecond("")
		}
		a := world.Recovery(&of)
		if at := (place{a.PC, a.Folder}); d.damaged[at] {
			a.Before = append(a.Before, world.Action{Kind: world.RemoveJournals})
			d.damaged[at] = false
		}
		list = append(list, a)
	}
	return list
}

// lastOf is the last attempt that is about a meter of the world.
func (d *historian) lastOf(meter int) (a world.Attempt, ok bool) {
	for _, a := range slices.Backward(d.w.Attempts) {
		if d.w.PlaceOf(&a) == meter {
			return a, true
		}
	}
	return world.Attempt{}, false
}
