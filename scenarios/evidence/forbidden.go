package evidence

import (
	"fmt"

	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// Forbidden is why an attempt must not touch the flash of a meter, by what the tool was told of
// the meter and by the file, whatever the tool says of them; empty where it may. Nothing is left
// to be filled in of the tool and of the meter.
func Forbidden(a *world.Attempt, m *world.Meter, files *world.Files) string {
	f := files.Firmware
	switch {
	case files.FirmwareErr != nil || f == nil:
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
