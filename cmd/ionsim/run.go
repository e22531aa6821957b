package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk"
)

// serveMeter makes a meter and serves it until ctx ends.
func serveMeter(ctx context.Context, c *cli.Call, o *options, stdout io.Writer) error {
	m, err := o.make(c, time.Now())
	if err != nil {
		return err
	}
	_, err = serving.Run(ctx, c, stdout, &o.Options, m)
	return err
}

// make makes the meter: a new one, or the one in the state file. It was switched on earlier
// than time zero and has booted by then, so that nobody has to wait.
func (o *options) make(c *cli.Call, epoch time.Time) (*serving.Meter, error) {
	id := o.identity()
	station, err := o.station(id, epoch)
	if err != nil {
		return nil, err
	}
	if err := o.CheckPlan(station); err != nil {
		return nil, err
	}
	m := &serving.Meter{Station: station, Identity: id, Baud: o.meter.Baud, Epoch: epoch}
	if o.State != "" {
		if err := o.openState(c, m); err != nil {
			return nil, serving.StateError(err)
		}
	}
	if m.Device = o.deviceName; m.Device == "" {
		m.Device = "ion" + m.Identity.Model.String()
	}
	m.Station.RunSince(-m.Station.Meter().Config().Timing.Boot)
	return m, nil
}

// station makes the station that the flags ask for, of this meter.
func (o *options) station(id serving.Identity, epoch time.Time) (*bench.Station, error) {
	fw, err := o.loadFirmware(id.Model)
	if err != nil {
		return nil, err
	}
	return newStation(o, id, fw, epoch)
}

// openState replaces the meter by the one in the state file, if the file has one.
func (o *options) openState(c *cli.Call, m *serving.Meter) (err error) {
	k, err := serving.OpenKeeper(disk.Real{}, o.State)
	if err != nil {
		return err
	}
	if err := o.restore(c, m, k); err != nil {
		return errors.Join(err, k.Close())
	}
	m.Keeper = k
	return nil
}

func (o *options) restore(c *cli.Call, m *serving.Meter, k *serving.Keeper) (err error) {
	id, saved, err := k.Saved()
	if err != nil || !saved {
		return err
	}
	if err := o.checkSaved(id); err != nil {
		return err
	}
	if id != m.Identity {
		other := *o
		other.firmware, other.meter.Revision = "", "" // the state file has the firmware
		if m.Station, err = other.station(id, m.Epoch); err != nil {
			return err
		}
		m.Identity = id
	}
	if err := k.Restore(m.Station.Meter()); err != nil {
		return err
	}
	m.Restored = true
	if m.Damage = k.Damage(); m.Damage != nil {
		c.Note("warning: %v", m.Damage)
	}
	var unused []string
	for _, flag := range []string{"firmware", "revision", "image-bytes", "settings", "owner", "tag1", "tag2"} {
		if o.given(flag) {
			unused = append(unused, "--"+flag)
		}
	}
	if len(unused) > 0 {
		c.Note("%s not used: the meter in %s has its own", strings.Join(unused, ", "), o.State)
	}
	return nil
}

// errOtherMeter: the state file holds another meter than the one asked for.
var errOtherMeter = errors.New("the state file is of another meter")

// checkSaved says whether the meter in the state file is the one that the flags ask for. What the
// command line does not give comes from the file.
func (o *options) checkSaved(id serving.Identity) error {
	wanted, flags := id, o.identity()
	if o.given("model") {
		wanted.Model = flags.Model
	}
	if o.given("serial-number") {
		wanted.SerialNumber = flags.SerialNumber
	}
	if o.given("unit-id") {
		wanted.UnitID = flags.UnitID
	}
	if wanted != id {
		return fmt.Errorf("%w: %s holds the %v, the flags ask for the %v; name another file, or leave --model, --serial-number and --unit-id out to go on with the meter in it",
			errOtherMeter, o.State, id, wanted)
	}
	return nil
}
