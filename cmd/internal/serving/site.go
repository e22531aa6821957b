package serving

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/sink"
	"ionbench/simulator/control"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story/record"
)

// Line is a line of a site: a station with all its meters, behind ports of its own.
type Line struct {
	Name    string
	Options Options  // its ports, pace and plan; its meter is in no file
	Meter   *Meter   // the first one, which the plan strikes, with its station
	Names   []string // of its meters, by their places on the line
	Modbus  []ModbusAt
	RTU     []RTUAt
	Kept    []Kept
}

// RTUAt is a PTY that is a further port of one of the meters of a line and speaks Modbus RTU.
type RTUAt struct {
	Place int    // as with ModbusAt
	Link  string // a name for the PTY; empty for none
	Unit  uint8
	Baud  int
}

// Kept is one of the meters of a line that is kept in a file.
type Kept struct {
	Place    int // as with ModbusAt
	Keeper   *Keeper
	Restored bool // the file held it
}

// CloseKept closes the files in which meters of lines are kept.
func CloseKept(lines []*Line) error {
	var errs []error
	for _, l := range lines {
		for _, k := range l.Kept {
			errs = append(errs, k.Keeper.Close())
		}
		l.Kept = nil
	}
	return errors.Join(errs...)
}

// saveKept saves all meters of a line that are kept.
func (s *server) saveKept() error {
	if s.line == nil {
		return nil
	}
	for _, k := range s.line.Kept {
		if err := k.Keeper.save(s.meterAt(k.Place), s.now); err != nil {
			return fmt.Errorf("meter %s: %w", s.line.Names[k.Place], err)
		}
	}
	return nil
}

// createKept saves for the first time what is kept.
func (s *server) createKept() error {
	if s.line == nil {
		return nil
	}
	for _, k := range s.line.Kept {
		if k.Restored {
			continue
		}
		if err := k.Keeper.Create(s.meterAt(k.Place), s.now); err != nil {
			return fmt.Errorf("meter %s: %w", s.line.Names[k.Place], err)
		}
	}
	return s.saveKept()
}

// switchOff takes the power of all meters away.
func (s *server) switchOff() {
	s.station().PowerOff(s.now)
	for i := range s.station().Neighbours() {
		s.station().SwitchNeighbour(s.now, i, false)
	}
}

// ModbusAt is a port of Modbus TCP of one of the meters of a line.
type ModbusAt struct {
	Place   int    // of the meter: 0 is the first one, its neighbours follow
	Address string // [HOST]:PORT
}

// meterAt is the meter at a place of the line.
func (s *server) meterAt(place int) *meter.Meter {
	if place == 0 {
		return s.station().Meter()
	}
	return s.station().Neighbour(place - 1)
}

// RunSite serves lines until ctx ends, which is no error, or one of them fails. It closes the files in
// which their meters are kept.
func RunSite(ctx context.Context, c *cli.Call, stdout io.Writer, lines []*Line) (err error) {
	diag := sink.New(c.Err, func(n int) []byte { return c.NoteLine("%d lines were lost: nobody read them", n) })
	out := standardOutput(c, stdout, diag)
	defer diag.Close()
	defer func() {
		out.Close()
		err = errors.Join(err, untold(out))
	}()
	defer func() { _ = CloseKept(lines) }() // all is saved before it is confirmed
	shared, err := openSite(lines[0].Options.HTTP)
	if err != nil {
		return err
	}
	clock := machine.WallClock()
	servers := make([]*server, 0, len(lines))
	defer func() {
		for _, s := range servers {
			_ = s.close() // what is kept is closed later, and nothing else tells anything here
		}
		_ = shared.close()
	}()
	for _, l := range lines {
		s := &server{options: &l.Options, call: c, meter: l.Meter, line: l, shared: shared, clock: clock, stdout: stdout, out: out, diag: diag}
		if err := s.open(); err != nil {
			return errors.Join(fmt.Errorf("line %s: %w", l.Name, err), closeAll(servers))
		}
		servers = append(servers, s)
	}
	if shared != nil {
		shared.beginSite(servers[0])
	}
	tellSite(servers, out)
	return serveAll(ctx, servers)
}

