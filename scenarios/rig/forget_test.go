package rig

import (
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/machine/machinetest"
	"ionbench/simulator/modem"
)

// still is a tool at one instant.
type still struct {
	tool
	now time.Duration
}

func TestThePCAndItsDiskForgetNothingOfTheirState(t *testing.T) {
	// at makes a tool that has done that many steps of an attempt.
	number := ""
	at := func(steps int, bugs bool, plan string) func() *still {
		number := number
		return func() *still {
			r, err := New(&world.World{Meters: []world.Meter{{Phone: number}}, Firmware: []world.Firmware{{Blocks: 3}}}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			faults, err := fault.Parse(plan)
			if err != nil {
				t.Fatal(err)
			}
			a := world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade, Journal: true}, Plan: faults}
			if err := r.Begin(&a); err != nil {
				t.Fatal(err)
			}
			if bugs {
				r.careless()
			}
			for range steps {
				r.Bench().Step()
			}
			s := &still{now: r.Now(), tool: tool{session: new(client.Session)}}
			s.tool = *r.Bench().Host().CloneHost(&s.tool).(*tool)
			return s
		}
	}
	bases := map[string]func() *still{
		"begun":     at(3, false, ""), // none of them clears the flash: from then on the counts are the session's
		"under way": at(24, false, "disk-full at block 1"),
		"careless":  at(24, true, ""),
	}
	number = modem.DefaultNumber
	bases["dialling"] = at(5, false, "")
	bases["dialling again"] = at(24, false, "carrier-lost at reply 2")
	machinetest.EveryField(t, machinetest.Subject[still]{
		Bases: bases,
		Copy: func(from, to *still) {
			to.now = from.now
			if to.session == nil {
				to.session = new(client.Session)
			}
			from.CloneHost(&to.tool)
		},
		Changes: map[string]func(s *still){
			"the session": func(s *still) { s.session.Quit() },
			"the call": func(s *still) {
				if s.phone == nil {
					s.phone = newTelephone(modem.DefaultNumber, true)
				}
				s.phone.call.Lose()
			},
			"the truth":        func(s *still) { s.truth = truth.Begin(s.truth.Settings(), ion.Marks{Reset: 1}) },
			"how an act began": func(s *still) { began := *s.acts.open; began.print[0]++; s.acts.open = &began },
		},
		Declare: func(s *still, w *machine.State) { s.declare(w, &s.tool) },
		Now:     func(s *still) time.Duration { return s.now },
		Partly: map[string]machinetest.Part{
			"tool.phone.since": {While: "there is no call", Shows: 2},
		},
		Idle: map[string]string{
			"tool.claim":              "how it ended, for the outcome",
			"tool.device":             "what the session knows, for the outcome",
			"tool.doing":              "what the session does, for those who look",
			"tool.disk.Log":           "what was written decides nothing",
			"tool.disk.log":           "the tool writes to its own",
			"tool.disk.logs":          "what was written decides nothing",
			"tool.disk.locks":         "of this process alone, which has what it asked for",
			"tool.logName":            "follows from the book",
			"tool.book.Name":          "the same in all that are compared",
			"tool.before":             "what was written decides nothing",
			"tool.process":            "of this process alone, which has what it asked for",
			"tool.book.waiting":       "what is to be written decides nothing",
			"tool.prompts":            "what was shown decides nothing",
			"tool.written":            "what was written decides nothing",
			"tool.unsaid":             "what was not written decides nothing",
			"tool.heldLog":            "it ends in the log",
			"tool.heldJournal.folder": "the same in all that are compared",
			"tool.heldJournal.name":   "stands in the file",
			"tool.phone.answer":       "OK, whenever a number is dialled",
			"tool.pending":            "what is told decides nothing",
			"tool.pc.things.calendar": "no more than the stamps of the log go by it",
			"tool.trace":              "a trace decides nothing",
			"tool.acts.done":          "what was done decides nothing",
			"tool.acts.due":           "taken before anything else happens",
		},
		Shared: map[string]string{
			"tool.of":                  "not changed once it is begun",
			"tool.disk.Log":            "replaced, never written to",
			"tool.disk.journals":       "a file is replaced, not written to",
			"tool.heldJournal.journal": "never changed",
			"tool.disk.logs":           "what was written stays as it is",
			"tool.disk.locks":          "who has a lock stays as it is",
			"tool.before":              "what was written stays as it is",
			"tool.book.waiting":        "a line stays as it is",
			"tool.prompts":             "what was shown stays as it is",
			"tool.written":             "never changes",
			"tool.truth":               "never changed",
			"tool.around":              "never changed",
			"tool.acts.open":           "not changed once it is begun",
			"tool.acts.done":           "what was done stays as it is",
			"tool.acts.due":            "empty between two steps",
			"tool.heldLog":             "a line stays as it is",
		},
		Clipped: map[string]string{
			"tool.disk.journals": "both go on with it",
			"tool.book.waiting":  "both go on with it",
			"tool.prompts":       "both go on with it",
			"tool.heldLog":       "both go on with it",
		},
		Closed: map[string]string{
			"tool.disk.journals[].journal": "what its file says",
			"tool.heldJournal.journal":     "what its file says",
			"now":                          "the instant, not the tool's",
			"tool.session":                 "see package client",
			"tool.phone.call":              "see package phone",
			"tool.settings":                "what was read, for the outcome",
			"tool.of":                      "the same in all that are compared",
			"tool.around":                  "the same in all that are compared",
			"tool.truth":                   "see package truth",
			"tool.acts.open":               "its print stands for it",
			"tool.heldLog[].Time":          "of the calendar",
			"tool.careless":                "planted, the same in all that are compared",
			"tool.changes":                 "as with those that it is not alone with",
			"tool.seat":                    "the same in all that are compared",
			"tool.with":                    "no copy is made while other tools are at work",
		},
	})
}
