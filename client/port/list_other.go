//go:build !linux

package port

import "go.bug.st/serial"

// List returns the serial ports of this computer, by their names. It opens none of them.
func List() ([]Found, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, err
	}
	list := make([]Found, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	return list, nil
}
