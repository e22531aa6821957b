package port

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPortsAreThoseWithHardwareBehindThem(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(path, text string) {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700))
		must(t, os.WriteFile(filepath.Join(root, path), []byte(text), 0o600))
	}
	link := func(path, to string) {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700))
		must(t, os.MkdirAll(filepath.Join(root, to), 0o700))
		must(t, os.Symlink(filepath.Join(root, to), filepath.Join(root, path)))
	}
	write("devices/usb1/1-1/manufacturer", "FTDI\n")
	write("devices/usb1/1-1/product", "USB-RS485 \x1b[2JCable\n")
	write("devices/usb1/1-1/serial", "FT1ABCD\n")
	link("sys/ttyUSB0/device", "devices/usb1/1-1/1-1:1.0/ttyUSB0")
	link("devices/usb1/1-1/1-1:1.0/ttyUSB0/driver", "drivers/ftdi_sio")
	link("sys/ttyS0/device", "devices/pnp/00:01")
	link("devices/pnp/00:01/driver", "drivers/serial")
	write("sys/ttyS0/type", "4\n")
	link("sys/ttyS1/device", "devices/platform/serial8250")
	write("sys/ttyS1/type", "0\n") // a UART that the PC has not
	write("sys/tty1/dev", "4:1\n") // a console
	link("dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT1ABCD-if00-port0", "dev/ttyUSB0")

	list, err := tree{sys: filepath.Join(root, "sys"), dev: filepath.Join(root, "dev")}.list()
	must(t, err)
	want := []Found{
		{Name: filepath.Join(root, "dev/ttyS0"), Driver: "serial"},
		{Name: filepath.Join(root, "dev/ttyUSB0"), Driver: "ftdi_sio", Product: "FTDI USB-RS485 ?[2JCable FT1ABCD",
			Lasting: filepath.Join(root, "dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT1ABCD-if00-port0")},
	}
	if !slices.EqualFunc(list, want, func(a, b Found) bool {
		return a.Name == b.Name && a.Driver == b.Driver && a.Product == b.Product && a.Lasting == b.Lasting && len(a.Users) == 0
	}) {
		t.Errorf("%+v\nwant %+v", list, want)
	}
	if _, err := (tree{sys: filepath.Join(root, "none")}).list(); err == nil {
		t.Error("a system that tells nothing is no error")
	}
}
