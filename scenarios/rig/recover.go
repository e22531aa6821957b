package rig

import (
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/journal"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// setUp is settings that should be in the meter, and since when.
type setUp struct {
	at       time.Duration
	settings ion.Settings
	// wanted are those of which the ledger knows better: somebody's settings that were within
	// reach.
	wanted ion.SettingSet
	// dated are those of which there is a journal that cannot tell how old it is, or that looks
	// older than a change. Whether they come back from it is not judged.
	dated ion.SettingSet
}

// lostSince are the groups that are not as they should be. Energy may have been used since then.
func (r *Rig) lostSince(s *setUp) ion.Groups {
	has := r.Meter().Settings(r.Now())
	others := has
	for i := range ion.SettingCount {
		if s.wanted.Has(i) || s.dated.Has(i) {
			others.Values[i] = s.settings.Values[i]
		}
	}
	return verdict.Lost(&s.settings, &others, r.Now()-s.at) | (s.wanted &^ r.truth.Present()).Groups()
}

// recovery is what a recovery is judged by, beyond an ordinary attempt.
type recovery struct {
	answers  bool  // the meter answers, with power and line back
	struck   bool  // the recovery has faults of its own, or somebody talks into it
	expected setUp // after the recovery
}

// Recover ends all faults and carries out world.Recovery of an attempt. The recovery is judged
// by three more rules. I1: the meter answers once power and line are back. I4: the recovery ends
// in success. I7: the settings are as before if there is a journal or if the meter still ran an
// application, otherwise they are the template's defaults.
func (r *Rig) Recover(of *world.Attempt) (*Outcome, error) {
	if err := r.BeginRecovery(of, nil); err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// BeginRecovery starts what Recover does, as Begin does for Try. A recovery with faults of its
// own need not succeed: of the three more rules only I1 applies.
func (r *Rig) BeginRecovery(of *world.Attempt, faults fault.Plan) error {
	r.TurnTo(of)
	r.Heal()
	return r.beginRecovery(of, faults)
}

// beginRecovery is BeginRecovery after Heal.
func (r *Rig) beginRecovery(of *world.Attempt, faults fault.Plan) error {
	answers, err := r.Answers()
	if err != nil {
		return err
	}
	judged := &recovery{answers: answers, struck: len(faults) > 0 || r.bench.Station().Disturbed(), expected: r.afterRecovery(of)}
	again := world.Recovery(of)
	again.Plan = faults
	if err := r.begin(&again); err != nil {
		return err
	}
	r.recovery = judged
	r.gauge()
	return nil
}

// Strike adds faults to the plan of the attempt that runs. A fault whose moment has passed is
// missed. A recovery that gets faults need no longer succeed.
func (r *Rig) Strike(faults fault.Plan) error {
	if r.recovery != nil && len(faults) > 0 {
		struck := *r.recovery
		struck.struck = true
		r.recovery = &struck
		r.gauge()
	}
	return r.bench.Station().AddPlan(faults)
}

// PlanAnew makes another plan of that of the attempt that runs: its first faults, as many as keep says,
// go on, and the others give way to these. It is an error if one of those has struck or missed its
// moment.
func (r *Rig) PlanAnew(keep int, faults fault.Plan) error {
	if err := r.bench.Station().PlanAnew(keep, faults); err != nil {
		return err
	}
	another := *r.attempt
	another.Plan = slices.Concat(another.Plan[:keep], faults)
	r.attempt = &another
	return nil
}

// Answers reports whether the meter answers an identification. It asks a copy, so that the
// question leaves no trace, and takes all other stations off the line. If the flash holds no
// image, the loader has to answer.
func (r *Rig) Answers() (bool, error) {
	if r.asked == nil {
		r.asked = new(Rig)
	}
	r.CopyTo(r.asked)
	r.asked.bench.Station().Alone()
	r.asked.options.Response, r.asked.options.Planted.Tool = 0, ""
	identify := world.Attempt{Tool: world.FilledTool(world.Tool{Task: client.TaskIdentify}, r.said())}
	if err := r.asked.launch(&attempt{Attempt: identify, limit: r.world.LimitOf(&identify)}); err != nil {
		return false, err
	}
	o := r.asked.Finish()
	_, runs := r.Meter().Revision()
	return o.Claim == nil && o.Device.SerialNumber == r.said().SerialNumber && (runs || o.Device.Download), nil
}

// afterRecovery is what the settings should be after the recovery of an attempt: "any settings
// or changes made to the template of your device will not be retained", unless there is a
// journal, or an application from which the settings can be saved.
func (r *Rig) afterRecovery(of *world.Attempt) setUp {
	s := setUp{at: r.Now(), settings: meter.FactoryTemplate(r.said().Model, r.world.FirmwareOf(of).Revision)}
	has := r.Meter().Settings(r.Now())
	r.truth = r.truth.Look(r.Now(), &has, r.Meter().Marks(), r.author)
	if r.Meter().State() == meter.Application {
		s.settings, s.wanted = has, r.truth.Present()
	}
	if of.Journal {
		own, _ := r.copies(of)
		undated, older := r.dated(of)
		s.wanted |= own &^ older
		s.dated = undated | older
	}
	return s
}

// dated looks where an attempt looks for its journal. One without the meter's counts cannot tell
// how old its settings are. Those of another are older if the meter was written to since, also if
// that was the tool itself, which could not read back what it wrote. It cannot know, and asks; the
// person of a recovery says no, and the journal keeps them.
func (r *Rig) dated(of *world.Attempt) (undated, older ion.SettingSet) {
	j, err := r.pcs[r.computerOf(of.PC)].disk.load(of.Folder, r.identity())
	switch {
	case err != nil || j == nil:
		return 0, 0
	case !j.Marked:
		return j.Held, 0
	}
	_, older = j.Due(ion.Marks{Reset: ion.AllSettings, Changes: r.truth.Marks().Changes})
	return 0, older
}

// identity says which meter it is.
func (r *Rig) identity() journal.Meter { return identityOf(r.said()) }

func identityOf(m *world.Meter) journal.Meter {
	return journal.Meter{SerialNumber: m.SerialNumber, Model: uint16(m.Model), UnitID: m.UnitID}
}
