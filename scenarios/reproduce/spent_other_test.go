//go:build !linux

package reproduce_test

import (
	"testing"
	"time"
)

// spent is the time that something takes.
func spent(t *testing.T, do func()) time.Duration {
	t.Helper()
	begun := time.Now()
	do()
	return time.Since(begun)
}
