package trial

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// ModelVersion is the version of what is simulated: the meter, the line, the tool and the
// person. Raise it when the same trial takes another course than before; then old ids are
// refused instead of repeating something else.
const ModelVersion = 1

// Hash is the first 32 bits, as 8 hexadecimal digits, of a hash over everything that
// decides a trial but its faults: the configuration, every byte of the firmware file, and
// ModelVersion. Its world must pass Check.
func (c Config) Hash() string {
	w := c.World().Filled()
	f, _, err := w.FirmwareOf(&w.Attempts[0]).UPG(w.Meters[0].Model)
	if err != nil {
		panic(fmt.Sprintf("trial: the hash of a configuration that cannot be: %v", err))
	}
	h := sha256.New()
	fmt.Fprintf(h, "model %d\nION %v\nrelease %v\njournal %t\nwindows %t\n", ModelVersion, w.Meters[0].Model, w.Attempts[0].Release, c.Journal, c.Windows)
	fmt.Fprintf(h, "firmware %d %s %d %#x %d\n", f.Product, f.Revision, f.Dated.Unix(), f.LoadAddress, len(f.Image))
	h.Write(f.Image)
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}

// CheckHash is for a configuration that was completed with a file after ParseID: it must
// be the one that the id was made with. The error wraps ErrOtherRun.
func (c Config) CheckHash(hash string) error {
	if own := c.Hash(); own != hash {
		return fmt.Errorf("%w: its configuration has the hash %s, this one %s", ErrOtherRun, hash, own)
	}
	return nil
}

// What ParseID's errors wrap.
var (
	// ErrNoID: the text is none, or not all of one.
	ErrNoID = errors.New("not the id of a trial")
	// ErrOtherRun: the id is whole, but what it names cannot be repeated here.
	ErrOtherRun = errors.New("the id was made with another image, another configuration or another version of the model")
	// ErrNeedsFile: the id was made with a firmware file of one's own, which it does not hold.
	ErrNeedsFile = errors.New("the id was made with a firmware file of its own")
)

// The layout of an id: idPrefix, then in base64url
//
//	2 bytes  checksum of what follows
//	4        hash of the configuration
//	1        configuration: the bits below
//	0 to 4   image size in bytes, as a varint, if it is not DefaultImageBytes
//	-        plans in the binary form of package fault, one behind the other
const (
	idPrefix      = "t1."
	maxIDBytes    = 80
	hashBytes     = 4
	checksumBytes = 2
	headBytes     = checksumBytes + hashBytes + 1

	modelBits   = 3 // place in models
	release21   = 1 << 2
	withJournal = 1 << 3
	withWindows = 1 << 4
	ownFile     = 1 << 5
	ownSize     = 1 << 6
)

func models() []meter.Model { return []meter.Model{meter.ION7300, meter.ION7330, meter.ION7350} }

// IsID tells whether a text looks like an id, of a trial or of a storm, and not like a plan.
func IsID(text string) bool {
	version, _, ok := strings.Cut(text, ".")
	return ok && len(version) > 1 && (version[0] == 't' || version[0] == 's') && strings.Trim(version[1:], "0123456789") == ""
}

// ID is a name for a trial that says all of it: at most 80 letters, digits, -, _ and dots.
// ParseID gives the trial back. The error is about a trial that cannot be, a world that an id
// cannot say (ErrUnsaid), or a plan that does not fit.
func ID(w world.World, plans Plans) (string, error) {
	if err := Check(w); err != nil {
		return "", err
	}
	c, err := ConfigOf(w)
	if err != nil {
		return "", err
	}
	if len(plans) > MaxPlans {
		return "", fmt.Errorf("%d attempts have faults: at most %d", len(plans), MaxPlans)
	}
	b, err := hex.AppendDecode(make([]byte, checksumBytes), []byte(c.Hash()))
	if err != nil {
		return "", err
	}
	b = c.appendTo(b)
	for i, p := range plans {
		if b, err = p.AppendBinary(b); err != nil {
			return "", inAttempt(i, err)
		}
	}
	binary.BigEndian.PutUint16(b, checksum(b[checksumBytes:]))
	id := idPrefix + base64.RawURLEncoding.EncodeToString(b)
	if len(id) > maxIDBytes {
		return "", fmt.Errorf("the plan of %d faults does not fit into an id: it would have %d characters, at most %d; give the plan as a text",
			plans.Faults(), len(id), maxIDBytes)
	}
	return id, nil
}

