package cases

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/verdict"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// judge compares an attempt with what its file expects.
type judge struct {
	*runner
	number int // of the attempt, from 0
	expect *Expect
	tried  Tried
	events []meter.LogEntry // of the meter, since the attempt began
}

func (j *judge) all() {
	j.outcome()
	j.meter()
	j.settings()
	j.tool()
	j.log()
	for _, unstruck := range j.tried.Unstruck {
		j.fail(j.attemptLine(), "%s", unstruck)
	}
	for _, broken := range j.tried.Violations {
		j.fail(j.attemptLine(), "an invariant is broken: %s", broken)
	}
}

// line is the line of the file that says it.
func (j *judge) line(key string) int {
	if j.number < len(j.file.expects) && len(j.file.expects[j.number].Keys[key]) > 0 {
		return j.file.expects[j.number].LineOf(key)
	}
	return j.attemptLine()
}

// attemptLine is the line at which the attempt begins.
func (j *judge) attemptLine() int {
	if j.number < len(j.file.attempts) {
		return j.file.attempts[j.number].Line
	}
	return 0
}

// differs adds a reason: something is not as the file says.
func (j *judge) differs(key string, is, wanted any) {
	j.fail(j.line(key), "%s is %v, and the file says %v", key, is, wanted)
}

// same compares words. A word that is not set is not compared.
func (j *judge) same(key, is, wanted string) {
	if wanted != "" && is != wanted {
		j.differs(key, orNone(is), wanted)
	}
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

func (j *judge) outcome() {
	e := j.expect
	if got := j.tried.Verdict; got != e.Outcome {
		j.fail(j.line("outcome"), "outcome is %s%s, and the file says %s", got, j.why(), e.Outcome)
		return
	}
	for _, words := range e.Reasons {
		if why := j.why(); !strings.Contains(strings.ToLower(why), strings.ToLower(words)) {
			j.fail(j.line("reason"), "the reason has no %q: %s", words, strings.TrimSpace(why))
		}
	}
}

func (j *judge) why() string {
	if j.tried.Claim == nil {
		return ""
	}
	return " (" + j.tried.Claim.Error() + ")"
}

func (j *judge) meter() {
	e, m := j.expect, &j.tried.Meter
	j.same("meter", m.State.String(), e.Meter)
	j.same("revision", orNone(m.Revision), e.Revision)
	j.same("image", pick(m.Image, "intact", "other"), e.Image)
	j.same("flash", pick(j.tried.Untouched(), "untouched", "changed"), e.Flash)
	j.same("lcd", m.LCD, e.LCD)
	j.same("template", m.Settings.Template, e.Template)
	j.eventLog()
}

func pick(yes bool, word, other string) string {
	if yes {
		return word
	}
	return other
}

// eventLog wants the entries in this order; others may stand between them.
func (j *judge) eventLog() {
	left := j.events
	for _, wanted := range j.expect.Events {
		at := slices.IndexFunc(left, func(e meter.LogEntry) bool { return e.Text == wanted })
		if at < 0 {
			j.fail(j.line("event"), "the event log has no %q since the attempt began%s", wanted, j.eventTexts())
			return
		}
		left = left[at+1:]
	}
}

func (j *judge) eventTexts() string {
	if len(j.events) == 0 {
		return ": no entry at all"
	}
	var texts []string
	for _, e := range j.events {
		texts = append(texts, e.Text)
	}
	return " in that order: " + strings.Join(texts, ", ")
}

func (j *judge) settings() {
	e, now := j.expect, j.tried.Meter.Settings
	passed := j.rig.Now()
	for _, w := range e.Settings {
		wanted := *now
		wanted.Values[w.Setting] = w.Value
		if verdict.Lost(&wanted, now, passed) != 0 {
			s := ion.SettingTable()[w.Setting]
			j.differs("setting", s.Key+" "+s.Format(now.Values[w.Setting]), w)
		}
	}
	if e.Kept != nil {
		if kept := ion.AllGroups &^ verdict.Lost(j.tried.First, now, passed); kept != *e.Kept {
			j.differs("kept", tool.Groups().Print(kept), tool.Groups().Print(*e.Kept))
		}
	}
	if e.Defaults != nil {
		factory := meter.FactoryTemplate(j.said().Model, j.revision())
		if others := verdict.Lost(&factory, now, passed) & *e.Defaults; others != 0 {
			j.fail(j.line("defaults"), "%s: not as the factory template has them", tool.Groups().Print(others))
		}
	}
	if e.Reads != nil {
		j.reads(*e.Reads)
	}
}

func (j *judge) revision() string {
	if r := j.tried.Meter.Revision; r != "" {
		return r
	}
	return j.said().Revision
}

// said is what the world says of the meter of the attempt.
func (j *judge) said() world.Meter { return j.rig.World().MeterOf(&j.file.Attempts[j.number]) }

func (j *judge) reads(wanted ion.Groups) {
	if j.tried.Read == nil {
		j.fail(j.line("read"), "the tool read no settings")
		return
	}
	if others := verdict.Lost(j.tried.First, j.tried.Read, j.rig.Now()) & wanted; others != 0 {
		j.fail(j.line("read"), "%s: not read as they were at the start of the case", tool.Groups().Print(others))
	}
}

func (j *judge) tool() {
	e, o := j.expect, j.tried.Outcome
	j.count("resends", int(o.Cost.Resends), e.Resends)
	j.count("journals", j.tried.Journals, e.Journals)
	if e.RecoveryMode != nil && o.Recovery != *e.RecoveryMode {
		j.differs("recovery-mode", fields.YesNo("").Print(o.Recovery), fields.YesNo("").Print(*e.RecoveryMode))
	}
	if e.Time != nil && !e.Time.holds(o.Cost.Time) {
		j.differs("time", fault.FormatTime(o.Cost.Time), *e.Time)
	}
	if e.Prompts != nil && !slices.Equal(o.Prompts, *e.Prompts) {
		j.differs("prompts", formatPrompts(o.Prompts), formatPrompts(*e.Prompts))
	}
}

func (j *judge) count(key string, is int, wanted *Span) {
	if wanted != nil && !wanted.holds(is) {
		j.differs(key, is, *wanted)
	}
}

func formatPrompts(p []client.Prompt) string {
	return orNone(promptLists().Print(p))
}

func (j *judge) log() {
	e, log := j.expect, j.tried.Log
	if e.NoResponses != nil {
		j.count("no-responses", resendings(log), e.NoResponses)
	}
	for _, words := range e.LogHas {
		if !bytes.Contains(log, []byte(words)) {
			j.fail(j.line("log-has"), "no line of the log has %q", words)
		}
	}
	for _, words := range e.LogLacks {
		if at := bytes.Index(log, []byte(words)); at >= 0 {
			j.fail(j.line("log-lacks"), "line %d of the log has %q", 1+bytes.Count(log[:at], []byte("\n")), words)
		}
	}
	if e.Log != "" {
		j.compareLog(e.Log, log)
	}
}

func resendings(log []byte) int {
	parsed, err := upgradelog.Parse(log)
	if err != nil {
		return -1
	}
	n := 0
	for _, e := range parsed.Entries {
		if e.Kind == upgradelog.Resending {
			n++
		}
	}
	return n
}

// compareLog compares the log with a file line by line, so that the reason can name a line.
func (j *judge) compareLog(name string, log []byte) {
	wanted, err := j.file.read(name)
	if err != nil {
		j.fail(j.line("log"), "%v", err)
		return
	}
	if bytes.Equal(log, wanted) {
		return
	}
	is, should := strings.Split(string(log), "\n"), strings.Split(string(wanted), "\n")
	for i := range max(len(is), len(should)) {
		if a, b := lineAt(is, i), lineAt(should, i); a != b {
			j.fail(j.line("log"), "the log is not that of %s: line %d is %s, and the file says %s", name, i+1, a, b)
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) {
		return "not there"
	}
	return fmt.Sprintf("%q", lines[i])
}

// maxLogBytes bounds a file that a log is compared with.
const maxLogBytes = upgradelog.MaxBytes

func (c *Case) read(name string) ([]byte, error) {
	if c.Files == nil {
		return nil, fmt.Errorf("there is no folder in which %s could be", name)
	}
	info, err := fs.Stat(c.Files, name)
	if err != nil {
		return nil, fmt.Errorf("%w; put the file next to the case", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	f, err := c.Files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLogBytes+1))
	if err == nil && len(b) > maxLogBytes {
		err = fmt.Errorf("%s has more than the %d bytes that are read", name, maxLogBytes)
	}
	return b, err
}
