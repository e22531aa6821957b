package fault

import (
	"slices"
	"time"
)

// Kind is what goes wrong.
type Kind uint8

// The kinds; the table below says what each is.
const (
	CablePull Kind = iota + 1
	PowerLoss
	MeterReset
	MeterSilent
	BrownOut
	WatchdogReset
	MeterSlow
	Abort
	Kill
	Suspend
	ClockJump
	DiskFull
	FileGone
	FileChanged
	Noise
	SlowLine
	ByteDrop
	ByteFlip
	ByteInsert
	ByteDup
	FrameLost
	FrameDup
	CableFlap
	Echo
	WrongBaud
	LineBreak
	Sliced
	Babble
	SecondMaster
	ReplyLost
	ReplyLate
	ReplyDup
	ReplySwap
	ReplyStranger
	ReplyNak
	ReplyBusy
	ReplyStatus
	ProgramFails
	EraseFails
	FlashLie
	StuckBit
	ReadChanges
	IPReset
	IPHalfOpen
	IPStall
	IPDown
	PortVanishes
	CarrierLost
	LineBusy
	NoDialTone
	NoAnswer
	WrongNumber
	Retrain
)

// row is everything there is to know about a kind. Adding a kind is adding its constant and
// its row.
type row struct {
	kind  Kind
	code  uint64 // the kind in binary plans, and so in ids that people keep: a new kind takes the next number, and no number is ever used again
	name  string
	place Place
	field string // what the fault means in the field

	lasting bool     // it has a duration; otherwise it happens at once
	instead string   // what to use instead, for people who give a duration to a kind that has none
	unplugs bool     // the cable is out as long as it lasts
	blocks  bool     // nothing goes on while it lasts, so a window of progress cannot end it
	clocked bool     // only the clock ends it, and it must end
	breaks  bool     // it breaks the tool's connection
	ends    bool     // it ends the tool's run and so can strike only once
	sided   bool     // it can act on one direction only
	picks   bool     // it acts on one byte or frame; a trigger with a direction gives it its own
	tears   bool     // it can strike inside a flash operation
	whole   bool     // it acts on a whole flash operation, and then takes no phase
	located bool     // it needs an address, unless its trigger is a flash operation
	never   []Unit   // the triggers that make no sense
	takes   []string // the parameters it can have
	needs   string   // the parameter that it must have

	leastBy time.Duration // the shortest `by` that makes sense; 0: any
	delay   Delay         // what `by` means
	part    Part          // the part of the host's side that it strikes
	chipOp  ChipOp        // the flash operations that it can strike
	forges  bool          // by it an answer says something untrue
	own     bool          // it can strike one of several hosts on a line alone
	byHand  string        // how to do the same by hand with both ends within reach; empty if that is impossible

	example string
}

