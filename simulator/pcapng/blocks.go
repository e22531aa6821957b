package pcapng

import (
	"encoding/binary"
	"time"
)

// Blocks and options of pcapng (draft-ietf-opsawg-pcapng).
const (
	sectionHeader   = 0x0A0D0D0A
	interfaceBlock  = 1
	nameResolution  = 4
	enhancedPacket  = 6
	byteOrder       = 0x1A2B3C4D
	linkRawIPv4     = 101
	linkRTACSerial  = 250
	linkUpperPDU    = 252
	optionEnd       = 0
	optionComment   = 1
	userApplication = 4
	interfaceName   = 2
	interfaceSpeed  = 8
	timeResolution  = 9
	packetFlags     = 2
	inbound         = 1
	outbound        = 2
	nanoseconds     = 9 // 10^-9 s
	recordIPv4      = 1 // of a name
)

var little = binary.LittleEndian

func (w *Writer) begin(kind uint32) {
	w.block = little.AppendUint32(w.block[:0], kind)
	w.block = little.AppendUint32(w.block, 0) // its length, known at the end
}

// end closes the options of a block and writes it.
func (w *Writer) end() {
	w.block = little.AppendUint32(w.block, optionEnd)
	length := uint32(len(w.block) + 4)
	w.block = little.AppendUint32(w.block, length)
	little.PutUint32(w.block[4:], length)
	if w.err == nil {
		_, w.err = w.to.Write(w.block)
	}
}

// maxOption is the most bytes of an option.
const maxOption = 1<<16 - 1

func (w *Writer) option(code uint16, value []byte) {
	value = value[:min(len(value), maxOption)]
	w.block = little.AppendUint16(w.block, code)
	w.block = little.AppendUint16(w.block, uint16(len(value)))
	w.block = append(w.block, value...)
	w.pad(len(value))
}

// pad fills up to a multiple of four bytes.
func (w *Writer) pad(n int) {
	for ; n%4 != 0; n++ {
		w.block = append(w.block, 0)
	}
}

func (w *Writer) section(c Config) {
	w.begin(sectionHeader)
	w.block = little.AppendUint32(w.block, byteOrder)
	w.block = little.AppendUint16(w.block, 1)
	w.block = little.AppendUint16(w.block, 0)
	w.block = little.AppendUint64(w.block, 1<<64-1) // its length is not known
	if c.Comment != "" {
		w.option(optionComment, []byte(c.Comment))
	}
	w.option(userApplication, []byte(c.Program))
	w.end()
}

func (w *Writer) describe(link uint16, name string, baud int) {
	w.begin(interfaceBlock)
	w.block = little.AppendUint16(w.block, link)
	w.block = little.AppendUint16(w.block, 0)
	w.block = little.AppendUint32(w.block, 0) // packets of any length
	w.option(interfaceName, []byte(name))
	if baud > 0 {
		w.option(interfaceSpeed, little.AppendUint64(nil, uint64(baud)))
	}
	w.option(timeResolution, []byte{nanoseconds})
	w.end()
}

// name names the ends of TCP connections.
func (w *Writer) name(lines []Line) {
	named := false
	w.begin(nameResolution)
	for i, l := range lines {
		if l.TCP {
			if !named {
				w.record(addressPC, "PC")
			}
			w.record(addressOf(i), l.Meter)
			named = true
		}
	}
	if named {
		w.block = little.AppendUint32(w.block, 0) // the end of the records
		w.end()
	}
}

func (w *Writer) record(address [4]byte, name string) {
	if name == "" {
		name = "meter"
	}
	value := append(append(address[:], name...), 0)
	w.block = little.AppendUint16(w.block, recordIPv4)
	w.block = little.AppendUint16(w.block, uint16(len(value)))
	w.block = append(w.block, value...)
	w.pad(len(value))
}

// beginPacket writes a packet up to its data, and returns its calendar time.
func (w *Writer) beginPacket(at time.Duration, from uint32, size int) time.Time {
	when := w.start.Add(at)
	stamp := uint64(when.UnixNano())
	w.begin(enhancedPacket)
	w.block = little.AppendUint32(w.block, from)
	w.block = little.AppendUint32(w.block, uint32(stamp>>32))
	w.block = little.AppendUint32(w.block, uint32(stamp))
	w.block = little.AppendUint32(w.block, uint32(size))
	w.block = little.AppendUint32(w.block, uint32(size))
	return when
}

// endPacket writes what follows the data of a packet: its direction, and the comments of its line
// so far.
func (w *Writer) endPacket(l *wire, size int, flags uint32) {
	w.pad(size)
	if flags != 0 {
		w.option(packetFlags, little.AppendUint32(nil, flags))
	}
	for _, c := range l.comments {
		w.option(optionComment, []byte(c))
	}
	l.comments = l.comments[:0]
	w.end()
}

// Events and lines of the RTAC serial header.
const (
	statusChange    = 0
	dataTxStart     = 1
	dataRxStart     = 2
	captureLost     = 5
	captureComplete = 6

	lineCTS  = 0x01
	lineDCD  = 0x02
	lineDSR  = 0x04
	lineRTS  = 0x08
	lineDTR  = 0x10
	lineMBOK = 0x40
)

func (l *wire) levels() uint8 {
	lines := uint8(lineCTS | lineDSR | lineRTS | lineDTR)
	if !l.out {
		lines |= lineDCD
	}
	if !l.off {
		lines |= lineMBOK
	}
	return lines
}

// status writes an event of the line without bytes.
func (w *Writer) status(l *wire, at time.Duration, event uint8) { w.serial(l, at, event, 0, "") }

// serial writes a packet of a line's first interface.
func (w *Writer) serial(l *wire, at time.Duration, event uint8, flags uint32, data string) {
	const header = 12
	size := header + len(data)
	when := w.beginPacket(at, l.serial, size)
	w.block = binary.BigEndian.AppendUint32(w.block, uint32(when.Unix()))
	w.block = binary.BigEndian.AppendUint32(w.block, uint32(when.Nanosecond()/1000))
	w.block = append(w.block, event, l.levels(), 0, 0)
	w.block = append(w.block, data...)
	w.endPacket(l, size, flags)
}

// Lost is a block that says that so many blocks before it are not in the file, for those who write
// to somebody who may be slow.
func Lost(n int, when time.Time) []byte {
	var kept keeper
	w := &Writer{to: &kept, start: when, lines: make([]wire, 1)}
	w.lines[0].comment("%d packets are missing here: nobody read them", n)
	w.status(&w.lines[0], 0, captureLost)
	return kept
}

// keeper keeps what is written to it.
type keeper []byte

func (k *keeper) Write(p []byte) (int, error) {
	*k = append(*k, p...)
	return len(p), nil
}
