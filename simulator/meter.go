package simulator

import (
	"fmt"
	"sync"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Config describes a meter and its line. The zero value of each field stands for the meter of
// the vendor's article FA212301.
type Config struct {
	Model        meter.Model    // 0: ION 7350
	SerialNumber string         // empty: PC-0209A001-11
	UnitID       uint16         // 1 to 9999; 0: 105
	Password     string         // empty: 0
	Firmware     meter.Firmware // that runs; without an image it gets a meaningless one of 16 KiB
	Settings     *ion.Settings  // nil: those of the factory template
	Start        time.Time      // the meter's calendar time when New returns; zero: the time of the call. It has ten days of load profile and events from before
	EventWords   meter.Dialect  // of the event log over ION; 0: those by which a head-end's driver tells events apart
	Baud         int            // of the line, in bits a second; 0: 9600
	// Pace is how many times faster than in reality everything runs: the bytes on the line,
	// the chip, the meter's restarts. 0 is 1; with bench.Unpaced they take no time.
	Pace int
	// Faults is a plan in the language of package fault, such as
	// "cable-pull at block 3 for 2 no-responses". It counts from the first Connect or Serve.
	// Faults of the upgrader's PC are refused, because the meter has no such PC.
	Faults string
}

// Meter is a virtual meter on its line. Its methods may be called by several goroutines.
type Meter struct {
	clock machine.Clock

	mu      sync.Mutex // guards all that follows
	station *bench.Station
	now     time.Duration // everything due up to this time is done
	changed chan struct{} // closed and replaced whenever a caller has changed the meter
	host    *conn         // the connected host; nil for none
	served  *served       // nil for a meter without ports
	begun   bool          // the first host's run has begun, from which the plan counts
	closed  bool
}

// New makes a meter that has been running for a long time. Close it when you no longer need
// it. The error says which field is wrong, and what to use instead.
func New(c Config) (*Meter, error) {
	plan, err := fault.Parse(c.Faults)
	if err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	station, err := bench.NewStation(c.station().AtPace(c.Pace))
	if err != nil {
		return nil, err
	}
	station.RunSince(-station.Meter().Config().Timing.Boot)
	return Run(station, 0, plan)
}

// Run makes a Meter of a station that you have built yourself. The station then belongs to the
// Meter, and its time goes on from now. The plan counts from the first Connect or Serve.
func Run(station *bench.Station, now time.Duration, plan fault.Plan) (*Meter, error) {
	for _, f := range plan {
		if f.Kind.Place() == fault.PlaceHost {
			return nil, fmt.Errorf("faults: %v befalls the PC of an upgrader, and this is a meter; the upgrader of this project has one (package ionbench/scenarios)", f)
		}
	}
	if err := station.SetPlan(plan); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	return &Meter{clock: machine.WallClockFrom(now), station: station, changed: make(chan struct{})}, nil
}

// article sets the fields that are zero to those of the article's meter.
func (c Config) article() Config {
	if c.Model == 0 {
		c.Model = meter.ArticleModel
	}
	if c.SerialNumber == "" {
		c.SerialNumber = meter.ArticleSerialNumber
	}
	if c.UnitID == 0 {
		c.UnitID = meter.ArticleUnitID
	}
	if c.Password == "" {
		c.Password = meter.FactoryPassword
	}
	if c.Baud == 0 {
		c.Baud = ion.DefaultBaudRate
	}
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	if c.Firmware.Revision == "" {
		c.Firmware.Revision = c.Model.String() + meter.OldVersion
	}
	if c.Firmware.Image == nil {
		c.Firmware.Image = anyImage()
	}
	return c
}

// anyImage is the firmware image of a meter whose Config gives none.
func anyImage() []byte {
	const bytes = 16 << 10
	stream := fault.NewStream(0, "image")
	image := make([]byte, bytes)
	for i := range image {
		image[i] = byte(stream.Uint64())
	}
	return image
}

func (c Config) station() bench.Config {
	c = c.article()
	return bench.Config{
		Meter: meter.Config{
			Model:        c.Model,
			SerialNumber: c.SerialNumber,
			UnitID:       c.UnitID,
			Password:     c.Password,
			Epoch:        c.Start,
			EventWords:   c.EventWords,
			Firmware:     c.Firmware,
			Settings:     c.Settings,
			Timing:       meter.DefaultTiming(),
			Geometry:     flash.Am29F032B(),
		}.InService(),
		Baud:  c.Baud,
		Trace: true,
	}
}

// View is the state of a meter: what a person beside it sees, and some facts from inside.
type View struct {
	State    meter.State
	Display  string           // what the LCD shows
	L2       bool             // the communication LED is lit
	Running  string           // revision of the application that runs; empty if none runs
	Boots    string           // revision that runs after a power cycle; empty: none, the meter is in download state
	Settings ion.Settings     // with the present energy readings
	EventLog []meter.LogEntry // oldest first; do not change it
	Counts   bench.Counts     // what the line has carried since the run began
	Unstruck []story.Unstruck // faults of the plan that have not struck
	Time     time.Duration    // of the meter's clock since New
}

// Look returns the meter's present state.
func (m *Meter) Look() View {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.catchUp()
	device := m.station.Meter()
	boots, _ := device.Revision()
	panel := device.Panel()
	return View{
		State:    device.State(),
		Display:  panel.LCD,
		L2:       panel.L2,
		Running:  device.Running(),
		Boots:    boots,
		Settings: device.Settings(now),
		EventLog: device.EventLog(),
		Counts:   m.station.InRun(),
		Unstruck: m.station.Unstruck(),
		Time:     now,
	}
}

// Holds reports whether the meter's flash holds exactly this image, and the meter has checked
// and recorded it.
func (m *Meter) Holds(image []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.catchUp()
	return m.station.Meter().HoldsImage(image)
}

// Trace returns what has happened to the meter, the line and the faults so far, in order.
func (m *Meter) Trace() []story.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.catchUp()
	return m.station.Trace()
}

