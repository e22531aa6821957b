package world_test

import (
	"slices"
	"strings"
	"testing"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/internal/fieldstest"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
)

const header = "it stands in the header of the section"

func TestEveryFieldIsDeclaredOnceAndSaysWhatItWasTold(t *testing.T) {
	fieldstest.Table(t, world.MeterFields(), map[string]string{"Name": header})
	fieldstest.Table(t, world.StationFields(), map[string]string{"Name": header})
	fieldstest.Table(t, world.PCFields(), map[string]string{"Name": header})
	const file = "a text cannot hold a file; an id asks for it"
	fieldstest.Table(t, world.FirmwareFields(), map[string]string{"Name": header, "Own": file, "OwnErr": file})
	fieldstest.Table(t, world.TemplateFields(), map[string]string{"Name": header, "Own": file, "OwnErr": file})
	fieldstest.Table(t, world.PersonFields(), nil)
	fieldstest.Table(t, world.AttemptFields(), nil)
}

func TestEveryFieldSaysWhatIsWrongWithAValue(t *testing.T) {
	const (
		model    = `"7500" is no model; use 7300, 7330 or 7350`
		unit     = `"10000" is no number from 1 to 9999`
		baud     = `"9601" is no baud rate; use 300, 600, 1200, 2400, 4800, 9600 or 19200`
		password = `password of 9 digits: a numeric password has one to eight`
		revision = `"V283" is no revision; write one such as 7350V283`
		clock    = `"3:57 PM" is no calendar time; write one such as 2008-03-06 15:57:48`
		damage   = `"torn" is no value of damage; use none, damaged, truncated, empty, missing or foreign`
		yesNo    = `; use yes or no`
	)
	fieldstest.Refuses(t, world.MeterFields(), []fieldstest.Bad{
		{"phone", "COM3", `"COM3" is no telephone number: 'C' is none of 0 to 9, * and #, a pause (, or W), or -.() between them`},
		{"phone", "12", `"12" is no telephone number: it has 2 digits; 3 to 32 can be`},
		{"model", "7500", model},
		{"unit-id", "10000", unit},
		{"unit-id", "0x69", `"0x69" is no number from 1 to 9999`},
		{"unit-id", "0", `"0" is no number from 1 to 9999`},
		{"baud", "9601", baud},
		{"password", "123456789", password},
		{"revision", "V283", revision},
		{"image-bytes", "4194305", `"4194305" is no size from 1 to 4194304 bytes; write one such as 65536, 64k, 256KiB or 1MiB`},
		{"clock", "3:57 PM", clock},
		{"clock", "1908-03-06 15:57:48", `the meter's clock does not go to 1908; use a year from 1970 to 2105`},
		{"settings", "default", `"default" is no value of settings; use custom, factory, lowest or highest`},
		{"set", "pt-ct pt-primry 5", `"pt-primry" is no setting in pt-ct; did you mean pt-primary?`},
		{"template-name", strings.Repeat("x", 81), `name: value not accepted: 81 bytes, at most 80`},
		{"comes-on", "soon", `"soon" is no time; write one such as 30s, 2m or 1h10m`},
		{"goes-off", "-1s", `-1s is negative; write a time such as 30s`},
		{"rts-delay", "401ms", `"401ms" is too long; at most 400ms`},
		{"erase-time", "0s", `"0s" is too short; at least 1ns`},
		{"program-time", "2h", `"2h" is too long; at most 1h`},
		{"verify-time", "soon", `"soon" is no time; write one such as 30s, 2m or 1h10m`},
		{"loader-time", "-1s", `-1s is negative; write a time such as 30s`},
		{"boot-time", "2h", `"2h" is too long; at most 1h`},
		{"first-boot-time", "0s", `"0s" is too short; at least 1ns`},
	}, "line", "serial-number")
	fieldstest.Refuses(t, world.StationFields(), []fieldstest.Bad{
		{"kind", "master", `"master" is no kind of station; use babbler or second-master`},
		{"unit-id", "10000", unit},
		{"units", "32", `"32" is no number from 1 to 31`},
		{"begins", "soon", `"soon" is no time; write one such as 30s, 2m or 1h10m`},
		{"every", "9ms", `9ms is too often; write 10ms or more`},
	}, "line")
	fieldstest.Refuses(t, world.PCFields(), []fieldstest.Bad{
		{"log", "old", `"old" is no value of log; use none or earlier`},
		{"journal", "mine", `"mine" is no value of journal; use none, other-meter, same-serial, stale or damaged`},
		{"dcd", "9", `"9" is no value of dcd; use yes or no`},
	})
	fieldstest.Refuses(t, world.FirmwareFields(), []fieldstest.Bad{
		{"model", "7500", model},
		{"revision", "V283", revision},
		{"dated", "3:57 PM", clock},
		{"build", "1000", `"1000" is no number from 0 to 999`},
		{"blocks", "601", `"601" is no number from 1 to 600`},
		{"bytes", "0", `"0" is no size from 1 to 4194304 bytes; write one such as 65536, 64k, 256KiB or 1MiB`},
		{"damage", "torn", damage},
	})
	fieldstest.Refuses(t, world.TemplateFields(), []fieldstest.Bad{
		{"holds", "mine", `"mine" is no value of holds; use factory or saved`},
		{"model", "7500", model},
		{"damage", "torn", damage},
	})
	fieldstest.Refuses(t, tool.Fields(), []fieldstest.Bad{
		{"task", "upgade", `"upgade" is no task; did you mean upgrade?`},
		{"release", "2.3", `"2.3" is no release; use 2.1 or 2.2`},
		{"single", "true", `"true" is no value of single` + yesNo},
		{"journal", "1", `"1" is no value of journal` + yesNo},
		{"listen", "1", `"1" is no value of listen` + yesNo},
		{"password", "123456789", password},
		{"unit-id", "10000", unit},
		{"baud", "9601", baud},
		{"timeout", "1us", `"1us" is too short; at least 1ms`},
		{"turnaround", "2m", `"2m" is too long; at most 1m`},
	}, "serial-number", "device-name")
	fieldstest.Refuses(t, world.PersonFields(), []fieldstest.Bad{
		{"recover", "perhaps", `"perhaps" is no value of recover` + yesNo},
		{"restore", "perhaps", `"perhaps" is no value of restore` + yesNo},
		{"restore-older", "perhaps", `"perhaps" is no value of restore-older` + yesNo},
		{"paste", "pt-ct, clok", `"clok" is no settings group; did you mean clock?`},
		{"paste", "pt-ct,,clock", `"pt-ct,,clock" has nothing between two commas`},
		{"paste", strings.Repeat("clock,", 20) + "clock", `21 words; at most 20`},
		{"connections", "21", `"21" is no number from 0 to 20`},
		{"assistant", "upgade", `"upgade" is no choice in Setup Assistant; did you mean upgrade?`},
		{"at-silence", "wait", `"wait" is no value of at-silence; use retry, upgrade or exit`},
		{"write", "pt-ct pt-primry 5", `"pt-primry" is no setting in pt-ct; did you mean pt-primary?`},
		{"write", "ptct pt-primary 5", `"ptct" is no settings group; did you mean pt-ct?`},
		{"write", "pt-ct pt-primary high", `pt-primary: value not accepted: "high" is no number`},
		{"write-back", "clok", `"clok" is no settings group; did you mean clock?`},
	}, "firmware", "template")
}

