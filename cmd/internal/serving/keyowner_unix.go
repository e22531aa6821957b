//go:build unix

package serving

import (
	"io/fs"
	"os"
	"syscall"
)

// othersMay says what others than this user may do with a file that should be its own; empty for nothing.
func othersMay(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return "belongs to another user"
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "can be read or written by others"
	}
	return ""
}
