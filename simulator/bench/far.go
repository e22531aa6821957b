package bench

import (
	"errors"
	"fmt"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/line"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
)

// far is the meter's end of a station that has no meter of its own: the real one is behind a
// port, as with a proxy. What arrives there is for that port, and what comes from it goes on the
// line as if the station's meter had sent it.
type far struct {
	out    []byte        // for the port
	held   []byte        // the beginning of a frame from it whose rest has not come yet
	heldAt time.Duration // when its last byte came
	// through is how many bytes of the frame that is held are on the line already, by direction.
	through [2]int
}

// NewFar makes a station whose meter is elsewhere: behind a port of the caller's, who gives what
// comes from there to FromFar and takes what is for there with TakeFar. Its faults are those of
// the line, of the answers and of the connection, with the triggers that can be seen on a line.
// Without a plan every byte goes through as it comes. With one a frame waits until it is whole,
// for what strikes it must be known before it begins; so it is late by the time that its own
// bytes take.
//
// Of the config, Meter is not used, and there are no neighbours. The bytes of the line take no
// time: they have taken it on the real one.
func NewFar(cfg Config) (*Station, error) {
	if len(cfg.Neighbours)+len(cfg.Talkers) > 0 {
		return nil, errors.New("a far meter has the stations of its own line, and no others")
	}
	plan := cfg.Plan
	cfg.Meter, cfg.Pace, cfg.Plan = nobody(), Unpaced, nil
	s, err := NewStation(cfg)
	if err != nil {
		return nil, err
	}
	s.far = new(far)
	return s, s.SetPlan(plan)
}

// nobody is a meter that is never switched on. It stands where a station keeps its own.
func nobody() meter.Config {
	return meter.Config{
		Model: meter.ION7350, SerialNumber: "none", UnitID: 1, Password: "0",
		Firmware: meter.Firmware{Revision: "7350V000", Image: []byte{0}},
		Geometry: flash.Geometry{Sectors: 3, Protected: 1, SectorBytes: 256},
	}
}

// Far reports that the meter is elsewhere.
func (s *Station) Far() bool { return s.far != nil }

// Plays says why faults of a kind cannot befall this station; nil if they can.
func (s *Station) Plays(k fault.Kind) error {
	if k.ByPhone() && s.modem == nil {
		return fmt.Errorf("%v befalls a call over the telephone network, and no modem is here; add one (ionsim --modem, or phone of a world's meter), or take a fault of the line", k)
	}
	if s.far == nil {
		return nil
	}
	switch k.Place() {
	case fault.PlaceMeter, fault.PlaceChip:
		return fmt.Errorf("%v befalls the meter itself, and this one is real: only faults of the line, of answers and of the connection can be played", k)
	case fault.PlaceHost:
		return fmt.Errorf("%v befalls the upgrader, and this is the line", k)
	}
	return nil
}

// checkFar says why a fault cannot befall a station whose meter is elsewhere.
func (s *Station) checkFar(f fault.Fault) error {
	if err := s.Plays(f.Kind); err != nil {
		return err
	}
	if u := f.Trigger.Unit; s.far != nil && (u == fault.AtFlashOp || u == fault.AtState) {
		return fmt.Errorf("fault %v: `at %v` is inside the meter, which is real: a proxy sees blocks, frames, bytes, answers and the time", f, u)
	}
	return nil
}

// FromFar takes what has come from the far port.
func (s *Station) FromFar(now time.Duration, p []byte) {
	s.Advance(now)
	f := s.far
	f.held = append(f.held, p...)
	f.heldAt = now
	n := s.sendWhole(now, line.FromMeter, f.held)
	f.held = append(f.held[:0], f.held[n:]...)
	s.hurry(now, line.FromMeter, f.held)
	s.carryOn(now)
}

// carryOn delivers what takes no time on the line of a far meter, so that it needs no turn of its own.
func (s *Station) carryOn(now time.Duration) {
	if s.far != nil {
		s.Advance(now)
	}
}

// TakeFar appends what is for the far port to dst.
func (s *Station) TakeFar(dst []byte) []byte {
	dst = append(dst, s.far.out...)
	s.far.out = s.far.out[:0]
	return dst
}

// FarGone says that the connection to the far port has ended. A frame that it had begun stays a
// fragment, and what was for it is lost.
func (s *Station) FarGone(now time.Duration) {
	s.Advance(now)
	s.far.held, s.far.out = s.far.held[:0], s.far.out[:0]
	s.far.through[line.FromMeter] = 0
}

// hurry puts the beginning of a frame on the line, unless a plan may have something to do with
// the frame.
func (s *Station) hurry(now time.Duration, d line.Direction, held []byte) {
	if s.far == nil || len(s.plan) > 0 {
		return
	}
	s.send(now, d, held[s.far.through[d]:])
	s.far.through[d] = len(held)
}

// unsent is p without what of it is on the line already.
func (s *Station) unsent(d line.Direction, p []byte) []byte {
	if s.far == nil {
		return p
	}
	n := min(len(p), s.far.through[d])
	s.far.through[d] -= n
	return p[n:]
}

// begun reports that a frame is on the line in part. No fault of frames or answers strikes it any
// more.
func (s *Station) begun(d line.Direction) bool { return s.far != nil && s.far.through[d] > 0 }

// releaseFar gives up waiting for the rest of a frame of the far port.
func (s *Station) releaseFar(now time.Duration) {
	if f := s.far; f != nil && len(f.held) > 0 && f.heldAt+heldFor <= now {
		s.send(now, line.FromMeter, s.unsent(line.FromMeter, f.held))
		f.held = f.held[:0]
	}
}

// reachMeter gives the meter what has arrived at its end of the line.
func (s *Station) reachMeter(now time.Duration, p []byte) {
	if s.far != nil {
		s.far.out = append(s.far.out, p...)
		return
	}
	s.meter.Receive(now, p)
	s.afterMeter(now)
}

// declareFar gives a copy a far end of its own, in the memory of the spent one.
func (s *Station) declareFar(w *machine.State, spent *far) {
	if !w.Has(s.far != nil) {
		return
	}
	if spent == nil {
		spent = new(far)
	}
	if w.Copies() {
		own := new(far)
		*own = *s.far
		s.far = own
	}
	f := s.far
	w.Bytes(&f.out, spent.out)
	w.Bytes(&f.held, spent.held)
	w.Deadline(f.heldAt, len(f.held) > 0)
	for d := range f.through {
		w.Int(f.through[d])
	}
}
