// Package tool says how the upgrader is started: the part of a world that the upgrader's program
// knows too. It is a package of its own, so that a program for real meters can make its flags
// from the same table without the simulated meter.
package tool

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/simulator/ion"
)

// Tool is how the tool is started.
type Tool struct {
	Task         client.Task
	Release      client.Release
	Single       bool // Single ION device configuration mode
	Journal      bool
	Listens      bool   // for a second meter with the unit id
	Password     string // empty: the meter's
	UnitID       uint16 // 0: the meter's
	Baud         int    // 0: the meter's
	SerialNumber string // that the meter must have; empty: any
	DeviceName   string // the meter's name in the log; empty: the tool's name for the model
	Timeout      time.Duration
	Turnaround   time.Duration
}

// The times for which an answer can be waited for.
const (
	minTimeout = time.Millisecond
	maxTimeout = time.Hour
)

// Fields are the fields of a Tool.
func Fields() []fields.Field[Tool] { return slices.Clone(table()) }

var table = sync.OnceValue(func() []fields.Field[Tool] {
	return []fields.Field[Tool]{
		fields.Of("task", "what the tool is started for", func(t *Tool) *client.Task { return &t.Task }, Tasks()).Required(),
		fields.Of("release", "of the vendor's tool that is followed", func(t *Tool) *client.Release { return &t.Release }, releases()).Or(client.Release22().Version),
		fields.Of("single", "Single ION device configuration mode; without it connect does not recognise a meter whose upgrade failed (the explicit commands need no recognition)",
			func(t *Tool) *bool { return &t.Single }, fields.YesNo("single")),
		fields.Of("journal", "the settings are kept on disk while the upgrade runs", func(t *Tool) *bool { return &t.Journal }, fields.YesNo("journal")),
		fields.Of("listen", "before the tool changes anything, it listens whether a second meter answers at the unit id, as ionup does",
			func(t *Tool) *bool { return &t.Listens }, fields.YesNo("listen")),
		fields.Of("password", "that the tool gives: up to 8 digits, or up to 6 characters", func(t *Tool) *string { return &t.Password }, Passwords()).Else("the meter's"),
		fields.Of("unit-id", fmt.Sprintf("of the meter that the tool asks, %d to %d", ion.MinUnitID, ion.MaxUnitID), func(t *Tool) *uint16 { return &t.UnitID }, UnitIDs()).Else("the meter's"),
		fields.Of("baud", "bit rate at which the tool talks", func(t *Tool) *int { return &t.Baud }, BaudRates()).Else("the meter's"),
		fields.Of("serial-number", "that the meter must have; another one is refused", func(t *Tool) *string { return &t.SerialNumber }, SerialNumbers()).Else("any"),
		fields.Of("device-name", "the meter's name at the site, which the log has", func(t *Tool) *string { return &t.DeviceName },
			fields.Text("TEXT", "ion7350", "Feeder 7")).Else("ion and the model"),
		fields.Of("timeout", "time that an answer is waited for", func(t *Tool) *time.Duration { return &t.Timeout },
			fields.TimeBetween(minTimeout, maxTimeout, "1ms", "500ms", "30s", "1h")).Or(client.DefaultTiming().Response.String()),
		fields.Of("turnaround", "time that the tool's PC takes from a frame of the meter to its own next one", func(t *Tool) *time.Duration { return &t.Turnaround },
			fields.TimeBetween(time.Nanosecond, time.Minute, "1ns", "200ms", "1m")).Or(client.ArticleTurnaround.String()),
	}
})
