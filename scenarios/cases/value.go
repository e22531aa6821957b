package cases

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// What a file may say at most.
const (
	maxTime        = 10_000 * time.Hour
	maxConnections = 20
	maxWords       = 20 // of a list
	maxBlocks      = 600
	maxImageBytes  = 4 << 20
)

// calendar is how a calendar time is written. Cases know no time zones: the PC and the
// meter show the same time.
const calendar = "2006-01-02 15:04:05"

func parseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no time; write one such as 30s, 2m or 1h10m", s)
	case d < 0:
		return 0, fmt.Errorf("%s is negative; write a time such as 30s", s)
	case d > maxTime:
		return 0, fmt.Errorf("%s is too long; at most %s", s, fault.FormatTime(maxTime))
	}
	return d, nil
}

func parseCalendar(s string) (time.Time, error) {
	t, err := time.Parse(calendar, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no calendar time; write one such as 2008-03-06 15:57:48", s)
	}
	if t.Year() < 1970 || t.Year() > 2105 {
		return time.Time{}, fmt.Errorf("the meter's clock does not go to %d; use a year from 1970 to 2105", t.Year())
	}
	return t, nil
}

func formatCalendar(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(calendar)
}

func parseInt(s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is no number from %d to %d", s, least, most)
	}
	return n, nil
}

func formatInt(n int) string { return strconv.Itoa(n) }

// formatSet gives a number whose zero means that it was not set.
func formatSet(n int) string {
	if n == 0 {
		return ""
	}
	return formatInt(n)
}

func parseModel(s string) (meter.Model, error) { return meter.ParseModel(s) }

func formatModel(m meter.Model) string {
	if m == 0 {
		return ""
	}
	return m.String()
}

const maxCount = 1_000_000_000

func parseSpan(s string) (*Span, error) {
	low, high, ranged := strings.Cut(s, "..")
	least, err := parseInt(low, 0, maxCount)
	if err != nil || !ranged {
		return &Span{least, least}, err
	}
	most, err := parseInt(high, least, maxCount)
	return &Span{least, most}, err
}

// String is the span as a file has it.
func (s Span) String() string {
	if s.Min == s.Max {
		return formatInt(s.Min)
	}
	return formatInt(s.Min) + ".." + formatInt(s.Max)
}

func (s Span) holds(n int) bool { return n >= s.Min && n <= s.Max }

func parseTimeSpan(s string) (*TimeSpan, error) {
	low, high, ranged := strings.Cut(s, "..")
	least, err := parseTime(low)
	if err != nil || !ranged {
		return &TimeSpan{least, least}, err
	}
	most, err := parseTime(high)
	if err == nil && most < least {
		err = fmt.Errorf("%s ends before it begins", s)
	}
	return &TimeSpan{least, most}, err
}

// String is the span as a file has it.
func (s TimeSpan) String() string {
	if s.Min == s.Max {
		return fault.FormatTime(s.Min)
	}
	return fault.FormatTime(s.Min) + ".." + fault.FormatTime(s.Max)
}

// holds drops what is less than a second where one exact time is asked for, as the time
// stamps of a log do.
func (s TimeSpan) holds(d time.Duration) bool {
	if s.Min == s.Max {
		return d.Truncate(time.Second) == s.Min.Truncate(time.Second)
	}
	return d >= s.Min && d <= s.Max
}

// named is a word and what it stands for.
type named[V comparable] struct {
	word  string
	value V
}

func words[V comparable](table []named[V]) []string {
	list := make([]string, len(table))
	for i, n := range table {
		list[i] = n.word
	}
	return list
}

// lookUp finds a word; the error suggests the near miss.
func lookUp[V comparable](table []named[V], what, word string) (v V, err error) {
	for _, n := range table {
		if n.word == word {
			return n.value, nil
		}
	}
	return v, unknown(what, word, words(table))
}

func wordFor[V comparable](table []named[V], v V) string {
	for _, n := range table {
		if n.value == v {
			return n.word
		}
	}
	return ""
}

// unknown is the error about a word that is none of those known.
func unknown(what, word string, known []string) error {
	if best, ok := fault.Nearest(word, known); ok {
		return fmt.Errorf("%.80q is no %s; did you mean %s?", word, what, best)
	}
	return fmt.Errorf("%.80q is no %s; use %s", word, what, orList(known))
}

func orList(known []string) string {
	if len(known) == 1 {
		return known[0]
	}
	return strings.Join(known[:len(known)-1], ", ") + " or " + known[len(known)-1]
}

// splitList cuts a list at its commas.
func splitList(s string) ([]string, error) {
	list := strings.Split(s, ",")
	if len(list) > maxWords {
		return nil, fmt.Errorf("%d words; at most %d", len(list), maxWords)
	}
	for i := range list {
		if list[i] = strings.Trim(list[i], blanks); list[i] == "" {
			return nil, fmt.Errorf("%q has nothing between two commas", s)
		}
	}
	return list, nil
}

func parseList[V comparable](table []named[V], what, s string) ([]V, error) {
	list, err := splitList(s)
	if err != nil {
		return nil, err
	}
	values := make([]V, len(list))
	for i, word := range list {
		if values[i], err = lookUp(table, what, word); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func formatList[V comparable](table []named[V], values []V) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = wordFor(table, v)
	}
	return strings.Join(list, ", ")
}

func parseGroups(s string) (ion.Groups, error) {
	switch s {
	case "all":
		return ion.AllGroups, nil
	case "none":
		return 0, nil
	}
	list, err := parseList(groupWords(), "settings group", s)
	return ion.Of(list...), err
}

