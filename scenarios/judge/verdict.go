package judge

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"ionbench/client/upgradelog"
	"ionbench/scenarios/duty"
	"ionbench/scenarios/evidence"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/modem"
	"ionbench/simulator/story"
)

func (a *Execution) note(format string, args ...any) {
	a.Notes = append(a.Notes, visible(fmt.Sprintf(format, args...)))
}

// breaks says that the attempt breaks a rule.
func (a *Execution) breaks(rule verdict.Rule, format string, args ...any) {
	a.Broken = append(a.Broken, verdict.Violation{Rule: rule, Reason: visible(fmt.Sprintf(format, args...))})
}

// judge judges an attempt, unless ctx interrupted it.
func (p *player) judge(a *Execution, e *verdict.Evidence) {
	a.noteEnd()
	if a.Exit.Interrupted {
		return
	}
	a.Lost = p.lost()
	p.bearFlip(a)
	p.complete(a, e)
	a.Broken = verdict.Judge(e)
	if p.endedAround(a) { // advise says so
		a.Broken = slices.DeleteFunc(a.Broken, func(v verdict.Violation) bool {
			return slices.Contains([]verdict.Rule{verdict.I3, verdict.I6, verdict.Crashed, verdict.Expected}, v.Rule)
		})
	}
	if a.Swapped { // a failure tells of the other meter
		a.Broken = slices.DeleteFunc(a.Broken, func(v verdict.Violation) bool { return v.Rule == verdict.I3 })
	}
	p.judgeExpected(a)
	if a.saysCompleted() && a.Killed && a.Lost != 0 && p.keeps() {
		a.breaks(verdict.I6, "the log says that the upgrade is completed, and %v are not in the meter again", a.Lost)
	}
	p.judgeWords(a, e)
	p.advise(a, e)
	for i := range a.Broken {
		a.Broken[i].Reason = visible(a.Broken[i].Reason)
	}
	if len(a.Broken) > 0 {
		a.note("%s; the meter %s", a.progress(), a.runs())
	}
	if e.Upgraded() && a.Lost != 0 && !p.target.KeepsSettings {
		a.note("settings are lost: %v; the program does not promise to keep them (--keeps-settings)", a.Lost)
	}
}

// judgeWords judges what the log says, and what it leaves out.
func (p *player) judgeWords(a *Execution, e *verdict.Evidence) {
	for _, why := range []string{a.boasts(e.Log, e.Before.State), a.hides(e.Log)} {
		if why != "" {
			a.breaks(verdict.I6, "%s", why)
		}
	}
	if why := goesOn(e.Log); why != "" && !p.scenario.SameLog { // two runs end in it
		a.breaks(verdict.I6, "%s", why)
	}
	a.adviseTens(e.Log)
	a.adviseEntered(e.Log, e.Before.State)
}

// bearFlip takes one other letter in what was kept for advice, if that is all that came of it: PROTOCOL.md asks for a
// checksum since not long, and what has changed is a letter on a disk, not what the program does.
func (p *player) bearFlip(a *Execution) {
	if !p.step.Flips || !a.success() || len(a.Lost.List()) != 1 {
		return
	}
	a.warn(duty.Keepable, fmt.Sprintf("one letter of what it had kept was another one, and it wrote %v back like that: a checksum would have told", a.Lost))
	p.unsure |= a.Lost
	a.Lost = 0
}

// complete adds what is known of the program, and what the scenario wants, to what was seen of the meter.
func (p *player) complete(a *Execution, e *verdict.Evidence) {
	t := &e.Tool
	t.Ended, t.Killed, t.Aborted, t.Err, t.Crash = !a.Exit.TimedOut, a.Killed, a.Aborted, a.Exit.err(), a.crash()
	t.Keeps = p.keeps()
	e.Forbidden, e.Lost, e.Log = p.forbidden(a), a.Lost, p.log(a)
	e.Aside = &verdict.Aside{
		Template: p.template(), Record: p.record(), Earlier: a.Earlier, Secret: p.secret(a), Facts: p.facts(a, e.Log),
	}
	p.lookAtConduct(a, e.Before.State)
	for _, b := range a.Conduct {
		e.Aside.Conduct = append(e.Aside.Conduct, b.what)
	}
	e.Forged = e.Forged || slices.ContainsFunc(a.Harms, func(h Harm) bool { return h.lies() })
	if a.Recovery {
		e.Recovery = p.recovery(a, a.Lost)
	} else {
		s := p.scenario
		e.Expected = &verdict.Expectation{Title: s.Title, Success: p.step.Expect == Succeeds, OnePass: s.OnePass, Untouched: p.step.Expect == Either}
	}
}

