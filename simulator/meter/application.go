package meter

import (
	"encoding/binary"
	"errors"
	"time"

	"ionbench/simulator/ion"
	"ionbench/simulator/tree"
)

// Assumption: the numbers of all exceptions, and all words but "Invalid Password".
const (
	exceptionHandle   = 5
	exceptionMethod   = 6
	exceptionValue    = 7
	exceptionReadOnly = 8
	exceptionPassword = 9
	exceptionTooLong  = 10
	exceptionCommand  = 11

	exceptionNotAvailable = 12
)

// maxResult is how many bytes of values fit a reply.
const maxResult = ion.MaxMessage - 64

// runProgram carries out an ION program. It does not answer what is no program. A command that
// it cannot read ends the program with an exception in its place: where the next one begins, it
// cannot know. The loader runs no programs and never answers them.
func (m *Meter) runProgram(now time.Duration, p *ion.Packet) {
	if m.state != Application || !p.Request {
		return
	}
	program, err := ion.ParseProgram(p.Body)
	var unread *ion.CommandError
	if err != nil && !errors.As(err, &unread) {
		return
	}
	refused := p.HasCredential && !p.Credential.Opens(m.password)
	caller := caller{refused: refused, allowed: p.HasCredential && !refused}
	result := ion.Result{ID: program.ID, Frequency: program.Frequency, Priority: program.Priority}
	records := 0 // bytes of them in the result
	for i := range program.Commands {
		c := &program.Commands[i]
		if records > maxResult && c.Method == ion.MethodReadValue {
			continue // the reply is too long already, and nobody gets these records
		}
		v := m.runCommand(now, caller, c)
		if v.Kind == ion.KindStructureArray {
			records += len(ion.AppendValue(nil, v))
		}
		result.Values = append(result.Values, v)
	}
	if unread != nil {
		result.Status = statusNotCarriedOut
		result.Values = append(result.Values, caller.unreadable(unread))
	}
	m.answerResult(now, p, &result)
}

// statusNotCarriedOut is the status of a program of which not every command was carried out.
// Assumption: of "error executing" only the number and the name are known.
const statusNotCarriedOut = 1

// unreadable is what stands in the place of a command that cannot be read.
func (by caller) unreadable(why *ion.CommandError) ion.Value {
	switch {
	case by.refused:
		return ion.ExceptionValue(exceptionPassword, 0, ion.InvalidPassword)
	case errors.Is(why, ion.ErrMethod):
		return ion.ExceptionValue(exceptionMethod, 0, "Invalid Method")
	}
	return ion.ExceptionValue(exceptionCommand, 0, "Invalid Command")
}

// caller is what the credential of a request allows. Reading needs none, but a wrong one is an
// error even for a read.
type caller struct{ refused, allowed bool }

func (m *Meter) answerResult(now time.Duration, p *ion.Packet, result *ion.Result) {
	body := ion.AppendResult(nil, *result)
	if len(body) > maxResult {
		result.Values = []ion.Value{ion.ExceptionValue(exceptionTooLong, 0, "Response Too Long")}
		body = ion.AppendResult(nil, *result)
	}
	m.replyPacket(p.MessageID, ion.TypeProgram, p.Source, len(body))
	m.reply.Message = append(m.reply.Message, body...)
	m.sendReply(now)
}

func (m *Meter) runCommand(now time.Duration, by caller, c *ion.Command) ion.Value {
	if by.refused {
		return ion.ExceptionValue(exceptionPassword, 0, ion.InvalidPassword)
	}
	switch c.Method {
	case ion.MethodRegisterValue:
		return m.readRegister(now, c.Handle)
	case ion.MethodWriteRegister, ion.MethodWriteValue:
		return m.writeRegister(now, by, c)
	case ion.MethodRegisterTime:
		return m.registerTime(now, c.Handle)
	case ion.MethodReadValue:
		return m.readValue(now, c)
	}
	return m.askTree(now, by, c)
}

func (m *Meter) readRegister(now time.Duration, h ion.Handle) ion.Value {
	if v, ok := m.register(now, h); ok {
		return v
	}
	return m.noRegister(h)
}

// noRegister is the exception for a handle that is no register: managers and modules have no value.
func (m *Meter) noRegister(h ion.Handle) ion.Value {
	_, manager := m.tree().Manager(h)
	_, module := m.tree().Module(h)
	if manager || module || h == ion.HandleFeatureManager {
		return methodDoesNotApply()
	}
	return ion.ExceptionValue(exceptionHandle, 0, "Invalid Handle")
}

// register returns the present value of a register.
func (m *Meter) register(now time.Duration, h ion.Handle) (ion.Value, bool) {
	for i := range m.cfg.Registers {
		if m.cfg.Registers[i].Handle == h {
			return m.cfg.Registers[i].Value, true
		}
	}
	if i, ok := ion.SettingIndex(h); ok {
		s := m.Settings(now)
		return s.Values[i], true
	}
	if v, ok := m.identity(now, h); ok {
		return v, true
	}
	return m.reading(now, h)
}

