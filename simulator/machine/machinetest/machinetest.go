// Package machinetest finds what the declaration of a machine's state has forgotten (see
// machine.State). It changes every field, at any depth, exported or not. Then it checks that
// the change shows in the fingerprint, is taken over by a copy, and that a change to the copy
// does not reach the original.
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
	"time"
	"unsafe"

	"ionbench/simulator/machine"
)

// Subject is a type of machine under test.
type Subject[T any] struct {
	// Bases make machines in states that differ in which fields matter: idle, in the middle of
	// a message, in the middle of a job and so on. Each call makes a new machine, always the
	// same.
	Bases map[string]func() *T
	// Copy makes the second machine a copy of the first and reuses the second's memory.
	Copy func(from, to *T)
	// Declare declares a machine's state for its fingerprint.
	Declare func(m *T, w *machine.State)
	// Now returns the time of a machine. If it is nil, the time is always 0.
	Now func(m *T) time.Duration

	// Other has more values to try, for fields that cannot hold just any value.
	Other map[string]any
	// Changes has more changes to try, to what the test does not open. Each must show in every
	// base.
	Changes map[string]func(m *T)

	// Idle has the fields that no later behaviour depends on, each with the reason.
	Idle map[string]string
	// Partly has the fields that matter in some states only.
	Partly map[string]Part
	// Shared has the fields whose memory copies share, because it is never written, each with
	// the reason.
	Shared map[string]string
	// Clipped has the slices of Shared to which both machines append, each with the reason. In
	// a copy their capacity is their length, so an append takes new memory.
	Clipped map[string]string
	// Rebuilt has the fields that may be different in a copy, each with the reason.
	Rebuilt map[string]string
	// Closed has the fields that are not opened, each with the reason or with the test that
	// checks them instead. That a copy has its own memory there is checked all the same.
	Closed map[string]string
	// Elsewhere has the functions of this package whose lines another test checks: the end of
	// the function's name, and the test.
	Elsewhere map[string]string
}

// Part says in words when a field matters, and how many of its changes show, in all bases
// together. If fewer show, a line of the declaration is missing.
type Part struct {
	While string
	Shows int
}

// A field is named by its path: its names with dots between them, [] for the elements of a
// slice or an array. An entry of a table also covers every path below it. The elements of a
// short array are checked one by one, those of other lists together.

// EveryField changes every field of every base in turn, in several ways. If a field is in none
// of the tables, every change must show in the fingerprint of every base that has the field, a
// copy must take it over, and the field must have memory of its own in the copy. At least one
// base must have the field. An entry of a table that is not needed is an error too.
//
// Every line of the declaration must be needed: without it, one of these fields would no
// longer show, or a copy would share memory. So a deleted line makes this test fail.
func EveryField[T any](t *testing.T, s Subject[T]) {
	t.Helper()
	c := &check[T]{t: t, subject: s, fields: map[string]*sight{}, empty: map[string]bool{}, used: map[string]bool{}, parts: map[string]int{}, may: map[string]bool{}, lines: newLines(s.Elsewhere)}
	for _, name := range slices.Sorted(maps.Keys(s.Bases)) {
		c.base(name)
	}
	for _, path := range slices.Sorted(maps.Keys(c.fields)) {
		c.judge(path, c.fields[path])
	}
	c.wantParts()
	c.wantFilled()
	c.wantTablesNeeded()
	for _, place := range c.lines.unneeded() {
		t.Errorf("%s: nothing would be missing without this line", place)
	}
}

// check is one call of EveryField.
type check[T any] struct {
	t       *testing.T
	subject Subject[T]
	fields  map[string]*sight
	empty   map[string]bool // pointers and slices; true while every base has nothing there
	used    map[string]bool // the entries of tables that were needed
	parts   map[string]int  // how many changes show, of each field of Partly
	may     map[string]bool // see rebuilt
	lines   *lines
}

// sight counts how often the changes to a field showed.
type sight struct {
	shown, hidden int    // how many
	in, notIn     string // one base of each
}

