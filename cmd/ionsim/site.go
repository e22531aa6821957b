package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/talker"
)

// site is what a file of --site says: lines, and what is on them.
type site struct {
	lines    []siteLine
	meters   []siteMeter
	stations []world.Station
}

// siteLine is a line and how it is reached.
type siteLine struct {
	Name     string // of the section; empty for the line of all that name none
	PTY      bool
	Link     string
	TCP      string
	Takeover bool
	Copies   int
	Plan     fault.Plan
}

// siteMeter is a meter of a site. The vocabulary is that of a world.
type siteMeter struct {
	world.Meter
	Copies int
	Modbus string
	number bool // it says no serial number: all such meters of the site count up together
}

const (
	// mostMeters is how many meters a site has at most.
	mostMeters = 10_000
	// copyMark stands in a link for the name of the line.
	copyMark = "{line}"
)

var errSite = errors.New("not a site")

var lineTable = sync.OnceValue(func() []fields.Field[siteLine] {
	return []fields.Field[siteLine]{
		fields.Of("pty", "it is reached over a new PTY; also without this line, if there is neither link nor tcp", func(l *siteLine) *bool { return &l.PTY }, fields.YesNo("pty")),
		fields.Of("link", "a symbolic link to the PTY; "+copyMark+" in it stands for the name of the line", func(l *siteLine) *string { return &l.Link }, fields.Text("PATH")),
		fields.Of("tcp", "[HOST]:PORT at which an EtherGate listens that hands bytes on to the line: one client at a time; port 0 is any free one", func(l *siteLine) *string { return &l.TCP }, fields.Checked("[HOST]:PORT", checkAddress)),
		fields.Of("takeover", "a new TCP client takes the port over from the one before", func(l *siteLine) *bool { return &l.Takeover }, fields.YesNo("takeover")),
		fields.Of("copies", "so many lines like this one, with all that is on it, called NAME-1, NAME-2 and so on; ports of TCP and serial numbers count up", func(l *siteLine) *int { return &l.Copies }, fields.Integer(1, mostMeters)).Or("1"),
		fields.Several("plan", "what goes wrong: faults of the line, and of the first meter on it; times and counts begin when the line is ready", func(l *siteLine) *[]fault.Fault { return (*[]fault.Fault)(&l.Plan) }, planLines()),
	}
})

var siteMeterTable = sync.OnceValue(func() []fields.Field[siteMeter] {
	return append(fields.Within(func(m *siteMeter) *world.Meter { return &m.Meter }, world.MeterFields()),
		fields.Of("copies", "so many meters like this one, called NAME-1, NAME-2 and so on; unit ids and serial numbers count up", func(m *siteMeter) *int { return &m.Copies }, fields.Integer(1, ion.MaxStations)).Or("1"),
		fields.Of("modbus-tcp", "[HOST]:PORT at which it answers Modbus TCP; port 0 is any free one, others count up with copies", func(m *siteMeter) *string { return &m.Modbus }, fields.Checked("[HOST]:PORT", checkAddress)),
	)
})

func checkAddress(text string) error {
	if _, port, err := net.SplitHostPort(text); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%q is no address; use HOST:PORT or :PORT", text)
}

// planLines are faults that can befall a line and its meter, one a line.
func planLines() fields.Notation[fault.Fault] {
	return fields.Notation[fault.Fault]{
		Syntax: "FAULT", Open: true, Print: fault.Fault.String,
		Parse: func(text string) (fault.Fault, error) {
			plan, err := fault.Parse(text)
			switch {
			case err != nil:
				return fault.Fault{}, err
			case len(plan) != 1:
				return fault.Fault{}, fmt.Errorf("%d faults; write one a line", len(plan))
			case plan[0].Kind.Place() == fault.PlaceHost:
				return fault.Fault{}, fmt.Errorf("%v befalls the upgrader, and these are meters", plan[0].Kind)
			}
			return plan[0], nil
		},
	}
}

// format is that of a file that is read into s.
func (s *site) format() fields.Format {
	var w world.World
	var station fields.Section
	for _, section := range world.Sections(&w) {
		if section.Word == "station" {
			station = section
		}
	}
	station.Open = func(name string) ([]fields.Key, error) {
		s.stations = append(s.stations, world.Station{Name: name})
		return fields.Bind(world.StationFields(), &s.stations[len(s.stations)-1]), nil
	}
	return fields.Format{Name: "site", First: "line", Bad: errSite, Sections: []fields.Section{
		{
			Word: "line", What: "a line, and the ports at which it is reached", Named: true, Keys: fields.Bind(lineTable(), new(siteLine)),
			Open: func(name string) ([]fields.Key, error) {
				s.lines = append(s.lines, siteLine{Name: name})
				return fields.Bind(lineTable(), &s.lines[len(s.lines)-1]), nil
			},
		},
		{
			Word: "meter", What: "a meter on a line", Named: true, Keys: fields.Bind(siteMeterTable(), new(siteMeter)),
			Open: func(name string) ([]fields.Key, error) {
				s.meters = append(s.meters, siteMeter{Meter: world.Meter{Name: name}})
				return fields.Bind(siteMeterTable(), &s.meters[len(s.meters)-1]), nil
			},
		},
		station,
	}}
}

