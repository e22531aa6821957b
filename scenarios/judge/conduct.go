package judge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/simulator/ion"
)

// conduct looks at what a program sends, and at what it had heard before. Some of what PROTOCOL.md
// forbids does no harm to the one meter here, and would on a line with others.
type conduct struct {
	unit     uint16        // that the program is told to talk to
	response time.Duration // that it waits for an answer
	now      time.Duration
	// came finds frames as a program does that goes on when bytes stop, and patient as one that
	// waits until they are whole. What either finds, the program may have heard.
	came, patient ion.Decoder
	last          ion.Frame     // data, that the program sent last
	replied       bool          // with more than an ACK, since last
	acked, before map[byte]bool // transactions that were acknowledged during this message, and during the one before
	wanted        map[byte]bool // transactions of the frames that wanted an ACK
	id            uint16        // of the message
	block         stated        // the last message, if it is a block
	clear         uint16        // id of the last clear
	enter         uint16        // id of the last enter
	entered       bool          // enter was sent since the last clear
	doubted       bool          // something was refused, as an application does, and identify not answered since
	told          string        // another serial number, that an answer to identify has told
	refused       ion.Status    // to a block: the download has to begin again at enter; 0 for none
	blocksSince   int           // since then, also the same one again
	highest       uint32        // block since the last enter; 0 for none
	misverified   bool          // verify was answered ok, with another CRC-32 than the image's
	trusted       bool          // and a restart followed
	reopened      bool          // the connection broke, and identify was not answered since
	unsure        bool          // and a setting was written
	swapped       bool          // a connection that breaks leads to another meter from now on
	stopped       bool          // the program is: whoever asks is another run of it
	damaged       damage        // the last answer that came only with a wrong CRC
	whole         bool          // all frames of the message before were sent: what was missing was no ACK
	busied        int           // times that a block was sent again behind a busy answer
	lacked        int           // times that it was sent again otherwise, and messages behind a break, until identify is answered
	silences      int           // times that a whole block was sent again which had no answer, over the same connection
	busy          haste         // since the last answer that was not busy
	asked         rush          // in this attempt
	patience      time.Duration // that every answer takes; 0: they come at once
	saidAt        time.Duration // when the program last sent data
	breaches      []breach
}

// breach is something that the program should not have sent.
type breach struct {
	about duty.ID
	what  string
}

// damage is an answer with a wrong CRC.
type damage struct {
	to   uint16 // the id of its request; 0 for none
	kind request
	at   time.Duration
}

// haste is that a program asks again at once what was answered busy.
type haste struct {
	busy  bool          // the last answer was
	at    time.Duration // when it came
	times int           // that it was asked again at once
}

// A program that asks again so soon and so often grants the meter no while. One that has enough before
// does no harm.
const (
	soonAgain  = 20 * time.Millisecond
	mostHasted = 300
)

// rush is that a program talks while the meter does: it sends a request before it can have heard the
// answer to the one before.
type rush struct {
	text            []byte // of the message sent last
	at              time.Duration
	messages, times int
}

// A meter answers after soonest, and nobody waits no longer than that. On a line of two wires each
// request that comes sooner meets the answer. One that does is chance: the judge was late.
const (
	soonest    = 10 * time.Millisecond
	mostRushed = 20
)

// stated is a request without its message id.
type stated struct {
	id       uint16
	text     []byte
	answered bool
	parted   bool // its connection broke
}

func newConduct(unit uint16, response time.Duration) *conduct {
	return &conduct{unit: unit, response: response, acked: map[byte]bool{}, wanted: map[byte]bool{}}
}

func (c *conduct) tell(about duty.ID, format string, args ...any) {
	if !slices.ContainsFunc(c.breaches, func(b breach) bool { return b.about == about }) {
		c.breaches = append(c.breaches, breach{about, fmt.Sprintf(format, args...)})
	}
}

// hear takes what the program is given to read.
func (c *conduct) hear(p []byte) {
	for _, d := range []*ion.Decoder{&c.came, &c.patient} {
		for rest := p; len(rest) > 0; {
			rest = rest[d.Feed(rest):]
			c.find(d)
		}
	}
}

func (c *conduct) find(d *ion.Decoder) {
	for f, ok := d.Next(); ok; f, ok = d.Next() {
		c.heard(&f)
	}
}

// parted begins anew, as the connection does.
func (c *conduct) parted() {
	c.came.Reset()
	c.patient.Reset()
	c.reopened, c.block.parted = true, true
	c.asked.text = nil
}