// lookAtConduct adds the breaches that show only at the end to those that the gateway saw.
func (p *player) lookAtConduct(a *Execution, before meter.State) {
	if why := cmp.Or(p.abort(a), p.tarries(a)); why != "" {
		a.Conduct = append(a.Conduct, breach{duty.AbortButton, why})
	}
	if p.scenario.abortSignal() == syscall.SIGINT && a.leftInLoader(before) {
		a.Conduct = append(a.Conduct, breach{duty.AsItWas, leftInLoader})
	}
	if around := p.around(); (around.LogFull || around.NoLog) && !a.success() && !a.Killed && !a.Exit.TimedOut && a.Exit.said() == "" {
		a.Conduct = append(a.Conduct, breach{duty.Surroundings, "its log cannot be written, and it ended without a word of why"})
	}
}

// judgeExpected judges what only some scenarios expect.
func (p *player) judgeExpected(a *Execution) {
	if p.scenario.Heard && len(p.attempts) == 1 && a.Cost.Resends > p.scenario.bearable(p.options.Response) {
		came := "every answer came in time"
		if p.scenario.Missing > 0 {
			came = "every answer but one came in time"
		}
		a.breaks(verdict.Expected, "%s (%s), and %d requests were sent again", came, p.scenario.Title, a.Cost.Resends)
	}
	if p.step.Expect == Fails && a.success() {
		a.breaks(verdict.Expected, "the upgrade should fail (%s), and it ended with success", p.scenario.Title)
	}
	if len(a.Harms) > 0 && a.Harms[0].name == "tells-small-blocks" && a.success() && a.Cost.Blocks < smallBlocks {
		a.breaks(verdict.Expected, "the meter told that its blocks have %d bytes, and %d blocks were sent where %d are needed", smallBlock, a.Cost.Blocks, smallBlocks)
	}
}

// recovery is the evidence of a recovery. The first recovery without faults must succeed, and so must one
// whose harms every program bears.
// Answers is always true: if the meter is silent, play does not start the program.
func (p *player) recovery(a *Execution, lost ion.Groups) *verdict.Recovery {
	harmed := len(a.Harms) > 0 && p.step.Expect != Succeeds
	r := &verdict.Recovery{Answers: true, Struck: len(a.Plan) > 0 || p.tries < len(p.step.Plans) || harmed}
	if p.keeps() {
		r.Lost = lost
	}
	return r
}

// err is what the program claims; nil for success.
func (e *Exit) err() error {
	if e.Success() {
		return nil
	}
	return errors.New(e.String())
}

// crash names the signal that ended the program, if the judge did not send it.
func (a *Execution) crash() string {
	if a.Killed || a.Aborted || a.Exit.TimedOut || a.Exit.Signal == "" {
		return ""
	}
	return "it was ended by a signal that nobody sent: " + a.Exit.Signal
}

// keeps reports whether the program has promised that the settings are there in the end. It must
// not promise it of a meter whose kept settings it cannot read: then it fails.
func (p *player) keeps() bool { return p.target.KeepsSettings }

