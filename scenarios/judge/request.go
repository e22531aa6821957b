package judge

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// request is what a program asks of the meter, as far as harms are aimed at it.
type request uint8

const (
	anything request = iota
	identifies
	reads
	enters
	clears
	blocks
	verifies
	restarts
	writes
	compares // a read after a write
	looks    // a read after a restart, before a write
	returns  // an identify after the flash was cleared
	confirms // an identify after a restart
	assures  // an identify after a write
	arrives  // an identify after an enter, before a clear
	polls    // how far the clear is
	requestKinds
)

var requestNames = [requestKinds]string{
	identifies: "identify", reads: "read", enters: "enter", clears: "clear", blocks: "block", verifies: "verify", restarts: "restart", writes: "write", compares: "compare",
	looks: "look", returns: "return", confirms: "confirm", assures: "assure", arrives: "arrival", polls: "poll",
}

// Harm is a fault at the answer to a request, or another answer in its place. It is aimed at what
// the program does, wherever that is on the line.
type Harm struct {
	At  request
	Nth int // of these requests, resends not counted; 0: all of them
	// Fault strikes when the meter begins to answer. Its own trigger does not count.
	Fault fault.Fault
	// Forge is done to the answer instead; nil for nothing.
	Forge forgery
	// Times is how many answers in a row the fault befalls; 0: one.
	Times int
	// Endless is how long the answer comes to every request of the kind from then on, also to one that
	// is sent again; nil for once.
	Endless *unceasing
	garble  garbler // of a harm that is called garbled
	mask    byte    // bits that are otherwise in the byte that garble names; 0: the last one
	name    string
	later   bool // it befalls the first frame behind the first one of an answer, whichever answer has one
	struck  bool
}

// is reports whether the harm is for a request of a kind.
func (h *Harm) is(kind request) bool {
	if h.Nth == 0 && (h.At == identifies || h.At == confirms) && kind == assures {
		return true
	}
	return h.At == kind || h.At == identifies && h.Nth == 0 && (kind == arrives || kind == returns || kind == confirms)
}

// optional reports whether a program may do without the request: it need not read before it writes,
// nor ask who is there before it writes on, nor whether a loader is there that has said so, nor ask so much at once
// that the answer has several frames.
func (h *Harm) optional() bool { return h.At == looks || h.At == assures || h.At == arrives || h.later }

// lies reports whether the program is told something about the meter that is not so.
func (h *Harm) lies() bool { return strings.HasPrefix(h.name, "tells-") }

// String is as in "reply-lost at write 1".
func (h Harm) String() string {
	if h.Nth == 0 {
		return fmt.Sprintf("%s at every %s", h.name, requestNames[h.At])
	}
	return fmt.Sprintf("%s at %s %d", h.name, requestNames[h.At], h.Nth)
}

func harmsText(harms []Harm) string {
	var all []string
	for _, h := range harms {
		all = append(all, h.String())
	}
	return strings.Join(all, "; ")
}

// gateway is between the program and the meter. It sees the requests and carries out the harms.
type gateway struct {
	*line
	harms []Harm
	seen  ion.Decoder
	*conduct
	counts [requestKinds]int
	lastID uint16
	known  bool      // lastID means something
	forge  forgery   // of the answer that comes next
	misack bool      // the next ACK is for another frame
	again  *repeated // the answer that comes without end; nil for none
	double bool      // every frame of the answer that comes next is doubled
	garble garbler   // says where the request that comes now has another value for the meter
	mask   byte      // bits that are otherwise there
	once   bool      // what is sent again is not garbled
	lose   bool      // what comes now does not reach the meter
	deaf   request   // nothing of this kind does
	unread bool      // nobody reads the program's outputs from now on: their other ends are closed
	stall  bool      // nobody reads them, and they stay open
	later  *Harm     // of the frame behind the first one of the answer that comes next; nil for none
	hold   bool      // the answer that comes next is held a moment
	nags   bool      // the meter is frozen, and what comes in its place is no answer
	nag    nag
	lag    lag
	memory []byte // of the meter, from before the first write
	held   []byte // the beginning of a frame of the meter
}

