package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
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
	"ionbench/simulator/disk"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modbus"
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

// check reports what is wrong with several sections together, and gives a line to the meters that name
// none if it has no section.
func (s *site) check(places fields.Places, problems *fields.Problems) {
	for i := range s.lines {
		fields.Fill(lineTable(), &s.lines[i])
	}
	for i := range s.meters {
		s.meters[i].number = s.meters[i].SerialNumber == ""
		s.meters[i].place = places.Of("meter")[i]
		fields.Fill(siteMeterTable(), &s.meters[i]) // its clock, too, which make sets if the file does not
		if s.lineOf(s.meters[i].Line) == nil {
			if s.meters[i].Line != "" {
				problems.Add(s.meters[i].place.LineOf("line"), s.noLine(s.meters[i].Line))
				continue
			}
			s.lines = append(s.lines, siteLine{Copies: 1})
		}
	}
	if problems.Err() != nil {
		return
	}
	at := places.Of("line")
	total := 0
	for i := range s.lines {
		l, line := &s.lines[i], 0
		if i < len(at) {
			line, l.place = at[i].Line, at[i]
			checkMarks(at[i], "link", l.Link, problems, copyMark)
			checkMarks(at[i], "trace", l.Trace, problems, copyMark)
			checkMarks(at[i], "capture", l.Capture, problems, copyMark)
		}
		meters := s.on(l.Name)
		total += meters * l.Copies
		switch {
		case meters == 0:
			problems.Add(line, fmt.Sprintf("no [meter] says line = %s; a line has at least one", l.Name))
		case l.Copies > 1 && l.Link != "" && !strings.Contains(l.Link, copyMark):
			problems.Add(line, fmt.Sprintf("link: %d lines cannot have one link; put %s into it", l.Copies, copyMark))
		case l.Copies > 1 && !marked(l.Trace, copyMark):
			problems.Add(line, fmt.Sprintf("trace: %d lines cannot write one file; put %s into it", l.Copies, copyMark))
		case l.Copies > 1 && !marked(l.Capture, copyMark):
			problems.Add(line, fmt.Sprintf("capture: %d lines cannot write one file; put %s into it", l.Copies, copyMark))
		case l.Capture == "-":
			problems.Add(line, "capture: - is standard output, where the lines are told; name a file")
		case l.Takeover && l.TCP == "":
			problems.Add(line, "takeover without tcp; add a line tcp = :PORT, or delete takeover")
		}
		l.PTY = l.PTY || l.Link != "" || l.TCP == ""
	}
	for i := range s.meters {
		s.checkMeter(&s.meters[i], problems)
	}
	if len(s.meters) == 0 {
		problems.Add(0, "there is no [meter]; add one")
	}
	if total > mostMeters {
		problems.Add(0, fmt.Sprintf("%d meters, and at most %d can be served", total, mostMeters))
	} else {
		s.checkNames(at, problems)
	}
	for i, station := range places.Of("station") {
		if s.lineOf(s.stations[i].Line) == nil {
			problems.Add(station.LineOf("line"), s.noLine(s.stations[i].Line))
		}
	}
}

// noLine says that a name is of no line, and which one may be meant.
func (s *site) noLine(name string) string {
	var known []string
	for i := range s.lines {
		if s.lines[i].Name != "" {
			known = append(known, s.lines[i].Name)
		}
	}
	best, near := fault.Nearest(name, known)
	switch {
	case name == "":
		return "all meters are on lines with names, and this is on none; add a line line = " + fields.OrList(known)
	case near:
		return fmt.Sprintf("there is no [line %s]; did you mean %s?", name, best)
	}
	return fmt.Sprintf("there is no [line %s]; add that section, or name another line", name)
}

// checkNames reports two lines, or two meters of a line, that come to have one name by their copies.
func (s *site) checkNames(at fields.Places, problems *fields.Problems) {
	lines := newNames("line", problems)
	for i := range s.lines {
		l, line := &s.lines[i], 0
		if i < len(at) {
			line = at[i].Line
		}
		lines.add(l.Name, l.Copies, line, serving.Addressable)
		meters := newNames("meter", problems)
		for j := range s.meters {
			if m := &s.meters[j]; m.Line == l.Name {
				meters.add(m.Name, m.Copies, m.place.Line, func(name string) string { return name })
			}
		}
	}
}

// names finds a name that two of a kind have.
type names struct {
	kind     string
	first    map[string]int // where the section of a name begins
	problems *fields.Problems
}

