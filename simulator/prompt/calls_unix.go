//go:build unix && !linux

package prompt

import "syscall"

// possible: only Linux has such calls.
const possible = false

// Read reads from a descriptor that does not block.
func Read(fd uintptr, p []byte) (n int, number syscall.Errno) {
	return told(syscall.Read(int(fd), p))
}

// Write writes to a descriptor that does not block.
func Write(fd uintptr, p []byte) (n int, number syscall.Errno) {
	return told(syscall.Write(int(fd), p))
}

func told(n int, err error) (int, syscall.Errno) {
	if err == nil {
		return n, 0
	}
	if number, ok := err.(syscall.Errno); ok {
		return 0, number
	}
	return 0, syscall.EIO
}