// advise notes what would be better and is no breach.
func (p *player) advise(a *Execution, e *verdict.Evidence) {
	if p.scenario.abortSignal() != syscall.SIGINT && a.leftInLoader(e.Before.State) {
		a.warn(duty.AsItWas, leftInLoader)
	}
	if p.endedAround(a) {
		a.warn(duty.Surroundings, fmt.Sprintf("%s, and the program ended with %s", p.scenario.Title, a.Exit.String()))
	}
	if p.abroad() {
		p.adviseStamps(a)
	}
	if a.Unsure && !slices.ContainsFunc(a.Conduct, func(b breach) bool { return b.about == duty.Reconnect }) {
		a.warn(duty.Reconnect, "its connection broke while it wrote settings, and it wrote on without an identify: the line may lead to another meter by then")
	}
	if a.Trusted { // what runs in the end is looked at in any case
		a.warn(duty.Again, "verify was answered ok with another CRC-32 than the image's, and it went on with restart")
	}
	if a.leftOffHook() {
		a.warn(duty.Redial, "it did not hang up: only the end of its connection to the modem ended the call, and not every modem looks at that")
	}
	if a.unfinished(e.Log) && !a.success() {
		a.warn(duty.LogLines, fmt.Sprintf("the program ended by itself with %s, and its log does not say that", a.claim()))
	}
	if a.Killed && a.Meter.FlashOps > 0 && p.target.KeepsSettings {
		p.lookAtKept(a)
	}
}

// leftOffHook reports whether a program that ended by itself has left the end of its last call to the modem.
func (a *Execution) leftOffHook() bool {
	if a.Killed || a.Exit.TimedOut || a.Exit.Signal != "" {
		return false
	}
	for _, e := range slices.Backward(a.Trace) {
		if call, ok := e.What.(story.CallTold); ok {
			return call.Step == modem.Connected.String() || call.Step == modem.Ended.String() && call.Text == modem.NotReady
		}
	}
	return false
}

const leftInLoader = "it was aborted before the clear, and left the meter in its loader: a restart would have brought the application back"

// leftInLoader reports whether an abort has left a meter that does not measure, although its
// application was whole. For a signal that no person sends that is advice.
func (a *Execution) leftInLoader(before meter.State) bool {
	return a.Aborted && !a.success() && before == meter.Application && a.Meter.FlashOps == 0 && a.Meter.State == meter.Download
}

// endedAround reports whether a program ended because of what is around it, and the meter is as it
// was: that harms nobody. Whoever ends there with a flash that is cleared leaves a meter that does
// not measure.
func (p *player) endedAround(a *Execution) bool {
	return p.about(duty.Surroundings) && len(p.attempts) == 1 && !a.success() && a.Meter.FlashOps == 0
}

// saysCompleted reports whether the log says that an upgrade is completed.
func (a *Execution) saysCompleted() bool {
	return slices.ContainsFunc(verdict.ReadLog(a.Log, 0).Entries, func(e upgradelog.Entry) bool { return e.Kind == upgradelog.UpgradeCompleted })
}

// claim is how the program says by its exit status that the upgrade has ended.
func (a *Execution) claim() string {
	if a.success() {
		return "success"
	}
	return "failure"
}

// unfinished reports whether a log begins an upgrade of which it does not say how it ended.
func (a *Execution) unfinished(log *verdict.Log) bool {
	if log == nil || len(log.Runs) == 0 || a.Killed || a.Exit.TimedOut || a.Exit.Signal != "" {
		return false
	}
	return !slices.ContainsFunc(log.Runs[len(log.Runs)-1], func(e upgradelog.Entry) bool {
		return e.Kind == upgradelog.UpgradeFailed || e.Kind == upgradelog.UpgradeCompleted || e.Kind == upgradelog.Aborting
	})
}

func (p *player) about(id duty.ID) bool { return slices.Contains(p.scenario.Duties, id) }

// abroad reports whether the attempt is in another country: the others are at home.
func (p *player) abroad() bool { return p.about(duty.LogStamps) && p.tries == 0 }

// inEnglish is a log in which dates in another language, which are advice, have become a moment in English, so that
// the rest of it is judged as any other.
func inEnglish(log []byte, moment time.Time) (b []byte) {
	dated := []upgradelog.Kind{upgradelog.UpgradeStarted, upgradelog.FirmwareDated, upgradelog.UpgradeCompleted, upgradelog.UpgradeFailed}
	for line := range strings.Lines(string(log)) {
		_, read := upgradelog.ParseLine(strings.TrimRight(line, "\r\n"))
		at := slices.IndexFunc(dated, func(k upgradelog.Kind) bool {
			return strings.HasPrefix(line, strings.TrimSuffix(k.String(), "..."))
		})
		if read || at < 0 || !strings.HasSuffix(line, "\n") {
			b = append(b, line...)
			continue
		}
		b = upgradelog.Append(b, upgradelog.Line{Kind: dated[at], Time: moment})
	}
	return b
}

