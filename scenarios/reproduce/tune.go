package reproduce

import (
	"slices"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
)

// tune is for a hypothesis whose lines are right but which ends at another second. It changes
// what leaves no line.
func (s *search) tune(p *played) []hypothesis {
	t := tuner{search: s, of: p, missing: time.Duration(p.late) * time.Second}
	if p.late == 1 && p.lead == 0 {
		t.startLater()
	}
	sized := p.late != p.wasLate // another size makes a difference
	if sized {
		t.resize()
	}
	if p.settled {
		t.strikeInside()
		for i := range t.next {
			t.next[i].settled = true
		}
		return t.next
	}
	if sized {
		t.rescale()
		t.recount()
		t.regrade()
		t.shorten()
		for i := range t.next {
			t.next[i].wasLate = p.late
		}
	}
	t.shiftEnd()
	t.shiftBlocks()
	t.strikeInside()
	t.answerLate()
	t.noticed()
	t.recasts()
	t.slow()
	t.sleeps()
	t.setClock()
	return t.next
}

// tuner collects hypotheses in which more time passes.
type tuner struct {
	*search
	of      *played
	missing time.Duration
	next    []hypothesis
}

// add adds a hypothesis with fault i replaced; with i after the last, the fault is added.
func (t *tuner) add(i int, f fault.Fault) {
	if f.Validate() != nil {
		return
	}
	h := t.of.hypothesis
	h.plan = slices.Clone(h.plan)
	if i < len(h.plan) {
		h.plan[i] = f
	} else {
		h.plan = append(h.plan, f)
	}
	t.next = append(t.next, h)
}

// startLater: a run that begins late in a second ends in the next one.
func (t *tuner) startLater() {
	h := t.of.hypothesis
	h.lead = lateInSecond
	t.next = append(t.next, h)
}

const lateInSecond = 999 * time.Millisecond

// blockTime is how long an answered block takes; 0 if the trial sent none. Where there is only one,
// which may be short, it follows from its bytes.
func (p *played) blockTime() time.Duration {
	var one time.Duration
	for i := 1; i < len(p.marks); i++ {
		a, b := p.marks[i-1], p.marks[i]
		if a.block > 0 && b.block == a.block+1 {
			return b.at - a.at
		}
		if a.block == 1 && b.block == 0 && b.replies > a.replies {
			one = (b.at - a.at) * ion.BlockBytes / time.Duration(min(p.bytes, ion.BlockBytes))
		}
	}
	return one
}

// blockTime is how long a block takes, in the trial or, if none was answered there, in a run without faults.
func (t *tuner) blockTime() time.Duration {
	if block := t.of.blockTime(); block > 0 {
		return block
	}
	return t.search.block
}

// resize: a larger image takes longer.
func (t *tuner) resize() {
	block := t.blockTime()
	if block == 0 || !t.of.has(upgradelog.Completed, 100) {
		return
	}
	bytes := t.of.bytes + int(int64(t.toMiddle())*ion.BlockBytes/int64(block))
	least, most := (t.sizes.Min-1)*ion.BlockBytes+1, t.sizes.Max*ion.BlockBytes
	bytes = min(max(bytes, least), min(most, maxImageBytes))
	if n := ion.Blocks(bytes); bytes != t.of.bytes && t.sizes.fits[n] {
		h := t.of.hypothesis
		h.bytes = bytes
		t.next = append(t.next, h)
	}
}

// toMiddle is the time by which the end comes too early in the middle of the second that the log has. A whole
// number of seconds would end so near the next one that what is lost in rounding misses it.
func (t *tuner) toMiddle() time.Duration {
	const half = time.Second / 2
	ends := t.of.lead + t.of.at[len(t.of.at)-1]
	return t.missing + half - ends%time.Second
}

// rescale: with a larger image everything happens later, and blocks are sent in each download.
func (t *tuner) rescale() {
	sent := 0
	for _, m := range t.of.marks {
		if m.block > 0 {
			sent++
		}
	}
	if sent == 0 || t.search.block == 0 || len(t.of.plan) == 0 {
		return
	}
	ratio := 1 + t.missing.Seconds()/(float64(sent)*t.search.block.Seconds())
	least, most := (t.sizes.Min-1)*ion.BlockBytes+1, min(t.sizes.Max*ion.BlockBytes, maxImageBytes)
	h := t.of.hypothesis
	h.bytes = min(max(int(float64(h.bytes)*ratio), least), most)
	if h.bytes == t.of.bytes || !t.sizes.fits[ion.Blocks(h.bytes)] {
		return
	}
	h.plan = slices.Clone(h.plan)
	for i := range h.plan {
		h.plan[i].Trigger = t.moved(h.plan[i].Trigger, h.bytes)
	}
	t.next = append(t.next, h)
}

