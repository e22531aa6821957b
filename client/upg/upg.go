// Package upg reads and writes .UPG firmware files, the "ION Firmware Upgrade file
// (*.UPG)" that article FA212301 tells the person to choose. It serves the upgrader,
// which must refuse a wrong or damaged file before anything in the meter is erased, and
// the tools that pack and inspect such files.
//
// Assumption: the layout is ours. The layout of the vendor's files is not public, so
// this package neither reads nor makes files for a real meter.
//
// All numbers are unsigned and big-endian. Offsets and sizes are in bytes.
//
//	offset size field
//	     0    8 magic 89 55 50 47 0D 0A 1A 0A: not text (89), "UPG", and line ends
//	            that show a transfer in text mode
//	     8    2 format version: 1
//	    10    2 product: 7300, 7330 or 7350
//	    12   16 revision of the firmware: ASCII, the product, "V" and three digits
//	            ("7350V283"), the rest NUL
//	    28    4 dated: when the firmware was built, Unix seconds UTC, not 0
//	    32    4 load address: 0x00030000
//	    36    4 length of the image in bytes: 1 to 16 MiB
//	    40    4 CRC-32 of the image (IEEE 802.3, reflected, as in zlib)
//	    44   32 SHA-256 of the image
//	    76    4 CRC-32 of bytes 0 to 75
//	    80    - image; the file ends with its last byte
//
// The CRC-32 is what the meter's loader computes over its flash, so file and meter can be
// compared. The SHA-256 is what a person compares with a published hash: vendors of the
// family publish one beside the file (FA414545, for a sibling meter). Neither proves who
// made the file: there is no signature.
package upg

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"time"
)

const (
	// HeaderBytes is the size of everything before the image.
	HeaderBytes = 80
	// MaxImageBytes is the largest image that a file may hold: 16 MiB, four times the
	// flash of the meter, so that a meter's own "out of range" can still be provoked.
	MaxImageBytes = 16 << 20
	// MaxFileBytes is the size of the largest file; a reader need never take more
	// than one byte beyond it.
	MaxFileBytes = HeaderBytes + MaxImageBytes
	// LoadAddress is where the image begins in the meter's flash.
	//
	// Assumption: the first three 64 KiB sectors belong to the loader, the image
	// follows. The real memory map is not public.
	LoadAddress uint32 = 0x030000
)

// Offsets of the fields; the package comment has the table.
const (
	offsetVersion   = 8
	offsetProduct   = 10
	offsetRevision  = 12
	offsetDated     = 28
	offsetLoad      = 32
	offsetLength    = 36
	offsetImageCRC  = 40
	offsetSHA256    = 44
	offsetHeaderCRC = 76

	magic         = "\x89UPG\r\n\x1a\n"
	formatVersion = 1
	revisionBytes = offsetDated - offsetRevision
)

// Every error of this package wraps exactly one of these and says where, what was found,
// what was expected and what to do next.
var (
	// ErrEmpty: the file has no bytes at all.
	ErrEmpty = errors.New("the .UPG file is empty")
	// ErrNotUPG: the file is something else.
	ErrNotUPG = errors.New("not a .UPG firmware file")
	// ErrTruncated: the file ends too early.
	ErrTruncated = errors.New("the .UPG file is truncated")
	// ErrTrailing: bytes follow the image.
	ErrTrailing = errors.New("the .UPG file has trailing bytes")
	// ErrVersion: a format version that this package does not know.
	ErrVersion = errors.New("unknown .UPG format version")
	// ErrDamaged: a checksum does not fit its bytes.
	ErrDamaged = errors.New("the .UPG file is damaged")
	// ErrTooLarge: the image is larger than MaxImageBytes.
	ErrTooLarge = errors.New("the .UPG image is too large")
	// ErrInvalid: a field is intact but no ION 73xx could take its value.
	ErrInvalid = errors.New("the .UPG file is not valid")
)

// Products are the models that firmware can be for.
func Products() []uint16 { return []uint16{7300, 7330, 7350} }

// File is a firmware file.
type File struct {
	// Product is the model that the firmware is for: 7300, 7330 or 7350.
	Product uint16
	// Revision is the name that the meter will report, for example "7350V283". It
	// begins with the product. (The rule is documented: "7300V200" in the Modbus
	// protocol document of the family.)
	Revision string
	// Dated is when the firmware was built, in whole seconds. Parse gives it in UTC.
	Dated time.Time
	// LoadAddress is where the image begins in flash; always the constant of that name.
	LoadAddress uint32
	// Image is what goes into the flash. After Parse it aliases the input.
	Image []byte
}

// New makes a file of an image, which it does not copy. The date is taken in whole
// seconds UTC. Errors wrap ErrInvalid or ErrTooLarge.
func New(product uint16, revision string, dated time.Time, image []byte) (*File, error) {
	f := &File{
		Product:     product,
		Revision:    revision,
		Dated:       dated.UTC().Truncate(time.Second),
		LoadAddress: LoadAddress,
		Image:       image,
	}
	if err := f.validate(); err != nil {
		return nil, err
	}
	return f, nil
}

