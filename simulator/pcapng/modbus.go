package pcapng

import (
	"encoding/binary"
	"time"
)

// modbusPort is the TCP port of Modbus (MODBUS Messaging on TCP/IP, 2.2): by it Wireshark knows what
// it is, without settings.
const modbusPort = 502

// Beside is what a meter says beside its lines, in another protocol, on an interface of its own that
// Wireshark decodes without settings. Faults do not befall it. A nil one does nothing.
type Beside struct {
	to      *Writer
	line    wire
	clients map[int]*stream // Modbus TCP: connections, by number; nil for RTU
	inter   uint32
}

// addInterface describes one more interface and returns its number.
func (w *Writer) addInterface(link uint16, name string, baud int) uint32 {
	n := w.interfaces
	w.describe(link, name, baud)
	w.interfaces++
	return n
}

// ModbusTCP adds an interface for the Modbus TCP of the meter on a line.
func (w *Writer) ModbusTCP(number int, name string) *Beside {
	return &Beside{to: w, clients: map[int]*stream{}, line: wire{address: number}, inter: w.addInterface(linkRawIPv4, name, 0)}
}

// ModbusRTU adds an interface for a serial port that speaks Modbus RTU. Its packets are of the type
// "upper PDU" (LINKTYPE_WIRESHARK_UPPER_PDU, 252), which names the dissector: on a serial interface
// Wireshark would have to be told.
func (w *Writer) ModbusRTU(name string, baud int) *Beside {
	return &Beside{to: w, inter: w.addInterface(linkUpperPDU, name, baud)}
}

// Connect begins the connection of a client of Modbus TCP.
func (b *Beside) Connect(at time.Duration, client int) {
	if b == nil || b.clients == nil {
		return
	}
	s := newStream(b.inter, b.line.address)
	s.ports = [2]uint16{ToMeter: uint16(firstPort + client%(1<<16-firstPort) - 1), FromMeter: modbusPort}
	b.clients[client] = s
	s.connect(b.to, &b.line, at)
}

// Disconnect ends it; a reason says that it broke.
func (b *Beside) Disconnect(at time.Duration, client int, reason string) {
	if b == nil || b.clients[client] == nil {
		return
	}
	b.clients[client].disconnect(b.to, &b.line, at, reason)
	delete(b.clients, client)
}

// Data writes what one end sends: over TCP any bytes of a connection, on a serial port a frame.
func (b *Beside) Data(at time.Duration, client int, d Direction, p string) {
	switch {
	case b == nil || len(p) == 0:
	case b.clients == nil:
		b.upper(at, d, p)
	case b.clients[client] != nil:
		b.clients[client].send(b.to, &b.line, at, d, p)
	}
}

// Loose writes bytes of a serial port that are no frame.
func (b *Beside) Loose(at time.Duration, d Direction, p string) {
	if b != nil && len(p) > 0 {
		b.line.comment("these bytes are no frame")
		b.upper(at, d, p)
	}
}

// Tags of the header of an upper PDU (Wireshark, wsutil/exported_pdu_tlvs.h).
const (
	tagEnd       = 0
	tagDissector = 12
	tagPortType  = 24
	tagFrom      = 25
	tagTo        = 26
	portTypeTCP  = 2
)

// upper writes a frame with the name of its dissector, and with ports that tell a question from an
// answer.
func (b *Beside) upper(at time.Duration, d Direction, p string) {
	big := binary.BigEndian
	from, to := uint32(firstPort), uint32(modbusPort)
	flags := uint32(outbound)
	if d == FromMeter {
		from, to, flags = to, from, inbound
	}
	tag := func(dst []byte, code uint16, value []byte) []byte {
		dst = big.AppendUint16(big.AppendUint16(dst, code), uint16(len(value)))
		return append(dst, value...)
	}
	number := func(n uint32) []byte { return big.AppendUint32(nil, n) }
	head := tag(nil, tagDissector, []byte("mbrtu\x00\x00\x00"))
	head = tag(tag(tag(head, tagPortType, number(portTypeTCP)), tagFrom, number(from)), tagTo, number(to))
	head = tag(head, tagEnd, nil)
	size := len(head) + len(p)
	b.to.beginPacket(at, b.inter, size)
	b.to.block = append(append(b.to.block, head...), p...)
	b.to.endPacket(&b.line, size, flags)
}
