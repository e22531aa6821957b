package control

import "time"

// Meters is what GET /v1/meters tells.
type Meters struct {
	Meters []Listed `json:"meters"` // in the order in which they came
}

// Listed is a meter of the list.
type Listed struct {
	ID       string `json:"id"`                  // in addresses
	Title    string `json:"title"`               // what goes on with it; "" for nothing
	LookOnly string `json:"look_only,omitempty"` // why it cannot be struck by hand

	Identity
}

// Lines is what GET /v1/lines tells.
type Lines struct {
	Lines []ListedLine `json:"lines"` // in the order in which they came
}

// ListedLine is a line of the list.
type ListedLine struct {
	ID       string `json:"id"`       // in addresses
	Meter    string `json:"meter"`    // id of its meter that faults strike
	Stations int    `json:"stations"` // on it, beside the host
	Baud     int    `json:"baud"`
	PTY      string `json:"pty"` // "" for none
	TCP      string `json:"tcp"` // host:port; "" for none
}

// Line is what GET /v1/lines/{line} tells.
type Line struct {
	ID        string   `json:"id"`    // in addresses
	Meter     string   `json:"meter"` // id of its meter that faults strike
	At        float64  `json:"at"`
	Baud      int      `json:"baud"`
	Pace      string   `json:"pace"`
	PTY       string   `json:"pty"`       // "" for none
	Link      string   `json:"link"`      // a lasting name of the PTY; "" for none
	TCP       string   `json:"tcp"`       // host:port; "" for none
	Reachable bool     `json:"reachable"` // a host that asks now can be answered
	Stations  []OnLine `json:"stations"`  // by their places
	Counts    Counts   `json:"counts"`
	Faults    []Fault  `json:"faults"` // of the line
}

// OnLine is a station on a line. Of one that is no meter, model, serial number, state and what runs are "".
type OnLine struct {
	Place   int    `json:"place"`
	Kind    string `json:"kind"` // "meter", "second-master" or "babbler"
	Name    string `json:"name"`
	Unit    uint16 `json:"unit"` // of the unit that a second master asks
	Model   string `json:"model"`
	Serial  string `json:"serial"`
	State   string `json:"state"` // as in the event "state"
	Running string `json:"running"`
	Struck  bool   `json:"struck"` // it is the meter that faults strike
}

// Meter is what GET /v1/meter tells.
type Meter struct {
	Present
	Settings map[string]string `json:"settings"`
	EventLog []LogEntry        `json:"event_log"` // oldest first
}

// Present is what of a meter changes at any time. Times of the run are in seconds since the meter was ready.
type Present struct {
	ID       string `json:"id"`                  // in addresses
	Title    string `json:"title"`               // what goes on with it; "" for nothing
	LookOnly string `json:"look_only,omitempty"` // why it cannot be struck by hand

	At      float64 `json:"at"`
	Run     string  `json:"run"`     // another one after each start of the program
	Started string  `json:"started"` // calendar time of At 0, RFC 3339
	State   string  `json:"state"`   // as in the event "state"
	LCD     string  `json:"lcd"`
	LED     LED     `json:"led"`
	Hung    bool    `json:"hung"` // the firmware hangs until its watchdog bites

	Identity
	Revision  string `json:"revision"`  // would run after a power cycle; "" for none
	Running   string `json:"running"`   // of the running application; "" for none
	Reachable bool   `json:"reachable"` // a host that asks now can be answered

	Flash    Flash   `json:"flash"`
	Image    Image   `json:"image"`
	Counts   Counts  `json:"counts"`
	Faults   []Fault `json:"faults"`
	Template string  `json:"template"`
}

// Identity says which meter it is and where it is served.
type Identity struct {
	Model  string `json:"model"` // 7300, 7330 or 7350
	Serial string `json:"serial"`
	Unit   uint16 `json:"unit"`
	Device string `json:"device"` // what the site calls it
	Baud   int    `json:"baud"`
	Pace   string `json:"pace"`
	PTY    string `json:"pty"`  // "" for none
	Link   string `json:"link"` // a lasting name of the PTY; "" for none
	TCP    string `json:"tcp"`  // host:port; "" for none
	// RFC2217 is where clients of RFC 2217 find it, host:port, and Port a serial port that it is at. ""
	// for none.
	RFC2217 string `json:"rfc2217,omitempty"`
	Port    string `json:"port,omitempty"`
	// Far is where the meter is, of a proxy: of that meter nothing is known but what goes over the
	// line, so its state is "elsewhere". "" if the meter is here.
	Far string `json:"far,omitempty"`
}

