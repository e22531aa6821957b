//go:build !unix

package prompt

import "syscall"

// possible: only Linux has such calls.
const possible = false

// Read reads nothing here: nobody has a descriptor.
func Read(uintptr, []byte) (n int, number syscall.Errno) { return 0, syscall.ENOSYS }

// Write writes nothing here.
func Write(uintptr, []byte) (n int, number syscall.Errno) { return 0, syscall.ENOSYS }
