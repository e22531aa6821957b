// Package terminal says whether a person sees what a program writes, and shows this person how
// far long work has come. It writes no results: they go to standard output, through packages
// cli and files.
package terminal

import (
	"io"
	"os"
)

// Size is how many characters a terminal shows.
type Size struct{ Columns, Rows int }

// SizeOf returns the size of the terminal behind w. It is zero where nothing may be drawn: w is
// no terminal, TERM says that the terminal is dumb, or NO_COLOR is set (https://no-color.org).
func SizeOf(w io.Writer) Size {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("NO_COLOR") != "" {
		return Size{}
	}
	return size(f)
}

// Columns returns the width of the terminal behind w; 0 where nothing may be drawn, as with SizeOf.
func Columns(w io.Writer) int { return SizeOf(w).Columns }

// Is reports whether a stream is a terminal, so that a person is at its other end.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && is(f)
}
