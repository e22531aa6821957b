package main

import (
	"context"
	"fmt"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/simulator/ion"
)

func (p *program) templateSendCommand() *cli.Command {
	f := p.newLineFlags()
	kept := ion.Groups(0)
	return &cli.Command{
		Name: "template send", Brief: "send a template to a meter",
		Help: `
Sends a template: every setting that the file names is written to the meter and read back.
Groups named by --paste keep what the meter has, whatever the file says (the boxes of
Template Paste Options); by default there are none.
`,
		Args:  []cli.Arg{{Name: "FILE.dcf", What: "template file", Values: cli.Files("*.dcf")}},
		Usage: aConnection, Flags: cli.Plain(append(f.list(), pasteFlag(&kept, "settings that the meter keeps"))...),
		Examples: `
  ionup template send plant.dcf --port /dev/ttyUSB0 --unit-id 105
  ionup template send factory.dcf --tcp 127.0.0.1:7801 --unit-id 105 --paste nameplate,energy
`,
		Notes: jsonManual,
		Run: func(ctx context.Context, call *cli.Call) error {
			return sendTemplate(ctx, p, f, kept, call.Args[0])
		},
	}
}

func sendTemplate(ctx context.Context, p *program, f *lineFlags, kept ion.Groups, path string) error {
	s, err := newLineSession(p, f, client.TaskSendTemplate, files.Reads("FILE.dcf", path))
	if err != nil {
		return err
	}
	template, err := readTemplate(path)
	if err != nil {
		return s.refuse(err)
	}
	s.person = &script{session: s, template: template, paste: kept}
	if err := s.perform(ctx, p, f, ""); err != nil || f.json {
		return err
	}
	name, _, _ := template.Get("template", "name")
	p.call.Printf("Template %s was sent to %s and read back.\n", printable(name), printable(s.device.SerialNumber))
	return nil
}

func (p *program) templateGetCommand() *cli.Command {
	f := p.newLineFlags()
	force := false
	return &cli.Command{
		Name: "template get", Brief: "read a meter's settings as a template",
		Help: `
Reads the settings of a meter as a template that "ionup template send" takes. Without a
file, or with -, it goes to standard output. A file that exists is not written over unless
--force allows it. With --json the settings are an event, and the file is written only
when one is named.
`,
		Args:  []cli.Arg{{Name: "FILE.dcf|-", What: "template file", Optional: true, Values: cli.Files("*.dcf")}},
		Usage: aConnection, Flags: cli.Plain(append(f.list(), forceFlag(&force, "FILE.dcf"))...),
		Examples: `
  ionup template get --port /dev/ttyUSB0 --unit-id 105
  ionup template get plant.dcf --tcp 127.0.0.1:7801 --unit-id 105
`,
		Notes: jsonManual,
		Run: func(ctx context.Context, call *cli.Call) error {
			return getTemplate(ctx, p, f, append(call.Args, "-")[0], over(force))
		},
	}
}

func getTemplate(ctx context.Context, p *program, f *lineFlags, path string, over files.Over) error {
	var result files.Role
	toFile := path != "-"
	if toFile {
		result = files.Written("FILE.dcf", path)
	}
	s, err := newLineSession(p, f, client.TaskReadSettings, result)
	if err != nil {
		return err
	}
	if toFile {
		if err := checkResult(path, over); err != nil {
			return s.refuse(err)
		}
	}
	s.person = &script{session: s}
	s.wanted = ion.AllSettings
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
		return files.WriteBytes(path, over, files.Public, text)
	case !f.json:
		p.call.Print(string(text))
	}
	return nil
}
