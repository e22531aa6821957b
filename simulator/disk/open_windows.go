package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow does nothing here: who opens a file compares it with the one that was checked.
const noFollow = 0

func open(path string, how How, mode fs.FileMode) (*os.File, error) {
	if how&Alone == 0 {
		return os.OpenFile(path, how.flags(), mode)
	}
	f, err := openAlone(path, how)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		err = ErrInUse
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// unlock does nothing: no process inherits the file.
func unlock(*os.File) {}

// openAlone shares the file with readers alone. It can be renamed and removed meanwhile.
func openAlone(path string, how How) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	create := uint32(windows.OPEN_EXISTING)
	switch {
	case how&New != 0:
		create = windows.CREATE_NEW
	case how&Create != 0:
		create = windows.OPEN_ALWAYS
	}
	access := uint32(windows.GENERIC_READ | windows.GENERIC_WRITE)
	if how&Append != 0 {
		access = windows.GENERIC_READ | windows.FILE_APPEND_DATA | windows.SYNCHRONIZE
	}
	h, err := windows.CreateFile(name, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil, create, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}