func checksum(b []byte) uint16 { return uint16(crc32.ChecksumIEEE(b)) }

// appendTo appends the bits of the configuration and the image's size.
func (c Config) appendTo(dst []byte) []byte {
	var bits byte
	for i, m := range models() {
		if m == c.Model {
			bits = byte(i)
		}
	}
	for _, b := range []struct {
		set bool
		bit byte
	}{
		{c.Release == client.Release21(), release21},
		{c.Journal, withJournal},
		{c.Windows, withWindows},
		{c.Firmware != nil, ownFile},
		{c.Firmware == nil && c.ImageBytes != DefaultImageBytes, ownSize},
	} {
		if b.set {
			bits |= b.bit
		}
	}
	dst = append(dst, bits)
	if bits&ownSize != 0 {
		dst = binary.AppendUvarint(dst, uint64(c.ImageBytes))
	}
	return dst
}

// ParseID gives the trial that an id names, its world as a configuration, and the hash of that. Errors wrap
// ErrNoID (mistyped, or none at all) or ErrOtherRun (another version of the model). With
// ErrNeedsFile all but the firmware is there: set the configuration's Firmware and call
// CheckHash.
func ParseID(id string) (c Config, plans Plans, hash string, err error) {
	b, err := idBytes(id)
	if err != nil {
		return Config{}, nil, "", err
	}
	hash = hex.EncodeToString(b[checksumBytes:][:hashBytes])
	bits, rest := b[headBytes-1], b[headBytes:]
	if c, rest, err = parseConfig(bits, rest); err != nil {
		return Config{}, nil, "", err
	}
	if plans, err = parsePlans(rest); err != nil {
		return Config{}, nil, "", err
	}
	if bits&ownFile != 0 {
		return c, plans, hash, fmt.Errorf("%w, with which its configuration has the hash %s: give that file", ErrNeedsFile, hash)
	}
	if err := c.CheckHash(hash); err != nil {
		return Config{}, nil, "", err
	}
	return c, plans, hash, nil
}

func notID(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNoID, fmt.Sprintf(format, args...))
}

// idBytes checks everything that can be wrong with an id as a text.
func idBytes(id string) ([]byte, error) {
	text, ok := strings.CutPrefix(id, idPrefix)
	switch {
	case !ok && IsID(id):
		version, _, _ := strings.Cut(id, ".")
		return nil, notID("it is of the kind %s, and this program knows %s", version, strings.TrimSuffix(idPrefix, "."))
	case !ok:
		return nil, notID("%.80q does not begin with %s", id, idPrefix)
	case len(id) > maxIDBytes:
		return nil, notID("it has %d characters, at most %d", len(id), maxIDBytes)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) < headBytes || binary.BigEndian.Uint16(b) != checksum(b[checksumBytes:]) {
		return nil, notID("%s is mistyped, or a part of it is missing: copy all of it", id)
	}
	return b, nil
}

func parseConfig(bits byte, rest []byte) (Config, []byte, error) {
	known := models()
	if int(bits&modelBits) >= len(known) || bits >= ownSize<<1 || bits&ownFile != 0 && bits&ownSize != 0 {
		return Config{}, nil, notID("its configuration %#x means nothing", bits)
	}
	c := Config{
		Model:      known[bits&modelBits],
		Release:    client.Release22(),
		Journal:    bits&withJournal != 0,
		Windows:    bits&withWindows != 0,
		ImageBytes: DefaultImageBytes,
	}
	if bits&release21 != 0 {
		c.Release = client.Release21()
	}
	switch {
	case bits&ownFile != 0:
		c.ImageBytes = 0
	case bits&ownSize != 0:
		size, n := binary.Uvarint(rest)
		if n <= 0 || n != len(binary.AppendUvarint(nil, size)) || size == 0 || size == DefaultImageBytes || size > MaxImageBytes {
			return Config{}, nil, notID("its image has no size that can be")
		}
		c.ImageBytes, rest = int(size), rest[n:]
	}
	if err := Check(c.World()); err != nil {
		return Config{}, nil, fmt.Errorf("%w: %w", ErrNoID, err)
	}
	return c, rest, nil
}

func parsePlans(b []byte) (Plans, error) {
	var plans Plans
	for len(b) > 0 {
		p, n, err := fault.ParseBinary(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOtherRun, err)
		}
		if len(plans) == MaxPlans {
			return nil, notID("more than %d attempts have faults", MaxPlans)
		}
		plans, b = append(plans, p), b[n:]
	}
	return plans, nil
}
