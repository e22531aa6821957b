package reproduce

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// mended is a run with what its log lacks, so that the bench can play it: lines that were lost,
// and values that no meter of the bench has, each with a stand-in. A line that was put in has no
// number.
type mended struct {
	*LoggedRun
	remarks []Remark
	// lost is how many lines were put in.
	lost int
	// untimed: it is not known when the run began or ended, or at which rate, so its times cannot be compared.
	untimed bool
	// begun is when a run began that is outside the calendar of the bench, which plays it at another time: its end
	// is moved with it. Zero: it is played when it was.
	begun time.Time
	// state is the line of the meter's first state if the log's is lost: then it is unsure.
	state  upgradelog.Kind
	unsure bool
	// against is the line that is not taken as it stands although it says something; nil for none.
	against *contradiction
}

// unread is the number of an efficiency that was put in.
const unread = -1

// errExcerpt: too little of a run is there to play it.
var errExcerpt = errors.New("only the end of a run is there, without the beginning of its download")

// mend returns a run to be compared with what the bench plays. state is the line of the meter's first
// state where the log's is lost.
func mend(r *LoggedRun, state upgradelog.Kind) (*mended, error) {
	if len(r.Entries) == 0 {
		return nil, errExcerpt
	}
	if r.Mixed {
		return nil, errMixed
	}
	m, err := mendLines(r, r.Entries, state)
	if err != nil {
		return nil, err
	}
	if entries, against := freed(r, m); against != nil {
		if m, err = mendLines(r, entries, state); err != nil {
			return nil, err
		}
		m.against = against
		m.remark(0, "%s", against)
	} else {
		m.against = unplayable(r) // which is remarked where it is replaced
	}
	for _, e := range m.Entries {
		if e.Kind == upgradelog.Refused && sums.MatchString(strings.ToLower(e.Text)) {
			m.remark(e.At, "the sums in this line are of an image that is not known here; they are not compared")
		}
	}
	if m.lost > 0 {
		m.remark(0, "lines that the tool always writes are missing here (%d): they are taken as they must have been", m.lost)
	}
	return m, nil
}

func mendLines(r *LoggedRun, entries []upgradelog.Entry, state upgradelog.Kind) (*mended, error) {
	m := &mended{state: state, untimed: r.timeless(), LoggedRun: &LoggedRun{First: r.First, Last: r.Last, Remarks: r.Remarks, Unread: r.Unread}}
	return m, m.lines(entries)
}

func (m *mended) remark(line int, format string, args ...any) {
	addRemark(&m.remarks, line, fmt.Sprintf(format, args...))
}

// put puts in a line that was lost.
func (m *mended) put(l upgradelog.Line) {
	m.Entries = append(m.Entries, upgradelog.Entry{Line: l})
	m.lost++
}

// putState puts in the line of the meter's first state.
func (m *mended) putState() {
	m.unsure = true
	m.put(upgradelog.Line{Kind: m.state})
}

// headKinds are the first lines of a run, in their order.
func headKinds() []upgradelog.Kind {
	return []upgradelog.Kind{
		upgradelog.UpgradeStarted, upgradelog.SoftwareVersion, upgradelog.FirmwareVersion, upgradelog.FirmwareDated, upgradelog.DeviceName,
		upgradelog.DeviceSerialNumber, upgradelog.DeviceUnitID, upgradelog.DeviceBaudRate,
	}
}

// untilDeviceName is how many lines of the head the tool writes before it asks the meter.
const untilDeviceName = 5

// lines takes the lines of a run, and puts in those that must have stood before each.
func (m *mended) lines(entries []upgradelog.Entry) error {
	kinds := headKinds()
	next := 0 // line of the head
	upTo := func(n int) {
		for ; next < n; next++ {
			m.put(m.standIn(kinds[next], entries))
		}
	}
	for i, e := range entries {
		at := slices.Index(kinds, e.Kind)
		switch {
		case at >= 0:
			upTo(at)
			next = max(next, at+1)
			m.Entries = append(m.Entries, m.playable(e))
			continue
		case asksTheMeter(e.Kind):
			upTo(untilDeviceName)
		default:
			upTo(len(kinds))
		}
		if err := m.body(e, entries[:i]); err != nil {
			return err
		}
	}
	if next < untilDeviceName {
		upTo(untilDeviceName) // which the tool writes at once
	}
	m.after(entries)
	return nil
}

// asksTheMeter reports whether a line can stand before the meter has said who it is.
func asksTheMeter(k upgradelog.Kind) bool {
	switch k {
	case upgradelog.Retrying, upgradelog.GivingUp, upgradelog.Refused, upgradelog.AbortedByUser, upgradelog.UpgradeFailed:
		return true
	}
	return false
}

// standIn is a line of the head that is not there.
func (m *mended) standIn(k upgradelog.Kind, entries []upgradelog.Entry) upgradelog.Line {
	model := meter.ION7350
	switch k {
	case upgradelog.UpgradeStarted:
		m.untimed = true
		m.remark(0, "the line %q is missing: it is not known when the run began, and its times are not compared", k)
	case upgradelog.DeviceName:
		model = modelIn(entries)
	}
	return usual(k, model)
}

