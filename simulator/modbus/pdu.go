package modbus

import (
	"encoding/binary"
	"fmt"
	"time"

	"ionbench/simulator/ion"
)

// Function is a function code.
type Function byte

// The functions of the meter.
const (
	ReadHolding    Function = 0x03
	PresetMultiple Function = 0x10
)

// refusal is set in the function of an answer that is an exception.
const refusal = 0x80

// Exception is why a request was refused.
type Exception byte

// The exceptions of the meter.
const (
	IllegalFunction Exception = 1
	IllegalAddress  Exception = 2
	IllegalValue    Exception = 3
)

func (e Exception) Error() string {
	switch e {
	case IllegalFunction:
		return "exception 01: illegal function"
	case IllegalAddress:
		return "exception 02: illegal address"
	case IllegalValue:
		return "exception 03: illegal value"
	}
	return fmt.Sprintf("exception %02d", byte(e))
}

const (
	// Broadcast is the unit id to which all slaves listen.
	Broadcast = 0
	// MaxUnit is the highest unit id of a slave on a serial line.
	MaxUnit = 247
	// maxPacket is the longest frame of a serial line, checksum included (documented: 255 bytes).
	maxPacket = 255
	// MaxRead and MaxWrite are how many registers fit such a packet.
	MaxRead  = (maxPacket - 5) / 2
	MaxWrite = (maxPacket - 9) / 2
	// registers is how many holding registers a Modicon 984 has: 40001 to 49999.
	registers = 9999
	// firstRegister is the number of the register at address 0.
	firstRegister = 40001
)

// Device is what a slave is the window to. Times are those of the machine that asks.
type Device interface {
	// Answers reports that the device takes part in the traffic: its application runs.
	Answers() bool
	// Register returns the present value of an ION register; false if the device has none.
	Register(now time.Duration, h ion.Handle) (ion.Value, bool)
	// Accepts reports whether a register would take a value that somebody writes.
	Accepts(now time.Duration, h ion.Handle, v float64) bool
	// Write stores a value that is accepted.
	Write(now time.Duration, h ion.Handle, v float64)
	// Pulse triggers External Pulse register 1 to 32.
	Pulse(now time.Duration, n int)
}

// answer appends the answer to a request, both without unit id and checksum. A request is at least
// the function. Nothing is changed if the answer is an exception.
func answer(dst []byte, now time.Duration, d Device, request []byte) []byte {
	var err Exception
	end := len(dst)
	switch f := Function(request[0]); f {
	case ReadHolding:
		dst, err = read(dst, now, d, request[1:])
	case PresetMultiple:
		dst, err = preset(dst, now, d, request[1:])
	default:
		err = IllegalFunction
	}
	if err != 0 {
		return append(dst[:end], request[0]|refusal, byte(err))
	}
	return dst
}

// span reads address and count, the first four bytes of both functions.
func span(p []byte, most int) (address, count int, err Exception) {
	if len(p) < 4 {
		return 0, 0, IllegalValue
	}
	address, count = int(binary.BigEndian.Uint16(p)), int(binary.BigEndian.Uint16(p[2:]))
	switch {
	case count < 1 || count > most:
		return 0, 0, IllegalValue
	case address+count > registers:
		return 0, 0, IllegalAddress
	}
	return address, count, 0
}

func read(dst []byte, now time.Duration, d Device, p []byte) ([]byte, Exception) {
	address, count, err := span(p, MaxRead)
	switch {
	case err != 0:
		return dst, err
	case len(p) != 4:
		return dst, IllegalValue
	}
	dst = append(dst, byte(ReadHolding), byte(2*count))
	return appendRegisters(dst, now, d, address+firstRegister, count), 0
}

func preset(dst []byte, now time.Duration, d Device, p []byte) ([]byte, Exception) {
	address, count, err := span(p, MaxWrite)
	switch {
	case err != 0:
		return dst, err
	case len(p) < 5 || int(p[4]) != 2*count || len(p) != 5+2*count:
		return dst, IllegalValue
	}
	if err := write(now, d, address+firstRegister, p[5:]); err != 0 {
		return dst, err
	}
	return append(append(dst, byte(PresetMultiple)), p[:4]...), 0
}
