package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
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
	Trace    string
	Capture  string
	Copies   int
	Plan     fault.Plan
	place    fields.Place
}

// siteMeter is a meter of a site. The vocabulary is that of a world.
type siteMeter struct {
	world.Meter
	Copies int
	Modbus string
	RTU    bool   // it has a PTY of its own that speaks Modbus RTU
	Link   string // of that PTY
	State  string
	Plan   fault.Plan
	number bool // it says no serial number: all such meters of the site count up together
	place  fields.Place
}

const (
	// mostMeters is how many meters a site has at most.
	mostMeters = 10_000
	// The marks stand in names of files and links for the name of the line, the name of the meter, and
	// its serial number.
	copyMark   = "{line}"
	meterMark  = "{meter}"
	serialMark = "{serial}"
)

var errSite = errors.New("not a site")

var lineTable = sync.OnceValue(func() []fields.Field[siteLine] {
	return []fields.Field[siteLine]{
		fields.Of("pty", "it is reached over a new PTY; also without this line, if there is neither link nor tcp", func(l *siteLine) *bool { return &l.PTY }, fields.YesNo("pty")),
		fields.Of("link", "a symbolic link to the PTY; "+copyMark+" in it stands for the name of the line", func(l *siteLine) *string { return &l.Link }, fields.Text("PATH")),
		fields.Of("tcp", "[HOST]:PORT at which an EtherGate listens that hands bytes on to the line: one client at a time; port 0 is any free one", func(l *siteLine) *string { return &l.TCP }, fields.Checked("[HOST]:PORT", checkAddress)),
		fields.Of("takeover", "a new TCP client takes the port over from the one before", func(l *siteLine) *bool { return &l.Takeover }, fields.YesNo("takeover")),
		fields.Of("trace", "a file to which all events of the line and its meters are appended as text; "+copyMark+" in it stands for the name of the line", func(l *siteLine) *string { return &l.Trace }, fields.Text("FILE")),
		fields.Of("capture", "a file to which every frame on the line is appended for Wireshark; "+copyMark+" as with trace", func(l *siteLine) *string { return &l.Capture }, fields.Text("FILE.pcapng")),
		fields.Of("copies", "so many lines like this one, with all that is on it, called NAME-1, NAME-2 and so on; ports of TCP and serial numbers count up", func(l *siteLine) *int { return &l.Copies }, fields.Integer(1, mostMeters)).Or("1"),
		fields.Several("plan", "what goes wrong on the line; times and counts begin when it is ready. Faults of a meter are those of the meter that has a plan, or else of the first one", func(l *siteLine) *[]fault.Fault { return (*[]fault.Fault)(&l.Plan) }, planLines()),
	}
})

var siteMeterTable = sync.OnceValue(func() []fields.Field[siteMeter] {
	// What a world has besides is played by a bench alone: a telephone, and somebody at the switch.
	served := slices.DeleteFunc(world.MeterFields(), func(f fields.Field[world.Meter]) bool {
		return slices.Contains([]string{"phone", "comes-on", "goes-off"}, f.Name)
	})
	return append(fields.Within(func(m *siteMeter) *world.Meter { return &m.Meter }, served),
		fields.Of("copies", "so many meters like this one, called NAME-1, NAME-2 and so on; unit ids and serial numbers count up", func(m *siteMeter) *int { return &m.Copies }, fields.Integer(1, ion.MaxStations)).Or("1"),
		fields.Of("modbus-tcp", "[HOST]:PORT at which it answers Modbus TCP; port 0 is any free one, others count up with copies", func(m *siteMeter) *string { return &m.Modbus }, fields.Checked("[HOST]:PORT", checkAddress)),
		fields.Of("modbus-rtu", "it has a second port, a PTY of its own that speaks Modbus RTU; no fault befalls that", func(m *siteMeter) *bool { return &m.RTU }, fields.YesNo("modbus-rtu")),
		fields.Of("modbus-link", "a symbolic link to that PTY, which it has then; "+copyMark+", "+meterMark+" and "+serialMark+" in it stand for the names of line and meter and for its serial number", func(m *siteMeter) *string { return &m.Link }, fields.Text("PATH")),
		fields.Of("state", "a file in which its flash and memory are kept, as with --state: the next start goes on from there; marks as in modbus-link", func(m *siteMeter) *string { return &m.State }, fields.Text("FILE")),
		fields.Several("plan", "what befalls this meter and its answers; one meter of a line can have a plan, and is then the first of the line", func(m *siteMeter) *[]fault.Fault { return (*[]fault.Fault)(&m.Plan) }, planLines()),
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
			Word: "line", What: "a line, and the ports at which it is reached; each line that a meter or station names has one", Named: true, Keys: fields.Bind(lineTable(), new(siteLine)),
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

// mark is what can be meant as a mark in the name of a file.
var mark = regexp.MustCompile(`\{\w*\}`)

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
