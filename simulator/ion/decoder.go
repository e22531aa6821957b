package ion

import (
	"bytes"

	"ionbench/simulator/machine"
)

// decoderBytes is what a Decoder can hold. An incomplete frame is at most 259 bytes, so
// most of it is room for the next Feed.
const decoderBytes = 1024

// Decoder finds the good frames in a stream of bytes, whatever stands between them. It
// asks for 14 AC, a length byte of at least 7 and the right CRC, nothing else: the
// preamble is not needed to find a frame, and control, addresses and the reserved byte
// are for the receiver to judge. A length that lies or a CRC that fails costs only the
// two sync bytes: the search goes on one byte behind them, so a good frame that the bad
// one seemed to swallow is found. What stands inside a good frame is never looked at.
//
// A Decoder is a plain value: to copy it is to clone it. The zero value is ready. It
// allocates nothing.
type Decoder struct {
	buf        [decoderBytes]byte
	start, end int // buf[start:end] is held
	givenUp    int // incomplete frames that begin below this index are given up, see Gap
}

// Feed takes as many bytes of p as fit and says how many. Once Next has returned false
// there is always room for more. The caller goes on until p is used up:
//
//	for len(p) > 0 {
//		p = p[d.Feed(p):]
//		for f, ok := d.Next(); ok; f, ok = d.Next() {
//			...
//		}
//	}
func (d *Decoder) Feed(p []byte) int {
	if d.start == d.end {
		d.start, d.end, d.givenUp = 0, 0, 0
	} else if d.end+len(p) > len(d.buf) && d.start > 0 {
		d.givenUp = max(0, d.givenUp-d.start)
		d.end = copy(d.buf[:], d.buf[d.start:d.end])
		d.start = 0
	}
	n := copy(d.buf[d.end:], p)
	d.end += n
	return n
}

// Next is the next good frame. Its Data is valid until the next Feed. When it returns
// false, only the beginning of a possible frame is still held.
func (d *Decoder) Next() (Frame, bool) {
	for d.start < d.end {
		i := bytes.IndexByte(d.buf[d.start:d.end], sync0)
		if i < 0 {
			d.start = d.end
			break
		}
		d.start += i
		held := d.buf[d.start:d.end]
		n, v := inspect(held)
		switch {
		case v == good:
			d.start += n
			return frameAt(held), true
		case v == incomplete && d.start >= d.givenUp:
			return Frame{}, false
		}
		d.start++
	}
	return Frame{}, false
}

// Whole reads p as exactly one good frame while nothing is held, which is how frames come
// when nothing goes wrong: the same as Feed and Next, without a copy. Data aliases p. When
// ok is false, nothing was taken and p is to be fed.
func (d *Decoder) Whole(p []byte) (f Frame, ok bool) {
	ok = !d.Pending() && readWhole(&f, p)
	return f, ok
}

// Heard is bytes as they came, and whether they are exactly one good frame: looked at once, for all
// who hear them.
type Heard struct {
	Bytes []byte
	frame Frame
	whole bool
}

// Hear looks at bytes, which Heard aliases.
func (h *Heard) Hear(p []byte) { h.Bytes, h.whole = p, readWhole(&h.frame, p) }

// WholeOf is Whole of bytes that were looked at before.
func (d *Decoder) WholeOf(h *Heard) (f *Frame, ok bool) { return &h.frame, h.whole && !d.Pending() }

func readWhole(f *Frame, p []byte) bool {
	if len(p) < FrameOverhead {
		return false
	}
	p = p[preambleBytes:]
	if n, v := inspect(p); v != good || n != len(p) {
		return false
	}
	readFrame(f, p)
	return true
}

// Pending says, once Next has returned false, that an incomplete frame or its beginning
// is held. Preamble bytes are not held.
func (d *Decoder) Pending() bool { return d.start < d.end }

// Gap tells the decoder that the line fell silent. Slow bytes are legal, so an incomplete
// frame is kept: unless good frames stand behind its beginning and the last byte before
// the silence is the end of one. Then its length byte lied, or bytes of it were lost, and
// Next delivers the later frames. The frame must end at the silence because a data block
// may contain the bytes of a frame: one with more bytes behind it may still be such data.
// Only a pause that falls exactly on the end of such data cannot be told apart.
func (d *Decoder) Gap() {
	last := -1 // where the last good frame ends if every incomplete one is given up
	for pos := d.start; pos < d.end; {
		i := bytes.IndexByte(d.buf[pos:d.end], sync0)
		if i < 0 {
			break
		}
		pos += i
		if n, v := inspect(d.buf[pos:d.end]); v == good {
			pos += n
			last = pos
		} else {
			pos++
		}
	}
	if last == d.end {
		d.givenUp = d.end
	}
}

// Reset forgets everything that is held.
func (d *Decoder) Reset() { d.start, d.end, d.givenUp = 0, 0, 0 }

// Declare declares what the decoder holds: two decoders in equal states find the same frames in
// the same bytes to come.
func (d *Decoder) Declare(w *machine.State) {
	if w.Copies() {
		return // it has no memory elsewhere
	}
	held := d.buf[d.start:d.end]
	w.Bytes(&held, nil)
	w.Int(max(0, d.givenUp-d.start))
}
