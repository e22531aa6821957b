package tool

import (
	"slices"
	"strconv"

	"ionbench/client"
	"ionbench/scenarios/fields"
	"ionbench/simulator/ion"
)

// UnitIDs is the notation of unit ids. Its samples are the ends of the range and ids on both
// sides of 255, where one byte ends.
func UnitIDs() fields.Notation[uint16] {
	return fields.Integer[uint16](ion.MinUnitID, ion.MaxUnitID, 1, 100, 105, 255, 256, 9999)
}

// BaudRates is the notation of the baud rates of a meter's port.
func BaudRates() fields.Notation[int] {
	var words []fields.Word[int]
	for _, rate := range ion.BaudRates() {
		words = append(words, fields.Say(strconv.Itoa(rate), rate))
	}
	return fields.Words("baud rate", words...)
}

// Passwords is the notation of the passwords that the protocol can carry.
func Passwords() fields.Notation[string] {
	check := func(text string) error {
		_, err := ion.ParsePassword(text, 0)
		return err
	}
	return fields.Checked("PASSWORD", check, "0", "1", "99999999", "a", "Ab-9z~")
}

// Groups is the notation of settings groups: all, none, or a list with commas.
func Groups() fields.Notation[ion.Groups] {
	words := SettingsGroups()
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

// Tasks is the notation of what the tool is started for.
func Tasks() fields.Notation[client.Task] {
	return fields.Words("task", fields.Say("connect", client.TaskConnect), fields.Say("identify", client.TaskIdentify),
		fields.Say("upgrade", client.TaskUpgrade), fields.Say("recover", client.TaskRecover), fields.Say("send-template", client.TaskSendTemplate),
		fields.Say("read-settings", client.TaskReadSettings), fields.Say("write-settings", client.TaskWriteSettings))
}

// releases is the notation of the releases of the vendor's tool.
func releases() fields.Notation[client.Release] {
	var words []fields.Word[client.Release]
	for _, r := range client.Releases() {
		words = append(words, fields.Say(r.Version, r))
	}
	return fields.Words("release", words...)
}

// SettingsGroups is the notation of a single settings group.
func SettingsGroups() fields.Notation[ion.Group] {
	var words []fields.Word[ion.Group]
	for _, g := range ion.AllGroups.List() {
		words = append(words, fields.Say(g.Key(), g))
	}
	return fields.Words("settings group", words...)
}

// SerialNumbers is the notation of a meter's serial number.
func SerialNumbers() fields.Notation[string] {
	return fields.Text("TEXT", "1", "PC-0209A001-11", "ABCDEFGHIJKLMNOP")
}
