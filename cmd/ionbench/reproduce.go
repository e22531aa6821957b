package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"ionbench/client/upgradelog"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/cmd/internal/serving"
	"ionbench/scenarios/reproduce"
	"ionbench/scenarios/shell"
)

const reproduceHelp = `
Read an Upgrade.log of the vendor's tool or of ionup, find the faults whose simulated run
gives that log, and show them, the likeliest first: what happened in plain words, the plan,
how it is told from others with the same log, and what to do now, by how it left the meter.
A plan is called a match only if its own log is the same, every line and every stamp. Where
none is, the one that comes nearest is shown, and the first line at which it differs.

A log may hold several runs, of which all are shown unless --run names one or --last says
how many; runs that say the same are explained once. It is read as people send it: with any
line ends, in UTF-16, packed with gzip or ZIP, quoted in a mail or as the mail's file, out
of a page, a document, a dump of bytes, a table, a terminal or JSON, stamped by another
logger, with dates of another locale, cut by a crash, without its head or with lines lost.
What was not taken as it stands is remarked with its line number. If lines within a run
cannot be read at all, or if one number contradicts all others, it is explained as far as it
goes, and never called reproduced. LOG is a file, or - for standard input.

With --output the candidate becomes a case file that "ionbench run" plays, to be dropped
into fixtures/cases.

With --serve the meter is there as the failure left it, a minute later, with line and power
back, until Ctrl-C: try a recovery by hand or with another tool. It is served and told of as
ionsim does (ionsim --help lists the events), with new faults if you like: --pace 10 is ten
times as fast, --save-firmware writes a file to recover with, and --state keeps the meter for
"ionsim --state FILE". At the end it says what the meter runs; where blocks were sent and
nothing runs, the exit status is 1.

With several runs these take the last, unless --run names another.
`

type reproduceFlags struct {
	run       int
	last      int
	candidate int
	output    string
	trials    int
	left      leftFlags
}

func reproduceCommand() *cli.Command {
	f := &reproduceFlags{candidate: 1, trials: reproduce.DefaultTrials, left: newLeftFlags()}
	output := cli.Text(&f.output, "output", "FILE", "write the candidate to a new case file; - prints it, and nothing else").With(cli.Files("*.case"))
	output.Letter = "o"
	return &cli.Command{
		Name: "reproduce", Brief: "find what gives an Upgrade.log of the field, and make a scenario of it", Help: reproduceHelp,
		Args: []cli.Arg{{Name: "LOG", What: "log", Values: cli.Files("*.log")}},
		Flags: append(cli.Plain(
			cli.Number(&f.run, "run", math.MinInt32, math.MaxInt32, "one run of the log alone, from 1; negative from its end"),
			cli.Number(&f.last, "last", 0, math.MaxInt32, "so many runs from the log's end; 0: all"),
			cli.Count(&f.candidate, "candidate", "the candidate for --output, --serve, --state and --save-firmware"),
			output,
			cli.Count(&f.trials, "trials", "trials on the bench that a run may take"),
			cli.Switch(&f.left.JSON, "json", "print one JSON object a run; with --serve, behind them "+serving.EventsFormat+", as ionsim --json prints it").Writes("ionbench-reproduce 1"),
		), f.left.flags()),
		Examples: `
  ionbench reproduce Upgrade.log
  ionbench reproduce Upgrade.log --run 2 --json
  ionbench reproduce years.log --last 5
  ionbench reproduce Upgrade.log -o my-failure.case
  ionbench reproduce Upgrade.log -o - | ionbench run - --print trace
  ionbench reproduce Upgrade.log --candidate 2 --serve pty --link ./ttyION
  ionbench reproduce Upgrade.log --serve tcp --tcp :7801 --pace 10 --save-firmware fits.upg
  ionbench reproduce Upgrade.log --state left.state
`,
		Done: "reproduced", Failed: "a run is not",
		Run: f.act,
	}
}

