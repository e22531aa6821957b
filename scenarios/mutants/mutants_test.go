package mutants

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"ionbench/scenarios/verdict"
)

// caughtBy is the invariant that each mutant breaks; empty if no invariant is about its bug and a
// probe's sentence catches it.
var caughtBy = map[string]string{
	"clears-before-checking":         "I2",
	"wrong-product-accepted":         "I8",
	"wrong-unit-accepted":            "I8",
	"unit-id-in-a-byte":              "I9",
	"wrong-serial-accepted":          "I8",
	"password-failure-ignored":       "",
	"image-known-by-name":            "I2",
	"decision-left-to-journal":       "I2",
	"journal-after-erase":            "I7",
	"journal-refusal-ignored":        "",
	"journal-not-atomic":             "I7",
	"journal-by-serial-number-alone": "I9",
	"factory-values-kept":            "I7",
	"found-journal-dropped":          "I2",
	"older-over-newer":               "I2",
	"journal-deleted-early":          "I7",
	"clears-twice":                   "",
	"busy-clear-taken":               "I6",
	"erase-failure-ignored":          "I6",
	"clear-awaited-for-ever":         "I5",
	"clears-for-ever":                "I5",
	"sequence-wraps":                 "I4",
	"address-wraps":                  "I4",
	"resumes-at-wrong-offset":        "",
	"last-block-short":               "I4",
	"image-padded":                   "I2",
	"refused-block-taken":            "I6",
	"goes-on-after-power-loss":       "I5",
	"gives-up-when-busy":             "",
	"refused-for-ever":               "I5",
	"verify-left-out":                "I4",
	"verify-ignored":                 "I6",
	"verifies-for-ever":              "I5",
	"restart-left-out":               "I4",
	"success-before-verify":          "I2",
	"success-without-restart":        "I2",
	"image-not-compared":             "I2",
	"left-unread":                    "I7",
	"late-reply-taken":               "I6",
	"duplicate-reply-advances":       "I6",
	"time-for-every-frame":           "I5",
	"time-for-strangers":             "I5",
	"patient-with-talkers":           "I5",
	"deaf-to-twins":                  "I9",
	"listens-only-once":              "I9",
	"resend-is-new":                  "",
	"one-message-id":                 "",
	"no-resend":                      "I3",
	"ends-without-a-port":            "I3",
	"dials-once":                     "",
	"dials-for-ever":                 "I5",
	"redials-a-wrong-number":         "",
	"left-off-the-hook":              "",
	"never-reopens":                  "",
	"reopens-another-port":           "I6",
	"first-block-after-reopening":    "",
	"trusts-a-new-connection":        "",
	"lost-carrier-unheard":           "",
	"next-block-after-reopening":     "",
	"nine-resends":                   "I3",
	"eleven-resends":                 "I5",
	"retry-without-bound":            "I5",
	"restart-awaited-for-ever":       "I5",
	"retry-counter-not-reset":        "I6",
	"reconnects-for-ever":            "I5",
	"waits-half-as-long":             "I3",
	"waits-twice-as-long":            "",
	"restores-before-restart":        "I4",
	"restores-unasked":               "I7",
	"declined-restored":              "I7",
	"older-restored-unasked":         "I7",
	"older-restored-after-no":        "I7",
	"paste-options-ignored":          "I2",
	"paste-options-inverted":         "I2",
	"unticked-restored":              "I7",
	"template-name-not-restored":     "I2",
	"settings-swapped":               "I7",
	"settings-rounded":               "I7",
	"signs-lost":                     "I7",
	"texts-cut":                      "I7",
	"counted-energy-dropped":         "",
	"settings-not-read-back":         "I2",
	"first-setting-read-back":        "I2",
	"journal-deleted-unread":         "I7",
	"journal-deleted-after-no":       "I7",
	"journal-deleted-after-part":     "I7",
	"journal-left":                   "",
	"paste-options-in-recovery":      "I2",
	"pasted-groups-overwritten":      "I7",
	"template-not-read-back":         "I2",
	"template-sent-in-part":          "",
	"wrong-template-accepted":        "",
	"percent-wrong":                  "I6",
	"percent-from-zero":              "I6",
	"efficiency-wrong":               "I6",
	"efficiency-of-one-pass":         "I6",
	"resends-not-logged":             "I6",
	"clock-of-another-zone":          "",
	"wish-logged-as-device":          "I6",
	"names-all-as-restored":          "I6",
	"completed-before-settings":      "I6",
	"failure-not-logged":             "I6",
	"log-overwritten":                "I6",
	"log-lost-on-kill":               "I6",
	"recovery-prompt-skipped":        "",
	"recovers-after-no":              "",
	"communication-lost-skipped":     "",
	"goes-on-after-abort":            "",
	"left-in-loader":                 "I8",
	"success-after-abort":            "I2",
	"meter-lock-ignored":             "I9",
	"log-lock-ignored":               "I9",
	"lock-by-serial-number-alone":    "",
	"log-failure-hidden":             "I6",

	"half-address-heard":       "I4",
	"duplicate-clear-erases":   "",
	"erase-never-ends":         "I4",
	"torn-erase-taken":         "I6",
	"blocks-without-clear":     "",
	"resend-programs-twice":    "",
	"verify-without-looking":   "",
	"mark-before-verify":       "",
	"image-not-checked":        "I1",
	"runs-without-image":       "I1",
	"torn-record-kills-loader": "I1",
	"settings-kept":            "I7",
	"upgrade-not-logged":       "",
	"writes-not-kept":          "I7",
}