// parseSite reads a file of --site.
func parseSite(text []byte) (*site, error) {
	s := new(site)
	format := s.format()
	places, problems := format.Read(text)
	if problems.Err() == nil {
		s.check(places, problems)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// describeSite lists all that a site file can say.
func describeSite() string {
	format := new(site).format()
	return format.Describe()
}

// check reports what is wrong with several sections together, and gives lines to meters that name one
// that has no section.
func (s *site) check(places fields.Places, problems *fields.Problems) {
	for i := range s.lines {
		fields.Fill(lineTable(), &s.lines[i])
	}
	for i := range s.meters {
		s.meters[i].number = s.meters[i].SerialNumber == ""
		fields.Fill(siteMeterTable(), &s.meters[i]) // its clock, too, which make sets if the file does not
		if s.lineOf(s.meters[i].Line) == nil {
			s.lines = append(s.lines, siteLine{Name: s.meters[i].Line, Copies: 1})
		}
	}
	at := places.Of("line")
	total := 0
	for i := range s.lines {
		l, line := &s.lines[i], 0
		if i < len(at) {
			line = at[i].Line
		}
		meters := s.on(l.Name)
		total += meters * l.Copies
		switch {
		case meters == 0:
			problems.Add(line, fmt.Sprintf("no [meter] says line = %s; a line has at least one", l.Name))
		case l.Copies > 1 && l.Link != "" && !strings.Contains(l.Link, copyMark):
			problems.Add(line, fmt.Sprintf("link: %d lines cannot have one link; put %s into it", l.Copies, copyMark))
		case l.Takeover && l.TCP == "":
			problems.Add(line, "takeover without tcp; add a line tcp = :PORT, or delete takeover")
		}
		l.PTY = l.PTY || l.Link != "" || l.TCP == ""
	}
	if len(s.meters) == 0 {
		problems.Add(0, "there is no [meter]; add one")
	}
	if total > mostMeters {
		problems.Add(0, fmt.Sprintf("%d meters, and at most %d can be served", total, mostMeters))
	}
	for i, station := range places.Of("station") {
		if s.lineOf(s.stations[i].Line) == nil {
			problems.Add(station.LineOf("line"), fmt.Sprintf("no meter is on line %q; put the station on a line that has one", s.stations[i].Line))
		}
	}
}

func (s *site) lineOf(name string) *siteLine {
	for i := range s.lines {
		if s.lines[i].Name == name {
			return &s.lines[i]
		}
	}
	return nil
}

// on is how many meters are on a line.
func (s *site) on(line string) (n int) {
	for i := range s.meters {
		if s.meters[i].Line == line {
			n += s.meters[i].Copies
		}
	}
	return n
}

// builder makes the lines of a site.
type builder struct {
	*site
	options *options
	epoch   time.Time
	serials []int          // by [meter]: how many are made; those that say no serial number count at the first of them
	configs []meter.Config // by [meter]; its copies share the firmware
}

// build makes the lines, with meters that were switched on earlier than time zero and have booted.
func (s *site) build(o *options, epoch time.Time) ([]*serving.Line, error) {
	b := builder{site: s, options: o, epoch: epoch, serials: make([]int, len(s.meters))}
	for i := range s.meters {
		m := s.meters[i].Meter
		if m.Clock.Equal(world.ArticleStart()) {
			m.Clock = epoch
		}
		b.configs = append(b.configs, m.Config().InService())
	}
	var all []*serving.Line
	for i := range s.lines {
		for n := range s.lines[i].Copies {
			l, err := b.line(&s.lines[i], n)
			if err != nil {
				return nil, err
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// line makes a copy of a [line], counted from 0.
func (b *builder) line(from *siteLine, copied int) (*serving.Line, error) {
	l := &serving.Line{Name: copyName(cmp.Or(from.Name, "line"), copied, from.Copies), Options: b.options.Options}
	l.Options.PTY, l.Options.Takeover, l.Options.Plan = from.PTY, from.Takeover, from.Plan
	l.Options.Link = strings.ReplaceAll(from.Link, copyMark, l.Name)
	l.Options.TCP = countUp(from.TCP, copied)
	config := bench.Config{Plan: from.Plan}
	for i := range b.meters {
		if b.meters[i].Line == from.Name {
			b.place(l, &config, i, copied)
		}
	}
	for _, station := range b.stations {
		if station.Line == from.Name {
			fields.Fill(world.StationFields(), &station)
			config.Talkers = append(config.Talkers, talker.Config{
				Role: station.Role, Unit: cmp.Or(station.UnitID, config.Meter.UnitID), Units: uint16(station.Units), First: station.Begins, Every: station.Every,
			})
		}
	}
	made, err := bench.NewStation(config.AtPace(b.options.Pace))
	if err != nil {
		return nil, cli.Usage("--site: line %s: %w", l.Name, err).Hint("change the file; ionsim --help-site tells what it can say")
	}
	made.RunSince(-bootTime(made))
	first := &config.Meter
	l.Meter = &serving.Meter{
		Station: made, Baud: config.Baud, Epoch: b.epoch, Device: l.Names[0],
		Identity: serving.Identity{Model: first.Model, SerialNumber: first.SerialNumber, UnitID: first.UnitID},
	}
	return l, nil
}

// place puts all copies of a [meter] on a line.
func (b *builder) place(l *serving.Line, config *bench.Config, index, lineCopy int) {
	from := &b.meters[index]
	for n := range from.Copies {
		c := b.configs[index]
		c.UnitID += uint16(n)
		c.SerialNumber = b.nextSerial(index)
		if from.Modbus != "" {
			l.Modbus = append(l.Modbus, serving.ModbusAt{Place: len(l.Names), Address: countUp(from.Modbus, lineCopy*from.Copies+n)})
		}
		l.Names = append(l.Names, copyName(cmp.Or(from.Name, "meter"), n, from.Copies))
		if len(l.Names) == 1 {
			config.Meter, config.Baud = c, from.Baud
			continue
		}
		config.Neighbours = append(config.Neighbours, bench.Neighbour{Meter: c, Baud: from.Baud})
	}
}

// nextSerial is the serial number of the next meter of a [meter].
func (b *builder) nextSerial(index int) string {
	series := index
	if b.meters[index].number {
		series = slices.IndexFunc(b.meters, func(m siteMeter) bool { return m.number })
	}
	b.serials[series]++
	return laterSerial(b.meters[index].SerialNumber, b.serials[series]-1)
}

// bootTime is how long the slowest meter of a line takes to boot.
func bootTime(s *bench.Station) time.Duration {
	longest := s.Meter().Config().Timing.Boot
	for i := range s.Neighbours() {
		longest = max(longest, s.Neighbour(i).Config().Timing.Boot)
	}
	return longest
}

func copyName(name string, n, copies int) string {
	if copies == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n+1)
}

// countUp is the address n ports further; port 0 stays what it is, any free one.
func countUp(address string, n int) string {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return address
	}
	return net.JoinHostPort(host, strconv.FormatUint(port+uint64(n), 10))
}

// laterSerial is a serial number whose digits, taken together as one number, are n more. What goes
// beyond them begins again at zero.
func laterSerial(serial string, n int) string {
	b := []byte(serial)
	for i, carry := len(b)-1, n; i >= 0 && carry > 0; i-- {
		if b[i] < '0' || b[i] > '9' {
			continue
		}
		carry += int(b[i] - '0')
		b[i] = byte('0' + carry%10)
		carry /= 10
	}
	return string(b)
}

// siteFlags are the flags that a site leaves to the command line.
var siteFlags = []string{"site", "pace", "json", "http"}

// serveSite serves the lines of a file until ctx ends.
func serveSite(ctx context.Context, c *cli.Call, o *options, stdout io.Writer) error {
	for _, group := range o.flags() {
		for _, flag := range group.List {
			if c.Given(flag.Name) && !slices.Contains(siteFlags, flag.Name) {
				return cli.Usage("--%s is for one meter", flag.Name).Hint("with --site, the file says that: see ionsim --help-site")
			}
		}
	}
	text, err := files.Read(o.site, fields.MaxBytes)
	if err != nil {
		return fmt.Errorf("--site: %w", err)
	}
	s, err := parseSite(text)
	if err != nil {
		return cli.Unusable(fmt.Errorf("--site %s: %w", o.site, err)).Hint("ionsim --help-site tells what it can say")
	}
	lines, err := s.build(o, time.Now())
	if err != nil {
		return err
	}
	return serving.RunSite(ctx, c, stdout, lines)
}
