package client

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"ionbench/client/dcf"
	"ionbench/client/upg"
	"ionbench/simulator/ion"
)

// write is one register that is to be written.
type write struct {
	handle  ion.Handle
	value   ion.Value
	setting int // index in ion.SettingTable, or ion.TemplateName
}

// templateSteps send a template to the meter. "Click on the Template settings found in the
// left pane. Now click the Send to Meter tab … Click the Send button".
func templateSteps() []step {
	return []step{
		{is: StepFindLoader, when: (*Upgrader).single, request: identifyRequest, retry: probing, reply: onDownload(ion.OpIdentify, wantApplication)},
		{is: StepIdentify, when: (*Upgrader).single, request: readIdentityRequest, retry: probing, reply: takeRegisters},
		{is: StepLockMeter, when: (*Upgrader).locks, keep: (*Upgrader).lock, kept: locked},
		{is: StepSendTemplate, ask: SendTemplate, answered: confirmTemplate},
		{is: StepChooseTemplate, ask: ChooseTemplate, answered: takeTemplate},
		{is: StepPasteOptions, ask: PasteOptions, answered: takePaste},
		{is: StepSavePasted, when: (*Upgrader).pastes, request: readSettingsRequest, reply: takeForPaste},
		{is: StepIdentifyBeforeWriting, when: (*Upgrader).identifiesBeforeWriting, request: identifyRequest, reply: onDownload(ion.OpIdentify, stillThere)},
		{is: StepListenBeforeWriting, when: (*Upgrader).writesListening, listens: true},
		{is: StepWriteTemplate, request: writeRequest, reply: written},
		{is: StepCheckTemplate, when: (*Upgrader).wroteAny, request: readBackRequest, reply: readBack},
		{is: StepIdentifyAfterWriting, when: (*Upgrader).wroteListening, request: identifyRequest, retry: once, reply: onDownload(ion.OpIdentify, answersAfterwards), silent: unanswered},
		{is: StepListenAfterWriting, when: (*Upgrader).wroteListening, listens: true},
		{is: StepSayApplied, ask: TemplateApplied, answered: goOnWith},
		{act: afterTemplate},
	}
}

// readSteps read the settings.
func readSteps() []step {
	return []step{
		{is: StepFindLoader, request: identifyRequest, retry: probing, reply: onDownload(ion.OpIdentify, wantApplication)},
		{is: StepIdentify, request: readIdentityRequest, retry: probing, reply: takeRegisters},
		{is: StepReadSettings, request: readSettingsRequest, reply: reportSettings},
		{act: func(*Upgrader, time.Duration) next { return toProcedure(finishProcedure) }},
	}
}

// writeSteps write the settings that SetWrites was given. The article calls this restoring them
// manually.
func writeSteps() []step {
	return []step{
		{is: StepFindLoader, request: identifyRequest, retry: probing, reply: onDownload(ion.OpIdentify, wantApplication)},
		{is: StepIdentify, request: readIdentityRequest, retry: probing, reply: takeRegisters},
		{is: StepLockMeter, when: (*Upgrader).locks, keep: (*Upgrader).lock, kept: locked},
		{is: StepIdentifyBeforeWriting, when: (*Upgrader).identifiesBeforeWriting, request: identifyRequest, reply: onDownload(ion.OpIdentify, stillThere)},
		{is: StepListenBeforeWriting, when: (*Upgrader).writesListening, listens: true},
		{is: StepWriteSettings, when: (*Upgrader).writes, request: writeRequest, reply: written},
		{is: StepCheckSettings, when: (*Upgrader).wroteAny, request: readBackRequest, reply: readBack},
		{is: StepIdentifyAfterWriting, when: (*Upgrader).wroteListening, request: identifyRequest, retry: once, reply: onDownload(ion.OpIdentify, answersAfterwards), silent: unanswered},
		{is: StepListenAfterWriting, when: (*Upgrader).wroteListening, listens: true},
		{act: func(*Upgrader, time.Duration) next { return toProcedure(finishProcedure) }},
	}
}

// single reports that the task is not part of a session of windows: nobody has connected
// before.
func (u *Upgrader) single() bool { return u.task != TaskConnect }

func wantApplication(u *Upgrader, _ time.Duration, r *ion.DownloadReply) next {
	if err := u.takeIdentity(r); err != nil {
		return failed(err)
	}
	if u.device.Download {
		return failedWith(ErrDownloadState, "it has no settings to read or to write; recover its firmware upgrade first")
	}
	return toNext()
}

// SetWrites sets what TaskWriteSettings writes: values by their index in ion.SettingTable.
func (u *Upgrader) SetWrites(values map[int]ion.Value) error {
	u.write, u.wrote = nil, 0
	for i, s := range ion.SettingTable() {
		v, ok := values[i]
		if !ok {
			continue
		}
		v, err := s.Check(v)
		if err != nil {
			return err
		}
		u.write = append(u.write, write{handle: s.Handle, value: v, setting: i})
	}
	return nil
}

