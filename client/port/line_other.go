//go:build !linux

package port

import (
	"errors"
	"io"
)

// turnLine is known of Linux alone.
func turnLine(io.WriteCloser) error {
	return errors.New("only Linux tells a driver to turn an RS-485 line round; take a converter that does so by itself and leave --rs485 out")
}

// handOverAtOnce is known of Linux alone.
func handOverAtOnce(io.WriteCloser) {}

// holdBreak is left out: no break is passed on.
func holdBreak(io.WriteCloser, bool) error { return nil }

// closeOnExec is known of Linux alone.
func closeOnExec(io.WriteCloser) {}
