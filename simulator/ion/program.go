package ion

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Method is what a command does with its handle. It is one byte, or FF0000 hex plus the two
// bytes that follow an FF on the wire.
type Method uint32

// The methods that the public client names.
const (
	MethodClass           Method = 0x01
	MethodName            Method = 0x02
	MethodLabel           Method = 0x03
	MethodRegisterTime    Method = 0x14
	MethodRegisterValue   Method = 0x15 // read the register
	MethodWriteRegister   Method = 0x16 // takes the value to write
	MethodArrayDepth      Method = 0x23
	MethodRollover        Method = 0x25
	MethodLogPosition     Method = 0x28
	MethodAlarms          Method = 0x2D
	MethodReadValue       Method = 0x95 // takes a range of a log
	MethodWriteValue      Method = 0x96 // takes the value to write
	MethodWriteLabel      Method = 0xFF0080
	MethodEnumerations    Method = 0xFF0208
	MethodBounds          Method = 0xFF021C
	MethodInputHandles    Method = 0xFF03E8
	MethodOutputHandles   Method = 0xFF03EB
	MethodSetupHandles    Method = 0xFF03EC
	MethodCreateModule    Method = 0xFF05DC
	MethodDestroyModule   Method = 0xFF05DD
	MethodManagedClass    Method = 0xFF05DE
	MethodCollectiveState Method = 0xFF05E1

	longMethod Method = 0xFF0000
)

const (
	methodPrefix = 0xFF // a two-byte method follows
	programStart = 0xF6

	serviceRequest  = 0x000F
	serviceResponse = 0x000E

	programHeaderBytes = 8
	resultHeaderBytes  = 9
)

// Arguments is the number of values that the command carries.
//
// Assumption: methods 16, 95 and 96 take one value, all others none. Only method 95 with a
// range has been observed on a line.
func (m Method) Arguments() int {
	switch m {
	case MethodWriteRegister, MethodReadValue, MethodWriteValue:
		return 1
	default:
		return 0
	}
}

// ErrProgram says that the body of a packet is not a program.
var ErrProgram = errors.New("not an ION program")

// ErrResult says that the body of a packet is not the result of a program.
var ErrResult = errors.New("not the result of an ION program")

// Command is one method applied to one handle.
type Command struct {
	Handle Handle
	Method Method
	Args   []Value
}

// Program is a request: commands that the meter carries out in order.
type Program struct {
	ID        uint16 // 0
	Frequency byte   // 1
	Priority  byte   // 0
	Commands  []Command
}

// Result is the answer to a program: one value for each command, in order.
type Result struct {
	Status    byte // 0 ok, 1 error executing, 2 timeout, 3 bad program id
	ID        uint16
	Frequency byte
	Priority  byte
	Values    []Value
}

// Read is a program that reads the values of registers.
func Read(handles ...Handle) Program {
	p := Program{Frequency: 1, Commands: make([]Command, len(handles))}
	for i, h := range handles {
		p.Commands[i] = Command{Handle: h, Method: MethodRegisterValue}
	}
	return p
}

// AppendProgram appends p as the body of a packet.
func AppendProgram(dst []byte, p Program) []byte {
	dst = binary.BigEndian.AppendUint16(dst, serviceRequest)
	dst = binary.BigEndian.AppendUint16(dst, p.ID)
	dst = append(dst, p.Frequency, p.Priority, 0, 0)
	data := len(dst)
	dst = append(dst, programStart)
	for _, c := range p.Commands {
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Handle))
		if c.Method < methodPrefix {
			dst = append(dst, byte(c.Method))
		} else {
			dst = append(dst, methodPrefix, byte(c.Method>>8), byte(c.Method))
		}
		for _, v := range c.Args {
			dst = AppendValue(dst, v)
		}
	}
	binary.BigEndian.PutUint16(dst[data-2:], uint16(len(dst)-data))
	return dst
}