func confirmTemplate(u *Upgrader, _ time.Duration, a Answer) next {
	u.touch = touch{}
	if a.Choice != OK {
		return failed(ErrAborted)
	}
	return toNext()
}

func takeTemplate(u *Upgrader, _ time.Duration, a Answer) next {
	u.write, u.wrote = nil, 0
	switch {
	case a.Err != nil:
		return stopped("choose another template", ErrBadFile, a.Err)
	case a.Choice != OK || a.Template == nil:
		return failed(ErrAborted)
	}
	writes, err := templateWrites(a.Template, u.device.Product)
	if err != nil {
		return stopped("correct it or choose another template", ErrBadFile, err)
	}
	u.write = writes
	return toNext()
}

// templateWrites returns what a template sets; a product of 0 is that of a meter which is not known yet.
// What it does not name stays as it is.
func templateWrites(f *dcf.File, product uint16) ([]write, error) {
	if err := checkFor(f, product); err != nil {
		return nil, err
	}
	name, line, _ := f.Get("template", "name")
	if err := ion.CheckTemplateName(name); err != nil {
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	writes := []write{{handle: ion.HandleTemplate, value: ion.TextValue(name), setting: ion.TemplateName}}
	if err := checkKeys(f); err != nil {
		return nil, err
	}
	for i, s := range ion.SettingTable() {
		text, line, ok := f.Get(s.Group.Key(), s.Key)
		if !ok {
			continue
		}
		v, err := s.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		writes = append(writes, write{handle: s.Handle, value: v, setting: i})
	}
	return writes, nil
}

// checkFor refuses a template for another product than the meter, and one for a product that no meter is.
func checkFor(f *dcf.File, product uint16) error {
	text, line, named := f.Get("template", "product")
	is := func(product uint16) bool { return text == strconv.Itoa(int(product)) }
	switch {
	case !named || is(product):
		return nil
	case product != 0:
		return fmt.Errorf("line %d: the template is for a %s and the meter is a %d", line, text, product)
	case !slices.ContainsFunc(upg.Products(), is):
		return fmt.Errorf("line %d: the template is for a %s, and there is no such meter; use one of %v", line, text, upg.Products())
	}
	return nil
}

// checkKeys refuses a key that no setting has, so that a misspelt setting is not taken for one
// that was sent.
func checkKeys(f *dcf.File) error {
	for _, section := range f.Sections() {
		for _, key := range f.Keys(section) {
			if section == "template" && (key == "name" || key == "product") {
				continue
			}
			g, err := ion.ParseGroup(section)
			if err == nil {
				_, known := ion.SettingNamed(g, key)
				if known {
					continue
				}
			}
			_, line, _ := f.Get(section, key)
			return fmt.Errorf("line %d: there is no setting %s in [%s]", line, key, section)
		}
	}
	return nil
}

// CheckTemplate returns why a template cannot be sent to a meter of this product, and with a product of 0
// to any meter; it needs no connection.
func CheckTemplate(f *dcf.File, product uint16) error {
	_, err := templateWrites(f, product)
	return err
}

// TemplateOf returns the settings as a template file.
func TemplateOf(s *ion.Settings, product uint16) (*dcf.File, error) {
	f := new(dcf.File)
	if err := f.Set("template", "name", s.Template); err != nil {
		return nil, err
	}
	if err := f.Set("template", "product", strconv.Itoa(int(product))); err != nil {
		return nil, err
	}
	for i, setting := range ion.SettingTable() {
		if err := f.Set(setting.Group.Key(), setting.Key, setting.Format(s.Values[i])); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// takePaste: "when a failed firmware upgrade occurs, custom settings saved to your
// template are not retained. As a consequence the template paste options screen has no
// effect. The check boxes … can be left checked or not as they have no effect."
func takePaste(u *Upgrader, _ time.Duration, a Answer) next {
	u.paste = a.Groups
	if u.recovery {
		u.paste = 0
	}
	return toNext()
}

func (u *Upgrader) pastes() bool { return u.paste != 0 }

// takeForPaste keeps the ticked groups as the meter has them, whatever the template says.
func takeForPaste(u *Upgrader, _ time.Duration, p *ion.Packet) next {
	s, marks, n := settingsOf(p)
	if n.kind != goOn {
		return n
	}
	kept := u.write[:0:0]
	for _, w := range u.write {
		if w.setting == ion.TemplateName || !u.paste.Has(ion.SettingTable()[w.setting].Group) {
			kept = append(kept, w)
		}
	}
	for i, setting := range ion.SettingTable() {
		if u.paste.Has(setting.Group) && !marks.Reset.Has(i) {
			kept = append(kept, write{handle: setting.Handle, value: s.Values[i], setting: i})
		}
	}
	u.write = kept
	return toNext()
}

func afterTemplate(u *Upgrader, _ time.Duration) next {
	u.err, u.result = nil, nil
	if u.task == TaskConnect {
		return toProcedure(assistantProcedure)
	}
	return toProcedure(finishProcedure)
}

func readSettingsRequest(u *Upgrader) {
	table := ion.SettingTable()
	handles := make([]ion.Handle, 0, 1+len(table)+markCount)
	handles = append(handles, ion.HandleTemplate)
	for _, s := range table {
		handles = append(handles, s.Handle)
	}
	u.read(append(handles, markHandles()...)...)
}

func settingsOf(p *ion.Packet) (*ion.Settings, marks, next) {
	values, n := results(p, 1+ion.SettingCount+markCount)
	if n.kind != goOn {
		return nil, marks{}, n
	}
	s := &ion.Settings{Template: values[0].Text}
	for i, setting := range ion.SettingTable() {
		v, err := setting.Check(values[1+i])
		if err != nil {
			return nil, marks{}, stoppedWith("", "%w: the meter's setting reads %v: %w", ErrUnexpected, values[1+i], err)
		}
		s.Values[i] = v
	}
	return s, marksOf(values[1+ion.SettingCount:]), toNext()
}

func reportSettings(u *Upgrader, _ time.Duration, p *ion.Packet) next {
	s, m, n := settingsOf(p)
	if n.kind != goOn {
		return n
	}
	u.emit(Event{Kind: EventSettings, Settings: s, Reset: m.Reset, Device: u.device})
	return toNext()
}

func (u *Upgrader) writes() bool { return len(u.write) > 0 }

func writeRequest(u *Upgrader) {
	commands := make([]ion.Command, len(u.write))
	for i, w := range u.write {
		commands[i] = ion.Command{Handle: w.handle, Method: ion.MethodWriteValue, Args: []ion.Value{w.value}}
	}
	u.program(commands)
}

func written(u *Upgrader, now time.Duration, p *ion.Packet) next {
	values, n := results(p, len(u.write))
	if n.kind != goOn {
		return n
	}
	for i, v := range values {
		if reason, bad := v.Reason(); bad {
			return failed(&SettingError{Key: u.write[i].name(), Reason: reason})
		}
	}
	u.wrote, u.wroteAt = len(u.write), now
	u.beSure()
	return toNext()
}

func (w write) name() string {
	if w.setting == ion.TemplateName {
		return "template name"
	}
	return ion.SettingTable()[w.setting].Key
}

func (u *Upgrader) wroteAny() bool { return u.wrote > 0 }

func readBackRequest(u *Upgrader) {
	handles := make([]ion.Handle, len(u.write), len(u.write)+markCount)
	for i, w := range u.write {
		handles[i] = w.handle
	}
	u.read(append(handles, markHandles()...)...)
}

// readBack checks that what was written is there, before the person is told so.
func readBack(u *Upgrader, now time.Duration, p *ion.Packet) next {
	values, n := results(p, len(u.write)+markCount)
	if n.kind != goOn {
		return n
	}
	u.after = marksOf(values[len(u.write):])
	u.noteTemplate(values)
	for i, w := range u.write {
		holds := w.holds(values[i], now-u.wroteAt)
		switch {
		case u.unsure != NoStep && (!holds || u.after.Reset.Has(w.setting)):
			return u.notWritten(w)
		case !holds:
			return failed(&SettingError{Key: w.name(), Written: w.value, Read: values[i]})
		}
	}
	u.beSure()
	return toNext()
}

// noteTemplate notes the template's name that was read back, and tells it if it is another one.
func (u *Upgrader) noteTemplate(values []ion.Value) {
	for i, w := range u.write {
		if name := values[i].Text; w.setting == ion.TemplateName && name != u.device.Template {
			u.device.Template = name
			if u.procedure != upgradeProcedure { // which tells at its end
				u.emit(Event{Kind: EventDevice, Device: u.device})
			}
		}
	}
}

// holds compares a value with what was written so long before. An energy reading may have counted
// on: the cable was out, or the PC asleep.
func (w write) holds(v ion.Value, since time.Duration) bool {
	if v.Equal(w.value) {
		return true
	}
	if w.setting == ion.TemplateName || ion.SettingTable()[w.setting].Group != ion.Energy {
		return false
	}
	got, ok := v.Number()
	want, _ := w.value.Number()
	const perHour = 100 // kWh: more than any circuit of the meter counts
	return ok && math.Abs(got-want) < perHour*(1+since.Hours())
}
