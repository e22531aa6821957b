// Package fields declares each field of a description once: its name, how a value is written
// and read, its default, its possible values, and what it means. Everything that shows a field
// to people or programs is made from that one declaration: keys of a file, flags of a command
// line, help, completion, comparisons field by field.
//
// A [Notation] says how the values of a type are written. A [Field] is a notation with a name
// and a place in a T. A table, a []Field[T], declares a whole T. [Bind] joins a table and a T
// to [Key] values: with keys, code can set, print and explain a T without knowing its type.
//
// A [Format] is a text file of sections and keys over such tables. It is strict: what it does
// not know is an error, and so is what can have no effect.
//
// The package knows neither meter nor tool. Tables are next to their types: those of a world in
// package world, those of a case file in package cases.
package fields
