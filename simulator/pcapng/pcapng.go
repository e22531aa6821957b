// Package pcapng writes what goes over lines as a pcapng file, which Wireshark, tshark and their
// like read. fixtures/wireshark/ion.lua shows them what the frames mean.
//
// A line is an interface of the type RTAC serial (LINKTYPE_RTAC_SERIAL, 250, tcpdump.org): each
// frame is a packet, at the time of its first byte, as it was sent. What harmed it on the way is in
// comments: a fault that strikes or ends is told at the packet behind it, and a request that is sent
// again at its first frame. The cable and the meter's power are lines of the interface: that the
// cable is pulled is a status change with DCD low, that it is plugged in one with DCD high; power is
// the line MBOK.
//
// A line whose bytes go over TCP has a second interface, of the type raw IPv4 (LINKTYPE_RAW, 101),
// on which the frames are: each a segment to or from port 7700, in connections that begin with SYN.
// Cable and power stay on the first. Addresses and ports are none that anybody had: the file names
// the ends.
//
// What a meter says in Modbus beside its lines has an interface of its own (Writer.ModbusTCP,
// Writer.ModbusRTU).
//
// Every block is written at once, so a file is valid whenever its writer is killed.
package pcapng

import (
	"fmt"
	"io"
	"time"

	"ionbench/simulator/ion"
)

// Direction says which end of a line sends.
type Direction uint8

// The directions.
const (
	ToMeter Direction = iota
	FromMeter
)

// Config says what a file tells of the whole run.
type Config struct {
	Program string    // that writes it, with its version
	Comment string    // such as the plan of faults; empty for none
	Start   time.Time // calendar time of the station's time zero
	Lines   []Line    // by their numbers; at least one
}

// Line describes a line between PCs and meters.
type Line struct {
	Name  string
	Baud  int    // bits a second; 0 if bytes take no time
	TCP   bool   // its bytes go over TCP
	Meter string // name of the meter's end of TCP
}

// Writer writes one file. Make it with New. It is used by one goroutine.
type Writer struct {
	to    io.Writer
	start time.Time
	block []byte
	lines []wire
	err   error

	interfaces uint32 // so far
}

// wire is one line.
type wire struct {
	address  int     // of its meter over TCP
	serial   uint32  // number of its interface
	stream   *stream // over TCP; nil for none
	comments []string
	out      bool   // the cable is
	off      bool   // the meter has no power
	last     string // the first frame of the host's last request
	again    int    // how often that request was sent again
}

// New writes the head of a file.
func New(to io.Writer, c Config) (*Writer, error) {
	w := &Writer{to: to, start: c.Start}
	w.section(c)
	for i := range c.Lines {
		l := wire{address: i, serial: w.addInterface(linkRTACSerial, c.Lines[i].Name, c.Lines[i].Baud)}
		if c.Lines[i].TCP {
			l.stream = newStream(w.addInterface(linkRawIPv4, c.Lines[i].Name+" over TCP", 0), i)
		}
		w.lines = append(w.lines, l)
	}
	w.name(c.Lines)
	return w, w.err
}

// Err is the first error of writing. After it nothing more is written.
func (w *Writer) Err() error { return w.err }

// line is the line of a number; the first if there is none.
func (w *Writer) line(number int) *wire {
	if number < len(w.lines) {
		return &w.lines[number]
	}
	return &w.lines[0]
}

// Frame writes a frame that one end begins to send.
func (w *Writer) Frame(at time.Duration, number int, d Direction, frame string) {
	l := w.line(number)
	if d == ToMeter {
		l.countAgain(frame)
	}
	w.data(l, at, d, frame)
}

// Comment tells something at the next packet of a line.
func (w *Writer) Comment(number int, text string) { w.line(number).comment("%s", text) }

// Loose writes bytes that are no frame.
func (w *Writer) Loose(at time.Duration, number int, d Direction, p string) {
	l := w.line(number)
	l.comment("these bytes are no frame")
	w.data(l, at, d, p)
}

// Connect begins a TCP connection. It does nothing to a line without TCP.
func (w *Writer) Connect(at time.Duration, number int) {
	if l := w.line(number); l.stream != nil {
		l.stream.connect(w, l, at)
	}
}

// Disconnect ends a TCP connection; a reason says that it broke.
func (w *Writer) Disconnect(at time.Duration, number int, reason string) {
	if l := w.line(number); l.stream != nil {
		l.stream.disconnect(w, l, at, reason)
	}
}

// End tells what is left to tell.
func (w *Writer) End(at time.Duration) {
	for i := range w.lines {
		if l := &w.lines[i]; len(l.comments) > 0 {
			w.status(l, at, captureComplete)
		}
	}
}

func (l *wire) comment(format string, args ...any) {
	l.comments = append(l.comments, fmt.Sprintf(format, args...))
}

// data writes bytes that one end sends.
func (w *Writer) data(l *wire, at time.Duration, d Direction, p string) {
	if l.stream != nil {
		l.stream.send(w, l, at, d, p)
		return
	}
	event, flags := uint8(dataTxStart), uint32(outbound)
	if d == FromMeter {
		event, flags = dataRxStart, inbound
	}
	w.serial(l, at, event, flags, p)
}

// countAgain notes that a request was sent before.
func (l *wire) countAgain(frame string) {
	head, first := ion.Wire(frame).Head()
	if !first {
		return
	}
	if frame != l.last {
		l.last, l.again = frame, 0
		return
	}
	l.again++
	l.comment("sent again: message %d for the %s time", head.MessageID, ordinal(l.again+1))
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

// Cable tells that the cable of a line is pulled or plugged in.
func (w *Writer) Cable(at time.Duration, number int, in bool) {
	if l := w.line(number); l.out == in {
		l.out = !in
		w.status(l, at, statusChange)
	}
}

// Power tells that the meter of a line loses its power or has it again.
func (w *Writer) Power(at time.Duration, number int, on bool) {
	l := w.line(number)
	if l.off != on {
		return
	}
	l.off = !on
	if on {
		l.comment("the meter has power")
	} else {
		l.comment("the meter has no power")
	}
	w.status(l, at, statusChange)
}
