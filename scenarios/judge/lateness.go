package judge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
)

// A program that waits 300 ms for an answer fails on a computer that is late by half of that,
// and it is not the program's fault. So the judge measures how late the computer is.

// lateness records how late this computer wakes up those who wait.
type lateness struct {
	mu    sync.Mutex
	peaks []peak
}

type peak struct {
	at   time.Time // the end of the wait
	late time.Duration
}

// measure waits again and again until ctx ends. Each wait is short, so that the next program in
// need of the processor is like it.
func (l *lateness) measure(ctx context.Context) {
	const wait, noteworthy = 5 * time.Millisecond, 10 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		time.Sleep(wait)
		now := time.Now()
		if late := now.Sub(began) - wait; late > noteworthy {
			l.note(peak{now, late})
		}
	}
}

// maxPeaks is how many are remembered: on a computer that is always late those of the last ten minutes at
// the least.
const maxPeaks = 1 << 16

func (l *lateness) note(p peak) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.peaks) == maxPeaks {
		l.peaks = append(l.peaks[:0], l.peaks[maxPeaks/4:]...)
	}
	l.peaks = append(l.peaks, p)
}

// worst is how late it was at most in that time.
func (l *lateness) worst(from, to time.Time) (late time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.peaks {
		if p.at.After(from) && p.at.Add(-p.late).Before(to) {
			late = max(late, p.late)
		}
	}
	return late
}

// calm reports whether the computer was in time of late, so that it can bear another program that waits
// for an answer so long.
func (l *lateness) calm(response time.Duration) bool {
	const lately = 300 * time.Millisecond
	now := time.Now()
	return l.worst(now.Add(-lately), now) <= tolerated(response)/2
}

// tolerated is how late the computer may be without harm to a program that waits for an answer
// that long. The scenarios leave it half of that.
func tolerated(response time.Duration) time.Duration { return response / 4 }

// doubtful says why a failure may be the computer's and not the program's; empty if it is the
// program's.
func (r *Result) doubtful(response time.Duration) string {
	waited := func(a *Execution) bool { return a.Asked || a.Exit.TimedOut }
	if r.Verdict() != "no" || r.late <= tolerated(response) || !slices.ContainsFunc(r.Attempts, waited) {
		return ""
	}
	const share = 20
	lengthy := r.Scenario.Pace == wall || slices.ContainsFunc(r.Attempts, func(a *Execution) bool { return a.Exit.TimedOut })
	if lengthy && r.Took > share*r.late {
		return "" // it had far more time than the computer was late
	}
	for _, v := range r.Broken {
		switch v.Rule {
		case verdict.I1, verdict.I3, verdict.I4, verdict.I5, verdict.Expected, verdict.Unstruck:
		case verdict.I7:
			if v.Attempt == 0 {
				return ""
			}
		case verdict.Conduct:
			if !r.misconduct(v, duty.Patience) { // the judge sees a request late, and the next one in time
				return ""
			}
		default:
			return "" // no delay makes a program claim what is not so
		}
	}
	return fmt.Sprintf("this computer was %v late, and the program waits %v for an answer", r.late.Round(time.Millisecond), response)
}

// mostAgain is how many doubtful scenarios in a row are played again in vain.
const mostAgain = 3

// playAgain plays every doubtful scenario once more, alone. What comes of it counts.
func (r *Report) playAgain(ctx context.Context, o *outing) {
	inVain := 0
	for i := 0; i < len(r.Results); i++ {
		first := r.Results[i]
		why := first.doubtful(r.Options.Response)
		if why == "" {
			continue
		}
		if inVain >= mostAgain || ctx.Err() != nil {
			first.Trouble = "the failure may be the computer's: " + why
			o.ended(first, r.soFar)
			continue
		}
		first.Again = true
		first.note("%s: it was played again, alone, and that counts", why)
		second, _ := r.playOne(ctx, &first.Scenario, first.Round, o, again)
		second.note("it failed once, when %s", why)
		if why := second.doubtful(r.Options.Response); why != "" {
			second.Trouble = "the failure may be the computer's, also with no other scenario beside it: " + why
			inVain++
		} else {
			inVain = 0
		}
		o.ended(second, r.soFar)
		i++
		r.Results = append(r.Results[:i], append([]*Result{second}, r.Results[i:]...)...)
	}
}