// PowerOff takes the meter's power away.
func (m *Meter) PowerOff() { m.do(m.station.PowerOff) }

// PowerOn switches the meter on.
func (m *Meter) PowerOn() { m.do(m.station.PowerOn) }

// do makes a change to the meter on behalf of a caller.
func (m *Meter) do(change func(now time.Duration)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.catchUp())
	m.wake()
}

// wake makes the goroutines that wait for the meter check it again.
func (m *Meter) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
	if m.served != nil {
		m.served.poke()
	}
}

// catchUp does everything that is due by now, in the order of time, and returns now. A meter
// that is served needs no catching up: its server does the work.
func (m *Meter) catchUp() time.Duration {
	now := m.tick(m.clock.Now())
	if m.served != nil {
		return now
	}
	for {
		at, ok := m.station.Next()
		if !ok || at > now {
			break
		}
		m.station.Advance(at)
		m.settle(at)
	}
	m.station.Advance(now)
	m.settle(now)
	return now
}

// tick returns the time of a turn that begins at now. It is never before the last turn.
func (m *Meter) tick(now time.Duration) time.Duration {
	m.now = max(m.now, now)
	return m.now
}

// settle gives the host what the station has for it: bytes, and the end of its connection.
func (m *Meter) settle(now time.Duration) {
	if reset := m.station.TakeReset(); m.host != nil && (reset || m.station.PortGone()) {
		m.part(now, errReset)
	}
	if m.host == nil {
		m.station.Transmit(nil)
		return
	}
	m.host.take(m.station)
}

// begin begins the run of the first host.
func (m *Meter) begin(now time.Duration) {
	if !m.begun {
		m.begun = true
		m.station.Begin(now)
	}
}

// Close ends the meter's connection, or closes its ports and waits until they are no longer
// served. Look still works afterwards.
func (m *Meter) Close() error {
	m.mu.Lock()
	s := m.served
	if !m.closed {
		m.closed = true
		if m.host != nil {
			m.part(m.catchUp(), errClosed)
		}
		m.wake()
	}
	m.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.end()
}