// recount: where the download began anew once, the size of the image and the block at which that was give the
// counts together, and the time that both downloads took.
func (t *tuner) recount() {
	const most = 3
	if t.search.block == 0 || len(t.of.plan) != 1 || t.of.passes() != 2 || !t.of.has(upgradelog.Completed, 100) {
		return
	}
	answered := 0
	for _, m := range t.of.marks {
		if m.pass == 1 && m.block > 0 {
			answered = m.block - 1
		}
	}
	size := ion.Blocks(t.of.bytes)
	all := size + answered + int(t.missing.Round(t.search.block)/t.search.block)
	lines, left := countLines(t.run.Entries), most
	for n := t.sizes.Min; n <= t.sizes.Max && left > 0; n++ {
		effort, before := maxEffort, all-n
		if n == size || before < 0 || before >= n || !t.sizes.fits[n] {
			continue
		}
		if w := (sizeWalk{blocks: n, forced: []int{before}, effort: &effort}); !w.through(lines) {
			continue
		}
		h := t.of.hypothesis
		h.bytes, h.plan = n*ion.BlockBytes, slices.Clone(h.plan)
		h.plan[0].Trigger = t.later(h.plan[0].Trigger, before-answered)
		t.next, left = append(t.next, h), left-1
	}
}

// later is a moment so many blocks later.
func (t *tuner) later(g fault.Trigger, blocks int) fault.Trigger {
	by := map[fault.Unit]int{fault.AtBlock: 1, fault.AtReply: 1, fault.AtFlashOp: opsOfBlock, fault.AtTime: int(t.search.block)}[g.Unit]
	g.First = uint64(max(1, int(g.First)+blocks*by))
	return g
}

// moved is a moment of the run when the image has so many bytes. A time at which a request was sent
// becomes the moment of its answer, which can be counted.
func (t *tuner) moved(g fault.Trigger, bytes int) fault.Trigger {
	was, is := ion.Blocks(t.of.bytes), ion.Blocks(bytes)
	replies := func(m mark) uint64 { // with the other image
		before := 0
		for _, o := range t.of.marks {
			if o.block > 0 && o.replies < m.replies {
				before++
			}
		}
		return uint64(int(m.replies) + before*(is-was)/was)
	}
	switch g.Unit {
	case fault.AtBlock, fault.AtFlashOp:
		g.First = max(1, uint64(float64(g.First)*float64(bytes)/float64(t.of.bytes)))
	case fault.AtTime:
		if first := slices.IndexFunc(t.of.marks, func(m mark) bool { return m.block > 0 }); first >= 0 && g.First > uint64(t.of.marks[first].at) && !t.of.asked(g) {
			since := float64(g.First - uint64(t.of.marks[first].at))
			return atTime(t.of.marks[first].at + time.Duration(since*float64(bytes)/float64(t.of.bytes)))
		}
		for _, m := range t.of.marks {
			if m.at.Truncate(time.Millisecond) == time.Duration(g.First) {
				return fault.Trigger{Unit: fault.AtReply, First: replies(m) + 1}
			}
		}
	case fault.AtReply:
		more := replies(mark{replies: g.First - 1}) + 1 - g.First // wraps around if it is less
		g.First += more
		if g.Last > 0 {
			g.Last += more
		}
	}
	return g
}

// asked reports whether a request was sent at this time.
func (p *played) asked(g fault.Trigger) bool {
	return slices.ContainsFunc(p.marks, func(m mark) bool { return m.at.Truncate(time.Millisecond) == time.Duration(g.First) })
}

func (p *played) has(k upgradelog.Kind, n int) bool {
	return slices.ContainsFunc(p.lines, func(l upgradelog.Line) bool { return l.Kind == k && l.Number == n })
}

// shiftBlocks: when the tool begins again, the blocks before are lost.
func (t *tuner) shiftBlocks() {
	block := t.of.blockTime()
	if block == 0 {
		return
	}
	for i, f := range t.of.plan {
		blocks := int64(t.missing.Round(block) / block)
		switch {
		case blocks == 0:
		case f.Trigger.Unit == fault.AtBlock:
			f.Trigger.First = uint64(max(1, int64(f.Trigger.First)+blocks))
			t.add(i, f)
		case f.Trigger.Unit == fault.AtFlashOp:
			f.Trigger.First = uint64(max(1, int64(f.Trigger.First)+blocks*opsOfBlock))
			t.add(i, f)
		}
	}
}

