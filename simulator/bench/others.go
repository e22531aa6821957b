package bench

import (
	"fmt"
	"slices"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
	"ionbench/simulator/talker"
)

// Neighbour describes a further meter on the line.
type Neighbour struct {
	Meter meter.Config
	Baud  int // of its port; if it is not that of the line, the meter understands nothing
	// On and Off are when somebody switches it on, and off; 0 for never. One that is switched on first
	// has no power before. The line hears a frame that it is sending then to its end.
	On, Off time.Duration
}

// powered reports whether it has power at first.
func (n *Neighbour) powered() bool { return n.On == 0 || n.Off > 0 && n.Off < n.On }

// others are the stations on the line beside the meter that the host talks to and that the plan
// strikes. They hear what that meter hears, and each other.
type others struct {
	neighbours []neighbour
	talkers    []talker.Talker
	guests     []guest
	tx         []byte // scratch
}

type neighbour struct {
	meter   *meter.Meter
	baud    int
	harmed  bool          // as with Station
	dark    bool          // it had no power at first
	on, off time.Duration // when somebody switches it; 0 for not any more
	turns   int           // how often somebody has
}

// Places of stations in story.Event and in line.Senders: the meter is 0, then come the
// neighbours, the talkers of the world, and those of faults, which share the last places.
const (
	firstTalker  = ion.MaxStations
	struckTalker = 2 * ion.MaxStations
	struckPlaces = 64 - struckTalker
)

func senderOf(place int) line.Senders { return 1 << place }

func placeOfNeighbour(i int) int { return 1 + i }
func placeOfTalker(i int) int    { return firstTalker + i }

// placeOfStruck is the place of a talker that fault i of the plan has brought.
func placeOfStruck(i int) int { return struckTalker + i%struckPlaces }

// newOthers makes the other stations of a line; nil if there are none.
func newOthers(cfg *Config) (*others, error) {
	n := len(cfg.Neighbours) + len(cfg.Talkers)
	if n == 0 {
		return nil, nil
	}
	if 1+n > ion.MaxStations {
		return nil, fmt.Errorf("%d stations on a line: at most %d beside the host", 1+n, ion.MaxStations)
	}
	o := new(others)
	for _, c := range cfg.Neighbours {
		m, err := meter.New(c.Meter)
		if err != nil {
			return nil, fmt.Errorf("neighbour of unit %d: %w", c.Meter.UnitID, err)
		}
		o.neighbours = append(o.neighbours, neighbour{meter: m, baud: c.Baud, dark: !c.powered(), on: c.On, off: c.Off})
	}
	for _, c := range cfg.Talkers {
		if c.Every <= 0 {
			return nil, fmt.Errorf("a %v that talks every %v: say how often", c.Role, c.Every)
		}
		o.talkers = append(o.talkers, talker.New(c))
	}
	return o, nil
}

// Neighbours is the number of further meters on the line.
func (s *Station) Neighbours() int {
	if s.others == nil {
		return 0
	}
	return len(s.others.neighbours)
}

// Neighbour is a further meter on the line, to look at.
func (s *Station) Neighbour(i int) *meter.Meter { return s.others.neighbours[i].meter }

// Talkers are the stations that talk unasked, without those that faults have brought.
func (s *Station) Talkers() []talker.Config {
	if s.others == nil {
		return nil
	}
	list := make([]talker.Config, len(s.others.talkers))
	for i := range s.others.talkers {
		list[i] = s.others.talkers[i].Config()
	}
	return list
}

// SwitchNeighbour switches a further meter on the line on or off. What it has begun to send is still
// heard to its end.
func (s *Station) SwitchNeighbour(now time.Duration, i int, on bool) {
	s.Advance(now)
	switch m := s.Neighbour(i); {
	case on && m.State() == meter.Off:
		m.PowerOn(now)
	case !on:
		m.PowerOff(now)
	}
	s.afterNeighbour(now, i)
}

// OfLine reports that a kind of fault befalls the line, or the network that leads to it, and not a
// meter, its chip or its answers.
func OfLine(k fault.Kind) bool {
	switch k.Place() {
	case fault.PlaceLine, fault.PlaceIP, fault.PlacePhone:
		return true
	}
	return false
}

