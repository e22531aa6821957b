package meter

import (
	"math"
	"slices"
	"time"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
	"ionbench/simulator/machine"
	"ionbench/simulator/tree"
)

// tree is the module tree of the meter's model.
func (m *Meter) tree() *tree.Tree { return tree.Of(int(m.cfg.Model)) }

// moment is what there is to measure at one instant.
type moment struct {
	sample circuit.Sample
	energy [energyCount]float64
}

func (m *Meter) momentAt(now time.Duration) moment {
	return moment{sample: m.circuit.At(m.calendar(now)), energy: m.energyAt(now)}
}

// notAvailable is the value of a register that has none at present.
func notAvailable() ion.Value {
	return ion.ExceptionValue(exceptionNotAvailable, 0, "Not Available")
}

// value is what a register of the circuit holds at that instant.
func (o *moment) value(r *tree.Register) ion.Value {
	q := r.Reading.Quantity
	switch r.Reading.Kind {
	case tree.Instant:
		return ion.FloatValue(float32(o.sample[q]))
	case tree.Leading, tree.Lagging:
		if leads := o.sample[circuit.KVARTotal] < 0; leads != (r.Reading.Kind == tree.Leading) {
			return notAvailable()
		}
		return ion.FloatValue(float32(math.Abs(o.sample[q])))
	case tree.Counted:
		return ion.FloatValue(float32(o.counted(r.Reading.Mix)))
	case tree.Own:
		if i, ok := ion.SettingIndex(r.Handle); ok && ion.SettingTable()[i].Group == ion.Energy {
			return ion.FloatValue(float32(o.energy[i-ion.FirstEnergy]))
		}
	}
	return notAvailable()
}

func (o *moment) counted(mix circuit.Energy) (sum float64) {
	for i, part := range mix {
		sum += part * o.energy[i]
	}
	return sum
}

// reading returns the present value of a register that the tree describes.
func (m *Meter) reading(now time.Duration, h ion.Handle) (ion.Value, bool) {
	r, ok := m.tree().Register(h)
	if !ok {
		return ion.Value{}, false
	}
	switch r.Reading.Kind {
	case tree.Constant:
		return m.memory.setup(r), true
	case tree.Least, tree.Most:
		if x, seen := m.extreme(now, r); seen {
			return ion.FloatValue(float32(x.Value)), true
		}
		return notAvailable(), true
	case tree.Own:
		return m.ownReading(now, h), true
	}
	o := m.momentAt(now)
	return o.value(r), true
}

func (m *Meter) extreme(now time.Duration, r *tree.Register) (x circuit.Extreme, seen bool) {
	all := m.extremes(now)
	if r.Reading.Kind == tree.Least {
		return all.Least[r.Reading.Quantity], all.Seen()
	}
	return all.Most[r.Reading.Quantity], all.Seen()
}

// ownReading is that of a register that is neither measured nor set up. A log has no value of its
// own.
func (m *Meter) ownReading(now time.Duration, h ion.Handle) ion.Value {
	local := m.localTime(now)
	switch h {
	case ion.HandleFrequencyNumber:
		return ion.FloatValue(float32(m.number(ion.HandleNominalFrequency)))
	case tree.HandleDST:
		return ion.BoolValue(m.summer(now))
	case tree.HandleYear:
		return ion.UnsignedValue(uint64(local.Year()), 4)
	case tree.HandleMonth:
		return ion.UnsignedValue(uint64(local.Month()), 4)
	case tree.HandleDay:
		return ion.UnsignedValue(uint64(local.Day()), 4)
	case tree.HandleHour:
		return ion.UnsignedValue(uint64(local.Hour()), 4)
	case tree.HandleMinute:
		return ion.UnsignedValue(uint64(local.Minute()), 4)
	case tree.HandleSecond:
		return ion.UnsignedValue(uint64(local.Second()), 4)
	case tree.HandleWeekday:
		return ion.UnsignedValue(uint64(local.Weekday()), 4)
	}
	if n := h - tree.HandleMondayStatus; n < 7*8 { // a register of each day at every eighth handle
		return ion.BoolValue(time.Weekday(n/8+1)%7 == local.Weekday())
	}
	if n := h - tree.HandleRecordsLeft; n < tree.MostRecorders {
		depth := recorderDepth(m.cfg.Model.features())
		if n == 0 {
			depth -= min(depth, m.recordPosition(now))
		}
		return ion.FloatValue(float32(depth))
	}
	return notAvailable()
}

// number is a setting's present value.
func (m *Meter) number(h ion.Handle) float64 {
	i, ok := ion.SettingIndex(h)
	if !ok {
		return 0
	}
	n, _ := m.memory.settings.Values[i].Number()
	return n
}