func formatGroups(g ion.Groups) string {
	if g == ion.AllGroups {
		return "all"
	}
	return strings.ReplaceAll(g.String(), ",", ", ")
}

func groupWords() []named[ion.Group] {
	var table []named[ion.Group]
	for _, g := range ion.AllGroups.List() {
		table = append(table, named[ion.Group]{g.Key(), g})
	}
	return table
}

func yesNo() []named[bool] { return []named[bool]{{"yes", true}, {"no", false}} }

func taskWords() []named[client.Task] {
	return []named[client.Task]{
		{"connect", client.TaskConnect}, {"identify", client.TaskIdentify}, {"upgrade", client.TaskUpgrade},
		{"recover", client.TaskRecover}, {"send-template", client.TaskSendTemplate},
		{"read-settings", client.TaskReadSettings}, {"write-settings", client.TaskWriteSettings},
	}
}

func releaseWords() []named[client.Release] {
	return []named[client.Release]{{"2.1", client.Release21()}, {"2.2", client.Release22()}}
}

func damageWords() []named[Damage] {
	return []named[Damage]{{"none", Whole}, {"damaged", Damaged}, {"truncated", Truncated}, {"empty", Empty}, {"missing", Missing}, {"foreign", Foreign}}
}

func assistantWords() []named[client.Choice] {
	return []named[client.Choice]{{"send-template", client.OK}, {"upgrade", client.Upgrade}, {"exit", client.Exit}}
}

func silenceWords() []named[client.Choice] {
	return []named[client.Choice]{{"retry", client.OK}, {"upgrade", client.Upgrade}, {"exit", client.Exit}}
}

func promptWords() []named[client.Prompt] {
	var table []named[client.Prompt]
	for p := client.ConnectionType; p <= client.RestoreSettings; p++ {
		table = append(table, named[client.Prompt]{p.String(), p})
	}
	return table
}

func verdictWords() []named[Verdict] {
	var table []named[Verdict]
	for _, v := range []Verdict{Success, Failure, Aborted, Killed, Refused} {
		table = append(table, named[Verdict]{string(v), v})
	}
	return table
}

func stateWords() []named[string] {
	var table []named[string]
	for s := meter.Off; s <= meter.Verifying; s++ {
		table = append(table, named[string]{s.String(), s.String()})
	}
	return table
}

func actionWords() []named[ActionKind] {
	return []named[ActionKind]{{"heal", Heal}, {"power-cycle", PowerCycle}, {"wait", Wait}, {"until", Until}, {"new-log", NewLog}}
}

func parseAction(s string) (Action, error) {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.Trim(rest, blanks)
	kind, err := lookUp(actionWords(), "action", word)
	if err != nil {
		return Action{}, err
	}
	a := Action{Kind: kind}
	switch kind {
	case PowerCycle, Wait:
		a.For, err = parseTime(rest)
	case Until:
		a.Until, err = parseCalendar(rest)
	default:
		if rest != "" {
			err = fmt.Errorf("%q follows %s, which takes nothing; delete it", rest, word)
		}
	}
	return a, err
}

// String is the action as a file has it.
func (a Action) String() string {
	word := wordFor(actionWords(), a.Kind)
	switch a.Kind {
	case PowerCycle, Wait:
		return word + " " + fault.FormatTime(a.For)
	case Until:
		return word + " " + formatCalendar(a.Until)
	}
	return word
}

// parseWrite reads a setting as `GROUP KEY VALUE`.
func parseWrite(s string) (Write, error) {
	group, rest, _ := strings.Cut(s, " ")
	g, err := lookUp(groupWords(), "settings group", group)
	if err != nil {
		return Write{}, err
	}
	key, value, _ := strings.Cut(strings.TrimLeft(rest, blanks), " ")
	i, ok := ion.SettingNamed(g, key)
	if !ok {
		return Write{}, unknown("setting in "+group, key, settingsOf(g))
	}
	v, err := ion.SettingTable()[i].Parse(strings.Trim(value, blanks))
	return Write{i, v}, err
}

func settingsOf(g ion.Group) []string {
	var keys []string
	for _, s := range ion.SettingTable() {
		if s.Group == g {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// String is the write as a file has it.
func (w Write) String() string {
	s := ion.SettingTable()[w.Setting]
	return strings.TrimRight(s.Group.Key()+" "+s.Key+" "+s.Format(w.Value), blanks)
}

func parsePassword(s string) (string, error) {
	_, err := ion.ParsePassword(s, 0)
	return s, err
}

// parseRevision reads a name such as 7350V283, whatever the product.
func parseRevision(s string) (string, error) {
	if len(s) != 8 || s[4] != 'V' || strings.Trim(s[:4]+s[5:], "0123456789") != "" {
		return "", fmt.Errorf("%q is no revision; write one such as 7350V283", s)
	}
	return s, nil
}

func parseBaud(s string) (int, error) {
	rates := []named[int]{{"1200", 1200}, {"2400", 2400}, {"4800", 4800}, {"9600", 9600}, {"19200", 19200}}
	return lookUp(rates, "baud rate", s)
}

// parseFileName keeps a case inside its folder.
func parseFileName(s string) (string, error) {
	if strings.ContainsAny(s, `/\`) || s == "." || s == ".." {
		return "", fmt.Errorf("%q is no file next to the case; write its name alone", s)
	}
	return s, nil
}
