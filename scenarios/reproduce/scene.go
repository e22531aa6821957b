package reproduce

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// scene is what a log says about everything but the faults: the meter, the tool, the file.
type scene struct {
	meter    world.Meter
	firmware world.Firmware
	upgrade  world.Attempt
	found    bool // the meter was in download state before the run
	called   bool // it is reached by telephone, which no log tells
	begun    time.Time
	remarks  []Remark

	files  map[int]world.Firmware     // that were made, by size in bytes
	rigs   map[time.Duration]*rig.Rig // ready for the attempt, by lead
	trails trails                     // of the last trials

	crossings map[crossing]crossed // of all trials
}

// callBefore lets the tool begin as much earlier as it dials before it writes its first line.
func (w *scene) callBefore() error {
	base, err := w.rig(0)
	if err != nil {
		return err
	}
	r := base.Clone()
	begun := r.Now()
	if err := w.begin(r, ion.BlockBytes, nil); err != nil {
		return err
	}
	for none := r.Logged(); r.Logged() == none && r.Step(); {
	}
	w.begun = w.begun.Add(-(r.Now() - begun).Truncate(time.Second))
	clear(w.rigs)
	return nil
}

// anyNumber is the meter's telephone number. No log tells it.
const anyNumber = "5550105"

// earlier is how long before the log the earlier attempt began that left the meter in download
// state. It is longer than clearing the flash takes at the slowest baud rate.
const earlier = 10 * time.Minute

// sceneOf reads the head of a run of a tool that waits so long for an answer; 0: as the vendor's does. The
// error says why no bench can be set up like this.
func sceneOf(r *LoggedRun, called bool, waits time.Duration) (*scene, error) {
	w := &scene{called: called, files: make(map[int]world.Firmware), rigs: make(map[time.Duration]*rig.Rig), crossings: make(map[crossing]crossed)}
	w.upgrade.Task, w.upgrade.Release, w.upgrade.Timeout = client.TaskUpgrade, client.Release22(), waits
	begun, ok := r.Begun()
	if !ok {
		return nil, fmt.Errorf("line %d: the run's beginning is missing: no line %q stands before it", r.First, upgradelog.UpgradeStarted)
	}
	if !r.has(upgradelog.DeviceName) {
		return nil, fmt.Errorf("line %d: the run's head is not whole: no line %q stands behind it", r.First, upgradelog.DeviceName)
	}
	w.begun = begun
	ended, ok := r.Ended()
	if ok && ended.Before(begun) {
		w.remark(0, "it ended before it began: the PC's clock was set meanwhile, or one of the two dates is not as the tool wrote it")
	}
	const leeway = 7 * time.Hour
	w.upgrade.Limit = min(max(0, ended.Sub(begun)), fields.MaxTime-leeway) + leeway // its clock may have been set
	w.readTool(r)
	if err := w.readFirmware(r); err != nil {
		return nil, err
	}
	if err := w.readDevice(r); err != nil {
		return nil, err
	}
	w.readState(r)
	if called {
		w.meter.Phone = anyNumber
		if err := w.callBefore(); err != nil {
			return nil, err
		}
	}
	_, err := w.rig(0)
	return w, err
}

// waits is how long the tool waits for an answer.
func (w *scene) waits() time.Duration {
	return cmp.Or(w.upgrade.Timeout, client.DefaultTiming().Response)
}

// forget forgets what only helps with further trials: a result is kept longer than it is of use.
func (w *scene) forget() { w.trails, w.crossings = trails{}, nil }

func (w *scene) remark(line int, format string, args ...any) {
	w.remarks = append(w.remarks, Remark{line, fmt.Sprintf(format, args...)})
}

func (w *scene) readTool(r *LoggedRun) {
	l, ok := r.find(upgradelog.SoftwareVersion)
	if !ok {
		return
	}
	known, err := client.ParseRelease(l.Text)
	switch {
	case err == nil && known.Build == l.Number:
		w.upgrade.Release = known
	case err == nil:
		w.upgrade.Release = client.Release{Version: l.Text, Build: l.Number, Detects: known.Detects}
		w.remark(0, "build %d of release %s is not known here: taken to do what build %d does", l.Number, l.Text, known.Build)
	default:
		w.upgrade.Release = client.Release{Version: l.Text, Build: l.Number, Detects: true}
		w.remark(0, "release %s is not known here: taken to do what 2.2 does", l.Text)
	}
}