// summer reports whether daylight saving is in force.
//
// Assumption: DST Start and DST End are seconds since the year began, local standard time. South of the
// equator summer goes on over the end of the year, so it ends before it starts.
func (m *Meter) summer(now time.Duration) bool {
	standard := m.Clock(now).UTC().Add(seconds(m.number(ion.HandleTZOffset)))
	since := standard.Sub(time.Date(standard.Year(), 1, 1, 0, 0, 0, 0, time.UTC)).Seconds()
	start, end := m.number(ion.HandleDSTStart), m.number(ion.HandleDSTEnd)
	within := since >= start && since < end
	if start > end {
		within = since >= start || since < end
	}
	return m.number(ion.HandleDSTOffset) != 0 && within
}

func (m *Meter) localTime(now time.Duration) time.Time {
	local := m.Clock(now).UTC().Add(seconds(m.number(ion.HandleTZOffset)))
	if m.summer(now) {
		local = local.Add(seconds(m.number(ion.HandleDSTOffset)))
	}
	return local
}

func seconds(n float64) time.Duration { return time.Duration(n) * time.Second }

// has reports whether a register is there, whatever it holds.
func (m *Meter) has(now time.Duration, h ion.Handle) bool {
	if _, ok := m.tree().Register(h); ok {
		return true
	}
	_, ok := m.register(now, h)
	return ok
}

// registerTime is when the register got its value: an extreme when it was, by the clock of that time, as a
// record of the Revenue Log has it, all others now.
func (m *Meter) registerTime(now time.Duration, h ion.Handle) ion.Value {
	if !m.has(now, h) {
		return m.noRegister(h)
	}
	at := m.Clock(now)
	r, ok := m.tree().Register(h)
	if ok && (r.Reading.Kind == tree.Least || r.Reading.Kind == tree.Most) && !m.overridden(h) {
		x, seen := m.extreme(now, r)
		if !seen {
			return notAvailable()
		}
		at = time.Unix(x.At, 0)
	}
	return ion.TimeValue(uint32(at.Unix()))
}

// overridden reports whether the configuration says what a register holds.
func (m *Meter) overridden(h ion.Handle) bool {
	return slices.ContainsFunc(m.cfg.Registers, func(r RegisterValue) bool { return r.Handle == h })
}

