package cases

import (
	"testing"

	"ionbench/scenarios/internal/fieldstest"
)

func TestEveryFieldIsDeclaredOnceAndSaysWhatItWasTold(t *testing.T) {
	const others = "its sections have tables of their own"
	fieldstest.Table(t, caseFields(), map[string]string{
		"Meters": others, "Stations": others, "PCs": others, "Firmware": others, "Templates": others, "Attempts": others, "Expect": others,
		"Files": "where the file was found says which",
	})
	fieldstest.Table(t, expectFields(), nil)
}

func TestEveryFieldSaysWhatIsWrongWithAValue(t *testing.T) {
	const groups = `"clok" is no settings group; did you mean clock?`
	fieldstest.Refuses(t, caseFields(), []fieldstest.Bad{{"row", "3", `"3" is no row; write one such as K3`}}, "title", "article")
	fieldstest.Refuses(t, expectFields(), []fieldstest.Bad{
		{"outcome", "sucess", `"sucess" is no value of outcome; did you mean success?`},
		{"meter", "aplication", `"aplication" is no value of meter; did you mean application?`},
		{"revision", "V283", `"V283" is no revision; write one such as 7350V283`},
		{"image", "whole", `"whole" is no value of image; use intact or other`},
		{"flash", "erased", `"erased" is no value of flash; use untouched or changed`},
		{"setting", "pt-ct pt-primry 1", `"pt-primry" is no setting in pt-ct; did you mean pt-primary?`},
		{"kept", "clok", groups},
		{"defaults", "clok", groups},
		{"read", "clok", groups},
		{"prompts", "chose-firmware", `"chose-firmware" is no prompt; did you mean choose-firmware?`},
		{"resends", "5..3", `"3" is no number from 5 to 1000000000`},
		{"no-responses", "many", `"many" is no number from 0 to 1000000000`},
		{"recovery-mode", "on", `"on" is no value of recovery-mode; did you mean no?`},
		{"journals", "-1", `"-1" is no number from 0 to 1000000000`},
		{"time", "2m..1m", `2m..1m ends before it begins`},
		{"log", "../secret", `"../secret" is no file next to the case; write its name alone`},
	}, "reason", "lcd", "event", "template", "log-has", "log-lacks")
}
