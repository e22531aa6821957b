package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"ionbench/client"
	"ionbench/client/phone"
	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/files"
	"ionbench/scenarios/world/tool"
)

func (p *program) connectCommand() *cli.Command {
	f := p.newUpgradeFlags()
	return &cli.Command{
		Name: "connect", Brief: "the windows of the article, as questions at the terminal",
		Help: `
Leads through the windows of the vendor's tool as article FA212301 shows them: Select
Connection Type, the offer to recover a meter whose upgrade failed (with --single and
release 2.2), the choice of the firmware file, Setup Assistant, and sending a template.

Questions are answered with a line each; an empty line takes the answer in brackets, a
word may be cut short, and the end of the input leaves the tool, with status 2 if no line
came before; so do five answers in a row that lead nowhere, unless a person gives them at a
terminal. --port or --tcp, with --phone if a modem is there, is the connection that is
offered first. A telephone number for an answer is dialled by the modem at that port, or at
one that is asked for. With --yes the questions that take a yes, and the windows that only
want to be closed, answer themselves; connection, files, Setup Assistant and paste options
are still asked for. With --json the questions are events of kind "prompt", and the answers
are lines on standard input all the same.

After a recovery the tool is in Firmware Recovery Mode, in which the paste options have no
effect, until it is left.
`,
		Usage: "[--port PATH | --tcp ADDR] [--single]", Flags: cli.Plain(f.list()...),
		Examples: `
  ionup connect --single --port /dev/ttyUSB0 --unit-id 105
  ionup connect --single --tcp 127.0.0.1:7801 --unit-id 105
  ionup connect --single --port /dev/ttyS0 --phone 5550105 --unit-id 105
  printf '%s\n' '' 7350V284.upg | ionup connect --single --yes --tcp 127.0.0.1:7801 --unit-id 105
`,
		Notes: jsonManual,
		Run:   func(ctx context.Context, _ *cli.Call) error { return connect(ctx, p, f) },
	}
}

func connect(ctx context.Context, p *program, f *upgradeFlags) error {
	if f.port != "" && f.tcp != "" {
		_, err := f.target()
		return err
	}
	if err := f.checkAddresses(); err != nil {
		return err
	}
	s, err := newUpgradeSession(p, f, client.TaskConnect, target{port: f.port, tcp: f.tcp, phone: f.phone, baud: f.Baud})
	if err != nil {
		return err
	}
	d := &dialogue{session: s, pasteWord: tool.Groups().Print(f.paste)}
	s.person = d
	if err := s.openCapture(); err != nil {
		return s.refuse(err)
	}
	s.beginAlone()
	s.run(ctx, p.interrupts)
	return s.conclude(f.lineFlags, d.firmwarePath)
}

// dialogue lets a person at the terminal answer the tool's prompts.
type dialogue struct {
	*session
	pasteWord    string // settings that an upgrade restores, in the person's words
	firmwarePath string
	template     bool // the paste options asked for are those of a template
}

func (d *dialogue) asked(now time.Duration, e client.Event) {
	switch e.Prompt {
	case client.ConnectionType:
		d.detach = true
		if e.Err != nil {
			d.report.warning(e.Err.Error())
		}
		d.chooseConnection()
	case client.RecoverUpgrade:
		d.choose(now, true, question{
			prompt: e.Prompt,
			text: fmt.Sprintf("The firmware upgrade of this meter (ION %d, %s) did not end: it is in upgrade mode.\nRecover it?",
				e.Device.Product, printable(e.Device.SerialNumber)),
			choices: []string{yes, no}, fallback: yes,
		}, client.OK, client.Cancel)
	case client.ChooseFirmware:
		d.chooseFirmware()
	case client.RestoreSettings:
		d.offerJournal(now, e)
	case client.RestoreOlder:
		d.offerOlder(now, e)
	case client.PasteOptions:
		d.choosePaste()
	case client.ChooseTemplate:
		d.chooseTemplate()
	case client.SetupAssistant:
		d.choose(now, false, question{
			prompt: e.Prompt,
			text: fmt.Sprintf("Setup Assistant: %s, ION %d, firmware %s, template %s.\nSend a template, upgrade the firmware, or exit?",
				printable(e.Device.SerialNumber), e.Device.Product, printable(e.Device.Revision), printable(e.Device.Template)),
			choices: []string{"template", "upgrade", "exit"},
		}, client.OK, client.Upgrade, client.Exit)
	case client.DeviceSilent:
		d.choose(now, false, question{
			prompt:  e.Prompt,
			text:    fmt.Sprintf("The device does not answer: %v.\nTry again, start a firmware upgrade by hand, or exit?", e.Err),
			choices: []string{"again", "upgrade", "exit"}, fallback: "again",
		}, client.OK, client.Upgrade, client.Exit)
	default:
		d.close(now, e)
	}
}

// close answers windows whose only answer is to close them.
func (d *dialogue) close(now time.Duration, e client.Event) {
	word, choice := "ok", client.OK
	var text string
	switch e.Prompt {
	case client.UpgradeCompleted:
		word, choice = "exit", client.Exit
		text = "The firmware upgrade is completed."
	case client.UpgradeFailed:
		word, choice = "exit", client.Exit
		text = fmt.Sprintf("The firmware upgrade has failed: %v.", e.Err)
	case client.CommunicationLost:
		text = "Communication with the device has been lost."
	case client.SendTemplate:
		d.choose(now, true, question{
			prompt: e.Prompt, text: "A template will be sent to the meter.", choices: []string{"ok", "cancel"}, fallback: "ok",
		}, client.OK, client.Cancel)
		return
	case client.TemplateApplied:
		text = "The template was successfully applied to the device."
		if d.tool.RecoveryMode() {
			text += "\nExit the tool and connect again: it is in Firmware Recovery Mode until then."
		}
	}
	d.choose(now, true, question{prompt: e.Prompt, text: text, choices: []string{word}, fallback: word}, choice)
}

