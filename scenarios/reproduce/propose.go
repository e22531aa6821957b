package reproduce

import (
	"errors"
	"slices"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/fault"
	"ionbench/simulator/flash"
	"ionbench/simulator/ion"
)

// proposals are the next hypotheses after one that went wrong at a line. They follow from the
// log's line and from the requests that came before it.
type proposals struct {
	of     *played
	called bool          // the meter is
	waits  time.Duration // of the tool, for an answer
	want   []upgradelog.Entry
	next   []hypothesis
}

// propose returns what else may have happened.
func (s *search) propose(p *played) []hypothesis {
	x := proposals{of: p, called: s.scene.called, waits: s.scene.waits(), want: s.run.Entries}
	if p.matched == len(x.want) {
		x.cut()
		return x.next
	}
	switch l := x.want[p.matched].Line; l.Kind {
	case upgradelog.Resending, upgradelog.Aborting:
		x.missingBlock(l)
	case upgradelog.Retrying:
		x.missingAnswer()
	case upgradelog.GivingUp:
		x.silence()
	case upgradelog.Efficiency:
		x.sentAgain(l.Number)
	case upgradelog.FlashCleared:
		x.clearedAgain()
	case upgradelog.Refused:
		x.refused(l.Text)
	case upgradelog.AbortedByUser:
		x.ended(aborted)
	case upgradelog.Restarted:
		x.unverified()
	}
	return x.next
}

// also adds hypotheses with one more fault.
func (x *proposals) also(faults ...fault.Fault) {
	for _, f := range faults {
		again := slices.ContainsFunc(x.of.plan, func(o fault.Fault) bool { return o.Kind == f.Kind && o.Trigger == f.Trigger })
		if f.Validate() == nil && !again {
			h := x.of.hypothesis
			h.plan = append(slices.Clone(h.plan), f)
			x.next = append(x.next, h)
		}
	}
}

// between returns the requests of the trial between the last right line and the first wrong
// one.
func (x *proposals) between(lines int) []mark {
	var list []mark
	for _, m := range x.of.marks {
		if m.lines == lines {
			list = append(list, m)
		}
	}
	return list
}

// interval is the time in which the cause of the line must have begun.
func (x *proposals) interval() (from, to time.Duration) {
	p := x.of
	right := p.right()
	if right > 0 {
		from = p.at[right-1]
	}
	to = from
	if right < len(p.at) {
		to = p.at[right]
	} else if n := len(p.marks); n > 0 {
		to = max(from, p.marks[n-1].at) + time.Minute
	}
	return from, to
}

// trigger is the moment before a request is sent: its block if it is sent for the first time,
// else the time in milliseconds.
func (p *played) trigger(m mark) fault.Trigger {
	if m.block > 0 && m.pass == 1 {
		first := slices.IndexFunc(p.marks, func(o mark) bool { return o.block == m.block && o.pass == 1 })
		if p.marks[first] == m {
			return fault.Block(m.block)
		}
	}
	return atTime(m.at)
}

func atTime(at time.Duration) fault.Trigger {
	at = at.Truncate(time.Millisecond)
	if at <= 0 {
		return fault.Trigger{}
	}
	return fault.Trigger{Unit: fault.AtTime, First: uint64(at)}
}

// atReply is the moment at which the answer to a request begins.
func (p *played) atReply(m mark) fault.Trigger {
	if t := p.trigger(m); t.Unit == fault.AtBlock {
		return t
	}
	return fault.Trigger{Unit: fault.AtReply, First: m.replies + 1}
}

// chain is how many missing answers in a row the log has from here on, and the kind of line
// that follows them; 0 for the end of the log.
func (x *proposals) chain() (missing int, behind upgradelog.Kind) {
	i := x.of.matched
	kind := x.want[i].Kind
	for i < len(x.want) && x.want[i].Kind == kind && x.want[i].Number == x.want[x.of.matched].Number+missing {
		missing++
		i++
	}
	if i < len(x.want) {
		behind = x.want[i].Kind
	}
	return missing, behind
}

