package serving

import (
	"encoding/base64"
	"encoding/hex"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/simulator/bench"
	"ionbench/simulator/control"
)

// Gallery lets people look over HTTP at meters that come and go, such as those of programs that are
// judged. Nobody strikes them by hand.
type Gallery struct {
	call *cli.Call
	door *door
	why  string // nobody strikes them
}

// OpenGallery listens at "[HOST:]PORT", and tells where. why says why nobody strikes the meters by hand.
func OpenGallery(c *cli.Call, address, why string) (*Gallery, error) {
	d, err := listen(address)
	if err != nil {
		return nil, err
	}
	g := &Gallery{c, d, why}
	if err := d.keepKey(""); err != nil {
		c.Note("warning: %v", err)
	}
	d.Begin()
	c.Note("look at it: %s", d.page())
	return g, nil
}

// Close ends the looks at all meters.
func (g *Gallery) Close() error { return g.door.close() }

// Seat is a meter that is looked at. Its owner calls its methods.
type Seat struct {
	observer
	told int // events of the station's trace
}

// Admit shows a meter from its station's time now on. Its trace stays its owner's, who never shortens
// it.
func (g *Gallery) Admit(id, title string, s *bench.Station, now time.Duration, who control.Identity) *Seat {
	d := &door{Server: g.door.Server, meter: g.door.Admit(control.Subject{
		ID: id, Title: title, LookOnly: g.why, Run: draw(4, hex.EncodeToString), From: now, Started: time.Now(), Station: s,
	})}
	seat := &Seat{observer{station: s, from: now, baud: who.Baud, door: d}, len(s.Trace())}
	seat.edges = s.Meter().Panel().Edges
	seat.ledTold, seat.earlier = seat.edges, seat.edges
	d.meter.Serve(who)
	return seat
}

// Commands are to be run between two turns of the station.
func (s *Seat) Commands() <-chan func(now time.Duration) { return s.door.meter.Commands() }

// Step tells what has happened since its last call.
func (s *Seat) Step(now time.Duration) {
	trace := s.station.Trace()
	for ; s.told < len(trace); s.told++ {
		s.tellAs(trace[s.told], s.describe)
	}
	s.stepLED(now)
}

// Leave ends the looks at the meter.
func (s *Seat) Leave() { s.door.meter.Leave() }

// listen opens the HTTP server at "[HOST:]PORT", with a token of its own.
func listen(address string) (*door, error) {
	address, err := portAddress("--http", address)
	if err != nil {
		return nil, err
	}
	d := &door{token: draw(24, base64.RawURLEncoding.EncodeToString)}
	d.Server, err = control.Listen(control.Config{Address: address, Token: d.token, Version: cli.Release()})
	if err != nil {
		return nil, cli.Environmental(err)
	}
	return d, nil
}
