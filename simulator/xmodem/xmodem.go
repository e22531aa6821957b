// Package xmodem is a loader that takes its image by XMODEM or YMODEM behind a short prompt, as
// boot loaders of the meter's time had it. It is a second encoding of what the loader allows
// (package meter: enter, clear, blocks in order, verify, record, restart), for programs that
// nobody here wrote, such as sx and sb of lrzsz.
//
// Assumption: all of it. How the vendor's loader speaks is not public.
//
// # What a host does
//
// To an application it says `loader PASSWORD` and CR. The loader says which meter it is and that
// it waits, then asks for a file every few seconds: with C (CRC-16), and from the fifth time on with
// NAK (checksum) and C by turns. It takes blocks of 128 bytes (SOH) and 1,024 (STX), a file by
// XMODEM if the first block has number 1, and by YMODEM if it has number 0. The file is a whole
// .UPG file; what follows the image is padding. Header, product, length and CRC-32 are checked as
// they come: nothing is erased before the header is known to be good and for this meter. A block is
// acknowledged when the flash has it, the first one when the flash is cleared, the end when the
// image is verified. Then the meter restarts. Two CAN end a transfer, from either side.
package xmodem

import (
	"hash/crc32"
	"time"

	"ionbench/simulator/ion"
)

// Config says what the loader tells of itself, and how long it waits.
type Config struct {
	Name string // of the meter, for the prompt
	// Linger is how long it waits behind the end of a file before it restarts: the end comes
	// again if its acknowledgement was lost.
	Linger time.Duration
}

// DefaultLinger is longer than any sender waits before it sends the end again.
const DefaultLinger = 12 * time.Second

// LingerAt is that of a meter that is so many times faster, or takes no time (a pace below 1): then
// a sender that lost the last acknowledgement is waited for a little all the same.
func LingerAt(pace int) time.Duration {
	if pace < 1 {
		return time.Second
	}
	return max(time.Second, DefaultLinger/time.Duration(pace))
}

// The bytes of the protocol.
const (
	soh = 0x01 // a block of 128 bytes
	stx = 0x02 // a block of 1,024 bytes
	eot = 0x04 // the end of the file
	ack = 0x06
	nak = 0x15
	can = 0x18
	crc = 'C' // asks for a file with CRC-16
)

const (
	pollEvery  = 3 * time.Second
	crcPolls   = 4 // polls for CRC-16, before the loader asks for a checksum, too
	byteGap    = time.Second
	quiet      = 200 * time.Millisecond // after a broken block the line is silent so long before it is asked for again
	blockWait  = 10 * time.Second       // for a block
	askErase   = 250 * time.Millisecond // between two looks whether the flash is cleared
	maxErrors  = 10                     // in a row, before a transfer is given up
	maxPayload = 1024
)

// phase is what the loader does.
type phase uint8

const (
	asleep    phase = iota // it does not run
	polling                // asks for a file
	receiving              // between two blocks, or inside one
	purging                // waits for silence, then asks again
	working                // the meter has an order
	erasing                // it clears the flash
	lingering              // the file is complete
)

// step is what the order in work is.
type step uint8

const (
	noStep step = iota
	toEnter
	toClear
	toProgram
	toVerify
	toRestart
)

// Loader is the encoding. Make it with New; it is a plain value.
type Loader struct {
	config Config
	phase  phase
	at     time.Duration // when it does something by itself
	polls  int
	sums   bool // blocks end with a checksum; otherwise with a CRC-16
	known  bool // which of the two is known
	batch  bool // YMODEM
	opened bool // in YMODEM: the name of a file has come
	ended  bool // an end has come, and was not believed yet
	expect byte // number of the next block
	errors int  // in a row
	broken bool // lingering: what comes is no block any more, and is asked for again when the line is silent
	// restart is when a loader that lingers restarts.
	restart time.Duration
	cans    int // in a row

	block []byte // what of a block has come
	file  file
	step  step
	ready bool // the order is to be taken
	out   []byte
	knock knock
}

// file is how much of it has come.
type file struct {
	header   header
	begun    bool   // the header has come
	taken    uint32 // bytes of the image that the flash has
	pending  []byte // of a block, for the flash
	sequence uint32 // of the loader's blocks
}

// New makes a loader that does not run.
func New(c Config) *Loader { return &Loader{config: c} }

// Begin is the start of the loader.
func (l *Loader) Begin(now time.Duration) {
	*l = Loader{config: l.config, block: l.block[:0], out: l.out, file: file{pending: l.file.pending[:0]}}
	l.say("ion " + l.config.Name + " loader: send a .upg file by xmodem or ymodem")
	l.poll(now)
}

