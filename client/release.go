package client

import (
	"fmt"
	"time"
)

// Release is a release of the vendor's tool whose ways the upgrader follows.
type Release struct {
	Version string
	Build   int
	// Detects: recognises a meter whose upgrade failed, in Single ION device
	// configuration mode, and offers to recover it.
	Detects bool
}

// Release21 is the tool of the article's log: it detects nothing.
func Release21() Release { return Release{Version: "2.1", Build: 676} }

// Release22 is the release that the article is about: "The changes made to ION Setup in
// V2.2, build 716, detects if the device is in a failed upgrade state and prompts the user
// to recover the firmware upgrade."
func Release22() Release { return Release{Version: "2.2", Build: 716, Detects: true} }

// Releases are those that the upgrader can follow.
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

// String is the release as its log names it.
func (r Release) String() string {
	return fmt.Sprintf("Version %s (Build %d)", r.Version, r.Build)
}

// Timing is how the tool waits.
type Timing struct {
	// Response is how long an answer is waited for, from the end of what was sent.
	// Documented for the public ION client: 10 s.
	Response time.Duration
	// Resends is how often a request is sent again; one more missing answer ends the run.
	// The article's log: 10.
	Resends int
	// Turnaround passes between a frame from the meter and the tool's next one.
	Turnaround time.Duration
	// Restart passes before a meter that restarts is asked for the first time.
	// Assumption: 1 s.
	Restart time.Duration
	// Poll passes between two questions about work that takes the meter long, and is how
	// long a meter that restarts is given for an answer.
	// Assumption: 1 s and twice that.
	Poll time.Duration
}

// ArticleTurnaround is the one figure of the model that is calibrated and not known: with
// it, the run of the article lasts the seventy minutes that its log shows.
const ArticleTurnaround = 2600 * time.Microsecond

// DefaultTiming is that of the tool on the PC of the article.
func DefaultTiming() Timing {
	return Timing{
		Response:   10 * time.Second,
		Resends:    10,
		Turnaround: ArticleTurnaround,
		Restart:    time.Second,
		Poll:       time.Second,
	}
}