// newGateway is a gateway for a program that is told to talk to a unit.
func newGateway(harms []Harm, unit uint16, response time.Duration) *gateway {
	return &gateway{harms: slices.Clone(harms), conduct: newConduct(unit, response)}
}

// HostGone is the end of a connection.
func (g *gateway) HostGone(now time.Duration) {
	g.seen.Reset()
	g.parted()
	g.lag.lose()
	g.line.HostGone(now)
}

// Receive takes what the program sends. The harms for a request are there before it is.
func (g *gateway) Receive(now time.Duration, p []byte) {
	g.begin(now)
	g.now = now
	for rest := p; len(rest) > 0; {
		rest = rest[g.seen.Feed(rest):]
		for f, ok := g.seen.Next(); ok; f, ok = g.seen.Next() {
			g.conduct.see(&f)
			g.count(&f)
		}
	}
	p = g.garbled(p)
	if !g.lose {
		g.line.Receive(now, p)
	}
}

// garbled is what a gateway that changes a value makes of what the program sends.
func (g *gateway) garbled(p []byte) []byte {
	if n := wholeFrame(p); g.garble == nil || n != len(p) || p[controlAt]&^byte(ion.AckBit) != 0 {
		return p
	}
	at := g.garble(p)
	if at == 0 {
		return p
	}
	if g.once {
		g.garble = nil
	}
	p = bytes.Clone(p)
	p[at] ^= cmp.Or(g.mask, 0x01)
	return sealed(p)
}

func (g *gateway) count(f *ion.Frame) {
	id, first := f.MessageID()
	if !first {
		return
	}
	asks := requestOf(f.Data)
	g.lose = g.deaf != anything && asks == g.deaf
	if asks == polls && g.again != nil && g.again.at == clears {
		asks = clears // how far it is
	}
	if !g.known || id != g.lastID {
		g.countNew(id, asks)
	}
	g.repeat(asks)
}

// countNew counts a message that is not sent again.
func (g *gateway) countNew(id uint16, asks request) {
	g.lastID, g.known, g.forge, g.double, g.misack, g.garble, g.later = id, true, nil, false, false, nil, nil
	if g.hold {
		g.hold, g.lag.by = false, 0
	}
	kind := g.inTurn(asks)
	if g.counts[kind]++; kind == writes && g.memory == nil {
		g.use(func(s *bench.Station) { g.memory = s.Meter().AppendMemory(nil, g.now) })
	}
	for i := range g.harms {
		if h := &g.harms[i]; h.is(kind) && kind != anything && (h.Nth == 0 || h.Nth == g.counts[kind] || h.later) {
			g.strike(h, kind)
		}
	}
}

// inTurn tells requests apart by what was asked before.
func (g *gateway) inTurn(kind request) request {
	switch {
	case kind == reads && g.counts[writes] > 0:
		return compares
	case kind == reads && g.counts[restarts] > 0:
		return looks
	case kind == identifies && g.counts[writes] > 0:
		return assures
	case kind == identifies && g.counts[restarts] > 0:
		return confirms
	case kind == identifies && g.counts[clears] > 0:
		return returns
	case kind == identifies && g.counts[enters] > 0:
		return arrives
	}
	return kind
}

// asked is how many messages the program has sent, resends not counted.
func (g *gateway) asked() (n int) {
	for _, c := range g.counts {
		n += c
	}
	return n
}

// programs is how many of them read or write registers.
func (g *gateway) programs() int {
	return g.counts[reads] + g.counts[looks] + g.counts[writes] + g.counts[compares]
}

