package rig

import (
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/truth"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// act is something that the person had the tool do: an upgrade, or a template that was sent. It
// begins with the window that asks for a file and ends with the one that says what came of it.
// Most attempts are one act.
type act struct {
	from, to mark
	claim    verdict.Act // without windows and flash operations, which depend on the past
}

// mark is how far an attempt has come.
type mark struct {
	windows int    // that the person has seen
	ops     uint64 // flash operations
}

// since is how far it has come as if its past was p and not q.
func (m mark) since(p, q *Past) mark {
	return mark{m.windows + len(p.Prompts) - len(q.Prompts), m.ops + p.FlashOps - q.FlashOps}
}

// start is how an act began. Copies share it.
type start struct {
	deed   bool // a file was asked for
	before *evidence.Before
	mark
	orders uint64 // that the tool had sent; only of one that is not alone
	// Settings whose truth was in the meter, in the journals of the tool's folder, in any journal.
	present, copied, anywhere ion.SettingSet
	outdated                  ion.SettingSet // of which the tool's folder has older values, and nobody has the truth
	aborted                   bool
	asked                     bool // an application was told to leave
	// unmarked: a journal in the folder does not tell how old it is, and counts as certain.
	unmarked bool
	print    machine.Fingerprint
}

// acts are what the person had the tool do in an attempt.
type acts struct {
	done []act
	open *start
	// remembered are the settings that the process may have in memory since an upgrade failed.
	remembered ion.SettingSet
	due        []moment
}

// around is what a tool meets when it starts.
type around struct {
	before    *evidence.Before
	patience  time.Duration // how long the tool waits for an answer
	said      *world.Meter  // what the world says of the meter
	elsewhere []kept        // journals on other PCs
}

// moment is something of the tool that has to be seen together with the meter.
type moment struct {
	at      time.Duration
	step    client.Step
	window  client.Prompt
	windows int
	err     error
}

// writes reports whether in this step the meter is written to.
func writes(s client.Step) bool {
	return s == client.StepWriteTemplate || s == client.StepWriteSettings || s == client.StepRestoreSettings
}

// mayForget reports whether the meter may reset its settings after this step. What was written
// before then, perhaps by a tool that was killed, is seen now or never.
func mayForget(s client.Step) bool {
	return s == client.StepEnterDownloadState || s == client.StepRestart
}

// authorOf says whose writes those of a step are. The groups that are ticked when a template is
// sent stay as they are: nobody writes them.
func (t *tool) authorOf(s client.Step) truth.Author {
	switch s {
	case client.StepWriteSettings:
		return truth.Author{Own: ion.AllSettings}
	case client.StepWriteTemplate:
		return truth.Author{Own: ion.AllSettings &^ ion.SettingsOf(t.pasted())}
	}
	return truth.Author{Older: t.of.Older || t.acts.open != nil && t.acts.open.unmarked}
}

// pasted are the groups that a template leaves alone.
func (t *tool) pasted() ion.Groups {
	if t.session.RecoveryMode() {
		return 0
	}
	return t.of.Paste()
}

// observe takes the moments that were noted, while the meter is as it was then.
func (t *tool) observe(s *bench.Station) {
	for _, m := range t.acts.due {
		t.look(s, m.at)
		if m.step.ChangesMeter() {
			t.meets(s)
		}
		switch {
		case writes(m.step):
			t.author = t.authorOf(m.step)
		case m.step == client.StepEnterDownloadState:
			t.lastAsked(s, m.at)
		case mayForget(m.step):
		case m.window == client.ChooseFirmware || m.window == client.SendTemplate:
			t.beginAct(s, m.at, m.windows, true)
		case t.acts.open != nil && t.acts.open.deed:
			t.endAct(s, m.at, m.windows, m.err, t.acts.open.before.Condition(s, m.at, t.of.image(), t.around.patience))
		}
	}
	t.acts.due = nil
}

// notes reports whether a window begins or ends an act. In a task of its own the whole attempt
// is one.
func (t *tool) notes(w client.Prompt) bool {
	if t.of.Task != client.TaskConnect {
		return false
	}
	switch w {
	case client.ChooseFirmware, client.SendTemplate, client.UpgradeCompleted, client.UpgradeFailed, client.TemplateApplied,
		client.ConnectionType, client.SetupAssistant, client.DeviceSilent:
		return true
	}
	return false
}

// windowsAt is how many windows the person has seen with one that opens now, if it belongs to the
// act that it ends.
func (t *tool) windowsAt(w client.Prompt) int {
	switch w {
	case client.UpgradeCompleted, client.UpgradeFailed, client.TemplateApplied:
		return len(t.prompts) + 1
	}
	return len(t.prompts)
}

// look takes note of what the meter has done since the last look.
func (t *tool) look(s *bench.Station, now time.Duration) {
	m := s.Meter()
	if marks := m.Marks(); marks != t.truth.Marks() {
		has := m.Settings(now)
		before := t.truth
		t.truth = before.Look(now, &has, marks, t.with.author(t))
		t.with.written(t, before)
	}
}

// meets notes whether the meter that the tool begins to change is another one of its unit id, which had the
// line for itself: its own has said nothing, or cannot, or says it too late to be heard beside an answer.
func (t *tool) meets(s *bench.Station) {
	if t.met {
		return
	}
	t.met = true
	m := s.Meter()
	own := m.Config()
	silent := m.State() == meter.Off || m.State() == meter.Booting || !s.Reachable() || s.MeterDelay() >= client.DefaultTiming().Twin
	if !silent && s.Counts().Replies != t.around.before.Replies() {
		return
	}
	for i := range s.Neighbours() {
		c := s.Neighbour(i).Config()
		twin := c.UnitID == own.UnitID && c.SerialNumber != own.SerialNumber
		t.mistook = t.mistook || twin && c.SerialNumber == t.device.SerialNumber
	}
}

// lastAsked: an application is told to leave. What is in the meter now could be read, and not what
// a first boot has reset since the act began. Another tool may have brought it back since.
func (t *tool) lastAsked(s *bench.Station, at time.Duration) {
	brought := t.with.shares(t) && s.Meter().State() == meter.Application
	if o := t.acts.open; o != nil && t.ordered && (!o.asked || brought) {
		now := *o
		now.asked, now.present = true, t.truth.Present()
		t.acts.open = t.sharedUntil(&now, at)
	}
}

// sharedUntil: another tool may have served a journal since the act began. What of that is lost with the
// flash is not for this one to keep, nor, as this one tells the application to leave, for any other that
// may find the loader.
func (t *tool) sharedUntil(o *start, at time.Duration) *start {
	if t.with.shares(t) {
		_, anywhere := t.copies(at)
		kept := anywhere | ^o.present
		o.anywhere &= kept
		t.with.leftTo(t, kept)
	}
	return o.sealed()
}

func (t *tool) beginAct(s *bench.Station, now time.Duration, windows int, deed bool) {
	if o := t.acts.open; o != nil && o.deed {
		return // a file that was refused is asked for again
	}
	before := t.around.before
	if deed {
		b := evidence.Look(s, now)
		before = &b
	}
	o := &start{deed: deed, before: before, mark: mark{windows, t.around.before.FlashOps(s)}, present: t.truth.Present(), aborted: t.aborted}
	o.orders = t.ordersUntil(s)
	t.ordered, t.met = false, false
	if n := len(t.acts.done); n > 0 {
		o.windows = t.acts.done[n-1].to.windows
	}
	o.copied, o.anywhere = t.copies(now)
	o.outdated = t.outdated()
	if j, _ := t.disk.load(t.of.Folder, identityOf(t.around.said)); j != nil {
		o.unmarked = !j.Marked
	}
	t.acts.open = o.sealed()
}

// sealed is a start that is complete.
func (o *start) sealed() *start {
	w := machine.Fingerprinting(nil, 0)
	w.Bool(o.deed)
	w.Bool(o.asked)
	w.Uint(uint64(o.before.State))
	o.before.Settings.Declare(&w)
	w.Uint(uint64(o.present))
	w.Uint(uint64(o.copied))
	w.Uint(uint64(o.anywhere))
	w.Uint(uint64(o.outdated))
	w.Bool(o.aborted)
	w.Bool(o.unmarked)
	o.print = machine.FingerprintOf(w.Result())
	return o
}

// endAct ends the act that is open with what the tool says of it, and the meter's condition.
func (t *tool) endAct(s *bench.Station, now time.Duration, windows int, err error, condition verdict.Condition) {
	o := t.acts.open
	a := act{from: o.mark, to: mark{windows, t.around.before.FlashOps(s)}, claim: verdict.Act{
		Err: err, Before: verdict.Before{State: o.before.State}, Meter: &condition, Counts: t.latest(), Unanswered: t.unanswered, Asked: t.asked,
		Aborted: t.aborted && !o.aborted, Ordered: t.ordered, Orders: t.ordersUntil(s) - o.orders,
	}}
	seen := t.prompts[min(o.windows, windows):windows]
	a.claim.Truth = t.judgeable(now, o, seen, &condition)
	if t.of.Journal {
		a.claim.Journal = t.journal()
	}
	t.acts.done = append(slices.Clip(t.acts.done), a)
	t.acts.open = nil
}

// ordersUntil is how many messages that change the meter the tool has sent so far, if it is not
// alone: only then somebody asks whose work the meter did.
func (t *tool) ordersUntil(s *bench.Station) uint64 {
	if t.with == nil {
		return 0
	}
	return t.around.before.Orders(s)
}

// journal is the journal of the attempt as it is now.
func (t *tool) journal() *verdict.Journal {
	j, err := t.disk.load(t.of.Folder, identityOf(t.around.said))
	return &verdict.Journal{There: j != nil, Err: err}
}

// judgeable says what the act has done to the settings, and begins the next page of the ledger.
func (t *tool) judgeable(now time.Duration, o *start, seen []client.Prompt, m *verdict.Condition) *verdict.Truth {
	_, anywhere := t.copies(now)
	away := t.truth.Away()
	saved := o.present
	if !t.ordered {
		saved = 0 // nothing could be read: no application was there when the tool asked
	}
	keep := o.anywhere
	if t.of.Journal {
		keep |= saved
	}
	f := &verdict.Truth{Replaced: t.truth.Replaced(), Destroyed: away & keep &^ anywhere, Missing: ion.AllSettings &^ t.truth.Present(), Kept: keep, Back: away == 0 && m.Initialized}
	switch {
	case slices.Contains(seen, client.UpgradeCompleted):
		f.Broken = t.promised(o, seen, saved) &^ t.truth.Present()
		f.Unwanted = t.unwanted(o, seen, saved) & t.truth.Present()
		t.acts.remembered = 0
	case slices.Contains(seen, client.ChooseFirmware):
		t.acts.remembered |= saved
	}
	f.Unwritten = t.unwritten(seen, m)
	if t.with.shares(t) {
		// Looked at for another tool, between two tries of one write, a reading may have counted on.
		f.Replaced &^= ion.SettingsOf(ion.Of(ion.Energy))
	}
	if t.with.contested(t) {
		f.Unwanted = 0 // another tool may have been asked to write it
		others := t.with.changed[t.with.place[t].meter]
		if slices.Contains(seen, client.RestoreOlder) && !t.of.Older {
			others |= ofKinds(t.with.ownOfOthers(t)) // what is older than what a person wrote was asked about
		}
		f.Broken, f.Destroyed = f.Broken&^others, f.Destroyed&^others
	}
	t.truth = t.truth.Judged().Lose(f.Destroyed)
	return f
}

// ofKinds are all settings of the kinds that some settings are of: a meter counts changes by kind.
func ofKinds(some ion.SettingSet) ion.SettingSet {
	var kinds [ion.KindCount]bool
	for i := range ion.TemplateName + 1 {
		if some.Has(i) {
			kinds[ion.KindOf(i)] = true
		}
	}
	var set ion.SettingSet
	for i := range ion.TemplateName + 1 {
		if kinds[ion.KindOf(i)] {
			set = set.With(i)
		}
	}
	return set
}

// promised is what a successful upgrade has promised: what the tool had read or found, if the
// person did not say no to it.
func (t *tool) promised(o *start, seen []client.Prompt, saved ion.SettingSet) ion.SettingSet {
	has := saved
	declined := slices.Contains(seen, client.RestoreSettings) && t.of.NoRestore || slices.Contains(seen, client.RestoreOlder) && !t.of.Older
	if !declined {
		has |= t.acts.remembered
	}
	if t.of.Journal && !declined {
		has |= o.copied
	}
	ticked := ion.AllSettings
	if slices.Contains(seen, client.PasteOptions) {
		ticked = ion.SettingsOf(t.of.Paste()).With(ion.TemplateName)
	}
	return has & ticked
}

// unwanted are the settings that the person has not ticked, those of a journal to which the
// person has not said yes, and those that are older than what was lost, unless the person has
// agreed. A new image has none of them by itself.
func (t *tool) unwanted(o *start, seen []client.Prompt, saved ion.SettingSet) ion.SettingSet {
	var set ion.SettingSet
	if slices.Contains(seen, client.PasteOptions) && t.latest().Transmitted > 0 {
		set = ion.SettingsOf(ion.AllGroups &^ t.of.Paste())
	}
	if !t.of.Older {
		set |= o.outdated
	}
	yes := slices.Contains(seen, client.RestoreSettings) && !t.of.NoRestore || slices.Contains(seen, client.RestoreOlder) && t.of.Older
	if !yes {
		found := o.copied &^ (saved | t.acts.remembered)
		if !o.before.State.Loader() {
			found &^= o.present
		}
		set |= found
	}
	return set
}

// unwritten are the settings that the tool says it has written, and that the meter does not have.
func (t *tool) unwritten(seen []client.Prompt, m *verdict.Condition) ion.SettingSet {
	switch {
	case slices.Contains(seen, client.TemplateApplied):
		return client.TemplateDiffers(t.of.files.Template, uint16(t.around.said.Model), m.Settings) &^ ion.SettingsOf(t.pasted())
	case t.of.Task == client.TaskWriteSettings && t.claim == nil && t.session.Done():
		var set ion.SettingSet
		for i, v := range t.of.writes {
			if now := m.Settings.Values[i]; !now.Equal(v) && ion.SettingTable()[i].Group != ion.Energy {
				set = set.With(i)
			}
		}
		return set
	}
	return 0
}

// copies are the settings whose truth is in the journal that the tool finds, and in any journal
// anywhere.
func (t *tool) copies(now time.Duration) (own, anywhere ion.SettingSet) {
	if len(t.disk.journals) > 0 {
		// Of one that cannot be read, the tool finds none.
		j, _ := t.disk.load(t.of.Folder, identityOf(t.around.said))
		own = t.heldIn(j, now)
	}
	for _, list := range [][]kept{t.disk.journals, t.elsewhere()} {
		for _, k := range list {
			anywhere |= t.heldIn(k.journal, now)
		}
	}
	return own, anywhere
}

// outdated are the settings of which nobody has the truth, and a journal in the tool's folder has
// an older value. A journal without marks cannot tell that it is older.
func (t *tool) outdated() ion.SettingSet {
	var set ion.SettingSet
	gone := t.truth.Gone() &^ ion.SettingsOf(ion.Of(ion.Energy))
	for _, k := range t.disk.journals {
		if gone == 0 || k.folder != t.of.Folder {
			continue
		}
		if j := k.journal; j != nil && j.Marked && j.Meter.Is(identityOf(t.around.said)) {
			set |= gone & j.Held
		}
	}
	return set
}

// heldIn are the settings whose truth is in a journal; nil is none. One of another meter has none.
func (t *tool) heldIn(j *journal.Journal, now time.Duration) ion.SettingSet {
	if j == nil || !j.Meter.Is(identityOf(t.around.said)) {
		return 0
	}
	return t.truth.In(&j.Settings, j.Held&^j.Counted, now)
}

// declare leaves out what was done: it is past.
func (a *acts) declare(w *machine.State) {
	w.Uint(uint64(a.remembered))
	if w.Has(a.open != nil) {
		w.Text(string(a.open.print[:]))
	}
}

// ended returns the acts of an attempt that is over, and left the meter in a condition.
func (t *tool) ended(s *bench.Station, now time.Duration, left verdict.Condition) []act {
	t.observe(s)
	t.look(s, now)
	if o := t.acts.open; o != nil && (o.deed || len(t.acts.done) == 0) {
		t.endAct(s, now, len(t.prompts), t.claim, o.before.Since(left, s, now))
	}
	_, anywhere := t.copies(now)
	t.truth = t.truth.Lose(t.truth.Away() &^ anywhere)
	return t.acts.done
}

// evidenceOf are the acts of an attempt as the judge looks at them.
func evidenceOf(list []act, windows []client.Prompt) []verdict.Act {
	acts := make([]verdict.Act, len(list))
	for i := range list {
		a := &list[i]
		acts[i] = a.claim
		to := min(a.to.windows, len(windows))
		acts[i].Windows = windows[min(a.from.windows, to):to]
		m := *a.claim.Meter
		m.FlashOps = a.to.ops - a.from.ops
		acts[i].Earlier = a.from.ops
		acts[i].Meter = &m
	}
	return acts
}

// after returns acts that followed a past of q as if they followed one of p.
func (p *Past) after(list []act, q *Past) []act {
	all := slices.Clip(p.acts.done)
	for i, a := range list[len(q.acts.done):] {
		if i == 0 && q.acts.open != nil && p.acts.open != nil {
			a.from = p.acts.open.mark
		} else {
			a.from = a.from.since(p, q)
		}
		a.to = a.to.since(p, q)
		all = append(all, a)
	}
	return all
}
