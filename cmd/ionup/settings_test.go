package main

import (
	"os"
	"strings"
	"testing"

	"ionbench/cmd/internal/cli"
	"ionbench/scenarios/world"
	"ionbench/simulator/ion"
	"ionbench/simulator/meter"
)

func TestSettingsAreWrittenReadBackAndReadAgain(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	ionup(t, b.line("settings", "set", "pt-primary=14400", "owner=Plant B, bay 7", "tz-offset=-3600")...).wantCode(0).
		wantStdout("pt-primary=14400\nowner=Plant B, bay 7\ntz-offset=-3600\n").wantStderr("")
	ionup(t, b.line("settings", "get", "owner", "tz-offset", "ct-primary")...).wantCode(0).
		wantStdout("owner=Plant B, bay 7\ntz-offset=-3600\nct-primary=102.5\n")
	all := ionup(t, b.line("settings", "get")...).wantCode(0).stdout
	if n := strings.Count(all, "\n"); n != ion.SettingCount || !strings.HasPrefix(all, "pt-primary=14400\n") {
		t.Errorf("%d lines:\n%s", n, all)
	}
}

// A template of them, sent later, would make them somebody's.
func TestFactoryValuesAreNotReadAsSomebodysWithoutAWord(t *testing.T) {
	t.Parallel()
	const nobodys = ": values of the factory, which nobody has written since an upgrade has reset them"
	b := newBed(t, "")
	ionup(t, b.line("settings", "get")...).wantCode(cli.Done).wantStderr("")
	ionup(t, b.tool("upgrade", b.upg(1), "--paste", "clock,nameplate")...).wantCode(cli.Done)
	for _, args := range [][]string{{"template", "get"}, {"template", "get", b.path("x.dcf"), "--json"}, {"settings", "get"}} {
		r := ionup(t, b.line(args...)...).wantCode(cli.Done)
		if said := r.stdout + r.stderr; !strings.Contains(said, "pt-ct,energy,itc"+nobodys) {
			t.Errorf("%v says\n%s", args, said)
		}
	}
	ionup(t, b.line("settings", "get", "owner", "ratio-ia", "tz-offset")...).wantCode(cli.Done).wantSays("warning: itc" + nobodys)
	ionup(t, b.line("settings", "set", "ratio-ia=1")...).wantCode(cli.Done)
	ionup(t, b.line("settings", "get", "owner", "ratio-ia", "tz-offset")...).wantCode(cli.Done).wantStderr("")
}

func TestSettingsAsJSON(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	r := ionup(t, b.line("settings", "get", "--json")...).wantCode(0)
	if !strings.Contains(r.stdout, `"event":"settings"`) || !strings.Contains(r.stdout, `"template":"7350_PLANT_A","settings":{`) ||
		!strings.Contains(r.stdout, `"ct-primary":102.5,`) || !strings.Contains(r.stdout, `"owner":"PLANT A owner"`) {
		t.Errorf("stdout:\n%s", r.stdout)
	}
}

func TestSettingsOfAMeterInDownloadStateCannotBeRead(t *testing.T) {
	t.Parallel() // it waits, most of the time
	b := newBed(t, silentAtBlock9)
	ionup(t, append(b.tool("upgrade", b.upg(20)), "--timeout", "10ms", "--baud", "19200")...).wantCode(1)
	b.heal()
	ionup(t, b.line("settings", "get")...).wantCode(1).wantStderr(
		"ionup: error: the meter is in download state: it has no settings to read or to write; recover its firmware upgrade first\n" +
			"ionup: hint: recover it with: ionup recover FILE.upg --tcp " + b.addr + " --unit-id 105\n")
}

func TestTemplateComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	path := b.path("plant.dcf")
	ionup(t, b.line("template", "get", path)...).wantCode(0).wantStdout("").wantStderr("")
	kept, err := os.ReadFile(path)
	must(t, err)
	for _, args := range [][]string{{"template", "get"}, {"template", "get", "-"}} {
		got := ionup(t, b.line(args...)...).wantCode(0).stdout
		if withoutEnergy(t, got) != withoutEnergy(t, string(kept)) {
			t.Errorf("stdout:\n%s\nwant:\n%s", got, kept)
		}
	}

	ionup(t, b.line("settings", "set", "pt-primary=1", "owner=x", "ratio-ia=0.9")...).wantCode(0)
	ionup(t, b.line("template", "send", path)...).wantCode(0).
		wantStdout("Template 7350_PLANT_A was sent to PC-0209A001-11 and read back.\n").wantStderr("")
	b.wantSettings(custom())
}

// withoutEnergy removes the energy readings, which the meter goes on to count.
func withoutEnergy(t *testing.T, text string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, "[energy]")
	_, after, ok2 := strings.Cut(rest, "[itc]")
	if !ok || !ok2 {
		t.Fatalf("no sections energy and itc in %q", text)
	}
	return before + after
}

