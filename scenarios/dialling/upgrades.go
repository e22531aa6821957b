package dialling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/parallel"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/modem"
)

// struckWith are the faults of a moment, with # for it. Of each place where faults are, those whose effect on a
// call differs: over before the call is, and not.
var struckWith = []string{
	"carrier-lost at #", "line-busy at # for 40s", "line-busy at # for 20m", "no-dial-tone at # for 40s",
	"no-answer at # for 1m", "wrong-number at # for 1m", "retrain at # for 8s", "retrain at # for 5m",
	"port-vanishes at # for 3s", "port-vanishes at # for 45s", "port-vanishes at # for 10m",
	"ip-reset at #", "ip-stall at # for 30s", "ip-down at # for 30s",
	"kill at #", "abort at #", "suspend at # for 2s", "suspend at # for 5m", "clock-jump at # by 1h", "disk-full at #",
	"power-loss at # for 5s", "power-loss at # for 90s", "meter-reset at #", "cable-pull at # for 30s", "noise at # for 40s rate 1e-2",
}

// before are what has befallen an upgrade when the call is made that is struck: nothing, and what cuts the call
// before off, so that the tool dials again.
var before = []string{"", "carrier-lost at block 1", "carrier-lost at state booting", "port-vanishes at block 1 for 20s"}

// Result is what a sweep found.
type Result struct {
	Points  int
	Classes [trial.ClassCount]int // of OfUpgrades
	Broken  []string              // promises that were not kept, each with what shows it again
}

func (r *Result) add(o *Result) {
	r.Points += o.Points
	for c, n := range o.Classes {
		r.Classes[c] += n
	}
	r.Broken = append(r.Broken, o.Broken...)
}

// OfUpgrades strikes upgrades wherever a call is made, at every every-th point.
func OfUpgrades(ctx context.Context, every, workers int) (Result, error) {
	var plans []fault.Plan
	n := 0
	for _, b := range before {
		moments, err := momentsBehind(b)
		if err != nil {
			return Result{}, err
		}
		for _, at := range moments {
			for _, f := range struckWith {
				if n++; n%every != 0 {
					continue
				}
				text := strings.Replace(f, "#", moment(at), 1)
				if b != "" {
					text = b + "; " + text
				}
				plan, err := fault.Parse(text)
				if err != nil {
					return Result{}, err
				}
				plans = append(plans, plan)
			}
		}
	}
	results := make([]Result, len(plans))
	err := parallel.Each(ctx, workers, len(plans), func(_ context.Context, i int) (err error) {
		results[i], err = upgrade(plans[i])
		return err
	})
	var all Result
	for i := range results {
		all.add(&results[i])
	}
	return all, err
}

// moment is the trigger of a time since the run began.
func moment(at time.Duration) string {
	if at == 0 {
		return fault.AtStart.String()
	}
	return at.String()
}

// started is an upgrade of a meter that is called.
func started(plan fault.Plan) (*trial.Trial, error) {
	w := trial.World(300, trial.WithJournal)
	w.Meters[0].Phone = modem.DefaultNumber
	return trial.Start(w, trial.Plans{plan}, rig.NoTrace)
}

// upgrade plays one upgrade, and its recoveries.
func upgrade(plan fault.Plan) (Result, error) {
	run, err := started(plan)
	if err != nil {
		return Result{}, err
	}
	out := run.Finish()
	r := Result{Points: 1}
	r.Classes[out.Class]++
	if len(out.Violations) > 0 {
		r.Broken = append(r.Broken, fmt.Sprintf("%q: %s", plan, strings.Join(verdict.Texts(out.Violations), "; ")))
	}
	return r, nil
}

// parts of the time between two instants at which something happens are struck, too: a modem that
// listens, rings or trains does so for seconds.
const parts = 4

// momentsBehind are the moments at which a call is made, from the start of the run, after what a plan does.
func momentsBehind(text string) ([]time.Duration, error) {
	plan, err := fault.Parse(text)
	if text != "" && err != nil {
		return nil, err
	}
	run, err := started(plan)
	if err != nil {
		return nil, err
	}
	began := run.Bench().Now()
	var list []time.Duration
	for behind := len(plan) == 0; ; {
		was, connected := run.Bench().Now()-began, run.Bench().Station().Modem().Carrier()
		if !run.Step() || run.Attempt() > 0 {
			break
		}
		is := run.Bench().Now() - began
		behind = behind || run.Bench().Station().Struck() > 0
		for i := range parts {
			if behind && !connected {
				list = append(list, was+(is-was)*time.Duration(i)/parts)
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) < 2*parts {
		return nil, errors.New("no call is made")
	}
	return list, nil
}
