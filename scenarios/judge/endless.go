package judge

import (
	"time"

	"ionbench/scenarios/duty"
)

// unceasing is what PROTOCOL.md, section 6, calls asking without end.
type unceasing struct {
	answers int           // 0: any number
	within  time.Duration // 0: any time
	// turns: a program that turns to something else has had enough.
	turns bool
}

// mostAsking is for how long a program may ask again what is answered, and somewhat more.
const mostAsking = 10*time.Minute + 30*time.Second

// refusedForEver are the answers after which a block that is refused is sent without end, and busyForEver
// is the time for one that is answered busy: whoever asks often must not be taken for one who asks long.
var (
	refusedForEver = unceasing{answers: 1000, within: mostAsking}
	busyForEver    = unceasing{within: mostAsking, turns: true}
)

// repeated is an answer that comes without end, or until the program has shown that it asks without end.
type repeated struct {
	unceasing
	at    request
	forge forgery
	says  string // what the answer is
	began time.Duration
	came  int
}

// repeat gives a request the answer that comes without end, and says when the program has not had enough.
func (g *gateway) repeat(asks request) {
	a := g.again
	switch {
	case a == nil:
	case asks != a.at:
		if a.turns && asks != anything {
			g.again = nil
		}
	case a.answers > 0 && a.came >= a.answers || a.within > 0 && g.now-a.began >= a.within:
		g.tell(duty.Bounded, "what it sent was answered, %s, %d times in %v, and it sent it again each time", a.says, a.came, (g.now - a.began).Round(time.Second))
		g.again = nil
	default:
		a.came++
		g.forge = a.forge
	}
}

// nature is the kind of a request, whatever was asked before.
func (h *Harm) nature(kind request) request {
	switch kind {
	case compares, looks:
		return reads
	case arrives, returns, confirms, assures:
		return identifies
	}
	return kind
}

// says is what an answer without end says of the request.
func (h *Harm) says() string {
	if h.name == "tells-same-block" {
		return "with ok and that the same block is wanted next"
	}
	return "and not with ok"
}

// leadsElsewhere reports whether a connection that breaks leads to another meter then.
func (g *gateway) leadsElsewhere() bool {
	for i := range g.harms {
		h := &g.harms[i]
		if h.name == "tells-another-serial" && (h.At == assures || h.At == arrives || h.At == returns) {
			return true
		}
	}
	return false
}