// says is what is said of tools that lose their port or their call: each could be caught for another reason.
var says = map[string]string{
	"dials-once":             "the connection broke: the carrier is lost",
	"dials-for-ever":         "the tool was still at work after 3h0m0s",
	"redials-a-wrong-number": "the connection broke: nobody answers; has the meter power, and does its modem answer after some rings?",
	"left-off-the-hook":      "the call is not over",
	"never-reopens":          "the connection broke: the port is gone",
	"reopens-another-port":   "the log has 10 resends, the line saw 0",
	"lost-carrier-unheard":   "check the cable, the meter's power, the unit id and the baud rate", // and no word of the carrier
}

func TestEveryMutantIsCaughtByWhatItBreaks(t *testing.T) {
	if len(All()) != len(caughtBy) {
		t.Errorf("%d mutants, and %d are expected", len(All()), len(caughtBy))
	}
	for i, m := range All() {
		if testing.Short() && i%6 != 0 {
			continue // the race detector finds in some what it finds in all
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			v, err := run(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			want, known := caughtBy[m.Name]
			switch {
			case !v.Caught:
				t.Errorf("it escapes: %s", m.Text)
			case !known || v.Invariant() != want:
				t.Errorf("caught by %q, and expected by %q", v.By(), want)
			case says[m.Name] != "" && !strings.HasSuffix(v.By(), says[m.Name]):
				t.Errorf("caught by %q, and expected with %q", v.By(), says[m.Name])
			case v.Faults() > 2 || len(v.Shrunk) > len(v.Plan):
				t.Errorf("%q was shrunk to %q", v.Plan, v.Shrunk)
			}
		})
	}
}

// The journal of a namesake on the line is found by its name, too.
func TestAJournalTakenByItsNumberShowsWithTwoMeters(t *testing.T) {
	p := namesakes()
	found, err := p.try(named(t, "journal-by-serial-number-alone"), nil)
	if err != nil || found == nil || found.Rule != verdict.I9 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestTheHealthyPairPassesEveryProbe(t *testing.T) {
	for _, p := range probes() {
		t.Run(p.must, func(t *testing.T) {
			t.Parallel()
			found, err := p.try(Healthy(), planned(p.plan))
			if err != nil || found != nil {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
}

func TestABugThatDoesNothingIsNotCaught(t *testing.T) {
	v, err := run(t.Context(), Mutant{Name: "harmless", Side: Upgrader})
	if err != nil || v.Caught {
		t.Errorf("caught by %q, %v", v.By(), err)
	}
}

func TestMutantsHaveNamesOfTheirOwnAndSayWhatTheyDo(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`)
	seen, sides := map[string]bool{}, map[Side]int{}
	for _, m := range All() {
		if !kebab.MatchString(m.Name) || seen[m.Name] || len(m.Text) < 20 {
			t.Errorf("%q: %q", m.Name, m.Text)
		}
		seen[m.Name] = true
		sides[m.Side]++
	}
	if sides[Upgrader] < 60 || sides[Meter] < 10 {
		t.Errorf("mutants: %v", sides)
	}
}

func named(t *testing.T, name string) Mutant {
	t.Helper()
	for _, m := range All() {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no mutant %s", name)
	return Mutant{}
}

func TestAPlanIsShrunkToWhatCatches(t *testing.T) {
	m := named(t, "efficiency-wrong")
	p := probe{must: "lost answers are asked for again", play: goesThroughInOnePass}
	if got := p.shrink(t.Context(), m, planned("reply-lost at block 3; reply-dup at block 4")).String(); got != "reply-lost at block 1" {
		t.Errorf("it was shrunk to %q", got)
	}
}

func TestAPlanIsNotShrunkToOneThatTheHealthyPairFails(t *testing.T) {
	m := named(t, "communication-lost-skipped")
	p := probe{must: "the person is told", play: cableOut}
	if got := p.shrink(t.Context(), m, planned("cable-pull at block 2")).String(); got != "cable-pull at start" {
		t.Errorf("it was shrunk to %q", got)
	}
}

func TestVerdictsAreTheSameEachTimeAndInOrder(t *testing.T) {
	all := []Mutant{Healthy(), named(t, "mark-before-verify"), named(t, "late-reply-taken")}
	verdicts, err := RunAll(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		alone, err := run(t.Context(), all[i])
		if err != nil || v.Mutant.Name != all[i].Name || v.By() != alone.By() || v.Shrunk.String() != alone.Shrunk.String() {
			t.Errorf("%s: %q with %q, and alone %q with %q, %v", all[i].Name, v.By(), v.Shrunk, alone.By(), alone.Shrunk, err)
		}
	}
}

func TestAnInterruptedRunIsNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := RunAll(ctx, All()); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
