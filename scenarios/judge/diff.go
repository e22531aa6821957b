package judge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/verdict"
	"ionbench/simulator/ion"
)

// ErrNoComparison says that two reports cannot be compared.
var ErrNoComparison = errors.New("no comparison is possible")

// Stored is a report as a file has it. Unlike a Report it may be of scenarios that this ionbench
// does not have any more, or not yet.
type Stored struct{ o *reportObject }

// ReadStored reads a report that WriteJSON has written, now or in the version before. The error
// wraps ErrNoComparison if it is of another version.
func ReadStored(in io.Reader) (*Stored, error) {
	o, err := readObject(in)
	if err != nil {
		return nil, err
	}
	return &Stored{o}, nil
}

// Change says how something has changed from one report to the next.
type Change string

// The changes, in the order in which a difference lists them.
const (
	GotWorse    Change = "worse"
	IsGone      Change = "gone"    // only the old report has it
	IsOther     Change = "other"   // neither is better
	IsNew       Change = "new"     // only the new report has it
	GotBetter   Change = "better"  //
	NotCompared Change = "unknown" // one of the reports is not about it, or has no verdict on it
	IsSame      Change = "same"
)

// changes are all changes, in order.
func changes() []Change {
	return []Change{GotWorse, IsGone, IsOther, IsNew, GotBetter, NotCompared, IsSame}
}

// Aspect is what of a scenario, a duty or all scenarios together has changed.
type Aspect string

// The aspects.
const (
	OfVerdict   Aspect = "verdict"
	OfReason    Aspect = "reason" // which rules a scenario breaks that was and is a no
	OfSettings  Aspect = "settings lost"
	OfExit      Aspect = "exit status" // of the upgrade, and of the recoveries that it needed
	OfResends   Aspect = "resends"
	OfQuestions Aspect = "questions"
	OfTime      Aspect = "time"
)

// Changed is something that has changed.
type Changed struct {
	Change   Change `json:"change"`
	Scenario string `json:"scenario"` // empty for a duty, and for all scenarios together
	Duty     string `json:"duty"`     // its number; empty for a scenario
	Aspect   Aspect `json:"aspect"`
	Old      string `json:"old"`
	New      string `json:"new"`
	Why      string `json:"why"`    // in a sentence; may be empty
	Repeat   string `json:"repeat"` // command that plays the scenario again; may be empty
}

// Side is a report that was compared.
type Side struct {
	Upgrader string  `json:"upgrader"`
	Verdict  string  `json:"verdict"`
	JudgedBy string  `json:"judged_by"`
	Seconds  float64 `json:"seconds"`
}

// Difference is how one report has changed in the next.
type Difference struct {
	Suite string `json:"suite"`
	Old   Side   `json:"old"`
	New   Side   `json:"new"`
	Worse bool   `json:"worse"` // something got worse
	// Notes say what was not compared, and why.
	Notes []string `json:"notes"`
	// Scenarios are how many scenarios changed in a way; each counts once, by its worst change.
	Scenarios map[Change]int `json:"scenarios"`
	// Changed lists everything but what is the same, by change.
	Changed []Changed `json:"changed"`
}

// DiffFormat is the name and version of the JSON of a Difference; fixtures/schemas has its schema.
const DiffFormat = "ionbench-judge-diff 1"

// How much more a number may be before it counts as worse: by more than the share of what it was,
// and by more than the number. All scenarios together are less at the mercy of chance than one.
const (
	countShare, countMore       = 0.25, 2
	timeShare, timeMore         = 0.25, 500 * time.Millisecond
	allCountShare, allCountMore = 0.05, 5
	allTimeShare, allTimeMore   = 0.10, time.Second
)

