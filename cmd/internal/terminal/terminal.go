// Package terminal tells programs whether somebody looks at what they write, and tells
// whoever looks how far long work is. It writes no results: those go to standard output, through
// packages cli and files.
package terminal

import (
	"io"
	"os"
)

// Columns is the width of the terminal that w is. It is 0 where nothing may be drawn: w is
// no terminal, TERM says that it is a dumb one, or NO_COLOR is set (https://no-color.org).
func Columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("NO_COLOR") != "" {
		return 0
	}
	return columns(f)
}
