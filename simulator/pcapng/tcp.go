package pcapng

import (
	"encoding/binary"
	"time"
)

// meterPort is the TCP port of a meter (documented: 7700 on a meter's own Ethernet; a gateway's
// serial ports are others).
const meterPort = 7700

// addressPC is that of every PC, of the addresses for documentation (RFC 5737). Ports tell its
// connections apart.
var addressPC = [4]byte{192, 0, 2, 1}

// addressOf is that of the meter on a line.
func addressOf(number int) [4]byte { return [4]byte{192, 0, 2, byte(100 + number%100)} }

// The flags of a TCP segment.
const (
	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpPSH = 0x08
	tcpACK = 0x10
)

// stream is a TCP connection after another on a line, as somebody between the two ends would see
// them. Ends are by the direction in which they send.
type stream struct {
	inter   uint32 // number of the interface
	ends    [2][4]byte
	ports   [2]uint16
	next    [2]uint32 // sequence number of the next byte
	open    bool
	segment []byte
}

// firstPort is that of the PC's first connection.
const firstPort = 49152

func newStream(inter uint32, number int) *stream {
	return &stream{
		inter: inter,
		ends:  [2][4]byte{ToMeter: addressPC, FromMeter: addressOf(number)},
		ports: [2]uint16{ToMeter: firstPort - 1, FromMeter: meterPort},
	}
}

// connect begins a connection from a port of its own, and ends the one before.
func (s *stream) connect(w *Writer, l *wire, at time.Duration) {
	s.disconnect(w, l, at, "")
	s.open = true
	s.ports[ToMeter]++
	if s.ports[ToMeter] == 0 {
		s.ports[ToMeter] = firstPort
	}
	s.next = [2]uint32{ToMeter: 0x1000_0000, FromMeter: 0x2000_0000}
	s.put(w, l, at, ToMeter, tcpSYN, "")
	s.put(w, l, at, FromMeter, tcpSYN|tcpACK, "")
	s.put(w, l, at, ToMeter, tcpACK, "")
}

// disconnect ends the connection, if there is one: in order, or, with a reason, because it broke.
func (s *stream) disconnect(w *Writer, l *wire, at time.Duration, reason string) {
	if !s.open {
		return
	}
	s.open = false
	if reason != "" {
		l.comment("the connection broke: %s", reason)
		s.put(w, l, at, FromMeter, tcpRST|tcpACK, "")
		return
	}
	s.put(w, l, at, ToMeter, tcpFIN|tcpACK, "")
	s.put(w, l, at, FromMeter, tcpFIN|tcpACK, "")
	s.put(w, l, at, ToMeter, tcpACK, "")
}

// most is the most bytes of a segment, as on Ethernet.
const most = 1460

func (s *stream) send(w *Writer, l *wire, at time.Duration, d Direction, p string) {
	if !s.open {
		of := l.comments // what is told of the bytes is not of SYN
		l.comments = nil
		s.connect(w, l, at)
		l.comments = of
	}
	for len(p) > 0 {
		n := min(len(p), most)
		s.put(w, l, at, d, tcpPSH|tcpACK, p[:n])
		p = p[n:]
	}
}

// put writes a segment.
func (s *stream) put(w *Writer, l *wire, at time.Duration, d Direction, flags byte, data string) {
	s.segment = s.appendPacket(s.segment[:0], d, flags, data)
	s.next[d] += uint32(len(data))
	if flags&(tcpSYN|tcpFIN) != 0 {
		s.next[d]++
	}
	direction := uint32(outbound)
	if d == FromMeter {
		direction = inbound
	}
	w.beginPacket(at, s.inter, len(s.segment))
	w.block = append(w.block, s.segment...)
	w.endPacket(l, len(s.segment), direction)
}

// other is the end that d sends to.
func other(d Direction) Direction {
	if d == ToMeter {
		return FromMeter
	}
	return ToMeter
}

// headerBytes are those of IPv4 and of TCP, each without options.
const headerBytes = 20

// appendPacket appends an IPv4 packet with a segment in it (RFC 791, RFC 9293).
func (s *stream) appendPacket(dst []byte, d Direction, flags byte, data string) []byte {
	big := binary.BigEndian
	from, to := s.ends[d], s.ends[other(d)]
	ack := uint32(0)
	if flags&tcpACK != 0 {
		ack = s.next[other(d)]
	}
	dst = append(dst, 0x45, 0)
	dst = big.AppendUint16(dst, uint16(2*headerBytes+len(data)))
	dst = append(dst, 0, 0, 0x40, 0, 64, 6, 0, 0) // no fragments, TTL 64, TCP
	dst = append(append(dst, from[:]...), to[:]...)
	big.PutUint16(dst[10:], checksum(0, dst[:headerBytes]))

	dst = big.AppendUint16(dst, s.ports[d])
	dst = big.AppendUint16(dst, s.ports[other(d)])
	dst = big.AppendUint32(dst, s.next[d])
	dst = big.AppendUint32(dst, ack)
	dst = append(dst, headerBytes/4<<4, flags, 0xFF, 0xFF, 0, 0, 0, 0)
	dst = append(dst, data...)
	segment := dst[headerBytes:]
	pseudo := append(append(from[:], to[:]...), 0, 6)
	pseudo = big.AppendUint16(pseudo, uint16(len(segment)))
	big.PutUint16(segment[16:], checksum(sum(0, pseudo), segment))
	return dst
}

// sum adds the 16-bit words of p (RFC 1071).
func sum(n uint32, p []byte) uint32 {
	for i := 0; i+1 < len(p); i += 2 {
		n += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	if len(p)%2 != 0 {
		n += uint32(p[len(p)-1]) << 8
	}
	return n
}

func checksum(n uint32, p []byte) uint16 {
	n = sum(n, p)
	for n > 0xFFFF {
		n = n>>16 + n&0xFFFF
	}
	return ^uint16(n)
}