func (g *gateway) strike(h *Harm, kind request) {
	if h.later { // when there is such a frame
		g.later = h
		return
	}
	if h.struck = true; h.Nth > 0 {
		h.At = anything
	}
	switch h.name {
	case "garbled":
		g.garble, g.mask, g.once = h.garble, h.mask, kind == blocks // the block is refused, and a copy is to help
		return
	case "misread", "misheard", "tells-cleared":
		g.garble, g.mask, g.once, g.forge = h.garble, h.mask, true, h.Forge
		return
	case "unheard":
		g.lose = true
		if h.Nth == 0 { // nor when it is sent again
			g.deaf = h.At
		}
		return
	case "reader-gone":
		g.unread = true
		return
	case "reader-stalls":
		g.stall = true
		return
	case "nagged", "nagged-by-others", "nagged-by-noise", "nagged-by-beginnings":
		g.nags = true
		g.nag.begin(g.now, nags[h.name](g.unit, g.lastID), g.response)
		return
	case "slow":
		g.lag.by = slowAnswer(g.response)
		g.patience = g.lag.by
		return
	case "application-back":
		g.use(func(s *bench.Station) {
			s.PowerOff(g.now)
			s.PowerOn(g.now)
		})
		return
	case "forgets":
		g.use(func(s *bench.Station) {
			if err := s.Meter().RestoreMemory(g.memory); err != nil {
				panic(err) // it was that of this meter
			}
		})
		return
	}
	if h.Endless != nil {
		g.again = &repeated{unceasing: *h.Endless, at: h.nature(kind), forge: h.Forge, says: h.says(), began: g.now}
		return
	}
	if h.Forge != nil {
		g.forge, g.double, g.misack = h.Forge, h.name == "doubled", h.name == "other-ack" || h.name == "others-ack"
		switch h.name {
		case "tells-another-serial":
			g.told = strangeSerial
		case "tells-another-crc":
			g.misverified = true
		case "damaged":
			g.damaged = damage{to: g.lastID, kind: kind, at: g.now}
		}
		return
	}
	if h.name == "abort" && g.lag.by == 0 {
		g.hold, g.lag.by = true, heldFor(g.response)
	}
	g.swapped = g.swapped || h.Fault.Kind.Place() == fault.PlaceIP && g.leadsElsewhere()
	g.use(func(s *bench.Station) {
		f := h.Fault
		f.Trigger = fault.Trigger{Unit: fault.AtReply, First: s.InRun().Replies + 1}
		if h.Times > 1 {
			f.Trigger.Last = f.Trigger.First + uint64(h.Times) - 1
		}
		if err := s.AddPlan(fault.Plan{f}); err != nil {
			panic(err) // NewSuite has checked it
		}
	})
}

// unstruck are the harms whose request never came.
func (g *gateway) unstruck() (left []Harm) {
	for _, h := range g.harms {
		if !h.struck {
			left = append(left, h)
		}
	}
	return left
}

// Advance and Next are those of the line, and of what comes in the place of a frozen meter.
func (g *gateway) Advance(now time.Duration) {
	g.now = now
	g.line.Advance(now)
}

func (g *gateway) Next() (at time.Duration, wake bool) {
	if at, wake = g.line.Next(); g.nags && (!wake || g.nag.due < at) {
		return g.nag.due, true
	}
	if due, some := g.lag.next(); some && (!wake || due < at) {
		return due, true
	}
	return at, wake
}

// Transmit gives the program what the meter sends.
func (g *gateway) Transmit(dst []byte) []byte {
	before := len(dst)
	if g.nags {
		g.held = g.line.Transmit(g.held[:0])[:0] // nobody hears the meter
		dst = g.nag.appendDue(dst, g.now)
	} else {
		dst = g.lag.pass(g.forward(dst), before, g.now)
	}
	g.hear(dst[before:])
	return dst
}

// forward holds frames together only where one is to be forged.
func (g *gateway) forward(dst []byte) []byte {
	if g.forge == nil && g.later == nil && len(g.held) == 0 {
		return g.line.Transmit(dst)
	}
	g.held = g.line.Transmit(g.held)
	for {
		n := wholeFrame(g.held)
		if n == 0 {
			return dst
		}
		frame := g.held[:n]
		if h := g.later; h != nil && isLater(frame) {
			h.struck, h.At, g.later = true, anything, nil
			dst = append(dst, h.Forge(bytes.Clone(frame))...)
		} else if forge := g.forge; forge != nil && (isAnswer(frame) && !g.misack || g.misack && frame[controlAt] == ackFrame || g.double && frame[controlAt]&ackControl == 0) {
			if !g.double {
				g.forge = nil
			}
			dst = append(dst, forge(bytes.Clone(frame))...)
		} else {
			dst = append(dst, frame...)
		}
		g.held = slices.Delete(g.held, 0, n)
		if g.forge == nil && g.later == nil {
			dst, g.held = append(dst, g.held...), nil
			return dst
		}
	}
}

