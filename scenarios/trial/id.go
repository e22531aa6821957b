package trial

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/scenarios/world"
	"ionbench/scenarios/worlds"
	"ionbench/simulator/fault"
	"ionbench/simulator/meter"
)

// ModelVersion is the version of the simulation: the meter, the line, the tool and the person.
// Raise it when the same trial takes another course than before. Then old ids are refused
// instead of repeating something else.
const ModelVersion = 1

// Hash is the first 32 bits, as 8 hexadecimal digits, of a SHA-256 over everything that an id
// says about a world, every byte of the firmware image, and ModelVersion. The world must pass
// Check.
func Hash(w world.World) string {
	said := CheckSaid(w) == nil
	text := worlds.Text(w)
	w = w.Filled()
	a := &w.Attempts[0]
	f, _, err := w.FirmwareOf(a).UPG(w.Meters[0].Model)
	if err != nil {
		panic(fmt.Sprintf("trial: the hash of a world that cannot be: %v", err))
	}
	h := sha256.New()
	if !said {
		fmt.Fprintf(h, "world\n%s\n", text)
	}
	fmt.Fprintf(h, "model %d\nION %v\nrelease %v\njournal %t\nwindows %t\n", ModelVersion, w.Meters[0].Model, a.Release, a.Journal, a.Task == client.TaskConnect)
	fmt.Fprintf(h, "firmware %d %s %d %#x %d\n", f.Product, f.Revision, f.Dated.Unix(), f.LoadAddress, len(f.Image))
	h.Write(f.Image)
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}

// CheckHash checks a world that got its firmware file after ParseID: it must be the world that
// the id was made with. The error wraps ErrOtherRun.
func CheckHash(w world.World, hash string) error {
	if own := Hash(w); own != hash {
		return fmt.Errorf("%w: its configuration has the hash %s, this one %s", ErrOtherRun, hash, own)
	}
	return nil
}

// The errors of ParseID wrap these. CheckHash tells whether the missing file is the right one.
var (
	// ErrNoID: the text is no id, or only a part of one.
	ErrNoID = errors.New("not the id of a trial")
	// ErrOtherRun: the id is whole, but what it names cannot be repeated here.
	ErrOtherRun = errors.New("the id was made with another image, another configuration or another version of the model")
	// ErrNeedsFile: the id was made with a person's own firmware file, which it does not hold.
	ErrNeedsFile = errors.New("the id was made with a firmware file of its own")
	// ErrNeedsWorld: the id was made with a world of a person's own, which it does not hold.
	ErrNeedsWorld = errors.New("the id was made in a world of its own")
)

// The layout of an id: idPrefix, then in base64url
//
//	2 bytes  checksum of what follows
//	4        hash of the world
//	1        world: the bits below
//	0 to 4   image size in bytes, as a varint, if it is not DefaultImageBytes
//	0 to 3   if only ownWorld is set, strength and number of a row of an array, as varints; 0: none
//	-        plans in the binary form of package fault, one after another
const (
	idPrefix      = "t1."
	maxIDBytes    = 80
	hashBytes     = 4
	checksumBytes = 2
	headBytes     = checksumBytes + hashBytes + 1

	modelBits   = 3 // index in models
	release21   = 1 << 2
	withJournal = 1 << 3
	withWindows = 1 << 4
	ownFile     = 1 << 5
	ownSize     = 1 << 6
	ownWorld    = 1 << 7 // alone: the world is one that the other bits cannot say
)

func models() []meter.Model { return []meter.Model{meter.ION7300, meter.ION7330, meter.ION7350} }

// IsID reports whether a text looks like the id of a trial or a storm, and not like a plan.
func IsID(text string) bool {
	version, _, ok := strings.Cut(text, ".")
	return ok && len(version) > 1 && (version[0] == 't' || version[0] == 's') && strings.Trim(version[1:], "0123456789") == ""
}

