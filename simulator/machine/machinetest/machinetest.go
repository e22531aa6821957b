// Package machinetest finds what the declaration of a machine's state has forgotten (see
// machine.State): it changes every field, at any depth, exported or not, and looks whether the
// change shows in the fingerprint, comes along to a copy, and stays away from the original.
//
// It is for the tests of packages with machines, as net/http/httptest is for handlers.
package machinetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"ionbench/simulator/machine"
)

// Subject is a type of machine under test.
type Subject[T any] struct {
	// Bases make machines in states that differ in which fields play a part: idle, in the
	// middle of a message, of a job and so on. Each call makes a new one, the same as before.
	Bases map[string]func() *T
	// Copy makes the second a copy of the first, in the memory that it has.
	Copy func(from, to *T)
	// State is what a fingerprint is taken of.
	State func(*T) []byte

	// Other are further values of fields that cannot have just any.
	Other map[string]any

	// Idle are the fields whose change decides nothing that follows, each with the reason.
	Idle map[string]string
	// Shared are the fields whose memory copies share, because nobody writes to it, each
	// with the reason.
	Shared map[string]string
	// Rebuilt are the fields that a copy may have otherwise, each with the reason.
	Rebuilt map[string]string
	// Closed are the fields that are not looked into, each with the reason, or what looks at
	// them instead. That a copy has memory of its own there is looked at all the same.
	Closed map[string]string
}

// A field is named by its path: its names with dots between them, [] for the elements of a
// slice or an array. A path of a table stands for all below it, too.

// EveryField changes every field of every base in turn. A field that is in none of the tables
// must show in the fingerprint of one of the bases, come along to a copy, and have memory of
// its own there. What stands in a table without need is an error as well.
func EveryField[T any](t *testing.T, s Subject[T]) {
	t.Helper()
	c := &check[T]{t: t, subject: s, seen: map[string]bool{}, shows: map[string]bool{}, used: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(s.Bases)) {
		c.base(name)
	}
	for _, path := range slices.Sorted(maps.Keys(c.seen)) {
		_, idle := c.listed(s.Idle, path)
		switch {
		case idle && c.shows[path]:
			t.Errorf("%s is said to be idle, and its change shows", path)
		case !idle && !c.shows[path]:
			t.Errorf("%s: its change shows in the fingerprint of none of the bases", path)
		}
	}
	for _, table := range []struct {
		name    string
		entries map[string]string
	}{{"Idle", s.Idle}, {"Shared", s.Shared}, {"Rebuilt", s.Rebuilt}} {
		for path, reason := range table.entries {
			if reason == "" {
				t.Errorf("%s stands in %s without a reason", path, table.name)
			}
			if !c.used[table.name+" "+path] && table.name != "Rebuilt" {
				t.Errorf("%s stands in %s without need", path, table.name)
			}
		}
	}
}

type check[T any] struct {
	t       *testing.T
	subject Subject[T]
	seen    map[string]bool // fields that were changed
	shows   map[string]bool // those of them whose change shows
	used    map[string]bool // entries of tables that were needed
}

// listed finds a path, or one that it lies below, in a table.
func (c *check[T]) listed(table map[string]string, path string) (entry string, ok bool) {
	for entry = path; entry != ""; {
		if _, ok = table[entry]; ok {
			return entry, true
		}
		at := max(strings.LastIndexByte(entry, '.'), strings.LastIndex(entry, "[]"))
		if at < 0 {
			return "", false
		}
		entry = entry[:at]
	}
	return "", false
}

func (c *check[T]) base(name string) {
	c.t.Helper()
	m := c.subject.Bases[name]()
	plain := string(c.subject.State(m))
	if again := string(c.subject.State(c.subject.Bases[name]())); again != plain {
		c.t.Errorf("base %s: made twice, it has two states", name)
		return
	}
	c.wantEqual(name, "", m, c.copy(m))
	c.wantEqual(name, " in the memory of another", m, c.copyInto(m))
	c.wantOwnMemory(name, m)
	v := visitor{closed: c.closed, visit: func(path string, field reflect.Value) { c.field(name, m, plain, path, field) }}
	v.walk("", reflect.ValueOf(m).Elem())
}

func (c *check[T]) closed(path string) bool {
	_, ok := c.subject.Closed[path]
	return ok
}

