package meter

import "time"

// The meter of the vendor's article FA212301, as its log tells: an ION 7350 of this serial
// number and unit id.
const (
	ArticleModel        = ION7350
	ArticleSerialNumber = "PC-0209A001-11"
	ArticleUnitID       = 105
)

// FactoryPassword is the password of a new meter.
const FactoryPassword = "0"

// OldVersion is the firmware version that a meter runs before its upgrade: the one before the
// article's V283.
const OldVersion = "V282"

// InService returns the configuration of a meter as somebody finds it in the field, and a head-end
// likes it: with ten days of load profile and the events that belong to them, a load that follows
// the day, and an event log with nothing cut off.
func (c Config) InService() Config {
	c.Past, c.Steady, c.EventCutoff = 10*24*time.Hour, false, 0
	return c
}