func (c *conduct) heard(f *ion.Frame) {
	switch {
	case f.Source != c.unit || f.Destination != ion.HostAddress:
	case f.IsAck():
		c.acked[f.Transaction] = true
	case f.IsNak():
	default:
		if f.WantsAck() {
			c.wanted[f.Transaction] = true
		}
		if id, first := f.MessageID(); first {
			c.answered(id, f.Data)
		}
		c.replied = true // an answer may come in the place of an ACK
	}
}

// answered takes the first frame of an answer.
func (c *conduct) answered(id uint16, data []byte) {
	const typeOf, opOf, statusOf = 14, 15, 16
	if id == c.damaged.to {
		c.damaged = damage{}
	}
	ours := id == c.block.id && c.block.text != nil
	c.block.answered = c.block.answered || ours
	if len(data) <= statusOf || data[typeOf] != byte(ion.TypeDownload) || id != c.id {
		return
	}
	status, op := ion.Status(data[statusOf]), ion.Op(data[opOf])
	if c.busy.busy, c.busy.at = status == ion.StatusBusy, c.now; !c.busy.busy {
		c.busy.times = 0
	}
	switch op {
	case ion.OpIdentify:
		c.doubted, c.reopened = false, false
	case ion.OpClear, ion.OpBlock, ion.OpVerify:
		c.doubted = c.doubted || status == ion.StatusRefused
	}
	if !ours || op != ion.OpBlock {
		return
	}
	switch status {
	case ion.StatusNotCleared, ion.StatusOutOfRange, ion.StatusProgramFailed:
		if c.refused == 0 {
			c.refused, c.blocksSince = status, 0
		}
	}
}

// see takes a frame that the program sent.
func (c *conduct) see(f *ion.Frame) {
	c.came.Gap()
	c.find(&c.came)
	switch {
	case f.Source != ion.HostAddress || f.IsNak():
	case f.Destination != c.unit && f.Destination != ion.Broadcast:
		c.tell(duty.Alone, "it sent a frame to unit %d, and was to talk to unit %d", f.Destination, c.unit)
	case f.IsAck():
		c.acknowledges(f)
	default:
		c.says(f)
	}
}

func (c *conduct) acknowledges(f *ion.Frame) {
	switch {
	case len(f.Data) > 0:
		c.tell(duty.Ack, "an ACK of it carries data")
	case !c.wanted[f.Transaction]:
		c.tell(duty.Ack, "it acknowledged a frame with the transaction %02X, and had heard none that wants an ACK", f.Transaction)
	}
	// A frame that is sent once may be acknowledged once more: the line may have doubled it.
}

func (c *conduct) says(f *ion.Frame) {
	// An ACK that came while the frame before was sent may be for an earlier copy of it.
	unheard := c.last.WantsAck() && !c.replied && !c.acked[c.last.Transaction] && !c.before[c.last.Transaction]
	if !f.First() && unheard {
		c.tell(duty.Ack, "it went on with frame %02X of a message, and frame %02X was not acknowledged", f.Transaction, c.last.Transaction)
	}
	pending := !c.replied && !c.last.WantsAck()
	if f.First() {
		c.whole = !c.last.WantsAck()
	}
	c.last, c.replied = *f, false
	c.last.Data = nil
	if id, first := f.MessageID(); first {
		c.rushes(f.Data, pending)
		c.impatient(id, requestOf(f.Data))
		if id != c.id {
			c.id, c.before, c.acked = id, c.acked, map[byte]bool{}
		}
		c.asks(id, f.Data)
	}
	c.saidAt = c.now
}

// impatient looks at how soon a message is sent again whose answer is on its way. How often a meter is
// asked that restarts is up to the program.
func (c *conduct) impatient(id uint16, kind request) {
	restarting := kind == identifies && c.enter != 0
	if waited := c.now - c.saidAt; id == c.id && c.patience > 0 && waited < c.patience && !c.reopened && !restarting {
		c.tell(duty.Patience, "%s was sent again after %v, and the answer takes %v, for which it should wait", requestNames[kind], waited.Round(time.Millisecond), c.patience)
	}
}

// intrusions are what no meter may suffer that is another one than the program was sent to.
var intrusions = [requestKinds]string{
	enters: "told that one to leave its application",
	clears: "began to erase that one's flash",
	writes: "wrote settings into that one",
}

