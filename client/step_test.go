package client

import (
	"slices"
	"testing"
)

func allSteps() (list []step) {
	for _, p := range procedures() {
		list = append(list, p...)
	}
	return list
}

func TestEveryStepHasWordsOfItsOwnAndIsReadByThem(t *testing.T) {
	seen := map[string]bool{}
	for s := NoStep; s < stepCount; s++ {
		if words := s.String(); seen[words] || words == "" != (s == NoStep) {
			t.Errorf("step %d is called %q", s, words)
		}
		seen[s.String()] = true
		text, err := s.MarshalText()
		var read Step
		if err != nil || read.UnmarshalText(text) != nil || read != s {
			t.Errorf("%q is read as %q (%v)", s, read, err)
		}
	}
	for _, bad := range []string{"dance", "Download", " download", "download\n"} {
		read := StepVerify
		if err := read.UnmarshalText([]byte(bad)); err == nil || read != StepVerify {
			t.Errorf("%q is read as %q", bad, read)
		}
	}
	if text, err := stepCount.MarshalText(); err == nil {
		t.Errorf("a step that is none is written as %q", text)
	}
}

func TestEveryStepStandsInAProcedure(t *testing.T) {
	list := allSteps()
	for s := NoStep + 1; s < stepCount; s++ {
		if !slices.ContainsFunc(list, func(l step) bool { return l.is == s }) {
			t.Errorf("%q stands in none", s)
		}
	}
	for _, l := range list {
		if l.act == nil && l.is == NoStep {
			t.Errorf("a step that waits for %v has no name", l.ask)
		}
	}
}

func TestTheMeterIsWithoutItsApplicationFromDownloadStateToItsRestart(t *testing.T) {
	list := upgradeSteps()
	first := slices.IndexFunc(list, func(l step) bool { return l.is.LeavesApplication() })
	if list[first].is != StepIdentifyBeforeEntering {
		t.Errorf("it is %q", list[first].is)
	}
	behind := slices.IndexFunc(list[first:], func(l step) bool { return !l.is.LeavesApplication() })
	for i, l := range list {
		if want := i >= first && i < first+behind; l.is.LeavesApplication() != want {
			t.Errorf("%q leaves the application: %v", l.is, !want)
		}
	}
	if last := list[first+behind-1].is; last != StepIdentifyAgain {
		t.Errorf("the application is back behind %q", last)
	}
}

func TestOnlyARestartingMeterIsPolledInSilence(t *testing.T) {
	for _, l := range allSteps() {
		if want := l.retry == polling; l.is.AwaitsRestart() != want {
			t.Errorf("%q awaits a restart: %v", l.is, !want)
		}
	}
}
