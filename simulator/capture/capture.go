// Package capture writes what goes over a line as a pcapng file, which Wireshark, tshark and their
// like read. fixtures/wireshark/ion.lua shows them what the frames mean.
//
// A file has one interface, the RS-485 line, of the type RTAC serial (LINKTYPE_RTAC_SERIAL, 250,
// tcpdump.org): each frame is a packet, at the time of its first byte, as it was sent. What harmed
// it on the way is in comments: a fault that strikes or ends is told at the packet behind it, and a
// request that is sent again at its first frame. The cable and the meter's power are lines of the
// interface: that the cable is pulled is a status change with DCD low, that it is plugged in one
// with DCD high; power is the line MBOK.
//
// Every block is written at once, so a file is valid whenever its writer is killed.
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/line"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Config says what a file tells of the whole run.
type Config struct {
	Program string    // that writes it, with its version
	Comment string    // such as the plan of faults; empty for none
	Line    string    // name of the line
	Baud    int       // bits a second; 0 if bytes take no time
	Start   time.Time // calendar time of the station's time zero
}

// Writer writes one file. Make it with New. It is used by one goroutine.
type Writer struct {
	to       io.Writer
	start    time.Time
	block    []byte
	comments []string // for the next packet
	out      int      // faults that hold the cable out
	off      bool     // the meter has no power
	last     uint16   // message id of the host's last request
	asked    bool     // last means something
	again    int      // how often that request was sent again
	err      error
}

// New writes the head of a file.
func New(to io.Writer, c Config) (*Writer, error) {
	w := &Writer{to: to, start: c.Start}
	w.section(c)
	w.describe(c)
	return w, w.err
}

// Err is the first error of writing. After it nothing more is written.
func (w *Writer) Err() error { return w.err }

// Add writes an event, if it is one of the line or befalls it.
func (w *Writer) Add(e story.Event) {
	switch what := e.What.(type) {
	case story.FrameSent:
		w.frame(e.At, what)
	case story.FaultStruck:
		w.fault(e.At, what.Fault, "fault strikes: ", 1)
	case story.FaultEnded:
		w.fault(e.At, what.Fault, "fault ends: ", -1)
	case story.FaultMissed:
		w.comments = append(w.comments, "fault cannot strike: "+what.Details())
	case story.StateEntered:
		w.state(e.At, what.State)
	}
}

// End tells what is left to tell.
func (w *Writer) End(at time.Duration) {
	if len(w.comments) > 0 {
		w.packet(at, captureComplete, 0, nil)
	}
}

func (w *Writer) frame(at time.Duration, f story.FrameSent) {
	event, flags := uint8(dataTxStart), uint32(outbound)
	if f.Direction == line.FromMeter {
		event, flags = dataRxStart, inbound
	} else {
		w.countAgain(ion.Wire(f.Bytes))
	}
	w.packet(at, event, flags, []byte(f.Bytes))
}

// countAgain notes that a request was sent before.
func (w *Writer) countAgain(frame ion.Wire) {
	head, first := frame.Head()
	if !first {
		return
	}
	if !w.asked || head.MessageID != w.last {
		w.last, w.asked, w.again = head.MessageID, true, 0
		return
	}
	w.again++
	w.comments = append(w.comments, fmt.Sprintf("sent again: message %d for the %s time", head.MessageID, ordinal(w.again+1)))
}

func ordinal(n int) string {
	suffix := "th"
	switch {
	case n/10%10 == 1:
	case n%10 == 1:
		suffix = "st"
	case n%10 == 2:
		suffix = "nd"
	case n%10 == 3:
		suffix = "rd"
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// fault tells that a fault strikes or ends. One that pulls the cable changes a line.
func (w *Writer) fault(at time.Duration, f fault.Fault, how string, pulled int) {
	w.comments = append(w.comments, how+f.String())
	if !f.Kind.Unplugs() {
		return
	}
	was := w.out > 0
	w.out = max(0, w.out+pulled)
	if was != (w.out > 0) {
		w.packet(at, statusChange, 0, nil)
	}
}

func (w *Writer) state(at time.Duration, s meter.State) {
	if off := s == meter.Off; off != w.off {
		w.off = off
		how := "the meter has power"
		if off {
			how = "the meter has no power"
		}
		w.comments = append(w.comments, how)
		w.packet(at, statusChange, 0, nil)
	}
}

// Events and lines of the RTAC serial header.
const (
	statusChange    = 0
	dataTxStart     = 1
	dataRxStart     = 2
	captureComplete = 6

	lineCTS  = 0x01
	lineDCD  = 0x02
	lineDSR  = 0x04
	lineRTS  = 0x08
	lineDTR  = 0x10
	lineMBOK = 0x40
)

func (w *Writer) lines() uint8 {
	lines := uint8(lineCTS | lineDSR | lineRTS | lineDTR)
	if w.out == 0 {
		lines |= lineDCD
	}
	if !w.off {
		lines |= lineMBOK
	}
	return lines
}

// Blocks and options of pcapng (draft-ietf-opsawg-pcapng).
const (
	sectionHeader   = 0x0A0D0D0A
	interfaceBlock  = 1
	enhancedPacket  = 6
	byteOrder       = 0x1A2B3C4D
	linkRTACSerial  = 250
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

func (w *Writer) describe(c Config) {
	w.begin(interfaceBlock)
	w.block = little.AppendUint16(w.block, linkRTACSerial)
	w.block = little.AppendUint16(w.block, 0)
	w.block = little.AppendUint32(w.block, 0) // packets of any length
	w.option(interfaceName, []byte(c.Line))
	if c.Baud > 0 {
		w.option(interfaceSpeed, little.AppendUint64(nil, uint64(c.Baud)))
	}
	w.option(timeResolution, []byte{nanoseconds})
	w.end()
}

// packet writes a packet with the comments so far.
func (w *Writer) packet(at time.Duration, event uint8, flags uint32, data []byte) {
	when := w.start.Add(at)
	stamp := uint64(when.UnixNano())
	const header = 12
	size := uint32(header + len(data))
	w.begin(enhancedPacket)
	w.block = little.AppendUint32(w.block, 0) // the interface
	w.block = little.AppendUint32(w.block, uint32(stamp>>32))
	w.block = little.AppendUint32(w.block, uint32(stamp))
	w.block = little.AppendUint32(w.block, size)
	w.block = little.AppendUint32(w.block, size)
	w.block = binary.BigEndian.AppendUint32(w.block, uint32(when.Unix()))
	w.block = binary.BigEndian.AppendUint32(w.block, uint32(when.Nanosecond()/1000))
	w.block = append(w.block, event, w.lines(), 0, 0)
	w.block = append(w.block, data...)
	w.pad(int(size))
	if flags != 0 {
		w.option(packetFlags, little.AppendUint32(nil, flags))
	}
	for _, c := range w.comments {
		w.option(optionComment, []byte(c))
	}
	w.comments = w.comments[:0]
	w.end()
}
