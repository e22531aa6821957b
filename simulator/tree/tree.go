package tree

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
)

// Source says where a line of the tree comes from.
type Source uint8

// The sources.
const (
	Documented Source = iota
	Inferred
	Ours
)

// String is the source's name in lists.
func (s Source) String() string { return [...]string{"documented", "inferred", "ours"}[s] }

// Type is the type of a register.
type Type uint8

// The types.
const (
	Float Type = iota
	Unsigned
	Signed
	Text
	Bool
	Enumerated // an unsigned number that stands for one of Register.Choices
	Log        // read with method 95 and a range
	Event      // an event as it happens, which only modules take
	Pulse      // a moment, which likewise only modules take
)

// String is the type's name in lists.
func (t Type) String() string {
	return [...]string{"float", "unsigned", "signed", "text", "bool", "enumerated", "log", "event", "pulse"}[t]
}

// ReadingKind says what a register holds.
type ReadingKind uint8

// The kinds.
const (
	Own      ReadingKind = iota // something of the meter itself: identity, clock, settings, logs
	Constant                    // Reading.Value
	Instant                     // Reading.Quantity, as it is now
	Leading                     // Reading.Quantity while the current leads
	Lagging                     // Reading.Quantity while the current lags
	Counted                     // Reading.Mix of the energy readings
	Least                       // the least that Reading.Quantity was
	Most                        // the most that Reading.Quantity was
)

// Reading is what a register holds.
type Reading struct {
	Kind     ReadingKind
	Value    ion.Value
	Quantity circuit.Quantity
	Mix      circuit.Energy
}

// String says in a few words what the register holds; empty where its name says it.
func (r Reading) String() string {
	switch r.Kind {
	case Constant:
		return "always " + r.Value.String()
	case Instant:
		return r.Quantity.String() + " of the circuit"
	case Leading:
		return r.Quantity.String() + " while the current leads"
	case Lagging:
		return r.Quantity.String() + " while the current lags"
	case Counted:
		return "energy of the circuit"
	case Least:
		return "least " + r.Quantity.String()
	case Most:
		return "most " + r.Quantity.String()
	}
	return ""
}

// Register is one register of a model.
type Register struct {
	Handle   ion.Handle
	Module   ion.Handle // that it belongs to; 0 for none
	Name     string     // as method 02 gives it
	Label    string     // as method 03 gives it until somebody writes another
	Type     Type
	Unit     string // empty for none
	Writable bool   // with methods 16 and 96, and the password
	Source   Source
	Reading  Reading
	Choices  []string // of an enumerated register, from 0; the nominal frequency's are its codes
	Bounded  bool     // Low and High are what it takes
	Low      float64
	High     float64
	Whole    bool // it takes whole numbers alone
}

// ErrValue is wrapped by errors about a value that a register does not take.
var ErrValue = errors.New("value not accepted")

// Take returns v in the register's own type and size, or why a register of the setup does not take it.
// What a setting of the five groups takes, its own Check says.
func (r *Register) Take(v ion.Value) (ion.Value, error) {
	n, ok := v.Number()
	if !ok || !r.Writable || r.Reading.Kind != Constant && !r.Bounded {
		return ion.Value{}, fmt.Errorf("%s: %w: %v", r.Name, ErrValue, v)
	}
	return r.TakeNumber(n)
}

// TakeNumber is Take for a number.
func (r *Register) TakeNumber(n float64) (ion.Value, error) {
	low, high := r.Low, r.High
	if r.Type == Enumerated {
		low, high = 0, float64(len(r.Choices)-1)
	}
	switch whole := r.Whole || r.Type == Enumerated; {
	case math.IsNaN(n) || n < low || n > high:
		return ion.Value{}, fmt.Errorf("%s: %w: %v is outside %v to %v", r.Name, ErrValue, n, low, high)
	case whole && n != math.Trunc(n):
		return ion.Value{}, fmt.Errorf("%s: %w: %v is no whole number", r.Name, ErrValue, n)
	}
	if r.Type == Float {
		return ion.FloatValue(float32(n)), nil
	}
	return ion.UnsignedValue(uint64(n), int(max(1, r.Reading.Value.Size))), nil
}

// Module is one module of a model. Nothing in it may be changed.
type Module struct {
	Handle  ion.Handle
	Manager ion.Handle
	Class   uint16
	Name    string
	Label   string
	Inputs  []ion.Handle // 0 for an input that is not linked
	Outputs []ion.Handle
	Setup   []ion.Handle
	Source  Source
}

// Manager has the modules of one class.
type Manager struct {
	Handle  ion.Handle
	Class   uint16 // of its modules
	Name    string
	Modules []ion.Handle
	Source  Source
}

// Tree is the module tree of one model, each list by handle. Nothing in it may be changed.
type Tree struct {
	Managers  []Manager
	Modules   []Module
	Registers []Register
}

// Register returns the register with a handle.
func (t *Tree) Register(h ion.Handle) (*Register, bool) {
	return find(t.Registers, h, func(r *Register) ion.Handle { return r.Handle })
}