func TestTemplateLeavesTickedGroupsAsTheyAre(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	template := b.path("new.dcf")
	must(t, os.WriteFile(template, []byte("[template]\nname = Plant C\nproduct = 7350\n[pt-ct]\npt-primary = 7\n[nameplate]\nowner = C\n"), 0o600))
	ionup(t, b.line("template", "send", template, "--paste", "pt-ct")...).wantCode(0)
	want := custom()
	want.Template = "Plant C"
	for i, s := range ion.SettingTable() {
		if s.Key == "owner" {
			want.Values[i] = ion.TextValue("C")
		}
	}
	b.wantSettings(want)
}

func TestTemplateThatCannotBeUsedChangesNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, says string
		code             cli.Status
	}{
		{"empty", "", "bad.dcf: the .DCF file is empty", cli.Misused},
		{"bad line", "[template]\nname = x\nwhat\n", `bad.dcf: line 3: "what" has no =`, cli.Misused},
		{"unknown key", "[template]\nname = x\n[pt-ct]\npt-first = 1\n", "bad.dcf: line 4: there is no setting pt-first in [pt-ct]", cli.Misused},
		{"long value", "[template]\nname = x\n[nameplate]\nowner = " + strings.Repeat("A", 81) + "\n", "bad.dcf: line 4: owner: value not accepted: 81 bytes, at most 80", cli.Misused},
		{"value beyond its bound", "[template]\nname = x\n[itc]\nratio-ia = 9\n", "bad.dcf: line 4: ratio-ia: value not accepted: 9 is outside 0.5 to 1.5", cli.Misused},
		{"long name", "[template]\nname = " + strings.Repeat("A", 81) + "\n", "bad.dcf: line 2: name: value not accepted: 81 bytes, at most 80", cli.Misused},
		{"no name", "[template]\nname =\n", "bad.dcf: line 2: the name of the template is empty", cli.Misused},
		{"no product", "[template]\nname = x\nproduct = 7400\n", "bad.dcf: line 3: the template is for a 7400, and there is no such meter; use one of [7300 7330 7350]", cli.Misused},
		{"other product", "[template]\nname = x\nproduct = 7300\n", "line 3: the template is for a 7300 and the meter is a 7350; nothing was changed", cli.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t, "")
			must(t, os.WriteFile(b.path("bad.dcf"), []byte(test.text), 0o600))
			ionup(t, b.line("template", "send", b.path("bad.dcf"))...).wantCode(test.code).wantSays("ionup: error: ", test.says)
			b.wantSettings(custom())
			if test.code == cli.Misused { // what the file alone tells is told before a connection is opened: nothing listens at port 1
				ionup(t, "template", "send", b.path("bad.dcf"), "--tcp", "127.0.0.1:1").wantCode(cli.Misused).wantSays("ionup: error: ", test.says)
			}
		})
	}
}

func TestTemplateGetDoesNotOverwriteUnlessForced(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	path := b.path("plant.dcf")
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
	// It is refused before a connection is opened: nothing listens at port 1.
	ionup(t, "template", "get", path, "--tcp", "127.0.0.1:1").wantCode(cli.Misused).
		wantStderr("ionup: error: " + path + " is not written over: file already exists\nionup: hint: name another file, or allow it with --force\n")
	wantFile(t, path, []byte("mine"))

	link := b.path("link.dcf")
	must(t, os.Symlink(path, link))
	ionup(t, b.line("template", "get", link, "--force")...).wantCode(cli.Misused).wantSays("link.dcf is a link and is not written over")
	wantFile(t, path, []byte("mine"))

	ionup(t, b.line("template", "get", path, "--force")...).wantCode(0)
	kept, err := os.ReadFile(path)
	must(t, err)
	if !strings.HasPrefix(string(kept), "[template]\nname = 7350_PLANT_A\n") {
		t.Errorf("it holds %q", kept)
	}
	ionup(t, b.line("template", "get", b.path("none/plant.dcf"))...).wantCode(cli.Misused).wantSays("no such file or directory\nionup: hint: name a file in a folder that is there")
}

func TestTemplateGoesToAMeterThatWasRecovered(t *testing.T) {
	t.Parallel()
	b := newBed(t, "")
	path := b.path("plant.dcf")
	ionup(t, b.line("template", "get", path)...).wantCode(0)
	ionup(t, append(b.line("upgrade", b.upg(2)), "--no-journal", "--paste", "none", "--log", b.path("Upgrade.log"))...).wantCode(0)
	factory := meter.FactoryTemplate(meter.ION7350, "7350V283")
	factory.Template = custom().Template
	b.wantSettings(&factory)
	ionup(t, b.line("template", "send", path)...).wantCode(0)
	b.wantSettings(world.CustomSettings(meter.ION7350, "7350V282"))
}
