//go:build !unix

package cli

import "os"

// ofCalls are the signals of a system call that does not exist.
var ofCalls []os.Signal
