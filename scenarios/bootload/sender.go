package bootload

import (
	"fmt"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/machine"
	"ionbench/simulator/story"
)

// Variant is how a file is sent.
type Variant uint8

// The variants.
const (
	Checksum   Variant = iota + 1 // XMODEM, blocks of 128 bytes with a checksum
	CRC                           // XMODEM, blocks of 128 bytes with a CRC-16
	OneK                          // XMODEM-1K: blocks of 1,024 bytes, the last of 128 where that is enough
	Batch                         // YMODEM: as OneK, behind a block with the file's name
	numVariant = Batch
)

var variantNames = [...]string{Checksum: "xmodem", CRC: "xmodem-crc", OneK: "xmodem-1k", Batch: "ymodem"}

// String names the variant.
func (v Variant) String() string {
	if v < Checksum || v > numVariant {
		return fmt.Sprintf("variant %d", uint8(v))
	}
	return variantNames[v]
}

// Variants are all of them.
func Variants() []Variant { return []Variant{Checksum, CRC, OneK, Batch} }

// The characters of the protocol, as the documents name them.
const (
	soh = 0x01
	stx = 0x02
	eot = 0x04
	ack = 0x06
	nak = 0x15
	can = 0x18
	cpm = 0x1A // fills the last block
)

// What the documents say of a sender: C. Forsberg, "XMODEM/YMODEM Protocol Reference", 1988, section 7.1
// (a receiver's time-out of ten seconds, retried ten times) and 8.2 ("the sender … waits for the first
// NAK"; it should give up after a minute).
const (
	// Assumption: a sender waits as long as sx and sb do.
	answerWait = 10 * time.Second
	startWait  = time.Minute
	tries      = 10
)

// stage is what a sender waits for.
type stage uint8

const (
	forRequest stage = iota // that the receiver asks for a file
	forName                 // the acknowledgement of the block with the name
	forFile                 // that it asks for the file itself
	forAck                  // of a block
	forEnd                  // of the end of the file
	forNext                 // that it asks for the next file
	forGoodbye              // the acknowledgement that there is none
	done
)

// Sender sends one file by the book. It is a bench.Host without clock and files; make it with NewSender.
type Sender struct {
	variant Variant
	file    []byte // shared by copies, never written to
	stage   stage
	at      time.Duration // when it loses patience
	number  byte          // of the block under way
	offset  int           // of its payload
	size    int           // of its payload, padding included
	tries   int           // of what is under way
	cans    int           // in a row
	failed  string        // why it has given up
	out     []byte
}

// newSender makes a sender that waits to be asked from now on.
func newSender(now time.Duration, v Variant, file []byte) *Sender {
	return &Sender{variant: v, file: file, at: now + startWait}
}

// succeeded reports that the receiver has acknowledged the whole file.
func (s *Sender) succeeded() bool { return s.stage == done && s.failed == "" }

// failure is why it has given up; empty if it has not.
func (s *Sender) failure() string { return s.failed }

// Done reports that it is over.
func (s *Sender) Done() bool { return s.stage == done }

// Receive takes what the receiver says. What comes before its request may be any text.
func (s *Sender) Receive(now time.Duration, p []byte) {
	for _, b := range p {
		if s.stage == done {
			return
		}
		if b == can {
			if s.cans++; s.cans == 2 && s.stage != forRequest {
				s.fail("cancelled by the receiver")
			}
			continue
		}
		s.cans = 0
		s.hear(now, b)
	}
}

func (s *Sender) hear(now time.Duration, b byte) {
	asks := b == 'C' && s.variant != Checksum || b == nak && s.variant == Checksum
	switch s.stage {
	case forRequest:
		s.begin(now, asks)
	case forFile:
		if asks {
			s.sendBlock(now, 1, 0)
		}
	case forNext:
		if asks {
			s.goodbye(now)
		}
	case forName, forAck, forEnd, forGoodbye:
		switch b {
		case ack:
			s.goOn(now)
		case nak:
			s.again(now)
		}
	}
}

func (s *Sender) begin(now time.Duration, asked bool) {
	switch {
	case !asked:
	case s.variant == Batch:
		s.wait(now, forName)
		s.tries = 0
		s.say()
	default:
		s.sendBlock(now, 1, 0)
	}
}

// goOn is what follows an acknowledgement.
func (s *Sender) goOn(now time.Duration) {
	s.tries = 0
	switch s.stage {
	case forName:
		s.wait(now, forFile)
	case forAck:
		if next := s.offset + s.size; next < len(s.file) {
			s.sendBlock(now, s.number+1, next)
			return
		}
		s.wait(now, forEnd)
		s.say()
	case forEnd:
		if s.variant == Batch {
			s.wait(now, forNext)
			return
		}
		s.stage = done
	case forGoodbye:
		s.stage = done
	}
}

