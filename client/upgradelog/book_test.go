package upgradelog

import (
	"reflect"
	"testing"
)

func TestTheLinesOfALogGoWhereItsNameSays(t *testing.T) {
	started, asks, done := Line{Kind: UpgradeStarted}, Line{Kind: Note, Text: "asks"}, Line{Kind: UpgradeCompleted}
	serial := func(n string) Line { return Line{Kind: DeviceSerialNumber, Text: n} }
	failed := Line{Kind: UpgradeFailed}
	for _, c := range []struct {
		name  string
		lines []Line
		want  []Turn // of each line, and of the end
	}{
		{"Upgrade.log", []Line{started, serial("A"), done, started}, []Turn{
			{Open: "Upgrade.log", Lines: []Line{started}}, {Lines: []Line{serial("A")}}, {Lines: []Line{done}}, {Lines: []Line{started}}, {},
		}},
		{"{serial}.log", []Line{started, asks, serial("A/1"), done, started, serial("B")}, []Turn{
			{}, {}, {Open: "A%2F1.log", Lines: []Line{started, asks, serial("A/1")}}, {Lines: []Line{done}},
			{Close: true}, {Open: "B.log", Lines: []Line{started, serial("B")}}, {},
		}},
		{"{serial}.log", []Line{started, failed}, []Turn{{}, {Open: "unknown.log", Lines: []Line{started, failed}}, {}}},
		{"{serial}.log", []Line{started, serial("")}, []Turn{{}, {Open: "unknown.log", Lines: []Line{started, serial("")}}, {}}},
		{"{serial}.log", []Line{started}, []Turn{{}, {Open: "unknown.log", Lines: []Line{started}}}},
	} {
		b := Book{Name: c.name}
		var got []Turn
		for _, l := range c.lines {
			got = append(got, b.Take(l))
		}
		if got = append(got, b.End()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestAFileThatIsNotOpenedIsAskedForAgain(t *testing.T) {
	b := Book{Name: "Upgrade.log"}
	b.Take(Line{Kind: UpgradeStarted})
	b.NotOpened()
	if turn := b.Take(Line{Kind: UpgradeFailed}); turn.Open != "Upgrade.log" || len(turn.Lines) != 1 {
		t.Errorf("%+v", turn)
	}
}
