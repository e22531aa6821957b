package cases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func caseFields() []fields.Field[Case] {
	words := fields.Text("WORDS")
	return []fields.Field[Case]{
		fields.Of("title", "what happens, in a line", func(c *Case) *string { return &c.Title }, words).Required(),
		fields.Several("row", "row of the list of scenarios that the case is about", func(c *Case) *[]string { return &c.Rows }, fields.Checked("K1..K20", checkRow)),
		fields.Several("article", "a sentence of the article FA212301 that it reproduces", func(c *Case) *[]string { return &c.Article }, words),
	}
}

func checkRow(s string) error {
	if n := strings.TrimPrefix(s, "K"); n == s || n == "" || len(n) > 3 || strings.Trim(n, "0123456789") != "" {
		return fmt.Errorf("%q is no row; write one such as K3", s)
	}
	return nil
}

func expectFields() []fields.Field[Expect] {
	return append(meterExpectFields(), toolExpectFields()...)
}

func meterExpectFields() []fields.Field[Expect] {
	return []fields.Field[Expect]{
		fields.Of("outcome", "how the tool ends; refused is a failure that was found before anything was erased, unfinished a tool that is still at work at the limit, as on a PC that sleeps", func(e *Expect) *Verdict { return &e.Outcome }, verdicts()).Required(),
		fields.Several("reason", "words of the tool's error", func(e *Expect) *[]string { return &e.Reasons }, fields.Text("WORDS")),
		fields.Of("meter", "the meter's state", func(e *Expect) *string { return &e.Meter }, states()),
		fields.Of("revision", "that the meter would run after a power cycle", func(e *Expect) *string { return &e.Revision }, revisionOrNone()),
		fields.Of("image", "whether the meter holds exactly the image of the attempt", func(e *Expect) *string { return &e.Image }, oneOf("image", "intact", "other")),
		fields.Of("flash", "whether the attempt had any flash operation carried out", func(e *Expect) *string { return &e.Flash }, oneOf("flash", "untouched", "changed")),
		fields.Of("lcd", "what the meter's display shows", func(e *Expect) *string { return &e.LCD }, fields.Text("TEXT")),
		fields.Several("event", "an entry of the meter's event log since the attempt began; several in this order", func(e *Expect) *[]string { return &e.Events }, fields.Text("TEXT")),
		fields.Of("template", "the name of the template in the meter", func(e *Expect) *string { return &e.Template }, fields.Text("TEXT")),
		fields.Several("setting", "a setting that the meter has then, such as pt-ct pt-primary 480", func(e *Expect) *[]world.Write { return &e.Settings }, world.Writes()),
		fields.Optional("kept", "the groups that are as they were at the start of the case, and no others", func(e *Expect) **ion.Groups { return &e.Kept }, tool.Groups()),
		fields.Optional("defaults", "groups that are as the factory template has them", func(e *Expect) **ion.Groups { return &e.Defaults }, tool.Groups()),
	}
}

func toolExpectFields() []fields.Field[Expect] {
	return []fields.Field[Expect]{
		fields.Optional("read", "groups that the tool read as they were at the start of the case (task read-settings)", func(e *Expect) **ion.Groups { return &e.Reads }, tool.Groups()),
		promptsField(),
		fields.Optional("resends", "requests that the tool sent again", func(e *Expect) **Span { return &e.Resends }, spans()),
		fields.Optional("no-responses", "lines `No response... resending` in the log", func(e *Expect) **Span { return &e.NoResponses }, spans()),
		fields.Optional("recovery-mode", "whether the tool is in Firmware Recovery Mode at its end", func(e *Expect) **bool { return &e.RecoveryMode }, fields.YesNo("recovery-mode")),
		fields.Optional("journals", "journals that are left on the disk", func(e *Expect) **Span { return &e.Journals }, spans()),
		fields.Optional("time", "that the attempt takes on the virtual clock, in whole seconds, or a range", func(e *Expect) **TimeSpan { return &e.Time }, timeSpans()),
		fields.Of("log", "a file next to the case that what the attempt logged equals, byte for byte", func(e *Expect) *string { return &e.Log }, fields.Checked("FILE", checkFileName)),
		fields.Several("log-has", "words that a line of the attempt's log has", func(e *Expect) *[]string { return &e.LogHas }, fields.Text("WORDS")),
		fields.Several("log-lacks", "words that no line of it has", func(e *Expect) *[]string { return &e.LogLacks }, fields.Text("WORDS")),
	}
}

func verdicts() fields.Notation[Verdict] {
	var words []fields.Word[Verdict]
	for _, v := range []Verdict{Success, Failure, Aborted, Killed, Refused, Unfinished} {
		words = append(words, fields.Say(string(v), v))
	}
	return fields.Words("value of outcome", words...)
}