// opsOfBlock is how many programs of 256 bytes a block takes.
const opsOfBlock = ion.BlockBytes / 256

// strikeInside: a line that goes dead in the middle of a message wastes the time of its
// beginning.
func (t *tuner) strikeInside() {
	for i, f := range t.of.plan {
		within := t.blockTime() + time.Second
		if causeOf(f.Kind).atOnce() { // it may as well have been while the answer was waited for
			within += t.scene.waits()
		}
		if t.missing <= 0 || t.missing > within || !endsWithAnswers(f) {
			continue
		}
		if at, ok := t.of.struck(f.Trigger); ok {
			f.Trigger = atTime(at + t.missing)
			t.add(i, f)
		}
	}
}

// struck is when a trigger struck.
func (p *played) struck(t fault.Trigger) (time.Duration, bool) {
	switch t.Unit {
	case fault.AtTime:
		return time.Duration(t.First), true
	case fault.AtBlock:
		for _, m := range p.marks {
			if m.block == int(t.First) {
				return m.at, true
			}
		}
	}
	return 0, false
}

// endsWithAnswers reports whether the fault keeps answers away.
func endsWithAnswers(f fault.Fault) bool {
	c := causeOf(f.Kind)
	return about(f).family == dead || c == dipped || c == connectionReset
}

// answerLate: a late answer that does come saves the rest of the resends.
func (t *tuner) answerLate() {
	for i, f := range t.of.plan {
		if causeOf(f.Kind) != cableOut || f.Duration.NoResponses == 0 || t.missing >= 0 {
			continue
		}
		round := t.scene.waits() + t.of.blockTime()
		late := fault.Fault{Kind: answerLate.kind(), Trigger: f.Trigger}
		late.Parameters.By = time.Duration(f.Duration.NoResponses)*round + t.missing
		if f.Trigger.Unit == fault.AtTime {
			late.Trigger = t.of.replyAt(time.Duration(f.Trigger.First))
		}
		t.add(i, late)
	}
	for i, f := range t.of.plan {
		by := t.missing
		if f.Trigger.Last != 0 {
			by /= time.Duration(max(1, t.firstResends()))
		}
		if causeOf(f.Kind) == answerLate && f.Parameters.By+by > 0 {
			f.Parameters.By += by
			t.add(i, f)
		}
	}
}

// firstResends is how many requests were sent again.
func (t *tuner) firstResends() int {
	n := 0
	for _, l := range t.of.lines {
		if (l.Kind == upgradelog.Resending || l.Kind == upgradelog.Retrying) && l.Number == 1 {
			n++
		}
	}
	return n
}

// noticed: a connection that is reset is noticed at once, and the rest of the time-out is saved.
func (t *tuner) noticed() {
	if t.missing >= 0 {
		return
	}
	if n := len(t.of.marks); n > 1 && t.of.marks[n-1].at-t.of.marks[n-2].at+t.missing > 0 { // what was asked again and again is asked sooner
		t.add(len(t.of.plan), fault.Fault{Kind: connectionReset.kind(), Trigger: atTime(t.of.marks[n-1].at + t.missing)})
	}
	t.noticedAtOnce()
	m, ok := t.of.unanswered(t.scene.waits())
	if !ok {
		return
	}
	var sent []mark // the request and what followed it, as often as it was sent again
	for _, o := range t.of.marks {
		if o.replies == m.replies && o.step == m.step {
			sent = append(sent, o)
		}
	}
	n := len(sent)
	if n == 0 {
		return
	}
	round := t.scene.waits()
	reset := fault.Fault{Kind: connectionReset.kind(), Trigger: atTime(sent[n-1].at + round + t.missing)}
	if -t.missing < round {
		t.add(len(t.of.plan), reset)
	}
	if n < 2 {
		return
	}
	wait := sent[1].at - sent[0].at + t.missing/time.Duration(n)
	if wait <= 0 {
		return
	}
	reset.Trigger = atTime(sent[0].at + wait)
	reset.Trigger.Every = uint64(wait.Truncate(time.Millisecond))
	t.add(len(t.of.plan), reset)
	for i, f := range t.of.plan {
		if about(f).family == dead {
			t.add(i, reset)
		}
	}
}

// noticedAtOnce: of several things that kept answers away one was noticed without waiting for its answer. Of a
// single one the other causes are tried anyway.
func (t *tuner) noticedAtOnce() {
	if len(t.of.plan) < 2 {
		return
	}
	for i, f := range t.of.plan {
		for _, c := range [...]cause{gatewayDown, portGone} {
			if other, ok := recast(f, c); ok && about(f).family == dead && !causeOf(f.Kind).atOnce() {
				t.add(i, other)
			}
		}
	}
}