// adviseStamps looks at the dates in the log of a program that runs abroad.
func (p *player) adviseStamps(a *Execution) {
	if len(a.Log) == 0 {
		return
	}
	read := verdict.ReadLog(a.Log, 0)
	here := time.FixedZone("there", int(abroadBy/time.Second))
	began := false
	for _, e := range read.Entries {
		if e.Kind == upgradelog.UpgradeStarted {
			began = true
			a.adviseHour(e.Time, here)
		}
		if e.Kind == upgradelog.FirmwareDated && !sameClock(e.Time, p.file.Dated.UTC()) && !sameClock(e.Time, p.file.Dated.In(here)) {
			a.warn(duty.LogStamps, fmt.Sprintf("the log dates the firmware %s, and it was built at %s UTC", e.Time.Format(time.DateTime), p.file.Dated.UTC().Format(time.DateTime)))
		}
	}
	if !began {
		a.warn(duty.LogStamps, "its log cannot be read there: the names of days and months are not English")
	}
}

// adviseHour looks at when a log has the upgrade begin, by the clock of the place where it runs.
func (a *Execution) adviseHour(told time.Time, here *time.Location) {
	const slack = 2 * time.Second // a log has whole seconds
	shown := time.Date(told.Year(), told.Month(), told.Day(), told.Hour(), told.Minute(), told.Second(), 0, here)
	if shown.Before(a.started.Add(-slack)) || shown.After(a.started.Add(a.Exit.Took+slack)) {
		a.warn(duty.LogStamps, fmt.Sprintf("the log has the upgrade begin at %s, and there it was %s", told.Format(time.DateTime), a.started.In(here).Format(time.DateTime)))
	}
}

// sameClock compares what clocks show, whatever their zones.
func sameClock(a, b time.Time) bool { return a.Format(time.DateTime) == b.Format(time.DateTime) }

func (a *Execution) warn(about duty.ID, what string) {
	a.Warned = append(a.Warned, about)
	a.note("%s%s", advicePrefix(about), what)
}

// lookAtKept looks at the files that a killed program has left in {dir}: the settings are in one.
func (p *player) lookAtKept(a *Execution) {
	open := ""
	p.place.list(func(name string, mode fs.FileMode) {
		if ofJudge(name) || !mode.IsRegular() {
			return
		}
		content, err := p.place.read(name, maxGathered)
		if serial := []byte(p.world.Meters[p.step.Meter].SerialNumber); err != nil || len(serial) < leastSecret || !bytes.Contains(content, serial) {
			return // it is something else
		}
		a.Kept = true
		if mode.Perm()&0o077 != 0 && open == "" {
			open = fmt.Sprintf("%s can be read by others (%v)", quoted(name), mode.Perm())
		}
	})
	if open != "" {
		a.warn(duty.Private, open)
	}
}

// clockOffset is by how much the meter's clock is not the bench's.
func (p *player) clockOffset() time.Duration {
	return p.meter().Clock(p.now).Sub(time.Unix(0, 0)) - p.now
}

// clock says how wrong the program has set the meter's clock; empty if it has not, or to the time
// of its computer.
func (p *player) clock(before time.Duration) string {
	const slack = time.Minute
	here, there := time.Now().UTC(), p.meter().Clock(p.now).UTC()
	if p.clockOffset() == before || here.Sub(there).Abs() < slack {
		return ""
	}
	return fmt.Sprintf("it set the meter's clock to %s, and it is %s UTC", there.Format(time.DateTime), here.Format(time.DateTime))
}

// abort says that a program has gone on after it was told to stop; empty if it has not. The meter
// takes its time there, so that much was still to be done.
func (p *player) abort(a *Execution) string {
	if !a.Aborted || !a.success() || p.scenario.Pace != scaled {
		return ""
	}
	return fmt.Sprintf("it was sent %v in the middle of the download, and went on to the end", p.scenario.abortSignal())
}