// Parse reads a whole file. The image aliases b. Nothing is allocated in proportion to a
// length that the file claims. Errors wrap one of the sentinels of this package.
func Parse(b []byte) (*File, error) {
	if err := checkHeader(b); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(b[offsetLength:])
	if err := checkLength(uint64(length)); err != nil {
		return nil, err
	}
	revision, err := parseRevision(b[offsetRevision:offsetDated])
	if err != nil {
		return nil, err
	}
	f := &File{
		Product:     binary.BigEndian.Uint16(b[offsetProduct:]),
		Revision:    revision,
		Dated:       time.Unix(int64(binary.BigEndian.Uint32(b[offsetDated:])), 0).UTC(),
		LoadAddress: binary.BigEndian.Uint32(b[offsetLoad:]),
	}
	if err := f.checkFields(); err != nil {
		return nil, err
	}
	if err := checkSize(len(b), int(length)); err != nil {
		return nil, err
	}
	f.Image = b[HeaderBytes:]
	if err := f.checkSums(b); err != nil {
		return nil, err
	}
	return f, nil
}

// Append appends the file to dst, growing it at most once. A file that Parse would refuse
// is not written: the error is that of validate and dst comes back as it was.
func Append(dst []byte, f *File) ([]byte, error) {
	if err := f.validate(); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, HeaderBytes+len(f.Image))
	start := len(dst)
	dst = append(dst, magic...)
	dst = binary.BigEndian.AppendUint16(dst, formatVersion)
	dst = binary.BigEndian.AppendUint16(dst, f.Product)
	var revision [revisionBytes]byte
	copy(revision[:], f.Revision)
	dst = append(dst, revision[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(f.Dated.Unix()))
	dst = binary.BigEndian.AppendUint32(dst, f.LoadAddress)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(f.Image)))
	dst = binary.BigEndian.AppendUint32(dst, f.CRC32())
	sum := f.SHA256()
	dst = append(dst, sum[:]...)
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
	return append(dst, f.Image...), nil
}

// validate says whether the file can be written and would be read back as it is. Errors
// wrap ErrInvalid or ErrTooLarge.
func (f *File) validate() error {
	if err := checkLength(uint64(len(f.Image))); err != nil {
		return err
	}
	return f.checkFields()
}

// CRC32 is the CRC-32 (IEEE) of the image, computed anew.
func (f *File) CRC32() uint32 { return crc32.ChecksumIEEE(f.Image) }

// SHA256 is the SHA-256 of the image, computed anew.
func (f *File) SHA256() [sha256.Size]byte { return sha256.Sum256(f.Image) }

// checkHeader checks what decides whether the other fields can be believed.
func checkHeader(b []byte) error {
	if len(b) == 0 {
		return problem(ErrEmpty, "file", 0, "0 bytes", "at least "+strconv.Itoa(HeaderBytes+1),
			"copy the file again from where it came")
	}
	if err := checkMagic(b); err != nil {
		return err
	}
	if len(b) < HeaderBytes {
		return problem(ErrTruncated, "header", len(b), fmt.Sprintf("the end of the file after %d bytes", len(b)),
			fmt.Sprintf("a header of %d bytes", HeaderBytes), "copy the file again from where it came")
	}
	// Another version may place its checksum elsewhere, so the version comes first.
	if v := binary.BigEndian.Uint16(b[offsetVersion:]); v != formatVersion {
		return problem(ErrVersion, "format version", offsetVersion, strconv.Itoa(int(v)), strconv.Itoa(formatVersion),
			"use a release of this tool that knows the version, or copy the file again")
	}
	want := crc32.ChecksumIEEE(b[:offsetHeaderCRC])
	if got := binary.BigEndian.Uint32(b[offsetHeaderCRC:]); got != want {
		return problem(ErrDamaged, "header CRC-32", offsetHeaderCRC, hex32(got), hex32(want)+" for bytes 0 to 75",
			"copy the file again from where it came")
	}
	return nil
}

// checkMagic tells a file of another kind from a .UPG file that was cut or converted.
func checkMagic(b []byte) error {
	head := b[:min(len(b), len(magic))]
	if string(head) == magic {
		return nil
	}
	found, want := fmt.Sprintf("% X", head), fmt.Sprintf("% X", magic)
	switch {
	case string(head) == magic[:len(head)]:
		return problem(ErrTruncated, "magic", len(b), fmt.Sprintf("the end of the file after %d bytes", len(b)),
			fmt.Sprintf("a header of %d bytes", HeaderBytes), "copy the file again from where it came")
	case len(head) >= 4 && string(head[1:4]) == magic[1:4]:
		return problem(ErrDamaged, "magic", 0, found, want,
			"the file was probably converted on its way; copy it again in binary mode")
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		// FA409164: newer meters take .upx files inside a .zip.
		return problem(ErrNotUPG, "magic", 0, found+" (a .zip or .upx archive)", want,
			"an ION 73xx takes a .UPG file; choose one, or unpack the archive if it holds one")
	default:
		return problem(ErrNotUPG, "magic", 0, found, want,
			"choose a .UPG file made by ionup pack; the vendor's own files cannot be read")
	}
}

