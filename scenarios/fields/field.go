package fields

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"ionbench/client/ini"
)

// Description is everything about a field except its type.
type Description struct {
	Name   string // of the key in a file, and of the flag
	Syntax string // of a value, in a word or two
	Help   string // what it means, without the default; may be empty
	// Default is the default, as a text that Set takes. If it depends on something else,
	// Otherwise says it in words instead, such as "the meter's".
	Default, Otherwise string
	Values             []string // see Notation
	Open               bool     // see Notation
	Several            bool     // may be given several times
	Must               bool     // may be given more than once
	Only               *Only    // nil: it always has a meaning
}

// Only says when a field has a meaning: when another one has one of these values.
type Only struct {
	Field  string
	Values []string
}

// Explain returns the help with the default.
func (d *Description) Explain() string {
	var parts []string
	if d.Help != "" {
		parts = append(parts, d.Help)
	}
	switch {
	case d.Must:
		parts = append(parts, "must be there")
	case d.Default != "":
		parts = append(parts, d.Default+" unless given")
	case d.Otherwise != "":
		parts = append(parts, d.Otherwise+" unless given")
	}
	return strings.Join(parts, "; ")
}

// Field is one field of a T. A field that is not set holds the zero value of its type, or a
// slice without elements.
type Field[T any] struct {
	Description
	set func(*T, string) error
	get func(*T) []string
	at  func(*T) reflect.Value // that can be set
}

// Make makes a field that needs a way of reading and writing of its own.
func Make[T, V any](d Description, at func(*T) *V, set func(*V, string) error, get func(V) []string) Field[T] {
	return Field[T]{
		Description: d,
		set:         func(t *T, text string) error { return set(at(t), text) },
		get:         func(t *T) []string { return get(*at(t)) },
		at:          func(t *T) reflect.Value { return reflect.ValueOf(at(t)).Elem() },
	}
}

// Of makes a field with one value. If its zero value has a word, that is the default.
func Of[T, V any](name, help string, at func(*T) *V, n Notation[V]) Field[T] {
	f := Make(n.describe(name, help), at, n.set, func(v V) []string { return []string{n.Print(v)} })
	if !n.Open {
		var zero V
		f.Default = n.Print(zero)
	}
	return f
}

// Optional makes a field behind a pointer. It is nil when not set, so that the zero value is an
// ordinary value.
func Optional[T, V any](name, help string, at func(*T) **V, n Notation[V]) Field[T] {
	return Make(n.describe(name, help), at,
		func(p **V, text string) error {
			v, err := n.Parse(text)
			if err == nil {
				*p = &v
			}
			return err
		},
		func(p *V) []string {
			if p == nil {
				return nil
			}
			return []string{n.Print(*p)}
		})
}

// Several makes a field that may be given more than once.
func Several[T, V any](name, help string, at func(*T) *[]V, n Notation[V]) Field[T] {
	d := n.describe(name, help)
	d.Several = true
	return Make(d, at,
		func(list *[]V, text string) error {
			v, err := n.Parse(text)
			if err == nil {
				*list = append(*list, v)
			}
			return err
		},
		func(list []V) []string {
			texts := make([]string, len(list))
			for i, v := range list {
				texts[i] = n.Print(v)
			}
			return texts
		})
}

func (n Notation[V]) describe(name, help string) Description {
	return Description{Name: name, Syntax: n.Syntax, Help: help, Values: n.Values, Open: n.Open}
}

func (n Notation[V]) set(at *V, text string) error {
	v, err := n.Parse(text)
	if err == nil {
		*at = v
	}
	return err
}

// Within turns fields of a U into fields of the T that holds it.
func Within[T, U any](at func(*T) *U, table []Field[U]) []Field[T] {
	list := make([]Field[T], len(table))
	for i, f := range table {
		list[i] = Field[T]{
			Description: f.Description,
			set:         func(t *T, text string) error { return f.set(at(t), text) },
			get:         func(t *T) []string { return f.get(at(t)) },
			at:          func(t *T) reflect.Value { return f.at(at(t)) },
		}
	}
	return list
}

// Set reads a value. For a field that may be given more than once, it adds the value.
func (f Field[T]) Set(t *T, text string) error { return f.set(t, text) }

// Get returns the values as Set takes them; none if the field is not set.
func (f Field[T]) Get(t *T) []string {
	if !f.IsSet(t) && !f.Must {
		return nil
	}
	texts := f.get(t)
	if len(texts) == 1 && texts[0] == "" {
		return nil
	}
	return texts
}

// IsSet reports whether the field holds anything but its zero value.
func (f Field[T]) IsSet(t *T) bool {
	v := f.at(t)
	return !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0)
}

// Reset clears the value.
func (f Field[T]) Reset(t *T) { f.at(t).SetZero() }

