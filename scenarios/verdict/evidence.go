package verdict

import (
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Evidence is all that the judge looks at of one attempt.
type Evidence struct {
	// Upgrade: the tool was to upgrade the meter, or came to that.
	Upgrade bool
	Tool    Tool
	// Revision is that of the firmware that the meter is to run; empty where there is no file.
	Revision string
	// Forbidden is why the flash must not be touched; empty where it may.
	Forbidden string
	Before    Before
	Meter     *Condition
	Lost      ion.Groups // that are not as somebody has set them up
	Cost      Cost
	Log       *Log // nil: not seen
	// Story is what happened, if it was recorded.
	Story []story.Event
	// Forged: answers of the meter were replaced by others, which say what is not so.
	Forged bool
	// Recovery is for an attempt that is one.
	Recovery *Recovery
	// Expected is what must come of the attempt besides; nil: nothing.
	Expected *Expectation
	// Unstruck are faults that should have struck.
	Unstruck []story.Unstruck
}

// Expectation is what a scenario wants of an upgrade.
type Expectation struct {
	Title   string // of the scenario, as in "nothing is in the way"
	Success bool   // is claimed
	OnePass bool   // the flash is cleared no more than once
}

// Tool is what the tool did and said.
type Tool struct {
	Ended   bool  // it came to its end by itself, or was killed
	Killed  bool  // and so claims nothing
	Aborted bool  // the person ended it
	Asleep  bool  // its computer sleeps
	Err     error // what it said in the end; nil for success
	// Foreign: nothing is seen of it but what it sends, what it leaves on the disk and how it
	// ends, and so Err is its claim.
	Foreign bool
	// Crash is how it ended that nobody meant to end, in words; empty where it did not.
	Crash string

	Windows   []client.Prompt // that the person saw, in order
	Paste     ion.Groups      // that they ticked to be restored
	NoRestore bool            // they answered No to a journal
	// Keeps: it promises to keep all settings, whatever befalls the upgrade.
	Keeps bool

	Counts client.Counts
	// Unanswered is how often the request had been sent that ended the upgrade, and no answer
	// to it had come.
	Unanswered int
	Ordered    bool     // it told an application to enter download state
	Journal    *Journal // nil: it keeps none
}

// Journal is that of the meter, at the end of an attempt.
type Journal struct {
	There bool
	Err   error // why it cannot be read
}

// Before is the meter before the attempt.
type Before struct {
	State meter.State
	Lost  ion.Groups // by then, that were not as somebody had set them up
}

// Recovery is what a recovery is judged by.
type Recovery struct {
	Answers bool       // the meter did, with power and line back
	Struck  bool       // by faults of its own
	Lost    ion.Groups // of what should be there afterwards
}

// Condition is what the meter really is.
type Condition struct {
	State       meter.State
	Revision    string // that a power cycle would run; empty for none
	Running     string // revision of the application that runs; empty where none does
	Image       bool   // exactly the image of the attempt
	Initialized bool   // an image has run for the first time
	Settings    ion.Settings
	Lost        ion.Groups // that are not as they were before the attempt
	FlashOps    uint64     // of the attempt
	LCD         string
	L2Edges     uint64
	EventLog    []meter.LogEntry
	Connected   bool // network, cable and power are there, the meter is not too slow and the tool is connected, so that it could look
	BadChip     bool // the flash chip has a fault that can still show
}

// Cost is what an attempt took.
type Cost struct {
	Time         time.Duration // on the bench's clock
	BytesToMeter uint64
	BytesToHost  uint64
	Resends      uint64 // requests that were sent again
	Blocks       uint64 // messages with a block that the line saw, resends too
	Insisted     int    // times that one request was sent without an answer to it, at most
	Acts         int    // of the person: windows answered, power cycles
}

// Plus is the sum of two costs.
func (c Cost) Plus(d Cost) Cost {
	return Cost{
		Time:         c.Time + d.Time,
		BytesToMeter: c.BytesToMeter + d.BytesToMeter,
		BytesToHost:  c.BytesToHost + d.BytesToHost,
		Resends:      c.Resends + d.Resends,
		Blocks:       c.Blocks + d.Blocks,
		Insisted:     max(c.Insisted, d.Insisted),
		Acts:         c.Acts + d.Acts,
	}
}

// Minus is what c is more than d, which is a part of it.
func (c Cost) Minus(d Cost) Cost {
	return Cost{
		Time:         c.Time - d.Time,
		BytesToMeter: c.BytesToMeter - d.BytesToMeter,
		BytesToHost:  c.BytesToHost - d.BytesToHost,
		Resends:      c.Resends - d.Resends,
		Blocks:       c.Blocks - d.Blocks,
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
	Runs    [][]upgradelog.Entry // an upgrade each
	// Unreadable are lines that are none of a log.
	Unreadable []upgradelog.Unreadable
	// Gap: of an earlier attempt, which had begun to change the meter, there is nothing in it.
	Gap bool
}

// ReadLog reads a log.
func ReadLog(b []byte, unsaid int) *Log {
	parsed, err := upgradelog.Parse(b)
	if err != nil {
		return &Log{Bytes: len(b), Unsaid: unsaid, Err: err}
	}
	return &Log{Bytes: len(b), Unsaid: unsaid, Entries: parsed.Entries, Runs: parsed.Runs(), Unreadable: parsed.Unreadable}
}

// LineTold is what of a story tells of a line of the tool's log, whether or not the disk took it.
type LineTold interface{ LogLine() upgradelog.Line }

// Lost lists the groups that are not in after as they were before, so much time ago. Energy
// readings may have gone on by what the circuit uses.
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
		if is < was-0.001 || is > was+mostPerHour*passed.Hours()+0.001 {
			return differ
		}
	}
	return differ &^ ion.Of(ion.Energy)
}
