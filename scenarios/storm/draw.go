package storm

import (
	"fmt"
	"strconv"
	"time"

	"ionbench/client"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Draw returns the trial of one run of a storm. An attempt has at most so many faults (0:
// MaxFaults). The trial depends on nothing else, neither on the number of runs nor on the
// workers.
func Draw(seed, run uint64, faults int) (world.World, trial.Plans) {
	return DrawIn(nil, seed, run, faults)
}

// Worlds says in which world a run takes place; below draws a number below another.
type Worlds func(below func(int) int) world.World

// DrawIn is Draw in one of these worlds; nil: in one of Draw's own.
func DrawIn(among Worlds, seed, run uint64, faults int) (world.World, trial.Plans) {
	if faults <= 0 || faults > MaxFaults {
		faults = MaxFaults
	}
	d := drawer{Stream: fault.NewStream(seed, fmt.Sprintf("storm %d run %d", trialVersion, run))}
	w := d.chosen(among)
	d.kinds = kindsFor(w.MeterOf(&w.Attempts[0]))
	d.blocks = ion.Blocks(w.FirmwareOf(&w.Attempts[0]).ImageBytes())
	plans := trial.Plans{d.plan(faults)}
	const recoveries = 2
	for len(plans) <= recoveries && d.oneIn(2) {
		plans = append(plans, d.plan(min(faults, 2)))
	}
	return w, plans
}

// MaxFaults is how many faults an attempt has at most.
const MaxFaults = 8

// drawer draws from the stream of one run.
type drawer struct {
	fault.Stream
	kinds  []fault.Description
	blocks int // of the image
}

// kindsFor are the kinds of faults that can befall who talks to a meter: those of the telephone only
// where it is called.
func kindsFor(m world.Meter) []fault.Description {
	if m.Phone != "" {
		return fault.Kinds()
	}
	return fault.Common()
}

func (d *drawer) below(n int) int { return int(d.Uint64() % uint64(n)) }

func (d *drawer) oneIn(n int) bool { return d.below(n) == 0 }

func oneOf[T any](d *drawer, list ...T) T { return list[d.below(len(list))] }

func (d *drawer) chosen(among Worlds) world.World {
	if among == nil {
		return d.world()
	}
	w := among(d.below)
	if len(w.Attempts) == 0 {
		w = w.Filled()
	}
	return w
}

// world draws a size of image at, before and after the limits of a block, a page of the chip
// and a byte.
func (d *drawer) world() world.World {
	const most = 6 // blocks
	whole := d.below(most) * ion.BlockBytes
	var changes []func(*world.World)
	for _, change := range []func(*world.World){trial.WithJournal, trial.ThroughWindows} {
		if d.oneIn(2) {
			changes = append(changes, change)
		}
	}
	bytes := whole + oneOf(d, 1, 100, 255, 256, 257, ion.BlockBytes-1, ion.BlockBytes)
	if d.oneIn(4) {
		changes = append(changes, trial.Of(oneOf(d, meter.ION7300, meter.ION7330)))
	}
	if d.oneIn(4) {
		changes = append(changes, trial.By(client.Release21()))
	}
	return trial.World(bytes, changes...)
}

// plan draws few faults mostly, and many often enough.
func (d *drawer) plan(most int) fault.Plan {
	n := 1
	if d.oneIn(2) {
		n += d.below(most)
	}
	for n < most && d.oneIn(3) {
		n++
	}
	p := make(fault.Plan, n)
	for i := range p {
		p[i] = d.fault()
	}
	return p
}

// fault draws until the fault makes sense. For a rare kind that never does, it takes the kind's
// example.
func (d *drawer) fault() fault.Fault {
	k := oneOf(d, d.kinds...)
	const draws = 50
	for range draws {
		f := fault.Fault{Kind: k.Kind, Trigger: d.trigger(k), Parameters: d.parameters(k)}
		if k.Sided && d.oneIn(3) {
			f.Side = oneOf(d, fault.ToMeter, fault.FromMeter)
		}
		if k.Lasts {
			f.Duration = d.duration()
		}
		if f.Validate() == nil {
			return f
		}
	}
	plan, err := fault.Parse(k.Example)
	if err != nil {
		panic(fmt.Sprintf("storm: the example of %v: %v", k.Kind, err))
	}
	return plan[0]
}

func (d *drawer) trigger(k fault.Description) fault.Trigger {
	t := fault.Trigger{Unit: oneOf(d, k.Units...)}
	switch t.Unit {
	case fault.AtStart:
		return t
	case fault.AtState:
		t.State = fault.State(1 + d.below(int(fault.Booting)))
		return t
	case fault.AtFrame:
		t.Side = oneOf(d, fault.Both, fault.ToMeter, fault.FromMeter)
	case fault.AtByte:
		t.Side = oneOf(d, fault.ToMeter, fault.FromMeter)
	case fault.AtFlashOp:
		t.Phase = fault.Before
		if k.Tears {
			t.Phase = oneOf(d, fault.Before, fault.Torn, fault.After)
		} else if d.oneIn(4) {
			t.Phase = fault.After
		}
	}
	t.First = d.moment(t)
	const seldom = 12
	if d.oneIn(seldom) {
		t.Last = t.First + d.moment(t)/4
	}
	if d.oneIn(seldom) {
		t.Every = d.moment(t)
	}
	return t
}

// moment is some time in the upgrade, or shortly after its end. The upgrade's length grows with
// the blocks; the figures are those of an undisturbed one and half as much again.
func (d *drawer) moment(t fault.Trigger) uint64 {
	scale := map[fault.Unit]int{
		fault.AtBlock:      d.blocks + 1,
		fault.AtFrame:      110 + 48*d.blocks,
		fault.AtByte:       5000 + 12_000*d.blocks,
		fault.AtFlashOp:    70 + 40*d.blocks,
		fault.AtPercent:    99,
		fault.AtTime:       110 + 14*d.blocks,
		fault.AtNoResponse: 6,
		fault.AtReply:      107 + 2*d.blocks,
	}[t.Unit]
	switch {
	case t.Unit == fault.AtFrame && t.Side == fault.Both:
		scale *= 2
	case t.Unit == fault.AtByte && t.Side == fault.FromMeter:
		scale = 4500 + 700*d.blocks
	}
	n := uint64(1 + d.below(max(scale, 1)))
	switch t.Unit {
	case fault.AtPercent:
		n *= 1000
	case fault.AtTime:
		n *= uint64(time.Second)
		if d.oneIn(4) {
			n += uint64(d.below(1000)) * uint64(time.Millisecond)
		}
	}
	return n
}

func (d *drawer) duration() fault.Duration {
	switch d.below(3) {
	case 0:
		return fault.Duration{Time: time.Duration(1+d.below(60)) * time.Second}
	case 1:
		return fault.Duration{NoResponses: uint64(1 + d.below(12))}
	}
	return fault.Duration{}
}

func (d *drawer) parameters(k fault.Description) fault.Parameters {
	var p fault.Parameters
	for _, taking := range k.Takes {
		if !taking.Must && !d.oneIn(3) {
			continue
		}
		value := d.like(taking.Example)
		if taking.Name == "address" {
			value = d.address()
		}
		drawn, err := p.With(taking.Name, value)
		if err != nil {
			drawn, err = p.With(taking.Name, taking.Example)
		}
		if err == nil {
			p = drawn
		}
	}
	return p
}

// address is an address of the flash chip that an upgrade programs: in the record of the image
// (the first sector after the loader's own), in the image, or shortly after it.
func (d *drawer) address() string {
	g := flash.Am29F032B()
	n := g.Protected*g.SectorBytes + d.below(64)
	if !d.oneIn(4) {
		n = (g.Protected+1)*g.SectorBytes + d.below((d.blocks+1)*ion.BlockBytes)
	}
	return strconv.Itoa(min(n, g.Bytes()-1)) // an image can fill the whole chip
}

// like draws a value like the example: of the same sort, a few times larger or smaller. A word
// is taken as it is.
func (d *drawer) like(example string) string {
	if n, err := strconv.ParseUint(example, 10, 32); err == nil {
		return strconv.Itoa(1 + d.below(4*int(n)+1))
	}
	if n, err := strconv.ParseUint(example, 0, 32); err == nil {
		return fmt.Sprintf("0x%02x", 1+d.below(2*int(n)))
	}
	if t, err := time.ParseDuration(example); err == nil {
		return fault.FormatTime(t * time.Duration(1+d.below(16)) / 4)
	}
	if r, err := strconv.ParseFloat(example, 64); err == nil {
		const tenths = 200
		return strconv.FormatFloat(r*float64(1+d.below(tenths))/10, 'g', 4, 64)
	}
	return example
}