// tarries says that a program went on long after it was told to stop, with nothing left to bring
// back; empty if it has not. A request that is under way may be tried to its end.
func (p *player) tarries(a *Execution) string {
	if !a.Aborted || a.Killed || a.Exit.TimedOut || len(a.signals) == 0 || a.Meter.FlashOps == 0 {
		return ""
	}
	const slack = 5 * time.Second
	took := a.started.Add(a.Exit.Took).Sub(a.signals[0].at)
	if took <= time.Duration(tries())*p.options.Response+slack {
		return ""
	}
	return fmt.Sprintf("it was sent %v when the flash was cleared, and ended %.1fs later", p.scenario.abortSignal(), took.Seconds())
}

// record says what in the record beside the image is not what the file says; empty for nothing.
func (p *player) record() string {
	dated, ok := p.meter().Dated()
	if !ok || p.file == nil || dated.Equal(p.file.Dated) {
		return ""
	}
	return fmt.Sprintf("the firmware was built at %s, and the meter has %s for it", p.file.Dated.UTC().Format(time.DateTime), dated.Format(time.DateTime))
}

// facts says which line of the log tells something else of the file or the meter than is so; empty
// for none. Only the log of a success is looked at: before, a program may not know.
func (p *player) facts(a *Execution, log *verdict.Log) string {
	if log == nil || !a.success() {
		return ""
	}
	m := &p.world.Meters[p.step.Meter]
	for _, e := range log.Entries {
		wrong := false
		switch e.Kind {
		case upgradelog.FirmwareVersion:
			wrong = e.Text != p.file.Revision
		case upgradelog.DeviceSerialNumber:
			wrong = e.Text != m.SerialNumber
		case upgradelog.DeviceUnitID:
			wrong = e.Number != int(m.UnitID)
		case upgradelog.DeviceBaudRate:
			wrong = p.target.Upgrade.uses(baudOf) && e.Number != m.Baud
		}
		if wrong {
			return fmt.Sprintf("line %d of the log is %q, and that is not so", e.At, e.Line)
		}
	}
	return ""
}

// tells reports whether a text has a password, in clear or in the hex digits of the bytes that are sent.
func tells(text []byte, word string) bool {
	if bytes.Contains(text, []byte(word)) {
		return true
	}
	credential, err := ion.ParsePassword(word, 0)
	if err != nil {
		return false
	}
	sent := bytes.TrimLeft(credential.Secret[:], "\x00")
	if len(sent) < leastSent {
		return false
	}
	low := bytes.ToLower(text)
	return bytes.Contains(low, fmt.Appendf(nil, "%x", sent)) || bytes.Contains(low, fmt.Appendf(nil, "% x", sent))
}

// leastSent is how many bytes a password must have to be told from other bytes.
const leastSent = 3

// leastSecret is how long a password must be to be told from other text.
const leastSecret = 5

// secret says where the password was told; empty for nowhere.
func (p *player) secret(a *Execution) string {
	word := p.world.Meters[p.step.Meter].Password
	if len(word) < leastSecret {
		return ""
	}
	for _, told := range []struct {
		where string
		text  [][]byte
	}{
		{"in the log", [][]byte{a.Log}},
		{"in its output", [][]byte{a.Exit.Stdout.head, a.Exit.Stdout.tail, a.Exit.Stderr.head, a.Exit.Stderr.tail}},
	} {
		for _, text := range told.text {
			if tells(text, word) {
				return "the password is " + told.where
			}
		}
	}
	return ""
}

// quoted is a text for people that may hold anything.
func quoted(text string) string { return visible(fmt.Sprintf("%q", text)) }

// noteEnd notes everything unusual about the end of the program.
func (a *Execution) noteEnd() {
	e := &a.Exit
	if e.Stubborn {
		a.note("it went on after SIGTERM and was killed")
	}
	if e.Stopped {
		a.note("when its time was over, a signal had stopped it")
	}
	if e.Left {
		a.note("it left processes behind, which were killed")
	}
	if e.Escaped {
		a.note("processes that it started could not be ended")
	}
	if e.Held {
		a.note("a process that left its group still has its output open; it was not ended")
	}
	for _, o := range []struct {
		name string
		Output
	}{{"standard output", e.Stdout}, {"standard error", e.Stderr}} {
		if o.Bytes > maxKept {
			a.note("it wrote %d bytes to %s, of which %d are kept", o.Bytes, o.name, maxKept)
		}
	}
	if said := e.said(); !e.Success() && !a.Killed && said != "" {
		a.note("it said: %s", said)
	}
}

