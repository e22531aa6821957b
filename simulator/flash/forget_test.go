package flash

import (
	"testing"

	"ionbench/simulator/machine/machinetest"
)

func TestAChipForgetsNothingOfItsState(t *testing.T) {
	at := uint32(small.SectorBytes)
	chip := func(change func(c *Chip)) func() *Chip {
		return func() *Chip {
			c := newChip(t, small)
			must(t, c.Program(at, []byte{1}))
			change(c)
			return c
		}
	}
	machinetest.EveryField(t, machinetest.Subject[Chip]{
		Bases: map[string]func() *Chip{
			"healthy":                 chip(func(*Chip) {}),
			"about to lose its power": chip(func(c *Chip) { c.CutAt(c.Ops()+2, Torn, 1, 1) }),
			"harmed": chip(func(c *Chip) {
				c.StickBit(at, 1, true)
				c.FailErase(2)
				c.FailProgram(at + 9)
				c.FailAt(c.Ops() + 2)
				c.LieAt(c.Ops() + 3)
				c.MakeMarginal(at+1, 1)
			}),
		},
		Copy:  (*Chip).CopyTo,
		State: func(c *Chip) []byte { return c.AppendState(nil) },
		Idle: map[string]string{
			"pageBytes":                "follows from the geometry",
			"geometry.EraseTime":       "configuration: the meter keeps the times",
			"geometry.ByteProgramTime": "configuration: the meter keeps the times",
			"dirty":                    "what a state file has still to be given decides nothing",
			"spare":                    "memory for pages to come",
			"summed":                   "a sum that was taken before",
			"pages":                    "as many as the geometry has",
		},
		Shared: map[string]string{
			"harms":   "replaced when it changes, never written",
			"blank":   "never written",
			"pages[]": "a page is written by its owner alone, and after a copy it has none",
		},
		Rebuilt: map[string]string{
			"spare": "each has its own",
			"owner": "after a copy the pages belong to nobody",
		},
		Closed: map[string]string{
			"pages[]": "cells go by digests, which TestStateTellsApartWhatHasAnotherFuture looks at",
			"blank":   "never written",
		},
	})
}
