//go:build !unix

package terminal

import "os"

// On these systems the program cannot tell what a terminal is, so progress is written in
// lines.
func size(*os.File) Size { return Size{} }

// is takes every device for a console.
func is(f *os.File) bool {
	about, err := f.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}