func (f *reproduceFlags) check(c *cli.Call) error {
	if err := f.left.check(c); err != nil {
		return err
	}
	switch {
	case c.Given("candidate") && f.output == "" && !f.left.wanted():
		return cli.Usage("--candidate %d: nothing is done with it", f.candidate).Hint("add what is to be made of it: -o FILE.case, --serve, --state or --save-firmware")
	case f.output == "-" && (f.left.JSON || f.left.serve != ""):
		return cli.Usage("-o - prints the case and nothing else").Hint("leave --json and --serve out")
	case f.output == "-":
		return nil
	}
	return checkOutputs(files.Nothing, f.output)
}

func (f *reproduceFlags) act(ctx context.Context, c *cli.Call) error {
	if err := f.check(c); err != nil {
		return err
	}
	path := c.Args[0]
	log, err := readLog(c.In, path)
	if err != nil {
		return err
	}
	chosen, err := f.choose(log)
	if err != nil {
		return err
	}
	c.Begin()
	found := f.search(ctx, c, log, chosen)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d of %d runs", len(found), len(chosen))
	}
	if f.output != "-" {
		f.tell(c, path, log, found)
	}
	if err := f.use(ctx, c, found[len(found)-1].Result); err != nil {
		return err
	}
	for _, r := range found {
		if !r.Reproduced() {
			return cli.ErrNo
		}
	}
	return nil
}

// foundRun is one run of the log and its result.
type foundRun struct {
	number int // from 1
	*reproduce.Result
	like int // number of an earlier run that says the same; 0 for none
}

func readLog(stdin io.Reader, path string) (*reproduce.Log, error) {
	const next = "name an Upgrade.log; the tool keeps it in its own folder"
	b, cut, err := files.End(stdin, path, upgradelog.MaxBytes)
	if err != nil {
		return nil, cli.WithHints(err, next)
	}
	log, err := reproduce.Read(b)
	switch {
	case err != nil:
		return nil, cli.Unusable(fmt.Errorf("%s: %w", path, err)).Hint(next)
	case len(log.Runs) == 0:
		return nil, cli.Usage("%s: no line of it is one of an Upgrade.log", path).Hint(next)
	case cut:
		log.Remarks = append(log.Remarks, reproduce.Remark{Text: fmt.Sprintf("only the last %d MiB of the file are read", upgradelog.MaxBytes>>20)})
	}
	return log, nil
}

// choose returns the indexes of the runs that the flags ask for.
func (f *reproduceFlags) choose(log *reproduce.Log) ([]int, error) {
	n := len(log.Runs)
	last := f.output != "" || f.left.wanted()
	switch {
	case f.run != 0 && f.last != 0:
		return nil, cli.Usage("both --run and --last").Hint("leave one of them out")
	case f.run == 0 && !last:
		var chosen []int
		for i := range n {
			if f.last == 0 || i >= n-f.last {
				chosen = append(chosen, i)
			}
		}
		return chosen, nil
	case f.run == 0:
		return []int{n - 1}, nil
	case f.run > n || f.run < -n:
		return nil, cli.Usage("--run %d: the log has %s", f.run, cli.Counted(n, "run"))
	case f.run < 0:
		return []int{n + f.run}, nil
	}
	return []int{f.run - 1}, nil
}

func (f *reproduceFlags) search(ctx context.Context, c *cli.Call, log *reproduce.Log, chosen []int) []foundRun {
	told := c.Progress("runs")
	defer told.Clear()
	var found []foundRun
	for _, i := range chosen {
		told.Show(len(found), len(chosen), "")
		found = append(found, f.explain(ctx, i+1, log.Runs[i], found))
		if ctx.Err() != nil {
			break
		}
	}
	return found
}

// explain searches for what gives a run, unless an earlier one that is alike was explained.
func (f *reproduceFlags) explain(ctx context.Context, number int, run *reproduce.LoggedRun, earlier []foundRun) foundRun {
	for _, e := range earlier {
		if e.like == 0 && e.Run.Like(run) {
			result := *e.Result
			result.Run = run
			return foundRun{number, &result, e.number}
		}
	}
	return foundRun{number: number, Result: reproduce.Search(ctx, run, reproduce.Options{Trials: f.trials})}
}

