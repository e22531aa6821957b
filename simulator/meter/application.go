package meter

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"ionbench/simulator/ion"
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
	for i := range program.Commands {
		result.Values = append(result.Values, m.runCommand(now, caller, &program.Commands[i]))
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
		if _, ok := m.register(now, c.Handle); ok {
			return ion.TimeValue(uint32(m.Clock(now).Unix()))
		}
	case ion.MethodLogPosition:
		if c.Handle == ion.HandleEventLog {
			return ion.UnsignedValue(uint64(m.memory.position()), 4)
		}
	case ion.MethodReadValue:
		if c.Handle == ion.HandleEventLog {
			return m.readEventLog(c.Args)
		}
	default:
		return ion.ExceptionValue(exceptionMethod, 0, "Invalid Method")
	}
	return ion.ExceptionValue(exceptionHandle, 0, "Invalid Handle")
}

func (m *Meter) readRegister(now time.Duration, h ion.Handle) ion.Value {
	if v, ok := m.register(now, h); ok {
		return v
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
	if h >= ion.HandleVa && h < ion.HandleVa+quantityCount {
		return ion.FloatValue(m.measure(now)[h-ion.HandleVa]), true
	}
	return ion.Value{}, false
}

func (m *Meter) identity(now time.Duration, h ion.Handle) (ion.Value, bool) {
	switch h {
	case ion.HandleDeviceType:
		return ion.TextValue(m.cfg.Model.String()), true
	case ion.HandleOptions:
		return ion.TextValue(m.cfg.Model.Features().String()), true
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
	case ion.HandleEventLogDepth:
		return ion.UnsignedValue(eventLogDepth, 4), true
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

// quantityCount is the number of real-time values: voltages, currents, kW and kVAR of three
// phases with their averages or totals, in the order of their handles.
const quantityCount = 20

// measure returns what the meter measures now: a quiet three-phase circuit whose voltage moves
// by two volts within ten minutes.
//
// Assumption: the circuit.
func (m *Meter) measure(now time.Duration) [quantityCount]float32 {
	const period = 600
	s := int(now/time.Second) % period
	wander := float32(min(s, period-s)) / (period / 2) * 2 // 0 to 2 and back
	va, vb, vc := 119.5+wander, 119.25+wander, 118.75+wander
	const sqrt3 = 1.7320508
	vln := (va + vb + vc) / 3
	return [quantityCount]float32{
		va, vb, vc, vln,
		va * sqrt3, vb * sqrt3, vc * sqrt3, vln * sqrt3,
		36, 35.5, 35, 35.5,
		4.2, 4.25, 4.15, 12.6,
		1, 1.05, 1.05, 3.1,
	}
}

// writeRegister changes a setting. It needs the password, as all configuration of the family
// does. A value that the setting cannot have changes nothing.
func (m *Meter) writeRegister(now time.Duration, by caller, c *ion.Command) ion.Value {
	switch {
	case !by.allowed:
		return ion.ExceptionValue(exceptionPassword, 0, ion.InvalidPassword)
	case len(c.Args) != 1:
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	case c.Handle == ion.HandleTemplate:
		return m.writeTemplate(c.Args[0])
	case c.Handle >= ion.HandleCounted && c.Handle < ion.HandleCounted+ion.EnergyCount:
		return m.writeCounted(now, ion.FirstEnergy+int(c.Handle-ion.HandleCounted), c.Args[0])
	}
	i, ok := ion.SettingIndex(c.Handle)
	if !ok {
		if _, known := m.register(now, c.Handle); known {
			return ion.ExceptionValue(exceptionReadOnly, 0, "Read Only")
		}
		return ion.ExceptionValue(exceptionHandle, 0, "Invalid Handle")
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
// the marks stay.
func (m *Meter) writeCounted(now time.Duration, index int, v ion.Value) ion.Value {
	v, err := ion.SettingTable()[index].Check(v)
	if err != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	marks := m.memory.marks
	m.rules.keep(m, now, index, v)
	m.memory.marks = marks
	return ion.BoolValue(true)
}

func (m *Meter) writeTemplate(v ion.Value) ion.Value {
	if v.Kind != ion.KindText || ion.CheckTemplateName(v.Text) != nil {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	m.memory.mark(ion.TemplateName, m.memory.settings.Template == v.Text)
	m.memory.set(func(s *ion.Settings) { s.Template = v.Text })
	return ion.BoolValue(true)
}

// setClock takes a time sync, which is never answered. A meter with a password requires it, as
// clients of real meters found; the factory password may be left out.
func (m *Meter) setClock(now time.Duration, p *ion.Packet) {
	open := m.password.Opens(ion.NumericCredential(0, 0)) && !p.HasCredential
	if m.state != Application || len(p.Body) != 4 || !open && !p.Credential.Opens(m.password) {
		return
	}
	to := time.Unix(int64(binary.BigEndian.Uint32(p.Body)), 0)
	m.memory.offset = to.Sub(m.cfg.Epoch) - now
}

// position is where the next entry of the event log goes.
func (m *memory) position() uint32 { return m.dropped + uint32(len(m.events)) }

// maxRecords is how many entries one reply holds; the reader asks for the rest.
const maxRecords = 60

// readEventLog returns the entries of a range, its end included.
func (m *Meter) readEventLog(args []ion.Value) ion.Value {
	if len(args) != 1 || args[0].Kind != ion.KindRange {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Range")
	}
	from, to := positions(args[0])
	var records []ion.Value
	for i, e := range m.memory.events {
		position := m.memory.dropped + uint32(i)
		if position < from || position > to || len(records) == maxRecords {
			continue
		}
		records = append(records, ion.LogRecordValue(position, uint32(e.At.Unix()), m.eventValue(e)))
	}
	return ion.LogValue(records...)
}

// positions returns the bounds of a range. A start below zero is the first record: the public
// client begins 15 records before the end, and sends what is below zero as a number of 32 bits
// without a sign.
func positions(r ion.Value) (from, to uint32) {
	start, _ := r.Items[0].Number()
	end, _ := r.Items[1].Number()
	if start >= 0 && start <= math.MaxInt32 {
		from = uint32(start)
	}
	if end >= 0 {
		to = uint32(min(end, math.MaxUint32))
	}
	return from, to
}

// eventPriority is the priority of the group Warning (documented), to which all events of the
// meter itself belong.
const eventPriority = 30

func (m *Meter) eventValue(e LogEntry) ion.Value {
	return ion.EventValue(eventPriority, 1,
		ion.HandleFactory, ion.TextValue(m.cfg.Model.String()),
		ion.HandleRevision, ion.TextValue(e.Text))
}