func (s *Sender) goodbye(now time.Duration) {
	s.wait(now, forGoodbye)
	s.say()
}

// sendBlock sends the block of the file that begins at an offset.
func (s *Sender) sendBlock(now time.Duration, number byte, offset int) {
	s.number, s.offset, s.size = number, offset, 128
	if s.variant >= OneK && len(s.file)-offset > 7*128 {
		s.size = 1024
	}
	s.wait(now, forAck)
	s.tries = 0
	s.say()
}

func (s *Sender) wait(now time.Duration, what stage) { s.stage, s.at = what, now+answerWait }

// say sends what is under way.
func (s *Sender) say() {
	switch s.stage {
	case forName:
		s.out = appendBlock(s.out, 0, fmt.Appendf(nil, "firmware.upg\x00%d", len(s.file)), 128, 0, false)
	case forAck:
		s.out = appendBlock(s.out, s.number, s.file[s.offset:min(len(s.file), s.offset+s.size)], s.size, cpm, s.variant == Checksum)
	case forEnd:
		s.out = append(s.out, eot)
	case forGoodbye:
		s.out = appendBlock(s.out, 0, nil, 128, 0, false)
	}
}

// again sends what is under way once more, if that has not been tried too often.
func (s *Sender) again(now time.Duration) {
	if s.tries++; s.tries > tries {
		s.fail("too many retries")
		return
	}
	s.wait(now, s.stage)
	s.say()
}

func (s *Sender) fail(why string) {
	s.stage, s.failed = done, why
	s.out = append(s.out, can, can)
}

// Advance does what is due: what is under way is sent again.
func (s *Sender) Advance(now time.Duration) {
	if at, ok := s.Next(); !ok || at > now {
		return
	}
	switch s.stage {
	case forRequest:
		s.fail("nobody asks for a file")
	case forFile, forNext:
		// The receiver's turn: it asks again, or has forgotten the file.
		if s.stage == forNext {
			s.stage = done // the file itself is acknowledged
			return
		}
		s.fail("the receiver does not ask for the file")
	default:
		s.again(now)
	}
}

// Next is when it loses patience.
func (s *Sender) Next() (at time.Duration, ok bool) { return s.at, s.stage != done }

// Transmit appends what it says.
func (s *Sender) Transmit(dst []byte) []byte {
	dst = append(dst, s.out...)
	s.out = s.out[:0]
	return dst
}

// Order is a fault of its computer: there are none in these plans.
func (s *Sender) Order(time.Duration, bench.Order) {}

// Deaf: it always hears.
func (s *Sender) Deaf() bool { return false }

// Drain: it tells nothing.
func (s *Sender) Drain(dst []story.Event, _ *bench.Station) []story.Event { return dst }

// CloneHost is a copy with the same future.
func (s *Sender) CloneHost(spent bench.Host) bench.Host {
	c, ok := spent.(*Sender)
	if !ok {
		c = new(Sender)
	}
	old := *c
	*c = *s
	w := machine.Copying()
	c.declare(&w, &old)
	return c
}

// AppendState appends what decides its future.
func (s *Sender) AppendState(dst []byte, now time.Duration) []byte {
	w := machine.Fingerprinting(dst, now)
	s.declare(&w, s)
	return w.Result()
}

func (s *Sender) declare(w *machine.State, spent *Sender) {
	w.Uint(uint64(s.variant))
	w.Int(len(s.file))
	w.Uint(uint64(s.stage))
	_, timed := s.Next()
	w.Deadline(s.at, timed)
	w.Uint(uint64(s.number))
	w.Int(s.offset)
	w.Int(s.size)
	w.Int(s.tries)
	w.Int(s.cans)
	w.Text(s.failed)
	w.Bytes(&s.out, spent.out)
}

// appendBlock appends a block, padded to its size.
func appendBlock(dst []byte, number byte, payload []byte, size int, fill byte, summed bool) []byte {
	start := byte(soh)
	if size == 1024 {
		start = stx
	}
	dst = append(dst, start, number, ^number)
	from := len(dst)
	dst = append(dst, payload...)
	for len(dst)-from < size {
		dst = append(dst, fill)
	}
	if summed {
		var sum byte
		for _, b := range dst[from:] {
			sum += b
		}
		return append(dst, sum)
	}
	var crc uint16
	for _, b := range dst[from:] {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return append(dst, byte(crc>>8), byte(crc))
}