// use writes or serves what the flags ask for of a candidate.
func (f *reproduceFlags) use(ctx context.Context, c *cli.Call, r *reproduce.Result) error {
	if f.output == "" && !f.left.wanted() {
		return nil
	}
	if !r.Reproduced() {
		return errors.New("the run is not reproduced, so there is neither a case nor a meter to serve")
	}
	if f.candidate > len(r.Candidates) {
		return cli.Usage("--candidate %d: there are %d", f.candidate, len(r.Candidates))
	}
	candidate := r.Candidates[f.candidate-1]
	if f.output != "" {
		if err := f.keep(c, r, candidate); err != nil {
			return err
		}
	}
	return f.left.act(ctx, c, r, candidate)
}

func (f *reproduceFlags) keep(c *cli.Call, r *reproduce.Result, candidate *reproduce.Candidate) error {
	b, err := r.CaseFile(candidate)
	switch {
	case err != nil:
		return err
	case f.output == "-":
		c.Print(string(b))
		return nil
	}
	return files.WriteBytes(f.output, files.Nothing, files.Public, b)
}

func (f *reproduceFlags) tell(c *cli.Call, path string, log *reproduce.Log, found []foundRun) {
	if f.left.JSON {
		for _, r := range found {
			c.Encode(f.object(path, log, r))
		}
		return
	}
	for _, remark := range log.Remarks {
		c.Printf("%-9s%s\n", "remark", remark)
	}
	for i, r := range found {
		var b strings.Builder
		if i > 0 {
			b.WriteByte('\n')
		}
		f.account(&b, path, len(log.Runs), r)
		c.Print(b.String())
	}
}

// account writes what is known of a run, for people.
func (f *reproduceFlags) account(b *strings.Builder, path string, runs int, r foundRun) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(b, "%-9s%s\n", name, fmt.Sprintf(format, args...))
	}
	line("run", "%d of %d, lines %d to %d", r.number, runs, r.Run.First, r.Run.Last)
	if r.like > 0 {
		if begun, ok := r.Run.Begun(); ok {
			line("begun", "%s", begun.Format("Monday, January 02, 2006 3:04:05 PM"))
		}
		line("result", "as run %d, which says the same but for when it was", r.like)
		return
	}
	for _, fact := range r.Run.Facts() {
		line(fact.Name, "%s", fact.Text)
	}
	line("image", "%s", r.Sizes.String())
	for _, remark := range r.Remarks {
		line("remark", "%s", remark)
	}
	line("result", "%s", finding(r.Result))
	defer whatIsKnown(b, r.Known)
	if len(r.Candidates) == 0 {
		return
	}
	c := r.Candidates[0]
	fmt.Fprintf(b, "\n 1  %s\n", c.Meaning)
	detail := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "    %-9s%s\n", name, text)
		}
	}
	detail("plan", orNothing(planLine(c)))
	detail("image", fmt.Sprintf("of %d bytes", c.ImageBytes))
	detail("match", matchText(r.Result, c))
	detail("then", afterwards(c))
	detail("tell by", c.Tell)
	if r.Reproduced() {
		detail("repeat", f.repeat(path, r.number, 1))
	}
	if c.Match {
		whatToDo(b, c.Left)
	}
	f.others(b, path, r)
	leftOtherwise(b, r.Candidates)
}

// whatIsKnown writes what the log itself says of its end, where no candidate does.
func whatIsKnown(b *strings.Builder, k *reproduce.Known) {
	if k == nil {
		return
	}
	fmt.Fprintf(b, "\n    %-9s%s\n", "known", k.Ending)
	whatToDo(b, k.Left)
}

// whatToDo writes how the meter is now and what to do with it.
func whatToDo(b *strings.Builder, l reproduce.Left) {
	fmt.Fprintf(b, "\n    What to do now: the meter %v.\n", l.Condition)
	fmt.Fprintf(b, "    %-9s%s\n", "seen by", l.Tell())
	for i, step := range l.Steps() {
		fmt.Fprintf(b, "    %-9s%d. %s\n", pickWord(i == 0, "do"), i+1, step)
	}
	fmt.Fprintf(b, "    %-9s%s\n", "lost", l.LostText())
}

