package rig

import (
	"slices"

	"ionbench/client/locks"
	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
)

// company is what tools that are at work at the same time have in common: the computers, and
// whose settings the meters should have. A tool has it for as long as it does something, and
// nobody makes a copy of a rig meanwhile. For a tool that is alone it is nil, and nothing is to
// be done.
type company struct {
	pcs    []computer
	full   []int            // disk-fulls that last now, by PC
	owners map[int]owner    // by meter of the world
	tools  []*tool          // that have begun
	place  map[*tool]member // of each
	mixes  map[*tool]bool   // in whose log somebody else wrote meanwhile
}

// member says of a tool on which PC it runs, and to which meter it talks.
type member struct{ pc, meter int }

// lend gives a tool what others have made of the things that it shares with them.
func (c *company) lend(t *tool) {
	if c == nil {
		return
	}
	m := c.place[t]
	pc := &c.pcs[m.pc]
	t.disk, t.pc.things, t.pc.full = pc.disk, pc.things, c.full[m.pc]
	t.truth = c.owners[m.meter].truth
}

// takeBack takes what a tool has made of them.
func (c *company) takeBack(t *tool) {
	if c == nil {
		return
	}
	m := c.place[t]
	c.pcs[m.pc], c.full[m.pc] = computer{t.disk, t.pc.things}, t.pc.full
	o := c.owners[m.meter]
	o.truth = t.truth
	c.owners[m.meter] = o
}

// author says whose writes a meter carries out now: where several tools write, anybody's.
func (c *company) author(t *tool) truth.Author {
	by := t.author
	if c == nil {
		return by
	}
	for _, other := range c.tools {
		if other != t && c.place[other].meter == c.place[t].meter {
			by.Own |= other.author.Own
			by.Older = by.Older || other.author.Older
		}
	}
	return by
}

// contested reports whether another tool has been at work on the meter of t at the same time.
func (c *company) contested(t *tool) bool {
	if c == nil {
		return false
	}
	return slices.ContainsFunc(c.tools, func(o *tool) bool { return o != t && c.place[o].meter == c.place[t].meter })
}

// wrote notes a line in the log of a tool: of the tools that write to one log at the same time
// none has it for itself.
func (c *company) wrote(t *tool) {
	if c == nil {
		return
	}
	for _, o := range c.tools {
		if o != t && !o.Done() && o.written != nil && o.logName == t.logName && c.place[o].pc == c.place[t].pc {
			c.mixes[o], c.mixes[t] = true, true
		}
	}
}

// mixed reports whether somebody else wrote into the log of a tool while it did.
func (c *company) mixed(t *tool) bool { return c != nil && c.mixes[t] }

// heldByAnother reports whether another process of the PC has the meter of a tool.
func (c *company) heldByAnother(t *tool) bool {
	if c == nil {
		return false
	}
	name := locks.OfMeter(identityOf(t.around.said))
	return slices.ContainsFunc(t.disk.locks, func(l lock) bool { return l.name == name && l.by != t.process.By })
}

// elsewhere are the journals on all PCs but that of the tool.
func (t *tool) elsewhere() []kept {
	if t.with == nil {
		return t.around.elsewhere
	}
	var list []kept
	for i := range t.with.pcs {
		if i != t.with.place[t].pc {
			list = append(list, t.with.pcs[i].disk.journals...)
		}
	}
	return list
}

// join adds a tool that begins.
func (c *company) join(t *tool, m member) {
	if c == nil {
		return
	}
	c.tools, c.place[t] = append(c.tools, t), m
	t.pc.full = c.full[m.pc]
}

// gather is what the tools of several attempts have in common.
func (r *Rig) gather(attempts []world.Attempt) *company {
	c := &company{pcs: slices.Clone(r.pcs), full: make([]int, len(r.pcs)), owners: map[int]owner{}, place: map[*tool]member{}, mixes: map[*tool]bool{}}
	for i := range attempts {
		at := r.world.PlaceOf(&attempts[i])
		c.owners[at] = r.ownerOf(at)
	}
	return c
}

// ownerOf is what is known of a meter of the world.
func (r *Rig) ownerOf(meter int) owner {
	if meter == r.asks {
		return owner{r.first, r.truth, r.author}
	}
	return r.others.owners[meter]
}
