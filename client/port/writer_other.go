//go:build !unix

package port

import "io"

// openWriter returns none: the driver writes.
func openWriter(string) (io.WriteCloser, error) { return nil, nil }

// unlock does nothing: there is no lock.
func unlock(io.Closer) {}
