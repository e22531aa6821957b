package fault

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ionbench/fixtures/golden"
)

// TestGrammarSaysWhatEachLineOfTheTableMeans runs testdata/grammar.txt: a line of input,
// then = and its canonical form, or ! and the error.
func TestGrammarSaysWhatEachLineOfTheTableMeans(t *testing.T) {
	const path = "testdata/grammar.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	cases := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "= ") || strings.HasPrefix(line, "! "):
			continue
		case line == "" || strings.HasPrefix(line, "## "):
			got.WriteString(line + "\n")
			continue
		}
		cases++
		got.WriteString(line + "\n")
		plan, err := Parse(line)
		if err != nil {
			got.WriteString("! " + err.Error() + "\n")
			continue
		}
		got.WriteString("= " + plan.String() + "\n")
	}
	if cases < 100 {
		t.Errorf("the table has only %d cases", cases)
	}
	golden.Want(t, path, got.String())
}

func TestDescribeListsTheWholeLanguage(t *testing.T) {
	page := Describe()
	golden.Want(t, "testdata/describe.txt", page)
	for _, k := range Kinds() {
		if !strings.Contains(page, k.Field) {
			t.Errorf("%v is not on the page", k.Kind)
		}
	}
}

func TestEveryExampleOfTheDesignMeansWhatItSays(t *testing.T) {
	tests := []struct {
		text string
		want Fault
	}{
		{"cable-pull at block 200 for 2 no-responses",
			Fault{Kind: CablePull, Trigger: Block(200), Duration: Duration{NoResponses: 2}}},
		{"power-loss at flash-op 1170 torn for 30s",
			Fault{Kind: PowerLoss, Trigger: FlashOp(1170, Torn), Duration: Duration{Time: 30 * time.Second}}},
		{"cable-pull at 95%",
			Fault{Kind: CablePull, Trigger: Trigger{Unit: AtPercent, First: 95_000}}},
		{"reply-lost at block 77", Fault{Kind: ReplyLost, Trigger: Block(77)}},
		{"abort at 60%", Fault{Kind: Abort, Trigger: Trigger{Unit: AtPercent, First: 60_000}}},
		{"reply-late at block 12 by 11s",
			Fault{Kind: ReplyLate, Trigger: Block(12), Parameters: Parameters{By: 11 * time.Second}}},
		{"noise at block 10 for 5s rate 1e-4 seed 7",
			Fault{Kind: Noise, Trigger: Block(10), Duration: Duration{Time: 5 * time.Second}, Parameters: Parameters{Rate: 1e-4, Seed: 7}}},
		{"byte-drop at byte 104233 to-meter",
			Fault{Kind: ByteDrop, Trigger: Trigger{Unit: AtByte, First: 104233, Side: ToMeter}}},
		{"cable-pull from-meter at 30s for 12s",
			Fault{Kind: CablePull, Side: FromMeter, Trigger: Trigger{Unit: AtTime, First: uint64(30 * time.Second)}, Duration: Duration{Time: 12 * time.Second}}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			plan, err := Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(plan) != 1 || plan[0] != test.want {
				t.Errorf("got  %+v\nwant %+v", plan, test.want)
			}
			if got := plan.String(); got != test.text {
				t.Errorf("prints as %q", got)
			}
		})
	}
}

func TestEveryKindHasAWholeRowAndAnExampleThatParsesBack(t *testing.T) {
	seen := map[string]bool{}
	for i, r := range rows {
		if r.kind != Kind(i+1) || r.name == "" || seen[r.name] || r.field == "" || r.place < PlaceLine || r.place > PlacePhone {
			t.Errorf("row %d is incomplete or out of order: %+v", i, r)
		}
		seen[r.name] = true
		if r.lasting && r.instead != "" || r.picks && !r.sided || r.ends && r.lasting {
			t.Errorf("%s contradicts itself", r.name)
		}
		for _, name := range r.takes {
			if !slices.ContainsFunc(parameters[:], func(p parameter) bool { return p.name == name }) {
				t.Errorf("%s takes %s, which does not exist", r.name, name)
			}
		}
		if r.located && !r.has("address") || r.clocked && !r.lasting || r.whole && r.tears {
			t.Errorf("%s cannot have what it needs", r.name)
		}
		if r.needs != "" && !r.has(r.needs) {
			t.Errorf("%s needs %s and does not take it", r.name, r.needs)
		}
		plan, err := Parse(r.example)
		if err != nil || len(plan) != 1 || plan[0].Kind != r.kind {
			t.Fatalf("example %q: %v, %v", r.example, plan, err)
		}
		if plan.String() != r.example {
			t.Errorf("example %q prints as %q", r.example, plan)
		}
	}
	if got := len(Kinds()); got != len(rows) {
		t.Errorf("%d kinds are described, there are %d", got, len(rows))
	}
	if parameters[bytesParameter].name != "bytes" || parameters[byParameter].name != "by" {
		t.Error("bytesParameter or byParameter points at another row")
	}
}

