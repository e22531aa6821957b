package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/simulator/meter"
)

// Unpaced is the pace of a line whose bytes take no time. A host with another rate than the
// line's is garbled all the same.
const Unpaced = -1

// maxPace keeps the time of a byte above a nanosecond.
const maxPace = 10_000

// scaleOf is the factor of a pace: 0 for one without time.
func scaleOf(pace int) int {
	switch pace {
	case 0:
		return 1
	case Unpaced:
		return 0
	}
	return pace
}

// AtPace is the same station with bytes, chip and meter that many times faster. 0 is 1; Unpaced
// takes their time away.
func (c Config) AtPace(pace int) Config {
	scale := scaleOf(pace)
	c.Pace = pace
	c.Meter = atScale(c.Meter, scale)
	if c.Modem != nil {
		m := *c.Modem
		m.Timing.Pace = scale
		c.Modem = &m
	}
	c.Neighbours = slices.Clone(c.Neighbours)
	for i := range c.Neighbours {
		c.Neighbours[i].Meter = atScale(c.Neighbours[i].Meter, scale)
	}
	return c
}

func atScale(c meter.Config, scale int) meter.Config {
	c.Timing = c.Timing.Scale(scale)
	c.Geometry = meter.ScaleGeometry(c.Geometry, scale)
	return c
}

// ParsePace reads a pace: "baud" is 1, "off" is Unpaced, a number is a factor.
func ParsePace(text string) (int, error) {
	switch text {
	case "baud":
		return 1, nil
	case "off":
		return Unpaced, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "x"))
	if err != nil || n < 1 || n > maxPace {
		return 0, fmt.Errorf("%q is no pace; use baud, off, or 1 to %d: so many times faster", text, maxPace)
	}
	return n, nil
}

// FormatPace writes a pace as ParsePace reads it.
func FormatPace(pace int) string {
	switch pace {
	case 1:
		return "baud"
	case Unpaced:
		return "off"
	}
	return strconv.Itoa(pace)
}

// SetPace makes the bytes, the chip and the meter of a station at its own pace that many times
// faster from now on, as Config.AtPace does: such as for people, after what happened in virtual
// time. 0 is 1, Unpaced takes their time away.
func (s *Station) SetPace(now time.Duration, pace int) {
	s.Advance(now)
	scale := scaleOf(pace)
	if scale == 1 {
		return
	}
	s.line.SetPace(scale)
	s.meter.SetPace(scale)
	if s.modem != nil {
		s.modem.SetPace(scale)
	}
	if s.others != nil {
		for i := range s.others.neighbours {
			s.others.neighbours[i].meter.SetPace(scale)
		}
	}
}
