package port

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// List returns the serial ports of this computer, by their names. It opens none of them: what it says
// is what the kernel says. PTYs are no ports of a computer.
func List() ([]Found, error) { return tree{sys: "/sys/class/tty", dev: "/dev"}.list() }

// tree is where Linux tells of its serial ports: in sysfs, and in the links that udev makes.
type tree struct{ sys, dev string }

func (t tree) list() ([]Found, error) {
	entries, err := os.ReadDir(t.sys)
	if err != nil {
		return nil, err
	}
	lasting := t.lasting()
	var list []Found
	for _, e := range entries {
		if !t.isPort(e.Name()) {
			continue
		}
		f := Found{Name: filepath.Join(t.dev, e.Name()), Lasting: lasting[e.Name()], Product: t.product(e.Name()), Driver: t.driver(e.Name())}
		for _, u := range usersOf(f.Name) {
			f.Users = append(f.Users, u.String())
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Found) int { return cmp.Or(len(a.Name)-len(b.Name), strings.Compare(a.Name, b.Name)) })
	return list, nil
}

// isPort reports whether hardware is behind a terminal: it has a device, and is none of the UARTs that a
// PC might have and has not, whose type is 0.
func (t tree) isPort(name string) bool {
	if _, err := os.Stat(filepath.Join(t.sys, name, "device")); err != nil {
		return false
	}
	kind, err := os.ReadFile(filepath.Join(t.sys, name, "type"))
	return err != nil || strings.TrimSpace(string(kind)) != "0"
}

func (t tree) driver(name string) string {
	to, err := filepath.EvalSymlinks(filepath.Join(t.sys, name, "device", "driver"))
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

// product is what a USB device says of itself: its folder is above that of its interface.
func (t tree) product(name string) string {
	at, err := filepath.EvalSymlinks(filepath.Join(t.sys, name, "device"))
	const above = 4 // a port of an adapter, its interface, the device
	for range above {
		if err != nil || at == string(filepath.Separator) {
			return ""
		}
		var words []string
		for _, file := range []string{"manufacturer", "product", "serial"} {
			if text, err := os.ReadFile(filepath.Join(at, file)); err == nil {
				words = append(words, printable(strings.TrimSpace(string(text))))
			}
		}
		if len(words) > 0 {
			return strings.Join(words, " ")
		}
		at = filepath.Dir(at)
	}
	return ""
}

// lasting finds the names that udev has made of what the adapters are.
func (t tree) lasting() map[string]string {
	names := map[string]string{}
	folder := filepath.Join(t.dev, "serial", "by-id")
	entries, _ := os.ReadDir(folder) // without adapters there is none
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if to, err := filepath.EvalSymlinks(path); err == nil {
			names[filepath.Base(to)] = path
		}
	}
	return names
}
