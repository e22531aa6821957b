package client_test

import (
	"fmt"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
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
	for _, n := range []int{17, 290} {
		bases[fmt.Sprintf("event %d of one through the windows", n)] = at(n, windows)
	}
	bases["a block that is not answered"] = at(172, silent)
	for _, n := range []int{5, 15} {
		bases[fmt.Sprintf("event %d of a template that is sent", n)] = at(n, template)
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
		State: func(s *still) []byte { return s.AppendState(nil, s.now) },
		Idle: map[string]string{
			"Upgrader.credential":        "configuration",
			"Upgrader.device.UnitID":     "configuration",
			"Upgrader.device.Loader":     "read for the person alone",
			"Upgrader.device.BlockBytes": "looked at when it was read",
			"Upgrader.device.Base":       "looked at when it was read",
			"Upgrader.device.Capacity":   "looked at when it was read",
			"Upgrader.journal.Revision":  "for the file, which whoever keeps it declares",
			"Upgrader.journal.Saved":     "for the file, which whoever keeps it declares",
			"Upgrader.journal.UnitID":    "for the file, which whoever keeps it declares",
			"Upgrader.told":              "what was told decides nothing",
			"Upgrader.transfer.summed":   "a sum that was taken before",
		},
		Shared: map[string]string{
			"Upgrader.lists":    "never written",
			"Upgrader.rules":    "never written",
			"Upgrader.firmware": "a file that was read is never written",
			"Upgrader.backup":   "settings that were read are never written",
			"Upgrader.journal":  "a journal that was made or read is never written",
			"Upgrader.write":    "made anew when it changes",
		},
		Rebuilt: map[string]string{
			"Upgrader.exchange.out.Message": "nobody sends a message that is over",
			"Upgrader.told":                 "a copy has only what was not told yet",
			"Upgrader.events":               "a copy has only what was not told yet",
		},
		Closed: map[string]string{
			"now":               "the instant, not the tool's",
			"Upgrader.cfg":      "configuration, the same in all that are compared",
			"Upgrader.lists":    "procedures, the same in all that are compared",
			"Upgrader.rules":    "decisions, the same in all that are compared",
			"Upgrader.firmware": "goes by its revision and CRC-32",
		},
	})
}