// End is the end of the loader: the meter restarts.
func (l *Loader) End() {
	*l = Loader{config: l.config, block: l.block[:0], out: l.out, file: file{pending: l.file.pending[:0]}}
}

// say writes a line. It has no letter that a sender takes for a request.
func (l *Loader) say(text string) {
	l.out = append(append(append(l.out, "\r\n"...), text...), "\r\n"...)
}

// poll asks for a file.
func (l *Loader) poll(now time.Duration) {
	l.phase, l.at = polling, now+pollEvery
	asks := byte(crc)
	if l.polls >= crcPolls && l.polls%2 == 0 {
		asks = nak
	}
	if l.polls++; l.polls > crcPolls+1 {
		l.polls = crcPolls // from here on it is the same again
	}
	l.out = append(l.out, asks)
}

// Receive takes bytes from the line.
func (l *Loader) Receive(now time.Duration, p []byte) {
	for _, b := range p {
		l.take(now, b)
	}
}

func (l *Loader) take(now time.Duration, b byte) {
	switch {
	case l.phase == purging, l.phase == lingering && l.broken:
		l.at = now + quiet
	case l.phase == polling, l.phase == receiving, l.phase == lingering:
		if len(l.block) > 0 {
			l.takeInside(now, b)
			return
		}
		l.takeFirst(now, b)
	}
}

// takeFirst takes a byte between two blocks.
func (l *Loader) takeFirst(now time.Duration, b byte) {
	if b == can {
		if l.cans++; l.cans == 2 {
			l.giveUp(now, "")
		}
		return
	}
	l.cans = 0
	switch {
	case b == soh, b == stx:
		l.block = append(l.block, b)
		l.at = now + byteGap
		if l.phase != lingering {
			l.phase = receiving
		}
	case b == eot && l.phase == lingering:
		l.acknowledgeEnd(now) // the acknowledgement was lost
	case b == eot && l.phase == receiving:
		l.takeEnd(now)
	}
}

// takeEnd takes the end of the file. It is believed when it comes twice: a single byte may be noise.
func (l *Loader) takeEnd(now time.Duration) {
	switch {
	case !l.ended:
		l.ended = true
		l.out = append(l.out, nak)
		l.at = now + blockWait
	case !l.file.begun || l.file.taken < l.file.header.length:
		l.giveUp(now, "the file is too short")
	default:
		l.order(toVerify)
	}
}

// takeInside takes a byte of a block.
func (l *Loader) takeInside(now time.Duration, b byte) {
	l.block = append(l.block, b)
	l.at = now + byteGap
	if len(l.block) == l.whole() {
		l.takeBlock(now)
	}
}

// takeBlock takes a block that is complete.
func (l *Loader) takeBlock(now time.Duration) {
	number, payload, good := l.open()
	l.block = l.block[:0]
	l.known = l.known || good
	switch {
	case !good:
		l.purge(now)
	case l.phase == lingering:
		l.out = append(l.out, ack) // the last one again, or in YMODEM that there is no other file
		l.at = l.restart
	case number == l.expect-1 && l.file.begun:
		l.out = append(l.out, ack) // its acknowledgement was lost
		l.at = now + blockWait
	case !l.file.begun && number == 0:
		l.takeName(now, payload)
	case !l.file.begun && number != 1, l.file.begun && number != l.expect:
		l.giveUp(now, "a block is missing")
	default:
		l.ended, l.errors = false, 0
		l.accept(now, payload)
	}
}

// takeName takes YMODEM's block with the name of the file, which counts nothing, or the one that
// says that there is no other.
func (l *Loader) takeName(now time.Duration, payload []byte) {
	l.out = append(l.out, ack)
	l.errors = 0
	if payload[0] == 0 {
		l.giveUp(now, "")
		return
	}
	l.batch, l.opened = true, true
	l.sums, l.known = false, false // the file is asked for anew
	l.phase, l.at = receiving, now+blockWait
	l.out = append(l.out, crc)
}

// accept takes the payload of the block that was expected.
func (l *Loader) accept(now time.Duration, payload []byte) {
	l.expect++
	if l.file.begun {
		l.program(now, payload)
		return
	}
	h, err := parseHeader(payload)
	if err != nil {
		l.giveUp(now, err.Error())
		return
	}
	l.expect = 2
	l.file = file{header: h, begun: true, pending: append(l.file.pending[:0], payload[headerBytes:]...)}
	l.order(toEnter)
}

// program gives bytes of the image to the flash. What is behind its end is padding.
func (l *Loader) program(now time.Duration, p []byte) {
	left := l.file.header.length - l.file.taken
	l.file.pending = append(l.file.pending[:0], p[:min(len(p), int(left))]...)
	if len(l.file.pending) == 0 {
		l.acknowledge(now)
		return
	}
	l.file.sequence++
	l.order(toProgram)
}

