package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/disk"
	"ionbench/simulator/meter"
	"ionbench/simulator/talker"
)

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