// progress says how far the program came.
func (a *Execution) progress() string {
	switch {
	case !a.Asked:
		return "it never asked the meter anything"
	case a.Cost.Insisted >= tries():
		return fmt.Sprintf("it sent one request %d times and got no answer", a.Cost.Insisted)
	case a.Cost.Blocks > 0 && !a.verified():
		return fmt.Sprintf("it sent %d blocks, and never had the image verified", a.Cost.Blocks)
	case a.Cost.Blocks > 0:
		return fmt.Sprintf("it sent %d blocks", a.Cost.Blocks)
	}
	return "it sent no block"
}

// verified reports whether the meter checked the image.
func (a *Execution) verified() bool {
	return slices.ContainsFunc(a.Trace, func(e story.Event) bool {
		_, checked := e.What.(story.ImageChecked)
		return checked
	})
}

// runs says what the meter runs.
func (a *Execution) runs() string {
	switch {
	case a.Meter.Running != "":
		return "runs " + a.Meter.Running
	case a.Meter.Image:
		return fmt.Sprintf("is in state %v with the whole image, which was never started", a.Meter.State)
	case a.Meter.Revision != "":
		return fmt.Sprintf("is in state %v, and a restart would run %s", a.Meter.State, a.Meter.Revision)
	}
	return fmt.Sprintf("is in state %v and has no image that runs", a.Meter.State)
}

// forbidden is why the attempt must not touch the flash; empty if it may.
func (p *player) forbidden(a *Execution) string {
	if a.Recovery {
		return ""
	}
	if len(p.attempts) > 1 {
		return ""
	}
	if p.scenario.Spoil != nil {
		return "the file is wrong: " + p.scenario.Title
	}
	first := &p.world.Attempts[0]
	files, err := p.world.FilesOf(first, &p.settings[0])
	if err != nil {
		return err.Error()
	}
	why := evidence.Forbidden(first, &p.world.Meters[0], &files)
	if why == "" && p.step.Expect == Refuses {
		return p.scenario.Title
	}
	return why
}

// logJudged is the LogTold of a log that was judged.
const logJudged = "judged"

// log is the log of an attempt; nil if it is not judged.
func (p *player) log(a *Execution) *verdict.Log {
	log := a.Log
	if a.Killed {
		log = log[:bytes.LastIndexByte(log, '\n')+1] // its last line may be cut
	}
	if p.abroad() {
		log = inEnglish(log, a.started)
	}
	read := verdict.ReadLog(log, 0)
	if a.LogTold = p.judgeable(a, read); a.LogTold != logJudged {
		return nil
	}
	first := p.attempts[0]
	read.Gap = first.Killed && len(first.Log) == 0 && first.Meter.FlashOps > 0
	return read
}

// judgeable is logJudged, or why the log is not judged.
func (p *player) judgeable(a *Execution, log *verdict.Log) string {
	began := func(e upgradelog.Entry) bool { return e.Kind == upgradelog.UpgradeStarted }
	lies := func(f fault.Fault) bool { return f.Kind.Forges() }
	switch {
	case !p.target.forAttempt(a.Recovery).uses(logOf):
		return "not seen: the command has no {log}"
	case log.Bytes == 0:
		return "not seen: the program wrote none"
	case p.around().NoRoom:
		return "not judged: there was no room for it"
	case slices.ContainsFunc(a.Harms, func(h Harm) bool { return h.lies() }):
		return "not judged: the meter said what was not so"
	case log.Err != nil || !slices.ContainsFunc(log.Entries, began):
		return "not seen: it is no log in the manner of Upgrade.log"
	case slices.ContainsFunc(a.faults(), lies):
		return "not judged: the meter said what was not so"
	}
	return logJudged
}
