package xmodem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// header is that of a .UPG file, as far as a loader needs it.
type header struct {
	product  uint16
	revision [ion.FieldText]byte
	dated    uint32
	load     uint32
	length   uint32
	crc      uint32
}

// The layout of the header, big-endian: the magic, the version of the format at 8, the product at
// 10, the revision at 12, its date at 28, the load address at 32, the image's length at 36 and
// CRC-32 at 40, its SHA-256 at 44, the CRC-32 of what is before it at 76.
const (
	headerBytes = 80
	magic       = "\x89UPG\r\n\x1a\n"
	version     = 1
)

var (
	errNoFile  = errors.New("not a .upg file")
	errDamaged = errors.New("the header is damaged")
	errVersion = errors.New("a .upg file of another version")
)

// parseHeader reads the header at the beginning of a file, whose first block is longer.
func parseHeader(p []byte) (h header, err error) {
	switch {
	case len(p) < headerBytes || string(p[:len(magic)]) != magic:
		return h, errNoFile
	case binary.BigEndian.Uint16(p[8:]) != version:
		return h, errVersion
	case crc32.ChecksumIEEE(p[:76]) != binary.BigEndian.Uint32(p[76:]):
		return h, errDamaged
	}
	h = header{
		product: binary.BigEndian.Uint16(p[10:]),
		dated:   binary.BigEndian.Uint32(p[28:]),
		load:    binary.BigEndian.Uint32(p[32:]),
		length:  binary.BigEndian.Uint32(p[36:]),
		crc:     binary.BigEndian.Uint32(p[40:]),
	}
	copy(h.revision[:], p[12:28])
	return h, nil
}

func (h *header) declare(w *machine.State) {
	w.Uint(uint64(h.product))
	w.Text(string(h.revision[:]))
	w.Uint(uint64(h.dated))
	w.Uint(uint64(h.load))
	w.Uint(uint64(h.length))
	w.Uint(uint64(h.crc))
}

// knock is the line by which a host asks an application for the loader: the last bytes before its end.
// What comes before the word, such as a frame of ION, counts nothing.
type knock struct{ line []byte }

// word is the beginning of what is looked for.
const word = "loader "

// maxKnock is more than the word and any password have.
const maxKnock = 32

// Knock hears what is said to the application. asked: the host asks for the loader, with this
// password.
func (l *Loader) Knock(p []byte) (password string, asked bool) {
	k := &l.knock
	for _, b := range p {
		if b != '\r' {
			if len(k.line) == maxKnock {
				k.line = append(k.line[:0], k.line[1:]...)
			}
			k.line = append(k.line, b)
			continue
		}
		if at := bytes.LastIndex(k.line, []byte(word)); at >= 0 {
			password, asked = string(k.line[at+len(word):]), true
		}
		k.line = k.line[:0]
	}
	return password, asked
}

// Refused says that the password is wrong.
func (l *Loader) Refused() { l.say("refused") }

func (k *knock) declare(w *machine.State, spent *knock) { w.Bytes(&k.line, spent.line) }