func newNames(kind string, problems *fields.Problems) *names {
	return &names{kind, map[string]int{}, problems}
}

// add takes the names of the copies of a section that begins at a line. The key says which names are
// the same.
func (n *names) add(name string, copies, line int, key func(string) string) {
	for i := range copies {
		full := copyName(cmp.Or(name, n.kind), i, copies)
		if first, taken := n.first[key(full)]; taken {
			n.problems.Add(line, fmt.Sprintf("the name %s is already that of a copy or of the section at line %d; choose another", full, first))
			return
		}
		n.first[key(full)] = line
	}
}

// mark is what can be meant as a mark in the name of a file.
var mark = regexp.MustCompile(`\{\w*\}`)

// checkMarks reports a mark in the name of a file that stands for nothing there.
func checkMarks(at fields.Place, key, name string, problems *fields.Problems, marks ...string) {
	for _, m := range mark.FindAllString(name, -1) {
		if !slices.Contains(marks, m) {
			problems.Add(at.LineOf(key), fmt.Sprintf("%s: %s stands for nothing here; use %s", key, m, fields.OrList(marks)))
			return
		}
	}
}

// marked reports that a name is empty, or has one of the marks.
func marked(name string, marks ...string) bool {
	return name == "" || slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(name, m) })
}

// checkMeter reports what is wrong with the files, the second port and the plan of a meter.
func (s *site) checkMeter(m *siteMeter, problems *fields.Problems) {
	line := s.lineOf(m.Line)
	for _, name := range []struct{ key, value string }{{"state", m.State}, {"modbus-link", m.Link}} {
		checkMarks(m.place, name.key, name.value, problems, copyMark, meterMark, serialMark)
		switch {
		case m.Copies > 1 && !marked(name.value, meterMark, serialMark):
			problems.Add(m.place.LineOf(name.key), fmt.Sprintf("%s: %d meters cannot have one; put %s or %s into it", name.key, m.Copies, meterMark, serialMark))
		case line.Copies > 1 && !marked(name.value, copyMark, serialMark):
			problems.Add(m.place.LineOf(name.key), fmt.Sprintf("%s: meters of %d lines cannot have one; put %s or %s into it", name.key, line.Copies, copyMark, serialMark))
		}
	}
	m.RTU = m.RTU || m.Link != ""
	if last := int(m.UnitID) + m.Copies - 1; m.RTU && last > modbus.MaxUnit {
		problems.Add(m.place.LineOf("modbus-rtu"), fmt.Sprintf("modbus-rtu: unit id %d is none of Modbus, which has 1 to %d; choose another unit-id, or use modbus-tcp", last, modbus.MaxUnit))
	}
	if len(m.Plan) == 0 {
		return
	}
	at := m.place.LineOf("plan")
	for _, f := range m.Plan {
		if bench.OfLine(f.Kind) {
			problems.Add(at, fmt.Sprintf("plan: %v befalls the line; write it in the plan of its [line]", f.Kind))
		}
	}
	if m.Copies > 1 {
		problems.Add(at, fmt.Sprintf("plan: %d meters, and one meter of a line can have a plan; give it a section of its own", m.Copies))
	}
	for i := range s.meters {
		if other := &s.meters[i]; other.Line == m.Line && len(other.Plan) > 0 {
			if other != m {
				problems.Add(at, fmt.Sprintf("plan: another meter of this line has one, at line %d; put one of the two on a line of its own", other.place.LineOf("plan")))
			}
			break
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
	taken   map[string]int // addresses that are named, with the line of the file
	files   []claimed      // files that are named
	clash   error          // the first that is named twice
}

// claim notes that a file or an address is named at a key: one of them cannot be two things.
func (b *builder) claim(at *fields.Place, key, name string) {
	host, port, err := net.SplitHostPort(name)
	line := at.LineOf(key)
	switch address := key == "tcp" || key == "modbus-tcp"; {
	case name == "" || address && (err != nil || port == "0"):
		return
	case !address:
		b.claimFile(key, name, line)
		return
	}
	name = net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port)
	if first, taken := b.taken[name]; taken && b.clash == nil {
		b.clash = fmt.Errorf("line %d: %s: %s is already what line %d has; choose another", line, key, name, first)
	}
	b.taken[name] = line
}

// claimed is a file that is named at a line of the site; 0: it is the site.
type claimed struct {
	of   files.Identity
	line int
}

func (b *builder) claimFile(key, name string, line int) {
	of := files.Identify(name)
	if strings.HasSuffix(key, "link") {
		of = files.IdentifyLink(name)
	}
	for _, first := range b.files {
		switch {
		case b.clash != nil || !of.Is(first.of):
		case first.line == 0:
			b.clash = fmt.Errorf("line %d: %s: %s is this file; choose another", line, key, name)
		default:
			b.clash = fmt.Errorf("line %d: %s: %s is already what line %d has; choose another", line, key, name, first.line)
		}
	}
	b.files = append(b.files, claimed{of, line})
}

func newBuilder(s *site, o *options, epoch time.Time) *builder {
	b := &builder{site: s, options: o, epoch: epoch, serials: make([]int, len(s.meters)), taken: map[string]int{}}
	if o.site != "" {
		b.files = append(b.files, claimed{of: files.Identify(o.site)})
	}
	for i := range s.meters {
		m := s.meters[i].Meter
		if m.Clock.Equal(world.ArticleStart()) {
			m.Clock = epoch
		}
		b.configs = append(b.configs, m.Config().InService())
	}
	return b
}

// claims finds a file or an address that is named twice, before one of them is opened.
func (b *builder) claims() error {
	for i := range b.lines {
		for n := range b.lines[i].Copies {
			if b.lay(&b.lines[i], n); b.clash != nil {
				return cli.Unusable(fmt.Errorf("--site: %w", b.clash)).Hint("ionsim --help-site tells what it can say")
			}
		}
	}
	return nil
}

// build makes the lines, with meters that were switched on earlier than time zero and have booted.
func (s *site) build(o *options, epoch time.Time) ([]*serving.Line, error) {
	if err := newBuilder(s, o, epoch).claims(); err != nil {
		return nil, err
	}
	b := newBuilder(s, o, epoch)
	var all []*serving.Line
	for i := range s.lines {
		for n := range s.lines[i].Copies {
			l, err := b.line(&s.lines[i], n)
			if l != nil {
				all = append(all, l)
			}
			if err != nil {
				return nil, errors.Join(err, serving.CloseKept(all))
			}
		}
	}
	return all, nil
}

// lay says what a copy of a [line], counted from 0, consists of.
func (b *builder) lay(from *siteLine, copied int) (*serving.Line, *bench.Config, []stateAt) {
	l := &serving.Line{Name: copyName(cmp.Or(from.Name, "line"), copied, from.Copies), Options: b.options.Options}
	l.Options.PTY, l.Options.Takeover, l.Options.Plan = from.PTY, from.Takeover, slices.Clone(from.Plan)
	l.Options.Link = strings.ReplaceAll(from.Link, copyMark, l.Name)
	l.Options.Trace = strings.ReplaceAll(from.Trace, copyMark, l.Name)
	l.Options.Capture = strings.ReplaceAll(from.Capture, copyMark, l.Name)
	l.Options.TCP = countUp(from.TCP, copied)
	b.claim(&from.place, "link", l.Options.Link)
	if l.Options.Link != "" {
		b.claim(&from.place, "link", l.Options.Link+".lock")
	}
	b.claim(&from.place, "trace", l.Options.Trace)
	b.claim(&from.place, "capture", l.Options.Capture)
	b.claim(&from.place, "tcp", l.Options.TCP)
	config := new(bench.Config)
	var states []stateAt
	serials := b.serialsOn(from.Name)
	for _, i := range b.placesOn(from.Name) {
		l.Options.Plan = slices.Concat(l.Options.Plan, b.meters[i].Plan)
		states = append(states, b.place(l, config, i, copied, serials[i])...)
	}
	config.Plan = l.Options.Plan
	for _, station := range b.stations {
		if station.Line == from.Name {
			fields.Fill(world.StationFields(), &station)
			config.Talkers = append(config.Talkers, talker.Config{
				Role: station.Role, Unit: cmp.Or(station.UnitID, config.Meter.UnitID), Units: uint16(station.Units), First: station.Begins, Every: station.Every,
			})
		}
	}
	return l, config, states
}

// line makes a copy of a [line].
func (b *builder) line(from *siteLine, copied int) (*serving.Line, error) {
	l, config, states := b.lay(from, copied)
	made, err := bench.NewStation(config.AtPace(b.options.Pace))
	if err != nil {
		return nil, cli.Usage("--site: line %s: %w", l.Name, err).Hint("change the file; ionsim --help-site tells what it can say")
	}
	if err := b.restore(l, made, states); err != nil {
		return l, err
	}
	made.RunSince(-bootTime(made))
	first := &config.Meter
	l.Meter = &serving.Meter{
		Station: made, Baud: config.Baud, Epoch: b.epoch, Device: l.Names[0],
		Identity: serving.Identity{Model: first.Model, SerialNumber: first.SerialNumber, UnitID: first.UnitID},
	}
	return l, nil
}

// placesOn are the [meter]s of a line, by their places: that with a plan is the first.
func (b *builder) placesOn(line string) (list []int) {
	for i := range b.meters {
		switch {
		case b.meters[i].Line != line:
		case len(b.meters[i].Plan) > 0:
			list = slices.Insert(list, 0, i)
		default:
			list = append(list, i)
		}
	}
	return list
}

// stateAt is the state file of a meter at a place of a line.
type stateAt struct {
	place int
	path  string
	of    *siteMeter
	id    serving.Identity
}

// restore opens the state files of a line's meters, which are off, and puts those into them that the
// files hold.
func (b *builder) restore(l *serving.Line, s *bench.Station, states []stateAt) error {
	for _, at := range states {
		k, err := serving.OpenKeeper(disk.Real{}, at.path)
		if err != nil {
			return at.refused(err)
		}
		l.Kept = append(l.Kept, serving.Kept{Place: at.place, Keeper: k})
		id, saved, err := k.Saved()
		switch {
		case err != nil:
			return at.refused(err)
		case !saved:
			continue
		case id != at.id:
			return at.refused(fmt.Errorf("%w: %s holds the %v, the site asks for the %v; name another file, or say in the site what it holds", errOtherMeter, at.path, id, at.id))
		}
		m := s.Meter()
		if at.place > 0 {
			m = s.Neighbour(at.place - 1)
		}
		if err := k.Restore(m); err != nil {
			return at.refused(err)
		}
		l.Kept[len(l.Kept)-1].Restored = true
	}
	return nil
}

// refused says where in the site file the state file is named that cannot be used.
func (a *stateAt) refused(err error) error {
	return serving.StateError(fmt.Errorf("line %d: state: %w", a.of.place.LineOf("state"), err))
}

// fill puts names in the place of marks.
func fill(name string, l *serving.Line, meter, serial string) string {
	return strings.NewReplacer(copyMark, l.Name, meterMark, meter, serialMark, serial).Replace(name)
}

// place puts all copies of a [meter] on a line, and returns their state files.
func (b *builder) place(l *serving.Line, config *bench.Config, index, lineCopy int, serials []string) (states []stateAt) {
	from := &b.meters[index]
	for n := range from.Copies {
		at, name := len(l.Names), copyName(cmp.Or(from.Name, "meter"), n, from.Copies)
		c := b.configs[index]
		c.UnitID += uint16(n)
		c.SerialNumber = serials[n]
		if from.RTU {
			link := fill(from.Link, l, name, c.SerialNumber)
			b.claim(&from.place, "modbus-link", link)
			l.RTU = append(l.RTU, serving.RTUAt{Place: at, Link: link, Unit: uint8(c.UnitID), Baud: from.Baud})
		}
		if from.State != "" {
			path := fill(from.State, l, name, c.SerialNumber)
			b.claim(&from.place, "state", path)
			states = append(states, stateAt{at, path, from, serving.Identity{Model: c.Model, SerialNumber: c.SerialNumber, UnitID: c.UnitID}})
		}
		if from.Modbus != "" {
			address := countUp(from.Modbus, lineCopy*from.Copies+n)
			b.claim(&from.place, "modbus-tcp", address)
			l.Modbus = append(l.Modbus, serving.ModbusAt{Place: at, Address: address})
		}
		l.Names = append(l.Names, name)
		if len(l.Names) == 1 {
			config.Meter, config.Baud = c, from.Baud
			continue
		}
		config.Neighbours = append(config.Neighbours, bench.Neighbour{Meter: c, Baud: from.Baud})
	}
	return states
}

// serialsOn are the serial numbers of all meters of a line, by [meter]: in the order of the file,
// whatever their places are.
func (b *builder) serialsOn(line string) map[int][]string {
	list := map[int][]string{}
	for i := range b.meters {
		for range b.meters[i].Copies {
			if b.meters[i].Line == line {
				list[i] = append(list[i], b.nextSerial(i))
			}
		}
	}
	return list
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
