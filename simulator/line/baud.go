package line

// resample appends to dst what a receiver with the rate to reads of bytes p that were sent with
// the rate from. It waits for a falling edge and samples the middle of each bit at its own
// rate, as a UART does. Bytes without a stop bit are dropped (framing error).
func resample(dst, p []byte, from, to int) []byte {
	bits := len(p) * bitsPerByte
	// Positions are in sender bits times 2*to, so that both bit lengths are whole.
	ownBit, senderBit := int64(2*from), int64(2*to)
	end := int64(bits) * senderBit
	for at := int64(0); at < end; {
		if level(p, at/senderBit) {
			at = (at/senderBit + 1) * senderBit
			continue
		}
		var b byte
		for i := range 8 {
			if level(p, (at+ownBit/2+int64(i+1)*ownBit)/senderBit) {
				b |= 1 << i
			}
		}
		stop := at + ownBit/2 + 9*ownBit
		if level(p, stop/senderBit) {
			dst = append(dst, b)
		}
		at = stop + ownBit/2
	}
	return dst
}

// level is the line's level during bit i of p: start bit low, eight data bits with the
// lowest first, stop bit high; high when idle.
func level(p []byte, i int64) bool {
	n, bit := int(i/bitsPerByte), i%bitsPerByte
	if n >= len(p) || bit == 9 {
		return true
	}
	return bit > 0 && p[n]>>(bit-1)&1 == 1
}