// ParseProgram reads the body of a request. Every error is an ErrProgram.
func ParseProgram(b []byte) (Program, error) {
	if len(b) < programHeaderBytes {
		return Program{}, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrProgram, len(b), programHeaderBytes)
	}
	if s := binary.BigEndian.Uint16(b); s != serviceRequest {
		return Program{}, fmt.Errorf("%w: service %04X instead of 000F", ErrProgram, s)
	}
	p := Program{ID: binary.BigEndian.Uint16(b[2:]), Frequency: b[4], Priority: b[5]}
	data, err := messageData(b[6:])
	if err != nil {
		return Program{}, fmt.Errorf("%w: %w", ErrProgram, err)
	}
	if len(data) == 0 || data[0] != programStart {
		return Program{}, fmt.Errorf("%w: the data does not begin with F6", ErrProgram)
	}
	for at := 1; at < len(data); {
		c, n, err := parseCommand(data[at:])
		if err != nil {
			return Program{}, fmt.Errorf("%w: command %d at byte %d: %w", ErrProgram, len(p.Commands)+1, at, err)
		}
		p.Commands = append(p.Commands, c)
		at += n
	}
	return p, nil
}

var errCommandEnds = errors.New("the data ends inside the command")

func parseCommand(b []byte) (c Command, n int, err error) {
	if len(b) < 3 {
		return Command{}, 0, errCommandEnds
	}
	c = Command{Handle: Handle(binary.BigEndian.Uint16(b)), Method: Method(b[2])}
	n = 3
	if b[2] == methodPrefix {
		if len(b) < 5 {
			return Command{}, 0, errCommandEnds
		}
		c.Method = longMethod | Method(binary.BigEndian.Uint16(b[3:]))
		n = 5
	}
	for range c.Method.Arguments() {
		v, size, err := ParseValue(b[n:])
		if err != nil {
			return Command{}, 0, fmt.Errorf("argument of method %02X: %w", uint32(c.Method), err)
		}
		if c.Method == MethodReadValue && v.Kind != KindRange {
			return Command{}, 0, fmt.Errorf("argument of method 95: %s instead of a range", v.Kind)
		}
		c.Args = append(c.Args, v)
		n += size
	}
	return c, n, nil
}

// AppendResult appends r as the body of a packet.
func AppendResult(dst []byte, r Result) []byte {
	dst = binary.BigEndian.AppendUint16(dst, serviceResponse)
	dst = append(dst, r.Status)
	dst = binary.BigEndian.AppendUint16(dst, r.ID)
	dst = append(dst, r.Frequency, r.Priority, 0, 0)
	data := len(dst)
	for _, v := range r.Values {
		dst = AppendValue(dst, v)
	}
	binary.BigEndian.PutUint16(dst[data-2:], uint16(len(dst)-data))
	return dst
}

// ParseResult reads the body of a reply. A result without values is accepted, since a status
// may come alone. Every error is an ErrResult.
func ParseResult(b []byte) (Result, error) {
	if len(b) < resultHeaderBytes {
		return Result{}, fmt.Errorf("%w: %d bytes, at least %d are needed", ErrResult, len(b), resultHeaderBytes)
	}
	if s := binary.BigEndian.Uint16(b); s != serviceResponse {
		return Result{}, fmt.Errorf("%w: service %04X instead of 000E", ErrResult, s)
	}
	r := Result{Status: b[2], ID: binary.BigEndian.Uint16(b[3:]), Frequency: b[5], Priority: b[6]}
	data, err := messageData(b[7:])
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrResult, err)
	}
	for at := 0; at < len(data); {
		v, n, err := ParseValue(data[at:])
		if err != nil {
			return Result{}, fmt.Errorf("%w: value %d at byte %d: %w", ErrResult, len(r.Values)+1, at, err)
		}
		r.Values = append(r.Values, v)
		at += n
	}
	return r, nil
}

// messageData returns what follows a two-byte length, which must be exactly as long.
func messageData(b []byte) ([]byte, error) {
	length, data := int(binary.BigEndian.Uint16(b)), b[2:]
	if length != len(data) {
		return nil, fmt.Errorf("length field says %d, %d bytes are there", length, len(data))
	}
	if length > MaxMessage {
		return nil, fmt.Errorf("length field says %d, a message has at most %d bytes", length, MaxMessage)
	}
	return data, nil
}
