package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"ionbench/client"
	"ionbench/client/dcf"
)

func templateSendCommand() command {
	return command{
		name:  "template send",
		brief: "send a template to a meter",
		help: `
Usage: ionup template send FILE.dcf (--port PATH | --tcp ADDR) [FLAG...]

Sends a template: every setting that the file names is written to the meter and read back.
Groups named by --paste keep what the meter has, whatever the file says (the boxes of
Template Paste Options); by default there are none.

Examples:
  ionup template send plant.dcf --port /dev/ttyUSB0 --unit-id 105
  ionup template send factory.dcf --tcp 127.0.0.1:7801 --paste nameplate,energy
` + jsonManual,
		prepare: func(flags *pflag.FlagSet) action {
			f := addLineFlags(flags)
			paste := flags.String("paste", "none", "`GROUPS` that the meter keeps: pt-ct, clock, nameplate, energy, itc, all or none")
			return func(ctx context.Context, p *program, args []string) error {
				path, err := oneArgument("template send", "template file", args)
				if err != nil {
					return err
				}
				return sendTemplate(ctx, p, f, *paste, path)
			}
		},
	}
}

func sendTemplate(ctx context.Context, p *program, f *lineFlags, paste, path string) error {
	groups, err := parsePaste(paste)
	if err != nil {
		return err
	}
	s, err := newLineSession(p, f, client.TaskSendTemplate)
	if err != nil {
		return err
	}
	template, err := readTemplate(path)
	if err != nil {
		return s.conclude(err, f, "")
	}
	s.person = &script{session: s, template: template, paste: groups}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	name, _, _ := template.Get("template", "name")
	return p.print(fmt.Sprintf("Template %s was sent to %s and read back.\n", printable(name), printable(s.device.SerialNumber)))
}

func templateGetCommand() command {
	return command{
		name:  "template get",
		brief: "read a meter's settings as a template",
		help: `
Usage: ionup template get [FILE.dcf|-] (--port PATH | --tcp ADDR) [FLAG...]

Reads the settings of a meter as a template that "ionup template send" takes. Without a
file, or with -, it goes to standard output. A file that exists is not overwritten unless
--force allows it. With --json the settings are an event, and the file is written only
when one is named.

Examples:
  ionup template get --port /dev/ttyUSB0 --unit-id 105
  ionup template get plant.dcf --tcp 127.0.0.1:7801 --unit-id 105
` + jsonManual,
		prepare: func(flags *pflag.FlagSet) action {
			f := addLineFlags(flags)
			force := flags.Bool("force", false, "overwrite FILE.dcf if it exists")
			return func(ctx context.Context, p *program, args []string) error {
				if len(args) > 1 {
					return wrongUsage(fmt.Sprintf("%q is one argument too many", args[1]), "ionup template get takes one file at most")
				}
				path := append(args, "-")[0]
				return getTemplate(ctx, p, f, path, *force)
			}
		},
	}
}

func getTemplate(ctx context.Context, p *program, f *lineFlags, path string, force bool) error {
	s, err := newLineSession(p, f, client.TaskReadSettings)
	if err != nil {
		return err
	}
	toFile := path != "-"
	if toFile {
		if err := checkNew(path, force); err != nil {
			return s.conclude(err, f, "")
		}
	}
	s.person = &script{session: s}
	if err := s.perform(ctx, p, f, ""); err != nil {
		return err
	}
	template, err := client.TemplateOf(s.settings, s.device.Product)
	if err != nil {
		return fmt.Errorf("the settings of the meter make no template: %w", err)
	}
	text := dcf.Append(nil, template)
	switch {
	case toFile:
		return writeNew(path, text, force)
	case f.json:
		return nil
	default:
		return p.print(string(text))
	}
}