// Disturbed reports that a station may talk while the meter or the host does: one that talks
// unasked, or a meter of the same unit id.
func (s *Station) Disturbed() bool {
	if s.lastAtWork((*strike).talks) != nil {
		return true
	}
	return s.others != nil && (len(s.others.talkers)+len(s.others.guests) > 0 || s.others.twin(s.meter.Config().UnitID))
}

// addressed is the meter of the line that the host's last request was for: the first one, if it is none of the
// others. The blocks that triggers count are those of the line, whichever meter they are for.
func (s *Station) addressed() *meter.Meter {
	if s.others != nil && s.watch.asked && s.watch.unit != s.meter.Config().UnitID {
		for i := range s.others.neighbours {
			if m := s.others.neighbours[i].meter; m.Config().UnitID == s.watch.unit {
				return m
			}
		}
	}
	return s.meter
}

// twin reports whether a neighbour has this unit id.
func (o *others) twin(unit uint16) bool {
	return slices.ContainsFunc(o.neighbours, func(n neighbour) bool { return n.meter.Config().UnitID == unit })
}

// Alone takes all other stations off the line.
func (s *Station) Alone() { s.others = nil }

// TurnTo makes neighbour i the meter that the host talks to and that the plan strikes; the
// meter so far takes its place. What is on the line is lost. Faults of the meter so far come to
// their end, as if somebody had seen to it; those of the line go on.
func (s *Station) TurnTo(now time.Duration, i int) {
	s.Advance(now)
	s.endFaultsOfMeter(now)
	s.HostGone(now)
	s.dropHeld()
	n := &s.others.neighbours[i]
	if n.baud != 0 {
		own := s.line.Baud(line.FromMeter)
		s.line.SetBaud(line.FromMeter, n.baud)
		n.baud = own
	}
	s.meter, n.meter = n.meter, s.meter
	s.harmed, n.harmed = n.harmed, s.harmed
	s.watch.forgetHost()
	s.origin = s.here(now)
}

// Switched is how often somebody has switched neighbour i on or off.
func (s *Station) Switched(i int) int { return s.others.neighbours[i].turns }

// next is when one of the others wants to do something.
func (o *others) next() (at time.Duration) {
	at = never
	for i := range o.neighbours {
		n := &o.neighbours[i]
		if t, ok := n.meter.Next(); ok {
			at = min(at, t)
		}
		at = min(at, n.switched())
	}
	for i := range o.talkers {
		at = min(at, o.talkers[i].Next())
	}
	for i := range o.guests {
		g := &o.guests[i]
		at = min(at, g.nextOwn())
		if t, ok := g.host.Next(); ok {
			at = min(at, t)
		}
	}
	return at
}

// powerOn switches all neighbours on but those that have no power at first.
func (o *others) powerOn(now time.Duration) {
	for i := range o.neighbours {
		if !o.neighbours[i].dark {
			o.neighbours[i].meter.PowerOn(now)
		}
	}
}

// switched is when somebody switches a neighbour on or off next.
func (n *neighbour) switched() (at time.Duration) {
	at = never
	for _, t := range []time.Duration{n.on, n.off} {
		if t > 0 {
			at = min(at, t)
		}
	}
	return at
}

// turn does so.
func (n *neighbour) turn(now time.Duration) {
	if n.off > 0 && n.off <= now {
		n.off, n.turns = 0, n.turns+1
		n.meter.PowerOff(now)
	}
	if n.on > 0 && n.on <= now {
		n.on, n.turns = 0, n.turns+1
		n.meter.PowerOn(now)
	}
}

// runOthers does what is due at the other stations.
func (s *Station) runOthers(now time.Duration) {
	o := s.others
	for i := range o.neighbours {
		m := o.neighbours[i].meter
		o.neighbours[i].turn(now)
		if t, ok := m.Next(); ok && t <= now {
			m.Advance(now)
		}
		s.afterNeighbour(now, i)
	}
	for i := range o.talkers {
		if t := &o.talkers[i]; t.Next() <= now {
			s.speak(now, placeOfTalker(i), t)
		}
	}
	s.runGuests(now)
}