// Where the fields of a frame and of its packet are.
const (
	controlAt     = 4
	lengthAt      = 5
	sourceAt      = 6
	destinationAt = 8
	transactionAt = 10
	dataAt        = 12
	idAt          = dataAt + 2
	unitAt        = dataAt + 7
	addresseeAt   = dataAt + 9
	typeAt        = dataAt + 14
	opAt          = typeAt + 1
	frameCRC      = 2
	firstOfMany   = 0x40
	ackControl    = 0x40
	ackFrame      = 0xE0
)

// wholeFrame is the length of the frame that b begins with; 0 if it is not whole.
func wholeFrame(b []byte) int {
	if len(b) <= lengthAt {
		return 0
	}
	if n := lengthAt + int(b[lengthAt]) + frameCRC; len(b) >= n {
		return n
	}
	return 0
}

// garbler is where a frame of a program has a byte that may be another; 0 for nowhere.
type garbler func(frame []byte) int

// valueOf is the garbler of what is written to a register.
func valueOf(h ion.Handle) garbler {
	head := []byte{byte(h >> 8), byte(h), byte(ion.MethodWriteRegister)}
	return func(frame []byte) int {
		at := bytes.Index(frame[dataAt:], head)
		if at < 0 {
			return 0
		}
		if at = byteOf(frame, dataAt+at+len(head)); at >= len(frame)-frameCRC {
			return 0
		}
		return at
	}
}

// firstValue is where the first value that a frame writes has a byte that may be another; 0 for
// nowhere.
func firstValue(frame []byte) int {
	const (
		credentialLength = 8
		body             = 8 + 1 + 3 // of a program: its head, F6, and a handle with a method
	)
	return byteOf(frame, typeAt+1+credentialLength+body)
}

// byteOf is where the value at a place of a frame has a byte that may be another; 0 for nowhere.
func byteOf(frame []byte, at int) int {
	const (
		float, signed, u8 = 0x34, 0x40, 0x61
		text              = 0xFA
	)
	if len(frame) < at+2+frameCRC {
		return 0
	}
	switch kind := frame[at]; {
	case kind == float:
		return at + 2
	case kind == u8:
		return at + 1
	case kind&0xF0 == signed || kind&0xF0 == 0x60:
		return at + int(kind&0x0F)
	case kind == text && frame[at+1]>>4 > 1 && frame[at+1]>>4 <= 12:
		return at + 2
	case kind == text && frame[at+1]>>4 == 0xD:
		return at + 3
	case kind == text && frame[at+1]>>4 == 0xE:
		return at + 4
	}
	return 0
}

func isAnswer(frame []byte) bool {
	return frame[controlAt]&ackControl == 0 && frame[transactionAt]&firstOfMany != 0 && len(frame) > typeAt+2+frameCRC
}

// isLater reports whether a frame is one of an answer, and not its first.
func isLater(frame []byte) bool {
	return frame[controlAt]&ackControl == 0 && frame[transactionAt]&firstOfMany == 0 && len(frame) > dataAt+frameCRC
}

// requestOf says what a message asks, by the data of its first frame.
func requestOf(data []byte) request {
	const (
		header, credential, secret = 13, 8, 4
		program, firstMethod       = 0x00, 11
	)
	at := header
	if len(data) > 4 && data[4]&secret != 0 {
		at += credential
	}
	if len(data) < at+3 {
		return anything
	}
	body := data[at+2:]
	if data[at+1] == program {
		if len(body) <= firstMethod {
			return anything
		}
		if m := ion.Method(body[firstMethod]); m == ion.MethodWriteRegister || m == ion.MethodWriteValue {
			return writes
		}
		return reads
	}
	switch ion.Op(body[0]) {
	case ion.OpIdentify:
		return identifies
	case ion.OpEnter:
		return enters
	case ion.OpClear:
		if len(body) > 1 && body[1] == 1 {
			return clears
		}
		return polls
	case ion.OpBlock:
		return blocks
	case ion.OpVerify:
		return verifies
	case ion.OpRestart:
		return restarts
	}
	return anything
}

