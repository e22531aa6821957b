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

// laneBytes is the length of each of the two lanes in which CRC16 takes a full frame: the
// steps of one lane wait for each other, those of two lanes do not.
const laneBytes = 112

// crcAdvance[0][x] and crcAdvance[1][x] are the register whose low or high byte is x after
// laneBytes zero bytes: with it the register of the first lane moves past the second.
var crcAdvance = newCRCAdvance()

func newCRCAdvance() *[2][256]uint16 {
	var t [2][256]uint16
	for half := range t {
		for x := range t[half] {
			crc := uint16(x) << (8 * half)
			for range laneBytes {
				crc = crc>>8 ^ crcTables[0][byte(crc)]
			}
			t[half][x] = crc
		}
	}
	return &t
}

// CRC16 is CRC-16/MODBUS: polynomial 8005 hex, initial value FFFF, reflected, no final
// XOR. A frame carries it low byte first, taken from the control byte to the last data byte.
func CRC16(p []byte) uint16 {
	crc := uint16(0xFFFF)
	for len(p) >= 2*laneBytes {
		first, second := crcLanes(crc, p[:2*laneBytes])
		crc = crcAdvance[0][byte(first)] ^ crcAdvance[1][first>>8] ^ second
		p = p[2*laneBytes:]
	}
	return crcUpdate(crc, p)
}

// crcLanes takes the two halves of p side by side: the first from crc on, the second from
// an empty register.
func crcLanes(crc uint16, p []byte) (first, second uint16) {
	t := crcTables
	first = crc
	x, y := p[:laneBytes], p[laneBytes:2*laneBytes]
	for len(x) >= 16 && len(y) >= 16 {
		a := binary.LittleEndian.Uint64(x) ^ uint64(first)
		c := binary.LittleEndian.Uint64(y) ^ uint64(second)
		b := binary.LittleEndian.Uint64(x[8:])
		d := binary.LittleEndian.Uint64(y[8:])
		first = t[15][byte(a)] ^ t[14][byte(a>>8)] ^ t[13][byte(a>>16)] ^ t[12][byte(a>>24)] ^
			t[11][byte(a>>32)] ^ t[10][byte(a>>40)] ^ t[9][byte(a>>48)] ^ t[8][byte(a>>56)] ^
			t[7][byte(b)] ^ t[6][byte(b>>8)] ^ t[5][byte(b>>16)] ^ t[4][byte(b>>24)] ^
			t[3][byte(b>>32)] ^ t[2][byte(b>>40)] ^ t[1][byte(b>>48)] ^ t[0][byte(b>>56)]
		second = t[15][byte(c)] ^ t[14][byte(c>>8)] ^ t[13][byte(c>>16)] ^ t[12][byte(c>>24)] ^
			t[11][byte(c>>32)] ^ t[10][byte(c>>40)] ^ t[9][byte(c>>48)] ^ t[8][byte(c>>56)] ^
			t[7][byte(d)] ^ t[6][byte(d>>8)] ^ t[5][byte(d>>16)] ^ t[4][byte(d>>24)] ^
			t[3][byte(d>>32)] ^ t[2][byte(d>>40)] ^ t[1][byte(d>>48)] ^ t[0][byte(d>>56)]
		x, y = x[16:], y[16:]
	}
	return first, second
}

// crcUpdate goes on from crc.
func crcUpdate(crc uint16, p []byte) uint16 {
	t := crcTables
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
