//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package disk

import (
	"errors"
	"io/fs"
	"os"
)

const noFollow = 0

func open(path string, how How, mode fs.FileMode) (*os.File, error) {
	if how&Alone != 0 {
		return nil, &fs.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
	}
	return os.OpenFile(path, how.flags(), mode)
}

func unlock(*os.File) {}