var rows = [...]row{
	{
		kind: CablePull, code: 1, name: "cable-pull", place: PlaceLine, own: true, lasting: true, blocks: true, unplugs: true, sided: true,
		field:   "the RS-485 cable is out, or one of its pairs is broken",
		example: "cable-pull at block 200 for 2 no-responses",
	},
	{
		kind: PowerLoss, code: 2, name: "power-loss", place: PlaceMeter, lasting: true, blocks: true, tears: true,
		field:   "the meter loses its supply; after the duration it is back",
		takes:   []string{"seed", "bytes"},
		example: "power-loss at flash-op 1170 torn for 30s",
	},
	{
		kind: MeterReset, code: 3, name: "meter-reset", place: PlaceMeter, tears: true,
		field:   "a dip of the supply too short to see restarts the meter: what it was writing is torn",
		instead: "use `power-loss ... for TIME` for a meter that stays off",
		takes:   []string{"seed", "bytes"},
		example: "meter-reset at state verifying",
	},
	{
		kind: MeterSilent, code: 4, name: "meter-silent", place: PlaceMeter, lasting: true, blocks: true,
		field:   "the meter's firmware hangs: it has power and answers nothing",
		example: "meter-silent at state erasing for 45s",
	},
	{
		kind: BrownOut, code: 31, name: "brown-out", place: PlaceMeter, lasting: true, blocks: true, tears: true,
		field:   "the supply dips: the supervisor holds the meter in reset, and its event log knows of no power loss",
		takes:   []string{"seed", "bytes"},
		example: "brown-out at flash-op 30 torn for 2s",
	},
	{
		kind: WatchdogReset, code: 32, name: "watchdog-reset", place: PlaceMeter, delay: HangTime,
		field:   "the firmware hangs, and the watchdog restarts it: the chip completes what it has begun",
		instead: "use `by TIME` to say how long it hangs",
		takes:   []string{"by"},
		example: "watchdog-reset at state verifying by 2s",
	},
	{
		kind: MeterSlow, code: 33, name: "meter-slow", place: PlaceMeter, delay: LateFrames, lasting: true,
		field:   "a busy meter begins every frame late that it sends, acknowledgements too; none is lost",
		takes:   []string{"by"},
		needs:   "by",
		example: "meter-slow at block 10 for 1m by 800ms",
	},
	{
		kind: Abort, code: 5, name: "abort", place: PlaceHost, own: true, part: OfTool, byHand: "press Ctrl-C in ionup, which is its Abort", ends: true,
		field:   "the person presses Abort",
		example: "abort at 60%",
	},
	{
		kind: Kill, code: 6, name: "kill", place: PlaceHost, own: true, part: OfTool, byHand: "kill -9 the upgrader", ends: true,
		field:   "the PC crashes or the tool is killed: it cannot tidy up",
		example: "kill at block 300",
	},
	{
		kind: Suspend, code: 34, name: "suspend", place: PlaceHost, own: true, part: OfPC, lasting: true, blocks: true, clocked: true,
		field:   "the laptop sleeps: it neither hears nor does anything; awake again, its time-outs are overdue",
		example: "suspend at block 40 for 5m",
	},
	{
		kind: ClockJump, code: 35, name: "clock-jump", place: PlaceHost, own: true, part: OfClock,
		field:   "the PC's calendar is set: the stamps of the log jump, time-outs do not",
		instead: "use `by TIME` to say how far",
		takes:   []string{"by", "back"},
		needs:   "by",
		example: "clock-jump at 50% by 1h back",
	},
	{
		kind: DiskFull, code: 36, name: "disk-full", place: PlaceHost, own: true, part: OfDisk, lasting: true,
		field:   "the PC's disk is full: neither a line of the log nor a journal can be written",
		example: "disk-full at block 10 for 2m",
	},
	{
		kind: FileGone, code: 37, name: "file-gone", place: PlaceHost, own: true, part: OfFile,
		field:   "the firmware file is removed: whoever chooses it from then on finds none",
		example: "file-gone at block 1",
	},
	{
		kind: FileChanged, code: 38, name: "file-changed", place: PlaceHost, own: true, part: OfFile,
		field:   "the firmware file is replaced by a damaged copy: whoever chooses it from then on reads that",
		example: "file-changed at block 1",
	},
	{
		kind: Noise, code: 7, name: "noise", place: PlaceLine, lasting: true, sided: true,
		field:   "a drive starts beside the cable: bytes are damaged at random",
		takes:   []string{"rate", "seed"},
		needs:   "rate",
		example: "noise at block 10 for 5s rate 1e-4 seed 7",
	},
	{
		kind: SlowLine, code: 8, name: "slow-line", place: PlaceLine, delay: BytePause, lasting: true, sided: true,
		field:   "a modem or a serial server puts a pause before every byte",
		takes:   []string{"by"},
		needs:   "by",
		example: "slow-line from-meter at block 50 for 2m by 5ms",
	},
	{
		kind: ByteDrop, code: 9, name: "byte-drop", place: PlaceLine, sided: true, picks: true,
		field:   "a UART overruns: bytes are missing",
		instead: "use `length N` to lose more bytes in a row",
		takes:   []string{"length"},
		example: "byte-drop at byte 104233 to-meter",
	},
	{
		kind: ByteFlip, code: 10, name: "byte-flip", place: PlaceLine, sided: true, picks: true,
		field:   "a spike on the line: bits of a byte are inverted",
		instead: "use `length N` to damage more bytes in a row, or the kind noise",
		takes:   []string{"mask", "length"},
		example: "byte-flip at frame 31 to-meter mask 0x81",
	},
	{
		kind: ByteInsert, code: 11, name: "byte-insert", place: PlaceLine, sided: true, picks: true,
		field:   "a transceiver that switches late: bytes that nobody sent, before the one that is named",
		instead: "use `length N` to insert more bytes in a row",
		takes:   []string{"length", "seed"},
		example: "byte-insert at byte 5000 from-meter length 3 seed 2",
	},
	{
		kind: ByteDup, code: 12, name: "byte-dup", place: PlaceLine, sided: true, picks: true,
		field:   "a converter with a bad buffer: bytes arrive twice",
		instead: "use `length N` to repeat more bytes in a row",
		takes:   []string{"length"},
		example: "byte-dup at byte 777 to-meter",
	},
	{
		kind: FrameLost, code: 13, name: "frame-lost", place: PlaceLine, own: true, sided: true, picks: true, never: []Unit{AtByte},
		field:   "a radio or a converter loses one frame whole",
		instead: "use a window, such as `at frame 30..32`, to lose more frames",
		example: "frame-lost at frame 31 to-meter",
	},
	{
		kind: FrameDup, code: 14, name: "frame-dup", place: PlaceLine, sided: true, picks: true, never: []Unit{AtByte},
		field:   "a repeater delivers one frame twice",
		instead: "use a window, such as `at frame 30..32`, to repeat more frames",
		example: "frame-dup at frame 31 to-meter",
	},
	{
		kind: CableFlap, code: 18, name: "cable-flap", place: PlaceLine, delay: PlugTurn, lasting: true, sided: true,
		field:   "a loose plug: the cable is out and in by turns, and in again at the end",
		takes:   []string{"by"},
		needs:   "by",
		leastBy: time.Millisecond,
		example: "cable-flap at block 20 for 30s by 300ms",
	},
	{
		kind: Echo, code: 19, name: "echo", place: PlaceLine, lasting: true,
		field:   "a two-wire adapter that hears itself: what the host sends comes back to it",
		example: "echo at block 10 for 2m",
	},
	{
		kind: WrongBaud, code: 20, name: "wrong-baud", place: PlaceLine, lasting: true, blocks: true,
		field:   "somebody set the converter to another rate: both ends hear garbage",
		takes:   []string{"baud"},
		needs:   "baud",
		example: "wrong-baud at block 30 for 45s baud 19200",
	},
	{
		kind: LineBreak, code: 21, name: "line-break", place: PlaceLine, lasting: true, blocks: true, sided: true,
		field:   "the line is held in break: a framing error at its beginning and at its end, and nothing between",
		example: "line-break at block 40 for 3 no-responses",
	},
	{
		kind: Sliced, code: 22, name: "sliced", place: PlaceLine, delay: SlicePause, lasting: true, sided: true,
		field:   "a serial server hands bytes on in slices, with a pause behind each; nothing is lost",
		takes:   []string{"by", "length"},
		needs:   "by",
		example: "sliced from-meter at block 5 for 2m by 40ms length 16",
	},
	{
		kind: Babble, code: 44, name: "babble", place: PlaceLine, delay: TalkEvery, lasting: true,
		field:   "a station babbles: valid frames of a meter, this one unless another is named, that are no answer to anything",
		takes:   []string{"by", "unit"},
		needs:   "by",
		leastBy: 10 * time.Millisecond,
		example: "babble at block 3 for 30s by 100ms unit 77",
	},
	{
		kind: SecondMaster, code: 45, name: "second-master", place: PlaceLine, delay: TalkEvery, lasting: true,
		field:   "another master asks a meter, this one unless another is named, who it is and for registers, whenever it likes",
		takes:   []string{"by", "unit"},
		needs:   "by",
		leastBy: 10 * time.Millisecond,
		example: "second-master at block 3 for 1m by 700ms",
	},
	{
		kind: ReplyLost, code: 15, name: "reply-lost", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "the meter did what was asked, and its answer never arrives",
		instead: "use a window, such as `at block 77..79`, to lose more replies",
		example: "reply-lost at block 77",
	},
	{
		kind: ReplyLate, code: 16, name: "reply-late", place: PlaceReply, delay: LateReply, never: []Unit{AtFrame, AtByte},
		field:   "a busy modem or gateway holds an answer back until nobody waits for it any more",
		instead: "use `by TIME` to say how late the reply is",
		takes:   []string{"by"},
		needs:   "by",
		example: "reply-late at block 12 by 11s",
	},
	{
		kind: ReplyDup, code: 17, name: "reply-dup", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "a gateway delivers an answer twice",
		instead: "use a window, such as `at block 77..79`, to repeat more replies",
		example: "reply-dup every 10 blocks",
	},
	{
		kind: ReplySwap, code: 23, name: "reply-swap", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "a gateway with several paths: an answer comes behind the next one, or within 60s not at all",
		instead: "use reply-late for an answer that is so much later",
		example: "reply-swap at block 9",
	},
	{
		kind: ReplyStranger, code: 24, name: "reply-stranger", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "a gateway mixes up its clients: the answer carries the id of another message",
		instead: "use a window, such as `at block 77..79`, to spoil more replies",
		example: "reply-stranger at block 14",
	},
	{
		kind: ReplyNak, code: 25, name: "reply-nak", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "the meter's link layer refuses the request after all: a NAK comes in place of the answer",
		instead: "use a window, such as `at block 77..79`, to refuse more requests",
		example: "reply-nak at block 15",
	},
	{
		kind: ReplyBusy, code: 26, name: "reply-busy", place: PlaceReply, never: []Unit{AtFrame, AtByte},
		field:   "the meter did what was asked and says that it is busy",
		instead: "use a window, such as `at block 77..79`, for more replies that say so",
		example: "reply-busy at block 16",
	},
	{
		kind: ReplyStatus, code: 27, name: "reply-status", place: PlaceReply, forges: true, never: []Unit{AtFrame, AtByte},
		field:   "the meter did what was asked, or did not, and says otherwise",
		instead: "use a window, such as `at block 77..79`, for more replies that say so",
		takes:   []string{"status"},
		needs:   "status",
		example: "reply-status at block 17 status program-failed",
	},
	{
		kind: ProgramFails, code: 39, name: "program-fails", place: PlaceChip, chipOp: Program, whole: true, located: true,
		field:   "the chip reports that a program failed: the operation of the trigger, or from then on any of the byte at an address",
		instead: "use a window, such as `at flash-op 90..95`, for more operations, or `address N` for a place that stays bad",
		takes:   []string{"address"},
		example: "program-fails at flash-op 90",
	},
	{
		kind: EraseFails, code: 40, name: "erase-fails", place: PlaceChip, chipOp: Erase, whole: true, located: true,
		field:   "the chip reports that an erase failed: the operation of the trigger, or from then on any of the sector of an address",
		instead: "use a window, such as `at flash-op 3..5`, for more operations, or `address N` for a sector that stays bad",
		takes:   []string{"address"},
		example: "erase-fails at start address 0x050000",
	},
	{
		kind: FlashLie, code: 41, name: "flash-lie", place: PlaceChip, whole: true, never: allBut(AtFlashOp),
		field:   "the chip says that an operation is done, and has done nothing",
		instead: "use a window, such as `at flash-op 90..95`, for more operations",
		example: "flash-lie at flash-op 90",
	},
	{
		kind: StuckBit, code: 42, name: "stuck-bit", place: PlaceChip, chipOp: Program, whole: true, located: true,
		field:   "cells are worn out: bits are 0 from then on, of the byte at an address or of the first that the trigger's operation programs",
		takes:   []string{"address", "mask"},
		example: "stuck-bit at flash-op 90 mask 0x80",
	},
	{
		kind: ReadChanges, code: 43, name: "read-changes", place: PlaceChip, lasting: true, whole: true,
		field:   "a marginal cell: a bit of the byte at an address reads now so, now otherwise",
		takes:   []string{"address", "seed"},
		needs:   "address",
		example: "read-changes at start address 0x030100 seed 3",
	},
	{
		kind: IPReset, code: 28, name: "ip-reset", place: PlaceIP, own: true,
		field:   "a gateway or a NAT resets the TCP connection, and takes the next one at once",
		instead: "use ip-down for a gateway that keeps nobody for a while, or ip-half-open for a connection that carries nothing",
		example: "ip-reset at block 100",
	},
	{
		kind: IPHalfOpen, code: 29, name: "ip-half-open", place: PlaceIP, own: true, lasting: true, blocks: true,
		field:   "a NAT forgot the connection: it seems up, and what is sent is lost",
		example: "ip-half-open at block 110 for 2 no-responses",
	},
	{
		kind: IPStall, code: 30, name: "ip-stall", place: PlaceIP, lasting: true, blocks: true,
		field:   "the network stalls: nothing passes, and all of it comes at once at the end",
		example: "ip-stall at block 120 for 25s",
	},
	{
		kind: IPDown, code: 46, name: "ip-down", place: PlaceIP, lasting: true, blocks: true,
		field:   "a gateway is down: it resets the TCP connection, and any other as soon as something is sent over it",
		example: "ip-down at block 110 for 30s",
	},
	{
		kind: PortVanishes, code: 47, name: "port-vanishes", place: PlaceLine, own: true, lasting: true, blocks: true, clocked: true, breaks: true,
		field:   "the port is gone: a USB adapter was pulled out, or a gateway restarts; it comes back under the same name",
		byHand:  "pull the USB adapter out, or switch the gateway off, and on again",
		example: "port-vanishes at block 40 for 30s",
	},
	{
		kind: CarrierLost, code: 48, name: "carrier-lost", place: PlacePhone,
		field:   "the telephone call is cut off: the modems lose the carrier, and the number has to be dialled again",
		instead: "use retrain for modems that are busy with themselves, or line-busy beside it for a number that cannot be reached again",
		example: "carrier-lost at block 6",
	},
	{
		kind: LineBusy, code: 49, name: "line-busy", place: PlacePhone, lasting: true, clocked: true,
		field:   "somebody else has the meter's telephone line: who dials hears that it is busy",
		example: "line-busy at block 6 for 40s",
	},
	{
		kind: NoDialTone, code: 50, name: "no-dial-tone", place: PlacePhone, lasting: true, clocked: true,
		field:   "the telephone cable at the PC's modem is out: there is no dial tone",
		example: "no-dial-tone at start for 1m",
	},
	{
		kind: NoAnswer, code: 51, name: "no-answer", place: PlacePhone, lasting: true, clocked: true,
		field:   "the meter's modem does not answer, however long it rings",
		example: "no-answer at start for 1m",
	},
	{
		kind: WrongNumber, code: 52, name: "wrong-number", place: PlacePhone, lasting: true, clocked: true,
		field:   "the number leads to somebody else: a fax answers, and no modem",
		example: "wrong-number at start for 1m",
	},
	{
		kind: Retrain, code: 53, name: "retrain", place: PlacePhone, lasting: true, blocks: true, clocked: true,
		field:   "a disturbed telephone line makes the modems train again: nothing passes, and then all of it, for they correct errors",
		example: "retrain at block 10 for 8s",
	},
}

