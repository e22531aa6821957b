package world

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/ini"
	"ionbench/scenarios/fields"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Limits of what a text may say.
const (
	maxConnections = 20
	maxBlocks      = 600
	maxImageBytes  = 4 << 20
)

// models are those of the family.
func models() fields.Notation[meter.Model] {
	words := fields.Words("model", fields.Say("7300", meter.ION7300),
		fields.Say("7330", meter.ION7330), fields.Say("7350", meter.ION7350))
	words.Parse = meter.ParseModel
	return words
}

// unitIDs are the possible unit ids. The samples are the ends, and both sides of a byte.
func unitIDs() fields.Notation[uint16] {
	return fields.Integer[uint16](ion.MinUnitID, ion.MaxUnitID, 1, 100, 105, 255, 256, 9999)
}

// baudRates are those of a meter's port.
func baudRates() fields.Notation[int] {
	var words []fields.Word[int]
	for _, rate := range ion.BaudRates() {
		words = append(words, fields.Say(strconv.Itoa(rate), rate))
	}
	n := fields.Words("baud rate", words...)
	n.Syntax = "N"
	return n
}

// passwords are those that ION can carry.
func passwords() fields.Notation[string] {
	check := func(text string) error {
		_, err := ion.ParsePassword(text, 0)
		return err
	}
	return fields.Checked("TEXT", check, "0", "1", "99999999", "a", "Ab-9z~")
}

// Revisions are names of firmware such as 7350V283, of any product. The example shows the form.
func Revisions(example string) fields.Notation[string] {
	check := func(text string) error {
		if len(text) != 8 || text[4] != 'V' || strings.Trim(text[:4]+text[5:], "0123456789") != "" {
			return fmt.Errorf("%q is no revision; write one such as 7350V283", text)
		}
		return nil
	}
	return fields.Checked(example, check, "7350V282", "7350V283", "7330V283", "7300V283")
}

// Groups are settings groups: all, none, or some with commas between them.
func Groups() fields.Notation[ion.Groups] {
	words := settingsGroups()
	samples := slices.Concat([]string{"all", "none", "pt-ct, itc"}, words.Values)
	list := fields.List("GROUPS", words, samples...)
	return fields.Notation[ion.Groups]{
		Syntax: list.Syntax, Values: list.Values, Open: true,
		Parse: func(text string) (ion.Groups, error) {
			switch text {
			case "all":
				return ion.AllGroups, nil
			case "none":
				return 0, nil
			}
			groups, err := list.Parse(text)
			return ion.Of(groups...), err
		},
		Print: func(g ion.Groups) string {
			switch g {
			case ion.AllGroups:
				return "all"
			case 0:
				return "none"
			}
			return list.Print(g.List())
		},
	}
}

// unticked is a list of groups, written as the groups that are not in it.
func unticked() fields.Notation[ion.Groups] {
	n := Groups()
	ticked := n
	n.Parse = func(text string) (ion.Groups, error) {
		g, err := ticked.Parse(text)
		return ion.AllGroups &^ g, err
	}
	n.Print = func(g ion.Groups) string { return ticked.Print(ion.AllGroups &^ g) }
	return n
}

// Tasks are the tasks of the tool.
func Tasks() fields.Notation[client.Task] {
	return fields.Words("task", fields.Say("connect", client.TaskConnect), fields.Say("identify", client.TaskIdentify),
		fields.Say("upgrade", client.TaskUpgrade), fields.Say("recover", client.TaskRecover), fields.Say("send-template", client.TaskSendTemplate),
		fields.Say("read-settings", client.TaskReadSettings), fields.Say("write-settings", client.TaskWriteSettings))
}

// releases are those of the vendor's tool.
func releases() fields.Notation[client.Release] {
	return fields.Words("value of release", fields.Say("2.1", client.Release21()), fields.Say("2.2", client.Release22()))
}

// damages are the ways in which a file can be wrong.
func damages() fields.Notation[Damage] {
	return fields.Words("value of damage", fields.Say("none", Whole), fields.Say("damaged", Damaged), fields.Say("truncated", Truncated),
		fields.Say("empty", Empty), fields.Say("missing", Missing), fields.Say("foreign", Foreign))
}

func assistants() fields.Notation[[]client.Choice] {
	choices := fields.Words("choice in Setup Assistant", fields.Say("send-template", client.OK), fields.Say("upgrade", client.Upgrade), fields.Say("exit", client.Exit))
	return fields.List("LIST", choices, "upgrade", "send-template", "exit", "upgrade, send-template, upgrade")
}

