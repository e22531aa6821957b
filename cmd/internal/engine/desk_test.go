package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"ionbench/scenarios/cases"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/whatif"
)

func storyOf(t *testing.T, plan string) []byte {
	t.Helper()
	plans, err := trial.ParsePlans(plan)
	if err != nil {
		t.Fatal(err)
	}
	s, err := retell.Trial(trial.World(16_000), plans)
	return file(t, s, err)
}

func file(t *testing.T, s *retell.Story, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asked carries an order out that must not be refused.
func asked(t *testing.T, d *desk, o order, shown []byte) (answer, []byte) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	is, told := d.ask(string(text), shown)
	if is.Is == "refused" {
		t.Fatalf("%+v: %s", o, is.Text)
	}
	return is, told
}

func TestAPageOpensItsRunWalksStrikesAndIsToldWhatWouldHaveCome(t *testing.T) {
	t.Parallel()
	d := new(desk)
	asked(t, d, order{Do: "open"}, storyOf(t, "reply-lost at block 1"))
	asked(t, d, order{Do: "step", By: "block"}, nil)
	here, _ := asked(t, d, order{Do: "step", By: "frame"}, nil)
	if here.Block != 1 || here.State != "receiving" || here.Doing != "download" || !here.Moved {
		t.Errorf("it stands at %+v", here)
	}
	struck, _ := asked(t, d, order{Do: "strike", Fault: "power-loss for 30s"}, nil)
	if struck.At != here.At || !strings.HasPrefix(struck.Plan, "reply-lost at block 1; power-loss at ") {
		t.Errorf("struck: %+v", struck)
	}
	is, told := asked(t, d, order{Do: "tell"}, nil)
	if want := storyOf(t, struck.Plan); !bytes.Equal(bytes.Join(linesOf(told), nil), bytes.Join(linesOf(want), nil)) {
		t.Error("the bench gives another story")
	}
	if is.Lines < 20 || is.Lines > len(linesOf(told))-20 {
		t.Errorf("%d lines of %d are those of the run", is.Lines, len(linesOf(told)))
	}
	back, _ := asked(t, d, order{Do: "step", By: "instant", Back: true}, nil)
	gone, _ := asked(t, d, order{Do: "go", At: here.At}, nil)
	if back.At >= here.At || back.Place != back.Of || back.Of == 0 || gone.At != here.At {
		t.Errorf("back at %g, gone to %g", back.At, gone.At)
	}
	asked(t, d, order{Do: "go", At: 0}, nil)
	for range 200 { // a time is told in seconds, and is the same instant when the page says it
		on, _ := asked(t, d, order{Do: "step", By: "instant"}, nil)
		if gone, _ := asked(t, d, order{Do: "go", At: on.At}, nil); gone.At != on.At || gone.Of != on.Of {
			t.Fatalf("gone to %+v from %+v", gone, on)
		}
		asked(t, d, order{Do: "go", At: on.At - 1e-9}, nil)
		if gone, _ := asked(t, d, order{Do: "go", At: on.At}, nil); gone.At != on.At {
			t.Fatalf("gone to %.9f, not to %.9f", gone.At, on.At)
		}
	}
	asked(t, d, order{Do: "go", At: here.At}, nil)
	if other, _ := asked(t, d, order{Do: "plan", Plan: ""}, nil); other.Plan != "" || other.At > here.At {
		t.Errorf("without faults: %+v", other)
	}
}