// Pointer returns a pointer to the variable of t that holds the value.
func (f Field[T]) Pointer(t *T) any { return f.at(t).Addr().Interface() }

// Or returns the field with a default: a text that Set takes.
func (f Field[T]) Or(text string) Field[T] {
	f.Default = text
	return f
}

// Else returns the field with a default in words.
func (f Field[T]) Else(words string) Field[T] {
	f.Default, f.Otherwise = "", words
	return f
}

// Required returns the field as one that must be given.
func (f Field[T]) Required() Field[T] {
	f.Default, f.Must = "", true
	return f
}

// When returns the field as one that has a meaning only when another has one of these values.
func (f Field[T]) When(only Only) Field[T] {
	f.Only = &only
	return f
}

// Key is a field of some value whose type need not be known.
type Key struct {
	Description
	Set func(text string) error // see Field.Set
	Get func() []string         // see Field.Get
}

// Bind joins a table and a value to keys.
func Bind[T any](table []Field[T], t *T) []Key {
	keys := make([]Key, len(table))
	for i, f := range table {
		keys[i] = Key{
			Description: f.Description,
			Set:         func(text string) error { return f.Set(t, text) },
			Get:         func() []string { return f.Get(t) },
		}
	}
	return keys
}

// Names returns the names of keys.
func Names(keys []Key) []string {
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].Name
	}
	return names
}

// Fill sets all fields that are not set to their defaults. A default in words (Otherwise) is
// left to the caller.
func Fill[T any](table []Field[T], t *T) {
	for _, f := range table {
		if f.Default == "" || f.IsSet(t) {
			continue
		}
		if err := f.Set(t, f.Default); err != nil {
			panic(fmt.Sprintf("fields: the default of %s: %v", f.Name, err)) // an error in the source of a table
		}
	}
}

// Trim clears all fields that are at their defaults. A default in words (Otherwise) is left to
// the caller.
func Trim[T any](table []Field[T], t *T) {
	for _, f := range table {
		if texts := f.Get(t); !f.Must && len(texts) == 1 && texts[0] == f.Default {
			f.Reset(t)
		}
	}
}

// Difference names the fields in which two values differ.
func Difference[T any](table []Field[T], a, b *T) []string {
	var names []string
	for _, f := range table {
		if !slices.Equal(f.Get(a), f.Get(b)) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Problem is what is wrong with a field, or with the whole value (no Field).
type Problem struct{ Field, Text string }

// Check says what in a value could not be read from a text.
func Check[T any](table []Field[T], t *T) []Problem {
	var problems []Problem
	for _, f := range table {
		if text := f.check(t); text != "" {
			problems = append(problems, Problem{f.Name, f.Name + ": " + text})
		}
	}
	return append(problems, misplaced(Bind(table, t), func(k *Key) bool { return len(k.Get()) > 0 })...)
}

// check reads what the field prints.
func (f Field[T]) check(t *T) string {
	again := new(T)
	for _, text := range f.Get(t) {
		if problem := unwritable(f.Name, text); problem != "" {
			return problem
		}
		if err := f.Set(again, text); err != nil {
			return err.Error()
		}
	}
	if f.IsSet(t) && !reflect.DeepEqual(f.Pointer(t), f.Pointer(again)) {
		if f.Open {
			return fmt.Sprintf("no text says exactly %v", f.at(t))
		}
		return fmt.Sprintf("no text says %v; use %s", f.at(t), OrList(f.Values))
	}
	return ""
}

// misplaced finds keys that are given but have no meaning, because of the value of another key.
func misplaced(keys []Key, given func(*Key) bool) []Problem {
	var problems []Problem
	for i := range keys {
		k := &keys[i]
		if k.Only == nil || !given(k) {
			continue
		}
		on := slices.IndexFunc(keys, func(other Key) bool { return other.Name == k.Only.Field })
		if is := keys[on].Get(); len(is) > 0 && !slices.Contains(k.Only.Values, is[0]) {
			problems = append(problems, Problem{k.Name, fmt.Sprintf("%s means nothing with %s = %s; delete it, or use %s = %s",
				k.Name, k.Only.Field, is[0], k.Only.Field, OrList(k.Only.Values))})
		}
	}
	return problems
}

// unwritable says why a text cannot be the value of a key, or the name of a section, in a file.
func unwritable(key, text string) string {
	switch {
	case strings.Trim(text, ini.Blanks) != text:
		return fmt.Sprintf("%.80q begins or ends with a blank, which a file cannot keep", text)
	case len(key)+len("=")+len(text) > MaxLineBytes:
		return fmt.Sprintf("a text of %d bytes, which is longer than a line may be; shorten it", len(text))
	}
	return ini.Bad(text)
}