// Delay is what the parameter `by` means for a kind.
type Delay uint8

// The delays. The zero Delay is none: the kind has no `by`, or it moves a clock.
const (
	LateReply  Delay = iota + 1 // how late an answer is
	LateFrames                  // how late each frame of the meter is
	BytePause                   // how long the line waits before each byte
	SlicePause                  // how long it waits after each slice
	PlugTurn                    // how long the cable is out, and in
	HangTime                    // how long the meter hangs
	TalkEvery                   // how often a station talks that nobody asked
)

// delayFields say in a line what `by` means.
var delayFields = [...]string{
	0:          "how far the clock jumps",
	LateReply:  "how late the answer is",
	LateFrames: "how late each frame of the meter is",
	BytePause:  "how long the line waits before each byte",
	SlicePause: "how long the line waits behind each slice",
	PlugTurn:   "how long the cable is out, and in",
	HangTime:   "how long the meter hangs",
	TalkEvery:  "how often the station talks",
}

// Part is the part of the host's side that a fault strikes.
type Part uint8

// The parts. The zero Part is none: the fault is not of the host's side.
const (
	OfTool  Part = iota + 1 // the tool's process
	OfPC                    // the PC as a whole
	OfClock                 // its calendar
	OfDisk                  // the free space on its disk
	OfFile                  // the firmware file
)

