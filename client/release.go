package client

import (
	"fmt"
	"time"
)

// Release is a release of the vendor's tool, whose behaviour the upgrader follows.
type Release struct {
	Version string
	Build   int
	// Detects: the release recognises a meter whose upgrade failed, in Single ION device
	// configuration mode, and offers to recover it.
	Detects bool
}

// Release21 is the tool of the article's log: it detects nothing.
func Release21() Release { return Release{Version: "2.1", Build: 676} }

// Release22 is the release that the article is about: "The changes made to ION Setup in
// V2.2, build 716, detects if the device is in a failed upgrade state and prompts the user
// to recover the firmware upgrade."
func Release22() Release { return Release{Version: "2.2", Build: 716, Detects: true} }

// Releases returns the releases that the upgrader can follow.
func Releases() []Release { return []Release{Release21(), Release22()} }

// ParseRelease reads a release's version.
func ParseRelease(version string) (Release, error) {
	for _, r := range Releases() {
		if r.Version == version {
			return r, nil
		}
	}
	return Release{}, fmt.Errorf("unknown release %q: use 2.1 or 2.2", version)
}

// String returns the release as its log names it.
func (r Release) String() string {
	return fmt.Sprintf("Version %s (Build %d)", r.Version, r.Build)
}

// Timing says how long the tool waits.
type Timing struct {
	// Response is how long the tool waits for an answer, from the end of what it sent.
	// Documented for the public ION client: 10 s.
	Response time.Duration
	// Resends is how often a request is sent again; one more missing answer ends the run.
	// The article's log: 10.
	Resends int
	// Turnaround passes between a frame from the meter and the tool's next one.
	Turnaround time.Duration
	// Restart passes before a restarting meter is asked for the first time.
	// Assumption: 1 s.
	Restart time.Duration
	// Poll passes between two questions about work that takes the meter long. A restarting
	// meter gets that long for an answer.
	// Assumption: 1 s for the first and 2 s for the second.
	Poll time.Duration
	// Twin is how long the tool listens, once a meter has said who it is, for another one that
	// answers the same question, if Config.Listens.
	// Assumption: 400 ms; no RTS delay in the field is longer than another one by more than that.
	Twin time.Duration
}

// ArticleTurnaround is the only figure of the model that is calibrated instead of known: with
// it, the article's run lasts the seventy minutes that its log shows.
const ArticleTurnaround = 2600 * time.Microsecond

// DefaultTiming is the timing of the tool on the article's PC.
func DefaultTiming() Timing {
	return Timing{
		Response:   10 * time.Second,
		Resends:    10,
		Turnaround: ArticleTurnaround,
		Restart:    time.Second,
		Poll:       time.Second,
		Twin:       400 * time.Millisecond,
	}
}
