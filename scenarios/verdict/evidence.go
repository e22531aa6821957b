package verdict

import (
	"math"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Evidence is everything that the judge looks at of one attempt.
type Evidence struct {
	// Upgrade: the tool was to upgrade the meter, or began to.
	Upgrade bool
	Tool    Tool
	// Revision is the firmware that the meter is to run; empty if there is no file.
	Revision string
	// Forbidden says why the flash must not be touched; empty if it may be.
	Forbidden string
	Before    Before
	Meter     *Condition
	Witness   *Witness   // what another protocol says; nil: nobody asked
	Others    []Other    // the other meters on the line
	Lost      ion.Groups // groups that are not as somebody has set them up
	Cost      Cost
	Log       *Log // nil: not seen
	// Story is what happened, if it was recorded.
	Story []story.Event
	// Forged: answers of the meter were replaced by others that say something untrue.
	Forged bool
	// Died is how many messages may have died with a connection on their way to the line, or were
	// not sent because none could be opened. The tool has sent them, and the line never saw them. Those
	// of a call over the telephone are in Cost.
	Died int
	// Recovery is set for a recovery.
	Recovery *Recovery
	// Expected is what must come of the attempt in addition; nil: nothing.
	Expected *Expectation
	// Unstruck are faults that should have struck.
	Unstruck []story.Unstruck

	// Acts are the parts of the attempt, each with a claim of its own; none for a program of
	// which only the whole is seen. Truth is that of the only act.
	Acts  []Act
	Truth *Truth
	// Harmed says what of another meter is not as it was; empty for nothing.
	Harmed string
	// Intruded: it changed the meter while another process of the same computer had it.
	Intruded bool
	// Contested: another tool was at work on the meter at the same time. What the meter did may
	// have been for that one.
	Contested bool
	// Mistook: the meter was silent when the tool began to change what it had found in its place, another one of
	// the same unit id. What it was asked to do it did to that one, so only its end is judged.
	Mistook bool
	// Aside is what is looked at of another program besides; nil for our own.
	Aside *Aside
}

// Aside is what is wrong besides with what another program did. Each says it in a sentence;
// empty for nothing.
type Aside struct {
	Template string // of the name of the template
	Record   string // of the record beside the image
	Earlier  string // of what earlier runs had written into the log
	Secret   string // of where the password was told
	Facts    string // of what the log says of the file and the meter
	// Conduct is what the program did that it should not, and that no other rule is about.
	Conduct []string
}

// Expectation is what a scenario wants of an upgrade.
type Expectation struct {
	Title   string // of the scenario, as in "nothing is in the way"
	Success bool   // it must succeed
	OnePass bool   // the flash must not be cleared more than once
	// Untouched: it may fail, but then it has not touched the flash.
	Untouched bool
}

// Tool is what the tool did and said.
type Tool struct {
	Ended   bool  // it ended by itself, or was killed
	Killed  bool  // it was killed, and so claims nothing
	Aborted bool  // the person ended it
	Hurried bool  // and again, which ends what an abort still does
	Asleep  bool  // its computer sleeps
	Err     error // what it said at the end; nil for success
	// Foreign: another program. Only what it sends, what it leaves on the disk and how it ends
	// are seen, so Err is its claim.
	Foreign bool
	// Crash says how it ended without anybody's intention; empty if it did not.
	Crash string

	Windows   []client.Prompt // windows that the person saw, in order
	Paste     ion.Groups      // groups that the person ticked to be restored
	NoRestore bool            // the person answered No to a journal
	// Zero: it ended with the exit status of a success.
	Zero bool
	// LogFailed: it said that its log could not be written.
	LogFailed bool
	Response  time.Duration // how long it was told to wait for an answer; 0: not known
	// Keeps: it promises to keep all settings, whatever happens to the upgrade.
	Keeps bool

	Counts client.Counts
	// Unanswered is how often it had sent, without an answer, the request that ended the
	// upgrade.
	Unanswered int
	// Asked is that with the tries that the line may not have seen, because a connection had to be opened
	// first. 0: the last thing that the tool did was to hear an answer.
	Asked   int
	Ordered bool     // it told an application to enter download state
	Orders  uint64   // messages that it sent to change the meter's state or its flash; only if Contested
	Journal *Journal // nil: it keeps none
}

// Journal is the journal of the meter at the end of an attempt.
type Journal struct {
	There bool
	Err   error // why it cannot be read
}

// Before is the meter before the attempt.
type Before struct {
	State meter.State
}

// Recovery is what a recovery is judged by.
type Recovery struct {
	Answers bool       // the meter answered, with power and line back
	Struck  bool       // the recovery had faults of its own
	Lost    ion.Groups // groups that should be there afterwards and are not
}

// Witness is which revision a meter said that it runs, when it was asked over another protocol before
// and after the attempt; empty for no answer.
type Witness struct{ Before, After string }

// Condition is what the meter really is.
type Condition struct {
	SerialNumber string
	UnitID       uint16
	State        meter.State
	Revision     string        // that a power cycle would run; empty for none
	Running      string        // of the application that runs; empty if none runs
	Image        bool          // the flash holds exactly the image of the attempt
	Initialized  bool          // an image has completed its first boot
	Settings     *ion.Settings // shared: not to be changed
	Lost         ion.Groups    // groups that are not as they were before the attempt
	FlashOps     uint64        // operations during the attempt
	LCD          string
	L2Edges      uint64
	EventLog     []meter.LogEntry
	Connected    bool // network, cable and power are there, the meter is fast enough and the tool is connected, so it could have looked
	BadChip      bool // the flash chip has a fault that can still show
}

// Other is a meter on the line that the attempt was not about.
type Other struct {
	UnitID       uint16
	SerialNumber string
	Before       meter.State // before the attempt
	Settled      bool        // an image had completed its first boot by then
	Switched     bool        // somebody switched it on or off during the attempt
	State        meter.State // after it
	Flashed      bool        // its flash was touched during the attempt
	Lost         ion.Groups  // groups that are not as they were before the attempt
}

// Cost is what an attempt took.
type Cost struct {
	Time         time.Duration // on the bench's clock
	BytesToMeter uint64
	BytesToHost  uint64
	Resends      uint64 // requests that were sent again
	Blocks       uint64 // messages with a block on the line, resends included
	Died         uint64 // messages that died in a telephone call, before the line saw them
	Insisted     int    // the most often that one request was sent without an answer
	Acts         int    // acts of the person: windows answered, power cycles
}

// Plus returns the sum of two costs.
func (c Cost) Plus(d Cost) Cost {
	return Cost{
		Time:         c.Time + d.Time,
		BytesToMeter: c.BytesToMeter + d.BytesToMeter,
		BytesToHost:  c.BytesToHost + d.BytesToHost,
		Resends:      c.Resends + d.Resends,
		Blocks:       c.Blocks + d.Blocks,
		Died:         c.Died + d.Died,
		Insisted:     max(c.Insisted, d.Insisted),
		Acts:         c.Acts + d.Acts,
	}
}

// Minus returns c without d, which is a part of it.
func (c Cost) Minus(d Cost) Cost {
	return Cost{
		Time:         c.Time - d.Time,
		BytesToMeter: c.BytesToMeter - d.BytesToMeter,
		BytesToHost:  c.BytesToHost - d.BytesToHost,
		Resends:      c.Resends - d.Resends,
		Blocks:       c.Blocks - d.Blocks,
		Died:         c.Died - d.Died,
		Insisted:     c.Insisted,
		Acts:         c.Acts - d.Acts,
	}
}

// Log is what an attempt added to Upgrade.log.
type Log struct {
	Bytes   int
	Unsaid  int   // lines for which the disk had no room
	Err     error // why it cannot be read at all
	Entries []upgradelog.Entry
	Runs    [][]upgradelog.Entry // one upgrade each
	// Unreadable are lines that no log has.
	Unreadable []upgradelog.Unreadable
	// Gap: an earlier attempt had begun to change the meter, and the log has nothing of it.
	Gap bool
	// Cut: what was in the log before the attempt is not there any more.
	Cut bool
	// Mixed: somebody else wrote into the log while the attempt did.
	Mixed bool
}

// ReadLog reads a log.
func ReadLog(b []byte, unsaid int) *Log {
	parsed, err := upgradelog.Parse(b)
	if err != nil {
		return &Log{Bytes: len(b), Unsaid: unsaid, Err: err}
	}
	return &Log{Bytes: len(b), Unsaid: unsaid, Entries: parsed.Entries, Runs: parsed.Runs(), Unreadable: parsed.Unreadable}
}

// LineTold is an event that says that the tool has a line for its log, whether or not the disk
// took it.
type LineTold interface{ LogLine() upgradelog.Line }

// Lost returns the groups that in after are not as they were in before, passed earlier. Energy
// readings may have grown by what the circuit uses, and are rounded to what a register holds.
func Lost(before, after *ion.Settings, passed time.Duration) ion.Groups {
	differ := before.Differs(after)
	if !differ.Has(ion.Energy) {
		return differ
	}
	const mostPerHour = 14
	for i, s := range ion.SettingTable() {
		if s.Group != ion.Energy {
			continue
		}
		was, _ := before.Values[i].Number()
		is, _ := after.Values[i].Number()
		if rounding := roundingOf(was, is); is < was-rounding || is > was+mostPerHour*passed.Hours()+rounding {
			return differ
		}
	}
	return differ &^ ion.Of(ion.Energy)
}

// roundingOf is by how much two readings may be wrong, which are single-precision numbers: a
// billion is followed by a billion and 64.
func roundingOf(a, b float64) float64 {
	most := float32(max(math.Abs(a), math.Abs(b)))
	return 0.001 + float64(math.Nextafter32(most, math.MaxFloat32)-most)
}