func (c *check[T]) copy(m *T) *T {
	other := new(T)
	c.subject.Copy(m, other)
	return other
}

// copyInto copies m into the memory of a machine in another state.
func (c *check[T]) copyInto(m *T) *T {
	names := slices.Sorted(maps.Keys(c.subject.Bases))
	spent := c.subject.Bases[names[len(names)-1]]()
	c.subject.Copy(m, spent)
	return spent
}

// field changes one field of a base and puts it back.
func (c *check[T]) field(base string, m *T, plain, path string, field reflect.Value) {
	before := reflect.New(field.Type()).Elem()
	before.Set(field)
	list := changes(field)
	if other, ok := c.subject.Other[path]; ok {
		list = append(list, reflect.ValueOf(other))
	}
	for i, changed := range list {
		c.seen[path] = true
		field.Set(changed)
		if state, ok := c.stateOf(m); ok && state != plain {
			c.shows[path] = true
		}
		if i == 0 {
			if copied, ok := c.copied(m); ok {
				c.wantEqual(base, " with another "+path, m, copied)
			}
		}
		field.Set(before)
	}
	if entry, ok := c.listed(c.subject.Idle, path); ok {
		c.used["Idle "+entry] = true
	}
}

// stateOf is the state of a machine that may have become one that cannot be.
func (c *check[T]) stateOf(m *T) (state string, ok bool) {
	defer func() { ok = recover() == nil }()
	return string(c.subject.State(m)), true
}

func (c *check[T]) copied(m *T) (copied *T, ok bool) {
	defer func() { ok = recover() == nil }()
	return c.copy(m), true
}

func (c *check[T]) wantEqual(base, what string, m, copied *T) {
	c.t.Helper()
	d := differ{skip: func(path string) bool {
		entry, ok := c.listed(c.subject.Rebuilt, path)
		c.used["Rebuilt "+entry] = c.used["Rebuilt "+entry] || ok
		return ok || c.closed(path)
	}}
	if path := d.compare("", reflect.ValueOf(m).Elem(), reflect.ValueOf(copied).Elem(), 0); path != "" && !c.used["differs "+path] {
		c.used["differs "+path] = true
		c.t.Errorf("base %s%s: the copy has another %s", base, what, path)
	}
}

// wantOwnMemory: no memory that a machine can reach is reached by its copy.
func (c *check[T]) wantOwnMemory(base string, m *T) {
	c.t.Helper()
	own := map[uintptr]string{}
	v := visitor{closed: c.closed, memory: func(path string, at uintptr) { own[at] = path }}
	v.walk("", reflect.ValueOf(m).Elem())
	v.memory = func(path string, at uintptr) {
		if _, shared := own[at]; !shared {
			return
		}
		entry, ok := c.listed(c.subject.Shared, path)
		if !ok && !c.used["shares "+path] {
			c.used["shares "+path] = true
			c.t.Errorf("base %s: %s of a copy is the memory of the original", base, path)
		}
		c.used["Shared "+entry] = true
	}
	v.walk("", reflect.ValueOf(c.copy(m)).Elem())
}

// maxDepth ends a walk through pointers.
const maxDepth = 12

// visitor walks over all that a value is made of. Pointers that were followed before, and
// functions, are left out.
type visitor struct {
	visit  func(path string, field reflect.Value) // of a plain field
	memory func(path string, at uintptr)          // of a pointer or a slice
	closed func(path string) bool
	been   map[uintptr]bool
	depth  int
}

func (v *visitor) walk(path string, x reflect.Value) {
	if v.been == nil || v.depth == 0 {
		v.been = map[uintptr]bool{}
	}
	if v.depth == maxDepth {
		return
	}
	v.depth++
	defer func() { v.depth-- }()
	switch x = open(x); x.Kind() {
	case reflect.Slice, reflect.Pointer:
	default:
		if v.closed(path) {
			return
		}
	}
	switch x.Kind() {
	case reflect.Struct:
		for i := range x.NumField() {
			v.walk(join(path, x.Type().Field(i).Name), x.Field(i))
		}
	case reflect.Array:
		v.elements(path, x)
	case reflect.Slice:
		v.slice(path, x)
	case reflect.Pointer:
		v.pointer(path, x)
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64, reflect.String, reflect.Interface:
		if v.visit != nil {
			v.visit(path, x)
		}
	}
}