func (m *Meter) identity(now time.Duration, h ion.Handle) (ion.Value, bool) {
	switch h {
	case ion.HandleDeviceType:
		return ion.TextValue(m.cfg.Model.String()), true
	case ion.HandleOptions:
		return ion.TextValue(m.cfg.Model.features().String()), true
	case ion.HandleRevision:
		return ion.TextValue(m.revision), true
	case ion.HandleSerial:
		return ion.TextValue(m.cfg.SerialNumber), true
	case ion.HandleTemplate:
		return ion.TextValue(m.memory.settings.Template), true
	case ion.HandleFactoryDefaultTemplate:
		return ion.TextValue(FactoryTemplateName(m.cfg.Model, m.revision)), true
	case ion.HandleUniversalTime:
		return ion.UnsignedValue(uint64(uint32(m.Clock(now).Unix())), 4), true
	case ion.HandleEventCutoff:
		return ion.UnsignedValue(uint64(m.memory.cutoff), 1), true
	case ion.HandleCompliance:
		return ion.TextValue(compliance), true
	case tree.HandleIONVersion:
		return ion.TextValue(ionVersion), true
	case ion.HandleImageCRC:
		return ion.UnsignedValue(uint64(m.imageCRC), 4), true
	}
	return m.mark(now, h)
}

// mark returns what the meter knows of its settings besides their values.
func (m *Meter) mark(now time.Duration, h ion.Handle) (ion.Value, bool) {
	marks := &m.memory.marks
	switch {
	case h == ion.HandleReset:
		return ion.UnsignedValue(uint64(marks.Reset), 4), true
	case h >= ion.HandleChanges && int(h-ion.HandleChanges) < len(marks.Changes):
		return ion.UnsignedValue(uint64(marks.Changes[h-ion.HandleChanges]), 4), true
	}
	if n := h - ion.HandleCounted; n < ion.EnergyCount {
		return ion.FloatValue(float32(m.energyAt(now)[n])), true
	}
	return ion.Value{}, false
}

// Texts of two registers of which only the handles are known.
// Assumption: the texts. The accuracy is that of the family's data sheet.
const (
	compliance = "IEC 60687 class 0.5S"
	ionVersion = "1.0"
)

// writeRegister changes a setting. It needs the password, as all configuration of the family
// does. A value that the setting cannot have changes nothing.
func (m *Meter) writeRegister(now time.Duration, by caller, c *ion.Command) ion.Value {
	switch {
	case !by.allowed:
		return ion.ExceptionValue(exceptionPassword, 0, ion.InvalidPassword)
	case len(c.Args) != 1:
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	case c.Handle == ion.HandleTemplate:
		return m.writeTemplate(now, c.Args[0])
	case c.Handle >= ion.HandleCounted && c.Handle < ion.HandleCounted+ion.EnergyCount:
		return m.writeCounted(now, ion.FirstEnergy+int(c.Handle-ion.HandleCounted), c.Args[0])
	}
	i, ok := ion.SettingIndex(c.Handle)
	if !ok {
		return m.writeSetup(now, c)
	}
	setting := ion.SettingTable()[i]
	v, err := setting.Check(c.Args[0])
	if err != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	m.rules.keep(m, now, i, v)
	return ion.BoolValue(true)
}

// keepSetting stores a value that has been checked.
func (m *Meter) keepSetting(now time.Duration, index int, v ion.Value) {
	present := m.Settings(now)
	m.memory.mark(index, present.Values[index].Equal(v))
	m.logSetup(now, ion.SettingTable()[index].Handle)
	m.memory.set(func(s *ion.Settings) { s.Values[index] = v })
	if ion.SettingTable()[index].Group == ion.Energy {
		m.writeEnergy(now, index, v)
	}
}

// writeEnergy sets a reading, which goes on from v.
func (m *Meter) writeEnergy(now time.Duration, index int, v ion.Value) {
	m.stopApplication(now)
	for n, i := range energyIndexes() {
		if i == index {
			m.memory.energy[n], _ = v.Number()
		}
	}
}

// writeCounted sets an energy reading to what the meter once counted. That is nobody's wish, so
// the marks stay, and it is no change of the setup.
func (m *Meter) writeCounted(now time.Duration, index int, v ion.Value) ion.Value {
	v, err := ion.SettingTable()[index].Check(v)
	if err != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	marks := m.memory.marks
	m.keepUnlogged(now, index, v)
	m.memory.marks = marks
	return ion.BoolValue(true)
}

// keepUnlogged stores a value that has been checked, and is no change of the setup.
func (m *Meter) keepUnlogged(now time.Duration, index int, v ion.Value) {
	events, dropped := m.memory.events, m.memory.dropped
	m.rules.keep(m, now, index, v)
	m.memory.events, m.memory.dropped = events, dropped
}

func (m *Meter) writeTemplate(now time.Duration, v ion.Value) ion.Value {
	if v.Kind != ion.KindText || ion.CheckTemplateName(v.Text) != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	m.memory.mark(ion.TemplateName, m.memory.settings.Template == v.Text)
	m.memory.set(func(s *ion.Settings) { s.Template = v.Text })
	m.logSetup(now, ion.HandleTemplate)
	return ion.BoolValue(true)
}

// logSetup logs that a register of the setup was written.
func (m *Meter) logSetup(now time.Duration, h ion.Handle) {
	m.memory.record(LogEntry{At: m.Clock(now), Text: EventSetupChange, Register: h})
}

// setClock takes a time sync, which is never answered. A meter with a password requires it, as
// clients of real meters found; the factory password may be left out.
func (m *Meter) setClock(now time.Duration, p *ion.Packet) {
	open := m.password.Opens(ion.NumericCredential(0, 0)) && !p.HasCredential
	if m.state != Application || len(p.Body) != 4 || !open && !p.Credential.Opens(m.password) {
		return
	}
	to := time.Unix(int64(binary.BigEndian.Uint32(p.Body)), 0)
	m.log(now, EventBeforeTimeChange)
	m.stopApplication(now) // what is recorded from now on has other stamps
	m.memory.offset = to.Sub(m.cfg.Epoch) - now
	m.log(now, EventTimeChange)
}