// forGood reports whether, by the line after missing answers, no answer ever came.
func forGood(behind upgradelog.Kind) bool {
	switch behind {
	case 0, upgradelog.Aborting, upgradelog.GivingUp, upgradelog.AbortedByUser, upgradelog.UpgradeFailed:
		return true
	}
	return false
}

// missingBlock: a block that was sent as the n-th was not answered.
func (x *proposals) missingBlock(l upgradelog.Line) {
	sent := 0
	for i, n := range x.of.sent() {
		if m := x.of.marks[i]; m.block > 0 {
			if sent = n; sent == l.Total && m.lines == x.of.matched {
				missing, behind := x.chain()
				x.dead(m, missing, behind)
				return
			}
		}
	}
	if more := l.Total - sent; more > 0 {
		x.again(x.between(x.of.matched), more)
	}
}

// sent is how often blocks had been sent when each request was, with itself. The trial's own lines tell
// what went into a call that was cut off, and so was seen by nobody.
func (p *played) sent() []int {
	list := make([]int, len(p.marks))
	n, lines := 0, 0
	for i, m := range p.marks {
		for ; lines < m.lines; lines++ {
			if l := p.lines[lines]; l.Kind == upgradelog.Resending {
				n = l.Total
			}
		}
		if m.block > 0 {
			n++
		}
		list[i] = n
	}
	return list
}

// dead proposes a line that is dead from a request on, until so many answers are missing.
func (x *proposals) dead(m mark, missing int, behind upgradelog.Kind) {
	t := x.of.trigger(m)
	if x.called {
		x.cutOff(t, missing, forGood(behind))
		if reply := x.of.atReply(m); reply != t {
			x.cutOff(reply, missing, forGood(behind))
		}
		return
	}
	x.eachTime(m, missing)
	x.everyFew(m, missing)
	if forGood(behind) {
		x.also(
			fault.Fault{Kind: cableOut.kind(), Trigger: t},
			fault.Fault{Kind: powerGone.kind(), Trigger: t},
		)
		if behind != upgradelog.AbortedByUser { // which may as well have come while all went on again
			return
		}
	}
	if behind == upgradelog.FlashCleared || behind == upgradelog.EnteredDownloadState {
		x.restarted(t, missing)
	}
	x.also(fault.Fault{Kind: cableOut.kind(), Trigger: t, Duration: fault.Duration{NoResponses: uint64(missing)}})
	if missing == 1 {
		x.also(
			fault.Fault{Kind: answerLost.kind(), Trigger: x.of.atReply(m)},
			fault.Fault{Kind: connectionReset.kind(), Trigger: t}, // which is noticed at once
		)
	}
	if behind != upgradelog.FlashCleared {
		x.restarted(t, missing)
	}
}

// cutOff proposes a call that is cut off, and then dialled again for as long as answers are missing; or
// one that carries nothing for a while.
func (x *proposals) cutOff(t fault.Trigger, missing int, forGood bool) {
	const each, dialling = 10 * time.Second, 3 // of an answer; in missing answers
	lost := fault.Fault{Kind: carrierLost.kind(), Trigger: t}
	if forGood {
		x.alsoAll(lost, fault.Fault{Kind: noDialTone.kind(), Trigger: t, Duration: fault.Duration{Time: longSleep}})
		x.also(fault.Fault{Kind: retraining.kind(), Trigger: t, Duration: fault.Duration{Time: longSleep}})
		return
	}
	x.also(lost)
	if missing > dialling {
		x.alsoAll(lost, fault.Fault{Kind: noDialTone.kind(), Trigger: t, Duration: fault.Duration{Time: time.Duration(missing-dialling)*each - each/2}})
	}
	x.also(fault.Fault{Kind: retraining.kind(), Trigger: t, Duration: fault.Duration{Time: time.Duration(missing)*each + each/2}})
}

