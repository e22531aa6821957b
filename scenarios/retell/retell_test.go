package retell_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/client/upg"
	"ionbench/scenarios/retell"
	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
	"ionbench/simulator/capture"
	"ionbench/simulator/fault"
	"ionbench/simulator/pcapng"
	"ionbench/simulator/story/record"
)

func file(t *testing.T, s *retell.Story) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAStoryCanBeToldAgainFromItsOwnWorldAndPlan(t *testing.T) {
	t.Parallel()
	plans, err := trial.ParsePlans("reply-lost at block 1; kill at block 2")
	if err != nil {
		t.Fatal(err)
	}
	first, err := retell.Trial(trial.World(10_000), plans)
	if err != nil {
		t.Fatal(err)
	}
	if !first.Head.Replays || !first.Head.Virtual || first.Head.Trial == "" {
		t.Errorf("the head is %+v", first.Head)
	}
	head, err := record.Read(file(t, first))
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Parse([]byte(head.World))
	if err != nil {
		t.Fatal(err)
	}
	again, err := trial.ParsePlans(head.Plan)
	if err != nil {
		t.Fatal(err)
	}
	second, err := retell.Trial(*w, again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file(t, first), file(t, second)) {
		t.Error("the second time the story is another")
	}
}

func TestAStoryWithAFileOfAPersonsOwnCannotBePlayedFromItsText(t *testing.T) {
	t.Parallel()
	w := trial.World(10_000)
	full := w.Filled()
	made, _, err := full.Firmware[0].UPG(full.Meters[0].Model)
	if err != nil {
		t.Fatal(err)
	}
	own := upg.File(*made)
	told, err := retell.Trial(trial.World(0, trial.Sending(&own)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if told.Head.Replays {
		t.Error("it says that it can")
	}
}

// What a capture says of harm while a run goes on is what it says when all of it is known. Where nothing
// of a frame has arrived, nobody knows while it goes on whether it is late.
func TestACaptureThatIsMadeLiveSaysOfHarmWhatOneOfTheWholeRunSays(t *testing.T) {
	t.Parallel()
	for _, plan := range []string{"", "noise at block 1 for 2s rate 1e-2 seed 4", "byte-drop at byte 12000 to-meter; byte-insert at byte 14000 to-meter", "cable-pull at block 2 for 1 no-response; frame-dup at block 1; reply-lost at block 1"} {
		plans, err := trial.ParsePlans(plan)
		if err != nil {
			t.Fatal(err)
		}
		s, err := retell.Trial(trial.World(16_000), plans)
		if err != nil {
			t.Fatal(err)
		}
		byteTime := time.Duration(s.Head.Byte * float64(time.Second))
		write := func(tell func(w *capture.Writer)) string {
			var b bytes.Buffer
			w, err := capture.New(&b, pcapng.Config{Program: "test", Start: s.Head.Start, Lines: []pcapng.Line{{Name: "RS-485", Baud: 9600}}})
			if err != nil {
				t.Fatal(err)
			}
			tell(w)
			if w.Err() != nil {
				t.Fatal(w.Err())
			}
			return strings.ReplaceAll(b.String(), "had arrived a second later", "arrived")
		}
		whole := write(func(w *capture.Writer) { w.All(s.Events, byteTime) })
		live := write(func(w *capture.Writer) {
			w.Live(byteTime)
			for _, e := range s.Events {
				w.Add(e)
			}
			w.End(s.Events[len(s.Events)-1].At)
		})
		if a, b := harms(whole), harms(live); !slices.Equal(a, b) || plan != "" && len(a) == 0 {
			t.Errorf("%q: of the whole run\n%s\nand live\n%s", plan, strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	}
}

var harm = regexp.MustCompile(`(?:garbled|lost): [ -~]+`)

// harms are the comments of a capture that say what became of a frame.
func harms(capture string) []string { return harm.FindAllString(capture, -1) }

func TestTheHeadOfAHistoryHasThePlansOfItsAttempts(t *testing.T) {
	w := trial.World(7424)
	w.Attempts = append(slices.Clone(w.Attempts), w.Attempts[0])
	plan, err := fault.Parse("kill at block 1")
	if err != nil {
		t.Fatal(err)
	}
	w.Attempts[0].Plan = plan
	s, err := retell.History(&w)
	if err != nil {
		t.Fatal(err)
	}
	if s.Head.Plan != "kill at block 1" {
		t.Errorf("the plan is %q", s.Head.Plan)
	}
}
