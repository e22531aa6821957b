package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/simulator/ion"
)

func (p *program) settingsGetCommand() *cli.Command {
	f := p.newLineFlags()
	return &cli.Command{
		Name: "settings get", Brief: "read settings of a meter",
		Help:  "Reads settings, all or those named, and prints each as KEY=VALUE on a line of its own.",
		Args:  []cli.Arg{{Name: "KEY", What: "setting", Optional: true, Many: true, Values: cli.Values{Words: settingKeys}}},
		Usage: aConnection, Flags: cli.Plain(f.list()...),
		Examples: `
  ionup settings get --port /dev/ttyUSB0 --unit-id 105
  ionup settings get pt-primary ct-primary --tcp 127.0.0.1:7801 --unit-id 105
`,
		Notes: settingsManual() + jsonManual,
		Run:   func(ctx context.Context, call *cli.Call) error { return getSettings(ctx, p, f, call.Args) },
	}
}

func (p *program) settingsSetCommand() *cli.Command {
	f := p.newLineFlags()
	assignments := func() []string {
		keys := settingKeys()
		for i := range keys {
			keys[i] += "="
		}
		return keys
	}
	return &cli.Command{
		Name: "settings set", Brief: "write settings of a meter",
		Help: `
Writes settings by hand, and reads them back. All values are checked before anything is
written.
`,
		Args:  []cli.Arg{{Name: "KEY=VALUE", What: "setting", Many: true, Values: cli.Values{Words: assignments}}},
		Usage: aConnection, Flags: cli.Plain(f.list()...),
		Examples: `
  ionup settings set pt-primary=14400 pt-secondary=120 --port /dev/ttyUSB0 --unit-id 105
  ionup settings set owner="Plant A" --tcp 127.0.0.1:7801 --unit-id 105
`,
		Notes: settingsManual() + jsonManual,
		Run:   func(ctx context.Context, call *cli.Call) error { return setSettings(ctx, p, f, call.Args) },
	}
}

func settingKeys() []string {
	var keys []string
	for _, s := range ion.SettingTable() {
		keys = append(keys, s.Key)
	}
	return keys
}

// settingsManual lists the keys, group by group.
func settingsManual() string {
	var rows [][2]string
	for _, g := range ion.AllGroups.List() {
		var keys []string
		for _, s := range ion.SettingTable() {
			switch {
			case s.Group != g:
			case s.Unit != "":
				keys = append(keys, fmt.Sprintf("%s (%s)", s.Key, s.Unit))
			default:
				keys = append(keys, s.Key)
			}
		}
		rows = append(rows, [2]string{g.Key(), strings.Join(keys, ", ")})
	}
	return "\nKeys:\n" + cli.Entries(rows)
}

// settingOf returns the setting with this key.
func settingOf(key string) (int, error) {
	if i := slices.Index(settingKeys(), key); i >= 0 {
		return i, nil
	}
	return 0, cli.Unknown("setting", key, settingKeys()).Hint("ionup settings get --help lists the keys")
}

func getSettings(ctx context.Context, p *program, f *lineFlags, keys []string) error {
	var wanted []int
	for _, key := range keys {
		i, err := settingOf(key)
		if err != nil {
			return err
		}
		wanted = append(wanted, i)
	}
	if len(keys) == 0 {
		for i := range ion.SettingCount {
			wanted = append(wanted, i)
		}
	}
	s, err := newLineSession(p, f, client.TaskReadSettings)
	if err != nil {
		return err
	}
	for _, i := range wanted {
		s.wanted = s.wanted.With(i)
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	p.call.Print(settingLines(wanted, func(i int) ion.Value { return s.settings.Values[i] }))
	return nil
}

func settingLines(which []int, value func(int) ion.Value) string {
	var b strings.Builder
	table := ion.SettingTable()
	for _, i := range which {
		fmt.Fprintf(&b, "%s=%s\n", table[i].Key, table[i].Format(value(i)))
	}
	return b.String()
}

func setSettings(ctx context.Context, p *program, f *lineFlags, args []string) error {
	which, values, err := parseSettings(args)
	if err != nil {
		return err
	}
	s, err := newLineSession(p, f, client.TaskWriteSettings)
	if err != nil {
		return err
	}
	if err := s.tool.SetWrites(values); err != nil {
		return cli.Unusable(err)
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	p.call.Print(settingLines(which, func(i int) ion.Value { return values[i] }))
	return nil
}

// parseSettings reads KEY=VALUE words.
func parseSettings(words []string) (which []int, values map[int]ion.Value, err error) {
	values = make(map[int]ion.Value)
	for _, word := range words {
		key, text, ok := strings.Cut(word, "=")
		if !ok {
			return nil, nil, cli.Usage("%q is no KEY=VALUE", word).Hint("ionup settings set --help lists the keys")
		}
		i, err := settingOf(key)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := values[i]; twice {
			return nil, nil, cli.Usage("%s is given twice", key).Hint("give it one value")
		}
		v, err := ion.SettingTable()[i].Parse(text)
		if err != nil {
			return nil, nil, cli.Unusable(err)
		}
		which, values[i] = append(which, i), v
	}
	return which, values, nil
}
