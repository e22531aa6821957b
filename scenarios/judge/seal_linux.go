package judge

import (
	"errors"
	"path/filepath"
	"syscall"
)

// seal makes a socket of a file: it is there, and nobody can open it, not even an administrator, who may read
// whatever its permissions say.
func (p *place) seal(name string) error {
	const mode = syscall.S_IFSOCK | 0o600
	return errors.Join(p.dir.Remove(name), syscall.Mknod(filepath.Join(p.path, name), mode, 0))
}
