package truth_test

import (
	"testing"
	"time"

	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

const (
	primary = 0 // a setting of PT/CT
	owner   = 10
)

// bench is a meter and its ledger.
type bench struct {
	t      *testing.T
	has    ion.Settings
	marks  ion.Marks
	ledger *truth.Ledger
	now    time.Duration
}

func begin(t *testing.T) *bench {
	b := &bench{t: t, has: *world.Meter{}.Settings()}
	b.ledger = truth.Begin(&b.has, b.marks)
	return b
}

// write has the meter carry out a write.
func (b *bench) write(i int, v ion.Value) {
	b.has.Values[i] = v
	b.marks.Reset &^= 1 << i
	b.marks.Changes[ion.KindOf(i)]++
}

// reset has the meter carry out a factory initialise.
func (b *bench) reset() {
	b.has = meter.FactoryTemplate(meter.ArticleModel, "7350V283")
	b.marks.Reset = ion.AllSettings
}

func (b *bench) look(by truth.Author) {
	b.ledger = b.ledger.Look(b.now, &b.has, b.marks, by)
}

func (b *bench) want(what string, got, want ion.SettingSet) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s: %v, want %v", what, got.Groups(), want.Groups())
	}
}

var (
	person = truth.Author{Own: ion.AllSettings}
	tool   = truth.Author{}
	one    = ion.SettingSet(0).With(primary)
)

func TestWhatAPersonWritesIsTheTruthFromThenOn(t *testing.T) {
	b := begin(t)
	old := b.has
	b.write(primary, ion.FloatValue(14400))
	b.look(person)
	b.want("present", b.ledger.Present(), ion.AllSettings)
	b.want("in an older copy", b.ledger.In(&old, ion.AllSettings, 0), ion.AllSettings&^one)
	b.want("replaced", b.ledger.Replaced(), 0)
}

func TestAnOlderValueOverANewerOneIsSeen(t *testing.T) {
	b := begin(t)
	old := b.has.Values[primary]
	b.write(primary, ion.FloatValue(14400))
	b.look(person)
	b.write(primary, old)
	b.look(tool)
	b.want("replaced", b.ledger.Replaced(), one)
	b.want("judged", b.ledger.Judged().Replaced(), 0)
}

func TestAResetTakesSettingsAwayUntilTheyAreBack(t *testing.T) {
	b := begin(t)
	saved := b.has
	b.reset()
	b.look(tool)
	b.want("away", b.ledger.Away(), ion.AllSettings)
	b.want("in the copy", b.ledger.In(&saved, one, 0), one)
	b.write(primary, saved.Values[primary])
	b.look(tool)
	b.want("away", b.ledger.Away(), ion.AllSettings&^one)
	b.want("replaced", b.ledger.Replaced(), 0)
}

func TestAFactoryValueWrittenBackAsSomebodysIsSeen(t *testing.T) {
	b := begin(t)
	b.reset()
	b.look(tool)
	b.write(primary, b.has.Values[primary])
	b.look(tool)
	b.want("replaced", b.ledger.Replaced(), one)
}

func TestWhatIsLostCanBeReplacedOnlyWithConsent(t *testing.T) {
	for name, c := range map[string]struct {
		gone     bool
		by       truth.Author
		replaced ion.SettingSet
	}{
		"nobody agreed":      {false, tool, one},
		"the person agreed":  {false, truth.Author{Older: true}, 0},
		"nobody has it":      {true, tool, 0},
		"a person writes it": {false, person, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := begin(t)
			older := b.has.Values[primary]
			b.write(primary, ion.FloatValue(14400))
			b.look(person)
			b.reset()
			b.look(tool)
			if c.gone {
				b.ledger = b.ledger.Lose(one)
				b.want("gone", b.ledger.Gone(), one)
			}
			b.write(primary, older)
			b.look(c.by)
			b.want("replaced", b.ledger.Replaced(), c.replaced)
			b.want("gone", b.ledger.Gone(), 0)
		})
	}
}

func TestEnergyThatCountsOnIsTheSame(t *testing.T) {
	b := begin(t)
	energy := ion.SettingsOf(ion.Of(ion.Energy))
	later := b.has
	for i, s := range ion.SettingTable() {
		if s.Group == ion.Energy {
			n, _ := later.Values[i].Number()
			later.Values[i] = ion.FloatValue(float32(n + 100))
		}
	}
	b.want("ten hours later", b.ledger.In(&later, energy, 10*time.Hour), energy)
	b.want("at once", b.ledger.In(&later, energy, 0), 0)
	refreshed := b.ledger.Refresh(&later)
	b.want("an older reading", refreshed.In(&b.has, energy, 0), 0)
}

func TestALookWithoutAChangeIsTheSameLedger(t *testing.T) {
	b := begin(t)
	if again := b.ledger.Look(time.Hour, &b.has, b.marks, tool); again != b.ledger {
		t.Error("it is another one")
	}
}

func TestEverythingInALedgerShowsInItsFingerprint(t *testing.T) {
	b := begin(t)
	seen := map[string]string{}
	note := func(what string, l *truth.Ledger) {
		w := machine.Fingerprinting(nil, 0)
		l.Declare(&w)
		if of, ok := seen[string(w.Result())]; ok {
			t.Errorf("%s looks like %s", what, of)
		}
		seen[string(w.Result())] = what
	}
	note("the beginning", b.ledger)
	note("a mark", truth.Begin(&b.has, ion.Marks{Reset: 1}))
	b.reset()
	b.look(tool)
	note("a reset", b.ledger)
	note("a loss", b.ledger.Lose(one))
	b.write(owner, ion.TextValue("somebody else"))
	b.look(tool)
	note("a value that is wrong", b.ledger)
	note("one that was judged", b.ledger.Judged())
}