// ChipOp is the sort of flash operation that a fault can strike.
type ChipOp uint8

// The operations.
const (
	AnyOp ChipOp = iota
	Program
	Erase
)

// row returns the kind's row; an empty one for an unknown kind.
func (k Kind) row() *row {
	for i := range rows {
		if rows[i].kind == k {
			return &rows[i]
		}
	}
	return new(row)
}

// String gives the word of the grammar.
func (k Kind) String() string {
	if name := k.row().name; name != "" {
		return name
	}
	return nameOf(nil, uint8(k), "kind")
}

// Place is the part of the bench that carries faults of the kind out.
func (k Kind) Place() Place { return k.row().place }

// OfConnection reports whether faults of the kind befall a connection over IP or the telephone network,
// or break the one that there is.
func (k Kind) OfConnection() bool {
	return k.Place() == PlaceIP || k.Place() == PlacePhone || k.row().breaks
}

// ByPhone reports whether faults of the kind befall a call over the telephone network.
func (k Kind) ByPhone() bool { return k.Place() == PlacePhone }

// Breaks reports whether faults of the kind take the port away over which the tool is connected.
func (k Kind) Breaks() bool { return k.row().breaks }

// Lasts reports whether faults of the kind have a duration. The others happen at once.
func (k Kind) Lasts() bool { return k.row().lasting }