// afterNeighbour takes what a neighbour has to send. What it does is a part of the trace only if that
// is wanted.
func (s *Station) afterNeighbour(now time.Duration, i int) {
	o := s.others
	m := o.neighbours[i].meter
	for !m.Quiet() {
		if e, _ := m.NextEvent(); s.traceOthers {
			s.Note(story.Event{At: e.At, Source: story.Meter, Station: uint8(placeOfNeighbour(i)), What: story.OfMeter(&e)})
		}
	}
	if o.tx = m.Transmit(o.tx[:0]); len(o.tx) > 0 {
		s.join(now, placeOfNeighbour(i), o.tx)
	}
}

// speak lets a talker talk. One that is still sending waits for its next moment.
func (s *Station) speak(now time.Duration, place int, t *talker.Talker) {
	frame := t.Speak(now, nil)
	if !s.line.Sending(senderOf(place)) {
		s.join(now, place, frame)
	}
}

// beginTalk brings a station that begins to talk at once.
func beginTalk(role talker.Role) func(*Station, time.Duration, *strike) {
	return func(s *Station, now time.Duration, k *strike) {
		p := &k.fault.Parameters
		unit := p.Unit
		if unit == 0 {
			unit = s.meter.Config().UnitID
		}
		k.voice = talker.New(talker.Config{Role: role, Unit: unit, First: now, Every: p.By})
	}
}

func endTalk(*Station, time.Duration, *strike) {}

// talks reports whether the fault has brought a station that is there now.
func (k *strike) talks() bool { return k.active && k.effect.talks }

// talksNext reports whether that station talks once more before the fault's time is over.
func (k *strike) talksNext() bool { return k.talks() && (!k.timed || k.voice.Next() < k.until) }

// join puts a frame of another station on the line.
func (s *Station) join(now time.Duration, place int, frame ion.Wire) {
	if s.traceFrames {
		s.Note(story.Event{At: now, Source: story.Line, Station: uint8(place),
			What: story.FrameSent{Direction: line.FromMeter, Bytes: string(frame)}})
	}
	s.watch.joined++
	if place < firstTalker && frame.First() {
		s.watch.joinedReplies++
	}
	s.line.Join(now, senderOf(place), frame)
}

// overhear gives what was on the line to all stations but those of sent and the host.
func (s *Station) overhear(now time.Duration, sent line.Senders, p []byte) {
	if sent&line.TheMeter == 0 && s.silent == 0 {
		s.reachMeter(now, p)
	}
	if s.others == nil {
		return
	}
	var h ion.Heard
	h.Hear(p)
	for i := range s.others.neighbours {
		n := &s.others.neighbours[i]
		if sent&senderOf(placeOfNeighbour(i)) == 0 && n.baud == s.line.Baud(line.FromMeter) {
			n.meter.Overhear(now, &h)
			s.afterNeighbour(now, i)
		}
	}
	s.tellGuests(now, sent, p)
}

// declareOthers gives a copy other stations of its own, in the memory of the spent ones.
func (s *Station) declareOthers(w *machine.State, spent *others) {
	if !w.Has(s.others != nil) {
		return
	}
	if w.Copies() {
		s.others = s.others.copyTo(spent)
		return
	}
	machine.Each(w, s.others.neighbours, func(n *neighbour) {
		w.Int(n.baud)
		w.Bool(n.harmed && n.meter.Chip().Faulty())
		w.Deadline(n.on, n.on > 0)
		w.Deadline(n.off, n.off > 0)
		n.meter.Declare(w, n.meter)
	})
	machine.Each(w, s.others.talkers, func(t *talker.Talker) { t.Declare(w) })
	machine.Each(w, s.others.guests, func(g *guest) { g.declare(w, s) })
}

func (o *others) copyTo(c *others) *others {
	if c == nil {
		c = new(others)
	}
	for len(c.neighbours) < len(o.neighbours) {
		c.neighbours = append(c.neighbours, neighbour{meter: new(meter.Meter)})
	}
	c.neighbours = c.neighbours[:len(o.neighbours)]
	for i := range o.neighbours {
		own := c.neighbours[i].meter
		o.neighbours[i].meter.CopyTo(own)
		c.neighbours[i] = o.neighbours[i]
		c.neighbours[i].meter = own
	}
	c.talkers = append(c.talkers[:0], o.talkers...)
	c.guests = copyGuests(o.guests, c.guests)
	return c
}