// choose asks a question whose answers are buttons. With --yes, and if mayBeYes, the first
// button is chosen without asking.
func (d *dialogue) choose(now time.Duration, mayBeYes bool, q question, buttons ...client.Choice) {
	if mayBeYes && d.yes {
		d.report.question(q)
		d.report.answered(q, q.choices[0])
		d.answer(now, client.Answer{Choice: buttons[0]})
		return
	}
	d.putQuestion(q, func(now time.Duration, answer string) {
		for i, c := range q.choices {
			if c == answer {
				d.answer(now, client.Answer{Choice: buttons[i]})
			}
		}
	})
}

func (d *dialogue) chooseConnection() {
	q := question{prompt: client.ConnectionType, text: "Select Connection Type: a serial port, an IP address as HOST:PORT, a telephone number, or exit"}
	if d.target != (target{baud: d.target.baud}) {
		q.fallback = d.target.word()
	}
	d.putQuestion(q, func(now time.Duration, answer string) {
		if answer == "exit" {
			d.answer(now, client.Answer{Choice: client.Exit})
			return
		}
		if phone.Check(answer) == nil {
			d.target.phone = answer
			d.chooseModem()
			return
		}
		d.target = targetOf(answer, d.target.baud)
		d.connect(&attempt{limit: d.wait}, d.connected)
	})
}

// chooseModem dials, by the modem at the port that is known or that the person names.
func (d *dialogue) chooseModem() {
	if d.target.port+d.target.tcp != "" {
		d.connect(&attempt{limit: d.wait}, d.connected)
		return
	}
	q := question{prompt: client.ConnectionType, text: "The modem that dials: its serial port, its IP address as HOST:PORT, or exit"}
	d.putQuestion(q, func(now time.Duration, answer string) {
		if answer == "exit" {
			d.answer(now, client.Answer{Choice: client.Exit})
			return
		}
		modem := targetOf(answer, d.target.baud)
		d.target.port, d.target.tcp = modem.port, modem.tcp
		d.connect(&attempt{limit: d.wait}, d.connected)
	})
}

// connected goes on when the connection is open or could not be opened.
func (d *dialogue) connected(now time.Duration, err error) {
	switch {
	case d.tool.Done():
	case err != nil:
		d.report.warning(err.Error())
		d.chooseConnection()
	default:
		d.detach = false
		d.answer(now, client.Answer{Choice: client.OK})
	}
}

// word returns the target in the form in which the person gives it.
func (t target) word() string {
	if t.phone != "" {
		return t.phone
	}
	return t.tcp + t.port
}

// targetOf makes a target of an address or of the name of a port.
func targetOf(word string, baud int) target {
	if _, _, err := net.SplitHostPort(word); err == nil && !strings.ContainsAny(word, `/\`) {
		return target{tcp: word, baud: baud}
	}
	return target{port: word, baud: baud}
}

const cancelWord = "cancel"

func (d *dialogue) chooseFirmware() {
	d.template = false
	q := question{prompt: client.ChooseFirmware, text: "ION Firmware Upgrade file (*.upg), or cancel", fallback: d.firmwarePath}
	d.putQuestion(q, func(now time.Duration, path string) {
		if path == cancelWord {
			d.answer(now, client.Answer{Choice: client.Cancel})
			return
		}
		f, err := files.ReadFirmware(path)
		if err == nil {
			err = d.roles.Joins(files.Reads("the firmware", path))
		}
		if err != nil {
			d.report.warning(err.Error())
			d.chooseFirmware()
			return
		}
		d.firmwarePath = path
		d.answer(now, client.Answer{Firmware: f})
	})
}

func (d *dialogue) chooseTemplate() {
	d.template = true
	q := question{prompt: client.ChooseTemplate, text: "ION Setup Device Configuration File (*.dcf), or cancel"}
	d.putQuestion(q, func(now time.Duration, path string) {
		if path == cancelWord {
			d.answer(now, client.Answer{Choice: client.Cancel})
			return
		}
		f, err := readTemplate(path)
		if err == nil {
			err = client.CheckTemplate(f, d.device.Product)
		}
		if err == nil {
			err = d.roles.Joins(files.Reads("the template", path))
		}
		if err != nil {
			d.report.warning(err.Error())
			d.chooseTemplate()
			return
		}
		d.answer(now, client.Answer{Template: f})
	})
}

func (d *dialogue) choosePaste() {
	q := question{prompt: client.PasteOptions, fallback: d.pasteWord,
		text: "Settings to write back, of pt-ct, clock, nameplate, energy, itc; or all or none"}
	if d.template {
		q.fallback = "none"
		q.text = "Template Paste Options: settings that stay as the meter has them,\nof pt-ct, clock, nameplate, energy, itc; or all or none"
		if d.tool.RecoveryMode() {
			q.text += " (no effect in Firmware Recovery Mode)"
		}
	}
	d.putQuestion(q, func(now time.Duration, answer string) {
		groups, err := tool.Groups().Parse(answer)
		if err != nil {
			d.report.warning(err.Error())
			d.choosePaste()
			return
		}
		d.answer(now, client.Answer{Groups: groups})
	})
}
