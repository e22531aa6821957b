package prompt

import (
	"syscall"
	"unsafe"
)

// possible: there are calls that are not announced.
const possible = true

// Read reads from a descriptor that does not block.
func Read(fd uintptr, p []byte) (n int, number syscall.Errno) {
	return call(syscall.SYS_READ, fd, p)
}

// Write writes to a descriptor that does not block.
func Write(fd uintptr, p []byte) (n int, number syscall.Errno) {
	return call(syscall.SYS_WRITE, fd, p)
}

// Ask is an ioctl that fills what into points to, and waits for nothing.
func Ask(fd, request uintptr, into unsafe.Pointer) (number syscall.Errno) {
	_, _, number = syscall.RawSyscall(syscall.SYS_IOCTL, fd, request, uintptr(into))
	return number
}

func call(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, number := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if number != 0 {
		return 0, number
	}
	return int(n), 0
}