func oneOf(field string, texts ...string) fields.Notation[string] {
	var words []fields.Word[string]
	for _, t := range texts {
		words = append(words, fields.Say(t, t))
	}
	return fields.Words("value of "+field, words...)
}

func states() fields.Notation[string] {
	var texts []string
	for s := meter.Off; s <= meter.Verifying; s++ {
		texts = append(texts, s.String())
	}
	return oneOf("meter", texts...)
}

// none is the revision if no firmware would run.
const none = "none"

func revisionOrNone() fields.Notation[string] {
	n := world.Revisions("7350V283|" + none)
	revision := n.Parse
	n.Parse = func(s string) (string, error) {
		if s == none {
			return s, nil
		}
		return revision(s)
	}
	return n
}

func promptWords() fields.Notation[client.Prompt] {
	var words []fields.Word[client.Prompt]
	for p := client.ConnectionType; p <= client.RestoreOlder; p++ {
		words = append(words, fields.Say(p.String(), p))
	}
	return fields.Words("prompt", words...)
}

// promptLists are several prompts on a line.
func promptLists() fields.Notation[[]client.Prompt] { return fields.List("LIST|"+none, promptWords()) }

// promptsField is one list, which a file may split over several lines. "none" is an empty list.
func promptsField() fields.Field[Expect] {
	lists := promptLists()
	d := fields.Description{
		Name: "prompts", Syntax: lists.Syntax, Values: promptWords().Values, Open: true, Several: true,
		Help: "the windows that the person saw, all of them in order; several lines are one list",
	}
	set := func(p **[]client.Prompt, text string) error {
		var more []client.Prompt
		var err error
		if text != none {
			more, err = lists.Parse(text)
		}
		if err != nil {
			return err
		}
		if *p == nil {
			*p = new([]client.Prompt)
		}
		**p = append(**p, more...)
		return nil
	}
	return fields.Make(d, func(e *Expect) **[]client.Prompt { return &e.Prompts }, set, foldPrompts)
}

// foldPrompts splits a list of prompts into lines that people can read.
func foldPrompts(prompts *[]client.Prompt) []string {
	const onLine = 4
	if len(*prompts) == 0 {
		return []string{none}
	}
	var lines []string
	for list := range slices.Chunk(*prompts, onLine) {
		lines = append(lines, promptLists().Print(list))
	}
	return lines
}

// maxCount is the largest number in a Span.
const maxCount = 1_000_000_000

func spans() fields.Notation[Span] {
	return fields.Notation[Span]{Syntax: "N|N..M", Parse: parseSpan, Print: Span.String, Open: true, Values: []string{"0", "10", "1..2"}}
}

func parseSpan(text string) (Span, error) {
	low, high, ranged := strings.Cut(text, "..")
	least, err := fields.ParseInt(low, 0, maxCount)
	if err != nil || !ranged {
		return Span{least, least}, err
	}
	most, err := fields.ParseInt(high, least, maxCount)
	return Span{least, most}, err
}

// String returns the span as a file has it.
func (s Span) String() string {
	if s.Min == s.Max {
		return strconv.Itoa(s.Min)
	}
	return strconv.Itoa(s.Min) + ".." + strconv.Itoa(s.Max)
}

func (s Span) holds(n int) bool { return n >= s.Min && n <= s.Max }

func timeSpans() fields.Notation[TimeSpan] {
	return fields.Notation[TimeSpan]{Syntax: "TIME|TIME..TIME", Parse: parseTimeSpan, Print: TimeSpan.String, Open: true, Values: []string{"0s", "1h10m", "1m..2m30s"}}
}

func parseTimeSpan(text string) (TimeSpan, error) {
	low, high, ranged := strings.Cut(text, "..")
	least, err := fields.ParseTime(low)
	if err != nil || !ranged {
		return TimeSpan{least, least}, err
	}
	most, err := fields.ParseTime(high)
	if err == nil && most < least {
		err = fmt.Errorf("%s ends before it begins", text)
	}
	return TimeSpan{least, most}, err
}

// String returns the span as a file has it.
func (s TimeSpan) String() string {
	if s.Min == s.Max {
		return fault.FormatTime(s.Min)
	}
	return fault.FormatTime(s.Min) + ".." + fault.FormatTime(s.Max)
}

// holds ignores fractions of a second if one exact time is expected, as the time stamps of a
// log do.
func (s TimeSpan) holds(d time.Duration) bool {
	if s.Min == s.Max {
		return d.Truncate(time.Second) == s.Min.Truncate(time.Second)
	}
	return d >= s.Min && d <= s.Max
}

// checkFileName keeps a case inside its folder.
func checkFileName(text string) error {
	if strings.ContainsAny(text, `/\`) || text == "." || text == ".." {
		return fmt.Errorf("%q is no file next to the case; write its name alone", text)
	}
	return nil
}