// forgery is what comes in the place of an answer's first frame.
type forgery func(frame []byte) []byte

// sealed gives a frame its CRC.
func sealed(frame []byte) []byte {
	end := len(frame) - frameCRC
	binary.LittleEndian.PutUint16(frame[end:], ion.CRC16(frame[controlAt:end]))
	return frame
}

// lied changes the last byte of data, so that whoever takes the frame takes something wrong.
func lied(frame []byte) []byte {
	frame[len(frame)-frameCRC-1] ^= 0x01
	return frame
}

// damaged is an answer with a wrong bit, which only the CRC shows, and only its second byte.
func damaged(frame []byte) []byte {
	frame = sealed(lied(frame))
	frame[len(frame)-1] ^= 0x55
	return frame
}

// before is another frame in front of the answer.
func before(change func(frame []byte)) forgery {
	return func(frame []byte) []byte {
		other := lied(bytes.Clone(frame))
		change(other)
		return append(sealed(other), frame...)
	}
}

// doubled is a frame that comes twice. All frames of the answer do.
func doubled(frame []byte) []byte { return append(bytes.Clone(frame), frame...) }

// whole is another frame, which nobody should take or answer, and the answer at once behind it.
func whole(change func(frame []byte)) forgery {
	return func(frame []byte) []byte {
		other := bytes.Clone(frame)
		change(other)
		return append(other, frame...)
	}
}

var forgeries = map[string]forgery{
	"doubled":        doubled,
	"other-ack":      func(f []byte) []byte { f[transactionAt] ^= 0x03; return sealed(f) },
	"others-ack":     func(f []byte) []byte { f[sourceAt] ^= 0x10; return sealed(f) },
	"damaged-before": whole(func(f []byte) { lied(f) }),
	"wants-no-ack": whole(func(f []byte) {
		f[sourceAt] ^= 0x10
		f[controlAt] |= byte(ion.AckBit)
		f[transactionAt] |= 1
		sealed(f)
	}),
	"tells-another-serial":   told(func(identity []byte) { copy(identity[7:23], strangeSerial+"\x00") }),
	"tells-another-base":     told(func(identity []byte) { binary.BigEndian.PutUint32(identity[39:], 0x20000) }),
	"tells-another-revision": told(func(identity []byte) { identity[23+7] ^= 1 }),
	"damaged":                damaged,
	"other-id":               before(func(f []byte) { binary.BigEndian.PutUint16(f[idAt:], binary.BigEndian.Uint16(f[idAt:])-1) }),
	"other-unit":             before(func(f []byte) { f[sourceAt] ^= 0x10 }),
	"other-destination":      before(func(f []byte) { f[destinationAt] ^= 0x10 }),
	"noisy-preamble":         func(f []byte) []byte { f[0], f[1] = 0xFF, 0x7F; return f },
	"other-source":           before(func(f []byte) { f[unitAt+1] ^= 0x10 }),
	"other-addressee":        before(func(f []byte) { f[addresseeAt] ^= 0x10 }),
	"other-type":             before(func(f []byte) { f[typeAt] ^= byte(ion.TypeDownload) }),
	"stub":                   func(f []byte) []byte { return append(stub(f), f...) },
	"overlong":               whole(overlong),
	"tells-small-blocks":     told(func(identity []byte) { binary.BigEndian.PutUint16(identity[47:], smallBlock) }),
	"tells-no-room":          told(func(identity []byte) { binary.BigEndian.PutUint32(identity[43:], 4096) }),
	"tells-verify-failed":    told(func(reply []byte) { reply[1] = byte(ion.StatusVerifyFailed) }),
	"tells-another-crc":      told(func(reply []byte) { reply[5] ^= 1 }),
	"tells-bad-block":        told(notTaken(ion.StatusVerifyFailed)),
	"tells-same-block":       told(notTaken(ion.StatusOK)),
	"tells-bad-sequence":     told(notTaken(ion.StatusBadSequence)),
	"tells-busy-block":       told(notTaken(ion.StatusBusy)),
	"tells-refused-block":    told(notTaken(ion.StatusRefused)),
	"tells-cleared":          told(func(reply []byte) { reply[1], reply[2], reply[3] = byte(ion.StatusOK), 0, 0 }),
	"tells-not-cleared":      told(notTaken(ion.StatusNotCleared)),
	"tells-busy":             told(func(reply []byte) { reply[1] = byte(ion.StatusBusy) }),
	"exception":              exception,
	"exception-within":       exceptionWithin,
	"other-op":               before(func(f []byte) { f[opAt] = otherOp(f[opAt]) }),
	"misread":                told(func(reply []byte) { reply[5] ^= 1 }), // which undoes what sequenceByte has done
	"other-sequence":         before(func(f []byte) { f[opAt+2+3] ^= 0x02 }),
	"tells-sequence-ahead": told(func(reply []byte) {
		reply[1], reply[9] = byte(ion.StatusBadSequence), reply[5]+3
	}),
	"fewer-values": fewerValues,
	"more-values":  moreValues,
	"lying-length": func(frame []byte) []byte { return append([]byte{0, 0, 0x14, 0xAC, 0x80, 20, 0x14, 0xAC}, frame...) },
	"lost":         func([]byte) []byte { return nil },
	"cut-short":    func(frame []byte) []byte { return frame[:len(frame)/2] },
	"padded":       padded,
	"cut-frame":    func(frame []byte) []byte { return append([]byte{0, 0, 0x14, 0xAC, 0x80, 0xF5, 0x14, 0xAC}, frame...) },
}

