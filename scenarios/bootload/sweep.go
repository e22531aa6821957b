package bootload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/client/upg"
	"ionbench/fixtures/firmware"
	"ionbench/scenarios/parallel"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/simulator/bench"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/meter"
	"ionbench/simulator/xmodem"
)

// Config says what is swept.
type Config struct {
	Variant    Variant
	ImageBytes int // of the firmware that is sent
	// Every is how many points are left out for each that is struck, plus one: 1 or 0 strikes them all.
	Every int
}

// Violation is a promise that was not kept.
type Violation struct {
	Rule    verdict.Rule // I1 to I5; Expected: it runs half an image; Unstruck: the plan was not played
	Variant Variant
	Plan    fault.Plan // that shows it again
	Reason  string
}

// String says it in a line.
func (v Violation) String() string {
	return fmt.Sprintf("%v: %v under %q: %s", v.Rule, v.Variant, v.Plan, v.Reason)
}

// Result is what a sweep found.
type Result struct {
	Points    int // runs that were struck
	Succeeded int // of them: the sender says that it has sent the file
	Failed    int // it says that it has not, and a second transfer was made
	// Unheard: the meter had the file and ran it, but the last word did not reach the sender, for the
	// meter lost its power just then. A sender of files has no way to ask.
	Unheard    int
	Violations []Violation
}

// add adds another sweep's.
func (r *Result) add(o Result) {
	r.Points += o.Points
	r.Succeeded += o.Succeeded
	r.Failed += o.Failed
	r.Unheard += o.Unheard
	r.Violations = append(r.Violations, o.Violations...)
}

// String tells the counts.
func (r Result) String() string {
	return fmt.Sprintf("%d points: %d succeed, %d fail and succeed when sent again, %d fail for a word that was lost with the power; %d violations",
		r.Points, r.Succeeded, r.Failed, r.Unheard, len(r.Violations))
}

// The times of a sweep.
const (
	// limit is longer than any run can take: ten retries of a block, each after a time-out, at the
	// most three times, and the transfer itself.
	limit = 30 * time.Minute
	// settle is how long a meter has for its restart, or its loader until it asks again.
	settle = time.Minute
)

// transfer is one file and the meter that takes it.
type transfer struct {
	variant Variant
	file    []byte
	image   []byte // in it
	old     []byte // that the meter ran before
	start   *bench.Bench
}

// errBaseline: without a fault it fails already.
var errBaseline = errors.New("without any fault the file is not taken")

func newTransfer(c Config) (*transfer, error) {
	cfg := world.Meter{ImageBytes: 3000}.Filled().Config()
	cfg.Geometry = flash.Geometry{Sectors: 30, SectorBytes: 8 << 10, Protected: 23, EraseTime: time.Second, ByteProgramTime: 7 * time.Microsecond}
	cfg.Encoding = xmodem.New(xmodem.Config{Name: cfg.Model.String(), Linger: xmodem.DefaultLinger})
	f := firmware.UPG(uint16(cfg.Model), cfg.Model.String()+"V284", world.ArticleDated(), 284, c.ImageBytes)
	file, err := upg.Append(nil, f)
	if err != nil {
		return nil, err
	}
	station, err := bench.NewStation(bench.Config{Meter: cfg, Baud: 9600})
	if err != nil {
		return nil, err
	}
	station.RunSince(-cfg.Timing.Boot)
	station.EnterLoader(0)
	station.Advance(settle)
	station.Lose() // a sender begins with an empty port
	b := bench.New(settle, station, newSender(settle, c.Variant, file))
	station.Begin(settle)
	return &transfer{variant: c.Variant, file: file, image: f.Image, old: cfg.Firmware.Image, start: b}, nil
}

// strikes are the faults that a point is struck with.
var (
	bytesStruck = [...]string{"byte-flip at byte %d %s mask 0x08", "byte-drop at byte %d %s", "byte-insert at byte %d %s length 1 seed 1"}
	powerStruck = [...]string{"power-loss at flash-op %d before for 3s", "power-loss at flash-op %d torn for 3s", "power-loss at flash-op %d after for 3s"}
)

// point is one run: what has gone before, and the plan.
type point struct {
	from *bench.Bench // not yet struck
	plan fault.Plan
}

