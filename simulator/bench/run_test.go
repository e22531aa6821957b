package bench_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"ionbench/client"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/story"
)

// smallRig has a chip with ten sectors beside the loader's own, so that an upgrade is a
// few hundred events.
func smallRig(t testing.TB) *rig.Rig {
	t.Helper()
	r, err := rig.New(&world.World{Meters: []world.Meter{{ImageBytes: 4096}}}, rig.Options{Chip: smallChip(), Trace: rig.FrameTrace})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func smallChip() flash.Geometry {
	return flash.Geometry{Sectors: 33, SectorBytes: 8 << 10, Protected: 23, EraseTime: time.Second, ByteProgramTime: 7 * time.Microsecond}
}

func plan(t testing.TB, text string) fault.Plan {
	t.Helper()
	p, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// upgrade is the attempt of a test: an image of so many blocks.
func upgrade(t testing.TB, r *rig.Rig, blocks int, text string) *world.Attempt {
	t.Helper()
	if err := r.PutFirmware(world.Firmware{Bytes: blocks*ion.BlockBytes - 100}); err != nil {
		t.Fatal(err)
	}
	return &world.Attempt{Tool: world.Tool{Task: client.TaskUpgrade}, Plan: plan(t, text)}
}

// run is one upgrade with its trace.
type run struct {
	*rig.Outcome
	r     *rig.Rig
	begun time.Duration
}

func try(t testing.TB, blocks int, text string) run {
	t.Helper()
	r := smallRig(t)
	o, err := r.Try(upgrade(t, r, blocks, text))
	if err != nil {
		t.Fatal(err)
	}
	return run{o, r, 0}
}

// trySecond is try with a meter at which another tool was before: it was upgraded in two
// passes, and answers were missing.
func trySecond(t testing.TB, blocks int, text string) run {
	t.Helper()
	r := smallRig(t)
	o, err := r.Try(upgrade(t, r, 4, "reply-lost at block 1..4; power-loss at flash-op 30 torn for 5s"))
	if err != nil || o.Claim != nil || len(o.Unstruck) > 0 {
		t.Fatalf("the attempt before: %v, %v, %v", err, o.Claim, o.Unstruck)
	}
	r.Wait(time.Minute)
	begun := r.Now()
	if o, err = r.Try(upgrade(t, r, blocks, text)); err != nil {
		t.Fatal(err)
	}
	return run{o, r, begun}
}

// moment is how far a run is at one event of its trace: what came before it.
type moment struct {
	at       time.Duration
	into     time.Duration // the attempt
	block    int           // highest that the host began to send
	toMeter  int           // frames
	toHost   int
	bytesTo  int
	bytesOut int
	ops      int    // flash operations that ended, as far as the trace tells: erases
	resends  int    // requests sent again
	state    string // of the meter
}

// request is what a first frame of the host says.
type request struct {
	id    uint16
	op    ion.Op
	block int
}

func requestOf(frame string) (request, bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(frame, " ", ""))
	if err != nil {
		panic(err)
	}
	f, _, err := ion.ParseFrame(b)
	if err != nil || !f.First() || f.IsAck() || len(f.Data) < 24 {
		return request{}, false
	}
	r := request{id: uint16(f.Data[2])<<8 | uint16(f.Data[3])}
	if f.Data[4]&4 != 0 && f.Data[22] == byte(ion.TypeDownload) {
		r.op = ion.Op(f.Data[23])
		if r.op == ion.OpBlock {
			r.block = int(f.Data[24])<<24 | int(f.Data[25])<<16 | int(f.Data[26])<<8 | int(f.Data[27])
		}
	}
	return r, true
}

// faultEvent is one strike or end of a fault, with what came before it.
type faultEvent struct {
	moment
	index int
	kind  string // strikes, ends
	fault string
}

// faults are all strikes and ends in the trace.
func (r run) faults() []faultEvent {
	var list []faultEvent
	var m moment
	last := map[uint16]bool{}
	for i, e := range r.Trace {
		m.at, m.into = e.At, e.At-r.begun
		switch {
		case e.Source == story.Fault:
			list = append(list, faultEvent{m, i, e.What.Kind(), e.What.Details()})
		case e.What.Kind() == "frame-to-meter":
			m.toMeter++
			m.bytesTo += len(frameOf(e))
			if q, ok := requestOf(wire(e)); ok {
				if last[q.id] {
					m.resends++
				}
				last[q.id] = true
				m.block = max(m.block, q.block)
			}
		case e.What.Kind() == "frame-from-meter":
			m.toHost++
			m.bytesOut += len(frameOf(e))
		case e.What.Kind() == "sector-erased":
			m.ops++
		case e.Source == story.Meter && e.What.Kind() == "state":
			m.state = e.What.Details()
		}
	}
	return list
}

// count is how many events of the trace have this kind and, unless it is empty, text.
func (r run) count(kind, text string) (n int) {
	for _, e := range r.Trace {
		if e.What.Kind() == kind && (text == "" || strings.Contains(e.What.Details(), text)) {
			n++
		}
	}
	return n
}

// find is the first event behind index from of that kind, and with that text in it.
func (r run) find(from int, kind, text string) (story.Event, int) {
	for i := max(0, from); i < len(r.Trace); i++ {
		if e := r.Trace[i]; e.What.Kind() == kind && strings.Contains(e.What.Details(), text) {
			return e, i
		}
	}
	return story.Event{At: -1}, -1
}

// frameOf are the bytes of a frame on the line; none for another event.
func frameOf(e story.Event) string {
	f, _ := e.What.(story.FrameSent)
	return f.Bytes
}

// wire is a frame in hexadecimal.
func wire(e story.Event) string { return fmt.Sprintf("% x", frameOf(e)) }