func TestParseOfCommentsAndEmptyLinesIsTheEmptyPlan(t *testing.T) {
	for _, text := range []string{"", "\n\n", " ; ;\t\r\n", "# abort at 60%\n"} {
		if plan, err := Parse(text); plan != nil || err != nil {
			t.Errorf("%q: %v, %v", text, plan, err)
		}
	}
	if got := (Plan{}).String(); got != "" {
		t.Errorf("the empty plan prints as %q", got)
	}
}

func TestParseKeepsTheOrderOfAFile(t *testing.T) {
	plan, err := Parse("# two at once\nreply-lost at block 3; abort at 60% # enough\r\n\nkill at 2m\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "reply-lost at block 3; abort at 60%; kill at 2m"; plan.String() != want {
		t.Errorf("got %q, want %q", plan, want)
	}
}

func TestParseErrorPointsAtLineAndColumnInCharacters(t *testing.T) {
	tests := []struct {
		text         string
		line, column int
	}{
		{"cable-pul", 1, 1},
		{"abort at 60%\n\n  kill at blok 3", 3, 11},
		{"abort at 60%;  kil", 1, 16},
		{"reply-late by 1µs at µ", 1, 22},
		{"abort at block 9..3", 1, 19},
		{"byte-drop for forever at block 1", 1, 11},
		{"noise at block 1 for 5s", 1, 1},
	}
	for _, test := range tests {
		_, err := Parse(test.text)
		var e *ParseError
		if !errors.As(err, &e) || e.Line != test.line || e.Column != test.column {
			t.Errorf("%q: %v, want line %d, column %d", test.text, err, test.line, test.column)
		}
	}
}

func TestParseBoundsAPlan(t *testing.T) {
	if _, err := Parse(strings.Repeat("#", maxPlanBytes+1)); err == nil {
		t.Error("a plan that is too long is accepted")
	}
	if _, err := Parse(strings.Repeat("abort;", maxPlanFaults)); err != nil {
		t.Error(err)
	}
	if _, err := Parse(strings.Repeat("abort;", maxPlanFaults+1)); err == nil {
		t.Error("too many faults are accepted")
	}
}

func TestNextStrikeFollowsRepetitionAndWindow(t *testing.T) {
	tests := []struct {
		fault string
		want  []uint64 // all strikes up to 40
	}{
		{"reply-lost at block 7", []uint64{7}},
		{"reply-lost at block 7..10", []uint64{7, 8, 9, 10}},
		{"reply-lost every 15 blocks", []uint64{15, 30}},
		{"reply-lost at block 3 every 15 blocks", []uint64{3, 18, 33}},
		{"reply-lost at block 3..20 every 15 blocks", []uint64{3, 18}},
		{"reply-lost at block 3..18 every 15 blocks", []uint64{3, 18}},
		{"reply-lost at block 3..17 every 15 blocks", []uint64{3}},
		{"noise at block 7..10 rate 0.5", []uint64{7}},
		{"noise at block 7..10 every 2 blocks for 1s rate 0.5", []uint64{7, 9}},
		{"reply-lost at start", nil},
		{"reply-lost at state erasing", nil},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			f := mustParse(t, test.fault)
			var got []uint64
			for n := uint64(1); ; n++ {
				at, ok := f.NextStrike(n)
				if !ok || at > 40 {
					break
				}
				if at < n {
					t.Fatalf("NextStrike(%d) = %d, in the past", n, at)
				}
				got = append(got, at)
				n = at
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("strikes at %v, want %v", got, test.want)
			}
		})
	}
}

