package client

import (
	"time"

	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// marks are what the application tells of itself besides the values of its settings.
type marks struct {
	ion.Marks
	known bool   // it tells them; a meter may have none
	image uint32 // CRC-32 of the image that runs
}

// markCount is the number of registers that hold the marks.
const markCount = 2 + ion.KindCount

func markHandles() []ion.Handle {
	list := []ion.Handle{ion.HandleImageCRC, ion.HandleReset}
	for i := range ion.KindCount {
		list = append(list, ion.HandleChanges+ion.Handle(i))
	}
	return list
}

// marksOf reads the registers of markHandles. A meter that lacks one of them has no marks.
func marksOf(values []ion.Value) marks {
	m := marks{known: true}
	for i, v := range values {
		n, ok := v.Number()
		if !ok {
			return marks{}
		}
		switch i {
		case 0:
			m.image = uint32(n)
		case 1:
			m.Reset = ion.SettingSet(n) & ion.AllSettings
		default:
			m.Changes[i-2] = uint32(n)
		}
	}
	return m
}

func marksRequest(u *Upgrader) { u.read(markHandles()...) }

// Meter says which meter is at the other end.
func (d *Device) Meter() journal.Meter {
	return journal.Meter{SerialNumber: d.SerialNumber, Model: d.Product, UnitID: d.UnitID}
}

func (u *Upgrader) keepsJournal() bool { return u.cfg.Journal }

func (u *Upgrader) loadJournal(time.Duration) Event {
	return Event{Kind: EventLoadJournal, Meter: u.device.Meter()}
}

// takeJournal takes the journal that was found, and not what an earlier try of this process has
// in memory: another process may have gone on with the file since.
func takeJournal(u *Upgrader, _ time.Duration, j *journal.Journal, err error) next {
	if err != nil {
		return stoppedWith("move it away to go on without it", "%w: the journal of %s cannot be read: %w", ErrNoPersistence, u.device.SerialNumber, err)
	}
	u.onDisk = j != nil
	if u.onDisk {
		u.kept, u.keptThere, u.offered = j, true, j.Held
	}
	return toNext()
}

// takeSettings reads the meter's own settings and puts together what is to be kept of them.
func takeSettings(u *Upgrader, now time.Duration, p *ion.Packet) next {
	s, m, n := settingsOf(p)
	if n.kind != goOn {
		return n
	}
	u.before = m
	for n := range u.counted {
		if i := ion.FirstEnergy + n; m.Reset.Has(i) {
			u.counted[n], _ = s.Values[i].Number()
		}
	}
	if u.onDisk && !u.before.known {
		return stoppedWith("write the settings by hand, or move the journal away", "%w: a journal of %s was kept on %s, and this meter does not tell whether its settings are newer",
			ErrNoPersistence, u.device.SerialNumber, u.kept.Saved.Format(time.DateTime))
	}
	switch {
	case u.transfer.reread:
		u.offered = 0
	case u.onDisk:
		u.offered, _ = u.kept.Due(m.Marks)
	}
	u.keptThere = false
	u.kept = u.rules.keep(u.kept, &journal.Reading{Settings: *s, Marks: u.before.Marks, Marked: u.before.known}, u.head(now))
	return toNext()
}

func (u *Upgrader) head(now time.Duration) journal.Header {
	return journal.Header{
		Meter:    u.device.Meter(),
		Revision: u.device.Revision,
		Image:    journal.Image{Revision: u.firmware.Revision, CRC: u.imageCRC()},
		Saved:    u.clock(now).Truncate(time.Second),
		By:       u.cfg.By,
	}
}

// decide settles, once and before anything is changed, whether the image is sent. A recovery sends
// nothing to a meter that runs exactly this image.
func decide(u *Upgrader, _ time.Duration) next {
	t := &u.transfer
	t.flashes = !(u.task == TaskRecover && !t.found && u.rules.runs(u))
	if !t.flashes {
		u.log(upgradelog.Line{Kind: upgradelog.Note, Text: "the meter runs this image; it is not sent again"})
	}
	if lost := u.factoryValues(); !t.found && lost != 0 {
		u.log(upgradelog.Line{Kind: upgradelog.Note, Text: "factory values since an earlier upgrade, and no journal has others: " + titles(lost)})
	}
	return toNext()
}

// factoryValues are the groups with settings that are nobody's, and that nothing else is known
// of.
func (u *Upgrader) factoryValues() ion.Groups {
	lost := u.before.Reset
	if u.kept != nil {
		lost &^= u.kept.Held &^ u.kept.Counted
	}
	return lost.Groups()
}

// runsImage reports whether the meter runs exactly the image of the file.
func (u *Upgrader) runsImage() bool {
	return u.before.known && u.before.image == u.imageCRC() && u.device.Revision == u.firmware.Revision
}

func (u *Upgrader) offersSettings() bool { return u.offered != 0 }

func chooseRestore(u *Upgrader, _ time.Duration, a Answer) next {
	if a.Choice != OK {
		u.declined = u.offered
	}
	return toNext()
}

// needsJournal reports whether what is kept is not on the disk yet.
func (u *Upgrader) needsJournal() bool {
	return u.cfg.Journal && u.flashes() && u.kept != nil && !u.keptThere
}

func (u *Upgrader) saveJournal(time.Duration) Event {
	return Event{Kind: EventSaveJournal, Journal: u.kept, Meter: u.kept.Meter}
}

func journalSaved(u *Upgrader, _ time.Duration, _ *journal.Journal, err error) next {
	if err != nil {
		return stopped("make room or name another journal folder", ErrNoPersistence, err)
	}
	u.ownFile = u.ownFile || !u.onDisk
	u.onDisk, u.keptThere = true, true
	return toNext()
}

// checkImage compares what runs after the restart with what was sent.
func checkImage(u *Upgrader, _ time.Duration, p *ion.Packet) next {
	values, n := results(p, markCount)
	if n.kind != goOn {
		return n
	}
	return u.checkRunning(marksOf(values))
}

// checkRunning notes the marks of what runs, and compares it with what was sent.
func (u *Upgrader) checkRunning(m marks) next {
	u.before = m
	switch {
	case !u.before.known: // the first boot of an image resets all
		u.before.Reset = ion.AllSettings
		if u.kept != nil {
			u.before.Changes = u.kept.Changes
		}
	case u.before.image != u.imageCRC():
		return failed(&NotRunningError{Revision: u.device.Revision, CRC: u.before.image})
	}
	return toNext()
}

// due returns what may be written back now: what is certain, and what is older than something
// that was lost.
func (u *Upgrader) due() (certain, older ion.SettingSet) {
	if u.kept == nil {
		return 0, 0
	}
	certain, older = u.rules.due(u.kept, u.before.Marks)
	return certain &^ (u.rules.declined(u) | u.inPlace()), older &^ u.rules.declined(u)
}

// inPlace are readings that the meter has counted itself since a reset, and that no new image takes
// from it: it counts on, and what was read of them is older already.
func (u *Upgrader) inPlace() ion.SettingSet {
	if u.flashes() {
		return 0
	}
	var set ion.SettingSet
	for n, has := range u.counted {
		i := ion.FirstEnergy + n
		if kept, _ := u.kept.Settings.Values[i].Number(); u.kept.Counted.Has(i) && kept <= has {
			set = set.With(i)
		}
	}
	return set
}

// offeredNow are the groups that a question is about.
func (u *Upgrader) offeredNow(p Prompt) ion.Groups {
	switch p {
	case RestoreSettings:
		return u.offered.Groups()
	case RestoreOlder:
		_, older := u.due()
		return older.Groups()
	}
	return 0
}

func (u *Upgrader) offersOlder() bool {
	_, older := u.due()
	return older != 0
}

func chooseOlder(u *Upgrader, _ time.Duration, a Answer) next {
	u.older = a.Choice == OK
	return toNext()
}

// wanted is what is written back, if it is ticked.
func (u *Upgrader) wanted() ion.SettingSet {
	certain, older := u.due()
	if !u.older {
		older = 0
	}
	return certain | older
}

func (u *Upgrader) restores() bool { return u.wanted() != 0 }

// choosePaste writes each ticked group back as it was. The others stay as the new firmware's
// factory template has them, and in the journal. The template's name belongs to no group.
func choosePaste(u *Upgrader, _ time.Duration, a Answer) next {
	wanted := u.wanted()
	u.write = nil
	if wanted.Has(ion.TemplateName) {
		u.write = append(u.write, write{handle: ion.HandleTemplate, value: ion.TextValue(u.kept.Settings.Template), setting: ion.TemplateName})
	}
	for i, s := range ion.SettingTable() {
		if a.Groups.Has(s.Group) && wanted.Has(i) {
			u.write = append(u.write, u.rules.write(u, i))
		}
	}
	return toNext()
}

// writeBack writes a setting as it is kept. A reading that the meter had counted since it was
// reset is added to the one from before.
func (u *Upgrader) writeBack(i int) write {
	s := ion.SettingTable()[i]
	w := write{handle: s.Handle, value: u.kept.Settings.Values[i], setting: i}
	switch {
	case s.Group != ion.Energy:
	case u.kept.Counted.Has(i):
		w.handle = ion.HandleCounted + ion.Handle(i-ion.FirstEnergy)
	case u.counted[i-ion.FirstEnergy] > 0:
		before, _ := w.value.Number()
		w.value = ion.FloatValue(float32(min(before+u.counted[i-ion.FirstEnergy], s.Max)))
	}
	return w
}

// back is what was written back, and read back.
func (u *Upgrader) back() ion.SettingSet {
	var set ion.SettingSet
	for _, w := range u.write[:u.wrote] {
		set = set.With(w.setting)
	}
	return set
}

// missing are the groups with settings that have factory values in the end.
func (u *Upgrader) missing() ion.Groups { return (u.before.Reset &^ u.back()).Groups() }

func (u *Upgrader) hasJournal() bool { return u.onDisk }

// settleJournal leaves in the journal what is not back in the meter, and removes it if nothing is
// left.
func (u *Upgrader) settleJournal(time.Duration) Event {
	after := u.before
	if u.wrote > 0 {
		after = u.after
	}
	e := Event{Kind: EventRemoveJournal, Step: StepSettleJournal, Journal: u.kept, Meter: u.device.Meter()}
	if u.kept = u.rules.rest(u.kept, u.back()|u.inPlace(), u.before.Marks, after.Marks); u.kept != nil {
		e.Kind, e.Journal = EventSaveJournal, u.kept
	}
	return e
}

// journalSettled goes on also if the file could not be changed: what it holds too much is in the
// meter, which says so to the next run.
func journalSettled(u *Upgrader, _ time.Duration, _ *journal.Journal, _ error) next {
	u.onDisk = false
	return toNext()
}