func (c *check[T]) judge(path string, s *sight) {
	_, idle := c.listed(c.subject.Idle, path)
	part, isPartly := listed(c.subject.Partly, path)
	switch {
	case idle && s.shown > 0:
		c.t.Errorf("%s is said to be idle, and a change shows in base %s", path, s.in)
	case idle:
	case s.shown == 0:
		c.t.Errorf("%s: its change shows in the fingerprint of none of the bases", path)
	case isPartly:
		c.parts[part] += s.shown
	case s.hidden > 0:
		c.t.Errorf("%s: a change shows in base %s and one does not in base %s", path, s.in, s.notIn)
	}
	if isPartly && s.hidden > 0 {
		c.used["Partly "+part] = true
	}
}

// wantParts checks that as many changes to each field of Partly show as its Part says.
func (c *check[T]) wantParts() {
	for _, path := range slices.Sorted(maps.Keys(c.subject.Partly)) {
		if want := c.subject.Partly[path].Shows; c.parts[path] != want {
			c.t.Errorf("%s: %d of its changes show, and are said to be %d", path, c.parts[path], want)
		}
	}
}

// wantFilled checks that every pointer and slice has something in at least one base, because
// otherwise nothing below it was checked.
func (c *check[T]) wantFilled() {
	for _, path := range slices.Sorted(maps.Keys(c.empty)) {
		_, idle := c.listed(c.subject.Idle, path)
		if c.empty[path] && !idle && !c.closed(path) {
			c.t.Errorf("%s is empty in all bases", path)
		}
	}
}

func (c *check[T]) wantTablesNeeded() {
	for _, table := range []struct {
		name    string
		entries map[string]string
	}{{"Idle", c.subject.Idle}, {"Partly", words(c.subject.Partly)}, {"Shared", c.subject.Shared}, {"Clipped", c.subject.Clipped}, {"Rebuilt", c.subject.Rebuilt}} {
		for path, reason := range table.entries {
			if reason == "" {
				c.t.Errorf("%s stands in %s without a reason", path, table.name)
			}
			if !c.used[table.name+" "+path] && table.name != "Rebuilt" { // whether a copy differs there depends on the base
				c.t.Errorf("%s stands in %s without need", path, table.name)
			}
		}
	}
}

func words(table map[string]Part) map[string]string {
	m := map[string]string{}
	for path, p := range table {
		m[path] = p.While
	}
	return m
}

// listed finds the entry of a table for a path, or for a path above it.
func (c *check[T]) listed(table map[string]string, path string) (entry string, ok bool) {
	return listed(table, path)
}