func silences() fields.Notation[client.Choice] {
	return fields.Words("value of at-silence", fields.Say("retry", client.OK), fields.Say("upgrade", client.Upgrade), fields.Say("exit", client.Exit))
}

// faults are those of a plan, one at a time.
func faults() fields.Notation[fault.Fault] {
	return fields.Notation[fault.Fault]{
		Syntax: "FAULT", Parse: parseFault, Print: fault.Fault.String, Open: true,
		Values: []string{"cable-pull at block 41 for 2 no-responses", "power-loss at flash-op 30 torn for 30s", "abort at 60%"},
	}
}

func parseFault(text string) (fault.Fault, error) {
	plan, err := fault.Parse(text)
	if err != nil {
		return fault.Fault{}, err
	}
	if len(plan) != 1 {
		return fault.Fault{}, fmt.Errorf("%d faults on a line; write one, and the next on a plan = line of its own", len(plan))
	}
	return plan[0], nil
}

func actions() fields.Notation[Action] {
	return fields.Notation[Action]{
		Syntax: "ACTION", Parse: parseAction, Print: Action.String, Open: true,
		Values: []string{"heal", "power-cycle 10s", "wait 0s", "wait 2m", "until 2008-03-06 16:57:48", "new-log"},
	}
}

func actionKinds() fields.Notation[ActionKind] {
	return fields.Words("action", fields.Say("heal", Heal), fields.Say("power-cycle", PowerCycle), fields.Say("wait", Wait), fields.Say("until", Until), fields.Say("new-log", NewLog))
}

func parseAction(text string) (a Action, err error) {
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.Trim(rest, ini.Blanks)
	if a.Kind, err = actionKinds().Parse(word); err != nil {
		return Action{}, err
	}
	switch a.Kind {
	case PowerCycle, Wait:
		a.For, err = fields.ParseTime(rest)
	case Until:
		a.Until, err = fields.ParseCalendar(rest)
	default:
		if rest != "" {
			err = fmt.Errorf("%q follows %s, which takes nothing; delete it", rest, word)
		}
	}
	return a, err
}

// String returns the action as a text has it.
func (a Action) String() string {
	word := actionKinds().Print(a.Kind)
	switch a.Kind {
	case PowerCycle, Wait:
		return word + " " + fault.FormatTime(a.For)
	case Until:
		return word + " " + fields.FormatCalendar(a.Until)
	}
	return word
}

// writes are settings as `GROUP KEY VALUE`.
func writes() fields.Notation[Write] {
	return fields.Notation[Write]{
		Syntax: "GROUP KEY VALUE", Parse: parseWrite, Print: Write.String, Open: true,
		Values: []string{"pt-ct pt-primary 480", "nameplate owner Plant B", "nameplate owner", "clock tz-offset -43200"},
	}
}

func parseWrite(text string) (Write, error) {
	group, rest, _ := strings.Cut(text, " ")
	groups, err := settingsGroups().Parse(group)
	if err != nil {
		return Write{}, err
	}
	key, value, _ := strings.Cut(strings.TrimLeft(rest, ini.Blanks), " ")
	i, ok := ion.SettingNamed(groups, key)
	if !ok {
		return Write{}, fields.Unknown("setting in "+group, key, settingsOf(groups))
	}
	v, err := ion.SettingTable()[i].Parse(strings.Trim(value, ini.Blanks))
	return Write{i, v}, err
}

func settingsGroups() fields.Notation[ion.Group] {
	var words []fields.Word[ion.Group]
	for _, g := range ion.AllGroups.List() {
		words = append(words, fields.Say(g.Key(), g))
	}
	return fields.Words("settings group", words...)
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

// String returns the write as a text has it.
func (w Write) String() string {
	s := ion.SettingTable()[w.Setting]
	return strings.TrimRight(s.Group.Key()+" "+s.Key+" "+s.Format(w.Value), ini.Blanks)
}

func serialNumbers() fields.Notation[string] {
	return fields.Text("TEXT", "1", "PC-0209A001-11", "ABCDEFGHIJKLMNOP")
}

// names are names of sections. Which names exist depends on the world.
func names() fields.Notation[string] { return fields.Text("NAME") }

// imageSizes are sizes in bytes. The samples are around a byte, a block and the chip.
func imageSizes() fields.Notation[int] {
	const block = ion.BlockBytes
	return fields.Integer(1, maxImageBytes, 1, 255, 256, 257, block-1, block, block+1, 48<<10, 61*64<<10, maxImageBytes)
}

func clocks() fields.Notation[time.Time] {
	return fields.Calendar("1970-01-01 00:00:00", "2008-02-29 12:00:00", "2105-12-31 23:59:59")
}
