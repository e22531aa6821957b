//go:build unix

package steady

import (
	"io"
	"syscall"

	"ionbench/simulator/prompt"
)

// promptWriter returns what writes to a connection without ever waiting for it, and returns how many
// bytes it took; nil where there is no such way, as where bytes are changed on their way. What fails
// fails again for who waits.
func promptWriter(conn io.ReadWriteCloser) func(p []byte) (n int) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var p []byte
	var n int
	write := func(fd uintptr) bool {
		n, _ = prompt.Write(fd, p)
		return true
	}
	return func(data []byte) int {
		p, n = data, 0
		if raw.Write(write) != nil {
			return 0
		}
		return n
	}
}