// LED is the communication LED, L2.
type LED struct {
	On      bool   `json:"on"`
	Toggles uint64 `json:"toggles"` // since the meter was made
}

// Flash is the meter's flash chip.
type Flash struct {
	SectorBytes int    `json:"sector_bytes"`
	Protected   int    `json:"protected"`   // sectors at the beginning that hold the loader
	Used        []int  `json:"used"`        // of each sector, the share that is not erased, in percent
	Base        int    `json:"base"`        // address of an image's first byte
	BlockBytes  int    `json:"block_bytes"` // of every block of an image but the last
	Operations  uint64 `json:"operations"`  // over the chip's life
}

// Image is how far a download has come.
type Image struct {
	Block  uint64 `json:"block"`  // highest number of a block that the host began to send; 0 before the first
	Blocks uint64 `json:"blocks"` // of the image; 0 until the host has told its length
}

// Counts are what the line has carried since the meter was ready.
type Counts struct {
	BytesToMeter  uint64 `json:"bytes_to_meter"`
	BytesToHost   uint64 `json:"bytes_to_host"`
	FramesToMeter uint64 `json:"frames_to_meter"`
	FramesToHost  uint64 `json:"frames_to_host"`
	BlocksSent    uint64 `json:"blocks_sent"` // resends included
	Resends       uint64 `json:"resends"`
	Replies       uint64 `json:"replies"`
}

// LogEntry is an entry of the meter's event log.
type LogEntry struct {
	At   string `json:"at"` // by the meter's clock, RFC 3339
	Text string `json:"text"`
}

// Standing is how far a fault has come.
type Standing string

// The standings.
const (
	Waiting Standing = "waiting" // it has still to strike
	AtWork  Standing = "at-work" // it has struck and lasts
	Over    Standing = "over"
	Missed  Standing = "missed" // it never struck, and will not
)

// Fault is a fault of the meter's plan.
type Fault struct {
	ID      int      `json:"id"`
	Fault   string   `json:"fault"` // as a plan has it
	State   Standing `json:"state"`
	Strikes int      `json:"strikes"`
	Reason  string   `json:"reason,omitempty"` // of Missed
	ByHand  bool     `json:"by_hand"`          // it came through this interface
}

// Faults is what GET /v1/faults tells. Repeat is the plan that does again what was done by hand
// so far; empty if nothing was. NotRepeated says what the plan leaves out or does otherwise, and why.
type Faults struct {
	Faults      []Fault  `json:"faults"`
	Repeat      string   `json:"repeat"`
	NotRepeated []string `json:"not_repeated,omitempty"`
}

// Frames is what GET /v1/frames tells.
type Frames struct {
	Frames []Frame `json:"frames"` // the last ones, oldest first
}

// Frame is a frame on the line, as it was sent.
type Frame struct {
	N         uint64   `json:"n"` // counted from 1
	At        float64  `json:"at"`
	Direction string   `json:"direction"`         // "to-meter" or "from-meter"
	Bytes     string   `json:"bytes"`             // hexadecimal
	Title     string   `json:"title"`             // what it is, or what the message is that ends with it
	Ack       bool     `json:"ack"`               // it acknowledges or refuses another one
	Fields    []Field  `json:"fields"`            // in order, of all bytes
	Message   *Message `json:"message,omitempty"` // that ends with this frame
	Fate      string   `json:"fate,omitempty"`    // "came", "lost", "garbled" or "late", as a story has it; "" while that is not known
	Arrived   float64  `json:"arrived,omitempty"` // when its last byte did; 0 of one that is lost
	Got       string   `json:"got,omitempty"`     // of one that is garbled, hexadecimal
}

// Message is what frames carry together.
type Message struct {
	Bytes  string  `json:"bytes"` // hexadecimal
	Fields []Field `json:"fields"`
}