func (v *visitor) slice(path string, x reflect.Value) {
	if x.Cap() > 0 && v.memory != nil {
		v.memory(path, x.Pointer())
	}
	if v.closed(path) {
		return
	}
	if v.visit != nil {
		v.visit(path, x)
	}
	v.elements(path, x)
}

// Of many elements the first and the last are visited.
const (
	firstElements = 12
	lastElements  = 4
)

func (v *visitor) elements(path string, x reflect.Value) {
	for i := range x.Len() {
		if i < firstElements || i >= x.Len()-lastElements {
			v.walk(path+"[]", x.Index(i))
		}
	}
}

func (v *visitor) pointer(path string, x reflect.Value) {
	if x.IsNil() || v.been[x.Pointer()] || x.Type().Elem().Size() == 0 {
		return
	}
	v.been[x.Pointer()] = true
	if v.memory != nil {
		v.memory(path, x.Pointer())
	}
	if !v.closed(path) {
		v.walk(path, x.Elem())
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// open makes a field that is not exported one that can be set.
func open(x reflect.Value) reflect.Value {
	if !x.CanAddr() {
		return x
	}
	return reflect.NewAt(x.Type(), unsafe.Pointer(x.UnsafeAddr())).Elem()
}

// changes are other values that a field can have.
func changes(field reflect.Value) []reflect.Value {
	made := func(set func(v reflect.Value)) reflect.Value {
		v := reflect.New(field.Type()).Elem()
		set(v)
		return v
	}
	switch field.Kind() {
	case reflect.Bool:
		return []reflect.Value{made(func(v reflect.Value) { v.SetBool(!field.Bool()) })}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return []reflect.Value{
			made(func(v reflect.Value) { v.SetInt(field.Int() + 1) }),
			made(func(v reflect.Value) { v.SetInt(field.Int() - 1) }),
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return []reflect.Value{
			made(func(v reflect.Value) { v.SetUint(field.Uint() + 1) }),
			made(func(v reflect.Value) { v.SetUint(field.Uint() - 1) }),
		}
	case reflect.Float32, reflect.Float64:
		return []reflect.Value{made(func(v reflect.Value) { v.SetFloat(field.Float() + 0.25) })}
	case reflect.String:
		return []reflect.Value{made(func(v reflect.Value) { v.SetString(field.String() + "x") })}
	case reflect.Slice:
		if n := field.Len(); n > 0 {
			return []reflect.Value{made(func(v reflect.Value) { v.Set(field.Slice(0, n-1)) })}
		}
	case reflect.Interface:
		if _, isError := field.Interface().(error); isError || field.Type() == reflect.TypeFor[error]() {
			return []reflect.Value{made(func(v reflect.Value) { v.Set(reflect.ValueOf(fmt.Errorf("another error"))) })}
		}
	}
	return nil
}

// differ finds where two values differ. A nil slice is an empty one.
type differ struct{ skip func(path string) bool }

// compare gives the path of a difference; empty for none.
func (d differ) compare(path string, a, b reflect.Value, depth int) string {
	if depth > maxDepth || path != "" && d.skip(path) {
		return ""
	}
	switch a, b = open(a), open(b); a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if at := d.compare(join(path, a.Type().Field(i).Name), a.Field(i), b.Field(i), depth+1); at != "" {
				return at
			}
		}
	case reflect.Array, reflect.Slice:
		if a.Len() != b.Len() {
			return path + " (its length)"
		}
		for i := range a.Len() {
			if at := d.compare(path+"[]", a.Index(i), b.Index(i), depth+1); at != "" {
				return at
			}
		}
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			return path
		}
		if !a.IsNil() && a.Pointer() != b.Pointer() {
			return d.compare(path, a.Elem(), b.Elem(), depth+1)
		}
	case reflect.Func:
	case reflect.Interface:
		if a.IsNil() != b.IsNil() || !a.IsNil() && fmt.Sprint(a.Interface()) != fmt.Sprint(b.Interface()) {
			return path
		}
	default:
		if !a.Equal(b) {
			return path
		}
	}
	return ""
}

// StateOf is the state that a declaration gives.
func StateOf(declare func(w *machine.State)) []byte {
	w := machine.Fingerprinting(nil, 0)
	declare(&w)
	return w.Result()
}