// overlong makes an answer say that it is longer than its frame.
func overlong(frame []byte) {
	binary.BigEndian.PutUint16(frame[dataAt:], math.MaxInt16)
	sealed(frame)
}

// stub is the beginning of an answer, which ends in the head of its packet and is a good frame all the same.
func stub(frame []byte) []byte {
	const data, leastLength = 3, 7
	cut := append(bytes.Clone(frame[:dataAt+data]), 0, 0)
	cut[lengthAt], cut[controlAt], cut[transactionAt] = data+leastLength, cut[controlAt]&^byte(ion.AckBit), firstOfMany
	return sealed(cut)
}

// otherOp is an operation that has an answer of another kind.
func otherOp(op byte) byte {
	if ion.Op(op) == ion.OpBlock {
		return byte(ion.OpVerify)
	}
	return byte(ion.OpBlock)
}

// imageByte is where a frame of a block has a byte of the image, if it is the last frame of its message.
func imageByte(frame []byte) int {
	const first = 2
	if frame[transactionAt]&0x1F != 0 || len(frame) < dataAt+first+1+frameCRC {
		return 0
	}
	return len(frame) - frameCRC - first
}

// sequenceByte is where the first frame of a block has the last byte of its sequence number.
func sequenceByte(frame []byte) int {
	const at = typeAt + 1 + 8 + 1 + 3
	if frame[transactionAt]&firstOfMany == 0 || len(frame) <= at+frameCRC {
		return 0
	}
	return at
}

// startByte is where a frame that starts a clear says so: without its bit it only asks.
func startByte(frame []byte) int {
	const at = typeAt + 1 + 8 + 1
	if frame[transactionAt]&firstOfMany == 0 || len(frame) <= at+frameCRC || frame[at] != 1 {
		return 0
	}
	return at
}

// exception is an answer to a program by which the meter tells none of its values.
func exception(frame []byte) []byte {
	return programReply(frame, []ion.Value{ion.ExceptionValue(1, 0, "Invalid Handle")})
}

// exceptionWithin is an answer to a program that has an exception in the place of its first value alone.
func exceptionWithin(frame []byte) []byte {
	const first = typeAt + 1 + 9 // behind the head of the answer
	const least = 4
	if len(frame) <= first+frameCRC {
		return frame
	}
	_, n, err := ion.ParseValue(frame[first : len(frame)-frameCRC])
	if err != nil || n < least {
		return frame
	}
	value := frame[first : first+n] // it stays as long as it is: a structure may have any number of values
	copy(value, []byte{0x77, 0x61, 9})
	for i := least - 1; i < n-1; i++ {
		value[i] = 0xF1
	}
	value[n-1] = 0xF3
	return sealed(frame)
}

