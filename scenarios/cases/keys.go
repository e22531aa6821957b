package cases

import (
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// key is one key of a section whose values go into a T: the one place that knows how it
// is written, read and explained.
type key[T any] struct {
	name   string
	syntax string // of the value
	help   string
	repeat bool          // may stand several times
	tasks  []client.Task // of an attempt: makes sense with these alone; nil for all
	set    func(*T, string) error
	get    func(*T) []string // the values as a file has them; none when not set
}

// value makes a key of a pair of functions, one that reads a V and one that writes it; an
// empty text means that it is not set.
func value[T, V any](name, syntax, help string, at func(*T) *V, parse func(string) (V, error), format func(V) string) key[T] {
	return key[T]{
		name: name, syntax: syntax, help: help,
		set: func(t *T, s string) (err error) {
			*at(t), err = parse(s)
			return err
		},
		get: func(t *T) []string {
			if s := format(*at(t)); s != "" {
				return []string{s}
			}
			return nil
		},
	}
}

// several makes a key that may stand several times.
func several[T, V any](name, syntax, help string, at func(*T) *[]V, parse func(string) (V, error), format func(V) string) key[T] {
	return key[T]{
		name: name, syntax: syntax, help: help, repeat: true,
		set: func(t *T, s string) error {
			v, err := parse(s)
			*at(t) = append(*at(t), v)
			return err
		},
		get: func(t *T) []string {
			var list []string
			for _, v := range *at(t) {
				list = append(list, format(v))
			}
			return list
		},
	}
}

// optional makes a key whose value is behind a pointer: nil when it is not set.
func optional[T, V any](name, syntax, help string, at func(*T) **V, parse func(string) (V, error), format func(V) string) key[T] {
	return value(name, syntax, help, at,
		func(s string) (*V, error) {
			v, err := parse(s)
			return &v, err
		},
		func(v *V) string {
			if v == nil {
				return ""
			}
			return format(*v)
		})
}

func text[T any](name, syntax, help string, at func(*T) *string) key[T] {
	return value(name, syntax, help, at, asIs, itself)
}

func choice[T any, V comparable](name, help string, table []named[V], at func(*T) *V) key[T] {
	var zero V
	return value(name, strings.Join(words(table), "|"), help, at,
		func(s string) (V, error) { return lookUp(table, "value of "+name, s) },
		func(v V) string {
			if v == zero {
				return ""
			}
			return wordFor(table, v)
		})
}

func number[T any](name, help string, least, most int, at func(*T) *int) key[T] {
	return value(name, "N", help, at, func(s string) (int, error) { return parseInt(s, least, most) }, formatSet)
}

func asIs(s string) (string, error) { return s, nil }

func itself(s string) string { return s }

func parseUnit(s string) (uint16, error) {
	n, err := parseInt(s, 1, 9999)
	return uint16(n), err
}

func formatUnit(n uint16) string { return formatSet(int(n)) }

func formatLimit(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fault.FormatTime(d)
}

func parseRow(s string) (string, error) {
	if n := strings.TrimPrefix(s, "K"); n == s || n == "" || len(n) > 3 || strings.Trim(n, "0123456789") != "" {
		return "", fmt.Errorf("%q is no row; write one such as K3", s)
	}
	return s, nil
}

func caseKeys() []key[Case] {
	return []key[Case]{
		text("title", "WORDS", "what happens, in a line; must be there", func(c *Case) *string { return &c.Title }),
		several("row", "K1..K20", "row of the list of scenarios that the case is about", func(c *Case) *[]string { return &c.Rows }, parseRow, itself),
		several("article", "WORDS", "a sentence of the article FA212301 that it reproduces", func(c *Case) *[]string { return &c.Article }, asIs, itself),
	}
}

func meterKeys() []key[Meter] {
	return []key[Meter]{
		value("model", "7300|7330|7350", "7350 unless given", func(m *Meter) *meter.Model { return &m.Model }, parseModel, formatModel),
		text("serial-number", "TEXT", "PC-0209A001-11 unless given", func(m *Meter) *string { return &m.SerialNumber }),
		value("unit-id", "N", "1 to 9999; 105 unless given", func(m *Meter) *uint16 { return &m.UnitID }, parseUnit, formatUnit),
		value("baud", "N", "of the line; 9600 unless given", func(m *Meter) *int { return &m.Baud }, parseBaud, formatSet),
		value("password", "TEXT", "0 unless given", func(m *Meter) *string { return &m.Password }, parsePassword, itself),
		value("revision", "7350V282", "that runs at first", func(m *Meter) *string { return &m.Revision }, parseRevision, itself),
		number("image-bytes", "of what runs at first; 49152 unless given", 1, maxImageBytes, func(m *Meter) *int { return &m.ImageBytes }),
		value("clock", "DATE TIME", "when the case begins, such as 2008-03-06 15:57:48, which it is unless given",
			func(m *Meter) *time.Time { return &m.Clock }, parseCalendar, formatCalendar),
		choice("settings", "what a person has set up: no setting at its default (custom), or nothing (factory); custom unless given",
			[]named[bool]{{"custom", false}, {"factory", true}}, func(m *Meter) *bool { return &m.Factory }),
	}
}

func firmwareKeys() []key[Firmware] {
	return []key[Firmware]{
		value("model", "7300|7330|7350", "that it is for; the meter's unless given", func(f *Firmware) *meter.Model { return &f.Model }, parseModel, formatModel),
		value("revision", "7350V283", "the model's V283 unless given", func(f *Firmware) *string { return &f.Revision }, parseRevision, itself),
		value("dated", "DATE TIME", "2007-08-22 13:24:58 unless given", func(f *Firmware) *time.Time { return &f.Dated }, parseCalendar, formatCalendar),
		number("blocks", "size of the image in blocks of 7424 bytes; 8 unless given", 1, maxBlocks, func(f *Firmware) *int { return &f.Blocks }),
		number("bytes", "size of the image in bytes, instead of blocks", 1, maxImageBytes, func(f *Firmware) *int { return &f.Bytes }),
		choice("damage", "what is wrong with the file", damageWords(), func(f *Firmware) *Damage { return &f.Damage }),
	}
}

func templateKeys() []key[Template] {
	return []key[Template]{
		choice("holds", "the factory's settings for the new revision, or a saved copy of the meter's; factory unless given",
			[]named[bool]{{"factory", false}, {"saved", true}}, func(t *Template) *bool { return &t.Saved }),
		value("model", "7300|7330|7350", "that it is for; the meter's unless given", func(t *Template) *meter.Model { return &t.Model }, parseModel, formatModel),
		choice("damage", "what is wrong with the file", damageWords(), func(t *Template) *Damage { return &t.Damage }),
	}
}

func attemptKeys() []key[Attempt] {
	return append(toolKeys(), personKeys()...)
}

// toolKeys are what is done before an attempt, and how the tool is started.
func toolKeys() []key[Attempt] {
	return []key[Attempt]{
		text("title", "WORDS", "what this attempt is", func(a *Attempt) *string { return &a.Title }),
		several("before", "ACTION", "what is done first, in the order of the lines: heal (all faults end, a minute passes), power-cycle 10s (off for so long, then a minute passes), wait 2m, until 2008-03-06 15:57:48, new-log (Upgrade.log is put away)",
			func(a *Attempt) *[]Action { return &a.Before }, parseAction, Action.String),
		{
			name: "task", syntax: strings.Join(words(taskWords()), "|"), help: "what the tool is started for; must be there",
			set: func(a *Attempt, s string) (err error) {
				a.Task, err = lookUp(taskWords(), "task", s)
				return err
			},
			get: func(a *Attempt) []string { return []string{wordFor(taskWords(), a.Task)} },
		},
		choice("release", "of the tool; 2.2 unless given", releaseWords(), func(a *Attempt) *client.Release { return &a.Release }),
		choice("single", "Single ION device configuration mode; no unless given", yesNo(), func(a *Attempt) *bool { return &a.Single }),
		choice("journal", "the settings are kept on disk while the upgrade runs; no unless given", yesNo(), func(a *Attempt) *bool { return &a.Journal }),
		value("password", "TEXT", "that the tool gives; the meter's unless given", func(a *Attempt) *string { return &a.Password }, parsePassword, itself),
		value("unit-id", "N", "that the tool asks; the meter's unless given", func(a *Attempt) *uint16 { return &a.UnitID }, parseUnit, formatUnit),
		value("baud", "N", "at which the tool talks; the meter's unless given", func(a *Attempt) *int { return &a.Baud }, parseBaud, formatSet),
		text("serial-number", "TEXT", "that the meter must have; any unless given", func(a *Attempt) *string { return &a.SerialNumber }),
		text("device-name", "TEXT", "the meter's name at the site, which the log has; ion7350, after the model, unless given", func(a *Attempt) *string { return &a.DeviceName }),
		choice("disk-full", "nothing can be saved on the PC; no unless given", yesNo(), func(a *Attempt) *bool { return &a.DiskFull }),
		value("limit", "TIME", "by which the tool must have ended; 6h unless given", func(a *Attempt) *time.Duration { return &a.Limit }, parseTime, formatLimit),
		several("plan", "FAULT", "what goes wrong, in the grammar of fault plans; all that it counts, times included, is counted from the beginning of the attempt",
			func(a *Attempt) *[]fault.Fault { return (*[]fault.Fault)(&a.Plan) }, parseFault, fault.Fault.String),
	}
}

// personKeys are what the person does at the windows of the tool.
func personKeys() []key[Attempt] {
	connect := []client.Task{client.TaskConnect}
	upgrade := []client.Task{client.TaskConnect, client.TaskUpgrade, client.TaskRecover}
	paste := append([]client.Task{client.TaskSendTemplate}, upgrade...)
	send := []client.Task{client.TaskConnect, client.TaskSendTemplate}
	write := []client.Task{client.TaskWriteSettings}
	return []key[Attempt]{
		only(upgrade, text("firmware", "NAME", "the [firmware NAME] that the person chooses; [firmware] unless given", func(a *Attempt) *string { return &a.Firmware })),
		only(send, text("template", "NAME", "the [template NAME] that the person chooses; [template] unless given", func(a *Attempt) *string { return &a.Template })),
		only(connect, choice("recover", "the answer to the offer to recover the upgrade; yes unless given",
			[]named[bool]{{"yes", false}, {"no", true}}, func(a *Attempt) *bool { return &a.NoRecovery })),
		only(upgrade, choice("restore", "the answer to the offer to restore the settings of a journal; yes unless given",
			[]named[bool]{{"yes", false}, {"no", true}}, func(a *Attempt) *bool { return &a.NoRestore })),
		only(paste, value("paste", "GROUPS", "boxes ticked in Template Paste Options: all, none or some of pt-ct, clock, nameplate, energy, itc; all unless given",
			func(a *Attempt) *ion.Groups { return &a.Paste }, parseGroups,
			func(g ion.Groups) string {
				if g == ion.AllGroups {
					return ""
				}
				return formatGroups(g)
			})),
		only(connect, number("connections", "times that the person presses OK at Select Connection Type; 0 unless given, and then Exit", 0, maxConnections, func(a *Attempt) *int { return &a.Connections })),
		only(connect, value("assistant", "LIST", "what the person does in Setup Assistant, one after another: send-template, upgrade, exit; then they exit",
			func(a *Attempt) *[]client.Choice { return &a.Assistant },
			func(s string) ([]client.Choice, error) {
				return parseList(assistantWords(), "choice in Setup Assistant", s)
			},
			func(c []client.Choice) string { return formatList(assistantWords(), c) })),
		only(connect, choice("at-silence", "at a device that does not answer; retry unless given", silenceWords(), func(a *Attempt) *client.Choice { return &a.AtSilence })),
		only(write, several("write", "GROUP KEY VALUE", "a setting that is written by hand, such as pt-ct pt-primary 480", func(a *Attempt) *[]Write { return &a.Writes }, parseWrite, Write.String)),
		only(write, value("write-back", "GROUPS", "groups that are written by hand as they were at the start of the case", func(a *Attempt) *ion.Groups { return &a.WriteBack }, parseGroups,
			func(g ion.Groups) string {
				if g == 0 {
					return ""
				}
				return formatGroups(g)
			})),
	}
}

func only(tasks []client.Task, k key[Attempt]) key[Attempt] {
	k.tasks = tasks
	return k
}

// parseFault reads exactly one fault.
func parseFault(s string) (fault.Fault, error) {
	plan, err := fault.Parse(s)
	if err != nil {
		return fault.Fault{}, err
	}
	if len(plan) != 1 {
		return fault.Fault{}, fmt.Errorf("%d faults on a line; write one, and the next on a plan = line of its own", len(plan))
	}
	return plan[0], nil
}

func expectKeys() []key[Expect] {
	return append(meterExpectKeys(), toolExpectKeys()...)
}

func meterExpectKeys() []key[Expect] {
	groups := "GROUPS"
	return []key[Expect]{
		choice("outcome", "how the tool ends; refused is a failure that was found before anything was erased; must be there", verdictWords(), func(e *Expect) *Verdict { return &e.Outcome }),
		several("reason", "WORDS", "words of the tool's error", func(e *Expect) *[]string { return &e.Reasons }, asIs, itself),
		choice("meter", "the meter's state", stateWords(), func(e *Expect) *string { return &e.Meter }),
		value("revision", "7350V283|none", "that the meter would run after a power cycle", func(e *Expect) *string { return &e.Revision },
			func(s string) (string, error) {
				if s == "none" {
					return s, nil
				}
				return parseRevision(s)
			}, itself),
		choice("image", "whether the meter holds exactly the image of the attempt", []named[string]{{"intact", "intact"}, {"other", "other"}}, func(e *Expect) *string { return &e.Image }),
		choice("flash", "whether any flash operation was carried out", []named[string]{{"untouched", "untouched"}, {"changed", "changed"}}, func(e *Expect) *string { return &e.Flash }),
		text("lcd", "TEXT", "what the meter's display shows", func(e *Expect) *string { return &e.LCD }),
		several("event", "TEXT", "an entry of the meter's event log since the attempt began; several in this order", func(e *Expect) *[]string { return &e.Events }, asIs, itself),
		text("template", "TEXT", "the name of the template in the meter", func(e *Expect) *string { return &e.Template }),
		optional("kept", groups, "the groups that are as they were at the start of the case, and no others", func(e *Expect) **ion.Groups { return &e.Kept }, parseGroups, formatGroups),
		optional("defaults", groups, "groups that are as the factory template has them", func(e *Expect) **ion.Groups { return &e.Defaults }, parseGroups, formatGroups),
	}
}

func toolExpectKeys() []key[Expect] {
	return []key[Expect]{
		optional("read", "GROUPS", "groups that the tool read as they were at the start of the case (task read-settings)", func(e *Expect) **ion.Groups { return &e.Reads }, parseGroups, formatGroups),
		{
			name: "prompts", syntax: "LIST|none", help: "the windows that the person saw, all of them in order; several lines are one list", repeat: true,
			set: func(e *Expect, s string) error {
				e.PromptsSet = true
				if s == "none" {
					return nil
				}
				list, err := parseList(promptWords(), "prompt", s)
				e.Prompts = append(e.Prompts, list...)
				return err
			},
			get: func(e *Expect) []string {
				switch {
				case !e.PromptsSet:
					return nil
				case len(e.Prompts) == 0:
					return []string{"none"}
				}
				return foldPrompts(e.Prompts)
			},
		},
		value("resends", "N|N..M", "requests that the tool sent again", func(e *Expect) **Span { return &e.Resends }, parseSpan, formatSpan),
		value("no-responses", "N|N..M", "lines `No response... resending` in the log", func(e *Expect) **Span { return &e.NoResponses }, parseSpan, formatSpan),
		optional("recovery-mode", "yes|no", "whether the tool is in Firmware Recovery Mode at its end", func(e *Expect) **bool { return &e.RecoveryMode },
			func(s string) (bool, error) { return lookUp(yesNo(), "value of recovery-mode", s) }, func(b bool) string { return wordFor(yesNo(), b) }),
		value("journals", "N|N..M", "journals that are left on the disk", func(e *Expect) **Span { return &e.Journals }, parseSpan, formatSpan),
		value("time", "TIME|TIME..TIME", "that the attempt takes on the virtual clock, in whole seconds, or a range", func(e *Expect) **TimeSpan { return &e.Time }, parseTimeSpan,
			func(s *TimeSpan) string {
				if s == nil {
					return ""
				}
				return s.String()
			}),
		value("log", "FILE", "a file next to the case that what the attempt logged equals, byte for byte", func(e *Expect) *string { return &e.Log }, parseFileName, itself),
		several("log-has", "WORDS", "words that a line of the attempt's log has", func(e *Expect) *[]string { return &e.LogHas }, asIs, itself),
		several("log-lacks", "WORDS", "words that no line of it has", func(e *Expect) *[]string { return &e.LogLacks }, asIs, itself),
	}
}

func formatSpan(s *Span) string {
	if s == nil {
		return ""
	}
	return s.String()
}

// foldPrompts writes a list of prompts on lines that a person can read.
func foldPrompts(prompts []client.Prompt) []string {
	const onLine = 4
	var lines []string
	for len(prompts) > 0 {
		n := min(onLine, len(prompts))
		lines = append(lines, formatList(promptWords(), prompts[:n]))
		prompts = prompts[n:]
	}
	return lines
}