// TolerancesText says in sentences how much more of what is tolerated.
func TolerancesText() string {
	return fmt.Sprintf(`A number of resends or questions is another if it differs by more than %.0f %% and %d in a
scenario, or %.0f %% and %d in all; a time by more than %.0f %% and %v, or %.0f %% and %v. To that
comes how late the computer was, once for each question. Where it was late by more than a
quarter of --response, numbers are not compared. Of several rounds the median counts.`,
		100*countShare, int(countMore), 100*allCountShare, int(allCountMore), 100*timeShare, timeMore, 100*allTimeShare, allTimeMore)
}

// Diff says what has changed from an old report to a new one of another release of an upgrader.
// They must be of the same suite, transport and promise; the error wraps ErrNoComparison if they
// are not, or have no scenario in common that was played.
func Diff(old, now *Stored) (*Difference, error) {
	c := &comparison{old: old.o, now: now.o, was: byName(old.o), is: byName(now.o), into: &Difference{
		Suite: visible(now.o.Suite), Old: old.o.side(), New: now.o.side(), Notes: []string{}, Scenarios: map[Change]int{}, Changed: []Changed{},
	}}
	if err := c.checkComparable(); err != nil {
		return nil, err
	}
	c.note()
	for _, change := range changes() {
		c.into.Scenarios[change] = 0
	}
	for _, name := range c.names() {
		c.scenario(name)
	}
	c.all()
	for i := range c.now.Duties {
		c.duty(&c.now.Duties[i])
	}
	d := c.into
	slices.SortStableFunc(d.Changed, func(a, b Changed) int {
		return slices.Index(changes(), a.Change) - slices.Index(changes(), b.Change)
	})
	d.Worse = slices.ContainsFunc(d.Changed, func(c Changed) bool { return c.Change == GotWorse })
	return d, nil
}

func (o *reportObject) side() Side {
	return Side{Upgrader: visible(o.Upgrader), Verdict: o.Verdict, JudgedBy: visible(o.JudgedBy), Seconds: o.Seconds}
}

// rounds are the results of a scenario that count.
type rounds []*scenarioObject

func byName(o *reportObject) map[string]rounds {
	all := map[string]rounds{}
	for i := range o.Scenarios {
		if s := &o.Scenarios[i]; !s.Again {
			all[s.Name] = append(all[s.Name], s)
		}
	}
	return all
}

func (r rounds) verdict() (worst string) {
	for _, s := range r {
		worst = worse(worst, s.Verdict)
	}
	return worst
}

// judged reports whether the scenario was played and has a verdict.
func (r rounds) judged() bool { return r.verdict() == "pass" || r.verdict() == "no" }

// why is the reason of the worst verdict.
func (r rounds) why() string {
	for _, s := range r {
		if s.Verdict == r.verdict() {
			return cmp.Or(s.Skipped, s.Trouble, strings.Join(s.Broken[:min(1, len(s.Broken))], ""))
		}
	}
	return ""
}

// rules are the rules that were broken, by name.
func (r rounds) rules() []string {
	var names []string
	for _, s := range r {
		for _, text := range s.Broken {
			if v, err := verdict.Parse(text); err == nil && !slices.Contains(names, v.Rule.String()) {
				names = append(names, v.Rule.String())
			}
		}
	}
	return names
}

// lost are the settings that are not there in the end.
func (r rounds) lost() (lost ion.Groups) {
	for _, s := range r {
		if n := len(s.Attempts); n > 0 {
			groups, _ := groupsOf(s.Attempts[n-1].Lost) // it was read before
			lost |= groups
		}
	}
	return lost
}

