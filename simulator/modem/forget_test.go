package modem

import (
	"testing"
	"time"

	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// still is a modem at one instant.
type still struct {
	Modem
	now time.Duration
}

func TestAModemForgetsNothingOfItsState(t *testing.T) {
	at := func(do func(d *desk)) func() *still {
		return func() *still {
			d := newDesk(t, nil)
			do(d)
			s := &still{now: d.now}
			d.CopyTo(&s.Modem)
			return s
		}
	}
	talks := func(d *desk) {
		d.says("ATE0DT5550105\r", time.Minute)
		d.FromLine(d.now, []byte("good day"))
		d.FromHost(d.now, []byte("hello"))
		d.said, d.sent = append(d.said, "x"...), append(d.sent, "y"...)
	}
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: map[string]func() *still{
			"typing":  at(func(d *desk) { d.FromHost(d.now, []byte("AT\rATE0")) }),
			"dialled": at(func(d *desk) { d.says("ATDT5550105\r", 50*time.Millisecond) }),
			"ringing": at(func(d *desk) { d.says("ATDT5550105\r", 10*time.Second) }),
			"talking": at(talks),
			"escaping": at(func(d *desk) {
				talks(d)
				d.passes(2 * time.Second)
				d.says("+++", 500*time.Millisecond)
			}),
			"losing": at(func(d *desk) { talks(d); d.Lose(d.now) }),
		},
		Copy: func(from, to *still) {
			to.now = from.now
			from.CopyTo(&to.Modem)
		},
		Declare: func(s *still, w *machine.State) { s.Declare(w, &s.Modem) },
		Now:     func(s *still) time.Duration { return s.now },
		Partly: map[string]machinetest.Part{
			"Modem.call.at":      {While: "the phase ends by itself", Shows: 6},
			"Modem.call.begun":   {While: "characters do not end the call yet", Shows: 2},
			"Modem.call.number":  {While: "it is not connected", Shows: 2},
			"Modem.call.until":   {While: "the number is complete", Shows: 2},
			"Modem.call.vain":    {While: "it is not connected", Shows: 2},
			"Modem.escape.armed": {While: "online", Shows: 3},
			"Modem.escape.at":    {While: "the characters are complete", Shows: 2},
			"Modem.escape.count": {While: "online", Shows: 6},
			"Modem.escape.heard": {While: "online, and not long ago", Shows: 6},
		},
		Idle: map[string]string{
			"Modem.config.Number": "its digits are the number",
		},
		Clipped: map[string]string{"Modem.events": "both go on with them"},
		Shared:  map[string]string{"Modem.events": "what was told stays as it is"},
		Closed: map[string]string{
			"now":          "the instant, not the modem's",
			"Modem.events": "what is told decides nothing",
		},
	})
}
