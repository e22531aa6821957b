package reproduce

import (
	"ionbench/client/upgradelog"
	"ionbench/scenarios/trial"
	"ionbench/simulator/ion"
)

// maxBlocks is the size of the largest image that a meter has room for.
const maxBlocks = (trial.MaxImageBytes + ion.BlockBytes - 1) / ion.BlockBytes

// Sizes is what a log leaves of the image's size, in blocks of 7424 bytes.
type Sizes struct {
	Min, Max int
	// Hidden is how many blocks must have been sent again without a line that says so: the
	// loader did not take them, and the efficiency tells.
	Hidden int
	// fits[n] is that an image of n blocks gives these lines with so many hidden ones.
	fits [maxBlocks + 1]bool
}

// Known tells whether the log says anything of the size.
func (s *Sizes) Known() bool { return s.Max < maxBlocks || s.Min > 1 }

// SizesOf derives the size from the percentages, the counts and the efficiencies: 438
// answered blocks that are at least 90 % and not yet 100 % are those of an image of 439 to 486. What
// a download that began anew says is taken as far as its beginning.
func SizesOf(r *Run) Sizes {
	s := Sizes{Hidden: -1}
	var hidden [maxBlocks + 1]int
	for n := 1; n <= maxBlocks; n++ {
		w := sizeWalk{blocks: n}
		hidden[n] = -1
		if w.through(r.Entries) {
			hidden[n] = w.hidden
			if s.Hidden < 0 || w.hidden < s.Hidden {
				s.Hidden = w.hidden
			}
		}
	}
	for n := 1; n <= maxBlocks; n++ {
		if s.Hidden < 0 || hidden[n] != s.Hidden {
			continue
		}
		if s.Min == 0 {
			s.Min = n
		}
		s.Max, s.fits[n] = n, true
	}
	if s.Hidden < 0 { // counts that no download gives: nothing is known
		s.Min, s.Max, s.Hidden = 1, maxBlocks, 0
		for n := 1; n <= maxBlocks; n++ {
			s.fits[n] = true
		}
	}
	return s
}

// nearest is the size that fits and is nearest to n.
func (s *Sizes) nearest(n int) int {
	for d := range maxBlocks {
		for _, m := range []int{n - d, n + d} {
			if m >= 1 && m <= maxBlocks && s.fits[m] {
				return m
			}
		}
	}
	return min(max(n, 1), maxBlocks)
}

// sizeWalk goes through the lines of a download with an image of so many blocks, counts what
// the tool would have counted, and finds the first line that does not fit.
type sizeWalk struct {
	blocks   int
	answered int // at least
	percent  int // that was printed last
	resends  int // that were printed
	hidden   int // blocks sent again that nothing was printed of
	last     upgradelog.Line
}

func (w *sizeWalk) through(lines []upgradelog.Entry) bool {
	passes := 0
	for _, e := range lines {
		ok := true
		switch e.Kind {
		case upgradelog.Proceeding:
			if passes++; passes > 1 {
				return w.tenthsFit()
			}
		case upgradelog.Completed:
			ok = w.completed(e.Number)
		case upgradelog.Efficiency:
			ok = w.efficiency(e.Number)
		case upgradelog.Resending, upgradelog.Aborting:
			ok = w.missing(e.Line)
		}
		if !ok {
			return false
		}
		w.last = e.Line
	}
	return w.tenthsFit()
}

// tenthsFit: some number of answered blocks shows the percentage that was printed last, and
// no higher one.
func (w *sizeWalk) tenthsFit() bool {
	return max(w.answered, (w.blocks*w.percent+99)/100)*10/w.blocks*10 == w.percent
}

func (w *sizeWalk) completed(percent int) bool {
	if percent != w.percent+10 || percent > 100 {
		return false
	}
	w.percent = percent
	reached := (w.blocks*percent + 99) / 100
	if reached < w.answered {
		return false
	}
	w.answered = reached
	return true
}

// efficiency finds how many blocks were sent again in silence, at least.
func (w *sizeWalk) efficiency(tenths int) bool {
	for most := w.hidden + 2*w.blocks; w.hidden <= most; w.hidden++ {
		sent := w.answered + w.resends + w.hidden
		is := (2000*w.answered + sent) / (2 * sent)
		if is == tenths {
			return true
		}
		if is < tenths {
			return false
		}
	}
	return false
}

// missing is a line `No response... resending (i of n)`: n blocks were sent, of which all
// but the resends, the hidden ones and the one under way are answered.
func (w *sizeWalk) missing(l upgradelog.Line) bool {
	if l.Number > 1 {
		if w.last.Kind != upgradelog.Resending || l.Total != w.last.Total+1 || l.Number != w.last.Number+1 {
			return false
		}
		w.resends++
		return true
	}
	for most := w.hidden + w.blocks; w.hidden <= most; w.hidden++ {
		answered := l.Total - 1 - w.resends - w.hidden
		if answered < w.answered {
			return false
		}
		if answered < w.blocks && answered*10/w.blocks*10 == w.percent {
			w.answered = answered
			w.resends++
			return true
		}
	}
	return false
}
