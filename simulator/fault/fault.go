package fault

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Plan is an ordered list of faults. The empty plan is a run without faults.
type Plan []Fault

// Fault is one thing that goes wrong: what, when, for how long. Faults can be compared
// with ==. A Fault that was not parsed should pass Validate before it is used.
type Fault struct {
	Kind       Kind
	Side       Side // the direction in which a fault of the line acts; Both for kinds without a direction
	Trigger    Trigger
	Duration   Duration
	Parameters Parameters
}

// Direction is the direction in which f acts on the line. A fault of one byte or frame takes it
// from its trigger.
func (f Fault) Direction() Side {
	if f.Side == Both && f.Kind.row().picks && f.Trigger.counted().sided != sideNever {
		return f.Trigger.Side
	}
	return f.Side
}

// Side is a direction of the line.
type Side uint8

// The directions.
const (
	Both Side = iota
	ToMeter
	FromMeter
)

var sideNames = [...]string{"both", "to-meter", "from-meter"}

// String gives the word of the grammar.
func (s Side) String() string { return nameOf(sideNames[:], uint8(s), "side") }

// Phase is where in a flash operation a fault strikes.
type Phase uint8

// The phases of a flash operation.
const (
	Before Phase = iota // nothing of it is done
	Torn                // it is interrupted
	After               // it is complete, and nothing after it
)

var phaseNames = [...]string{"before", "torn", "after"}

// String gives the word of the grammar.
func (p Phase) String() string { return nameOf(phaseNames[:], uint8(p), "phase") }

// State is what the meter is doing, in the words that triggers use.
type State uint8

// The states of the meter. The zero State is none.
const (
	Application State = iota + 1 // the application runs
	Download                     // the loader waits in download state
	Erasing                      // the loader clears the flash
	Receiving                    // the flash is cleared and blocks may come
	Programming                  // the loader programs a block
	Verifying                    // the loader checks the whole image
	Booting                      // power is on and nothing answers yet
)

var stateNames = [...]string{"", "application", "download", "erasing", "receiving", "programming", "verifying", "booting"}

// String gives the word of the grammar.
func (s State) String() string { return nameOf(stateNames[:], uint8(s), "state") }

// ParseState reads the word of the grammar.
func ParseState(s string) (State, bool) {
	i := slices.Index(stateNames[1:], s)
	return State(i + 1), i >= 0
}

// Status is what an answer of the download service says about its request.
type Status uint8

// The statuses, in the order in which package ion numbers them. The zero Status is none.
const (
	StatusOK Status = iota + 1
	StatusBusy
	StatusBadSequence
	StatusNotCleared
	StatusOutOfRange
	StatusProgramFailed
	StatusEraseFailed
	StatusVerifyFailed
	StatusWrongProduct
	StatusRefused
)

var statusNames = [...]string{"", "ok", "busy", "bad-sequence", "not-cleared", "out-of-range",
	"program-failed", "erase-failed", "verify-failed", "wrong-product", "refused"}

// String gives the word of the grammar.
func (s Status) String() string { return nameOf(statusNames[:], uint8(s), "status") }

// Unit is what a trigger counts or watches.
type Unit uint8

// The units. What is counted is counted from 1, from the beginning of the host's run.
const (
	AtStart      Unit = iota // the host's run begins
	AtBlock                  // the host starts to send the first frame of block n for the first time
	AtFrame                  // the n-th frame on the line, in one direction or both
	AtByte                   // the n-th byte on the line, in one direction
	AtFlashOp                // the n-th operation of the flash chip
	AtPercent                // the first block that starts when at least this much is answered
	AtTime                   // this long after the run began
	AtState                  // the meter enters a state, for the first time
	AtNoResponse             // the host sends a request again, for the n-th time
	AtReply                  // the meter begins to send its n-th answer
)

// String gives the word of the grammar.
func (u Unit) String() string {
	if int(u) < len(units) {
		return units[u].name
	}
	return "unit " + strconv.Itoa(int(u))
}

// Trigger says when a fault strikes. First, Last and Every are counts of the unit; for
// AtTime they are nanoseconds and for AtPercent thousandths of a percent; for AtStart and
// AtState they are 0.
type Trigger struct {
	Unit  Unit
	First uint64 // the moment, or the first of several
	Last  uint64 // the end of a window, included; 0 for none
	Every uint64 // repeated after this many; 0 for no repetition
	Side  Side   // AtFrame (Both: frames of both directions are counted) and AtByte only
	Phase Phase  // AtFlashOp only
	State State  // AtState only
}

// Block is a trigger at one block.
func Block(n int) Trigger { return Trigger{Unit: AtBlock, First: uint64(n)} }

// FlashOp is a trigger at one flash operation.
func FlashOp(n uint64, phase Phase) Trigger {
	return Trigger{Unit: AtFlashOp, First: n, Phase: phase}
}

// Duration says how long a lasting fault lasts. The zero Duration is for ever. A fault that
// happens at once has the zero Duration.
type Duration struct {
	Time        time.Duration
	NoResponses uint64 // until the host has sent a request again n times since the strike
}

// Forever reports whether d has no end.
func (d Duration) Forever() bool { return d == Duration{} }

// Parameters refine a fault; the zero value of each is its default.
type Parameters struct {
	Rate     float64       // noise: the probability that a byte is damaged, above 0 and at most 1
	Seed     uint64        // of the fault's own random stream; 0 is a seed like any other
	By       time.Duration // how late, how long a pause, how long out and in, or how far, depending on the kind
	Back     bool          // clock-jump: backwards
	Address  uint32        // of the flash chip; 0 for none, because the loader is there
	Mask     byte          // byte-flip, stuck-bit: the bits; 0 stands for 0x01
	Bytes    int           // torn: bytes programmed before the torn one, if HasBytes
	HasBytes bool          // false: half of the operation's bytes
	Length   int           // how many bytes in a row, or in a slice; 0 stands for 1
	Baud     int           // wrong-baud: the rate of the converter, in bits a second
	Status   Status        // reply-status: what the answer says
	Unit     uint16        // of the meter that a station speaks for or asks; 0 for the meter itself
}

// TornBytes returns Bytes as the flash chip takes it: -1 means half of them.
func (p Parameters) TornBytes() int {
	if !p.HasBytes {
		return -1
	}
	return p.Bytes
}

// Place is the part of the bench that carries a fault out.
type Place uint8

// The places.
const (
	PlaceLine  Place = iota + 1 // bytes and frames on their way
	PlaceReply                  // whole answers of the meter
	PlaceMeter                  // the meter, its power included
	PlaceChip                   // the flash chip
	PlaceHost                   // the PC: the tool and the person in front of it
	PlaceIP                     // the Ethernet gateway or serial server between the PC and the meter
	PlacePhone                  // the telephone network, where a modem calls the meter
)

var placeNames = [...]string{"", "line", "reply", "meter", "chip", "host", "ip", "phone"}

// String gives the place in a word.
func (p Place) String() string { return nameOf(placeNames[:], uint8(p), "place") }

func nameOf(names []string, n uint8, what string) string {
	if int(n) < len(names) && names[n] != "" {
		return names[n]
	}
	return fmt.Sprintf("%s %d", what, n)
}