func TestPercentStrikesAtTheFirstBlockThatMeansSoManyAreAnswered(t *testing.T) {
	tests := []struct {
		fault  string
		blocks int
		want   []int
	}{
		{"cable-pull at 95%", 460, []int{438}}, // 437 of 460 are 95.0 %
		{"cable-pull at 95.1%", 460, []int{439}},
		{"abort at 60%", 10, []int{7}},
		{"abort at 60.001%", 10, []int{8}},
		{"abort at 0.001%", 460, []int{2}},
		{"reply-lost every 25%", 8, []int{3, 5, 7}},
		{"reply-lost every 10%", 3, []int{2, 3}}, // several marks in one block strike once
		{"abort at 99%", 10, nil},                // only all ten would do, and no block starts after that
		{"abort at block 3", 10, []int{3}},
		{"abort at 3s", 10, nil},
	}
	for _, test := range tests {
		f := mustParse(t, test.fault)
		var got []int
		for n := 0; n <= test.blocks; n++ {
			if f.StrikesBlock(n, test.blocks) {
				got = append(got, n)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s of %d blocks: strikes at %v, want %v", test.fault, test.blocks, got, test.want)
		}
	}
}

func TestDirectionOfAPickedByteIsItsTriggers(t *testing.T) {
	tests := []struct {
		fault string
		want  Side
	}{
		{"byte-drop at byte 5 from-meter", FromMeter},
		{"frame-lost at frame 5", Both},
		{"frame-lost to-meter at block 5", ToMeter},
		{"cable-pull at byte 5 to-meter", Both},
		{"cable-pull from-meter at byte 5 to-meter", FromMeter},
		{"abort at byte 5 to-meter", Both},
	}
	for _, test := range tests {
		if got := mustParse(t, test.fault).Direction(); got != test.want {
			t.Errorf("%s: acts %v, want %v", test.fault, got, test.want)
		}
	}
}

func TestValidateRefusesWhatDoesNotPrintBack(t *testing.T) {
	tests := map[string]Fault{
		"no kind":            {},
		"unknown kind":       {Kind: 200, Trigger: Block(1)},
		"unknown trigger":    {Kind: Abort, Trigger: Trigger{Unit: 99, First: 1}},
		"block 0":            {Kind: Abort, Trigger: Block(0)},
		"unknown side":       {Kind: CablePull, Side: 9},
		"phase of a block":   {Kind: PowerLoss, Trigger: Trigger{Unit: AtBlock, First: 1, Phase: Torn}},
		"state of a block":   {Kind: Abort, Trigger: Trigger{Unit: AtBlock, First: 1, State: Erasing}},
		"unknown state":      {Kind: Abort, Trigger: Trigger{Unit: AtState, State: 99}},
		"side of a block":    {Kind: Abort, Trigger: Trigger{Unit: AtBlock, First: 1, Side: ToMeter}},
		"number of start":    {Kind: Abort, Trigger: Trigger{First: 1}},
		"both durations":     {Kind: CablePull, Duration: Duration{Time: 1, NoResponses: 1}},
		"negative duration":  {Kind: CablePull, Duration: Duration{Time: -1}},
		"rate above one":     {Kind: Noise, Parameters: Parameters{Rate: 2}},
		"bytes unannounced":  {Kind: PowerLoss, Trigger: FlashOp(1, Torn), Parameters: Parameters{Bytes: 3}},
		"negative length":    {Kind: ByteDrop, Parameters: Parameters{Length: -1}},
		"negative lateness":  {Kind: ReplyLate, Parameters: Parameters{By: -1}},
		"unknown status":     {Kind: ReplyStatus, Parameters: Parameters{Status: 99}},
		"negative rate":      {Kind: WrongBaud, Parameters: Parameters{Baud: -1}},
		"rate below 300":     {Kind: WrongBaud, Parameters: Parameters{Baud: 299}},
		"flap without time":  {Kind: CableFlap},
		"flap of 1ns":        {Kind: CableFlap, Parameters: Parameters{By: 1}},
		"endless sleep":      {Kind: Suspend, Trigger: Block(1)},
		"phase of a lie":     {Kind: FlashLie, Trigger: FlashOp(1, After)},
		"nowhere":            {Kind: StuckBit, Trigger: Block(1)},
		"all of the percent": {Kind: Abort, Trigger: Trigger{Unit: AtPercent, First: whole}},
	}
	for name, f := range tests {
		if f.Validate() == nil {
			t.Errorf("%s: %v is valid", name, f)
		}
	}
	if err := (Fault{Kind: Abort, Trigger: Block(3)}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestUnknownValuesPrintAsNumbers(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Kind(99).String(), "kind 99"}, {Side(9).String(), "side 9"}, {Phase(9).String(), "phase 9"},
		{State(0).String(), "state 0"}, {Unit(77).String(), "unit 77"}, {Place(0).String(), "place 0"},
		{Status(0).String(), "status 0"}, {Status(99).String(), "status 99"},
		{PlaceChip.String(), "chip"}, {AtNoResponse.String(), "no-response"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestTornBytesDefaultToHalf(t *testing.T) {
	if got := mustParse(t, "power-loss at flash-op 3 torn").Parameters.TornBytes(); got != -1 {
		t.Errorf("got %d, want -1", got)
	}
	if got := mustParse(t, "power-loss at flash-op 3 torn bytes 0").Parameters.TornBytes(); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}

func mustParse(t *testing.T, text string) Fault {
	t.Helper()
	plan, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan) != 1 {
		t.Fatalf("%q: %d faults", text, len(plan))
	}
	return plan[0]
}

func FuzzParse(f *testing.F) {
	for _, r := range rows {
		f.Add(r.example)
	}
	f.Add("cable-pull at 12m30s..14m for 2 no-responses # why\n;abort at 60%")
	f.Add("power-loss every 10 flash-ops torn bytes 0 for 1 no-response")
	f.Add("frame-lost at frame 3..9 from-meter every 2 frames")
	f.Add("clock-jump every 1m by 1h back; stuck-bit at flash-op 9 address 196608 mask 0xff; suspend at 5s..9s")
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := Parse(text)
		if err != nil {
			var e *ParseError
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Reason == "" || plan != nil {
				t.Fatalf("%q: bad error %#v", text, err)
			}
			return
		}
		printed := plan.String()
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q prints as %q, which does not parse: %v", text, printed, err)
		}
		if !slices.Equal(plan, again) {
			t.Fatalf("%q prints as %q, which is another plan", text, printed)
		}
		for _, fault := range plan {
			if err := fault.Validate(); err != nil {
				t.Fatalf("%q parses to something invalid: %v", text, err)
			}
		}
	})
}

