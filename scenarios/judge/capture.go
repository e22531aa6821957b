package judge

import (
	"bytes"
	"fmt"

	"ionbench/scenarios/rig"
	"ionbench/simulator/bench"
	"ionbench/simulator/capture"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/serve"
)

// captureFile is the capture among the artifacts of a scenario that did not pass.
const captureFile = "line.pcapng"

// captures reports whether somebody may want to see what goes over the lines.
func (o *Options) captures() bool {
	return o.Artifacts != "" || o.Captured != nil || o.Told != nil || o.Watch != nil
}

func (o *Options) trace() rig.Trace {
	if o.captures() {
		return rig.WholeTrace
	}
	return rig.Events
}

// maxCaptured bounds the bytes from a program whose frames are captured: a program that sends
// valid frames for ever must not fill the memory. An image that fills the flash, sent three times,
// has less.
const maxCaptured = 16 << 20

// captured is how much of a scenario is captured. The station's owner uses it.
type captured struct {
	on    bool
	bytes int
}

// count counts bytes from the program, and ends the capture if it gets too large.
func (c *captured) count(s *bench.Station, n int) {
	if !c.on {
		return
	}
	if c.bytes += n; c.bytes > maxCaptured {
		c.on = false
		s.TraceFrames(false)
	}
}

// connection notes that a program has opened or closed its connection.
func (c *captured) connection(s *bench.Station, e serve.Event) {
	if c.on {
		rig.NoteConnection(s, e)
	}
}

// capture returns what went over the line of a scenario that did not pass, as a section of a
// capture; nil if that is not wanted.
func (p *player) capture(r *Result) (section []byte) {
	if v := r.Verdict(); v == "pass" || v == "skipped" || p.stand == nil || p.options.Artifacts == "" && p.options.Captured == nil {
		return nil
	}
	if err := contained(func() (err error) { section, err = p.section(r); return err }); err != nil {
		r.note("what went over its line is not captured: %v", err)
		return nil
	}
	if p.captured.bytes > maxCaptured {
		r.note("the program has sent more than %d bytes; the capture ends there", maxCaptured)
	}
	return section
}

func (p *player) section(r *Result) ([]byte, error) {
	m := &p.world.Meters[0]
	comment := fmt.Sprintf("%s: %s", r.name(), r.Scenario.Title)
	for _, more := range []string{p.scenario.Plans.String(), harmsText(p.scenario.everyHarm())} {
		if more != "" {
			comment += "\n" + more
		}
	}
	var b bytes.Buffer
	w, err := capture.New(&b, pcapng.Config{
		Program: p.options.JudgedBy, Comment: comment, Start: m.Clock,
		Lines: []pcapng.Line{{Name: "RS-485", Baud: m.Baud, TCP: p.target.Transport == rig.TCP, Meter: fmt.Sprintf("meter-%d", m.UnitID)}},
	})
	if err != nil {
		return nil, err
	}
	w.All(p.station.Trace(), 0) // bytes may take no time
	return b.Bytes(), w.Err()
}