// regrade: with another size, fewer or more blocks give the last percentage.
func (t *tuner) regrade() {
	if t.search.block == 0 || t.of.has(upgradelog.Completed, 100) {
		return
	}
	more := int(t.missing.Round(t.search.block) / t.search.block)
	answered, percent := 0, t.search.percent()
	for _, m := range t.of.marks {
		if m.pass == 1 {
			answered = max(answered, m.block-1)
		}
	}
	if more == 0 || answered+more < 1 || percent == 0 {
		return
	}
	for n := answered + more; n <= maxBlocks; n++ {
		if upgradelog.Reported(answered+more, n) != percent || !t.sizes.fits[n] {
			continue
		}
		h := t.of.hypothesis
		h.bytes = n * ion.BlockBytes
		t.next = append(t.next, h) // where the counts say at which block it was
		h.plan = slices.Clone(h.plan)
		for i := range h.plan {
			if f := &h.plan[i]; f.Trigger.Unit == fault.AtBlock {
				f.Trigger.First = uint64(max(1, int(f.Trigger.First)+more))
				if at := int(f.Parameters.Address) + more*ion.BlockBytes; f.Parameters.Address != 0 && at > imageBase() {
					f.Parameters.Address = uint32(at)
				}
			}
		}
		t.next = append(t.next, h)
		return
	}
}

// shorten: a last block that is shorter takes less time, as often as it is sent.
func (t *tuner) shorten() {
	blocks, sent := ion.Blocks(t.of.bytes), 0
	for _, m := range t.of.marks {
		if m.block == blocks {
			sent++
		}
	}
	if sent == 0 || t.missing >= 0 || t.search.block == 0 || t.of.bytes%ion.BlockBytes != 0 || t.of.has(upgradelog.Completed, 100) {
		return
	}
	h := t.of.hypothesis
	h.bytes += int(int64(t.missing) * ion.BlockBytes / int64(t.search.block) / int64(sent))
	if ion.Blocks(h.bytes) == blocks {
		t.next = append(t.next, h)
	}
}

// shiftEnd: a person presses Abort earlier or later, but before all is over.
func (t *tuner) shiftEnd() {
	over := t.of.at[len(t.of.at)-1]
	for i, f := range t.of.plan {
		if causeOf(f.Kind) == aborted && f.Trigger.Unit == fault.AtTime && time.Duration(f.Trigger.First) <= over {
			f.Trigger = atTime(time.Duration(f.Trigger.First) + t.missing)
			t.add(i, f)
		}
	}
}

// replyAt is the answer to the request that was sent at that time.
func (p *played) replyAt(at time.Duration) fault.Trigger {
	for _, m := range p.marks {
		if m.at >= at {
			return fault.Trigger{Unit: fault.AtReply, First: m.replies + 1}
		}
	}
	return fault.Trigger{}
}

// slow: a busy meter takes longer for each frame.
func (t *tuner) slow() {
	frames := time.Duration(t.of.frames())
	if frames == 0 {
		return
	}
	by := (t.missing / frames).Round(10 * time.Microsecond)
	for i, f := range t.of.plan {
		if causeOf(f.Kind) == slow {
			f.Parameters.By += by
			t.add(i, f)
			return
		}
	}
	t.add(len(t.of.plan), fault.Fault{Kind: slow.kind(), Parameters: fault.Parameters{By: by}})
}

// framesOfBlock is how many frames carry a block. All but the last are acknowledged.
const framesOfBlock = 32

// frames is about how many frames the meter sent: 31 acknowledgements and an answer per block.
func (p *played) frames() int {
	n := 0
	for _, m := range p.marks {
		n++
		if m.block > 0 {
			n += framesOfBlock - 1
		}
	}
	return n
}

// recasts are other causes of the same lines, each with times of its own.
func (t *tuner) recasts() {
	const most = 2 // minutes
	if len(t.of.plan) != 1 || t.missing.Abs() > most*time.Minute || t.recast[t.of.plan[0].Kind] {
		return
	}
	t.recast[t.of.plan[0].Kind] = true
	for _, h := range variants(t.of.hypothesis) {
		h.settled = true
		t.next = append(t.next, h)
	}
}