// Field is a part of a frame or message.
type Field struct {
	Name  string `json:"name"`
	From  int    `json:"from"` // its bytes are From to To-1
	To    int    `json:"to"`
	Value string `json:"value"` // what they mean; "" if the bytes say all
	Wrong bool   `json:"wrong"` // it is damaged, or says that something was not done
}

// Kinds is what GET /v1/kinds tells: the kinds of fault that the meter can play, and the moments at
// which they can strike. It is enough to ask a person for any fault, part by part.
type Kinds struct {
	Kinds   []Kind   `json:"kinds"`
	Moments []Moment `json:"moments"`
}

// Kind is a kind of fault that the meter can play.
type Kind struct {
	Name    string `json:"name"`
	Place   string `json:"place"`
	What    string `json:"what"` // what it is in the field
	Lasts   bool   `json:"lasts"`
	Syntax  string `json:"syntax"`
	Example string `json:"example"`
	// Now is the example without its moment, so that it strikes at once; the example itself for
	// a kind that needs one.
	Now string `json:"now"`

	AtOnce   bool     `json:"at_once"`            // it can do without a moment
	Moment   string   `json:"moment,omitempty"`   // of the example, where it cannot
	Number   string   `json:"number,omitempty"`   // of that moment
	Moments  []string `json:"moments"`            // those that it can have, by their names
	Phases   []string `json:"phases"`             // of a flash operation, in which it can strike
	Repeats  bool     `json:"repeats"`            // it can strike again: it takes "every"
	Sided    bool     `json:"sided"`              // it can act in one direction alone
	Picks    bool     `json:"picks"`              // a moment with a direction gives it its own
	Duration *Lasting `json:"duration,omitempty"` // where it lasts

	Parameters []Parameter `json:"parameters"`
}

// Lasting is how long a kind of fault can last.
type Lasting struct {
	Must bool `json:"must"` // only the clock ends it: it needs a time
	// Time or NoResponses is one that makes sense; neither: until it is ended.
	Time        string `json:"time,omitempty"`
	NoResponses uint64 `json:"no_responses,omitempty"`
}

// Parameter is a parameter of a kind of fault.
type Parameter struct {
	Name    string `json:"name"`
	What    string `json:"what"`
	Must    bool   `json:"must"`             // the kind needs it
	Unless  string `json:"unless,omitempty"` // it is needed but at this moment
	Example string `json:"example"`
	Input   Input  `json:"input"`
}

// Input says what a value can be. Bounds are included, and as a plan has them.
type Input struct {
	Sort    string   `json:"sort"` // whole, probability, time, percent, address, bits, word or flag
	Least   string   `json:"least,omitempty"`
	Most    string   `json:"most,omitempty"`
	Unit    string   `json:"unit,omitempty"`    // what it counts
	Default string   `json:"default,omitempty"` // what holds where it is left out
	Words   []string `json:"words,omitempty"`
}

// Moment is what a fault can wait for.
type Moment struct {
	Name      string   `json:"name"`             // stands before the number
	Plural    string   `json:"plural,omitempty"` // behind "every N"
	Bare      bool     `json:"bare"`             // the number stands alone
	What      string   `json:"what"`
	Syntax    string   `json:"syntax"`
	Number    *Input   `json:"number,omitempty"`
	States    []string `json:"states,omitempty"` // one of them stands behind the name
	Direction string   `json:"direction"`        // whether it has one: never, may or must
}

// Power is the answer to POST /v1/power and POST /v1/reset: the state that follows at once.
type Power struct {
	State string `json:"state"`
}

// Version is what GET /v1/version tells.
type Version struct {
	Version string `json:"version"` // of the program
	API     int    `json:"api"`
}

// Problem is the body of every answer that is no success.
type Problem struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"` // what to do next
	// Reason is what is wrong with a fault, without the place in its text.
	Reason string `json:"reason,omitempty"`
	// Clause is the part of a fault that is wrong or missing: kind, direction, at, every, for, or the name of a
	// parameter.
	Clause string `json:"clause,omitempty"`
}

// Event is an event of the stream. Data is one of the objects that ionsim prints with --json.
type Event struct {
	ID   string
	Name string
	Data []byte
}

// Lost is the data of the event "lost": Count events were not kept long enough, or their run is
// over.
type Lost struct {
	Count  uint64 `json:"count"` // 0 if it is not known
	Reason string `json:"reason"`
}

func seconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e6 }