// alsoAll adds a hypothesis with all of these faults.
func (x *proposals) alsoAll(faults ...fault.Fault) {
	h := x.of.hypothesis
	h.plan = append(slices.Clone(h.plan), faults...)
	x.next = append(x.next, h)
}

// eachTime proposes answers that are lost or late one after the other, where as many are missing of
// each of several blocks.
func (x *proposals) eachTime(m mark, missing int) {
	const least, always = 3, 10_000
	times := 0
	if m.block > 0 {
		times = chainsAlike(x.want[x.of.matched:], missing)
	}
	if times < least {
		return
	}
	from := len(x.next)
	t := fault.Trigger{Unit: fault.AtBlock, First: uint64(m.block), Last: uint64(m.block + times - 1)}
	if missing == 1 {
		x.also(fault.Fault{Kind: answerLost.kind(), Trigger: t}, fault.Fault{Kind: answersSwapped.kind(), Trigger: t})
	}
	late := fault.Fault{Kind: answerLate.kind(), Trigger: t}
	late.Parameters.By = time.Duration(2*missing+1) * (x.waits + x.of.blockTime()) / 2
	for _, answers := range []int{times * (missing + 1), always} {
		late.Trigger = fault.Trigger{Unit: fault.AtReply, First: m.replies + 1, Last: m.replies + uint64(answers)}
		x.also(late)
	}
	x.first(from)
}

// everyFew proposes a line that goes dead again and again, where as many answers are missing at each of several
// blocks that lie equally far apart. A cause that is noticed at once takes less time.
func (x *proposals) everyFew(m mark, missing int) {
	blocks := chainsApart(x.want[x.of.matched:], missing)
	if m.block == 0 || blocks == 0 {
		return
	}
	from := len(x.next)
	t := fault.Trigger{Unit: fault.AtBlock, First: uint64(m.block), Every: uint64(blocks)}
	if missing == 1 {
		x.also(fault.Fault{Kind: answerLost.kind(), Trigger: t})
	}
	for _, c := range []cause{cableOut, gatewayDown} {
		x.also(fault.Fault{Kind: c.kind(), Trigger: t, Duration: fault.Duration{NoResponses: uint64(missing)}})
	}
	x.first(from)
}

// chainsApart is how many blocks lie between two at which as many answers are missing, from the first lines on;
// 0 if they do not lie equally far apart, or are neighbours, or too few.
func chainsApart(lines []upgradelog.Entry, missing int) int {
	const least = 3 // chains
	var begun []int // blocks sent when the first answer of a chain was missing
	row := missing
	for _, l := range lines {
		if l.Kind == upgradelog.Completed || l.Kind == upgradelog.Efficiency {
			continue
		}
		if l.Kind != upgradelog.Resending {
			break
		}
		if l.Number == 1 {
			if row != missing {
				return 0
			}
			begun = append(begun, l.Total)
		}
		row = l.Number
	}
	if len(begun) < least || row != missing {
		return 0
	}
	apart := begun[1] - begun[0]
	for i := range begun[1:] {
		if begun[i+1]-begun[i] != apart {
			return 0
		}
	}
	if blocks := apart - missing; blocks > 1 {
		return blocks
	}
	return 0
}

// first has what was proposed last, from a number on, tried before all else.
func (x *proposals) first(from int) {
	for i := range x.next[from:] {
		x.next[from+i].first = true
	}
}

// chainsAlike is of how many blocks in a row as many answers are missing, from the first lines on.
func chainsAlike(lines []upgradelog.Entry, missing int) int {
	times, row, total := 0, 0, 0
	for _, l := range lines {
		switch {
		case l.Kind == upgradelog.Completed || l.Kind == upgradelog.Efficiency:
			continue
		case l.Kind != upgradelog.Resending:
			return times
		case l.Number == row+1 && row < missing && (row > 0 || times == 0 || l.Total == total+2):
			row, total = l.Number, l.Total
		default:
			return times
		}
		if row == missing {
			times, row = times+1, 0
		}
	}
	return times
}