// fewerValues is an answer to a program that has one value, and the right answer behind it.
func fewerValues(frame []byte) []byte {
	return append(programReply(frame, nil), frame...)
}

// moreValues is an answer to a program that has more values than any of our commands, and the right answer behind it.
func moreValues(frame []byte) []byte {
	const most = 40 // for which one frame has room
	return append(programReply(frame, slices.Repeat([]ion.Value{ion.FloatValue(0)}, most)), frame...)
}

// padded is the last frame of an answer with two bytes behind its packet, if there is room for them.
func padded(frame []byte) []byte {
	behind := []byte{0x14, 0xAC}
	if last := frame[transactionAt]&^firstOfMany == 0; !last || len(frame)+len(behind) > dataAt+ion.MaxFrameData+frameCRC {
		return frame
	}
	frame[lengthAt] += byte(len(behind))
	return sealed(slices.Insert(frame, len(frame)-frameCRC, behind...))
}

// programReply is an answer of one frame, with these values, in the place of one that begins with
// a frame.
func programReply(frame []byte, values []ion.Value) []byte {
	p, err := ion.ParsePacket(frame[dataAt : len(frame)-frameCRC])
	if err != nil {
		p = ion.Packet{MessageID: binary.BigEndian.Uint16(frame[idAt:]), Source: ion.MeterAddress(binary.LittleEndian.Uint16(frame[sourceAt:])), Destination: ion.ClientAddress()}
	}
	p.Type, p.Body = ion.TypeProgram, ion.AppendResult(nil, ion.Result{Frequency: 1, Values: values})
	return ion.AppendFrame(nil, ion.Frame{
		Control: ion.FromMeter, Source: binary.LittleEndian.Uint16(frame[sourceAt:]), Destination: ion.HostAddress, Transaction: firstOfMany, Data: ion.AppendPacket(nil, p),
	})
}

// strangeSerial is the serial number of a meter that is not there.
const strangeSerial = "PC-0209A001-99"

// smallBlock is how much a meter takes at a time that tells so.
const smallBlock = 1000

// smallBlocks is how many of these an image takes.
const smallBlocks = 10

// told is the reply to identify with something else in it.
func told(change func(identity []byte)) forgery {
	return func(frame []byte) []byte {
		change(frame[typeAt+1:])
		return sealed(frame)
	}
}

// notTaken changes the answer to a block into one by which the loader wants it once more.
func notTaken(status ion.Status) func(reply []byte) {
	return func(reply []byte) {
		reply[1] = byte(status)
		copy(reply[6:10], reply[2:6])
	}
}

// harm is the harm of that name. Faults are in the grammar of plans, without a trigger; LATE and
// AWHILE in them stand for times that follow from response.
func harm(at request, nth int, name string, response time.Duration) Harm {
	h := Harm{At: at, Nth: nth, name: name, Forge: forgeries[name]}
	if first, later := strings.CutSuffix(name, "-later"); later {
		h.later, h.Forge = true, forgeries[first]
		return h
	}
	if name == "garbled" {
		h.garble = firstValue
	}
	if nags[name] != nil || slices.Contains([]string{"garbled", "unheard", "forgets", "reader-gone", "reader-stalls", "misheard", "application-back", "slow"}, name) {
		h.Forge = func(frame []byte) []byte { return frame } // see strike
	}
	if h.Forge != nil {
		return h
	}
	plan, err := fault.Parse(inTime(name, response))
	if err != nil || len(plan) != 1 {
		panic(fmt.Sprintf("judge: harm %q: %v", name, err)) // it is in this source
	}
	h.Fault = plan[0]
	h.name = strings.Fields(name)[0]
	return h
}

// inTime puts times into the text of a plan.
func inTime(plan string, response time.Duration) string {
	return strings.NewReplacer("LATE", late(response).String(), "AWHILE", (2 * response).String(), "QUARTER", min(response/4, 200*time.Millisecond).String(), "OFTEN", often(response).String()).Replace(plan)
}
