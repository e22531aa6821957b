package port

// Found is a serial port of this computer.
type Found struct {
	Name    string   // as --port takes it, /dev/ttyUSB0
	Lasting string   // a name that stays when it is plugged in elsewhere or after others; "" for none
	Product string   // what the adapter says it is; "" if it says nothing
	Driver  string   // of the operating system; "" if it is not known
	Users   []string // programs that use it, as far as the system tells
}