func (l *Loader) order(s step) { l.phase, l.step, l.ready = working, s, true }

func (l *Loader) acknowledge(now time.Duration) {
	l.out = append(l.out, ack)
	l.phase, l.step, l.at = receiving, noStep, now+blockWait
}

// purge waits for silence after something that was broken.
func (l *Loader) purge(now time.Duration) {
	l.block = l.block[:0]
	if l.at = now + quiet; l.phase == lingering {
		l.broken = true
		return
	}
	l.phase = purging
}

// askAgain asks for a block again, or gives the transfer up.
func (l *Loader) askAgain(now time.Duration) {
	if l.errors++; l.errors > maxErrors {
		l.giveUp(now, "too many errors")
		return
	}
	if !l.file.begun && !l.opened {
		l.poll(now)
		return
	}
	l.phase, l.at = receiving, now+blockWait
	l.out = append(l.out, nak)
}

// giveUp ends a transfer, with a reason if it is the loader that ends it.
func (l *Loader) giveUp(now time.Duration, why string) {
	if why != "" {
		l.out = append(l.out, can, can)
		l.say("failed: " + why)
	}
	*l = Loader{config: l.config, phase: polling, at: now + pollEvery, block: l.block[:0], out: l.out, file: file{pending: l.file.pending[:0]}}
}

// Next is when the loader does something by itself.
func (l *Loader) Next() (at time.Duration, ok bool) {
	return l.at, l.phase != asleep && l.phase != working
}

// Advance does what is due.
func (l *Loader) Advance(now time.Duration) {
	if at, ok := l.Next(); !ok || at > now {
		return
	}
	switch l.phase {
	case polling:
		l.poll(now)
	case receiving, purging:
		if l.takeSummed(now) {
			return
		}
		l.block = l.block[:0]
		l.askAgain(now)
	case erasing:
		l.order(toClear)
	case lingering:
		l.endLinger(now)
	}
}

// endLinger restarts the meter when the time is over, or asks again for what was broken.
func (l *Loader) endLinger(now time.Duration) {
	wrong := l.broken || len(l.block) > 0
	l.block, l.broken, l.at = l.block[:0], false, l.restart
	switch {
	case now >= l.restart:
		l.order(toRestart)
	case wrong && l.batch:
		l.out = append(l.out, nak)
	}
}

// Order is what the host asks of the meter's loader now.
func (l *Loader) Order() (r ion.DownloadRequest, ok bool) {
	if !l.ready {
		return r, false
	}
	l.ready = false
	h := &l.file.header
	switch l.step {
	case toEnter:
		return ion.DownloadRequest{Op: ion.OpEnter, Product: h.product, Length: h.length}, true
	case toClear:
		return ion.DownloadRequest{Op: ion.OpClear, Begin: true}, true
	case toProgram:
		p := l.file.pending
		return ion.DownloadRequest{Op: ion.OpBlock, Sequence: l.file.sequence, Address: h.load + l.file.taken, Data: p, CRC: crc32.ChecksumIEEE(p)}, true
	case toVerify:
		return ion.DownloadRequest{Op: ion.OpVerify, Product: h.product, Length: h.length, CRC: h.crc, Dated: h.dated, Revision: h.revision}, true
	}
	return ion.DownloadRequest{Op: ion.OpRestart}, true
}

// Answered says what has come of the order.
func (l *Loader) Answered(now time.Duration, r *ion.DownloadReply) {
	switch {
	case r.Status == ion.StatusBusy && l.step == toClear:
		l.phase, l.at = erasing, now+askErase
	case r.Status != ion.StatusOK:
		l.giveUp(now, r.Status.String())
	case l.step == toEnter:
		l.order(toClear)
	case l.step == toClear:
		l.program(now, l.file.pending)
	case l.step == toProgram:
		l.file.taken += uint32(len(l.file.pending))
		l.acknowledge(now)
	case l.step == toVerify:
		l.finish(now)
	}
}

// finish acknowledges the end.
func (l *Loader) finish(now time.Duration) {
	l.phase, l.step, l.errors = lingering, noStep, 0
	l.acknowledgeEnd(now)
}

// acknowledgeEnd acknowledges the end, and in YMODEM asks whether there is another file. From then on the
// sender has its time again, but not for ever.
func (l *Loader) acknowledgeEnd(now time.Duration) {
	l.out = append(l.out, ack)
	if l.batch {
		l.out = append(l.out, crc)
	}
	if l.errors++; l.errors <= maxErrors {
		l.restart = now + l.config.Linger
	}
	l.at = l.restart
}

// Transmit appends what goes on the line.
func (l *Loader) Transmit(dst []byte) []byte {
	dst = append(dst, l.out...)
	l.out = l.out[:0]
	return dst
}