func pickWord(yes bool, word string) string {
	if yes {
		return word
	}
	return ""
}

// leftOtherwise writes which explanations leave the meter in another condition than the first.
func leftOtherwise(b *strings.Builder, list []*reproduce.Candidate) {
	if len(list) < 2 {
		return
	}
	var others []reproduce.Left
	numbers := map[reproduce.Condition][]string{}
	for i, c := range list {
		l := c.Left
		if l.Condition != list[0].Left.Condition && len(numbers[l.Condition]) == 0 {
			others = append(others, l)
		}
		numbers[l.Condition] = append(numbers[l.Condition], strconv.Itoa(i+1))
	}
	if len(others) == 0 {
		b.WriteString("\nAll of them leave the meter as the first does.\n")
	}
	for _, l := range others {
		fmt.Fprintf(b, "\nIf it was %s, it is otherwise.\n", strings.Join(numbers[l.Condition], ", "))
		whatToDo(b, l)
	}
	reachedOtherwise(b, list)
}

// reachedOtherwise writes how ionup calls the meter, if only explanations behind the first call it.
func reachedOtherwise(b *strings.Builder, list []*reproduce.Candidate) {
	var numbers []string
	command := ""
	for i, c := range list {
		if c.Left.ByPhone() && c.Left.Command() != "" {
			numbers, command = append(numbers, strconv.Itoa(i+1)), c.Left.Command()
		}
	}
	if command != "" && !list[0].Left.ByPhone() {
		fmt.Fprintf(b, "\nIf it was %s, the meter is called: %s.\n", strings.Join(numbers, ", "), command)
	}
}

// others writes what gives the same log, by the place where one would look for it. What gives it byte
// for byte at one place is one entry.
func (f *reproduceFlags) others(b *strings.Builder, path string, r foundRun) {
	if len(r.Candidates) < 2 {
		return
	}
	fmt.Fprintf(b, "\nAt least these give the same log, the likeliest of each place first:\n")
	for _, place := range reproduce.Places() {
		groups := alikeAt(place, r.Candidates)
		if len(groups) > 0 {
			fmt.Fprintf(b, "\n  %s\n", place)
		}
		for _, group := range groups {
			f.group(b, path, r, group)
		}
	}
	if r.Reproduced() {
		fmt.Fprintf(b, "\n    %-9s%s\n", "repeat", f.repeat(path, r.number, 0))
	}
}

// alikeAt returns the indexes of what struck at a place, but for the first of all, those with the same
// log together.
func alikeAt(place reproduce.Place, list []*reproduce.Candidate) [][]int {
	var groups [][]int
	for i, c := range list {
		if i == 0 || c.Place() != place {
			continue
		}
		at := slices.IndexFunc(groups, func(g []int) bool { return bytes.Equal(list[g[0]].Log, c.Log) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], i)
	}
	return groups
}

// group writes the likeliest of a group, then all others that no log tells from it, and how each is told
// on site.
func (f *reproduceFlags) group(b *strings.Builder, path string, r foundRun, group []int) {
	detail := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "      %-9s%s\n", name, text)
		}
	}
	first := r.Candidates[group[0]]
	fmt.Fprintf(b, "%4d  %s\n", group[0]+1, first.Meaning)
	detail("plan", orNothing(planLine(first)))
	detail("tell by", first.Tell)
	var plans, tells []string
	of := map[string][]string{} // candidates by what they are told by
	for _, i := range group[1:] {
		c := r.Candidates[i]
		number := fmt.Sprintf("(%d)", i+1)
		plans = append(plans, fmt.Sprintf("%s %s: %s", number, withoutEnd(c.Meaning, first.Meaning), orNothing(planLine(c))))
		if c.Tell == "" || c.Tell == first.Tell {
			continue
		}
		if of[c.Tell] == nil {
			tells = append(tells, c.Tell)
		}
		of[c.Tell] = append(of[c.Tell], number)
	}
	for i, tell := range tells {
		tells[i] = strings.Join(of[tell], ", ") + " " + tell
	}
	detail("or", strings.Join(plans, "; "))
	detail("tell by", strings.Join(tells, "; "))
	if slices.Contains(group, f.candidate-1) && r.Reproduced() {
		detail("repeat", f.repeat(path, r.number, f.candidate))
	}
}

