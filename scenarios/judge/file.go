package judge

import (
	"encoding/binary"
	"hash/crc32"
)

// Where the fields of a .UPG file are (PROTOCOL.md, section 11).
const (
	upgVersion  = 8
	upgRevision = 12
	upgDated    = 28
	upgBase     = 32
	upgCRC      = 40
	upgSHA      = 44
	upgSeal     = 76
	upgImage    = 80
)

// flipped is a file with a wrong bit.
func flipped(at int) func(file []byte) []byte {
	return func(file []byte) []byte {
		file[at] ^= 0x04
		return file
	}
}

// resealed is a file that was changed by somebody who knows how to make its header whole.
func resealed(change func(file []byte) []byte) func(file []byte) []byte {
	return func(file []byte) []byte {
		file = change(file)
		binary.BigEndian.PutUint32(file[upgSeal:], crc32.ChecksumIEEE(file[:upgSeal]))
		return file
	}
}