// FuzzValidate builds faults field by field, as a sweep does: what is valid prints back.
func FuzzValidate(f *testing.F) {
	f.Add(uint8(PowerLoss), uint8(0), uint8(AtFlashOp), uint64(1170), uint64(0), uint64(0), uint8(0), uint8(Torn), uint8(0), int64(3e10), 0, 0.0, uint64(7), int64(0), uint8(0), 0, true, 0, 0, uint8(0), false, uint32(0))
	f.Add(uint8(Noise), uint8(1), uint8(AtPercent), uint64(47_500), uint64(99_999), uint64(0), uint8(0), uint8(0), uint8(0), int64(0), 0, 1e-4, uint64(7), int64(0), uint8(0), 0, false, 0, 0, uint8(0), false, uint32(0))
	f.Add(uint8(ByteFlip), uint8(0), uint8(AtByte), uint64(5), uint64(9), uint64(2), uint8(1), uint8(0), uint8(0), int64(0), 0, 0.0, uint64(0), int64(0), uint8(255), 0, false, 12, 0, uint8(0), false, uint32(0))
	f.Add(uint8(WrongBaud), uint8(0), uint8(AtNoResponse), uint64(2), uint64(0), uint64(4), uint8(0), uint8(0), uint8(0), int64(0), 1, 0.0, uint64(0), int64(0), uint8(0), 0, false, 0, 19_200, uint8(0), false, uint32(0))
	f.Add(uint8(ReplyStatus), uint8(0), uint8(AtBlock), uint64(2), uint64(4), uint64(0), uint8(0), uint8(0), uint8(0), int64(0), 0, 0.0, uint64(0), int64(0), uint8(0), 0, false, 0, 0, uint8(StatusRefused), false, uint32(0))
	f.Add(uint8(Sliced), uint8(2), uint8(AtTime), uint64(2e9), uint64(0), uint64(0), uint8(0), uint8(0), uint8(0), int64(1e9), 0, 0.0, uint64(0), int64(4e7), uint8(0), 0, false, 16, 0, uint8(0), false, uint32(0))
	f.Add(uint8(ClockJump), uint8(0), uint8(AtTime), uint64(5), uint64(0), uint64(5), uint8(0), uint8(0), uint8(0), int64(0), 0, 0.0, uint64(0), int64(3e12), uint8(0), 0, false, 0, 0, uint8(0), true, uint32(0))
	f.Add(uint8(StuckBit), uint8(0), uint8(AtBlock), uint64(5), uint64(0), uint64(0), uint8(0), uint8(0), uint8(0), int64(0), 0, 0.0, uint64(0), int64(0), uint8(3), 0, false, 0, 0, uint8(0), false, uint32(0x30000))
	f.Fuzz(func(t *testing.T, kind, side, unit uint8, first, last, every uint64, tside, phase, state uint8,
		lasts int64, noResponses int, rate float64, seed uint64, by int64, mask uint8, bytes int, hasBytes bool, length, baud int, status uint8, back bool, address uint32) {
		fault := Fault{
			Kind: Kind(kind), Side: Side(side),
			Trigger:  Trigger{Unit: Unit(unit), First: first, Last: last, Every: every, Side: Side(tside), Phase: Phase(phase), State: State(state)},
			Duration: Duration{Time: time.Duration(lasts), NoResponses: uint64(noResponses)},
			Parameters: Parameters{Rate: rate, Seed: seed, By: time.Duration(by), Mask: mask,
				Bytes: bytes, HasBytes: hasBytes, Length: length, Baud: baud, Status: Status(status), Back: back, Address: address},
		}
		printed := fault.String() // must not panic, valid or not
		if fault.Validate() != nil {
			return
		}
		plan, err := Parse(printed)
		if err != nil {
			t.Fatalf("%+v is valid, prints as %q, which does not parse: %v", fault, printed, err)
		}
		if len(plan) != 1 || plan[0] != fault {
			t.Fatalf("%+v prints as %q, which is %+v", fault, printed, plan)
		}
		wantBinaryBack(t, plan)
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("noise at block 10 for 5s rate 1e-4 seed 7"); err != nil {
			b.Fatal(err)
		}
	}
}

// What the catalogue says of a kind fits what its grammar takes.
func TestPropertiesOfAKindFitItsRow(t *testing.T) {
	for _, d := range Kinds() {
		k := d.Kind
		if parsed, ok := ParseKind(k.String()); !ok || parsed != k {
			t.Errorf("%v is read as %v, %v", k, parsed, ok)
		}
		takesBy := slices.ContainsFunc(d.Takes, func(p Taking) bool { return p.Name == "by" })
		if says := k.Delay() != 0 || k.Part() == OfClock; says != takesBy {
			t.Errorf("%v: taking `by` is %v, and saying what it means %v", k, takesBy, says)
		}
		if (k.Part() != 0) != (k.Place() == PlaceHost) {
			t.Errorf("%v is of place %v and of part %v", k, k.Place(), k.Part())
		}
		if k.ChipOp() != AnyOp && k.Place() != PlaceChip {
			t.Errorf("%v befalls flash operations and is of place %v", k, k.Place())
		}
		if k.Forges() && k.Place() != PlaceReply {
			t.Errorf("%v forges answers and is of place %v", k, k.Place())
		}
		if k.Blocks() && !k.Lasts() {
			t.Errorf("nothing goes on while %v lasts, which does not last", k)
		}
	}
	if _, ok := ParseKind("cable-pul"); ok {
		t.Error("a slip of the pen is a kind")
	}
}
