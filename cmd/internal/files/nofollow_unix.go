//go:build unix

package files

import "syscall"

// noFollow makes os.OpenFile refuse a link, and open a pipe without waiting for its other end.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