// readValue reads a log, or the value of another register.
func (m *Meter) readValue(now time.Duration, c *ion.Command) ion.Value {
	if !m.isLog(c.Handle) {
		if len(c.Args) > 0 && m.has(now, c.Handle) {
			return methodDoesNotApply() // only a log has records
		}
		return m.readRegister(now, c.Handle)
	}
	if len(c.Args) != 1 || c.Args[0].Kind != ion.KindRange {
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Range")
	}
	from, to := positions(c.Args[0])
	switch c.Handle {
	case ion.HandleEventLog:
		return m.readEventLog(from, to)
	case tree.HandleRecorderLog:
		return m.readRecords(now, from, to)
	}
	return ion.LogValue() // nothing is linked to the other recorders
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

func (m *Meter) isLog(h ion.Handle) bool {
	r, ok := m.tree().Register(h)
	return ok && r.Type == tree.Log
}

// askTree carries out what is asked of managers and modules, and of registers besides their values.
func (m *Meter) askTree(now time.Duration, by caller, c *ion.Command) ion.Value {
	v, ok := m.askManager(c)
	if !ok {
		v, ok = m.askModule(c)
	}
	if !ok {
		v, ok = m.askRegister(now, c)
	}
	switch {
	case ok && v.Kind == aChange:
		return m.change(now, by, c)
	case ok:
		return v
	}
	return ion.ExceptionValue(exceptionHandle, 0, "Invalid Handle")
}

// aChange is the kind of value that stands for something that is to be changed: none.
const aChange ion.Kind = 0

// change carries out what needs the password. The tree itself cannot be changed here: which modules
// there are and what they are linked to is fixed.
func (m *Meter) change(now time.Duration, by caller, c *ion.Command) ion.Value {
	switch {
	case !by.allowed:
		return ion.ExceptionValue(exceptionPassword, 0, ion.InvalidPassword)
	case c.Method != ion.MethodWriteLabel:
		return ion.ExceptionValue(exceptionReadOnly, 0, "Read Only")
	case c.Args[0].Kind != ion.KindText || ion.CheckTemplateName(c.Args[0].Text) != nil:
		return ion.ExceptionValue(exceptionValue, 0, "Invalid Value")
	}
	m.memory.setLabel(c.Handle, c.Args[0].Text)
	m.logSetup(now, c.Handle)
	return ion.BoolValue(true)
}

// Classes of what is no module.
// Assumption: all of them. Of classes of modules two are known, see package tree.
const (
	classFeatureManager = 2
	classManager        = 3
	classRegister       = 100 // and the type of the register
)

// online is the state of a module, and of all modules of a manager.
// Assumption: the number. Modules of this meter always run.
const online = 1

// everybody is the security level of a value that may be read without a password, and owner of one
// that may be written with it.
// Assumption: the numbers.
const (
	everybody  = 0
	withSecret = 1
)

func methodDoesNotApply() ion.Value {
	return ion.ExceptionValue(exceptionMethod, 0, "Invalid Method")
}

func (m *Meter) askManager(c *ion.Command) (ion.Value, bool) {
	t := m.tree()
	if c.Handle == ion.HandleFeatureManager {
		handles := make([]ion.Handle, 0, len(t.Managers))
		for _, g := range t.Managers {
			handles = append(handles, g.Handle)
		}
		return m.askFolder(c, classFeatureManager, classManager, "Feature Manager", handles), true
	}
	g, ok := t.Manager(c.Handle)
	if !ok {
		return ion.Value{}, false
	}
	return m.askFolder(c, classManager, g.Class, g.Name, g.Modules), true
}

// askFolder answers for the feature manager and for the managers.
func (m *Meter) askFolder(c *ion.Command, class, managed uint16, name string, holds []ion.Handle) ion.Value {
	switch c.Method {
	case ion.MethodClass:
		return ion.UnsignedValue(uint64(class), 2)
	case ion.MethodManagedClass:
		return ion.UnsignedValue(uint64(managed), 2)
	case ion.MethodName:
		return ion.TextValue(name)
	case ion.MethodLabel:
		return ion.TextValue(m.memory.label(c.Handle, name))
	case ion.MethodSetupHandles:
		return ion.HandlesValue(holds...)
	case ion.MethodManagerSetupCounter:
		return ion.UnsignedValue(uint64(uint32(m.memory.marks.Total())+m.memory.allSetupChanges()), 4)
	case ion.MethodCollectiveState:
		return ion.UnsignedValue(online, 1)
	case ion.MethodSecurityLevel, ion.MethodAllSecurityLevels:
		return securityLevel(c.Method, everybody)
	case ion.MethodWriteLabel, ion.MethodCreateModule, ion.MethodDestroyModule:
		return ion.Value{}
	}
	return methodDoesNotApply()
}

func securityLevel(method ion.Method, level uint64) ion.Value {
	if method == ion.MethodSecurityLevel {
		return ion.UnsignedValue(level, 1)
	}
	return ion.Value{Kind: ion.KindUnsignedArray, Size: 1, Items: []ion.Value{ion.UnsignedValue(everybody, 1), ion.UnsignedValue(level, 1)}}
}

func (m *Meter) askModule(c *ion.Command) (ion.Value, bool) {
	module, ok := m.tree().Module(c.Handle)
	if !ok {
		return ion.Value{}, false
	}
	switch c.Method {
	case ion.MethodClass:
		return ion.UnsignedValue(uint64(module.Class), 2), true
	case ion.MethodName:
		return ion.TextValue(module.Name), true
	case ion.MethodLabel:
		return ion.TextValue(m.memory.label(c.Handle, module.Label)), true
	case ion.MethodInputHandles:
		return ion.HandlesValue(module.Inputs...), true
	case ion.MethodInputClasses:
		return m.inputClasses(module), true
	case ion.MethodOutputHandles:
		return ion.HandlesValue(module.Outputs...), true
	case ion.MethodSetupHandles:
		return ion.HandlesValue(module.Setup...), true
	case ion.MethodModuleSetupCounter:
		return ion.UnsignedValue(uint64(m.setupCounter(module)), 4), true
	case ion.MethodModuleState:
		return ion.UnsignedValue(online, 1), true
	case ion.MethodSecurityLevel, ion.MethodAllSecurityLevels:
		return securityLevel(c.Method, withSecret), true
	case ion.MethodWriteLabel, ion.MethodWriteModuleState, ion.MethodWriteInputHandles, ion.MethodDestroyModule:
		return ion.Value{}, true
	}
	return methodDoesNotApply(), true
}

func (m *Meter) inputClasses(module *tree.Module) ion.Value {
	v := ion.Value{Kind: ion.KindUnsignedArray}
	for range module.Inputs {
		v.Size = 2
		v.Items = append(v.Items, ion.UnsignedValue(classRegister+uint64(tree.Float), 2))
	}
	return v
}

// setupCounter is how often a setting of the module was changed.
func (m *Meter) setupCounter(module *tree.Module) (n uint32) {
	kinds := map[int]bool{}
	for _, h := range module.Setup {
		if i, ok := ion.SettingIndex(h); ok && !kinds[ion.KindOf(i)] {
			kinds[ion.KindOf(i)] = true
			n += m.memory.marks.Changes[ion.KindOf(i)]
		}
		n += m.memory.setupChanges(h)
	}
	return n
}

func (m *Meter) askRegister(now time.Duration, c *ion.Command) (ion.Value, bool) {
	r, ok := m.tree().Register(c.Handle)
	if !ok {
		return ion.Value{}, false
	}
	switch c.Method {
	case ion.MethodClass:
		return ion.UnsignedValue(classRegister+uint64(r.Type), 2), true
	case ion.MethodName:
		return ion.TextValue(r.Name), true
	case ion.MethodLabel:
		return ion.TextValue(m.memory.label(c.Handle, r.Label)), true
	case ion.MethodSecurityLevel, ion.MethodAllSecurityLevels:
		if r.Writable {
			return securityLevel(c.Method, withSecret), true
		}
		return securityLevel(c.Method, everybody), true
	case ion.MethodWriteLabel:
		return ion.Value{}, true
	}
	switch {
	case r.Type == tree.Log:
		return m.askLog(now, c), true
	case c.Method == ion.MethodEnumerations && r.Type == tree.Enumerated:
		return choices(r), true
	case c.Method == ion.MethodBounds && r.Bounded:
		return ion.Value{Kind: ion.KindRange, Items: []ion.Value{ion.FloatValue(float32(r.Low)), ion.FloatValue(float32(r.High))}}, true
	}
	return methodDoesNotApply(), true
}

// choices are the words of an enumerated register, as a list.
// Assumption: the type of the list.
func choices(r *tree.Register) ion.Value {
	const list = 5
	v := ion.Value{Kind: ion.KindStructure, Size: list}
	for _, word := range r.Choices {
		v.Items = append(v.Items, ion.TextValue(word))
	}
	return v
}

// askLog answers what is asked of a log besides its records.
func (m *Meter) askLog(now time.Duration, c *ion.Command) ion.Value {
	depth, position := recorderDepth(m.cfg.Model.features()), uint32(0)
	rollsOver := true // the newest record replaces the oldest
	switch c.Handle {
	case ion.HandleEventLog:
		depth, position = uint32(m.memory.eventDepth()), m.memory.position()
	case tree.HandleRecorderLog:
		position, rollsOver = m.recordPosition(now), !m.memory.stopsWhenFull()
	}
	switch c.Method {
	case ion.MethodArrayDepth:
		return ion.UnsignedValue(uint64(depth), 4)
	case ion.MethodRollover:
		return ion.BoolValue(rollsOver)
	case ion.MethodLogPosition:
		return ion.UnsignedValue(uint64(position), 4)
	case ion.MethodAlarms:
		if c.Handle == ion.HandleEventLog {
			return m.alarms()
		}
	}
	return methodDoesNotApply()
}

// label is a label that somebody has written.
type label struct {
	handle ion.Handle
	text   string
}

// maxLabels is more than there are handles in the largest tree.
const maxLabels = 1024

func (m *memory) label(h ion.Handle, factory string) string {
	if i, ok := m.findLabel(h); ok {
		return m.labels[i].text
	}
	return factory
}

func (m *memory) findLabel(h ion.Handle) (int, bool) {
	return slices.BinarySearchFunc(m.labels, h, func(l label, h ion.Handle) int { return int(l.handle) - int(h) })
}

// setLabel never writes to labels in place: a clone shares them.
func (m *memory) setLabel(h ion.Handle, text string) {
	labels := slices.Clone(m.labels)
	i, ok := m.findLabel(h)
	if !ok {
		labels = slices.Insert(labels, i, label{handle: h})
	}
	labels[i].text = text
	m.labels = labels
}

func (l *label) declare(w *machine.State) {
	handle := uint32(l.handle)
	machine.SavedUint32(w, &handle)
	l.handle = ion.Handle(handle)
	machine.Saved(w, &l.text, appendText, parseText)
}

func appendText(dst []byte, text string) []byte { return ion.AppendValue(dst, ion.TextValue(text)) }

func parseText(b []byte) (string, int, error) {
	v, n, err := ion.ParseValue(b)
	if err == nil && v.Kind != ion.KindText {
		err = machine.ErrShort
	}
	return v.Text, n, err
}