// ID is a name from which ParseID can make the whole trial again: at most 80 letters, digits,
// -, _ and dots. The id of a world that is neither of flags nor of an array names its world by a
// hash alone: ParseID then needs the world. ID returns an error if the trial is invalid, or if the
// plans do not fit.
func ID(w world.World, plans Plans) (string, error) {
	if err := Check(w); err != nil {
		return "", err
	}
	if len(plans) > MaxPlans {
		return "", fmt.Errorf("%d attempts have faults: at most %d", len(plans), MaxPlans)
	}
	b, err := hex.AppendDecode(make([]byte, checksumBytes), []byte(Hash(w)))
	if err != nil {
		return "", err
	}
	b = appendWorld(b, w)
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

// appendWorld appends the world's bits and, if needed, the image size.
func appendWorld(dst []byte, w world.World) []byte {
	if CheckSaid(w) != nil {
		return appendRow(append(dst, ownWorld), worlds.Find(w))
	}
	w = w.Filled()
	a := &w.Attempts[0]
	f := w.FirmwareOf(a)
	bits := byte(slices.Index(models(), w.Meters[0].Model))
	for _, b := range []struct {
		set bool
		bit byte
	}{
		{a.Release == client.Release21(), release21},
		{a.Journal, withJournal},
		{a.Task == client.TaskConnect, withWindows},
		{f.Own != nil, ownFile},
		{f.Own == nil && f.ImageBytes() != DefaultImageBytes, ownSize},
	} {
		if b.set {
			bits |= b.bit
		}
	}
	dst = append(dst, bits)
	if bits&ownSize != 0 {
		dst = binary.AppendUvarint(dst, uint64(f.ImageBytes()))
	}
	return dst
}

func appendRow(dst []byte, row worlds.Found) []byte {
	dst = binary.AppendUvarint(dst, uint64(row.Strength))
	if row.Row != nil {
		dst = binary.AppendUvarint(dst, uint64(row.Number))
	}
	return dst
}

// ParseID returns the trial that an id names, and the hash of its world. Errors wrap ErrNoID
// (mistyped, or not an id) or ErrOtherRun (another version of the model). With ErrNeedsFile the
// results are complete except for the firmware: add it to the world (Sending) and call CheckHash.
// With ErrNeedsWorld they are complete except for the world: call CheckHash with it.
func ParseID(id string) (w world.World, plans Plans, hash string, err error) {
	b, err := idBytes(id)
	if err != nil {
		return world.World{}, nil, "", err
	}
	hash = hex.EncodeToString(b[checksumBytes:][:hashBytes])
	bits, rest := b[headBytes-1], b[headBytes:]
	w, rest, missing := parseWorld(bits, rest, hash)
	if missing != nil && !errors.Is(missing, ErrNeedsWorld) {
		return world.World{}, nil, "", missing
	}
	if plans, err = parsePlans(rest); err != nil {
		return world.World{}, nil, "", err
	}
	if missing != nil {
		return w, plans, hash, missing
	}
	if bits&ownFile != 0 && bits != ownWorld {
		return w, plans, hash, fmt.Errorf("%w, with which its configuration has the hash %s: give that file", ErrNeedsFile, hash)
	}
	if err := CheckHash(w, hash); err != nil {
		return world.World{}, nil, "", err
	}
	return w, plans, hash, nil
}

func notID(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNoID, fmt.Sprintf(format, args...))
}

// idBytes decodes an id and checks its form, length and checksum.
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

// parseRow reads the world of an array, or ErrNeedsWorld. Of those that have had its number it is the
// one with the hash.
func parseRow(b []byte, hash string) (world.World, []byte, error) {
	strength, b, ok := cutNumber(b)
	if !ok || strength == 0 {
		return world.World{}, b, ErrNeedsWorld
	}
	number, b, _ := cutNumber(b)
	rows := worlds.Numbered(strength, number)
	if len(rows) == 0 {
		return world.World{}, b, fmt.Errorf("%w: there is no world %d in an array of strength %d", ErrOtherRun, number, strength)
	}
	for _, row := range rows[1:] {
		if w := row.World(); Hash(w) == hash {
			return w, b, nil
		}
	}
	return rows[0].World(), b, nil
}

func cutNumber(b []byte) (v int, rest []byte, ok bool) {
	n, length := binary.Uvarint(b)
	if length <= 0 || n > math.MaxInt32 {
		return 0, nil, false
	}
	return int(n), b[length:], true
}

func parseWorld(bits byte, rest []byte, hash string) (world.World, []byte, error) {
	if bits == ownWorld {
		return parseRow(rest, hash)
	}
	known := models()
	if int(bits&modelBits) >= len(known) || bits >= ownWorld || bits&ownFile != 0 && bits&ownSize != 0 {
		return world.World{}, nil, notID("its configuration %#x means nothing", bits)
	}
	imageBytes := DefaultImageBytes
	if bits&ownSize != 0 {
		size, n := binary.Uvarint(rest)
		if n <= 0 || n != len(binary.AppendUvarint(nil, size)) || size == 0 || size == DefaultImageBytes || size > MaxImageBytes {
			return world.World{}, nil, notID("its image has no size that can be")
		}
		imageBytes, rest = int(size), rest[n:]
	}
	w := World(imageBytes, Of(known[bits&modelBits]))
	for _, b := range []struct {
		bit    byte
		change func(*world.World)
	}{{release21, By(client.Release21())}, {withJournal, WithJournal}, {withWindows, ThroughWindows}} {
		if bits&b.bit != 0 {
			b.change(&w)
		}
	}
	if err := Check(w); err != nil {
		return world.World{}, nil, fmt.Errorf("%w: %w", ErrNoID, err)
	}
	return w, rest, nil
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