func TestTheFieldsOfAnAttemptAreItsOwnAndThoseOfToolAndPerson(t *testing.T) {
	bad := []fieldstest.Bad{
		{"before", "powercycle 3s", `"powercycle" is no action; did you mean power-cycle?`},
		{"before", "wait", `"" is no time; write one such as 30s, 2m or 1h10m`},
		{"before", "wait -3s", `-3s is negative; write a time such as 30s`},
		{"before", "heal 3s", `"3s" follows heal, which takes nothing; delete it`},
		{"before", "until noon", `"noon" is no calendar time; write one such as 2008-03-06 15:57:48`},
		{"meanwhile", "0s", `"0s" is too short; at least 1ms`},
		{"log", "../plant.log", `"../plant.log" is no name of a file; write one such as Upgrade.log`},
		{"disk-full", "9", `"9" is no value of disk-full; use yes or no`},
		{"limit", "10001h", `10001h is too long; at most 10000h`},
		{"plan", "abort; kill", `2 faults on a line; write one, and the next on a plan = line of its own`},
	}
	others := append(fields.Names(fields.Bind(tool.Fields(), new(world.Tool))), fields.Names(fields.Bind(world.PersonFields(), new(world.Person)))...)
	own := slices.DeleteFunc(world.AttemptFields(), func(f fields.Field[world.Attempt]) bool { return slices.Contains(others, f.Name) })
	fieldstest.Refuses(t, own, bad, "title", "meter", "pc", "folder")
	if want := len(own) + len(tool.Fields()) + len(world.PersonFields()); len(world.AttemptFields()) != want {
		t.Errorf("an attempt has %d fields and should have %d", len(world.AttemptFields()), want)
	}
}
