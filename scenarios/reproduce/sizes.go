package reproduce

import (
	"errors"
	"slices"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/trial"
	"ionbench/simulator/ion"
)

// maxBlocks is the size of the largest image that fits a meter.
var maxBlocks = ion.Blocks(trial.MaxImageBytes)

// Sizes are the image sizes that a log allows, in blocks of 7424 bytes.
type Sizes struct {
	Min, Max int
	// Hidden is how many blocks must have been sent again without a line in the log, because
	// the loader did not take them: the efficiency shows it. It is -1 if no download gives the
	// counts; then nothing is known.
	Hidden int
	// Against is the line of the file that no size gives together with those before it, from 1; 0 for
	// none, and where it would take too long to find it. Headless: the counts do not begin with their download, so that nothing follows from them.
	Against  int
	Headless bool
	// fits[n]: an image of n blocks gives these lines with so many hidden blocks.
	fits []bool
}

// Known reports whether the log says anything about the size.
func (s *Sizes) Known() bool { return s.Max < maxBlocks }

// sizesOf derives the size from the percentages, the counts and the efficiencies. If 438
// answered blocks are at least 90 % and less than 100 %, the image has 439 to 486.
func sizesOf(r *LoggedRun) Sizes {
	lines := countLines(r.Entries)
	s, left, tiring := walked(lines, false)
	if s.Hidden < 0 && r.cutAtAPercentage() {
		if within, _, _ := walked(lines, true); within.Hidden >= 0 {
			s = within
		}
	}
	if s.Hidden < 0 {
		s.Headless = lines[0].Kind != upgradelog.Proceeding
	}
	if s.Hidden < 0 && !tiring {
		s.Against = lineOfCount(r.Entries, left)
	}
	s.narrowTo(refusedBlock(r.Entries))
	s.Min = max(0, slices.Index(s.fits, true))
	for s.Max = maxBlocks; s.Max > s.Min && !s.fits[s.Max]; s.Max-- {
	}
	return s
}

// walked returns the sizes that give these lines; all of them if none does. cut: of the percentages at the end,
// which one block can give at once, some may be missing. left are the fewest lines that any size has left; tiring
// that it took too long to find out.
func walked(lines []upgradelog.Line, cut bool) (s Sizes, left int, tiring bool) {
	s = Sizes{Hidden: -1, fits: make([]bool, maxBlocks+1)}
	left = len(lines)
	hidden := make([]int, maxBlocks+1)
	for n := 1; n <= maxBlocks; n++ {
		hidden[n] = -1
		effort := maxEffort
		if w := (sizeWalk{blocks: n, cut: cut, effort: &effort, left: &left}); w.through(lines) {
			hidden[n] = w.hidden
			if s.Hidden < 0 || w.hidden < s.Hidden {
				s.Hidden = w.hidden
			}
		}
		tiring = tiring || effort < 0
	}
	for n := 1; n <= maxBlocks; n++ {
		if s.Hidden >= 0 && hidden[n] != s.Hidden {
			continue // no download gives these counts, so every size remains
		}
		s.fits[n] = true
	}
	return s, left, tiring
}

// cutAtAPercentage reports whether the log ends with one, or with the efficiency behind it.
func (r *LoggedRun) cutAtAPercentage() bool {
	n := len(r.Entries)
	return n > 0 && (r.Entries[n-1].Kind == upgradelog.Completed || r.Entries[n-1].Kind == upgradelog.Efficiency)
}

// narrowTo leaves the sizes with which the blocks before one that was refused are the last percentage in
// front of it. If there are none, all remain.
func (s *Sizes) narrowTo(block, percent int) {
	if block == 0 {
		return
	}
	narrow := slices.Clone(s.fits)
	for n := range narrow {
		narrow[n] = narrow[n] && block <= n && upgradelog.Reported(block-1, n) == percent
	}
	if slices.Contains(narrow, true) {
		s.fits = narrow
	}
}

// refusedBlock is the block that the meter refused at last, and the percentage before; 0 for none.
func refusedBlock(entries []upgradelog.Entry) (block, percent int) {
	for _, e := range entries {
		switch e.Kind {
		case upgradelog.Proceeding:
			percent = 0
		case upgradelog.Completed:
			percent = e.Number
		case upgradelog.Refused:
			refusal, _ := client.ParseRefusal(e.Text)
			if said := (*client.RefusalError)(nil); errors.As(refusal, &said) && said.Block > 0 && int64(said.Block) <= int64(maxBlocks) {
				return int(said.Block), percent
			}
		}
	}
	return 0, 0
}

// maxEffort bounds the work for one size, so that a file made to be slow cannot be.
const maxEffort = 20_000

// countLines are the lines of a download that depend on the number of blocks.
func countLines(entries []upgradelog.Entry) []upgradelog.Line {
	var lines []upgradelog.Line
	for _, e := range entries {
		if counts(e) {
			lines = append(lines, e.Line)
		}
	}
	return lines
}

func counts(e upgradelog.Entry) bool {
	switch e.Kind {
	case upgradelog.Proceeding, upgradelog.Completed, upgradelog.Efficiency, upgradelog.Resending, upgradelog.Aborting:
		return e.Number != unread
	}
	return false
}

