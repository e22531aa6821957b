package mutants

import (
	"context"
	"errors"
	"regexp"
	"testing"
)

// caughtBy is the invariant that each mutant breaks; empty if no invariant is about its bug and a
// probe's sentence catches it.
var caughtBy = map[string]string{
	"clears-before-checking":     "I2",
	"wrong-product-accepted":     "I8",
	"wrong-unit-accepted":        "I8",
	"unit-id-in-a-byte":          "I9",
	"wrong-serial-accepted":      "I8",
	"password-failure-ignored":   "",
	"journal-after-erase":        "I7",
	"journal-not-atomic":         "I7",
	"journal-deleted-early":      "I7",
	"restores-before-restart":    "I4",
	"paste-options-ignored":      "I2",
	"settings-not-read-back":     "I2",
	"paste-options-in-recovery":  "I2",
	"late-reply-taken":           "I6",
	"duplicate-reply-advances":   "I6",
	"sequence-wraps":             "I4",
	"no-resend":                  "",
	"retry-without-bound":        "I5",
	"patient-with-talkers":       "I5",
	"retry-counter-not-reset":    "I6",
	"resumes-at-wrong-offset":    "",
	"last-block-short":           "I4",
	"success-before-verify":      "I2",
	"verify-ignored":             "I6",
	"success-without-restart":    "I2",
	"recovery-prompt-skipped":    "",
	"communication-lost-skipped": "",
	"percent-wrong":              "I6",
	"efficiency-wrong":           "I6",
	"log-lost-on-kill":           "I6",

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

func TestEveryMutantIsCaughtByWhatItBreaks(t *testing.T) {
	if len(All()) != len(caughtBy) {
		t.Errorf("%d mutants, and %d are expected", len(All()), len(caughtBy))
	}
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			v, err := Run(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			want, known := caughtBy[m.Name]
			switch {
			case !v.Caught:
				t.Errorf("it escapes: %s", m.Text)
			case !known || v.Invariant() != want:
				t.Errorf("caught by %q, and expected by %q", v.By(), want)
			case v.Faults() > 2 || len(v.Shrunk) > len(v.Plan):
				t.Errorf("%q was shrunk to %q", v.Plan, v.Shrunk)
			}
		})
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
	v, err := Run(t.Context(), Mutant{Name: "harmless", Side: Upgrader})
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
	if sides[Upgrader] < 22 || sides[Meter] < 10 {
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
		alone, err := Run(t.Context(), all[i])
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