// Module returns the module with a handle.
func (t *Tree) Module(h ion.Handle) (*Module, bool) {
	return find(t.Modules, h, func(m *Module) ion.Handle { return m.Handle })
}

// Manager returns the manager with a handle.
func (t *Tree) Manager(h ion.Handle) (*Manager, bool) {
	return find(t.Managers, h, func(m *Manager) ion.Handle { return m.Handle })
}

func find[T any](list []T, h ion.Handle, of func(*T) ion.Handle) (*T, bool) {
	i, ok := slices.BinarySearchFunc(list, h, func(v T, h ion.Handle) int { return int(of(&v)) - int(h) })
	if !ok {
		return nil, false
	}
	return &list[i], true
}

// Of returns the tree of a model, 7300, 7330 or 7350. All meters of a model share it.
func Of(model int) *Tree {
	i := slices.Index(models[:], model)
	if i < 0 {
		panic(fmt.Sprintf("tree: no model %d", model))
	}
	return trees[i]()
}

var models = [...]int{7300, 7330, 7350}

var trees = [len(models)]func() *Tree{
	sync.OnceValue(func() *Tree { return build(0) }),
	sync.OnceValue(func() *Tree { return build(1) }),
	sync.OnceValue(func() *Tree { return build(2) }),
}

func build(model int) *Tree {
	t := new(Tree)
	for _, f := range families() {
		t.add(&f, model)
	}
	for _, p := range apart() {
		r := p.register(0)
		r.Name = p.name
		t.Registers = append(t.Registers, r)
	}
	slices.SortFunc(t.Managers, func(a, b Manager) int { return int(a.Handle) - int(b.Handle) })
	slices.SortFunc(t.Modules, func(a, b Module) int { return int(a.Handle) - int(b.Handle) })
	slices.SortFunc(t.Registers, func(a, b Register) int { return int(a.Handle) - int(b.Handle) })
	return t
}

func (t *Tree) add(f *family, model int) {
	if f.count[model] == 0 {
		return
	}
	manager := Manager{Handle: f.manager, Class: f.class, Name: f.name + " Manager", Source: Ours}
	for i := range f.count[model] {
		m := f.module(i)
		manager.Modules = append(manager.Modules, m.Handle)
		for _, p := range f.outputs {
			m.Outputs = append(m.Outputs, t.port(&m, p, i))
		}
		for _, p := range f.setup {
			m.Setup = append(m.Setup, t.port(&m, p, i))
		}
		t.Modules = append(t.Modules, m)
	}
	t.Managers = append(t.Managers, manager)
}

// port adds a register of module i of its family, unless it is there, and returns its handle.
func (t *Tree) port(m *Module, p port, i int) ion.Handle {
	r := p.register(i)
	r.Module = m.Handle
	r.Name = m.Name + " " + p.name
	if p.shared {
		r.Module, r.Name = 0, p.name
	}
	if !slices.ContainsFunc(t.Registers, func(has Register) bool { return has.Handle == r.Handle }) {
		t.Registers = append(t.Registers, r)
	}
	return r.Handle
}

func (f *family) module(i int) Module {
	m := Module{Handle: f.first + ion.Handle(i), Manager: f.manager, Class: f.class, Source: f.source, Name: fmt.Sprintf("%s #%d", f.short, i+1)}
	m.Label = m.Name
	if i < len(f.labels) {
		m.Label = f.labels[i]
	}
	m.Inputs = make([]ion.Handle, f.inputs)
	if i < len(f.linked) {
		copy(m.Inputs, f.linked[i])
	}
	return m
}

func (p *port) register(i int) Register {
	r := Register{Handle: p.first + ion.Handle(i), Type: p.kind, Unit: p.unit, Source: p.source, Writable: p.writable, Choices: p.choices, Label: p.label,
		Bounded: p.high > p.low, Low: p.low, High: p.high, Whole: p.whole}
	if p.shared {
		r.Handle = p.first
	}
	if p.reading != nil {
		r.Reading = p.reading(i)
	}
	if p.labelled != nil {
		r.Label = p.labelled(i)
	}
	if p.measured != nil {
		r.Unit = p.measured(i)
	}
	if r.Label == "" {
		r.Label = p.name
	}
	if at, ok := ion.SettingIndex(r.Handle); ok {
		r.take(ion.SettingTable()[at])
	}
	return r
}

// take makes a register what the setting with its handle is.
func (r *Register) take(s ion.Setting) {
	r.Reading = Reading{}
	r.Writable, r.Unit = true, s.Unit
	switch {
	case s.Type == ion.Words:
		r.Type = Text
		return
	case len(r.Choices) > 0:
		r.Type = Enumerated
		return
	}
	r.Type = [...]Type{ion.Number: Float, ion.Count: Unsigned, ion.Offset: Signed}[s.Type]
	r.Bounded, r.Low, r.High = true, s.Min, s.Max
}