// lineOfCount is where the file has the line of a download behind which there are fewer than so many,
// or the next one, if that line was put in.
func lineOfCount(entries []upgradelog.Entry, left int) int {
	line := 0
	for _, e := range slices.Backward(entries) {
		if !counts(e) {
			continue
		}
		if e.At > 0 {
			line = e.At
		}
		if left--; left <= 0 {
			break
		}
	}
	return line
}

// nearest is the size nearest to n that fits.
func (s *Sizes) nearest(n int) int {
	n = min(max(n, 1), maxBlocks)
	for d := range maxBlocks {
		for _, m := range []int{n - d, n + d} {
			if m >= 1 && m <= maxBlocks && s.fits[m] {
				return m
			}
		}
	}
	return n
}

// sizeWalk goes through the lines of a download with an image of so many blocks. It counts as
// the tool would have, and finds the first line that does not fit.
type sizeWalk struct {
	blocks   int
	cut      bool // some percentages may be missing at the end
	answered int  // in this pass, at least
	before   int  // in the passes before
	wasted   int  // blocks after which the tool began again
	passes   int
	percent  int // last printed
	resends  int // printed
	hidden   int // blocks sent again without a printed line
	last     upgradelog.Line
	forced   []int // answered blocks at the end of each pass, where known
	effort   *int  // lines and counts that may still be tried
	left     *int  // the fewest lines that any walk has left; nil if nobody asks
}

func (w *sizeWalk) through(lines []upgradelog.Line) bool {
	for i, l := range lines {
		if w.left != nil {
			*w.left = min(*w.left, len(lines)-i)
		}
		ok := w.tries()
		switch l.Kind {
		case upgradelog.Proceeding:
			if w.passes++; w.passes > 1 {
				return w.tenthsFit() && w.anew(lines[i+1:])
			}
		case upgradelog.Completed:
			ok = ok && w.completed(l.Number)
		case upgradelog.Efficiency:
			ok = ok && w.efficiency(l.Number)
		default:
			ok = ok && w.missing(l)
		}
		if !ok {
			return false
		}
		w.last = l
	}
	return w.cut || w.tenthsFit()
}

// tries counts a try. It returns false when there were enough.
func (w *sizeWalk) tries() bool {
	*w.effort--
	return *w.effort >= 0
}

// anew goes on with the next pass. How many blocks of the last pass were answered is known if
// an answer was missing or all were there; if not, all possibilities are tried.
func (w *sizeWalk) anew(rest []upgradelog.Line) bool {
	from, to := w.answered, (w.blocks*(w.percent+10)-1)/100
	if w.last.Kind == upgradelog.Resending || w.percent == 100 {
		to = from
	}
	if n := w.passes - 2; n < len(w.forced) {
		if w.forced[n] < from || w.forced[n] > to {
			return false
		}
		from, to = w.forced[n], w.forced[n]
	}
	for answered := from; answered <= to && w.tries(); answered++ {
		next := *w
		next.before, next.answered, next.percent, next.last = w.before+answered, 0, 0, upgradelog.Line{}
		if answered < w.blocks {
			next.wasted++
		}
		if next.through(rest) {
			w.hidden = next.hidden
			return true
		}
	}
	return false
}

// sent is how many blocks were sent when so many of this pass are answered.
func (w *sizeWalk) sent(answered int) int {
	return w.before + w.wasted + answered + w.resends + w.hidden
}

// tenthsFit reports whether some number of answered blocks gives the percentage that was last
// printed, and no higher one.
func (w *sizeWalk) tenthsFit() bool {
	return upgradelog.Reported(max(w.answered, upgradelog.AnsweredAt(w.percent, w.blocks)), w.blocks) == w.percent
}

func (w *sizeWalk) completed(percent int) bool {
	if percent != w.percent+10 || percent > 100 {
		return false
	}
	w.percent = percent
	reached := upgradelog.AnsweredAt(percent, w.blocks)
	if reached < w.answered {
		return false
	}
	w.answered = reached
	return true
}

// efficiency finds the least number of blocks that were sent again silently.
func (w *sizeWalk) efficiency(tenths int) bool {
	confirmed := w.before + w.answered
	if confirmed == 0 {
		return false
	}
	for most := w.hidden + 2*w.blocks + 120; w.hidden <= most && w.tries(); w.hidden++ {
		sent := w.sent(w.answered)
		is := upgradelog.EfficiencyOf(confirmed, sent)
		if is <= tenths {
			return is == tenths
		}
	}
	return false
}

// missing takes a line `No response... resending (i of n)`: n blocks were sent, and all are
// answered except those sent again and the present one.
func (w *sizeWalk) missing(l upgradelog.Line) bool {
	if l.Number > 1 {
		if w.last.Kind != upgradelog.Resending || l.Total != w.last.Total+1 || l.Number != w.last.Number+1 {
			return false
		}
		w.resends++
		return true
	}
	for most := w.hidden + w.blocks + 120; w.hidden <= most && w.tries(); w.hidden++ {
		answered := l.Total - 1 - w.sent(0)
		if answered < w.answered {
			return false
		}
		if answered < w.blocks && upgradelog.Reported(answered, w.blocks) == w.percent {
			w.answered = answered
			w.resends++
			return true
		}
	}
	return false
}
