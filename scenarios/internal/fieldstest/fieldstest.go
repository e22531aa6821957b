// Package fieldstest tests what must hold of every table of package fields. It is for the tests
// of packages that declare such tables: world, cases, and fields itself.
package fieldstest

import (
	"reflect"
	"slices"

	"ionbench/scenarios/fields"
)

// Test is the part of a *testing.T that is needed.
type Test interface {
	Helper()
	Errorf(format string, args ...any)
}

// Table fails the test unless all of this holds: the table declares every exported field of T
// once, except those in exempt (the field's name in Go, and the reason); every field can be set
// to all of its Values and prints them again; and its default is one of its values.
func Table[T any](t Test, table []fields.Field[T], exempt map[string]string) {
	t.Helper()
	names := fields.Names(fields.Bind(table, new(T)))
	for i, f := range table {
		if slices.Contains(names[:i], f.Name) {
			t.Errorf("two fields are called %s", f.Name)
		}
		if f.Name == "" || f.Syntax == "" || f.Explain() == "" {
			t.Errorf("field %q has the syntax %q and means %q", f.Name, f.Syntax, f.Explain())
		}
		if f.Only != nil {
			checkOnly(t, table, f)
		}
		for _, text := range f.Values {
			checkValue(t, f, text)
		}
		if len(f.Values) == 0 && !f.Open {
			t.Errorf("%s can have no value at all", f.Name)
		}
		checkDefault(t, f)
	}
	checkCover(t, table, exempt)
}

// checkValue sets a value, reads it, sets a second T to what was read, and resets the first.
func checkValue[T any](t Test, f fields.Field[T], text string) {
	t.Helper()
	one, two := new(T), new(T)
	if err := f.Set(one, text); err != nil {
		t.Errorf("%s = %s: %v", f.Name, text, err)
		return
	}
	if problems := fields.Check([]fields.Field[T]{unconditional(f)}, one); len(problems) > 0 {
		t.Errorf("%s = %s: %v", f.Name, text, problems)
	}
	for _, again := range f.Get(one) {
		if err := f.Set(two, again); err != nil {
			t.Errorf("%s = %s, which comes from %s: %v", f.Name, again, text, err)
		}
	}
	if f.IsSet(one) && !reflect.DeepEqual(one, two) {
		t.Errorf("%s = %s gives %+v, and after reading it again %+v", f.Name, text, one, two)
	}
	switch got := f.Get(one); {
	case len(got) == 0 && text != f.Default:
		t.Errorf("%s = %s is forgotten", f.Name, text)
	case len(got) > 0 && !f.Several && !slices.Equal(got, []string{text}):
		t.Errorf("%s = %s reads %q", f.Name, text, got)
	}
	if f.Reset(one); f.IsSet(one) || !reflect.DeepEqual(one, new(T)) {
		t.Errorf("%s = %s stays when it is taken away: %+v", f.Name, text, one)
	}
}

func unconditional[T any](f fields.Field[T]) fields.Field[T] {
	f.Only = nil
	return f
}

func checkDefault[T any](t Test, f fields.Field[T]) {
	t.Helper()
	if f.Default == "" {
		return
	}
	if !f.Open && !slices.Contains(f.Values, f.Default) {
		t.Errorf("%s is %s unless given, which is none of %q", f.Name, f.Default, f.Values)
	}
	given, filled := new(T), new(T)
	if err := f.Set(given, f.Default); err != nil {
		t.Errorf("%s is %s unless given: %v", f.Name, f.Default, err)
	}
	if fields.Fill([]fields.Field[T]{f}, filled); !reflect.DeepEqual(given, filled) {
		t.Errorf("%s = %s gives %+v, and not given %+v", f.Name, f.Default, given, filled)
	}
}

func checkOnly[T any](t Test, table []fields.Field[T], f fields.Field[T]) {
	t.Helper()
	i := slices.IndexFunc(table, func(other fields.Field[T]) bool { return other.Name == f.Only.Field })
	if i < 0 {
		return // the other field is in a table that includes this one
	}
	for _, value := range f.Only.Values {
		if !slices.Contains(table[i].Values, value) {
			t.Errorf("%s means something with %s = %s, which there is not", f.Name, f.Only.Field, value)
		}
	}
}

// checkCover fails the test if the table leaves out an exported field that is not exempt.
func checkCover[T any](t Test, table []fields.Field[T], exempt map[string]string) {
	t.Helper()
	v := new(T)
	declared := make(map[uintptr]bool)
	for _, f := range table {
		declared[reflect.ValueOf(f.Pointer(v)).Pointer()] = true
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if !field.IsExported() || field.Anonymous {
			continue
		}
		at := reflect.ValueOf(v).Elem().FieldByIndex(field.Index).Addr().Pointer()
		switch reason := exempt[field.Name]; {
		case !declared[at] && reason == "":
			t.Errorf("%v.%s is in no field of the table: declare it, or say why not", reflect.TypeFor[T](), field.Name)
		case declared[at] && reason != "":
			t.Errorf("%v.%s is declared, and was not to be: %s", reflect.TypeFor[T](), field.Name, reason)
		}
	}
	for name := range exempt {
		if _, ok := reflect.TypeFor[T]().FieldByName(name); !ok {
			t.Errorf("%v has no %s any more that could be exempt", reflect.TypeFor[T](), name)
		}
	}
}

// Bad is the name of a field, a value that it refuses, and the text of the error.
type Bad [3]string

// Refuses fails the test unless the fields refuse these values with these errors and change
// nothing. Every field must be in bad, except those in free, which take any value.
func Refuses[T any](t Test, table []fields.Field[T], bad []Bad, free ...string) {
	t.Helper()
	tried := make(map[string]bool)
	for _, b := range bad {
		name, value, want := b[0], b[1], b[2]
		tried[name] = true
		i := slices.IndexFunc(table, func(f fields.Field[T]) bool { return f.Name == name })
		if i < 0 {
			t.Errorf("there is no field %s", name)
			continue
		}
		v := new(T)
		if err := table[i].Set(v, value); err == nil || err.Error() != want {
			t.Errorf("%s = %s: the error is\n%v\nand should be\n%s", name, value, err, want)
		}
		if !reflect.DeepEqual(v, new(T)) {
			t.Errorf("%s = %s is refused and gives %+v", name, value, v)
		}
	}
	for _, f := range table {
		if tried[f.Name] == slices.Contains(free, f.Name) {
			t.Errorf("%s: try a value that it refuses, or say that it takes all", f.Name)
		}
	}
}
