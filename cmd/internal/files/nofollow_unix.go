//go:build unix

package files

import "syscall"

// noFollow makes os.OpenFile refuse a link, and not wait at a pipe for its other end.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
