package rig

import (
	"fmt"

	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// forbidden is why the attempt must not touch the flash, by what the tool was told of the meter
// and the file, whatever the tool says of them; empty where it may. A meter that was still at
// work before is not the tool's.
func (r *Rig) forbidden() string {
	a, m, before := r.attempt, r.said(), r.before.State
	f := a.files.Firmware
	switch {
	case before != meter.Application && before != meter.Download && before != meter.Receiving:
	case a.files.FirmwareErr != nil || f == nil:
		return "there is no file that can be used"
	case f.Product != uint16(m.Model):
		return fmt.Sprintf("the file is for a %d", f.Product)
	case a.UnitID != m.UnitID:
		return fmt.Sprintf("unit %d was asked for", a.UnitID)
	case a.SerialNumber != "" && a.SerialNumber != m.SerialNumber:
		return fmt.Sprintf("%s was asked for", a.SerialNumber)
	case !samePassword(a.Password, m.Password):
		return "the password was wrong"
	}
	return ""
}

func samePassword(one, other string) bool {
	a, errA := ion.ParsePassword(one, 0)
	b, errB := ion.ParsePassword(other, 0)
	return errA == nil && errB == nil && a.Opens(b)
}
