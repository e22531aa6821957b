package main

import (
	"time"

	"ionbench/client"
	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/simulator/ion"
)

// script answers the tool's prompts from the command's flags. Only the question whether to
// restore a journal goes to the terminal, because no flag can foresee it.
type script struct {
	session  *session
	firmware *upg.File
	template *dcf.File
	paste    ion.Groups
}

func (p *script) asked(now time.Duration, e client.Event) {
	a := client.Answer{Choice: client.OK}
	switch e.Prompt {
	case client.ChooseFirmware:
		a.Firmware = p.firmware
	case client.ChooseTemplate:
		a.Template = p.template
	case client.PasteOptions:
		a.Groups = p.paste
	case client.RestoreSettings:
		p.session.offerJournal(now, e)
		return
	case client.RestoreOlder:
		p.session.offerOlder(now, e)
		return
	}
	p.session.answer(now, a)
}