// What stands in for a value that the bench cannot have, or that is not there.
const (
	newVersion   = "V283"
	serialNumber = "PC-0209A001-11"
	unitID       = 105
)

// modelIn is the model that the log's firmware is for.
func modelIn(entries []upgradelog.Entry) meter.Model {
	for _, e := range entries {
		if e.Kind == upgradelog.FirmwareVersion {
			if model, ok := modelOf(e.Text); ok {
				return model
			}
		}
	}
	return meter.ION7350
}

// modelOf is the model that a revision begins with.
func modelOf(revision string) (meter.Model, bool) {
	model, err := meter.ParseModel(revision[:min(4, len(revision))])
	return model, err == nil
}

// playable returns a line of the head with a value that a meter of the bench can have. What stands
// in the log is shown all the same.
func (m *mended) playable(e upgradelog.Entry) upgradelog.Entry {
	was := e.String()
	switch e.Kind {
	case upgradelog.FirmwareVersion:
		if capitals := strings.ToUpper(e.Text); isRevision(capitals) {
			e.Text = capitals
		}
		if model, ok := modelOf(e.Text); !ok || !isRevision(e.Text) {
			if !ok {
				model = meter.ION7350
			}
			e.Text = model.String() + newVersion
		}
	case upgradelog.FirmwareDated:
		if e.Time.Unix() <= 0 || e.Time.Unix() > maxDated {
			e.Time = world.ArticleDated()
		}
	case upgradelog.DeviceName:
		if e.Text == "" {
			e.Text = "ion" + meter.ION7350.String()
		}
	case upgradelog.DeviceSerialNumber:
		if !isSerialNumber(e.Text) {
			e.Text = serialNumber
		}
	case upgradelog.DeviceUnitID:
		if ion.CheckUnitID(e.Number) != nil {
			e.Number = unitID
		}
	case upgradelog.DeviceBaudRate:
		if ion.CheckBaudRate(e.Number) != nil {
			e.Number = ion.DefaultBaudRate
		}
	case upgradelog.UpgradeStarted:
		if e.Time.Year() < firstYear || e.Time.Year() > lastYear {
			m.untimed, m.begun, e.Time = true, e.Time, world.ArticleStart()
		}
	}
	if is := e.String(); is != was {
		m.remark(e.At, "no meter of the bench has this: %.120q; the bench plays %q", was, is)
	}
	return e
}

// maxDated is the last time that a .UPG file can be dated: Unix seconds in 32 bits.
const maxDated = 1<<32 - 1

// Years that the calendar of the bench has.
const (
	firstYear = 1971
	lastYear  = 2105
)

// isRevision reports whether a text is a model, V and three digits.
func isRevision(s string) bool {
	const form = "7350V283"
	if len(s) != len(form) || s[4] != 'V' {
		return false
	}
	for _, c := range s[:4] + s[5:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func isSerialNumber(s string) bool {
	const most = 16
	return s != "" && len(s) <= most && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c <= ' ' || c > '~' })
}

// body takes a line behind the head. earlier are those before it.
func (m *mended) body(e upgradelog.Entry, earlier []upgradelog.Entry) error {
	if ofDownload(e.Kind) && !m.has(upgradelog.Proceeding) {
		first := e.Kind == upgradelog.Completed && e.Number == 10
		if !first && !m.beginsDownload(earlier) {
			return errExcerpt
		}
		m.beginDownload()
	}
	m.before(e)
	if !m.begun.IsZero() && isEnd(e.Kind) {
		e.Time = world.ArticleStart().Add(e.Time.Sub(m.begun))
	}
	m.Entries = append(m.Entries, e)
	return nil
}

// ofDownload reports whether a line is written only while blocks are sent.
func ofDownload(k upgradelog.Kind) bool {
	return k == upgradelog.Completed || k == upgradelog.Efficiency || k == upgradelog.Resending || k == upgradelog.Aborting
}

// beginsDownload reports whether one of the lines before a download is there, so that not more
// than single lines are lost.
func (m *mended) beginsDownload(before []upgradelog.Entry) bool {
	return slices.ContainsFunc(before, func(e upgradelog.Entry) bool {
		return e.Kind == upgradelog.FlashCleared || e.Kind == upgradelog.EnteredDownloadState || e.Kind == upgradelog.AlreadyInDownloadState
	})
}

// beginDownload puts in what stands before a download.
func (m *mended) beginDownload() {
	for _, kinds := range [][]upgradelog.Kind{{upgradelog.EnteredDownloadState, upgradelog.AlreadyInDownloadState}, {upgradelog.FlashCleared}, {upgradelog.Proceeding}} {
		if !slices.ContainsFunc(m.Entries, func(e upgradelog.Entry) bool { return slices.Contains(kinds, e.Kind) }) {
			if kinds[0] == upgradelog.EnteredDownloadState {
				m.putState()
				continue
			}
			m.put(upgradelog.Line{Kind: kinds[0]})
		}
	}
}