// checkLength bounds the image before anything is done with its length.
func checkLength(n uint64) error {
	switch {
	case n == 0:
		return problem(ErrInvalid, "image length", offsetLength, "0", "1 to "+strconv.Itoa(MaxImageBytes)+" bytes",
			"pack the firmware again from its image")
	case n > MaxImageBytes:
		return problem(ErrTooLarge, "image length", offsetLength, strconv.FormatUint(n, 10),
			"at most "+strconv.Itoa(MaxImageBytes)+" bytes", "check that the image is the meter's firmware and nothing else")
	}
	return nil
}

// checkSize wants exactly the bytes that the header announces.
func checkSize(fileBytes, imageBytes int) error {
	want := HeaderBytes + imageBytes
	if fileBytes == want {
		return nil
	}
	found, expected := fmt.Sprintf("%d bytes", fileBytes), fmt.Sprintf("%d bytes (header %d, image %d)", want, HeaderBytes, imageBytes)
	if fileBytes < want {
		return problem(ErrTruncated, "end of file", fileBytes, found, expected, "copy the file again from where it came")
	}
	return problem(ErrTrailing, "end of image", want, found, expected, "copy the file again; nothing may be added to it")
}

// checkFields checks the values that name the firmware and its place.
func (f *File) checkFields() error {
	if !slices.Contains(Products(), f.Product) {
		return problem(ErrInvalid, "product", offsetProduct, strconv.Itoa(int(f.Product)), "7300, 7330 or 7350",
			"choose firmware of the ION 73xx family")
	}
	if !revisionOf(f.Product, f.Revision) {
		return problem(ErrInvalid, "revision", offsetRevision, strconv.Quote(f.Revision),
			fmt.Sprintf("%dV and three digits, for example %dV283", f.Product, f.Product),
			"give the firmware the name that the meter shall report")
	}
	if s := f.Dated.Unix(); s < 1 || s > math.MaxUint32 || f.Dated.Nanosecond() != 0 {
		return problem(ErrInvalid, "dated", offsetDated, f.Dated.UTC().Format(time.RFC3339Nano),
			"whole seconds after 1970-01-01T00:00:00Z and before 2106-02-07T06:28:16Z",
			"give the time at which the firmware was built")
	}
	if f.LoadAddress != LoadAddress {
		return problem(ErrInvalid, "load address", offsetLoad, hex32(f.LoadAddress), hex32(LoadAddress),
			"choose firmware of the ION 73xx family")
	}
	return nil
}

// checkSums compares the image with the two sums in the header of b. The cheap sum goes
// first, and each is reported apart: a right CRC with a wrong SHA-256 is no accident.
func (f *File) checkSums(b []byte) error {
	if got, want := binary.BigEndian.Uint32(b[offsetImageCRC:]), f.CRC32(); got != want {
		return problem(ErrDamaged, "image CRC-32", offsetImageCRC, hex32(got), hex32(want)+" for the image in the file",
			"copy the file again from where it came")
	}
	got := b[offsetSHA256:offsetHeaderCRC]
	if want := f.SHA256(); !bytes.Equal(got, want[:]) {
		return problem(ErrDamaged, "image SHA-256", offsetSHA256, fmt.Sprintf("%x", got),
			fmt.Sprintf("%x for the image in the file", want),
			"the CRC-32 fits, so the file was changed on purpose or packed wrongly; get it from its source")
	}
	return nil
}

// parseRevision takes the name off its NUL padding. The name itself is checked with the
// product.
func parseRevision(field []byte) (string, error) {
	name, padding, _ := bytes.Cut(field, []byte{0})
	for i, c := range padding {
		if c != 0 {
			return "", problem(ErrInvalid, "revision padding", offsetRevision+len(name)+1+i, fmt.Sprintf("%02X", c), "00",
				"pack the firmware again from its image")
		}
	}
	return string(name), nil
}

// revisionOf reports whether s is a revision of the product: "<model>V<3 digits>".
func revisionOf(product uint16, s string) bool {
	model := strconv.Itoa(int(product))
	if len(s) != len(model)+4 || s[:len(model)] != model || s[len(model)] != 'V' {
		return false
	}
	for _, c := range []byte(s[len(model)+1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// problem words every error of this package alike.
func problem(kind error, field string, offset int, found, expected, next string) error {
	return fmt.Errorf("%w: %s at offset %d: found %s, expected %s; %s", kind, field, offset, found, expected, next)
}

// hex32 prints an address or checksum with all its digits.
func hex32(n uint32) string { return fmt.Sprintf("0x%08X", n) }
