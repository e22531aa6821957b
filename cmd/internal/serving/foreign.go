package serving

import (
	"encoding/hex"
	"fmt"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// listener is the station, and tells of bytes from a host that are no ION: the meter itself does
// not answer them.
type listener struct {
	*bench.Station
	tell func(now time.Duration, f foreignBytes)

	heard ion.Foreign
	came  time.Duration // when the last of them came
	told  foreignBytes
	at    time.Duration // when that was told
}

// foreignBytes are bytes from a host that are no ION.
type foreignBytes struct {
	count    int
	likeness string
	first    string // the first of them, in hex
}

const (
	// givenUp is how long the rest of a frame may be on its way. Slow bytes are legal.
	givenUp = 10 * time.Second
	// betweenTold is the least time between two events that say the same.
	betweenTold = 5 * time.Second
	shownBytes  = 32
)

// Receive takes bytes from the host. What is said to a modem, or
// to a loader that speaks otherwise, is no ION.
func (l *listener) Receive(now time.Duration, p []byte) {
	if l.Station.Modem() != nil || l.Station.Meter().Speaks() {
		l.Station.Receive(now, p)
		return
	}
	if now-l.came >= givenUp {
		l.end(now)
	}
	l.came = now
	if !l.heard.Add(p) && l.heard.Hopeless() {
		l.end(now)
	}
	l.Station.Receive(now, p)
}

// HostGone takes the end of a TCP client.
func (l *listener) HostGone(now time.Duration) {
	l.end(now)
	l.Station.HostGone(now)
}

// end tells of what came, unless it is a part of a frame.
func (l *listener) end(now time.Duration) {
	defer l.heard.Forget()
	if l.heard.Count() == 0 {
		return
	}
	said := foreignBytes{l.heard.Count(), l.heard.Likeness(), hex.EncodeToString(l.heard.Bytes()[:min(l.heard.Count(), shownBytes)])}
	if said.likeness == l.told.likeness && now-l.at < betweenTold {
		return
	}
	l.told, l.at = said, now
	l.tell(now, said)
}

// foreign reports bytes that are no ION.
func (o *observer) foreign(now time.Duration, f foreignBytes) {
	o.tell(story.Event{At: now, Source: story.Host, What: f}, report{"no-ion", []field{
		{"bytes", f.count}, {"likeness", f.likeness}, {"hex", f.first},
	}, "host: " + f.Details()})
}

// Kind names the event in a trace.
func (foreignBytes) Kind() string { return "no-ion" }

// Details says what came.
func (f foreignBytes) Details() string {
	return fmt.Sprintf("%d bytes that are no ION look like %s", f.count, f.likeness)
}