// withoutEnd is a sentence without the words at its end that another one has as well, and without a stop. What
// stands in quotation marks is not cut.
func withoutEnd(sentence, other string) string {
	short := strings.TrimSuffix(sentence, ".")
	words, others := strings.Fields(sentence), strings.Fields(other)
	for len(words) > 1 && len(others) > 0 && words[len(words)-1] == others[len(others)-1] {
		words, others = words[:len(words)-1], others[:len(others)-1]
		if s := strings.Join(words, " "); strings.Count(s, `"`)%2 == 0 {
			short = strings.TrimSuffix(s, ".")
		}
	}
	return short
}

func finding(r *reproduce.Result) string {
	matching := 0
	for _, c := range r.Candidates {
		if c.Match {
			matching++
		}
	}
	trials := cli.Counted(r.Trials, "trial")
	if r.Run.Unread > 0 && matching > 0 {
		return fmt.Sprintf("not reproduced: %d lines within the run cannot be read, and may say something else; of those that can, these plans give all, in %s", r.Run.Unread, trials)
	}
	switch {
	case r.Problem != nil:
		return "not reproduced: " + r.Problem.Error()
	case r.Against() != "" && matching > 0:
		return fmt.Sprintf("not reproduced: %s; these plans give all other lines, in %s", r.Against(), trials)
	case matching == 1:
		return "reproduced: one plan was found that gives this log, and there may be others, in " + trials
	case matching > 1:
		return fmt.Sprintf("reproduced: at least %d plans give this log, which cannot tell them apart, in %s", matching, trials)
	case len(r.Candidates) == 0:
		return "not reproduced: nothing could be tried, in " + trials
	}
	if r.Untried > 0 {
		trials += fmt.Sprintf("; %s that followed, and not tried any more (--trials)", cli.Counted(r.Untried, "further explanation"))
	}
	return "not reproduced: this comes nearest, in " + trials
}

func planLine(c *reproduce.Candidate) string {
	var faults []string
	for _, f := range c.Plan {
		faults = append(faults, f.String())
	}
	return strings.Join(faults, "; ")
}

func matchText(r *reproduce.Result, c *reproduce.Candidate) string {
	switch {
	case !c.Match:
		return fmt.Sprintf("no: %d lines, then %s", c.Matched, c.Differs)
	case r.Run.Unread > 0:
		return fmt.Sprintf("all %d lines that can be read%s; %d cannot, and are not explained", len(r.Run.Entries), stampsText(r), r.Run.Unread)
	case r.Against() != "":
		return fmt.Sprintf("all %d lines%s, but for the one that is not taken as it stands", len(r.Run.Entries), stampsText(r))
	case r.Lost > 0:
		return fmt.Sprintf("all %d lines that are there%s", len(r.Run.Entries), stampsText(r))
	}
	return fmt.Sprintf("all %d lines%s", len(r.Run.Entries), stampsText(r))
}

func stampsText(r *reproduce.Result) string {
	if r.Untimed {
		return ", but for the times"
	}
	return ", stamps included"
}

func afterwards(c *reproduce.Candidate) string {
	switch {
	case c.State == "":
		return ""
	case c.Display == "":
		return fmt.Sprintf("the meter is %s, its display dark", c.State)
	}
	return fmt.Sprintf("the meter is in the state %s, its display shows %q", c.State, c.Display)
}

