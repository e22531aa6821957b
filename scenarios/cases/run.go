package cases

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/scenarios/rig"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
	"ionbench/simulator/story"
)

// Result is what came of a case.
type Result struct {
	// Reasons tell, a line each, what did not come out as the file says; none: it did.
	Reasons  []string
	Attempts []Tried
	Log      []byte        // Upgrade.log as it is at the end
	Trace    []story.Event // of the whole case
	Time     time.Duration // that passed on the virtual clock
}

// Tried is what came of an attempt.
type Tried struct {
	Verdict Verdict
	*rig.Outcome
}

// Passed reports that all came out as the file says.
func (r *Result) Passed() bool { return len(r.Reasons) == 0 }

// Verdicts is how the attempts ended, in order: "failure, success", "8 refused, success".
func (r *Result) Verdicts() string {
	var list []string
	for i := 0; i < len(r.Attempts); {
		v, n := r.Attempts[i].Verdict, 1
		for i+n < len(r.Attempts) && r.Attempts[i+n].Verdict == v {
			n++
		}
		word := string(v)
		if n > 1 {
			word = formatInt(n) + " " + word
		}
		list = append(list, word)
		i += n
	}
	return strings.Join(list, ", ")
}

// runner is a case at work.
type runner struct {
	file   *Case
	rig    *rig.Rig
	first  ion.Settings // of the meter at the start of the case
	result *Result
	baud   bool // the tool's baud rate was another than the meter's
}

// Run plays the case on the bench, in virtual time. That something does not come out as
// the file says is in the result; the error is about a case that cannot be played, such
// as an image that no meter has room for.
func (c *Case) Run() (*Result, error) {
	r, err := rig.New(c.setup())
	if err != nil {
		return nil, fmt.Errorf("set up the meter: %w", err)
	}
	n := &runner{file: c, rig: r, first: r.Meter().Settings(r.Now()), result: new(Result)}
	for i := range c.Attempts {
		if err := n.attempt(i); err != nil {
			return nil, fmt.Errorf("%s: %w", c.heading(i), err)
		}
	}
	n.result.Log = r.Disk().Log
	n.result.Trace = r.Bench().Station().Trace()
	n.result.Time = r.Now()
	return n.result, nil
}

func (c *Case) setup() rig.Setup {
	m := c.Meter
	s := rig.Setup{
		Model:        m.Model,
		SerialNumber: m.SerialNumber,
		UnitID:       m.UnitID,
		Baud:         m.Baud,
		Password:     m.Password,
		Revision:     m.Revision,
		ImageBytes:   m.ImageBytes,
		Epoch:        m.Clock,
	}
	if m.Factory {
		revision := m.Revision
		if revision == "" {
			revision = c.meterModel().String() + "V282"
		}
		settings := meter.FactoryTemplate(c.meterModel(), revision)
		s.Settings = &settings
	}
	return s
}

func (n *runner) attempt(i int) error {
	a := &n.file.Attempts[i]
	for _, action := range a.Before {
		n.do(action)
	}
	try, err := n.prepare(a)
	if err != nil {
		return err
	}
	n.rig.Disk().Full = a.DiskFull
	events := len(n.rig.Meter().EventLog())
	o, err := n.rig.Try(try)
	if err != nil {
		return err
	}
	t := Tried{VerdictOf(o), o}
	n.result.Attempts = append(n.result.Attempts, t)
	j := judge{runner: n, attempt: a, tried: t, events: o.Meter.EventLog[min(events, len(o.Meter.EventLog)):]}
	j.all()
	return nil
}

func (n *runner) fail(line int, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if line > 0 {
		reason = fmt.Sprintf("line %d: %s", line, reason)
	}
	n.result.Reasons = append(n.result.Reasons, reason)
}

func (n *runner) do(a Action) {
	switch a.Kind {
	case Heal:
		n.rig.Heal()
	case PowerCycle:
		n.rig.PowerCycle(a.For)
	case Wait:
		n.rig.Wait(a.For)
	case Until:
		clock := n.rig.Setup().Epoch.Add(n.rig.Now())
		if clock.After(a.Until) {
			n.fail(a.line, "%s has passed: it is %s by then; begin the case earlier ([meter] clock)", formatCalendar(a.Until), formatCalendar(clock))
			return
		}
		n.rig.Wait(a.Until.Sub(clock))
	case NewLog:
		n.rig.Disk().Log = nil
	}
}

// prepare makes the rig's attempt of the case's.
func (n *runner) prepare(a *Attempt) (rig.Attempt, error) {
	person, err := n.person(a)
	if err != nil {
		return rig.Attempt{}, err
	}
	n.baud = n.baud || a.Baud != 0
	baud := a.Baud
	if baud == 0 && n.baud {
		baud = n.rig.Setup().Baud // another tool before this one had set it
	}
	return rig.Attempt{
		Task:         a.Task,
		Release:      a.Release,
		SingleDevice: a.Single,
		Journal:      a.Journal,
		Password:     a.Password,
		UnitID:       a.UnitID,
		SerialNumber: a.SerialNumber,
		DeviceName:   a.DeviceName,
		Baud:         baud,
		Person:       person,
		Plan:         a.Plan,
		Writes:       n.writes(a),
		Limit:        a.Limit,
	}, nil
}

func (n *runner) person(a *Attempt) (rig.Person, error) {
	section, _ := n.file.firmware(a.Firmware)
	image, badImage, err := n.file.upgOf(section)
	if err != nil {
		return rig.Person{}, err
	}
	template, badTemplate, err := n.template(a, image)
	if err != nil {
		return rig.Person{}, err
	}
	return rig.Person{
		Firmware:    image,
		FirmwareErr: badImage,
		Template:    template,
		TemplateErr: badTemplate,
		Paste:       a.Paste,
		NoRecovery:  a.NoRecovery,
		NoRestore:   a.NoRestore,
		Connections: a.Connections,
		Assistant:   a.Assistant,
		AtSilence:   a.AtSilence,
	}, nil
}

// template: the factory's is the one that comes with the new revision.
func (n *runner) template(a *Attempt, image *upg.File) (*dcf.File, error, error) {
	section, _ := n.file.template(a.Template)
	revision := n.rig.Setup().Revision
	if image != nil {
		revision = image.Revision
	}
	return n.file.dcfOf(section, revision, &n.first)
}

func (n *runner) writes(a *Attempt) map[int]ion.Value {
	if a.Task != client.TaskWriteSettings {
		return nil
	}
	writes := make(map[int]ion.Value)
	for i, s := range ion.SettingTable() {
		if a.WriteBack.Has(s.Group) {
			writes[i] = n.first.Values[i]
		}
	}
	for _, w := range a.Writes {
		writes[w.Setting] = w.Value
	}
	return writes
}

// VerdictOf says in a word how an attempt ended.
func VerdictOf(o *rig.Outcome) Verdict {
	switch {
	case !o.Ended:
		return Unfinished
	case o.Killed:
		return Killed
	case o.Claim == nil:
		return Success
	case errors.Is(o.Claim, client.ErrAborted):
		return Aborted
	case refused(o):
		return Refused
	}
	return Failure
}

// refused is a failure that was found before anything was erased.
func refused(o *rig.Outcome) bool {
	return o.Meter.FlashOps == 0 && (client.IsRefusal(o.Claim) || errors.Is(o.Claim, client.ErrSettings))
}
