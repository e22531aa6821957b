package serving

import (
	"strconv"

	"ionbench/simulator/serve"
	"ionbench/simulator/story"
)

// The events that are added to the trace of the meter; each is a story.What.
type (
	// toggled: LED L2 has changed; edges are its changes in the meter's life, count those since
	// it is served.
	toggled struct{ edges, count uint64 }
	// onPort: something happened on the ports.
	onPort struct{ serve.Event }
	// leftOver: a fault of the plan has not struck.
	leftOver struct{ story.Unstruck }
	// stopped: the meter is switched off and nothing more will happen.
	stopped struct{}
)

// hosts names the events of the ports, in traces and in --json.
var hosts = map[serve.EventKind]string{
	serve.Connected:    "connected",
	serve.Refused:      "refused",
	serve.Disconnected: "disconnected",
	serve.LostBytes:    "lost-bytes",
	serve.BaudChanged:  "host-baud",
	serve.NotReset:     "not-reset",
	serve.Vanished:     "port-gone",
	serve.CameBack:     "port-back",
	serve.NoRoom:       "no-room",
}

func (toggled) Kind() string { return "led" }

func (w toggled) Details() string {
	return strconv.FormatUint(w.count, 10) + " L2 " + onOff(w.lit())
}

func (w toggled) lit() bool { return w.edges%2 == 1 }

func (w toggled) Tell() story.Told { return story.LampTold(w.lit(), w.count) }

func (w onPort) Kind() string { return hosts[w.Event.Kind] }

func (w onPort) Details() string {
	d := w.Host
	switch {
	case w.Reason != "" && w.Host != "":
		d += ": " + w.Reason
	case w.Reason != "":
		d = w.Reason
	}
	if n := w.Bytes + w.Baud; n > 0 {
		d = strconv.Itoa(n) + " " + d
	}
	return d
}

func (leftOver) Kind() string { return "unstruck" }

func (w leftOver) Details() string { return w.String() }

func (w leftOver) Tell() story.Told { return story.FaultTold(w.Kind(), w.Fault, w.Reason) }

func (stopped) Kind() string { return "stopped" }

func (stopped) Details() string { return "" }
