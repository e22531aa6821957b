// Package fields declares the fields of a description once each: the name, how a value is
// written and read, what it is unless given, which values there are, and what it means. All
// that shows a field to people or programs is made of that one declaration: the keys of a
// file, the flags of a command line, help, completion, comparisons field by field.
//
// A [Notation] says how the values of a type are written. A [Field] is a notation, a name and
// a place in a T. A table, a []Field[T], says all of a T. [Bind] joins a table and a T to
// [Key] values, which know the T no more: whoever has keys can set, print and explain a T
// without knowing its type.
//
// A [Format] is a text file of sections and keys over such tables. It is strict: what it does
// not know is an error, and so is what can have no effect.
//
// The package knows no meter and no tool. The tables stand where their types do: those of a
// world in package world, those of a case file in package cases.
package fields