// ends is how the attempts ended, such as "exit 1, exit 0"; rounds that ended in another way are
// behind it.
func (r rounds) ends() string {
	var all []string
	for _, s := range r {
		var ends []string
		for i := range s.Attempts {
			ends = append(ends, s.Attempts[i].ended())
		}
		if text := strings.Join(ends, ", "); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; or ")
}

func (o *attemptObject) ended() string {
	if o.Killed {
		return "killed by the scenario"
	}
	e := Exit{Code: o.Exit, Signal: visible(o.Signal), TimedOut: o.TimedOut}
	return e.String()
}

// attempts are how many attempts the round with the most had.
func (r rounds) attempts() (most int) {
	for _, s := range r {
		most = max(most, len(s.Attempts))
	}
	return most
}

// succeeded reports whether the first attempt claimed success in every round.
func (r rounds) succeeded() bool {
	return !slices.ContainsFunc(r, func(s *scenarioObject) bool { return len(s.Attempts) == 0 || s.Attempts[0].ended() != "exit 0" })
}

// boasts reports whether a success was claimed that was none. How it ended is no measure then.
func (r rounds) boasts() bool { return slices.Contains(r.rules(), verdict.I2.String()) }

// crashes reports whether a signal ended an attempt that the scenario did not send.
func (r rounds) crashes() bool {
	return slices.ContainsFunc(r, func(s *scenarioObject) bool {
		return slices.ContainsFunc(s.Attempts, func(a attemptObject) bool { return a.Signal != "" && !a.Killed })
	})
}

// numbers are what a scenario took, the median of its rounds.
type numbers struct {
	resends, questions, time float64
	late                     float64 // of the computer, at most
	slack                    float64 // how long that can have held the program up: once for each question
}

func (r rounds) numbers() numbers {
	median := func(of func(a *attemptObject) float64) float64 {
		var sums []float64
		for _, s := range r {
			sum := 0.0
			for i := range s.Attempts {
				if n := of(&s.Attempts[i]); n == unknown || sum == unknown {
					sum = unknown
				} else {
					sum += n
				}
			}
			sums = append(sums, sum)
		}
		slices.Sort(sums)
		return sums[len(sums)/2]
	}
	n := numbers{
		resends:   median(func(a *attemptObject) float64 { return float64(a.Resends) }),
		questions: median(func(a *attemptObject) float64 { return float64(a.Questions) }),
		time:      median(func(a *attemptObject) float64 { return a.Seconds }),
	}
	for _, s := range r {
		n.late = max(n.late, s.Late)
		if s.Late == unknown {
			n.late = unknown
			break
		}
	}
	n.slack = max(0, n.late) * max(0, n.questions)
	return n
}

// comparison compares scenario by scenario.
type comparison struct {
	old, now *reportObject
	was, is  map[string]rounds
	apart    string // why numbers are not compared; empty if they are
	timeless string // why times are not
	into     *Difference
	// sums are those of the scenarios whose numbers were compared.
	sums struct{ was, is numbers }
}

func (c *comparison) checkComparable() error {
	for _, each := range []struct{ what, old, now string }{
		{"suite", c.old.Suite, c.now.Suite},
		{"transport", c.old.Transport, c.now.Transport},
		{"promise to keep settings", fmt.Sprint(c.old.Keeps), fmt.Sprint(c.now.Keeps)},
	} {
		if each.old != each.now {
			return fmt.Errorf("%w: the %s is another: %.100q and %.100q", ErrNoComparison, each.what, each.old, each.now)
		}
	}
	for name, is := range c.is {
		if was := c.was[name]; was.judged() && is.judged() && c.otherScenario(was, is) == "" {
			return nil
		}
	}
	return fmt.Errorf("%w: they have no scenario in common that both have judged", ErrNoComparison)
}

// conditions are what the numbers of two reports depend on besides the program.
func (o *reportObject) conditions() string {
	return fmt.Sprintf("--response %v, --pace %d, --baud %d, --seed %d", fromSeconds(o.Response), o.Pace, o.Baud, o.Seed)
}

// lacks are the reasons for which the report does not have everything; what could not be played it
// has as skipped.
func (o *reportObject) lacks() []string { return without(o.PartialBy, []string{"skipped"}) }

// note says what is not compared.
func (c *comparison) note() {
	add := func(format string, args ...any) {
		c.into.Notes = append(c.into.Notes, visible(fmt.Sprintf(format, args...)))
	}
	if c.old.Verdict != c.now.Verdict {
		add("the verdict is %s, and was %s", c.now.Verdict, c.old.Verdict)
	}
	if a, b := c.old.conditions(), c.now.conditions(); a != b {
		c.apart = fmt.Sprintf("the old report is of %s, the new one of %s", a, b)
		add("resends, questions and times are not compared: %s", c.apart)
	}
	if a, b := c.old.Parallel, c.now.Parallel; c.apart == "" && (a != b || a == 0) {
		c.timeless = "how many scenarios were played at once is not known of both reports"
		if a != b && a*b != 0 {
			c.timeless = fmt.Sprintf("%d scenarios were played at once, and then %d", a, b)
		}
		add("times are not compared: %s", c.timeless)
	}
	if c.old.before || c.now.before {
		add("settings lost are not compared: reports of %q say something else of them", FormatBefore)
	}
	switch a, b := c.old.JudgedBy, c.now.JudgedBy; {
	case a == "" || b == "":
		add("not both reports say which ionbench judged: what changed may be the judge's")
	case a != b:
		add("they were judged by %s and by %s: what changed may be the judge's, so judge the old release again", a, b)
	}
	for _, side := range []struct {
		o    *reportObject
		name string
	}{{c.old, "old"}, {c.now, "new"}} {
		if why := side.o.lacks(); len(why) > 0 {
			add("the %s report is partial (%s): what it does not have is not compared", side.name, strings.Join(why, ", "))
		}
	}
}

// names are those of all scenarios, in the order of the new suite and then of the old one.
func (c *comparison) names() []string {
	names := slices.Clone(c.now.Whole)
	for _, name := range c.old.Whole {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// scenario compares one scenario in every aspect.
func (c *comparison) scenario(name string) {
	was, is := c.was[name], c.is[name]
	var found []Changed
	add := func(change Change, of Aspect, old, now, why string) {
		one := Changed{Change: change, Scenario: name, Aspect: of, Old: old, New: now, Why: why}
		if len(is) > 0 && change != NotCompared {
			one.Repeat = is[0].Repeat
		}
		found = append(found, one.visible())
	}
	if change, why := c.verdict(name, was, is); change != IsSame {
		add(change, OfVerdict, cmp.Or(was.verdict(), "absent"), cmp.Or(is.verdict(), "absent"), why)
	}
	if was.judged() && is.judged() && c.otherScenario(was, is) == "" {
		compareVerdicts(was, is, add)
		if !c.old.before && !c.now.before {
			compareLost(was, is, add)
		}
		if was.verdict() == is.verdict() && was.ends() == is.ends() && was.lost() == is.lost() { // to do more takes more
			c.compareNumbers(was, is, add)
		}
	}
	worst := IsSame
	for _, f := range found {
		if slices.Index(changes(), f.Change) < slices.Index(changes(), worst) {
			worst = f.Change
		}
	}
	c.into.Scenarios[worst]++
	c.into.Changed = append(c.into.Changed, found...)
}

// visible is a change that is safe to show: reports may come from anywhere.
func (c Changed) visible() Changed {
	for _, text := range []*string{&c.Scenario, &c.Duty, &c.Old, &c.New, &c.Why, &c.Repeat} {
		*text = visible(*text)
	}
	return c
}

// verdict says how the verdict on a scenario has changed.
func (c *comparison) verdict(name string, was, is rounds) (Change, string) {
	switch {
	case len(was) == 0 && len(is) == 0:
		return NotCompared, "neither report has played it"
	case len(is) == 0 && slices.Contains(c.now.Whole, name):
		return NotCompared, "the new report is not about it"
	case len(is) == 0:
		return IsGone, "the suite does not have it any more"
	case len(was) == 0 && slices.Contains(c.old.Whole, name):
		return NotCompared, "the old report is not about it"
	case len(was) == 0:
		return IsNew, is.why()
	}
	if why := c.otherScenario(was, is); why != "" {
		return NotCompared, why
	}
	return verdictChange(was, is)
}

// verdictChange compares the verdicts on a scenario that both reports have.
func verdictChange(was, is rounds) (Change, string) {
	switch old, now := was.verdict(), is.verdict(); {
	case old == "none" || now == "none":
		return NotCompared, "there is no verdict: " + cmp.Or(is.why(), was.why())
	case old == now:
		return IsSame, ""
	case now == "no" && old == "pass":
		return GotWorse, is.why()
	case now == "skipped": // what was known of the program is not known any more
		return GotWorse, "it could be played, and cannot any more: " + is.why()
	case old == "skipped":
		return IsNew, is.why()
	}
	return GotBetter, "it was: " + was.why()
}

// otherScenario says in what two scenarios of the same name differ; empty if they are one.
func (c *comparison) otherScenario(was, is rounds) string {
	if len(was) == 0 || len(is) == 0 {
		return ""
	}
	a, b := was[0], is[0]
	if a.Expected != b.Expected || a.Input != b.Input || a.Harms != b.Harms {
		return "it is another scenario in the other ionbench, by this name"
	}
	if c.old.Response == c.now.Response && a.Plan != b.Plan { // a plan has times
		return "its plan is another in the other ionbench"
	}
	return ""
}

// compareVerdicts compares reasons and exit statuses.
func compareVerdicts(was, is rounds, add func(change Change, of Aspect, old, now, why string)) {
	if was.verdict() == "no" && is.verdict() == "no" {
		old, now := strings.Join(was.rules(), ", "), strings.Join(is.rules(), ", ")
		if more := without(is.rules(), was.rules()); len(more) > 0 {
			add(GotWorse, OfReason, old, now, is.why())
		} else if less := without(was.rules(), is.rules()); len(less) > 0 {
			add(GotBetter, OfReason, old, now, "")
		}
	}
	if old, now := was.ends(), is.ends(); old != now && !was.boasts() && !is.boasts() {
		change, why := endsChange(was, is)
		add(change, OfExit, old, now, why)
	}
}

func compareLost(was, is rounds, add func(change Change, of Aspect, old, now, why string)) {
	switch old, now := was.lost(), is.lost(); {
	case now&^old != 0:
		add(GotWorse, OfSettings, old.String(), now.String(), "")
	case old&^now != 0:
		add(GotBetter, OfSettings, old.String(), now.String(), "")
	}
}

func endsChange(was, is rounds) (Change, string) {
	switch {
	case is.crashes() && !was.crashes():
		return GotWorse, "a signal ends it that nobody sent"
	case !is.crashes() && was.crashes():
		return GotBetter, ""
	case is[0].Expected == Refuses || is[0].Expected == Either: // a success is no better there
		return IsOther, ""
	case was.succeeded() && !is.succeeded():
		return GotWorse, "the upgrade succeeded by itself"
	case !was.succeeded() && is.succeeded():
		return GotBetter, ""
	case is.attempts() > was.attempts():
		return GotWorse, "it needs more recoveries"
	case is.attempts() < was.attempts():
		return GotBetter, ""
	}
	return IsOther, ""
}

func without(list, these []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(these, s) })
}

// compareNumbers compares how much a scenario took that ended alike in both reports.
func (c *comparison) compareNumbers(was, is rounds, add func(change Change, of Aspect, old, now, why string)) {
	old, now := was.numbers(), is.numbers()
	late := max(old.late, now.late)
	if c.apart != "" || fromSeconds(late) > tolerated(fromSeconds(c.now.Response)) {
		return
	}
	for _, n := range []struct {
		of       Aspect
		old, now float64
	}{{OfResends, old.resends, now.resends}, {OfQuestions, old.questions, now.questions}} {
		if change := changeOf(n.old, n.now, countShare, countMore); n.old != unknown && n.now != unknown && change != IsSame {
			add(change, n.of, fmt.Sprint(n.old), fmt.Sprint(n.now), "")
		}
	}
	c.sums.was, c.sums.is = c.sums.was.plus(old), c.sums.is.plus(now)
	if c.timeless != "" || late == unknown {
		return
	}
	slack := timeMore.Seconds() + max(old.slack, now.slack)
	if change := changeOf(old.time, now.time, timeShare, slack); change != IsSame {
		add(change, OfTime, inSeconds(old.time), inSeconds(now.time), "")
	}
}

func inSeconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func (n numbers) plus(o numbers) numbers {
	questions := n.questions + o.questions
	if n.questions == unknown || o.questions == unknown {
		questions = unknown
	}
	return numbers{resends: n.resends + o.resends, questions: questions, time: n.time + o.time, slack: n.slack + o.slack}
}

// changeOf compares two numbers of which less is better.
func changeOf(old, now, share, more float64) Change {
	switch {
	case now-old > max(more, share*old):
		return GotWorse
	case old-now > max(more, share*now):
		return GotBetter
	}
	return IsSame
}

// all compares the sums of all scenarios whose numbers were compared.
func (c *comparison) all() {
	was, is := c.sums.was, c.sums.is
	add := func(change Change, of Aspect, old, now string) {
		if change != IsSame {
			c.into.Changed = append(c.into.Changed, Changed{Change: change, Aspect: of, Old: old, New: now, Why: "of all scenarios that ended alike"})
		}
	}
	add(changeOf(was.resends, is.resends, allCountShare, allCountMore), OfResends, fmt.Sprint(was.resends), fmt.Sprint(is.resends))
	if was.questions != unknown && is.questions != unknown {
		add(changeOf(was.questions, is.questions, allCountShare, allCountMore), OfQuestions, fmt.Sprint(was.questions), fmt.Sprint(is.questions))
	}
	if c.timeless == "" {
		slack := allTimeMore.Seconds() + max(was.slack, is.slack)
		add(changeOf(was.time, is.time, allTimeShare, slack), OfTime, inSeconds(was.time), inSeconds(is.time))
	}
}

// duty compares what came of a duty.
func (c *comparison) duty(now *dutyObject) {
	at := slices.IndexFunc(c.old.Duties, func(d dutyObject) bool { return d.ID == now.ID })
	old := dutyObject{State: DutyNotExercised}
	if at >= 0 {
		old = c.old.Duties[at]
	}
	change := IsSame
	switch order := []DutyState{DutyKept, DutyAdvised, DutyBroken}; {
	case old.State == now.State:
		return
	case old.State == DutyNotExercised:
		change = IsNew
	case now.State == DutyNotExercised:
		change = IsGone
	case slices.Index(order, now.State) > slices.Index(order, old.State):
		change = GotWorse
	default:
		change = GotBetter
	}
	if (change == IsNew || change == IsGone) && len(c.old.lacks())+len(c.now.lacks()) > 0 {
		change = NotCompared
	}
	c.into.Changed = append(c.into.Changed, Changed{Change: change, Duty: now.ID, Aspect: OfVerdict, Old: string(old.State), New: string(now.State), Why: now.Why}.visible())
}

// Text is the difference for people. What did not change and was not compared is counted alone.
func (d *Difference) Text() string {
	var b strings.Builder
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for _, c := range d.Changed {
		if c.Change != NotCompared {
			b.WriteString(c.text())
		}
	}
	var sum []string
	for _, change := range changes() {
		sum = append(sum, fmt.Sprintf("%s=%d", change, d.Scenarios[change]))
	}
	return b.String() + strings.Join(sum, " ") + "\n"
}

func (c *Changed) text() string {
	what := c.Scenario
	switch {
	case c.Duty != "":
		what = "duty " + c.Duty
		if d, err := duty.Parse(c.Duty); err == nil {
			what += " (" + strings.TrimRight(duty.Of(d).Text, ".;") + ")"
		}
	case what == "":
		what = "all"
	}
	text := fmt.Sprintf("%s: %s: %s: %s, was %s", c.Change, what, c.Aspect, c.New, c.Old)
	if c.Why != "" {
		text += ": " + c.Why
	}
	if c.Change == GotWorse && c.Repeat != "" {
		text += "\n  " + c.Repeat
	}
	return text + "\n"
}
