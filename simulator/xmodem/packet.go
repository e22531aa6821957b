package xmodem

import (
	"time"

	"ionbench/simulator/meter"
)

// whole is how long the block is that is coming. A sender may have heard either request: as long as it
// is not known which, a CRC is waited for.
func (l *Loader) whole() int {
	if l.sums {
		return l.summed()
	}
	return l.summed() + 1
}

// summed is how long the block is with a checksum.
func (l *Loader) summed() int {
	if l.block[0] == stx {
		return 3 + maxPayload + 1
	}
	return 3 + 128 + 1
}

// takeSummed takes a block behind which nothing comes for a CRC, if its checksum is good.
func (l *Loader) takeSummed(now time.Duration) bool {
	if l.known || len(l.block) == 0 || len(l.block) != l.summed() || l.block[len(l.block)-1] != checksum(l.block[3:len(l.block)-1]) {
		return false
	}
	l.sums = true
	l.takeBlock(now)
	return true
}

// Packet says what a sender says from p on: a block, or a control character.
func (l *Loader) Packet(p []byte) meter.Packet {
	switch p[0] {
	case soh, stx:
		return l.blockPacket(p)
	case eot, can, ack, nak, crc:
		return meter.Packet{Bytes: 1, Frame: true}
	}
	return meter.Packet{Bytes: 1}
}

func (l *Loader) blockPacket(p []byte) meter.Packet {
	payload := 128
	if p[0] == stx {
		payload = maxPayload
	}
	summed := 3 + payload + 1
	long := summed + 1
	switch {
	case len(p) >= 3 && p[1] != ^p[2]:
		return meter.Packet{Bytes: 1} // no block begins so
	case l.known && l.sums, !l.known && l.polls > crcPolls && len(p) == summed && p[summed-1] == checksum(p[3:summed-1]):
		long = summed
	}
	if len(p) < long {
		return meter.Packet{}
	}
	packet := meter.Packet{Bytes: long, Frame: true, Modulus: 256, First: !l.file.begun && p[1] == 1}
	switch {
	case p[1] != 0:
		packet.Block = uint32(p[1])
	case l.file.begun && l.phase != lingering:
		packet.Block = packet.Modulus
	}
	return packet
}

// open checks a block's number and sum.
func (l *Loader) open() (number byte, payload []byte, good bool) {
	sum := 2
	if l.sums {
		sum = 1
	}
	payload = l.block[3 : len(l.block)-sum]
	check := l.block[len(l.block)-sum:]
	if l.sums {
		good = check[0] == checksum(payload)
	} else {
		good = uint16(check[0])<<8|uint16(check[1]) == crc16(payload)
	}
	return l.block[1], payload, good && l.block[1] == ^l.block[2]
}

// checksum is the sum of the bytes, modulo 256.
func checksum(p []byte) (sum byte) {
	for _, b := range p {
		sum += b
	}
	return sum
}

// crc16 is the CRC-16 of XMODEM: polynomial 0x1021, from 0, not reflected.
func crc16(p []byte) (sum uint16) {
	for _, b := range p {
		sum ^= uint16(b) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}