func (w *scene) readFirmware(r *LoggedRun) error {
	w.meter.Model = meter.ION7350
	l, ok := r.find(upgradelog.FirmwareVersion)
	if ok {
		model, err := meter.ParseModel(l.Text[:min(4, len(l.Text))])
		if err != nil {
			return fmt.Errorf("firmware %q is of no model that the bench knows: %w", l.Text, err)
		}
		w.meter.Model, w.firmware.Revision = model, l.Text
	}
	if l, ok := r.find(upgradelog.FirmwareDated); ok {
		w.firmware.Dated = l.Time
	}
	if l, ok := r.find(upgradelog.DeviceName); ok {
		w.upgrade.DeviceName = l.Text
	}
	return nil
}

func (w *scene) readDevice(r *LoggedRun) error {
	if l, ok := r.find(upgradelog.DeviceSerialNumber); ok {
		w.meter.SerialNumber = l.Text
	}
	if l, ok := r.find(upgradelog.DeviceUnitID); ok {
		if ion.CheckUnitID(l.Number) != nil {
			return fmt.Errorf("no meter has the unit id %d", l.Number)
		}
		w.meter.UnitID = uint16(l.Number)
	}
	if l, ok := r.find(upgradelog.DeviceBaudRate); ok {
		if ion.CheckBaudRate(l.Number) != nil {
			return fmt.Errorf("the meter's ports do not run at %d baud", l.Number)
		}
		w.meter.Baud = l.Number
	}
	return nil
}

// readState reads the meter's first state. A log with neither line ends before the tool asked
// for download state.
func (w *scene) readState(r *LoggedRun) {
	w.found = r.has(upgradelog.AlreadyInDownloadState)
	l, restored := r.find(upgradelog.SettingsRestored)
	if restored {
		w.upgrade.Unticked = ion.AllGroups &^ groupsNamed(l.Text)
	}
	w.upgrade.Journal = w.found && restored // the settings can have come from nowhere else
	if w.upgrade.Journal {
		w.remark(0, "the meter was in download state already and its settings were restored, so the tool had kept a journal")
	}
}

// groupsNamed reads the groups of a line `Settings restored`. It leaves out unknown ones; the
// lines will differ then.
func groupsNamed(text string) ion.Groups {
	var groups ion.Groups
	for _, word := range strings.Split(text, ", ") {
		for _, g := range ion.AllGroups.List() {
			if strings.EqualFold(g.String(), word) {
				groups |= ion.Of(g)
			}
		}
	}
	return groups
}

// oldImageBytes is the size of the image that the meter runs at first. No log shows it.
const oldImageBytes = 16 << 10

// rig returns a rig that is ready for the attempt, which begins lead after a full second.
func (w *scene) rig(lead time.Duration) (*rig.Rig, error) {
	if r, ok := w.rigs[lead]; ok {
		return r, nil
	}
	m := w.meter
	m.Revision, m.ImageBytes, m.Clock = w.oldRevision(), oldImageBytes, w.begun.Add(-earlier)
	set := world.World{Meters: []world.Meter{m}}
	if err := set.Check(); w.called && err != nil {
		return nil, err
	}
	r, err := rig.New(&set, rig.Options{Trace: rig.NoTrace})
	if err != nil {
		return nil, fmt.Errorf("no such meter can be set up: %w", err)
	}
	if w.found {
		if err := w.begin(r, ion.BlockBytes, fault.Plan{{Kind: aborted.kind(), Trigger: fault.Block(1)}}); err != nil {
			return nil, err
		}
		r.Finish()
	}
	r.Wait(earlier + lead - r.Now())
	w.rigs[lead] = r
	return r, nil
}

// oldRevision is the revision that the meter runs at first. It differs from the new one, so
// that the end of the upgrade can be seen. Empty is the default.
func (w *scene) oldRevision() string {
	if model := w.meter.Model.String(); w.firmware.Revision == model+meter.OldVersion {
		return model + "V281"
	}
	return ""
}

// file returns a firmware file with an image of so many bytes.
func (w *scene) file(bytes int) world.Firmware {
	if f, ok := w.files[bytes]; ok {
		return f
	}
	f := w.firmware
	f.Bytes = bytes
	if err := f.Make(w.meter.Model); err != nil {
		panic(fmt.Sprintf("reproduce: %v", err)) // the revision was checked when it was read
	}
	w.files[bytes] = f
	return f
}

// begin begins the upgrade, with an image of so many bytes.
func (w *scene) begin(r *rig.Rig, bytes int, plan fault.Plan) error {
	if err := r.PutFirmware(w.file(bytes)); err != nil {
		return err
	}
	a := w.upgrade
	a.Plan = plan
	return r.Begin(&a)
}
