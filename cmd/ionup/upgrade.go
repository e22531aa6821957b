package main

import (
	"context"

	"ionbench/client"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
)

func (p *program) upgradeCommand() *cli.Command {
	return p.upgradeLike(client.TaskUpgrade, &cli.Command{
		Name: "upgrade", Brief: "upgrade a meter's firmware",
		Help: `
Upgrades the firmware of a meter: checks file, model, serial number, unit and password,
keeps the meter's settings, clears its flash, sends the image, verifies it, restarts the
meter and writes the settings back. A meter that is in download state already, because an
upgrade did not end, is upgraded from the start.

The lines of Upgrade.log appear on standard output. A missing answer is waited for, and
asked for again, ten times; the cable may be plugged in again meanwhile, and so may a
serial adapter: a port that was gone, or a TCP connection that broke, is opened again.
Ctrl-C aborts and leaves a meter that "ionup recover" brings back.
`,
		Examples: `
  ionup upgrade 7350V284.upg --port /dev/ttyUSB0 --unit-id 105
  ionup upgrade 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105 --serial-number PC-0209A001-11
  ionup upgrade 7350V284.upg --port /dev/ttyUSB0 --unit-id 105 --paste pt-ct --log '{serial}.log'
`,
	})
}

func (p *program) recoverCommand() *cli.Command {
	return p.upgradeLike(client.TaskRecover, &cli.Command{
		Name: "recover", Brief: "recover a meter whose firmware upgrade did not end",
		Help: `
Recovers a meter whose firmware upgrade failed, was aborted, or lost its computer. The
image is sent from the start. If the settings were kept in a journal, ionup asks whether
to write them back ("--yes" says yes); a meter that runs the image of FILE.upg already
gets just its settings. Without a journal the settings are those of the factory template:
send your own with "ionup template send".

Power-cycling the meter first is not necessary.
`,
		Examples: `
  ionup recover 7350V284.upg --port /dev/ttyUSB0 --unit-id 105
  ionup recover 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105 --yes
`,
	})
}

// upgradeLike completes a command that writes a firmware file.
func (p *program) upgradeLike(task client.Task, c *cli.Command) *cli.Command {
	f := p.newUpgradeFlags()
	c.Args, c.Usage, c.Flags, c.Notes = []cli.Arg{firmwareArg()}, aConnection, cli.Plain(f.list()...), jsonManual
	c.Run = func(ctx context.Context, call *cli.Call) error { return upgrade(ctx, p, f, task, call.Args[0]) }
	return c
}

func upgrade(ctx context.Context, p *program, f *upgradeFlags, task client.Task, path string) error {
	t, err := f.target()
	if err != nil {
		return err
	}
	s, err := newUpgradeSession(p, f, task, t, files.Reads("FILE.upg", path))
	if err != nil {
		return err
	}
	firmware, err := files.ReadFirmware(path)
	if err != nil {
		return s.refuse(err)
	}
	s.person = &script{session: s, firmware: firmware, paste: f.paste}
	if err := s.perform(ctx, p, f.lineFlags, path); err != nil {
		return err
	}
	if s.tool.End().Advice == client.AdviceSendTemplate {
		p.call.Hint("the meter has the settings of its factory template now; send your own with: " +
			f.commandLine("template send", s.target, "FILE.dcf"))
	}
	return nil
}

// newUpgradeSession makes a session that may write firmware. It keeps a log and a journal.
func newUpgradeSession(p *program, f *upgradeFlags, task client.Task, t target, args ...files.Role) (*session, error) {
	cfg, err := f.config(p.now())
	if err != nil {
		return nil, err
	}
	c := sessionConfig{client: cfg, task: task, paste: f.paste, target: t, json: f.json, yes: f.yes, logPath: f.log, locks: f.locks, wait: f.wait, capture: f.capture, args: f.roles(args)}
	if cfg.Journal {
		if c.journals, err = openJournals(p.disk, f.journal); err != nil {
			return nil, err
		}
	}
	return newSession(p, c)
}