// asks looks at the first frame of a message.
func (c *conduct) asks(id uint16, data []byte) {
	const idEnd = 4
	kind, text := requestOf(data), bytes.Clone(data[idEnd:])
	c.tookDamaged(id, kind)
	busy := c.busy.busy
	c.hastens()
	c.unsure = c.unsure || c.reopened && kind == writes
	if c.reopened { // the program's next message tells that it was no end
		c.lacked++
	}
	if done := intrusions[kind]; done != "" && c.reopened && c.swapped {
		c.tell(duty.Reconnect, "its connection broke and led to another meter then, and it %s without an identify before", done)
	}
	if c.stopped && slices.Contains([]request{enters, clears, restarts, writes}, kind) {
		c.tell(duty.Turns, "a run was stopped in the middle of its download, and another one sent the meter %s", requestNames[kind])
	}
	switch kind {
	case blocks:
		c.inOrder(text)
		// One may have been under way when the answer came.
		if c.blocksSince++; c.refused != 0 && c.blocksSince > 1 {
			c.tell(duty.Again, "a block was answered %q, and blocks were sent on without an enter", c.refused)
		}
		c.repeats(bytes.Equal(text, c.block.text), busy)
		switch same := bytes.Equal(text, c.block.text); {
		case same && id != c.block.id && !c.block.answered:
			c.tell(duty.Same, "a block that had no answer was sent again with another message id")
		case !same && id == c.block.id && c.block.text != nil:
			c.tell(duty.Same, "two blocks were sent with the same message id")
		case same && !c.block.answered && !c.block.parted && c.whole:
			c.silences++
		}
		if !bytes.Equal(text, c.block.text) || id != c.block.id {
			c.block = stated{id: id, text: text}
		}
	case enters:
		if id != c.enter && c.doubted {
			c.tell(duty.Again, "it was refused, and began again at enter without a look at who the meter is")
		}
		c.enter, c.highest = id, 0
		c.entered, c.refused, c.misverified = true, 0, false
	case verifies:
		c.misverified = false
	case restarts:
		c.trusted = c.trusted || c.misverified
	case clears:
		if id != c.clear && !c.entered {
			c.tell(duty.OwnClear, "the flash was to be cleared, and no enter had been sent before")
		}
		c.clear, c.entered = id, false
	}
	if kind != blocks && kind != anything {
		c.block = stated{}
	}
	if c.told != "" && slices.Contains([]request{enters, clears, blocks, verifies, writes}, kind) {
		c.tell(duty.Device, "identify had told another serial number (%s), and it went on with %s", c.told, requestNames[kind])
	}
}

// repeats counts a block that is sent again.
func (c *conduct) repeats(same, busy bool) {
	switch {
	case same && busy:
		c.busied++
	case same:
		c.lacked++
	}
}

// rushes looks at how soon a message follows the one before, and whether that was pending. Where the
// meter takes no time the same one again can follow the answer; a block, and what is busy, may.
func (c *conduct) rushes(data []byte, pending bool) {
	const typeOf = 14
	r, again := &c.asked, bytes.Equal(data, c.asked.text) && requestOf(data) != blocks && !c.busy.busy
	answerable := len(r.text) > typeOf && len(data) > typeOf && r.text[typeOf] != byte(ion.TypeTimeSync)
	r.messages++
	if answerable && (pending || again) && c.now-r.at < soonest {
		r.times++
	}
	if r.times >= mostRushed && 3*r.times >= r.messages {
		c.tell(duty.OneRequest, "%d of %d requests were sent before the one before can have been answered", r.times, r.messages)
	}
	r.text, r.at = bytes.Clone(data), c.now
}

// hastens looks at how soon a message follows a busy answer.
func (c *conduct) hastens() {
	if c.busy.busy && c.now-c.busy.at < soonAgain {
		if c.busy.times++; c.busy.times >= mostHasted {
			c.tell(duty.Busy, "it was answered busy, and asked again at once, %d times without another answer between", c.busy.times)
		}
	}
	c.busy.busy = false // what is sent again because its answer is missing follows no answer
}

// inOrder looks at the sequence number of a block: none is left out.
func (c *conduct) inOrder(text []byte) {
	const at = 9 + 8 + 2 + 1 // behind the id: the rest of the header, the credential, service and type, and the operation
	if len(text) < at+4 {
		return
	}
	n := binary.BigEndian.Uint32(text[at:])
	if c.highest > 0 && n > c.highest+1 {
		c.tell(duty.Sequence, "block %d was sent, and the one before it never was", n)
	}
	c.highest = max(c.highest, n)
}

// tookDamaged looks at a message behind a damaged answer. Whoever waits for the right one sends
// nothing else before it gives up waiting; identify may be asked whenever somebody is in doubt.
func (c *conduct) tookDamaged(id uint16, kind request) {
	d := c.damaged
	if d.to == 0 || id == d.to {
		return
	}
	c.damaged = damage{}
	if kind != identifies && kind != d.kind && c.now-d.at < c.response/2 {
		c.tell(duty.Stream, "the answer to %s had a wrong CRC, and it went on with %s at once", requestNames[d.kind], requestNames[kind])
	}
}
