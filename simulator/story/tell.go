package story

import (
	"encoding/hex"
	"fmt"

	"ionbench/simulator/fault"
)

// Told is an event as programs are told of it: a name and its members, in order.
type Told struct {
	Event   string
	Members []Member
}

// Member is one member of a JSON object. Its value is a text, a number or a bool.
type Member struct {
	Name  string
	Value any
}

// Teller is a What that says itself how it is told. The types of this package need not; those of
// a host do.
type Teller interface {
	What
	Tell() Told
}

// Tell makes a Told.
func Tell(event string, members ...Member) Told { return Told{event, members} }

// Of is what programs are told of an event. An event of a type that nobody knows is told by its
// kind and its text.
func Of(what What) Told {
	switch w := what.(type) {
	case Teller:
		return w.Tell()
	case StateEntered:
		return Tell(w.Kind(), Member{"state", w.State.String()})
	case Displayed:
		return Tell(w.Kind(), Member{"text", w.Text})
	case LampToggled:
		return LampTold(w.Count%2 == 1, w.Count)
	case EventLogged:
		return Tell(w.Kind(), Member{"text", w.Text})
	case SectorErased:
		return Tell(w.Kind(), Member{"sector", w.Sector}, Member{"left", w.Left})
	case BlockProgrammed:
		return Tell(w.Kind(), Member{"block", w.Block})
	case ImageChecked:
		return Tell(w.Kind(), Member{"status", w.Status.String()})
	case FlashCut:
		return Tell(w.Kind(), Member{"operation", w.Operation}, Member{"phase", w.Phase.String()})
	case FlashReached:
		return Tell(w.Kind(), Member{"operation", w.Operation}, Member{"phase", w.Phase.String()})
	case HostBaudSet:
		return Tell(w.Kind(), Member{"baud", w.Baud})
	case HostConnected:
		return Tell(w.Kind())
	case HostLeft:
		return Tell(w.Kind(), Member{"reason", w.Reason})
	case FrameSent:
		return Tell("frame", Member{"direction", w.Direction.String()}, Member{"bytes", len(w.Bytes)}, Member{"hex", hex.EncodeToString([]byte(w.Bytes))})
	case CallTold:
		return Tell(w.Kind(), Member{"step", w.Step}, Member{"text", w.Text})
	case FaultStruck:
		t := FaultTold(w.Kind(), w.Fault, "")
		t.Members = append(t.Members, Member{"lasts", w.Fault.Kind.Lasts()})
		return t
	case FaultEnded:
		return FaultTold(w.Kind(), w.Fault, "")
	case FaultMissed:
		return FaultTold(w.Kind(), w.Fault, w.Reason)
	case NotReset:
		return Tell(w.Kind(), Member{"reason", w.Reason})
	}
	return Tell("other", Member{"text", fmt.Sprintf("%s %s", what.Kind(), what.Details())})
}

// LampTold is what programs are told of the LED L2, which has toggled so many times.
func LampTold(on bool, count uint64) Told {
	return Tell("led", Member{"led", "L2"}, Member{"on", on}, Member{"count", count})
}

// FaultTold is what programs are told of a fault in a phase, such as "strikes", with the reason if there
// is one.
func FaultTold(phase string, f fault.Fault, reason string) Told {
	t := Tell("fault", Member{"phase", phase}, Member{"fault", f.String()})
	if reason != "" {
		t.Members = append(t.Members, Member{"reason", reason})
	}
	return t
}
