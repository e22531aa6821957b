package ion

import "encoding/binary"

// crcTables[k][x] is the CRC register after byte x and k zero bytes, from an empty
// register: sixteen bytes are then sixteen independent look-ups.
var crcTables = newCRCTables()

func newCRCTables() *[16][256]uint16 {
	const polynomial = 0xA001 // 8005 hex, reflected
	var t [16][256]uint16
	for x := range t[0] {
		crc := uint16(x)
		for range 8 {
			odd := crc&1 != 0
			crc >>= 1
			if odd {
				crc ^= polynomial
			}
		}
		t[0][x] = crc
	}
	for k := 1; k < len(t); k++ {
		for x := range t[k] {
			prev := t[k-1][x]
			t[k][x] = prev>>8 ^ t[0][byte(prev)]
		}
	}
	return &t
}

// CRC16 is CRC-16/MODBUS: polynomial 8005 hex, initial value FFFF, reflected, no final
// XOR. A frame carries it low byte first, taken from the control byte to the last data byte.
func CRC16(p []byte) uint16 {
	t := crcTables
	crc := uint16(0xFFFF)
	for len(p) >= 16 {
		a := binary.LittleEndian.Uint64(p) ^ uint64(crc)
		b := binary.LittleEndian.Uint64(p[8:])
		crc = t[15][byte(a)] ^ t[14][byte(a>>8)] ^ t[13][byte(a>>16)] ^ t[12][byte(a>>24)] ^
			t[11][byte(a>>32)] ^ t[10][byte(a>>40)] ^ t[9][byte(a>>48)] ^ t[8][byte(a>>56)] ^
			t[7][byte(b)] ^ t[6][byte(b>>8)] ^ t[5][byte(b>>16)] ^ t[4][byte(b>>24)] ^
			t[3][byte(b>>32)] ^ t[2][byte(b>>40)] ^ t[1][byte(b>>48)] ^ t[0][byte(b>>56)]
		p = p[16:]
	}
	if len(p) >= 8 { // all that an acknowledgement has
		a := binary.LittleEndian.Uint64(p) ^ uint64(crc)
		crc = t[7][byte(a)] ^ t[6][byte(a>>8)] ^ t[5][byte(a>>16)] ^ t[4][byte(a>>24)] ^
			t[3][byte(a>>32)] ^ t[2][byte(a>>40)] ^ t[1][byte(a>>48)] ^ t[0][byte(a>>56)]
		p = p[8:]
	}
	for _, x := range p {
		crc = crc>>8 ^ t[0][byte(crc)^x]
	}
	return crc
}