// bootTime is how long a meter takes until it answers again.
const bootTime = 5 * time.Second

// restarted proposes a meter that restarts meanwhile, and so loses the download.
func (x *proposals) restarted(t fault.Trigger, missing int) {
	x.also(fault.Fault{Kind: powerGone.kind(), Trigger: t, Duration: fault.Duration{Time: time.Second + time.Duration(missing-1)*x.waits}})
	if missing > 1 {
		x.also(fault.Fault{Kind: powerGone.kind(), Trigger: t, Duration: fault.Duration{NoResponses: uint64(missing - 1)}})
	} else {
		x.also(fault.Fault{Kind: dipped.kind(), Trigger: t})
	}
	x.also(fault.Fault{Kind: powerGone.kind(), Trigger: t, Duration: fault.Duration{NoResponses: uint64(missing)}})
}

// steps are the first and the last request in each step of the tool.
func steps(list []mark) []mark {
	var ends []mark
	for i, m := range list {
		first := i == 0 || list[i-1].step != m.step
		last := i == len(list)-1 || list[i+1].step != m.step
		if first || last {
			ends = append(ends, m)
		}
	}
	return ends
}

// missingAnswer: a request outside the download was not answered.
func (x *proposals) missingAnswer() {
	missing, behind := x.chain()
	asked := false
	for _, m := range steps(x.between(x.of.matched)) {
		if m.step == client.StepVerify && behind == upgradelog.Restarted { // of itself, with the image that it had found good
			x.restarted(x.of.atReply(m), missing)
		}
		if !m.step.AwaitsRestart() && m.block == 0 {
			x.dead(m, missing, behind)
			asked = true
		}
	}
	if !asked { // the tool began again before, and nothing says so
		x.clearedAgain()
	}
}

// silence: a meter that was to restart never answered.
func (x *proposals) silence() {
	for _, m := range steps(x.between(x.of.matched)) {
		t := x.of.trigger(m)
		if x.called {
			x.cutOff(t, 0, true)
			continue
		}
		x.also(fault.Fault{Kind: cableOut.kind(), Trigger: t}, fault.Fault{Kind: powerGone.kind(), Trigger: t})
	}
	x.also(fault.Fault{Kind: slow.kind(), Parameters: fault.Parameters{By: tooSlow}})
}

// tooSlow is how much later than usual a meter answers where a tool gives it up.
const tooSlow = 1500 * time.Millisecond

// sentAgain: the efficiency shows blocks that were sent again without a line in the log.
func (x *proposals) sentAgain(tenths int) {
	p := x.of
	if p.matched >= len(p.lines) || p.lines[p.matched].Kind != upgradelog.Efficiency || p.lines[p.matched].Number <= tenths {
		return
	}
	all := p.sent()
	if len(all) == 0 {
		return
	}
	sent := all[len(all)-1]
	confirmed := (p.lines[p.matched].Number*sent + 500) / 1000
	for more := 1; more <= 2*sent+120; more++ {
		if upgradelog.EfficiencyOf(confirmed, sent+more) == tenths {
			x.again(x.between(p.matched-1), more)
			return
		}
	}
}

// again proposes that the loader did not take so many blocks at first.
func (x *proposals) again(list []mark, more int) {
	list = slices.DeleteFunc(slices.Clone(list), func(m mark) bool { return m.block == 0 })
	if len(list) == 0 {
		return
	}
	for _, m := range []mark{list[len(list)-1], list[0], list[len(list)/2]} {
		t := x.of.atReply(m)
		if more > 1 {
			t = fault.Trigger{Unit: fault.AtReply, First: m.replies + 1, Last: m.replies + uint64(more)}
		}
		x.also(fault.Fault{Kind: busy.kind(), Trigger: t})
	}
}

