package rig

import (
	"slices"

	"ionbench/client/locks"
	"ionbench/scenarios/truth"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
)

// company is what tools that are at work at the same time have in common: the computers, and
// whose settings the meters should have. A tool has it for as long as it does something, and
// nobody makes a copy of a rig meanwhile. For a tool that is alone it is nil, and nothing is to
// be done.
type company struct {
	pcs     []computer
	full    []int                  // disk-fulls that last now, by PC
	owners  map[int]owner          // by meter of the world
	tools   []*tool                // that have begun
	rivals  map[*tool][]*tool      // of each, those on its meter that were at work when it was
	place   map[*tool]member       // of each
	changed map[int]ion.SettingSet // by meter: see written
	mixes   map[*tool]bool         // in whose log somebody else wrote meanwhile
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
	by.Own |= c.ownOfOthers(t)
	for _, other := range c.tools {
		if other != t && c.place[other].meter == c.place[t].meter {
			by.Older = by.Older || other.author.Older
		}
	}
	return by
}

// ownOfOthers are the settings that people write into the meter of t with other tools.
func (c *company) ownOfOthers(t *tool) ion.SettingSet {
	var set ion.SettingSet
	for _, other := range c.tools {
		if other != t && c.place[other].meter == c.place[t].meter {
			set |= other.author.Own
		}
	}
	return set
}

// contested reports whether another tool has changed the meter of t, or begun to, while it was at
// work.
func (c *company) contested(t *tool) bool {
	if c == nil {
		return false
	}
	return slices.ContainsFunc(c.rivals[t], func(o *tool) bool { return o.changes })
}

// written notes of which settings somebody has written another value, while several tools are at
// work: what one of them has read before is not the truth any more.
func (c *company) written(t *tool, before *truth.Ledger) {
	if c == nil || !c.shares(t) {
		return
	}
	was, is := before.Settings(), t.truth.Settings()
	set := c.changed[c.place[t].meter]
	for i := range was.Values {
		if !was.Values[i].Equal(is.Values[i]) {
			set = set.With(i)
		}
	}
	if was.Template != is.Template {
		set = set.With(ion.TemplateName)
	}
	c.changed[c.place[t].meter] = set
}

// shares reports whether another tool talks to the meter of t at the same time.
func (c *company) shares(t *tool) bool { return c != nil && len(c.rivals[t]) > 0 }

// taken notes of the other tools that have the folder of t what they do not find there any more, since t
// has changed a journal.
func (c *company) taken(t *tool, gone ion.SettingSet) {
	for _, o := range c.rivals[t] {
		if o.acts.open == nil || c.place[o].pc != c.place[t].pc || o.of.Folder != t.of.Folder {
			continue
		}
		left := *o.acts.open
		left.copied &^= gone
		o.acts.open = left.sealed()
	}
}

// leftTo notes of the other tools on the meter of t what they need not keep, since t tells its application
// to leave.
func (c *company) leftTo(t *tool, kept ion.SettingSet) {
	for _, o := range c.rivals[t] {
		if o.acts.open != nil {
			left := *o.acts.open
			left.anywhere &= kept
			o.acts.open = left.sealed()
		}
	}
}

// wrote notes a line in the log of a tool: of the tools that write to one log at the same time
// none has it for itself. One between two of its upgrades has no line there that another could part.
func (c *company) wrote(t *tool) {
	if c == nil {
		return
	}
	for _, o := range c.tools {
		if o != t && !o.Done() && o.written.unfinished() && o.logName == t.logName && c.place[o].pc == c.place[t].pc {
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
	for _, o := range c.tools {
		if !o.Done() && c.place[o].meter == m.meter {
			c.rivals[t], c.rivals[o] = append(c.rivals[t], o), append(c.rivals[o], t)
		}
	}
	c.tools, c.place[t] = append(c.tools, t), m
	t.pc.full = c.full[m.pc]
}

// gather is what the tools of several attempts have in common.
func (r *Rig) gather(attempts []world.Attempt) *company {
	c := &company{pcs: slices.Clone(r.pcs), full: make([]int, len(r.pcs)), owners: map[int]owner{}, place: map[*tool]member{}, mixes: map[*tool]bool{}, rivals: map[*tool][]*tool{}, changed: map[int]ion.SettingSet{}}
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