// before puts in the lines that must stand before e.
func (m *mended) before(e upgradelog.Entry) {
	last := m.Entries[len(m.Entries)-1].Line
	if last.Kind == upgradelog.Completed && e.Kind != upgradelog.Efficiency {
		m.put(upgradelog.Line{Kind: upgradelog.Efficiency, Number: unread})
	}
	switch e.Kind {
	case upgradelog.FlashCleared:
		if !m.has(upgradelog.EnteredDownloadState) && !m.has(upgradelog.AlreadyInDownloadState) {
			m.putState()
		}
	case upgradelog.Proceeding:
		if last.Kind != upgradelog.FlashCleared {
			m.put(upgradelog.Line{Kind: upgradelog.FlashCleared})
		}
	case upgradelog.Completed:
		m.tenthsUpTo(e.Number)
	case upgradelog.Efficiency:
		if percent := m.percent(); last.Kind != upgradelog.Completed && percent < 100 {
			m.put(upgradelog.Line{Kind: upgradelog.Completed, Number: percent + 10})
		}
	case upgradelog.Resending, upgradelog.Aborting:
		m.resendsUpTo(e.Line)
	}
}

// tenthsUpTo puts in the percentages below one.
func (m *mended) tenthsUpTo(percent int) {
	for next := m.percent() + 10; next < percent && percent <= 100; next += 10 {
		m.put(upgradelog.Line{Kind: upgradelog.Completed, Number: next})
		m.put(upgradelog.Line{Kind: upgradelog.Efficiency, Number: unread})
	}
}

// percent is the last percentage of the download that runs.
func (m *mended) percent() int {
	for _, e := range slices.Backward(m.Entries) {
		switch e.Kind {
		case upgradelog.Completed:
			return e.Number
		case upgradelog.Proceeding:
			return 0
		}
	}
	return 0
}

// resendsUpTo puts in missing answers in a row before one of them.
func (m *mended) resendsUpTo(l upgradelog.Line) {
	const most = 11
	if l.Number < 2 || l.Number > most || l.Total < l.Number {
		return
	}
	from := 1
	last := m.Entries[len(m.Entries)-1].Line
	if last.Kind == upgradelog.Resending && last.Number == l.Number-1 {
		return // none is missing, whatever their totals say
	}
	if last.Kind == upgradelog.Resending && last.Total-last.Number == l.Total-l.Number {
		from = last.Number + 1
	}
	for i := from; i < l.Number; i++ {
		m.put(upgradelog.Line{Kind: upgradelog.Resending, Number: i, Total: l.Total - l.Number + i})
	}
}

// after puts in what must stand at the end.
func (m *mended) after(entries []upgradelog.Entry) {
	last := m.Entries[len(m.Entries)-1]
	if last.Kind != upgradelog.UpgradeFailed || len(entries) < 2 {
		return
	}
	// An end that failed after eleven missing answers says so before.
	at := len(m.Entries) - 1
	if before := m.Entries[at-1].Line; before.Kind == upgradelog.Resending && before.Number == client.DefaultTiming().Resends {
		m.Entries = m.Entries[:at]
		m.put(upgradelog.Line{Kind: upgradelog.Aborting, Number: before.Number + 1, Total: before.Total + 1})
		m.Entries = append(m.Entries, last)
	}
}

// same reports whether a line of the bench is the log's, as far as the log's is known.
func (m *mended) same(i int, l upgradelog.Line) bool {
	want := m.Entries[i].Line
	switch want.Kind {
	case upgradelog.Refused:
		return l.Kind == want.Kind && withoutSums(l.Text) == withoutSums(want.Text)
	case upgradelog.SettingsRestored, upgradelog.TemplateSent:
		return l.Kind == want.Kind && strings.EqualFold(l.Text, want.Text) // capitals do not matter
	}
	return want == l || want.Kind == upgradelog.Efficiency && want.Number == unread && l.Kind == want.Kind
}

var sums = regexp.MustCompile(`crc-32 ([0-9a-f]{8})(?:, sent ([0-9a-f]{8}))?`)

// withoutSums is the text of a refusal without the sums of images, since the bytes of the image at
// the site are not known; whether two of them are equal stays. Capitals do not matter.
func withoutSums(text string) string {
	return sums.ReplaceAllStringFunc(strings.ToLower(text), func(said string) string {
		if found := sums.FindStringSubmatch(said); found[1] == found[2] {
			return "crc-32 of what was sent"
		}
		return "crc-32 of another image"
	})
}

// late is how much too early the end of a run of the bench comes.
func (m *mended) late(i int, l upgradelog.Line) int {
	if m.untimed {
		return 0
	}
	return int(m.Entries[i].Time.Sub(l.Time) / time.Second)
}
