// Package talker is a station on the line that talks whenever it likes and listens to nobody: a
// second master, which asks a meter things that do it no harm, or a babbler, which says to the
// host what nobody has asked for. All that it says are valid frames. Who writes an upgrader has
// to live with them; who writes a meter, too.
//
// A Talker has no meter's memory and no settings, and is a plain value: to copy it is to clone
// it. Package bench puts it on a line.
package talker

import (
	"fmt"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
)

// Role is what a talker is.
type Role uint8

// The roles.
const (
	// SecondMaster asks a meter by turns who it is and for three registers. It has the same
	// address as any host, so that the answers reach the other one, too.
	SecondMaster Role = iota + 1
	// Babbler sends frames of a meter to the host: by turns the first of two frames, the same
	// one again, and a whole answer to nothing.
	Babbler
)

// String is the role in a word.
func (r Role) String() string {
	switch r {
	case SecondMaster:
		return "second-master"
	case Babbler:
		return "babbler"
	default:
		return fmt.Sprintf("role %d", uint8(r))
	}
}

// Config says what a talker says, and when.
type Config struct {
	Role  Role
	Unit  uint16        // of the meter that is asked, or from which the frames seem to come
	Units uint16        // how many meters, with unit ids from Unit on, have their turns; 0 is 1
	First time.Duration // when it talks for the first time
	Every time.Duration // from one frame to the next, more than 0
}

// Talker is a station that talks. Make it with New.
type Talker struct {
	cfg  Config
	next time.Duration
	said uint16 // how many frames; they are numbered from 1, and 0 follows FFFF
}

// New makes a talker.
func New(cfg Config) Talker { return Talker{cfg: cfg, next: cfg.First} }

// Config is what the talker was made with.
func (t *Talker) Config() Config { return t.cfg }

// Next is when it talks next.
func (t *Talker) Next() time.Duration { return t.next }

// Speak appends the frame that is due and goes on to the next moment after now.
func (t *Talker) Speak(now time.Duration, dst []byte) []byte {
	t.said++
	for t.next <= now {
		t.next += t.cfg.Every
	}
	if t.cfg.Role == SecondMaster {
		return t.ask(dst)
	}
	return t.babble(dst)
}

// unit is that of the meter whose turn it is.
func (t *Talker) unit() uint16 { return t.cfg.Unit + (t.said-1)%max(1, t.cfg.Units) }

// round is how often this meter has had its turn.
func (t *Talker) round() uint16 { return (t.said-1)/max(1, t.cfg.Units) + 1 }

// ask appends a request. Its message id counts up, as the ids of the other master do.
func (t *Talker) ask(dst []byte) []byte {
	p := ion.Packet{
		MessageID:   t.said,
		Request:     true,
		Source:      ion.ClientAddress(),
		Destination: ion.MeterAddress(t.unit()),
		Type:        ion.TypeDownload,
	}
	if t.round()%2 == 1 {
		p.Body = ion.AppendDownloadRequest(nil, &ion.DownloadRequest{Op: ion.OpIdentify})
	} else {
		p.Type = ion.TypeProgram
		p.Body = ion.AppendProgram(nil, ion.Read(ion.HandleDeviceType, ion.HandleRevision, ion.HandleSerial))
	}
	return ion.AppendFrame(dst, ion.Frame{
		Source:      ion.HostAddress,
		Destination: t.unit(),
		Transaction: firstAndLast,
		Data:        ion.AppendPacket(nil, p),
	})
}

// Transactions of the frames.
const (
	firstAndLast = 0x40
	firstOfTwo   = 0x41
)

// babble appends a frame for the host.
func (t *Talker) babble(dst []byte) []byte {
	f := ion.Frame{
		Control:     ion.FromMeter | ion.AckBit,
		Source:      t.unit(),
		Destination: ion.HostAddress,
		Transaction: firstOfTwo,
		Data:        t.answer(1),
	}
	if t.said%3 == 0 {
		f.Control, f.Transaction, f.Data = ion.FromMeter, firstAndLast, t.answer(t.said)
	}
	return ion.AppendFrame(dst, f)
}

// answer is the result of a program that nobody ran: it holds no value.
func (t *Talker) answer(id uint16) []byte {
	return ion.AppendPacket(nil, ion.Packet{
		MessageID:   id,
		Source:      ion.MeterAddress(t.unit()),
		Destination: ion.ClientAddress(),
		Type:        ion.TypeProgram,
		Body:        ion.AppendResult(nil, ion.Result{Frequency: 1}),
	})
}

// Declare declares what the talker will say, and when.
func (t *Talker) Declare(w *machine.State) {
	w.Uint(uint64(t.cfg.Role))
	w.Uint(uint64(t.cfg.Unit))
	w.Uint(uint64(t.cfg.Units))
	w.Int(int(t.cfg.Every))
	w.Deadline(t.next, true)
	w.Uint(uint64(t.said))
}
