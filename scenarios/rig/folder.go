package rig

import (
	"bytes"
	"time"

	"ionbench/client/journal"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// diskOf is the disk of a PC before the first attempt, with what lies on it. Both are filled in.
func diskOf(pc *world.PC, m *world.Meter) Disk {
	var d Disk
	if pc.Log == world.EarlierRun {
		d.log, d.Log = world.UsualLog, earlierRun(m)
	}
	switch pc.Journal {
	case world.OfAnotherMeter:
		d.lay(journalOf(neighbour, m.UnitID, m))
	case world.SameSerial:
		d.lay(journalOf(m.SerialNumber, m.UnitID%ion.MaxUnitID+1, m))
	case world.Stale:
		d.lay(journalOf(m.SerialNumber, m.UnitID, m))
	case world.Unreadable:
		d.lay(journalOf(m.SerialNumber, m.UnitID, m))
		file := &d.journals[0].file
		*file = bytes.Replace(*file, []byte("saved"), []byte("saVed"), 1)
	}
	return d
}

// lay puts a journal on the disk.
func (d *Disk) lay(j *journal.Journal) {
	d.put(keep("", journal.Names(j.Meter)[0], journal.Append(nil, j)))
}

// neighbour is the serial number of another meter, of the same model and unit id.
const neighbour = "PX-9999Z999-99"

// longAgo is how much earlier what lies on the disk came there.
const longAgo = 200 * 24 * time.Hour

func journalOf(serialNumber string, unitID uint16, m *world.Meter) *journal.Journal {
	theirs := identityOf(m)
	theirs.SerialNumber, theirs.UnitID = serialNumber, unitID
	return &journal.Journal{
		Header:   journal.Header{Meter: theirs, Revision: m.Model.String() + meter.OldVersion, Saved: m.Clock.Add(-longAgo)},
		Settings: *world.BoundSettings(ion.Setting.Lowest, "SOMEBODY'S"), Held: ion.AllSettings,
	}
}

// earlierRun is the log of an upgrade that broke off.
func earlierRun(m *world.Meter) []byte {
	var log []byte
	for _, l := range []upgradelog.Line{
		{Kind: upgradelog.UpgradeStarted, Time: m.Clock.Add(-longAgo)},
		{Kind: upgradelog.DeviceSerialNumber, Text: neighbour},
		{Kind: upgradelog.EnteredDownloadState},
		{Kind: upgradelog.FlashCleared},
		{Kind: upgradelog.Proceeding},
		{Kind: upgradelog.Completed, Number: 10},
		{Kind: upgradelog.UpgradeFailed, Time: m.Clock.Add(time.Hour - longAgo)},
	} {
		log = upgradelog.Append(log, l)
	}
	return log
}
