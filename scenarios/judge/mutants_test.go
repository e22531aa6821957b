//go:build unix

package judge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/scenarios/duty"
	"ionbench/scenarios/internal/planted"
	"ionbench/scenarios/rig"
	"ionbench/scenarios/verdict"
)

// judged plays scenarios of the full suite with a program of this package, and leaves no artifacts.
func judged(t testing.TB, program string, limit time.Duration, names ...string) *Report {
	t.Helper()
	return judgedOver(t, false, "", program, limit, names...)
}

// judgedOver is judged, with a meter that is called or not. If folder is not empty, artifacts are left there.
func judgedOver(t testing.TB, called bool, folder, program string, limit time.Duration, names ...string) *Report {
	t.Helper()
	times := time.Duration(timesOf(t))
	suite, err := NewSuite("full", times*testResponse)
	if err == nil {
		suite, err = suite.Only(names)
	}
	if err != nil {
		t.Fatal(err)
	}
	soonEndless(suite)
	target := Target{
		Upgrade: programCommand(t, program, "upgrade"), Recover: programCommand(t, program, "recover"),
		Transport: rig.TCP, KeepsSettings: true,
	}
	if called {
		target.Upgrade, target.Recover = dials(t, program, "upgrade"), dials(t, program, "recover")
	}
	r, err := Run(t.Context(), suite, target, Options{Baud: testBaud, Response: times * testResponse, Limit: times * limit, Artifacts: folder, late: &lateness{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// soonEndless has the judge call a program one that asks without end after somewhat more than package
// client asks.
func soonEndless(suite *Suite) {
	for i := range suite.Scenarios {
		s := &suite.Scenarios[i]
		for j := range s.Harms {
			if of := s.Harms[j].Endless; of != nil {
				s.Longest, s.Harms[j].Endless = 0, &unceasing{answers: 150, turns: of.turns}
			}
		}
	}
}

func explain(r *Report) string {
	var b strings.Builder
	for _, s := range r.Results {
		b.WriteString(VerdictText(s))
	}
	return b.String()
}

// sighting is the scenario that shows a planted bug, and how the reason begins.
type sighting struct {
	scenario, reason string
	with             string // end of the program's name: withoutJournal, hasty or nothing
	called           bool   // the meter is at the other end of a telephone line
}

// longest is a scenario of some hundred blocks, which short runs leave out.
const longest = "long-image"

var seenBy = map[string]sighting{
	"clears-before-checking":     {scenario: "wrong-serial", reason: "I8"},
	"wrong-product-accepted":     {scenario: "wrong-product", reason: "I8"},
	"factory-values-kept":        {scenario: "killed-in-recovery", reason: "in recovery 2: I2"},
	"found-journal-dropped":      {scenario: "killed-in-recovery", reason: "in recovery 2: I2"},
	"clears-twice":               {scenario: "undisturbed", reason: "expected"},
	"image-padded":               {scenario: "undisturbed", reason: "I2"},
	"goes-on-after-power-loss":   {scenario: "power-dip", reason: "I5"},
	"gives-up-when-busy":         {scenario: "busy-often", reason: "expected"},
	"paste-options-inverted":     {scenario: "undisturbed", reason: "I2"},
	"template-name-not-restored": {scenario: "undisturbed", reason: "I2"},
	"signs-lost":                 {scenario: "lowest", reason: "I2"},
	"texts-cut":                  {scenario: "highest", reason: "I2"},
	"unit-id-in-a-byte":          {scenario: "unit-a-byte", reason: "I8"},
	"patient-with-talkers":       {scenario: "talked-to-death", reason: "I5"},
	"wrong-unit-accepted":        {scenario: "wrong-unit", reason: "I8"},
	"wrong-serial-accepted":      {scenario: "wrong-serial", reason: "I8"},
	"journal-after-erase":        {scenario: "killed-erasing", reason: "in recovery 1: I7"},
	"journal-not-atomic":         {scenario: "killed", reason: "in recovery 1: I4"},
	"journal-deleted-early":      {scenario: "killed-restarting", reason: "in recovery 1: I7"},
	"restores-before-restart":    {scenario: "undisturbed", reason: "expected"},
	"paste-options-ignored":      {scenario: "undisturbed", reason: "I2"},
	"late-reply-taken":           {scenario: "answer-late", reason: "expected"},
	"duplicate-reply-advances":   {scenario: "answer-twice", reason: "expected"},
	"sequence-wraps":             {scenario: "long-image", reason: "expected"},
	"no-resend":                  {scenario: "answer-lost", reason: "expected"},
	"refused-for-ever":           {scenario: "never-taken", reason: "conduct", with: hasty},
	"retry-without-bound":        {scenario: "cable-out", reason: "I5"},
	"retry-counter-not-reset":    {scenario: "answers-lost", reason: "I6"},
	"resumes-at-wrong-offset":    {scenario: "answer-lost", reason: "expected"},
	"last-block-short":           {scenario: "undisturbed", reason: "expected"},
	"success-before-verify":      {scenario: "undisturbed", reason: "I2"},
	"verify-ignored":             {scenario: "chip-lies", reason: "I6"},
	"verify-left-out":            {scenario: "undisturbed", reason: "expected"},
	"restart-left-out":           {scenario: "undisturbed", reason: "expected"},
	"address-wraps":              {scenario: "long-image", reason: "expected"},
	"verifies-for-ever":          {scenario: "chip-lies", reason: "I5"},
	"settings-swapped":           {scenario: "undisturbed", reason: "I2"},
	"settings-rounded":           {scenario: "undisturbed", reason: "I2"},
	"percent-from-zero":          {scenario: "undisturbed", reason: "I6"},
	"success-without-restart":    {scenario: "power-lost-restarting", reason: "in recovery 1: I2", with: withoutJournal},
	"percent-wrong":              {scenario: "answer-lost", reason: "I6"},
	"efficiency-wrong":           {scenario: "answer-lost", reason: "I6"},
	"log-lost-on-kill":           {scenario: "killed", reason: "in recovery 1: I6"},
	"dials-once":                 {scenario: "carrier-lost", reason: "expected", called: true},
	"lost-carrier-unheard":       {scenario: "carrier-lost", reason: "expected", called: true},
	"redials-a-wrong-number":     {scenario: "carrier-lost", reason: "expected", called: true},
	"dials-for-ever":             {scenario: "busy-in-between", reason: "I5", called: true},
	"never-reopens":              {scenario: "connection-breaks-often", reason: "expected"},
	"waits-half-as-long":         {scenario: "slow-answers", reason: "expected"},
	"reopens-another-port":       {scenario: "connection-breaks-often", reason: "expected"},
}

// unseen are the bugs that these scenarios do not see from outside the program, and why.
var unseen = []struct {
	why   string
	names []string
}{
	{"the meter refuses all that follows, and the program fails in the end", []string{"password-failure-ignored"}},
	{"a meter that keeps what it is told is not different for it", []string{"settings-not-read-back", "first-setting-read-back", "journal-deleted-unread"}},
	{"it is about windows", []string{
		"paste-options-in-recovery", "recovery-prompt-skipped", "recovers-after-no", "communication-lost-skipped",
		"unticked-restored", "names-all-as-restored", "journal-deleted-after-part",
		"restores-unasked", "declined-restored", "journal-deleted-after-no",
	}},
	{"it is about templates", []string{"pasted-groups-overwritten", "template-not-read-back", "template-sent-in-part", "wrong-template-accepted"}},
	{"it takes a history that is played on the bench", []string{
		"image-known-by-name", "decision-left-to-journal", "older-over-newer", "older-restored-unasked", "older-restored-after-no", "counted-energy-dropped", "journal-left",
	}},
	{"it takes a world that is played on the bench", []string{
		"deaf-to-twins", "listens-only-once", "image-not-compared", "left-unread", "time-for-every-frame", "time-for-strangers", "reconnects-for-ever",
	}},
	{"the judge asks every program for the right number", []string{"wish-logged-as-device"}},
	{"it is about a disk that is full", []string{"journal-refusal-ignored", "log-failure-hidden"}},
	{"it is in the program around the upgrader, and this one has none", []string{
		"journal-by-serial-number-alone", "log-overwritten", "meter-lock-ignored", "log-lock-ignored", "lock-by-serial-number-alone", "goes-on-after-abort", "success-after-abort",
		"left-in-loader", "completed-before-settings",
	}},
	{"another program may have a retry rule, and a log, of its own", []string{
		"nine-resends", "eleven-resends", "waits-twice-as-long", "resend-is-new", "one-message-id", "restart-awaited-for-ever",
		"ends-without-a-port",
		"efficiency-of-one-pass", "resends-not-logged", "clock-of-another-zone", "failure-not-logged",
	}},
	{"it takes minutes in real time, or costs no more than a pass", []string{
		"busy-clear-taken", "erase-failure-ignored", "clear-awaited-for-ever", "clears-for-ever", "refused-block-taken",
		"next-block-after-reopening", "first-block-after-reopening",
	}},
	{"it is about another meter that waits at the same place of a download", []string{"trusts-a-new-connection"}},
}

// whyUnseen says why a bug is not seen; empty if it should be.
func whyUnseen(name string) string {
	for _, u := range unseen {
		if slices.Contains(u.names, name) {
			return u.why
		}
	}
	return ""
}

func TestEveryPlantedBugThatCanBeSeenFromOutsideFailsForItsReason(t *testing.T) {
	t.Parallel()
	played := map[string]bool{}
	for _, d := range planted.InUpgraders() {
		by, seen := seenBy[d.Name]
		if d.Name == planted.OffTheHook { // which is advice
			continue
		}
		if seen == (whyUnseen(d.Name) != "") {
			t.Errorf("%s: it stands in both tables, or in none", d.Name)
		}
		if !seen || testing.Short() && (by.scenario == longest || played[by.scenario]) {
			continue // in a short run, one bug for each scenario
		}
		played[by.scenario] = true
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			timely(t, func(t *trying) {
				limit := 4 * testLimit // to show itself, a bug may take many blocks, and the race detector
				switch {
				case by.called && by.reason == "I5":
					limit = testLimit // a call takes its time
				case by.reason == "I5":
					limit = 6 * time.Second // more than the healthy program takes
				}
				s := judgedOver(t, by.called, "", d.Name+by.with, limit, by.scenario).Results[0]
				breaks := func(v verdict.Violation) bool { return strings.HasPrefix(v.String(), by.reason+": ") }
				if !slices.ContainsFunc(s.Broken, breaks) {
					t.Errorf("%s\nshould break %s:\n%s", d.Text, by.reason, VerdictText(s))
				}
			})
		})
	}
}

func TestTheHealthyUpgraderPassesWhereTheBugsAreSeen(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		var names []string
		seen := map[string]bool{}
		for _, by := range seenBy {
			if !seen[by.scenario] && !by.called && by.with != hasty && !(testing.Short() && by.scenario == longest) {
				names = append(names, by.scenario)
			}
			seen[by.scenario] = true
		}
		r := judged(t, "", 4*testLimit, names...)
		if passed, _, _ := r.Counts(); passed != len(names) {
			t.Errorf("%d of %d passed:\n%s", passed, len(names), explain(r))
		}
	})
}

func TestAProgramThatAsksAgainABoundedNumberOfTimesIsHealthyAndOneWithoutEndIsNot(t *testing.T) {
	t.Parallel()
	timely(t, func(t *trying) {
		names := []string{"never-taken", "busy-for-ever"}
		r := judged(t, hasty, 4*testLimit, names...)
		if passed, _, _ := r.Counts(); passed != len(names) {
			t.Errorf("%d of %d passed:\n%s", passed, len(names), explain(r))
		}
		for _, s := range judged(t, "refused-for-ever"+hasty, 4*testLimit, names...).Results {
			if told := s.breach(duty.Bounded); !strings.Contains(told, "it sent it again each time") {
				t.Error(VerdictText(s))
			}
		}
	})
}