// Sweep strikes a transfer at every point.
func Sweep(ctx context.Context, c Config, workers int) (Result, error) {
	t, err := newTransfer(c)
	if err != nil {
		return Result{}, err
	}
	points, err := t.points(max(1, c.Every))
	if err != nil {
		return Result{}, err
	}
	results := make([]Result, len(points))
	err = parallel.Each(ctx, workers, len(points), func(_ context.Context, i int) error {
		results[i] = t.strike(points[i])
		points[i].from = nil
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	var all Result
	for _, r := range results {
		all.add(r)
	}
	return all, nil
}

// points plays the transfer without a fault, and notes where it can be struck.
func (t *transfer) points(every int) (list []point, err error) {
	b := t.start.Clone()
	n := 0
	note := func(from *bench.Bench, format string, args ...any) {
		if n++; n%every != 0 {
			return
		}
		plan, parsed := fault.Parse(fmt.Sprintf(format, args...))
		err = errors.Join(err, parsed)
		list = append(list, point{from, plan})
	}
	for deadline := b.Now() + limit; b.Now() < deadline && err == nil; {
		before, was := b.Clone(), b.Station().InRun()
		if !b.Step() {
			break
		}
		is := b.Station().InRun()
		for _, format := range bytesStruck {
			for at := was.BytesToMeter + 1; at <= is.BytesToMeter; at++ {
				note(before, format, at, "to-meter")
			}
			for at := was.BytesToHost + 1; at <= is.BytesToHost; at++ {
				note(before, format, at, "from-meter")
			}
		}
		for _, format := range powerStruck {
			for at := was.FlashOps + 1; at <= is.FlashOps; at++ {
				note(before, format, at)
			}
		}
		if b.Host().Done() && t.runs(b, t.image) {
			return list, err
		}
	}
	return nil, errors.Join(err, fmt.Errorf("%v: %w", t.variant, errBaseline))
}

// runs reports whether the meter runs exactly this image.
func (t *transfer) runs(b *bench.Bench, image []byte) bool {
	m := b.Station().Meter()
	return m.State() == meter.Application && m.HoldsImage(image)
}

// strike plays one run to its end, and what follows it.
func (t *transfer) strike(p point) (r Result) {
	r.Points = 1
	bad := func(rule verdict.Rule, format string, args ...any) {
		r.Violations = append(r.Violations, Violation{Rule: rule, Variant: t.variant, Plan: p.plan, Reason: fmt.Sprintf(format, args...)})
	}
	b := p.from.Clone()
	if err := b.Station().SetPlan(p.plan); err != nil {
		bad(verdict.Unstruck, "%v", err)
		return r
	}
	ended := b.Run(b.Now() + limit)
	sender := b.Host().(*Sender)
	t.settle(b)
	switch took := t.runs(b, t.image); {
	case !ended:
		bad(verdict.I5, "it does not end within %v", limit)
	case sender.succeeded() && !took:
		bad(verdict.I2, "the sender says that the file is taken, and the meter is %v", b.Station().Meter().State())
	case sender.succeeded():
		r.Succeeded = 1
	case took && !p.power():
		bad(verdict.I3, "the meter runs the image, and the sender says: %s", sender.failure())
	case took:
		r.Unheard = 1
	default:
		r.Failed = 1
		t.sendAgain(b, bad)
	}
	if left := b.Station().Unstruck(); len(left) > 0 {
		bad(verdict.Unstruck, "it never strikes: %v", left[0])
	}
	return r
}

// power reports that the point takes the meter's power: nothing else befalls the meter itself here.
func (p *point) power() bool { return len(p.plan) > 0 && p.plan[0].Kind.Place() == fault.PlaceMeter }

// settle lets the meter restart, or its loader ask for a file.
func (t *transfer) settle(b *bench.Bench) {
	for end := b.Now() + settle; b.Now() < end && b.Station().Meter().State() != meter.Application; {
		b.AdvanceTo(b.Now() + time.Second)
	}
}

// sendAgain is what somebody does whose transfer has failed.
func (t *transfer) sendAgain(b *bench.Bench, bad func(rule verdict.Rule, format string, args ...any)) {
	m := b.Station().Meter()
	if m.State() == meter.Application && !m.HoldsImage(t.old) {
		bad(verdict.Expected, "the meter runs an image that is neither the old one nor the new one")
	}
	if err := b.Station().SetPlan(nil); err != nil {
		bad(verdict.Unstruck, "%v", err)
		return
	}
	now := b.Now()
	b.Station().EnterLoader(now)
	b.Station().Lose()
	again := bench.New(now, b.Station(), newSender(now, t.variant, t.file))
	ended := again.Run(now + limit)
	sender := again.Host().(*Sender)
	t.settle(again)
	switch {
	case !ended:
		bad(verdict.I5, "the second transfer does not end within %v", limit)
	case strings.HasPrefix(sender.failure(), "nobody asks"):
		bad(verdict.I1, "the loader does not answer any more")
	case !sender.succeeded():
		bad(verdict.I4, "the second transfer fails, too: %s", sender.failure())
	case !t.runs(again, t.image):
		bad(verdict.I2, "after the second transfer the meter is %v", m.State())
	}
}
