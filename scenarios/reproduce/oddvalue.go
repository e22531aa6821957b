package reproduce

import (
	"strings"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// usual is a line of the head that says what meters and tools usually are: it stands in for one that is
// not there, or whose value cannot be read. Such lines are what a plan is played with; none explains them.
func usual(k upgradelog.Kind, model meter.Model) upgradelog.Line {
	l := upgradelog.Line{Kind: k}
	release := client.Release22()
	switch k {
	case upgradelog.UpgradeStarted:
		l.Time = world.ArticleStart()
	case upgradelog.SoftwareVersion:
		l.Text, l.Number = release.Version, release.Build
	case upgradelog.FirmwareVersion:
		l.Text = model.String() + newVersion
	case upgradelog.FirmwareDated:
		l.Time = world.ArticleDated()
	case upgradelog.DeviceName:
		l.Text = "ion" + model.String()
	case upgradelog.DeviceSerialNumber:
		l.Text = serialNumber
	case upgradelog.DeviceUnitID:
		l.Number = unitID
	case upgradelog.DeviceBaudRate:
		l.Number = ion.DefaultBaudRate
	}
	return l
}

// beginnings are the words that a line of the head begins with whose value may be unreadable. All others
// have a text, or a time that is compared.
var beginnings = []struct {
	kind  upgradelog.Kind
	words string
}{
	{upgradelog.SoftwareVersion, "software version (build):"},
	{upgradelog.FirmwareDated, "firmware dated"},
	{upgradelog.DeviceUnitID, "device unit id ="},
	{upgradelog.DeviceBaudRate, "device baudrate ="},
}

// oddValue reports what a line is about that says it with a value which no tool writes.
func oddValue(s string) (k upgradelog.Kind, value string, ok bool) {
	s, _ = unquoted(tidied(s))
	s = loosened(s)
	if line, _, found := upgradelog.Respell(s); found {
		s = line
	}
	for _, b := range beginnings {
		if n := len(b.words); len(s) >= n && strings.EqualFold(s[:n], b.words) {
			return b.kind, tidied(s[n:]), true
		}
	}
	return 0, "", false
}

// takeOdd takes a line of the head whose value cannot be read: it is shown as it stands, and the bench
// plays a usual one.
func (r *reader) takeOdd(u upgradelog.Unreadable) bool {
	k, _, ok := oddValue(u.Text)
	if !ok || r.run == nil || r.run.has(k) {
		return false
	}
	l := usual(k, meter.ION7350)
	r.remark(u.At, "the value of this line cannot be read: %.120q; the bench plays %q", u.Text, l.String())
	r.run.Entries = append(r.run.Entries, upgradelog.Entry{At: u.At, Line: l})
	if r.run.odd == nil {
		r.run.odd = make(map[upgradelog.Kind]string)
	}
	r.run.odd[k] = u.Text
	r.run.Last = u.At
	return true
}
