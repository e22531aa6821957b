package reproduce

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/upg"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/cases"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/world"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// CaseFile returns a candidate as a case file, which expects what the log says: how the run
// ended, its missing answers and its lines. It plays the case first, so a file that it returns
// passes.
func (r *Result) CaseFile(c *Candidate) ([]byte, error) {
	if !c.Match {
		return nil, fmt.Errorf("the plan does not give the log: %s", c.Differs)
	}
	head := fmt.Sprintf("# Made by ionbench reproduce, of lines %d to %d of an Upgrade.log.\n", r.Run.First, r.Run.Last)
	b := cases.Append([]byte(head+commented(c.Meaning)), r.sceneOf(c).caseOf(r, c))
	parsed, err := cases.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("a case file cannot say it: %w", err)
	}
	played, err := parsed.Run()
	if err != nil {
		return nil, fmt.Errorf("the case cannot be played: %w", err)
	}
	if !played.Passed() {
		return nil, fmt.Errorf("a case file cannot say all of it: %s", strings.Join(played.Reasons, "; "))
	}
	return b, nil
}

// commented is a text as lines of a comment: many faults make a long one.
func commented(text string) string {
	const width = 100
	var b strings.Builder
	at := width
	for _, word := range strings.Fields(text) {
		if at += 1 + len(word); at > width {
			b.WriteString("\n#")
			at = 1 + len(word)
		}
		b.WriteString(" " + word)
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}

func (w *scene) caseOf(r *Result, c *Candidate) *cases.Case {
	const most = 200
	file := &cases.Case{Title: strings.ToValidUTF8(c.Meaning[:min(len(c.Meaning), most)], "")}
	m, f := w.meter, w.firmware
	m.ImageBytes = oldImageBytes
	m.Revision = w.oldRevision()
	m.Clock = w.begun.Add(-earlier)
	if m.Model == meter.ION7350 {
		m.Model = 0
	}
	if f.Blocks = c.ImageBytes / ion.BlockBytes; c.ImageBytes%ion.BlockBytes != 0 {
		f.Blocks, f.Bytes = 0, c.ImageBytes
	}
	file.Meters, file.Firmware = []world.Meter{m}, []world.Firmware{f}
	var before []world.Action
	if w.found {
		file.Add(w.earlierAttempt(), cases.Expect{Outcome: cases.Aborted})
		before = append(before, world.Action{Kind: world.NewLog})
	}
	before = append(before, world.Action{Kind: world.Until, Until: w.begun})
	if c.of.lead > 0 {
		before = append(before, world.Action{Kind: world.Wait, For: c.of.lead})
	}
	a := w.caseAttempt("the upgrade of the log", c.Plan)
	a.Before = before
	file.Add(a, w.expect(r, c.of.outcome))
	return file
}

func (w *scene) caseAttempt(title string, plan fault.Plan) world.Attempt {
	a := w.upgrade
	a.Title, a.Plan = title, plan
	if a.Release = (client.Release{}); w.upgrade.Release.Version == client.Release21().Version {
		a.Release = client.Release21()
	}
	if a.DeviceName == "ion"+w.meter.Model.String() {
		a.DeviceName = ""
	}
	return a
}

// earlierAttempt is an attempt that leaves the meter in download state.
func (w *scene) earlierAttempt() world.Attempt {
	a := w.caseAttempt("an earlier try that leaves the meter in download state", fault.Plan{{Kind: aborted.kind(), Trigger: fault.Block(1)}})
	a.Unticked, a.Limit = 0, 0
	return a
}

// expect returns what must come of the attempt: everything that the log says.
func (w *scene) expect(r *Result, o *rig.Outcome) cases.Expect {
	e := cases.Expect{Outcome: cases.VerdictOf(o), Meter: o.Meter.State.String(), Image: pick(o.Meter.Image, "intact", "other")}
	resends := 0
	told := make(map[string]bool)
	for _, entry := range r.played.Entries {
		text := entry.String()
		if entry.Kind == upgradelog.Resending {
			resends++
		}
		if entry.Number == unread || r.Untimed && isEnd(entry.Kind) {
			continue
		}
		if told[text] || entry.Kind == upgradelog.SoftwareVersion || len(text) > longestWords || strings.TrimSpace(text) != text {
			continue
		}
		told[text] = true
		e.LogHas = append(e.LogHas, text)
	}
	e.NoResponses = &cases.Span{Min: resends, Max: resends}
	return e
}

// longestWords is the longest text of a log line that fits on a line of a case.
const longestWords = fields.MaxLineBytes - 16

// Left returns a rig with the meter as the candidate's run left it, a minute later: the faults
// are over, the line is whole and the power is back.
func (r *Result) Left(c *Candidate) (*rig.Rig, error) {
	base, err := r.sceneOf(c).rig(c.of.lead)
	if err != nil {
		return nil, err
	}
	left := base.Clone()
	if err := r.sceneOf(c).begin(left, c.ImageBytes, c.Plan); err != nil {
		return nil, err
	}
	left.Finish()
	left.Heal()
	return left, nil
}

// Firmware returns a firmware file as the candidate's run had it: of the log's revision and date,
// with an image of the candidate's size. The image itself is made up.
func (r *Result) Firmware(c *Candidate) (*upg.File, error) {
	f := r.sceneOf(c).file(c.ImageBytes)
	file, broken, err := f.UPG(r.sceneOf(c).meter.Model)
	return file, errors.Join(broken, err)
}

// Duration is how long the candidate's run took on the bench.
func (c *Candidate) Duration() time.Duration {
	if c.of.outcome == nil {
		return 0
	}
	return c.of.outcome.Cost.Time
}