// openSite listens for HTTP for all lines of a site, if that is wanted; nil if not.
func openSite(address string) (*door, error) {
	if address == "" {
		return nil, nil
	}
	return listen(address)
}

// roomFor is the place of a line's first meter behind the address of its site, under the name of the
// line.
func (d *door) roomFor(s *server) *door {
	return &door{Server: d.Server, token: d.token, room: true, meter: d.Admit(control.Subject{
		ID: Addressable(s.line.Name), Title: "on a line with " + strings.Join(s.line.Names, ", "), Run: draw(4, hex.EncodeToString),
		Fates: record.NewFates(s.byteTime()), Station: s.station(), Names: s.line.Names, From: s.meter.From, Started: s.meter.Epoch,
	})}
}

// Addressable is the name of a line as the address of its first meter has it.
func Addressable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._", r)) {
			return r
		}
		return '-'
	}, name)
}

// beginSite begins to answer, once all lines are there.
func (d *door) beginSite(first *server) {
	if err := d.keepKey(""); err != nil {
		first.say("warning: %v", err)
	}
	d.Begin()
	if !first.options.JSON {
		first.say("look at the meters and strike them: %s", d.page())
	}
}

// closeAll closes the ports of lines that are not served.
func closeAll(servers []*server) error {
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.closePorts())
	}
	return errors.Join(errs...)
}

// tellSite says that all lines can be reached.
func tellSite(servers []*server, out *sink.Sink) {
	meters := 0
	for _, s := range servers {
		meters += len(s.line.Names)
	}
	if s := servers[0]; s.options.JSON {
		out.Add(appendObject(nil, "site", s.clock.Now(), []field{{"lines", len(servers)}, {"total", meters}}))
	} else {
		s.say("%s on %s; Ctrl-C ends all", cli.Counted(meters, "meter"), cli.Counted(len(servers), "line"))
	}
}

// serveAll serves the lines side by side. The first that fails ends all.
func serveAll(ctx context.Context, servers []*server) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(servers))
	var running sync.WaitGroup
	for i, s := range servers {
		running.Go(func() {
			if errs[i] = s.serve(inner); errs[i] != nil {
				cancel()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// tellLine writes the name of a line and its ports, and for programs also its meters.
func (s *server) tellLine(ports []string) {
	s.out.Add(fmt.Appendf(nil, "%s %s\n", s.line.Name, strings.Join(ports, " ")))
}

// lineFields are what a ready line of a site has besides.
func (s *server) lineFields() []field {
	if s.line == nil {
		return nil
	}
	type served struct {
		Name     string      `json:"name"`
		Model    meter.Model `json:"model"`
		Serial   string      `json:"serial"`
		Unit     uint16      `json:"unit"`
		Revision string      `json:"revision"`
		Modbus   *string     `json:"modbus_tcp"`
		RTU      *string     `json:"modbus_rtu"`
		Restored bool        `json:"restored"`
	}
	list := make([]served, len(s.line.Names))
	for i, name := range s.line.Names {
		m := s.meterAt(i)
		c := m.Config()
		list[i] = served{Name: name, Model: c.Model, Serial: c.SerialNumber, Unit: c.UnitID, Revision: runs(m)}
	}
	for i, at := range s.line.RTU {
		path := s.rtu[i].PTY()
		list[at.Place].RTU = &path
	}
	for _, k := range s.line.Kept {
		list[k.Place].Restored = k.Restored
	}
	for i, at := range s.line.Modbus {
		address := s.modbus[i].Addr().String()
		list[at.Place].Modbus = &address
	}
	return []field{{"line", s.line.Name}, {"meters", list}}
}