// clearedAgain: the tool began again although no answer was missing.
func (x *proposals) clearedAgain() {
	list := x.between(x.of.matched)
	for _, m := range steps(list) {
		if m.block == 0 {
			x.failing(m)
		}
	}
	list = slices.DeleteFunc(list, func(m mark) bool { return m.block == 0 || !x.countsFit(m) })
	if block, _ := refusedBlock(x.want); x.tooOften() != nil {
		if at := slices.IndexFunc(list, func(m mark) bool { return m.block == block }); at >= 0 {
			x.failing(list[at])
		}
	}
	n := len(list)
	for i := range min(n, maxPlaces) {
		x.failing(list[i*n/min(n, maxPlaces)])
	}
}

// countsFit reports whether the later counts are those of a tool that began again at this
// block.
func (x *proposals) countsFit(m mark) bool {
	var ended []int
	for _, o := range x.of.marks {
		if o.block > 0 && o.pass < m.pass {
			for len(ended) < o.pass {
				ended = append(ended, 0)
			}
			ended[o.pass-1] = o.block - 1
			if o.step == client.StepVerify {
				ended[o.pass-1] = o.block
			}
		}
	}
	if len(ended) < m.pass-1 {
		return true
	}
	effort := maxEffort
	w := sizeWalk{blocks: ion.Blocks(x.of.bytes), forced: append(ended, m.block-1), effort: &effort}
	return w.through(countLines(x.want))
}

// maxPlaces is how many blocks between two lines are tried.
const maxPlaces = 6

// failing proposes a request that fails in the meter: for good, if the log has it again and
// again.
func (x *proposals) failing(m mark) {
	if m.block > 0 {
		if x.count(upgradelog.FlashCleared) > 2 {
			x.also(fault.Fault{Kind: programFails.kind(), Parameters: fault.Parameters{Address: uint32(imageBase() + (m.block-1)*ion.BlockBytes)}})
		}
		x.also(fault.Fault{Kind: programFails.kind(), Trigger: fault.FlashOp(m.ops+1, fault.Before)})
		x.says(m, fault.StatusProgramFailed)
		return
	}
	if m.step == client.StepVerify {
		x.also(fault.Fault{Kind: lyingChip.kind(), Trigger: fault.FlashOp(max(1, m.ops-1), fault.Before)})
		x.neverHolds(m)
	}
	if m.step == client.StepRestart {
		x.unsteady(m)
		if again := x.tooOften(); again != nil && !errors.Is(again.Why, client.ErrNotRunning) { // or each image was good until the meter started
			x.neverHolds(m)
		}
	}
	x.says(m, fault.StatusVerifyFailed)
	x.says(m, fault.StatusNotCleared)
}

// neverHolds: the image is not good, however often it is sent.
func (x *proposals) neverHolds(m mark) {
	const streams, pages = 48, 16
	supposed := slices.ContainsFunc(x.of.plan, func(f fault.Fault) bool { return causeOf(f.Kind) == marginalCell })
	if m.pass > 1 || x.tooOften() == nil || supposed {
		return
	}
	for _, o := range x.of.marks {
		if o.step == client.StepVerify {
			m = o // from when on it is read
			break
		}
	}
	from := len(x.next)
	x.also(
		fault.Fault{Kind: programFails.kind(), Parameters: fault.Parameters{Address: uint32(recordBase())}},
		fault.Fault{Kind: lyingChip.kind(), Trigger: fault.Trigger{Unit: fault.AtFlashOp, First: max(1, m.ops-1), Every: pages, Phase: fault.Before}},
	)
	for seed := range uint64(streams) {
		x.also(fault.Fault{Kind: marginalCell.kind(), Trigger: x.of.trigger(m), Parameters: fault.Parameters{Address: uint32(imageBase() + 1), Seed: seed}})
	}
	x.first(from)
}

