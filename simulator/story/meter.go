package story

import (
	"fmt"

	"ionbench/simulator/meter"
)

// OfMeter converts an event of a meter to the form in which a trace keeps it.
func OfMeter(e *meter.Event) What {
	switch e.Kind {
	case meter.EventState:
		return StateEntered{e.State}
	case meter.EventLCD:
		return Displayed{e.Text}
	case meter.EventLogged:
		return EventLogged{e.Text}
	case meter.EventSectorErased:
		return SectorErased{e.Sector, e.Left}
	case meter.EventBlockProgrammed:
		return BlockProgrammed{e.Block}
	case meter.EventVerified:
		return ImageChecked{e.Status}
	case meter.EventFlashCut:
		return FlashCut{e.Operation, e.Phase}
	case meter.EventFlashOp:
		return FlashReached{e.Operation, e.Phase}
	}
	panic(fmt.Sprintf("story: the meter tells of something new, kind %d", e.Kind))
}
