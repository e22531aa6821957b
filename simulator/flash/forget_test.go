package flash

import (
	"slices"
	"testing"

	"ionbench/simulator/machine"
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
			"about to lose its power": chip(func(c *Chip) { c.CutAt(c.Ops()+2, After, 1, 1) }),
			"about to be torn":        chip(func(c *Chip) { c.CutAt(c.Ops()+2, Torn, 1, 1) }),
			"harmed": chip(func(c *Chip) {
				c.StickBit(at, 1, true)
				c.FailErase(2)
				c.FailProgram(at + 9)
				c.FailAt(c.Ops() + 2)
				c.LieAt(c.Ops() + 3)
				c.MakeMarginal(at+1, 1)
			}),
		},
		Copy:    (*Chip).CopyTo,
		Declare: func(c *Chip, w *machine.State) { c.Declare(w, c) },
		Changes: map[string]func(c *Chip){
			"the place of a page": func(c *Chip) {
				i := slices.IndexFunc(c.pages, func(p *page) bool { return p != nil })
				c.pages[i-1], c.pages[i] = c.pages[i], c.pages[i-1]
			},
			"the content of a page": func(c *Chip) { must(t, c.Program(at+100, []byte{0})) },
		},
		Partly: map[string]machinetest.Part{
			"pages": {While: "the last one is not erased", Shows: 4},
			"trap":  {While: "it is set", Shows: 14},
			"ops":   {While: "something waits for an operation", Shows: 6},
		},
		Idle: map[string]string{
			"pageBytes":                "follows from the geometry",
			"geometry.EraseTime":       "configuration: the meter keeps the times",
			"geometry.ByteProgramTime": "configuration: the meter keeps the times",
			"dirty":                    "what a state file has still to be given decides nothing",
			"spare":                    "memory for pages to come",
			"summed":                   "a sum that was taken before",
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
			"owner":   "it has nothing in it",
			"pages[]": "cells go by digests, which TestStateTellsApartWhatHasAnotherFuture looks at",
			"blank":   "never written",
		},
	})
}
