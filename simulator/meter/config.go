package meter

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// Model is a member of the ION 73xx family, by its number.
type Model uint16

// The family.
const (
	ION7300 Model = 7300
	ION7330 Model = 7330
	ION7350 Model = 7350
)

// String is the model's name as its device type register gives it.
func (m Model) String() string { return strconv.Itoa(int(m)) }

// Models returns the models of the family.
func Models() []Model { return []Model{ION7300, ION7330, ION7350} }

// ParseModel reads a model's number.
func ParseModel(text string) (Model, error) {
	for _, m := range Models() {
		if m.String() == text {
			return m, nil
		}
	}
	return 0, fmt.Errorf("unknown model %q: use 7300, 7330 or 7350", text)
}

// Features are the differences between the models.
type Features struct {
	SamplesPerCycle int
	Harmonics       int
	LogMemoryKB     int  // 0: no data log
	WaveformLog     bool // sag, swell and waveform capture
}

// features are documented in the vendor's selection guide for the family.
func (m Model) features() Features {
	switch m {
	case ION7350:
		return Features{SamplesPerCycle: 64, Harmonics: 31, LogMemoryKB: 300, WaveformLog: true}
	case ION7330:
		return Features{SamplesPerCycle: 32, Harmonics: 15, LogMemoryKB: 300}
	default:
		return Features{SamplesPerCycle: 32, Harmonics: 15}
	}
}

// String returns the text of the options register.
// Assumption: the text; only the handle is documented.
func (f Features) String() string {
	s := fmt.Sprintf("%d samples/cycle, harmonics to %d", f.SamplesPerCycle, f.Harmonics)
	if f.LogMemoryKB > 0 {
		s += fmt.Sprintf(", %d kB log", f.LogMemoryKB)
	}
	if f.WaveformLog {
		s += ", sag/swell, waveforms"
	}
	return s
}

// Firmware is an image as a .UPG file holds it.
type Firmware struct {
	Revision string    // "7350V283"
	Dated    time.Time // build time
	Image    []byte
}

// Timing is how long the meter takes. Scale shortens it for runs in real time.
type Timing struct {
	// RTSDelay passes between a received frame and the answer to it.
	// Assumption: 10 ms; the family's documents give no figure for the 73xx.
	RTSDelay time.Duration
	// Boot passes from power-on until the loader has decided what to run.
	// Assumption: 3 s.
	Boot time.Duration
	// LoaderStart passes between the answer to ENTER and the loader's first answer.
	// Assumption: 1 s.
	LoaderStart time.Duration
	// FactoryInitialize is what the first boot of a new image takes in addition.
	// Assumption: 5 s.
	FactoryInitialize time.Duration
	// VerifyByte is how long the loader takes to check one byte of the image.
	// Assumption: 1 µs.
	VerifyByte time.Duration
}

// DefaultTiming is the timing of the virtual meter.
func DefaultTiming() Timing {
	return Timing{
		RTSDelay:          10 * time.Millisecond,
		Boot:              3 * time.Second,
		LoaderStart:       time.Second,
		FactoryInitialize: 5 * time.Second,
		VerifyByte:        time.Microsecond,
	}
}

// Scale divides every time by n. 0 makes every time 0.
func (t Timing) Scale(n int) Timing {
	return Timing{
		RTSDelay:          scale(t.RTSDelay, n),
		Boot:              scale(t.Boot, n),
		LoaderStart:       scale(t.LoaderStart, n),
		FactoryInitialize: scale(t.FactoryInitialize, n),
		VerifyByte:        scale(t.VerifyByte, n),
	}
}

// ScaleGeometry divides the chip's times by n. 0 makes them 0.
func ScaleGeometry(g flash.Geometry, n int) flash.Geometry {
	g.EraseTime, g.ByteProgramTime = scale(g.EraseTime, n), scale(g.ByteProgramTime, n)
	return g
}

func scale(d time.Duration, n int) time.Duration {
	if n == 0 {
		return 0
	}
	return d / time.Duration(n)
}

