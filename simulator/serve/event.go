package serve

import (
	"fmt"
	"strings"
	"time"
)

// EventKind says what an [Event] is about.
type EventKind uint8

// The kinds of events.
const (
	Connected    EventKind = iota + 1 // a TCP client was accepted
	Refused                           // a TCP client was turned away; Reason says why
	Disconnected                      // the TCP client is gone; Reason says how
	LostBytes                         // the host did not take Bytes bytes, which are lost
	BaudChanged                       // the host on the PTY set its line to Baud
	NotReset                          // a reset could not be carried out; Reason says why
	Vanished                          // a port is gone (Config.Gone)
	CameBack                          // and there again; a PTY may have another name
	NoRoom                            // the computer has no room for a client more, and they wait at the port; Reason says of what
)

// String names the kind in lower case.
func (k EventKind) String() string {
	switch k {
	case Connected:
		return "connected"
	case Refused:
		return "refused"
	case Disconnected:
		return "disconnected"
	case LostBytes:
		return "lost bytes"
	case BaudChanged:
		return "baud changed"
	case NotReset:
		return "not reset"
	case Vanished:
		return "the port is gone"
	case CameBack:
		return "the port is there again"
	case NoRoom:
		return "clients wait for room on this computer"
	default:
		return fmt.Sprintf("event %d", uint8(k))
	}
}

// Event is something that happened between the device and its hosts.
type Event struct {
	Kind   EventKind
	At     time.Duration // since the epoch of the clock
	Host   string        // the PTY's name, or the remote TCP address; "" for nobody. Of Vanished, CameBack and NoRoom: the port
	Reason string        // of Refused, Disconnected, NotReset and NoRoom
	Holder Holder        // of Refused: who has the port
	Bytes  int           // of LostBytes
	Baud   int           // of BaudChanged, in bit/s
	Port   string        // of a Sockets; "" for the ports of a Server
}

// closedByClient is the Reason of Disconnected where nothing broke.
const closedByClient = "closed by the client"

// takenOver begins the Reason of Disconnected where a new client has taken the port; who that is follows.
const takenOver = "taken over by "

// TakenOver reports that a connection is gone because a new client has taken its place.
func (e Event) TakenOver() bool {
	return e.Kind == Disconnected && strings.HasPrefix(e.Reason, takenOver)
}

// Broke says why a connection is gone, if the client has not closed it.
func (e Event) Broke() string {
	if e.Reason == closedByClient {
		return ""
	}
	return e.Reason
}

// Holder is the client that has the port while another one wants it.
type Holder struct {
	Host   string
	Age    time.Duration // since it connected
	Silent time.Duration // since it last sent something, or connected
}

// reason says why another client is turned away.
func (h Holder) reason() string {
	reason := fmt.Sprintf("the port takes one connection at a time and %s has it, for %v", h.Host, h.Age.Round(time.Second))
	if h.Silent >= time.Second {
		reason += fmt.Sprintf(", silent for %v", h.Silent.Round(time.Second))
	}
	return reason
}

// String is the event as a line for people, without its time.
func (e Event) String() string {
	if e.Port != "" {
		port := e.Port
		e.Port = ""
		return port + ": " + e.String()
	}
	switch e.Kind {
	case Refused, Disconnected, NoRoom:
		return fmt.Sprintf("%s: %s: %s", e.Host, e.Kind, e.Reason)
	case NotReset:
		return strings.TrimPrefix(fmt.Sprintf("%s: %s: %s", e.Host, e.Kind, e.Reason), ": ")
	case LostBytes:
		return fmt.Sprintf("%s: %d bytes lost: nobody takes them", e.Host, e.Bytes)
	case BaudChanged:
		return fmt.Sprintf("%s: host set to %d baud", e.Host, e.Baud)
	default:
		return fmt.Sprintf("%s: %s", e.Host, e.Kind)
	}
}
