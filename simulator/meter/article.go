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

// UsualPast is for how long a meter that somebody looks at has run before: a head-end finds ten days
// of load profile in it, and the events that belong to them.
const UsualPast = 10 * 24 * time.Hour
