package story

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
)

// What happens to a meter.
type (
	// StateEntered: the meter has changed its state.
	StateEntered struct{ State meter.State }
	// Displayed: the LCD shows another text.
	Displayed struct{ Text string }
	// EventLogged: an entry went into the meter's event log.
	EventLogged struct{ Text string }
	// SectorErased: the loader has erased a sector; Left more are to be erased.
	SectorErased struct{ Sector, Left int }
	// BlockProgrammed: a block of the image, counted from 1, is in the flash.
	BlockProgrammed struct{ Block uint32 }
	// ImageChecked: the loader has checked the image.
	ImageChecked struct{ Status ion.Status }
	// FlashCut: the power failed at a flash operation, counted over the chip's life.
	FlashCut struct {
		Operation uint64
		Phase     flash.Phase
	}
	// FlashReached: a flash operation that a fault waits for begins (Before) or is over (After).
	FlashReached struct {
		Operation uint64
		Phase     flash.Phase
	}
	// LampToggled: the LED L2 has changed, Count times over the meter's life.
	LampToggled struct{ Count uint64 }
)

// What happens on the line.
type (
	// HostBaudSet: the host talks at another rate, in bits a second.
	HostBaudSet struct{ Baud int }
	// FrameSent: one end begins to send a frame, which was held back for so long.
	FrameSent struct {
		Direction line.Direction
		Bytes     string
		Held      time.Duration
	}
	// HostConnected: a host has opened the port.
	HostConnected struct{}
	// HostLeft: it has closed the port, or, with a reason, lost it.
	HostLeft struct{ Reason string }
	// BytesArrived: these bytes have come through to the other end.
	BytesArrived struct {
		Direction line.Direction
		Bytes     string
	}
	// CallTold: a call over the telephone network has come a step further, such as "connected".
	CallTold struct{ Step, Text string }
)

// What happens with faults.
type (
	// FaultStruck: a fault of the plan strikes.
	FaultStruck struct{ Fault fault.Fault }
	// FaultEnded: a lasting fault is over.
	FaultEnded struct{ Fault fault.Fault }
	// FaultMissed: a fault cannot strike, with the reason.
	FaultMissed struct {
		Fault  fault.Fault
		Reason string
	}
	// NotReset: a connection was to be reset, but there was none.
	NotReset struct{ Reason string }
)

// Kind is "state".
func (StateEntered) Kind() string { return "state" }

// Details names the state.
func (w StateEntered) Details() string { return w.State.String() }

// Kind is "lcd".
func (Displayed) Kind() string { return "lcd" }

// Details is the text.
func (w Displayed) Details() string { return w.Text }

// Kind is "event-log".
func (EventLogged) Kind() string { return "event-log" }

// Details is the entry's text.
func (w EventLogged) Details() string { return w.Text }

// Kind is "sector-erased".
func (SectorErased) Kind() string { return "sector-erased" }

// Details are the sector and, in brackets, how many are left, if any.
func (w SectorErased) Details() string {
	if w.Left == 0 {
		return strconv.Itoa(w.Sector)
	}
	return fmt.Sprintf("%d (%d)", w.Sector, w.Left)
}

// Kind is "block-programmed".
func (BlockProgrammed) Kind() string { return "block-programmed" }

// Details is the block's number.
func (w BlockProgrammed) Details() string { return strconv.FormatUint(uint64(w.Block), 10) }

// Kind is "verified".
func (ImageChecked) Kind() string { return "verified" }

// Details is the status.
func (w ImageChecked) Details() string { return w.Status.String() }

// Kind is "flash-cut".
func (FlashCut) Kind() string { return "flash-cut" }

// Details are the operation and where in it.
func (w FlashCut) Details() string { return fmt.Sprintf("%d %v", w.Operation, w.Phase) }

// Kind is "flash-op".
func (FlashReached) Kind() string { return "flash-op" }

// Details are the operation and where in it.
func (w FlashReached) Details() string { return fmt.Sprintf("%d %v", w.Operation, w.Phase) }

// Kind is "host-baud".
func (HostBaudSet) Kind() string { return "host-baud" }

// Details is the rate; nothing for a host without one.
func (w HostBaudSet) Details() string {
	if w.Baud == 0 {
		return ""
	}
	return strconv.Itoa(w.Baud)
}

// Kind is "frame-to-meter" or "frame-from-meter".
func (w FrameSent) Kind() string { return "frame-" + w.Direction.String() }

// Details are the number of bytes and the bytes, in hexadecimal.
func (w FrameSent) Details() string { return fmt.Sprintf("%d % x", len(w.Bytes), w.Bytes) }

// Kind is "connected".
func (HostConnected) Kind() string { return "connected" }

// Details is nothing.
func (HostConnected) Details() string { return "" }

// Kind is "disconnected".
func (HostLeft) Kind() string { return "disconnected" }

// Details is the reason, if there is one.
func (w HostLeft) Details() string { return w.Reason }

// Kind is "led".
func (LampToggled) Kind() string { return "led" }

// Details is the count.
func (w LampToggled) Details() string { return strconv.FormatUint(w.Count, 10) }

// Kind is "arrived-to-meter" or "arrived-from-meter".
func (w BytesArrived) Kind() string { return "arrived-" + w.Direction.String() }

// Details are the number of bytes and the bytes, in hexadecimal.
func (w BytesArrived) Details() string { return fmt.Sprintf("%d % x", len(w.Bytes), w.Bytes) }

// Kind is "call".
func (CallTold) Kind() string { return "call" }

// Details are the step and what belongs to it: a number, a rate, a result.
func (w CallTold) Details() string { return strings.TrimSpace(w.Step + " " + w.Text) }

// Kind is "strikes".
func (FaultStruck) Kind() string { return "strikes" }

// Details is the fault as a plan has it.
func (w FaultStruck) Details() string { return w.Fault.String() }

// Kind is "ends".
func (FaultEnded) Kind() string { return "ends" }

// Details is the fault as a plan has it.
func (w FaultEnded) Details() string { return w.Fault.String() }

// Kind is "cannot-strike".
func (FaultMissed) Kind() string { return "cannot-strike" }

// Details are the fault as a plan has it and the reason.
func (w FaultMissed) Details() string { return w.Fault.String() + ": " + w.Reason }

// Kind is "not-reset".
func (NotReset) Kind() string { return "not-reset" }

// Details is the reason.
func (w NotReset) Details() string { return w.Reason }
