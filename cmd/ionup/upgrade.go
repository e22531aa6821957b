package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"ionbench/client"
)

func upgradeCommand() command {
	return command{
		name:  "upgrade",
		brief: "upgrade a meter's firmware",
		help: `
Usage: ionup upgrade FILE.upg (--port PATH | --tcp ADDR) [FLAG...]

Upgrades the firmware of a meter: checks file, model, serial number, unit and password,
keeps the meter's settings, clears its flash, sends the image, verifies it, restarts the
meter and writes the settings back. A meter that is in download state already, because an
upgrade did not end, is upgraded from the start.

The lines of Upgrade.log appear on standard output. A missing answer is waited for, and
asked for again, ten times; the cable may be plugged in again meanwhile. Ctrl-C aborts and
leaves a meter that "ionup recover" brings back.

Examples:
  ionup upgrade 7350V284.upg --port /dev/ttyUSB0 --unit-id 105
  ionup upgrade 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105 --serial-number PC-0209A001-11
  ionup upgrade 7350V284.upg --port /dev/ttyUSB0 --paste pt-ct,nameplate --log plant.log
` + jsonManual,
		prepare: prepareUpgrade("upgrade", client.TaskUpgrade),
	}
}

func recoverCommand() command {
	return command{
		name:  "recover",
		brief: "recover a meter whose firmware upgrade did not end",
		help: `
Usage: ionup recover FILE.upg (--port PATH | --tcp ADDR) [FLAG...]

Recovers a meter whose firmware upgrade failed, was aborted, or lost its computer. The
image is sent from the start. If the settings were kept in a journal, ionup asks whether
to write them back ("--yes" says yes); a meter that runs the image of FILE.upg already
gets just its settings. Without a journal the settings are those of the factory template:
send your own with "ionup template send".

Power-cycling the meter first is not necessary.

Examples:
  ionup recover 7350V284.upg --port /dev/ttyUSB0 --unit-id 105
  ionup recover 7350V284.upg --tcp 127.0.0.1:7801 --unit-id 105 --yes
` + jsonManual,
		prepare: prepareUpgrade("recover", client.TaskRecover),
	}
}

func prepareUpgrade(name string, task client.Task) func(*pflag.FlagSet) action {
	return func(flags *pflag.FlagSet) action {
		f := addUpgradeFlags(flags)
		return func(ctx context.Context, p *program, args []string) error {
			path, err := oneArgument(name, "firmware file", args)
			if err != nil {
				return err
			}
			return upgrade(ctx, p, f, task, path)
		}
	}
}

func upgrade(ctx context.Context, p *program, f *upgradeFlags, task client.Task, path string) error {
	paste, err := parsePaste(f.paste)
	if err != nil {
		return err
	}
	t, err := f.target()
	if err != nil {
		return err
	}
	s, err := newUpgradeSession(p, f, task, t)
	if err != nil {
		return err
	}
	firmware, err := readFirmware(path)
	if err != nil {
		return s.conclude(err, f.lineFlags, path)
	}
	s.person = &script{session: s, firmware: firmware, paste: paste}
	if err := s.perform(ctx, p, f.lineFlags, path); err != nil {
		return err
	}
	if !s.restored && paste != 0 {
		p.hint("the meter has the settings of its factory template now; send your own with: " +
			f.commandLine("template send", s.target, "FILE.dcf"))
	}
	return nil
}

// newUpgradeSession is a session that may write firmware: it keeps a log and a journal.
func newUpgradeSession(p *program, f *upgradeFlags, task client.Task, t target) (*session, error) {
	cfg, err := f.config(p.timing, time.Now())
	if err != nil {
		return nil, err
	}
	c := sessionConfig{client: cfg, task: task, target: t, json: f.json, yes: f.yes, logPath: f.log}
	if cfg.Journal {
		if c.journals, err = openJournals(f.journal); err != nil {
			return nil, err
		}
	}
	return newSession(p, c)
}
