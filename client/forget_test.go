package client_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
)

// still is a tool at one instant.
type still struct {
	client.Upgrader
	now time.Duration
}

func TestAToolForgetsNothingOfItsState(t *testing.T) {
	journaling := deskConfig()
	journaling.Journal = true
	// at makes a tool of which so many events have been.
	at := func(events int, begin func() *desk) func() *still {
		return func() *still {
			d := begin()
			for range events {
				d.step(3 * time.Hour)
			}
			s := &still{now: d.now}
			d.u.CopyTo(&s.Upgrader)
			return s
		}
	}
	upgrade := func() *desk { return newDesk(t, journaling).start(client.TaskUpgrade) }
	windows := func() *desk {
		d := newDesk(t, journaling)
		d.choices[client.SetupAssistant] = client.Upgrade
		return d.start(client.TaskConnect)
	}
	silent := func() *desk {
		d := newDesk(t, journaling)
		d.tap = func(a *answer) []late {
			if a.op() == ion.OpBlock {
				return nil
			}
			return asIs(a)
		}
		return d.start(client.TaskUpgrade)
	}
	template := func() *desk {
		d := newDesk(t, deskConfig())
		d.template = new(dcf.File)
		for _, pair := range [][3]string{{"template", "name", "PLANT_A"}, {"pt-ct", "pt-primary", "480"}} {
			if err := d.template.Set(pair[0], pair[1], pair[2]); err != nil {
				t.Fatal(err)
			}
		}
		return d.start(client.TaskSendTemplate)
	}
	bases := map[string]func() *still{}
	for _, n := range []int{0, 9, 13, 30, 150} {
		bases[fmt.Sprintf("event %d of an upgrade", n)] = at(n, upgrade)
	}
	listens := func() *desk { return newDesk(t, listening()).start(client.TaskUpgrade) }
	bases["while it listens for another meter"] = at(2, listens)
	for _, n := range []int{17, 290} {
		bases[fmt.Sprintf("event %d of one through the windows", n)] = at(n, windows)
	}
	bases["a block that is not answered"] = at(172, silent)
	for _, n := range []int{5, 15} {
		bases[fmt.Sprintf("event %d of a template that is sent", n)] = at(n, template)
	}
	bases["after the first frame of an answer"] = func() *still {
		s := at(9, upgrade)()
		s.Receive(s.now, ion.AppendFrame(nil, ion.Frame{Source: 105, Destination: ion.HostAddress, Control: ion.FromMeter | ion.AckBit, Transaction: 0x41, Data: make([]byte, 20)}))
		return s
	}
	bases["in the middle of an answer"] = func() *still {
		s := at(9, upgrade)()
		s.Receive(s.now, []byte{0, 0, 0x14, 0xAC, 0x80, 60, 105, 0})
		return s
	}
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: bases,
		Copy: func(from, to *still) {
			to.now = from.now
			from.CopyTo(&to.Upgrader)
		},
		Declare: func(s *still, w *machine.State) { s.Declare(w, &s.Upgrader) },
		Now:     func(s *still) time.Duration { return s.now },
		Changes: map[string]func(s *still){
			"the revision of the firmware": func(s *still) {
				if f := s.Firmware(); f != nil {
					f.Revision += "x"
				}
			},
			"what is kept": func(s *still) { s.KeepAnother() },
		},
		Partly: map[string]machinetest.Part{
			"what is kept":                 {While: "there is a journal", Shows: 9},
			"the revision of the firmware": {While: "there is firmware", Shows: 11},
			"Upgrader.write[].value":       {While: "a value has one of them", Shows: 72},
			"Upgrader.exchange.assembler":  {While: "a message is under way", Shows: 219},
			"Upgrader.exchange.out":        {While: "a message is under way", Shows: 513},
			"Upgrader.exchange.decoder":    {While: "bytes wait for more", Shows: 40},
			"Upgrader.exchange.due":        {While: "something else comes before", Shows: 4},
			"Upgrader.exchange.wake":       {While: "it waits", Shows: 24},
			"Upgrader.transfer.crc":        {While: "there is firmware", Shows: 22},
			"Upgrader.wroteAt":             {While: "something was written", Shows: 2},
		},
		Idle: map[string]string{
			"Upgrader.credential":          "configuration",
			"Upgrader.device.UnitID":       "configuration",
			"Upgrader.device.Loader":       "read for the person alone",
			"Upgrader.device.BlockBytes":   "looked at when it was read",
			"Upgrader.device.Base":         "looked at when it was read",
			"Upgrader.device.Capacity":     "looked at when it was read",
			"Upgrader.events":              "what is told decides nothing",
			"Upgrader.told":                "what was told decides nothing",
			"Upgrader.write[].value.Items": "no setting is a list",
			"Upgrader.transfer.summed":     "a sum that was taken before",
		},
		Shared: map[string]string{
			"Upgrader.kept":     "a journal that was made or read is never written",
			"Upgrader.lists":    "never written",
			"Upgrader.rules":    "never written",
			"Upgrader.firmware": "a file that was read is never written",
			"Upgrader.write":    "made anew when it changes",
		},
		Rebuilt: map[string]string{
			"Upgrader.exchange.out.Message": "nobody sends a message that is over",
			"Upgrader.told":                 "a copy has only what was not told yet",
			"Upgrader.events":               "a copy has only what was not told yet",
		},
		Closed: map[string]string{
			"Upgrader.kept":     "never written once it is made; its sum is tested in package journal",
			"now":               "the instant, not the tool's",
			"Upgrader.cfg":      "configuration, the same in all that are compared",
			"Upgrader.lists":    "procedures, the same in all that are compared",
			"Upgrader.rules":    "decisions, the same in all that are compared",
			"Upgrader.firmware": "goes by its revision and CRC-32",
		},
	})
}

// atEnd is a session at one instant.
type atEnd struct {
	client.Session
	now time.Duration
}

func TestASessionForgetsNothingOfItsState(t *testing.T) {
	// when makes a session of an upgrade that has come so far.
	when := func(far func(d *desk) bool, logErr func(written int) error) func() *atEnd {
		return func() *atEnd {
			d := newDesk(t, deskConfig())
			d.s, d.logErr = client.NewSession(d.u, ion.AllGroups), logErr
			for d.start(client.TaskUpgrade); !far(d) && d.step(3*time.Hour); {
			}
			s := &atEnd{now: d.now}
			d.s.CopyTo(&s.Session)
			return s
		}
	}
	machinetest.EveryField(t, machinetest.Subject[atEnd]{
		Bases: map[string]func() *atEnd{
			"begun":                 when(func(d *desk) bool { return len(d.log) > 0 }, nil),
			"has ended":             when(func(d *desk) bool { return d.s.Done() }, nil),
			"went on without a log": when(func(d *desk) bool { return len(d.warnings) > 0 }, failing(8)),
		},
		Copy: func(from, to *atEnd) {
			to.now = from.now
			from.CopyTo(&to.Session)
		},
		Changes: map[string]func(s *atEnd){"the upgrader": func(s *atEnd) { s.Disturb() }},
		Declare: func(s *atEnd, w *machine.State) { s.Declare(w) },
		Now:     func(s *atEnd) time.Duration { return s.now },
		Shared: map[string]string{
			"Session.end":    "how it ended does not change any more",
			"Session.logErr": "why the log failed does not change any more",
		},
		Closed: map[string]string{
			"now":              "the instant, not the session's",
			"Session.upgrader": "see TestAToolForgetsNothingOfItsState",
		},
		Elsewhere: map[string]string{"(*Upgrader).declare": "TestAToolForgetsNothingOfItsState"},
	})
}