func TestACaseIsWalkedThroughAsWell(t *testing.T) {
	t.Parallel()
	c, err := cases.Parse([]byte("[case]\ntitle = two\n[meter]\nimage-bytes = 16384\n[firmware]\nbytes = 16384\n[attempt]\ntask = upgrade\nplan = kill at block 2\n[expect]\noutcome = killed\n[attempt]\nbefore = heal\ntask = recover\n[expect]\noutcome = success\n"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := retell.Case(c)
	d := new(desk)
	asked(t, d, order{Do: "open"}, file(t, s, err))
	asked(t, d, order{Do: "step", By: "block"}, nil)
	is, _ := asked(t, d, order{Do: "strike", Fault: "reply-lost"}, nil)
	told, _ := asked(t, d, order{Do: "tell"}, nil)
	if is.Plan == "" || !strings.Contains(told.Text, "plan = reply-lost at ") {
		t.Errorf("%+v, and the world is\n%s", is, told.Text)
	}
}

func TestAnEngineThatPlaysAnotherRunThanTheBenchDidSaysSo(t *testing.T) {
	t.Parallel()
	other := bytes.Replace(storyOf(t, ""), []byte(`"event":"lcd","source":"meter","text":"Upgrading…"`), []byte(`"event":"lcd","source":"meter","text":"Upgrade…"`), 1)
	is, _ := new(desk).ask(`{"do":"open"}`, other)
	if is.Is != "refused" || !strings.Contains(is.Text, "of the story differs. The engine was made of other sources") {
		t.Errorf("%+v", is)
	}
}

func TestAnOrderThatMeansNothingIsRefusedAndTheNextOneIsCarriedOut(t *testing.T) {
	t.Parallel()
	d := new(desk)
	shown := storyOf(t, "")
	for _, test := range []struct{ order, want string }{
		{`{"do":"step","by":"frame"}`, "no run is open"},
		{`{`, "unexpected end"},
		{`{"do":"open"} ` + strings.Repeat(" ", maxOrder), "at most 65536 are taken"},
	} {
		if is, _ := d.ask(test.order, nil); is.Is != "refused" || !strings.Contains(is.Text, test.want) {
			t.Errorf("%.40s: %+v", test.order, is)
		}
	}
	if is, _ := d.ask(`{"do":"open"}`, []byte("{}\n")); is.Is != "refused" || !strings.Contains(is.Text, "no story of a run") {
		t.Errorf("%+v", is)
	}
	asked(t, d, order{Do: "open"}, shown)
	for _, test := range []struct {
		order order
		want  string
	}{
		{order{Do: "dance"}, `nobody can do "dance"`},
		{order{Do: "step", By: "hour"}, "not by \"hour\""},
		{order{Do: "strike", Fault: "no such fault"}, `there is no fault "no"`},
		{order{Do: "strike", Fault: "kill; abort"}, "these are 2"},
		{order{Do: "strike", Fault: "stuck-bit"}, "needs"},
		{order{Do: "plan", Plan: "cable-pull at"}, "column"},
	} {
		text, _ := json.Marshal(test.order)
		if is, _ := d.ask(string(text), nil); is.Is != "refused" || !strings.Contains(is.Text, test.want) {
			t.Errorf("%s: %+v", text, is)
		}
	}
	asked(t, d, order{Do: "step", By: "event"}, nil)
}

// FuzzAsk: whatever a page orders, it gets an answer. The run is opened once: to compare its story with
// the page's takes ten times as long as most orders.
func FuzzAsk(f *testing.F) {
	for _, text := range []string{`{"do":"step","by":"frame"}`, `{"do":"go","at":1e300}`, `{"do":"go","at":-1}`, `{"do":"strike","fault":"kill"}`, `{"do":"plan","plan":"then then kill"}`, `{"do":"tell"}`, `{"do":"open"}`} {
		f.Add(text)
	}
	plans, err := trial.ParsePlans("")
	if err != nil {
		f.Fatal(err)
	}
	s, err := retell.Trial(trial.World(100), plans)
	if err != nil {
		f.Fatal(err)
	}
	var shown bytes.Buffer
	if err := s.Write(&shown); err != nil {
		f.Fatal(err)
	}
	opened := new(desk)
	if is, _ := opened.ask(`{"do":"open"}`, shown.Bytes()); is.Is != "standing" {
		f.Fatalf("%+v", is)
	}
	f.Fuzz(func(t *testing.T, text string) {
		walk, err := whatif.New(trial.World(100), plans)
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{walk: walk, lines: opened.lines}
		if is, _ := d.ask(text, nil); is.Is != "standing" && is.Is != "told" && is.Is != "refused" || !json.Valid([]byte(encoded(is))) {
			t.Errorf("%+v", is)
		}
	})
}
