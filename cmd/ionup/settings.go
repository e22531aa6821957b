package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"ionbench/client"
	"ionbench/simulator/ion"
)

func settingsGetCommand() command {
	return command{
		name:  "settings get",
		brief: "read settings of a meter",
		help: `
Usage: ionup settings get [KEY...] (--port PATH | --tcp ADDR) [FLAG...]

Reads settings, all or those named, and prints each as KEY=VALUE on a line of its own.

Examples:
  ionup settings get --port /dev/ttyUSB0 --unit-id 105
  ionup settings get pt-primary ct-primary --tcp 127.0.0.1:7801
` + settingsManual() + jsonManual,
		prepare: func(flags *pflag.FlagSet) action {
			f := addLineFlags(flags)
			return func(ctx context.Context, p *program, args []string) error {
				return getSettings(ctx, p, f, args)
			}
		},
	}
}

func settingsSetCommand() command {
	return command{
		name:  "settings set",
		brief: "write settings of a meter",
		help: `
Usage: ionup settings set KEY=VALUE... (--port PATH | --tcp ADDR) [FLAG...]

Writes settings by hand, and reads them back. All values are checked before anything is
written.

Examples:
  ionup settings set pt-primary=14400 pt-secondary=120 --port /dev/ttyUSB0 --unit-id 105
  ionup settings set owner="Plant A" --tcp 127.0.0.1:7801
` + settingsManual() + jsonManual,
		prepare: func(flags *pflag.FlagSet) action {
			f := addLineFlags(flags)
			return func(ctx context.Context, p *program, args []string) error {
				return setSettings(ctx, p, f, args)
			}
		},
	}
}

// settingsManual lists the keys, group by group.
func settingsManual() string {
	var b strings.Builder
	b.WriteString("\nKeys:\n")
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
		fmt.Fprintf(&b, "  %-10s %s\n", g.Key(), strings.Join(keys, ", "))
	}
	return b.String()
}

// settingOf finds a setting by its key.
func settingOf(key string) (int, error) {
	for i, s := range ion.SettingTable() {
		if s.Key == key {
			return i, nil
		}
	}
	return 0, wrongUsage(fmt.Sprintf("there is no setting %q", key), "ionup settings get --help lists the keys")
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
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	return p.print(settingLines(wanted, func(i int) ion.Value { return s.settings.Values[i] }))
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
	if err := s.upgrader.SetWrites(values); err != nil {
		return wrongUsage(err.Error())
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	return p.print(settingLines(which, func(i int) ion.Value { return values[i] }))
}

// parseSettings reads KEY=VALUE words.
func parseSettings(words []string) (which []int, values map[int]ion.Value, err error) {
	if len(words) == 0 {
		return nil, nil, wrongUsage("no setting", "write KEY=VALUE, as in: ionup settings set pt-primary=14400; ionup settings set --help lists the keys")
	}
	values = make(map[int]ion.Value)
	for _, word := range words {
		key, text, ok := strings.Cut(word, "=")
		if !ok {
			return nil, nil, wrongUsage(fmt.Sprintf("%q is no KEY=VALUE", word), "ionup settings set --help lists the keys")
		}
		i, err := settingOf(key)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := values[i]; twice {
			return nil, nil, wrongUsage(fmt.Sprintf("%s is given twice", key), "give it one value")
		}
		v, err := ion.SettingTable()[i].Parse(text)
		if err != nil {
			return nil, nil, wrongUsage(err.Error())
		}
		which, values[i] = append(which, i), v
	}
	return which, values, nil
}