// sleeps: a PC that sleeps between two requests does nothing, and no line is missing; nor is one if
// it sleeps until an answer is overdue that never came. It is tried when nothing else is left.
func (t *tuner) sleeps() {
	if t.missing <= 0 {
		return
	}
	for i, f := range t.of.plan {
		if causeOf(f.Kind) == asleep && f.Duration.Time != 0 {
			f.Duration.Time += t.missing
			t.lastly(i, f)
			return
		}
	}
	f := fault.Fault{Kind: asleep.kind(), Duration: fault.Duration{Time: t.missing}}
	if m, ok := t.of.unanswered(t.scene.waits()); ok {
		const within = 5 * time.Second
		f.Trigger = atTime(m.at + within)
		f.Duration.Time += within
	} else if m, ok := t.of.quiet(); ok {
		f.Trigger = atTime(m.at) // before it is sent: an answer that comes meanwhile is lost
	}
	t.lastly(len(t.of.plan), f)
	later := tuner{search: t.search, of: t.of.delayed(f.Trigger, t.missing)}
	later.lastly(len(later.of.plan), f)
}

// delayed is the trial with what happens behind a moment later by so much, as where the PC sleeps in between.
func (p *played) delayed(asleep fault.Trigger, by time.Duration) *played {
	later := *p
	later.plan = slices.Clone(p.plan)
	from, _ := p.struck(asleep)
	for i := range later.plan {
		if g := &later.plan[i].Trigger; g.Unit == fault.AtTime && time.Duration(g.First) > from {
			g.First += uint64(by)
		}
	}
	return &later
}

// halfway is a block that is answered, in the middle of the download.
func (p *played) halfway() (mark, bool) {
	var blocks []mark
	for i := 1; i+1 < len(p.marks); i++ {
		if m := p.marks[i]; m.block > 0 && m.pass == 1 && m.replies > p.marks[i-1].replies && p.marks[i+1].replies > m.replies {
			blocks = append(blocks, m)
		}
	}
	if len(blocks) == 0 {
		return mark{}, false
	}
	return blocks[len(blocks)/2], true
}

// quiet is the last request that follows an answer, and is answered.
func (p *played) quiet() (mark, bool) {
	for i := len(p.marks) - 2; i > 0; i-- {
		if a, m, b := p.marks[i-1], p.marks[i], p.marks[i+1]; m.replies > a.replies && b.replies > m.replies {
			return m, true
		}
	}
	return mark{}, false
}

// unanswered is the last request whose answer was waited for in vain.
func (p *played) unanswered(waits time.Duration) (mark, bool) {
	wait := waits - waits/10
	for i := len(p.marks) - 2; i >= 0; i-- {
		if m, next := p.marks[i], p.marks[i+1]; next.replies == m.replies && next.at-m.at > wait {
			return m, true
		}
	}
	return mark{}, false
}

// setClock: the PC's clock was set back during the upgrade, for less time has passed than the
// upgrade takes even with the smallest image. One that was set forward cannot be told from a PC
// that slept, or from a pause.
func (t *tuner) setClock() {
	passes := time.Duration(max(1, t.of.passes()))
	smaller := passes * time.Duration(max(0, ion.Blocks(t.of.bytes)-t.sizes.Min)) * t.search.block
	const least = 2 * time.Minute // less than that is a fault that is not understood
	const others = 2              // faults beside it: of more than that nothing is known well enough
	if t.missing+smaller > -least || t.run.lost > 0 || len(t.of.plan) >= others {
		return
	}
	first := time.Second
	for i, f := range t.of.plan {
		if causeOf(f.Kind) == clockSet {
			by := f.Parameters.By
			if f.Parameters.Back {
				by = -by
			}
			t.lastly(i, clockJump(f.Trigger, by+t.missing))
			return
		}
	}
	t.lastly(len(t.of.plan), clockJump(atTime(first), t.missing))
}

// passes is how often the download began.
func (p *played) passes() int {
	n := 0
	for _, l := range p.lines {
		if l.Kind == upgradelog.Proceeding {
			n++
		}
	}
	return n
}

// lastly adds a hypothesis that is tried when nothing else is left.
func (t *tuner) lastly(i int, f fault.Fault) {
	before := len(t.next)
	t.add(i, f)
	for _, h := range t.next[before:] {
		if k := key(h); !t.seen[k] {
			t.seen[k] = true
			t.jumps = append(t.jumps, h)
		}
	}
	t.next = t.next[:before]
}

func clockJump(at fault.Trigger, by time.Duration) fault.Fault {
	f := fault.Fault{Kind: clockSet.kind(), Trigger: at, Parameters: fault.Parameters{By: by}}
	if by < 0 {
		f.Parameters.By, f.Parameters.Back = -by, true
	}
	return f
}
