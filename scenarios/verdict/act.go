package verdict

import (
	"fmt"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/simulator/ion"
)

// Act is a part of an attempt: an upgrade, or a template that was sent, up to what the tool said
// of it. What holds of an attempt with one act holds of each act of an attempt with several.
type Act struct {
	Windows    []client.Prompt // that the person saw in it
	Err        error           // what the tool said of it; nil for success, or for nothing
	Before     Before
	Meter      *Condition
	Counts     client.Counts
	Unanswered int
	Asked      int // as in Tool
	Aborted    bool
	Ordered    bool
	Orders     uint64 // as in Tool, of this act alone
	Earlier    uint64 // flash operations of the attempt before the act began
	Journal    *Journal
	Truth      *Truth
}

// Truth is what an act has done to the settings that somebody wants in the meter.
type Truth struct {
	// Replaced were written back with something else than what somebody wrote last, and nobody
	// had agreed.
	Replaced ion.SettingSet
	// Destroyed are neither in the meter nor in a journal any more. They were in a journal, or
	// the tool keeps one.
	Destroyed ion.SettingSet
	// Broken were promised, and are not in the meter.
	Broken ion.SettingSet
	// Unwritten are not in the meter as the tool says that it has written them.
	Unwritten ion.SettingSet
	// Unwanted were written back although the person did not want them.
	Unwanted ion.SettingSet
	// Missing are not in the meter as somebody wrote them last.
	Missing ion.SettingSet
	// Kept are those that the tool had to keep. Back: all are in the meter of a new image.
	Kept ion.SettingSet
	Back bool
}

// acts returns the evidence of each act. An attempt of one act is that act itself.
func (e *Evidence) acts() []Evidence {
	if len(e.Acts) == 1 {
		only := *e
		only.Truth, only.Meter = e.Acts[0].Truth, e.sinceTheAct()
		return []Evidence{only}
	}
	if len(e.Acts) == 0 {
		return []Evidence{*e}
	}
	list := make([]Evidence, len(e.Acts))
	for i := range e.Acts {
		list[i] = e.act(i)
	}
	return list
}

// sinceTheAct is the meter at the end of an attempt of one act. If another tool was at work, and this
// one ordered nothing outside of its act, then what the flash did before was for the other.
func (e *Evidence) sinceTheAct() *Condition {
	a := &e.Acts[0]
	if !e.Contested || e.Meter == nil || e.strayOrders() != 0 {
		return e.Meter
	}
	m := *e.Meter
	m.FlashOps -= min(a.Earlier, m.FlashOps)
	return &m
}

// strayOrders are those that the tool sent outside of its acts, where it has none to send: every act
// answers for them.
func (e *Evidence) strayOrders() uint64 {
	stray := e.Tool.Orders
	for i := range e.Acts {
		stray -= min(e.Acts[i].Orders, stray)
	}
	return stray
}

// act is the evidence of one of several acts. Only the last can have been ended with the tool.
func (e *Evidence) act(i int) Evidence {
	a, one, t := &e.Acts[i], *e, e.Tool
	t.Windows, t.Counts, t.Unanswered, t.Asked, t.Aborted, t.Ordered, t.Orders, t.Journal = a.Windows, a.Counts, a.Unanswered, a.Asked, a.Aborted, a.Ordered, a.Orders+e.strayOrders(), a.Journal
	if last := i == len(e.Acts)-1; !last || a.claims() {
		t.Ended, t.Killed, t.Err = true, false, a.Err
	}
	one.Tool, one.Before, one.Meter, one.Truth = t, a.Before, a.Meter, a.Truth
	one.Upgrade = t.asked(client.ChooseFirmware)
	return one
}

// claims reports whether the tool has said what came of the act.
func (a *Act) claims() bool {
	t := Tool{Windows: a.Windows}
	success, failure := t.claims()
	return success || failure || t.asked(client.TemplateApplied)
}

// names names settings in a reason: whole groups by their word, others one by one.
func names(set ion.SettingSet) string {
	var words []string
	for _, g := range set.Groups().List() {
		all := ion.SettingsOf(ion.Of(g))
		if set&all == all {
			words = append(words, g.Key())
			continue
		}
		for i, s := range ion.SettingTable() {
			if s.Group == g && set.Has(i) {
				words = append(words, fmt.Sprintf("%s %s", g.Key(), s.Key))
			}
		}
	}
	if set.Has(ion.TemplateName) {
		words = append(words, "the template's name")
	}
	return strings.Join(words, ", ")
}

func replaced(e *Evidence, f *findings) {
	if set := e.Truth.Replaced; set != 0 {
		f.tell("written back as they once were, over what somebody wrote later: %s", names(set))
	}
}

func destroyed(e *Evidence, f *findings) {
	if set := e.Truth.Destroyed; set != 0 {
		f.tell("neither in the meter nor in a journal any more: %s", names(set))
	}
}

func unwanted(e *Evidence, f *findings) {
	if set := e.Truth.Unwanted; set != 0 {
		f.tell("written back although the person did not want it: %s", names(set))
	}
}

// falselyRestored: energy is left out, because a meter goes on counting what nobody has written.
func falselyRestored(e *Evidence, f *findings) {
	if e.Log == nil || !e.Log.whole() || !e.Tool.succeeds() {
		return
	}
	line, _ := lineOf(e.Log.Runs[0], upgradelog.SettingsRestored)
	for _, g := range (ion.AllGroups &^ ion.Of(ion.Energy)).List() {
		none := ion.SettingsOf(ion.Of(g))&^e.Truth.Missing == 0
		if none && slices.Contains(strings.Split(line.Text, ", "), g.String()) {
			f.tell("line %d: %v is said to be restored, and nothing of it is in the meter", line.At, g)
		}
	}
}

func unwritten(e *Evidence, f *findings) {
	if set := e.Truth.Unwritten; set != 0 {
		f.tell("the tool says that it has written them, and the meter has something else: %s", names(set))
	}
}
