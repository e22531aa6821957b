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
		d.Log = earlierRun(m)
	}
	switch pc.Journal {
	case world.OfAnotherMeter:
		j := journalOf(neighbour, m)
		d.put(kept{name: journal.Names(j.Meter)[0], file: journal.Append(nil, j)})
	case world.Unreadable:
		j := journalOf(m.SerialNumber, m)
		whole := journal.Append(nil, j)
		d.put(kept{name: journal.Names(j.Meter)[0], file: bytes.Replace(whole, []byte("saved"), []byte("saVed"), 1)})
	}
	return d
}

// neighbour is the serial number of another meter, of the same model and unit id.
const neighbour = "PX-9999Z999-99"

// longAgo is how much earlier what lies on the disk came there.
const longAgo = 200 * 24 * time.Hour

func journalOf(serialNumber string, m *world.Meter) *journal.Journal {
	theirs := identityOf(m)
	theirs.SerialNumber = serialNumber
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