func listed[V any](table map[string]V, path string) (entry string, ok bool) {
	for entry = general(path); entry != ""; {
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
	plain := c.record(m)
	if again := c.record(c.subject.Bases[name]()); again.state != plain.state {
		c.t.Errorf("base %s: made twice, it has two states", name)
		return
	}
	c.lines.see(plain)
	c.wantEqual(name, "", m, c.copy(m))
	c.wantEqual(name, " in the memory of another", m, c.copyInto(m))
	c.wantOwnMemory(name, m)
	v := visitor{closed: c.closed, empty: c.isEmpty, visit: func(path string, field reflect.Value) {
		c.field(name, m, plain, path, field)
	}}
	v.walk("", reflect.ValueOf(m).Elem())
	for what, change := range c.subject.Changes {
		changed := c.subject.Bases[name]()
		change(changed)
		c.see(what, name, plain, changed)
	}
}

// see checks whether a change shows.
func (c *check[T]) see(what, base string, plain record, changed *T) {
	state, ok := c.stateOf(changed)
	if !ok {
		return
	}
	if c.fields[what] == nil {
		c.fields[what] = new(sight)
	}
	s := c.fields[what]
	if state == plain.state {
		s.hidden++
		s.notIn = base
		return
	}
	s.shown++
	s.in = base
	if _, idle := c.listed(c.subject.Idle, what); !idle && c.lines.open > 0 {
		c.lines.need(plain.alone(c.record(changed)))
	}
}

func (c *check[T]) isEmpty(path string, empty bool) {
	before, known := c.empty[path]
	c.empty[path] = empty && (before || !known)
}

func (c *check[T]) closed(path string) bool {
	_, ok := c.subject.Closed[general(path)]
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
func (c *check[T]) field(base string, m *T, plain record, path string, field reflect.Value) {
	before := reflect.New(field.Type()).Elem()
	before.Set(field)
	list := changes(field)
	if other, ok := c.subject.Other[general(path)]; ok {
		list = append(list, reflect.ValueOf(other))
	}
	for i, changed := range list {
		field.Set(changed)
		c.see(path, base, plain, m)
		if i == 0 {
			if copied, ok := c.copied(m); ok {
				c.wantEqual(base, " with another "+path, m, copied)
				c.wantOwnAnew(base, path, m, before)
			}
		}
		field.Set(before)
	}
	if entry, ok := c.listed(c.subject.Idle, path); ok {
		c.used["Idle "+entry] = true
	}
}

// wantOwnAnew checks that a slice that had no memory before now has some.
func (c *check[T]) wantOwnAnew(base, path string, m *T, before reflect.Value) {
	if _, rebuilt := c.listed(c.subject.Rebuilt, path); rebuilt || before.Kind() != reflect.Slice || before.Cap() > 0 {
		return
	}
	if _, ok := c.stateOf(m); ok {
		c.wantOwnMemory(base, m)
		c.lines.see(c.record(m))
	}
}

func (c *check[T]) now(m *T) time.Duration {
	if c.subject.Now == nil {
		return 0
	}
	return c.subject.Now(m)
}

// stateOf returns the state of a machine. Not ok: the change has made a machine that cannot
// exist, and its declaration panicked.
func (c *check[T]) stateOf(m *T) (state string, ok bool) {
	defer func() { ok = recover() == nil }()
	w := machine.Fingerprinting(nil, c.now(m))
	c.subject.Declare(m, &w)
	return string(w.Result()), true
}

// record returns the state of a machine and the lines that wrote it.
func (c *check[T]) record(m *T) record {
	var r record
	w := machine.Recording(c.now(m), &r.lines)
	c.subject.Declare(m, &w)
	r.state = string(w.Result())
	r.trim()
	return r
}

func (c *check[T]) copied(m *T) (copied *T, ok bool) {
	defer func() { ok = recover() == nil }()
	return c.copy(m), true
}

// rebuilt reports whether a copy may differ there.
func (c *check[T]) rebuilt(path string) bool {
	may, known := c.may[path]
	if !known {
		entry, ok := c.listed(c.subject.Rebuilt, path)
		if ok {
			c.used["Rebuilt "+entry] = true
		}
		may = ok || c.closed(path)
		c.may[path] = may
	}
	return may
}

func (c *check[T]) wantEqual(base, what string, m, copied *T) {
	c.t.Helper()
	d := differ{skip: c.rebuilt}
	if path := d.compare("", reflect.ValueOf(m).Elem(), reflect.ValueOf(copied).Elem(), 0); path != "" && !c.used["differs "+path] {
		c.used["differs "+path] = true
		c.t.Errorf("base %s%s: the copy has another %s", base, what, path)
	}
}

// wantOwnMemory checks that a machine and its copy share no memory but what Shared lists.
func (c *check[T]) wantOwnMemory(base string, m *T) {
	c.t.Helper()
	own := map[uintptr]string{}
	v := visitor{closed: c.closed, memory: func(path string, at uintptr, _ int) { own[at] = path }}
	v.walk("", reflect.ValueOf(m).Elem())
	v.memory = func(path string, at uintptr, room int) {
		if _, shared := own[at]; !shared {
			return
		}
		entry, ok := c.listed(c.subject.Shared, path)
		if at := general(path); ok && c.subject.Clipped[at] != "" {
			c.used["Clipped "+at] = true
		}
		if _, clipped := c.subject.Clipped[general(path)]; clipped && room > 0 && !c.used["room "+path] {
			c.used["room "+path] = true
			c.t.Errorf("base %s: %s is shared by copies and has room, where both would append", base, path)
		}
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

// visitor walks over every part of a value. It skips functions, and pointers that it has
// already followed.
type visitor struct {
	visit func(path string, field reflect.Value) // for a plain field
	// memory is called for a pointer, or for a slice with capacity for room more elements.
	memory func(path string, at uintptr, room int)
	empty  func(path string, empty bool) // for a pointer, or a slice of elements with fields
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
		v.memory(path, x.Pointer(), x.Cap()-x.Len())
	}
	if v.empty != nil && (x.Type().Elem().Kind() == reflect.Struct || x.Type().Elem().Kind() == reflect.Pointer) {
		v.empty(path, x.Len() == 0)
	}
	if v.closed(path) {
		return
	}
	if v.visit != nil {
		v.visit(path, x)
	}
	v.elements(path, x)
}

// In a long list only the first and the last elements are visited.
const (
	firstElements = 12
	lastElements  = 4
)

func (v *visitor) elements(path string, x reflect.Value) {
	for i := range x.Len() {
		switch {
		case x.Kind() == reflect.Array && x.Len() <= lastElements:
			v.walk(fmt.Sprintf("%s[%d]", path, i), x.Index(i))
		case i < firstElements || i >= x.Len()-lastElements:
			v.walk(path+"[]", x.Index(i))
		}
	}
}

// general returns a path without the numbers of its elements.
func general(path string) string {
	var b []byte
	for i := range len(path) {
		digit := path[i] >= '0' && path[i] <= '9'
		if inside := i > 0 && len(b) > 0 && b[len(b)-1] == '['; !inside || !digit {
			b = append(b, path[i])
		}
	}
	return string(b)
}

func (v *visitor) pointer(path string, x reflect.Value) {
	if v.empty != nil {
		v.empty(path, x.IsNil())
	}
	if x.IsNil() || v.been[x.Pointer()] || x.Type().Elem().Size() == 0 {
		return
	}
	v.been[x.Pointer()] = true
	if v.memory != nil {
		v.memory(path, x.Pointer(), 0)
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

// open makes an unexported field settable.
func open(x reflect.Value) reflect.Value {
	if !x.CanAddr() {
		return x
	}
	return reflect.NewAt(x.Type(), unsafe.Pointer(x.UnsafeAddr())).Elem()
}

// changes returns other values that a field can have.
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
		n := field.Len()
		more := made(func(v reflect.Value) {
			v.Set(reflect.AppendSlice(reflect.MakeSlice(field.Type(), 0, n+2), field))
			v.Set(reflect.Append(v, reflect.Zero(field.Type().Elem())))
		})
		if n == 0 {
			return []reflect.Value{more}
		}
		return []reflect.Value{more, made(func(v reflect.Value) { v.Set(field.Slice(0, n-1)) })}
	case reflect.Interface:
		if _, isError := field.Interface().(error); isError || field.Type() == reflect.TypeFor[error]() {
			return []reflect.Value{made(func(v reflect.Value) { v.Set(reflect.ValueOf(fmt.Errorf("another error"))) })}
		}
	}
	return nil
}

// differ finds where two values differ. To it a nil slice and an empty slice are equal.
type differ struct{ skip func(path string) bool }

// compare returns the path of a difference; empty for none.
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
		path += "[]"
		for i := range a.Len() {
			if x, y := a.Index(i), b.Index(i); x.Kind() == reflect.Uint8 && x.Uint() == y.Uint() {
				continue // most elements by far are bytes
			} else if at := d.compare(path, x, y, depth+1); at != "" {
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

// StateOf returns the state that a declaration writes at time 0.
func StateOf(declare func(w *machine.State)) []byte {
	w := machine.Fingerprinting(nil, 0)
	declare(&w)
	return w.Result()
}