// repeat returns the command that plays a candidate; 0 for any.
func (f *reproduceFlags) repeat(path string, run, candidate int) string {
	if f.output != "" && f.output != "-" && candidate == f.candidate {
		return "ionbench run " + shell.Quote(f.output) + " --print log"
	}
	if path == "-" {
		path = "Upgrade.log"
	}
	which := strconv.Itoa(candidate)
	if candidate == 0 {
		which = "N"
	}
	return fmt.Sprintf("ionbench reproduce %s --run %d --candidate %s -o - | ionbench run - --print log", shell.Quote(path), run, which)
}

// reproduceObject is a run in JSON.
type reproduceObject struct {
	Run        int               `json:"run"`
	Like       int               `json:"like_run,omitempty"`
	First      int               `json:"first_line"`
	Last       int               `json:"last_line"`
	Facts      map[string]string `json:"facts"`
	MinBlocks  int               `json:"min_blocks"`
	MaxBlocks  int               `json:"max_blocks"`
	Reproduced bool              `json:"reproduced"`
	Result     string            `json:"result"`
	Remarks    []string          `json:"remarks"`
	Unread     int               `json:"unread_lines"`
	Candidates []candidateObject `json:"candidates"`
	Trials     int               `json:"trials"`
	Untried    int               `json:"untried"`
	Known      string            `json:"known,omitempty"`
	Left       *leftObject       `json:"left,omitempty"`
}

type candidateObject struct {
	Match      bool       `json:"match"`
	Plan       string     `json:"plan"`
	Meaning    string     `json:"meaning"`
	Place      string     `json:"place"`
	ImageBytes int        `json:"image_bytes"`
	Lines      int        `json:"lines"`
	Differs    string     `json:"differs"`
	Tell       string     `json:"tell"`
	State      string     `json:"state"`
	Display    string     `json:"display"`
	Virtual    float64    `json:"virtual_seconds"`
	Repeat     string     `json:"repeat"`
	Left       leftObject `json:"left"`
}

// leftObject is how a candidate leaves the meter, and what to do now.
type leftObject struct {
	Condition string   `json:"condition"`
	Tell      string   `json:"tell"`
	Steps     []string `json:"steps"`
	Lost      []string `json:"lost"`
}

func leftJSON(l reproduce.Left) leftObject {
	o := leftObject{Steps: []string{}, Lost: []string{}}
	if l.Condition == reproduce.NotKnown {
		return o
	}
	o.Condition, o.Tell = l.Condition.String(), l.Tell()
	o.Steps = append(o.Steps, l.Steps()...)
	for _, g := range l.Lost.List() {
		o.Lost = append(o.Lost, g.String())
	}
	return o
}

func (f *reproduceFlags) object(path string, log *reproduce.Log, r foundRun) reproduceObject {
	o := reproduceObject{
		Run: r.number, Like: r.like, First: r.Run.First, Last: r.Run.Last, Facts: map[string]string{}, MinBlocks: r.Sizes.Min, MaxBlocks: r.Sizes.Max,
		Reproduced: r.Reproduced(), Result: finding(r.Result), Remarks: []string{}, Unread: r.Run.Unread, Candidates: []candidateObject{}, Trials: r.Trials, Untried: r.Untried,
	}
	if r.Known != nil {
		left := leftJSON(r.Known.Left)
		o.Known, o.Left = r.Known.Ending, &left
	}
	for _, fact := range r.Run.Facts() {
		o.Facts[fact.Name] = fact.Text
	}
	for _, remark := range slices.Concat(log.Remarks, r.Remarks) {
		o.Remarks = append(o.Remarks, remark.String())
	}
	for i, c := range r.Candidates {
		p := candidateObject{
			Match: c.Match, Plan: planLine(c), Meaning: c.Meaning, Place: string(c.Place()), ImageBytes: c.ImageBytes, Lines: c.Matched, Differs: c.Differs,
			Tell: c.Tell, State: c.State, Display: c.Display, Virtual: c.Duration().Seconds(), Left: leftJSON(c.Left),
		}
		if r.Reproduced() && c.Match {
			p.Repeat = f.repeat(path, r.number, i+1)
		}
		o.Candidates = append(o.Candidates, p)
	}
	return o
}