// tooOften is why the tool gave up, if it had to begin again and again; otherwise nil.
func (x *proposals) tooOften() *client.TooOftenError {
	var again *client.TooOftenError
	for _, e := range x.want {
		if said, _ := client.ParseRefusal(e.Text); e.Kind == upgradelog.Refused && errors.As(said, &again) {
			return again
		}
	}
	return nil
}

// unsteady: an image that was good is not good any more when the meter starts, as with a cell
// whose reads vary.
func (x *proposals) unsteady(m mark) {
	const streams = 3
	for seed := range uint64(streams) {
		x.also(fault.Fault{
			Kind: marginalCell.kind(), Trigger: x.of.trigger(m), Duration: fault.Duration{Time: bootTime},
			Parameters: fault.Parameters{Address: uint32(imageBase() + 1), Seed: seed},
		})
	}
}

func (x *proposals) count(k upgradelog.Kind) int {
	n := 0
	for _, e := range x.want {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// says proposes an answer with another status.
func (x *proposals) says(m mark, s fault.Status) {
	x.also(fault.Fault{Kind: otherwise.kind(), Trigger: x.of.atReply(m), Parameters: fault.Parameters{Status: s}})
}

// refused: the tool could not use an answer. The words of the line say which, and how often.
func (x *proposals) refused(text string) {
	list := x.between(x.of.matched)
	if unit, ok := client.ParseWrongUnit(text); ok {
		x.stranger(list, unit)
		return
	}
	for _, m := range list {
		if m.step == client.StepRestart {
			x.unsteady(m)
			break
		}
	}
	refusal, _ := client.ParseRefusal(text)
	var said *client.RefusalError
	if !errors.As(refusal, &said) {
		x.anyStatus(steps(list), 0)
		return
	}
	if said.Op == ion.OpClear && said.Status == ion.StatusEraseFailed {
		x.worn(list, int(said.Sector))
	}
	if said.Block > 0 {
		list = slices.DeleteFunc(list, func(m mark) bool { return m.block != int(said.Block) })
	}
	places, status := steps(list), fault.StatusOK+fault.Status(said.Status)
	if said.Times > 0 && len(places) > 0 {
		x.saysOften(places[0], status, uint64(said.Times))
	}
	x.anyStatus(places, status)
}

// stranger proposes another station that talks, with the unit id that the tool has heard.
func (x *proposals) stranger(list []mark, unit uint16) {
	for _, m := range steps(list) {
		for _, c := range []cause{babbled, anotherMaster} {
			f := fault.Fault{Kind: c.kind(), Trigger: x.of.trigger(m)}
			c.deafen(&f)
			f.Parameters.Unit = unit
			x.also(f)
		}
	}
}

// anyStatus proposes answers of every status, one of them first.
func (x *proposals) anyStatus(places []mark, first fault.Status) {
	list := []fault.Status{first}
	for s := fault.StatusOK; s <= fault.StatusRefused; s++ {
		if s != first {
			list = append(list, s)
		}
	}
	for _, s := range list {
		for _, m := range places {
			x.says(m, s)
		}
	}
}

// saysOften proposes a loader that gives the same status until the tool gives up, and a little
// longer.
func (x *proposals) saysOften(m mark, s fault.Status, times uint64) {
	const longer = 10
	t := fault.Trigger{Unit: fault.AtReply, First: m.replies + 1, Last: m.replies + times + longer}
	if s == fault.StatusBusy {
		x.also(fault.Fault{Kind: busy.kind(), Trigger: t})
		return
	}
	x.also(fault.Fault{Kind: otherwise.kind(), Trigger: t, Parameters: fault.Parameters{Status: s}})
}

// worn proposes a sector of the flash that cannot be erased: from the beginning, or since a
// block was programmed into it.
func (x *proposals) worn(list []mark, sector int) {
	g := flash.Am29F032B()
	at := fault.Parameters{Address: uint32(sector * g.SectorBytes)}
	x.also(fault.Fault{Kind: eraseFails.kind(), Parameters: at})
	if len(list) > 0 { // a cell of a block that was programmed before, while something else was sent
		f := fault.Fault{Kind: stuckBit.kind(), Trigger: x.of.trigger(list[0]), Parameters: fault.Parameters{Mask: 0xFF, Address: uint32(max(recordBase(), sector*g.SectorBytes)) + 1}}
		x.also(f)
		f.Trigger = x.of.trigger(list[len(list)-1])
		x.also(f)
	}
	for _, m := range list {
		from := imageBase() + (m.block-1)*ion.BlockBytes
		if m.block == 0 || (from+ion.BlockBytes-1)/g.SectorBytes != sector && from/g.SectorBytes != sector {
			continue
		}
		f := fault.Fault{Kind: stuckBit.kind(), Trigger: x.of.trigger(m), Parameters: fault.Parameters{Mask: 0xFF}}
		f.Parameters.Address = uint32(max(from, sector*g.SectorBytes))
		x.also(f)
	}
}

// recordBase is where the image's record is in the flash.
func recordBase() int {
	g := flash.Am29F032B()
	return g.Protected * g.SectorBytes
}

// imageBase is where the image begins in the flash: after the loader and the image's record.
func imageBase() int {
	g := flash.Am29F032B()
	return (g.Protected + 1) * g.SectorBytes
}

// ended: something ended the run directly, at a time that the last stamp tells.
func (x *proposals) ended(c cause) {
	from, to := x.interval()
	at := from + (to-from)/2
	if n := len(x.want); n > 1 && x.want[0].Kind == upgradelog.UpgradeStarted && isEnd(x.want[n-1].Kind) {
		at = min(max(x.want[n-1].Time.Sub(x.want[0].Time), from+time.Millisecond), to-time.Millisecond)
	}
	x.endsAt(fault.Fault{Kind: c.kind(), Trigger: atTime(at)})
	if from == to {
		x.endsAt(fault.Fault{Kind: c.kind()})
	}
}

// endsAt proposes another end of the run. A person can end what follows the first Abort, too: there are
// two at most.
func (x *proposals) endsAt(f fault.Fault) {
	var at []int
	for i, o := range x.of.plan {
		if o.Kind == f.Kind {
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		x.also(f)
	}
	if n := len(at); n > 0 {
		h := x.of.hypothesis
		h.plan = slices.Clone(h.plan)
		h.plan[at[n-1]] = f
		x.next = append(x.next, h)
	}
}

// cut: the log ends before the run did: right behind its last line, or while something was sent or
// done that left no line.
func (x *proposals) cut() {
	list := x.between(x.of.right())
	if n := len(list); n > 0 {
		x.also(fault.Fault{Kind: killed.kind(), Trigger: x.of.trigger(list[n/2])})
		if n == 1 || list[0].step != list[n-1].step {
			from, to := x.interval()
			x.also(fault.Fault{Kind: killed.kind(), Trigger: atTime(from + time.Millisecond)})
			x.also(fault.Fault{Kind: killed.kind(), Trigger: atTime(to - time.Millisecond)})
		}
		return
	}
	x.ended(killed)
}

// whileVerifying is when the meter reads the image that it has been sent.
func whileVerifying() fault.Trigger {
	return fault.Trigger{Unit: fault.AtState, State: fault.Verifying}
}

// unverified: the tool never learned that the image was good, but the meter runs it.
func (x *proposals) unverified() {
	verifying := whileVerifying()
	x.also(
		fault.Fault{Kind: dipped.kind(), Trigger: verifying},
		fault.Fault{Kind: powerGone.kind(), Trigger: verifying, Duration: fault.Duration{Time: bootTime}},
	)
	for _, m := range steps(x.between(x.of.matched)) {
		x.says(m, fault.StatusRefused)
	}
}