// RegisterValue gives a register of the application a fixed value.
type RegisterValue struct {
	Handle ion.Handle
	Value  ion.Value
}

// Config describes one meter. It is not changed after New.
type Config struct {
	Model        Model
	SerialNumber string // at most 16 printable characters, as "PC-0209A001-11"
	UnitID       uint16 // 1 to 9999
	// Password is what a request must carry to change anything: up to eight digits, or up
	// to six characters with a letter among them. Factory-set to 0, as documented.
	Password string
	Epoch    time.Time // the calendar time of now = 0
	Firmware Firmware  // runs at first; its revision must begin with the model
	// Settings are what a person has set up; nil for those of the factory template.
	Settings  *ion.Settings
	Registers []RegisterValue // further registers, or other values for the meter's own
	Timing    Timing
	Geometry  flash.Geometry
	// Past is for how long the meter has run before Epoch, and has logged and recorded what befell
	// it; 0 for a meter whose logs are empty.
	Past time.Duration
	// Steady gives the meter a circuit whose load never changes: what it counts in a while does not
	// depend on when.
	Steady      bool
	EventCutoff uint8   // events of a priority above it are logged; 0: all
	EventWords  Dialect // of the event log
	Seed        uint64  // draws what a power loss leaves in a torn flash operation
	// Encoding is how hosts speak to the loader; nil for the download service of ION. The meter takes
	// a copy.
	Encoding Encoding
	Planted  string // name of a bug to plant, for tests of tests alone; empty for none
}

// Layout of the chip: the protected sectors hold the loader, the next one the record of
// the image, all others the image.
//
// Assumption: the real layout is not public.
func (c *Config) recordSector() int { return c.Geometry.Protected }

func (c *Config) recordBase() uint32 { return uint32(c.recordSector() * c.Geometry.SectorBytes) }

func (c *Config) imageBase() uint32 { return uint32((c.recordSector() + 1) * c.Geometry.SectorBytes) }

// ImageBase is the address of the image's first byte in the flash.
func (m *Meter) ImageBase() uint32 { return m.cfg.imageBase() }

func (c *Config) capacity() uint32 { return uint32(c.Geometry.Bytes()) - c.imageBase() }

// loaderVersion is the version that the loader reports.
const loaderVersion = 0x0103

// ErrConfig is wrapped by every error of New.
var ErrConfig = errors.New("no such meter")

func (c *Config) validate() error {
	if _, err := ParseModel(c.Model.String()); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := checkSerialNumber(c.SerialNumber); err != nil {
		return err
	}
	if c.UnitID < 1 || c.UnitID > 9999 {
		return fmt.Errorf("%w: unit id %d: use 1 to 9999", ErrConfig, c.UnitID)
	}
	if _, err := ion.ParsePassword(c.Password, 0); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if c.Geometry.Protected < 1 || c.recordSector()+1 >= c.Geometry.Sectors {
		return fmt.Errorf("%w: flash of %d sectors, %d of them protected: the loader takes at least one, the record of the image one, and the image at least one",
			ErrConfig, c.Geometry.Sectors, c.Geometry.Protected)
	}
	return c.Firmware.validate(c)
}

func checkSerialNumber(s string) error {
	if len(s) == 0 || len(s) > 16 {
		return fmt.Errorf("%w: serial number %q: use 1 to 16 characters", ErrConfig, s)
	}
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' {
			return fmt.Errorf("%w: serial number %q: use printable ASCII", ErrConfig, s)
		}
	}
	return nil
}

func (f Firmware) validate(c *Config) error {
	if len(f.Revision) != 8 || f.Revision[:4] != c.Model.String() || f.Revision[4] != 'V' {
		return fmt.Errorf("%w: revision %q: a %s runs revisions such as %sV283", ErrConfig, f.Revision, c.Model, c.Model)
	}
	if len(f.Image) == 0 || len(f.Image) > int(c.capacity()) {
		return fmt.Errorf("%w: firmware image of %d bytes: the flash takes 1 to %d", ErrConfig, len(f.Image), c.capacity())
	}
	return nil
}
