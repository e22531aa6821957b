package world

import (
	"fmt"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/ini"
	"ionbench/client/phone"
	"ionbench/client/upgradelog"
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world/tool"
	"ionbench/simulator/fault"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

// Limits of what a text may say.
const (
	maxConnections = 20
	maxBlocks      = 600
	maxImageBytes  = 4 << 20
	maxBuild       = 999
	maxSpeed       = time.Hour
	slowestRTS     = 400 * time.Millisecond // PROTOCOL.md, section 9
	maxMeanwhile   = 24 * time.Hour
)

// UsualLog is the log of a tool that is not told another one.
const UsualLog = "Upgrade.log"

// logNames are names of files.
func logNames() fields.Notation[string] {
	check := func(text string) error {
		if strings.ContainsAny(text, `/\`) || text == "" || text == "." || text == ".." {
			return fmt.Errorf("%q is no name of a file; write one such as %s", text, UsualLog)
		}
		return nil
	}
	return fields.Checked("FILE", check, UsualLog, upgradelog.SerialMark+".log", "plant.log")
}

// models are those of the family.
func models() fields.Notation[meter.Model] {
	var words []fields.Word[meter.Model]
	for _, m := range meter.Models() {
		words = append(words, fields.Say(m.String(), m))
	}
	return fields.Words("model", words...)
}

// setUps are what a person may have set up.
func setUps() fields.Notation[SetUp] {
	return fields.Words("value of settings", fields.Say("custom", Custom), fields.Say("factory", Untouched), fields.Say("lowest", Lowest), fields.Say("highest", Highest))
}

// maxTemplateName is the longest name that a meter takes.
const maxTemplateName = 80

// templateNames are the names that a meter takes for its settings.
func templateNames() fields.Notation[string] {
	return fields.Checked("TEXT", ion.CheckTemplateName, "1", "7350_FAC_V2.8.3", strings.Repeat("x", maxTemplateName))
}

// speeds are the times of a meter; 0 would be a default.
func speeds(samples ...string) fields.Notation[time.Duration] {
	return fields.TimeBetween(1, maxSpeed, samples...)
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

// unticked is a list of groups, written as the groups that are not in it.
func unticked() fields.Notation[ion.Groups] {
	n := tool.Groups()
	ticked := n
	n.Parse = func(text string) (ion.Groups, error) {
		g, err := ticked.Parse(text)
		return ion.AllGroups &^ g, err
	}
	n.Print = func(g ion.Groups) string { return ticked.Print(ion.AllGroups &^ g) }
	return n
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
		Values: []string{"heal", "power-cycle 10s", "wait 0s", "wait 2m", "until 2008-03-06 16:57:48", "new-log",
			"remove-journals", "damage-journals", "foreign-journal", "copy-journals", "copy-journals laptop", "spare-journals", "rename-journals"},
	}
}

func actionKinds() fields.Notation[ActionKind] {
	return fields.Words("action", fields.Say("heal", Heal), fields.Say("power-cycle", PowerCycle), fields.Say("wait", Wait), fields.Say("until", Until), fields.Say("new-log", NewLog),
		fields.Say("remove-journals", RemoveJournals), fields.Say("damage-journals", DamageJournals), fields.Say("foreign-journal", ForeignJournal), fields.Say("copy-journals", CopyJournals),
		fields.Say("spare-journals", SpareJournals), fields.Say("rename-journals", RenameJournals))
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
	case CopyJournals:
		a.From = rest
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
	case CopyJournals:
		return strings.TrimRight(word+" "+a.From, ini.Blanks)
	}
	return word
}

// writes are settings as `GROUP KEY VALUE`.
// Writes is the notation of a setting and its value.
func Writes() fields.Notation[Write] {
	return fields.Notation[Write]{
		Syntax: "GROUP KEY VALUE", Parse: parseWrite, Print: Write.String, Open: true,
		Values: []string{"pt-ct pt-primary 480", "nameplate owner Plant B", "nameplate owner", "clock tz-offset -43200"},
	}
}

func parseWrite(text string) (Write, error) {
	group, rest, _ := strings.Cut(text, " ")
	groups, err := tool.SettingsGroups().Parse(group)
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

// intervals are times between frames of a station that talks unasked.
func intervals() fields.Notation[time.Duration] {
	const least = 10 * time.Millisecond
	n := fields.Time("10ms", "300ms", "3s", "1h")
	n.Parse = func(text string) (time.Duration, error) {
		d, err := fields.ParseTime(text)
		if err == nil && d < least {
			err = fmt.Errorf("%s is too often; write 10ms or more", text)
		}
		return d, err
	}
	return n
}

// names are names of sections. Which names exist depends on the world.
// phoneNumbers is the notation of telephone numbers.
func phoneNumbers() fields.Notation[string] {
	return fields.Checked("NUMBER", phone.Check, "5550105", "+1 250 652-7100", "9,5550105")
}

func names() fields.Notation[string] { return fields.Text("NAME") }

// imageSizes are sizes in bytes. The samples are around a byte, a block and the chip.
func imageSizes() fields.Notation[int] {
	const block = ion.BlockBytes
	return fields.Size(1, maxImageBytes, 1, 255, 256, 257, block-1, block, block+1, 48<<10, 61*64<<10, maxImageBytes)
}

func clocks() fields.Notation[time.Time] {
	return fields.Calendar("1970-01-01 00:00:00", "2008-02-29 12:00:00", "2105-12-31 23:59:59")
}
