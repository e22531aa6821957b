package serving

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/bench"
	"ionbench/simulator/control"
	"ionbench/simulator/story"
	"ionbench/simulator/story/record"
)

// door is the HTTP server of a meter. A nil one does nothing.
type door struct {
	*control.Server
	meter   *control.Served
	token   string
	keyFile string // "" for none
	room    bool   // one meter of several behind an address, which somebody else opens and closes
}

// portAddress reads "[HOST:]PORT", which is the value of a flag.
func portAddress(flag, text string) (string, error) {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		text = ":" + text
	}
	if !isAddress(text) {
		return "", cli.Usage("%s: %q is no address", flag, text).Hint("use PORT or HOST:PORT; port 0 is any free one")
	}
	return text, nil
}

// openDoor listens for HTTP, if that is wanted.
func (s *server) openDoor() error {
	if s.shared != nil {
		s.door = s.shared.roomFor(s)
		s.observer.door = s.door
		return nil
	}
	if s.options.HTTP == "" {
		return nil
	}
	d, err := listen(s.options.HTTP)
	if err != nil {
		return err
	}
	d.meter = d.Admit(control.Subject{ID: "1", Run: draw(4, hex.EncodeToString), Fates: record.NewFates(s.byteTime()), Station: s.station(), From: s.meter.From, Started: s.meter.Epoch})
	s.door, s.observer.door = d, d
	return nil
}

// draw returns n random bytes as text.
func draw(n int, text func([]byte) string) string {
	b := make([]byte, n)
	rand.Read(b) // it never fails, or ends the program
	return text(b)
}

// openTo begins to answer, and leaves the key for this user's programs.
func (d *door) openTo(s *server, id control.Identity) {
	if d == nil {
		return
	}
	if d.room {
		d.meter.Serve(id)
		return
	}
	if err := d.keepKey(id.Link); err != nil {
		s.say("warning: %v", err)
	}
	d.meter.Serve(id)
	d.Begin()
}

// keepKey leaves the key for this user's programs. link is the name of the meter's PTY, "" for none.
func (d *door) keepKey(link string) error {
	key := Key{HTTP: d.Addr(), Token: d.token, Process: os.Getpid()}
	if link != "" {
		if link, err := filepath.Abs(link); err == nil {
			key.Link = link
		}
	}
	folder, err := KeyFolder()
	if err == nil {
		d.keyFile, err = writeKey(folder, key)
	}
	if err != nil {
		return fmt.Errorf("the key for ionsim ctl cannot be kept, give it the token in IONSIM_TOKEN: %w", err)
	}
	return nil
}

// page is the address of the page, with the token.
func (d *door) page() string { return "http://" + d.Addr() + "/#token=" + d.token }

// close ends the server and removes the key.
func (d *door) close() error {
	if d == nil {
		return nil
	}
	if d.room {
		d.meter.Leave()
		return nil
	}
	err := d.Close()
	if d.keyFile != "" {
		if gone := files.Local().Remove(d.keyFile); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

func (d *door) address() string {
	if d == nil {
		return ""
	}
	return d.Addr()
}

func (d *door) secret() string {
	if d == nil {
		return ""
	}
	return d.token
}

// tell gives watchers an event of this time: its name and its object.
func (d *door) tell(e story.Event, name string, object []byte) {
	if d == nil {
		return
	}
	if _, lamp := e.What.(toggled); lamp {
		d.meter.TellPassing(name, e.At, object)
		return
	}
	d.meter.Tell(name, object)
}

// take keeps a frame for those who look, and finds out what becomes of it. What was done by hand is told by
// what happened before and after it.
func (d *door) take(e story.Event) {
	if d == nil {
		return
	}
	d.meter.Follow(e)
	switch what := e.What.(type) {
	case story.FrameSent:
		d.meter.TellFrame(e, what)
	case story.BytesArrived:
		d.meter.TellArrival(e, what)
	}
}

// takenOver says that a new client has taken the port.
func (d *door) takenOver() {
	if d != nil {
		d.meter.TakenOver()
	}
}

// harmed are the frames that are known by now not to have come through as they were sent.
func (d *door) harmed(now time.Duration) []control.Harmed {
	if d == nil {
		return nil
	}
	return d.meter.Settle(now)
}

// repeat is the plan of what was done by hand.
func (d *door) repeat(now time.Duration) control.Repeat {
	if d == nil {
		return control.Repeat{}
	}
	return d.meter.Repeat(now)
}

func (s *server) controlIdentity() control.Identity {
	m, o := s.meter, s.options
	if m.Far != nil {
		return control.Identity{
			Device: m.Device, Baud: m.Baud, Pace: bench.FormatPace(1), PTY: s.server.PTY(), Link: o.Link, TCP: s.tcpAddress(), RFC2217: s.remoteAddress(), Port: o.Port, Far: m.Far.Name,
		}
	}
	return control.Identity{
		Model: m.Identity.Model.String(), Serial: m.Identity.SerialNumber, Unit: m.Identity.UnitID, Device: m.Device,
		Baud: m.Baud, Pace: bench.FormatPace(o.Pace), PTY: s.pty(), Link: o.Link, TCP: s.tcpAddress(), RFC2217: s.remoteAddress(), Port: o.Port,
	}
}

func (s *server) tcpAddress() string {
	if a := s.server.Addr(); a != nil {
		return a.String()
	}
	return ""
}

// remoteAddress is where clients of RFC 2217 find the meter; "" for nowhere.
func (s *server) remoteAddress() string {
	if a := s.server.RFC2217(); a != nil {
		return a.String()
	}
	return ""
}

// portNames are the names by which the meter is reached, as people and ionup say them.
func (s *server) portNames() []string {
	remote := s.remoteAddress()
	if remote != "" {
		remote = "rfc2217://" + remote
	}
	return slices.DeleteFunc([]string{s.pty(), s.tcpAddress(), remote, s.options.Port}, func(p string) bool { return p == "" })
}
