// Package explain says for people what stands in frames and messages of the ION protocol: each
// field with its name, its bytes and what they mean. Package ion reads them; here they only get
// words. Whatever is not understood is shown as bytes, so the fields of a text always cover all
// of it, without gaps and in order.
//
// It is for pages, captures and reports. Machines use package ion.
package explain

import (
	"encoding/binary"
	"fmt"

	"ionbench/simulator/ion"
)

// Field is a part of a frame or message.
type Field struct {
	Name     string
	From, To int    // its bytes are From to To-1
	Value    string // what they mean; empty if the bytes themselves say all
	Wrong    bool   // it is damaged, or says that something was not done
}

// Text is some bytes in words: in one line, and field by field.
type Text struct {
	Title  string
	Fields []Field
}

// reader cuts a text into fields, from its beginning.
type reader struct {
	b    []byte
	at   int
	text Text
}

// left is how many bytes are left.
func (r *reader) left() int { return len(r.b) - r.at }

// take makes the next n bytes a field, or what is left of them, and returns them. Whole is false
// where bytes are missing.
func (r *reader) take(name string, n int, value string) (p []byte, whole bool) {
	whole = n <= r.left()
	n = min(n, r.left())
	p = r.b[r.at : r.at+n]
	if n > 0 || whole {
		r.text.Fields = append(r.text.Fields, Field{Name: name, From: r.at, To: r.at + n, Value: value, Wrong: !whole})
	}
	r.at += n
	return p, whole
}

// say sets the meaning of the field that was taken last.
func (r *reader) say(format string, args ...any) {
	r.text.Fields[len(r.text.Fields)-1].Value = fmt.Sprintf(format, args...)
}

// wrong marks the field that was taken last.
func (r *reader) wrong() { r.text.Fields[len(r.text.Fields)-1].Wrong = true }

// rest makes what is left a field.
func (r *reader) rest(name string) {
	if r.left() > 0 {
		r.take(name, r.left(), "")
	}
}

// u16 and u32 take a big-endian number as a field; it is 0 where bytes are missing.
func (r *reader) u16(name string) uint16 {
	p, whole := r.take(name, 2, "")
	if !whole {
		return 0
	}
	n := binary.BigEndian.Uint16(p)
	r.say("%d", n)
	return n
}

func (r *reader) u32(name string) uint32 {
	p, whole := r.take(name, 4, "")
	if !whole {
		return 0
	}
	n := binary.BigEndian.Uint32(p)
	r.say("%d", n)
	return n
}

// u8 takes one byte as a field.
func (r *reader) u8(name string) (n byte, whole bool) {
	p, whole := r.take(name, 1, "")
	if !whole {
		return 0, false
	}
	return p[0], true
}

// Frame explains one frame as it is on the wire, with or without its preamble. Bytes that are no
// good frame are one field.
func Frame(b []byte) Text {
	f, n, err := ion.ParseFrame(b)
	if err != nil {
		return Text{Title: "no frame: " + err.Error(), Fields: []Field{{Name: "bytes", To: len(b), Value: err.Error(), Wrong: true}}}
	}
	r := reader{b: b}
	r.text.Title = frameTitle(f)
	const bare = ion.FrameOverhead - 2 // without a preamble
	if n > bare+len(f.Data) {
		r.take("preamble", 2, "")
	}
	r.take("sync", 2, "")
	r.take("control", 1, controlWords(f))
	r.take("length", 1, fmt.Sprintf("%d bytes of data", len(f.Data)))
	r.take("source", 2, unitWords(f.Source))
	r.take("destination", 2, unitWords(f.Destination))
	r.take("transaction", 1, transactionWords(f))
	r.take("reserved", 1, "")
	if len(f.Data) > 0 {
		r.take("data", len(f.Data), "")
	}
	r.take("CRC-16", 2, "right")
	r.rest("behind the frame")
	return r.text
}

func frameTitle(f ion.Frame) string {
	switch {
	case f.IsAck():
		return "ACK"
	case f.IsNak():
		return "NAK"
	case f.First() && f.Left() == 0:
		return "the only frame of a message"
	case f.First():
		return fmt.Sprintf("first of %d frames", f.Left()+1)
	case f.Left() == 0:
		return "last frame of a message"
	}
	return fmt.Sprintf("frame of a message, %d to go", f.Left())
}

func controlWords(f ion.Frame) string {
	switch {
	case f.IsAck():
		return "acknowledges a frame"
	case f.IsNak():
		return "refuses a frame"
	}
	words := "data to the meter"
	if f.Control&ion.FromMeter != 0 {
		words = "data from the meter"
	}
	if f.WantsAck() {
		words += ", wants an ACK"
	}
	return words
}

func transactionWords(f ion.Frame) string {
	words := fmt.Sprintf("%d frames to go", f.Left())
	if f.Left() == 1 {
		words = "1 frame to go"
	}
	if f.First() {
		return "first frame, " + words
	}
	return words
}

// unitWords names a link address.
func unitWords(address uint16) string {
	switch address {
	case ion.HostAddress:
		return "the PC"
	case ion.Broadcast:
		return "every unit"
	}
	return fmt.Sprintf("unit %d", address)
}