// Unplugs reports whether the cable is out as long as a fault of the kind lasts.
func (k Kind) Unplugs() bool { return k.row().unplugs }

// Blocks reports whether nothing goes on while a fault of the kind lasts.
func (k Kind) Blocks() bool { return k.row().blocks }

// Part is the part of the host's side that faults of the kind strike.
func (k Kind) Part() Part { return k.row().part }

// ChipOp is the sort of flash operation that faults of the kind can strike.
func (k Kind) ChipOp() ChipOp { return k.row().chipOp }

// Forges reports whether by a fault of the kind the meter says something untrue.
func (k Kind) Forges() bool { return k.row().forges }

// Delay is what `by` means for the kind.
func (k Kind) Delay() Delay { return k.row().delay }

// ByHand says how to do by hand, with both ends within reach, what faults of the kind do; empty
// if that is impossible.
func (k Kind) ByHand() string { return k.row().byHand }

// ParseKind reads the word of the grammar.
func ParseKind(s string) (Kind, bool) {
	i := slices.IndexFunc(rows[:], func(r row) bool { return r.name == s })
	if i < 0 {
		return 0, false
	}
	return rows[i].kind, true
}

// allBut returns all units but one.
func allBut(only Unit) []Unit {
	var list []Unit
	for u := range Unit(len(units)) {
		if u != only {
			list = append(list, u)
		}
	}
	return list
}

func (r *row) allows(u Unit) bool { return !slices.Contains(r.never, u) }

func (r *row) has(parameter string) bool { return slices.Contains(r.takes, parameter) }
